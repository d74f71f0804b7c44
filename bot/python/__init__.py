"""The Python of a plugin, read and never run.

`module` parses files, `scopes` reads their names by scope, `bindings` works out what a module's names stand for once it
is imported, `classes` what the SDK's loader would find, `calls` what they ask of Dify, and `imports` what they need
from elsewhere. `sdk` and `distributions` hold the dated facts about the outside world that this takes.

Everything here prefers silence to a guess: where an answer cannot be had with certainty it says so.
"""
