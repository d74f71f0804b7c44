"""How breaks are said: how severe they are, at which places, how many at once, and what would announce them."""

from __future__ import annotations

import pytest

from bot.document import Document, read_document
from bot.document.edits import apply_edits
from bot.findings import Finding, Severity
from bot.options import Options
from bot.plugin import PluginRoot
from bot.review.engine import Base, review
from bot.review.result import Result
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree
from tests.source.archives import archive
from tests.upgrade.versions import Edit, files_of

TOOL = "tools/current_weather.yaml"
LARGE = "models/llm/acme-large.yaml"
RENAMED: Edit = (TOOL, "  - name: city", "  - name: place")


def updated(example: str, *edits: Edit, version: str = "0.1.1", old: tuple[Edit, ...] = ()) -> Result:
    """The review of an example after edits, with its `old` version as the base."""
    raised: Edit = ("manifest.yaml", "version: 0.1.0", f"version: {version}")
    base = Base(MemoryTree(files_of(example, *old)), "main")
    tree = MemoryTree(files_of(example, *old, *edits, *([raised] if version != "0.1.0" else [])))
    return review(tree, [PluginRoot("")], Options(select=("upgrade",)), base)


def found(example: str, *edits: Edit, version: str = "0.1.1", old: tuple[Edit, ...] = ()) -> list[Finding]:
    result = updated(example, *edits, version=version, old=old)
    assert result.errors == ()
    assert result.unchecked == ()
    assert all(finding.new for finding in result.findings)
    return list(result.findings)


def test_a_patch_that_breaks_is_a_warning_and_an_announced_break_a_notice() -> None:
    for version, severity in (("0.1.1", Severity.WARNING), ("0.1.0", Severity.WARNING), ("0.2.0", Severity.NOTICE)):
        assert {finding.severity for finding in found("tool", RENAMED, version=version)} == {severity}


def test_another_identity_is_an_error_whatever_the_version() -> None:
    (finding,) = found("tool", ("manifest.yaml", "name: weather\n", "name: other\n"), RENAMED, version="1.0.0")
    assert (finding.rule, finding.severity) == ("upgrade/identity-changed", Severity.ERROR)


def test_the_fix_announces_the_break() -> None:
    removed, required = found("tool", RENAMED)
    assert removed.fix == required.fix
    assert removed.fix is not None
    manifest = files_of("tool", ("manifest.yaml", "version: 0.1.0", "version: 0.1.1"))["manifest.yaml"].decode()
    fixed = apply_edits(manifest, removed.fix.edits)
    assert fixed == manifest.replace("version: 0.1.1", "version: 0.2.0")
    assert found("tool", RENAMED, version="0.2.0")[0].fix is None


def test_both_places_are_named() -> None:
    removed, required = found("tool", RENAMED)
    old = example_plugin("tool")[TOOL].decode().splitlines()
    (before,) = removed.related
    assert before.before
    assert before.location.path == TOOL
    assert before.location.span is not None
    assert old[before.location.span.line - 1].strip() == "- name: city"
    assert removed.location.span is not None
    assert old[removed.location.span.line - 1] == "parameters:"
    assert required.location.span is not None
    assert old[required.location.span.line - 1].strip() == "- name: city"


def test_many_that_go_from_one_list_are_said_at_once() -> None:
    options = [f"      - value: option{number}\n        label:\n          en_US: x\n" for number in range(9)]
    extended: Edit = (TOOL, "extra:\n", "".join(options) + "extra:\n")
    (finding,) = found("tool", (TOOL, "".join(options), ""), old=(extended,))
    assert "9 options of the parameter `units` of the tool `current_weather` are gone" in finding.message
    assert all(f"`option{number}`" in finding.message for number in range(9))
    assert len(finding.related) == 9
    three = found("tool", (TOOL, "".join(options[:3]), ""), old=(extended,))
    assert [f"no longer takes `option{number}`" in three[number].message for number in range(3)] == [True] * 3


def test_many_in_several_files_are_one_row() -> None:
    text = example_plugin("model")[LARGE].decode()
    models: list[Edit] = [
        (f"models/llm/m{number}.yaml", "", text.replace("acme-large", f"m{number}")) for number in range(5)
    ]
    narrowed: list[Edit] = [(path, "max: 32768", "max: 100") for path, _, _ in models]
    findings = found("model", *narrowed, old=tuple(models))
    assert len(findings) == 5
    assert len({finding.group for finding in findings}) == 1
    assert findings[0].group is not None


def test_an_old_side_that_cannot_be_read_is_said_not_to_be_compared() -> None:
    for path, reason in (("manifest.yaml", "the manifest of the old version cannot be read"), (TOOL, TOOL)):
        broken: Edit = (path, "", "a: [")
        mended: Edit = (path, "", example_plugin("tool")[path].decode())
        result = updated("tool", mended, version="0.1.0", old=(broken,))
        assert result.findings == ()
        assert any(reason in entry.reason for entry in result.unchecked)


def test_nothing_is_said_without_a_version_before() -> None:
    assert review(MemoryTree(files_of("tool")), [PluginRoot("")], Options(select=("upgrade",))).findings == ()


def test_a_new_package_is_compared_with_the_one_published_before() -> None:
    old, new = "acme/weather/weather-0.1.0.difypkg", "acme/weather/weather-0.1.1.difypkg"
    before, after = archive(files_of("tool")), archive(files_of("tool", RENAMED))
    base = Base(MemoryTree({old: before}), "main")
    result = review(MemoryTree({old: before, new: after}), [PluginRoot(new, package=True)], Options(), base)
    removed, required = (finding for finding in result.findings if finding.rule.startswith("upgrade/"))
    assert (removed.location.path, removed.location.member) == (new, TOOL)
    assert (removed.related[0].location.path, removed.related[0].location.member) == (old, TOOL)
    assert required.rule == "upgrade/newly-required"
    update = result.plugins[0].update
    assert update is not None
    assert update.count == 2
    assert [(row.old, row.new) for row in update.breaks] == [
        ("`current_weather` › `city`", "`place`?"),
        ("`current_weather` › no `place`", "required"),
    ]
    # Its other findings are its own: what was wrong with the one before is no excuse.
    assert result.fixed == 0
    assert all(finding.new for finding in result.findings)


def test_unchanged_documents_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def count(path: str, content: bytes) -> Document:
        parsed.append(path)
        return read_document(path, content)

    monkeypatch.setattr("bot.plugin.plugin.read_document", count)
    assert len(found("tool", RENAMED)) == 2
    assert sorted(parsed) == ["manifest.yaml", "manifest.yaml", "provider/weather.yaml", TOOL, TOOL]
