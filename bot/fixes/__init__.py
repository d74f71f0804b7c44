"""Applies fixes in memory, proves them by another review, and writes them as a patch."""
