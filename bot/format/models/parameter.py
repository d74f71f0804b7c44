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

_Name = Annotated[str, StringConstraints(min_length=1, max_length=1023)]

#: What authors of other schemas write for the keys of a parameter.
_FROM_JSON_SCHEMA: Mapping[str, str] = {"minimum": "min", "maximum": "max", "enum": "options"}


#: What authors write for the keys of an option.
OPTION_MISTAKES: Mapping[str, str] = {"name": "value", "key": "value", "id": "value", "text": "label", "title": "label"}


class ParameterAutoGenerate(Spec):
    """G tool_declaration.go:120; S parameters.py:66."""

    type: Annotated[
        Literal["prompt_instruction"],
        Origin("What the console generates.", daemon="tool_declaration.go:121", sdk="parameters.py:70"),
    ]


class ParameterTemplate(Spec):
    """G tool_declaration.go:124; S parameters.py:76."""

    enabled: Annotated[
        bool,
        Origin("Whether the text may be a Jinja template.", daemon="tool_declaration.go:125", sdk="parameters.py:77"),
    ]


class FormShowOn(Spec):
    """A condition under which a form field or option is shown. D model-designing-rules.mdx:562; S provider.py:46."""

    variable: Annotated[
        str,
        Origin(
            "The field that decides.",
            docs="model-designing-rules.mdx:564",
            daemon="model_declaration.go:503",
            sdk="provider.py:51",
        ),
    ]
    value: Annotated[
        str,
        Origin(
            "The value that field must have, as text.",
            docs="model-designing-rules.mdx:568",
            daemon="model_declaration.go:504",
            sdk="provider.py:52",
        ),
    ]


class ParameterOption(Spec):
    """G constant.go:26; S parameters.py:47."""

    mistaken: ClassVar[Mapping[str, str]] = OPTION_MISTAKES

    value: Annotated[
        str,
        Stringified(),
        Origin("The value that the plugin receives.", daemon="constant.go:27", sdk="parameters.py:48"),
    ]
    label: Annotated[I18n, Origin("The text shown for it.", daemon="constant.go:28", sdk="parameters.py:49")]
    icon: Annotated[
        str | None,
        Origin("An icon for it: a URL or base64 data.", daemon="constant.go:29", sdk="parameters.py:50"),
    ] = None


class ToolParameterOption(ParameterOption):
    """An option of a tool's or agent strategy's parameter. S tool.py:50."""

    show_on: Annotated[
        list[FormShowOn],
        Origin(
            "When the option is shown. The daemon drops it, so it works in remote debugging only.", sdk="tool.py:51"
        ),
    ] = Field(default_factory=list)


class EventParameterOption(ParameterOption):
    """An option of an event's parameter; the daemon keeps the type of its value. G trigger_declaration.go:21."""

    value: Annotated[
        str,
        Stringified(),
        Origin(
            "The value that the plugin receives.",
            daemon="trigger_declaration.go:23",
            sdk="parameters.py:48",
            daemon_takes=ANY_SHAPE,
        ),
    ]
    icon: Annotated[
        str | None,
        Origin("An icon for it. The daemon drops it.", sdk="parameters.py:50"),
    ] = None


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


class ToolParameter(Spec):
    """D tool-plugin.mdx:233; G tool_declaration.go:128; S tool.py:77."""

    mistaken: ClassVar[Mapping[str, str]] = {**_FROM_JSON_SCHEMA, "llm": "llm_description"}
    remarks: ClassVar[Mapping[str, Remark]] = {
        "placeholder": Remark(
            Severity.NOTICE, "The documentation names it, but daemon and SDK drop it, so it is never shown."
        ),
        **noise("help", "description", "display_name", "in", "max_length"),
    }

    name: Annotated[
        _Name,
        Origin(
            "The name of the parameter, unique among the tool's parameters.",
            docs="tool-plugin.mdx:234",
            daemon="tool_declaration.go:129",
            sdk="tool.py:117",
            checked_by=DEBUGGING,
        ),
    ]
    label: Annotated[
        I18n,
        Origin(
            "The name shown to users.", docs="tool-plugin.mdx:236", daemon="tool_declaration.go:130", sdk="tool.py:118"
        ),
    ]
    human_description: Annotated[
        I18n,
        Origin(
            "The description shown to users.",
            docs="tool-plugin.mdx:249",
            daemon="tool_declaration.go:131",
            sdk="tool.py:119",
        ),
    ]
    type: Annotated[
        ToolParameterType,
        Origin(
            "The type of the value.", docs="tool-plugin.mdx:235", daemon="tool_declaration.go:132", sdk="tool.py:123"
        ),
    ]
    form: Annotated[
        Literal["schema", "form", "llm"],
        Origin(
            "Who gives the value: `llm`, the model; `form`, the user beforehand; `schema`, whoever adds the tool.",
            docs="tool-plugin.mdx:237",
            daemon="tool_declaration.go:134",
            sdk="tool.py:133",
        ),
    ]
    required: Annotated[
        bool | None,
        Origin(
            "Whether a value must be given.",
            docs="tool-plugin.mdx:240",
            daemon="tool_declaration.go:136",
            sdk="tool.py:138",
        ),
    ] = None
    llm_description: Annotated[
        str | None,
        Origin(
            "The description given to the model.",
            docs="tool-plugin.mdx:251",
            daemon="tool_declaration.go:135",
            sdk="tool.py:137",
        ),
    ] = None
    scope: Annotated[
        str | None,
        Origin(
            "What a selector offers: tokens joined by `&`, by the type of the parameter.",
            docs="general-specifications.mdx:134",
            daemon="tool_declaration.go:133",
            sdk="tool.py:132",
        ),
    ] = None
    default: Annotated[
        Any,
        Json(),
        Origin(
            "The value when none is given: a list just when `multiple` is true.",
            docs="tool-plugin.mdx:246",
            daemon="tool_declaration.go:139",
            sdk="tool.py:146",
        ),
    ] = None
    min: Annotated[
        float | None,
        Origin("The least number.", docs="tool-plugin.mdx:247", daemon="tool_declaration.go:140", sdk="tool.py:147"),
    ] = None
    max: Annotated[
        float | None,
        Origin("The greatest number.", docs="tool-plugin.mdx:248", daemon="tool_declaration.go:141", sdk="tool.py:148"),
    ] = None
    precision: Annotated[
        int | None,
        Origin("How many decimal places a number has.", daemon="tool_declaration.go:143", sdk="tool.py:149"),
    ] = None
    multiple: Annotated[
        bool,
        Origin(
            "Whether several options can be chosen: for `select` and `dynamic-select` only.",
            daemon="tool_declaration.go:142",
            sdk="tool.py:139",
        ),
    ] = False
    options: Annotated[
        list[ToolParameterOption] | None,
        Origin(
            "What a `select` offers.", docs="tool-plugin.mdx:243", daemon="tool_declaration.go:144", sdk="tool.py:150"
        ),
    ] = None
    auto_generate: Annotated[
        ParameterAutoGenerate | None,
        Origin("Lets the console write the value.", daemon="tool_declaration.go:137", sdk="tool.py:124"),
    ] = None
    template: Annotated[
        ParameterTemplate | None,
        Origin("Lets the value be a template.", daemon="tool_declaration.go:138", sdk="tool.py:128"),
    ] = None
    input_schema: Annotated[
        dict[str, Any] | None,
        Origin("The JSON Schema of an `object` or `array`. The daemon drops it.", sdk="tool.py:152"),
    ] = None
    show_on: Annotated[
        list[FormShowOn],
        Origin("When the parameter is shown. The daemon drops it.", sdk="tool.py:153"),
    ] = Field(default_factory=list)


def misfit(parameter: Mapping[str, Any]) -> tuple[str, str] | None:
    """The key of a tool's parameter that does not fit the others, and why the SDK refuses it.

    S tool.py:158, from release 0.10.0 on.
    """
    multiple, default = parameter.get("multiple", False), parameter.get("default")
    if not isinstance(multiple, bool) or not isinstance(parameter.get("type"), str):
        return None
    if parameter["type"] not in ("select", "dynamic-select"):
        reason = "`multiple` is for parameters of the types `select` and `dynamic-select` only."
        return ("multiple", reason) if multiple else None
    if default is None or isinstance(default, list) == multiple:
        return None
    if multiple:
        return "default", "`default` must be a list, because `multiple` is true."
    return "default", "`default` is a list, but `multiple` is not true."


class AgentStrategyParameter(Spec):
    """D agent-strategy-plugin.mdx:120; G agent_declaration.go:60; S agent.py:49."""

    mistaken: ClassVar[Mapping[str, str]] = {
        **_FROM_JSON_SCHEMA,
        "human_description": "help",
        "description": "help",
        "helper": "help",
    }
    remarks: ClassVar[Mapping[str, Remark]] = noise("form", "llm_description", "placeholder")

    name: Annotated[
        _Name,
        Origin(
            "The name of the parameter, unique in the strategy.",
            docs="agent-strategy-plugin.mdx:121",
            daemon="agent_declaration.go:61",
            sdk="agent.py:67",
            checked_by=DEBUGGING,
        ),
    ]
    label: Annotated[
        I18n,
        Origin(
            "The name shown to users.",
            docs="agent-strategy-plugin.mdx:125",
            daemon="agent_declaration.go:62",
            sdk="agent.py:68",
        ),
    ]
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
        Origin(
            "The type of the value.",
            docs="agent-strategy-plugin.mdx:122",
            daemon="agent_declaration.go:64",
            sdk="agent.py:70",
            platform="core/agent/plugin_entities.py:29",
        ),
    ]
    help: Annotated[
        I18n | None,
        Origin("The help shown to users.", daemon="agent_declaration.go:63", sdk="agent.py:69"),
    ] = None
    required: Annotated[
        bool | None,
        Origin(
            "Whether a value must be given.",
            docs="agent-strategy-plugin.mdx:124",
            daemon="agent_declaration.go:68",
            sdk="agent.py:80",
        ),
    ] = None
    scope: Annotated[
        str | None,
        Origin(
            "What a selector offers: tokens joined by `&`.",
            docs="agent-strategy-plugin.mdx:123",
            daemon="agent_declaration.go:67",
            sdk="agent.py:79",
        ),
    ] = None
    default: Annotated[
        Any,
        Basic(),
        Origin(
            "The value when none is given.",
            docs="agent-strategy-plugin.mdx:146",
            daemon="agent_declaration.go:69",
            sdk="agent.py:81",
        ),
    ] = None
    min: Annotated[
        float | None,
        Origin(
            "The least number.",
            docs="agent-strategy-plugin.mdx:152",
            daemon="agent_declaration.go:70",
            sdk="agent.py:82",
        ),
    ] = None
    max: Annotated[
        float | None,
        Origin(
            "The greatest number.",
            docs="agent-strategy-plugin.mdx:151",
            daemon="agent_declaration.go:71",
            sdk="agent.py:83",
        ),
    ] = None
    precision: Annotated[
        int | None,
        Origin("How many decimal places a number has.", daemon="agent_declaration.go:72", sdk="agent.py:84"),
    ] = None
    options: Annotated[
        list[ToolParameterOption] | None,
        Origin("What a `select` offers.", daemon="agent_declaration.go:73", sdk="agent.py:85"),
    ] = None
    auto_generate: Annotated[
        ParameterAutoGenerate | None,
        Origin("Lets the console write the value.", daemon="agent_declaration.go:65", sdk="agent.py:71"),
    ] = None
    template: Annotated[
        ParameterTemplate | None,
        Origin("Lets the value be a template.", daemon="agent_declaration.go:66", sdk="agent.py:75"),
    ] = None


class DatasourceParameter(Spec):
    """G datasource_declaration.go:69; S datasource_manifest.py:56."""

    mistaken: ClassVar[Mapping[str, str]] = {**_FROM_JSON_SCHEMA, "human_description": "description"}
    remarks: ClassVar[Mapping[str, Remark]] = noise("form", "help", "llm_description", "multiple")

    name: Annotated[
        _Name,
        Origin(
            "The name of the parameter, unique in the datasource.",
            daemon="datasource_declaration.go:70",
            sdk="datasource_manifest.py:68",
            checked_by=DEBUGGING,
        ),
    ]
    label: Annotated[
        I18n,
        Origin("The name shown to users.", daemon="datasource_declaration.go:71", sdk="datasource_manifest.py:69"),
    ]
    type: Annotated[
        Literal["string", "number", "boolean", "select", "secret-input"],
        SdkOnly(("file", "files")),
        Origin("The type of the value.", daemon="datasource_declaration.go:72", sdk="datasource_manifest.py:83"),
    ]
    description: Annotated[
        I18n,
        Origin(
            "The description shown to users.", daemon="datasource_declaration.go:82", sdk="datasource_manifest.py:84"
        ),
    ]
    required: Annotated[
        bool,
        Origin(
            "Whether a value must be given.", daemon="datasource_declaration.go:74", sdk="datasource_manifest.py:77"
        ),
    ] = False
    placeholder: Annotated[
        I18n | None,
        Origin("The text in the empty field. The daemon drops it.", sdk="datasource_manifest.py:70"),
    ] = None
    scope: Annotated[
        str | None,
        Unwelcome(),
        Origin(
            "No type of a datasource's parameter has a scope.",
            daemon="datasource_declaration.go:73",
            sdk="datasource_manifest.py:74",
        ),
    ] = None
    default: Annotated[
        Any,
        Basic(),
        Origin("The value when none is given.", daemon="datasource_declaration.go:77", sdk="datasource_manifest.py:78"),
    ] = None
    min: Annotated[
        float | None,
        Origin("The least number.", daemon="datasource_declaration.go:78", sdk="datasource_manifest.py:79"),
    ] = None
    max: Annotated[
        float | None,
        Origin("The greatest number.", daemon="datasource_declaration.go:79", sdk="datasource_manifest.py:80"),
    ] = None
    precision: Annotated[
        int | None,
        Origin(
            "How many decimal places a number has.",
            daemon="datasource_declaration.go:80",
            sdk="datasource_manifest.py:81",
        ),
    ] = None
    options: Annotated[
        list[ParameterOption],
        Origin("What a `select` offers.", daemon="datasource_declaration.go:81", sdk="datasource_manifest.py:82"),
    ] = Field(default_factory=list)
    auto_generate: Annotated[
        ParameterAutoGenerate | None,
        Origin(
            "Lets the console write the value.",
            daemon="datasource_declaration.go:75",
            sdk="datasource_manifest.py:75",
        ),
    ] = None
    template: Annotated[
        ParameterTemplate | None,
        Origin("Lets the value be a template.", daemon="datasource_declaration.go:76", sdk="datasource_manifest.py:76"),
    ] = None


class EventParameter(Spec):
    """A parameter of an event or of a subscription constructor. G trigger_declaration.go:69; S trigger.py:97."""

    mistaken: ClassVar[Mapping[str, str]] = {**_FROM_JSON_SCHEMA, "human_description": "description"}
    remarks: ClassVar[Mapping[str, Remark]] = {
        key: Remark(Severity.NOTICE, "The documentation's example has it, but daemon and SDK drop it.")
        for key in ("help", "placeholder", "url")
    } | noise("form", "llm_description")

    name: Annotated[
        str,
        StringConstraints(min_length=1),
        Origin(
            "The name of the parameter, unique in its list.",
            docs="trigger-plugin.mdx:213",
            daemon="trigger_declaration.go:70",
            sdk="trigger.py:114",
            checked_by=DEBUGGING,
        ),
    ]
    label: Annotated[
        I18n,
        Origin(
            "The name shown to users.",
            docs="trigger-plugin.mdx:214",
            daemon="trigger_declaration.go:71",
            sdk="trigger.py:115",
        ),
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
        Origin(
            "The type of the value.",
            docs="trigger-plugin.mdx:218",
            daemon="trigger_declaration.go:72",
            sdk="trigger.py:116",
        ),
    ]
    description: Annotated[
        I18n | None,
        Origin(
            "The description shown to users.",
            docs="trigger-plugin.mdx:220",
            daemon="trigger_declaration.go:83",
            sdk="trigger.py:139",
        ),
    ] = None
    required: Annotated[
        bool | None,
        Origin(
            "Whether a value must be given.",
            docs="trigger-plugin.mdx:219",
            daemon="trigger_declaration.go:76",
            sdk="trigger.py:126",
        ),
    ] = None
    multiple: Annotated[
        bool | None,
        Origin("Whether several options can be chosen.", daemon="trigger_declaration.go:77", sdk="trigger.py:127"),
    ] = None
    scope: Annotated[
        str | None,
        Origin("What a selector offers.", daemon="trigger_declaration.go:75", sdk="trigger.py:125"),
    ] = None
    default: Annotated[
        Any,
        Basic(lists=()),
        Origin("The value when none is given.", daemon="trigger_declaration.go:78", sdk="trigger.py:134"),
    ] = None
    min: Annotated[
        float | None, Origin("The least number.", daemon="trigger_declaration.go:79", sdk="trigger.py:135")
    ] = None
    max: Annotated[
        float | None, Origin("The greatest number.", daemon="trigger_declaration.go:80", sdk="trigger.py:136")
    ] = None
    precision: Annotated[
        int | None,
        Origin("How many decimal places a number has.", daemon="trigger_declaration.go:81", sdk="trigger.py:137"),
    ] = None
    options: Annotated[
        list[EventParameterOption] | None,
        Origin("What a `select` offers.", daemon="trigger_declaration.go:82", sdk="trigger.py:138"),
    ] = None
    auto_generate: Annotated[
        ParameterAutoGenerate | None,
        Origin("Lets the console write the value.", daemon="trigger_declaration.go:73", sdk="trigger.py:117"),
    ] = None
    template: Annotated[
        ParameterTemplate | None,
        Origin("Lets the value be a template.", daemon="trigger_declaration.go:74", sdk="trigger.py:121"),
    ] = None


#: A parameter as an item of a list whose items the SDK unpacks.
UnpackedToolParameter = Annotated[ToolParameter, Unpacked()]
UnpackedAgentStrategyParameter = Annotated[AgentStrategyParameter, Unpacked()]
UnpackedEventParameter = Annotated[EventParameter, Unpacked()]
