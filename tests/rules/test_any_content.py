"""Whatever a plugin's documents hold, the rules about forms, models and versions answer, and point into them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.document.reader import walk
from bot.plugin import Plugin
from bot.rules.example import example_plugin
from bot.rules.registry import Rule, catalogue
from bot.source.memory import MemoryTree
from tests.support.reviewing import changed, opened

FAMILIES = ("schema", "version")
#: The rules themselves; what only passes on what the models of the format say is tested beside these.
RULES = [
    rule
    for rule in catalogue().values()
    if rule.family in FAMILIES
    and not rule.check.__module__.endswith(".shapes")
    and rule.id != "schema/option-value-changes"
]
PLUGINS = ("tool", "model", "endpoint", "agent", "datasource", "trigger")

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.dates(),
    st.binary(max_size=4),
    st.sampled_from(["select", "number", "llm", "form", "__model_type", "a.yaml", "/<x>", "0.1", "#", "&", "~"]),
    st.just([]),
    st.just({}),
    st.lists(st.sampled_from(["a", 1, None, True]), max_size=3),
    st.dictionaries(st.sampled_from(["type", "name", "value", "variable", "en_US"]), st.text(max_size=3), max_size=2),
)


def documents(name: str) -> dict[str, Any]:
    files = example_plugin(name)
    return {path: yaml.safe_load(content) for path, content in files.items() if path.endswith(".yaml")}


def judge(plugin: Plugin) -> list[tuple[Rule, Any]]:
    return [(rule, hit) for rule in RULES for hit in rule.check(plugin)]


@given(name=st.sampled_from(PLUGINS), data=st.data())
def test_any_value_anywhere(name: str, data: st.DataObject) -> None:
    parsed = documents(name)
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(sorted(parsed)))
        pointers = [pointer for pointer, _ in walk(parsed[path]) if pointer]
        if not pointers:
            continue
        *parents, last = data.draw(st.sampled_from(pointers))
        holder = parsed[path]
        for part in parents:
            holder = holder[part]
        holder[last] = data.draw(VALUES)
    files: dict[str, bytes | str] = dict(example_plugin(name))
    files.update(
        {path: yaml.dump(value, Dumper=yaml.CSafeDumper, allow_unicode=True) for path, value in parsed.items()}
    )
    plugin = opened(MemoryTree(files))
    for rule, hit in judge(plugin):
        assert hit.span is not None, rule.id
        lines = plugin.documents[hit.path].document.text or ""
        assert hit.span.end_line <= lines.count("\n") + 1
        assert hit.message.endswith("."), hit.message


MODEL = """
pricing: {input: HUGE, output: HUGE, unit: HUGE, currency: HUGE}
model_properties: {mode: HUGE, context_size: HUGE, max_chunks: -HUGE}
parameter_rules: [{name: HUGE, type: int, default: HUGE, min: HUGE, max: .nan}]
"""
TOOL = """
parameters:
  - {name: HUGE, type: number, default: HUGE, min: HUGE, max: .inf, precision: HUGE}
  - {name: a, type: select, default: HUGE, options: [{value: HUGE}, {value: HUGE}]}
"""


@pytest.mark.parametrize(
    ("path", "base", "text"),
    [("models/llm/acme-small.yaml", "model", MODEL), ("tools/current_weather.yaml", "tool", TOOL)],
)
def test_numbers_of_thousands_of_digits(path: str, base: str, text: str) -> None:
    tree = changed(text.replace("HUGE", "0x" + "f" * 20_000), path, base)
    assert all(len(hit.message) < 1000 for _, hit in judge(opened(tree)))


def test_forms_of_thousands_of_items() -> None:
    items = "".join(f"  - {{name: a, type: select, default: z{n}, options: [{{value: b}}]}}\n" for n in range(1000))
    options = "".join(f"      - {{value: v{n}}}\n" for n in range(2000))
    defaults = ", ".join(f"w{n}" for n in range(2000))
    many = f"  - name: many\n    type: select\n    multiple: true\n    default: [{defaults}]\n    options:\n{options}"
    tree = changed(f"parameters:\n{items}{many}", "tools/current_weather.yaml")
    rules = [rule.id for rule, _ in judge(opened(tree))]
    assert rules.count("schema/default-not-in-options") == 3000
    assert rules.count("schema/duplicate-name") == 999
