"""Rules about the paths that documents write."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from bot.document import Document
from bot.findings import Authority, By, Safety, Severity, quote, quote_list
from bot.format.traits import DocumentKind
from bot.messages import say, say_plural
from bot.plugin import Plugin, Reference
from bot.plugin.paths import Meant, Slip, meant_file
from bot.plugin.sources import Declared, sources_of
from bot.rules.reference.links import NOT_INSTALLED, NOT_STARTED, REFUSED, SDK, links, path_fix
from bot.rules.registry import Example, Hit, at_value, rule
from bot.source import Kind

_PACKAGER = Authority(By.PACKAGER, "The packager refuses the plugin.", "decoder/helper.go:43")


_INSTALLER = Authority(By.INSTALLER, "Dify refuses to install the plugin.", "decoder/zip.go:141")


def _slipped(plugin: Plugin, *slips: Slip) -> Iterator[tuple[Document, Reference, Meant]]:
    for document, reference in links(plugin):
        if reference.meant is not None and reference.meant.slip in slips:
            yield document, reference, reference.meant


def _sources(plugin: Plugin) -> Iterator[tuple[Declared, Meant | None]]:
    """The sources of Python that documents write, each with the file that was meant where it is not what is written."""
    for item in sources_of(plugin).declared:
        exact = plugin.has_file(item.written)
        yield item, None if exact else meant_file(item.written, item.linked.path, plugin.files_by_lower)


@rule(
    "reference/missing-file",
    severity=Severity.ERROR,
    summary="A linked file does not exist.",
    why="The packager reads every linked YAML file and stops at the first that is not there.",
    fix="Correct the path, or add the file. Paths start at the plugin root, not at the file that names them.",
    authorities=(_PACKAGER,),
    bad=Example("plugins:\n  tools:\n    - provider/wether.yaml\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def missing_file(plugin: Plugin) -> Iterator[Hit]:
    for document, reference in links(plugin):
        meant = reference.meant
        if reference.found or _other_entry(plugin, reference) is not None or _leaves(reference.written):
            continue
        hint, fix = "", None
        if meant is not None and meant.slip is Slip.RELATIVE:
            hint = say(" There is {path}: paths start at the plugin root.", path=quote(meant.path))
            fix = path_fix(document, reference.pointer, meant.path)
        elif meant is not None and meant.slip is Slip.SUFFIX:
            hint = say(" There is {path}.", path=quote(meant.path))
            fix = path_fix(document, reference.pointer, meant.path)
        elif meant is not None and meant.slip is Slip.TYPO:
            hint = say(" Did you mean {path}?", path=quote(meant.path))
            fix = path_fix(document, reference.pointer, meant.path, Safety.UNSAFE)
        elif meant is not None:
            continue
        message = say(
            "There is no file {written}.{hint} {refused}", written=quote(reference.written), hint=hint, refused=REFUSED
        )
        yield at_value(document, reference.pointer, message, subject=reference.written, fix=fix)


def _leaves(written: str) -> bool:
    """Whether a path climbs out of the plugin."""
    return posixpath.normpath(written.lstrip("/") or ".").startswith("..")


def _other_entry(plugin: Plugin, reference: Reference) -> str | None:
    """What the path names if it is something else than a regular file, in words."""
    target = reference.target
    if target is None:
        return None
    entries = plugin.tree.entries()
    if target in entries:
        return say("a symbolic link") if entries[target].kind is Kind.LINK else "no regular file"
    return say("a folder") if any(path.startswith(target + "/") for path in entries) else None


@rule(
    "reference/not-a-file",
    severity=Severity.ERROR,
    summary="A path names a folder, a link or something else that is not a file.",
    why="The packager reads what the path names. A folder cannot be read; what a symbolic link leads to is packed "
    "under the link's name, but a link that leads out of the repository is not followed in this review.",
    fix="Name the YAML file itself, or put a copy in the link's place.",
    authorities=(_PACKAGER,),
    bad=Example("plugins:\n  tools:\n    - provider\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def not_a_file(plugin: Plugin) -> Iterator[Hit]:
    for document, reference in links(plugin):
        other = None if reference.found else _other_entry(plugin, reference)
        if other == "a symbolic link":
            message = say(
                "{written} is a symbolic link to no file of the repository, and was not reviewed.",
                written=quote(reference.written),
            )
            severity = Severity.WARNING
        elif other is not None:
            message = say(
                "{written} is {other}. {refused}", written=quote(reference.written), other=other, refused=REFUSED
            )
            severity = Severity.ERROR
        else:
            continue
        yield at_value(document, reference.pointer, message, subject=reference.written, severity=severity)


@rule(
    "reference/outside",
    severity=Severity.ERROR,
    summary="A path leaves the plugin.",
    why="The packager reads the file outside the plugin and does not pack it, so Dify refuses the package.",
    fix="Put the file into the plugin and name it by its path from the plugin root.",
    authorities=(_INSTALLER,),
    bad=Example("plugins:\n  tools:\n    - ../common/weather.yaml\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def outside(plugin: Plugin) -> Iterator[Hit]:
    for document, reference in links(plugin):
        if not reference.found and _leaves(reference.written):
            message = say(
                "{written} leaves the plugin. {not_installed}",
                written=quote(reference.written),
                not_installed=NOT_INSTALLED,
            )
            yield at_value(document, reference.pointer, message, subject=reference.written)


@rule(
    "reference/wrong-case",
    severity=Severity.ERROR,
    summary="A path differs from the file in upper and lower case.",
    why="Such a plugin packages on macOS and Windows, whose disks ignore case, and cannot be installed: Dify runs on "
    "Linux and reads the package by exact names.",
    fix="Write the path as the file is spelled.",
    authorities=(_PACKAGER, _INSTALLER, SDK),
    bad=Example("plugins:\n  tools:\n    - provider/Weather.yaml\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def wrong_case(plugin: Plugin) -> Iterator[Hit]:
    for document, reference, meant in _slipped(plugin, Slip.CASE):
        if _other_entry(plugin, reference) is not None:
            continue
        message = say(
            "The file is spelled {path}, not {written}. The plugin may package on macOS and Windows, but "
            "Dify refuses to install it.",
            path=quote(meant.path),
            written=quote(reference.written),
        )
        fix = path_fix(document, reference.pointer, meant.path)
        yield at_value(document, reference.pointer, message, subject=reference.written, fix=fix)
    for item, source in _sources(plugin):
        if item.path is None and source is not None and source.slip is Slip.CASE:
            message = say(
                "The file is spelled {path}, not {written}. {not_started}",
                path=quote(source.path),
                written=quote(item.written),
                not_started=NOT_STARTED,
            )
            fix = path_fix(item.linked.document, item.pointer, source.path)
            yield at_value(
                item.linked.document, item.pointer, message, subject=item.written, fix=fix, authorities=(SDK,)
            )


@rule(
    "reference/not-canonical",
    severity=Severity.ERROR,
    summary="A path is written with `./`, a leading or doubled slash, `..`, backslashes, or blanks at its ends.",
    why="The packager tidies some of these up, so the plugin packages, and a backslash works on Windows. The installer "
    "reads the package by exact names, does not find the file and refuses.",
    fix="Write the path from the plugin root, with single forward slashes.",
    authorities=(_INSTALLER, _PACKAGER),
    bad=Example("plugins:\n  tools:\n    - ./provider/weather.yaml\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def not_canonical(plugin: Plugin) -> Iterator[Hit]:
    for document, reference in links(plugin):
        meant, written = reference.meant, reference.written
        if reference.found and written != reference.target:
            path, happens, authorities = reference.found[0], NOT_INSTALLED, (_INSTALLER,)
        elif meant is not None and meant.slip in (Slip.SPELLING, Slip.UNTIDY):
            path, happens, authorities = meant.path, REFUSED, (_PACKAGER,)
        else:
            continue
        message = say(
            "{written} must be written {path}. {happens}", written=quote(written), path=quote(path), happens=happens
        )
        fix = path_fix(document, reference.pointer, path)
        yield at_value(document, reference.pointer, message, subject=written, fix=fix, authorities=authorities)
    for item, source in _sources(plugin):
        # Python itself tidies `./` and doubled slashes up.
        if item.path is None and source is not None and source.slip in (Slip.SPELLING, Slip.UNTIDY):
            message = say(
                "{written} must be written {path}. {not_started}",
                written=quote(item.written),
                path=quote(source.path),
                not_started=NOT_STARTED,
            )
            fix = path_fix(item.linked.document, item.pointer, source.path)
            yield at_value(
                item.linked.document, item.pointer, message, subject=item.written, fix=fix, authorities=(SDK,)
            )


@rule(
    "reference/listed-twice",
    severity=Severity.WARNING,
    summary="A file is listed twice.",
    why="Each listing loads the file again: the tool, model or event is there twice, or the second replaces the first.",
    fix="Remove one of the two.",
    authorities=(Authority(By.INSTALLER, "The entry is there twice.", "decoder/helper.go:54"),),
    bad=Example(
        "tools:\n  - tools/current_weather.yaml\n  - tools/current_weather.yaml\n", path="provider/weather.yaml"
    ),
    good=Example("tools:\n  - tools/current_weather.yaml\n", path="provider/weather.yaml"),
)
def listed_twice(plugin: Plugin) -> Iterator[Hit]:
    # An order of models is one file and may be found by a pattern too.
    first: dict[tuple[str, str], Reference] = {}
    for reference in plugin.references:
        document = plugin.documents[reference.source].document
        again: list[str] = []
        for path in reference.follows:
            linked = plugin.documents.get(path)
            if linked is None or DocumentKind.MODEL_POSITION in (linked.kind, reference.kind):
                continue
            if (reference.source, path) in first:
                again.append(path)
            first.setdefault((reference.source, path), reference)
        if again:
            before = document.span(first[(reference.source, again[0])].pointer).line
            message = say_plural(
                "{again} is listed already in line {before}.",
                "{again} are listed already in line {before}.",
                len(again),
                again=quote_list(again, 3),
                before=before,
            )
            yield at_value(document, reference.pointer, message, subject=reference.written)
