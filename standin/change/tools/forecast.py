"""The forecast of a city."""

from collections.abc import Generator
from typing import Any

import httpx
from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage


class ForecastTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        response = httpx.get(
            "https://weather.example/v1/forecast",
            params={"city": tool_parameters["city"], "days": tool_parameters.get("days", 3)},
            headers={"Authorization": f"Bearer {self.runtime.credentials['api_key']}"},
            timeout=10,
        )
        response.raise_for_status()
        yield self.create_json_message(response.json())
