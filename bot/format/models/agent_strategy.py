"""An agent strategy, linked from `strategies` of its provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from bot.format.models.base import Origin, PythonSource, Remark, Spec, Unpacked, noise
from bot.format.models.i18n import I18n
from bot.format.models.identity import Identity
from bot.format.models.parameter import UnpackedAgentStrategyParameter


class AgentStrategyIdentity(Identity):
    """Who an agent strategy is."""


class AgentStrategyPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[
        str, PythonSource("AgentStrategy"), Origin("The file that defines the strategy's class.", daemon=False)
    ]


class AgentStrategyExtra(Spec):
    python: Annotated[AgentStrategyPython, Origin("Where the code is.", daemon=False)]


class AgentStrategy(Spec):
    mistaken: ClassVar[Mapping[str, str]] = {"outputs": "output_schema", "output_variables": "output_schema"}
    remarks: ClassVar[Mapping[str, Remark]] = noise("has_runtime_parameters")

    identity: Annotated[AgentStrategyIdentity, Unpacked(), Origin("Who the strategy is.")]
    description: Annotated[I18n, Unpacked(), Origin("What the strategy does.")]
    parameters: Annotated[list[UnpackedAgentStrategyParameter] | None, Origin("What the strategy is called with.")] = (
        None
    )
    output_schema: Annotated[
        dict[str, Any] | None,
        Origin("A JSON Schema of the variables that the strategy returns. The SDK does not read it.", sdk=False),
    ] = None
    features: Annotated[
        list[Annotated[Literal["history-messages"], Origin("A feature.", place="AgentStrategy.features.item")]],
        Origin("What the strategy asks for: `history-messages`, the conversation so far."),
    ] = Field(default_factory=list)
    extra: Annotated[AgentStrategyExtra, Unpacked(), Origin("What only the SDK reads.", daemon=False)]
