"""The command line: its commands, each a function that takes what was asked and returns an exit code."""
