"""A provider of agent strategies, linked from `plugins.agent_strategies`."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from bot.findings import By, Severity
from bot.format.models.base import ANY_SHAPE, Asset, Link, Origin, Remark, Spec, empty_list
from bot.format.models.tool_provider import ToolProviderIdentity
from bot.format.traits import DocumentKind


class AgentStrategyProviderIdentity(ToolProviderIdentity):
    """As of a tool provider, but the packager does not look for the icons."""

    icon: Annotated[str, Asset(checked_by=(By.INSTALLER,)), Origin("The name of a file in `_assets`.")]


class AgentStrategyProvider(Spec):
    misplaced: ClassVar[Mapping[str, str]] = {"tags": "`identity`"}
    remarks: ClassVar[Mapping[str, Remark]] = {
        "extra": Remark(Severity.NOTICE, "A provider of agent strategies has no class of its own.")
    }

    identity: Annotated[AgentStrategyProviderIdentity, Origin("Who the provider is.")]
    strategies: Annotated[
        list[
            Annotated[
                str,
                Link(DocumentKind.AGENT_STRATEGY),
                Origin(
                    "The path of a strategy's file.",
                    nested=True,
                    daemon_takes=ANY_SHAPE,
                    advice="Put the strategy into a file of its own and write its path here.",
                ),
            ]
        ],
        Origin(
            "The files of the strategies, as paths from the plugin root.",
            daemon_takes=ANY_SHAPE,
            advice="Write a list of paths.",
        ),
    ] = Field(default_factory=empty_list)
