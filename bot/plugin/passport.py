"""The passport of a plugin: what its code is able to do, to whom it speaks, and what it asks of Dify."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from bot.document.scalars import is_true
from bot.plugin.hosts import Host, code_uses, hosts_of, unreadable_calls
from bot.plugin.plugin import Plugin
from bot.python.capabilities import Capability, Use

#: The levels of risk that a pull request declares, from the lowest.
LEVELS: Final = ("low", "medium", "high")

_HIGH: Final = frozenset(
    (Capability.PROCESS, Capability.CODE, Capability.SSH, Capability.BROWSER, Capability.NATIVE, Capability.DATABASE)
)


class Passport(Struct, frozen=True):
    """What a plugin can do. `permissions` are the names that the manifest asks for."""

    uses: tuple[Use, ...] = ()
    hosts: tuple[Host, ...] = ()
    permissions: tuple[str, ...] = ()
    #: Calls to the network whose host is put together while the plugin runs.
    unreadable_calls: int = 0

    @property
    def capabilities(self) -> dict[Capability, list[Use]]:
        """The uses by capability, in the order of `Capability`."""
        by_capability: dict[Capability, list[Use]] = {capability: [] for capability in Capability}
        for use in self.uses:
            by_capability[use.capability].append(use)
        return {capability: found for capability, found in by_capability.items() if found}

    @property
    def level(self) -> str:
        """The lowest level of risk that fits what the code does."""
        found = set(self.capabilities)
        if found & _HIGH:
            return "high"
        return "medium" if found else "low"


def passport_of(plugin: Plugin) -> Passport:
    """The passport of a plugin, made once."""
    return plugin.derived(_make)


def _make(plugin: Plugin) -> Passport:
    if plugin.is_bundle:
        return Passport()
    return Passport(tuple(code_uses(plugin)), hosts_of(plugin), tuple(_permissions(plugin)), unreadable_calls(plugin))


def _permissions(plugin: Plugin) -> list[str]:
    asked = plugin.manifest.get("resource", "permission")
    names = []
    for name, value in asked.items() if isinstance(asked, dict) else ():
        if isinstance(value, dict):
            parts = [key for key, on in value.items() if is_true(on) and key != "enabled"]
            if is_true(value.get("enabled")):
                names.append(f"{name} ({', '.join(parts)})" if parts else str(name))
    return names
