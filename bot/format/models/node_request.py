"""What a plugin hands over to a workflow node that it calls. It exists at run time only.

S workflow_node.py:50. The same in every release of the SDK up to 0.10.1.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from bot.format.models.base import Origin, Spec


class NodeModelConfig(Spec):
    """The SDK calls it `ModelConfig` too, although its fields have other names. S workflow_node.py:50."""

    provider: Annotated[str, Origin("organisation/plugin/provider", sdk="workflow_node.py:55")]
    name: Annotated[str, Origin("The name of the model.", sdk="workflow_node.py:56")]
    mode: Annotated[Literal["completion", "chat"], Origin("`chat` or `completion`.", sdk="workflow_node.py:57")] = (
        "chat"
    )
    completion_params: Annotated[
        dict[str, Any] | None, Origin("The parameters of the call.", sdk="workflow_node.py:58")
    ] = None


class ParameterConfig(Spec):
    """A parameter to extract from a text. S workflow_node.py:61."""

    name: Annotated[str, Origin("The name of the parameter.", sdk="workflow_node.py:66")]
    type: Annotated[str, Origin("The type of the value.", sdk="workflow_node.py:67")]
    options: Annotated[list[str], Origin("What it can be.", sdk="workflow_node.py:68")] = Field(default_factory=list)
    description: Annotated[str | None, Origin("What it means.", sdk="workflow_node.py:69")]
    required: Annotated[bool | None, Origin("Whether it must be found.", sdk="workflow_node.py:70")]


class ClassConfig(Spec):
    """A class that a question may belong to. S workflow_node.py:73."""

    id: Annotated[str, Origin("The id of the class.", sdk="workflow_node.py:78")]
    name: Annotated[str, Origin("What the class is about.", sdk="workflow_node.py:79")]
