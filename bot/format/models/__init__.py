"""Spec models: one module per document kind of the format, named as the format names it."""
