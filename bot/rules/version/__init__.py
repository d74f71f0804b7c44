"""The family `version`."""
