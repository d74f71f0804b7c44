"""The family `package`."""
