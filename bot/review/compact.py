"""Reviews of hundreds of plugins in little memory.

A review that another process made comes as few bytes, and stays so until all are there. Most of what reviews say they
say again and again: who objects to something and what then happens, paths, the texts of the versions of one plugin. So
of equal values of many reviews one is kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter
from types import NoneType
from typing import Any, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from bot.findings import Authority, Confidence, Severity, Span
from bot.locale.insert import Site
from bot.locale.memory import Memory
from bot.messages import Message, data_of
from bot.review.reviewed import Reviewed

#: The review of one plugin, with its translations.
Done: TypeAlias = tuple[Reviewed, Memory]

#: Values that are as they are. A site has mappings of a plugin, in which there may be anything.
_WHOLE: Final = frozenset({NoneType, bool, int, Severity, Confidence, Span, Site})


def packed(done: Done) -> bytes:
    """A review as few bytes, for another process of this run: nobody else can have made what `unpacked` is given."""
    import pickle

    reviewed, memory = done
    return zlib.compress(pickle.dumps((reviewed, dict(memory.places)), pickle.HIGHEST_PROTOCOL), 1)


def unpacked(review: Done | bytes) -> Done:
    """The review that `packed` made bytes of; one that is not packed is itself."""
    if not isinstance(review, bytes):
        return review
    import pickle

    reviewed, places = pickle.loads(zlib.decompress(review))  # noqa: S301 - a process of this run made it
    return reviewed, Memory(places)


class Common:
    """Keeps one of equal values.

    What texts were made of is kept where they are `translated`; elsewhere a message is the text that it is.
    """

    def __init__(self, *, translated: bool) -> None:
        self._translated = translated
        self._texts: dict[str, str] = {}
        self._messages: dict[str, Message] = {}
        self._authorities: dict[Authority, Authority] = {}

    def review(self, done: Done) -> Done:
        """The same review, made of values that other reviews are made of too."""
        reviewed, memory = done
        # It matters which gaps are one and the same.
        gaps = {id(gap): self._shared(gap) for gap in reviewed.gaps.values()}
        shared = replace(
            self._shared(replace(reviewed, gaps={})),
            gaps={self._shared(place): gaps[id(gap)] for place, gap in reviewed.gaps.items()},
        )
        text = self._texts.setdefault
        places = {
            (text(locale, locale), text(english, english)): [
                (text(plugin, plugin), text(path, path), text(translation, translation))
                for plugin, path, translation in found
            ]
            for (locale, english), found in memory.places.items()
        }
        return shared, Memory(places)

    def _shared(self, value: Any) -> Any:
        kind: Any = type(value)
        if kind is tuple:
            return tuple(self._all(value)) if value else value
        fields = _fields(kind)
        if fields is not None:
            made = kind(*self._all(fields(value)))
            return self._authority(made) if kind is Authority else made
        if kind is Message:
            text = str(value)
            return self._message(value) if self._translated else self._texts.setdefault(text, text)
        if kind is dict:
            return dict(zip(self._all(value), self._all(value.values()), strict=True))
        return value

    def _all(self, values: Iterable[Any]) -> list[Any]:
        text = self._texts.setdefault
        # Most are texts, or have nothing in them.
        return [
            text(each, each) if (kind := type(each)) is str else each if kind in _WHOLE else self._shared(each)
            for each in values
        ]

    def _authority(self, made: Authority) -> Authority:
        known = self._authorities.setdefault(made, made)
        # Texts may be equal, and made of different messages.
        return known if known.consequence is made.consequence else made

    def _message(self, message: Message) -> Message:
        known = self._messages.setdefault(str(message), message)
        return known if known is message or data_of(known) == data_of(message) else message


@cache
def _fields(kind: Any) -> Callable[[Any], tuple[Any, ...]] | None:
    """What gives the fields of a struct in their order; None for other values, and where there is only one."""
    is_struct = issubclass(kind, Struct) and len(kind.__struct_fields__) > 1
    return attrgetter(*kind.__struct_fields__) if is_struct else None
