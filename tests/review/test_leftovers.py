"""A package beside the manifest of a plugin is a file of it; in a repository of packages it is a submission."""

from __future__ import annotations

import pytest

from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.review.engine import review
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree
from tests.source.archives import archive

FILES = example_plugin("tool")


@pytest.mark.parametrize(("profile", "plugins"), [(Profile.AUTHOR, 1), (Profile.OFFICIAL, 1), (Profile.MARKETPLACE, 2)])
def test_a_package_beside_the_manifest(profile: Profile, plugins: int) -> None:
    tree = MemoryTree({**FILES, "weather-0.0.9.difypkg": archive(FILES)})
    result = review(tree, find_roots(tree), Options(profile=profile))
    assert len(result.plugins) == plugins
    assert any(finding.rule == "package/archive-inside" for finding in result.findings)
    assert result.coverage.outside == ()


def test_a_package_deeper_in_a_plugin_is_one_of_its_own() -> None:
    tree = MemoryTree({**FILES, "acme/weather/weather-0.0.9.difypkg": archive(FILES)})
    assert len(review(tree, find_roots(tree), Options()).plugins) == 2
