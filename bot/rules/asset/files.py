"""Rules about media files of a plugin that nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Confidence, Severity, quote, quote_list
from bot.limits import Limit
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.documents import images_of, shown_in_dify, shown_on_github
from bot.plugin.images import MEDIA
from bot.rules.asset.broken import EXAMPLE_SVG, base_name, broken_references, elsewhere
from bot.rules.registry import Example, Hit, rule

# --- files that nobody shows --------------------------------------------------------------------------------------


def _readme_files(plugin: Plugin) -> frozenset[str]:
    """The files of the plugin that READMEs show, by either way of reading the address."""
    return frozenset(
        path
        for readme, image in images_of(plugin)
        for path in (shown_in_dify(image.target), shown_on_github(readme.path, image.target))
        if path is not None
    )


#: Files in which media may be named, and how much of each is searched. On GitHub these are read in batches.
_TEXTS = (".py", ".yaml", ".yml", ".md", ".txt", ".toml")


#: Files that may name media too, but would cost a request each: where there are any, nothing is said.
_OTHER_TEXTS = (".html", ".htm", ".css", ".js", ".ts", ".json", ".j2", ".jinja", ".jinja2", ".xml", ".ipynb")


_MAX_LISTED = Limit(
    200, "is not one of the first {n:,} images that nothing may name, and is not judged", "asset/misplaced"
)
_MAX_TEXT = Limit(1024 * 1024, "has more than {n:,} bytes, and is not searched for names", "asset/unused")


def _unnamed(plugin: Plugin, paths: list[str]) -> list[str]:
    """Those of the files whose names no text file of the plugin holds, in whatever letter case; none in doubt."""
    names = {path: base_name(path).lower().encode("utf-8", "surrogatepass") for path in paths}
    if not names or any(path.lower().endswith(_OTHER_TEXTS) for path in plugin.packed_files):
        return []
    texts = [path for path in plugin.tree.entries() if path.endswith(_TEXTS)]
    plugin.tree.prefetch(texts)
    for path in texts:
        content = plugin.read(path, _MAX_TEXT)
        if content is None:
            return []
        content = content.lower()
        names = {media: name for media, name in names.items() if name not in content}
        if not names:
            break
    return list(names)


def _is_media(path: str) -> bool:
    return path.rpartition(".")[2].lower() in MEDIA


@rule(
    "asset/misplaced",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="An image lies outside `_assets`, and nothing names it.",
    why="Media belong in `_assets` at the plugin root; Dify reads them from nowhere else. A file elsewhere is packed "
    "and never shown.",
    fix="Move it into `_assets`, or remove it.",
    authorities=(Authority(By.DOCS, "The file is not shown.", "general-specifications.mdx:19"),),
    bad=Example("", files={"images/logo.svg": EXAMPLE_SVG}),
    good=Example(
        "", files={"_assets/logo.svg": EXAMPLE_SVG, "README.md": "# Weather\n\n![The logo](_assets/logo.svg)\n"}
    ),
)
def misplaced(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle:
        return
    meant = {elsewhere(plugin, broken.written) for broken in broken_references(plugin)}
    shown = _readme_files(plugin)
    found = [
        path
        for path in sorted(plugin.packed_files)
        if _is_media(path) and not path.startswith(("_assets/", "tests/", "test/")) and path not in shown | meant
    ]
    for path in found[_MAX_LISTED.most :]:
        plugin.account.exceeds(_MAX_LISTED, path, len(found))
    for path in _unnamed(plugin, found[: _MAX_LISTED.most]):
        target = quote(f"_assets/{base_name(path)}")
        message = say(
            "The file lies outside `_assets`, and nothing names it: move it to {target}, or remove it.", target=target
        )
        yield Hit(message, path, group="asset/misplaced")


@rule(
    "asset/unused",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="Files in `_assets` that nothing uses.",
    why="Every file in `_assets` is packed, and sent when the plugin is debugged remotely.",
    fix="Remove them, unless something names them that this review does not read.",
    authorities=(Authority(By.PACKAGER, "The package is larger than it needs to be.", "packager.go:61"),),
    bad=Example("", files={"_assets/old-icon.svg": EXAMPLE_SVG}),
    good=Example(""),
)
def unused(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not plugin.manifest.readable:
        return
    named = {reference.path for reference in plugin.asset_references} | _readme_files(plugin)
    # Whoever misspells a name means one of the files.
    if any(True for _ in broken_references(plugin)):
        return
    candidates = [path for path in sorted(plugin.packed_files) if path.startswith("_assets/") and path not in named]
    left = _unnamed(plugin, candidates[: _MAX_LISTED.most])
    if left:
        size = sum(plugin.tree.entries()[path].size or 0 for path in left)
        names = quote_list((path.removeprefix("_assets/") for path in left), 5)
        yield Hit(
            say("Nothing uses {names} in `_assets` ({size:,} bytes).", names=names, size=size), left[0], subject=left[0]
        )
