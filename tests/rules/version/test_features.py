"""The rules about versions, and the tables that they go by."""

from __future__ import annotations

import pytest
import yaml
from packaging.version import Version

from bot.document.edits import apply_edits
from bot.findings import By, Reach, Safety, Severity
from bot.format.gates import DIFY_RELEASES, FEATURES, SDK_RELEASES, Feature, dify_has, is_known
from bot.format.judge.fields import resolve
from bot.format.kinds import MODELS
from bot.options import Options
from bot.plugin import find_roots
from bot.review.engine import review
from bot.review.result import Result
from bot.source.memory import MemoryTree
from tests.support.reviewing import changed, fixed, found, text_at

SDK = "version/sdk-feature"
TOOL = "tools/current_weather.yaml"
DATE = "parameters:\n  - {name: day, type: date, form: form, label: {en_US: A}, human_description: {en_US: A}}\n"


def dated(requirement: str) -> MemoryTree:
    """The example tool with a parameter of the type `date`, which came with 0.10.1."""
    return changed(DATE, TOOL, files={"requirements.txt": f"{requirement}\n"})


@pytest.mark.parametrize(
    ("requirement", "severity"),
    [
        ("dify_plugin>=0.9.0,<0.10", Severity.ERROR),
        ("dify_plugin==0.10.0", Severity.ERROR),
        ("dify-plugin~=0.9.0", Severity.ERROR),
        ("Dify.Plugin<0.10.1", Severity.ERROR),
        ("dify_plugin===0.9.1", Severity.ERROR),
        ("dify_plugin>=0.9.0", Severity.WARNING),
        ("dify_plugin>=0.9.0,<1.0.0", Severity.WARNING),
        ("dify_plugin~=0.9", Severity.WARNING),
        ("dify_plugin>=0.10.0,!=0.10.0", None),
        ("dify_plugin>=0.10.1", None),
        ("dify_plugin==0.10.1", None),
        ("dify_plugin>0.10.0", None),
        ("dify_plugin>=0.11", None),
        ("dify_plugin>=1,<2", None),
        # Nothing that could be judged: a missing lower bound is for the rules about dependencies.
        ("dify_plugin", None),
        ("dify_plugin<1", None),
        ("dify_plugin @ https://sdk.example/dify_plugin.whl", None),
        ("dify_plugin>=0.9; sys_platform == 'win32'", None),
        ("dify_plugin>=latest", None),
        ("httpx>=0.27", None),
        ("", None),
    ],
)
def test_a_feature_and_the_declared_range(requirement: str, severity: Severity | None) -> None:
    tree = dated(requirement)
    findings = found(SDK, tree)
    assert [each.severity for each in findings] == ([severity] if severity else [])
    for finding in findings:
        assert text_at(tree, finding) == "date"
        assert "0.10.1" in finding.message
        assert "`requirements.txt`" in finding.message


def test_what_dify_installs_by_is_what_counts() -> None:
    pyproject = '[project]\nname = "weather"\ndependencies = ["dify_plugin>=0.10.1"]\n'
    files = {"requirements.txt": "dify_plugin==0.5.0\n", "pyproject.toml": pyproject}
    assert found(SDK, changed(DATE, TOOL, files=files)) == []
    files["pyproject.toml"] = pyproject.replace("0.10.1", "0.9.0")
    (finding,) = found(SDK, changed(DATE, TOOL, files=files))
    assert "`pyproject.toml`" in finding.message


def test_each_feature_is_reported_once() -> None:
    two = DATE + DATE.removeprefix("parameters:\n").replace("day", "other")
    assert len(found(SDK, changed(two, TOOL, files={"requirements.txt": "dify_plugin>=0.9\n"}))) == 1


def test_what_the_daemon_reads_itself_is_only_a_notice() -> None:
    icon = changed("icon_dark: icon.svg\n", "manifest.yaml", files={"requirements.txt": "dify_plugin==0.4.0\n"})
    (finding,) = found(SDK, icon)
    assert (finding.severity, text_at(icon, finding)) == (Severity.NOTICE, "icon.svg")
    newer = {"requirements.txt": "dify_plugin>=0.4.0\n"}
    assert found(SDK, changed("icon_dark: icon.svg\n", "manifest.yaml", files=newer)) == []


def test_a_notice_gives_way_to_what_asks_for_a_newer_sdk_anyway() -> None:
    both = DATE.replace("type: date", "type: select, multiple: true, default: [a], options: [{value: a}]")
    (finding,) = found(SDK, changed(both, TOOL, files={"requirements.txt": "dify_plugin>=0.9.0,<0.10\n"}))
    assert (finding.severity, finding.pointer) == (Severity.ERROR, "/parameters/0/default")


@pytest.mark.parametrize(("base", "requirement"), [("datasource", "0.3.5"), ("trigger", "0.5.1")])
def test_an_extension_that_the_sdk_does_not_know(base: str, requirement: str) -> None:
    tree = changed("", "manifest.yaml", base, {"requirements.txt": f"dify_plugin=={requirement}\n"})
    severities = {each.severity for each in found(SDK, tree)}
    assert severities == {Severity.ERROR}


def test_the_newest_sdk_has_everything() -> None:
    newest = SDK_RELEASES[-1]
    for base in ("tool", "model", "endpoint", "agent", "datasource", "trigger"):
        assert found(SDK, changed("", "manifest.yaml", base, {"requirements.txt": f"dify_plugin=={newest}\n"})) == []


# --- Dify -------------------------------------------------------------------------------------------------------

DIFY = "version/dify-feature"


def asking(version: str, base: str) -> MemoryTree:
    meta = f"meta: {{version: 0.0.1, minimum_dify_version: {version}, arch: [amd64], runner: {{language: python}}}}\n"
    return changed(meta, "manifest.yaml", base)


@pytest.mark.parametrize(
    ("base", "version", "needs"),
    [
        ("datasource", "1.9.0", None),
        ("datasource", "1.9.0-rc1", None),
        ("trigger", "1.9.2", "1.10.0"),
        ("trigger", "'1.10'", None),
        ("trigger", "1.10.0", None),
        ("trigger", "2.0.0", None),
        ("trigger", "newest", None),
    ],
)
def test_what_the_oldest_dify_knows(base: str, version: str, needs: str | None) -> None:
    tree = asking(version, base)
    findings = found(DIFY, tree)
    assert len(findings) == (needs is not None)
    for finding in findings:
        assert (finding.severity, text_at(tree, finding)) == (Severity.WARNING, version)
        assert f"needs {needs}" in finding.message
        assert finding.fix is not None
        assert finding.fix.safety is Safety.UNSAFE  # An older Dify does without.
        assert yaml.safe_load(fixed(tree, finding))["meta"]["minimum_dify_version"] == needs


def reviewed(tree: MemoryTree, dify: str = "") -> Result:
    return review(tree, find_roots(tree), Options(dify=dify))


def parameter(kind: str, version: str) -> MemoryTree:
    """The example tool with a parameter of a type, for Dify from `version` on."""
    meta = f"meta: {{version: 0.0.1, minimum_dify_version: {version}, arch: [amd64], runner: {{language: python}}}}\n"
    manifest = changed(meta, "manifest.yaml").read("manifest.yaml")
    return changed(DATE.replace("date", kind), TOOL, files={"manifest.yaml": manifest})


def test_what_an_older_dify_refuses_is_an_error_that_says_how_far_it_reaches() -> None:
    tree = parameter("array", "1.5.1")
    (finding,) = found(DIFY, tree)
    assert (finding.severity, text_at(tree, finding)) == (Severity.ERROR, "1.5.1")
    assert finding.fix is not None
    assert finding.fix.safety is Safety.SAFE
    assert "(`tools/current_weather.yaml`, line 20) came with 1.6.0" in finding.message
    assert "every tool of the workspace disappears" in finding.message.lower()
    assert [(each.by, each.reach) for each in finding.authorities] == [(By.PLATFORM, Reach.WORKSPACE)]
    assert found(DIFY, parameter("array", "1.6.0")) == []


def test_the_daemon_of_an_older_dify_refuses_a_tag_that_it_does_not_know() -> None:
    (finding,) = found(DIFY, asking("1.8.1", "datasource"))
    assert finding.severity is Severity.ERROR
    assert "came with 1.9.0" in finding.message


def test_a_minimum_that_is_younger_than_what_is_known_lacks_nothing() -> None:
    assert reviewed(parameter("date", "1.99.0")).unchecked == ()
    assert found(DIFY, parameter("date", "1.99.0")) == []


def test_a_release_of_which_a_feature_is_not_known_is_not_judged() -> None:
    result = reviewed(parameter("date", "1.16.0"))
    assert [each.rule for each in result.unchecked] == [DIFY]
    assert found(DIFY, parameter("date", "1.16.0")) == []


def test_a_plugin_that_names_no_oldest_dify_is_told_of_a_recent_need_only() -> None:
    meta = "meta: {version: 0.0.1, arch: [amd64], runner: {language: python}}\n"
    assert found(DIFY, changed(meta, "manifest.yaml", "trigger")) == []
    manifest = changed(meta, "manifest.yaml").read("manifest.yaml")
    tree = changed(DATE, TOOL, files={"manifest.yaml": manifest})
    (finding,) = found(DIFY, tree)
    assert (finding.severity, finding.location.path) == (Severity.NOTICE, TOOL)
    assert finding.fix is not None
    text = apply_edits(tree.read("manifest.yaml").decode(), finding.fix.edits)
    assert yaml.safe_load(text)["meta"]["minimum_dify_version"] == "1.17.0"


@pytest.mark.parametrize(
    ("release", "severities"),
    [("1.5.1", [Severity.ERROR, Severity.WARNING]), ("1.6.0", []), ("1.15.0", [])],
)
def test_a_release_that_is_asked_for(release: str, severities: list[Severity]) -> None:
    tree = parameter("array", "1.6.0")
    manifest = tree.read("manifest.yaml") + b"icon_dark: icon.svg\n"
    tree = changed(DATE.replace("date", "array"), TOOL, files={"manifest.yaml": manifest})
    result = reviewed(tree, release)
    asked = [each for each in result.findings if each.rule == DIFY]
    assert sorted(each.severity for each in asked) == sorted(severities)
    assert all(f"Dify {release}" in each.message for each in asked)


@pytest.mark.parametrize("release", ["0.15.0", "1.16.0", "1.99.0"])
def test_what_is_not_known_of_a_release_that_is_asked_for_is_unchecked(release: str) -> None:
    result = reviewed(parameter("date", "1.17.0"), release)
    assert DIFY in {each.rule for each in result.unchecked}
    assert not [each for each in result.findings if each.rule == DIFY]


# --- the tables -------------------------------------------------------------------------------------------------


def test_releases_are_in_order_and_gates_name_some_of_them() -> None:
    versions = [Version(release) for release in SDK_RELEASES]
    assert versions == sorted(set(versions))
    assert {feature.sdk.release for feature in FEATURES if feature.sdk} <= set(SDK_RELEASES)
    assert list(DIFY_RELEASES) == sorted(set(DIFY_RELEASES))
    assert {feature.dify.version for feature in FEATURES if feature.dify} <= set(DIFY_RELEASES)


def test_a_release_between_two_that_were_looked_at_is_not_guessed() -> None:
    assert [dify_has("1.17.0", Version(each)) for each in ("1.15.0", "1.16.1", "1.17.0", "1.18")] == [
        False,
        None,
        True,
        True,
    ]
    assert [is_known(Version(each)) for each in ("0.15", "1.0.0", "1.17.0", "1.17.1")] == [False, True, True, False]


@pytest.mark.parametrize("gate", FEATURES, ids=lambda feature: feature.name)
def test_gates_look_at_places_that_the_format_knows(gate: Feature) -> None:
    assert gate.uses
    for use in gate.uses:
        pointer = tuple(part if isinstance(part, str) else 0 for part in use.pattern)
        if pointer[0] == "models":
            pointer = ("models", "llm", *pointer[2:])
        named = tuple(
            "a" if part == 0 and _is_mapping(use.kind, pointer[:at]) else part for at, part in enumerate(pointer)
        )
        assert resolve(MODELS[use.kind], named) is not None, use.pattern


def _is_mapping(kind: object, pointer: tuple[str | int, ...]) -> bool:
    return pointer in (("credentials_for_provider",), ("subscription_constructor", "credentials_schema"))
