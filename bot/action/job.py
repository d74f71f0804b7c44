"""The Action's job: read the event, review its change, publish, and answer with the exit code.

What needs no permission comes first: the job's summary, files and outputs hold every finding before anything is
posted, and what could not be posted is annotated afterwards. The exit code is the required check.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from bot.action.clients import Clients
from bot.action.inputs import Inputs, about_unknown, read_inputs
from bot.action.poster import Poster
from bot.action.runner import append, context_of, log, notice, set_outputs, write_file
from bot.action.task import Task, opened_task
from bot.comments.budget import Budget
from bot.comments.plan import Review, Standing, comment_key, plan
from bot.comments.suggestions import proven
from bot.errors import ToolError, UsageError
from bot.findings import Location, Severity
from bot.github.change import EventChange
from bot.github.checks import NAME as DISPLAY
from bot.github.client import Client, Refused, Unavailable
from bot.github.conversation import Outcome, publish
from bot.github.event import Event, Runner, read_event, read_runner
from bot.languages import speaking
from bot.messages import say
from bot.options import Profile
from bot.report import markdown, workflow
from bot.report.escape import log_line, markdown_message
from bot.report.formats import Terminal, Texts, render
from bot.report.links import Context
from bot.report.words import counted
from bot.review.engine import review
from bot.review.result import Conclusion, Result
from bot.source import Tree, Unreadable


def run(environment: Mapping[str, str], clients: Clients) -> int:
    """Runs the job and returns its exit code.

    Raises `UsageError` for wrong inputs and `ToolError` when the change cannot be read whole. Whatever it raises, the
    job's summary and outputs say before that there is no verdict.
    """
    runner = read_runner(environment)
    unknown = about_unknown(environment)
    if unknown:
        notice(unknown)
    try:
        with _interruptible():
            inputs = read_inputs(environment)
            if environment.get("GITHUB_EVENT_NAME") == "issue_comment":
                from bot.action import commands  # Most events are of something else.

                return commands.run(environment, inputs, runner, clients)
            if environment.get("GITHUB_EVENT_NAME") == "workflow_run":
                return _publish_stored(inputs, runner, environment, clients)
            if inputs.result_file:
                raise UsageError("the input result-file is for workflow_run, where a stored result is published")
            event = read_event(environment)
            client = clients.github(runner, inputs.token, event.repository)
            return review_event(event, inputs, runner, client, clients, bool(unknown)).exit_code
    except BaseException as error:
        append(runner.summary_file, _apology(error))
        set_outputs(runner, {"conclusion": Conclusion.ERROR.value})
        raise


def _apology(error: BaseException) -> str:
    """What the job's summary says of a run without a verdict."""
    if isinstance(error, UsageError):
        sentences = "\n\n".join(markdown_message(str(sentence)) for sentence in error.args)
        return f"### 💥 The review did not start\n\n{sentences}\n\n"
    reason = str(error) if isinstance(error, ToolError) else "The run was interrupted or failed: see its log."
    return markdown.step_summary(plan(Result(Profile.AUTHOR, Severity.ERROR, errors=(reason,))))


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Makes a cancelled job end like an interrupted one.

    The first process of a container ignores SIGTERM unless it says otherwise, and would be killed in mid-write.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _publish_stored(inputs: Inputs, runner: Runner, environment: Mapping[str, str], clients: Clients) -> int:
    from bot.action import stored_result as stored  # What it needs besides takes time to load.

    if not inputs.result_file:
        raise UsageError("on workflow_run the input result-file names the stored result to publish")
    return stored.run(str((runner.workspace or Path.cwd()) / inputs.result_file), environment, clients)


def review_event(
    event: Event,
    inputs: Inputs,
    runner: Runner,
    client: Client,
    clients: Clients,
    notices_before: int = 0,
    *,
    check_name: str = "",
) -> Result:
    """Reviews the change of an event, and tells what was found; so many notices about the run were printed before.

    `check_name` is the name of a check run that shows the verdict, besides what the inputs ask for.
    """
    with opened_task(event, inputs, runner, client, clients) as task:
        result = _reviewed(task, inputs, runner)
        log(f"{counted(len(result.plugins), 'plugin')} at {event.head_sha[:12]} read with {client.requests} requests")
        if task.change.unmapped:
            files = f"{task.change.unmapped} of the changed files"
            log(f"GitHub shows no lines for {files}: findings there are not on lines")
        with speaking(task.options.language):
            _tell(result, task, event, inputs, runner, client, notices_before, check_name)
        return result


def _reviewed(task: Task, inputs: Inputs, runner: Runner) -> Result:
    """The result of the review; on the way the preview is written, where it is asked for."""
    gallery = None
    if inputs.preview_file:
        from bot.preview.make import Gallery  # Few runs ask for it.

        gallery = Gallery()
    seen = gallery.see if gallery is not None else None
    scope = task.scope
    kept_review = task.occasion.kept_review
    if kept_review is not None and kept_review.found is not None:
        log("only the text of the pull request changed: the package is not read again")
    result = review(task.change.head, scope.roots, task.options, task.base, scope.outside, task.occasion, seen=seen)
    if gallery is not None:
        with speaking(task.options.language):
            write_file(runner, inputs.preview_file, gallery.page([result]))
    return result


def _tell(
    result: Result,
    task: Task,
    event: Event,
    inputs: Inputs,
    runner: Runner,
    client: Client,
    notices_before: int,
    check_name: str,
) -> None:
    """Writes and publishes a result."""
    reviewed = (task.change.head, task.scope.roots, task.options, task.base)
    number = event.pull_request.number if event.pull_request is not None else None
    context = context_of(runner, event.repository, event.head_sha, task.change.base_sha, number, inputs.path)
    if inputs.patch_file:
        from bot.action.fixes import write_patch  # Few runs ask for it.

        context = write_patch(inputs, runner, event, context, reviewed, result)
    whole = replace(plan(result), on_change=task.base is not None)
    _report(whole, inputs, runner, context, _texts(task.change.head))
    said: Collection[str] = ()
    notices: list[str] = []
    try:
        if event.pull_request is not None and (inputs.review or inputs.comment):
            outcome = _publish(
                client, event, task.change, result, inputs, context, lambda made: proven(made, *reviewed)
            )
            said = outcome.said
            notices += outcome.notices
            url = f"{context.summary_url}#issuecomment-{outcome.summary_id}" if outcome.summary_id else ""
            set_outputs(runner, {"comment-url": url, "review-url": outcome.review_url})
        for name in ([DISPLAY] if inputs.check_run else []) + ([check_name] if check_name else []):
            notices += _show_check(client, event, whole, context, name, task if name == DISPLAY else None)
    finally:
        for text in notices:
            notice(text)
        # What a comment says already needs no annotation on the same line.
        left = [finding for finding in result.active if comment_key(finding) not in said]
        if inputs.annotations:
            sys.stdout.write(
                workflow.render(result, left, say("the summary of the job"), notices_before + len(notices))
            )
        else:
            print(log_line(workflow.verdict(result)))
        sys.stdout.flush()


def _texts(tree: Tree) -> Texts:
    """The texts of the files of a tree; None for what is in a package, or cannot be read."""

    def text(location: Location) -> str | None:
        if location.member is not None or location.source is not None or location.path not in tree.entries():
            return None
        try:
            return tree.read(location.path).decode("utf-8-sig", "replace")
        except (Unreadable, ToolError):
            return None

    return text


def _report(review: Review, inputs: Inputs, runner: Runner, context: Context, texts: Texts) -> None:
    """Writes what needs no permission: the job's summary, files and outputs."""
    result = review.result
    append(runner.summary_file, markdown.step_summary(review, context))
    for name, form in ((inputs.json_file, "json"), (inputs.sarif_file, "sarif"), (inputs.html_file, "html")):
        if name:
            write_file(runner, name, render(result, form, Terminal(texts=texts)))
    outputs = {
        "conclusion": result.conclusion.value,
        "errors": str(result.count(Severity.ERROR)),
        "warnings": str(result.count(Severity.WARNING)),
        "notices": str(result.count(Severity.NOTICE)),
        "plugins": str(len(result.plugins)),
        "json-file": inputs.json_file,
        "sarif-file": inputs.sarif_file,
    }
    set_outputs(runner, outputs)


def _publish(
    client: Client,
    event: Event,
    change: EventChange,
    result: Result,
    inputs: Inputs,
    context: Context,
    prove: Callable[[Review], Review],
) -> Outcome:
    """Posts the review of a pull request, with the suggestions that `prove` leaves."""
    if event.pull_request is None or change.diffs is None:
        return Outcome()
    budget = replace(Budget(), max_inline=inputs.max_inline_comments)

    def text_of(path: str) -> str | None:
        try:
            return change.head.read(path).decode("utf-8")
        except (Unreadable, UnicodeDecodeError, ToolError):
            return None

    def made(standing: Collection[Standing], deleted: Collection[str]) -> Review:
        review = plan(result, change.diffs, text_of, budget, standing, deleted)
        return prove(review) if inputs.review else review

    outcome = publish(
        client,
        event.pull_request.number,
        event.head_sha,
        made,
        Poster(context),
        inline=inputs.review,
        sticky=inputs.comment,
    )
    if outcome.stale:
        log("the pull request has moved on or is closed: nothing was posted")
    return outcome


def _show_check(
    client: Client, event: Event, review: Review, context: Context, name: str, task: Task | None
) -> Iterator[str]:
    """Shows the review as a check run, which keeps that of the task's package; gives what is to be said where GitHub
    does not take it."""
    from bot.action.kept_review import kept  # Few runs ask for it.
    from bot.github.checks import publish_check
    from bot.report.check_run import check_run

    keeps = kept(task.occasion.kept_review, task.options) if task is not None else None
    try:
        publish_check(client, event.head_sha, check_run(review, context), context.run_url, name, keeps)
    except Refused as error:
        hint = " The token needs `checks: write`." if error.status in (403, 404) else ""
        yield f"GitHub refused the check run ({error.message}).{hint} Every finding is in the summary of the job."
    except Unavailable as error:
        yield f"The check run could not be completed ({error}). Every finding is in the summary of the job."
