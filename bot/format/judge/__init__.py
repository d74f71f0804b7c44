"""Holds documents to the models: keys, values, what both readers make of them, and who objects."""
