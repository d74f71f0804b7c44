"""What a violation says beyond its rule: who reads the document, one finding for one cause, words and fixes."""

from __future__ import annotations

import pytest

from bot.document import read_document
from bot.findings import By, Safety, Severity
from bot.format.judge.consequence import consequence, severity_of, what_happens
from bot.format.judge.verdict import Place, Violation, quoted, validate
from bot.format.traits import DocumentKind
from bot.rules.example import example_plugin


def judge(kind: DocumentKind, text: str, *, read_by_sdk: bool = True) -> list[Violation]:
    return validate(read_document("x.yaml", text.encode()), kind, read_by_sdk=read_by_sdk)


def test_the_sdk_cannot_object_to_what_it_does_not_read() -> None:
    assert [v.rule for v in judge(DocumentKind.MODEL_POSITION, "- 3\n")] == ["schema/not-text"]
    assert judge(DocumentKind.MODEL_POSITION, "- 3\n", read_by_sdk=False) == []
    found = judge(DocumentKind.MODEL_POSITION, "- [a]\n", read_by_sdk=False)
    assert [[each.by for each in v.authorities] for v in found] == [[By.PACKAGER]]


def test_a_document_that_could_not_be_read_has_no_violations() -> None:
    assert judge(DocumentKind.TOOL, "a: [") == []
    assert judge(DocumentKind.TOOL, "") == []


@pytest.mark.parametrize("text", ["[]\n", "text\n", "3\n"])
@pytest.mark.parametrize("kind", [kind for kind in DocumentKind if kind is not DocumentKind.MODEL_POSITION])
def test_a_document_of_another_shape(kind: DocumentKind, text: str) -> None:
    (violation,) = judge(kind, text)
    assert violation.rule == "schema/wrong-type"
    assert violation.message.startswith(f"The {kind} takes a mapping")
    assert violation.pointer == ()


def test_a_misspelt_required_key_is_one_finding() -> None:
    text = "path: /a\nmethdo: GET\nextra:\n  python:\n    source: a.py\n"
    (violation,) = judge(DocumentKind.ENDPOINT, text)
    assert (violation.rule, violation.severity) == ("schema/unknown-key", Severity.ERROR)
    assert violation.place is Place.KEY
    assert "`method` is meant" in violation.message
    assert "`method` is required" in violation.message
    assert violation.fix is not None
    assert violation.fix.safety is Safety.UNSAFE


def test_a_rename_is_offered_only_where_it_is_all_there_is_to_do() -> None:
    start = "identity: {author: a, name: n, label: {en_US: x}}\ndescription: {human: {en_US: x}, llm: x}\n"
    start += "extra: {python: {source: a.py}}\n"
    parameter = (
        "parameters: [{name: a, label: {en_US: x}, human_description: {en_US: x}, type: select, form: llm, %s}]\n"
    )
    (texts,) = judge(DocumentKind.TOOL, start + parameter % "enum: [a, b]")
    assert "`options` is meant" in texts.message
    assert texts.fix is None
    (options,) = judge(DocumentKind.TOOL, start + parameter % "enum: [{value: a, label: {en_US: A}}]")
    assert options.fix is not None


def test_keys_are_held_to_each_other_even_beside_a_wrong_one() -> None:
    text = (
        "identity: {author: a, name: n, label: {en_US: x}}\ndescription: {human: {en_US: x}, llm: x}\n"
        "extra: {python: {source: a.py}}\nparameters:\n"
        "  - {name: a, label: {en_US: x}, human_description: {en_US: x}, type: string, form: llm, multiple: true, "
        "placeholder: {en_US: x}}\n"
    )
    found = {violation.pointer[-1]: violation.severity for violation in judge(DocumentKind.TOOL, text)}
    assert found == {"multiple": Severity.ERROR, "placeholder": Severity.NOTICE}


def test_severity_follows_the_first_who_objects() -> None:
    assert severity_of((By.DEBUGGING,)) is Severity.WARNING
    for by in (By.PACKAGER, By.INSTALLER, By.SDK, By.CONSOLE):
        assert severity_of((By.DEBUGGING, by)) is Severity.ERROR
    assert what_happens((By.SDK, By.PACKAGER), DocumentKind.TOOL) == "The packager refuses the plugin."
    assert "does not start" in what_happens((By.SDK,), DocumentKind.TOOL)
    assert "bundle" in consequence(By.PACKAGER, DocumentKind.BUNDLE)


def test_a_value_of_the_wrong_form_is_named_first() -> None:
    found = judge(DocumentKind.ENDPOINT, "path: hook\nmethod: GET\nextra: {python: {source: a}}\n")
    assert found[0].message.startswith("`hook` is not a valid `path`: it must match `^/`. ")


def test_messages_quote_what_the_document_says() -> None:
    (violation,) = judge(DocumentKind.MODEL_POSITION, '- {"`\\u202e|<b>": 1}\n')
    assert "<b>" not in violation.message
    (key,) = judge(DocumentKind.ENDPOINT, 'path: /\nmethod: GET\nextra: {python: {source: a}}\n"`@x`": 1\n')
    assert "`ˋ@xˋ`" in key.message


@pytest.mark.parametrize(
    ("text", "yaml"), [("no", '"no"'), ('a"b', '"a\\"b"'), ("a\\b", '"a\\\\b"'), ("a\tb", '"a\\tb"')]
)
def test_quoted(text: str, yaml: str) -> None:
    assert quoted(text) == yaml
    assert read_document("x", yaml.encode()).data == text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("integer", "number"),
        ("Bool", "boolean"),
        ("password-input", "secret-input"),
        ("str", "string"),
        ("enum", "select"),
    ],
)
def test_another_word_for_a_type_is_put_right(written: str, meant: str) -> None:
    text = example_plugin("tool")["tools/current_weather.yaml"].replace(b"type: string", f"type: {written}".encode(), 1)
    (found,) = validate(read_document("t.yaml", text), DocumentKind.TOOL)
    assert found.fix is not None
    assert (found.fix.safety, [edit.text for edit in found.fix.edits]) == (Safety.SAFE, [meant])


def test_a_tag_that_is_called_like_a_type_is_not() -> None:
    text = example_plugin("tool")["manifest.yaml"].replace(b"- weather", b"- integer")
    assert all(found.fix is None for found in validate(read_document("manifest.yaml", text), DocumentKind.MANIFEST))


@pytest.mark.parametrize(
    ("written", "meant"), [("Acme", "acme"), ("ACME-2", "acme-2"), ("Acme Inc", None), ("Ünn", None)]
)
def test_capitals_where_only_small_letters_are_taken(written: str, meant: str | None) -> None:
    text = example_plugin("tool")["manifest.yaml"].replace(b"author: acme", f"author: {written}".encode(), 1)
    (found,) = validate(read_document("manifest.yaml", text), DocumentKind.MANIFEST)
    assert (found.fix.edits[0].text if found.fix is not None else None) == meant
