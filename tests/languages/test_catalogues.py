"""The catalogues hold just what the code says, and what is translated keeps what has to be kept."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message

from bot.languages import DOMAINS
from tests.support import catalogues

#: The languages whose catalogues are complete. In others there may be templates without a translation.
COMPLETE: tuple[str, ...] = ("zh_Hans", "ja_JP", "pt_BR")

_PLACEHOLDER = re.compile(r"(?<!\{)\{(\w+)(?::[^{}]*)?\}(?!\})")
_CODE = re.compile(r"`[^`]*`")
_LINK = re.compile(r"\]\(([^)]*)\)")
#: Chinese needs less room, Portuguese more: a translation that is this much longer or shorter is of something else.
_LONGEST = {"zh_Hans": 1.0, "ja_JP": 1.3, "pt_BR": 1.8}
_SHORTEST = {"zh_Hans": 0.1, "ja_JP": 0.15, "pt_BR": 0.6}
#: So many characters more or less are no sign of anything.
_SLACK = 24


@cache
def extracted(domain: str) -> Catalog:
    return catalogues.extracted(domain)


@cache
def committed(domain: str, language: str) -> Catalog:
    return catalogues.read(catalogues.path_of(domain, language), language)


def translated(domain: str, language: str) -> Iterator[tuple[Message, str]]:
    for message in committed(domain, language):
        for text in catalogues.texts(message) if message.id else ():
            if text and not message.fuzzy:
                yield message, text


def english(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


every = pytest.mark.parametrize(
    ("domain", "language"), [(domain, language) for domain in DOMAINS for language in catalogues.TRANSLATED]
)


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_template_catalogue_is_that_of_the_code(domain: str) -> None:
    assert catalogues.template_of(domain).read_bytes() == catalogues.written(extracted(domain)), "make languages"


@every
def test_a_catalogue_has_just_the_templates_of_the_code(domain: str, language: str) -> None:
    wanted = {message.id for message in extracted(domain) if message.id}
    assert {message.id for message in committed(domain, language) if message.id} == wanted, "make languages"


#: What takes a clause that people read, and which of its arguments that is.
_REASONS = {
    "NotJudged": 0, "Answer": 1, "Outside": 1, "Unchecked": 2, "UnjudgedFile": 2, "Unreadable": 1, "_NoAnswer": 0,
}  # fmt: skip


def test_why_something_was_not_judged_is_a_message() -> None:
    """A text in the code itself would be English in every language."""
    english = []
    for path in (catalogues.ROOT / "bot").rglob("*.py"):
        if "examples" in path.parts or path.name == "scopes.py":  # There, what is outside is a module.
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                at = 1 if name == "leave_out" else _REASONS.get(name)
                reason = node.args[at] if at is not None and len(node.args) > at else None
                if isinstance(reason, ast.Constant | ast.JoinedStr):
                    english.append((path.name, node.lineno, ast.unparse(reason)))
    assert english == []


def test_a_template_of_a_page_says_nothing_but_messages() -> None:
    """Names stay: that of Dify, of this program, of the language of the fold."""
    english = []
    for path in sorted((catalogues.ROOT / "bot" / "report" / "templates").glob("*.j2")):
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*-?%\}|\{[{%].*?[%}]\}", "", text, flags=re.DOTALL)
        said = re.findall(r'(?:title|aria-label|alt|placeholder|data-told)="([^"]*)"', text)
        said += re.sub(r"<[^>]*>|&nbsp;|[Dd]ify(?:[ -][Pp]lugin[ -][Rr]eview)?|English", "", text).splitlines()
        english += [(path.name, line.strip()) for line in said if re.search("[A-Za-z]{2}", line)]
    assert english == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_counts_is_not_said_without_a_number_too(domain: str) -> None:
    """There is one translation for the two, and it names the number."""
    said = [template for template in catalogues.sources(domain) if template.text not in ("error", "warning", "notice")]
    counted = {template.text for template in said if template.plural}
    assert {template.text for template in said if not template.plural} & counted == set()


@every
def test_what_is_read_is_what_was_written(domain: str, language: str) -> None:
    path = catalogues.path_of(domain, language)
    catalog = catalogues.read(path, language)
    assert path.with_suffix(".mo").read_bytes() == catalogues.compiled(catalog), "make languages"


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", COMPLETE or [pytest.param("", marks=pytest.mark.skip("no catalogue is complete"))])
def test_a_complete_catalogue_lacks_nothing(domain: str, language: str) -> None:
    lacking = [m.id for m in committed(domain, language) if m.id and (m.fuzzy or not all(catalogues.texts(m)))]
    assert lacking == []


@every
def test_every_placeholder_is_kept(domain: str, language: str) -> None:
    for message, text in translated(domain, language):
        wanted = [Counter(_PLACEHOLDER.findall(each)) for each in english(message)]
        found = Counter(_PLACEHOLDER.findall(text))
        # A form for one thing need not name the number.
        assert any(set(found) | {"n"} == set(each) | {"n"} for each in wanted), (message.id, text)
        if found:  # Braces stand for themselves in a template without arguments.
            text.format_map(dict.fromkeys(found, 1))


@every
def test_every_code_span_and_link_is_kept(domain: str, language: str) -> None:
    for message, text in translated(domain, language):
        for pattern in (_CODE, _LINK):
            wanted = [Counter(pattern.findall(each)) for each in english(message)]
            assert Counter(pattern.findall(text)) in wanted, (message.id, text)


@every
def test_a_translation_is_about_as_long(domain: str, language: str) -> None:
    for message, text in translated(domain, language):
        length = len(english(message)[-1])
        assert len(text) <= length * _LONGEST[language] + _SLACK, (message.id, text)
        assert len(text) >= length * _SHORTEST[language] - _SLACK, (message.id, text)


@every
def test_plurals_have_the_forms_of_the_language(domain: str, language: str) -> None:
    catalog = committed(domain, language)
    for message in catalog:
        if message.id and message.pluralizable:
            assert len(catalogues.texts(message)) == catalog.num_plurals, message.id
