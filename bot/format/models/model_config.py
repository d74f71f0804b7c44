"""ModelConfig: the value of a `model-selector`. It exists at run time only: Python code writes it, no YAML does."""

from typing import Annotated, Any, Literal

from pydantic import Field

from bot.format.models.base import Origin, Spec, empty_dict
from bot.format.models.model import ModelType as _ModelType

#: What the SDK takes in code.
ModelType = Literal[_ModelType, "text2img"]


class ModelConfig(Spec):
    provider: Annotated[str, Origin("organisation/plugin/provider", daemon=False)]
    model: Annotated[str, Origin("The name of the model.", daemon=False)]
    model_type: Annotated[ModelType, Origin("The type of the model.", daemon=False)]


class LLMModelConfig(ModelConfig):
    """For LLMs."""

    model_type: Annotated[ModelType, Origin("The type of the model.", daemon=False)] = "llm"
    mode: Annotated[str, Origin("`chat` or `completion`.", daemon=False)]
    completion_params: Annotated[dict[str, Any], Origin("The parameters of the call.", daemon=False)] = Field(
        default_factory=empty_dict
    )


class TextEmbeddingModelConfig(ModelConfig):
    """For embeddings of texts."""

    model_type: Annotated[ModelType, Origin("The type of the model.", daemon=False)] = "text-embedding"


class MultiModalEmbeddingModelConfig(TextEmbeddingModelConfig):
    """For embeddings of texts and images."""

    tenant_id: Annotated[str, Origin("The workspace that the documents belong to.", daemon=False)]


class RerankModelConfig(ModelConfig):
    """For ordering texts."""

    model_type: Annotated[ModelType, Origin("The type of the model.", daemon=False)] = "rerank"
    score_threshold: Annotated[float, Origin("The score below which documents are dropped.", daemon=False)]
    top_n: Annotated[int, Origin("How many documents to keep.", daemon=False)]


class MultiModalRerankModelConfig(ModelConfig):
    """For ordering texts and images."""

    model_type: Annotated[ModelType, Origin("The type of the model.", daemon=False)] = "rerank"
    score_threshold: Annotated[float | None, Origin("The score below which documents are dropped.", daemon=False)] = (
        None
    )
    top_n: Annotated[int | None, Origin("How many documents to keep.", daemon=False)] = None


class TTSModelConfig(ModelConfig):
    """For speaking."""

    model_type: Annotated[ModelType, Origin("The type of the model.", daemon=False)] = "tts"
    voice: Annotated[str, Origin("The voice to speak with.", daemon=False)]


class Speech2TextModelConfig(ModelConfig):
    """For understanding speech."""

    model_type: Annotated[ModelType, Origin("The type of the model.", daemon=False)] = "speech2text"


class ModerationModelConfig(ModelConfig):
    """For moderation."""

    model_type: Annotated[ModelType, Origin("The type of the model.", daemon=False)] = "moderation"
