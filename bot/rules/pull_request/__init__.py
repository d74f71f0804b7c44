"""The family `pull-request`."""
