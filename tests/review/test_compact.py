"""A review that was packed, and one that has values in common with others, is the review that it was."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from bot.findings import Authority, By, Finding, Location, Severity
from bot.languages import LANGUAGES, speaking
from bot.locale.memory import Memory
from bot.messages import Message, say
from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.report.html import render as render_html
from bot.report.json import render as render_json
from bot.review import engine
from bot.review.compact import Common, Done, packed, unpacked
from bot.review.engine import review, review_plugin
from bot.review.result import PluginSummary
from bot.review.reviewed import Reviewed
from bot.rules.example import example_plugin, example_tree
from bot.rules.registry import catalogue
from bot.source import Kind
from bot.source.memory import MemoryTree


def reviews() -> list[Done]:
    """What is found in the first bad example of each rule, and in the bundled plugins as packages of a marketplace."""
    trees = [example_tree(rule.bad) for rule in catalogue().values() if rule.bad.submission is None]
    found = []
    for tree in trees:
        for root in find_roots(tree):
            memory = Memory()
            found.append((review_plugin(tree, root, Options(), None, memory), memory))
    return found


@pytest.fixture(scope="module")
def done() -> list[Done]:
    return reviews()


def whole(value: object, *, translated: bool = True) -> Any:
    """A value with all that is in it, and of which types: without these, a message equals the text that it is."""
    if isinstance(value, Message):
        if not translated:
            return str, str(value)
        return Message, str(value), value.template, whole(value.arguments), value.plural, value.number
    if isinstance(value, Enum):
        return type(value), value.name
    if isinstance(value, Struct):
        names = value.__struct_fields__
        return type(value), [whole(getattr(value, name), translated=translated) for name in names]
    if isinstance(value, Memory):
        return whole(value.places, translated=translated)
    if isinstance(value, Mapping):
        return type(value), [whole(item, translated=translated) for item in value.items()]
    if isinstance(value, tuple | list):
        return type(value), [whole(each, translated=translated) for each in value]
    return type(value), value


def size(value: object) -> int:
    """The bytes of all that is in a value, each object once."""
    seen: dict[int, object] = {}

    def each(value: object) -> Iterator[int]:
        if id(value) in seen or isinstance(value, Enum):
            return
        seen[id(value)] = value
        yield sys.getsizeof(value)
        parts: list[object] = []
        if isinstance(value, Struct):
            parts = [getattr(value, name) for name in value.__struct_fields__]
        elif isinstance(value, Memory):
            parts = [value.places]
        elif isinstance(value, Message):
            parts = [value.template, value.arguments, value.plural]
        elif isinstance(value, Mapping):
            parts = [*value.keys(), *value.values()]
        elif isinstance(value, tuple | list):
            parts = [*value]
        for part in parts:
            yield from each(part)

    return sum(each(value))


def test_the_reviews_have_everything_in_them(done: list[Done]) -> None:
    findings = [finding for reviewed, _ in done for finding in reviewed.findings]
    assert len({finding.rule for finding in findings}) > 100
    assert any(finding.related for finding in findings)
    assert any(finding.fix is not None and finding.fix.edits for finding in findings)
    assert any(reviewed.gaps for reviewed, _ in done)
    assert any(memory.places for _, memory in done)


def test_a_packed_review_is_the_same(done: list[Done]) -> None:
    for each in done:
        assert whole(unpacked(packed(each))) == whole(each)
        assert unpacked(each) is each


def test_half_of_a_surrogate_pair_is_packed() -> None:
    reviewed = Reviewed(".", PluginSummary("\ud800", "plugin"), (), 0, (), ())
    memory = Memory({("ja_JP", "\ud800"): [("a", "b", "\udfff")]})
    assert whole(unpacked(packed((reviewed, memory)))) == whole((reviewed, memory))


@pytest.mark.parametrize("translated", [True, False])
def test_a_review_with_values_in_common_is_the_same(done: list[Done], translated: bool) -> None:
    common = Common(translated=translated)
    for _ in range(2):
        for each in done:
            made = common.review(unpacked(packed(each)))
            assert whole(made) == whole(each, translated=translated)
            assert {id(gap) for gap in made[0].gaps.values()} <= {id(made[0].gaps[place]) for place in made[0].gaps}
            assert len({*map(id, made[0].gaps.values())}) == len({*map(id, each[0].gaps.values())})


@pytest.mark.parametrize(("translated", "most"), [(True, 0.45), (False, 0.35)])
def test_what_many_reviews_find_takes_little_memory(done: list[Done], translated: bool, most: float) -> None:
    """Of several versions of plugins, as a marketplace has them."""
    common = Common(translated=translated)
    apart = [unpacked(packed(each)) for each in done for _ in range(3)]
    shared = [common.review(each) for each in apart]
    before, after = ([reviewed.findings for reviewed, _ in which] for which in (apart, shared))
    assert size(after) / size(before) < most


def test_texts_of_different_messages_stay_apart() -> None:
    """They are the same in English only."""
    texts = [say("{a} b", a="a"), say("a {b}", b="b"), say("{a} b", a=say("a")), "a b", say("a b"), say("{a} b", a="a")]
    findings = tuple(
        Finding("a/b", Severity.ERROR, text, Location("a"), "a", authorities=(Authority(By.DOCS, text, "c"),))
        for text in texts
    )
    before = Reviewed(".", PluginSummary(".", "plugin"), findings, 0, (), ())
    after, _ = Common(translated=True).review((before, Memory()))
    assert whole(after) == whole(before)
    assert after.findings[-1].message is after.findings[0].message
    assert after.findings[-1].authorities[0] is after.findings[0].authorities[0]


def test_what_a_plugin_has_within_itself_is_no_way_without_end() -> None:
    """Mappings of a plugin are not followed."""
    files = example_plugin("tool")
    path = "tools/current_weather.yaml"
    lines = files[path].replace(b"    zh_Hans: ", b"    x: &a [*b, *b]\n    zh_Hans: ", 1)
    tree = MemoryTree({**files, path: b"y: &b [1]\n" + lines})
    memory = Memory()
    each = review_plugin(tree, find_roots(tree)[0], Options(), None, memory), memory
    assert whole(Common(translated=True).review(each)) == whole(each)


@pytest.mark.parametrize(
    ("language", "profile"), list(zip(LANGUAGES, [Profile.MARKETPLACE, Profile.AUTHOR] * 2, strict=True))
)
def test_reports_do_not_depend_on_it(monkeypatch: pytest.MonkeyPatch, language: str, profile: Profile) -> None:
    trees = [example_tree(rule.bad) for rule in catalogue().values() if rule.bad.submission is None]
    small = [tree for tree in trees if all((entry.size or 0) < 100_000 for entry in tree.entries().values())]
    tree = MemoryTree(
        {
            f"{number}/{path}": each.read(path)
            for number, each in enumerate(small[:: len(small) // 16])
            for path, entry in each.entries().items()
            if entry.kind is Kind.FILE
        }
    )
    roots = find_roots(tree)
    options = Options(profile=profile, language=language)
    made: list[Common] = []

    def common(*, translated: bool) -> Common:
        made.append(Common(translated=translated))
        return made[-1]

    monkeypatch.setattr(engine, "Common", common)

    def reports() -> tuple[str, str]:
        result = replace(review(tree, roots, options), duration_ms=0)
        with speaking(language):
            return render_json(result), render_html(result)

    monkeypatch.setattr(engine, "MIN_COMMON", len(roots))
    shared = reports()
    assert len(made) == 1
    monkeypatch.setattr(engine, "MIN_COMMON", len(roots) + 1)
    assert reports() == shared
    assert len(made) == 1
