"""Rules about YAML that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from bot.document import Document, ProblemCode, read_document
from bot.document.edits import apply_edits
from bot.document.tabs import tabs_between
from bot.findings import Authority, By, Edit, Fix, Safety, Severity, Span, quote
from bot.format.judge.consequence import loss, refusal
from bot.format.traits import DocumentKind
from bot.messages import say, sentences
from bot.patterns import regex
from bot.plugin import LinkedDocument, Plugin
from bot.plugin.discovery import MANIFEST
from bot.rules.registry import Example, Hit, rule
from bot.rules.yaml.problems import LIMIT, SDK, problem_hits

_BOTH = (
    Authority(By.PACKAGER, "The packager refuses the plugin.", "yaml.v3, decoder/helper.go:22"),
    Authority(By.SDK, "The plugin does not start.", "PyYAML safe_load, core/utils/yaml_loader.py:23"),
)


_POSITION = "graphon/model_runtime/entities/provider_entities.py:129"


@rule(
    "yaml/syntax",
    severity=Severity.ERROR,
    summary="The file is not valid YAML.",
    why="Neither the packager nor the SDK can read the file, so nothing in it takes effect. Nothing else is reported "
    "about a file that cannot be parsed.",
    fix="Correct the text at the place shown. Most often a text needs quotes, or a line is indented too far or too "
    "little.",
    authorities=_BOTH,
    bad=Example("label:\n  en_US: Weather: now\n"),
    good=Example('label:\n  en_US: "Weather: now"\n'),
)
def syntax(plugin: Plugin) -> Iterator[Hit]:
    yield from problem_hits(plugin, ProblemCode.SYNTAX, end=say("The packager refuses the plugin."))


@rule(
    "yaml/tab",
    severity=Severity.ERROR,
    summary="A tab stands where only blanks may.",
    why="YAML allows only spaces for indentation: neither the packager nor the SDK can read the file. A tab at the end "
    "of a line, before a comment or after a colon is a blank to the packager, and stops the SDK. Tabs may stand in "
    "quotes, in comments and in the text of a block scalar.",
    fix="Replace the tab by spaces, or remove it.",
    authorities=_BOTH,
    bad=Example("label:\n\ten_US: Weather\n"),
    good=Example("label:\n  en_US: Weather\n"),
)
def tab(plugin: Plugin) -> Iterator[Hit]:
    yield from problem_hits(plugin, ProblemCode.TAB, end=say("The packager refuses the plugin."))
    for linked in plugin.linked() if not plugin.is_bundle else ():
        spans = tabs_between(linked.document)
        if spans:
            message = say(
                "A tab stands where the SDK's reader takes blanks only. The plugin packages and installs, but does not "
                "start."
            )
            fix = _without_tabs(linked.document, spans)
            yield Hit(message, linked.path, spans[0], subject="tab", authorities=SDK, fix=fix)


def _without_tabs(document: Document, spans: Sequence[Span]) -> Fix:
    edits = tuple(Edit(document.path, span, " ") for span in spans)
    made = read_document(document.path, apply_edits(document.text or "", edits).encode())
    safety = Safety.SAFE if made.data == document.data else Safety.UNSAFE
    return Fix(say("Write blanks instead of tabs"), safety, edits)


@rule(
    "yaml/merge-conflict",
    severity=Severity.ERROR,
    summary="A merge conflict was left in the file.",
    why="The conflict markers of git are not YAML: neither the packager nor the SDK can read the file.",
    fix="Resolve the conflict and remove its markers.",
    authorities=_BOTH,
    bad=Example("<<<<<<< HEAD\nversion: 0.1.0\n=======\nversion: 0.1.1\n>>>>>>> feature\n", whole=True),
    good=Example("version: 0.1.1\n"),
)
def merge_conflict(plugin: Plugin) -> Iterator[Hit]:
    yield from problem_hits(plugin, ProblemCode.MERGE_CONFLICT, end=say("The packager refuses the plugin."))


@rule(
    "yaml/encoding",
    severity=Severity.ERROR,
    summary="The file is not UTF-8.",
    why="The SDK opens every YAML file as UTF-8 and fails on anything else. The packager reads UTF-16 with a byte "
    "order mark too, so the plugin may package and then not start.",
    fix="Save the file as UTF-8.",
    authorities=SDK,
    bad=Example("", files={"provider/weather.yaml": b"identity:\n  name: caf\xe9\n"}),
    good=Example("", files={}),
)
def encoding(plugin: Plugin) -> Iterator[Hit]:
    yield from problem_hits(plugin, ProblemCode.NOT_UTF8, end=say("The plugin does not start."))


@rule(
    "yaml/control-character",
    severity=Severity.ERROR,
    summary="The file holds a character that YAML does not allow.",
    why="NUL and other control characters are refused by both readers, wherever they stand.",
    fix="Remove the character, or write it as an escape such as `\\u0007` in double quotes.",
    authorities=_BOTH,
    bad=Example("label:\n  en_US: Weather\x07\n"),
    good=Example('label:\n  en_US: "Weather\\u0007"\n'),
)
def control_character(plugin: Plugin) -> Iterator[Hit]:
    yield from problem_hits(plugin, ProblemCode.CONTROL_CHARACTER, end=say("The packager refuses the plugin."))
    end = say("The plugin packages and installs, but does not start.")
    yield from problem_hits(plugin, ProblemCode.BYTE_ORDER_MARK, end=end)


@rule(
    "yaml/empty",
    severity=Severity.ERROR,
    summary="A linked file holds nothing.",
    why="The packager takes an empty file for a document without values; the SDK fails on it when the plugin starts. "
    "An empty order of models passes both, but the platform then gets null for a list and refuses the plugin.",
    fix="Write the document, or remove the link to it.",
    authorities=(
        Authority(By.SDK, "The plugin does not start.", "core/plugin_registration.py:160"),
        refusal(DocumentKind.MODEL_POSITION, None, _POSITION),
    ),
    bad=Example("", path="provider/weather.yaml", whole=True),
    good=Example("", path="provider/weather.yaml"),
)
def empty(plugin: Plugin) -> Iterator[Hit]:
    orders = [linked for linked in plugin.documents.values() if linked.kind is DocumentKind.MODEL_POSITION]
    skipped = {linked.path for linked in orders}
    for hit in problem_hits(plugin, ProblemCode.EMPTY, end=say("The plugin does not start.")):
        if hit.path not in skipped:
            yield hit
    named = {
        path for reference in plugin.references if reference.pointer[-1:] == ("position",) for path in reference.found
    }
    for linked in orders:
        if linked.document.data is not None or any(
            problem.code is not ProblemCode.EMPTY for problem in linked.document.problems
        ):
            continue
        if linked.path in named:
            yield _no_order(linked)
        else:
            message = say("The file holds no list, so no models are sorted by it.")
            yield Hit(message, linked.path, severity=Severity.WARNING, authorities=(), subject="")


def _no_order(linked: LinkedDocument) -> Hit:
    """A file that `position` names, without a list."""
    message = say(
        "{loss} The file holds no list: Dify gets null for the order of the models. Remove the file and the "
        "key `position` that names it, or write a list.",
        loss=loss(linked.kind),
    )
    fix = None
    if linked.document.text is not None and not linked.document.text.strip():
        lines = linked.document.text.count("\n") + 1
        last = len(linked.document.text.rpartition("\n")[2]) + 1
        edit = Edit(linked.path, Span(1, 1, lines, last), "[]\n")
        fix = Fix(say("Write an empty list"), Safety.SAFE, (edit,))
    authorities = (refusal(linked.kind, None, _POSITION),)
    return Hit(message, linked.path, Span(1, 1, 1, 1), authorities=authorities, fix=fix)


@rule(
    "yaml/unreadable",
    severity=Severity.ERROR,
    summary="A linked file could not be read.",
    why="What cannot be read cannot be reviewed, and would not be readable to the packager either.",
    fix="Make it a regular file of moderate size.",
    authorities=LIMIT,
    bad=Example("", files={"provider/weather.yaml": 4_500_013}),
    good=Example(""),
)
def unreadable(plugin: Plugin) -> Iterator[Hit]:
    for hit in problem_hits(plugin, ProblemCode.UNREADABLE, ProblemCode.TOO_LARGE):
        if hit.path != MANIFEST:
            yield hit
        elif not plugin.broken_package:
            other = _other_manifest(plugin)
            end = say("Rename {other}: Dify reads no other name.", other=quote(other)) if other is not None else ""
            yield replace(hit, message=sentences(hit.message, end))


def _other_manifest(plugin: Plugin) -> str | None:
    """The file that looks like the manifest under another name, where it is the only one."""
    if MANIFEST in plugin.tree.entries():
        return None
    found = [path for path in sorted(plugin.tree.entries()) if _NAMES.fullmatch(path) and plugin.has_file(path)]
    return found[0] if len(found) == 1 else None


#: What a manifest is called by mistake.
_NAMES = regex(r"(manifest|plugin|dify|dify-plugin)\.(ya?ml|json)(\.\w{1,8})?", re.IGNORECASE)


@rule(
    "yaml/several-documents",
    severity=Severity.ERROR,
    summary="The file holds several YAML documents.",
    why="The SDK refuses a file with a second document; the packager reads the first and ignores the rest.",
    fix="Keep one document per file.",
    authorities=SDK,
    bad=Example("version: 0.1.0\n---\ntype: plugin\n", whole=True),
    good=Example("version: 0.1.0\n"),
)
def several_documents(plugin: Plugin) -> Iterator[Hit]:
    yield from problem_hits(plugin, ProblemCode.SEVERAL_DOCUMENTS)
