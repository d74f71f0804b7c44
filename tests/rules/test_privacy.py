"""The privacy policy: named as it is spelled, and the plugin's own."""

from __future__ import annotations

import pytest

from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.review.engine import open_plugin
from bot.rules.example import example_plugin
from bot.rules.registry import catalogue
from bot.source import MemoryTree
from tests.support.reviewing import changed, fixed, found, said, text_at


def labels(rule: str, tree: MemoryTree) -> list[list[str]]:
    """The severities for authors and for the marketplace."""
    result = []
    for profile in (Profile.AUTHOR, Profile.MARKETPLACE):
        plugin = open_plugin(tree, find_roots(tree)[0], Options(profile=profile))
        result.append([finding.severity.label for finding in catalogue()[rule].findings(plugin)])
    return result


def manifest(privacy: str) -> MemoryTree:
    return changed(f"privacy: {privacy}\n", "manifest.yaml")


@pytest.mark.parametrize(
    ("privacy", "severities"),
    [
        ("PRIVACY.md", [[], []]),
        ("./PRIVACY.md", [[], []]),
        ("https://acme.example/privacy", [[], []]),
        ("HTTPS://acme.example/privacy", [[], ["warning"]]),
        ("/PRIVACY.md", [[], ["error"]]),
        (".//PRIVACY.md", [[], ["error"]]),
        ("././PRIVACY.md", [[], []]),
        ("privacy.md", [["warning"], ["error"]]),
        ("docs/privacy.md", [["warning"], ["error"]]),
        ("mailto:a@acme.example", [["warning"], ["error"]]),
        ("'..'", [["warning"], ["error"]]),
        ("''", [[], []]),
    ],
)
def test_where_the_policy_is(privacy: str, severities: list[list[str]]) -> None:
    assert labels("privacy/missing-file", manifest(privacy)) == severities


def test_the_policy_in_its_own_spelling() -> None:
    tree = manifest("Privacy.md")
    (finding,) = found("privacy/missing-file", tree)
    assert text_at(tree, finding) == "Privacy.md"
    assert "privacy: PRIVACY.md" in fixed(tree, finding)


def test_no_policy_is_asked_for_by_the_marketplace_only() -> None:
    files = {path: data for path, data in example_plugin("tool").items() if path != "PRIVACY.md"}
    files["manifest.yaml"] = files["manifest.yaml"].replace(b"privacy: PRIVACY.md\n", b"")
    neither = MemoryTree(files)
    assert labels("privacy/missing", neither) == [[], ["error"]]
    # A file that nothing points at is worth a word.
    assert labels("privacy/missing", manifest("''")) == [["notice"], ["error"]]


def test_the_marketplace_wants_the_file_besides_a_url() -> None:
    files = {path: data for path, data in example_plugin("tool").items() if path != "PRIVACY.md"}
    files["manifest.yaml"] = files["manifest.yaml"].replace(b"privacy: PRIVACY.md", b"privacy: https://acme.example/p")
    # The requirements allow a policy at an address; only the pre-check wants the file.
    assert labels("privacy/missing", MemoryTree(files)) == [[], ["warning"]]


def test_of_a_policy_at_an_address_the_file_besides_is_only_looked_for() -> None:
    files = example_plugin("tool")
    files["PRIVACY.md"] = b"## Privacy\n\n!!! Please fill in the privacy policy of the plugin.\n"
    assert labels("privacy/template", MemoryTree(files)) == [["warning"], ["error"]]
    files["manifest.yaml"] = files["manifest.yaml"].replace(b"privacy: PRIVACY.md", b"privacy: https://acme.example/p")
    assert labels("privacy/template", MemoryTree(files)) == [["warning"], ["warning"]]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("## Privacy\n\n!!! Please fill in the privacy policy of the plugin.\n", "Please fill in the privacy policy"),
        ("", None),
        ("  \n", None),
    ],
)
def test_policies_of_the_template(text: str, place: str | None) -> None:
    tree = changed("", "manifest.yaml", files={"PRIVACY.md": text})
    assert labels("privacy/template", tree) == [["warning"], ["error"]]
    (finding,) = found("privacy/template", tree)
    assert finding.location.path == "PRIVACY.md"
    assert (text_at(tree, finding) if finding.location.span else None) == place


def test_a_policy_of_ones_own() -> None:
    assert said(MemoryTree(example_plugin("tool")), "privacy", "readme") == []


def test_documents_that_are_not_packed() -> None:
    tree = changed("", "manifest.yaml", files={".difyignore": "*.md\n"})
    assert said(tree, "privacy", "readme") == [("readme/ignored", "warning"), ("privacy/ignored", "warning")]
