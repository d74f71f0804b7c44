"""The format of plugins: a model per kind of document, what departs from it, and since when features exist."""
