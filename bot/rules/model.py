"""Rules about models and their providers: what belongs together across their files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.document import Document, Pointer
from bot.findings import Authority, By, Confidence, Severity, quote, quote_list
from bot.plugin import LinkedDocument, Plugin, Reference
from bot.plugin.forms import Item, Structure, forms, items, spelling
from bot.rules.parameter import number
from bot.rules.registry import Example, Hit, at_key, at_parent, at_value, rule
from bot.spec.base import DocumentKind
from bot.spec.builtin import SECTIONS, TEMPLATES, Template

_PROVIDER = "provider/acme.yaml"
_SMALL = "models/llm/acme-small.yaml"
_CONSOLE_LISTS = "model_declaration.go:653"


@dataclass(frozen=True, slots=True)
class _Section:
    """A section of a provider's models, such as `models.llm`."""

    provider: LinkedDocument
    key: str
    data: dict[Any, Any]
    #: What its patterns find: models, and files with their order.
    found: tuple[LinkedDocument, ...]
    #: The order that it names.
    position: Reference | None

    @property
    def type(self) -> str:
        return SECTIONS[self.key][0]

    @property
    def models(self) -> list[LinkedDocument]:
        return [each for each in self.found if each.kind is DocumentKind.MODEL and each.document.readable]

    @property
    def orders(self) -> list[LinkedDocument]:
        return [each for each in self.found if each.kind is DocumentKind.MODEL_POSITION]


def _sections(plugin: Plugin) -> list[_Section]:
    """The sections of every model provider of the plugin."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    positions: dict[tuple[str, str], Reference] = {}
    for reference in plugin.references:
        match reference.pointer:
            case ("models", str(key), "predefined", *_):
                found.setdefault((reference.source, key), {}).update(dict.fromkeys(reference.found))
            case ("models", str(key), "position"):
                positions[reference.source, key] = reference
    sections = []
    for provider in plugin.linked(DocumentKind.MODEL_PROVIDER):
        for key in SECTIONS:
            data = provider.document.get("models", key)
            if isinstance(data, dict):
                place = (provider.path, key)
                documents = tuple(plugin.documents[path] for path in found.get(place, ()))
                sections.append(_Section(provider, key, data, documents, positions.get(place)))
    return sections


def _misplaced(plugin: Plugin) -> dict[str, tuple[LinkedDocument, str]]:
    """The models that no section of their type finds, by path, with the section that does."""
    wrong: dict[str, tuple[LinkedDocument, str]] = {}
    right: set[str] = set()
    for section in _sections(plugin):
        for linked in section.models:
            kind = linked.document.text_at("model_type")
            if kind == section.type:
                right.add(linked.path)
            elif kind in _TYPES:
                wrong.setdefault(linked.path, (linked, section.key))
    return {path: place for path, place in wrong.items() if path not in right}


_TYPES = {kind for kind, _ in SECTIONS.values()}


@rule(
    "schema/model-section",
    severity=Severity.WARNING,
    summary="A model lies in the section of another type.",
    why="The patterns of a section find the file, but the model is registered by its own `model_type`. Its place in "
    "the section's order has no effect, and a copy that was meant for another type goes unnoticed.",
    fix="Move the file to the folder of its type, or correct `model_type`.",
    authorities=(Authority(By.CONSOLE, "The model is listed under another type.", "model_declaration.go:773"),),
    bad=Example("model_type: rerank\n", path=_SMALL, base="model"),
    good=Example("model_type: llm\n", path=_SMALL, base="model"),
)
def model_section(plugin: Plugin) -> Iterator[Hit]:
    for linked, key in _misplaced(plugin).values():
        kind = linked.document.text_at("model_type") or ""
        message = (
            f"The model is of the type {quote(kind)}, but the section {quote(key)} finds it: it is listed under "
            f"{quote(kind)}, and not in the order of this section."
        )
        yield at_value(linked.document, ("model_type",), message, subject=kind)


_COPY = "model_type: llm\nmodel_properties:\n  mode: chat\n  context_size: 32768\n"


@rule(
    "schema/duplicate-model",
    severity=Severity.WARNING,
    summary="Two files describe the same model.",
    why="Models are told apart by type and name. Two files of one name give two entries in the console, and usually "
    "the model that the second file was meant for is missing: it was copied, and its name was not changed.",
    fix="Give the file the name of its own model, or remove it.",
    authorities=(Authority(By.CONSOLE, "The model is listed twice.", "model_declaration.go:380"),),
    bad=Example("", base="model", files={"models/llm/acme-tiny.yaml": f"model: acme-small\n{_COPY}"}),
    good=Example("", base="model", files={"models/llm/acme-tiny.yaml": f"model: acme-tiny\n{_COPY}"}),
)
def duplicate_model(plugin: Plugin) -> Iterator[Hit]:
    named: dict[tuple[str, str], list[LinkedDocument]] = {}
    misplaced = _misplaced(plugin)
    for linked in plugin.linked(DocumentKind.MODEL):
        name, kind = linked.document.text_at("model"), linked.document.text_at("model_type")
        if name and kind and linked.path not in misplaced:
            named.setdefault((kind, name), []).append(linked)
    for (_, name), found in named.items():
        # The file that is called like the model is right; a copy is called like the model that it should describe.
        found.sort(key=lambda linked: (not _called_like(linked.path, name), linked.path))
        for linked in found[1:]:
            message = f"The model {quote(name)} is described in {quote(found[0].path)} already: it is listed twice."
            yield at_value(linked.document, ("model",), message, subject=name)


def _called_like(path: str, name: str) -> bool:
    stem = path.rpartition("/")[2].removesuffix(".yaml")
    return re.sub(r"\W|_", "", stem).lower() == re.sub(r"\W|_", "", name).lower()


# --- providers --------------------------------------------------------------------------------------------------


@rule(
    "schema/model-types",
    severity=Severity.WARNING,
    summary="The supported types and the models of a provider do not agree.",
    why="The console lists a provider's models by `supported_model_types`. Models of a type that is not in it are not "
    "offered; a type in it without any model is empty, unless users can add models themselves.",
    fix="Add the type, add the section with its models, or remove what is too much.",
    authorities=(Authority(By.CONSOLE, "Models are not offered, or a type is empty.", _CONSOLE_LISTS),),
    confidence=Confidence.LIKELY,
    bad=Example("supported_model_types:\n  - rerank\n", path=_PROVIDER, base="model"),
    good=Example("supported_model_types:\n  - llm\n  - text-embedding\n", path=_PROVIDER, base="model"),
)
def model_types(plugin: Plugin) -> Iterator[Hit]:
    misplaced = _misplaced(plugin)
    present: dict[str, set[str]] = {}
    for section in _sections(plugin):
        supported = _texts(section.provider.document.get("supported_model_types"))
        models = [linked for linked in section.models if linked.path not in misplaced]
        # A pattern without a match is a finding of its own.
        if models or section.data.get("predefined"):
            present.setdefault(section.provider.path, set()).add(section.type)
        if models and supported is not None and section.type not in supported:
            message = (
                f"The models of the section {quote(section.key)} are probably never offered: {quote(section.type)} is "
                "not among `supported_model_types`."
            )
            yield at_key(section.provider.document, ("models", section.key), message, subject=section.key)
    for provider in plugin.linked(DocumentKind.MODEL_PROVIDER):
        supported = _texts(provider.document.get("supported_model_types"))
        methods = _texts(provider.document.get("configurate_methods"))
        if supported is None or methods is None or "customizable-model" in methods:
            continue
        for index, kind in enumerate(supported):
            if kind in _TYPES and kind not in present.get(provider.path, ()):
                message = f"The provider supports {quote(kind)}, but has no models of this type."
                yield at_value(provider.document, ("supported_model_types", index), message, subject=kind)


def _texts(value: Any) -> list[str] | None:
    """The list if it holds texts only: anything else is reported as such."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return None


_LABEL = "  model:\n    label:\n      en_US: Model name\n"
_FORM = "  credential_form_schemas:\n    - variable: api_key\n      type: secret-input\n      required: true\n"
_KEY_LABEL = "      label:\n        en_US: API key\n"
_METHODS = "configurate_methods:\n  - predefined-model\n"


@rule(
    "schema/configurate-methods",
    severity=Severity.WARNING,
    summary="The methods of configuration and the credential forms of a provider do not agree.",
    why="With `customizable-model` users add models of their own, in the form `model_credential_schema`; without that "
    "form they cannot, and without that method the form is never shown. `predefined-model` has its credentials in "
    "`provider_credential_schema`; a provider without credentials does without.",
    fix="Add the form or the method, or remove the other.",
    authorities=(Authority(By.CONSOLE, "Users cannot add models.", "model-designing-rules.mdx:430"),),
    bad=Example(f"{_METHODS}  - customizable-model\n", path=_PROVIDER, base="model"),
    good=Example(
        f"{_METHODS}  - customizable-model\nmodel_credential_schema:\n{_LABEL}{_FORM}{_KEY_LABEL}",
        path=_PROVIDER,
        base="model",
    ),
)
def configurate_methods(plugin: Plugin) -> Iterator[Hit]:
    for provider in plugin.linked(DocumentKind.MODEL_PROVIDER):
        document = provider.document
        methods = _texts(document.get("configurate_methods"))
        if not methods:
            continue
        customizable = "customizable-model" in methods
        if customizable and document.get("model_credential_schema") is None:
            message = "Users cannot add models: `customizable-model` needs a form in `model_credential_schema`."
            pointer = ("configurate_methods", methods.index("customizable-model"))
            yield at_value(document, pointer, message, subject="customizable-model")
        if not customizable and document.get("model_credential_schema") is not None:
            message = (
                "The form `model_credential_schema` is never shown: `configurate_methods` lacks `customizable-model`."
            )
            yield at_key(document, ("model_credential_schema",), message, subject="model_credential_schema")
        if methods == ["predefined-model"] and document.get("provider_credential_schema") is None:
            message = "Nobody can enter credentials: there is no `provider_credential_schema`."
            pointer = ("configurate_methods", 0)
            yield at_value(document, pointer, message, severity=Severity.NOTICE, subject="predefined-model")


@rule(
    "schema/background",
    severity=Severity.WARNING,
    summary="The background colour of a provider is none.",
    why="The console passes `background` on as a colour of CSS; what is none shows nothing.",
    fix="Write three or six hexadecimal digits after `#`, in quotes.",
    authorities=(Authority(By.CONSOLE, "The colour is not shown.", "model-designing-rules.mdx:90"),),
    bad=Example('background: "#FFFFF"\n', path=_PROVIDER, base="model"),
    good=Example('background: "#FFFFFF"\n', path=_PROVIDER, base="model"),
)
def background(plugin: Plugin) -> Iterator[Hit]:
    for provider in plugin.linked(DocumentKind.MODEL_PROVIDER):
        value = provider.document.text_at("background")
        # Names and functions of CSS are left alone: only what begins like a number of digits can be told wrong.
        if value is not None and value.startswith("#") and not _COLOUR.fullmatch(value):
            message = f"{quote(value)} is no colour: `#` takes 3, 4, 6 or 8 hexadecimal digits."
            yield at_value(provider.document, ("background",), message, subject=value)


_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")


# --- credential forms -------------------------------------------------------------------------------------------

_SHOWN = (
    "provider_credential_schema:\n  credential_form_schemas:\n    - variable: mode\n      type: select\n"
    "      required: true\n      label:\n        en_US: Mode\n      options:\n        - value: cloud\n"
    "          label:\n            en_US: Cloud\n    - variable: api_key\n      type: secret-input\n"
    "      required: true\n      label:\n        en_US: API key\n      show_on:\n        - variable: mode\n"
    "          value: {}\n"
)


@rule(
    "schema/show-on",
    severity=Severity.WARNING,
    summary="A condition in `show_on` can never hold.",
    why="A field with `show_on` is shown when another field of the same form has a certain value. If there is no such "
    "field, or its value is none that it offers, the field never appears. The console adds `__model_type` and "
    "`__model_name` to the form.",
    fix="Name a field of the same form and one of its values.",
    authorities=(Authority(By.CONSOLE, "The field never appears.", "model-designing-rules.mdx:562"),),
    bad=Example(_SHOWN.format("local"), path=_PROVIDER, base="model"),
    good=Example(_SHOWN.format("cloud"), path=_PROVIDER, base="model"),
)
def show_on(plugin: Plugin) -> Iterator[Hit]:
    for form in forms(plugin):
        if form[0].structure is not Structure.MODEL_FORM:
            continue
        # What each field can have for a value; None when users may type anything.
        fields: dict[str, list[str] | None] = {}
        for item in form:
            offered = _offers(item)
            before = fields.get(item.name or "", [])
            fields[item.name or ""] = None if before is None or not offered else [*before, *offered]
        for item in form:
            for at in (item.pointer, *(item.at("options", index) for index, _ in item.options())):
                conditions = item.document.get(*at, "show_on")
                for index in range(len(conditions) if isinstance(conditions, list) else 0):
                    yield from _condition(item, (*at, "show_on", index), fields)


#: What the console itself puts into the form of a model.
_SPECIAL = ("__model_type", "__model_name")


def _condition(item: Item, pointer: Pointer, fields: dict[str, list[str] | None]) -> Iterator[Hit]:
    document = item.document
    variable, value = (document.text_at(*pointer, key) for key in ("variable", "value"))
    if variable is None or value is None:
        return
    if variable in _SPECIAL:
        if variable == "__model_type" and value not in (*_TYPES, "text2img"):
            message = f"{quote(value)} is no type of model: {quote(item.name or '?')} never appears."
            yield at_value(document, (*pointer, "value"), message, subject=value)
        return
    if variable not in fields:
        message = f"There is no field {quote(variable)} in this form: {quote(item.name or '?')} never appears."
        yield at_value(document, (*pointer, "variable"), message, subject=variable)
        return
    offered = fields[variable]
    if offered is not None and value not in offered:
        message = (
            f"{quote(variable)} never has the value {quote(value)}, only {quote_list(offered, 8)}: "
            f"{quote(item.name or '?')} never appears."
        )
        yield at_value(document, (*pointer, "value"), message, subject=value)


def _offers(item: Item) -> list[str]:
    """The values that a field can have; none when users may type anything."""
    if item.type == "switch":
        return ["true", "false"]
    return [value for _, value in item.option_values()] if item.type in ("select", "radio") else []


@rule(
    "schema/required-omitted",
    severity=Severity.NOTICE,
    summary="A field of a credential form does not say whether it is required.",
    why="Without `required`, the daemon takes the field as optional and the SDK as required: it is optional in an "
    "installed plugin, and required while the plugin is debugged remotely.",
    fix="Write `required: true` or `required: false`.",
    authorities=(
        Authority(By.INSTALLER, "The field is optional.", "model_declaration.go:557"),
        Authority(By.DEBUGGING, "The field is required.", "entities/model/provider.py:86"),
    ),
    bad=Example(
        "provider_credential_schema:\n  credential_form_schemas:\n    - variable: api_key\n      type: secret-input\n"
        f"{_KEY_LABEL}",
        path=_PROVIDER,
        base="model",
    ),
    good=Example(f"provider_credential_schema:\n{_FORM}{_KEY_LABEL}", path=_PROVIDER, base="model"),
)
def required_omitted(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.MODEL_FORM):
        if item.type is not None and "required" not in item.data:
            message = f"{quote(item.name or '?')} is optional once installed, but required while debugging: say which."
            yield at_parent(item.document, item.at("required"), message, subject=item.name or "")


# --- order ------------------------------------------------------------------------------------------------------


@rule(
    "schema/model-position",
    severity=Severity.NOTICE,
    summary="The order of models names one that does not exist, or one twice.",
    why="The order only sorts: a name without a model has no effect. Usually the model was renamed or removed, or the "
    "name is misspelt and the model it means is sorted last.",
    fix="Correct or remove the line.",
    authorities=(Authority(By.CONSOLE, "The line has no effect.", "decoder/helper.go:115"),),
    bad=Example("- acme-small\n- acme-huge\n", path="models/llm/_position.yaml", base="model", whole=True),
    good=Example("- acme-small\n", path="models/llm/_position.yaml", base="model", whole=True),
)
def model_position(plugin: Plugin) -> Iterator[Hit]:
    # An order that the section does not name is a finding of its own: the daemon never reads it.
    for section in _sections(plugin):
        models = {linked.document.text_at("model") for linked in section.models}
        for path in section.position.found if section.position is not None and models else ():
            yield from _entries(plugin.documents[path], models)


def _entries(order: LinkedDocument, models: set[str | None]) -> Iterator[Hit]:
    names = order.document.data
    seen: set[str] = set()
    for index, name in enumerate(names if isinstance(names, list) else []):
        if not isinstance(name, str):
            continue
        if name not in models:
            message = f"There is no model {quote(name)} in this section: the line has no effect."
            yield at_value(order.document, (index,), message, subject=name, group=f"schema/model-position {order.path}")
        elif name in seen:
            message = f"{quote(name)} stands in the order already: the line has no effect."
            yield at_value(order.document, (index,), message, subject=name)
        seen.add(name)


@rule(
    "schema/model-position-file",
    severity=Severity.NOTICE,
    summary="Only one of daemon and SDK finds the order of a section's models.",
    why="The daemon reads the file that `position` names. The SDK ignores that key and takes whatever file its "
    "patterns find whose name ends in `_position.yaml`. A file that only one of them finds sorts the models of an "
    "installed plugin, or those of one that is debugged remotely, but not both.",
    fix="Call the file `_position.yaml`, put it beside the models, and name it in `position`.",
    authorities=(
        Authority(By.INSTALLER, "Without `position`, the models are not sorted.", "decoder/helper.go:115"),
        Authority(By.DEBUGGING, "A file of another name is not found.", "entities/model/provider.py:256"),
    ),
    bad=Example("models:\n  llm:\n    predefined:\n      - models/llm/*.yaml\n", path=_PROVIDER, base="model"),
    good=Example(
        "models:\n  llm:\n    position: models/llm/_position.yaml\n    predefined:\n      - models/llm/*.yaml\n",
        path=_PROVIDER,
        base="model",
    ),
)
def model_position_file(plugin: Plugin) -> Iterator[Hit]:
    for section in _sections(plugin):
        document, named = section.provider.document, section.position
        found = [order.path for order in section.orders]
        if named is None and found and section.data.get("position") is None:
            message = f"`position` does not name {quote(found[0])}: an installed plugin does not sort these models."
            yield at_parent(document, ("models", section.key, "position"), message, subject=found[0])
        elif named is not None and named.found and named.found[0] not in found and section.data.get("predefined"):
            message = (
                f"The SDK does not find {quote(named.written)}: it looks for a name that ends in `_position.yaml` "
                "among the files of `predefined`. Debugged remotely, these models are not sorted."
            )
            yield at_value(document, named.pointer, message, subject=named.written)


# --- models -----------------------------------------------------------------------------------------------------


@rule(
    "schema/rule-range",
    severity=Severity.WARNING,
    summary="The limits and the default of a model's parameter contradict each other.",
    why="A rule takes over the limits of its template where it has none of its own: `max_tokens` goes up to 2048, the "
    "penalties up to 1. With a default outside, the slider starts where it does not reach, and the value is lost as "
    "soon as it is touched.",
    fix="Correct the default, or give the rule limits of its own.",
    authorities=(
        Authority(By.CONSOLE, "The default is out of reach.", "model_declaration.go:116, entities/model/schema.py:45"),
    ),
    bad=Example(
        "parameter_rules:\n  - name: max_tokens\n    use_template: max_tokens\n    default: 4096\n",
        path=_SMALL,
        base="model",
    ),
    good=Example(
        "parameter_rules:\n  - name: max_tokens\n    use_template: max_tokens\n    default: 4096\n    max: 8192\n",
        path=_SMALL,
        base="model",
    ),
)
def rule_range(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.MODEL):
        for pointer, data in _rules(linked.document):
            yield from _limits(linked.document, pointer, data)
            yield from _rule_default(linked.document, pointer, data)


def _rules(document: Document) -> Iterator[tuple[Pointer, dict[Any, Any]]]:
    rules = document.get("parameter_rules")
    for index, data in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(data, dict):
            yield ("parameter_rules", index), data


def _template(data: dict[Any, Any]) -> Template | None:
    name = data.get("use_template")
    return TEMPLATES.get(name) if isinstance(name, str) else None


def _limit(data: dict[Any, Any], key: str) -> float | None:
    """The rule's own limit or default, else that of its template."""
    value = data.get(key)
    if value is None:
        template = _template(data)
        value = getattr(template, key) if template is not None else None
    return number(value)


def _name(data: dict[Any, Any]) -> str:
    name = data.get("name")
    return quote(name if isinstance(name, str) and name else "?")


def _limits(document: Document, pointer: Pointer, data: dict[Any, Any]) -> Iterator[Hit]:
    low, high, default = (_limit(data, key) for key in ("min", "max", "default"))
    name = _name(data)
    if low is not None and high is not None and low > high:
        key = "max" if data.get("max") is not None else "min"
        message = f"The least value of {name}, {low:g}, is above the greatest, {high:g}: no number fits."
        yield at_value(document, (*pointer, key), message, subject=f"{low:g} {high:g}")
        return
    for limit, beyond, key in ((low, "below the least", "min"), (high, "above the greatest", "max")):
        if default is None or limit is None or (default >= limit if key == "min" else default <= limit):
            continue
        template = data.get("use_template") if data.get(key) is None else None
        whose = f" of the template {quote(template)}" if template is not None else ""
        # The value that the rule itself gives is at fault; the other comes from the template.
        at = "default" if data.get("default") is not None else key
        lead = "The default" if at == "default" else "The template's default"
        message = f"{lead} of {name}, {default:g}, is {beyond} value{whose}, {limit:g}."
        yield at_value(document, (*pointer, at), message, subject=f"{default:g} {limit:g}")


def _rule_default(document: Document, pointer: Pointer, data: dict[Any, Any]) -> Iterator[Hit]:
    default = data.get("default")
    template = _template(data)
    kind = data.get("type", template.type if template is not None else None)
    name = _name(data)
    at = (*pointer, "default")
    options = _texts(data.get("options"))
    if default is None:
        return
    if options:
        if isinstance(default, str) and default and default not in options:
            message = (
                f"The default of {name} is {quote(default)}, which is none of its options: {quote_list(options, 8)}."
            )
            yield at_value(document, at, message, subject=default)
        return
    wrong = {
        "int": number(default) is None or not float(number(default) or 0).is_integer(),
        "float": number(default) is None,
        "boolean": not isinstance(default, bool),
        "string": not isinstance(default, str),
        "text": not isinstance(default, str),
    }
    if isinstance(kind, str) and wrong.get(kind, False):
        message = f"The default of {name} is {_shown(document, at)}, but its type is {quote(kind)}."
        yield at_value(document, at, message, subject=_shown(document, at))


def _shown(document: Document, pointer: Pointer) -> str:
    """A value for a message: as it is spelled in the file."""
    text = spelling(document, pointer, document.get(*pointer))
    return quote(text) if text is not None else "a list or a mapping"


@rule(
    "schema/max-tokens",
    severity=Severity.NOTICE,
    summary="A model may be asked for more tokens than its context holds.",
    why="`max_tokens` is the length of the answer, `context_size` that of question and answer together. A greater "
    "`max` lets users ask for what the model's service refuses.",
    fix="Lower `max`, or correct `context_size`.",
    authorities=(Authority(By.DOCS, "The service refuses the call.", "model-designing-rules.mdx:171"),),
    confidence=Confidence.LIKELY,
    bad=Example(
        "parameter_rules:\n  - name: max_tokens\n    use_template: max_tokens\n    max: 1000000\n",
        path=_SMALL,
        base="model",
    ),
    good=Example(
        "parameter_rules:\n  - name: max_tokens\n    use_template: max_tokens\n    max: 4096\n",
        path=_SMALL,
        base="model",
    ),
)
def max_tokens(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.MODEL):
        size = number(linked.document.get("model_properties", "context_size"))
        for pointer, data in _rules(linked.document):
            highest = number(data.get("max"))
            if "max_tokens" not in (data.get("use_template"), data.get("name")) or highest is None or size is None:
                continue
            if highest > size > 0:
                message = f"Up to {highest:,.0f} tokens may be asked for, but the context holds {size:,.0f}."
                yield at_value(linked.document, (*pointer, "max"), message, subject=f"{highest:g} {size:g}")


#: What the console or the SDK reads of a model of each type: the property, how bad its lack is, and what happens.
_PROPERTIES: dict[str, tuple[tuple[str, Severity, str], ...]] = {
    "llm": (
        ("mode", Severity.WARNING, "the console cannot tell whether it is a chat model"),
        ("context_size", Severity.WARNING, "Dify cannot tell how much of a conversation fits"),
    ),
    "text-embedding": (
        ("context_size", Severity.WARNING, "texts that are too long are not cut"),
        ("max_chunks", Severity.NOTICE, "every text takes a call of its own"),
    ),
    "tts": (
        ("voices", Severity.WARNING, "users have no voice to choose, unless the code lists them"),
        ("default_voice", Severity.WARNING, "no voice is chosen"),
    ),
}


@rule(
    "schema/model-properties",
    severity=Severity.WARNING,
    summary="A model lacks a property that Dify reads of its type, or has one that makes no sense.",
    why="The SDK accepts any values in `model_properties`, and none. What is missing shows when the model is used: "
    "prompts are not cut to the context, texts are embedded one by one, no voice can be chosen.",
    fix="Add the property that the finding names.",
    authorities=(Authority(By.DOCS, "The model works less well, or not at all.", "model-designing-rules.mdx:164"),),
    bad=Example("model_properties:\n  mode: chat\n", path=_SMALL, base="model"),
    good=Example("model_properties:\n  mode: chat\n  context_size: 32768\n", path=_SMALL, base="model"),
)
def model_properties(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.MODEL):
        document = linked.document
        properties = document.get("model_properties")
        kind = document.text_at("model_type")
        if not isinstance(properties, dict) or kind is None:
            continue
        for key, severity, happens in _PROPERTIES.get(kind, ()):
            # Without voices there is nothing to choose a default from.
            if properties.get(key) is None and not (key == "default_voice" and properties.get("voices") is None):
                message = f"The model has no {quote(key)}: {happens}."
                yield at_parent(document, ("model_properties", key), message, severity=severity, subject=key)
        yield from _senseless(document, properties, kind)


def _senseless(document: Document, properties: dict[Any, Any], kind: str) -> Iterator[Hit]:
    mode = properties.get("mode")
    if kind == "llm" and mode is not None and mode not in ("chat", "completion"):
        at = ("model_properties", "mode")
        message = f"`mode` is `chat` or `completion`, not {_shown(document, at)}."
        yield at_value(document, at, message, subject=_shown(document, at))
    for key in ("context_size", "max_chunks", "word_limit", "max_workers", "max_characters_per_chunk"):
        value = properties.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value <= 0):
            at = ("model_properties", key)
            message = f"{quote(key)} is a whole number above zero, not {_shown(document, at)}."
            yield at_value(document, at, message, subject=_shown(document, at))
    voices = properties.get("voices")
    default = properties.get("default_voice")
    modes = [each.get("mode") for each in voices if isinstance(each, dict)] if isinstance(voices, list) else []
    if kind == "tts" and isinstance(default, str) and modes and default not in modes:
        message = f"The default voice {quote(default)} is none of the `mode`s of `voices`."
        yield at_value(document, ("model_properties", "default_voice"), message, subject=default)


_PRICES = "pricing:\n  input: '0.15'\n  output: '0.60'\n  unit: '{}'\n  currency: USD\n"


@rule(
    "schema/pricing",
    severity=Severity.NOTICE,
    summary="The price of a model comes out wrong.",
    why="What a call costs is tokens times `unit` times price: with prices per million tokens the unit is `0.000001`. "
    "A unit of zero makes every call free, and one of a million multiplies instead of dividing.",
    fix="Write the unit as a fraction of one token, the prices as numbers from zero on, and the currency as three "
    "capital letters.",
    authorities=(Authority(By.CONSOLE, "Dify shows wrong costs.", "model-designing-rules.mdx:416"),),
    bad=Example(_PRICES.format("1000000"), path=_SMALL, base="model"),
    good=Example(_PRICES.format("0.000001"), path=_SMALL, base="model"),
)
def pricing(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.MODEL):
        document = linked.document
        prices = document.get("pricing")
        if not isinstance(prices, dict):
            continue
        unit, *amounts = (_decimal(prices.get(key)) for key in ("unit", "input", "output"))
        costs = [amount for amount in amounts if amount]
        if unit is not None and (unit < 0 or unit > 1 or (unit == 0 and costs)):
            happens = "every call counts as free" if unit == 0 else "the costs shown are wrong"
            at = ("pricing", "unit")
            message = f"The unit is {_shown(document, at)}: {happens}. Per million tokens it is `0.000001`."
            yield at_value(document, at, message, subject=_shown(document, at))
        for key, amount in zip(("input", "output"), amounts, strict=True):
            if amount is not None and amount < 0:
                message = f"The price of {key} is negative: {_shown(document, ('pricing', key))}."
                yield at_value(document, ("pricing", key), message, subject=_shown(document, ("pricing", key)))
        currency = prices.get("currency")
        if isinstance(currency, str) and not re.fullmatch(r"[A-Z]{3}", currency):
            message = f"{quote(currency)} is no currency: write three capital letters, such as USD."
            yield at_value(document, ("pricing", "currency"), message, subject=currency)


def _decimal(value: Any) -> Decimal | None:
    """The price as both readers take it; None for what they refuse."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    # Python refuses to spell out integers of thousands of digits.
    if isinstance(value, int) and value.bit_length() > 200:
        return None
    try:
        amount = Decimal(str(value)[:100])
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
