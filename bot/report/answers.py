"""What commands in comments are answered, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.findings import quote
from bot.languages import told
from bot.messages import Message, and_more, listed, say
from bot.report.escape import clip, markdown_fence, markdown_message
from bot.review.result import Conclusion, Result

#: A longer patch is not shown (code points). GitHub takes 65,536 in a comment.
_MAX_PATCH: Final = 55_000
_MAX_ANSWER: Final = 60_000


#: What a review came to, in words.
VERDICTS: Final[Mapping[Conclusion, Message]] = {
    Conclusion.PASSED: say("passed"),
    Conclusion.FAILED: say("failed"),
    Conclusion.NOTHING_TO_CHECK: say("nothing to check"),
    Conclusion.ERROR: say("not finished"),
}


def sentence(text: str) -> str:
    """A sentence in plain words; what is between backticks in it may be anybody's."""
    return markdown_message(told(text))


def page(text: str) -> str:
    """The page of a rule."""
    return text if len(text) <= _MAX_ANSWER else clip(text, _MAX_ANSWER)


def verdict(result: Result) -> str:
    """What a review at another moment came to, as a sentence."""
    return told(say("Reviewed again: **{verdict}**.", verdict=VERDICTS[result.conclusion]))


def verdict_at(sha: str, result: Result) -> str:
    """The same, and of which commit."""
    verdict = VERDICTS[result.conclusion]
    return told(say("Reviewed again at {commit}: **{verdict}**.", commit=sha[:10], verdict=verdict))


def rerun(url: str) -> str:
    """That the review runs again, which `url` shows."""
    return told(say("The [review]({address}) runs again, and brings comment and check up to date.", address=url))


def committed(sha: str, files: Sequence[str], done: str) -> str:
    """What was committed; `done` is a clause such as "3 findings are fixed"."""
    return sentence(say("{done} in {commit}: {files}.", done=done, commit=sha[:10], files=_listed(files)))


def patched(patch: str, done: str, why: str) -> str:
    """A patch that somebody has to apply, and why it was not committed."""
    if len(patch) > _MAX_PATCH:
        long = say(
            "{done} by a patch that is too long for a comment: run `dify-plugin-review fix` in a clone. {why}",
            done=done,
            why=why,
        )
        return sentence(long)
    intro = say(
        "{done} by this patch. {why} In a clone, save it as `fixes.patch` and run `git apply fixes.patch`.",
        done=done,
        why=why,
    )
    fence = markdown_fence(patch, "diff")
    return f"{sentence(intro)}\n\n<details><summary>{told(say('Patch'))}</summary>\n\n{fence}\n\n</details>"


def _listed(files: Sequence[str]) -> Message:
    return and_more(listed(quote(path, 200) for path in files[:10]), len(files) - 10)
