"""The family `security`."""
