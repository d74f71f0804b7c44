"""Runs the rules on plugins, and says what is new against a base."""
