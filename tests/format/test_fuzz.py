"""Any YAML whatsoever in any kind of document: no crash, and no violation without a place."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, note
from hypothesis import strategies as st

from bot.document import Document, read_document
from bot.format.judge.fields import root_field, step
from bot.format.judge.verdict import divergences, span_of, validate
from bot.format.kinds import MODELS
from bot.format.models.base import Spec
from bot.format.traits import DocumentKind
from tests.format.plugins import SAMPLES

#: Keys that mean something somewhere, and some that mean trouble.
KEYS = sorted(
    {
        *(name for kind in MODELS for model in root_field(MODELS[kind]).models for name in model.model_fields),
        *(
            inner
            for kind in MODELS
            for model in root_field(MODELS[kind]).models
            for name in model.model_fields
            if (field := step(root_field(model), name)) is not None
            for of in field.models
            if issubclass(of, Spec)
            for inner in of.model_fields
        ),
        *("en_US", "zh_Hans", "ja_Jp", "human", "llm", "[key]", "\0list", "", "<<", "null", "0", "-", "x" * 300),
    }
)
#: Bits of YAML's grammar, to break sound text with.
PIECES = (
    *("", " ", "- ", "\n", ": ", "[", "]", "{", "}", "? ", "~", "|\n  x"),
    *("&a ", "*a", "<<: *a", "!!str ", "!!binary "),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.binary(max_size=8),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["llm", "select", "string", "plugin", "^", "../x", "`", "_assets/x.svg"]),
)
NODES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.integers(), st.booleans(), st.none()), inner, max_size=6),
    ),
    max_leaves=25,
)


def check(document: Document, kind: DocumentKind) -> None:
    lines = (document.text or "").split("\n")
    for violation in [*validate(document, kind), *divergences(document, kind)]:
        span = span_of(document, violation)
        assert 1 <= span.line <= span.end_line <= len(lines)
        assert 1 <= span.column <= len(lines[span.line - 1]) + 1
        assert 1 <= span.end_column <= len(lines[span.end_line - 1]) + 1
        assert (span.line, span.column) <= (span.end_line, span.end_column)
        assert violation.message
        assert violation.authorities
        assert "\n" not in violation.message


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.value)
@given(data=NODES)
def test_any_data(kind: DocumentKind, data: Any) -> None:
    text = yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
    note(text)
    check(read_document("x.yaml", text.encode("utf-8", "surrogatepass")), kind)


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.value)
@given(data=st.data())
def test_any_text_in_place_of_some(kind: DocumentKind, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from([sample for sample in SAMPLES if sample.kind is kind]))
    start = data.draw(st.integers(0, len(sample.text)))
    end = data.draw(st.integers(start, min(start + 40, len(sample.text))))
    pieces = (
        "",
        " ",
        "- ",
        "\n",
        ": ",
        "[",
        "]",
        "{",
        "}",
        "&a ",
        "*a",
        "<<: *a",
        "!!str ",
        "!!binary ",
        "? ",
        "|\n  x",
        "~",
    )
    text = sample.text[:start] + data.draw(st.sampled_from(pieces)) + sample.text[end:]
    note(text)
    check(read_document("x.yaml", text.encode()), kind)


def test_places_of_merged_and_shared_values() -> None:
    text = (
        "parameters:\n"
        "  - &base\n"
        "    name: a\n"
        "    label: {en_US: A}\n"
        "    human_description: {en_US: A}\n"
        "    type: texts\n"
        "    form: llm\n"
        "  - <<: *base\n"
        "    name: 1\n"
    )
    document = read_document("x.yaml", text.encode())
    found = {
        violation.pointer: span_of(document, violation).line
        for violation in validate(document, DocumentKind.TOOL)
        if violation.pointer[:1] == ("parameters",)
    }
    assert found == {("parameters", 0, "type"): 6, ("parameters", 1, "type"): 6, ("parameters", 1, "name"): 9}
