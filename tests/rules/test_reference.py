"""Paths and patterns: each wrong way to write one, what is said of it, and what is not."""

from __future__ import annotations

import pytest

from bot.findings import Severity
from bot.rules.example import example_plugin
from bot.source import Kind, MemoryTree
from tests.support.reviewing import changed, fixed, found, opened, said, text_at

TOOL = "tools/current_weather.yaml"
PROVIDER = "provider/weather.yaml"
MODELS = "provider/acme.yaml"


def linked(path: str, **files: str) -> MemoryTree:
    return changed(f"plugins:\n  tools:\n    - {path}\n", "manifest.yaml", files=files)


def with_source(path: str, **files: str) -> MemoryTree:
    return changed(f"extra:\n  python:\n    source: {path}\n", TOOL, files=files)


def with_pattern(pattern: str, **files: str) -> MemoryTree:
    return changed(f"models:\n  llm:\n    predefined:\n      - {pattern}\n", MODELS, "model", files)


# --- links ------------------------------------------------------------------------------------------------------


def test_a_path_from_the_documents_own_folder() -> None:
    tree = changed("tools:\n  - now.yaml\n", PROVIDER, files={"provider/now.yaml": "identity: {}\n"})
    (finding,) = found("reference/missing-file", tree)
    assert text_at(tree, finding) == "now.yaml"
    assert "There is `provider/now.yaml`" in finding.message
    assert "- provider/now.yaml" in fixed(tree, finding)


def test_the_other_suffix() -> None:
    tree = linked("provider/weather.yml")
    (finding,) = found("reference/missing-file", tree)
    assert "- provider/weather.yaml" in fixed(tree, finding)


def test_quotes_are_kept_where_a_path_needs_them() -> None:
    tree = linked("'./provider/my weather: now.yaml'", **{"provider/my weather: now.yaml": "identity: {}\n"})
    (finding,) = found("reference/not-canonical", tree)
    assert '- "provider/my weather: now.yaml"' in fixed(tree, finding)


@pytest.mark.parametrize(
    ("path", "happens"),
    [
        ("./provider/weather.yaml", "Dify refuses to install"),
        ("provider//weather.yaml", "Dify refuses to install"),
        ("provider\\weather.yaml", "The packager refuses"),
        ("'provider/weather.yaml '", "The packager refuses"),
    ],
)
def test_who_objects_to_an_untidy_path(path: str, happens: str) -> None:
    (finding,) = found("reference/not-canonical", linked(path))
    assert happens in finding.message
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize("path", ["''", "'.'", "'\\0'", "42", "''''", "'\\n'", "/", "//", "a\\..\\b"])
def test_paths_that_are_none(path: str) -> None:
    assert any(severity == "error" for _, severity in said(linked(path)))


def test_a_folder() -> None:
    (finding,) = found("reference/not-a-file", linked("provider"))
    assert "`provider` is a folder." in finding.message
    assert said(linked("provider"), "reference")[0] == ("reference/not-a-file", "error")


def test_a_link_is_no_error_since_the_packager_follows_it() -> None:
    files = dict(example_plugin("tool"))
    del files[PROVIDER]
    tree = MemoryTree(files, kinds={PROVIDER: Kind.LINK})
    assert said(tree, "reference") == [("reference/not-a-file", "warning")]


def test_a_file_outside_is_named_once() -> None:
    assert said(linked("../provider/weather.yaml"), "reference/outside", "reference/missing-file") == [
        ("reference/outside", "error")
    ]


# --- sources ----------------------------------------------------------------------------------------------------


def test_a_source_with_another_suffix() -> None:
    tree = with_source("tools/current_weather.yaml")
    (finding,) = found("reference/source-suffix", tree)
    assert finding.severity is Severity.WARNING
    assert "source: tools/current_weather.py" in fixed(tree, finding)


def test_a_source_that_is_a_package() -> None:
    tree = with_source("tools/now", **{"tools/now/__init__.py": ""})
    (finding,) = found("reference/source-suffix", tree)
    assert finding.fix is None
    assert "`tools/now/__init__.py`" in finding.message


@pytest.mark.parametrize("path", ["tools/gpt-4.5.py", "tools.v2/weather.py"])
def test_a_dot_too_many(path: str) -> None:
    (finding,) = found("reference/dotted-source", with_source(path, **{path: "x = 1\n"}))
    assert path in finding.message


@pytest.mark.parametrize(
    "path", ["./tools/current_weather.py", "tools//current_weather.py", "tools/current-weather.py"]
)
def test_python_tidies_a_source_up(path: str) -> None:
    assert said(with_source(path, **{"tools/current-weather.py": ""}), "reference") == []


@pytest.mark.parametrize("path", ["/tools/current_weather.py", "tools\\current_weather.py", "tools/Current_Weather.py"])
def test_but_not_all_of_it(path: str) -> None:
    tree = with_source(path)
    (rule,) = {rule for rule, severity in said(tree, "reference", "python/missing-source") if severity == "error"}
    (finding,) = found(rule, tree)
    assert "source: tools/current_weather.py" in fixed(tree, finding)


# --- the package ------------------------------------------------------------------------------------------------


def test_a_folder_of_the_template_swallows_a_module() -> None:
    tree = changed(
        "",
        "manifest.yaml",
        files={
            ".difyignore": "# template\nlib/\n",
            "lib/client.py": "",
            "lib/__init__.py": "",
            "tools/current_weather.py": "from dify_plugin import Tool\nfrom lib.client import x\n",
        },
    )
    (finding,) = found("reference/ignored", tree)
    assert text_at(tree, finding) == "lib/"
    assert "`lib/client.py`" in finding.message


def test_a_module_that_nothing_imports_may_be_left_out() -> None:
    assert found("reference/ignored", changed("", TOOL, files={".difyignore": "lib/\n", "lib/x.py": ""})) == []


def test_a_package_without_its_manifest() -> None:
    tree = changed("", TOOL, files={".difyignore": "*.yaml\n"})
    (finding,) = found("reference/ignored", tree)
    assert "The manifest is left out" in finding.message
    assert text_at(tree, finding) == "*.yaml"


# --- kinds ------------------------------------------------------------------------------------------------------


def test_a_tool_among_the_providers_is_one_finding() -> None:
    tree = linked(TOOL)
    assert [item for item in said(tree) if item[1] == "error"] == [("reference/wrong-kind", "error")]
    (finding,) = found("reference/wrong-kind", tree)
    assert text_at(tree, finding) == TOOL
    assert "is not a tool provider: it looks like a tool." in finding.message


def test_a_provider_of_another_kind() -> None:
    provider = example_plugin("model")["provider/acme.yaml"].decode()
    tree = linked("provider/acme.yaml", **{"provider/acme.yaml": provider})
    (finding,) = found("reference/wrong-kind", tree)
    assert "looks like a model provider" in finding.message


def test_a_provider_among_the_tools() -> None:
    tree = changed(f"tools:\n  - {PROVIDER}\n", PROVIDER)
    assert ("reference/wrong-kind", "error") in said(tree)


def test_a_list_where_a_provider_belongs_is_a_matter_of_its_shape() -> None:
    tree = linked("provider/list.yaml", **{"provider/list.yaml": "- a\n"})
    assert found("reference/wrong-kind", tree) == []
    assert any(rule.startswith("schema/") for rule, _ in said(tree))


# --- lists ------------------------------------------------------------------------------------------------------


def test_listed_twice() -> None:
    tree = changed(f"tools:\n  - {TOOL}\n  - {TOOL}\n", PROVIDER)
    (finding,) = found("reference/listed-twice", tree)
    assert finding.location.span is not None
    lines = tree.read(PROVIDER).decode().split("\n")
    assert lines[finding.location.span.line - 1].endswith(TOOL)
    assert f"listed already in line {finding.location.span.line - 1}." in finding.message


def test_found_by_two_patterns() -> None:
    tree = changed(
        "models:\n  llm:\n    predefined:\n      - models/llm/*.yaml\n      - models/llm/acme-large.yaml\n",
        MODELS,
        "model",
    )
    (finding,) = found("reference/listed-twice", tree)
    assert text_at(tree, finding) == "models/llm/acme-large.yaml"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("models/llm/order.yaml", "predefined"),  # The pattern finds it, and it is no model.
        ("models/llm/acme-large.yaml", "position"),
    ],
)
def test_an_order_is_no_model(order: str, expected: str) -> None:
    text = f"models:\n  llm:\n    position: {order}\n    predefined:\n      - models/llm/*.yaml\n"
    files = {} if order.endswith("large.yaml") else {order: "- acme-large\n"}
    tree = changed(text, MODELS, "model", files)
    (finding,) = found("reference/wrong-kind", tree)
    assert text_at(tree, finding) == ("models/llm/*.yaml" if expected == "predefined" else order)
    assert finding.message.endswith("The packager refuses the plugin.")
    assert found("reference/listed-twice", tree) == []


def test_an_order_that_is_a_number_to_yaml_is_a_path_to_the_daemon() -> None:
    tree = changed("models:\n  llm: {position: 5, predefined: []}\n", MODELS, "model")
    assert [text_at(tree, finding) for finding in found("reference/missing-file", tree)] == ["5"]


def test_an_order_is_named_and_found() -> None:
    assert said(MemoryTree(example_plugin("model")), "reference") == []


# --- orphans ----------------------------------------------------------------------------------------------------

ORPHAN = "identity:\n  name: a\nextra:\n  python:\n    source: tools/a.py\n"


@pytest.mark.parametrize(
    ("path", "content", "reported"),
    [
        ("tools/a.yaml", ORPHAN, True),
        ("tools/openapi.yaml", "openapi: 3.0.0\npaths: {}\n", False),
        ("data/a.yaml", ORPHAN, False),
        ("tools/broken.yaml", "a: b: c\n", False),
        ("a.yaml", ORPHAN, False),
        ("tools/_position.yaml", "- a\n", True),
    ],
)
def test_orphans(path: str, content: str, reported: bool) -> None:
    findings = found("reference/orphan", changed("", TOOL, files={path: content}))
    assert [finding.location.path for finding in findings] == [path] * reported
    assert all(finding.location.span is None for finding in findings)


def test_what_is_not_packed_is_no_orphan() -> None:
    tree = changed("", TOOL, files={"tools/a.yaml": ORPHAN, ".difyignore": "tools/a.yaml\n"})
    assert found("reference/orphan", tree) == []


def test_what_a_misspelt_link_means_is_no_orphan() -> None:
    tree = changed("tools:\n  - tools/Current_Weather.yaml\n", PROVIDER)
    assert [rule for rule, _ in said(tree, "reference")] == ["reference/wrong-case"]


# --- patterns ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "severity"),
    [
        ("models/llm/*.yaml", None),
        ("models/llm/acme-[ls]*.yaml", None),
        ("./models/llm/*.yaml", "error"),
        ("models//llm/*.yaml", "error"),
        ("/models/llm/*.yaml", "error"),
        ("'**/*.yaml'", "warning"),
        ("models/llm/**.yaml", "error"),
        ("'models/llm/[a*.yaml'", "error"),
        ("''", "error"),
        ("models/llm/*", "error"),
        ("models/llm", "error"),
        ("models/*", "error"),
        ("'*/llm'", "error"),
        ("'models/**'", "error"),
        ("models/llm/acme-[!l]*.yaml", "warning"),
        ("models/**/acme-*.yaml", "notice"),
    ],
)
def test_patterns(pattern: str, severity: str | None) -> None:
    findings = found("reference/pattern", with_pattern(pattern))
    assert [finding.severity.label for finding in findings] == [severity] * (severity is not None)


def test_two_stars_reach_deeper_in_debugging() -> None:
    model = example_plugin("model")["models/llm/acme-small.yaml"].decode()
    tree = with_pattern("models/**/acme-*.yaml", **{"models/llm/old/acme-old.yaml": model})
    (finding,) = found("reference/pattern", tree)
    assert finding.severity is Severity.WARNING
    count = sum(path.startswith("models/") and "/acme-" in path for path in tree.entries())
    assert f"{count - 1} models after installation and {count} in debugging" in finding.message


def test_the_pattern_is_written_anew() -> None:
    tree = with_pattern("./models/llm/*.yaml")
    (finding,) = found("reference/pattern", tree)
    assert "- models/llm/*.yaml" in fixed(tree, finding)


@pytest.mark.parametrize(
    ("pattern", "message", "severity"),
    [
        ("models/LLM/*.yaml", "there is `models/llm/acme-", "error"),
        ("models/llm/*.yml", "there is `models/llm/acme-", "error"),
        ("models\\llm\\*.yaml", "there is `models/llm/acme-", "error"),
        ("models/tts/*.yaml", "finds no models", "notice"),
        ("models/llm/acme-small.yaml\n      - models/LLM/*.yaml", "there is `models/llm/acme-", "warning"),
    ],
)
def test_no_match(pattern: str, message: str, severity: str) -> None:
    (finding,) = found("reference/no-match", with_pattern(pattern))
    assert message in finding.message
    assert finding.severity.label == severity


def test_what_a_pattern_means_is_no_orphan() -> None:
    tree = with_pattern("models/LLM/*.yaml")
    assert said(tree, "reference", "schema/model-position-file") == [("reference/no-match", "error")]


@pytest.mark.parametrize("suffix", ["YAML", "Yml", "json"])
def test_a_model_may_have_another_suffix(suffix: str) -> None:
    model = example_plugin("model")["models/llm/acme-small.yaml"]
    tree = with_pattern(f"models/llm/*.{suffix}", **{f"models/llm/a.{suffix}": model.decode()})
    assert found("reference/pattern", tree) == []
    assert "models/llm/a." + suffix in opened(tree).documents


def test_an_empty_section_is_nothing_to_speak_of_beside_others_and_without_predefined_models() -> None:
    sections = "models:\n  llm:\n    predefined:\n      - {}\n  tts:\n    predefined:\n      - models/tts/*.yaml\n"
    assert found("reference/no-match", changed(sections.format("models/llm/*.yaml"), MODELS, "model")) == []
    custom = sections.format("models/gone/*.yaml") + "configurate_methods:\n  - customizable-model\n"
    assert found("reference/no-match", changed(custom, MODELS, "model")) == []
    predefined = sections.format("models/gone/*.yaml") + "configurate_methods:\n  - predefined-model\n"
    assert len(found("reference/no-match", changed(predefined, MODELS, "model"))) == 2


# --- hostile ----------------------------------------------------------------------------------------------------


def test_names_that_no_line_holds() -> None:
    name = "provider/a\nb\x1b[31m\udcff`c`.yaml"
    tree = MemoryTree({**example_plugin("tool"), name: ORPHAN, "_assets/a\r\nb.svg": "", "\u202e.yaml": "x"})
    for rule in ("reference/orphan", "asset/unused", "package/not-portable"):
        for finding in found(rule, tree):
            assert finding.message.isprintable(), finding.message
            assert "c`" not in finding.message
    assert found("reference/orphan", tree)[0].location.path == name


def test_ten_thousand_files() -> None:
    files = {f"data/{n // 100}/{n}.yaml": "x: 1\n" for n in range(10_000)}
    ignore = "".join(f"*{n}*x*/\n/data/**/{n}.zip\n" for n in range(50))
    tree = changed("", TOOL, files={**files, ".difyignore": ignore})
    assert {rule for rule, _ in said(tree)} == {"package/too-large"}
