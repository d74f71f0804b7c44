"""Pictures of a plugin for the page: the bytes themselves, where they surely are a picture that does nothing."""

from __future__ import annotations

import base64
from typing import Final

from msgspec import Struct, field

from bot.limits import Limit
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.images import format_of, svg_faults

#: A larger picture is not shown (bytes), nor are more of them than this in one page.
MAX_PICTURE: Final = Limit(1024 * 1024, "has more than {n:,} bytes, and is not shown")
MAX_TOGETHER: Final = Limit(8 * 1024 * 1024, "is not shown: the page holds {n:,} bytes of pictures already")

_MEDIA: Final = {
    "SVG": "image/svg+xml",
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WebP": "image/webp",
    "BMP": "image/bmp",
    "ICO": "image/x-icon",
    "AVIF": "image/avif",
}


class Picture(Struct, frozen=True):
    """A picture as a `data:` address. Without an address, `reason` says why, as a clause about the file at `path`."""

    path: str
    address: str = ""
    reason: str = ""


class Album(Struct):
    """The pictures of one page, each file read once."""

    used: int = 0
    known: dict[tuple[int, str], Picture] = field(default_factory=dict)

    def picture(self, plugin: Plugin, path: str) -> Picture:
        """The file at a path from the plugin root."""
        key = id(plugin), path
        if key not in self.known:
            self.known[key] = self._read(plugin, path)
        return self.known[key]

    def _read(self, plugin: Plugin, path: str) -> Picture:
        if path not in plugin.tree.entries():
            return Picture(path, reason=say("is not there"))
        content = plugin.read(path, MAX_PICTURE)
        if content is None:
            return Picture(path, reason=say("is too large, or cannot be read"))
        kind = format_of(content)
        suffix = path.rpartition(".")[2].lower()
        if kind not in _MEDIA:
            known = say("is not a picture but {kind}", kind=kind) if kind else say("is not a picture")
            return Picture(path, reason=known)
        if (kind == "SVG") != (suffix == "svg"):
            return Picture(path, reason=say("is {kind}, which browsers do not draw under its name", kind=kind))
        if kind == "SVG":
            # As an image an SVG runs nothing and loads nothing; one that is made to grow is kept away all the same.
            faults, broken = svg_faults(content)
            if broken:
                return Picture(path, reason=say("is not a valid SVG: {reason}", reason=broken))
            if any("entity" in fault for fault in faults):
                return Picture(path, reason=faults[0])
        self.used += len(content)
        if plugin.account.exceeds(MAX_TOGETHER, path, self.used):
            self.used -= len(content)
            return Picture(path, reason=MAX_TOGETHER.reason)
        return Picture(path, f"data:{_MEDIA[kind]};base64,{base64.b64encode(content).decode('ascii')}")
