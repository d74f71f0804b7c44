"""The rules of the families yaml, manifest and schema: each at its exact place, with its consequence, once."""

from __future__ import annotations

import datetime

import pytest

from bot.findings import Finding, Safety, Severity
from bot.options import Options
from bot.plugin import find_roots
from bot.review.engine import review
from bot.rules.example import example_plugin
from bot.source import MemoryTree

MANIFEST = example_plugin("tool")["manifest.yaml"].decode()


def findings(manifest: str, **files: str) -> list[Finding]:
    tree = MemoryTree({**example_plugin("tool"), "manifest.yaml": manifest, **files})
    result = review(tree, find_roots(tree), Options(ignore=("locale", "permission", "readme", "privacy")))
    assert result.errors == ()
    return list(result.findings)


def changed(old: str, new: str) -> str:
    assert MANIFEST.count(old) == 1, old
    return MANIFEST.replace(old, new)


def place(finding: Finding) -> tuple[int, int]:
    assert finding.location.span is not None
    return finding.location.span.line, finding.location.span.column


@pytest.mark.parametrize(
    ("old", "new", "rule", "position", "severity"),
    [
        ("author: acme", "author: Acme", "manifest/author", (3, 9), Severity.ERROR),
        ("author: acme", "author: 01234567-89ab-cdef-0123-456789abcdef", "manifest/author", (3, 9), Severity.ERROR),
        ("author: acme", "author: 0123456789abcdef0123456789abcdef", "manifest/author", (3, 9), Severity.ERROR),
        ("author: acme\n", "", "manifest/author", (1, 1), Severity.ERROR),
        ("name: weather", "name: we ather", "manifest/name", (4, 7), Severity.ERROR),
        ("version: 0.1.0", "version: v0.1.0", "manifest/version", (1, 10), Severity.ERROR),
        ("version: 0.1.0", "version: 0.1.0-hotfix", "manifest/version", (1, 10), Severity.ERROR),
        ("version: 0.1.0", "version: 0.1", "schema/not-text", (1, 10), Severity.ERROR),
        ("type: plugin", "type: plug", "schema/unknown-value", (2, 7), Severity.ERROR),
        (
            "created_at: 2026-01-15T09:00:00Z",
            'created_at: "2026-01-15"',
            "manifest/created-at",
            (16, 13),
            Severity.ERROR,
        ),
        ("created_at: 2026-01-15T09:00:00Z", "created_at: soon", "manifest/created-at", (16, 13), Severity.ERROR),
        (
            "created_at: 2026-01-15T09:00:00Z",
            "created_at: 2999-01-01",
            "manifest/created-in-future",
            (16, 13),
            Severity.WARNING,
        ),
        ("created_at: 2026-01-15T09:00:00Z", "created_at: 0001-01-01", "manifest/created-at", (16, 13), Severity.ERROR),
        ("memory: 268435456", "memory: 9223372036854775808", "yaml/read-differently", (18, 11), Severity.ERROR),
        ("memory: 268435456", "memory: 0", "manifest/memory", (18, 11), Severity.ERROR),
        ("memory: 268435456", "memory: 512", "manifest/memory", (18, 11), Severity.WARNING),
        ("memory: 268435456", 'memory: "268435456"', "schema/quoted-value", (18, 11), Severity.ERROR),
        ("repo: https://github.com/acme/weather", 'repo: ""', "manifest/repo-url", (35, 7), Severity.ERROR),
        (
            "repo: https://github.com/acme/weather",
            "repo: https://acme.example:a/b",
            "manifest/repo-url",
            (35, 7),
            Severity.ERROR,
        ),
        ("repo: https://github.com/acme/weather", "repo: https://[::1", "manifest/repo-url", (35, 7), Severity.ERROR),
        (
            "repo: https://github.com/acme/weather",
            "repo: https://acme.example/%zz",
            "manifest/repo-url",
            (35, 7),
            Severity.ERROR,
        ),
        ("author: acme", "author: acme\ntool: provider/weather.yaml", "schema/unknown-key", (4, 1), Severity.ERROR),
        ("author: acme", "author: acme\nmodel: {provider: acme}", "schema/unknown-key", (4, 1), Severity.WARNING),
        ("author: acme", "author: acme\ntrigger:", "schema/unknown-key", (4, 1), Severity.NOTICE),
        ("    - provider/weather.yaml\n", "    []\n", "manifest/no-extension", (20, 1), Severity.ERROR),
        (
            "    - provider/weather.yaml\n",
            "    - provider/weather.yaml\n  models:\n    - provider/weather.yaml\n",
            "manifest/conflicting-extensions",
            (23, 3),
            Severity.ERROR,
        ),
        ('version: "3.12"', "version: 3.12", "schema/not-text", (30, 14), Severity.ERROR),
        (
            "meta:\n",
            f"meta:\n  minimum_dify_version: 1.{'9' * 5000}.0\n",
            "manifest/minimum-dify-version",
            (24, 25),
            Severity.ERROR,
        ),
        ('version: "3.12"', 'version: "3.10"', "manifest/runner-version", (30, 14), Severity.WARNING),
        ("    - amd64\n", "    - amd46\n", "schema/unknown-value", (26, 7), Severity.ERROR),
        ("  arch:\n", "  archs:\n", "schema/unknown-key", (25, 3), Severity.ERROR),
        ("tags:\n  - weather", "tags: weather", "schema/wrong-type", (32, 7), Severity.ERROR),
        ("tags:\n  - weather", "tags:\n  - wetter", "schema/unknown-value", (33, 5), Severity.ERROR),
        ("  permission: {}", "  permission: {}\n  permision: {}", "schema/unknown-key", (20, 3), Severity.NOTICE),
        ("author: acme", "author: acme\nauthor: acme", "yaml/duplicate-key", (4, 1), Severity.ERROR),
    ],
)
def test_what_is_wrong_is_found_where_it_stands(
    old: str, new: str, rule: str, position: tuple[int, int], severity: Severity
) -> None:
    found = [finding for finding in findings(changed(old, new)) if finding.rule == rule]
    assert [(place(finding), finding.severity) for finding in found] == [(position, severity)]
    assert found[0].authorities
    assert all(authority.source for authority in found[0].authorities)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 0.1.0", "version: 1.20.300-rc1"),
        ("author: acme", "author: acme_-0"),
        ("created_at: 2026-01-15T09:00:00Z", "created_at: 2026-01-15"),
        ("created_at: 2026-01-15T09:00:00Z", 'created_at: "2026-01-15T09:00:00+08:00"'),
        ("created_at: 2026-01-15T09:00:00Z", f"created_at: {datetime.datetime.now(datetime.UTC).date()}"),
        ("memory: 268435456", "memory: 1_048_576"),
        ("memory: 268435456", "memory: 9223372036854775807"),
        ("memory: 268435456", "memory: 0x10000000"),
        ("    - provider/weather.yaml\n", "    - provider/weather.yaml\n    - provider/weather.yaml\n"),
        ("repo: https://github.com/acme/weather", "repo: https://acme@[::1]:8080/a%20b?c=%zz#d"),
        ("repo: https://github.com/acme/weather", "repo: HTTPS://münchen.example"),
        ("repo: https://github.com/acme/weather", "repo: mailto:hello@acme.example"),
        ("privacy: PRIVACY.md", "privacy: https://acme.example/privacy"),
        ("repo: https://github.com/acme/weather\n", ""),
        ("tags:\n  - weather\n", ""),
        ("author: acme", "author: acme\ncontact: hello@acme.example"),
    ],
)
def test_what_all_readers_accept_is_no_error(old: str, new: str) -> None:
    assert [finding for finding in findings(changed(old, new)) if finding.severity is Severity.ERROR] == []


def test_an_unreadable_manifest_gives_one_finding_and_nothing_that_follows() -> None:
    found = findings(changed("author: acme", "author: acme: inc"))
    assert [(finding.rule, place(finding)) for finding in found] == [("yaml/syntax", (3, 13))]


def test_everything_wrong_is_found_in_one_run() -> None:
    manifest = changed("author: acme", "author: Acme").replace('"3.12"', "3.12").replace("icon.svg", "_assets/icon.svg")
    assert {"manifest/author", "schema/not-text", "asset/prefix"} <= {finding.rule for finding in findings(manifest)}


def test_a_misspelt_required_key_is_one_finding_with_a_safe_fix() -> None:
    found = findings(changed("label:\n", "labels:\n"))
    assert [(finding.rule, finding.severity, place(finding)) for finding in found] == [
        ("schema/unknown-key", Severity.ERROR, (5, 1))
    ]
    assert found[0].fix is not None
    assert found[0].fix.safety is Safety.SAFE


def test_fingerprints_survive_moved_lines() -> None:
    before = {finding.fingerprint for finding in findings(changed("author: acme", "author: Acme"))}
    after = {finding.fingerprint for finding in findings("# a comment\n\n" + changed("author: acme", "author: Acme"))}
    assert before == after
    other = {finding.fingerprint for finding in findings(changed("author: acme", "author: Other"))}
    assert before != other
