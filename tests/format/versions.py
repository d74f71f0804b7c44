"""What older releases of the SDK do otherwise than the models, which follow the newest.

Sources: the SDK's history; the ledger of the format, section G.
"""

from __future__ import annotations

from typing import Any

from packaging.version import Version

#: Keys that the SDK does not read before a release, so that no value of theirs stops it.
UNREAD_BEFORE = {
    "icon_small_dark": Version("0.10.0"),
    "icon_large_dark": Version("0.10.0"),
    "multiple": Version("0.10.0"),
    "show_on": Version("0.10.1"),
}

#: Before it the default of a tool's parameter is a number or text, and a boolean turns into a number.
JSON_DEFAULTS = Version("0.10.0")


def is_unread(pointer: tuple[Any, ...], sdk: Version) -> bool:
    """Whether this release skips a key on the way to the place. Model forms have known `show_on` from the start."""
    forms = "credential_form_schemas" in pointer
    return any(sdk < UNREAD_BEFORE.get(part, sdk) and not (part == "show_on" and forms) for part in pointer)


def for_release(data: Any, sdk: Version) -> Any:
    """A document of the test plugins as this release can load it."""
    if isinstance(data, list):
        return [for_release(item, sdk) for item in data]
    if not isinstance(data, dict):
        return data
    made = {key: for_release(value, sdk) for key, value in data.items()}
    if sdk < JSON_DEFAULTS and "human_description" in made and isinstance(made.get("default"), list):
        del made["multiple"]
        made["default"] = made["default"][0]
    return made
