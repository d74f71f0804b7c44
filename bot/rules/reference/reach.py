"""Rules about files that a link does not reach, or reaches as the wrong kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bot.document import Document, Pointer, read_document
from bot.findings import Authority, By, Severity, quote, quote_list
from bot.format.traits import DocumentKind
from bot.limits import Limit
from bot.messages import say, sentences
from bot.plugin import LinkedDocument, Plugin
from bot.plugin.discovery import MANIFEST
from bot.plugin.ignore import Pattern
from bot.plugin.kinds import shape_of
from bot.plugin.sources import sources_of
from bot.rules.reference.links import NOT_INSTALLED, NOT_STARTED, REFUSED, links
from bot.rules.reference.patterns import meant_folders
from bot.rules.registry import Example, Hit, at_value, rule

# --- what the package lacks ---------------------------------------------------------------------------------------


def _by_line(plugin: Plugin, pattern: Pattern) -> str:
    return say(
        "line {line} of {path}, {text}",
        line=pattern.line,
        path=quote(plugin.packing.ignore.path),
        text=quote(pattern.text),
    )


@rule(
    "reference/ignored",
    severity=Severity.ERROR,
    summary="A file that the plugin needs is left out of the package.",
    why="The packager checks linked files on disk, whatever the ignore file says, and then leaves out what it "
    "excludes. The template's `.difyignore` excludes folders called `lib`, `var`, `parts`, `build` or `target`, among "
    "others.",
    fix="Remove or narrow the pattern, or rename the file. A pattern with `!` takes nothing back.",
    authorities=(
        Authority(By.INSTALLER, "Dify refuses to install the plugin.", "decoder/fs.go:67"),
        Authority(By.SDK, "The plugin does not start.", "core/plugin_registration.py:207"),
    ),
    bad=Example("__pycache__/\nprovider/\n", path=".difyignore", whole=True),
    good=Example("__pycache__/\n.env\n", path=".difyignore", whole=True),
)
def ignored(plugin: Plugin) -> Iterator[Hit]:
    if not plugin.packing.ignore.patterns:
        return
    manifest = plugin.packing.left_out_by(MANIFEST)
    if manifest is not None:
        message = say(
            "The manifest is left out of the package by {by_line}. {not_installed}",
            by_line=_by_line(plugin, manifest),
            not_installed=NOT_INSTALLED,
        )
        yield Hit(message, plugin.packing.ignore.path, manifest.span, subject=manifest.text)
        return
    reported: set[str] = set()
    for document, pointer, path, happens in _needed(plugin):
        pattern = None if path in plugin.packed_files else plugin.packing.left_out_by(path)
        if pattern is not None:
            reported.add(path)
            message = say(
                "{path} is left out of the package by {by_line}. {happens}",
                path=quote(path),
                by_line=_by_line(plugin, pattern),
                happens=happens,
            )
            yield at_value(document, pointer, message, subject=path)
    yield from _ignored_modules(plugin, reported)


def _needed(plugin: Plugin) -> Iterator[tuple[Document, Pointer, str, str]]:
    """Every file that a document names: where, the file, and what happens without it."""
    for document, reference in links(plugin):
        for path in reference.found:
            yield document, reference.pointer, path, NOT_INSTALLED
    for item in sources_of(plugin).declared:
        if item.path is not None:
            yield item.linked.document, item.pointer, item.path, NOT_STARTED
    for asset in plugin.asset_references:
        if asset.written in plugin.assets:
            yield asset.linked.document, asset.pointer, asset.path, NOT_INSTALLED


def _ignored_modules(plugin: Plugin, reported: set[str]) -> Iterator[Hit]:
    """Python files that the plugin imports, by the pattern that leaves them out."""
    lost: dict[Pattern, list[str]] = {}
    for path in sources_of(plugin).reachable:
        settled = path in plugin.packed_files or path in reported
        pattern = None if settled else plugin.packing.left_out_by(path)
        if pattern is not None:
            lost.setdefault(pattern, []).append(path)
    for pattern, paths in lost.items():
        message = say(
            "{text} leaves {paths} out of the package, which the plugin imports.",
            text=quote(pattern.text),
            paths=quote_list(paths, 3),
        )
        yield Hit(sentences(message, NOT_STARTED), plugin.packing.ignore.path, pattern.span, subject=pattern.text)


# --- links that say something else --------------------------------------------------------------------------------


@rule(
    "reference/wrong-kind",
    severity=Severity.ERROR,
    summary="A link leads to another kind of document.",
    why="The packager decodes any mapping into whatever it expects, and drops what it does not know. The SDK misses "
    "the keys of the kind that the link asks for and refuses to start.",
    fix="Link the document where its kind belongs. The manifest names providers, and a provider names its tools, "
    "models, endpoints, strategies, datasources or events.",
    authorities=(Authority(By.SDK, "The plugin does not start.", "core/plugin_registration.py:160"),),
    bad=Example("plugins:\n  tools:\n    - tools/current_weather.yaml\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def wrong_kind(plugin: Plugin) -> Iterator[Hit]:
    for reference in plugin.references:
        document = plugin.documents[reference.source].document
        for path in reference.follows:
            linked = plugin.documents.get(path)
            if linked is None or _fits(linked, reference.kind):
                continue
            # What is a list for one and a mapping for the other, the packager cannot decode either.
            refused = DocumentKind.MODEL_POSITION in (reference.kind, linked.kind)
            message = say(
                "{path} is not {a}: it looks like {a2}. {not_started}",
                path=quote(path),
                a=_a(reference.kind),
                a2=_a(linked.kind),
                not_started=REFUSED if refused else NOT_STARTED,
            )
            yield at_value(document, reference.pointer, message, subject=path)


def _fits(linked: LinkedDocument, kind: DocumentKind) -> bool:
    is_order = linked.kind is DocumentKind.MODEL_POSITION and linked.path.endswith("_position.yaml")
    return linked.kind is kind or (is_order and kind is DocumentKind.MODEL)


def _a(kind: DocumentKind) -> str:
    return say("an {kind}", kind=kind) if kind.value[0] in "aeiou" else say("a {kind}", kind=kind)


@rule(
    "reference/orphan",
    severity=Severity.NOTICE,
    summary="A document that nothing links to.",
    why="Only what the manifest and the providers name is loaded. The file is packed and does nothing.",
    fix="Link it, or remove it.",
    authorities=(Authority(By.INSTALLER, "The file has no effect.", "decoder/helper.go:41"),),
    bad=Example(
        "",
        files={
            "tools/forecast.yaml": "identity:\n  name: forecast\nparameters: []\nextra:\n  python:\n"
            "    source: tools/forecast.py\n"
        },
    ),
    good=Example(""),
)
def orphan(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not plugin.manifest.readable or plugin.broken_package:
        return
    folders = Counter(linked.path.rpartition("/")[0] for linked in plugin.documents.values())
    meant = meant_folders(plugin)
    candidates = [
        path
        for path in sorted(plugin.packed_files - set(plugin.documents))
        if path.endswith((".yaml", ".yml")) and folders[path.rpartition("/")[0]] and "/" in path
    ]
    plugin.tree.prefetch(candidates)
    for number, path in enumerate(candidates, 1):
        if plugin.account.exceeds(_MAX_ORPHANS, path, number):
            break
        content = plugin.read(path, _MAX_ORPHAN_BYTES)
        if content is None:
            continue
        if path.rpartition("/")[0] in meant:
            continue  # The pattern is what is wrong.
        if path.endswith("_position.yaml"):
            message = say("No provider names this order of models: Dify does not read it. It belongs under `position`.")
            yield Hit(message, path)
            continue
        kind = shape_of(read_document(path, content).data)
        if kind not in (None, DocumentKind.MANIFEST):
            thing = say("document") if kind is DocumentKind.TOOL else kind
            yield Hit(
                say("Nothing links to this {thing}: it has no effect.", thing=thing), path, group="reference/orphan"
            )


#: So many files are looked at to see whether they are documents, each of at most so many bytes.
_MAX_ORPHANS = Limit(200, "is one of more than {n:,} documents that may have no link", "reference/orphan")


_MAX_ORPHAN_BYTES = Limit(256 * 1024, "has more than {n:,} bytes, and is not read", "reference/orphan")
