"""Loads documents with the SDK itself, in a process of its own: the SDK patches the standard library when imported.

Reads one JSON object a line: the plugin (a folder below the one named on the command line), the path of a document in
it, the text to put there, the extension and file through which the SDK reaches it. Answers with one JSON object a
line: `error` is empty when the SDK loads the file. The first line says which SDK it is.
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import yaml


def load(extension: str, path: str) -> None:
    """Does with one file what the SDK's `PluginRegistration` does with it."""
    from dify_plugin.core.entities.plugin.setup import PluginConfiguration
    from dify_plugin.core.utils.yaml_loader import load_yaml_file
    from dify_plugin.entities.agent import AgentStrategyProviderConfiguration
    from dify_plugin.entities.datasource_manifest import DatasourceProviderManifest
    from dify_plugin.entities.endpoint import EndpointProviderConfiguration
    from dify_plugin.entities.model.provider import ModelProviderConfiguration
    from dify_plugin.entities.tool import ToolProviderConfiguration
    from dify_plugin.entities.trigger import TriggerProviderConfiguration
    from werkzeug.routing import Map, Rule

    kinds: dict[str, Any] = {
        "manifest": PluginConfiguration,
        "tools": ToolProviderConfiguration,
        "models": ModelProviderConfiguration,
        "endpoints": EndpointProviderConfiguration,
        "agent_strategies": AgentStrategyProviderConfiguration,
        "datasources": DatasourceProviderManifest,
        "triggers": TriggerProviderConfiguration,
    }
    configuration = kinds[extension](**load_yaml_file(path))
    if extension == "endpoints":
        rules = Map()
        for endpoint in configuration.endpoints:
            rules.add(Rule(endpoint.path, methods=[endpoint.method], endpoint="endpoint"))


def remember() -> None:
    """Lets PyYAML read the same text once: but for one file, a plugin is the same from question to question."""
    read = yaml.safe_load

    @functools.cache
    def packed(text: str) -> bytes:
        return pickle.dumps(read(text))

    def safe_load(stream: Any) -> Any:
        return pickle.loads(packed(stream.read()))

    yaml.safe_load = safe_load


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # The SDK logs to standard output.
    remember()
    root = Path(sys.argv[1])
    print(
        json.dumps({"sdk": importlib.metadata.version("dify_plugin"), "python": sys.version}), file=answers, flush=True
    )
    for line in sys.stdin:
        request = json.loads(line)
        os.chdir(root / request["plugin"])
        file = Path(request["path"])
        before = file.read_bytes()
        file.write_bytes(request["text"].encode())
        error = ""
        try:
            load(request["extension"], request["through"])
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
        finally:
            file.write_bytes(before)
        print(json.dumps({"error": error}), file=answers, flush=True)


main()
