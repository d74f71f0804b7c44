"""The family `permission`."""
