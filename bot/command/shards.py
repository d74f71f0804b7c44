"""The commands `plan` and `merge`: a large repository in shards, a job for each, and their one verdict.

The plan is a file that all jobs share. A result names the plan that it is a part of, so that the results of another
plan, and a shard without a result, are never taken for a pass.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Struct
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.command.check import Target, find_targets, together
from bot.errors import UsageError
from bot.findings import quote
from bot.options import Options, Profile
from bot.plugin import PluginRoot
from bot.plugin.discovery import without_leftovers
from bot.report.json_reader import from_json
from bot.review.result import Result
from bot.source import subtree

#: GitHub starts so many jobs of a matrix at most.
MAX_SHARDS: Final = 256
#: Larger files are not read (bytes): the plan of 100,000 plugins has 20 MiB, the result of a shard hardly as much.
MAX_BYTES: Final = 256 * 1024 * 1024

#: What a plugin costs (milliseconds of CPU): each, for a file, for a KiB of YAML, for a KiB of Python. Measured on the
#: 262 plugins of the official repository on 2026-11-29, where it explains 87 % of the differences.
_EACH, _FILE, _YAML, _PYTHON = 10.6, 0.61, 0.22, 0.67


class Shard(Struct, frozen=True):
    """One job: the paths to review, the plugins that are found there, and what that costs (milliseconds of CPU)."""

    paths: tuple[str, ...]
    plugins: tuple[str, ...]
    cost: int


class Plan(Struct, frozen=True):
    """All jobs. `id` is the same for the same plugins in the same shards, as long as no file changes its size."""

    id: str
    shards: tuple[Shard, ...]


class _ShardJSON(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    paths: list[str]
    plugins: list[str]
    cost_ms: int


class _PlanJSON(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    version: Literal[1]
    plan: str
    shards: Annotated[list[_ShardJSON], Field(max_length=MAX_SHARDS)]


def make_plan(paths: Sequence[str], count: int, options: Options) -> Plan:
    """The plugins below paths in at most `count` shards of about the same cost.

    A plugin inside of another goes where that one goes. Raises `UsageError` for paths that do not exist.
    """
    if not 1 <= count <= MAX_SHARDS:
        raise UsageError(f"--shards takes a number from 1 to {MAX_SHARDS}, and got {count}")
    units = sorted(_units(find_targets(paths), options), key=lambda unit: (-unit.cost, unit.paths))
    count = min(count, max(1, len(units)))
    loads = [(0, index) for index in range(count)]
    held: list[list[Shard]] = [[] for _ in range(count)]
    for unit in units:  # The most expensive first, each to the shard that has least.
        load, index = heapq.heappop(loads)
        held[index].append(unit)
        heapq.heappush(loads, (load + unit.cost, index))
    shards = tuple(
        Shard(
            tuple(sorted(path for unit in units for path in unit.paths)),
            tuple(sorted(name for unit in units for name in unit.plugins)),
            sum(unit.cost for unit in units),
        )
        for units in held
    )
    text = repr([(shard.plugins, shard.cost) for shard in shards])
    return Plan(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32], shards)


def _units(targets: Sequence[Target], options: Options) -> Iterator[Shard]:
    """What is reviewed together: each plugin that lies in no other, with those that lie in it."""
    for target in targets:
        outer: PluginRoot | None = None
        inner: list[PluginRoot] = []
        roots = target.roots if options.profile is Profile.MARKETPLACE else without_leftovers(target.roots)
        for root in sorted(roots, key=lambda root: (f"{root.path}/" if root.path else "", root.package)):
            if outer is not None and not outer.package and outer.holds(root.path):
                inner.append(root)
                continue
            if outer is not None:
                yield _unit(target, outer, inner)
            outer, inner = root, []
        if outer is not None:
            yield _unit(target, outer, inner)


def _unit(target: Target, root: PluginRoot, inner: Sequence[PluginRoot]) -> Shard:
    names = tuple(each.shown for each in (root, *inner))
    if root.package:
        entry = target.tree.entries()[root.path]
        return Shard((root.shown,), names, round(_EACH + _YAML * (entry.size or 0) / 1024))
    cost = _EACH * len(names)
    for path, entry in subtree(target.tree, root.path).entries().items():
        size = (entry.size or 0) / 1024
        cost += _FILE
        cost += size * (_YAML if path.endswith((".yaml", ".yml")) else _PYTHON if path.endswith(".py") else 0)
    return Shard((root.shown,), names, round(cost))


def plan_json(plan: Plan) -> str:
    """The plan as the file that the jobs share."""
    shards = [{"paths": each.paths, "plugins": each.plugins, "cost_ms": each.cost} for each in plan.shards]
    return json.dumps({"version": 1, "plan": plan.id, "shards": shards}, indent=1) + "\n"


def matrix(plan: Plan) -> str:
    """The matrix of a workflow, in one line: `{"shard": [1, 2, 3]}`."""
    return json.dumps({"shard": list(range(1, len(plan.shards) + 1))}) + "\n"


def read_plan(name: str) -> Plan:
    """The plan in a file. Raises `UsageError` for anything else."""
    try:
        data = _PlanJSON.model_validate_json(_content(name, "the plan"))
    except ValidationError as error:
        raise UsageError(f"{quote(name)} is not a plan: {error.errors()[0]['msg']}") from error
    shards = (Shard(tuple(each.paths), tuple(each.plugins), each.cost_ms) for each in data.shards)
    return Plan(data.plan, tuple(shards))


def shard_of(plan: Plan, number: int) -> Shard:
    """A shard by its number, from 1 on. Raises `UsageError`."""
    if not 1 <= number <= len(plan.shards):
        raise UsageError(f"--shard takes a number from 1 to {len(plan.shards)}, and got {number}")
    return plan.shards[number - 1]


def merge(plan: Plan, files: Sequence[str]) -> Result:
    """The results of the shards as one.

    A shard that has no result, or not the plugins of its plan, is an error of the tool. Raises `UsageError` for files
    that are not results, or results of something else.
    """
    found: dict[int, Result] = {}
    for name in files:
        result = from_json(_content(name, "the result"))
        if result.plan != plan.id:
            raise UsageError(f"{quote(name)} is not a result of this plan: it has the plan {quote(result.plan or '')}")
        number = result.shard
        if number is None or not 1 <= number <= len(plan.shards):
            raise UsageError(f"{quote(name)} is not a result of one shard")
        if number in found:
            raise UsageError(f"{quote(name)} is a second result of shard {number}")
        found[number] = result
    if len({(result.profile, result.fail_on, result.asked) for result in found.values()}) > 1:
        raise UsageError("the results have different profiles or different values of --fail-on or of other options")
    lacking = [
        f"Shard {number} of {len(plan.shards)} {reason}: {len(shard.plugins)} plugins were not reviewed."
        for number, shard in enumerate(plan.shards, 1)
        if (reason := _lack(shard, found.get(number)))
    ]
    merged = together([result for _, result in sorted(found.items())])
    return replace(merged, errors=(*merged.errors, *lacking), plan=plan.id, shard=None)


def _lack(shard: Shard, result: Result | None) -> str:
    if result is None:
        return "has no result"
    names = Counter(plugin.root for plugin in result.plugins)
    return "" if names == Counter(shard.plugins) else "has a result about other plugins"


def _content(name: str, what: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{what} {quote(name)} cannot be read: {reason}") from error
    if len(content) > MAX_BYTES:
        raise UsageError(f"{what} {quote(name)} has more than {MAX_BYTES:,} bytes")
    return content
