"""The safe fixes of a change as a patch in a file, and the command that applies it once a later step keeps the file."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath

from msgspec.structs import replace

from bot.action.inputs import Inputs
from bot.action.runner import set_outputs, write_file
from bot.fixes.fix import find_fixes
from bot.fixes.patch import patch
from bot.github.event import Event, Runner
from bot.lookups import NOTHING
from bot.options import Options
from bot.plugin import PluginRoot
from bot.report.links import Context
from bot.review.engine import Base
from bot.review.result import Result
from bot.source import Tree

#: What was reviewed: the tree, the plugins in it, the options, and what they were compared with.
Reviewed = tuple[Tree, Sequence[PluginRoot], Options, Base | None]


def write_patch(
    inputs: Inputs, runner: Runner, event: Event, context: Context, reviewed: Reviewed, result: Result
) -> Context:
    """Writes the patch and says in an output where; gives the context with the command that applies it.

    Only what is new is fixed. Without a fix there is neither a file nor a command. Raises `UsageError` if the file
    cannot be written.
    """
    tree, roots, options, base = reviewed
    # Nothing is asked of a network: a fix depends on the files alone.
    options = replace(options, marketplace_url="", lookups=NOTHING)
    outcome = find_fixes(tree, roots, options, base, known=result)
    if not outcome.changes:
        return context
    write_file(runner, inputs.patch_file, "".join(patch(path, change) for path, change in outcome.changes.items()))
    set_outputs(runner, {"patch-file": inputs.patch_file})
    command = _command(inputs, runner, event)
    return replace(context, fixes_command=command, fixable=len(outcome.fixed)) if command else context


def _command(inputs: Inputs, runner: Runner, event: Event) -> str:
    """The command for a clone of the repository; "" where nothing keeps the file, or the run is not known."""
    run = runner.run_url.rpartition("/")[2]
    if not inputs.patch_artifact or not run:
        return ""
    host = runner.server_url.partition("://")[2]
    repository = event.repository if host == "github.com" else f"{host}/{event.repository}"
    folder = f"/tmp/plugin-review-{run}"  # noqa: S108 - on the machine of who copies the command
    steps = [
        ["gh", "run", "download", run, "--repo", repository, "--name", inputs.patch_artifact, "--dir", folder],
        ["git", "apply", f"{folder}/{PurePosixPath(inputs.patch_file).name}"],
    ]
    if event.pull_request is not None:
        steps.insert(0, ["gh", "pr", "checkout", str(event.pull_request.number), "--repo", repository])
    return " && ".join(shlex.join(step) for step in steps)
