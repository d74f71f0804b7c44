"""A model (AIModelEntity), found by the patterns of its provider.

D model-designing-rules.mdx:138; G model_declaration.go:379; S schema.py:386. The daemon decodes these files but never
runs its validator over them; the SDK is strict whenever the plugin starts.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, GetJsonSchemaHandler, Tag
from pydantic_core import CoreSchema

from bot.findings import By
from bot.format.models.base import PACKAGER, PLATFORM, Localized, Origin, Remark, SdkOnly, Spec, empty_list, noise
from bot.format.models.i18n import I18nObject
from bot.format.models.values import Price

#: D model-designing-rules.mdx:236; S schema.py:186; A graphon/model_runtime/entities/model_entities.py:22. The daemon
#: knows `multimodal-embedding` and `multimodal-rerank` besides (G model_declaration.go:20), which all others refuse.
ModelType = Literal["llm", "text-embedding", "rerank", "speech2text", "moderation", "tts"]
#: What the SDK takes besides, and no release of the platform.
TEXT2IMG = SdkOnly(("text2img",), refused_by=PLATFORM)

#: D model-designing-rules.mdx:276; S schema.py:215.
ModelFeature = Literal[
    "tool-call",
    "multi-tool-call",
    "agent-thought",
    "vision",
    "stream-tool-call",
    "document",
    "video",
    "audio",
    "structured-output",
    "polling",
]


def _empty_is_none(value: Any) -> Any:
    """A label that is empty falls back to the name of the model or parameter (S schema.py:300, 363)."""
    return None if value == {} else value


class _OrEmpty:
    """Lets the JSON Schema take `{}` too."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        made = handler(schema)
        return {"anyOf": [*made.pop("anyOf"), {"type": "object", "maxProperties": 0}], **made}


Label = Annotated[I18nObject | None, BeforeValidator(_empty_is_none), _OrEmpty(), Localized()]


class ModelProperties(Spec):
    """What is known of the model; nobody checks the values."""

    closed_by: ClassVar[tuple[By, ...]] = (By.SDK,)

    mode: Annotated[Any, Origin("Of an LLM: `chat` or `completion`.")] = None
    context_size: Annotated[Any, Origin("The size of the context, in tokens.")] = None
    max_chunks: Annotated[Any, Origin("How many texts one call takes.")] = None
    file_upload_limit: Annotated[Any, Origin("How large a file may be, in megabytes.")] = None
    supported_file_extensions: Annotated[Any, Origin("The endings of file names, joined by commas.")] = None
    max_characters_per_chunk: Annotated[Any, Origin("How many characters one text may have.")] = None
    default_voice: Annotated[Any, Origin("The voice used when none is chosen.")] = None
    voices: Annotated[Any, Origin("The voices, each with `mode`, `name` and `language`.")] = None
    word_limit: Annotated[Any, Origin("How many characters are spoken in one go.")] = None
    audio_type: Annotated[Any, Origin("The format of the audio: `mp3`, `wav`.")] = None
    max_workers: Annotated[Any, Origin("How many calls run at the same time.")] = None


TemplateName = Literal[
    "temperature",
    "top_p",
    "top_k",
    "presence_penalty",
    "frequency_penalty",
    "max_tokens",
    "response_format",
    "json_schema",
]
ParameterRuleType = Literal["float", "int", "string", "boolean", "text"]


class TemplatedParameterRule(Spec):
    """A parameter rule that takes over a template: its type comes from there."""

    mistaken: ClassVar[Mapping[str, str]] = {"minimum": "min", "maximum": "max", "enum": "options", "variable": "name"}
    remarks: ClassVar[Mapping[str, Remark]] = noise("show_on", "placeholder", "tooltip", "tagPlaceholder")

    name: Annotated[str, Origin("The name of the parameter, as the model's code receives it.")]
    use_template: Annotated[
        TemplateName, Origin("The template whose values count where the rule has none.", checked_by=PACKAGER)
    ]
    label: Annotated[Label, Origin("The name shown to users; without it, `name`.")] = None
    type: Annotated[ParameterRuleType, Origin("The type of the value.")] = "float"
    help: Annotated[Annotated[I18nObject, Localized()] | None, Origin("The description shown to users.")] = None
    required: Annotated[bool, Origin("Whether a value must be given.")] = False
    default: Annotated[Any, Origin("The value when none is given.")] = None
    min: Annotated[float | None, Origin("The least number.")] = None
    max: Annotated[float | None, Origin("The greatest number.")] = None
    precision: Annotated[int | None, Origin("How many decimal places a number has.")] = None
    options: Annotated[
        list[
            Annotated[str, Origin("A value, in quotes if it is a number.", place="TemplatedParameterRule.options.item")]
        ],
        Origin("The values that can be chosen."),
    ] = Field(default_factory=empty_list)


class ParameterRule(TemplatedParameterRule):
    """A parameter that users can set for the model."""

    use_template: Annotated[
        Literal[TemplateName, ""] | None,
        Origin("The template whose values count where the rule has none.", checked_by=PACKAGER),
    ] = None  # type: ignore[assignment]

    type: Annotated[ParameterRuleType, Origin("The type of the value: needed where no template gives it.")]


def _rule_form(value: Any) -> str:
    name = value.get("use_template") if isinstance(value, dict) else None
    # A template of an unknown name is what is wrong, and not a type that it would have given.
    return "\0templated" if isinstance(name, str) and name else "\0plain"


ParameterRuleItem = Annotated[
    Annotated[ParameterRule, Tag("\0plain")] | Annotated[TemplatedParameterRule, Tag("\0templated")],
    Discriminator(_rule_form),
]


class Pricing(Spec):
    """PriceConfig."""

    remarks: ClassVar[Mapping[str, Remark]] = noise("tiered_pricing")

    input: Annotated[Any, Price(), Origin("The price of input, per unit.")]
    output: Annotated[Annotated[Any, Price()] | None, Origin("The price of output, per unit.")] = None
    unit: Annotated[
        Any, Price(), Origin("What one token is of the price: 0.000001 when prices are per million tokens.")
    ]
    currency: Annotated[str, Origin("The currency: USD, RMB.")]


class Model(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("icon", "description", "visible", "help")

    model: Annotated[str, Origin("The name of the model, in quotes if it is a number.")]
    label: Annotated[Label, Origin("The name shown to users; without it, `model`.")] = None
    model_type: Annotated[ModelType, TEXT2IMG, Origin("What the model does.")]
    features: Annotated[
        list[Annotated[ModelFeature, Origin("A feature.", place="Model.features.item")]] | None,
        Origin("What the model can do besides."),
    ] = None
    fetch_from: Annotated[Literal["predefined-model", "customizable-model"], Origin("Where the model comes from.")] = (
        "predefined-model"
    )
    model_properties: Annotated[ModelProperties, Origin("What is known of the model.")]
    deprecated: Annotated[bool, Origin("Whether the model is no longer offered.")] = False
    parameter_rules: Annotated[list[ParameterRuleItem], Origin("What users can set for the model.")] = Field(
        default_factory=empty_list
    )
    pricing: Annotated[Pricing | None, Origin("What the model costs.")] = None
