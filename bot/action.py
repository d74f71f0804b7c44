"""The Action's job: read the event, review its change, publish, and answer with the exit code.

What needs no permission comes first: annotations in the log, the job summary, files and outputs hold every finding
before anything is posted. The exit code is the required check.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.config import DEFAULT_PATH, read_config
from bot.errors import ToolError, UsageError
from bot.findings import Severity, quote
from bot.github.change import Change, read_change
from bot.github.checkout import read_checkout
from bot.github.client import Client
from bot.github.event import Event, Runner, read_event, read_runner
from bot.github.publish import Outcome, Renderer, publish
from bot.inputs import Inputs, read_inputs
from bot.options import Options, Profile
from bot.plugin import PluginRoot
from bot.report import html, json, markdown, sarif, workflow
from bot.report.escape import command, log_line, output_file_entry
from bot.report.links import Context
from bot.report.words import counted
from bot.review.budget import Budget
from bot.review.engine import Base, review
from bot.review.model import FileComment, InlineComment, Review, plan
from bot.review.result import Result
from bot.source import Unreadable

#: GitHub drops a step summary that is larger (bytes).
MAX_SUMMARY_BYTES = 1024 * 1024


def run(environment: Mapping[str, str]) -> int:
    """Runs the job and returns its exit code.

    Raises `UsageError` for wrong inputs and `ToolError` when the change cannot be read whole; both are written to the
    job summary and the outputs before.
    """
    runner: Runner | None = None
    try:
        runner = read_runner(environment)
        return _run(environment, runner)
    except (UsageError, ToolError) as error:
        if runner is not None:
            failed = Result(Profile.AUTHOR, Severity.ERROR, errors=(str(error),))
            _append(runner.summary_file, markdown.step_summary(plan(failed)).encode())
            _set_outputs(runner, {"conclusion": "error"})
        raise


def _run(environment: Mapping[str, str], runner: Runner) -> int:
    inputs = read_inputs(environment)
    event = read_event(environment)
    client = Client(runner.api_url, inputs.token, event.repository)
    with contextlib.closing(_change(client, event, runner)) as change:
        return _review(change, event, inputs, runner, client)


def _review(change: Change, event: Event, inputs: Inputs, runner: Runner, client: Client) -> int:
    options = inputs.apply(_configuration(change, event, inputs.config))
    roots = [root for root in change.roots() if _below(root, inputs.path)]
    base = Base(change.base, (change.base_sha or "")[:12], change.renamed) if change.base is not None else None
    result = review(change.head, roots, options, base)
    _log(f"{counted(len(result.plugins), 'plugin')} at {event.head_sha[:12]} read with {client.requests} requests")
    if change.unmapped:
        _log(f"GitHub shows no lines for {change.unmapped} of the changed files: findings there are in the summary")
    context = Context(
        files_url=f"{runner.server_url}/{event.repository}/blob/{event.head_sha}",
        run_url=runner.run_url,
        head=event.head_sha,
    )
    outputs = _report(result, inputs, runner, context)
    if event.pull_request is not None and (inputs.review or inputs.comment):
        outcome = _publish(client, event, change, result, inputs, context)
        outputs |= {"comment-url": outcome.comment_url, "review-url": outcome.review_url}
    _set_outputs(runner, outputs)
    return result.exit_code


def _change(client: Client, event: Event, runner: Runner) -> Change:
    if runner.workspace is not None and not event.privileged:
        change = read_checkout(runner.workspace, event)
        if change is not None:
            return change
    return read_change(client, event)


def _configuration(change: Change, event: Event, path: str) -> Options:
    """The configuration of the repository; in a privileged run as the base revision has it."""
    tree = change.base if event.privileged and change.base is not None else change.head
    name = path.removeprefix("./") or DEFAULT_PATH
    if name not in tree.entries():
        if path:
            raise UsageError(f"there is no configuration {quote(path)} in the repository")
        return Options()
    try:
        return read_config(tree.read(name), name)
    except Unreadable as error:
        raise UsageError(f"the configuration {quote(name)} cannot be read: it {error.reason}") from error


def _below(root: PluginRoot, path: str) -> bool:
    return not path or root.path == path or root.path.startswith(path + "/") or path.startswith(root.path + "/")


# --- reports that need no permission ---


def _report(result: Result, inputs: Inputs, runner: Runner, context: Context) -> dict[str, str]:
    """Writes log, job summary and files; returns the outputs."""
    if inputs.annotations:
        sys.stdout.write(workflow.render(result))
        sys.stdout.flush()
    _append(runner.summary_file, markdown.step_summary(plan(result), context).encode())
    for name, render in (
        (inputs.json_file, json.render),
        (inputs.sarif_file, sarif.render),
        (inputs.html_file, html.render),
    ):
        if name:
            _write_file(runner, name, render(result).encode("utf-8", "replace"))
    return {
        "conclusion": str(result.conclusion),
        "errors": str(result.count(Severity.ERROR)),
        "warnings": str(result.count(Severity.WARNING)),
        "notices": str(result.count(Severity.NOTICE)),
        "plugins": str(len(result.plugins)),
        "json-file": inputs.json_file,
        "sarif-file": inputs.sarif_file,
    }


def _log(text: str) -> None:
    print(log_line(text), file=sys.stderr)


def _append(path: Path | None, content: bytes) -> None:
    """Appends to a file of the runner's. A job without one loses nothing: the log has it all."""
    if path is None:
        return
    try:
        with path.open("ab") as file:
            file.write(content[:MAX_SUMMARY_BYTES])
    except OSError as error:
        _log(f"{path} could not be written: {error.strerror}")


def _set_outputs(runner: Runner, outputs: Mapping[str, str]) -> None:
    entries = "".join(output_file_entry(name, value) for name, value in outputs.items())
    _append(runner.output_file, entries.encode())


def _write_file(runner: Runner, name: str, content: bytes) -> None:
    """Writes a report that the workflow asked for.

    The workspace is the reviewed change: a link in it must not lead the report elsewhere.
    """
    root = (runner.workspace or Path.cwd()).resolve()
    target = Path(os.path.normpath(root / name))
    allowed = [root, *(Path(value).resolve() for value in (os.environ.get("RUNNER_TEMP"),) if value)]
    parent = target.parent.resolve()
    if not any(parent == place or place in parent.parents for place in allowed):
        raise UsageError(f"the file {quote(name)} lies outside the workspace and the runner's temporary folder")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(parent / target.name, flags, stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise UsageError(f"the file {quote(name)} cannot be written: {error.strerror}") from error


# --- the pull request ---


@dataclass(frozen=True)
class _Renderer:
    """Writes for one pull request."""

    context: Context

    def summary(self, review: Review) -> str:
        return markdown.summary_comment(review, self.context)

    def review_body(self, review: Review) -> str:
        return markdown.review_body(review, self.context)

    def comment(self, comment: InlineComment | FileComment) -> str:
        if isinstance(comment, InlineComment):
            return markdown.inline_comment(comment, self.context)
        return markdown.file_comment(comment, self.context)

    def is_summary(self, body: str) -> bool:
        return markdown.SUMMARY_MARKER in body

    def keys(self, body: str) -> tuple[str, ...]:
        return markdown.read_keys(body)


def poster(context: Context) -> Renderer:
    """Writes what is posted on a pull request."""
    return _Renderer(context)


def _publish(client: Client, event: Event, change: Change, result: Result, inputs: Inputs, context: Context) -> Outcome:
    if event.pull_request is None or change.diffs is None:
        return Outcome()
    budget = replace(Budget(), max_inline=inputs.max_inline_comments)

    def text_of(path: str) -> str | None:
        try:
            return change.head.read(path).decode("utf-8")
        except (Unreadable, UnicodeDecodeError, ToolError):
            return None

    outcome = publish(
        client,
        event.pull_request.number,
        event.head_sha,
        lambda posted: plan(result, change.diffs, text_of, budget, posted),
        poster(context),
        inline=inputs.review,
        sticky=inputs.comment,
    )
    if outcome.stale:
        _log("the pull request has moved on or is closed: nothing was posted")
    for notice in outcome.notices:
        print(command("notice", {"title": "Dify Plugin Review"}, notice))
    return outcome
