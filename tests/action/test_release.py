"""Releases and tags: the tag names the version, a package is attached, and it holds what the tag packs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.command.check import run
from bot.errors import UsageError
from bot.options import Options
from bot.submission.release import Release
from tests.support.job import Job, Repository
from tests.support.standin import StandInFactory, standin
from tests.support.submissions import package, plugin_files

__all__ = ["standin"]

RULE = "package/differs-from-source"


@pytest.fixture
def repository(tmp_path: Path, standin: StandInFactory) -> Repository:
    made = Repository(tmp_path, standin)
    made.git.commit(_files("weather"))
    return made


def _files(folder: str, version: str = "0.1.0") -> dict[str, bytes]:
    return {f"{folder}/{path}": content for path, content in plugin_files(version=version).items()}


def said(job: Job) -> list[tuple[str, str, str | None]]:
    rules = ("version/tag", "package/not-attached", "package/differs-from-source")
    return [(item["rule"], item["path"], item["member"]) for item in job.active if item["rule"] in rules]


def released(repository: Repository, tag: str, assets: dict[str, bytes]) -> Job:
    repository.git.git("tag", tag)
    return repository.run("release", {"contents": "read"}, ref=tag, assets=assets)


def test_a_release_of_what_the_tag_packs_to_passes(repository: Repository) -> None:
    job = released(repository, "v0.1.0", {"weather-0.1.0.difypkg": package(), "notes.txt": b"x"})
    assert (job.exit_code, said(job)) == (0, [])
    assert [item["root"] for item in job.report["plugins"]] == ["weather", "weather-0.1.0.difypkg"]


def test_a_tag_of_another_version_blocks(repository: Repository) -> None:
    job = released(repository, "v0.2.0", {"weather-0.1.0.difypkg": package()})
    assert (job.exit_code, said(job)) == (1, [("version/tag", "weather/manifest.yaml", None)])


def test_a_release_without_a_package_blocks(repository: Repository) -> None:
    job = released(repository, "v0.1.0", {"source.zip": b"PK"})
    assert (job.exit_code, said(job)) == (1, [("package/not-attached", "weather/manifest.yaml", None)])


def test_a_package_of_something_else_blocks_file_by_file(repository: Repository) -> None:
    other = package({"main.py": "from dify_plugin import Plugin\n", "extra.py": "x = 1\n", "PRIVACY.md": None})
    job = released(repository, "v0.1.0", {"weather-0.1.0.difypkg": other})
    name = "weather-0.1.0.difypkg"
    assert job.exit_code == 1
    assert said(job) == [
        ("package/differs-from-source", name, None),
        ("package/differs-from-source", name, "extra.py"),
        ("package/differs-from-source", name, "main.py"),
    ]


def test_a_pushed_tag_is_compared_with_the_manifest(repository: Repository) -> None:
    repository.git.git("tag", "-a", "-m", "Release", "v0.3.0")
    job = repository.run("push", {"contents": "read"}, ref="refs/tags/v0.3.0")
    assert (job.exit_code, said(job)) == (1, [("version/tag", "weather/manifest.yaml", None)])


def test_among_several_plugins_the_tag_names_one(repository: Repository) -> None:
    moon = {**_files("moon", "3.0.0")}
    moon["moon/manifest.yaml"] = moon["moon/manifest.yaml"].replace(b"name: weather", b"name: moon")
    repository.git.commit(moon)
    assert said(released(repository, "v9.9.9", {"moon-3.0.0.difypkg": b"no zip"})) == []
    job = released(repository, "moon/v0.1.0", {})
    assert said(job) == [
        ("package/not-attached", "moon/manifest.yaml", None),
        ("version/tag", "moon/manifest.yaml", None),
    ]
    assert [item["root"] for item in job.report["plugins"]] == ["moon"]


def test_a_package_that_cannot_be_had_is_no_pass(repository: Repository) -> None:
    repository.github.faults.add(("GET", "/releases/assets/"), status=404, times=9)
    job = released(repository, "v0.1.0", {"weather-0.1.0.difypkg": package()})
    assert job.exit_code == 3


def test_the_command_compares_a_package_with_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path, content in {**plugin_files(), ".difyignore": b"notes/\n", "notes/idea.md": b"x"}.items():
        (tmp_path / "source" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "source" / path).write_bytes(content)
    (tmp_path / "same.difypkg").write_bytes(package({".difyignore": "notes/\n"}))
    (tmp_path / "other.difypkg").write_bytes(package({".difyignore": "notes/\n", "notes/idea.md": "x"}))
    monkeypatch.chdir(tmp_path)
    found = {
        name: [item.location.member for item in run([name], Options(), source="source").active if item.rule == RULE]
        for name in ("same.difypkg", "other.difypkg")
    }
    assert found == {"same.difypkg": [], "other.difypkg": ["notes/idea.md"]}
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="one plugin"):
        run(["same.difypkg"], Options(), source="empty")


# --- the version before -----------------------------------------------------------------------------------------------


def _renamed(repository: Repository, version: str) -> None:
    """The next version, in which a parameter has another name."""
    files = _files("weather", version)
    path = "weather/tools/current_weather.yaml"
    code = "weather/tools/current_weather.py"
    files[path] = files[path].replace(b"name: city", b"name: place")
    files[code] = files[code].replace(b'tool_parameters["city"]', b'tool_parameters["place"]')
    repository.git.commit(files)


BREAKS = [("upgrade/parameter-removed", "warning"), ("upgrade/newly-required", "warning")]


def breaks(job: Job) -> list[tuple[str, str]]:
    found = ((item["rule"], item["severity"]) for item in job.active if item["rule"].startswith("upgrade/"))
    return sorted(found, reverse=True)


def updates(job: Job) -> list[tuple[str, str]]:
    found = ((item["root"], item["update"]) for item in job.report["plugins"])
    return [(root, update["old_version"]) for root, update in found if update is not None]


@pytest.mark.parametrize("annotated", [False, True])
def test_a_tag_is_compared_with_the_tag_of_the_version_before(repository: Repository, annotated: bool) -> None:
    more = ("-a", "-m", "Release") if annotated else ()
    for tag in ("v0.0.9", "v0.1.0", "v0.1.0-rc.1", "nightly", "other-v0.1.0", "v9.0.0"):
        repository.git.git("tag", *more, tag)
    _renamed(repository, "0.1.1")
    repository.git.git("tag", *more, "v0.1.1")
    job = repository.run("push", {"contents": "read"}, ref="refs/tags/v0.1.1")
    assert updates(job) == [("weather", "0.1.0")]
    assert breaks(job) == BREAKS
    assert "breaks 2 things for existing users" in job.summary


def test_a_release_is_compared_too_and_its_findings_stay_new(repository: Repository) -> None:
    repository.git.git("tag", "v0.1.0")
    _renamed(repository, "0.1.1")
    bad = _files("weather", "0.1.1")["weather/manifest.yaml"] + b"tags: [wheather]\n"
    repository.git.commit({"weather/manifest.yaml": bad})
    repository.git.git("tag", "v0.1.1")
    job = repository.run("release", {"contents": "read"}, ref="v0.1.1", assets={})
    assert breaks(job) == BREAKS
    assert any(item["rule"] == "schema/unknown-value" for item in job.active)


def test_the_first_tag_and_a_tag_without_a_version_have_none_before(repository: Repository) -> None:
    repository.git.git("tag", "v0.1.0")
    assert updates(repository.run("push", {"contents": "read"}, ref="refs/tags/v0.1.0")) == []
    repository.git.git("tag", "latest")
    assert updates(repository.run("push", {"contents": "read"}, ref="refs/tags/latest")) == []


def test_a_plugin_that_the_tag_before_has_not_is_new(repository: Repository) -> None:
    repository.git.git("tag", "moon-v1.0.0")
    moon = _files("moon", "1.1.0")
    moon["moon/manifest.yaml"] = moon["moon/manifest.yaml"].replace(b"name: weather", b"name: moon")
    repository.git.commit(moon)
    repository.git.git("tag", "moon-v1.1.0")
    assert updates(repository.run("push", {"contents": "read"}, ref="refs/tags/moon-v1.1.0")) == []


@pytest.mark.parametrize(
    ("tag", "tags", "before"),
    [
        ("v1.10.0", ["v1.9.0", "v1.2.0"], "v1.9.0"),
        ("1.1.0", ["v1.0.0"], "v1.0.0"),
        ("a-v1.1.0", ["v1.0.0", "a-v1.0.0", "b-v1.0.5"], "a-v1.0.0"),
        ("v1.0.0", ["v1.0.0-rc.1", "v0.9"], "v1.0.0-rc.1"),
        ("v1.0.0", ["v1.0.0", "v2.0.0", "x"], None),
        ("x", ["v1.0.0", "x"], None),
    ],
)
def test_the_tag_before_is_the_highest_below_in_its_series(tag: str, tags: list[str], before: str | None) -> None:
    assert Release(tag).before(tags) == before
