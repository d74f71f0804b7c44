"""The family `bundle`."""
