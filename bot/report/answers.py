"""What commands in comments are answered, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.report.escape import clip, markdown_code, markdown_fence, markdown_message
from bot.report.words import counted

#: A longer patch is not shown (code points). GitHub takes 65,536 in a comment.
_MAX_PATCH: Final = 55_000
_MAX_ANSWER: Final = 60_000


def sentence(text: str) -> str:
    """A sentence in plain words; what is between backticks in it may be anybody's."""
    return markdown_message(text)


def page(text: str) -> str:
    """The page of a rule."""
    return text if len(text) <= _MAX_ANSWER else clip(text, _MAX_ANSWER)


def committed(sha: str, files: Sequence[str], done: str) -> str:
    """What was committed; `done` is a clause such as "3 findings are fixed"."""
    return f"{done} in {sha[:10]}: {_listed(files)}."


def patched(patch: str, done: str, why: str) -> str:
    """A patch that somebody has to apply, and why it was not committed."""
    if len(patch) > _MAX_PATCH:
        return f"{done} by a patch that is too long for a comment: run `dify-plugin-review fix` in a clone. {why}"
    intro = f"{done} by this patch. {why} In a clone, save it as `fixes.patch` and run `git apply fixes.patch`."
    return f"{intro}\n\n<details><summary>Patch</summary>\n\n{markdown_fence(patch, 'diff')}\n\n</details>"


def _listed(files: Sequence[str]) -> str:
    shown = ", ".join(markdown_code(path) for path in files[:10])
    return shown + (f" and {counted(len(files) - 10, 'file')} more" if len(files) > 10 else "")
