"""Rules about icons and other media."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from yaml import ScalarNode

from bot.document import Document, Pointer
from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, at_value, rule
from bot.spec.base import Asset
from bot.spec.fields import find, matches
from bot.spec.kinds import MODELS
from bot.spec.verdict import authorities_of, quoted, what_happens

_SOURCE = "decoder/helper.go:343, media_transport/assets.go:10"
_PACKAGER = Authority(By.PACKAGER, "The packager refuses the plugin: icon not found.", _SOURCE)
_INSTALLER = Authority(By.INSTALLER, "Dify refuses to install the plugin.", _SOURCE)


@dataclass(frozen=True, slots=True)
class _Broken:
    """A reference to a file that is not in `_assets` in that spelling."""

    document: Document
    pointer: Pointer
    written: str
    authorities: tuple[Authority, ...]
    happens: str

    def hit(self, message: str, fix: Fix | None = None) -> Hit:
        return at_value(
            self.document,
            self.pointer,
            f"{message} {self.happens}",
            subject=self.written,
            authorities=self.authorities,
            fix=fix,
        )

    def replaced(self, name: str) -> Fix | None:
        node = self.document.node(self.pointer)
        if not isinstance(node, ScalarNode) or "\n" in node.value:
            return None
        text = name if node.style in (None, "") and name.replace(".", "").replace("_", "").isalnum() else quoted(name)
        return Fix(f"Write {quote(name)}", Safety.SAFE, (Edit(self.document.path, self.document.span_of(node), text),))


def _broken(plugin: Plugin) -> Iterator[_Broken]:
    for linked in plugin.linked():
        model = MODELS.get(linked.kind)
        for pattern, asset, field in find(model, Asset) if model is not None else ():
            for pointer, written in matches(linked.document.data, pattern):
                if isinstance(written, str) and written and written not in plugin.assets:
                    authorities = authorities_of(asset.checked_by, linked.kind, field.origin)
                    happens = what_happens(asset.checked_by, linked.kind)
                    yield _Broken(linked.document, pointer, written, authorities, happens)


def _base_name(written: str) -> str:
    return written.replace("\\", "/").rpartition("/")[2]


def _prefixed(plugin: Plugin, written: str) -> str | None:
    """The name of the asset that `written` means with a path to `_assets` in front."""
    path = written.replace("\\", "/").lstrip("./")
    rest = path.removeprefix("_assets/")
    return rest if rest != written and rest in plugin.assets else None


def _recased(plugin: Plugin, written: str) -> str | None:
    actual = plugin.files_by_lower.get(f"_assets/{written}".lower())
    return actual.removeprefix("_assets/") if actual is not None else None


def _elsewhere(plugin: Plugin, written: str) -> str | None:
    """The one file of the plugin, outside `_assets`, that `written` seems to mean."""
    if plugin.has_file(written):
        return written
    name = _base_name(written)
    found = [path for path in plugin.files_by_lower.values() if path.rpartition("/")[2] == name]
    return found[0] if len(found) == 1 else None


@rule(
    "asset/prefix",
    severity=Severity.ERROR,
    summary="A media file is named with a path, such as `_assets/icon.svg`.",
    why="The packager looks media up by their name below `_assets`. With the folder in front it finds nothing and "
    "refuses the plugin.",
    fix="Write the name alone.",
    authorities=(_PACKAGER, _INSTALLER),
    bad=Example("icon: _assets/icon.svg\n"),
    good=Example("icon: icon.svg\n"),
)
def prefix(plugin: Plugin) -> Iterator[Hit]:
    for broken in _broken(plugin):
        name = _prefixed(plugin, broken.written)
        if name is not None:
            message = f"{quote(broken.written)} must be written {quote(name)}: media are named from `_assets` on."
            yield broken.hit(message, broken.replaced(name))


@rule(
    "asset/wrong-case",
    severity=Severity.ERROR,
    summary="The name of a media file differs in upper and lower case.",
    why="Names are compared exactly, on every system.",
    fix="Write the name as the file is spelled.",
    authorities=(_PACKAGER, _INSTALLER),
    bad=Example("icon: Icon.svg\n"),
    good=Example("icon: icon.svg\n"),
)
def wrong_case(plugin: Plugin) -> Iterator[Hit]:
    for broken in _broken(plugin):
        name = _recased(plugin, broken.written)
        if name is not None:
            message = f"The file is spelled {quote(name)}, not {quote(broken.written)}."
            yield broken.hit(message, broken.replaced(name))


@rule(
    "asset/outside-assets",
    severity=Severity.ERROR,
    summary="A media file lies outside `_assets`.",
    why="Media are read from the folder `_assets` at the plugin root and from nowhere else.",
    fix="Move the file into `_assets`, and name it without a folder.",
    authorities=(_PACKAGER, _INSTALLER),
    bad=Example("icon: logo.svg\n", files={"assets/logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"}),
    good=Example("icon: logo.svg\n", files={"_assets/logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"}),
)
def outside_assets(plugin: Plugin) -> Iterator[Hit]:
    for broken in _broken(plugin):
        if _prefixed(plugin, broken.written) or _recased(plugin, broken.written):
            continue
        path = _elsewhere(plugin, broken.written)
        if path is not None and not path.startswith("_assets/"):
            name = _base_name(path)
            message = f"{quote(path)} lies outside `_assets`: move it to {quote('_assets/' + name)}"
            message += "." if broken.written == name else f" and write {quote(name)}."
            yield broken.hit(message)


@rule(
    "asset/missing",
    severity=Severity.ERROR,
    summary="A media file that a document names does not exist.",
    why="The packager checks most icons, the installer all of them, and both refuse the plugin when one is missing.",
    fix="Add the file to `_assets`, or correct the name.",
    authorities=(_PACKAGER, _INSTALLER),
    bad=Example("icon: logo.svg\n"),
    good=Example("icon: icon.svg\n"),
)
def missing(plugin: Plugin) -> Iterator[Hit]:
    for broken in _broken(plugin):
        if _prefixed(plugin, broken.written) or _recased(plugin, broken.written):
            continue
        path = _elsewhere(plugin, broken.written)
        if path is None:
            yield broken.hit(f"There is no file {quote('_assets/' + broken.written)}.")
        elif path.startswith("_assets/"):
            name = path.removeprefix("_assets/")
            yield broken.hit(
                f"There is no {quote(broken.written)} in `_assets`, but {quote(name)}.", broken.replaced(name)
            )
