"""Pull requests that submit a package: the job's verdict, where it points, and the table that maintainers decide by."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.submission.example import COMPLETE, PACKAGE, without
from tests.support.job import Job, posted
from tests.support.standin import StandInFactory, standin
from tests.support.submissions import UPDATE, Marketplace, package, plugin_files

__all__ = ["standin"]


def line_of(body: str, text: str) -> int:
    return next(number for number, line in enumerate(body.split("\n"), 1) if text in line)


def said(job: Job) -> list[tuple[str, str, str | None, int | None]]:
    """Rule, severity, path or source, and line of what counts, but for what the package itself is told."""
    return [
        (item["rule"], item["severity"], item["source"] or item["path"], item["line"])
        for item in job.active
        if item["rule"].startswith(("pull-request/", "version/", "marketplace/"))
    ]


def test_a_clean_submission_passes_and_shows_what_was_checked(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: package()})
    job = repository.review(pull)
    assert (job.exit_code, said(job)) == (0, [])
    comment = posted(pull)
    for check in ("One package", "Text of the pull request", "Language of the text", "Package contents", "Icon"):
        assert re.search(rf"\| {check} \| ✅ Pass \|", comment), check
    assert re.search(r"\| Version \| ⏭️ Not checked \| `0.1.0`\. Not judged: .* not asked for", comment)
    assert comment.index("| Check | Status | Detail | Required action |") < comment.index("<details>")
    # One request for each: comparison, two trees, package, text, comments that are there, summary.
    assert len(repository.github.requests) <= 8


#: What is changed in the text, the rule, and the line of the text where it is said (None: of the title).
FAULTS: list[tuple[str, str, str, str]] = [
    ("section", without("Security and privacy notes"), "pull-request/section", "## Plugin information"),
    ("information", without("Plugin information"), "pull-request/section", "## Submission type"),
    (
        "comment",
        COMPLETE.replace("First release: one tool that shows the weather.", "<!-- What is new? -->"),
        "pull-request/section",
        "## What changed",
    ),
    (
        "blank",
        COMPLETE.replace("It sends the name of the city to api.weather.example and keeps nothing.", " "),
        "pull-request/section",
        "## Security and privacy notes",
    ),
    ("type", COMPLETE.replace("[x] New", "[ ] New"), "pull-request/choice", "## Submission type"),
    ("risk", COMPLETE.replace("[x] Low", "[ ] Low"), "pull-request/choice", "## Risk level"),
    ("risks", COMPLETE.replace("[ ] High", "[X] High"), "pull-request/choice", "High risk"),
    ("contact", COMPLETE.replace(" crew@acme.example", ""), "pull-request/field", "**Contact**"),
    ("address", COMPLETE.replace("https://github.com/acme/weather", "ask us"), "pull-request/field", "ask us"),
    ("chinese", COMPLETE.replace("First release", "首次发布"), "pull-request/language", "首次发布"),
    ("word", COMPLETE.replace("a workflow.", "a workflow (工作流)."), "pull-request/language", "工作流"),
    ("one line", "Please add my plugin, thank you.\n", "pull-request/template", "Please"),
]


@pytest.mark.parametrize(("body", "rule", "text"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_fault_of_the_text_blocks_at_its_line(
    tmp_path: Path, standin: StandInFactory, body: str, rule: str, text: str
) -> None:
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: package()}, body=body)
    job = repository.review(pull)
    assert job.exit_code == 1
    assert said(job) == [(rule, "error", "body", line_of(body, text))]
    # A file that is none is not named.
    assert all(c.properties.get("file") for c in job.annotations if c.properties.get("title") != rule)
    comment = posted(pull)
    assert f"text of the pull request:{line_of(body, text)}" in comment
    assert rule in comment
    assert len(repository.github.requests) <= 8


#: Forms that people understand and the pre-check does not.
FORMS = [
    COMPLETE.replace("- [x] New plugin", "- [ ✓] New plugin"),
    COMPLETE.replace("- [x] New plugin", "- [x ] New plugin"),
    COMPLETE.replace("- [x] New plugin", "* [x] New plugin"),
    COMPLETE.replace("- [x] New plugin", "- [x] **New plugin**"),
    COMPLETE.replace("- [x] New plugin", "- ✅ New plugin"),
    COMPLETE.replace("## Risk level", "### Risk level"),
    COMPLETE.replace("- **Contact**:", "* **Contact**:"),
    COMPLETE.replace("- **Plugin name**:", "- **Plugin Name:**"),
]


@pytest.mark.parametrize("body", FORMS)
def test_a_form_that_only_people_understand_is_a_remark(tmp_path: Path, standin: StandInFactory, body: str) -> None:
    repository = Marketplace(tmp_path, standin)
    job = repository.review(repository.submit({PACKAGE: package()}, body=body))
    (changed,) = (
        n for n, pair in enumerate(zip(body.split("\n"), COMPLETE.split("\n"), strict=True), 1) if len({*pair}) > 1
    )
    assert (job.exit_code, said(job)) == (0, [("pull-request/form", "warning", "body", changed)])


def test_a_title_in_chinese_and_a_log_in_a_code_block(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin)
    body = COMPLETE + "\n```text\n安装成功\n```\n"
    job = repository.review(repository.submit({PACKAGE: package()}, title="新增 Weather", body=body))
    assert said(job) == [("pull-request/language", "error", "title", 1)]
    (finding,) = (item for item in job.active if item["source"] == "title")
    assert (finding["path"], finding["column"], finding["end_column"]) == (None, 1, 3)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("**Plugin name**: weather", "**Plugin name**: moon"),
        ("**Version**: 0.1.0", "**Version**: 2.0.0"),
        ("github.com/acme/weather", "github.com/acme/moon"),
        ("**Author**: acme", "**Author**: other"),
        ("crew@acme.example", "crew@moon.example"),
    ],
)
def test_a_field_that_differs_from_the_manifest_is_a_remark(
    tmp_path: Path, standin: StandInFactory, old: str, new: str
) -> None:
    repository = Marketplace(tmp_path, standin)
    body = COMPLETE.replace(old, new)
    job = repository.review(repository.submit({PACKAGE: package()}, body=body))
    assert (job.exit_code, said(job)) == (0, [("pull-request/field-mismatch", "warning", "body", line_of(body, new))])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("**Plugin name**: weather", "**Plugin name**: Weather"),
        ("**Version**: 0.1.0", "**Version**: `v0.1.0`"),
        ("https://github.com/acme/weather", "[the source](https://github.com/Acme/weather/tree/main/plugin)"),
        ("https://github.com/acme/weather", "<https://github.com/acme/weather.git>"),
        ("crew@acme.example", "the crew, crew@acme.example"),
        ("crew@acme.example", "https://acme.example/contact"),
    ],
)
def test_a_field_may_be_written_as_people_write(tmp_path: Path, standin: StandInFactory, old: str, new: str) -> None:
    repository = Marketplace(tmp_path, standin)
    job = repository.review(repository.submit({PACKAGE: package()}, body=COMPLETE.replace(old, new)))
    assert (job.exit_code, said(job)) == (0, [])


# --- what is changed --------------------------------------------------------------------------------------------------


def test_a_second_package_and_another_file_block(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin)
    other = "acme/moon/moon-0.1.0.difypkg"
    pull = repository.submit({PACKAGE: package(), other: package(version="0.1.0"), "README.md": "# More\n"})
    job = repository.review(pull)
    assert job.exit_code == 1
    found = [item for item in said(job) if item[0] == "pull-request/single-package"]
    assert found == [
        ("pull-request/single-package", "error", "README.md", None),
        ("pull-request/single-package", "error", PACKAGE, None),
    ]


@pytest.mark.parametrize(
    ("path", "count"),
    [("weather-0.1.0.difypkg", 1), ("other/tool/weather-0.1.0.difypkg", 1), ("acme/weather/w.difypkg", 1)],
)
def test_a_package_out_of_its_place_is_a_remark(tmp_path: Path, standin: StandInFactory, path: str, count: int) -> None:
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({path: package()})
    job = repository.review(pull)
    assert (job.exit_code, said(job)) == (0, [("pull-request/package-path", "warning", path, None)])
    assert "| One package | ⚠️ Warning |" in posted(pull)


@pytest.mark.parametrize(("now", "before"), [("0.1.0", "0.2.0"), ("1.9.0", "1.10.0"), ("0.1.0", "0.1.0")])
def test_a_version_that_is_not_above_its_sibling_blocks(
    tmp_path: Path, standin: StandInFactory, now: str, before: str
) -> None:
    sibling = f"acme/weather/weather-{before}.difypkg" if now != before else "acme/weather/weather_first.difypkg"
    repository = Marketplace(tmp_path, standin, {sibling: package({"LICENSE": "MIT\n"}, version=before)})
    body = UPDATE.replace("0.1.0", now)
    job = repository.review(repository.submit({f"acme/weather/weather-{now}.difypkg": package(version=now)}, body=body))
    assert job.exit_code == 1
    (finding,) = (item for item in job.active if item["severity"] == "error")
    assert finding["rule"] in ("version/lowered", "version/not-raised")
    assert before in finding["message"]
    assert (finding["member"], finding["line"]) == ("manifest.yaml", 1)


def test_a_higher_version_beside_its_sibling_passes(tmp_path: Path, standin: StandInFactory) -> None:
    before = {
        f"acme/weather/weather-{version}.difypkg": package(version=version)
        for version in ("1.9.0", "1.2.0", "1.10.0-rc1")
    }
    repository = Marketplace(tmp_path, standin, before)
    body = UPDATE.replace("0.1.0", "1.11.0") + "\nNo breaking changes.\n"
    pull = repository.submit({"acme/weather/weather-1.11.0.difypkg": package(version="1.11.0")}, body=body)
    job = repository.review(pull)
    assert job.exit_code == 0
    assert [item for item in said(job) if item[1] != "notice"] == []
    assert "`1.11.0`, after `1.10.0-rc1`." in posted(pull)
    assert len(repository.github.requests) <= 8


def test_a_submission_of_several_commits_costs_no_more_requests(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin, {"acme/weather/weather-0.0.9.difypkg": package(version="0.0.9")})
    pull = repository.submit({PACKAGE: package({"LICENSE": "MIT\n"})}, body=UPDATE)
    repository.push(pull, {PACKAGE: package()})
    assert repository.review(pull).exit_code == 0
    assert len(repository.github.requests) <= 8


def test_faults_that_the_version_before_had_block_too(tmp_path: Path, standin: StandInFactory) -> None:
    fault = {"requirements.txt": "dify_plugin>=0.5.0,<1.0.0\nhttpx>=0.27,<1\n"}
    repository = Marketplace(tmp_path, standin, {"acme/weather/weather-0.0.9.difypkg": package(fault, version="0.0.9")})
    job = repository.review(repository.submit({PACKAGE: package(fault)}, body=UPDATE))
    assert job.exit_code == 1
    assert [(item["rule"], item["member"], item["line"]) for item in job.active if item["severity"] == "error"] == [
        ("dependency/sdk-version", "requirements.txt", 1)
    ]


def test_a_package_written_over_with_the_same_version_blocks(tmp_path: Path, standin: StandInFactory) -> None:
    path = "acme/weather/weather.difypkg"
    repository = Marketplace(tmp_path, standin, {path: package()})
    changed = package({"main.py": "# changed\nfrom dify_plugin import Plugin\n"})
    job = repository.review(repository.submit({path: changed}, body=UPDATE))
    assert job.exit_code == 1
    assert ("version/not-raised", "error", path, 1) in said(job)


def test_a_package_that_is_moved_is_one_file(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin, {"acme/w/w.difypkg": package()})
    job = repository.review(repository.submit({"acme/w/w.difypkg": None, PACKAGE: package()}))
    assert (job.exit_code, said(job)) == (0, [])


def test_a_package_whose_name_ends_in_capitals_blocks(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin)
    path = PACKAGE.replace(".difypkg", ".DIFYPKG")
    job = repository.review(repository.submit({path: package()}))
    assert (job.exit_code, said(job)) == (1, [("pull-request/single-package", "error", path, None)])


def test_a_release_after_its_beta_is_a_remark(tmp_path: Path, standin: StandInFactory) -> None:
    sibling = {"acme/weather/weather-0.1.0-beta.difypkg": package({"LICENSE": "MIT\n"}, version="0.1.0-beta")}
    repository = Marketplace(tmp_path, standin, sibling)
    body = UPDATE.replace("First release", "No breaking changes")
    job = repository.review(repository.submit({PACKAGE: package()}, body=body))
    assert (job.exit_code, said(job)) == (0, [("version/lowered", "warning", PACKAGE, 1)])
    assert "`0.1.0` after `0.1.0-beta`" in job.active[0]["message"]


def test_new_plugin_is_ticked_beside_an_older_version(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin, {"acme/weather/weather-0.0.9.difypkg": package(version="0.0.9")})
    job = repository.review(repository.submit({PACKAGE: package()}))
    assert said(job) == [("pull-request/submission-type", "warning", "body", line_of(COMPLETE, "[x] New"))]


def test_another_author_than_the_version_before_blocks(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin, {"acme/weather/weather-0.0.9.difypkg": package(version="0.0.9")})
    manifest = plugin_files()["manifest.yaml"].replace(b"author: acme", b"author: acme2")
    job = repository.review(repository.submit({PACKAGE: package({"manifest.yaml": manifest})}, body=UPDATE))
    assert job.exit_code == 1
    assert "upgrade/identity-changed" in job.rules


def test_the_same_plugin_in_another_folder_is_told(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin, {"other/weather/weather-0.0.9.difypkg": package(version="0.0.9")})
    job = repository.review(repository.submit({PACKAGE: package()}))
    assert said(job) == [("pull-request/second-listing", "warning", PACKAGE, None)]


def test_another_open_pull_request_for_the_same_plugin_is_told(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin)
    repository.git.commit({"acme/weather/weather-0.0.9.difypkg": package(version="0.0.9")}, branch="earlier")
    repository.git.git("checkout", "-q", "main")
    earlier = repository.github.open_pull("earlier", title="Add Weather 0.0.9", body=COMPLETE)
    pull = repository.submit({PACKAGE: package()})
    assert said(repository.review(pull)) == []
    asked = repository.review(pull, {"lookups": "pull-requests"})
    assert said(asked) == [("pull-request/rival", "warning", PACKAGE, None)]
    assert f"pull request {earlier.number}" in asked.active[0]["message"]
    repository.github.faults.add(("POST", "/graphql"), status=403, times=1, containing="pullRequests")
    unread = repository.review(pull, {"lookups": "pull-requests"})
    assert "pull-request/rival" in {entry["rule"] for entry in unread.report["unchecked"]}


def test_the_comment_says_what_is_new_in_the_package(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin, {"acme/weather/weather-0.0.9.difypkg": package(version="0.0.9")})
    more = b'\n\ndef more():\n    return httpx.get("https://tides.io/v1", timeout=9)\n'
    asked = b"  permission:\n    tool:\n      enabled: true"
    now: dict[str, str | bytes | None] = {
        "tools/current_weather.py": plugin_files()["tools/current_weather.py"] + more,
        "manifest.yaml": plugin_files()["manifest.yaml"].replace(b"  permission: {}", asked),
        "tools/run.py": "import subprocess\n\nsubprocess.run(['ls'])\n",
        "requirements.txt": "dify_plugin>=0.9.0,<1.0.0\nhttpx>=0.28,<1\nrich>=13,<15\n",
    }
    pull = repository.submit({PACKAGE: package(now)}, body=UPDATE)
    job = repository.review(pull)
    (plugin,) = job.report["plugins"]
    assert plugin["package_changes"][0].startswith("Files: 1 added, 0 removed, 3 changed; ")
    assert plugin["package_changes"][1:] == [
        "Added: `tools/run.py`.",
        "New permissions: `tool`.",
        "New hosts: `tides.io`.",
        "New: the code runs commands (`subprocess.run`, `tools/run.py:3`).",
        "New dependencies: `rich>=13,<15`.",
        "Other dependencies: `httpx>=0.27,<1` is `httpx>=0.28,<1` now.",
    ]
    assert "What is new in the package since 0" in posted(pull)
    assert "`subprocess.run`" in posted(pull)


# --- the text as it is now --------------------------------------------------------------------------------------------


def test_the_text_is_read_anew_and_not_taken_from_the_event(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: package()}, body="Please add my plugin.\n")
    assert repository.review(pull).exit_code == 1
    # The payload of the event that is run again still has the old text.
    event = repository.github.event("pull_request_target", pull=pull, action="edited")
    assert event["pull_request"]["body"] == "Please add my plugin.\n"
    pull.body = COMPLETE
    job = repository.review(pull, action="edited")
    assert job.exit_code == 0
    assert "Please add" not in posted(pull)


def test_a_text_that_cannot_be_read_is_not_judged(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: package()})
    repository.github.faults.add(("GET", f"/repos/acme/plugins/pulls/{pull.number}$"), status=403, times=9)
    job = repository.review(pull)
    assert (job.exit_code, said(job)) == (1, [])
    assert {"pull-request/section", "pull-request/language"} <= {
        entry["rule"] for entry in job.report["unchecked"] if entry["blocking"]
    }
    assert re.search(r"\| Text of the pull request \| ⏭️ Not checked \| .*the pull request was not read", posted(pull))


HOSTILE = [
    "<!--" * 20_000,
    "```" * 20_000,
    "- [x] New plugin\n" * 3_000,
    "## Risk level\n- [x] Low risk | `a` <details>\n" * 1_000,
    "| a | b |\n|---|---|\n" * 2_000,
    "\u202e[x]" * 10_000,
    "",
    "## 插件信息\n\n- **作者**：acme\n\n## 提交类型\n\n- [x] 新插件\n",
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_told_of_and_breaks_nothing(tmp_path: Path, standin: StandInFactory, body: str) -> None:
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: package()}, body=body)
    job = repository.review(pull)
    assert job.exit_code == 1
    assert "pull-request/" in posted(pull)


def sourced(repository: Marketplace, version: str = "0.1.0", tag: str = "weather-v0.1.0", **files: bytes) -> bytes:
    """A package whose manifest names the repository itself, which has the source of the plugin at a tag."""
    manifest = plugin_files(version=version)["manifest.yaml"].decode()
    address = f"{repository.github.server_url}/acme/plugins"
    changes = {"manifest.yaml": re.sub(r"(?m)^repo: .*$", f"repo: {address}", manifest)}
    if tag:
        source = {**plugin_files(changes, version), **{f"{name}.py": content for name, content in files.items()}}
        repository.git.commit({f"src/weather/{path}": content for path, content in source.items()}, branch="source")
        repository.git.git("tag", tag)
        repository.git.git("checkout", "-q", "main")
    return package(changes, version)


def compared(job: Job) -> tuple[list[tuple[str | None, str]], list[tuple[str, bool]]]:
    """What is said of the package and its source, and what of that is not judged and whether it blocks."""
    rule = "package/differs-from-source"
    return (
        [(item["member"], item["message"]) for item in job.active if item["rule"] == rule],
        [(item["reason"], item["blocking"]) for item in job.report["unchecked"] if item["rule"] == rule],
    )


def test_a_package_is_compared_with_the_tag_of_the_repository_that_it_names(
    tmp_path: Path, standin: StandInFactory
) -> None:
    repository = Marketplace(tmp_path, standin)
    content = sourced(repository, main=plugin_files()["main.py"].replace(b"\n", b"\r\n"))
    pull = repository.submit({PACKAGE: content})
    assert compared(repository.review(pull, {"lookups": "source"})) == ([], [])
    before = len(repository.github.requests)
    assert compared(repository.review(pull)) == ([], [])
    assert not any("/tags" in request.path for request in repository.github.requests[before:])


def test_a_file_that_the_tag_has_not_is_named(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin)
    content = sourced(repository, main=b"import os\n", extra=b"x = 1\n")
    job = repository.review(repository.submit({PACKAGE: content}), {"lookups": "source"})
    assert job.exit_code == 1
    assert compared(job) == (
        [
            (None, "`extra.py` is packed from the source, and is not in the package."),
            ("main.py", "`main.py` has other contents in the package than in the source."),
        ],
        [],
    )


@pytest.mark.parametrize(
    ("tag", "reason"),
    [("v0.0.9", "the source `acme/plugins` has no tag of `0.1.0`"), ("", "the source `acme/plugins` has no tag")],
)
def test_a_source_without_a_tag_of_the_version_is_not_judged(
    tmp_path: Path, standin: StandInFactory, tag: str, reason: str
) -> None:
    repository = Marketplace(tmp_path, standin)
    job = repository.review(repository.submit({PACKAGE: sourced(repository, tag=tag)}), {"lookups": "source"})
    findings, gaps = compared(job)
    assert findings == []
    assert [(text.startswith(reason), blocks) for text, blocks in gaps] == [(True, False)]


def test_a_source_elsewhere_is_not_asked_for(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin)
    job = repository.review(repository.submit({PACKAGE: package()}), {"lookups": "source"})
    findings, gaps = compared(job)
    assert (job.exit_code, findings) == (0, [])
    assert [blocks for _, blocks in gaps] == [False]
    assert not any("/tags" in request.path for request in repository.github.requests)


def test_among_several_tags_and_plugins_the_name_decides(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin)
    content = sourced(repository, tag="v0.1.0")
    repository.git.git("tag", "0.1.0", "v0.1.0")
    pull = repository.submit({PACKAGE: content})
    several = [("the source `acme/plugins` has several tags of `0.1.0`", False)]
    assert compared(repository.review(pull, {"lookups": "source"})) == ([], several)
    repository.git.git("checkout", "-q", "source")
    other = plugin_files({"main.py": "import os\n"})
    other["manifest.yaml"] = other["manifest.yaml"].replace(b"\nname: weather\n", b"\nname: moon\n")
    repository.git.commit({f"src/moon/{path}": data for path, data in other.items()}, branch="source")
    repository.git.git("tag", "weather-v0.1.0")
    assert compared(repository.review(pull, {"lookups": "source"})) == ([], [])


def test_a_source_that_github_refuses_is_not_judged_and_one_that_it_does_not_give_blocks(
    tmp_path: Path, standin: StandInFactory
) -> None:
    repository = Marketplace(tmp_path, standin)
    manifest = plugin_files()["manifest.yaml"].decode()
    address = f"{repository.github.server_url}/acme/nothing"
    content = package({"manifest.yaml": re.sub(r"(?m)^repo: .*$", f"repo: {address}", manifest)})
    pull = repository.submit({PACKAGE: content})
    findings, ((reason, blocks),) = compared(repository.review(pull, {"lookups": "source"}))
    assert (findings, blocks) == ([], False)
    assert reason.startswith(f"the source `{address}` cannot be read (404")
    repository.github.faults.add(match=("GET", "/tags"), status=503, times=99)
    job = repository.review(pull, {"lookups": "source"})
    findings, ((reason, blocks),) = compared(job)
    assert (job.exit_code, findings, blocks) == (1, [], True)
    assert reason.endswith("run the job again")


def test_a_package_that_cannot_be_opened_has_no_source(tmp_path: Path, standin: StandInFactory) -> None:
    repository = Marketplace(tmp_path, standin)
    job = repository.review(repository.submit({PACKAGE: b"PK"}), {"lookups": "source"})
    assert compared(job)[0] == []


def test_of_very_many_tags_the_first_are_looked_at_and_that_is_said(
    tmp_path: Path, standin: StandInFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.github.source.MAX_TAGS", 2)
    repository = Marketplace(tmp_path, standin)
    pull = repository.submit({PACKAGE: sourced(repository)})
    for tag in ("a", "b"):
        repository.git.git("tag", tag, "main")
    said = ("the source `acme/plugins` has no tag of `0.1.0` (of its tags, 2 were looked at)", False)
    assert compared(repository.review(pull, {"lookups": "source"})) == ([], [said])
