"""The family `dependency`."""
