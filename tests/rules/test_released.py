"""Every rule says with which release it came, and that is true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from bot.rules.registry import UNRELEASED, catalogue

ROOT = Path(__file__).resolve().parents[2]
RELEASED: dict[str, list[str]] = tomllib.loads((ROOT / "bot" / "rules" / "released.toml").read_text(encoding="utf-8"))


def changelog() -> dict[str, str]:
    """The section of every version, the newest first."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    parts = re.split(r"^## \[([^\]]+)\].*$", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_there_is_a_table_for_every_release() -> None:
    """A release that forgets its own would call its rules unreleased."""
    assert list(RELEASED) == [version for version in changelog() if version != "Unreleased"][::-1]


def test_a_rule_comes_with_one_release() -> None:
    ids = [id for listed in RELEASED.values() for id in listed]
    assert len(ids) == len(set(ids))


def test_rules_say_the_release_that_they_came_with() -> None:
    came = {id: version for version, ids in RELEASED.items() for id in ids}
    for rule in catalogue().values():
        assert rule.since == came.get(rule.id, UNRELEASED)
    assert catalogue()["manifest/author"].since == "0.1.0"
    assert catalogue()["version/not-raised"].since != "0.1.0"


def test_a_new_rule_is_in_the_changelog() -> None:
    """By its name, or by that of its family where all of that is new."""
    unreleased = changelog()["Unreleased"]
    released = {rule.family for rule in catalogue().values() if rule.since != UNRELEASED}
    for rule in catalogue().values():
        if rule.since == UNRELEASED:
            assert f"`{rule.id}`" in unreleased or (rule.family not in released and f"`{rule.family}`" in unreleased)


def test_a_rule_that_was_released_is_still_there_or_its_withdrawal_is_in_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    gone = [id for ids in RELEASED.values() for id in ids if id not in catalogue()]
    assert [
        id for id in gone if not re.search(rf"^### Removed\n(?:(?!^###?).*\n)*.*`{re.escape(id)}`", text, re.M)
    ] == []
