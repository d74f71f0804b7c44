"""An agent strategy, linked from `strategies` of its provider.

D agent-strategy-plugin.mdx:99; G agent_declaration.go:78; S agent.py:108.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from bot.format.models.base import DEBUGGING, IDENTIFIER, Origin, PythonSource, Remark, Spec, Unpacked, noise
from bot.format.models.i18n import I18n
from bot.format.models.parameter import UnpackedAgentStrategyParameter


class AgentStrategyIdentity(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("icon", "description", "display_name", "tags")

    author: Annotated[
        str,
        Origin(
            "The author of the strategy.",
            docs="agent-strategy-plugin.mdx:115",
            daemon="tool_declaration.go:19",
            sdk="tool.py:42",
        ),
    ]
    name: Annotated[
        str,
        StringConstraints(pattern=IDENTIFIER),
        Origin(
            "The name of the strategy, unique in its provider: letters, digits, - and _.",
            docs="agent-strategy-plugin.mdx:114",
            daemon="tool_declaration.go:20",
            sdk="tool.py:43",
            checked_by=DEBUGGING,
        ),
    ]
    label: Annotated[
        I18n,
        Origin(
            "The name shown to users.",
            docs="agent-strategy-plugin.mdx:116",
            daemon="tool_declaration.go:21",
            sdk="tool.py:44",
        ),
    ]


class AgentStrategyPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[
        str,
        PythonSource("AgentStrategy"),
        Origin("The file that defines the strategy's class.", docs="agent-strategy-plugin.mdx:155", sdk="agent.py:93"),
    ]


class AgentStrategyExtra(Spec):
    python: Annotated[
        AgentStrategyPython, Origin("Where the code is.", docs="agent-strategy-plugin.mdx:154", sdk="agent.py:101")
    ]


class AgentStrategy(Spec):
    mistaken: ClassVar[Mapping[str, str]] = {"outputs": "output_schema", "output_variables": "output_schema"}
    remarks: ClassVar[Mapping[str, Remark]] = noise("has_runtime_parameters")

    identity: Annotated[
        AgentStrategyIdentity,
        Unpacked(),
        Origin(
            "Who the strategy is.",
            docs="agent-strategy-plugin.mdx:113",
            daemon="agent_declaration.go:79",
            sdk="agent.py:109",
        ),
    ]
    description: Annotated[
        I18n,
        Unpacked(),
        Origin(
            "What the strategy does.",
            docs="agent-strategy-plugin.mdx:118",
            daemon="agent_declaration.go:80",
            sdk="agent.py:114",
        ),
    ]
    parameters: Annotated[
        list[UnpackedAgentStrategyParameter] | None,
        Origin(
            "What the strategy is called with.",
            docs="agent-strategy-plugin.mdx:120",
            daemon="agent_declaration.go:81",
            sdk="agent.py:110",
        ),
    ] = None
    output_schema: Annotated[
        dict[str, Any] | None,
        Origin(
            "A JSON Schema of the variables that the strategy returns. The SDK does not read it.",
            daemon="agent_declaration.go:82",
        ),
    ] = None
    features: Annotated[
        list[
            Annotated[
                Literal["history-messages"], Origin("A feature.", sdk="agent.py:36", daemon="agent_declaration.go:83")
            ]
        ],
        Origin(
            "What the strategy asks for: `history-messages`, the conversation so far.",
            daemon="agent_declaration.go:83",
            sdk="agent.py:121",
        ),
    ] = Field(default_factory=list)
    extra: Annotated[
        AgentStrategyExtra,
        Unpacked(),
        Origin("What only the SDK reads.", docs="agent-strategy-plugin.mdx:153", sdk="agent.py:115"),
    ]
