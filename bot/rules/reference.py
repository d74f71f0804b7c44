"""Rules about the paths that documents write."""

from __future__ import annotations

from collections.abc import Iterator

from yaml import ScalarNode

from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote
from bot.plugin import Plugin, Reference
from bot.rules.registry import Example, Hit, at_value, rule
from bot.spec.verdict import quoted

_PACKAGER = Authority(By.PACKAGER, "The packager refuses the plugin.", "decoder/helper.go:43")


def _replace(plugin: Plugin, reference: Reference, path: str, safety: Safety) -> Fix | None:
    document = plugin.documents[reference.source].document
    node = document.node(reference.pointer)
    if not isinstance(node, ScalarNode) or "\n" in node.value:
        return None
    text = path if node.style in (None, "") and " " not in path and "#" not in path else quoted(path)
    return Fix(f"Write {quote(path)}", safety, (Edit(document.path, document.span_of(node), text),))


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
    for reference in plugin.references:
        if reference.is_glob or reference.found or _other_case(plugin, reference):
            continue
        document = plugin.documents[reference.source].document
        folder = reference.source.rpartition("/")[0]
        beside = f"{folder}/{reference.target}" if folder and reference.target else None
        hint, fix = "", None
        if beside is not None and plugin.has_file(beside):
            hint = f" There is {quote(beside)}: paths start at the plugin root."
            fix = _replace(plugin, reference, beside, Safety.SAFE)
        message = f"There is no file {quote(reference.written)}.{hint} The packager refuses the plugin."
        yield at_value(document, reference.pointer, message, subject=reference.written, fix=fix)


@rule(
    "reference/wrong-case",
    severity=Severity.ERROR,
    summary="A path differs from the file in upper and lower case.",
    why="Such a plugin packages on macOS and Windows, whose disks ignore case, and cannot be installed: Dify runs on "
    "Linux and reads the package by exact names.",
    fix="Write the path as the file is spelled.",
    authorities=(
        _PACKAGER,
        Authority(By.INSTALLER, "Dify refuses to install the plugin.", "decoder/zip.go:141"),
    ),
    bad=Example("plugins:\n  tools:\n    - provider/Weather.yaml\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def wrong_case(plugin: Plugin) -> Iterator[Hit]:
    for reference in plugin.references:
        actual = None if reference.found else _other_case(plugin, reference)
        if actual is not None:
            document = plugin.documents[reference.source].document
            message = (
                f"The file is spelled {quote(actual)}, not {quote(reference.written)}. The plugin may package on macOS "
                "and Windows, but Dify refuses to install it."
            )
            fix = _replace(plugin, reference, actual, Safety.SAFE)
            yield at_value(document, reference.pointer, message, subject=reference.written, fix=fix)


@rule(
    "reference/not-canonical",
    severity=Severity.ERROR,
    summary="A path is written with `./`, a leading slash, `..` or doubled slashes.",
    why="The packager tidies such paths up, so the plugin packages. The installer reads the package by exact names, "
    "does not find the file and refuses.",
    fix="Write the path from the plugin root, with single slashes.",
    authorities=(Authority(By.INSTALLER, "Dify refuses to install the plugin.", "decoder/zip.go:141"),),
    bad=Example("plugins:\n  tools:\n    - ./provider/weather.yaml\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def not_canonical(plugin: Plugin) -> Iterator[Hit]:
    for reference in plugin.references:
        if reference.found and not reference.is_glob and reference.target and reference.written != reference.target:
            document = plugin.documents[reference.source].document
            message = (
                f"{quote(reference.written)} must be written {quote(reference.target)}. The plugin packages, but Dify "
                "refuses to install it."
            )
            fix = _replace(plugin, reference, reference.target, Safety.SAFE)
            yield at_value(document, reference.pointer, message, subject=reference.written, fix=fix)


def _other_case(plugin: Plugin, reference: Reference) -> str | None:
    """The file that the reference means but for its letter case."""
    if reference.is_glob or reference.target is None:
        return None
    actual = plugin.files_by_lower.get(reference.target.lower())
    return actual if actual != reference.target else None
