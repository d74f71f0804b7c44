"""The `lsp` command: a language server for editors, over standard input and output."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.command.check import options_for
from bot.errors import UsageError
from bot.options import Options, Profile
from bot.report.escape import log_line, terminal

if TYPE_CHECKING:
    from bot.editor.server import Log, Server


def run(config: str | None, profile: str | None, language: str, *, use_config: bool) -> int:
    """Serves one editor, until it says `exit` or closes the stream.

    Raises `UsageError` where the server is not installed, which is an extra.
    """

    def log(sentence: str) -> None:
        print(f"dify-plugin-review lsp: {log_line(terminal(sentence))}", file=sys.stderr, flush=True)

    server = server_of(config, profile, log, use_config=use_config, language=language)
    # What is logged with a traceback elsewhere comes to people in the words of `log` alone.
    for name in ("pygls", "asyncio", "concurrent.futures"):
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False
    # Nothing but messages of the protocol may come to the editor: whatever else is printed is for people.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as output:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        return server.serve(sys.stdin.buffer, output)


def server_of(config: str | None, profile: str | None, log: Log, *, use_config: bool, language: str = "") -> Server:
    """The server with the options of the command. Raises `UsageError` where it is not installed."""
    try:
        from bot.editor.server import Server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise UsageError("`lsp` needs `pygls`, which comes with the extra `lsp` (see docs/editors.md)") from error

    def options_of(folder: Path) -> Options:
        options = replace(options_for(config, use_config=use_config, folder=folder), marketplace_url="")
        options = replace(options, language=language or options.language)
        return replace(options, profile=Profile(profile)) if profile is not None else options

    return Server(options_of, log)
