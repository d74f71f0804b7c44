"""The dated facts about the SDK against the SDK that is installed."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
from typing import Any

import pytest
from packaging.requirements import Requirement

from bot.python import sdk
from bot.python.distributions import BRINGS, IMPORT_NAMES, KNOWN_IMPORTS, normalised
from bot.python.sdk import CLASSES, EXPORTS, Meaning, SdkClass, is_strict_subclass, lookup

_LOOK = """
import importlib, inspect, json, sys
modules, classes = json.loads(sys.stdin.read())
found = {"exports": {}, "classes": {}, "chains": []}
by_name = {}
for name in modules:
    try:
        module = importlib.import_module(name)
    except ImportError:
        continue
    here = {n: c for n, c in vars(module).items() if inspect.isclass(c) and c.__module__.startswith("dify_plugin")}
    found["exports"][name] = sorted(here)
    for n, c in here.items():
        by_name.setdefault(n, c)
for name in classes:
    c = by_name[name]
    found["classes"][name] = {
        "ancestors": [b.__name__ for b in c.__mro__[1:] if b.__name__ in classes],
        "abstract": sorted(getattr(c, "__abstractmethods__", ())),
    }
from dify_plugin.core.runtime import Session
session = Session.empty_session()
def walk(thing, chain):
    for name in dir(thing):
        if name.startswith("_") or name == "session":
            continue
        value = getattr(thing, name)
        if callable(value):
            found["chains"].append([*chain, name])
        elif type(value).__module__.startswith(("dify_plugin.core.runtime", "dify_plugin.invocations")):
            walk(value, [*chain, name])
for name in ("model", "tool", "app", "workflow_node", "storage", "file"):
    walk(getattr(session, name), [name])
print(json.dumps(found))
sys.stdout.flush()
import os
os._exit(0)
"""


@pytest.fixture(scope="module")
def installed() -> dict[str, Any]:
    request = json.dumps([list(EXPORTS), list(CLASSES)])
    done = subprocess.run([sys.executable, "-c", _LOOK], input=request, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_modules_of_the_sdk_lend_the_classes_that_are_listed(installed: dict[str, Any]) -> None:
    assert len(installed["exports"]) > 20
    for module, names in installed["exports"].items():
        assert {name for name in names if name in CLASSES} <= EXPORTS[module]
        for name in names:
            found = lookup(f"{module}.{name}")
            assert found is CLASSES.get(name, Meaning.OTHER), (module, name)


def test_classes_derive_from_what_is_listed(installed: dict[str, Any]) -> None:
    for name, facts in installed["classes"].items():
        listed = {base for base in CLASSES if is_strict_subclass(name, base)}
        # The datasources became a `ToolLike` with later releases; nothing is ever loaded as one.
        assert listed - {"ToolLike"} == set(facts["ancestors"]) - {"ToolLike"}


def test_abstract_methods_are_those_listed(installed: dict[str, Any]) -> None:
    def order(cls: SdkClass) -> list[SdkClass]:
        return [cls, *(above for base in cls.bases for above in order(CLASSES[base]))]

    for name, facts in installed["classes"].items():
        left: set[str] = set()
        decided: set[str] = set()
        for cls in order(CLASSES[name]):
            left |= cls.abstract - decided
            decided |= cls.abstract | cls.concrete
        assert left == set(facts["abstract"]), name


def test_sessions_can_do_what_is_listed_and_no_more(installed: dict[str, Any]) -> None:
    chains = {tuple(chain) for chain in installed["chains"]}
    assert chains - {("file", "upload")} == set(sdk.PERMISSIONS)


def test_every_invocation_has_its_class() -> None:
    objects = {chain[:-1] for chain in sdk.PERMISSIONS if chain != ("app", "fetch_app")}
    assert set(sdk.INVOCATIONS.values()) == objects
    assert set(sdk.MODEL_ARGUMENTS) < set(sdk.PERMISSIONS)


def test_what_the_sdk_requires_counts_as_provided() -> None:
    required = [Requirement(line) for line in importlib.metadata.requires("dify_plugin") or []]
    needed = {normalised(line.name) for line in required if not line.marker or line.marker.evaluate({"extra": ""})}
    # Dropped by 0.10.0, so not provided by every release.
    assert needed - {"dpkt"} <= sdk.PROVIDED


@pytest.mark.parametrize(
    ("dotted", "expected"),
    [
        ("dify_plugin", Meaning.MODULE),
        ("dify_plugin.interfaces.tool", Meaning.MODULE),
        ("dify_plugin.Tool", CLASSES["Tool"]),
        ("dify_plugin.entities.tool.ToolInvokeMessage", Meaning.OTHER),
        ("dify_plugin.entities", Meaning.OTHER),
        ("dify_plugin.Tomorrow", Meaning.UNKNOWN),
        ("dify_plugin.interfaces.tool.Tomorrow", Meaning.UNKNOWN),
        ("dify_plugin.interfaces.tomorrow.Tool", Meaning.UNKNOWN),
        ("dify_plugin.core.plugin_registration.Tool", Meaning.UNKNOWN),
        ("dify_plugin.core.runtime.Session", Meaning.OTHER),
        ("dify_plugin.tomorrow.x", Meaning.UNKNOWN),
    ],
)
def test_what_a_name_of_the_sdk_stands_for(dotted: str, expected: SdkClass | Meaning) -> None:
    assert lookup(dotted) is expected


def test_the_tables_of_distributions_are_well_formed() -> None:
    name = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(-?\*)?")
    for distributions in IMPORT_NAMES.values():
        assert distributions
        assert all(name.fullmatch(distribution) for distribution in distributions), distributions
    for distribution, brought in BRINGS.items():
        assert name.fullmatch(distribution), distribution
        assert all(name.fullmatch(item) for item in brought)
        assert distribution not in brought


def test_nothing_that_builds_on_the_sdk_counts_as_known() -> None:
    assert "dify_plugin" not in KNOWN_IMPORTS
    installed = importlib.metadata.packages_distributions()
    for top in KNOWN_IMPORTS & set(installed):
        for distribution in installed[top]:
            needed = importlib.metadata.requires(distribution) or []
            assert not any(normalised(Requirement(line).name) == "dify-plugin" for line in needed)


def test_installed_distributions_are_named_as_listed() -> None:
    installed = importlib.metadata.packages_distributions()
    checked = 0
    for top in KNOWN_IMPORTS & set(installed):
        expected = IMPORT_NAMES.get(top)
        if expected and not any("*" in item for item in expected):
            checked += 1
            assert {normalised(name) for name in installed[top]} & set(expected), top
    assert checked > 15
