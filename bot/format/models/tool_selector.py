"""ToolSelector: a tool chosen for an agent. It exists at run time only; forms ask for it by the type `array[tools]`."""

from typing import Annotated, Any

from bot.format.models.base import Origin, Spec
from bot.format.models.parameter import ToolParameterOption, ToolParameterType
from bot.format.models.values import Basic


class ToolSelectorParameter(Spec):
    name: Annotated[str, Origin("The name of the parameter.", daemon=False)]
    type: Annotated[ToolParameterType, Origin("The type of the value.", daemon=False)]
    required: Annotated[bool, Origin("Whether a value must be given.", daemon=False)]
    description: Annotated[str, Origin("The description given to the model.", daemon=False)]
    default: Annotated[Any, Basic(), Origin("The value when none is given.", daemon=False)] = None
    options: Annotated[list[ToolParameterOption] | None, Origin("What can be chosen.", daemon=False)] = None


class ToolSelector(Spec):
    provider_id: Annotated[str, Origin("The provider of the tool.", daemon=False)]
    tool_name: Annotated[str, Origin("The name of the tool.", daemon=False)]
    tool_description: Annotated[str, Origin("What the tool does.", daemon=False)]
    tool_configuration: Annotated[dict[str, Any], Origin("The values that users set beforehand.", daemon=False)]
    tool_parameters: Annotated[
        dict[str, ToolSelectorParameter], Origin("The values that the model gives, by name.", daemon=False)
    ]
