"""Parameters of tools, agent strategies, datasources and events, and what they are made of.

D tool-plugin.mdx:233; G tool_declaration.go, agent_declaration.go, datasource_declaration.go, trigger_declaration.go
and constant.go; S tool.py, agent.py, datasource_manifest.py, trigger.py and parameters.py. The four structures are
close relatives, but differ in the types they take, in who reads what, and in the name of the help text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from bot.findings import Severity
from bot.format.models.base import (
    ANY_SHAPE,
    DEBUGGING,
    PLATFORM,
    Origin,
    Remark,
    SdkOnly,
    Spec,
    Stringified,
    Unpacked,
    noise,
)
from bot.format.models.i18n import I18n
from bot.format.models.values import Basic, Json, Unwelcome
from bot.messages import say

_Name = Annotated[str, StringConstraints(min_length=1, max_length=1023)]

#: What authors of other schemas write for the keys of a parameter.
_FROM_JSON_SCHEMA: Mapping[str, str] = {"minimum": "min", "maximum": "max", "enum": "options"}


#: What authors write for the keys of an option.
OPTION_MISTAKES: Mapping[str, str] = {"name": "value", "key": "value", "id": "value", "text": "label", "title": "label"}


class ParameterAutoGenerate(Spec):
    type: Annotated[Literal["prompt_instruction"], Origin("What the console generates.")]


class ParameterTemplate(Spec):
    enabled: Annotated[bool, Origin("Whether the text may be a Jinja template.")]


class FormShowOn(Spec):
    """A condition under which a form field or option is shown."""

    variable: Annotated[str, Origin("The field that decides.")]
    value: Annotated[str, Origin("The value that field must have, as text.")]


class ParameterOption(Spec):
    mistaken: ClassVar[Mapping[str, str]] = OPTION_MISTAKES

    value: Annotated[str, Stringified(), Origin("The value that the plugin receives.")]
    label: Annotated[I18n, Origin("The text shown for it.")]
    icon: Annotated[str | None, Origin("An icon for it: a URL or base64 data.")] = None


class ToolParameterOption(ParameterOption):
    """An option of a tool's or agent strategy's parameter."""

    show_on: Annotated[
        list[FormShowOn],
        Origin("When the option is shown. The daemon drops it, so it works in remote debugging only.", daemon=False),
    ] = Field(default_factory=list)


class EventParameterOption(ParameterOption):
    """An option of an event's parameter; the daemon keeps the type of its value."""

    value: Annotated[str, Stringified(), Origin("The value that the plugin receives.", daemon_takes=ANY_SHAPE)]
    icon: Annotated[str | None, Origin("An icon for it. The daemon drops it.", daemon=False)] = None


class Parameter(Spec):
    """What the parameters of all kinds have in common."""

    name: Annotated[_Name, Origin("The name of the parameter, unique in its list.", checked_by=DEBUGGING)]
    label: Annotated[I18n, Origin("The name shown to users.")]
    min: Annotated[float | None, Origin("The least number.")] = None
    max: Annotated[float | None, Origin("The greatest number.")] = None
    precision: Annotated[int | None, Origin("How many decimal places a number has.")] = None
    auto_generate: Annotated[ParameterAutoGenerate | None, Origin("Lets the console write the value.")] = None
    template: Annotated[ParameterTemplate | None, Origin("Lets the value be a template.")] = None


#: G tool_declaration.go:57; S tool.py:78. Release 0.10.1 of the SDK has `date-picker` for `date-range`.
ToolParameterType = Literal[
    "string",
    "number",
    "boolean",
    "select",
    "secret-input",
    "file",
    "files",
    "app-selector",
    "model-selector",
    "any",
    "dynamic-select",
    "array",
    "object",
    "checkbox",
    "date",
    "date-range",
]


class ToolParameter(Parameter):
    mistaken: ClassVar[Mapping[str, str]] = {**_FROM_JSON_SCHEMA, "llm": "llm_description"}
    remarks: ClassVar[Mapping[str, Remark]] = {
        "placeholder": Remark(
            Severity.NOTICE, "The documentation names it, but daemon and SDK drop it, so it is never shown."
        ),
        **noise("help", "description", "display_name", "in", "max_length"),
    }

    human_description: Annotated[I18n, Origin("The description shown to users.")]
    type: Annotated[ToolParameterType, Origin("The type of the value.")]
    form: Annotated[
        Literal["schema", "form", "llm"],
        Origin("Who gives the value: `llm`, the model; `form`, the user beforehand; `schema`, whoever adds the tool."),
    ]
    required: Annotated[bool | None, Origin("Whether a value must be given.")] = None
    llm_description: Annotated[str | None, Origin("The description given to the model.")] = None
    scope: Annotated[
        str | None, Origin("What a selector offers: tokens joined by `&`, by the type of the parameter.")
    ] = None
    default: Annotated[Any, Json(), Origin("The value when none is given: a list just when `multiple` is true.")] = None
    multiple: Annotated[
        bool, Origin("Whether several options can be chosen: for `select` and `dynamic-select` only.")
    ] = False
    options: Annotated[list[ToolParameterOption] | None, Origin("What a `select` offers.")] = None
    input_schema: Annotated[
        dict[str, Any] | None, Origin("The JSON Schema of an `object` or `array`. The daemon drops it.", daemon=False)
    ] = None
    show_on: Annotated[list[FormShowOn], Origin("When the parameter is shown. The daemon drops it.", daemon=False)] = (
        Field(default_factory=list)
    )


def misfit(parameter: Mapping[str, Any]) -> tuple[str, str] | None:
    """The key of a tool's parameter that does not fit the others, and why the SDK refuses it.

    S tool.py:158, from release 0.10.0 on.
    """
    multiple, default = parameter.get("multiple", False), parameter.get("default")
    if not isinstance(multiple, bool) or not isinstance(parameter.get("type"), str):
        return None
    if parameter["type"] not in ("select", "dynamic-select"):
        reason = say("`multiple` is for parameters of the types `select` and `dynamic-select` only.")
        return ("multiple", reason) if multiple else None
    if default is None or isinstance(default, list) == multiple:
        return None
    if multiple:
        return "default", say("`default` must be a list, because `multiple` is true.")
    return "default", say("`default` is a list, but `multiple` is not true.")


class AgentStrategyParameter(Parameter):
    mistaken: ClassVar[Mapping[str, str]] = {
        **_FROM_JSON_SCHEMA,
        "human_description": "help",
        "description": "help",
        "helper": "help",
    }
    remarks: ClassVar[Mapping[str, Remark]] = noise("form", "llm_description", "placeholder")

    type: Annotated[
        Literal[
            "string",
            "number",
            "boolean",
            "select",
            "secret-input",
            "file",
            "files",
            "app-selector",
            "model-selector",
            "array[tools]",
            "any",
        ],
        SdkOnly(("object", "array"), refused_by=PLATFORM),
        Origin("The type of the value."),
    ]
    help: Annotated[I18n | None, Origin("The help shown to users.")] = None
    required: Annotated[bool | None, Origin("Whether a value must be given.")] = None
    scope: Annotated[str | None, Origin("What a selector offers: tokens joined by `&`.")] = None
    default: Annotated[Any, Basic(), Origin("The value when none is given.")] = None
    options: Annotated[list[ToolParameterOption] | None, Origin("What a `select` offers.")] = None


class DatasourceParameter(Parameter):
    mistaken: ClassVar[Mapping[str, str]] = {**_FROM_JSON_SCHEMA, "human_description": "description"}
    remarks: ClassVar[Mapping[str, Remark]] = noise("form", "help", "llm_description", "multiple")

    type: Annotated[
        Literal["string", "number", "boolean", "select", "secret-input"],
        SdkOnly(("file", "files")),
        Origin("The type of the value."),
    ]
    description: Annotated[I18n, Origin("The description shown to users.")]
    required: Annotated[bool, Origin("Whether a value must be given.")] = False
    placeholder: Annotated[I18n | None, Origin("The text in the empty field. The daemon drops it.", daemon=False)] = (
        None
    )
    scope: Annotated[str | None, Unwelcome(), Origin("No type of a datasource's parameter has a scope.")] = None
    default: Annotated[Any, Basic(), Origin("The value when none is given.")] = None
    options: Annotated[list[ParameterOption], Origin("What a `select` offers.")] = Field(default_factory=list)


class EventParameter(Parameter):
    """A parameter of an event or of a subscription constructor."""

    mistaken: ClassVar[Mapping[str, str]] = {**_FROM_JSON_SCHEMA, "human_description": "description"}
    remarks: ClassVar[Mapping[str, Remark]] = {
        key: Remark(Severity.NOTICE, "The documentation's example has it, but daemon and SDK drop it.")
        for key in ("help", "placeholder", "url")
    } | noise("form", "llm_description")

    name: Annotated[
        str,
        StringConstraints(min_length=1),
        Origin("The name of the parameter, unique in its list.", checked_by=DEBUGGING),
    ]
    type: Annotated[
        Literal[
            "string",
            "number",
            "boolean",
            "select",
            "file",
            "files",
            "model-selector",
            "app-selector",
            "object",
            "array",
            "dynamic-select",
            "checkbox",
        ],
        Origin("The type of the value."),
    ]
    description: Annotated[I18n | None, Origin("The description shown to users.")] = None
    required: Annotated[bool | None, Origin("Whether a value must be given.")] = None
    multiple: Annotated[bool | None, Origin("Whether several options can be chosen.")] = None
    scope: Annotated[str | None, Origin("What a selector offers.")] = None
    default: Annotated[Any, Basic(lists=()), Origin("The value when none is given.")] = None
    options: Annotated[list[EventParameterOption] | None, Origin("What a `select` offers.")] = None


#: A parameter as an item of a list whose items the SDK unpacks.
UnpackedToolParameter = Annotated[ToolParameter, Unpacked()]
UnpackedAgentStrategyParameter = Annotated[AgentStrategyParameter, Unpacked()]
UnpackedEventParameter = Annotated[EventParameter, Unpacked()]
