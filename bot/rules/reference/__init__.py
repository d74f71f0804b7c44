"""The family `reference`."""
