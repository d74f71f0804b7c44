"""The structures that Python code makes for Dify, by the names of the SDK's classes."""

from collections.abc import Mapping
from typing import Final

from bot.format.models import model_config, node_request
from bot.format.models.base import Spec
from bot.format.models.tool_selector import ToolSelector

CONSTRUCTED: Final[Mapping[str, type[Spec]]] = {
    "LLMModelConfig": model_config.LLMModelConfig,
    "TextEmbeddingModelConfig": model_config.TextEmbeddingModelConfig,
    "MultiModalEmbeddingModelConfig": model_config.MultiModalEmbeddingModelConfig,
    "RerankModelConfig": model_config.RerankModelConfig,
    "MultiModalRerankModelConfig": model_config.MultiModalRerankModelConfig,
    "TTSModelConfig": model_config.TTSModelConfig,
    "Speech2TextModelConfig": model_config.Speech2TextModelConfig,
    "ModerationModelConfig": model_config.ModerationModelConfig,
    "ModelConfig": node_request.NodeModelConfig,
    "ParameterConfig": node_request.ParameterConfig,
    "ClassConfig": node_request.ClassConfig,
    "ToolSelector": ToolSelector,
}
