"""What is kept of reviews gives the same result as a review, and is never used for anything else."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

import bot.review.engine
from bot.command import check
from bot.command.cli import main
from bot.findings import Severity
from bot.options import Options, Profile
from bot.report.json import render
from bot.review.cache import MIN_PLUGINS, Cache
from bot.review.result import Result
from bot.review.store import default_folder
from bot.rules.registry import RuleResults
from bot.source.links import MAX_LINKS

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "bot" / "examples"
DATABASE = "reviews.sqlite"


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the bundled plugins, which is the working directory; one of them lacks translations."""
    folder = tmp_path / "repository"
    shutil.copytree(EXAMPLES, folder)
    assert len(list(folder.iterdir())) >= MIN_PLUGINS
    provider = next((folder / "tool" / "provider").glob("*.yaml"))
    lines = [line for line in provider.read_bytes().splitlines(keepends=True) if b"ja_JP" not in line]
    provider.write_bytes(b"".join(lines))
    monkeypatch.chdir(folder)
    return folder


def reviewed(cache: Cache | None, options: Options | None = None) -> str:
    return told(check.run(["."], options or Options(), cache=cache))


def told(result: Result) -> str:
    return render(replace(result, duration_ms=0))


def cached(folder: Path) -> Cache:
    return Cache(folder / "cache")


def count_reviews(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The plugins that are reviewed from now on."""
    names: list[str] = []
    review_plugin = bot.review.engine.review_plugin

    def counted(tree, root, *rest):  # type: ignore[no-untyped-def]
        names.append(root.path)
        return review_plugin(tree, root, *rest)

    monkeypatch.setattr(bot.review.engine, "review_plugin", counted)
    return names


def test_the_second_review_is_the_first_again(plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = reviewed(cached(tmp_path))
    assert first == reviewed(None)
    assert "locale/missing-translation" in first or "ja_JP" in first
    names = count_reviews(monkeypatch)
    assert reviewed(cached(tmp_path)) == first
    assert names == []


def test_plugins_that_are_named_are_reviewed_as_one(
    plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they share is the same: translations, the cache, and files of the repository that links lead to."""
    (plugins / ".git").mkdir()
    (plugins / "privacy.md").write_text("# Privacy\n\nNothing is kept.\n")
    for name in ("tool", "model"):
        (plugins / name / "PRIVACY.md").unlink()
        (plugins / name / "PRIVACY.md").symlink_to("../privacy.md")
    texts = plugins / "agent" / "manifest.yaml"
    texts.write_bytes((plugins / "tool" / "manifest.yaml").read_bytes().replace("  zh_Hans: 天气\n".encode(), b"", 1))
    whole = reviewed(cached(tmp_path))
    assert "Offered: " in whole
    names = count_reviews(monkeypatch)
    assert told(check.run(sorted(path.parent.name for path in plugins.glob("*/manifest.yaml")), Options())) == whole
    assert len(names) == len(set(names)) > 3
    names.clear()
    assert told(
        check.run([path.parent.name for path in plugins.glob("*/manifest.yaml")], Options(), cache=cached(tmp_path))
    )
    assert names == []


def _edit(plugin: Path) -> None:
    path = plugin / "manifest.yaml"
    path.write_bytes(path.read_bytes().replace(b"type: plugin", b"type: plugln", 1))


def _edit_unseen(plugin: Path) -> None:
    """Changes bytes, and keeps size and time of change."""
    path = plugin / "manifest.yaml"
    before = path.stat()
    _edit(plugin)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _rename(plugin: Path) -> None:
    icon = next((plugin / "_assets").iterdir())
    icon.rename(icon.with_name("other" + icon.suffix))


def _exchange(plugin: Path) -> None:
    first, second = sorted(plugin.rglob("*.py"))[:2]
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)


def _link(plugin: Path) -> None:
    (plugin / "main.py").rename(plugin / "real.py")
    (plugin / "main.py").symlink_to("real.py")


def _lead_elsewhere(plugin: Path) -> None:
    (plugin / "PRIVACY.md").unlink()
    (plugin / "PRIVACY.md").symlink_to("README.md")


def _nest(plugin: Path) -> None:
    (plugin / "inner").mkdir()
    (plugin / "inner" / "manifest.yaml").write_bytes((plugin / "manifest.yaml").read_bytes())


CHANGES: dict[str, Callable[[Path], object]] = {
    "edited": _edit,
    "edited with the time set back": _edit_unseen,
    "a file more": lambda plugin: (plugin / "stray.py").write_text("import sys\nprint(\n"),
    "a file less": lambda plugin: next((plugin / "_assets").iterdir()).unlink(),
    "renamed": _rename,
    "contents exchanged": _exchange,
    "executable": lambda plugin: (plugin / "main.py").chmod(0o755),
    "a link instead of a file": _link,
    "a link to another file": _lead_elsewhere,
    "an ignore file": lambda plugin: (plugin / ".difyignore").write_text("main.py\n"),
    "no longer linked": lambda plugin: next((plugin / "provider").glob("*.yaml")).rename(plugin / "provider" / "x.yml"),
    "no manifest": lambda plugin: (plugin / "manifest.yaml").unlink(),
    "another plugin inside": _nest,
    "a suppression": lambda plugin: (plugin / "main.py").write_text(
        "# dify-plugin-review: ignore[python/syntax] because\n" + (plugin / "main.py").read_text()
    ),
    "moved": lambda plugin: plugin.rename(plugin.with_name("zebra")),
    "gone": shutil.rmtree,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_of_a_plugin_is_seen_and_only_that_plugin_is_reviewed(
    plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]
) -> None:
    monkeypatch.setattr(
        "bot.review.cache.SETTLED", -1_000_000_000
    )  # The digests of files made just now are remembered.
    reviewed(cached(tmp_path))
    change(plugins / "tool")
    names = count_reviews(monkeypatch)
    after = reviewed(cached(tmp_path))
    reviewed_folders = {name.partition("/")[0] for name in names}
    assert reviewed_folders == {folder.name for folder in (plugins / "tool", plugins / "zebra") if folder.exists()}
    assert after == reviewed(None)


def test_the_target_of_a_link_counts(plugins: Path, tmp_path: Path) -> None:
    first, cached_again, again = around_a_change_of_a_target(plugins, tmp_path)
    assert cached_again == again != first


def around_a_change_of_a_target(plugins: Path, tmp_path: Path) -> tuple[str, str, str]:
    """A review with the cache, and after a change behind a link one with the cache and one without."""
    (plugins / ".git").mkdir(exist_ok=True)
    common = plugins / "common.txt"
    common.write_text("dify_plugin>=0.5.0,<1\n")
    requirements = plugins / "tool" / "requirements.txt"
    requirements.unlink()
    requirements.symlink_to("../common.txt")
    first = reviewed(cached(tmp_path))
    common.write_text("dify_plugin==9999.0\n")
    return first, reviewed(cached(tmp_path)), reviewed(None)


def test_links_of_an_environment_do_not_hide_those_of_the_plugin(plugins: Path, tmp_path: Path) -> None:
    (plugins / ".git").mkdir()
    environment = plugins / "tool" / ".venv"
    environment.mkdir()
    (environment / "target").write_text("")
    for number in range(MAX_LINKS + 1):
        (environment / f"{number:06}").symlink_to("target")
    first, cached_again, again = around_a_change_of_a_target(plugins, tmp_path)
    assert cached_again == again != first


def test_a_plugin_that_becomes_a_clone_is_another(plugins: Path, tmp_path: Path) -> None:
    shutil.copytree(plugins / "tool", plugins, dirs_exist_ok=True)
    first = reviewed(cached(tmp_path))
    (plugins / ".git").mkdir()
    assert reviewed(cached(tmp_path)) == reviewed(None) != first


@pytest.mark.parametrize(
    "options",
    [
        Options(profile=Profile.OFFICIAL),
        Options(required_locales=("en_US", "ja_JP")),
        Options(severities={"locale/missing-translation": Severity.ERROR}),
        Options(ignore=("locale",)),
        Options(dify="1.0.0"),
    ],
    ids=["profile", "locales", "severity", "selection", "release"],
)
def test_options_have_reviews_of_their_own(plugins: Path, tmp_path: Path, options: Options) -> None:
    first = reviewed(cached(tmp_path))
    assert reviewed(cached(tmp_path), options) == reviewed(None, options) != first
    assert reviewed(cached(tmp_path)) == first


def test_a_change_of_the_configuration_is_seen(
    plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    (plugins / ".github").mkdir()
    configuration = plugins / ".github" / "dify-plugin-review.yml"
    told = set()
    rules = "rules:\n  locale/missing-translation: "
    for text in ("", "locales:\n  required: [ja_JP]\n", f"{rules}error\n", f"{rules}off\n"):
        configuration.write_text(text)
        outputs = set()
        for more in ([], [], ["--no-cache"]):
            code = main(["check", "--offline", "--format", "json", *more])
            result = json.loads(capsys.readouterr().out)
            del result["summary"]["duration_ms"]
            outputs.add((code, json.dumps(result)))
        assert len(outputs) == 1
        told |= outputs
    assert len(told) == 4


def test_what_time_mends_is_reviewed_again(plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = plugins / "tool" / "manifest.yaml"
    manifest.write_text(re.sub("created_at: .*", "created_at: 2999-01-01", manifest.read_text()))
    first = reviewed(cached(tmp_path))
    assert "manifest/created-in-future" in first
    names = count_reviews(monkeypatch)
    assert reviewed(cached(tmp_path)) == first
    assert names == ["tool"]


def test_no_other_rule_reads_the_clock() -> None:
    """What a rule says another day is not in the key: the result would be that of the day on which it was kept."""
    rooms = ("action", "command", "editor", "examples", "github", "review", "services")
    clocks = re.compile(r"\b(?:now|today|utcnow|time|time_ns|gmtime|localtime)\(")
    found = set()
    for path in (ROOT / "bot").rglob("*.py"):
        if path.relative_to(ROOT / "bot").parts[0] not in rooms:
            calls = (node.func for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call))
            if any(clocks.fullmatch(f"{ast.unparse(call).rpartition('.')[2]}(") for call in calls):
                found.add(path.relative_to(ROOT / "bot").as_posix())
    assert found == {"rules/manifest/identity.py"}


def test_the_documented_workflow_keeps_what_the_command_keeps(plugins: Path, tmp_path: Path) -> None:
    workflow = yaml.safe_load((ROOT / "docs" / "workflows" / "monorepo.yml").read_text(encoding="utf-8"))
    assert set(workflow[True]) == {"push"}, "others can be started by a change that nobody has looked at"
    steps = workflow["jobs"]["plugin-review"]["steps"]
    (kept,) = (step["with"]["path"] for step in steps if step.get("uses", "").startswith("actions/cache@"))
    tool = tmp_path / "review" / "bin" / "dify-plugin-review"
    tool.parent.mkdir(parents=True)
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m bot "$@"\n')
    tool.chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if key != "XDG_CACHE_HOME"}
    environment |= {"RUNNER_TEMP": str(tmp_path), "HOME": str(tmp_path)}
    assert subprocess.run(["bash", "-e", "-c", steps[-1]["run"]], env=environment).returncode == 0
    assert (tmp_path / kept.removeprefix("~/") / DATABASE).is_file()


def _spoil(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "cache" / DATABASE) as database:
        database.execute(statement)
    database.close()


def test_spoilt_entries_are_ignored_and_told(plugins: Path, tmp_path: Path) -> None:
    first = reviewed(cached(tmp_path))
    _spoil(tmp_path, "UPDATE reviews SET value = substr(value, 1, length(value) - 9)")
    cache = cached(tmp_path)
    assert reviewed(cache) == first
    assert "of its entries cannot be read" in cache.complaint
    again = cached(tmp_path)
    assert reviewed(again) == first
    assert again.complaint == ""


def test_the_review_of_another_plugin_is_no_review_of_this_one(plugins: Path, tmp_path: Path) -> None:
    _edit(plugins / "tool")
    first = reviewed(cached(tmp_path))
    assert '"failed"' in first
    _spoil(tmp_path, "UPDATE reviews SET value = (SELECT value FROM reviews ORDER BY length(value) LIMIT 1)")
    assert reviewed(cached(tmp_path)) == first


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + b"x" * 5000, b"no database at all" * 100])
def test_a_file_that_is_no_cache_is_ignored(plugins: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cache").mkdir(mode=0o700)
    (tmp_path / "cache" / DATABASE).write_bytes(content)
    cache = cached(tmp_path)
    assert reviewed(cache) == reviewed(None)
    assert bool(cache.complaint) is bool(content)


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
@pytest.mark.parametrize("name", ["", DATABASE])
def test_a_cache_that_others_can_write_is_not_used(
    plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    first = reviewed(cached(tmp_path))
    (tmp_path / "cache" / name).chmod(0o777)
    names = count_reviews(monkeypatch)
    cache = cached(tmp_path)
    assert reviewed(cache) == first
    assert len(names) >= MIN_PLUGINS
    assert cache.complaint == "other users can write it"


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_a_cache_that_is_a_link_is_not_used(plugins: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "cache").symlink_to("elsewhere")
    cache = cached(tmp_path)
    reviewed(cache)
    assert cache.complaint
    assert not list((tmp_path / "elsewhere").iterdir())


def test_nowhere_to_keep_anything_is_nothing_to_say(plugins: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    cache = cached(tmp_path)
    assert reviewed(cache) == reviewed(None)
    assert cache.complaint == ""


def test_what_was_used_last_is_kept_within_the_size(
    plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewed(cached(tmp_path))
    with sqlite3.connect(tmp_path / "cache" / DATABASE) as database:
        sizes = sorted(size for (size,) in database.execute("SELECT length(value) FROM reviews"))
    database.close()
    shutil.rmtree(tmp_path / "cache")
    limit = sum(sizes) - 1
    reviewed(Cache(tmp_path / "cache", limit))
    with sqlite3.connect(tmp_path / "cache" / DATABASE) as database:
        ((count, size),) = database.execute("SELECT count(*), sum(length(value)) FROM reviews")
    database.close()
    assert 0 < count < len(sizes)
    assert size <= limit


def test_a_fault_of_the_tool_is_not_kept(plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("bot.review.engine.run_rules", lambda plugin, rules: RuleResults((), (), ("A rule failed.",)))
        assert '"error"' in reviewed(cached(tmp_path))
    assert reviewed(cached(tmp_path)) == reviewed(None)


def test_the_command_line_keeps_reviews_unless_told_otherwise(
    plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    main(["check", "--no-cache"])
    assert not (tmp_path / "xdg").exists()
    main(["check"])
    assert (tmp_path / "xdg" / "dify-plugin-review" / DATABASE).is_file()
    assert default_folder() == tmp_path / "xdg" / "dify-plugin-review"
    (tmp_path / "xdg" / "dify-plugin-review" / DATABASE).write_bytes(b"no database")
    capsys.readouterr()
    main(["check"])
    assert "the cache in" in capsys.readouterr().err


def test_few_plugins_are_not_looked_up(plugins: Path, tmp_path: Path) -> None:
    check.run(["tool"], Options(), cache=cached(tmp_path))
    assert not (tmp_path / "cache").exists()
