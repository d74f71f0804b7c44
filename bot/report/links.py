"""Where things are on the web, for the reports that can link to them."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from bot.findings import Finding, Location
from bot.report import escape

_LONGEST_PATH = 1000


class Context(Struct, frozen=True):
    """What a report knows of its surroundings; "" stands for what it does not know."""

    #: The address of the reviewed files, such as `https://github.com/acme/plugins/blob/<sha>`.
    files_url: str = ""
    #: The same of the revision that they are compared with.
    base_url: str = ""
    #: The page of the workflow run, which shows the summary of the job.
    run_url: str = ""
    #: The summary comment.
    summary_url: str = ""
    #: The reviewed commit.
    head: str = ""
    #: What tells reviews of different parts of a repository apart: 8 hexadecimal digits; "" for the whole.
    scope: str = ""
    #: The command that applies the fixes that the run keeps as an artifact, and of how many findings they are.
    fixes_command: str = ""
    fixable: int = 0


NOWHERE: Final = Context()


def file_url(context: Context, path: str, line: int | None = None, *, before: bool = False) -> str | None:
    """The address of a file at the reviewed revision, or of a line in it; None where it has none.

    With `before` it is the file at the revision that is compared with.
    """
    base = escape.markdown_url(context.base_url if before else context.files_url)
    if base is None or len(path) > _LONGEST_PATH or ".." in path.split("/"):
        return None
    # GitHub shows a Markdown file rendered, where lines have no anchors, unless it is asked for its source.
    query = "?plain=1" if line is not None and path.lower().endswith((".md", ".markdown")) else ""
    anchor = f"#L{line}" if line is not None else ""
    return f"{base.rstrip('/')}/{escape.path_url(path)}{query}{anchor}"


def finding_url(context: Context, finding: Finding) -> str | None:
    """The address of the line that a finding is about, or of the pull request for its text; None inside of packages."""
    return location_url(context, finding.location)


def location_url(context: Context, location: Location, *, before: bool = False) -> str | None:
    """The address of a line, or of the pull request for a place in its text; None inside of packages."""
    if location.member is not None:
        return None
    if location.source is not None:
        return escape.markdown_url(context.summary_url)
    line = location.span.line if location.span is not None else None
    return file_url(context, location.path, line, before=before)
