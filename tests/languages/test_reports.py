"""Reports speak the language that was chosen; what programs read stays English, and English stays beside an error."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.command import check
from bot.command.cli import main
from bot.comments.plan import FileComment, plan
from bot.findings import Severity, quote
from bot.languages import speaking, told
from bot.messages import Message, data_of, message_of, said_in, say, say_plural, sentences, with_said
from bot.options import Options
from bot.report import markdown
from bot.report.formats import render
from bot.report.json_reader import from_json
from bot.report.markdown import file_comment
from bot.review.cache import MIN_PLUGINS, Cache
from bot.review.outline import Row
from bot.review.result import Result
from bot.rules.example import example_plugin
from tests.support.metamorphic import packed

ENGLISH = "`_assets/icon.svg` must be written `icon.svg`: media are named from `_assets` on."
#: What a catalogue cannot leave as it is.
HAN = re.compile("[\u4e00-\u9fff]")


def plugin(folder: Path, icon: str = "_assets/icon.svg", readme: str | None = None) -> Path:
    for name, content in example_plugin("tool").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    manifest = folder / "manifest.yaml"
    manifest.write_text(re.sub(r"^icon: .*$", f"icon: {icon}", manifest.read_text(encoding="utf-8"), flags=re.M))
    if readme is not None:
        (folder / "README.md").write_text(readme, encoding="utf-8")
    return folder


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return plugin(tmp_path)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["check", "--no-config", "--no-cache", *arguments]) in (0, 1)
    return capsys.readouterr().out


@pytest.mark.parametrize("form", ["text", "concise", "markdown", "html"])
def test_reports_for_people_speak_the_language(broken: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    english = printed(capsys, "--format", form)
    chinese = printed(capsys, "--format", form, "--language", "zh_Hans")
    assert not HAN.search(english)
    assert HAN.search(chinese)
    assert "asset/prefix" in chinese
    assert "icon.svg" in chinese


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_the_english_stays_beside_a_translated_error(
    broken: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    said = re.sub(r"<[^>]*>|`", "", printed(capsys, "--format", form, "--language", "zh_Hans"))
    assert "must be written icon.svg" in said
    assert re.sub(r"<[^>]*>|`", "", printed(capsys, "--format", form)).count("must be written icon.svg") == 1


def test_the_english_is_behind_a_fold_in_comment_summary_and_page(broken: Path) -> None:
    result = check.run(["."], Options(language="zh_Hans"))
    rows = tuple(Row((finding,)) for finding in result.findings)
    with speaking("zh_Hans"):
        told_of = [
            file_comment(FileComment("manifest.yaml", rows)),
            markdown.step_summary(plan(result)),
            render(result, "html"),
        ]
    assert 'content: "错误"' in told_of[-1]
    for text in told_of:
        folds = re.findall(r"<details><summary[^>]*>English</summary>(.*?)</details>", text, re.DOTALL)
        said = [re.sub(r"<[^>]*>|`", "", fold) for fold in folds]
        assert sum("must be written icon.svg" in fold for fold in said) == 1
        assert len(folds) == sum(finding.severity is Severity.ERROR for finding in result.findings)


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_why_something_was_not_judged_is_told_too(broken: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    (broken / ".difyignore").write_text("x\n" * 1001)
    said = printed(capsys, "--format", form, "--language", "zh_Hans")
    assert "超过 1,000 行，未读取" in said
    assert "lines, and is not read" not in said


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "gitlab", "rdjson"])
def test_what_programs_read_stays_english(broken: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    options = ["--format", form]
    english, chinese = printed(capsys, *options), printed(capsys, *options, "--language", "zh_Hans")
    if form == "json":
        data = json.loads(chinese)
        del data["said"]
        english, chinese = json.dumps({**json.loads(english), "summary": 0}), json.dumps({**data, "summary": 0})
    assert re.sub(r"[0-9.:TZ-]+", "", chinese) == re.sub(r"[0-9.:TZ-]+", "", english)


def test_the_configuration_chooses_and_the_command_line_wins(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (broken / ".github").mkdir()
    (broken / ".github" / "dify-plugin-review.yml").write_text("language: zh_Hans\n")
    assert main(["check", "--no-cache"]) == 1
    assert HAN.search(capsys.readouterr().out)
    assert main(["check", "--no-cache", "--language", "en_US"]) == 1
    assert not HAN.search(capsys.readouterr().out)


def test_pages_of_rules_speak_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "asset/prefix", "--language", "zh_Hans"]) == 0
    assert HAN.search(capsys.readouterr().out)


@pytest.mark.parametrize(
    "command",
    [
        ["fix", "--no-config", "--diff"],
        ["fix", "--no-config"],
        ["packed"],
        ["init"],
        ["init", "--yes"],
    ],
    ids=" ".join,
)
def test_commands_speak_the_language(broken: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    (broken / ".git").mkdir()
    assert main([*command, "--language", "zh_Hans"]) in (0, 1, 2)
    said = capsys.readouterr()
    lines = [line for line in (said.out + said.err).splitlines() if not re.match("[-+@ ]|new file mode", line)]
    words = [line for line in lines if re.search("[a-z] [a-z]+ [a-z]", re.sub("`[^`]*`", "", line))]
    assert HAN.search(said.out + said.err)
    assert words == []


def test_commands_speak_the_language_of_the_configuration(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (broken / ".github").mkdir()
    configuration = broken / ".github" / "dify-plugin-review.yml"
    configuration.write_text("language: zh_Hans\n")
    assert main(["packed"]) == 0
    assert HAN.search(capsys.readouterr().out)
    configuration.write_text("language: [\n")
    assert main(["packed"]) == 0
    assert not HAN.search(capsys.readouterr().out)


# --- what is offered --------------------------------------------------------------------------------------------------

CHINESE = "# 天气\n\n" + "查询任意城市的当前天气，并返回温度、湿度和风速。需要在官方网站申请密钥。" * 5
JAPANESE = "# 天気\n\n" + "任意の都市の現在の天気を調べ、気温と湿度と風速を返します。キーの申請が必要です。" * 5
PORTUGUESE = "# Clima\n\n" + "Consulta a previsão e não precisa de instalação. Você recebe uma informação.\n" * 5


@pytest.mark.parametrize(
    ("readme", "offered"),
    [(CHINESE, "zh_Hans"), (JAPANESE, "ja_JP"), (PORTUGUESE, "pt_BR"), ("# Weather\n\nThe weather.\n" * 20, "")],
)
def test_the_language_of_the_author_is_offered_and_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], readme: str, offered: str
) -> None:
    monkeypatch.chdir(tmp_path)
    plugin(tmp_path, icon="icon.svg", readme=readme)
    for form in ("text", "markdown", "html"):
        said = printed(capsys, "--format", form)
        assert re.findall(r"--language (\w+)", said) == ([offered] if offered else [])
    assert "--language" not in printed(capsys, "--language", "en_US")
    assert "--language" not in printed(capsys, "--format", "json")


# --- what was stored --------------------------------------------------------------------------------------------------


def stored(folder: Path) -> Result:
    """The result of the job that ran without rights, as the one that publishes reads it."""
    result = check.run(["."], Options(language="zh_Hans"))
    with speaking("zh_Hans"):
        return from_json(render(result, "json"))


def test_a_stored_result_is_told_in_another_language(broken: Path) -> None:
    result = stored(broken)
    (finding,) = (finding for finding in result.findings if finding.rule == "asset/prefix")
    assert isinstance(finding.message, Message)
    with speaking("zh_Hans"):
        assert HAN.search(told(finding.message))
        assert "`icon.svg`" in told(finding.message)
    assert "said" not in json.loads(render(check.run(["."], Options()), "json"))


def test_a_review_that_was_kept_is_told_in_another_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(MIN_PLUGINS):
        plugin(tmp_path / f"plugin{number}")
    options = Options(language="zh_Hans")
    first, second = (check.run(["."], options, cache=Cache(tmp_path / "cache")) for _ in range(2))
    told_of = []
    for result in (first, second):
        assert said_in(result)
        with speaking("zh_Hans"):
            told_of.append([told(finding.message) for finding in result.findings])
    assert told_of[0] == told_of[1]
    # Who is told in English has a review of its own kept, without any of that.
    assert said_in(check.run(["."], Options(), cache=Cache(tmp_path / "cache")))
    assert not said_in(check.run(["."], Options(), cache=Cache(tmp_path / "cache")))


@pytest.mark.parametrize(
    "said",
    [
        say("{a} is {b}.", a=say("{c} of it", c=1), b=quote("x")),
        sentences(say("A."), say("B {n:,}.", n=2)),
        say_plural("{n:,} file", "{n:,} files", 3),
        say("One.") + say(" Two."),
    ],
)
def test_a_message_comes_back_from_data(said: Message) -> None:
    again = message_of(str(said), json.loads(json.dumps(data_of(said))))
    assert (again, again.template, again.arguments, again.plural, again.number) == (
        said, said.template, said.arguments, said.plural, said.number,
    )  # fmt: skip
    assert said_in([{"x": (said,)}]) == {str(said): data_of(said)}


@pytest.mark.parametrize(
    "made_up",
    [
        {"template": "{path.__class__}", "arguments": {"path": "x"}},
        {"template": "{path!r:>99999999}", "arguments": {"path": "x"}},
        {"template": "The packager refuses the {thing}.", "arguments": {}},
        {"template": "The packager refuses the {thing}.", "arguments": []},
        {"template": "{first.__class__} {second}", "arguments": ["a", "b"]},
        {"template": "{first:>99999999}{second}", "arguments": ["a", "b"]},
        {"template": "{n:,} error", "plural": "{n:,} errors", "number": 2, "arguments": {"n": "`x`"}},
        {"template": "", "arguments": {}},
    ],
)
def test_what_was_made_up_about_a_text_says_nothing_else(made_up: dict[str, object]) -> None:
    with speaking("zh_Hans"):
        said = told(with_said("the text", {"the text": made_up}))
    assert len(said) < 100
    assert "class" not in said.replace("__class__", "")


def test_what_was_made_up_about_a_place_gets_nothing_past_the_escaping(broken: Path) -> None:
    """Whoever stored the result may say of any text in it, escaped ones too, what it was made of."""
    files = {path.relative_to(broken).as_posix(): path.read_bytes() for path in broken.rglob("*") if path.is_file()}
    (broken / "weather.difypkg").write_bytes(packed(files))
    with speaking("zh_Hans"):
        data = json.loads(render(check.run(["weather.difypkg"], Options(language="zh_Hans")), "json"))
    texts = {item[key] for item in data["findings"] for key in ("path", "member", "message", "rule")}
    made_up = {"template": "{first}{second}", "arguments": ["<img src=x> [here](https://evil.example)", ""]}
    data["said"] = dict.fromkeys([*texts, *(f"`{text}`" for text in texts)], made_up)
    result = from_json(json.dumps(data))
    with speaking("zh_Hans"):
        comment = file_comment(FileComment("weather.difypkg", tuple(Row((finding,)) for finding in result.findings)))
        report = render(result, "markdown")
    for text in (comment, report):
        assert "evil.example" in text
        assert "<img" not in text
        assert "](https://evil" not in text
