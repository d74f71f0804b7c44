"""The documents for people: README, its translations, and the privacy policy."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from msgspec import Struct

from bot.limits import Limit
from bot.patterns import regex
from bot.plugin.markdown import Image, images
from bot.plugin.plugin import Plugin

README = "README.md"
PRIVACY = "PRIVACY.md"

MAX_BYTES = Limit(
    1024 * 1024,
    "has more than {n:,} bytes, and is not read",
    *("readme/not-english", "readme/template", "readme/missing-image", "privacy/template"),
)
#: The translations that the daemon finds (G decoder/helper.go:522).
_TRANSLATION = regex(r"readme/README_[a-z]{2}_[A-Za-z]{2,}\.md")
#: The addresses of images that the console asks the daemon for; every other one it leaves to the browser.
_ASKED_FOR = regex(r"(?:\./)?_assets/")
_IMAGE_RULES = ("readme/missing-image", "readme/image-outside-assets", "readme/image-path", "asset/unused")
#: A larger README is not searched for images: a hostile one of twice the size takes three seconds (bytes).
MAX_SEARCHED = Limit(128 * 1024, "has more than {n:,} characters, and is not searched for images", *_IMAGE_RULES)
MAX_IMAGES = Limit(500, "shows more than {n:,} images: the rest are not looked at", *_IMAGE_RULES)


class Readme(Struct, frozen=True):
    """A README that Dify shows. `text` is None where it cannot be read."""

    path: str
    text: str | None


def readmes(plugin: Plugin) -> tuple[Readme, ...]:
    """The READMEs that Dify shows: the English one first, if it is there, then the translations."""
    return plugin.derived(_read)


def _read(plugin: Plugin) -> tuple[Readme, ...]:
    paths = [path for path in plugin.tree.entries() if path == README or _TRANSLATION.fullmatch(path)]
    paths.sort(key=lambda path: (path != README, path))
    plugin.tree.prefetch(paths)
    return tuple(Readme(path, text(plugin, path)) for path in paths)


def text(plugin: Plugin, path: str) -> str | None:
    """A text file of the plugin; None when it is too large or cannot be read. Bytes that are not UTF-8 are replaced."""
    content = plugin.read(path, MAX_BYTES)
    return None if content is None else content.decode("utf-8-sig", "replace").replace("\r\n", "\n")


def shown_in_dify(target: str) -> str | None:
    """The file that the console asks the daemon for to show an image; None when it does not ask."""
    return posixpath.normpath(target) if _ASKED_FOR.match(target) else None


def shown_on_github(readme: str, target: str) -> str:
    """The file that GitHub shows for the address of an image in a README; it may lie outside the plugin."""
    if target.startswith("/"):
        return posixpath.normpath(target.lstrip("/"))
    return posixpath.normpath(posixpath.join(posixpath.dirname(readme), target))


def relinked(target: str, source: str, path: str, to: str, exists: Callable[[str], bool]) -> str | None:
    """The address that a link in the file `source` needs when the file at `path` moves; None where it stays right.

    What the console finds from everywhere stays, and so does what leads to no file of the plugin.
    """
    if target.startswith("/") or shown_in_dify(target) is not None:
        return None
    address, mark, rest = target.partition("#")
    led_to = posixpath.normpath(posixpath.join(posixpath.dirname(source), address))
    if not address or (led_to != path and (source != path or not exists(led_to))):
        return None
    folder = posixpath.dirname(to if source == path else source)
    leads_to = to if led_to == path else led_to
    return posixpath.relpath(leads_to, folder or ".") + mark + rest


def images_of(plugin: Plugin) -> tuple[tuple[Readme, Image], ...]:
    """The images of every README that Dify shows which are files of the plugin, or should be."""
    return plugin.derived(_images)


def _images(plugin: Plugin) -> tuple[tuple[Readme, Image], ...]:
    found = []
    for readme in readmes(plugin):
        text = readme.text or ""
        if plugin.account.exceeds(MAX_SEARCHED, readme.path, len(text)):
            continue
        local = [image for image in images(text) if image.is_local]
        plugin.account.exceeds(MAX_IMAGES, readme.path, len(local))
        found += [(readme, image) for image in local[: MAX_IMAGES.most]]
    return tuple(found)
