"""The family `privacy`."""
