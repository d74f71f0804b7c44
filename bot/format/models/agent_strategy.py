"""An agent strategy, linked from `strategies` of its provider."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from bot.format.models.base import PLATFORM, Origin, PythonSource, Remark, SdkOnly, Spec, Unpacked, empty_list, noise
from bot.format.models.i18n import I18n
from bot.format.models.identity import Identity
from bot.format.models.parameter import FROM_JSON_SCHEMA, Parameter, ToolParameterOption
from bot.format.models.values import Basic


class AgentStrategyIdentity(Identity):
    """Who an agent strategy is."""


class AgentStrategyParameter(Parameter):
    mistaken: ClassVar[Mapping[str, str]] = {
        **FROM_JSON_SCHEMA,
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


#: As an item of a list whose items the SDK unpacks.
UnpackedAgentStrategyParameter = Annotated[AgentStrategyParameter, Unpacked()]


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
    ] = Field(default_factory=empty_list)
    extra: Annotated[AgentStrategyExtra, Unpacked(), Origin("What only the SDK reads.", daemon=False)]
