"""The Python of a plugin, read and never run.

`module` parses files, `bindings` works out what their names stand for, `classes` answers what the SDK's loader
would find in them, `calls` what they ask of Dify, and `imports` what they need from elsewhere. `sdk` and
`distributions` hold the dated facts about the outside world that this takes.

Everything here prefers silence to a guess: where an answer cannot be had with certainty it says so.
"""
