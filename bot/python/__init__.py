"""The Python of a plugin, read and never run.

`module` parses files, and `scopes` reads their names: everything else asks it. `classes` says what the SDK's loader
would find, `calls` what the code asks of Dify, `reads` which keys it reads from a dictionary, and `imports` what it
needs from elsewhere. `sdk` and `distributions` hold the dated facts about the outside world that this takes.

Everything here prefers silence to a guess: where an answer cannot be had with certainty it says so.
"""
