"""`python -P -m standin`, which is `make demo`: the main job end to end, on bundled plugins, against this stand-in."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bot.errors import ToolError
from standin.demo import demo


def main() -> int:
    """Runs the demonstration. Returns 0 when every review went as it must, else 1."""
    parser = argparse.ArgumentParser(prog="python -P -m standin", description=__doc__)
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="leave the repository and everything posted there")
    try:
        return demo(parser.parse_args().keep)
    except ToolError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
