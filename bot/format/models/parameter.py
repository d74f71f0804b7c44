"""What the parameters of tools, agent strategies, datasources and events have in common, and what they are made of.

D tool-plugin.mdx:233; G tool_declaration.go, agent_declaration.go, datasource_declaration.go, trigger_declaration.go
and constant.go; S tool.py, agent.py, datasource_manifest.py, trigger.py and parameters.py. The four structures are
close relatives, but differ in the types they take, in who reads what, and in the name of the help text. Each stands
with the kind of document that has it: a plugin needs the models of few kinds.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from bot.format.models.base import DEBUGGING, Origin, Spec, Stringified, empty_list
from bot.format.models.i18n import I18n
from bot.messages import say

_Name = Annotated[str, StringConstraints(min_length=1, max_length=1023)]

#: What authors of other schemas write for the keys of a parameter.
FROM_JSON_SCHEMA: Mapping[str, str] = {"minimum": "min", "maximum": "max", "enum": "options"}


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
    ] = Field(default_factory=empty_list)


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
