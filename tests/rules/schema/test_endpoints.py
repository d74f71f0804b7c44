"""The rules about addresses of endpoints, held against Werkzeug itself."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.routing import Map, Rule

from bot.findings import Severity
from tests.support.reviewing import changed, found, text_at

STATUS = "endpoints/status.yaml"
PATH = "schema/endpoint-path"
DUPLICATE = "schema/duplicate-endpoint"
EXTRA = "extra: {python: {source: endpoints/status.py}}"


def routes(path: str) -> bool:
    """Whether the SDK would start with this path."""
    try:
        Map([Rule(path, methods=["GET"], endpoint="x")])
    except (ValueError, LookupError, SyntaxError):
        return False
    return True


@example("/a/<item-id>")
@example("/a/<slug:id>")
@example("/a/<int:id>.json")
@example("/<path:rest>")
@example("/<>")
@example("/a>b")
@example("/<a")
@example("/<string(length=2):a>")
@example("/<a>/<a>")
@example("/<int:a>/<path:a>")
@given(st.lists(st.sampled_from([*"/<>:ab=1-. ", "int", "path", "string", "<a>", "<b>"]), max_size=12).map("".join))
def test_a_path_is_an_error_just_when_the_sdk_cannot_route_it(rest: str) -> None:
    path = "/" + rest
    tree = changed(f"path: {json.dumps(path)}\nmethod: GET\n{EXTRA}\n", STATUS, "endpoint")
    fatal = [each for each in found(PATH, tree) if each.severity is Severity.ERROR]
    assert bool(fatal) is not routes(path)


def test_a_stray_bracket_is_taken_as_it_stands() -> None:
    tree = changed(f"path: /files/id>\nmethod: GET\n{EXTRA}\n", STATUS, "endpoint")
    (finding,) = found(PATH, tree)
    assert finding.severity is Severity.WARNING
    assert text_at(tree, finding) == "/files/id>"


def test_a_path_without_a_slash_is_left_to_the_models_of_the_format() -> None:
    assert found(PATH, changed(f"path: a/<b\nmethod: GET\n{EXTRA}\n", STATUS, "endpoint")) == []


@pytest.mark.parametrize(
    ("path", "method", "count"),
    [
        ("/events", "POST", 1),
        ("/events", "post", 1),
        ("//events", "POST", 1),
        ("/events", "GET", 0),
        ("/events/", "POST", 0),
        ("/<name>", "POST", 0),
    ],
)
def test_an_address_is_answered_once(path: str, method: str, count: int) -> None:
    tree = changed(f"path: {path}\nmethod: {method}\n{EXTRA}\n", STATUS, "endpoint")
    findings = found(DUPLICATE, tree)
    assert [(each.location.path, text_at(tree, each)) for each in findings] == [(STATUS, path)] * count


def test_parts_that_vary_are_the_same_whatever_they_are_called() -> None:
    inline = f"path: /a/<%s>, method: GET, {EXTRA}"
    tree = changed(f"endpoints:\n  - {{{inline % 'x'}}}\n  - {{{inline % 'y'}}}\n", "group/shop.yaml", "endpoint")
    (finding,) = found(DUPLICATE, tree)
    assert finding.pointer == "/endpoints/1/path"
    tree = changed(f"endpoints:\n  - {{{inline % 'x'}}}\n  - {{{inline % 'int:y'}}}\n", "group/shop.yaml", "endpoint")
    assert found(DUPLICATE, tree) == []
