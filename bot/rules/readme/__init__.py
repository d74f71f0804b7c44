"""The family `readme`."""
