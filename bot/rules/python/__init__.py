"""The family `python`."""
