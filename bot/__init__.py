"""Dify Plugin Review: reviews the source of Dify plugins and never runs it."""

__version__ = "0.1.0"
