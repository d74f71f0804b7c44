"""The family `schema`."""
