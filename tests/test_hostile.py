"""Whatever a change brings along, it is shown as itself and does nothing, from the first file to the last output.

A plugin, a package and a pull request are made of nasty words wherever a text can stand: folders, files, keys, values,
comments, members, titles. The whole tool runs on them; the outputs are read by what reads them in the end.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import os
import re
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from bot.command import cli
from bot.rules.example import example_plugin
from tests.report.test_escape import NASTY_WORDS, Page
from tests.support.inert import assert_inert, words_of
from tests.support.job import READ, TOOL, WRITE, Job, Repository, bodies
from tests.support.runner import ANNOTATION_LEVELS, Runner
from tests.support.standin import StandInFactory, standin

__all__ = ["standin"]

#: A word to find in every output: what is inert must still be there.
SIGN = "sign5f3e"
ATTACKS = (
    f"{SIGN} @everyone #1 GH-12 acme/repo#3 <img src=x onerror=alert(1)> [x](https://evil.example) ![x](https://e.test)",
    "::error file=a,line=1::x", "##[error]x", "::stop-commands::x", "::add-mask::a", "::set-output name=errors::0",
    "{{7*7}} {% raw %} ${{ github.token }}", "ghadelimiter_x", "conclusion=passed", "conclusion<<EOF\npassed\nEOF",
    "```\n\n# Heading\n\n```suggestion\nevil\n```", "</details><script>alert(1)</script>", "--> <b>bold</b> <!--",
    "<!-- dify-plugin-review:summary -->", "<!-- dify-plugin-review:finding 0123456789abcdef0123 -->",
    "\u202egnp.exe", "\x1b[31mred\x1b]8;;https://evil.example\x07", "| a | b |\n|---|---|", "a\r\n::error::x\r\n",
)  # fmt: skip
# YAML takes no lone surrogates and no control characters.
TEXTS = [*ATTACKS, *(word for word in NASTY_WORDS if not re.search("[\ud800-\udfff]", word))]
#: Names as a file system and GitHub's listing take them; one folder below another where there is a slash.
NAMES = [
    name
    for word in ATTACKS
    if (name := re.sub(r"/{2,}", "/", word.replace("\0", "")).strip("/")) and len(name.encode()) < 200
]


def _scalar(text: str) -> str:
    """A text as a YAML scalar that says just that."""
    return yaml.safe_dump(text, allow_unicode=False, width=10**6, default_style='"').strip()


def nasty_plugin() -> dict[str, str | bytes | None]:
    """A plugin's files: unknown keys and values, references to nowhere, and files that nobody asked for."""
    tool = example_plugin("tool")["tools/current_weather.yaml"].decode()
    unknown = "".join(f"{_scalar(f'{text}-{index}')}: {_scalar(text)}\n" for index, text in enumerate(TEXTS))
    provider = example_plugin("tool")["provider/weather.yaml"].decode()
    references = "".join(f"  - {_scalar(f'tools/{text}.yaml')}\n" for text in TEXTS)
    manifest = example_plugin("tool")["manifest.yaml"].decode()
    manifest = re.sub(r"^version: .*$", f"version: {_scalar(ATTACKS[0])}", manifest, flags=re.MULTILINE)
    manifest = re.sub(r"^author: .*$", f"author: {_scalar(ATTACKS[0])}", manifest, flags=re.MULTILINE)
    manifest = re.sub(r"^icon: .*$", f"icon: {_scalar(ATTACKS[0])}", manifest, flags=re.MULTILINE)
    values = "".join(
        f"  - name: {_scalar(text)}\n    type: {_scalar(text)}\n    form: {_scalar(text)}\n"
        f"    required: {_scalar(text)}\n    label:\n      en_US: {_scalar(text)}\n      {_scalar(text)}: x\n"
        for text in ATTACKS
    )
    return {
        **example_plugin("tool"),
        "manifest.yaml": manifest,
        "provider/weather.yaml": provider.replace("tools:\n", f"tools:\n{references}", 1),
        "tools/current_weather.yaml": tool.replace("parameters:\n", f"parameters:\n{values}", 1) + unknown,
        "tools/broken.yaml": f"a: [\n# {SIGN} ::error::x @everyone\n",
        "README.md": f"# {ATTACKS[0]}\n\n" + "\n\n".join(ATTACKS),
        ".difyignore": "\n".join(ATTACKS),
        "main.py": "# dify-plugin-review: ignore[no/such] " + ATTACKS[0] + "\nimport sys\n",
        **{f"_assets/{name}": b"x" for name in NAMES},
    }


def nasty_package() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in nasty_plugin().items():
            assert content is not None
            archive.writestr(path, content)
        for index, text in enumerate(ATTACKS):
            archive.writestr(f"../{text}-{index}".replace("\0", ""), b"x")
    return buffer.getvalue()


#: The plugin's folder, on whose name everything that is said about it begins.
FOLDER = f"{SIGN} <b>@all</b> ::error::[x](y) {{{{7*7}}}}"


@pytest.fixture
def repository(tmp_path: Path, standin: StandInFactory) -> Repository:
    return Repository(tmp_path, standin)


def nasty_change() -> dict[str, str | bytes | None]:
    folder = {f"{FOLDER}/{path}": content for path, content in nasty_plugin().items()}
    return {
        **folder,
        f"{SIGN}@all::error::x.difypkg": nasty_package(),
        TOOL: nasty_plugin()["tools/current_weather.yaml"],
    }


def assert_only_annotations(log: str) -> Runner:
    """The runner finds no command but our annotations, which begin and end where we say."""
    runner = Runner()
    runner.feed(log)
    assert not runner.failed
    known = {f"{family}/" for family in _families()}
    for command in runner.commands:
        assert command.name in ANNOTATION_LEVELS, command
        title = command.properties.get("title", "")
        assert title == "Dify Plugin Review" or any(title.startswith(family) for family in known), command
        assert command.properties.keys() <= {"file", "line", "endline", "col", "endcolumn", "title"}
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", log.replace("\r\n", ""))
    return runner


def _families() -> set[str]:
    from bot.rules.registry import catalogue

    return {rule.partition("/")[0] for rule in catalogue()}


# --- the Action ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("permissions", [WRITE, READ], ids=["write", "read-only"])
def test_a_hostile_pull_request(repository: Repository, permissions: dict[str, str]) -> None:
    pull = repository.open(nasty_change(), title=ATTACKS[0], body="\n\n".join(ATTACKS), head_repo="stranger/plugins")
    job = repository.run(permissions=permissions, pull=pull)
    assert job.exit_code == 1, job.log
    assert_only_annotations(job.log)
    assert_inert_report(job, repository)
    hosts = _hosts(repository)
    posted = bodies(pull)
    assert bool(posted) == (permissions == WRITE)
    for body in posted:
        assert len(body) <= 65_536
        assert_inert(body, hosts)
    if posted:
        assert SIGN in words_of(pull.issue_comments[0].body)
        assert_nothing_is_lost_but_in_names(job)
        writes = len(repository.github.writes())
        again = repository.run(permissions=permissions, pull=pull)
        assert repository.github.writes()[writes:] == []
        assert again.exit_code == 1


def test_a_check_run_of_a_hostile_pull_request(repository: Repository) -> None:
    pull = repository.open(nasty_change(), title=ATTACKS[0], head_repo="stranger/plugins")
    inputs = {"check-run": "auto", "review": "off", "comment": "off"}
    job = repository.run(permissions={**WRITE, "checks": "write"}, pull=pull, inputs=inputs)
    assert (job.exit_code, job.notices) == (1, []), job.log
    (run,) = repository.github.check_runs
    assert run.summary is not None
    assert_inert(run.summary, _hosts(repository))
    assert SIGN in words_of(run.summary)
    texts = [run.title, *(text for note in run.annotations for text in (note.title, note.message))]
    assert any(SIGN in (text or "") for text in texts)
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "\n".join(map(str, texts))
    )


def assert_inert_report(job: Job, repository: Repository) -> None:
    assert_inert(job.summary, _hosts(repository))
    assert SIGN in words_of(job.summary)
    assert set(job.outputs) >= {"conclusion", "errors", "warnings", "notices", "plugins", "json-file", "sarif-file"}
    assert job.outputs["conclusion"] == "failed"
    assert all(re.fullmatch(r"[\w./:#-]*", value) for value in job.outputs.values()), job.outputs


def assert_nothing_is_lost_but_in_names(job: Job) -> None:
    """Names are escaped in the summary, so that rules are looked for, not places."""
    assert {finding["rule"] for finding in job.active} <= {rule for rule in job.rules if rule in job.summary}


def _hosts(repository: Repository) -> set[str]:
    return {urlsplit(repository.github.server_url).netloc, "github.com", "docs.dify.ai"}


def test_a_hostile_configuration_is_quoted_and_nothing_else(repository: Repository) -> None:
    config = "rules:\n" + "".join(f"  {_scalar(text)}: {_scalar(text)}\n" for text in ATTACKS)
    pull = repository.open({".github/dify-plugin-review.yml": config, "weather/x.txt": "x\n"})
    job = repository.run("pull_request", pull=pull)
    assert job.exit_code == 2
    assert_only_annotations(job.log)
    assert_inert(job.summary, ())


def test_a_checkout_with_hostile_names_is_read_as_it_is(repository: Repository) -> None:
    pull = repository.open(nasty_change(), head_repo="stranger/plugins")
    through_api = repository.run("pull_request", pull=pull)
    local = repository.run("pull_request", pull=pull, workspace=repository.git.path)
    assert local.exit_code == through_api.exit_code == 1
    places = [
        [(f["rule"], f["path"], f["member"], f["line"], f["message"]) for f in job.active]
        for job in (through_api, local)
    ]
    assert places[0] == places[1]


# --- the command line ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same things on a disk, and a name that is not UTF-8."""
    root = tmp_path_factory.mktemp("hostile")
    for path, content in nasty_change().items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else str(content).encode())
    with contextlib.suppress(OSError):  # Some file systems take only UTF-8.
        (Path(os.fsdecode(os.fsencode(root / FOLDER / "_assets") + b"/latin\xe9\xff.png"))).write_bytes(b"x")
    return root


def check(folder: Path, monkeypatch: pytest.MonkeyPatch, form: str, *options: str) -> str:
    monkeypatch.chdir(folder)
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="", write_through=True)
    with contextlib.redirect_stdout(output):
        assert cli.main(["check", "--offline", "--format", form, *options]) == 1
    return _written(output)


def _written(output: io.TextIOWrapper) -> str:
    assert isinstance(output.buffer, io.BytesIO)
    return output.buffer.getvalue().decode("utf-8")


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "markdown", "html"])
def test_every_form_of_a_report_is_harmless_in_a_job(folder: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Whatever the form, people print it to the log of a job."""
    text = check(folder, monkeypatch, form)
    assert SIGN in text
    runner = assert_only_annotations(text)
    assert bool(runner.commands) == (form == "github")


@pytest.mark.parametrize("options", [[], ["--profile", "marketplace"]])
def test_markdown_and_html(folder: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]) -> None:
    assert_inert(check(folder, monkeypatch, "markdown", *options), {"github.com", "docs.dify.ai"})
    text = check(folder, monkeypatch, "html", *options)
    page = Page(text)
    assert not {"img", "iframe", "object", "form", "svg", "link", "base"} & set(page.tags)
    # One script, which is ours: its digest is the only one that the page allows.
    (script,) = re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert re.findall(r"script-src ([^;\"]*)", text) == [f"'sha256-{digest}'"]
    assert page.tags.count("script") == 1
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    links = [urlsplit(value or "") for name, value in page.attributes if name in ("href", "src")]
    assert {link.scheme for link in links} <= {"https", ""}
    assert {link.netloc for link in links} <= {"github.com", "docs.dify.ai", ""}


def test_json_and_sarif_say_just_what_is_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = json.loads(check(folder, monkeypatch, "json"))
    assert {plugin["root"] for plugin in report["plugins"]} >= {FOLDER, f"{SIGN}@all::error::x.difypkg"}
    assert any(f["member"] and SIGN in f["message"] for f in report["findings"])
    sarif = json.loads(check(folder, monkeypatch, "sarif"))
    uris = {
        location["physicalLocation"]["artifactLocation"]["uri"]
        for result in sarif["runs"][0]["results"]
        for location in result["locations"]
    }
    assert all(re.fullmatch(r"[A-Za-z0-9._~!$&'()*+,;=:@/%-]+", uri) for uri in uris), uris


class _Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_only_our_own_colours(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = _Terminal(io.BytesIO(), encoding="utf-8", newline="", write_through=True)
    with contextlib.redirect_stdout(terminal):
        cli.main(["check", "--offline"])
    text = _written(terminal)
    rest = re.sub(r"\x1b(?:\[[0-9;]*m|\]8;[^\x1b\x07]*\x1b\\)", "", text)
    assert rest != text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", rest)
    assert "evil.example\x07" not in text
