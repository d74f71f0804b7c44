"""Run by another process, as the SDK patches what it likes: calls a tool the way the SDK does.

Reads one JSON a line, {"source", "parameters", "credentials"}, and answers with what comes out or the exception.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def run(request: dict[str, Any]) -> dict[str, Any]:
    from dify_plugin import Tool

    namespace: dict[str, Any] = {}
    try:
        exec(compile(request["source"], "tool.py", "exec"), namespace)
        classes: list[Any] = [item for item in namespace.values() if isinstance(item, type)]
        cls: Any = next(item for item in classes if issubclass(item, Tool) and item is not Tool)
        if "expression" in request:
            return {"value": str(eval(request["expression"], namespace))}
        tool = cls.from_credentials(request.get("credentials", {}))
        messages = [message.model_dump(mode="json") for message in tool.invoke(request.get("parameters", {}))]
        return {"messages": messages}
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}


if __name__ == "__main__":
    out = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        out.write(json.dumps(run(json.loads(line))) + "\n")
        out.flush()
