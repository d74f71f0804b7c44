"""What a pull request is told about translations: the texts that it adds, and nothing of what lacked before."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.rules.example import example_plugin
from standin import Pull
from tests.support.job import Files, Job, Repository
from tests.support.standin import StandInFactory, standin

__all__ = ["standin"]

FORECAST = """\
identity:
  name: forecast
  author: acme
  label:
    en_US: Forecast
description:
  human:
    en_US: Shows the weather of the coming days.
  llm: Returns a forecast for a city.
parameters:
  - name: city
    type: string
    required: true
    form: llm
    label:
      en_US: City
    human_description:
      en_US: The name of the city.
    llm_description: The name of the city in English.
  - name: days
    type: number
    required: false
    form: form
    default: 3
    label:
      en_US: Days
    human_description:
      en_US: How many days to look ahead.
extra:
  python:
    source: tools/forecast.py
"""
EXAMPLE = example_plugin("tool")


def without_japanese() -> dict[str, str]:
    """The documents of the example, which has all locales, without one of them."""
    return {
        path: re.sub(r"^ +ja_JP: .*\n", "", content.decode(), flags=re.MULTILINE)
        for path, content in EXAMPLE.items()
        if path.endswith(".yaml")
    }


def new_tool(documents: Files) -> dict[str, str | bytes | None]:
    """A change that adds a tool with English texts only."""

    def text(path: str) -> str:
        content = documents.get(path, EXAMPLE[path])
        return content.decode() if isinstance(content, bytes) else str(content)

    code = EXAMPLE["tools/current_weather.py"].decode()
    for old, new in (("CurrentWeatherTool", "ForecastTool"), ("current", "forecast"), ("units", "days")):
        code = code.replace(old, new)
    return {
        "weather/manifest.yaml": text("manifest.yaml").replace("version: 0.1.0", "version: 0.2.0", 1),
        "weather/provider/weather.yaml": text("provider/weather.yaml").replace(
            "  - tools/current_weather.yaml\n", "  - tools/current_weather.yaml\n  - tools/forecast.yaml\n"
        ),
        "weather/tools/forecast.yaml": FORECAST,
        "weather/tools/forecast.py": code,
    }


def reviewed(tmp_path: Path, standin: StandInFactory, documents: Files) -> tuple[Job, Pull]:
    files = {f"weather/{path}": content for path, content in documents.items()}
    repository = Repository(tmp_path, standin, files)
    pull = repository.open(new_tool(documents))
    return repository.run(pull=pull), pull


def rows_of(summary: str) -> list[list[str]]:
    """The cells of the table of translations, without the bars."""
    table = summary.partition("| Locale ")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in table]
    return [
        [re.sub("`[█░]+` ", "", cell.replace("&#95;", "_").replace("&nbsp;", " ")) for cell in row] for row in cells
    ]


def commented(pull: Pull) -> dict[int, str]:
    """The comments in the diff, by line; all are on the new tool."""
    assert {comment.path for comment in pull.review_comments} == {"weather/tools/forecast.yaml"}
    return {comment.line or 0: comment.body for comment in pull.review_comments}


def test_a_tool_in_english_added_to_a_translated_plugin(tmp_path: Path, standin: StandInFactory) -> None:
    job, pull = reviewed(tmp_path, standin, {})
    assert job.exit_code == 0
    (summary,) = [comment.body for comment in pull.issue_comments]
    assert rows_of(summary) == [
        ["zh_Hans", "**70%** 14/20", "6 (+6)", "0", "0"],
        ["pt_BR", "**70%** 14/20", "6 (+6)", "0", "0"],
        ["ja_JP", "**70%** 14/20", "6 (+6)", "0", "0"],
    ]
    comments = commented(pull)
    # What is translated elsewhere is a suggestion where the text stands, in the order of the plugin's other files.
    assert "\n      en_US: City\n      zh_Hans: 城市\n      ja_JP: 都市\n      pt_BR: Cidade\n```" in comments[16]
    assert "`Cidade`, as in `tools/current_weather.yaml`. 2 more like this on this line." in comments[16]
    assert "\n      pt_BR: O nome da cidade.\n```" in comments[18]
    # The others are one comment with a row for each locale.
    assert sorted(comments) == [4, 16, 18]
    assert comments[4].count("`Forecast` has no ") == 3
    assert comments[4].count("3 more like this in this file: lines 7, 25 and 27.") == 3
    assert comments[4].count("<sub>Rule ") == 1


def test_the_same_for_a_plugin_that_never_had_japanese(tmp_path: Path, standin: StandInFactory) -> None:
    job, pull = reviewed(tmp_path, standin, without_japanese())
    assert {finding["group"] for finding in job.active if "ja_JP" in (finding["pointer"] or "")} == set()
    (summary,) = [comment.body for comment in pull.issue_comments]
    assert rows_of(summary) == [
        ["zh_Hans", "**70%** 14/20", "6 (+6)", "0", "0"],
        ["pt_BR", "**70%** 14/20", "6 (+6)", "0", "0"],
        ["ja_JP", "**0%** 0/20", "20 (+6)", "0", "0"],
    ]
    # One row more, and the offer of what is known, is all that is said about Japanese.
    assert summary.count("ja&#95;JP") == 1
    assert summary.count("ja_JP") == summary.count("`dify-plugin-review fix --translate ja_JP weather`") == 1
    assert not any("Japanese" in body for body in (summary, *commented(pull).values()))
    assert not any("ja_JP" in body for body in commented(pull).values())


def test_what_lacked_before_is_not_told_again(tmp_path: Path, standin: StandInFactory) -> None:
    tool = EXAMPLE["tools/current_weather.yaml"].decode()
    lacking = re.sub(r"^ +pt_BR: C.*\n", "", tool, flags=re.MULTILINE)
    assert lacking != tool
    job, pull = reviewed(tmp_path, standin, {"tools/current_weather.yaml": lacking})
    assert {finding["path"] for finding in job.active} == {"weather/tools/forecast.yaml"}
    (summary,) = [comment.body for comment in pull.issue_comments]
    assert ["pt_BR", "**60%** 12/20", "8 (+6)", "0", "0"] in rows_of(summary)
    commented(pull)


@pytest.mark.parametrize("number", [12, 14])
def test_suggestions_are_few(number: int, tmp_path: Path, standin: StandInFactory) -> None:
    options = "".join(f"      - value: v{n}\n        label:\n          en_US: City\n" for n in range(number))
    field = "  - name: kind\n    type: select\n    form: form\n    label:\n      en_US: Kind of city\n    options:\n"
    tool = EXAMPLE["tools/current_weather.yaml"].decode().replace("extra:\n", f"{field}{options}extra:\n")
    repository = Repository(tmp_path, standin)
    pull = repository.open({"weather/tools/current_weather.yaml": tool})
    repository.run(pull=pull)
    suggestions = [comment.body for comment in pull.review_comments if "```suggestion" in comment.body]
    assert len(suggestions) == 12
    together = [comment.body for comment in pull.review_comments if "`Kind of city` has no" in comment.body]
    assert ["more like this in this file" in body for body in together] == [number > 12]


@pytest.mark.parametrize("checkout", [False, True])
def test_a_checkout_is_a_dictionary(tmp_path: Path, standin: StandInFactory, checkout: bool) -> None:
    """Without one, the other plugins of the repository would cost a request for every hundred files."""
    translated = FORECAST.replace("    en_US: Forecast\n", "    en_US: Forecast\n    ja_JP: 空模様\n")
    others = {f"{name}/tools/forecast.yaml": translated for name in "abc"}
    manifests = {f"{name}/manifest.yaml": EXAMPLE["manifest.yaml"] for name in "abc"}
    repository = Repository(tmp_path, standin, {**others, **manifests})
    pull = repository.open(new_tool({}))
    repository.git.git("checkout", "-q", "feature")
    job = repository.run("pull_request", pull=pull, workspace=repository.git.path if checkout else None)
    said = [each["message"] for each in job.active if each["message"].startswith("`Forecast` has no Japanese")]
    assert len(said) == 1
    assert ("Offered: `空模様`, as in `a`, `b`, `c`, 3 times in all." in said[0]) is checkout
