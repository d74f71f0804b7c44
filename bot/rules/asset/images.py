"""Rules about what an image file holds."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Edit, Fix, Move, Safety, Severity, quote
from bot.format.traits import DocumentKind
from bot.limits import Limit
from bot.messages import LAST_ITEM, joined, say
from bot.options import Profile
from bot.plugin import Plugin
from bot.plugin.discovery import MANIFEST
from bot.plugin.images import FORMATS, MAX_SVG_BYTES, SUFFIXES, format_of, svg_faults
from bot.plugin.naming import renamed
from bot.plugin.plugin import AssetReference
from bot.rules.asset.broken import EXAMPLE_SVG
from bot.rules.registry import Example, Hit, at_value, rule

_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"


# --- what is in the files -----------------------------------------------------------------------------------------


def _icons(plugin: Plugin) -> Iterator[tuple[AssetReference, str]]:
    """The icons that are there, each at its first reference, with their paths."""
    seen = set()
    for reference in plugin.asset_references if not plugin.is_bundle else ():
        if plugin.has_file(reference.path) and reference.path not in seen:
            seen.add(reference.path)
            yield reference, reference.path


def _prefetch_icons(plugin: Plugin) -> None:
    plugin.tree.prefetch([path for _, path in _icons(plugin) if path.lower().endswith(".svg")])


#: An icon of more than this is worth a word (bytes).
LARGE = 1024 * 1024


_MAX_IMAGE = Limit(8 * 1024 * 1024, "has more than {n:,} bytes, and is not read", "asset/wrong-format")


@rule(
    "asset/wrong-format",
    severity=Severity.WARNING,
    summary="An icon is not in the format that its name says.",
    why="Nobody checks formats, but the console serves an icon as what its suffix says, and browsers refuse to draw an "
    "SVG that is a PNG, or a page of HTML that was saved as a picture.",
    fix="Rename the file to the suffix of its format, or convert it.",
    authorities=(Authority(By.CONSOLE, "The icon may not be shown.", "web, plugin icons are served by suffix"),),
    bad=Example("", files={"_assets/icon.svg": _PNG}),
    good=Example("icon: icon.png\n", files={"_assets/icon.png": _PNG}),
)
def wrong_format(plugin: Plugin) -> Iterator[Hit]:
    _prefetch_icons(plugin)
    for reference, path in _icons(plugin):
        expected = FORMATS.get(path.rpartition(".")[2].lower())
        if expected is None:
            continue
        content = plugin.read(path, _MAX_IMAGE)
        if not content:
            continue
        actual = format_of(content)
        if actual == expected or (actual is None and expected != "SVG"):
            continue
        fix = None
        if actual in SUFFIXES:
            right = f"{reference.written.rpartition('.')[0]}.{SUFFIXES[actual]}"
            message = say(
                "{path} holds {actual} data: rename it to {value}.", path=quote(path), actual=actual, value=quote(right)
            )
            fix = _with_suffix(plugin, path, SUFFIXES[actual])
        else:
            message = say("{path} does not hold {expected}", path=quote(path), expected=expected) + (
                say(", but {actual}.", actual=actual) if actual else "."
            )
        yield at_value(reference.linked.document, reference.pointer, message, subject=reference.written, fix=fix)


def _with_suffix(plugin: Plugin, path: str, suffix: str) -> Fix | None:
    """Renames an icon wherever it is named."""
    stem, _, was = path.rpartition(".")
    to = f"{stem}.{suffix}"
    edits = []
    for reference in plugin.asset_references:
        if reference.path == path:
            document = reference.linked.document
            span, end = document.span(reference.pointer), f".{was}"
            place = document.text_in(span)
            if place.count(end) != 1:
                return None
            edits.append(Edit(document.path, span, place.replace(end, f".{suffix}")))
    every = renamed(plugin, path, to, edits)
    if every is None:
        return None
    return Fix(say("Rename the file to {path}", path=quote(to)), Safety.SAFE, every, (Move(path, to),))


#: What the platform serves as an image, by suffix (A core/plugin/impl/model_runtime.py:182).
_SERVED = frozenset(
    ("jpg", "jpeg", "png", "gif", "bmp", "tiff", "tif", "webp", "svg", "ico", "heif", "heic", "avif", "apng")
)


@rule(
    "asset/served-as",
    severity=Severity.WARNING,
    summary="An icon is served as something else, and not drawn.",
    why="Dify tells the browser what an icon is by the suffix of its name alone. A suffix that is not one of an image "
    "is served as bytes. For icons of model providers capitals count: `icon.SVG` is served as a PNG, and no browser "
    "draws an SVG that it takes for a PNG.",
    fix="Rename the file, and the value that names it.",
    authorities=(Authority(By.PLATFORM, "The icon is not shown.", "core/plugin/impl/model_runtime.py:182"),),
    yields_to=("asset/wrong-format",),
    bad=Example("icon: icon.txt\n", files={"_assets/icon.txt": EXAMPLE_SVG}),
    good=Example("icon: icon.svg\n"),
)
def served_as(plugin: Plugin) -> Iterator[Hit]:
    for reference, path in _icons(plugin):
        suffix = path.rpartition("/")[2].rpartition(".")[2]
        if suffix.lower() not in _SERVED:
            message = say("Dify does not serve {path} as an image: its name has no suffix of one.", path=quote(path))
        elif reference.linked.kind is DocumentKind.MODEL_PROVIDER and suffix != "svg" and suffix.lower() == "svg":
            message = say(
                "Dify serves {path} as a PNG, which no browser draws: write the suffix `svg` small.", path=quote(path)
            )
        else:
            continue
        yield at_value(reference.linked.document, reference.pointer, message, subject=reference.written)


@rule(
    "asset/empty",
    severity=Severity.WARNING,
    summary="An icon is an empty file.",
    why="The packager only looks whether the file is there; the console shows a broken picture.",
    fix="Put a picture into the file.",
    authorities=(Authority(By.CONSOLE, "The icon is not shown.", "decoder/helper.go:393"),),
    bad=Example("", files={"_assets/icon.svg": ""}),
    good=Example(""),
)
def empty(plugin: Plugin) -> Iterator[Hit]:
    for reference, path in _icons(plugin):
        if plugin.tree.entries()[path].size == 0:
            message = say("{path} is an empty file.", path=quote(path))
            yield at_value(reference.linked.document, reference.pointer, message, subject=reference.written)


@rule(
    "asset/large",
    severity=Severity.NOTICE,
    summary="An icon is larger than 1 MiB.",
    why="Icons are drawn a few dozen pixels wide, and every list of plugins loads them. The package may have 50 MiB in "
    "all.",
    fix="Scale the picture down, or use SVG.",
    authorities=(Authority(By.CONSOLE, "Lists of plugins load slowly.", "web, plugin icons"),),
    bad=Example("icon: icon.png\n", files={"_assets/icon.png": _PNG + b"\0" * LARGE}),
    good=Example("icon: icon.png\n", files={"_assets/icon.png": _PNG}),
)
def large(plugin: Plugin) -> Iterator[Hit]:
    for reference, path in _icons(plugin):
        size = plugin.tree.entries()[path].size
        if size is not None and size > LARGE:
            message = say("{path} has {size:.1f} MiB, much for an icon.", path=quote(path), size=size / LARGE)
            yield at_value(reference.linked.document, reference.pointer, message, subject=reference.written)


#: What every icon that the CLI writes carries, and the one that it wrote before, less its blanks.
_TEMPLATE = b"DIFY_MARKETPLACE_TEMPLATE_ICON_DO_NOT_USE"


_CLI_ICONS = "cmd/commandline/plugin/templates/icons"
_OLD_TEMPLATE = b"M2020V80M2020H60Q80208040T6060H20"


@rule(
    "asset/template-icon",
    severity=Severity.WARNING,
    summary="The icon is still the one of the template.",
    why="Users cannot tell the plugin from others. The marketplace looks at `icon` of the manifest only, and refuses "
    "the plugin when it is this one.",
    fix="Draw an icon of your own.",
    authorities=(
        Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", "pre-check-plugin.yaml, Check Plugin Icon"),
    ),
    bad=Example("", files={"_assets/icon.svg": f"<!-- {_TEMPLATE.decode()} -->{EXAMPLE_SVG}"}),
    good=Example(""),
)
def template_icon(plugin: Plugin) -> Iterator[Hit]:
    _prefetch_icons(plugin)
    for reference, path in _icons(plugin):
        content = plugin.read(path, MAX_SVG_BYTES) if path.lower().endswith(".svg") else None
        if content is None or not (_TEMPLATE in content or _OLD_TEMPLATE in b"".join(content.split())):
            continue
        judged = reference.linked.path == MANIFEST and reference.pointer == ("icon",)
        happens = say("the marketplace refuses the plugin") if judged else say("users cannot tell it from others")
        yield at_value(
            reference.linked.document,
            reference.pointer,
            say("{path} is the icon of the template: {happens}.", path=quote(path), happens=happens),
            subject=reference.written,
            severity=Severity.ERROR if judged and plugin.options.profile is Profile.MARKETPLACE else None,
            authorities=None
            if judged
            else (Authority(By.CONSOLE, say("Users see the icon of the template."), _CLI_ICONS),),
        )


@rule(
    "asset/broken-svg",
    severity=Severity.WARNING,
    summary="An SVG icon is not well-formed, so browsers draw nothing.",
    why="Browsers read an SVG that is shown as a picture strictly, as XML: one unclosed element or unquoted attribute "
    "and nothing is drawn.",
    fix="Correct the file, or export it again from a drawing program.",
    authorities=(Authority(By.CONSOLE, "The icon is not shown.", "SVG 2, conformance of XML documents"),),
    bad=Example("", files={"_assets/icon.svg": "<svg xmlns='http://www.w3.org/2000/svg'><circle r=1></svg>"}),
    good=Example("", files={"_assets/icon.svg": EXAMPLE_SVG}),
)
def broken_svg(plugin: Plugin) -> Iterator[Hit]:
    for reference, path, (_, failure) in _svgs(plugin):
        if failure is not None:
            message = say("{path} is not well-formed: {failure}.", path=quote(path), failure=failure)
            yield at_value(reference.linked.document, reference.pointer, message, subject=reference.written)


@rule(
    "asset/active-svg",
    severity=Severity.WARNING,
    summary="An SVG icon holds script, refers to other places, or plays tricks with entities.",
    why="A browser that opens the file by its address runs its script in Dify's name, and a reference tells somebody "
    "else who looks at it. An icon needs neither.",
    fix="Remove what the finding names; an optimizer for SVG does so.",
    authorities=(Authority(By.PROJECT, "The file can harm whoever opens it.", "OWASP, SVG files in uploads"),),
    bad=Example("", files={"_assets/icon.svg": "<svg xmlns='http://www.w3.org/2000/svg' onload='steal()'/>"}),
    good=Example("", files={"_assets/icon.svg": EXAMPLE_SVG}),
)
def active_svg(plugin: Plugin) -> Iterator[Hit]:
    for reference, path, (faults, _) in _svgs(plugin):
        if faults:
            message = say("{path} {faults}.", path=quote(path), faults=joined(LAST_ITEM, faults))
            yield at_value(reference.linked.document, reference.pointer, message, subject=reference.written)


def _svgs(plugin: Plugin) -> Iterator[tuple[AssetReference, str, tuple[list[str], str | None]]]:
    """The icons that are SVG, and what is wrong with them."""
    _prefetch_icons(plugin)
    for reference, path in _icons(plugin):
        content = plugin.read(path, MAX_SVG_BYTES) if path.lower().endswith(".svg") else None
        if content is not None and format_of(content) == "SVG":
            yield reference, path, svg_faults(content)
