"""NodeResponse: what a workflow node returns to the plugin that called it. It exists at run time only.

D general-specifications.mdx:220; S workflow_node.py:8.
"""

from __future__ import annotations

from typing import Annotated, Any

from bot.format.models.base import Origin, Spec


class NodeResponse(Spec):
    inputs: Annotated[
        dict[str, Any],
        Origin("What the node was called with.", docs="general-specifications.mdx:222", sdk="workflow_node.py:10"),
    ]
    outputs: Annotated[
        dict[str, Any],
        Origin("What the node returned.", docs="general-specifications.mdx:226", sdk="workflow_node.py:11"),
    ]
    process_data: Annotated[
        dict[str, Any],
        Origin("What arose on the way.", docs="general-specifications.mdx:230", sdk="workflow_node.py:9"),
    ]
