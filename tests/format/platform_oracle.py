"""Gives declarations to the platform's own classes, in a process of its own and without the rest of Dify.

The command line names the folder `api` of Dify and the sources of graphon. Reads one JSON object a line: the kind of
document, and its declaration as the daemon hands it on. Answers with one JSON object a line: `error` is empty when the
classes take it. The first line says that they could be loaded.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import json
import os
import sys
import types
from typing import Any
from unittest.mock import MagicMock

#: What the classes import and do not need: settings and services of Dify, and what they in turn need.
_REPLACED = ("configs", "extensions", "libs", "services", "contexts")


class _Replaced(types.ModuleType):
    __path__ = ()  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return MagicMock(name=name)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, fullname: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in _REPLACED:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Replaced(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


def _classes() -> dict[str, Any]:
    from core.agent.plugin_entities import (  # type: ignore[import-not-found]
        AgentStrategyEntity,
        AgentStrategyProviderEntity,
    )
    from core.datasource.entities.datasource_entities import (  # type: ignore[import-not-found]
        DatasourceEntity,
        DatasourceProviderEntity,
    )
    from core.plugin.entities.endpoint import (  # type: ignore[import-not-found]
        EndpointDeclaration,
        EndpointProviderDeclaration,
    )
    from core.plugin.entities.plugin import PluginDeclaration  # type: ignore[import-not-found]
    from core.tools.entities.tool_entities import ToolEntity, ToolProviderEntity  # type: ignore[import-not-found]
    from core.trigger.entities.entities import EventEntity, TriggerProviderEntity  # type: ignore[import-not-found]
    from graphon.model_runtime.entities.model_entities import AIModelEntity  # type: ignore[import-not-found]
    from graphon.model_runtime.entities.provider_entities import ProviderEntity  # type: ignore[import-not-found]

    return {
        "manifest": PluginDeclaration,
        "tool provider": ToolProviderEntity,
        "tool": ToolEntity,
        "model provider": ProviderEntity,
        "model": AIModelEntity,
        "endpoint group": EndpointProviderDeclaration,
        "endpoint": EndpointDeclaration,
        "agent strategy provider": AgentStrategyProviderEntity,
        "agent strategy": AgentStrategyEntity,
        "datasource provider": DatasourceProviderEntity,
        "datasource": DatasourceEntity,
        "trigger provider": TriggerProviderEntity,
        "event": EventEntity,
    }


def main() -> None:
    sys.path[:0] = sys.argv[1:]
    sys.meta_path.insert(0, _Finder())
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    classes = _classes()
    print(json.dumps({"kinds": sorted(classes)}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        error = ""
        try:
            classes[request["kind"]].model_validate(request["declaration"])
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
        print(json.dumps({"error": error}), file=answers, flush=True)


main()
