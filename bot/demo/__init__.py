"""The demonstration: a pull request on a bundled plugin, reviewed end to end against an embedded GitHub."""
