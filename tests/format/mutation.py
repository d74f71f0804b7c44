"""Changes clean documents in one place, as authors do: a key dropped or misspelt, a value of another type or shape."""

from __future__ import annotations

import copy
import datetime
from typing import Any

import yaml
from hypothesis import strategies as st
from msgspec import Struct

from bot.document import Pointer
from tests.format.plugins import Sample

#: What a value may become, as it is written in YAML.
SCALARS = (
    *("null", "~", "true", "false", "yes", "No", "on", "'true'", '"1"', "0", "1", "-1", "2.5", "1e3", "1.5e3", "0o17"),
    *("017", "1:30", ".nan", ".inf", "2026-01-15", "2026-01-15T00:00:00", "''", "text", "Text", "a b", "'null'"),
    *("select", "string", "99999999999999999999", "[]", "{}", "[a]", "[1]", "{a: b}", "{1: a}", "[[]]", "[{}]"),
    *("[null]", "{en_US: x}", "{en_US: 1}", "{human: {en_US: x}, llm: y}"),
)
RENAMED = ("{}s", "x{}", "zz", "1", "on", "name", "label", "en_US")


class _Raw(str):
    """Text to write into a document as it is."""


_MARK = "\ue000"
yaml.SafeDumper.add_representer(_Raw, lambda dumper, raw: dumper.represent_str(f"{_MARK}{raw}{_MARK}"))


class Mutant(Struct, frozen=True):
    """A sample with a change: what was done, at which places, and the text that it made."""

    sample: Sample
    change: str
    places: tuple[Pointer, ...]
    text: str


def places(data: Any, pointer: Pointer = ()) -> list[Pointer]:
    found = [pointer] if pointer else []
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        found.extend(places(value, (*pointer, key)))
    return found


def dump(data: Any) -> str:
    """YAML text; what is marked as raw, and times, stand there as they were written."""
    text: str = yaml.safe_dump(_raw_times(data), allow_unicode=True, sort_keys=False, width=10_000)
    pieces = text.split(_MARK)
    for index in range(1, len(pieces), 2):
        # The dumper may have put the raw piece in quotes, and doubled or escaped those that are in it.
        for mark, escaped in (("'", "''"), ('"', '\\"')):
            if pieces[index - 1].endswith(mark) and pieces[index + 1].startswith(mark):
                pieces[index - 1], pieces[index + 1] = pieces[index - 1][:-1], pieces[index + 1][1:]
                pieces[index] = pieces[index].replace(escaped, mark)
                break
    return "".join(pieces)


def written(data: Any, pointer: Pointer, text: str | None) -> str:
    """The YAML of a document in which `text` stands at a place, or nothing at all."""
    content = copy.deepcopy(data)
    outer = content
    for part in pointer[:-1]:
        outer = outer[part]
    if text is None:
        del outer[pointer[-1]]
    else:
        outer[pointer[-1]] = _Raw(text)
    return dump(content)


def _raw_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _raw_times(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_raw_times(item) for item in value]
    if isinstance(value, datetime.datetime):
        return _Raw(value.isoformat() if value.tzinfo else value.isoformat(" "))
    return value


@st.composite
def mutants(draw: st.DrawFn, samples: tuple[Sample, ...], data: dict[str, Any]) -> Mutant:
    """A change to one of the samples; `data` has their content by name."""
    sample = draw(st.sampled_from(samples))
    content = copy.deepcopy(data[str(sample)])
    pointer = draw(st.sampled_from(places(content)))
    outer = content
    for part in pointer[:-1]:
        outer = outer[part]
    key = pointer[-1]
    value = outer[key]
    changed = [pointer]
    changes = ["drop", "set", "set", "set", "wrap", "double", "add"]
    if isinstance(outer, dict):
        changes.append("rename")
    if isinstance(value, dict | list) and value:
        changes.append("unwrap")
    change = draw(st.sampled_from(changes))
    if change == "drop":
        del outer[key]
    elif change == "set":
        outer[key] = _Raw(draw(st.sampled_from(SCALARS)))
    elif change == "wrap":
        outer[key] = draw(st.sampled_from(([value], {"x": value})))
    elif change == "unwrap":
        outer[key] = next(iter(value.values() if isinstance(value, dict) else value))
    elif change == "rename":
        new = draw(st.sampled_from(RENAMED)).format(key)
        if new not in outer:
            del outer[key]
            outer[_Raw(new)] = value
            changed.append((*pointer[:-1], new))
    elif change == "add" and isinstance(value, dict):
        value.setdefault(draw(st.sampled_from(("extra_key", "name", "label", "type", "default"))), 1)
    elif isinstance(outer, list):
        outer.append(copy.deepcopy(value))
    return Mutant(sample, change, tuple(changed), dump(content))
