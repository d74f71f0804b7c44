"""What is not read of a plugin: a limit is reached only through its `Account`, which says so in the result."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec import Struct

from bot.findings import quote
from bot.messages import Message, say


class Limit:
    """A bound on what is read of a plugin's data.

    `reason` is a template of a clause about the file, with `{n:,}` for the bound ("has more than {n:,} bytes, and is
    not read").
    `rules` are those that would have found something in the rest. Only `Account` compares with `most`.
    """

    def __init__(self, most: int, reason: str, *rules: str) -> None:
        self.most = most
        self.reason = say(reason, n=most)
        self.rules = rules


class LeftOut(Struct, frozen=True):
    """A file, from the plugin root, of which something was not read; `rules` could not judge it."""

    path: str
    reason: str
    rules: tuple[str, ...]

    @property
    def clause(self) -> Message:
        """What was left out, as a clause that names the file."""
        return say("{file} {reason}", file=quote(self.path), reason=self.reason)


class Account:
    """What was not read of one plugin, each file and reason once."""

    def __init__(self) -> None:
        self._left_out: dict[tuple[str, str], dict[str, None]] = {}
        self._parts: list[Account] = []

    def exceeds(self, limit: Limit, path: str, amount: int) -> bool:
        """Whether `amount` is over the limit; then the rest of the file at `path` counts as not judged."""
        if amount <= limit.most:
            return False
        self.leave_out(path, limit.reason, limit.rules)
        return True

    def leave_out(self, path: str, reason: str, rules: Collection[str]) -> None:
        """Notes that `rules` cannot judge the file at `path`; `reason` is a clause about it."""
        self._left_out.setdefault((path, reason), {}).update(dict.fromkeys(rules))

    def include(self, part: Account) -> None:
        """Counts what another account notes, before this call and after it, as noted here."""
        self._parts.append(part)

    def __iter__(self) -> Iterator[LeftOut]:
        found = {key: dict(rules) for key, rules in self._left_out.items()}
        for entry in (entry for part in self._parts for entry in part):
            found.setdefault((entry.path, entry.reason), {}).update(dict.fromkeys(entry.rules))
        for (path, reason), rules in sorted(found.items()):
            yield LeftOut(path, reason, tuple(rules))
