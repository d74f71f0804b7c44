"""Rules about the paths and patterns that documents write."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator

from yaml import ScalarNode

from bot.document import Document, Pointer, read_document
from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, quote, quote_list
from bot.plugin import LinkedDocument, Plugin, Reference
from bot.plugin.discovery import MANIFEST
from bot.plugin.ignore import Pattern
from bot.plugin.kinds import shape_of
from bot.plugin.paths import Meant, Slip, meant_file, tidied
from bot.plugin.sources import Declared, sources_of
from bot.rules.registry import Example, Hit, at_value, rule
from bot.source import Kind
from bot.spec.base import DocumentKind
from bot.spec.verdict import quoted

_PACKAGER = Authority(By.PACKAGER, "The packager refuses the plugin.", "decoder/helper.go:43")
_INSTALLER = Authority(By.INSTALLER, "Dify refuses to install the plugin.", "decoder/zip.go:141")
_SDK = Authority(By.SDK, "The plugin does not start.", "core/plugin_registration.py:63")

_REFUSED = "The packager refuses the plugin."
_NOT_INSTALLED = "The plugin packages, but Dify refuses to install it."
_NOT_STARTED = "The plugin packages and installs, but does not start."


#: Paths that YAML reads as they are, without quotes.
_PLAIN = re.compile(r"[A-Za-z_./][\w./*+@-]*", re.ASCII)


def _replace(document: Document, pointer: Pointer, path: str, safety: Safety = Safety.SAFE) -> Fix | None:
    node = document.node(pointer)
    if not isinstance(node, ScalarNode) or "\n" in node.value:
        return None
    plain = node.style in (None, "") and _PLAIN.fullmatch(path)
    edit = Edit(document.path, document.span_of(node), path if plain else quoted(path))
    return Fix(f"Write {quote(path)}", safety, (edit,))


def _links(plugin: Plugin) -> Iterator[tuple[Document, Reference]]:
    """The references that are paths, with the documents that write them."""
    for reference in plugin.references:
        if not reference.is_glob:
            yield plugin.documents[reference.source].document, reference


def _slipped(plugin: Plugin, *slips: Slip) -> Iterator[tuple[Document, Reference, Meant]]:
    for document, reference in _links(plugin):
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
    for document, reference in _links(plugin):
        meant = reference.meant
        if reference.found or _other_entry(plugin, reference) is not None or _leaves(reference.written):
            continue
        hint, fix = "", None
        if meant is not None and meant.slip is Slip.RELATIVE:
            hint = f" There is {quote(meant.path)}: paths start at the plugin root."
            fix = _replace(document, reference.pointer, meant.path)
        elif meant is not None and meant.slip is Slip.SUFFIX:
            hint = f" There is {quote(meant.path)}."
            fix = _replace(document, reference.pointer, meant.path)
        elif meant is not None:
            continue
        message = f"There is no file {quote(reference.written)}.{hint} {_REFUSED}"
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
        return "a symbolic link" if entries[target].kind is Kind.LINK else "no regular file"
    return "a folder" if any(path.startswith(target + "/") for path in entries) else None


@rule(
    "reference/not-a-file",
    severity=Severity.ERROR,
    summary="A path names a folder, a link or something else that is no file.",
    why="The packager reads what the path names. A folder cannot be read; what a symbolic link leads to is packed "
    "under the link's name, but a link is not followed in this review, since it may lead anywhere.",
    fix="Name the YAML file itself, or put a copy in the link's place.",
    authorities=(_PACKAGER,),
    bad=Example("plugins:\n  tools:\n    - provider\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def not_a_file(plugin: Plugin) -> Iterator[Hit]:
    for document, reference in _links(plugin):
        other = None if reference.found else _other_entry(plugin, reference)
        if other == "a symbolic link":
            message = f"{quote(reference.written)} is a symbolic link, so what it leads to was not reviewed."
            severity = Severity.WARNING
        elif other is not None:
            message = f"{quote(reference.written)} is {other}. {_REFUSED}"
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
    for document, reference in _links(plugin):
        if not reference.found and _leaves(reference.written):
            message = f"{quote(reference.written)} leaves the plugin. {_NOT_INSTALLED}"
            yield at_value(document, reference.pointer, message, subject=reference.written)


@rule(
    "reference/wrong-case",
    severity=Severity.ERROR,
    summary="A path differs from the file in upper and lower case.",
    why="Such a plugin packages on macOS and Windows, whose disks ignore case, and cannot be installed: Dify runs on "
    "Linux and reads the package by exact names.",
    fix="Write the path as the file is spelled.",
    authorities=(_PACKAGER, _INSTALLER, _SDK),
    bad=Example("plugins:\n  tools:\n    - provider/Weather.yaml\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def wrong_case(plugin: Plugin) -> Iterator[Hit]:
    for document, reference, meant in _slipped(plugin, Slip.CASE):
        if _other_entry(plugin, reference) is not None:
            continue
        message = (
            f"The file is spelled {quote(meant.path)}, not {quote(reference.written)}. The plugin may package on macOS "
            "and Windows, but Dify refuses to install it."
        )
        fix = _replace(document, reference.pointer, meant.path)
        yield at_value(document, reference.pointer, message, subject=reference.written, fix=fix)
    for item, source in _sources(plugin):
        if item.path is None and source is not None and source.slip is Slip.CASE:
            message = f"The file is spelled {quote(source.path)}, not {quote(item.written)}. {_NOT_STARTED}"
            fix = _replace(item.linked.document, item.pointer, source.path)
            yield at_value(
                item.linked.document, item.pointer, message, subject=item.written, fix=fix, authorities=(_SDK,)
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
    for document, reference in _links(plugin):
        meant, written = reference.meant, reference.written
        if reference.found and written != reference.target:
            path, happens, authorities = reference.found[0], _NOT_INSTALLED, (_INSTALLER,)
        elif meant is not None and meant.slip in (Slip.SPELLING, Slip.UNTIDY):
            path, happens, authorities = meant.path, _REFUSED, (_PACKAGER,)
        else:
            continue
        message = f"{quote(written)} must be written {quote(path)}. {happens}"
        fix = _replace(document, reference.pointer, path)
        yield at_value(document, reference.pointer, message, subject=written, fix=fix, authorities=authorities)
    for item, source in _sources(plugin):
        # Python itself tidies `./` and doubled slashes up.
        if item.path is None and source is not None and source.slip in (Slip.SPELLING, Slip.UNTIDY):
            message = f"{quote(item.written)} must be written {quote(source.path)}. {_NOT_STARTED}"
            fix = _replace(item.linked.document, item.pointer, source.path)
            yield at_value(
                item.linked.document, item.pointer, message, subject=item.written, fix=fix, authorities=(_SDK,)
            )


@rule(
    "reference/source-suffix",
    severity=Severity.WARNING,
    summary="A `source` does not end in `.py`.",
    why="The SDK cuts the suffix off, whatever it is, and imports the module that remains. So the plugin works "
    "although the path names another file, until somebody relies on it.",
    fix="Name the Python file.",
    authorities=(Authority(By.SDK, "The module beside the file is loaded.", "core/plugin_registration.py:63"),),
    bad=Example("extra:\n  python:\n    source: tools/current_weather.yaml\n", path="tools/current_weather.yaml"),
    good=Example("extra:\n  python:\n    source: tools/current_weather.py\n", path="tools/current_weather.yaml"),
)
def source_suffix(plugin: Plugin) -> Iterator[Hit]:
    for item in sources_of(plugin).declared:
        if item.path is not None and not item.written.endswith(".py"):
            message = f"{quote(item.written)} is no Python file; the SDK loads {quote(item.path)} instead."
            fix = (
                None if item.path.endswith("/__init__.py") else _replace(item.linked.document, item.pointer, item.path)
            )
            yield at_value(item.linked.document, item.pointer, message, subject=item.written, fix=fix)


@rule(
    "reference/dotted-source",
    severity=Severity.ERROR,
    summary="The path of a `source` holds a dot that is not its suffix.",
    why="The SDK makes a module name of the path: slashes become dots, and so `tools/gpt-4.5.py` is the module `5` in "
    "the package `tools.gpt-4`, which does not exist.",
    fix="Rename the file so that it has no dot but the one of `.py`.",
    authorities=(_SDK,),
    bad=Example(
        "extra:\n  python:\n    source: tools/weather-1.5.py\n",
        path="tools/current_weather.yaml",
        files={"tools/weather-1.5.py": "from dify_plugin import Tool\n"},
    ),
    good=Example("extra:\n  python:\n    source: tools/current_weather.py\n", path="tools/current_weather.yaml"),
)
def dotted_source(plugin: Plugin) -> Iterator[Hit]:
    for item in sources_of(plugin).declared:
        stem = item.written.rpartition(".")[0]
        if item.path is None and "." in stem.removeprefix("./") and plugin.has_file(item.written):
            message = f"Python cannot import {quote(item.written)}: the dot makes it a module of another name. "
            yield at_value(item.linked.document, item.pointer, message + _NOT_STARTED, subject=item.written)


# --- what the package lacks ---------------------------------------------------------------------------------------


def _by_line(plugin: Plugin, pattern: Pattern) -> str:
    return f"line {pattern.line} of {quote(plugin.packing.ignore.path)}, {quote(pattern.text)}"


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
        message = f"The manifest is left out of the package by {_by_line(plugin, manifest)}. {_NOT_INSTALLED}"
        yield Hit(message, plugin.packing.ignore.path, manifest.span, subject=manifest.text)
        return
    reported: set[str] = set()
    for document, pointer, path, happens in _needed(plugin):
        pattern = None if path in plugin.packed_files else plugin.packing.left_out_by(path)
        if pattern is not None:
            reported.add(path)
            message = f"{quote(path)} is left out of the package by {_by_line(plugin, pattern)}. {happens}"
            yield at_value(document, pointer, message, subject=path)
    yield from _ignored_modules(plugin, reported)


def _needed(plugin: Plugin) -> Iterator[tuple[Document, Pointer, str, str]]:
    """Every file that a document names: where, the file, and what happens without it."""
    for document, reference in _links(plugin):
        for path in reference.found:
            yield document, reference.pointer, path, _NOT_INSTALLED
    for item in sources_of(plugin).declared:
        if item.path is not None:
            yield item.linked.document, item.pointer, item.path, _NOT_STARTED
    for asset in plugin.asset_references:
        if asset.written in plugin.assets:
            yield asset.linked.document, asset.pointer, asset.path, _NOT_INSTALLED


def _ignored_modules(plugin: Plugin, reported: set[str]) -> Iterator[Hit]:
    """Python files that the plugin imports, by the pattern that leaves them out."""
    lost: dict[Pattern, list[str]] = {}
    for path in sources_of(plugin).reachable:
        settled = path in plugin.packed_files or path in reported
        pattern = None if settled else plugin.packing.left_out_by(path)
        if pattern is not None:
            lost.setdefault(pattern, []).append(path)
    for pattern, paths in lost.items():
        message = f"{quote(pattern.text)} leaves {quote_list(paths, 3)} out of the package, which the plugin imports."
        yield Hit(f"{message} {_NOT_STARTED}", plugin.packing.ignore.path, pattern.span, subject=pattern.text)


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
            message = f"{quote(path)} is no {reference.kind} but looks like {_a(linked.kind)}. {_NOT_STARTED}"
            yield at_value(document, reference.pointer, message, subject=path)


def _fits(linked: LinkedDocument, kind: DocumentKind) -> bool:
    return linked.kind is kind or {linked.kind, kind} == {DocumentKind.MODEL, DocumentKind.MODEL_POSITION}


def _a(kind: DocumentKind) -> str:
    return f"{'an' if kind.value[0] in 'aeiou' else 'a'} {kind}"


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
            if linked is None or linked.kind is DocumentKind.MODEL_POSITION:
                continue
            if (reference.source, path) in first:
                again.append(path)
            first.setdefault((reference.source, path), reference)
        if again:
            verb = "is" if len(again) == 1 else "are"
            before = document.span(first[(reference.source, again[0])].pointer).line
            message = f"{quote_list(again, 3)} {verb} listed already in line {before}."
            yield at_value(document, reference.pointer, message, subject=reference.written)


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
    candidates = [
        path
        for path in sorted(plugin.packed_files - set(plugin.documents))
        if path.endswith((".yaml", ".yml")) and folders[path.rpartition("/")[0]] and "/" in path
    ][:_MAX_ORPHANS]
    plugin.tree.prefetch(candidates)
    for path in candidates:
        content = plugin.read(path, _MAX_ORPHAN_BYTES)
        if content is None:
            continue
        if path.endswith("_position.yaml"):
            message = "No provider names this order of models: Dify does not read it. It belongs under `position`."
            yield Hit(message, path)
            continue
        kind = shape_of(read_document(path, content).data)
        if kind not in (None, DocumentKind.MANIFEST):
            thing = "document" if kind is DocumentKind.TOOL else kind
            yield Hit(f"Nothing links to this {thing}: it has no effect.", path, group="reference/orphan")


#: So many files are looked at to see whether they are documents, each of at most so many bytes.
_MAX_ORPHANS = 200
_MAX_ORPHAN_BYTES = 256 * 1024


# --- patterns -----------------------------------------------------------------------------------------------------


def _models(pattern: str) -> Example:
    provider = (
        "provider: acme\nlabel:\n  en_US: Acme\nsupported_model_types:\n  - llm\nconfigurate_methods:\n"
        f"  - predefined-model\nmodels:\n  llm:\n    predefined:\n      - {pattern}\nextra:\n  python:\n"
        "    provider_source: provider/weather.py\n"
    )
    model = "model: acme-1\nlabel:\n  en_US: Acme 1\nmodel_type: llm\nmodel_properties:\n  mode: chat\n"
    files = {"provider/acme.yaml": provider, "models/llm/acme-1.yaml": model}
    return Example("plugins:\n  models:\n    - provider/acme.yaml\n", files=files)


_PORTABLE = "Write a pattern such as `models/llm/*.yaml`: forward slashes, no `./`, no `**`."


@rule(
    "reference/pattern",
    severity=Severity.ERROR,
    summary="A pattern for models is read differently by Dify and by the SDK.",
    why="Dify matches patterns against the paths in the package, as Go's `filepath.Match` does: nothing is tidied up, "
    "`**` is a single level and `[!a]` no negation. The SDK asks Python's `Path.glob`. Where they differ, models are "
    "there in remote debugging and gone after installation, or the other way round.",
    fix="Write `models/<type>/*.yaml`, with forward slashes and without `./`, `**` and brackets.",
    authorities=(
        Authority(By.INSTALLER, "Models are missing.", "decoder/helper.go:210"),
        Authority(By.SDK, "The plugin does not start.", "entities/model/provider.py:253"),
    ),
    bad=_models("./models/llm/*.yaml"),
    good=_models("models/llm/*.yaml"),
)
def pattern(plugin: Plugin) -> Iterator[Hit]:
    for reference in plugin.references:
        if reference.is_glob:
            found = _pattern_fault(reference)
            if found is not None:
                message, severity = found
                document = plugin.documents[reference.source].document
                canonical = tidied(reference.written) or ""
                fix = None
                if canonical not in ("", reference.written) and "**" not in canonical and "[" not in canonical:
                    fix = _replace(document, reference.pointer, canonical)
                yield at_value(
                    document, reference.pointer, message, subject=reference.written, severity=severity, fix=fix
                )


def _pattern_fault(reference: Reference) -> tuple[str, Severity] | None:
    written, packaged, debugged = reference.written, reference.packaged, reference.debugged
    if packaged.failure:
        return f"The packager fails on the pattern {quote(written)}: it {packaged.failure}.", Severity.ERROR
    if debugged.failure:
        return f"The SDK fails on the pattern {quote(written)}: it {debugged.failure}. {_NOT_STARTED}", Severity.ERROR
    others = [path for path in debugged.found or packaged.found if not path.endswith((".yaml", ".yml"))]
    if others:
        message = (
            f"{quote(written)} also finds {quote_list(others, 3)}, and every file that it finds is read as a model."
        )
        return f"{message} {_REFUSED}", Severity.ERROR
    here = {path for path in packaged.found if not path.endswith("_position.yaml")}
    there = {path for path in debugged.found if not path.endswith("_position.yaml")}
    if there and not here:
        many = "the model" if len(there) == 1 else f"all {len(there)} models"
        return f"{quote(written)} finds {many} in debugging and none after installation. {_PORTABLE}", Severity.ERROR
    if here and not there:
        return f"{quote(written)} finds no model where the SDK looks, so none can be used. {_PORTABLE}", Severity.ERROR
    if here != there:
        message = f"{quote(written)} finds {len(here)} models after installation and {len(there)} in debugging."
        return f"{message} {_PORTABLE}", Severity.WARNING
    if "**" in written and here:
        return f"Dify reads `**` as a single folder, the SDK as any number of them. {_PORTABLE}", Severity.NOTICE
    return None


@rule(
    "reference/no-match",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="A pattern for models finds nothing.",
    why="Nobody objects to a pattern without matches: the provider just has no models.",
    fix="Correct the pattern, add models, or remove the section when the provider has customizable models only.",
    authorities=(Authority(By.INSTALLER, "The provider has no models.", "decoder/helper.go:210"),),
    bad=_models("models/LLM/*.yaml"),
    good=_models("models/llm/*.yaml"),
)
def no_match(plugin: Plugin) -> Iterator[Hit]:
    for reference in plugin.references:
        empty = not (reference.packaged.found or reference.debugged.found)
        if not reference.is_glob or not empty or reference.packaged.failure or reference.debugged.failure:
            continue
        document = plugin.documents[reference.source].document
        near = _near(plugin, reference.written)
        if near is not None:
            message = f"{quote(reference.written)} finds nothing; there is {quote(near)}."
            yield at_value(document, reference.pointer, message, subject=reference.written)
        elif _is_predefined(document) and not _section_has_models(plugin, reference):
            message = f"{quote(reference.written)} finds no models."
            yield at_value(document, reference.pointer, message, subject=reference.written, severity=Severity.NOTICE)


def _near(plugin: Plugin, written: str) -> str | None:
    """A YAML file that the pattern would find in other letter case, with another suffix, or with slashes."""
    wanted = written.strip().replace("\\", "/").lower().removesuffix(".yaml").removesuffix(".yml")
    folder, _, name = wanted.rpartition("/")
    for lower, path in plugin.files_by_lower.items():
        parent, _, file = lower.rpartition("/")
        stem, _, suffix = file.rpartition(".")
        is_model = suffix in ("yaml", "yml") and not file.endswith("_position.yaml")
        if is_model and parent == folder and name in ("*", stem):
            return path
    return None


def _is_predefined(document: Document) -> bool:
    methods = document.get("configurate_methods")
    return not isinstance(methods, list) or "predefined-model" in methods


def _section_has_models(plugin: Plugin, reference: Reference) -> bool:
    """Whether other patterns of the same section, or of any where the section is one of several, find models."""
    return any(other.is_glob and other.found for other in plugin.references if other.source == reference.source)
