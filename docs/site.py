"""Copies the pages of the documentation for the site's generator: `python docs/site.py FOLDER`.

Links to files of the repository that are no pages lead to GitHub there. Raises `ValueError` for a link to a file that
does not exist.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from posixpath import normpath

ROOT = Path(__file__).parents[1]
ON_GITHUB = "https://github.com/dify-plugin-review/dify-plugin-review/blob/main"
#: A link, or code, in which none counts.
_LINK = re.compile(
    r"^(?P<fence>`{3,}).*?^(?P=fence)|`[^`\n]+`|(?<!\\)\]\((?!https?:|mailto:|#)(?P<path>[^)\s#]+)(?P<part>#[^)\s]*)?\)",
    re.MULTILINE | re.DOTALL,
)


def page_of(path: Path) -> str:
    """The text of a page with links that lead somewhere on the site."""

    def turned(found: re.Match[str]) -> str:
        if found["path"] is None:
            return found[0]
        target = normpath((path.parent / found["path"]).relative_to(ROOT).as_posix())
        if not (ROOT / target).exists():
            raise ValueError(f"{path.relative_to(ROOT)} links to {target}, which does not exist")
        is_page = target.startswith("docs/") and target.endswith(".md")
        return found[0] if is_page else f"]({ON_GITHUB}/{target}{found['part'] or ''})"

    return _LINK.sub(turned, path.read_text(encoding="utf-8"))


def copy(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for path in sorted((ROOT / "docs").rglob("*.md")):
        made = folder / path.relative_to(ROOT / "docs")
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(page_of(path), encoding="utf-8")


if __name__ == "__main__":
    copy(Path(sys.argv[1]))
