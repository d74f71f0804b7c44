"""The family `manifest`."""
