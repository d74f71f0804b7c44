"""The table of migrations says of each step since when it is due, and of each release that it exists."""

from __future__ import annotations

from packaging.version import Version

from bot.fixes.migrations import Does, migrations
from bot.format.gates import SDK_VERSIONS


def test_a_migration_asks_for_a_release_and_makes_the_steps_up_to_it() -> None:
    found = migrations()
    assert {"sdk-0.9", "policy-2026-05"} <= set(found)
    for migration in found.values():
        assert migration.sdk in SDK_VERSIONS
        assert all(step.since <= migration.sdk for step in migration.steps)
    assert set(found["sdk-0.7"].steps) < set(found["sdk-0.9"].steps) < set(found["sdk-0.10"].steps)


def test_every_step_has_a_source_and_every_way_of_changing_is_used() -> None:
    steps = migrations()["sdk-0.10"].steps
    assert {step.does for step in steps} == set(Does)
    assert all(step.source and step.title for step in steps)


def test_the_policy_asks_for_what_the_marketplace_demands() -> None:
    assert migrations()["policy-2026-05"].sdk == Version("0.9.0")
