"""The trusted half of the two-step pattern: posts a result that an unprivileged run stored.

The stored result is hostile: the change's author decides what the first run does. It is bounded in size, read by a
strict schema, and rendered as inert text. What it says about the change is not believed: the pull request is found by
the repository, branch and commit of the `workflow_run` event, its hunks are read from GitHub, and fixes are dropped,
because a suggestion would put the author's words under our name with a button to commit them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from bot.action.clients import Clients
from bot.action.inputs import read_inputs
from bot.action.poster import Poster
from bot.action.runner import context_of, notice, set_outputs
from bot.comments.budget import Budget
from bot.comments.plan import Diffs, plan
from bot.errors import ToolError, UsageError
from bot.findings import Finding, quote
from bot.github.change import MAX_FILES, pull_request_diffs
from bot.github.client import Client, Refused, Unavailable
from bot.github.conversation import publish
from bot.github.event import WorkflowRun, read_runner, read_workflow_run
from bot.languages import speaking
from bot.report.json_reader import from_json
from bot.review.result import Result
from bot.rules.registry import catalogue

#: A larger result is refused (bytes). The result of the 262 official plugins has about 3 MiB.
MAX_RESULT_BYTES = 16 * 1024 * 1024


def run(path: str, environment: Mapping[str, str], clients: Clients) -> int:
    """Posts the result in the file `path` on the pull request that the event's run was for. Returns 0.

    Its exit code does not gate anything: the first run's does. Raises `UsageError` when the result or the event is
    unusable, and `ToolError` when the pull request cannot be read; nothing was posted then.
    """
    runner = read_runner(environment)
    inputs = read_inputs(environment)
    finished = read_workflow_run(environment)
    result = read_result(Path(path))
    client = clients.github(runner, inputs.token, finished.repository)
    try:
        numbers = find_pulls(client, finished)
        if len(numbers) != 1:
            print(_no_single_pull(len(numbers)))
            return 0
        (number,) = numbers
        diffs, _ = pull_request_diffs(client, number)
    except (Refused, Unavailable) as error:
        raise ToolError(f"the pull request could not be read from GitHub: {error}") from error
    strange = _of_another_change(result, diffs)
    if strange is not None:
        raise UsageError(
            f"the result {quote(path, 200)} cannot be published: it is about {quote(strange)}, which pull request "
            f"{number} does not change"
        )
    context = context_of(runner, finished.repository, finished.head_sha, result.compared_to, number, inputs.path)
    budget = replace(Budget(), max_inline=inputs.max_inline_comments)
    with speaking(inputs.language):
        outcome = publish(
            client,
            number,
            finished.head_sha,
            lambda standing, deleted: plan(result, diffs, budget=budget, standing=standing, deleted=deleted),
            Poster(context),
            inline=inputs.review,
            sticky=inputs.comment,
        )
    if outcome.stale:
        print("The pull request has moved on or is closed: nothing was posted.")
    for text in outcome.notices:
        notice(text)
    url = f"{context.summary_url}#issuecomment-{outcome.summary_id}" if outcome.summary_id else ""
    set_outputs(runner, {"conclusion": result.conclusion.value, "comment-url": url, "review-url": outcome.review_url})
    return 0


def _of_another_change(result: Result, change: Diffs) -> str | None:
    """A plugin that a result is about although the change touches nothing of it."""
    if len(change) >= MAX_FILES:  # GitHub lists no more.
        return None
    paths = {name for diff in change.values() for name in (diff.path, diff.old_path) if name is not None}
    folders = {path[:end] for path in paths for end in (*(at for at, char in enumerate(path) if char == "/"), None)}
    roots = [*(plugin.root for plugin in result.plugins), *(finding.plugin for finding in result.findings)]
    return next((root for root in roots if root != "." and root not in folders), None)


def _no_single_pull(count: int) -> str:
    if count:
        return f"{count} open pull requests have this commit as their head, and one was reviewed: nothing was posted."
    return "No open pull request has this commit as its head any more: nothing was posted."


def read_result(path: Path) -> Result:
    """The stored result, without its fixes. Raises `UsageError` when it is too large, malformed or made up."""
    try:
        result = from_json(_content(path))
    except UsageError as error:
        raise UsageError(f"the result {quote(path, 200)} cannot be published: {error}") from error
    known = catalogue()
    strange = next((finding.rule for finding in result.findings if finding.rule not in known), None)
    if strange is not None:
        raise UsageError(
            f"the result {quote(path, 200)} cannot be published: there is no rule {quote(strange)}; both runs need "
            "the same version"
        )
    return replace(result, findings=tuple(_plain(finding) for finding in result.findings))


def _content(path: Path) -> bytes:
    """The bytes of a regular file: an artifact may hold links, and who unpacks it may follow them."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UsageError("it is not a regular file")
            content = file.read(MAX_RESULT_BYTES + 1)
    except OSError as error:
        raise UsageError(f"it cannot be read: {error.strerror}") from error
    if len(content) > MAX_RESULT_BYTES:
        raise UsageError(f"it is larger than {MAX_RESULT_BYTES:,} bytes")
    return content


def _plain(finding: Finding) -> Finding:
    """The finding with what only we may say taken from us: who objects is the rule's, and there is no fix."""
    return replace(finding, fix=None, authorities=catalogue()[finding.rule].authorities)


def find_pulls(client: Client, finished: WorkflowRun) -> list[int]:
    """The open pull requests whose head is just what the run was for. Raises `Refused` and `Unavailable`."""
    if finished.head_repository is None:
        return []
    owner = finished.head_repository.partition("/")[0]
    rows = client.pages("/pulls", {"state": "open", "head": f"{owner}:{finished.head_branch}"}, limit=5)
    try:
        return [
            int(row["number"])
            for row in rows
            if row["head"]["ref"] == finished.head_branch
            and row["head"]["sha"] == finished.head_sha
            and (row["head"].get("repo") or {}).get("full_name") == finished.head_repository
        ]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Unavailable("GitHub's list of pull requests is unusable") from error
