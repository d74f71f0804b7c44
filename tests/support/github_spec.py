"""GitHub's own description of its API, which the tests hold requests and the stand-in's answers to.

It is one of the files that `tests/support/npm_files.py` fetches. `OpenAPI` knows the REST API and the events, `GraphQL`
the other one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import Any, Literal
from urllib.parse import parse_qsl

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate
from graphql.execution import get_variable_values
from jsonschema.exceptions import ValidationError, best_match
from msgspec import Struct
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.support import npm_files


class Defect(Struct, frozen=True):
    """A property of which GitHub's description says something else than GitHub does.

    `null`: GitHub gives null there, which the description excludes. `missing`: the description lacks the property.
    """

    schema: str
    path: tuple[str, ...]
    kind: Literal["null", "missing"]
    reason: str


_POSITION = "null for outdated and whole-file comments; github/rest-api-description#5568"
_SUBMODULE = "null for a submodule; github/rest-api-description#5563"
_FORK = "null after the fork was deleted; github/rest-api-description#424"
_STATUS = "every error repeats its status in the body, as these do in parkerbxyz/suggest-changes#64"

#: Everything in which the tests deviate from GitHub's description.
DEFECTS = (
    Defect("pull-request-review-comment", ("position",), "null", _POSITION),
    Defect("pull-request-review-comment", ("line",), "null", _POSITION),
    Defect("pull-request-review-comment", ("original_line",), "null", _POSITION),
    Defect("review-comment", ("line",), "null", _POSITION),
    Defect("review-comment", ("original_line",), "null", _POSITION),
    Defect("diff-entry", ("blob_url",), "null", _SUBMODULE),
    Defect("diff-entry", ("raw_url",), "null", _SUBMODULE),
    Defect("pull-request", ("head", "repo"), "null", _FORK),
    Defect("pull-request-simple", ("head", "repo"), "null", _FORK),
    Defect("validation-error", ("status",), "missing", _STATUS),
    Defect("validation-error-simple", ("status",), "missing", _STATUS),
)


_ROOT = "urn:github"


def _prepared(value: Any) -> Any:
    """The description in the terms of the validator: absolute references, and null where a schema allows it."""
    if isinstance(value, list):
        return [_prepared(item) for item in value]
    if not isinstance(value, dict):
        return value
    # A discriminator only says which of several schemas to try; all are tried.
    value = {key: _prepared(item) for key, item in value.items() if key != "discriminator"}
    if isinstance(value.get("$ref"), str):
        value["$ref"] = value["$ref"].replace("#/", f"{_ROOT}#/", 1)
    return _nullable(value) if value.get("nullable") is True else value


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if "enum" in schema and None not in schema["enum"]:
        schema = schema | {"enum": [*schema["enum"], None]}
    if "type" in schema:
        return schema | {"nullable": True}
    return {"anyOf": [{"enum": [None]}, {key: item for key, item in schema.items() if key != "nullable"}]}


class _Operation(Struct, frozen=True):
    method: str
    template: str
    pattern: re.Pattern[str]
    description: Mapping[str, Any]


#: The parameters of a path that may contain slashes.
_WITH_SLASHES = ("path", "ref", "basehead", "branch", "tree_sha")


class OpenAPI:
    """GitHub's REST API and its events. Raises `npm_files.MissingFile` if the description is not installed."""

    def __init__(self, defects: Sequence[Defect] = DEFECTS) -> None:
        document = _prepared(json.loads(npm_files.read(npm_files.REST)))
        self.schemas: dict[str, Any] = document["components"]["schemas"]
        for defect in defects:
            properties, name = self.defective(defect)
            properties[name] = _nullable(properties[name]) if defect.kind == "null" else {"type": "string"}
        self._components = document["components"]
        self._webhooks = document["x-webhooks"]
        resource = Resource.from_contents(document, default_specification=DRAFT4)
        self._registry: Registry[Any] = Registry().with_resource(_ROOT, resource)
        self._operations = sorted(
            (
                _Operation(method.upper(), template, _path_pattern(template), description)
                for template, methods in document["paths"].items()
                for method, description in methods.items()
                if isinstance(description, dict)
            ),
            # A path spelled out goes before one with a parameter in the same place.
            key=lambda operation: (operation.template.count("{"), -len(operation.template)),
        )
        self._by_path: dict[tuple[str, str], _Operation | None] = {}
        #: Values that a schema allows, wherever the stand-in listens: tests see the same ones again and again.
        self._allowed: set[tuple[int, str]] = set()

    def defective(self, defect: Defect) -> tuple[dict[str, Any], str]:
        """The properties among which a defect is, and the name of its own."""
        schema = self.schemas[defect.schema]
        for name in defect.path[:-1]:
            schema = schema["properties"][name]
        return schema["properties"], defect.path[-1]

    def operation(self, method: str, path: str) -> _Operation | None:
        if (method, path) not in self._by_path:
            fitting = (each for each in self._operations if each.method == method and each.pattern.fullmatch(path))
            self._by_path[method, path] = next(fitting, None)
        return self._by_path[method, path]

    def check_request(self, method: str, path: str, query: str, body: Any) -> list[str]:
        """What GitHub's description does not allow about a request; `body` None is not a body."""
        operation = self.operation(method, path)
        if operation is None:
            return [f"{method} {path} does not exist"]
        problems = list(self._query_problems(operation, query))
        described = operation.description.get("requestBody")
        if described is None:
            return [*problems, *(["no body is expected"] if body is not None else [])]
        schema = self._resolved(described)["content"]["application/json"]["schema"]
        if body is None:
            return [*problems, *(["a body is required"] if described.get("required") else [])]
        return problems + self._problems(schema, body)

    def check_response(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What GitHub's description does not allow about an answer; `body` None is not a body.

        The description names few of the ways in which a request can fail, so any of GitHub's three shapes of errors
        will do for a failure that it does not mention.
        """
        operation = self.operation(method, path)
        if operation is None:
            return [] if status == 404 else [f"{method} {path} does not exist"]
        described = operation.description["responses"].get(str(status))
        if described is None and status < 400:
            return [f"the status {status} is not one of {operation.template}"]
        if described is None:
            return self._problems(_ANY_ERROR, body)
        content = self._resolved(described).get("content")
        if content is None:
            return [f"{status} has no body"] if body is not None else []
        return self._problems(content["application/json"]["schema"], body)

    def check_event(self, name: str, payload: Mapping[str, Any]) -> list[str]:
        """What GitHub's description does not allow about the payload of an event."""
        if name == "schedule":
            return []  # it is not a webhook, so GitHub does not describe it
        name = name.replace("pull_request_target", "pull_request").replace("_", "-")
        action = str(payload.get("action", "")).replace("_", "-")
        hook = self._webhooks.get(f"{name}-{action}" if action else name)
        if hook is None:
            return [f"there is no event {name} {action}"]
        schema = hook["post"]["requestBody"]["content"]["application/json"]["schema"]
        return self._problems(schema, payload)

    def _query_problems(self, operation: _Operation, query: str) -> Iterator[str]:
        described = {
            parameter["name"]: parameter["schema"]
            for parameter in map(self._resolved, operation.description.get("parameters", ()))
            if parameter["in"] == "query"
        }
        for name, value in parse_qsl(query, keep_blank_values=True):
            if name not in described:
                yield f"the parameter {name} is not one of {operation.template}"
            elif described[name].get("type") == "integer" and not value.isdecimal():
                yield f"the parameter {name} is not an integer: {value}"
            elif value not in described[name].get("enum", [value]):
                yield f"the parameter {name} cannot be {value}"

    def _resolved(self, value: Any) -> Any:
        """What a reference stands for, anything else as it is."""
        while isinstance(value, dict) and "$ref" in value:
            kind, name = value["$ref"].split("/")[-2:]
            value = self._components[kind][name]
        return value

    def _problems(self, schema: Any, value: Any) -> list[str]:
        """`schema` is a part of the description, which stays."""
        key = (id(schema), _PORT.sub("//", json.dumps(value)))
        if key in self._allowed:
            return []
        validator = OAS30Validator(schema, registry=self._registry, format_checker=oas30_format_checker)
        found = [
            f"/{'/'.join(map(str, error.absolute_path))}: {error.message[-300:]}"
            for error in map(_telling, validator.iter_errors(value))
        ]
        found = found or list(self._unknown(schema, value, ""))
        if not found:
            self._allowed.add(key)
        return found

    def _unknown(self, schema: Any, value: Any, where: str) -> Iterator[str]:
        """Keys that no schema knows. The description allows them, but GitHub neither reads nor sends them."""
        if isinstance(value, list):
            items = [option["items"] for option in self._options(schema) if "items" in option]
            for index, item in enumerate(value):
                yield from self._unknown({"anyOf": items}, item, f"{where}/{index}") if items else ()
        if isinstance(value, dict):
            options = [option for option in self._options(schema) if option.get("type", "object") == "object"]
            named = [option["properties"] for option in options if "properties" in option]
            # A mapping whose keys are not described may have any.
            if not named or any(option.get("additionalProperties") for option in options):
                return
            for key, item in value.items():
                known = [properties[key] for properties in named if key in properties]
                if known:
                    yield from self._unknown({"anyOf": known}, item, f"{where}/{key}")
                else:
                    yield f"{where}/{key}: nothing is known of this key"

    def _options(self, schema: Any) -> Iterator[Mapping[str, Any]]:
        """The schemas that a value may follow."""
        schema = self._resolved(schema)
        yield schema
        for combination in ("allOf", "anyOf", "oneOf"):
            for option in schema.get(combination, ()):
                yield from self._options(option)


def _telling(error: ValidationError) -> ValidationError:
    """Why the likeliest of several schemas does not fit, rather than that none does."""
    return best_match([error]) or error


_PORT = re.compile(r"//127\.0\.0\.1:\d+")

_ANY_ERROR = {
    "anyOf": [
        {"$ref": f"{_ROOT}#/components/schemas/{name}"}
        for name in ("basic-error", "validation-error", "validation-error-simple")
    ]
}


def _path_pattern(template: str) -> re.Pattern[str]:
    pattern = re.escape(template)
    pattern = re.sub(rf"\\{{(?:{'|'.join(_WITH_SLASHES)})\\}}", ".*", pattern)
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", pattern))


class GraphQL:
    """GitHub's GraphQL API. Raises `npm_files.MissingFile` if the description is not installed."""

    def __init__(self) -> None:
        self._text = npm_files.read(npm_files.GRAPHQL)

    @cached_property
    def schema(self) -> GraphQLSchema:
        return build_schema(self._text, assume_valid=True)

    @lru_cache(maxsize=64)  # noqa: B019 - there is one description
    def _checked(self, query: str) -> tuple[DocumentNode | None, tuple[str, ...]]:
        """The query, and what is wrong with it. Jobs send the same few queries again and again."""
        try:
            document = parse(query)
        except GraphQLError as error:
            return None, (error.message,)
        return document, tuple(error.message for error in validate(self.schema, document))

    def check(self, query: str, variables: Mapping[str, Any] | None) -> list[str]:
        """What GitHub's schema does not allow about a request."""
        document, found = self._checked(query)
        problems = list(found)
        for definition in document.definitions if document else ():
            if problems or not isinstance(definition, OperationDefinitionNode):
                continue
            values = get_variable_values(self.schema, definition.variable_definitions or (), dict(variables or {}))
            if isinstance(values, list):
                problems += [error.message for error in values]
        return problems


@cache
def openapi() -> OpenAPI:
    """The description, read once. Raises `npm_files.MissingFile`."""
    return OpenAPI()


@cache
def graphql() -> GraphQL:
    """The description, read once. Raises `npm_files.MissingFile`."""
    return GraphQL()
