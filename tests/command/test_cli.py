"""The commands end to end: real folders, real repositories, real packages, and exact exit codes."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from bot import __version__
from bot.command.cli import FORMATS, main
from bot.plugin import Plugin
from bot.rules.example import example_plugin
from bot.rules.registry import FAMILIES, Hit, catalogue
from bot.source.replace import NotWritten
from tests.source.archives import archive
from tests.source.repositories import commit_all, git, init

ROOT = Path(__file__).parents[2]

#: Lines for the end of a manifest, and the severity of what they are.
NOTICE = b"maintainer: acme\n"
WARNING = b"# dify-plugin-review: ignore[yaml/syntax] none\n"
ERROR = b"version: 0.2.0\n"


class Run(Struct, frozen=True):
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def rules(self) -> list[str]:
        return [item["rule"] for item in self.data["findings"]]


class Cli(Struct, frozen=True):
    """Runs the command in a folder of its own."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Run:
        self.capsys.readouterr()
        code = main(arguments)
        captured = self.capsys.readouterr()
        return Run(code, captured.out, captured.err)

    def json(self, *arguments: str) -> Run:
        return self("check", "--format=json", *arguments)

    def plugin(self, path: str = ".", manifest: bytes = b"", files: Mapping[str, bytes] | None = None) -> None:
        """Puts the bundled example plugin, which has no findings, into a folder, with lines added to its manifest."""
        write(self.folder / path, {**example_plugin("tool"), **(files or {})})
        with (self.folder / path / "manifest.yaml").open("ab") as file:
            file.write(manifest)

    def configure(self, text: str, path: str = ".github/dify-plugin-review.yml") -> None:
        write(self.folder, {path: text.encode()})


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Cli(folder, capsys)


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


# --- exit codes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "fail_on", "code"),
    [
        (b"", "notice", 0),
        (NOTICE, "notice", 1),
        (NOTICE, "warning", 0),
        (WARNING, "notice", 1),
        (WARNING, "warning", 1),
        (WARNING, "error", 0),
        (ERROR, "warning", 1),
        (ERROR, "error", 1),
        (ERROR, None, 1),
        (WARNING, None, 0),
        (ERROR + WARNING + NOTICE, "never", 0),
    ],
)
def test_the_exit_code_says_whether_something_counts(cli: Cli, lines: bytes, fail_on: str | None, code: int) -> None:
    cli.plugin(manifest=lines)
    run = cli.json(*([f"--fail-on={fail_on}"] if fail_on else []))
    assert run.code == code
    assert run.data["conclusion"] == ("failed" if code else "passed")
    assert bool(run.data["findings"]) is bool(lines)
    assert run.err == ""


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_to_check_is_no_failure_and_says_so(cli: Cli, form: str) -> None:
    write(cli.folder, {"README.md": b"# Nothing\n"})
    run = cli("check", f"--format={form}")
    assert run.code == 0
    assert "nothing to check" in run.out.lower().replace("-", " ") or form in (
        "sarif",
        "github",
        "junit",
        "gitlab",
        "rdjson",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "required: COMMAND"),
        (("chek",), "invalid choice: 'chek'"),
        (("chek",), "did you mean `check`?"),
        (("check", "--frmat=json"), "did you mean `--format`?"),
        (("check", "--format=jsn"), "did you mean `json`?"),
        (("check", "--profile=oficial"), "did you mean `official`?"),
        (("fix", "--dif"), "did you mean `--diff`?"),
        (("schema", "modle"), "did you mean `model`?"),
        (("check", "--frmat=json"), "unrecognized arguments: --frmat=json"),
        (("check", "--form=json"), "unrecognized arguments: --form=json"),
        (("check", "--format=xml"), "invalid choice: 'xml'"),
        (("check", "--profile=me"), "invalid choice: 'me'"),
        (("check", "--fail-on=all"), "invalid choice: 'all'"),
        (("check", "--select=yaml,ymal"), "there is no rule or family `ymal`"),
        (("check", "--ignore=schema/unknown-kye"), "did you mean `schema/unknown-key`?"),
        (("check", "--config"), "expected one argument"),
        (("check", "--config=none.yml"), "the configuration `none.yml` cannot be read: No such file"),
        (("check", "--config=."), "the configuration `.` cannot be read: Is a directory"),
        (("check", "nowhere"), "there is no file or folder `nowhere`"),
        (("check", ""), "there is no file or folder `''`"),
        (("check", "a\0b"), "there is no file or folder `a\\u0000b`"),
        (("check", "x" * 5000), "there is no file or folder"),
        (("check", "note.txt"), "`note.txt` is in no plugin, and is not a manifest.yaml or a .difypkg file itself"),
        (("check", "--base=HEAD"), "--base needs a git repository"),
        (("check", "--output=nowhere/report"), "the report could not be written to `nowhere/report`: No such file"),
        (("check", "--output=."), "the report could not be written to `.`: Is a directory"),
        (("fix", "nowhere"), "there is no file or folder `nowhere`"),
        (("fix", "--select=ymal"), "there is no rule or family `ymal`"),
        (("explain",), "required: RULE"),
        (("explain", "yaml"), "there is no rule `yaml`"),
        (("explain", "yaml/synatx"), "did you mean `yaml/syntax`?"),
        (("schema", "manifset"), "there is no kind of document `manifset`"),
        (("publish", "none.json"), "GITHUB_"),
        (("action",), "GITHUB_"),
    ],
)  # fmt: skip
def test_a_wrong_command_line_is_2_and_one_line(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    write(cli.folder, {"note.txt": b""})
    run = cli(*arguments)
    assert (run.code, run.out) == (2, "")
    assert said in run.err
    assert re.fullmatch(r"dify-plugin-review: [^\n]+\n", run.err)


def test_a_wrong_configuration_is_2(cli: Cli) -> None:
    cli.plugin()
    cli.configure("profile: auhtor\n")
    for command in ("check", "fix"):
        run = cli(command)
        assert run.code == 2
        assert "`.github/dify-plugin-review.yml`, line 1, column 10: `profile` takes" in run.err


def test_every_mistake_of_the_configuration_is_a_line(cli: Cli) -> None:
    write(cli.folder, {".github/dify-plugin-review.yml": b"profil: author\nfail-on: loud\n"})
    lines = cli("check").err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("dify-plugin-review: `.github/dify-plugin-review.yml`, line ") for line in lines)


def test_control_characters_of_arguments_are_not_obeyed(cli: Cli) -> None:
    run = cli("check", "\x1b[31m\n::error::x")
    assert run.code == 2
    assert "\x1b" not in run.err
    assert run.err.count("\n") == 1


@pytest.fixture
def crashing_rule(monkeypatch: pytest.MonkeyPatch) -> str:
    """A rule that finds one thing and then fails, with words of the plugin."""
    name = "manifest/author"

    def crash(plugin: Plugin) -> Iterator[Hit]:
        yield Hit("Found before.", "manifest.yaml")
        raise RuntimeError("::error::\x1b[31mboom")

    changed = {**catalogue(), name: replace(catalogue()[name], check=crash)}
    monkeypatch.setattr("bot.review.engine.catalogue", lambda: changed)
    return name


def test_a_rule_that_crashes_is_3_and_other_findings_stay(cli: Cli, crashing_rule: str) -> None:
    cli.plugin(manifest=NOTICE)
    run = cli.json()
    assert run.code == 3
    assert run.data["conclusion"] == "error"
    assert "schema/unknown-key" in run.rules
    text = cli("check")
    assert text.code == 3
    assert "schema/unknown-key" in text.out
    assert f"The rule {crashing_rule} failed on .: RuntimeError" in text.out
    assert "\x1b" not in text.out
    assert cli("check", "--fail-on=never").code == 3


def test_a_fault_of_the_tool_is_3(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a\n::error::b")

    monkeypatch.setattr("bot.command.check.find_targets", fail)
    run = cli("check")
    assert (run.code, run.out) == (3, "")
    assert run.err.startswith("dify-plugin-review: RuntimeError: a⏎::error::b. This is a fault of dify-plugin-review;")
    monkeypatch.setenv("RUNNER_DEBUG", "1")
    run = cli("check")
    assert run.code == 3
    assert "Traceback" in run.err
    assert not re.search(r"^\s*::", run.err, re.MULTILINE)


def test_an_interruption_is_3(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.command.check.find_targets", interrupt)
    assert cli("check") == Run(3, "", "dify-plugin-review: interrupted\n")


def test_help_and_version(cli: Cli) -> None:
    for arguments in (["--help"], ["check", "--help"], ["--version"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 0
    assert cli.capsys.readouterr().out.endswith(f"dify-plugin-review {__version__}\n")


# --- which plugins ----------------------------------------------------------------------------------------------------


def roots(run: Run) -> list[str]:
    return [plugin["root"] for plugin in run.data["plugins"]]


def test_roots_of_every_kind_below_a_folder(cli: Cli) -> None:
    cli.plugin("models/acme")
    cli.plugin("models/acme/tests/inner")
    cli.plugin("tools/weather")
    cli.plugin("node_modules/other")
    write(cli.folder, {"dist/weather.difypkg": archive(example_plugin("tool"))})
    write(cli.folder, {"k8s/manifest.yaml": b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n"})
    write(cli.folder, {"broken/manifest.yaml": b"type: plugin\nauthor: [acme\n"})
    run = cli.json()
    assert roots(run) == ["broken", "dist/weather.difypkg", "models/acme", "models/acme/tests/inner", "tools/weather"]
    assert {(item["rule"], item["plugin"]) for item in run.data["findings"]} == {
        ("yaml/syntax", "broken"),
        ("package/nested-plugin", "models/acme"),
    }
    assert roots(cli.json("models", "dist")) == ["models/acme", "models/acme/tests/inner", "dist/weather.difypkg"]


def test_a_plugin_in_the_working_directory(cli: Cli) -> None:
    cli.plugin(manifest=NOTICE)
    for path in ((), (".",), ("./",), ("manifest.yaml",), (str(cli.folder),), ("_assets/..",)):
        run = cli.json(*path)
        assert roots(run) == ["."]
        assert [item["path"] for item in run.data["findings"]] == ["manifest.yaml"]


def test_each_plugin_is_reviewed_once(cli: Cli) -> None:
    cli.plugin("a", NOTICE)
    cli.plugin("b")
    run = cli.json("a", ".", "b", "./a/", "a/manifest.yaml", str(cli.folder / "a"))
    assert sorted(roots(run)) == ["a", "b"]
    assert len(run.data["findings"]) == 1


def test_paths_outside_the_working_directory(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.plugin("a", NOTICE)
    (cli.folder / "b").mkdir()
    monkeypatch.chdir(cli.folder / "b")
    for path in ("../a", str(cli.folder / "a"), ".."):
        run = cli.json(path)
        assert roots(run) == ["../a"]
        assert [item["path"] for item in run.data["findings"]] == ["../a/manifest.yaml"]


def test_a_link_to_a_folder_may_be_named_but_is_not_followed(cli: Cli) -> None:
    cli.plugin("a")
    (cli.folder / "linked").symlink_to("a")
    assert roots(cli.json()) == ["a"]
    assert roots(cli.json("linked")) == ["linked"]


def test_a_package_is_reviewed_like_its_folder(cli: Cli) -> None:
    cli.plugin("a", NOTICE + ERROR)
    content = {
        path.relative_to(cli.folder / "a").as_posix(): path.read_bytes() for path in (cli.folder / "a").rglob("*.*")
    }
    write(cli.folder, {"a.difypkg": archive(content)})
    folder, package = cli.json("a"), cli.json("a.difypkg")
    assert (folder.code, package.code) == (1, 1)
    places = [(item["rule"], f"a/{item['member']}", item["line"]) for item in package.data["findings"]]
    assert [(item["rule"], item["path"], item["line"]) for item in folder.data["findings"]] == places


def test_a_damaged_package_is_a_finding(cli: Cli) -> None:
    write(cli.folder, {"a.difypkg": b"PK no archive"})
    run = cli.json("a.difypkg")
    assert (run.code, run.rules) == (1, ["package/archive"])


# --- options ----------------------------------------------------------------------------------------------------------


def test_select_and_ignore(cli: Cli) -> None:
    cli.plugin(manifest=ERROR + WARNING + NOTICE)
    everything = ["pull-request/unused-suppression", "schema/unknown-key", "yaml/duplicate-key"]
    assert sorted(cli.json().rules) == everything
    assert cli.json("--select=yaml").rules == ["yaml/duplicate-key"]
    assert sorted(cli.json("--select=yaml, schema/unknown-key").rules) == everything[1:]
    assert sorted(cli.json("--ignore=yaml/duplicate-key").rules) == everything[:2]
    assert cli.json("--select=yaml,schema", "--ignore=yaml").rules == ["schema/unknown-key"]


def test_the_report_repeats_what_was_asked(cli: Cli) -> None:
    cli.plugin(manifest=ERROR)
    cli.configure("profile: author\n")
    asked = ["--select=yaml", "--ignore=locale", "--locales=ja_JP,zh_Hans", "--dify=1.9.0", "--policy=2026-05-27"]
    assert cli("check", "--format=html", "--no-config", *asked).out.count(
        "--no-config --select yaml --ignore locale --locales ja_JP,zh_Hans --policy 2026-05-27 --dify 1.9.0"
    )
    assert cli.json("--locales=ja_JP").data["asked"]["locales"] == ["ja_JP"]
    run = cli("check", "--locales=ja_Jp")
    assert (run.code, "did you mean `ja_JP`?" in run.err) == (2, True)


def test_configuration_and_command_line(cli: Cli) -> None:
    cli.plugin(manifest=NOTICE)
    cli.configure("profile: official\nfail-on: notice\nrules: {schema/unknown-key: warning}\n")
    run = cli.json("--select=schema")
    assert (run.code, run.data["profile"], run.data["findings"][0]["severity"]) == (1, "official", "warning")
    assert cli.json("--fail-on=error", "--select=schema").code == 0
    assert cli.json("--profile=marketplace").data["profile"] == "marketplace"
    run = cli.json("--no-config", "--select=schema")
    assert (run.code, run.data["profile"], run.data["findings"][0]["severity"]) == (0, "author", "notice")
    cli.configure("rules: {schema: off}", "other.yml")
    assert cli.json("--config=other.yml").data["findings"] == []


def test_the_default_configuration_may_not_be_a_link(cli: Cli) -> None:
    cli.plugin()
    secret = cli.folder.parent / "secret"
    secret.write_text("hunter2: x\n")
    (cli.folder / ".github").mkdir()
    (cli.folder / ".github/dify-plugin-review.yml").symlink_to(secret)
    run = cli("check")
    assert run.code == 2
    assert "is a symbolic link" in run.err
    assert "hunter2" not in run.err
    assert cli("check", "--no-config").code == 0
    assert "hunter2" in cli("check", "--config=.github/dify-plugin-review.yml").err


def test_ignored_paths_of_the_configuration(cli: Cli) -> None:
    cli.plugin("a", ERROR)
    cli.plugin("b", ERROR)
    cli.configure("ignores:\n  - paths: /a/\n    reason: old\n")
    run = cli.json()
    assert run.code == 1
    assert [(item["plugin"], item["suppressed"]) for item in run.data["findings"]] == [
        ("a", {"where": ".github/dify-plugin-review.yml:2", "reason": "old"}),
        ("b", None),
    ]
    assert cli.json("a").code == 0


def test_profiles_judge_comments_in_files(cli: Cli) -> None:
    cli.plugin(manifest=b"maintainer: acme  # dify-plugin-review: ignore[schema] ours\n")
    for profile, code in (("author", 0), ("marketplace", 1), ("official", 1)):
        assert cli.json("--fail-on=notice", "--select=schema,pull-request", f"--profile={profile}").code == code


def test_the_report_can_go_to_a_file(cli: Cli) -> None:
    cli.plugin(manifest=ERROR)
    run = cli.json("--output=report.json")
    assert (run.code, run.out, run.err) == (1, "", "")
    report = json.loads((cli.folder / "report.json").read_text(encoding="utf-8"))
    assert [item["rule"] for item in report["findings"]] == ["yaml/duplicate-key"]


def test_quiet_shows_errors_and_the_verdict(cli: Cli) -> None:
    cli.plugin(manifest=ERROR + NOTICE)
    loud, quiet = cli("check"), cli("check", "--quiet")
    assert "schema/unknown-key" in loud.out
    assert "schema/unknown-key" not in quiet.out
    assert "yaml/duplicate-key" in quiet.out
    assert quiet.out.splitlines()[-1].startswith("✗ 1 error")
    assert quiet.code == loud.code == 1


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_the_finding(cli: Cli, form: str) -> None:
    cli.plugin("a", ERROR)
    run = cli("check", f"--format={form}")
    assert run.code == 1
    assert "yaml/duplicate-key" in html.unescape(run.out)
    assert run.out.endswith("\n")
    assert "\x1b" not in run.out


def test_names_that_are_no_utf8(cli: Cli) -> None:
    name = os.fsdecode(b"caf\xe9")
    cli.plugin(name, NOTICE)
    for form in FORMATS:
        assert cli("check", f"--format={form}").code == 0
        assert cli("check", f"--format={form}", f"--output=report.{form}").code == 0


# --- against a base ---------------------------------------------------------------------------------------------------


def states(run: Run) -> list[tuple[str, int | None, bool]]:
    """The findings, without what is said of every change that does not raise the version."""
    findings = [item for item in run.data["findings"] if item["rule"] != "version/not-raised"]
    return [(item["rule"], item["line"], item["new"]) for item in findings]


def test_only_what_is_new_counts(cli: Cli) -> None:
    init(cli.folder)
    cli.plugin("a", NOTICE)
    commit_all(cli.folder)
    manifest = cli.folder / "a/manifest.yaml"
    line = len(manifest.read_bytes().splitlines())
    raised = manifest.read_bytes().replace(b"version: 0.1.0\n", b"version: 0.1.1\n", 1)
    manifest.write_bytes(b"# moved\n\n" + raised + b"homepage: x\n")
    run = cli.json("--base=HEAD", "--fail-on=notice")
    assert run.code == 1
    assert states(run) == [("schema/unknown-key", line + 2, False), ("schema/unknown-key", line + 3, True)]
    manifest.write_bytes(manifest.read_bytes().replace(b"homepage: x\n", b""))
    assert cli.json("--base=HEAD", "--fail-on=notice").code == 0
    assert cli.json("--fail-on=notice").code == 1


def test_what_is_fixed_is_counted(cli: Cli) -> None:
    init(cli.folder)
    cli.plugin("a", NOTICE + ERROR)
    commit_all(cli.folder)
    cli.plugin("a")
    run = cli("check", "--base=HEAD")
    assert run.code == 0
    assert "2 findings of HEAD: fixed" in run.out


def test_an_item_before_an_old_finding_leaves_it_old(cli: Cli) -> None:
    tool = "tools/current_weather.yaml"
    parameter = "  - name: {}\n    type: strin\n    required: false\n    label:\n      en_US: A\n    form: form\n"

    def with_parameters(*names: str) -> bytes:
        text = example_plugin("tool")[tool].decode()
        head, rest = re.split(r"(?<=^parameters:\n)", text, maxsplit=1, flags=re.MULTILINE)
        return (head + "".join(parameter.format(name) for name in names) + rest).encode()

    init(cli.folder)
    cli.plugin("a", files={tool: with_parameters("old")})
    commit_all(cli.folder)
    cli.plugin("a", files={tool: with_parameters("first", "old")})
    run = cli.json("--base=HEAD", "--select=schema")
    wrong = [item for item in run.data["findings"] if item["rule"] == "schema/unknown-value"]
    assert [item["new"] for item in wrong] == [True, False]
    assert [item["pointer"].split("/")[2] for item in wrong] == ["0", "1"]


@pytest.mark.parametrize("place", [".", "models", "models/b"])
def test_a_renamed_folder_keeps_its_old_findings(cli: Cli, place: str) -> None:
    init(cli.folder)
    cli.plugin("models/a", NOTICE)
    base = commit_all(cli.folder)
    git(cli.folder, "mv", "models/a", "models/b")
    with (cli.folder / "models/b/manifest.yaml").open("ab") as file:
        file.write(b"homepage: x\n")
    commit_all(cli.folder)
    run = cli.json(f"--base={base}", place)
    assert [new for _, _, new in states(run)] == [False, True]


def test_a_new_plugin_is_all_new(cli: Cli) -> None:
    init(cli.folder)
    cli.plugin("a", NOTICE)
    commit_all(cli.folder)
    cli.plugin("b", NOTICE)
    run = cli.json("--base=HEAD")
    assert [(item["plugin"], item["new"]) for item in run.data["findings"]] == [("b", True)]
    assert [plugin["root"] for plugin in run.data["plugins"]] == ["b"]


def test_a_plugin_that_has_not_changed_is_not_reviewed(cli: Cli) -> None:
    init(cli.folder)
    for name in ("a", "b"):
        cli.plugin(name, NOTICE)
    commit_all(cli.folder)
    run = cli("check", "--base=HEAD", "--fail-on=notice")
    assert (run.code, run.out.splitlines()) == (
        0,
        ["2 plugins the same as at HEAD: not reviewed", "– Nothing to check: no plugin has changed"],
    )
    cli.plugin("a", NOTICE * 2)
    run = cli.json("--base=HEAD")
    assert run.data["summary"]["unchanged"] == 1
    assert {(item["plugin"], item["new"]) for item in run.data["findings"]} >= {("a", False), ("a", True)}


def test_a_package_against_a_base(cli: Cli) -> None:
    files = example_plugin("tool")
    init(cli.folder)
    write(cli.folder, {"a.difypkg": archive({**files, "manifest.yaml": files["manifest.yaml"] + NOTICE})})
    commit_all(cli.folder)
    changed = files["manifest.yaml"] + b"homepage: x\n" + NOTICE
    write(cli.folder, {"a.difypkg": archive({**files, "manifest.yaml": changed})})
    # What was wrong with its predecessor is published anew.
    assert [new for _, _, new in states(cli.json("--base=HEAD"))] == [True, True]


def test_a_folder_of_the_repository_against_a_base(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The base of a plugin is its own folder, and not the whole repository."""
    init(cli.folder)
    cli.plugin("tools/a", NOTICE)
    write(cli.folder, {f"other/{number}.txt": b"" for number in range(30)})
    commit_all(cli.folder)
    write(cli.folder, {"tools/a/data.txt": b"x"})
    for place, at in (("tools/a", cli.folder), (".", cli.folder / "tools/a")):
        monkeypatch.chdir(at)
        run = cli.json("--base=HEAD", place)
        assert run.data["summary"]["fixed"] == 0
        found = {(item["rule"], item["new"]) for item in run.data["findings"]}
        assert found == {("version/not-raised", True), ("schema/unknown-key", False)}


def test_a_path_inside_of_a_plugin_is_its_plugin(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.plugin("a", NOTICE)
    for place in ("a/tools", "a/tools/current_weather.yaml", "a/manifest.yaml", "a/_assets/icon.svg"):
        assert roots(cli.json(place)) == ["a"]
    monkeypatch.chdir(cli.folder / "a/tools")
    assert roots(cli.json()) == [".."]


def test_a_run_without_a_verdict_is_an_error_of_the_job(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for arguments in (("check", "--format", "nonsense"), ("check", "nowhere"), ("action",)):
        run = cli(*arguments)
        assert run.code in (2, 3)
        assert [line for line in run.out.splitlines() if line.startswith("::error title=Dify Plugin Review::")]


def test_a_base_that_is_no_revision(cli: Cli) -> None:
    init(cli.folder)
    cli.plugin("a")
    commit_all(cli.folder)
    for revision in ("nowhere", "--output=x", "HEAD:a", ""):
        run = cli.json(f"--base={revision}")
        assert run.code == 2, revision
        assert run.err.startswith("dify-plugin-review: ")


# --- rules, explain, schema -------------------------------------------------------------------------------------------


def test_rules_lists_every_rule(cli: Cli) -> None:
    text = cli("rules")
    assert text.code == 0
    assert [line.split()[0] for line in text.out.splitlines()] == list(catalogue())
    data = cli("rules", "--format=json").data
    assert [item["id"] for item in data] == list(catalogue())
    assert {item["family"] for item in data} <= set(FAMILIES)
    assert all(item["why"] and item["fix"] and item["authorities"] and item["bad"] for item in data)
    assert re.findall(r"^\| \[`([a-z-]+/[a-z0-9-]+)`\]", cli("rules", "--format=markdown").out, re.MULTILINE) == list(
        catalogue()
    )


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_explain_shows_the_page_of_a_rule(cli: Cli, form: str) -> None:
    rule = catalogue()["schema/unknown-key"]
    run = cli("explain", rule.id, f"--format={form}")
    assert run.code == 0
    for text in (rule.id, rule.summary, rule.why, rule.fix, rule.authorities[0].consequence):
        assert text in (json.dumps(run.data, ensure_ascii=False) if form == "json" else run.out)


def test_every_page_can_be_shown(cli: Cli) -> None:
    for rule in catalogue():
        assert cli("explain", rule).code == 0


def test_schema_of_every_kind(cli: Cli) -> None:
    kinds = cli("schema").out.split()
    assert {"manifest", "tool", "tool-provider"} <= set(kinds)
    for kind in kinds:
        run = cli("schema", kind)
        assert run.code == 0
        assert run.data["$schema"] == "https://json-schema.org/draft/2020-12/schema"


# --- fix --------------------------------------------------------------------------------------------------------------

WRONG_ICON = b"icon: _assets/icon.svg\n"


def with_wrong_icon(end: bytes = b"") -> dict[str, bytes]:
    return {"manifest.yaml": example_plugin("tool")["manifest.yaml"].replace(b"icon: icon.svg\n", WRONG_ICON) + end}


def test_fix_applies_the_safe_fixes(cli: Cli) -> None:
    cli.plugin("a", files=with_wrong_icon())
    assert cli("check").code == 1
    run = cli("fix")
    assert run.code == 0
    assert run.out == "fixed a/manifest.yaml:15:7 asset/prefix: Write `icon.svg`\nFixed 1 finding.\n"
    assert (cli.folder / "a/manifest.yaml").read_bytes() == example_plugin("tool")["manifest.yaml"]
    assert cli("check").code == 0
    assert cli("fix").out == "Nothing to fix.\n"


def test_one_fix_of_several_findings_is_one_line(cli: Cli) -> None:
    provider = example_plugin("tool")["provider/weather.yaml"]
    label = "    label:\n      en_US: API key\n      ja_JP: API キー\n".encode()
    start, end = provider.index(b"    label:\n      en_US: API key"), provider.index(b"    help:")
    cli.plugin("a", files={"provider/weather.yaml": provider[:start] + label + provider[end:]})
    assert cli("fix").out == (
        "fixed a/provider/weather.yaml:21:5 locale/missing-translation: Add `zh_Hans`, `pt_BR`\nFixed 2 findings.\n"
    )


def test_fix_says_what_is_left(cli: Cli) -> None:
    cli.plugin(files=with_wrong_icon(ERROR))
    run = cli("fix")
    assert run.code == 1
    assert run.out.endswith("Fixed 1 finding. Left: 1 error, which `check` shows.\n")
    assert cli("fix", "--fail-on=never").code == 0


def test_check_can_fix_first(cli: Cli) -> None:
    cli.plugin("a", files=with_wrong_icon(NOTICE))
    run = cli.json("--fix")
    assert (run.code, run.rules) == (0, ["schema/unknown-key"])
    assert run.err == (
        "fixed a/manifest.yaml:15:7 asset/prefix: Write `icon.svg`\n"
        "Fixed 1 finding. Left: 1 notice, which `check` shows.\n"
    )
    assert (cli.folder / "a/manifest.yaml").read_bytes() == example_plugin("tool")["manifest.yaml"] + NOTICE


def test_of_changed_files_only_the_plugins_are_reviewed(cli: Cli) -> None:
    init(cli.folder)
    cli.plugin("a", files=with_wrong_icon())
    cli.plugin("a/b", NOTICE)
    cli.plugin("c", ERROR)
    write(cli.folder, {"README.md": b"# All\n", "x.difypkg": b"no archive"})

    def reviewed(*paths: str) -> list[str]:
        return sorted(plugin["root"] for plugin in cli.json("--touched", *paths).data["plugins"])

    assert reviewed("a/tools/gone/x.yaml", "a/manifest.yaml", "README.md", "none/x") == ["a", "a/b"]
    assert reviewed("a/b/main.py") == ["a/b"]
    assert reviewed("x.difypkg", "c/manifest.yaml") == ["c", "x.difypkg"]
    for command in ("check", "fix"):
        run = cli(command, "--touched", "README.md")
        assert (run.code, "othing to " in run.out) == (0, True)
    assert cli("fix", "--touched", "c/main.py").code == 1
    assert (cli.folder / "a/manifest.yaml").read_bytes().endswith(with_wrong_icon()["manifest.yaml"])


def test_a_changed_file_of_no_plugin_is_named(cli: Cli) -> None:
    init(cli.folder)
    cli.plugin("a")
    write(cli.folder, {"docs/page.md": b"# Page"})
    data = cli.json("--touched", "docs/page.md", "a/main.py").data
    assert [plugin["root"] for plugin in data["plugins"]] == ["a"]
    assert [entry["path"] for entry in data["coverage"]["outside"]] == ["docs/page.md"]


@pytest.mark.parametrize("committed", [False, True])
def test_a_plugin_without_its_manifest_is_still_touched(cli: Cli, committed: bool) -> None:
    init(cli.folder)
    cli.plugin("a")
    if committed:
        commit_all(cli.folder)
        # What is left tells of no plugin: the commit does.
        for name in ("requirements.txt", "_assets/icon.svg", "_assets/icon-dark.svg"):
            (cli.folder / "a" / name).unlink(missing_ok=True)
    (cli.folder / "a/manifest.yaml").rename(cli.folder / "a/manifest.yaml.bak")
    run = cli.json("--touched", "a/manifest.yaml.bak")
    assert (run.code, [plugin["root"] for plugin in run.data["plugins"]]) == (1, ["a"])


def test_touched_files_are_named_from_where_the_command_runs(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    init(cli.folder)
    cli.plugin("a", ERROR)
    monkeypatch.chdir(cli.folder / "a" / "tools")
    data = cli.json("--touched", "../main.py").data
    assert [plugin["root"] for plugin in data["plugins"]] == ["../../a"]


def test_fix_prints_a_patch_that_git_applies(cli: Cli) -> None:
    init(cli.folder)
    cli.plugin("a dir", files=with_wrong_icon(b"# no line ending"))
    cli.plugin("b", files={"manifest.yaml": with_wrong_icon()["manifest.yaml"].replace(b"\n", b"\r\n")})
    before = {path: path.read_bytes() for path in cli.folder.rglob("manifest.yaml")}
    run = cli("fix", "--diff")
    assert run.code == 1
    assert "would fix a dir/manifest.yaml:15:7 asset/prefix" in run.err
    assert {path: path.read_bytes() for path in before} == before
    git(cli.folder, "apply", "--whitespace=nowarn", "-", data=run.out.encode())
    by_patch = {path: path.read_bytes() for path in before}
    for path, content in before.items():
        path.write_bytes(content)
    assert cli("fix").code == 0
    assert {path: path.read_bytes() for path in before} == by_patch != before


def test_fix_makes_and_moves_files(cli: Cli) -> None:
    init(cli.folder)
    cli.plugin("a", files={"__pycache__/x.pyc": b"", "README_CN.md": "# 天气\n\n[en](README.md)\n".encode()})
    patch = cli("fix", "--diff").out
    assert cli("fix").out == (
        "fixed a/README_CN.md locale/lost-readme: Move it to `readme/README_zh_Hans.md`\n"
        "fixed a/__pycache__/x.pyc package/unwanted-files: Add `__pycache__/` to `.difyignore`\n"
        "Fixed 2 findings. Left: 2 notices, which `check` shows.\n"
    )
    moved, ignore = cli.folder / "a/readme/README_zh_Hans.md", cli.folder / "a/.difyignore"
    made = {path: path.read_bytes() for path in (moved, ignore)}
    assert list(made.values()) == ["# 天气\n\n[en](../README.md)\n".encode(), b"__pycache__/\n"]
    assert cli("fix").out.startswith("Nothing to fix.")
    moved.rename(cli.folder / "a/README_CN.md")
    (cli.folder / "a/README_CN.md").write_bytes("# 天气\n\n[en](README.md)\n".encode())
    ignore.unlink()
    git(cli.folder, "apply", "--whitespace=nowarn", "-", data=patch.encode())
    assert {path: path.read_bytes() for path in (moved, ignore)} == made
    assert not (cli.folder / "a/README_CN.md").exists()


def test_fix_applies_other_fixes_only_when_asked(cli: Cli) -> None:
    cli.plugin(files={"manifest.yaml": example_plugin("tool")["manifest.yaml"].replace(b"268435456", b"256")})
    run = cli("fix")
    assert run.out.startswith("Nothing to fix. --unsafe would try 1 more.")
    assert b"memory: 256\n" in (cli.folder / "manifest.yaml").read_bytes()
    run = cli("fix", "--unsafe")
    assert "Fixed 1 finding." in run.out
    assert (cli.folder / "manifest.yaml").read_bytes() == example_plugin("tool")["manifest.yaml"]


def test_fix_leaves_what_is_suppressed_or_not_selected(cli: Cli) -> None:
    cli.plugin(files=with_wrong_icon())
    assert cli("fix", "--ignore=asset").out == "Nothing to fix.\n"
    cli.configure("ignores: [{paths: manifest.yaml, reason: generated}]")
    assert cli("fix").out == "Nothing to fix.\n"
    assert "Fixed 1 finding." in cli("fix", "--no-config", "--select=asset").out


def test_fix_translates_what_is_known_into_the_locale_asked_for(cli: Cli) -> None:
    tool = example_plugin("tool")["tools/current_weather.yaml"]
    head, tail = tool.split(b"parameters:", 1)
    labels = b"{name: key, type: string, form: form, label: {en_US: API Endpoint, zh_Hans: x}, human_description: "
    extra = b"\n  - " + labels + b"{en_US: Credentials}}"
    cli.plugin(files={"tools/current_weather.yaml": head + b"parameters:" + extra + tail})
    before = (cli.folder / "tools/current_weather.yaml").read_bytes()
    assert cli("fix", "--translate=tlh").code == 2
    assert cli("fix", "--translate=en_US").code == 2
    run = cli("fix", "--translate", "ja_JP", "--diff")
    assert (cli.folder / "tools/current_weather.yaml").read_bytes() == before
    run = cli("fix", "--translate", "ja_JP")
    assert "To be reviewed by a speaker of Japanese" in run.out
    after = (cli.folder / "tools/current_weather.yaml").read_text(encoding="utf-8")
    assert "認証情報" in after
    assert "pt_BR" not in after.partition("human_description: {en_US: Credentials")[2].partition("}")[0]


def test_fix_translates_nothing_where_the_language_is_not_shown(cli: Cli) -> None:
    files = example_plugin("model")
    english = re.sub(rb"\n +(?:zh_Hans|ja_JP|pt_BR): .*", b"", files["provider/acme.yaml"])
    write(cli.folder, {**files, "provider/acme.yaml": english.replace(b"en_US: Acme\n", b"en_US: Credentials\n")})
    provider = cli.folder / "provider/acme.yaml"
    text = provider.read_text(encoding="utf-8")
    cli("fix", "--translate=ja_JP")
    assert provider.read_text(encoding="utf-8") == text


def test_fix_moves_a_plugin_to_another_release_of_the_sdk(cli: Cli) -> None:
    code = b"from dify_plugin.entities import I18nObject\nNAME = I18nObject(en_US='a')\n"
    cli.plugin("a", files={"requirements.txt": b"dify_plugin~=0.7.1\n", "tools/names.py": code})
    run = cli("fix", "--migrate=sdk-0.9", "--diff")
    assert "would change a/tools/names.py:2:19 sdk-0.9: Call the parts of localized texts" in run.err
    assert "Would make 2 changes." in run.err
    assert b"en_US" in (cli.folder / "a/tools/names.py").read_bytes()
    run = cli("fix", "--migrate=sdk-0.9")
    assert run.out.startswith("changed a/requirements.txt:1:1 sdk-0.9: Ask for dify_plugin 0.9.0 or later\n")
    assert (cli.folder / "a/tools/names.py").read_bytes() == code.replace(b"en_US", b"en_us")
    assert cli("fix", "--migrate=sdk-0.9").out.startswith("Nothing to migrate.")


def test_a_migration_that_is_not_known_is_not_made(cli: Cli) -> None:
    cli.plugin("a")
    run = cli("fix", "--migrate=sdk-09")
    assert run.code == 2
    assert "there is no migration `sdk-09`" in run.err
    assert "did you mean `sdk-0.9`?" in run.err
    assert cli("fix", "--migrate=sdk-0.9", "--unsafe").code == 2


def test_fix_leaves_packages(cli: Cli) -> None:
    content = archive({**example_plugin("tool"), **with_wrong_icon()})
    write(cli.folder, {"a.difypkg": content})
    run = cli("fix")
    assert run.code == 1
    assert "not fixed a.difypkg: a package stays as it is" in run.out
    assert (cli.folder / "a.difypkg").read_bytes() == content


def test_fix_says_which_file_it_could_not_write(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed_meanwhile(*_: object) -> None:
        raise NotWritten("it was changed while it was reviewed")

    cli.plugin("a", files=with_wrong_icon())
    monkeypatch.setattr("bot.command.fix.replace_file", changed_meanwhile)
    run = cli("fix")
    assert run.code == 1
    assert run.out.splitlines() == [
        "not written a/manifest.yaml: it was changed while it was reviewed",
        "Nothing to fix. Left: 1 error, which `check` shows.",
    ]


def test_fix_says_which_fix_did_not_prove_right(cli: Cli) -> None:
    version = example_plugin("tool")["manifest.yaml"].replace(b"version: 0.1.0", b"version: 1.0", 1)
    cli.plugin(files={"manifest.yaml": version})
    run = cli("fix")
    assert run.code == 1
    assert "not fixed manifest.yaml:1:10 schema/not-text: Put the value in quotes: it would bring an error" in run.out
    assert (cli.folder / "manifest.yaml").read_bytes() == version


# --- whatever comes ---------------------------------------------------------------------------------------------------

# Without slashes, so that `fix` stays in the folder of the test.
words = st.text(st.characters(exclude_characters="/\\"), max_size=5) | st.sampled_from(
    [
        *("check", "fix", "rules", "explain", "schema", "manifest", "yaml", "yaml/syntax", "author", "never", "HEAD"),
        *("--format", "--format=json", "--format=html", "--base", "--diff", "--unsafe", "--select", "--ignore", "-h"),
        *("--config", "--no-config", "--offline", "--quiet", "--profile", "--fail-on", "--help"),
        *("p", "p/manifest.yaml", "p/x.difypkg", ".", "..", "--", "", "-", "@p", "\0", "\udcff", "é"),
    ]
)


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("playground") / "inner"
    write(folder / "p", {**example_plugin("tool"), **with_wrong_icon(), "x.difypkg": b"PK"})
    return folder


@given(st.lists(words, max_size=5))
@settings(max_examples=150)
def test_any_command_line_ends_with_a_code(playground: Path, arguments: list[str]) -> None:
    asked_for_help = not {"--help", "-h"}.isdisjoint(arguments)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(playground)
        try:
            ended: object = main(arguments)
        except SystemExit as stopped:
            ended = f"help, {stopped.code}"
    assert ended in (0, 1, 2, *(("help, 0",) if asked_for_help else ()))


pieces = st.sampled_from(
    [
        *(
            b"type: plugin\n",
            b"author: a\n",
            b"plugins:\n",
            b"  tools:\n",
            b"    - a.yaml\n",
            b"icon: _assets/icon.svg\n",
        ),
        *(b"# dify-plugin-review: ignore[yaml] x\n", "é\u2028".encode(), b"\xef\xbb\xbf", b"\xff", b"\0", b"\t", b"\r"),
        *(b"- ", b"&a ", b"*a", b"{", b"]", b"'", b'"', b"|\n", b"\n", b"? ", b"<<: ", b"!!x ", b": ", b"1.0"),
    ]
)
contents = st.lists(pieces, max_size=12).map(b"".join) | st.binary(max_size=40)
names = st.sampled_from(
    [
        *("manifest.yaml", "a.yaml", "provider/weather.yaml", "tools/current_weather.yaml", "main.py", "README.md"),
        *("provider/weather.py", "PRIVACY.md", "_assets/icon.svg", "x.difypkg", ".difyignore", "requirements.txt"),
        *("pyproject.toml", ".env"),
    ]
)


@given(st.dictionaries(names, contents, max_size=4), st.booleans())
@example({"manifest.yaml": b"type: plugin\n" + b"[" * 2000}, False)
def test_any_files_are_reviewed(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], fix: bool) -> None:
    folder = tmp_path_factory.mktemp("any")
    write(folder, {**example_plugin("tool"), **files})
    assert main(["fix", "--unsafe", str(folder)] if fix else ["check", str(folder)]) in (0, 1)


# --- as a process -----------------------------------------------------------------------------------------------------


def process(folder: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "", "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-P", "-m", "bot", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=False, timeout=120, **options)


def test_nothing_of_the_working_directory_is_imported(cli: Cli) -> None:
    trap = b"open('trapped', 'w'); raise SystemExit(77)\n"
    names = ("bot", "yaml", "json", "sitecustomize", "usercustomize", "pydantic", "pathspec", "encodings", "main")
    cli.plugin(manifest=NOTICE, files={f"{name}.py": trap for name in names} | {"bot/__init__.py": trap})
    done = process(cli.folder, "check", "--format=json", "--ignore=package,python", capture_output=True)
    assert done.returncode == 0, done.stderr
    assert [item["rule"] for item in json.loads(done.stdout)["findings"]] == ["schema/unknown-key"]
    assert not (cli.folder / "trapped").exists()


def test_no_colours_and_no_escapes_in_a_pipe(cli: Cli) -> None:
    cli.plugin(manifest=ERROR + b'"\\e[31mred": 1\n')
    done = process(cli.folder, "check", capture_output=True)
    assert done.returncode == 1
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"red" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
@pytest.mark.parametrize("no_colour", [False, True])
def test_colours_on_a_terminal_unless_refused(cli: Cli, monkeypatch: pytest.MonkeyPatch, no_colour: bool) -> None:
    import pty

    cli.plugin(manifest=ERROR)
    if no_colour:
        monkeypatch.setenv("NO_COLOR", "1")
    here, there = pty.openpty()
    try:
        done = process(cli.folder, "check", stdout=there, stderr=there)
        os.close(there)
        shown = b""
        try:
            while chunk := os.read(here, 65536):
                shown += chunk
        except OSError:  # Linux ends a terminal that nobody writes to any more with an error.
            pass
    finally:
        os.close(here)
    assert done.returncode == 1
    assert b"yaml/duplicate-key" in shown
    assert (b"\x1b[" in shown) is not no_colour


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_reader_that_goes_away_is_no_fault(cli: Cli) -> None:
    cli.plugin()
    here, there = os.pipe()
    os.close(here)
    done = process(cli.folder, "rules", "--format=json", stdout=there, stderr=subprocess.PIPE)
    os.close(there)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("form", ["json", "text"])
def test_a_full_disk_is_3(cli: Cli, form: str) -> None:
    cli.plugin()
    with Path("/dev/full").open("wb") as full:
        done = process(cli.folder, "check", f"--format={form}", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 3
    assert done.stderr.count(b"\n") == 1
    assert b"No space left" in done.stderr


# --- preview ----------------------------------------------------------------------------------------------------------


def test_a_preview_is_a_page_and_its_exit_code_is_no_verdict(cli: Cli) -> None:
    cli.plugin(manifest=ERROR)
    run = cli("preview", "--output", "page.html")
    assert (run.code, run.out, run.err) == (0, "", "")
    assert (cli.folder / "page.html").read_text(encoding="utf-8") == cli("preview", ".").out


def test_a_preview_of_nothing_says_so(cli: Cli) -> None:
    assert "There is no plugin to show." in cli("preview").out
    assert cli("preview", "nowhere").code == 2
