"""The rooms of `docs/architecture.md` hold: imports run one way, and families of rules are folders."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rules.registry import FAMILIES, catalogue

ROOT = Path(__file__).resolve().parents[1]
NUMBERED = re.compile(r"^\d+\. `(?:bot/)?([a-z]+)`", re.MULTILINE)


def rooms() -> list[str]:
    """The rooms in the order of the document: each may import those before it."""
    return NUMBERED.findall((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))


def room_of(module: str) -> str:
    """The room of a dotted name: the vocabulary are the modules directly in `bot`."""
    top, _, rest = module.partition(".")
    if top != "bot":
        return top
    name = rest.partition(".")[0]
    return name if (ROOT / "bot" / name).is_dir() and name else "vocabulary"


def modules() -> Iterator[tuple[str, Path]]:
    for top in ("bot", "standin"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if "examples" not in path.parts and "change" not in path.parts and path.name != "__main__.py":
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ("bot", "standin"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_document_names_every_room() -> None:
    assert {room_of(module) for module, _ in modules()} == set(rooms())


@pytest.mark.parametrize(("module", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_imports_run_one_way(module: str, path: Path) -> None:
    order = rooms()
    place = order.index(room_of(module))
    assert [name for name in imported(path) if order.index(room_of(name)) > place] == []


def test_families_are_the_folders_of_rules() -> None:
    folders = {
        path.name.replace("_", "-") for path in (ROOT / "bot" / "rules").iterdir() if (path / "__init__.py").exists()
    }
    assert folders == {rule.family for rule in catalogue().values()}
    assert folders <= set(FAMILIES)


@pytest.mark.parametrize("rule_id", sorted(catalogue()))
def test_a_rule_lies_in_the_folder_of_its_family(rule_id: str) -> None:
    rule = catalogue()[rule_id]
    assert rule.check.__module__.split(".")[2] == rule.family.replace("-", "_")
