"""Tables that daemon and SDK have built in. Rules ask them without the models, which take their time to import."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

#: The sections of `models`, with the class that implements each type of model (S plugin_registration.py:421).
SECTIONS: Mapping[str, tuple[str, str]] = {
    "llm": ("llm", "LargeLanguageModel"),
    "text_embedding": ("text-embedding", "TextEmbeddingModel"),
    "rerank": ("rerank", "RerankModel"),
    "tts": ("tts", "TTSModel"),
    "speech2text": ("speech2text", "Speech2TextModel"),
    "moderation": ("moderation", "ModerationModel"),
}


#: What comes of a section of another name.
LOST_SECTION = "The models of this section are never loaded."


class Template(Struct, frozen=True):
    """What a parameter rule takes over by `use_template`. G model_declaration.go:116; S schema.py:45."""

    type: str
    default: float | int | None = None
    min: float | int | None = None
    max: float | int | None = None
    precision: int | None = None
    options: tuple[str, ...] = ()


#: The templates by name. The daemon's `json_schema` has the type `string`, the SDK's `text`.
TEMPLATES: Mapping[str, Template] = {
    "temperature": Template("float", 0.0, 0.0, 1.0, 2),
    "top_p": Template("float", 1.0, 0.0, 1.0, 2),
    "top_k": Template("int", 50, 1, 100, 0),
    "presence_penalty": Template("float", 0.0, 0.0, 1.0, 2),
    "frequency_penalty": Template("float", 0.0, 0.0, 1.0, 2),
    "max_tokens": Template("int", 64, 1, 2048, 0),
    "response_format": Template("string", options=("JSON", "XML")),
    "json_schema": Template("text"),
}

#: What the platform takes as `scope` of a credential, setting or subscription: one of these, whatever the type (A
#: core/entities/provider_entities.py:208).
PLATFORM_SCOPES = (
    "all",
    "chat",
    "workflow",
    "completion",
    "llm",
    "text-embedding",
    "rerank",
    "tts",
    "speech2text",
    "moderation",
    "vision",
    "custom",
    "builtin",
)

#: What `scope` may name, by the type that carries it (G config.go:29, 92, 115, 151). Tokens are joined by `&`. The
#: documentation's `all` for models is refused in remote debugging (D general-specifications.mdx:138).
SCOPES: Mapping[str, tuple[str, ...]] = {
    "model-selector": (
        "llm",
        "text-embedding",
        "rerank",
        "tts",
        "speech2text",
        "moderation",
        "vision",
        "document",
        "tool-call",
    ),
    "app-selector": ("all", "chat", "workflow", "completion"),
    "any": ("string", "number", "object", "array[number]", "array[string]", "array[object]", "array[file]"),
}
