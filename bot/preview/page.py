"""The preview as one HTML page: nothing is loaded from elsewhere, and nothing of the plugin is more than text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import count
from typing import Final

from jinja2.sandbox import SandboxedEnvironment
from msgspec import Struct

from bot import __version__
from bot.document import pointer_text
from bot.findings import Finding, quote
from bot.languages import spoken, told
from bot.limits import LeftOut
from bot.messages import Message, all_of, say
from bot.plugin import Plugin
from bot.preview import readme
from bot.preview.look import Form, Icon, Look, Part, Place
from bot.preview.pictures import Album, Picture
from bot.preview.texts import LOCALES, State, Text, Variant
from bot.report import escape, words
from bot.report.template import Html, asset, digest, html_templates

#: The names of the locales' languages as the switch has them, in these languages and in ours.
_LANGUAGES: Final[Mapping[str, tuple[str, Message]]] = {
    "en_US": ("English", say("English")),
    "zh_Hans": ("简体中文", say("simplified Chinese")),
    "ja_JP": ("日本語", say("Japanese")),
    "pt_BR": ("Português", say("Portuguese")),
}
#: The tags of the languages (BCP 47), for browsers and screen readers.
_TAGS: Final[Mapping[str, str]] = {"en_US": "en", "zh_Hans": "zh-Hans", "ja_JP": "ja", "pt_BR": "pt-BR", "": "en"}


class Side(Struct, frozen=True):
    """One version of a plugin: how it looks, and the file that each picture is read from."""

    plugin: Plugin
    look: Look


class Pair(Struct, frozen=True):
    """A part in the version before and after; one is None where the part is new or gone."""

    before: Part | None
    after: Part | None

    @property
    def changed(self) -> bool:
        return self.before != self.after


class Preview(Struct, frozen=True):
    """One plugin of the page. `before` is None where nothing is compared, or the plugin is new."""

    after: Side
    before: Side | None
    findings: tuple[Finding, ...]

    @property
    def root(self) -> str:
        return self.after.plugin.name

    def pairs(self) -> Iterable[Pair]:
        """The parts in the order of the newer version, then those that are gone."""
        old = {part.key: part for part in self.before.look.parts} if self.before is not None else {}
        for part in self.after.look.parts:
            yield Pair(old.pop(part.key, None), part)
        for part in old.values():
            yield Pair(part, None)

    def left_out(self) -> list[LeftOut]:
        """What is not shown, and why; rules that could not judge are for the review."""
        return [entry for entry in self.after.plugin.account if not entry.rules]


def render(
    sides: Iterable[tuple[Side, Side | None]],
    findings: Iterable[Finding],
    album: Album,
    *,
    compared_to: str = "",
    not_shown: Sequence[str] = (),
) -> str:
    """The page of plugins, each beside its base, with their findings. `not_shown` are those without room."""
    by_plugin: dict[str, list[Finding]] = {}
    for finding in findings:
        by_plugin.setdefault(finding.plugin, []).append(finding)
    previews = [Preview(after, before, tuple(by_plugin.get(after.plugin.name, ()))) for after, before in sides]
    return (
        _templates()
        .get_template("preview.html.j2")
        .render(
            previews=[(preview, _marks(preview)) for preview in previews],
            compared_to=compared_to,
            not_shown=not_shown,
            locales=[(locale, _TAGS[locale], *_LANGUAGES[locale]) for locale in LOCALES],
            none_marked=Marks(),
            text=_Texts().__getitem__,
            number=count(1).__next__,
            readme=lambda side, text: readme.render(text, lambda path: album.picture(side.plugin, path)),
            version=__version__,
            tag=spoken().tag,
            chosen=spoken().name,
            style=asset("preview.css"),
            script=asset("preview.js"),
            style_hash=digest("preview.css"),
            script_hash=digest("preview.js"),
        )
    )


class _Texts(dict[Text, Html]):
    """Localized texts as elements, one for each variant. Those of models are repeated again and again."""

    def __missing__(self, text: Text) -> Html:
        made = self[text] = Html("".join(map(_variant, text.variants)))
        return made


def _variant(each: Variant) -> str:
    state = "" if each.state is State.OWN else f" {each.state.value}"
    # What is a message is ours: Dify shows it in words of its own.
    is_ours = isinstance(each.text, Message)
    text, language = (told(each.text), spoken().tag) if is_ours else (each.text, _TAGS[each.language])
    seen = " ".join(each.locales)
    return f'<span class="text{state}" data-in="{seen}" lang="{language}" dir="auto">{escape.html(text)}</span>'


class Marks:
    """The findings of a plugin by the drawn thing that they are about."""

    def __init__(self) -> None:
        self._by_place: dict[Place, list[Finding]] = {}
        self.elsewhere: list[Finding] = []

    def put(self, place: Place | None, finding: Finding) -> None:
        if place is None:
            self.elsewhere.append(finding)
        else:
            self._by_place.setdefault(place, []).append(finding)

    def at(self, place: Place) -> list[Finding]:
        """The findings about the thing drawn for a place."""
        return self._by_place.get(place, [])


def _marks(preview: Preview) -> Marks:
    drawn = {_written(place): place for part in preview.after.look.parts for place in _places(part)}
    marks = Marks()
    for finding in preview.findings:
        file = preview.after.plugin.own_path(finding.location.file)
        pointer = finding.pointer or ""
        while (file, pointer) not in drawn and pointer:
            pointer = pointer.rpartition("/")[0]
        marks.put(drawn.get((file, pointer)), finding)
    return marks


def _places(part: Part) -> Iterable[Place]:
    yield part.place
    for row in part.models:
        yield row.place
        yield from _fields(row.form)
    for form in part.forms:
        yield from _fields(form)


def _fields(form: Form | None) -> Iterable[Place]:
    yield from (each.place for each in form.fields) if form is not None else ()


def _written(place: Place) -> tuple[str, str]:
    return place[0], pointer_text(place[1])


def _worst(findings: Sequence[Finding]) -> str:
    return max(finding.severity for finding in findings).label


def _missing(icon: Icon | None) -> list[Picture]:
    """The pictures that cannot be shown."""
    files = (icon.light, icon.dark) if icon is not None else ()
    return [file for file in files if file is not None and not file.address]


def _appears(conditions: Iterable[tuple[str, str]]) -> Message:
    """When a field is there, by the values of other fields."""
    values = (say("{field} is {value}", field=quote(name), value=quote(value)) for name, value in conditions)
    return say("Appears when {conditions}.", conditions=all_of(values))


@cache
def _templates() -> SandboxedEnvironment:
    environment = html_templates().overlay()
    environment.filters = {
        **environment.filters,
        "message": lambda message: Html(escape.html_message(told(message))),
        "in_english": lambda message: Html(escape.html_message(message)),
        "appears": _appears,
        "counted": words.counted,
        "tally": words.tally,
        "worst": _worst,
        "conditions": lambda conditions: json.dumps(conditions, ensure_ascii=False),
    }
    environment.globals = {
        **environment.globals,
        "place": words.place,
        "pictures": _missing,
        "safe": Html,
        "english": words.in_english,
    }
    return environment
