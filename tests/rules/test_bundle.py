"""Bundles: each dependency says where its plugin is."""

from __future__ import annotations

import pytest

from bot.rules.example import example_plugin
from bot.source import MemoryTree
from tests.support.reviewing import changed, found, said, text_at

BUNDLE = """\
type: bundle
name: acme_weather
version: 0.1.0
author: acme
icon: icon.svg
labels:
  en_US: Weather
description:
  en_US: Weather and forecasts.
tags: []
dependencies:
"""
ICON = example_plugin("tool")["_assets/icon.svg"]


def bundle(dependencies: str, **files: bytes) -> MemoryTree:
    return MemoryTree({"manifest.yaml": BUNDLE + dependencies, "_assets/icon.svg": ICON, **files})


def item(kind: str, value: str) -> str:
    return f"  - type: {kind}\n    value:\n      {value}\n"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("github", "repo_pattern: acme/weather:0.1.0/weather.difypkg"),
        ("marketplace", "marketplace_pattern: acme/weather:^0.1.0"),
        ("package", "path: weather.difypkg"),
        ("package", "path: old/weather.DIFYPKG"),
    ],
)
def test_dependencies_that_will_do(kind: str, value: str) -> None:
    packages = {"_assets/weather.difypkg": b"PK", "_assets/old/weather.DIFYPKG": b"PK"}
    assert said(bundle(item(kind, value), **packages), "bundle", "asset", "reference", "dependency", "readme") == []


@pytest.mark.parametrize(
    ("kind", "value", "key"),
    [
        ("github", "marketplace_pattern: acme/weather:0.1.0", "repo_pattern"),
        ("marketplace", "repo_pattern: acme/weather:0.1.0/a.difypkg", "marketplace_pattern"),
        ("package", "repo_pattern: acme/weather:0.1.0/a.difypkg", "path"),
        ("package", "path: ''", "path"),
    ],
)
def test_a_value_for_another_type(kind: str, value: str, key: str) -> None:
    tree = bundle(item(kind, value))
    (finding,) = found("bundle/dependency-value", tree)
    assert f"needs `{key}`" in finding.message
    assert text_at(tree, finding) == "value"


def test_a_key_too_many() -> None:
    both = "path: weather.difypkg\n      repo_pattern: acme/weather:0.1.0/a.difypkg"
    tree = bundle(item("package", both), **{"_assets/weather.difypkg": b"PK"})
    (finding,) = found("bundle/dependency-value", tree)
    assert (finding.severity.label, text_at(tree, finding)) == ("warning", "repo_pattern")


def test_a_package_that_is_not_there() -> None:
    tree = bundle(item("package", "path: weather.difypkg"))
    assert said(tree, "asset") == [("asset/missing", "error")]
    (finding,) = found("asset/missing", tree)
    assert text_at(tree, finding) == "weather.difypkg"
    assert "Dify refuses to install" in finding.message


def test_a_package_elsewhere() -> None:
    tree = bundle(item("package", "path: weather.difypkg"), **{"weather.difypkg": b"PK"})
    assert said(tree, "asset") == [("asset/outside-assets", "error")]


def test_no_package() -> None:
    tree = bundle(item("package", "path: icon.svg"))
    (finding,) = found("bundle/not-a-package", tree)
    assert text_at(tree, finding) == "icon.svg"


@pytest.mark.parametrize(
    "dependencies", ["  []\n", "  - a\n", "  - type: [1]\n", "  - type: github\n    value: 3\n", "  x: 1\n"]
)
def test_any_shape(dependencies: str) -> None:
    assert found("bundle/dependency-value", bundle(dependencies)) == []
    assert found("bundle/not-a-package", bundle(dependencies)) == []


def test_a_bundle_is_judged_by_nothing_that_is_for_plugins() -> None:
    files = {".difyignore": b"_assets\n", ".env": b"A=1", "a.pyc": b"", "b.so": b""}
    assert said(bundle("  []\n", **files), "package", "security", "dependency", "readme", "privacy", "reference") == []


@pytest.mark.parametrize("kind", ["Bundle", "bundel", "pack"])
def test_a_bundle_with_a_misspelt_type_is_one_finding(kind: str) -> None:
    text = (BUNDLE + item("marketplace", "marketplace_pattern: acme/weather:0.1.0")).replace("bundle", kind, 1)
    tree = MemoryTree({"manifest.yaml": text, "_assets/icon.svg": ICON})
    (finding,) = found("schema/unknown-value", tree)
    assert (finding.severity.label, text_at(tree, finding)) == ("error", kind)
    assert [rule for rule, severity in said(tree) if severity == "error"] == ["schema/unknown-value"]


def test_a_plugin_that_calls_itself_a_bundle_is_one_finding() -> None:
    tree = changed("type: bundle\n", "manifest.yaml")
    (finding,) = found("schema/unknown-value", tree)
    assert text_at(tree, finding) == "bundle"
    assert [rule for rule, severity in said(tree) if severity == "error"] == ["schema/unknown-value"]
