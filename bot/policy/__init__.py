"""Which findings count, and how much: configuration, profiles, suppressions."""
