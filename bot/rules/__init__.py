"""The rules, one module per family. A new module or function is found by itself; see `bot.rules.registry`."""
