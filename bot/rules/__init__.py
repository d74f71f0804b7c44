"""The rules: a folder per family, a module per topic. A new one is found by itself; see `bot.rules.registry`."""
