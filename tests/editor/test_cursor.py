"""Where a cursor stands in YAML that is being written: the sign ‸ is the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.document import read_document
from bot.editor.cursor import Cursor, cursor_at
from bot.editor.text import Text


def cursor_in(written: str) -> Cursor | None:
    return cursor_at(Text(written.replace("‸", "")), written.index("‸"))


@pytest.mark.parametrize(
    ("written", "pointer", "others"),
    [
        ("‸", (), set()),
        ("ty‸", (), set()),
        ("a: 1\n‸\nb: 2\n", (), {"a", "b"}),
        ("identity:\n  ‸\n  name: x\n", ("identity",), {"name"}),
        ("identity:\n  na‸me: x\n  author: b\nother: 1", ("identity",), {"author"}),
        ("list:\n  - name: a\n    ‸\n    type: string\n  - size: b\n", ("list", 0), {"name", "type"}),
        ("list:\n- name: a\n  ty‸\n- size: b\n", ("list", 0), {"name"}),
        ("list:\n- ‸\n", ("list", 0), set()),
        ("list:\n- ‸name: a\n  size: 1\n", ("list", 0), {"size"}),
        ("a:\n  - - b: 1\n      c‸: 2\n", ("a", 0, 0), {"b"}),
        ("a: &anchor  # a comment\n\n  # another\n  ‸\n", ("a",), set()),
        ("'quoted':\n  ‸\n", ("quoted",), set()),
        ("a:\r\n  b: 1\r\n  ‸\r\n", ("a",), {"b"}),
    ],
)
def test_a_key_is_of_the_mapping_that_its_column_says(
    written: str, pointer: tuple[str | int, ...], others: set[str]
) -> None:
    cursor = cursor_in(written)
    assert cursor is not None
    assert cursor.is_key
    assert cursor.pointer == pointer
    assert cursor.keys == others


@pytest.mark.parametrize(
    ("written", "pointer", "there"),
    [
        ("type: ‸", ("type",), ""),
        ("type: pl‸ugin  # what it is", ("type",), "plugin"),
        ("type:‸", ("type",), ""),
        ("a:\n  - b:\n      - c: 1\n        d: ‸ # x\n", ("a", 0, "b", 0, "d"), ""),
        ("arch:\n    - amd64\n    - ar‸m", ("arch", 0), "arm"),
    ],
)
def test_a_value_is_that_of_its_key(written: str, pointer: tuple[str | int, ...], there: str) -> None:
    cursor = cursor_in(written)
    assert cursor is not None
    assert cursor.is_value
    assert cursor.pointer == pointer
    assert written.replace("‸", "")[cursor.start : cursor.end] == there


@pytest.mark.parametrize(
    "written",
    ["a: |\n  te‸xt\n", "a: >-\n  te‸xt\n", "a: some\n  te‸xt\n", "a: 1 # co‸m\n", "a: {b: ‸}\n", "a: [‸]\n", "# ‸"],
)
def test_nothing_is_said_where_indentation_does_not_tell(written: str) -> None:
    assert cursor_in(written) is None


@given(st.text(st.sampled_from("ab:-# \n'\"|{[&\t😀"), max_size=60), st.integers(0, 60))
def test_no_text_is_too_odd(content: str, offset: int) -> None:
    text = Text(content)
    cursor = cursor_at(text, min(offset, len(text.content)))
    assert cursor is None or 0 <= cursor.start <= cursor.end <= len(text.content)


TREES = st.recursive(
    st.sampled_from(["x", "some text", "'q'"]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c", "d e"]), inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), TREES, min_size=1))
def test_it_agrees_with_the_parser(data: dict[str, object]) -> None:
    import yaml

    written = yaml.safe_dump(data, default_flow_style=False, sort_keys=False)
    document = read_document("a.yaml", written.encode())
    text = Text(written)

    def look(value: object, pointer: tuple[str | int, ...]) -> None:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            inner = (*pointer, key)
            if isinstance(value, dict):
                node = document.key_node(inner)
                assert node is not None
                cursor = cursor_at(text, node.start_mark.index)
                assert cursor is not None
                assert cursor.pointer == tuple(0 if isinstance(part, int) else part for part in pointer)
                assert cursor.keys == value.keys() - {key}
            look(item, inner)

    look(data, ())


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("a" + " " * 200_000 + "‸", 0),
        ("k:" + "&" * 200_000 + " x\n  ‸", None),
        ("- " * 100_000 + "‸", 100_000),
        ('"' + "\\a" * 100_000 + "‸", 0),
    ],
)
def test_a_hostile_line_is_read_to_its_end(written: str, length: int | None) -> None:
    cursor = cursor_in(written)
    assert (len(cursor.pointer) if cursor is not None else None) == length
    assert cursor is None or cursor.end == len(written) - 1
