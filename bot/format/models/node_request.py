"""What a plugin hands over to a workflow node that it calls. It exists at run time only."""

from typing import Annotated, Any, Literal

from pydantic import Field

from bot.format.models.base import Origin, Spec, empty_list


class NodeModelConfig(Spec):
    """The SDK calls it `ModelConfig` too, although its fields have other names."""

    provider: Annotated[str, Origin("organisation/plugin/provider", daemon=False)]
    name: Annotated[str, Origin("The name of the model.", daemon=False)]
    mode: Annotated[Literal["completion", "chat"], Origin("`chat` or `completion`.", daemon=False)] = "chat"
    completion_params: Annotated[dict[str, Any] | None, Origin("The parameters of the call.", daemon=False)] = None


class ParameterConfig(Spec):
    """A parameter to extract from a text."""

    name: Annotated[str, Origin("The name of the parameter.", daemon=False)]
    type: Annotated[str, Origin("The type of the value.", daemon=False)]
    options: Annotated[list[str], Origin("What it can be.", daemon=False)] = Field(default_factory=empty_list)
    description: Annotated[str | None, Origin("What it means.", daemon=False)]
    required: Annotated[bool | None, Origin("Whether it must be found.", daemon=False)]


class ClassConfig(Spec):
    """A class that a question may belong to."""

    id: Annotated[str, Origin("The id of the class.", daemon=False)]
    name: Annotated[str, Origin("What the class is about.", daemon=False)]
