"""What a step leaves with the runner: lines of the log, the job's summary, outputs, and files that were asked for.

What the runner tells a step is read in `bot.github.event`.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from bot.errors import UsageError
from bot.findings import quote
from bot.github.event import Runner
from bot.report.escape import command, log_line, output_file_entry
from bot.report.links import Context


def context_of(
    runner: Runner, repository: str, head_sha: str, base: str | None, number: int | None = None, path: str = ""
) -> Context:
    """Where the reviewed files are on the web, and the pull request of this number. `path` is all that was reviewed.

    `base` is the id of the commit that is compared with; any other name of it gives no links.
    """
    site = f"{runner.server_url}/{repository}"
    return Context(
        files_url=f"{site}/blob/{head_sha}",
        base_url=f"{site}/blob/{base}" if base is not None and re.fullmatch("[0-9a-f]{7,64}", base) else "",
        run_url=runner.run_url,
        summary_url=f"{site}/pull/{number}" if number is not None else "",
        head=head_sha,
        scope=hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:8] if path else "",
    )


def log(text: str) -> None:
    """A line of the log that is about the run, not about what was found."""
    print(log_line(text), file=sys.stderr)


def notice(text: str) -> None:
    """An annotation that is about the run."""
    print(command("notice", {"title": "Dify Plugin Review"}, text))


def set_outputs(runner: Runner, outputs: Mapping[str, str]) -> None:
    """Sets outputs of the step; later values of an output win."""
    append(runner.output_file, "".join(output_file_entry(name, value) for name, value in outputs.items()))


def append(path: Path | None, text: str) -> None:
    """Appends to a file of the runner's. A job without one loses nothing: the log has it all."""
    if path is None:
        return
    try:
        with path.open("a", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
    except OSError as error:
        log(f"{path} could not be written: {error.strerror}")


def write_file(runner: Runner, name: str, text: str) -> None:
    """Writes a report that the workflow asked for, into the workspace or the runner's temporary folder.

    The workspace is the reviewed change: a link in it must not lead the report elsewhere. Raises `UsageError`.
    """
    root = (runner.workspace or Path.cwd()).resolve()
    allowed = [root, *([runner.temp.resolve()] if runner.temp is not None else [])]
    target = Path(os.path.normpath(root / name))
    parent = target.parent.resolve()
    if not any(parent == place or place in parent.parents for place in allowed):
        raise UsageError(f"the file {quote(name)} lies outside the workspace and the runner's temporary folder")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    mode = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH
    try:
        with os.fdopen(os.open(parent / target.name, flags, mode), "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is not valid"
        raise UsageError(f"the file {quote(name)} cannot be written: {reason}") from error
