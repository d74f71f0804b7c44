"""Rules about model providers: model types, credential forms, appearance."""

from __future__ import annotations

from collections.abc import Iterator

from bot.document import Document, Pointer
from bot.findings import Authority, By, Confidence, Severity, quote, quote_list
from bot.format.builtin import SECTIONS
from bot.format.traits import DocumentKind, Structure
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.forms import Item, forms, items
from bot.rules.registry import Example, Hit, at_key, at_parent, at_value, rule
from bot.rules.schema.model_sections import (
    MODEL_TYPES,
    PROVIDER_PATH,
    are_sections,
    misplaced_models,
    model_sections,
    text_items,
)

_CONSOLE_LISTS = "model_declaration.go:653"


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
    bad=Example("supported_model_types:\n  - rerank\n", path=PROVIDER_PATH, base="model"),
    good=Example("supported_model_types:\n  - llm\n  - text-embedding\n", path=PROVIDER_PATH, base="model"),
)
def model_types(plugin: Plugin) -> Iterator[Hit]:
    misplaced = misplaced_models(plugin)
    present: dict[str, set[str]] = {}
    at = ("supported_model_types",)
    for section in model_sections(plugin):
        supported = _supported(section.provider.document)
        models = [linked for linked in section.models if linked.path not in misplaced]
        # A pattern without a match is a finding of its own.
        if models or section.data.get("predefined"):
            present.setdefault(section.provider.path, set()).add(section.type)
        if models and supported and section.type not in supported:
            message = say(
                "The models of the section {key} are probably never offered: {type} is not among "
                "`supported_model_types`.",
                key=quote(section.key),
                type=quote(section.type),
            )
            yield at_key(section.provider.document, ("models", section.key), message, subject=section.key)
    for provider in plugin.linked(DocumentKind.MODEL_PROVIDER):
        supported = _supported(provider.document)
        methods = text_items(provider.document.get("configurate_methods"))
        if supported is None or methods is None or not are_sections(provider.document):
            continue
        found = present.get(provider.path, ())
        if not supported and found:
            message = say("No model is offered: {key} is empty.", key=quote(at[0]))
            yield at_value(provider.document, at, message)
        if "customizable-model" in methods:
            continue
        if len(supported) > 1 and not found:
            message = say("The provider supports {kinds}, but has no models.", kinds=quote_list(supported))
            yield at_key(provider.document, at, message)
            continue
        written = provider.document.get("models")
        if isinstance(written, dict) and not written.keys() <= SECTIONS.keys():
            continue  # A section by another name is a finding of its own.
        for index, kind in enumerate(supported):
            if kind not in found:
                message = say("The provider supports {kind}, but has no models of this type.", kind=quote(kind))
                yield at_value(provider.document, (*at, index), message, subject=kind)


def _supported(document: Document) -> list[str] | None:
    """The types that a provider supports, where all are types that there are: another may be meant for any."""
    supported = text_items(document.get("supported_model_types"))
    return supported if supported is not None and MODEL_TYPES.issuperset(supported) else None


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
    bad=Example(f"{_METHODS}  - customizable-model\n", path=PROVIDER_PATH, base="model"),
    good=Example(
        f"{_METHODS}  - customizable-model\nmodel_credential_schema:\n{_LABEL}{_FORM}{_KEY_LABEL}",
        path=PROVIDER_PATH,
        base="model",
    ),
)
def configurate_methods(plugin: Plugin) -> Iterator[Hit]:
    for provider in plugin.linked(DocumentKind.MODEL_PROVIDER):
        document = provider.document
        methods = text_items(document.get("configurate_methods"))
        if not methods:
            continue
        customizable = "customizable-model" in methods
        if customizable and document.get("model_credential_schema") is None:
            message = say("Users cannot add models: `customizable-model` needs a form in `model_credential_schema`.")
            pointer = ("configurate_methods", methods.index("customizable-model"))
            yield at_value(document, pointer, message, subject="customizable-model")
        if not customizable and document.get("model_credential_schema") is not None:
            message = say(
                "The form `model_credential_schema` is never shown: `configurate_methods` lacks `customizable-model`."
            )
            yield at_key(document, ("model_credential_schema",), message, subject="model_credential_schema")
        if methods == ["predefined-model"] and document.get("provider_credential_schema") is None:
            message = say("Nobody can enter credentials: there is no `provider_credential_schema`.")
            pointer = ("configurate_methods", 0)
            yield at_value(document, pointer, message, severity=Severity.NOTICE, subject="predefined-model")


@rule(
    "schema/background",
    severity=Severity.WARNING,
    summary="The background of a provider is not a colour.",
    why="The console passes `background` on as a colour of CSS; anything else shows nothing.",
    fix="Write three or six hexadecimal digits after `#`, in quotes.",
    authorities=(Authority(By.CONSOLE, "The colour is not shown.", "model-designing-rules.mdx:90"),),
    bad=Example('background: "#FFFFF"\n', path=PROVIDER_PATH, base="model"),
    good=Example('background: "#FFFFFF"\n', path=PROVIDER_PATH, base="model"),
)
def background(plugin: Plugin) -> Iterator[Hit]:
    for provider in plugin.linked(DocumentKind.MODEL_PROVIDER):
        value = provider.document.text_at("background")
        # Names and functions of CSS are left alone: only what begins like a number of digits can be told wrong.
        if value is not None and value.startswith("#") and not _COLOUR.fullmatch(value):
            message = say("{value} is not a colour: `#` takes 3, 4, 6 or 8 hexadecimal digits.", value=quote(value))
            yield at_value(provider.document, ("background",), message, subject=value)


_COLOUR = regex(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")


# --- credential forms -------------------------------------------------------------------------------------------

_SHOWN = (
    "provider_credential_schema:\n  credential_form_schemas:\n    - variable: mode\n      type: select\n"
    "      required: true\n      label:\n        en_US: Mode\n      options:\n        - value: cloud\n"
    "          label:\n            en_US: Cloud\n    - variable: api_key\n      type: secret-input\n"
    "      required: true\n      label:\n        en_US: API key\n      show_on:\n        - variable: mode\n"
    "          value: {}\n"
)


_SWITCH = (
    "provider_credential_schema:\n  credential_form_schemas:\n    - variable: verbose\n      type: {}\n"
    "      label:\n        en_US: Verbose\n{}"
)
_YES_NO = (
    "      options:\n        - value: 'true'\n          label:\n            en_US: Yes\n"
    "        - value: 'false'\n          label:\n            en_US: No\n"
)


@rule(
    "schema/undrawn-field",
    severity=Severity.WARNING,
    summary="A field of a type that the console does not draw.",
    why="The documentation, the SDK and the platform know the type `switch`. The form of the console does not: users "
    "see no field, and the value is never set.",
    fix="Write `type: radio` or `select` with the options `true` and `false`.",
    authorities=(
        Authority(By.CONSOLE, "Nothing is shown.", "web/app/components/base/form/components/base/base-field.tsx:238"),
    ),
    bad=Example(_SWITCH.format("switch", ""), path=PROVIDER_PATH, base="model"),
    good=Example(_SWITCH.format("radio", _YES_NO), path=PROVIDER_PATH, base="model"),
)
def undrawn_field(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.MODEL_FORM):
        if item.type == "switch":
            message = say(
                "The console draws nothing for a {value}: nobody sees {name}.",
                value=quote("switch"),
                name=quote(item.name or "?"),
            )
            yield at_value(item.document, item.at("type"), message, subject="switch")


@rule(
    "schema/show-on",
    severity=Severity.WARNING,
    summary="A condition in `show_on` can never hold.",
    why="A field with `show_on` is shown when another field of the same form has a certain value. If there is no such "
    "field, or it does not offer that value, the field never appears. The console adds `__model_type` and "
    "`__model_name` to the form.",
    fix="Name a field of the same form and one of its values.",
    authorities=(Authority(By.CONSOLE, "The field never appears.", "model-designing-rules.mdx:562"),),
    bad=Example(_SHOWN.format("local"), path=PROVIDER_PATH, base="model"),
    good=Example(_SHOWN.format("cloud"), path=PROVIDER_PATH, base="model"),
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
        if variable == "__model_type" and value not in (*MODEL_TYPES, "text2img"):
            message = say(
                "{value} is not a type of model: {name} never appears.",
                value=quote(value),
                name=quote(item.name or "?"),
            )
            yield at_value(document, (*pointer, "value"), message, subject=value)
        return
    if variable not in fields:
        message = say(
            "There is no field {variable} in this form: {name} never appears.",
            variable=quote(variable),
            name=quote(item.name or "?"),
        )
        yield at_value(document, (*pointer, "variable"), message, subject=variable)
        return
    offered = fields[variable]
    if offered is not None and value not in offered:
        message = say(
            "{variable} never has the value {value}, only {offered}: {name} never appears.",
            variable=quote(variable),
            value=quote(value),
            offered=quote_list(offered, 8),
            name=quote(item.name or "?"),
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
        path=PROVIDER_PATH,
        base="model",
    ),
    good=Example(f"provider_credential_schema:\n{_FORM}{_KEY_LABEL}", path=PROVIDER_PATH, base="model"),
)
def required_omitted(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.MODEL_FORM):
        if item.type is not None and "required" not in item.data:
            message = say(
                "{name} is optional once installed, but required while debugging: write `required`.",
                name=quote(item.name or "?"),
            )
            yield at_parent(item.document, item.at("required"), message, subject=item.name or "")
