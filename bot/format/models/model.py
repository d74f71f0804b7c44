"""A model (AIModelEntity), found by the patterns of its provider.

D model-designing-rules.mdx:138; G model_declaration.go:379; S schema.py:386. The daemon decodes these files but never
runs its validator over them; the SDK is strict whenever the plugin starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, GetJsonSchemaHandler, Tag
from pydantic_core import CoreSchema

from bot.findings import By
from bot.format.builtin import TEMPLATES
from bot.format.models.base import PACKAGER, PLATFORM, Localized, Origin, Remark, SdkOnly, Spec, noise
from bot.format.models.i18n import I18nObject
from bot.format.models.values import Price

#: D model-designing-rules.mdx:236; S schema.py:186; A graphon model_entities.py:10. The daemon knows
#: `multimodal-embedding` and `multimodal-rerank` besides (G model_declaration.go:20), which all others refuse.
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
    """What is known of the model; nobody checks the values. D model-designing-rules.mdx:164; S schema.py:250."""

    closed_by: ClassVar[tuple[By, ...]] = (By.SDK,)

    mode: Annotated[
        Any,
        Origin(
            "Of an LLM: `chat` or `completion`.",
            docs="model-designing-rules.mdx:167",
            daemon="model_declaration.go:385",
            sdk="schema.py:255",
        ),
    ] = None
    context_size: Annotated[
        Any,
        Origin(
            "The size of the context, in tokens.",
            docs="model-designing-rules.mdx:171",
            daemon="model_declaration.go:385",
            sdk="schema.py:256",
        ),
    ] = None
    max_chunks: Annotated[
        Any,
        Origin(
            "How many texts one call takes.",
            docs="model-designing-rules.mdx:175",
            daemon="model_declaration.go:385",
            sdk="schema.py:257",
        ),
    ] = None
    file_upload_limit: Annotated[
        Any,
        Origin(
            "How large a file may be, in megabytes.",
            docs="model-designing-rules.mdx:179",
            daemon="model_declaration.go:385",
            sdk="schema.py:258",
        ),
    ] = None
    supported_file_extensions: Annotated[
        Any,
        Origin(
            "The endings of file names, joined by commas.",
            docs="model-designing-rules.mdx:183",
            daemon="model_declaration.go:385",
            sdk="schema.py:259",
        ),
    ] = None
    max_characters_per_chunk: Annotated[
        Any,
        Origin(
            "How many characters one text may have.",
            docs="model-designing-rules.mdx:219",
            daemon="model_declaration.go:385",
            sdk="schema.py:260",
        ),
    ] = None
    default_voice: Annotated[
        Any,
        Origin(
            "The voice used when none is chosen.",
            docs="model-designing-rules.mdx:187",
            daemon="model_declaration.go:385",
            sdk="schema.py:261",
        ),
    ] = None
    voices: Annotated[
        Any,
        Origin(
            "The voices, each with `mode`, `name` and `language`.",
            docs="model-designing-rules.mdx:191",
            daemon="model_declaration.go:385",
            sdk="schema.py:262",
        ),
    ] = None
    word_limit: Annotated[
        Any,
        Origin(
            "How many characters are spoken in one go.",
            docs="model-designing-rules.mdx:207",
            daemon="model_declaration.go:385",
            sdk="schema.py:263",
        ),
    ] = None
    audio_type: Annotated[
        Any,
        Origin(
            "The format of the audio: `mp3`, `wav`.",
            docs="model-designing-rules.mdx:211",
            daemon="model_declaration.go:385",
            sdk="schema.py:264",
        ),
    ] = None
    max_workers: Annotated[
        Any,
        Origin(
            "How many calls run at the same time.",
            docs="model-designing-rules.mdx:215",
            daemon="model_declaration.go:385",
            sdk="schema.py:265",
        ),
    ] = None


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

    name: Annotated[
        str,
        Origin(
            "The name of the parameter, as the model's code receives it.",
            docs="model-designing-rules.mdx:320",
            daemon="model_declaration.go:90",
            sdk="schema.py:314",
        ),
    ]
    use_template: Annotated[
        TemplateName,
        Origin(
            "The template whose values count where the rule has none.",
            docs="model-designing-rules.mdx:324",
            daemon="model_declaration.go:271",
            sdk="schema.py:315",
        ),
    ]
    label: Annotated[
        Label,
        Origin(
            "The name shown to users; without it, `name`.",
            docs="model-designing-rules.mdx:338",
            daemon="model_declaration.go:92",
            sdk="schema.py:318",
        ),
    ] = None
    type: Annotated[
        ParameterRuleType,
        Origin(
            "The type of the value.",
            docs="model-designing-rules.mdx:350",
            daemon="model_declaration.go:93",
            sdk="schema.py:319",
        ),
    ] = "float"
    help: Annotated[
        Annotated[I18nObject, Localized()] | None,
        Origin(
            "The description shown to users.",
            docs="model-designing-rules.mdx:371",
            daemon="model_declaration.go:94",
            sdk="schema.py:320",
        ),
    ] = None
    required: Annotated[
        bool,
        Origin(
            "Whether a value must be given.",
            docs="model-designing-rules.mdx:382",
            daemon="model_declaration.go:95",
            sdk="schema.py:323",
        ),
    ] = False
    default: Annotated[
        Any,
        Origin(
            "The value when none is given.",
            docs="model-designing-rules.mdx:386",
            daemon="model_declaration.go:96",
            sdk="schema.py:326",
        ),
    ] = None
    min: Annotated[
        float | None,
        Origin(
            "The least number.",
            docs="model-designing-rules.mdx:390",
            daemon="model_declaration.go:97",
            sdk="schema.py:329",
        ),
    ] = None
    max: Annotated[
        float | None,
        Origin(
            "The greatest number.",
            docs="model-designing-rules.mdx:394",
            daemon="model_declaration.go:98",
            sdk="schema.py:332",
        ),
    ] = None
    precision: Annotated[
        int | None,
        Origin(
            "How many decimal places a number has.",
            docs="model-designing-rules.mdx:398",
            daemon="model_declaration.go:99",
            sdk="schema.py:335",
        ),
    ] = None
    options: Annotated[
        list[
            Annotated[
                str,
                Origin("A value, in quotes if it is a number.", daemon="model_declaration.go:100", sdk="schema.py:338"),
            ]
        ],
        Origin(
            "The values that can be chosen.",
            docs="model-designing-rules.mdx:402",
            daemon="model_declaration.go:100",
            sdk="schema.py:338",
        ),
    ] = Field(default_factory=list)


class ParameterRule(TemplatedParameterRule):
    """A parameter that users can set for the model. D model-designing-rules.mdx:318; G model_declaration.go:89."""

    use_template: Annotated[
        Literal[TemplateName, ""] | None,
        Origin(
            "The template whose values count where the rule has none.",
            docs="model-designing-rules.mdx:324",
            daemon="model_declaration.go:271",
            sdk="schema.py:315",
            checked_by=PACKAGER,
        ),
    ] = None  # type: ignore[assignment]

    type: Annotated[
        ParameterRuleType,
        Origin(
            "The type of the value: needed where no template gives it.",
            docs="model-designing-rules.mdx:350",
            daemon="model_declaration.go:93",
            sdk="schema.py:319",
        ),
    ]


def _rule_form(value: Any) -> str:
    name = value.get("use_template") if isinstance(value, dict) else None
    return "\0templated" if isinstance(name, str) and name in TEMPLATES else "\0plain"


ParameterRuleItem = Annotated[
    Annotated[ParameterRule, Tag("\0plain")] | Annotated[TemplatedParameterRule, Tag("\0templated")],
    Discriminator(_rule_form),
]


class Pricing(Spec):
    """PriceConfig. D model-designing-rules.mdx:406; G model_declaration.go:372; S schema.py:372."""

    remarks: ClassVar[Mapping[str, Remark]] = noise("tiered_pricing")

    input: Annotated[
        Any,
        Price(),
        Origin(
            "The price of input, per unit.",
            docs="model-designing-rules.mdx:408",
            daemon="model_declaration.go:373",
            sdk="schema.py:377",
        ),
    ]
    output: Annotated[
        Annotated[Any, Price()] | None,
        Origin(
            "The price of output, per unit.",
            docs="model-designing-rules.mdx:412",
            daemon="model_declaration.go:374",
            sdk="schema.py:378",
        ),
    ] = None
    unit: Annotated[
        Any,
        Price(),
        Origin(
            "What one token is of the price: 0.000001 when prices are per million tokens.",
            docs="model-designing-rules.mdx:416",
            daemon="model_declaration.go:375",
            sdk="schema.py:379",
        ),
    ]
    currency: Annotated[
        str,
        Origin(
            "The currency: USD, RMB.",
            docs="model-designing-rules.mdx:420",
            daemon="model_declaration.go:376",
            sdk="schema.py:380",
        ),
    ]


class Model(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("icon", "description", "visible", "help")

    model: Annotated[
        str,
        Origin(
            "The name of the model, in quotes if it is a number.",
            docs="model-designing-rules.mdx:140",
            daemon="model_declaration.go:380",
            sdk="schema.py:276",
        ),
    ]
    label: Annotated[
        Label,
        Origin(
            "The name shown to users; without it, `model`.",
            docs="model-designing-rules.mdx:144",
            daemon="model_declaration.go:381",
            sdk="schema.py:277",
        ),
    ] = None
    model_type: Annotated[
        ModelType,
        TEXT2IMG,
        Origin(
            "What the model does.",
            docs="model-designing-rules.mdx:156",
            daemon="model_declaration.go:382",
            sdk="schema.py:278",
            platform="graphon model_entities.py:10",
        ),
    ]
    features: Annotated[
        list[Annotated[ModelFeature, Origin("A feature.", daemon="model_declaration.go:383", sdk="schema.py:215")]]
        | None,
        Origin(
            "What the model can do besides.",
            docs="model-designing-rules.mdx:160",
            daemon="model_declaration.go:383",
            sdk="schema.py:279",
        ),
    ] = None
    fetch_from: Annotated[
        Literal["predefined-model", "customizable-model"],
        Origin(
            "Where the model comes from.",
            docs="model-designing-rules.mdx:298",
            daemon="model_declaration.go:384",
            sdk="schema.py:282",
        ),
    ] = "predefined-model"
    model_properties: Annotated[
        ModelProperties,
        Origin(
            "What is known of the model.",
            docs="model-designing-rules.mdx:164",
            daemon="model_declaration.go:385",
            sdk="schema.py:285",
        ),
    ]
    deprecated: Annotated[
        bool,
        Origin(
            "Whether the model is no longer offered.",
            docs="model-designing-rules.mdx:232",
            daemon="model_declaration.go:386",
            sdk="schema.py:288",
        ),
    ] = False
    parameter_rules: Annotated[
        list[ParameterRuleItem],
        Origin(
            "What users can set for the model.",
            docs="model-designing-rules.mdx:224",
            daemon="model_declaration.go:387",
            sdk="schema.py:391",
        ),
    ] = Field(default_factory=list)
    pricing: Annotated[
        Pricing | None,
        Origin(
            "What the model costs.",
            docs="model-designing-rules.mdx:228",
            daemon="model_declaration.go:388",
            sdk="schema.py:392",
        ),
    ] = None
