"""Rules about the images of the README."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from bot.findings import Authority, By, Confidence, Edit, Fix, Move, Safety, Severity, quote
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.documents import Readme, images_of, shown_in_dify, shown_on_github
from bot.plugin.markdown import Image
from bot.plugin.naming import renamed
from bot.rules.registry import Example, Hit, rule

_PNG = b"\x89PNG\r\n\x1a\n"


_CONSOLE = "The README shows a broken picture."


_DETAIL = "web, markdown-utils.ts, use-plugins.ts"


# --- images -------------------------------------------------------------------------------------------------------


def _exists(plugin: Plugin, path: str) -> bool:
    return path in plugin.tree.entries()


def _anywhere(plugin: Plugin, path: str) -> str | None:
    """The file that a path means but for its letter case."""
    return plugin.files_by_lower.get(path.lower())


@rule(
    "readme/missing-image",
    severity=Severity.WARNING,
    summary="A README shows an image that does not exist.",
    why="Readers see a broken picture, in Dify and on GitHub.",
    fix="Add the image to `_assets`, or correct its path. Letter case counts.",
    authorities=(Authority(By.CONSOLE, _CONSOLE, _DETAIL),),
    bad=Example("# Weather\n\n![The forecast](_assets/forecast.png)\n", path="README.md", whole=True),
    good=Example(
        "# Weather\n\n![The forecast](_assets/forecast.png)\n",
        path="README.md",
        whole=True,
        files={"_assets/forecast.png": _PNG},
    ),
)
def missing_image(plugin: Plugin) -> Iterator[Hit]:
    for readme, image in images_of(plugin):
        paths = [path for path in (shown_in_dify(image.target), shown_on_github(readme.path, image.target)) if path]
        if any(_exists(plugin, path) for path in paths) or _exists(plugin, _meant(plugin, readme, image)):
            continue
        actual = next((found for path in paths if (found := _anywhere(plugin, path))), None)
        if actual is None and paths[-1].startswith("../"):
            continue  # It lies outside the plugin, where the review does not look.
        if actual is not None:
            message = say(
                "The image is spelled {actual}, not {target}.", actual=quote(actual), target=quote(image.target)
            )
        else:
            message = say("There is no image {target}.", target=quote(image.target))
        fix = _respelt(readme, image, actual) if actual is not None else None
        yield Hit(message, readme.path, image.span, subject=image.target, fix=fix)


def _respelt(readme: Readme, image: Image, actual: str) -> Fix | None:
    """Writes the name of an image as it is, where the address ends with it."""
    start = len(image.target) - len(actual)
    if start < 0 or image.target[start:].lower() != actual.lower() or not _is_written(readme, image):
        return None
    written = image.target[:start] + actual
    return Fix(say("Write {written}", written=quote(written)), Safety.SAFE, (Edit(readme.path, image.span, written),))


def _is_written(readme: Readme, image: Image) -> bool:
    """Whether the address stands in the README as it is read, without an escape or a query."""
    line = (readme.text or "").split("\n")[image.span.line - 1]
    return line[image.span.column - 1 : image.span.end_column - 1] == image.target


@rule(
    "readme/image-outside-assets",
    severity=Severity.WARNING,
    summary="A README shows an image that lies outside `_assets`.",
    why="Dify asks for images in `_assets` only. An image elsewhere is not shown there.",
    fix="Move the image to `_assets` and write `_assets/<name>`.",
    authorities=(Authority(By.CONSOLE, _CONSOLE, _DETAIL),),
    bad=Example(
        "# Weather\n\n![The forecast](images/forecast.png)\n",
        path="README.md",
        whole=True,
        files={"images/forecast.png": _PNG},
    ),
    good=Example(
        "# Weather\n\n![The forecast](_assets/forecast.png)\n",
        path="README.md",
        whole=True,
        files={"_assets/forecast.png": _PNG},
    ),
)
def image_outside_assets(plugin: Plugin) -> Iterator[Hit]:
    for readme, image in images_of(plugin):
        path = _meant(plugin, readme, image)
        if shown_in_dify(image.target) or path.startswith("_assets/"):
            continue
        outside = path.startswith("../")
        if outside or _exists(plugin, path):
            where = say("the plugin") if outside else "`_assets`"
            name = path.rpartition("/")[2]
            message = say(
                "{target} lies outside {where}, where Dify does not look: ", target=quote(image.target), where=where
            )
            message += say("move it to {value}.", value=quote(f"_assets/{name}"))
            fix = None if outside else plugin.derived(_moves_of_images).get(path)
            yield Hit(message, readme.path, image.span, subject=image.target, fix=fix)


def _moves_of_images(plugin: Plugin) -> dict[str, Fix]:
    """For images that Markdown alone names: how each is moved to `_assets`, with every address of it, by path."""
    shown: dict[str, list[Edit]] = {}
    otherwise: set[str] = set()  # Images whose address is written in some way that no edit fits.
    for readme, image in images_of(plugin):
        path = _meant(plugin, readme, image)
        name = path.rpartition("/")[2]
        if shown_in_dify(image.target) is None and plugin.has_file(path) and _PLAIN.fullmatch(name):
            shown.setdefault(path, []).append(Edit(readme.path, image.span, f"_assets/{name}"))
            if not _is_written(readme, image):
                otherwise.add(path)
    return {
        path: Fix(say("Move the image to {path}", path=quote(to)), Safety.SAFE, edits, (Move(path, to),))
        for path, places in shown.items()
        if path not in otherwise
        and (edits := renamed(plugin, path, to := f"_assets/{path.rpartition('/')[2]}", places)) is not None
    }


def _meant(plugin: Plugin, readme: Readme, image: Image) -> str:
    """The file that an address means: from the folder of the README, or else from the root, where Dify starts."""
    path, from_root = shown_on_github(readme.path, image.target), posixpath.normpath(image.target)
    return from_root if not _exists(plugin, path) and plugin.has_file(from_root) else path


_PLAIN = regex(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


@rule(
    "readme/image-path",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="An image of a README is found by GitHub or by Dify, but not by both.",
    why="Dify shows an image when its address begins with `_assets/` or `./_assets/`, whatever README it stands in. "
    "GitHub starts at the README's own folder. In `README.md` that is the same; in `readme/` only a whole URL works "
    "for both.",
    fix="In `README.md` write `_assets/<name>`; in a translation a whole URL, or `_assets/<name>` for Dify.",
    authorities=(Authority(By.CONSOLE, _CONSOLE, _DETAIL),),
    bad=Example("# 天气\n\n![预报](../_assets/icon.svg)\n", path="readme/README_zh_Hans.md", whole=True),
    good=Example("# Weather\n\n![The icon](_assets/icon.svg)\n", path="README.md", whole=True),
)
def image_path(plugin: Plugin) -> Iterator[Hit]:
    for readme, image in images_of(plugin):
        path = shown_on_github(readme.path, image.target)
        if not shown_in_dify(image.target) and path.startswith("_assets/") and _exists(plugin, path):
            message = say(
                "GitHub shows this image, but Dify does not: Dify takes addresses such as {path}.", path=quote(path)
            )
            yield Hit(message, readme.path, image.span, subject=image.target, group=f"readme/image-path {readme.path}")
