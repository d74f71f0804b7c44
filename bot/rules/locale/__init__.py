"""The family `locale`."""
