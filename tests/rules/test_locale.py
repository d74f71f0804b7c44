"""The rules about localized texts, over whole plugins: what is told, how often, and what the fixes do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.document.edits import apply_edits
from bot.findings import Finding, LocaleCoverage, Safety, Severity
from bot.fixes.fix import find_fixes
from bot.format.models.i18n import LOCALES
from bot.options import Options
from bot.plugin import find_roots
from bot.review.engine import Base, review
from bot.review.result import Result
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree

LOCALE_ONLY = Options(select=("locale",))
TOOL = "tools/current_weather.yaml"
FILES: Mapping[str, str] = {path: content.decode() for path, content in example_plugin("tool").items()}
#: A tool in English only, with seven texts that need a translation.
NEW_TOOL = """\
identity:
  name: forecast
  author: acme
  label:
    en_US: Forecast of tomorrow
description:
  human:
    en_US: Shows the forecast of tomorrow.
  llm: Returns tomorrow's weather.
parameters:
  - name: city
    type: string
    required: true
    form: llm
    label:
      en_US: City
    human_description:
      en_US: The name of the city.
    llm_description: The name of the city.
  - name: hours
    type: select
    required: true
    form: form
    label:
      en_US: Hours of the day
    human_description:
      en_US: Which hours to show.
    options:
      - value: all
        label:
          en_US: All day long
"""


def run(
    files: Mapping[str, str | bytes], options: Options = LOCALE_ONLY, base: Mapping[str, str] | None = None
) -> Result:
    tree = MemoryTree(files)
    compared = Base(MemoryTree(base), "main") if base is not None else None
    result = review(tree, find_roots(tree), options, compared)
    assert result.errors == ()
    return result


def of_rule(result: Result, name: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.rule == f"locale/{name}"]


def changed(path: str, *pairs: tuple[str, str], files: Mapping[str, str] = FILES) -> dict[str, str]:
    text = files[path]
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return {**files, path: text}


def without(locales: Iterable[str], files: Mapping[str, str] = FILES) -> dict[str, str]:
    """The plugin without the lines of some locales."""
    starts = tuple(f"{locale}:" for locale in locales)
    return {
        path: "".join(line for line in text.splitlines(True) if not line.strip().startswith(starts))
        if path.endswith(".yaml")
        else text
        for path, text in files.items()
    }


def with_new_tool(files: Mapping[str, str]) -> dict[str, str]:
    provider = files["provider/weather.yaml"].replace(
        "  - tools/current_weather.yaml\n", "  - tools/current_weather.yaml\n  - tools/forecast.yaml\n"
    )
    return {**files, "provider/weather.yaml": provider, "tools/forecast.yaml": NEW_TOOL}


# --- how much is told -----------------------------------------------------------------------------------------


def test_a_new_tool_in_a_translated_plugin_is_told_text_by_text_in_one_group_per_locale() -> None:
    result = run(with_new_tool(FILES), base=FILES)
    found = of_rule(result, "missing-translation")
    # Two texts are translated elsewhere, and are groups of their own.
    field = "text tools/forecast.yaml parameters/name=city/"
    assert Counter(finding.group for finding in found) == {
        **{f"missing {locale}": 5 for locale in LOCALES[1:]},
        f"{field}label": 3,
        f"{field}human_description": 3,
    }
    assert all((finding.fix is not None) == (field in str(finding.group)) for finding in found)
    assert all(finding.new and finding.severity is Severity.NOTICE for finding in found)
    assert {finding.location.path for finding in found} == {"tools/forecast.yaml"}
    assert {finding.rule for finding in result.findings} == {"locale/missing-translation"}
    lines = sorted({finding.location.span.line for finding in found if finding.location.span})
    assert lines == [4, 7, 15, 17, 24, 26, 30]


def test_a_plugin_without_japanese_is_told_once_and_not_again() -> None:
    before = without(["ja_JP"])
    assert [finding.subject for finding in run(before).findings] == ["ja_JP"]
    result = run(with_new_tool(before), base=before)
    (told,) = of_rule(result, "untranslated-locale")
    assert not told.new
    assert {finding.pointer.rpartition("/")[2] for finding in result.active if finding.pointer} == {"zh_Hans", "pt_BR"}


def test_one_text_is_not_counted() -> None:
    tree = {"manifest.yaml": "type: plugin\nname: acme\ndescription:\n  en_US: Weather forecast\n"}
    messages = [finding.message for finding in of_rule(run(tree), "untranslated-locale")]
    assert "The one text of the plugin is not in Japanese (`ja_JP`). Users see English." in messages


def test_without_a_base_there_is_one_group_per_locale() -> None:
    found = of_rule(run(with_new_tool(FILES)), "missing-translation")
    assert Counter(finding.group for finding in found) == {f"missing {locale}": 7 for locale in LOCALES[1:]}


def test_a_change_that_begins_a_locale_is_not_told_of_the_rest() -> None:
    before = without(["ja_JP"])
    begun = {**before, "manifest.yaml": FILES["manifest.yaml"], "provider/weather.yaml": FILES["provider/weather.yaml"]}
    result = run(begun, base=before)
    assert result.active == ()
    (told,) = of_rule(result, "untranslated-locale")
    coverage = result.plugins[0].locales["ja_JP"]
    assert told.message.startswith(f"{coverage.translated} of {coverage.total} texts are in Japanese")
    assert len(of_rule(run(begun), "missing-translation")) == coverage.missing > 5


def test_required_locales_are_told_text_by_text_as_warnings() -> None:
    options = replace(LOCALE_ONLY, required_locales=("en_US", "ja_JP"), wanted_locales=())
    result = run(without(["ja_JP", "pt_BR"]), options)
    assert {finding.severity for finding in result.findings} == {Severity.WARNING}
    assert {finding.group for finding in result.findings} == {"missing ja_JP", None}
    assert [finding.location.path for finding in of_rule(result, "missing-readme")] == ["README.md"]
    assert len(of_rule(result, "missing-translation")) == result.plugins[0].locales["ja_JP"].missing > 10
    assert list(result.plugins[0].locales) == ["en_US", "ja_JP"]


def test_locales_that_nobody_asks_for_are_not_told() -> None:
    options = replace(LOCALE_ONLY, required_locales=(), wanted_locales=())
    result = run(without(["ja_JP"]), options)
    assert result.findings == ()
    assert result.plugins[0].locales == {}


def test_coverage_is_in_the_summary() -> None:
    files = changed(
        TOOL,
        ("      ja_JP: 都市の名前。\n", ""),
        ("      pt_BR: O nome da cidade.", "      pt_BR: The name of the city."),
    )
    locales = run(files).plugins[0].locales
    total = locales["en_US"].total
    assert locales["zh_Hans"] == LocaleCoverage(total, total)
    assert locales["ja_JP"] == LocaleCoverage(total - 1, total, missing=1)
    assert locales["pt_BR"] == LocaleCoverage(total - 1, total, copied=1)


def test_copies_are_counted_once_per_locale() -> None:
    files = changed(
        TOOL,
        ("zh_Hans: 显示某个城市的当前天气。", "zh_Hans: Shows the current weather of a city."),
        ("zh_Hans: 城市的名称。", "zh_Hans: The name of the city."),
    )
    (found,) = run(files).findings
    assert found.rule == "locale/copied-text"
    total = run(FILES).plugins[0].locales["zh_Hans"].total
    assert found.message == (
        f"2 of {total} texts under `zh_Hans` repeat the English: `Shows the current weather of a city.` "
        "(`tools/current_weather.yaml`, line 12); `The name of the city.` (`tools/current_weather.yaml`, line 28)."
    )


# --- one cause, one finding -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "rules"),
    [
        ([("      ja_JP: 都市\n", "      ja_Jp: 都市\n")], ["locale/misspelt-key"]),
        ([("      ja_JP: 都市\n", "      ja_Jp: 都市\n      ja_JP: 都市\n")], ["locale/misspelt-key"]),
        ([("      pt_BR: Cidade\n", "    pt_BR: Cidade\n")], ["schema/unknown-key"]),
        ([("      ja_JP: 都市\n", "      ja_JP: ''\n")], ["locale/empty-text"]),
        ([("      ja_JP: 都市\n", "      ja_JP:\n")], ["locale/empty-text"]),
        ([("      ja_JP: 都市\n", "      ja_JP: [都市]\n")], ["schema/wrong-type"]),
        ([("      ja_JP: 都市\n", "      ja_JP: 5\n")], ["schema/not-text"]),
        ([("      en_US: City\n", "")], ["schema/missing-key"]),
        ([("      en_US: City\n", "      en_US: '  '\n")], ["locale/empty-text"]),
        ([("      en_US: City\n", "      en_US: 都市\n")], ["locale/wrong-script"]),
        ([("      ja_JP: 都市\n", "      ja_JP: 请输入城市\n")], ["locale/wrong-script"]),
        ([("      ja_JP: 都市\n", '      ja_JP: "都市\\u202e"\n')], ["locale/hidden-character"]),
        ([("      ja_JP: 都市\n", '      ja_JP: "\\ud800"\n')], ["yaml/syntax"]),
        ([("      ja_JP: 都市\n", "      ja_JP: 都市{x}\n")], ["locale/placeholder-mismatch"]),
        ([("      ja_JP: 都市\n", f"      ja_JP: {'都市' * 600}\n")], ["locale/too-long"]),
    ],
)
def test_each_defect_is_told_by_one_rule(pairs: list[tuple[str, str]], rules: list[str]) -> None:
    files = changed(TOOL, *pairs)
    found = run(files, Options(select=("locale", "schema", "yaml"), ignore=("schema/invalid-value",))).findings
    assert [finding.rule for finding in found] == rules
    assert all(finding.location.span is not None and finding.location.path == TOOL for finding in found)


@pytest.mark.parametrize(
    "label",
    [
        "[en_US, City]",
        "City",
        "5",
        "~",
        "&label {en_US: City}",
        "{<<: {en_US: City}}",
        "{<<: [{en_US: City}, {zh_Hans: 城市}], ja_JP: 都市}",
        "{en_US: {en_US: City}}",
        "{? [a] : City}",
        "{en_US: !!binary aGk=, zh_Hans: 2026-01-01}",
        '{en_US: "\\u202e\\u0007\\u200b", zh_Hans: "\\uFEFF"}',
        "{en_US: مدينة, zh_Hans: עיר}",
        '{en_US: "`]($(x)<b>", zh_Hans: "x"}',
        "{1: City, true: x, null: y, en_US: City}",
        "{en_US: " + "City " * 200_000 + "}",
        '{en_US: "' + "{" * 100_000 + '", zh_Hans: "' + "[" * 100_000 + '"}',
    ],
)
def test_nothing_that_stands_for_a_text_breaks_the_review(label: str) -> None:
    tool = FILES[TOOL].replace("    label:\n      en_US: City\n", f"    label: {label}\n", 1)
    tool = tool.replace("      zh_Hans: 城市\n      ja_JP: 都市\n      pt_BR: Cidade\n", "", 1)
    result = run({**FILES, TOOL: tool}, Options(select=("locale", "schema", "yaml")))
    for finding in result.findings:
        assert finding.message.replace("\n", "").isprintable()
        assert len(finding.message) < 2000
        assert finding.location.path == TOOL or finding.rule == "locale/untranslated-locale"
    if "City" not in label and "<b>" not in label:
        assert result.findings


def test_a_lost_english_text_that_nobody_refuses_is_told() -> None:
    form = {"variable": "key", "type": "text-input", "label": {"en_US": "API Key"}, "help": {"zh_Hans": "密钥"}}
    provider = {
        "provider": "acme",
        "label": {"en_US": "Acme"},
        "supported_model_types": ["llm"],
        "configurate_methods": ["predefined-model"],
        "provider_credential_schema": {"credential_form_schemas": [form]},
    }
    manifest = {"type": "plugin", "name": "acme", "plugins": {"models": ["provider.yaml"]}}
    files = {"manifest.yaml": yaml.safe_dump(manifest), "provider.yaml": yaml.safe_dump(provider, allow_unicode=True)}
    found = [finding for finding in of_rule(run(files), "missing-translation") if finding.group == "missing en_US"]
    assert [(finding.pointer, finding.severity) for finding in found] == [
        ("/provider_credential_schema/credential_form_schemas/0/help/en_US", Severity.WARNING)
    ]


def test_texts_under_each_others_locales_are_called_swapped() -> None:
    swapped = [("      ja_JP: 都市\n", "      ja_JP: Cidade\n"), ("      pt_BR: Cidade\n", "      pt_BR: 都市\n")]
    found = of_rule(run(changed(TOOL, *swapped)), "wrong-script")
    assert {finding.message for finding in found} == {
        "The Japanese text `Cidade` is in Latin script. It is swapped with the text of `pt_BR`: `都市`.",
        "The Brazilian Portuguese text `都市` holds `都市`, which is not Latin script.",
    }


def test_labels_of_languages_may_be_in_that_language() -> None:
    metric = "      - value: metric\n        label:\n          en_US: Metric\n"
    files = changed(TOOL, (metric, metric.replace("metric", "zh_Hans").replace("Metric", "中文")))
    assert of_rule(run(files), "wrong-script") == []
    files = changed(TOOL, (metric, metric.replace("Metric", "中文")))
    assert len(of_rule(run(files), "wrong-script")) == 1


def test_a_model_may_be_called_in_any_script() -> None:
    files = {
        "manifest.yaml": "type: plugin\nname: acme\nplugins: {models: [provider.yaml]}\n",
        "provider.yaml": "provider: acme\nmodels: {llm: {predefined: ['models/*.yaml']}}\n",
        "models/a.yaml": "model: wenxin\nlabel: {en_US: 文心一言}\n",
    }
    assert of_rule(run(files), "wrong-script") == []


# --- READMEs --------------------------------------------------------------------------------------------------


def test_a_lost_readme_is_not_missing_too() -> None:
    files = {**FILES, "readme/README_zh_Hans.md": "# 天气\n", "readme/README_pt-BR.md": "# Clima\n"}
    found = run(files).findings
    assert [(finding.rule, finding.location.path, finding.subject) for finding in found] == [
        ("locale/missing-readme", "README.md", "ja_JP"),
        ("locale/lost-readme", "readme/README_pt-BR.md", "pt_BR"),
    ]


def test_a_lost_readme_is_moved_with_its_links() -> None:
    lost = (
        "# 天气\n\n[English](README.md#use) ![图](./_assets/icon.svg) [日本語](README_JP.md) [L](LICENSE 'x')\n"
        "[none](gone.md) [home](https://acme.example/README.md) [top](#use) [root](/README.md)\n"
        "```\n[code](README.md)\n```\n<a href='README.md'>x</a>\n"
    )
    readme = FILES["README.md"] + "\n[中文](./README_CN.md) [日本語](README_JP.md)\n"
    files = {
        **FILES,
        "README.md": readme,
        "README_CN.md": lost,
        "README_JP.md": "# 天気\n[中文](README_CN.md)\n",
        "LICENSE": "",
    }
    tree = MemoryTree(files)
    outcome = find_fixes(tree, find_roots(tree), replace(LOCALE_ONLY, select=("locale/lost-readme",)))
    assert outcome.refused == ()
    assert {path: (change.to, change.after.decode()) for path, change in outcome.changes.items()} == {
        "README.md": (
            None,
            readme.replace("./README_CN", "readme/README_zh_Hans").replace("README_JP", "readme/README_ja_JP"),
        ),
        "README_CN.md": (
            "readme/README_zh_Hans.md",
            lost.replace("(README.md#use)", "(../README.md#use)")
            .replace("README_JP", "README_ja_JP")
            .replace("(LICENSE", "(../LICENSE")
            .replace("'README.md'", "'../README.md'"),
        ),
        "README_JP.md": ("readme/README_ja_JP.md", "# 天気\n[中文](README_zh_Hans.md)\n"),
    }


@pytest.mark.parametrize(
    "files",
    [
        {"README_CN.md": "# 天气\n", "README.zh.md": "# 天气\n"},
        {"README_CN.md": "# 天气\n", "readme/readme_zh_hans.md": ""},
        {"README_JP.md": "# Weather\n\n" + "The weather of any place on earth, now and for days. " * 3},
        {"docs/README_CN.md": "# 天气\n"},
        {"README_CN.md": "# 天气\n", ".difyignore": "readme/\n"},
    ],
)
def test_a_readme_that_may_be_meant_otherwise_stays(files: dict[str, str]) -> None:
    found = of_rule(run({**FILES, **files}), "lost-readme")
    assert found
    assert [finding.fix for finding in found if finding.location.path != "readme/readme_zh_hans.md"] == [None] * sum(
        finding.location.path != "readme/readme_zh_hans.md" for finding in found
    )


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("  en_US: City\n  zh_Hans: 城市\n  pt_BR: 城市\n", "  en_US: City\n  zh_Hans: 城市\n"),
        ("  en_US: 城市\n  pt_BR: 城市\n", "  en_US: 城市\n"),
        (
            "  en_US: City\n  zh_Hans: 論文の要約を含める\n  ja_JP: 論文の要約を含める\n",
            "  en_US: City\n  ja_JP: 論文の要約を含める\n",
        ),
        ("  pt_BR: |\n    城\n    市\n  en_US: |\n    城\n    市\n", "  en_US: |\n    城\n    市\n"),
        ("  en_US: 城市\n  zh_Hans: 都\n  pt_BR: 都\n", None),
        ("  en_US: City\n  pt_BR: 城市\n", None),
        ("  en_US: City\n  zh_Hans: 城市\n  pt_BR: 城市  # for now\n", None),
        ("  {en_US: City, zh_Hans: 城市, pt_BR: 城市}\n", None),
        # It goes to the locale in whose language it is.
        ("  en_US: City\n  zh_Hans: 都市を選ぶ\n", "  en_US: City\n  ja_JP: 都市を選ぶ\n"),
        ("  {en_US: City, 'ja_JP': 选择城市}\n", "  {en_US: City, zh_Hans: 选择城市}\n"),
        ("  en_US: 選ぶ\n  zh_Hans: 都市を選ぶ\n", None),
        ("  en_US: City\n  zh_Hans: 都市を選ぶ\n  ja_JP: 都市\n", None),
        ("  en_US: City\n  zh_Hans: 都市を選ぶ\n  ja_Jp: 都市\n", None),
        ("  en_US: City\n  zh_Hans: 都市を选ぶ\n  ja_JP:\n", None),
        # Its characters become simplified ones.
        ("  en_US: City\n  zh_Hans: '選擇 #1'  # 城\n", "  en_US: City\n  zh_Hans: '选择 #1'  # 城\n"),
        (
            "  en_US: City\n  zh_Hans: >\n    城市的\n    數據\n  ja_JP: 都市\n",
            "  en_US: City\n  zh_Hans: >\n    城市的\n    数据\n  ja_JP: 都市\n",
        ),
        ("  en_US: City\n  zh_Hans: 論文詳細取得\n", None),
        ("  en_US: City\n  zh_Hans: 乾淨的數據\n", None),
        ("  en_US: City\n  zh_Hans: 數據処理\n", None),
    ],
)
def test_a_text_in_the_script_of_another_locale_is_mended(text: str, after: str | None) -> None:
    start, end = "description:\n", "icon: icon.svg\n"
    head, _, rest = FILES["manifest.yaml"].partition(start)
    tail = end + rest.partition(end)[2]
    made = head + start + text + tail
    fixes = [each.fix for each in of_rule(run({**FILES, "manifest.yaml": made}), "wrong-script")]
    changes = {apply_edits(made, each.edits) for each in fixes if each is not None and each.safety is Safety.SAFE}
    assert changes == ({head + start + after + tail} if after is not None else set())


def test_a_second_readme_under_another_name_does_no_harm() -> None:
    files = {**FILES, **{f"readme/README_{locale}.md": "# x\n" for locale in LOCALES[1:]}, "README_CN.md": "# x\n"}
    assert run(files).findings == ()


def test_a_required_readme_is_missing_even_where_none_is_translated() -> None:
    options = replace(LOCALE_ONLY, required_locales=("en_US", "ja_JP"))
    (found,) = run(FILES, options).findings
    assert (found.rule, found.severity, found.subject) == ("locale/missing-readme", Severity.WARNING, "ja_JP")


def test_a_readme_in_another_language_is_told() -> None:
    files = {**FILES, **{f"readme/README_{locale}.md": FILES["README.md"] for locale in LOCALES[1:]}}
    found = run(files).findings
    assert [(finding.rule, finding.location.path) for finding in found] == [
        ("locale/wrong-script", "readme/README_ja_JP.md"),
        ("locale/wrong-script", "readme/README_zh_Hans.md"),
    ]


# --- offers and fixes -----------------------------------------------------------------------------------------


def test_other_plugins_of_the_review_are_remembered() -> None:
    line = "  ja_JP: あらゆる場所の現在の天気と予報。\n"
    mine = changed("manifest.yaml", (line, ""))
    provider = mine["provider/weather.yaml"].replace("    ja_JP: あらゆる場所の現在の天気と予報。\n", "")
    folders = {"a": FILES, "b": FILES, "c": {**mine, "provider/weather.yaml": provider}}
    files = {f"{folder}/{path}": text for folder, plugin in folders.items() for path, text in plugin.items()}
    found = of_rule(run(files), "missing-translation")
    assert {finding.plugin for finding in found} == {"c"}
    (message,) = {finding.message for finding in found}
    assert message == (
        "`Current weather and forecasts for any place.` has no Japanese translation (`ja_JP`). "
        "Offered: `あらゆる場所の現在の天気と予報。`, as in `a`, `b`, 4 times in all."
    )
    assert {finding.fix.safety for finding in found if finding.fix} == {Safety.UNSAFE}


def test_wordings_that_differ_are_shown_and_not_chosen() -> None:
    files = changed("provider/weather.yaml", ("ja_JP: あらゆる場所の現在の天気と予報。", "ja_JP: どこでも天気予報。"))
    tool = files[TOOL].replace("en_US: The name of the city.", "en_US: Current weather and forecasts for any place.")
    files[TOOL] = tool.replace("      ja_JP: 都市の名前。\n", "")
    (found,) = of_rule(run(files), "missing-translation")
    assert found.fix is None
    assert found.message.endswith(
        "Elsewhere it is `あらゆる場所の現在の天気と予報。` (once), `どこでも天気予報。` (once): choose one."
    )
    groups = [finding.group for finding in of_rule(run(files), "inconsistent-translation")]
    assert sorted(map(str, groups)) == ["inconsistent ja_JP", "inconsistent pt_BR", "inconsistent zh_Hans"]


def test_one_fix_fills_every_locale_of_a_text() -> None:
    removed = [("      ja_JP: API キー\n", ""), ("      pt_BR: Chave de API\n", "")]
    files = changed("provider/weather.yaml", *removed)
    found = of_rule(run(files), "missing-translation")
    assert len(found) == 2
    assert found[0].fix == found[1].fix
    assert apply(files, found) == FILES


def test_a_misspelt_translation_is_renamed_and_not_filled() -> None:
    files = changed("provider/weather.yaml", ("      ja_JP: API キー\n", "      ja_Jp: API キー\n"))
    files = changed("provider/weather.yaml", ("      pt_BR: Chave de API\n", ""), files=files)
    found = run(files).findings
    assert [finding.fix.title for finding in found if finding.fix] == [
        "Add `Chave de API`",
        "Rename the key to `ja_JP`",
    ]
    assert apply(files, found) == FILES


def apply(files: Mapping[str, str], findings: Iterable[Finding], *safeties: Safety) -> dict[str, str]:
    """The files with the fixes made."""
    result = dict(files)
    for path in files:
        edits = [
            edit
            for finding in findings
            if finding.fix is not None and finding.fix.safety in (safeties or (Safety.SAFE,))
            for edit in finding.fix.edits
            if edit.path == path
        ]
        result[path] = apply_edits(files[path], edits)
    return result


def lines_of_locales() -> list[tuple[str, str]]:
    return [
        (path, line)
        for path, text in FILES.items()
        if path.endswith(".yaml")
        for line in dict.fromkeys(text.splitlines(True))
        if line.strip().startswith(LOCALES[1:])
    ]


@given(st.lists(st.sampled_from(lines_of_locales()), unique=True, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_after_every_fix_the_data_is_the_same_and_the_finding_gone(removed: list[tuple[str, str]], end: str) -> None:
    files = dict(FILES)
    for path, line in removed:
        files[path] = files[path].replace(line, "", 1)
    # A second plugin, complete, is what the memory knows them from.
    mine = {path: text.replace("\n", end) for path, text in files.items()}
    both = {f"{folder}/{path}": text for folder, plugin in (("a", mine), ("b", FILES)) for path, text in plugin.items()}
    before = run(both)
    gaps = [finding for finding in before.findings if finding.plugin == "a" and finding.fix is not None]
    after_files = apply(mine, gaps, Safety.SAFE, Safety.UNSAFE)
    result = run({f"a/{path}": text for path, text in after_files.items()})
    left = {(finding.rule, finding.pointer, finding.location.path) for finding in result.findings}
    assert not {(finding.rule, finding.pointer, finding.location.path) for finding in gaps} & left
    for path, text in after_files.items():
        if path.endswith(".yaml"):
            assert _is_grown(yaml.safe_load(mine[path]), yaml.safe_load(text))
            kept = text.splitlines(True)
            assert [line for line in mine[path].splitlines(True) if line not in kept] == []
            assert all(line.endswith(end) for line in kept)


MISSPELT = {"ja_JP": ("ja_Jp", "ja", "jaJP"), "zh_Hans": ("zh_CN", "zh-Hans", "zh"), "pt_BR": ("pt-BR", "pt", "pt_br")}
_damages = st.sampled_from(["lost", "misspelt", "blank", "misspelt beside a blank"])


@given(
    st.lists(st.tuples(st.sampled_from(lines_of_locales()), _damages, st.integers(0, 2)), max_size=8),
    st.sampled_from(["\n", "\r\n"]),
)
def test_every_safe_fix_leaves_the_rest_of_the_file_as_it_was(
    damaged: list[tuple[tuple[str, str], str, int]], end: str
) -> None:
    files = dict(FILES)
    for (path, line), damage, number in damaged:
        locale, _, text = line.strip().partition(": ")
        wrong = line.replace(locale, MISSPELT[locale][number], 1)
        blank = line.replace(text, ("''", "", "~")[number], 1)
        now = {"lost": "", "misspelt": wrong, "blank": blank, "misspelt beside a blank": blank + wrong}[damage]
        files[path] = files[path].replace(line, now, 1)
    files = {path: text.replace("\n", end) for path, text in files.items()}
    found = [finding for finding in run(files).findings if finding.fix and finding.fix.safety is Safety.SAFE]
    after = apply(files, found)
    left = {(finding.rule, finding.pointer, finding.location.path) for finding in run(after).findings}
    assert not {(finding.rule, finding.pointer, finding.location.path) for finding in found} & left
    for path, text in after.items():
        if not path.endswith(".yaml"):
            assert text == files[path]
            continue
        assert _is_grown(_named_rightly(yaml.safe_load(files[path])), yaml.safe_load(text))
        assert text.count("\n") == text.count(end)
        # Lines with no locale on them, and with a locale that is right, stand as they stood, in their order.
        untouched = [line for line in files[path].splitlines(True) if not _is_damaged(line)]
        rest = iter(text.splitlines(True))
        assert all(line in rest for line in untouched)


def _named_rightly(value: Any) -> Any:
    """The data with misspelt locales under their names, and without those that hold nothing."""
    if isinstance(value, list):
        return [_named_rightly(item) for item in value]
    if not isinstance(value, dict):
        return value
    names = {wrong: locale for locale, spellings in MISSPELT.items() for wrong in spellings}
    kept = {key: item for key, item in value.items() if key not in LOCALES or item}
    return {names.get(key, key): _named_rightly(item) for key, item in kept.items()}


def _is_damaged(line: str) -> bool:
    key, _, text = line.strip().partition(":")
    return key in sum(MISSPELT.values(), ()) or (key in LOCALES and text.strip() in ("", "''", "~"))


def _is_grown(before: object, after: object) -> bool:
    """Whether `after` is `before` with more locales."""
    if isinstance(before, dict) and isinstance(after, dict):
        return set(after) - set(before) <= set(LOCALES) and all(
            key in after and _is_grown(value, after[key]) for key, value in before.items()
        )
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_is_grown, before, after))
    return before == after


def test_rules_that_are_off_cost_no_offers() -> None:
    options = Options(select=("yaml",))
    result = run(without(["ja_JP"]), options)
    assert result.findings == ()
    assert result.plugins[0].locales["ja_JP"].missing > 0
