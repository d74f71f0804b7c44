"""Rules about icons and other media."""

from __future__ import annotations

from collections.abc import Iterator

from yaml import ScalarNode

from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, Unchecked, quote, quote_list
from bot.options import Profile
from bot.plugin import Plugin
from bot.plugin.documents import images_of, shown_in_dify, shown_on_github
from bot.plugin.images import FORMATS, MAX_SVG_BYTES, MEDIA, SUFFIXES, format_of, svg_faults
from bot.plugin.plugin import AssetReference
from bot.rules.registry import Example, Hit, at_value, rule
from bot.spec.verdict import authorities_of, quoted, what_happens

_SOURCE = "decoder/helper.go:343, media_transport/assets.go:10"
_PACKAGER = Authority(By.PACKAGER, "The packager refuses the plugin: icon not found.", _SOURCE)
_INSTALLER = Authority(By.INSTALLER, "Dify refuses to install the plugin.", _SOURCE)

_SVG = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><circle r='1'/></svg>"
_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"


def _broken(plugin: Plugin) -> Iterator[AssetReference]:
    """The references to files that are not in `_assets` in that spelling."""
    if plugin.assets or plugin.is_bundle:
        for reference in plugin.asset_references:
            if reference.written not in plugin.assets:
                yield reference


def _hit(reference: AssetReference, message: str, fix: Fix | None = None) -> Hit:
    """A hit at a reference, which says what happens without the file."""
    checked_by, kind = reference.asset.checked_by, reference.linked.kind
    return at_value(
        reference.linked.document,
        reference.pointer,
        f"{message} {what_happens(checked_by, kind)}",
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
    return Fix(f"Write {quote(name)}", Safety.SAFE, (edit,))


def _base_name(written: str) -> str:
    return written.replace("\\", "/").rpartition("/")[2]


def _prefixed(plugin: Plugin, written: str) -> str | None:
    """The name of the asset that `written` means with a path to `_assets` in front, or with blanks around it."""
    path = written.strip().replace("\\", "/").lstrip("./")
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
    advice = f" Rename the folder {quote(like[0])}." if like else ""
    message = f"There is no folder `_assets`.{advice} The packager refuses the plugin."
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
    for broken in _broken(plugin):
        name = _prefixed(plugin, broken.written)
        if name is not None:
            message = f"{quote(broken.written)} must be written {quote(name)}: media are named from `_assets` on."
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
    for broken in _broken(plugin):
        name = _recased(plugin, broken.written)
        if name is not None:
            message = f"The file is spelled {quote(name)}, not {quote(broken.written)}."
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
    for broken in _broken(plugin):
        if _prefixed(plugin, broken.written) or _recased(plugin, broken.written):
            continue
        path = _elsewhere(plugin, broken.written)
        if path is not None and not path.startswith("_assets/"):
            name = _base_name(path)
            message = f"{quote(path)} lies outside `_assets`: move it to {quote('_assets/' + name)}"
            message += "." if broken.written == name else f" and write {quote(name)}."
            yield _hit(broken, message)


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
            yield _hit(broken, f"There is no file {quote('_assets/' + broken.written)}.")
        elif path.startswith("_assets/"):
            name = path.removeprefix("_assets/")
            message = f"There is no {quote(broken.written)} in `_assets`, but {quote(name)}."
            yield _hit(broken, message, _replaced(broken, name))


@rule(
    "asset/nested",
    severity=Severity.WARNING,
    summary="An icon lies in a folder below `_assets`.",
    why="Remote debugging sends only the files directly in `_assets`, and then does not find the icon. An installed "
    "plugin works.",
    fix="Move the icon up into `_assets`.",
    authorities=(Authority(By.DEBUGGING, "Remote debugging refuses the plugin.", "core/plugin_registration.py:147"),),
    bad=Example("icon: icons/icon.svg\n", files={"_assets/icons/icon.svg": _SVG}),
    good=Example("icon: icon.svg\n"),
)
def nested(plugin: Plugin) -> Iterator[Hit]:
    for reference in plugin.asset_references if not plugin.is_bundle else ():
        if "/" in reference.written and reference.written in plugin.assets:
            message = f"{quote(reference.written)} lies in a folder: remote debugging does not find it."
            yield at_value(reference.linked.document, reference.pointer, message, subject=reference.written)


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
_MAX_TEXT = 1024 * 1024


def _unnamed(plugin: Plugin, paths: list[str]) -> list[str]:
    """Those of the files whose names no text file of the plugin holds, in whatever letter case; none in doubt."""
    names = {path: _base_name(path).lower().encode("utf-8", "surrogatepass") for path in paths}
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
    bad=Example("", files={"images/logo.svg": _SVG}),
    good=Example("", files={"_assets/logo.svg": _SVG, "README.md": "# Weather\n\n![The logo](_assets/logo.svg)\n"}),
)
def misplaced(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle:
        return
    meant = {_elsewhere(plugin, broken.written) for broken in _broken(plugin)}
    shown = _readme_files(plugin)
    found = [
        path
        for path in sorted(plugin.packed_files)
        if _is_media(path) and not path.startswith(("_assets/", "tests/", "test/")) and path not in shown | meant
    ]
    for path in _unnamed(plugin, found[:_MAX_LISTED]):
        target = quote(f"_assets/{_base_name(path)}")
        message = f"The file lies outside `_assets`, and nothing names it: move it to {target}, or remove it."
        yield Hit(message, path, group="asset/misplaced")


_MAX_LISTED = 200


@rule(
    "asset/unused",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="Files in `_assets` that nothing uses.",
    why="Every file in `_assets` is packed, and sent when the plugin is debugged remotely.",
    fix="Remove them, unless something names them that this review does not read.",
    authorities=(Authority(By.PACKAGER, "The package is larger than it needs to be.", "packager.go:61"),),
    bad=Example("", files={"_assets/old-icon.svg": _SVG}),
    good=Example(""),
)
def unused(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not plugin.manifest.readable:
        return
    named = {reference.path for reference in plugin.asset_references} | _readme_files(plugin)
    # Whoever misspells a name means one of the files.
    if any(True for _ in _broken(plugin)):
        return
    candidates = [path for path in sorted(plugin.packed_files) if path.startswith("_assets/") and path not in named]
    left = _unnamed(plugin, candidates[:_MAX_LISTED])
    if left:
        size = sum(plugin.tree.entries()[path].size or 0 for path in left)
        names = quote_list((path.removeprefix("_assets/") for path in left), 5)
        verb = "is" if len(left) == 1 else "are"
        yield Hit(f"{names} in `_assets` {verb} used by nothing ({size:,} bytes).", left[0], subject=left[0])


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
_MAX_IMAGE = 8 * 1024 * 1024


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
    unread = 0
    for reference, path in _icons(plugin):
        expected = FORMATS.get(path.rpartition(".")[2].lower())
        if expected is None or (plugin.tree.entries()[path].size or 0) > _MAX_IMAGE:
            continue
        content = plugin.read(path, _MAX_IMAGE)
        if content is None:
            unread += 1
        if not content:
            continue
        actual = format_of(content)
        if actual == expected or (actual is None and expected != "SVG"):
            continue
        if actual in SUFFIXES:
            stem = reference.written.rpartition(".")[0]
            message = f"{quote(path)} is a {actual} file: rename it to {quote(f'{stem}.{SUFFIXES[actual]}')}."
        else:
            message = f"{quote(path)} is no {expected} file" + (f" but a {actual}." if actual else ".")
        yield at_value(reference.linked.document, reference.pointer, message, subject=reference.written)
    # Against a base revision, a tree on GitHub gives only the images that have changed.
    if unread and plugin.base is None:
        plugin.unchecked.append(Unchecked("asset/wrong-format", plugin.name, f"{unread} icons were not read"))


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
            message = f"{quote(path)} is an empty file."
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
            message = f"{quote(path)} has {size / LARGE:.1f} MiB, much for an icon."
            yield at_value(reference.linked.document, reference.pointer, message, subject=reference.written)


#: What every icon that the CLI writes carries, and the one that it wrote before, less its blanks.
_TEMPLATE = b"DIFY_MARKETPLACE_TEMPLATE_ICON_DO_NOT_USE"
_OLD_TEMPLATE = b"M2020V80M2020H60Q80208040T6060H20"


@rule(
    "asset/template-icon",
    severity=Severity.WARNING,
    summary="The icon is still the one of the template.",
    why="Users cannot tell the plugin from others, and the marketplace refuses it as the plugin's icon.",
    fix="Draw an icon of your own.",
    authorities=(
        Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", "pre-check-plugin.yaml, Check Plugin Icon"),
    ),
    bad=Example("", files={"_assets/icon.svg": f"<!-- {_TEMPLATE.decode()} -->{_SVG}"}),
    good=Example(""),
)
def template_icon(plugin: Plugin) -> Iterator[Hit]:
    _prefetch_icons(plugin)
    for reference, path in _icons(plugin):
        content = plugin.read(path, MAX_SVG_BYTES) if path.lower().endswith(".svg") else None
        if content is None or not (_TEMPLATE in content or _OLD_TEMPLATE in b"".join(content.split())):
            continue
        blocks = plugin.options.profile is Profile.MARKETPLACE and reference.pointer == ("icon",)
        yield at_value(
            reference.linked.document,
            reference.pointer,
            f"{quote(path)} is the icon of the template; the marketplace refuses it.",
            subject=reference.written,
            severity=Severity.ERROR if blocks else None,
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
    good=Example("", files={"_assets/icon.svg": _SVG}),
)
def broken_svg(plugin: Plugin) -> Iterator[Hit]:
    for reference, path, (_, failure) in _svgs(plugin):
        if failure is not None:
            message = f"{quote(path)} is not well-formed: {failure}."
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
    good=Example("", files={"_assets/icon.svg": _SVG}),
)
def active_svg(plugin: Plugin) -> Iterator[Hit]:
    for reference, path, (faults, _) in _svgs(plugin):
        if faults:
            message = f"{quote(path)} {' and '.join(faults)}."
            yield at_value(reference.linked.document, reference.pointer, message, subject=reference.written)


def _svgs(plugin: Plugin) -> Iterator[tuple[AssetReference, str, tuple[list[str], str | None]]]:
    """The icons that are SVG, and what is wrong with them."""
    _prefetch_icons(plugin)
    for reference, path in _icons(plugin):
        content = plugin.read(path, MAX_SVG_BYTES) if path.lower().endswith(".svg") else None
        if content is not None and format_of(content) == "SVG":
            yield reference, path, svg_faults(content)
