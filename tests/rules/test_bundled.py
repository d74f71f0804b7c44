"""The bundled example plugins are real ones: the SDK loads them, and knows the types that the tables say it knows.

The SDK patches the process that imports it, so all of this happens in one of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from packaging.version import Version

from bot.format.gates import FEATURES
from bot.format.traits import DocumentKind
from bot.rules.example import example_plugin

PLUGINS = ("agent", "datasource", "endpoint", "model", "tool", "trigger")

SCRIPT = """
import importlib.metadata, json, os, sys
from dify_plugin import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration
from dify_plugin.entities.model import ModelFeature
from dify_plugin.entities.tool import ToolParameter

loaded = {}
for root in sys.argv[1:]:
    os.chdir(root)
    sys.path.insert(0, root)
    before = set(sys.modules)
    found = PluginRegistration(DifyPluginEnv())
    loaded[os.path.basename(root)] = {
        "tools": [name for _, _, tools in found.tools_mapping.values() for name in tools],
        "models": [kind.value for _, _, factory in found.models_mapping.values() for kind in factory.models],
        "strategies": [name for _, strategies in found.agent_strategies_mapping.values() for name in strategies],
        "datasources": [name for each in found.datasource_mapping.values()
                        for name in each.website_crawl_datasource_mapping],
        "endpoints": [rule.rule for rule in found.endpoints._rules],
        "triggers": [each.identity.name for each in found.triggers_configuration],
    }
    sys.path.remove(root)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(root):
            del sys.modules[name]
print(json.dumps({
    "version": importlib.metadata.version("dify_plugin"),
    "types": [kind.value for kind in ToolParameter.ToolParameterType],
    "features": [feature.value for feature in ModelFeature],
    "loaded": loaded,
}))
"""


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    roots = []
    for name in PLUGINS:
        root = tmp_path_factory.mktemp("bundled") / name
        for path, content in example_plugin(name).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        roots.append(str(root))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *roots], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_the_sdk_loads_every_bundled_plugin(sdk: dict[str, object]) -> None:
    loaded = sdk["loaded"]
    assert isinstance(loaded, dict)
    assert {name: {key: value for key, value in each.items() if value} for name, each in loaded.items()} == {
        "agent": {"strategies": ["planner"]},
        "datasource": {"datasources": ["pages"]},
        "endpoint": {"endpoints": ["/events", "/status/<order_id>"]},
        "model": {"models": ["llm", "text-embedding"]},
        "tool": {"tools": ["current_weather"]},
        "trigger": {"triggers": ["codehub_trigger"]},
    }


def test_the_sdk_that_is_installed_here_agrees_with_the_table(sdk: dict[str, object]) -> None:
    types, features = sdk["types"], sdk["features"]
    assert isinstance(types, list)
    assert isinstance(features, list)
    checked = set()
    for gate in FEATURES:
        if gate.sdk is None:
            continue
        newer = Version(str(sdk["version"])) >= gate.sdk.version
        for use in gate.uses:
            known, words = {
                (DocumentKind.TOOL, "type"): (
                    types,
                    ("object", "array", "dynamic-select", "checkbox", "date", "date-range"),
                ),
                (DocumentKind.MODEL, "features"): (features, ("structured-output", "polling")),
            }.get((use.kind, use.pattern[-1] if use.pattern[-1] == "type" else str(use.pattern[0])), ([], ()))
            for word in words:
                if use.when(word):
                    assert (word in known) is newer, word
                    checked.add(word)
    assert len(checked) == 8
