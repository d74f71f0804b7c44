"""What is reviewed for an event, with which options, and against what."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from bot.action.clients import Clients
from bot.action.inputs import Inputs
from bot.errors import UsageError
from bot.findings import quote
from bot.github.change import EventChange, read_change
from bot.github.checkout import read_checkout
from bot.github.client import Client
from bot.github.event import Event, Runner
from bot.github.tree import read_file
from bot.options import CONFIGURATION, Options, Profile
from bot.plugin import PluginRoot
from bot.plugin.scope import Scope
from bot.review.engine import Base
from bot.review.occasion import Occasion
from bot.source import GitTree, Tree, Unreadable
from bot.submission import Submission


class Task(Struct, frozen=True):
    """What is reviewed, and against what."""

    change: EventChange
    scope: Scope
    options: Options
    base: Base | None
    occasion: Occasion


@contextlib.contextmanager
def opened_task(event: Event, inputs: Inputs, runner: Runner, client: Client, clients: Clients) -> Iterator[Task]:
    """What is reviewed for an event, as long as it is needed. Raises `UsageError` and `ToolError`."""
    with contextlib.closing(_change(client, event, runner)) as change:
        options = inputs.apply(_configuration(change, event, inputs.config, client))
        services = clients.services(options.marketplace_url, inputs.lookups)
        yield _task(change, event, inputs, runner, client, replace(options, lookups=services))


def _task(change: EventChange, event: Event, inputs: Inputs, runner: Runner, client: Client, options: Options) -> Task:
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
    if submission is not None and inputs.check_run:
        from bot.action.kept_review import open_kept_review  # Few runs keep anything.

        kept_review = open_kept_review(event, inputs, client, change, scope.roots, base, options)
        if kept_review is not None:
            occasion = Occasion(submission, kept_review=kept_review)
            options = replace(options, lookups=kept_review.recorded)
    if submission is not None and "source" in inputs.lookups:
        from bot.github.source import read_source  # Few runs ask for it.

        source = read_source(client, runner.server_url, change.head, submission.package)
        if source is not None:
            occasion = Occasion(submission, sources={submission.package: source})
    if event.tag:
        from bot.github.release import read_release  # Most events are of something else.

        change, roots, occasion = read_release(client, event, change, scope.roots)
        scope = replace(scope, roots=roots)
    return Task(change, scope, options, base, occasion)


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
    if foreign and event.base_sha is not None and event.base_sha != change.base_sha:
        return configuration_at(client, event.base_sha, path)
    return _read(_file(change.base if foreign and change.base is not None else change.head, name), path)


def configuration_at(client: Client, revision: str, path: str) -> Options:
    """The configuration of a revision; `path` is "" where nobody names the file. Raises `UsageError`."""
    return _read(read_file(client, revision, path.removeprefix("./") or CONFIGURATION), path)


def _read(content: bytes | None, path: str) -> Options:
    if content is None:
        if path:
            raise UsageError(f"there is no configuration {quote(path)} in the repository")
        return Options()
    from bot.policy.configuration import read_config  # Few repositories have one, and its model takes time to import.

    return read_config(content, path.removeprefix("./") or CONFIGURATION)


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
