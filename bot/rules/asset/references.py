"""Rules about values that name an image below `_assets`."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace
from yaml import ScalarNode

from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote
from bot.format.judge.unknown import nearest
from bot.format.judge.verdict import authorities_of, quoted, what_happens
from bot.messages import say, sentences
from bot.plugin import Plugin
from bot.plugin.plugin import AssetReference
from bot.rules.asset.broken import EXAMPLE_SVG, base_name, broken_references, elsewhere
from bot.rules.registry import Example, Hit, at_value, rule

_SOURCE = "decoder/helper.go:343, media_transport/assets.go:10"


_PACKAGER = Authority(By.PACKAGER, "The packager refuses the plugin: icon not found.", _SOURCE)


_INSTALLER = Authority(By.INSTALLER, "Dify refuses to install the plugin.", _SOURCE)


def _hit(reference: AssetReference, message: str, fix: Fix | None = None) -> Hit:
    """A hit at a reference, which says what happens without the file."""
    checked_by, kind = reference.asset.checked_by, reference.linked.kind
    return at_value(
        reference.linked.document,
        reference.pointer,
        sentences(message, what_happens(checked_by, kind)),
        subject=reference.written,
        authorities=authorities_of(checked_by, kind, reference.field.origin),
        fix=fix,
    )


def _replaced(reference: AssetReference, name: str) -> Fix | None:
    document = reference.linked.document
    node = document.node(reference.pointer)
    if not isinstance(node, ScalarNode) or "\n" in node.value:
        return None
    plain = node.style in (None, "") and name.replace(".", "").replace("_", "").replace("-", "").isalnum()
    edit = Edit(document.path, document.span_of(node), name if plain else quoted(name))
    return Fix(say("Write {name}", name=quote(name)), Safety.SAFE, (edit,))


def _prefixed(plugin: Plugin, written: str) -> str | None:
    """The name of the asset that `written` means with a path to `_assets` in front, or with blanks around it."""
    path = written.strip().replace("\\", "/").lstrip("./")
    rest = path.removeprefix("_assets/")
    return rest if rest != written and rest in plugin.assets else None


def _recased(plugin: Plugin, written: str) -> str | None:
    actual = plugin.files_by_lower.get(f"_assets/{written}".lower())
    return actual.removeprefix("_assets/") if actual is not None else None


@rule(
    "asset/no-folder",
    severity=Severity.ERROR,
    summary="The plugin has no folder `_assets`.",
    why="Packager and SDK read `_assets` at the plugin root whatever the plugin needs from it: the packager refuses a "
    "plugin without it, and the SDK stops with an error in every run mode.",
    fix="Put the icons into a folder `_assets` at the plugin root.",
    authorities=(
        Authority(By.PACKAGER, "The packager refuses the plugin.", "decoder/helper.go:343"),
        Authority(By.SDK, "The plugin does not start.", "core/plugin_registration.py:147"),
    ),
    bad=Example("", removed=("_assets/icon.svg",)),
    good=Example(""),
)
def no_folder(plugin: Plugin) -> Iterator[Hit]:
    if plugin.assets or plugin.is_bundle or not plugin.manifest.readable or plugin.broken_package:
        return
    like = sorted(
        {
            path[: len(folder)]
            for lower, path in plugin.files_by_lower.items()
            if (folder := lower.partition("/")[0]).strip("_.") in ("assets", "asset") and "/" in path
        }
    )
    advice = say(" Rename the folder {like}.", like=quote(like[0])) if like else ""
    message = say("There is no folder `_assets`.{advice} The packager refuses the plugin.", advice=advice)
    yield at_value(plugin.manifest, ("icon",), message)


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
    for broken in broken_references(plugin):
        name = _prefixed(plugin, broken.written)
        if name is not None:
            message = say(
                "{written} must be written {name}: media are named from `_assets` on.",
                written=quote(broken.written),
                name=quote(name),
            )
            yield _hit(broken, message, _replaced(broken, name))


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
    for broken in broken_references(plugin):
        name = _recased(plugin, broken.written)
        if name is not None:
            message = say("The file is spelled {name}, not {written}.", name=quote(name), written=quote(broken.written))
            yield _hit(broken, message, _replaced(broken, name))


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
    for broken in broken_references(plugin):
        if _prefixed(plugin, broken.written) or _recased(plugin, broken.written):
            continue
        path = elsewhere(plugin, broken.written)
        if path is not None and not path.startswith("_assets/"):
            name = base_name(path)
            message = say(
                "{path} lies outside `_assets`: move it to {value}", path=quote(path), value=quote("_assets/" + name)
            )
            message += "." if broken.written == name else say(" and write {name}.", name=quote(name))
            yield _hit(broken, message)


#: Among so many files the nearest is looked for.
_COMPARED = 200


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
    for broken in broken_references(plugin):
        if _prefixed(plugin, broken.written) or _recased(plugin, broken.written):
            continue
        path = elsewhere(plugin, broken.written)
        if path is None:
            near = nearest(broken.written, sorted(plugin.assets)[:_COMPARED])
            hint = say(" Did you mean {near}?", near=quote(near[0])) if near is not None else ""
            fix = _replaced(broken, near[0]) if near is not None else None
            fix = replace(fix, safety=Safety.UNSAFE) if fix is not None else None
            yield _hit(
                broken, say("There is no file {value}.{hint}", value=quote("_assets/" + broken.written), hint=hint), fix
            )
        elif path.startswith("_assets/"):
            name = path.removeprefix("_assets/")
            message = say(
                "There is no {written} in `_assets`, but {name}.", written=quote(broken.written), name=quote(name)
            )
            yield _hit(broken, message, _replaced(broken, name))


@rule(
    "asset/nested",
    severity=Severity.WARNING,
    summary="An icon lies in a folder below `_assets`.",
    why="Remote debugging sends only the files directly in `_assets`, and then does not find the icon. An installed "
    "plugin works.",
    fix="Move the icon up into `_assets`.",
    authorities=(Authority(By.DEBUGGING, "Remote debugging refuses the plugin.", "core/plugin_registration.py:147"),),
    bad=Example("icon: icons/icon.svg\n", files={"_assets/icons/icon.svg": EXAMPLE_SVG}),
    good=Example("icon: icon.svg\n"),
)
def nested(plugin: Plugin) -> Iterator[Hit]:
    for reference in plugin.asset_references if not plugin.is_bundle else ():
        if "/" in reference.written and reference.written in plugin.assets:
            message = say(
                "{written} lies in a folder: remote debugging does not find it.", written=quote(reference.written)
            )
            yield at_value(reference.linked.document, reference.pointer, message, subject=reference.written)
