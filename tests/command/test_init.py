"""`init`: what it writes for which repository, what it leaves alone, and that it asks first."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import __version__
from bot.command import init, schema
from bot.command.cli import main
from bot.errors import UsageError
from bot.policy.configuration import read_config
from bot.rules.example import example_plugin
from tests.source.repositories import init as init_repository

ROOT = Path(__file__).parents[2]
WORKFLOW = ".github/workflows/plugin-review.yml"
CONFIGURATION = ".github/dify-plugin-review.yml"
HOOKS = ".pre-commit-config.yaml"
SETTINGS = ".vscode/settings.json"
SCHEMA = cache(schema.schema)


@pytest.fixture(autouse=True)
def schemas_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are the same in every repository, and take longest of all."""
    monkeypatch.setattr(schema, "schema", SCHEMA)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    repository = init_repository(tmp_path / "repository")
    monkeypatch.chdir(repository)
    return repository


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def plugin(repository: Path, folder: str) -> None:
    put(repository / folder, example_plugin("tool"))


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def hooks(path: Path) -> list[str]:
    return [hook["id"] for repo in read(path)["repos"] for hook in repo["hooks"]]


# --- what is written --------------------------------------------------------------------------------------------------


def test_a_repository_with_one_plugin(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin(repository, "weather")
    before = files(repository)
    assert main(["init", "--yes"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("This repository has one plugin: `weather`.")
    written = {path: text for path, text in files(repository).items() if path not in before}
    assert {path.split("/")[0] for path in written} == {".github", ".vscode", HOOKS}
    assert f"Wrote {len(written)} files." in said
    documented = ROOT / "docs" / "workflows" / "pull-request-target.yml"
    assert written[WORKFLOW] == documented.read_bytes()
    options = read_config(written[CONFIGURATION], CONFIGURATION)
    assert options.wanted_locales == ("zh_Hans", "ja_JP", "pt_BR")
    assert hooks(repository / HOOKS) == ["dify-plugin-review-fix", "dify-plugin-review"]
    assert read(repository / HOOKS)["repos"][0]["rev"] == f"v{__version__}"
    assert f"# {HOOKS}\n{written[HOOKS].decode()}```" in (ROOT / "README.md").read_text(encoding="utf-8")
    for name in json.loads(written[SETTINGS])[schema.SCHEMAS_SETTING]:
        assert (repository / name).is_file()
    assert main(["check", "--fail-on=notice"]) == 0


def test_the_schemas_are_those_of_the_command_schema(repository: Path, tmp_path: Path) -> None:
    plugin(repository, "weather")
    assert main(["init", "--yes"]) == 0
    assert main(["schema", "--all", str(tmp_path / "all")]) == 0
    expected = {name: content for name, content in files(tmp_path / "all").items() if name != "settings.json"}
    assert files(repository / ".vscode" / "dify") == expected


def test_a_repository_with_several_plugins(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("tools/a", "tools/b", "tools/b/tests/inner"):
        plugin(repository, folder)
    assert main(["init", "--yes"]) == 0
    assert capsys.readouterr().out.startswith("This repository has 2 plugins: `tools/a`, `tools/b`.")
    assert (repository / WORKFLOW).is_file()


def test_a_repository_of_packages(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(repository, {"acme/weather/weather.difypkg": b"PK"})
    assert main(["init", "--yes"]) == 0
    assert "1 package and no folder of a plugin" in capsys.readouterr().out
    documented = ROOT / "docs" / "workflows" / "marketplace.yml"
    assert (repository / WORKFLOW).read_bytes() == documented.read_bytes()
    assert read(repository / CONFIGURATION)["profile"] == "marketplace"
    assert hooks(repository / HOOKS) == ["dify-plugin-review"]
    assert set(files(repository / ".vscode")) == {"settings.json", "dify/configuration.schema.json"}


def test_a_plugin_that_is_the_repository_does_not_pack_what_was_written(repository: Path) -> None:
    plugin(repository, ".")
    put(repository, {".gitignore": b"*.log"})
    assert main(["init", "--yes"]) == 0
    ignored = b"*.log\n.git/\n.github/\n.vscode/\n.pre-commit-config.yaml\n"
    assert (repository / ".difyignore").read_bytes() == ignored
    assert main(["check", "--fail-on=notice"]) == 0


def test_an_ignore_file_gets_what_it_lacks(repository: Path) -> None:
    plugin(repository, ".")
    put(repository, {".difyignore": b".git*\r\n", ".gitignore": b"secret\n"})
    assert main(["init", "--yes"]) == 0
    assert (repository / ".difyignore").read_bytes() == b".git*\r\n.vscode/\r\n.pre-commit-config.yaml\r\n"


def test_the_second_run_has_nothing_to_write(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin(repository, ".")
    assert main(["init", "--yes"]) == 0
    written = files(repository)
    capsys.readouterr()
    assert main(["init"]) == 0
    assert capsys.readouterr().out.endswith("Nothing to write.\n")
    assert files(repository) == written


def test_a_folder_of_the_repository_sets_the_repository_up(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin(repository, "weather")
    monkeypatch.chdir(repository / "weather" / "tools")
    assert main(["init", "--yes"]) == 0
    assert (repository / WORKFLOW).is_file()


# --- who agrees -------------------------------------------------------------------------------------------------------


def test_without_a_terminal_it_shows_and_writes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin(repository, "weather")
    before = files(repository)
    assert main(["init"]) == 2
    captured = capsys.readouterr()
    assert "Nothing was written: there is nobody to ask. `init --yes` writes " in captured.err
    assert f"--- /dev/null\n+++ b/{WORKFLOW}\n" in captured.out
    assert files(repository) == before


@pytest.mark.parametrize("agreed", [True, False])
def test_on_a_terminal_it_asks(repository: Path, capsys: pytest.CaptureFixture[str], agreed: bool) -> None:
    plugin(repository, "weather")
    before = files(repository)
    questions: list[str] = []

    def ask(question: str) -> bool:
        assert files(repository) == before
        assert "+++ b/" in capsys.readouterr().out, "it is shown first"
        questions.append(question)
        return agreed

    assert init.run(write=False, ask=ask, colour=False) == 0
    assert len(questions) == 1
    assert (files(repository) != before) is agreed
    assert ("Wrote" in capsys.readouterr().out) is agreed


def test_the_diff_is_one_that_git_applies(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin(repository, ".")
    put(repository, {HOOKS: b"repos:\n- repo: local\n  hooks: []\n", SETTINGS: b'{"a": 1}\n'})
    assert main(["init"]) == 2
    shown = capsys.readouterr().out
    applied = subprocess.run(["git", "apply", "-"], cwd=repository, input=shown, text=True, capture_output=True)
    assert applied.returncode == 0, applied.stderr
    by_hand = {path: text for path, text in files(repository).items() if not path.startswith(".vscode/dify")}
    assert main(["init", "--yes"]) == 0
    assert {path: text for path, text in files(repository).items() if path in by_hand} == by_hand


# --- what is somebody's own -------------------------------------------------------------------------------------------


def test_what_is_there_stays(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin(repository, "weather")
    own = {
        WORKFLOW: b"on: push\n",
        CONFIGURATION: b"fail-on: never\n",
        HOOKS: b"repos: [{repo: local, hooks: []}]\n",
        SETTINGS: b"{ not JSON",
    }
    put(repository, own)
    assert main(["init", "--yes"]) == 0
    said = capsys.readouterr().out
    for path, text in own.items():
        assert (repository / path).read_bytes() == text
        assert f"`{path}` stays as it is: " in said


@pytest.mark.parametrize(
    "step", ["- uses: dify-plugin-review/dify-plugin-review@0123456 # v0.1.0", "- run: dify-plugin-review action"]
)
def test_a_workflow_that_runs_the_review_is_enough(repository: Path, step: str) -> None:
    plugin(repository, "weather")
    put(repository, {".github/workflows/checks.yaml": f"jobs:\n  a:\n    steps:\n      {step}\n".encode()})
    assert main(["init", "--yes"]) == 0
    assert not (repository / WORKFLOW).exists()


def test_hooks_and_settings_are_added_to_what_is_there(repository: Path) -> None:
    plugin(repository, "weather")
    own_hooks = b"# ours\nrepos:\n- repo: local\n  hooks:\n  - id: a # first\n\n# the end\n"
    own_settings = b'{\n    // spaces\n    "editor.tabSize": 2,\n}\n'
    put(repository, {HOOKS: own_hooks, SETTINGS: own_settings})
    assert main(["init", "--yes"]) == 0
    assert hooks(repository / HOOKS) == ["a", "dify-plugin-review-fix", "dify-plugin-review"]
    text = (repository / HOOKS).read_bytes()
    assert all(line in text for line in own_hooks.splitlines())
    text = (repository / SETTINGS).read_bytes()
    assert all(line in text for line in own_settings.splitlines())
    assert b"in-tools.schema.json" in text


def test_schemas_of_an_older_version_are_replaced(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin(repository, "weather")
    assert main(["init", "--yes"]) == 0
    (repository / ".vscode/dify/tool.schema.json").write_text("{}\n")
    capsys.readouterr()
    assert main(["init", "--yes"]) == 0
    assert ".vscode/dify/: 1 newer" in capsys.readouterr().out
    assert (repository / ".vscode/dify/tool.schema.json").read_text() != "{}\n"


# --- where it must not write ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", [".github", ".vscode", ".github/workflows", ".vscode/dify", SETTINGS, HOOKS, WORKFLOW])
@pytest.mark.parametrize("dangling", [True, False])
def test_nothing_is_written_through_a_link(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], link: str, dangling: bool
) -> None:
    plugin(repository, "weather")
    outside = tmp_path / "outside"
    if not dangling:
        outside.mkdir()
    (repository / link).parent.mkdir(parents=True, exist_ok=True)
    (repository / link).symlink_to(outside)
    assert main(["init", "--yes"]) == 0
    assert "stays as it is" in capsys.readouterr().out
    assert (repository / link).is_symlink()
    assert outside.exists() is not dangling
    assert dangling or list(outside.iterdir()) == []


def test_a_link_that_appears_after_it_was_shown(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin(repository, "weather")
    (tmp_path / "outside").mkdir()

    def ask(question: str) -> bool:
        (repository / ".vscode").symlink_to(tmp_path / "outside")
        return True

    with pytest.raises(Exception, match="was not written: a link or a file is where its folder should be"):
        init.run(write=False, ask=ask, colour=False)
    assert list((tmp_path / "outside").iterdir()) == []
    assert (repository / WORKFLOW).is_file(), "what can be written is"


def test_what_a_repository_holds_reaches_no_terminal(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin(repository, "we\x1b[31mather")
    put(repository, {SETTINGS: '{\n  "a": "\u202e\u009b31m"\n}\n'.encode()})
    main(["init"])
    shown = capsys.readouterr().out
    assert not set(shown) & {"\x1b", "\u202e", "\u009b"}


def test_nothing_to_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refuse: Callable[[str], bool] = lambda question: False  # noqa: E731
    with pytest.raises(UsageError, match="in no git repository"):
        init.run(write=True, ask=refuse, colour=False)
    init_repository(tmp_path)
    with pytest.raises(UsageError, match="neither a plugin nor a package"):
        init.run(write=True, ask=refuse, colour=False)
