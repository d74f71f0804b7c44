"""Looking into models: what a place should hold, and where marked fields are."""

from __future__ import annotations

from typing import Annotated

from bot.format.judge.fields import EACH, find, matches, resolve, root_field, step
from bot.format.kinds import MODELS
from bot.format.models.base import Link, Localized, Origin, Spec
from bot.format.traits import DocumentKind


class Leaf(Spec):
    text: Annotated[str | None, Localized(), Origin("Text.", sdk=False)] = None
    again: Annotated[Leaf | None, Origin("Itself.")] = None


class Root(Spec):
    many: Annotated[list[Annotated[Leaf, Origin("One.", nested=True)]] | dict[str, Leaf], Origin("Many.")]
    one: Annotated[Leaf | None, Origin("One.")] = None


def test_resolve_follows_lists_mappings_and_models() -> None:
    field = resolve(Root, ("many", 3, "text"))
    assert field is not None
    assert field.type is str
    assert field.nullable
    assert [origin.text for origin in field.origins] == ["Many.", "One.", "Text."]
    by_name = resolve(Root, ("many", "key", "text"))
    assert by_name is not None
    assert by_name.type is str
    assert resolve(Root, ("many", 3, "unknown")) is None
    assert resolve(Root, ("one", 0)) is None
    assert resolve(Root, ()) == root_field(Root)


def test_who_reads_a_place_depends_on_all_places_around_it() -> None:
    text = resolve(Root, ("one", "text"))
    assert text is not None
    assert (text.read_by_daemon, text.read_by_sdk) == (True, False)
    item = resolve(Root, ("many", 0))
    assert item is not None
    assert (item.read_by_daemon, item.read_by_sdk) == (True, True)
    assert item.origin is not None
    assert item.origin.text == "Many."


def test_alternatives_are_the_forms_of_a_field() -> None:
    many = step(root_field(Root), "many")
    assert many is not None
    assert len(many.alternatives) == 2
    one = step(root_field(Root), "one")
    assert one is not None
    assert one.alternatives == (one,)
    assert one.models == (Leaf,)


def test_find_stops_at_models_that_hold_themselves() -> None:
    places = [pattern for pattern, _, _ in find(Root, Localized)]
    assert places == [("many", EACH, "text"), ("one", "text")]


def test_find_looks_into_the_forms_of_a_field() -> None:
    links = find(MODELS[DocumentKind.ENDPOINT_GROUP], Link)
    assert [(pattern, link.to) for pattern, link, _ in links] == [(("endpoints", EACH), DocumentKind.ENDPOINT)]


def test_matches_gives_what_stands_there() -> None:
    data = {"many": [{"text": "a"}, {}, "odd"], "one": {"text": "b"}}
    assert list(matches(data, ("many", EACH, "text"))) == [(("many", 0, "text"), "a")]
    assert list(matches({"many": {"k": {"text": "a"}}}, ("many", EACH, "text"))) == [(("many", "k", "text"), "a")]
    assert list(matches(data, ())) == [((), data)]
    assert list(matches("odd", ("many", EACH))) == []


def test_choices_are_those_of_all_forms() -> None:
    field = resolve(MODELS[DocumentKind.ENDPOINT], ("method",))
    assert field is not None
    assert "GET" in field.choices
    assert resolve(MODELS[DocumentKind.ENDPOINT], ("path",)).choices == ()  # type: ignore[union-attr]
