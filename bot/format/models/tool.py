"""A tool, linked from `tools` of its provider."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from bot.findings import Severity
from bot.format.models.base import DEBUGGING, Origin, PythonSource, Remark, Spec, Unpacked, empty_list, noise
from bot.format.models.i18n import I18n
from bot.format.models.identity import Identity
from bot.format.models.parameter import FROM_JSON_SCHEMA, FormShowOn, Parameter, ToolParameterOption, ToolParameterType
from bot.format.models.values import Json


class ToolIdentity(Identity):
    """Who a tool is."""


class ToolDescription(Spec):
    human: Annotated[I18n, Origin("The description shown to users.")]
    llm: Annotated[
        str,
        StringConstraints(min_length=1),
        Origin("The description given to the model: one text.", checked_by=DEBUGGING),
    ]


class ToolParameter(Parameter):
    mistaken: ClassVar[Mapping[str, str]] = {**FROM_JSON_SCHEMA, "llm": "llm_description"}
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
        Field(default_factory=empty_list)
    )


#: As an item of a list whose items the SDK unpacks.
UnpackedToolParameter = Annotated[ToolParameter, Unpacked()]


class ToolPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[str, PythonSource("Tool"), Origin("The file that defines the tool's class.", daemon=False)]


class ToolExtra(Spec):
    python: Annotated[ToolPython, Origin("Where the code is.", daemon=False)]


class Tool(Spec):
    mistaken: ClassVar[Mapping[str, str]] = {"outputs": "output_schema", "output_variables": "output_schema"}
    remarks: ClassVar[Mapping[str, Remark]] = {
        "name": Remark(Severity.NOTICE, "The name is read from `identity`."),
        **noise("type", "provider_type"),
    }

    identity: Annotated[ToolIdentity, Unpacked(), Origin("Who the tool is.")]
    description: Annotated[ToolDescription, Unpacked(), Origin("What the tool does, for users and for the model.")]
    parameters: Annotated[list[UnpackedToolParameter] | None, Origin("What the tool is called with.")] = None
    output_schema: Annotated[dict[str, Any] | None, Origin("A JSON Schema of the variables that the tool returns.")] = (
        None
    )
    has_runtime_parameters: Annotated[
        bool | None,
        Origin("Whether the parameters depend on the moment. The SDK looks at the class instead.", sdk=False),
    ] = None
    extra: Annotated[ToolExtra, Unpacked(), Origin("What only the SDK reads.", daemon=False)]
