"""The step from one version to the next: whether it announces a break, and whom it reaches unasked.

Dify upgrades plugins from the marketplace by itself: by default to every release with the same first two numbers, and
model plugins to every release (plugin_auto_upgrade_service.py:39, process_tenant_plugin_autoupgrade_check_task.py:170).
"""

from __future__ import annotations

from msgspec import Struct

from bot.patterns import regex

_NUMBERS = regex(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")


class Step(Struct, frozen=True):
    """`announced`: the version says that it breaks something, so that the workspaces get it when they ask for it.

    `right` is the next version that does; None where the old version is not three numbers.
    """

    announced: bool
    right: str | None
    #: Every release of a model plugin is installed unasked, whatever its number.
    always_installed: bool


def step_of(old: str | None, new: str | None, is_model: bool) -> Step:
    """The step between two versions of a plugin; `is_model` says that Dify files it under models."""
    before, after = _numbers(old), _numbers(new)
    if before is None:
        return Step(False, None, is_model)
    major, minor, _ = before
    right = f"{major + 1}.0.0" if is_model or major else f"0.{minor + 1}.0"
    rises = after is not None and (after[0] > major or (not is_model and after[:2] > (major, minor)))
    return Step(rises, right, is_model)


def _numbers(version: str | None) -> tuple[int, int, int] | None:
    found = _NUMBERS.match(version) if version else None
    return (int(found[1]), int(found[2]), int(found[3])) if found else None
