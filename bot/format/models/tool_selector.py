"""ToolSelector: a tool chosen for an agent. It exists at run time only; forms ask for it by the type `array[tools]`.

D general-specifications.mdx:234; S tool.py:361. The documentation's options are texts, the SDK's are structures.
"""

from __future__ import annotations

from typing import Annotated, Any

from bot.format.models.base import Origin, Spec
from bot.format.models.parameter import ToolParameterOption, ToolParameterType
from bot.format.models.values import Basic


class ToolSelectorParameter(Spec):
    name: Annotated[str, Origin("The name of the parameter.", docs="general-specifications.mdx:255", sdk="tool.py:363")]
    type: Annotated[
        ToolParameterType,
        Origin("The type of the value.", docs="general-specifications.mdx:259", sdk="tool.py:364"),
    ]
    required: Annotated[
        bool, Origin("Whether a value must be given.", docs="general-specifications.mdx:263", sdk="tool.py:368")
    ]
    description: Annotated[
        str,
        Origin("The description given to the model.", docs="general-specifications.mdx:267", sdk="tool.py:369"),
    ]
    default: Annotated[
        Any,
        Basic(),
        Origin("The value when none is given.", docs="general-specifications.mdx:271", sdk="tool.py:370"),
    ] = None
    options: Annotated[
        list[ToolParameterOption] | None,
        Origin("What can be chosen.", docs="general-specifications.mdx:275", sdk="tool.py:371"),
    ] = None


class ToolSelector(Spec):
    provider_id: Annotated[
        str, Origin("The provider of the tool.", docs="general-specifications.mdx:236", sdk="tool.py:373")
    ]
    tool_name: Annotated[str, Origin("The name of the tool.", docs="general-specifications.mdx:240", sdk="tool.py:374")]
    tool_description: Annotated[
        str, Origin("What the tool does.", docs="general-specifications.mdx:244", sdk="tool.py:375")
    ]
    tool_configuration: Annotated[
        dict[str, Any],
        Origin("The values that users set beforehand.", docs="general-specifications.mdx:248", sdk="tool.py:376"),
    ]
    tool_parameters: Annotated[
        dict[str, ToolSelectorParameter],
        Origin("The values that the model gives, by name.", docs="general-specifications.mdx:252", sdk="tool.py:380"),
    ]
