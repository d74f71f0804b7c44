"""Rules about what only the marketplace asks for."""
