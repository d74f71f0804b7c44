"""The trusted half of the two-step pattern: posts a result that an unprivileged run stored.

The stored result is hostile: the change's author decides what the first run does. It is bounded in size, read by a
strict schema, and rendered as inert text. What it says about the change is not believed: the pull request is found by
the repository, branch and commit of the `workflow_run` event, its hunks are read from GitHub, and fixes are dropped,
because a suggestion would put the author's words under our name with a button to commit them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bot.action import poster
from bot.errors import ToolError, UsageError
from bot.findings import Finding, quote
from bot.github.change import pull_request_diffs
from bot.github.client import Client, Refused, Unavailable
from bot.github.event import WorkflowRun, read_runner, read_workflow_run
from bot.github.publish import Outcome, publish
from bot.inputs import read_inputs
from bot.report.escape import command
from bot.report.json import from_json
from bot.report.links import Context
from bot.review.model import plan
from bot.review.result import Result
from bot.rules.registry import catalogue

#: A larger result is refused (bytes). The result of the 262 official plugins has about 3 MiB.
MAX_RESULT_BYTES = 16 * 1024 * 1024


def run(path: str, environment: Mapping[str, str]) -> int:
    """Posts the result in the file `path` on the pull request that the event's run was for. Returns 0.

    Its exit code does not gate anything: the first run's does. Raises `UsageError` when the result or the event is
    unusable; nothing was posted then.
    """
    result = read_result(Path(path))
    runner = read_runner(environment)
    inputs = read_inputs(environment)
    finished = read_workflow_run(environment)
    client = Client(runner.api_url, inputs.token, finished.repository)
    try:
        number = find_pull(client, finished)
        if number is None:
            print("No open pull request has this commit as its head any more: nothing was posted.")
            return 0
        diffs, _ = pull_request_diffs(client, number)
    except (Refused, Unavailable) as error:
        raise ToolError(f"the pull request could not be read from GitHub: {error}") from error
    context = Context(
        files_url=f"{runner.server_url}/{finished.repository}/blob/{finished.head_sha}",
        run_url=runner.run_url,
        head=finished.head_sha,
    )
    outcome: Outcome = publish(
        client,
        number,
        finished.head_sha,
        lambda posted: plan(result, diffs, posted=posted),
        poster(context),
        inline=inputs.review,
        sticky=inputs.comment,
    )
    if outcome.stale:
        print("The pull request has moved on or is closed: nothing was posted.")
    for notice in outcome.notices:
        print(command("notice", {"title": "Dify Plugin Review"}, notice))
    return 0


def read_result(path: Path) -> Result:
    """The stored result, without its fixes. Raises `UsageError` when it is too large, malformed or made up."""
    try:
        if path.stat().st_size > MAX_RESULT_BYTES:
            raise UsageError(f"the result {quote(str(path))} is larger than {MAX_RESULT_BYTES:,} bytes")
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"the result {quote(str(path))} cannot be read: {error.strerror}") from error
    try:
        result = from_json(content.decode("utf-8"))
    except ValueError as error:
        raise UsageError(f"the result {quote(str(path))} is not one that check --format json writes") from error
    known = catalogue()
    if any(finding.rule not in known for finding in result.findings):
        raise UsageError(f"the result {quote(str(path))} names rules that do not exist")
    return replace(result, findings=tuple(_plain(finding) for finding in result.findings))


def _plain(finding: Finding) -> Finding:
    """The finding with what only we may say taken from us: who objects is the rule's, and there is no fix."""
    return replace(finding, fix=None, authorities=catalogue()[finding.rule].authorities)


def find_pull(client: Client, finished: WorkflowRun) -> int | None:
    """The open pull request whose head is just what the run was for. Several can share a head: the newest counts."""
    owner = finished.head_repository.partition("/")[0]
    rows = client.pages("/pulls", {"state": "open", "head": f"{owner}:{finished.head_branch}"}, limit=5)
    numbers = [
        row["number"]
        for row in rows
        if row["head"]["sha"] == finished.head_sha
        and (row["head"].get("repo") or {}).get("full_name") == finished.head_repository
    ]
    return max(numbers, default=None)
