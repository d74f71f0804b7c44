"""Moves plugins to another release of the SDK: what `migrations.toml` lists, in YAML, Python and what is installed.

A plugin is moved as a whole or not at all: half of it would ask for a release that the other half does not fit. What is
made is proved by another review, as fixes are. Nothing outside the edits changes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct, field
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from bot.document.edits import BadEdit, Positions, apply_edits
from bot.findings import Edit, Finding, Fix, Safety, Severity, Span, quote
from bot.fixes.fix import Choice, FileChange, Fixed, Outcome, Refusal
from bot.fixes.migrations import Does, Migration, Step
from bot.fixes.proof import Overlay, Trial
from bot.format.gates import SDK_VERSIONS
from bot.format.judge.verdict import quoted
from bot.format.sdk_requirements import Requires, sdk_requirements
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.options import Options
from bot.plugin import Plugin, PluginRoot
from bot.plugin.dependencies import (
    SDK,
    Declared,
    declared_requirements,
    from_release,
    is_up_to,
    raised,
    with_specifier,
)
from bot.plugin.project import PYPROJECT, project_of
from bot.plugin.sources import sources_of
from bot.python.localized import LOCALIZED, RENAMED, is_localized
from bot.python.nodes import walk
from bot.python.scopes import File, Imported, Outside, Scope, Scopes, dotted, scopes_of
from bot.review.engine import open_plugin, review
from bot.source import Tree, Unreadable

LOCK: Final = "uv.lock"


def migrate(
    tree: Tree, roots: Sequence[PluginRoot], options: Options, migration: Migration, *, choose: Choice | None = None
) -> Outcome:
    """Moves the plugins, in memory. Packages among the roots stay as they are. `choose` is asked about each plugin."""
    changed: dict[str, bytes] = {}
    fixed: list[Fixed] = []
    refused: list[Refusal] = []
    before = review(tree, roots, options)
    for root in roots:
        if root.package:
            continue
        moved = _Moved(open_plugin(Overlay(tree, changed), root, options), migration)
        refused += [Refusal(moved.finding(left.path, left.span, left.title), left.reason) for left in moved.left]
        if not moved.edits:
            continue
        findings = [moved.finding(path, edits[0].span, title) for (title, path), edits in moved.edits.items()]
        try:
            contents = moved.contents()
        except (BadEdit, UnicodeError):
            refused += [Refusal(findings[0], say("it does not fit the file"))]
            continue
        objection = Trial(Overlay(tree, changed), root, options).objection(contents, ())
        if objection is not None:
            refused += [Refusal(findings[0], say("{objection}, so the plugin stays as it is", objection=objection))]
            continue
        changes = {path: FileChange(tree.read(path), content) for path, content in contents.items()}
        if choose is None or choose(findings, changes):
            changed |= contents
            fixed += [
                Fixed(finding, (moved.in_tree(path),)) for finding, (_, path) in zip(findings, moved.edits, strict=True)
            ]
    return Outcome(
        before=before,
        after=review(Overlay(tree, changed), roots, options) if changed else before,
        fixed=tuple(fixed),
        refused=tuple(refused),
        changes={path: FileChange(tree.read(path), content) for path, content in sorted(changed.items())},
    )


class _Left(Struct, frozen=True):
    """What a person has to do, and why."""

    path: str
    span: Span | None
    title: str
    reason: str


class _Moved(Struct):
    """The edits that move a plugin, by what they do and the file they are in."""

    plugin: Plugin
    migration: Migration
    edits: dict[tuple[str, str], list[Edit]] = field(default_factory=dict)
    left: list[_Left] = field(default_factory=list)
    _texts: dict[str, tuple[str, Positions] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.plugin.is_bundle:
            return
        self._raise_sdk()
        for step in self.migration.steps:
            _MAKES[step.does](self, step)

    def finding(self, path: str, span: Span | None, title: str) -> Finding:
        """What is done to a file, in the form in which fixes are told."""
        edits = tuple(self.edits.get((title, path), ()))
        done = say("{title} ({n:,} places)", title=title, n=len(edits)) if len(edits) > 1 else title
        fix = Fix(done, Safety.UNSAFE, edits)
        message = say("{id} moves the plugin to {title}.", id=self.migration.id, title=say(self.migration.title))
        where = self.plugin.location(path, span)
        return Finding(self.migration.id, Severity.NOTICE, message, where, self.plugin.root.shown, fix=fix)

    def contents(self) -> dict[str, bytes]:
        """The changed files by path in the tree. Raises `BadEdit` and `UnicodeError`."""
        by_file: dict[str, list[Edit]] = {}
        for (_, path), edits in self.edits.items():
            by_file.setdefault(path, []).extend(edits)
        return {
            self.in_tree(path): apply_edits(self.plugin.tree.read(path).decode(), edits).encode()
            for path, edits in by_file.items()
        }

    def in_tree(self, path: str) -> str:
        return f"{self.plugin.root.path}/{path}".lstrip("/")

    def replace(self, title: str, path: str, span: Span, old: str, new: str) -> None:
        """Puts `new` where `old` stands. Where it does not stand there, the file is one that a person has to edit."""
        if self.text_at(path, span) == old:
            self.edits.setdefault((title, path), []).append(Edit(path, span, new))
        else:
            self.left.append(
                _Left(path, span, title, say("{old} could not be found in the file as it is stored", old=quote(old)))
            )

    def text_at(self, path: str, span: Span) -> str | None:
        if path not in self._texts:
            try:
                text = self.plugin.tree.read(path).decode()
                self._texts[path] = text, Positions(text)
            except (Unreadable, UnicodeDecodeError):
                self._texts[path] = None
        known = self._texts[path]
        try:
            start, end = known[1].offsets(span) if known is not None else (0, 0)
        except BadEdit:
            return None
        return known[0][start:end] if known is not None else None

    # --- what is installed --------------------------------------------------------------------------------------------

    def _raise_sdk(self) -> None:
        """Asks for the release of the SDK, and for what it needs itself where the plugin shuts that out."""
        floor = self.migration.sdk
        below = [release for release in SDK_VERSIONS if release < floor]
        needs = sdk_requirements().get(str(floor), Requires())
        title = say("Ask for dify_plugin {version} or later", version=str(floor))
        for declared in declared_requirements(self.plugin):
            if declared.name == SDK and declared.url is None:
                specifier = raised(declared.specifier, floor, below)
                self._ask(title, declared, specifier)
            elif declared.name in needs and declared.url is None:
                least = max(
                    (Version(each.version) for each in needs[declared.name] if each.operator == ">="), default=None
                )
                if least is not None and _shuts_out(declared.specifier, least):
                    self._ask(
                        say("Let in what dify_plugin {version} needs", version=str(floor)),
                        declared,
                        from_release(declared.specifier, least),
                    )
        if (title, PYPROJECT) in self.edits and self.plugin.has_file(LOCK):
            self.left.append(_Left(LOCK, None, title, say("run `uv lock`: Dify installs what is locked")))

    def _ask(self, title: str, declared: Declared, specifier: str | None) -> None:
        written = self.text_at(declared.path, declared.span)
        if specifier is None:
            return
        new = with_specifier(declared, written, specifier) if written is not None else None
        if written is None or new is None:
            self.left.append(_Left(declared.path, declared.span, title, say("its form is not one that can be changed")))
        elif _is_hashed(self.plugin, declared):
            reason = say("the file holds hashes of what it asks for: write it anew")
            self.left.append(_Left(declared.path, declared.span, title, reason))
        else:
            self.replace(title, declared.path, declared.span, written, new)

    def _python(self, step: Step) -> None:
        wanted = f"3.{step.words['minor']}"
        manifest = self.plugin.manifest
        pointer = ("meta", "runner", "version")
        value, node = manifest.text_at(*pointer), manifest.node(pointer)
        if value and node is not None and value != wanted and is_up_to(value, Version(wanted)):
            span = manifest.span_of(node)
            self.replace(step.title, manifest.path, span, self.text_at(manifest.path, span) or "", quoted(wanted))
        project = project_of(self.plugin)
        text = project.table.get("requires-python") if project is not None and project.table is not None else None
        if project is None or not isinstance(text, str):
            return
        try:
            below = [Version(f"3.{minor}.99") for minor in range(step.words["minor"])]
            python = raised(SpecifierSet(text), Version(wanted), below)
        except InvalidSpecifier:
            return
        if python is not None:
            span = project.span_of(text, "project", "requires-python")
            self.replace(step.title, PYPROJECT, span, text, python)

    # --- documents ----------------------------------------------------------------------------------------------------

    def _value(self, step: Step) -> None:
        *parents, last = step.words["at"].split("/")
        for linked in self.plugin.linked():
            document = linked.document
            if linked.kind is not DocumentKind(step.words["kind"]):
                continue
            for parent in _places(document.data, parents):
                pointer = (*parent, last)
                node = document.node(pointer)
                if document.get(*pointer) == step.words["from"] and node is not None:
                    span = document.span_of(node)
                    written = self.text_at(linked.path, span) or ""
                    self.replace(
                        step.title, linked.path, span, written, written.replace(step.words["from"], step.words["to"])
                    )

    # --- Python -------------------------------------------------------------------------------------------------------

    def _files(self) -> Iterator[tuple[File, Scopes]]:
        modules = sources_of(self.plugin).modules
        scopes = scopes_of(modules)
        for path in modules.paths:
            file = scopes.file_at(path)
            if file is not None:
                yield file, scopes

    def _attributes(self, step: Step) -> None:
        files = [(file, scopes) for file, scopes in self._files() if any(name in file.module.text for name in RENAMED)]
        own = frozenset(name for file, _ in files for name in _declared_names(file))
        for file, scopes in files:
            for node in walk(file.top.node):
                if isinstance(node, ast.Call) and any(word.arg in RENAMED for word in node.keywords):
                    if _is_localized_class(node.func, file.scope_of(node), scopes):
                        for word in node.keywords:
                            self._rename(step, file, word.arg, file.module.span(word), at_end=False)
                elif isinstance(node, ast.Attribute) and node.attr in RENAMED:
                    scope = file.scope_of(node)
                    if is_localized(node.value, scope) or not (node.attr in own or _is_foreign(node.value, scope)):
                        self._rename(step, file, node.attr, file.module.span(node), at_end=True)

    def _rename(self, step: Step, file: File, old: str | None, span: Span, *, at_end: bool) -> None:
        if old not in RENAMED:
            return
        line, column = (span.end_line, span.end_column - len(old)) if at_end else (span.line, span.column)
        self.replace(step.title, file.module.path, Span(line, column, line, column + len(old)), old, RENAMED[old])

    def _import(self, step: Step) -> None:
        name, old, new = (step.words[key] for key in ("name", "from", "to"))
        for file, _ in self._files():
            for node in walk(file.top.node):
                if isinstance(node, ast.ImportFrom) and node.module == old and not node.level:
                    at = next((at for at, alias in enumerate(node.names) if alias.name == name), None)
                    if at is not None:
                        self._import_from(step, file, node, at, new)

    def _import_from(self, step: Step, file: File, node: ast.ImportFrom, at: int, new: str) -> None:
        """Imports one of the names of a statement from the module `new`."""
        module, path = file.module, file.module.path
        whole = module.span(node)
        written = self.text_at(path, whole) or ""
        if len(node.names) == 1:
            self.replace(step.title, path, whole, written, written.replace(str(node.module), new, 1))
            return
        aliases = [module.span(alias) for alias in node.names]
        mine = aliases[at]
        if at == len(aliases) - 1:
            gap = Span(aliases[at - 1].end_line, aliases[at - 1].end_column, mine.end_line, mine.end_column)
        else:
            gap = Span(mine.line, mine.column, aliases[at + 1].line, aliases[at + 1].column)
        alias, between = self.text_at(path, mine) or "", self.text_at(path, gap) or ""
        indent = module.lines[whole.line - 1][: whole.column - 1]
        if indent.strip() or between.replace(alias, "", 1).strip(" \t\r\n,"):
            self.left.append(_Left(path, whole, step.title, say("a comment or another statement is in the way")))
            return
        self.replace(step.title, path, gap, between, "")
        start = Span(whole.line, whole.column, whole.line, whole.column)
        end = "\r\n" if "\r\n" in module.text else "\n"
        self.replace(step.title, path, start, "", f"from {new} import {alias}{end}{indent}")


_MAKES: Final[Mapping[Does, Callable[[_Moved, Step], None]]] = {
    Does.IMPORT: _Moved._import,
    Does.PYTHON: _Moved._python,
    Does.ATTRIBUTES: _Moved._attributes,
    Does.VALUE: _Moved._value,
}


# --- versions ---------------------------------------------------------------------------------------------------------


def _shuts_out(specifier: SpecifierSet, floor: Version) -> bool:
    """Whether a bound ends before `floor`, and all that do end in the same major version."""
    bounds = [each for each in specifier if each.operator in ("<", "<=", "==", "===", "~=")]
    ending = [each for each in bounds if not each.contains(floor, prereleases=True) and is_up_to(each.version, floor)]
    return bool(ending) and all(
        is_up_to(str(floor.major), Version(each.version.removesuffix(".*")))
        and (each.operator != "<" or each.contains(str(floor.major)))
        for each in ending
    )


def _is_hashed(plugin: Plugin, declared: Declared) -> bool:
    return declared.path != PYPROJECT and b"--hash=" in plugin.tree.read(declared.path)


# --- places -----------------------------------------------------------------------------------------------------------


def _places(data: object, pattern: Sequence[str]) -> Iterator[tuple[str | int, ...]]:
    """The pointers that a pattern leads to; `*` is each item of a list."""
    if not pattern:
        yield ()
        return
    key, *rest = pattern
    if key == "*" and isinstance(data, list):
        for at, item in enumerate(data):
            yield from ((at, *inner) for inner in _places(item, rest))
    elif isinstance(data, dict) and key in data:
        yield from ((key, *inner) for inner in _places(data[key], rest))


def _declared_names(file: File) -> Iterator[str]:
    """The names of localized texts that the plugin's own classes give to something."""
    for node in walk(file.top.node):
        if isinstance(node, ast.ClassDef):
            for item in node.body:
                targets = item.targets if isinstance(item, ast.Assign) else [getattr(item, "target", None)]
                yield from (each.id for each in targets if isinstance(each, ast.Name) and each.id in RENAMED)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in RENAMED:
            yield from [node.attr] if isinstance(node.value, ast.Name) and node.value.id == "self" else []


def _is_foreign(node: ast.expr, scope: Scope) -> bool:
    """Whether a value comes from another package than the SDK."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    found = dotted(node, scope)
    return bool(found and not found.startswith("dify_plugin"))


def _is_localized_class(node: ast.expr, scope: Scope, scopes: Scopes) -> bool:
    found = dotted(node, scope) or ""
    if _is_sdk_name(found):
        return True
    if isinstance(node, ast.Name) and node.id == LOCALIZED and scope.binder(LOCALIZED) is None:
        imported = [each.value for each in scope.file.bound if each.name == "*"]
        return any(isinstance(each, Imported) and each.dotted.startswith("dify_plugin") for each in imported)
    meant = scopes.resolved(scopes.meaning(node, scope))
    return bool(meant) and all(isinstance(each, Outside) and _is_sdk_name(each.dotted) for each in meant)


def _is_sdk_name(dotted_name: str) -> bool:
    return dotted_name.startswith("dify_plugin.") and dotted_name.rpartition(".")[2] == LOCALIZED
