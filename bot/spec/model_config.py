"""ModelConfig: the value of a `model-selector`. It exists at run time only: Python code writes it, no YAML does.

D general-specifications.mdx:206; S schema.py:419 and llm.py:223.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from bot.spec.base import Origin, Spec
from bot.spec.model import ModelType


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
