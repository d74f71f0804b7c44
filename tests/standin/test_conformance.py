"""The stand-in is a part of GitHub, and the check that says so can fail."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    is_specified_scalar_type,
)

from standin import graphql, rest
from tests.standin.conftest import WorldFactory
from tests.support import github_spec, npm_files

REVIEWS = "/repos/acme/plugins/pulls/1/reviews"
ENTRY = {"path": "a.txt", "line": 1, "body": "x"}


@pytest.fixture(autouse=True)
def _installed() -> None:
    try:
        github_spec.openapi()
    except npm_files.MissingFile as error:
        pytest.fail(str(error), pytrace=False)


@pytest.mark.parametrize(("method", "path"), rest.routes())
def test_every_endpoint_is_one_of_github(method: str, path: str) -> None:
    operation = github_spec.openapi().operation(method, path.replace("{", "").replace("}", ""))
    assert operation is not None
    # `{archive_format}` is spelt out: there is only one.
    shape = [part if not part.startswith("{") else "{}" for part in operation.template.split("/")]
    served = [part if not part.startswith("{") else "{}" for part in path.replace("zip", "{}").split("/")]
    assert served == shape


def test_the_graph_is_a_part_of_github() -> None:
    whole = github_spec.graphql().schema
    for name, mine in build_schema(graphql.SDL).type_map.items():
        if name.startswith("__") or is_specified_scalar_type(mine):
            continue
        theirs = whole.type_map[name]
        assert type(mine) is type(theirs), name
        if isinstance(mine, GraphQLEnumType) and isinstance(theirs, GraphQLEnumType):
            assert set(mine.values) == set(theirs.values), name
        if isinstance(mine, GraphQLInputObjectType) and isinstance(theirs, GraphQLInputObjectType):
            assert _inputs(mine.fields) == _inputs(theirs.fields), name
        if isinstance(mine, (GraphQLObjectType, GraphQLInterfaceType)):
            assert isinstance(theirs, (GraphQLObjectType, GraphQLInterfaceType))
            assert {i.name for i in mine.interfaces} <= {i.name for i in theirs.interfaces}, name
            for field, definition in mine.fields.items():
                described = theirs.fields[field]
                assert str(definition.type) == str(described.type), f"{name}.{field}"
                assert _inputs(definition.args).items() <= _inputs(described.args).items(), f"{name}.{field}"


def _inputs(given: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    return {name: (str(value.type), repr(value.default_value)) for name, value in given.items()}


def test_every_deviation_is_still_needed() -> None:
    unchanged = github_spec.OpenAPI(defects=())
    for defect in github_spec.DEFECTS:
        properties, name = unchanged.defective(defect)
        if defect.kind == "missing":
            assert name not in properties, defect
        else:
            assert properties[name].get("nullable") is not True, defect
            assert "anyOf" not in properties[name], defect


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"event": "NOPE"}, "/event: 'NOPE' is not one of"),
        ({"comments": [{"body": "x"}]}, "'path' is a required property"),
        ({"comments": [ENTRY | {"line": "1"}]}, "/comments/0/line: '1' is not of type 'integer'"),
        ({"comments": [ENTRY | {"subject_type": "file"}]}, "/comments/0/subject_type: nothing is known of this key"),
        ({"boby": "x"}, "/boby: nothing is known of this key"),
        ({"body": None}, "/body: None for not nullable"),
        ([], "is not of type 'object'"),
    ],
)
def test_wrong_requests_are_found(body: Any, problem: str) -> None:
    found = github_spec.openapi().check_request("POST", REVIEWS, "", body)
    assert any(problem in text for text in found), found


def test_wrong_addresses_are_found() -> None:
    check = github_spec.openapi().check_request
    assert check("GET", "/repos/acme/plugins/pullz", "", None) == ["GET /repos/acme/plugins/pullz does not exist"]
    assert "per_pages" in check("GET", REVIEWS, "per_pages=3", None)[0]
    assert "not an integer" in check("GET", REVIEWS, "per_page=many", None)[0]
    assert "cannot be" in check("GET", "/repos/acme/plugins/pulls", "state=merged", None)[0]
    assert check("GET", REVIEWS, "", {}) == ["no body is expected"]
    assert check("POST", "/repos/acme/plugins/issues/1/comments", "", None) == ["a body is required"]
    assert check("GET", REVIEWS, "per_page=3&page=2", None) == []


def test_check_run_requests_are_held_to_their_limits() -> None:
    note = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "error", "message": "m"}
    output = {"title": "t", "summary": "x" * 65_536, "annotations": [note] * 51}
    body = {"name": "n", "head_sha": "s", "output": output}
    found = "\n".join(github_spec.openapi().check_request("POST", "/repos/a/b/check-runs", "", body))
    for problem in ("is too long", "'error' is not one of", "/output/annotations: "):
        assert problem in found


def test_wrong_answers_are_found(world: WorldFactory) -> None:
    w = world()
    right = w.api("GET", "pulls/1").json
    check = github_spec.openapi().check_response
    path = "/repos/acme/plugins/pulls/1"
    assert check("GET", path, 200, right) == []
    assert "'title' is a required property" in check("GET", path, 200, {k: right[k] for k in right if k != "title"})[0]
    assert "/head/sha" in check("GET", path, 200, right | {"head": right["head"] | {"sha": 7}})[0]
    assert check("GET", path, 200, right | {"invented": 1}) == ["/invented: nothing is known of this key"]
    assert check("GET", path, 201, right) == ["the status 201 is not one of /repos/{owner}/{repo}/pulls/{pull_number}"]
    assert check("GET", path, 403, {"message": "no", "status": "403"}) == []
    assert check("GET", path, 403, {"message": 7}) != []
    assert check("DELETE", "/repos/acme/plugins/issues/comments/1", 204, {}) == ["204 has no body"]
    assert check("GET", "/nothing", 404, {"message": "Not Found"}) == []
    assert check("GET", "/nothing", 200, {}) == ["GET /nothing does not exist"]


def test_wrong_events_are_found(world: WorldFactory) -> None:
    w = world()
    event = w.gh.event("pull_request_target", action="opened", pull=w.pull)
    check = github_spec.openapi().check_event
    assert check("pull_request_target", event) == []
    assert check("pull_request_target", event | {"number": "1"}) != []
    assert check("pull_request", event | {"action": "invented"}) == ["there is no event pull-request invented"]


def test_wrong_queries_are_found() -> None:
    check = github_spec.graphql().check
    query = 'query($n: Int!) { repository(owner: "a", name: "b") { pullRequest(number: $n) { %s } } }'
    assert check(query % "id", {"n": 1}) == []
    assert "Cannot query field 'nope'" in check(query % "nope", {"n": 1})[0]
    assert "invalid value" in check(query % "id", {"n": "1"})[0]
    assert "Syntax Error" in check("{", None)[0]


def test_the_fixture_reports_what_a_client_did_wrong(world: WorldFactory) -> None:
    w = world(malformed=True)
    w.api("POST", "pulls/1/reviews", {"event": "NOPE"})
    assert w.gh.problems() == []
    w.gh.malformed = False
    (problem,) = w.gh.problems()
    assert problem.startswith("POST /repos/acme/plugins/pulls/1/reviews → 422: /event: 'NOPE' is not one of")
    w.gh.malformed = True


def test_a_missing_description_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npm_files, "FOLDER", tmp_path)
    for kind in (github_spec.OpenAPI, github_spec.GraphQL):
        with pytest.raises(npm_files.MissingFile, match=r"python tests/support/npm_files.py install"):
            kind()
