"""Rules about the methods that a declaration asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.document import Pointer
from bot.document.scalars import is_true
from bot.findings import Authority, By, Confidence, Severity, quote, quote_list
from bot.format.traits import TRAITS, DocumentKind
from bot.messages import say
from bot.plugin import LinkedDocument, Plugin
from bot.plugin.sources import CONSTRUCTOR, CONSTRUCTOR_CLASS, Declared, Sources, sources_of
from bot.python.classes import Found, overrides
from bot.rules.python.loading import parsed_sources
from bot.rules.registry import Example, Hit, at_key, at_value, rule


def _single(sources: Sources, item: Declared) -> Found | None:
    """The class that the SDK takes from a source, when that is certain."""
    for base in item.bases:
        found = sources.subclasses(item, base).single
        if found is not None:
            return found
    return None


def _lacks(sources: Sources, found: Found, method: str) -> bool:
    """Whether a class certainly has neither a method that the SDK calls nor the public one around it."""
    return all(overrides(sources.modules, found, name) is False for name in (method, method.removeprefix("_")))


def _place(item: Declared, key: str) -> Pointer | None:
    """Where a key is that a class answers for: none of a trigger provider's, but for its subscription constructor's."""
    if item.linked.kind is not DocumentKind.TRIGGER_PROVIDER:
        return (key,)
    return (*CONSTRUCTOR, key) if item.bases == (CONSTRUCTOR_CLASS,) else None


_DYNAMIC = "dynamic-select"
_OPTIONS = "_fetch_parameter_options"


@rule(
    "python/dynamic-select-options",
    severity=Severity.ERROR,
    summary="A dynamic-select parameter has nobody who fetches its options.",
    why="The console asks the class for the options of a `dynamic-select` parameter; without "
    "`_fetch_parameter_options` the SDK raises NotImplementedError, and the list stays empty.",
    fix="Implement `_fetch_parameter_options` in the class, or use `select` with options.",
    authorities=(Authority(By.SDK, "The parameter has no options.", "interfaces/tool/tool.py:441"),),
    bad=Example(
        "parameters:\n  - name: city\n    type: dynamic-select\n    form: form\n    label:\n      en_US: City\n"
        "    human_description:\n      en_US: The city.\n",
        path="tools/current_weather.yaml",
    ),
    good=Example(
        "parameters:\n  - name: city\n    type: string\n    form: form\n    label:\n      en_US: City\n"
        "    human_description:\n      en_US: The city.\n",
        path="tools/current_weather.yaml",
    ),
)
def dynamic_select_options(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for item in parsed_sources(sources):
        pointer = _place(item, "parameters") if TRAITS[item.linked.kind].has_dynamic_options else None
        parameters = item.linked.document.get(*pointer) if pointer else None
        if pointer is None or not isinstance(parameters, list):
            continue
        dynamic = [i for i, each in enumerate(parameters) if isinstance(each, dict) and each.get("type") == _DYNAMIC]
        found = _single(sources, item) if dynamic else None
        if found is None or not _lacks(sources, found, _OPTIONS):
            continue
        for index in dynamic:
            name = parameters[index].get("name")
            message = say(
                "{name} is a dynamic-select, but {name2} in {path} does not implement {options}: the list stays empty.",
                name=quote(name),
                name2=quote(found.name),
                path=quote(item.path),
                options=quote(_OPTIONS),
            )
            yield at_value(item.linked.document, (*pointer, index, "type"), message, subject=str(name))


_OAUTH = ("_oauth_get_authorization_url", "_oauth_get_credentials")


@rule(
    "python/oauth-methods",
    severity=Severity.WARNING,
    summary="A provider declares an OAuth schema that its class does not implement.",
    why="The console offers the sign-in; the SDK calls the class for the address and the credentials, and raises "
    "NotImplementedError.",
    fix="Implement `_oauth_get_authorization_url` and `_oauth_get_credentials`, or remove `oauth_schema`.",
    authorities=(Authority(By.SDK, "Signing in fails.", "interfaces/tool/tool.py:303"),),
    bad=Example(
        "oauth_schema:\n  client_schema:\n    - name: client_id\n      type: text-input\n      label:\n"
        "        en_US: Client ID\n  credentials_schema:\n    - name: access_token\n      type: secret-input\n"
        "      label:\n        en_US: Access token\n",
        path="provider/weather.yaml",
    ),
    good=Example("", path="provider/weather.yaml"),
)
def oauth_methods(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for item in parsed_sources(sources):
        pointer = _place(item, "oauth_schema") if TRAITS[item.linked.kind].has_oauth else None
        schema = item.linked.document.get(*pointer) if pointer else None
        found = _single(sources, item) if pointer and _offers_sign_in(item.linked, schema) else None
        lacking = [name for name in _OAUTH if found is not None and _lacks(sources, found, name)]
        if pointer and found is not None and lacking:
            message = say(
                "{name} in {path} does not implement {lacking}: signing in fails.",
                name=quote(found.name),
                path=quote(item.path),
                lacking=quote_list(lacking),
            )
            yield at_key(item.linked.document, pointer, message, subject=" ".join(lacking))


def _offers_sign_in(linked: LinkedDocument, schema: Any) -> bool:
    """Whether the console offers it: with a tool, only where something is to be kept of it."""
    if not isinstance(schema, dict) or not schema:
        return False
    return schema.get("credentials_schema") != [] or linked.kind is not DocumentKind.TOOL_PROVIDER


@rule(
    "python/credentials-check",
    severity=Severity.WARNING,
    summary="A provider asks for credentials that its class does not check.",
    why="When a user saves credentials, the SDK has the class check them. A class that does not do so raises "
    "NotImplementedError, and the credentials are not saved.",
    fix="Implement the method that the finding names: it raises an error for wrong credentials, and does nothing "
    "otherwise.",
    authorities=(Authority(By.SDK, "Credentials cannot be saved.", "interfaces/tool/tool.py:298"),),
    bad=Example(
        "from dify_plugin import ToolProvider\n\n\nclass WeatherProvider(ToolProvider):\n    pass\n",
        path="provider/weather.py",
        whole=True,
    ),
    good=Example(
        "from dify_plugin import ToolProvider\n\n\nclass WeatherProvider(ToolProvider):\n"
        "    def _validate_credentials(self, credentials):\n        pass\n",
        path="provider/weather.py",
        whole=True,
    ),
)
def credentials_check(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for item in parsed_sources(sources):
        key, method = TRAITS[item.linked.kind].credentials or ("", "")
        pointer = _place(item, key) if key else None
        asked = item.linked.document.get(*pointer) if pointer else None
        found = _single(sources, item) if asked and isinstance(asked, dict | list) else None
        if pointer and found is not None and _lacks(sources, found, method):
            message = say(
                "{name} in {path} does not implement {method}: credentials cannot be saved.",
                name=quote(found.name),
                path=quote(item.path),
                method=quote(method),
            )
            yield at_key(item.linked.document, pointer, message, subject=method)


@rule(
    "python/runtime-parameters",
    severity=Severity.WARNING,
    confidence=Confidence.CERTAIN,
    summary="The tool's YAML and its class disagree about runtime parameters.",
    why="An installed plugin goes by `has_runtime_parameters` in the YAML, remote debugging by whether the class "
    "overrides `_get_runtime_parameters`. Where they differ, the parameters are there in one and not in the other.",
    fix="Set `has_runtime_parameters: true` exactly when the class overrides `_get_runtime_parameters`.",
    authorities=(
        Authority(By.INSTALLER, "The YAML decides.", "tool_declaration.go:179"),
        Authority(By.SDK, "The class decides.", "core/plugin_registration.py:229"),
    ),
    bad=Example("has_runtime_parameters: true\n", path="tools/current_weather.yaml"),
    good=Example("has_runtime_parameters: false\n", path="tools/current_weather.yaml"),
)
def runtime_parameters(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for item in parsed_sources(sources):
        if item.linked.kind is not DocumentKind.TOOL:
            continue
        definition = _single(sources, item)
        method = "_get_runtime_parameters"
        in_code = overrides(sources.modules, definition, method) if definition is not None else None
        declared = is_true(item.linked.document.get("has_runtime_parameters"))
        if in_code is False and declared:
            message = say(
                "`has_runtime_parameters` is true, but the class in {path} has no {method}.",
                path=quote(item.path),
                method=quote(method),
            )
            yield at_value(item.linked.document, ("has_runtime_parameters",), message)
        elif in_code is True and not declared and definition is not None and definition.path is not None:
            message = say(
                "The class overrides {method}, but {path} does not say `has_runtime_parameters: true`: an "
                "installed plugin never shows these parameters.",
                method=quote(method),
                path=quote(item.linked.path),
            )
            yield Hit(message, definition.path, definition.span, subject=item.linked.path, anchor=method)
