"""`python -P -m bot`: the command line. Without `-P`, the working directory could stand in for this package."""

from __future__ import annotations

import sys

from bot.cli import main

if __name__ == "__main__":
    sys.exit(main())
