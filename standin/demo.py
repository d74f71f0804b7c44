"""Runs the Action on a pull request as the runner would: a process of its own, an event file, a token, a workspace.

The pull request adds a tool with mistakes to a clean plugin. It is reviewed twice, and a third time after the author
has taken the suggestions; what happens is printed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import ToolError
from bot.report.escape import terminal
from bot.rules.example import example_plugin
from bot.source import LocalTree
from standin import StandIn

_CHANGE = Path(__file__).parent / "change"
_AUTHOR = {
    "GIT_AUTHOR_NAME": "Demo",
    "GIT_AUTHOR_EMAIL": "demo@example.invalid",
    "GIT_COMMITTER_NAME": "Demo",
    "GIT_COMMITTER_EMAIL": "demo@example.invalid",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def demo(keep: Path | None = None) -> int:
    """Prints the three reviews. Returns 0 when each went as it must, else raises `ToolError`."""
    with _folder(keep) as folder:
        repository = folder / "repository"
        make_repository(repository)
        with StandIn(repository, "acme/plugins") as github:
            token = github.token({"contents": "read", "pull_requests": "write"})
            pull = github.open_pull("feature", title="Add a forecast", author="octocat")

            _title("1. A pull request adds a tool with mistakes to a plugin")
            first = _review(github, token, folder, "opened")
            _expect(first == 1, f"the review must fail with exit code 1, not {first}")
            summary = pull.issue_comments[0].body
            comments = [comment for comment in pull.review_comments if comment.line is not None]
            _show("The summary comment", summary)
            for comment in comments:
                _show(f"An inline comment on {comment.path}, line {comment.line}", comment.body)
            _expect(bool(comments), "there must be inline comments")
            (folder / "summary.md").write_text(summary, encoding="utf-8")

            _title("2. The same once more: nothing new is posted")
            before = len(github.writes())
            second = _review(github, token, folder, "reopened")
            _expect(second == 1, f"the verdict must stay the same, not {second}")
            _expect(len(github.writes()) == before, "a second identical run must post nothing")
            print("Nothing was posted.")

            _title("3. The author corrects the tool and pushes")
            _commit(repository, "feature", _corrected())
            github.push(pull, "feature")
            third = _review(github, token, folder, "synchronize")
            _expect(third == 0, f"the corrected plugin must pass, not {third}")
            _show("The summary comment, edited in place", pull.issue_comments[0].body)
            _expect(len(pull.issue_comments) == 1, "there must be one summary comment")
            requests = len(github.requests)
    print(f"\nDemo passed: 3 reviews, {requests} requests to the stand-in.")
    return 0


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="dify-plugin-review-") as name:
        yield Path(name)


def make_repository(repository: Path) -> None:
    if repository.exists():
        shutil.rmtree(repository)
    repository.mkdir(parents=True)
    _git(repository, "init", "--quiet", "--initial-branch", "main")
    files = {f"weather/{path}": content for path, content in example_plugin("tool").items()}
    _write(repository, files)
    _git(repository, "add", "--all")
    _git(repository, "commit", "--quiet", "--message", "A weather plugin")
    _git(repository, "checkout", "--quiet", "-b", "feature")
    change = LocalTree(_CHANGE)
    files = {f"weather/{path}": change.read(path) for path in change.entries() if not path.endswith(".pyc")}
    provider = example_plugin("tool")["provider/weather.yaml"]
    tools = b"tools:\n  - tools/current_weather.yaml\n"
    files["weather/provider/weather.yaml"] = provider.replace(tools, tools + b"  - ./tools/forecast.yaml\n")
    manifest = example_plugin("tool")["manifest.yaml"]
    files["weather/manifest.yaml"] = manifest.replace(b"version: 0.1.0", b"version: 0.2.0").replace(
        b'version: "3.12"', b"version: 3.12"
    )
    _write(repository, files)
    _git(repository, "add", "--all")
    _git(repository, "commit", "--quiet", "--message", "Add a forecast")


def _corrected() -> dict[str, bytes]:
    """The files of the pull request as they should be."""
    tool = (_CHANGE / "tools/forecast.yaml").read_text(encoding="utf-8")
    tool = tool.replace("ja_Jp:", "ja_JP:").replace("type: text", "type: string").replace('"true"', "true")
    tool = tool.replace("minimum:", "min:")
    tool = tool.replace(
        "    zh_Hans: 显示未来几天的天气。\n",
        "    zh_Hans: 显示未来几天的天气。\n    ja_JP: 今後数日間の天気を表示します。\n"
        "    pt_BR: Mostra o clima dos próximos dias.\n",
    )
    tool = tool.replace(
        "      pt_BR: Dias\n",
        "      pt_BR: Dias\n    human_description:\n      en_US: How many days to show.\n"
        "      zh_Hans: 要显示的天数。\n"
        "      ja_JP: 表示する日数。\n      pt_BR: Quantos dias mostrar.\n",
    )
    provider = example_plugin("tool")["provider/weather.yaml"]
    tools = b"tools:\n  - tools/current_weather.yaml\n"
    return {
        "weather/tools/forecast.yaml": tool.encode(),
        "weather/provider/weather.yaml": provider.replace(tools, tools + b"  - tools/forecast.yaml\n"),
        "weather/manifest.yaml": example_plugin("tool")["manifest.yaml"].replace(b"0.1.0", b"0.2.0", 1),
    }


def _commit(repository: Path, branch: str, files: dict[str, bytes]) -> None:
    _git(repository, "checkout", "--quiet", branch)
    _write(repository, files)
    _git(repository, "add", "--all")
    _git(repository, "commit", "--quiet", "--message", "Correct the forecast")


def _write(repository: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        target = repository / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _git(repository: Path, *arguments: str) -> None:
    program = shutil.which("git")
    if program is None:
        raise ToolError("the demonstration needs git; install it and run it again")
    done = subprocess.run(
        [program, "-C", str(repository), *arguments], env={**os.environ, **_AUTHOR}, capture_output=True, check=False
    )
    if done.returncode:
        raise ToolError(f"git {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()}")


def _review(github: StandIn, token: str, folder: Path, action: str) -> int:
    """Runs the Action in a process of its own, with what the runner gives it."""
    workspace = folder / "workspace"
    workspace.mkdir(exist_ok=True)
    pull = next(iter(github.pulls.values()))
    payload = github.event("pull_request_target", action=action, pull=pull)
    environment = {
        **{name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "LANG") if name in os.environ},
        **github.environment("pull_request_target", payload, folder / "event.json"),
        "GITHUB_WORKSPACE": str(workspace),
        "GITHUB_STEP_SUMMARY": str(folder / "step-summary.md"),
        "GITHUB_OUTPUT": str(folder / "output.txt"),
        "INPUT_GITHUB-TOKEN": token,
    }
    # The workspace is the reviewed change: Python must not look for modules there.
    start = "import sys; sys.path.insert(0, sys.argv.pop(1)); from bot.__main__ import run; run()"
    checkout = str(Path(__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-P", "-c", start, checkout, "action"],
        cwd=workspace,
        env=environment,
        capture_output=True,
        check=False,
    )
    _show("The job's log", (done.stdout + done.stderr).decode(errors="replace"))
    print(f"The job ends with exit code {done.returncode}.")
    return done.returncode


def _title(text: str) -> None:
    print(f"\n{text}\n{'=' * len(text)}")


_HIDDEN = re.compile(r"<!--.*?-->\n?", re.DOTALL)


def _show(title: str, text: str) -> None:
    print(f"\n{title}:")
    for line in _HIDDEN.sub("", text).strip().splitlines():
        print(f"  | {terminal(line)}")


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ToolError(f"the demonstration went wrong: {otherwise}")
