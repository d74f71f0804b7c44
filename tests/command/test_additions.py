"""What is added to somebody's file is there, and every other byte of the file stays."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from bot.command.additions import read_settings, with_list_items, with_settings
from bot.document import read_document

ITEM = "- repo: ours\n  hooks:\n    - id: a\n"


@pytest.mark.parametrize(
    "text",
    [
        "repos:\n- repo: x\n  hooks: []\n",
        "repos:\n    - repo: x\n      hooks:\n      - id: y\n\n\n# end\n",
        "repos:\n  - repo: x\n    args: |\n      a\n      b\n\ndefault: 1\n",
        "ci:\n  skip: [a]\n# no list yet",
        "repos:\r\n- repo: x\r\n",
        "\ufeffrepos:\n- repo: x\n",
        "repos:\n- {repo: x, hooks: [{id: a}]} # flow\nminimum: 1\n",
    ],
)
def test_an_item_is_put_at_the_end_of_the_list(text: str) -> None:
    made = with_list_items(text, "repos", ITEM)
    assert made is not None
    before, after = (yaml.safe_load(each.removeprefix("\ufeff")) for each in (text, made))
    assert after == {**before, "repos": [*before.get("repos", []), *yaml.safe_load(ITEM)]}
    kept = [line for line in made.splitlines(keepends=True) if line in text]
    assert "".join(kept).startswith(text.split("\n")[0])
    assert all(line in made.splitlines() for line in text.splitlines())
    assert ("\r\n" in text) == ("\r\n" in made)
    assert "\r\n" not in text or "\n" not in made.replace("\r\n", "")


@pytest.mark.parametrize("text", ["repos: []\n", "repos: [{a: 1}]\n", "repos: 1\n", "- a\n", "{a: 1}\n", "a: [\n", ""])
def test_where_no_item_can_be_added(text: str) -> None:
    assert with_list_items(text, "repos", ITEM) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}\n", '{\n  "s": {\n    "x": [\n      1\n    ]\n  }\n}\n'),
        ('{\n    "a": 1\n}', '{\n    "s": {\n        "x": [\n            1\n        ]\n    },\n    "a": 1\n}'),
        ('{\n  "s": {\n    "y": 2, //\n  },\n}', '{\n  "s": {\n    "x": [\n      1\n    ],\n    "y": 2, //\n  },\n}'),
        ('{\n  "s": {}\n}\n', '{\n  "s": {\n    "x": [\n      1\n    ]\n  }\n}\n'),
        (
            '/* s */ {"a": {"s": {}}, // "s": {\n}',
            '/* s */ {\n  "s": {\n    "x": [\n      1\n    ]\n  },"a": {"s": {}}, // "s": {\n}',
        ),
        ('{\r\n\t"a": 1\r\n}', '{\r\n\t"s": {\r\n\t\t"x": [\r\n\t\t\t1\r\n\t\t]\r\n\t},\r\n\t"a": 1\r\n}'),
        ('{"s": {"x": 0}}', '{"s": {"x": 0}}'),
    ],
)  # fmt: skip
def test_an_entry_is_put_into_the_settings(text: str, expected: str) -> None:
    assert with_settings(text, "s", {"x": [1]}) == expected


@pytest.mark.parametrize("text", ["", "[]", "{", '{"s": 1}', '{"s": [{}]}', '{"a": 1} {}', "{a: 1}", '{"a": /}'])
def test_where_no_entry_can_be_added(text: str) -> None:
    assert with_settings(text, "s", {"x": 1}) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["s", "a", 'q"', "//", "{"]), VALUES), st.sampled_from([None, 1, 4, "\t"]))
@example({"s": {"//": "*/"}}, None)
def test_any_settings_get_the_entry_or_stay(data: dict[str, object], indent: int | str | None) -> None:
    text = json.dumps(data, indent=indent)
    made = with_settings(text, "s", {"x": 1})
    there = data.get("s", {})
    if not isinstance(there, dict):
        assert made is None
    else:
        assert made is not None
        assert json.loads(made) == {**data, "s": {"x": 1, **there}}


@given(st.text(alphabet='{}[]":,/*\\n ab1\n', max_size=30))
def test_no_text_breaks_the_reader(text: str) -> None:
    before = read_settings(text)
    made = with_settings(text, "s", {"x": 1})
    if made is not None:
        assert before is not None
        assert read_settings(made) == {**before, "s": {"x": 1, **before.get("s", {})}}
    listed = with_list_items(text, "s", "- 1\n")
    if listed is not None:
        assert read_document("", listed.encode()).data["s"][-1] == 1
