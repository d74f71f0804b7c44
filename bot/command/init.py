"""The `init` command: what a repository needs to be reviewed, written for the plugins that it holds.

What is there already stays: a file is made, or something is added to it, and where that cannot be done somebody is
told. Everything is shown before it is written, and nothing is written through a link.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Final

from msgspec import Struct

from bot import __version__
from bot.command import schema
from bot.command.additions import read_settings, with_list_items, with_settings
from bot.document import read_document
from bot.errors import ToolError, UsageError
from bot.findings import quote, quote_list
from bot.fixes.fix import FileChange
from bot.fixes.patch import patch
from bot.languages import told
from bot.messages import Message, say, say_plural, sentences
from bot.options import CONFIGURATION
from bot.patterns import regex
from bot.plugin import PluginRoot, find_roots
from bot.plugin.ignore import IGNORE_FILES, IgnoreFile
from bot.report.escape import terminal
from bot.report.line import Line, coloured, diff_lines, plain
from bot.report.words import counted
from bot.source import Kind, LocalTree, Unreadable, find_repository
from bot.source.replace import NotWritten, create_file, replace_file

PROJECT: Final = "dify-plugin-review/dify-plugin-review"

_WORKFLOWS: Final = ".github/workflows"
_WORKFLOW: Final = f"{_WORKFLOWS}/plugin-review.yml"
_HOOKS: Final = ".pre-commit-config.yaml"
_SETTINGS: Final = ".vscode/settings.json"
_SCHEMAS: Final = ".vscode/dify"

#: A step that runs the review, as the documented workflows write it.
_RUNS_REVIEW = regex(rf"uses:\s*['\"]?{PROJECT}@|dify-plugin-review['\"]? action\b")


class Case(Enum):
    """What a repository is: the words for it, the workflow for it, and the hooks that are of use there."""

    PLUGIN = ("one plugin", "pull-request-target.yml", ("dify-plugin-review-fix", "dify-plugin-review"))
    MONOREPO = ("several plugins", "pull-request-target.yml", ("dify-plugin-review-fix", "dify-plugin-review"))
    #: Packages stay as they are, so there is nothing to fix.
    MARKETPLACE = ("packages", "marketplace.yml", ("dify-plugin-review",))

    def __init__(self, words: str, workflow: str, hooks: tuple[str, ...]) -> None:
        self.words = words
        self.workflow = workflow
        self.hooks = hooks


class Change(Struct, frozen=True):
    """The content of a file before and after. `before` is None for a new file."""

    path: str
    before: bytes | None
    after: bytes


class Plan(Struct, frozen=True):
    """What would be written, and of what is left as it is: a sentence each."""

    said: str
    changes: tuple[Change, ...]
    left: tuple[str, ...]


def run(*, write: bool, ask: Callable[[str], bool] | None, colour: bool) -> int:
    """Shows what the repository of the working directory lacks. Writes it with `write`, or if `ask` answers yes.

    `ask` is None where nobody can be asked. The exit code is 0, and 2 where something is left to be written that
    nobody agreed to. Raises `UsageError` without a repository or a plugin, `ToolError` if a file cannot be
    written.
    """
    root = find_repository(Path())
    if root is None:
        raise UsageError("the working directory is in no git repository (`git init` makes one)")
    plan = plan_of(LocalTree(root, root))
    show = coloured if colour else plain
    for line in _shown(plan):
        print(show(line))
    if not plan.changes:
        print(told(say("Nothing to write.")))
        return 0
    number = counted(len(plan.changes), "file")
    if not write and ask is None:
        sys.stdout.flush()
        nobody = say("Nothing was written: there is nobody to ask. `init --yes` writes {files}.", files=number)
        print(told(nobody), file=sys.stderr)
        return 2
    if not write and ask is not None and not ask(told(say("Write {files}? [y/N] ", files=number))):
        print(told(say("Nothing was written.")))
        return 0
    _write(root, plan.changes)
    print(told(say("Wrote {files}. Look at them with `git status`, and commit them.", files=number)))
    return 0


def _write(root: Path, changes: Sequence[Change]) -> None:
    failed = []
    for change in changes:
        try:
            if change.before is None:
                create_file(root, change.path, change.after)
            else:
                replace_file(root, change.path, change.before, change.after)
        except NotWritten as error:
            failed.append(f"{quote(change.path)} was not written: {error}")
    if failed:
        raise ToolError("; ".join(failed))


# --- what is there ----------------------------------------------------------------------------------------------------


def plan_of(tree: LocalTree) -> Plan:
    """What the repository in `tree` lacks. Raises `UsageError` where it has neither plugin nor package."""
    roots = find_roots(tree)
    case, said = _case(roots)
    files = _Files(tree)
    _plan_workflow(files, case)
    profile = "marketplace" if case is Case.MARKETPLACE else "author"
    files.add(CONFIGURATION, _CONFIGURATION_TEXT.format(profile=profile, project=PROJECT), say("it is yours"))
    _plan_hooks(files, case)
    _plan_editor(files, case)
    if PluginRoot("") in roots:
        _plan_packing(files)
    return Plan(said, tuple(files.changes), tuple(files.left))


def _case(roots: Sequence[PluginRoot]) -> tuple[Case, str]:
    folders = [root for root in roots if not root.package]
    outer = [root for root in folders if not any(other != root and other.holds(root.path) for other in folders)]
    packages = len(roots) - len(folders)
    if outer:
        case = Case.PLUGIN if len(outer) == 1 else Case.MONOREPO
        names = quote_list((root.path for root in outer), 3)
        if outer[0].path == "":
            said = say("This repository has one plugin.")
        else:
            said = say_plural(
                "This repository has one plugin: {names}.",
                "This repository has {n:,} plugins: {names}.",
                len(outer),
                names=names,
            )
        return case, sentences(said, say("Its pull requests are reviewed."))
    if packages:
        said = say("This repository has {packages} and no folder of a plugin.", packages=counted(packages, "package"))
        more = say("Pull requests are reviewed as submissions to a marketplace.")
        return Case.MARKETPLACE, sentences(said, more)
    raise UsageError("there is neither a plugin nor a package in this repository: there is nothing to review")


class _Files:
    """The files of a repository, and what becomes of them. Nothing behind a link is read or planned."""

    def __init__(self, tree: LocalTree) -> None:
        self._tree = tree
        self.changes: list[Change] = []
        self.left: list[str] = []

    def text(self, path: str) -> str | None:
        """The text of a file; None if the file does not exist. Raises `Unreadable`."""
        entries = self._tree.entries()
        above = ["/".join(path.split("/")[:depth]) for depth in range(1, path.count("/") + 1)]
        blocking = next((name for name in above if name in entries), None)
        if blocking is not None:
            if entries[blocking].kind is Kind.LINK:
                reason = say("lies behind {path}, which is a link", path=quote(blocking))
            else:
                reason = say("lies behind {path}, which is a file", path=quote(blocking))
            raise Unreadable(path, reason)
        if path not in entries:
            if any(name.startswith(f"{path}/") for name in entries):
                raise Unreadable(path, say("is a folder"))
            return None
        try:
            return self._tree.read(path).decode()
        except UnicodeDecodeError as error:
            raise Unreadable(path, say("is not UTF-8")) from error

    def below(self, folder: str) -> Iterator[str]:
        return (path for path in self._tree.entries() if path.startswith(f"{folder}/"))

    def leave(self, path: str, why: str) -> None:
        self.left.append(say("{path} stays as it is: {reason}.", path=quote(path), reason=why))

    def leave_unread(self, path: str, error: Unreadable) -> None:
        self.left.append(say("{path} stays as it is: it {reason}.", path=quote(path), reason=error.reason))

    def add(self, path: str, text: str, why: str) -> None:
        """Plans a file that is not there. One that is there stays, and `why` says so."""
        try:
            if self.text(path) is None:
                self.put(path, None, text)
            else:
                self.leave(path, why)
        except Unreadable as error:
            self.leave_unread(path, error)

    def put(self, path: str, before: str | None, after: str) -> None:
        if before != after:
            self.changes.append(Change(path, None if before is None else before.encode(), after.encode()))


# --- the parts ---------------------------------------------------------------------------------------------------

_CONFIGURATION_TEXT: Final = """\
# What counts in the review of the plugins here: https://github.com/{project}#configuration
profile: {profile}
fail-on: error
locales:
  required: [en_US]
  wanted: [zh_Hans, ja_JP, pt_BR]
"""


def _plan_workflow(files: _Files, case: Case) -> None:
    for path in files.below(_WORKFLOWS):
        try:
            text = files.text(path) or ""
        except Unreadable:
            continue
        if _RUNS_REVIEW.search(text):
            files.leave(path, say("it runs the review already"))
            return
    text = (Path(__file__).parent / "workflows" / case.workflow).read_text(encoding="utf-8")
    files.add(_WORKFLOW, text, say("it is another workflow, and the review has none (README, `On GitHub`)"))


def _plan_hooks(files: _Files, case: Case) -> None:
    hooks = "".join(f"    - id: {hook}\n" for hook in case.hooks)
    entry = f"- repo: https://github.com/{PROJECT}\n  rev: v{__version__}\n  hooks:\n{hooks}"
    try:
        before = files.text(_HOOKS)
    except Unreadable as error:
        files.leave_unread(_HOOKS, error)
        return
    if before is None:
        indented = "".join(f"  {line}\n" for line in entry.splitlines())
        files.put(_HOOKS, None, f"repos:\n{indented}")
    elif _has_hooks(before):
        files.leave(_HOOKS, say("it has the hooks already"))
    elif (after := with_list_items(before, "repos", entry)) is not None:
        files.put(_HOOKS, before, after)
    else:
        files.leave(_HOOKS, say("its list `repos` cannot be added to (README, `On your machine`)"))


def _has_hooks(text: str) -> bool:
    repositories = read_document(_HOOKS, text.encode()).get("repos")
    hooks = [
        hook
        for repository in (repositories if isinstance(repositories, list) else ())
        if isinstance(repository, dict) and isinstance(repository.get("hooks"), list)
        for hook in repository["hooks"]
    ]
    return any(isinstance(hook, dict) and str(hook.get("id")).startswith("dify-plugin-review") for hook in hooks)


def _plan_editor(files: _Files, case: Case) -> None:
    made = schema.editor_files(_SCHEMAS)
    settings: Mapping[str, list[str]] = json.loads(made[schema.SETTINGS])[schema.SCHEMAS_SETTING]
    if case is Case.MARKETPLACE:  # Nobody writes the files of plugins there.
        ours = f"{schema.CONFIGURATION_NAME}.schema.json"
        made = {ours: made[ours]}
        settings = {name: patterns for name, patterns in settings.items() if name.endswith(f"/{ours}")}
    else:
        del made[schema.SETTINGS]  # They are put where the editor looks for them.
    for name, text in made.items():
        path = f"{_SCHEMAS}/{name}"
        try:
            files.put(path, files.text(path), text)
        except Unreadable as error:
            files.leave_unread(_SCHEMAS if "lies behind" in error.reason else path, error)
            if "lies behind" in error.reason:
                return
    try:
        before = files.text(_SETTINGS)
    except Unreadable as error:
        files.leave_unread(_SETTINGS, error)
        return
    after = with_settings(before if before is not None else "{}\n", schema.SCHEMAS_SETTING, settings)
    if after is None:
        if read_settings(before or "") is None:
            why = say("it is not valid JSON (README, `On your machine`)")
        else:
            why = say("nothing can be added to it (README, `On your machine`)")
        files.leave(_SETTINGS, why)
    elif after == before:
        files.leave(_SETTINGS, say("it names the schemas already"))
    else:
        files.put(_SETTINGS, before, after)


def _plan_packing(files: _Files) -> None:
    """Keeps what only the repository needs out of the package of a plugin that is the whole repository."""
    dify, git = IGNORE_FILES
    try:
        before = files.text(dify)
        # The packager reads the second only where the first is not there.
        start = (files.text(git) or "") if before is None else before
    except Unreadable as error:
        files.leave_unread(dify, error)
        return
    ignore = IgnoreFile(dify, start)
    wanted = {".git/": ".git/HEAD", ".github/": CONFIGURATION, ".vscode/": _SETTINGS, _HOOKS: _HOOKS}
    missing = [pattern for pattern, path in wanted.items() if ignore.excluding(path) is None]
    if missing:
        newline = "\r\n" if "\r\n" in start else "\n"
        start += newline if start and not start.endswith("\n") else ""
        files.put(dify, before, start + "".join(f"{pattern}{newline}" for pattern in missing))


# --- what is said -----------------------------------------------------------------------------------------------------


def _shown(plan: Plan) -> Iterator[Line]:
    yield ((terminal(told(plan.said)), "bold"),)
    for sentence in plan.left:
        yield ((terminal(told(sentence)), "dim"),)
    # Thousands of lines that nobody writes by hand are counted.
    schemas = [change for change in plan.changes if change.path.startswith(f"{_SCHEMAS}/")]
    if plan.changes:
        yield ()
    for change in plan.changes:
        if change not in schemas:
            yield from _diff(change)
    if schemas:
        yield (f"{_SCHEMAS}/", "bold"), (told(_of_schemas(schemas)), "")
        yield ()


def _of_schemas(schemas: Sequence[Change]) -> Message:
    """How many schemas would be written, and how large they are."""
    new = sum(change.before is None for change in schemas)
    newer = len(schemas) - new
    size = sum(len(change.after) for change in schemas) // 1024
    command = quote(f"schema --all {_SCHEMAS}")
    if not newer:
        return say(": {new:,} new ({size:,} KiB), as {command} writes them", new=new, size=size, command=command)
    if not new:
        return say(
            ": {newer:,} newer ({size:,} KiB), as {command} writes them", newer=newer, size=size, command=command
        )
    return say(
        ": {new:,} new and {newer:,} newer ({size:,} KiB), as {command} writes them",
        new=new,
        newer=newer,
        size=size,
        command=command,
    )


def _diff(change: Change) -> Iterator[Line]:
    yield from diff_lines(patch(change.path, FileChange(change.before, change.after)))
    yield ()
