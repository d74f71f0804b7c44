"""The Action's job: read the event, review its change, publish, and answer with the exit code.

What needs no permission comes first: the job's summary, files and outputs hold every finding before anything is
posted, and what could not be posted is annotated afterwards. The exit code is the required check.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.action.clients import Clients
from bot.action.inputs import Inputs, about_unknown, read_inputs
from bot.action.poster import Poster
from bot.action.runner import append, context_of, log, notice, set_outputs, write_file
from bot.comments.budget import Budget
from bot.comments.plan import Review, Standing, comment_key, plan
from bot.comments.suggestions import proven
from bot.errors import ToolError, UsageError
from bot.findings import Location, Severity, quote
from bot.github.change import EventChange, read_change
from bot.github.checkout import read_checkout
from bot.github.client import Client, Refused, Unavailable
from bot.github.conversation import Outcome, publish
from bot.github.event import Event, Runner, read_event, read_runner
from bot.github.tree import read_file
from bot.options import CONFIGURATION, Options, Profile
from bot.plugin import PluginRoot
from bot.plugin.scope import Scope
from bot.report import markdown, workflow
from bot.report.escape import log_line, markdown_message
from bot.report.formats import Terminal, Texts, render
from bot.report.links import Context
from bot.report.words import counted
from bot.review.engine import Base, review
from bot.review.occasion import Occasion
from bot.review.result import Conclusion, Result
from bot.source import GitTree, Tree, Unreadable
from bot.submission import Submission


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
            if environment.get("GITHUB_EVENT_NAME") == "workflow_run":
                return _publish_stored(inputs, runner, environment, clients)
            if inputs.result_file:
                raise UsageError("the input result-file is for workflow_run, where a stored result is published")
            return _run(environment, inputs, runner, clients, bool(unknown))
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


def _run(environment: Mapping[str, str], inputs: Inputs, runner: Runner, clients: Clients, notices_before: int) -> int:
    event = read_event(environment)
    client = clients.github(runner, inputs.token, event.repository)
    with contextlib.closing(_change(client, event, runner)) as change:
        options = inputs.apply(_configuration(change, event, inputs.config, client))
        services = clients.services(options.marketplace_url, inputs.lookups)
        task = _task(change, event, inputs, runner, client, replace(options, lookups=services))
        result = _reviewed(task, inputs, runner)
        log(f"{counted(len(result.plugins), 'plugin')} at {event.head_sha[:12]} read with {client.requests} requests")
        if change.unmapped:
            log(f"GitHub shows no lines for {change.unmapped} of the changed files: findings there are not on lines")
        _tell(result, task, event, inputs, runner, client, notices_before)
        return result.exit_code


@dataclass(frozen=True, slots=True)
class _Task:
    """What is reviewed, and against what."""

    change: EventChange
    scope: Scope
    options: Options
    base: Base | None
    occasion: Occasion


def _task(change: EventChange, event: Event, inputs: Inputs, runner: Runner, client: Client, options: Options) -> _Task:
    """The plugins of the change with what their review needs to know about the event."""
    if event.pull_request is not None and event.pull_request.is_fork and not options.author_suppressions:
        options = replace(options, base_suppressions_only=True)
    scope = _below(change, inputs.path)
    base = None
    if change.base is not None:
        library = change.base if isinstance(change.base, GitTree) else None
        base = Base(change.base, (change.base_sha or "")[:12], change.renamed, library)
    submission = _submission(client, event, change, scope.roots, options, "pull-requests" in inputs.lookups)
    if base is not None and submission is not None and submission.previous:
        base = replace(base, renamed={**base.renamed, submission.package: submission.previous})
    occasion = Occasion(submission)
    if submission is not None and "source" in inputs.lookups:
        from bot.github.source import read_source  # Few runs ask for it.

        source = read_source(client, runner.server_url, change.head, submission.package)
        if source is not None:
            occasion = Occasion(submission, sources={submission.package: source})
    if event.tag:
        from bot.github.release import read_release  # Most events are of something else.

        change, roots, occasion = read_release(client, event, change, scope.roots)
        scope = replace(scope, roots=roots)
    return _Task(change, scope, options, base, occasion)


def _reviewed(task: _Task, inputs: Inputs, runner: Runner) -> Result:
    """The result of the review; on the way the preview is written, where it is asked for."""
    gallery = None
    if inputs.preview_file:
        from bot.preview.make import Gallery  # Few runs ask for it.

        gallery = Gallery()
    seen = gallery.see if gallery is not None else None
    scope = task.scope
    result = review(task.change.head, scope.roots, task.options, task.base, scope.outside, task.occasion, seen=seen)
    if gallery is not None:
        write_file(runner, inputs.preview_file, gallery.page([result]))
    return result


def _tell(
    result: Result, task: _Task, event: Event, inputs: Inputs, runner: Runner, client: Client, notices_before: int
) -> None:
    """Writes and publishes a result. So many notices about the run were printed before."""
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
        if inputs.check_run:
            notices += _show_check(client, event, whole, context)
    finally:
        for text in notices:
            notice(text)
        # What a comment says already needs no annotation on the same line.
        left = [finding for finding in result.active if comment_key(finding) not in said]
        if inputs.annotations:
            sys.stdout.write(workflow.render(result, left, "the summary of the job", notices_before + len(notices)))
        else:
            print(log_line(workflow.verdict(result)))
        sys.stdout.flush()


def _change(client: Client, event: Event, runner: Runner) -> EventChange:
    if runner.workspace is not None and not event.privileged:
        change = read_checkout(runner.workspace, event)
        if change is not None:
            return change
    return read_change(client, event)


def _submission(
    client: Client, event: Event, change: EventChange, roots: Iterable[PluginRoot], options: Options, with_rivals: bool
) -> Submission | None:
    """The submission that the pull request is, where packages are submitted by pull requests."""
    if event.pull_request is None or options.profile is not Profile.MARKETPLACE:
        return None
    from bot.github.submission import read_submission  # Other profiles have none.

    return read_submission(
        client,
        change,
        event.pull_request.number,
        [root.path for root in roots if root.package],
        with_rivals=with_rivals,
    )


def _configuration(change: EventChange, event: Event, path: str, client: Client) -> Options:
    """The configuration of the repository. For a stranger's change it is that of the branch which the change is for.

    Where the change branched off is for its author to choose, so what the configuration was there does not count.
    """
    foreign = event.privileged or (event.pull_request is not None and event.pull_request.is_fork)
    name = path.removeprefix("./") or CONFIGURATION
    content: bytes | None
    if foreign and event.base_sha is not None and event.base_sha != change.base_sha:
        content = read_file(client, event.base_sha, name)
    else:
        content = _file(change.base if foreign and change.base is not None else change.head, name)
    if content is None:
        if path:
            raise UsageError(f"there is no configuration {quote(path)} in the repository")
        return Options()
    from bot.policy.configuration import read_config  # Few repositories have one, and its model takes time to import.

    return read_config(content, name)


def _file(tree: Tree, name: str) -> bytes | None:
    if name not in tree.entries():
        return None
    try:
        return tree.read(name)
    except Unreadable as error:
        raise UsageError(f"the configuration {quote(name)} cannot be read: it {error.reason}") from error


def _below(change: EventChange, path: str) -> Scope:
    """The plugins to review and the other paths of the change, as far as the input `path` asks for them."""
    if not path:
        return change.scope
    trees = [tree for tree in (change.head, change.base) if tree is not None]
    if not any(name == path or name.startswith(f"{path}/") for tree in trees for name in tree.entries()):
        raise UsageError(f"there is no folder {quote(path)} in the repository, which the input path names")

    def below(name: str) -> bool:
        return name == path or name.startswith(f"{path}/")

    return Scope(
        tuple(root for root in change.scope.roots if below(root.path) or root.holds(path)),
        tuple(item for item in change.scope.outside if below(item.path)),
    )


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


def _show_check(client: Client, event: Event, review: Review, context: Context) -> Iterator[str]:
    """Shows the review as a check run; gives what is to be said where GitHub does not take it."""
    from bot.github.checks import publish_check  # Few runs ask for it.
    from bot.report.check_run import check_run

    try:
        publish_check(client, event.head_sha, check_run(review, context), context.run_url)
    except Refused as error:
        hint = " The token needs `checks: write`." if error.status in (403, 404) else ""
        yield f"GitHub refused the check run ({error.message}).{hint} Every finding is in the summary of the job."
    except Unavailable as error:
        yield f"The check run could not be completed ({error}). Every finding is in the summary of the job."
