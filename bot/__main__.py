"""`python -P -m bot`: the command line. Without `-P`, the working directory could stand in for this package."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

from bot.late import import_late, import_parts_late
from bot.patterns import compile_late


def run() -> NoReturn:
    """The whole process: sets it up, runs the command of the command line, and exits with its code."""
    # Looking for garbage while plugins are read takes a third of the time. The engine collects after each of them, and
    # what is left at the exit goes with the process.
    gc.disable()
    # Models are validated by pydantic alone: to look for plugins of it would read the metadata of every package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # What these are for is never done here: reading what is installed, time zones in models, signing in as an App,
    # guessing an encoding, writing secrets. Of PyGithub's classes for everything on GitHub, few are met.
    import_late("importlib.metadata", "entry_points", "version")
    import_late("zoneinfo", "ZoneInfo", "ZoneInfoNotFoundError")
    import_late("jwt")
    import_late("charset_normalizer", __version__="version")
    import_parts_late("nacl")
    import_parts_late("github")
    compile_late()
    from bot.command.cli import main

    try:
        code = main()
    finally:
        gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    run()
