"""The family `yaml`."""
