"""NodeResponse: what a workflow node returns to the plugin that called it. It exists at run time only."""

from typing import Annotated, Any

from bot.format.models.base import Origin, Spec


class NodeResponse(Spec):
    inputs: Annotated[dict[str, Any], Origin("What the node was called with.", daemon=False)]
    outputs: Annotated[dict[str, Any], Origin("What the node returned.", daemon=False)]
    process_data: Annotated[dict[str, Any], Origin("What arose on the way.", daemon=False)]
