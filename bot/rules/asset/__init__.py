"""The family `asset`."""
