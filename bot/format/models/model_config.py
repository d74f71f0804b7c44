"""ModelConfig: the value of a `model-selector`. It exists at run time only: Python code writes it, no YAML does.

D general-specifications.mdx:206; S schema.py:419 and llm.py:223. The same in every release of the SDK up to 0.10.1.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from bot.format.models.base import Origin, Spec
from bot.format.models.model import ModelType as _ModelType

#: What the SDK takes in code.
ModelType = Literal[_ModelType, "text2img"]


class ModelConfig(Spec):
    provider: Annotated[
        str,
        Origin("organisation/plugin/provider", docs="general-specifications.mdx:208", sdk="schema.py:420"),
    ]
    model: Annotated[str, Origin("The name of the model.", docs="general-specifications.mdx:212", sdk="schema.py:421")]
    model_type: Annotated[
        ModelType, Origin("The type of the model.", docs="general-specifications.mdx:216", sdk="schema.py:422")
    ]


class LLMModelConfig(ModelConfig):
    """For LLMs. S llm.py:223."""

    model_type: Annotated[
        ModelType, Origin("The type of the model.", docs="general-specifications.mdx:216", sdk="llm.py:226")
    ] = "llm"
    mode: Annotated[str, Origin("`chat` or `completion`.", sdk="llm.py:227")]
    completion_params: Annotated[dict[str, Any], Origin("The parameters of the call.", sdk="llm.py:228")] = Field(
        default_factory=dict
    )


class TextEmbeddingModelConfig(ModelConfig):
    """For embeddings of texts. S text_embedding.py:33."""

    model_type: Annotated[ModelType, Origin("The type of the model.", sdk="text_embedding.py:38")] = "text-embedding"


class MultiModalEmbeddingModelConfig(TextEmbeddingModelConfig):
    """For embeddings of texts and images. S text_embedding.py:75."""

    tenant_id: Annotated[str, Origin("The workspace that the documents belong to.", sdk="text_embedding.py:79")]


class RerankModelConfig(ModelConfig):
    """For ordering texts. S rerank.py:25."""

    model_type: Annotated[ModelType, Origin("The type of the model.", sdk="rerank.py:30")] = "rerank"
    score_threshold: Annotated[float, Origin("The score below which documents are dropped.", sdk="rerank.py:31")]
    top_n: Annotated[int, Origin("How many documents to keep.", sdk="rerank.py:32")]


class MultiModalRerankModelConfig(ModelConfig):
    """For ordering texts and images. S rerank.py:48."""

    model_type: Annotated[ModelType, Origin("The type of the model.", sdk="rerank.py:51")] = "rerank"
    score_threshold: Annotated[
        float | None, Origin("The score below which documents are dropped.", sdk="rerank.py:52")
    ] = None
    top_n: Annotated[int | None, Origin("How many documents to keep.", sdk="rerank.py:56")] = None


class TTSModelConfig(ModelConfig):
    """For speaking. S tts.py:6."""

    model_type: Annotated[ModelType, Origin("The type of the model.", sdk="tts.py:11")] = "tts"
    voice: Annotated[str, Origin("The voice to speak with.", sdk="tts.py:12")]


class Speech2TextModelConfig(ModelConfig):
    """For understanding speech. S speech2text.py:6."""

    model_type: Annotated[ModelType, Origin("The type of the model.", sdk="speech2text.py:11")] = "speech2text"


class ModerationModelConfig(ModelConfig):
    """For moderation. S moderation.py:6."""

    model_type: Annotated[ModelType, Origin("The type of the model.", sdk="moderation.py:11")] = "moderation"
