"""The project's own files agree with each other and with what is promised about them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

import bot
from bot.action.inputs import NAMES
from bot.command import cli
from bot.rules.example import example_plugin
from tests.support.readme_commands import RUN_BY_CI, is_installation, shown_commands

ROOT = Path(__file__).resolve().parents[1]

INPUTS = {
    "github-token": "${{ github.token }}",
    "path": "",
    "profile": "",
    "config": "",
    "fail-on": "",
    "locales": "",
    "review": "auto",
    "comment": "auto",
    "annotations": "auto",
    "check-run": "off",
    "max-inline-comments": "25",
    "sarif-file": "",
    "json-file": "",
    "html-file": "",
    "preview-file": "",
    "patch-file": "",
    "patch-artifact": "",
    "result-file": "",
    "marketplace-url": "",
    "lookups": "",
    "commands": "",
    "language": "",
}
"""The Action's public inputs and their defaults."""

OUTPUTS = [
    "conclusion", "errors", "warnings", "notices", "plugins", "json-file", "sarif-file", "patch-file", "comment-url",
    "review-url",
]  # fmt: skip
"""The Action's public outputs."""

COMMANDS = [
    "check", "plan", "merge", "action", "publish", "fix", "preview", "diff", "explain", "rules", "schema", "init",
    "completion",
]  # fmt: skip
LOCKS = ["build", "demo", "dev", "npm", "runtime"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def document(path: str | Path) -> dict[Any, Any]:
    loaded = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def pyproject() -> dict[str, Any]:
    return tomllib.loads(text("pyproject.toml"))


def locked(name: str) -> dict[str, set[str]]:
    """The pinned versions of every distribution in a lock file."""
    pins: dict[str, set[str]] = {}
    for line in text(f"requirements/{name}.txt").splitlines():
        if match := re.match(r"([a-z0-9-]+)==(\S+)", line):
            pins.setdefault(match[1], set()).add(match[2])
    return pins


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


# The Action's interface.


def test_action_has_the_promised_inputs_with_their_defaults() -> None:
    assert {name: spec["default"] for name, spec in document("action.yml")["inputs"].items()} == INPUTS


def test_the_job_knows_the_inputs_of_the_action() -> None:
    assert set(NAMES) == INPUTS.keys()


def test_action_has_the_promised_outputs() -> None:
    assert list(document("action.yml")["outputs"]) == OUTPUTS


def test_no_input_is_required() -> None:
    assert not any(spec["required"] for spec in document("action.yml")["inputs"].values())


def test_everything_in_action_yml_is_described() -> None:
    action = document("action.yml")
    assert all(spec["description"].strip() for spec in [*action["inputs"].values(), *action["outputs"].values()])
    assert len(action["description"]) <= 125, "GitHub's Marketplace takes no longer description"


@pytest.mark.parametrize("name", [*INPUTS, *OUTPUTS])
def test_readme_tells_of_every_input_and_output(name: str) -> None:
    assert f"`{name}`" in text("README.md")


def test_readme_names_no_input_that_is_not_there() -> None:
    """Every `with:` of the README's workflows can be copied as it stands."""
    for block in re.findall(r"```ya?ml\n(.*?)```", text("README.md"), re.DOTALL):
        for step in steps(yaml.safe_load(block)):
            if "dify-plugin-review" in str(step.get("uses", "")):
                assert set(step.get("with", {})) <= set(INPUTS)


def test_readme_shows_what_check_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mistakes = {
        "manifest.yaml": [("icon: icon.svg", "icon: _assets/icon.svg"), ('"3.12"', "3.12")],
        "provider/acme.yaml": [("  ja_JP: Acme モデル", "  ja_Jp: Acme モデル")],
    }
    for path, content in example_plugin("model").items():
        written = content.decode()
        for right, wrong in mistakes.get(path, []):
            written = written.replace(right, wrong, 1)
        file = tmp_path / "models" / "acme" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(written, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["check"]) == 1
    shown = re.search(r"```text\n\$ dify-plugin-review check\n(.*?)```", text("README.md"), re.DOTALL)
    assert shown
    # How long it took is another number each time.
    printed, promised = (re.sub(r"[\d,]+ ms", "N ms", output) for output in (capsys.readouterr().out, shown[1]))
    assert printed == promised


def test_ci_runs_every_command_that_the_readme_shows() -> None:
    """Those of `make` in parts of their own, the others in `readme`, which has to know what their words stand for."""
    shown = shown_commands(text("README.md"))
    assert {command.split()[1] for command in shown if command.startswith("dify-plugin-review ")} >= set(COMMANDS)
    others = [command for command in shown if not command.startswith("dify-plugin-review ")]
    made = [command for command in others if not is_installation(command)]
    assert made
    for command in made:
        assert command.startswith(RUN_BY_CI), command
        assert " ".join(command.split()[:2]) in text(".ci/run")


def test_a_command_that_ci_cannot_run_is_no_command_for_the_readme() -> None:
    with pytest.raises(ValueError, match="what NUMBER stands for"):
        shown_commands("| `dify-plugin-review count [PATH…] NUMBER` | counts |\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_tells_of_every_command(command: str) -> None:
    assert re.search(rf"dify-plugin-review {command}\b|`{command}\b", text("README.md"))


def steps(node: object) -> list[dict[str, Any]]:
    """Every step of the workflow or part of a workflow in `node`."""
    if isinstance(node, dict):
        own = [node] if "uses" in node or "run" in node else []
        return own + [step for value in node.values() for step in steps(value)]
    if isinstance(node, list):
        return [step for value in node for step in steps(value)]
    return []


# One version, one name.


def test_version_has_one_source() -> None:
    project = pyproject()
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "bot/__init__.py"
    # The release workflow reads it with this very pattern.
    assert re.findall(r'^__version__ = "(\d+\.\d+\.\d+)"$', text("bot/__init__.py"), re.MULTILINE) == [bot.__version__]


def test_changelog_tells_of_this_version() -> None:
    assert re.search(rf"^## \[{re.escape(bot.__version__)}\]", text("CHANGELOG.md"), re.MULTILINE)


def test_the_command_and_the_module_are_the_same() -> None:
    assert pyproject()["project"]["scripts"] == {"dify-plugin-review": "bot.__main__:run"}
    shown = subprocess.run(
        [sys.executable, "-P", "-m", "bot", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert bot.__version__ in shown.stdout


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(tmp_path: Path) -> None:
    """Templates, data and the example plugins with their dot files are read at run time."""
    build = [sys.executable, "-P", "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    tracked = {path.relative_to(ROOT).as_posix() for path in tracked_files()}
    assert {name for name in tracked if name.startswith("bot/")} <= packed
    assert all(name.startswith("bot/") for name in packed)


# Locked dependencies.


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_every_file_by_hash_and_no_index(name: str) -> None:
    lock = text(f"requirements/{name}.txt")
    requirements = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", lock).strip())
    assert requirements
    for requirement in requirements:
        assert re.match(r"[a-z0-9-]+==[^\s;]+( ;[^\\]+)? \\\n", requirement)
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", requirement)
    assert "://" not in lock
    assert "--index" not in lock
    assert "--find-links" not in lock


def test_locks_agree_with_each_other() -> None:
    everything = locked("dev")
    for name in ("build", "demo", "runtime"):
        for distribution, versions in locked(name).items():
            assert versions <= everything.get(distribution, set()), f"{distribution} in {name}.txt"


def test_locks_hold_every_declared_dependency() -> None:
    project = pyproject()

    def names(requirements: list[Any]) -> set[str]:
        return {normal(re.split(r"[\s<>=~!;\[]", item)[0]) for item in requirements if isinstance(item, str)}

    runtime = names(project["project"]["dependencies"])
    groups = project["dependency-groups"]
    demo = names(groups["demo"])
    assert runtime <= set(locked("runtime"))
    assert runtime | demo <= set(locked("demo"))
    assert names(groups["build"]) <= set(locked("build"))
    assert names(groups["npm"]) <= set(locked("npm"))
    development = names(groups["build"]) | names(groups["test"]) | names(groups["lint"]) | names(groups["dev"])
    assert runtime | demo | development <= set(locked("dev"))


def test_the_image_gets_nothing_from_development() -> None:
    """What is only for tests, linters or the demo is not in the image that runs with a token."""
    assert not {"dify-plugin", "pytest", "graphql-core", "hatchling", "uv"} & set(locked("runtime"))


# Workflows.


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_every_foreign_action_is_pinned_to_a_commit(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\s*(?:- )?uses: *(\S+)(.*)$", line):
            if match[1].startswith("./"):
                continue
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", match[1]), line
            assert re.match(r" # v\d+\.\d+\.\d+$", match[2]), f"{line}: which version is that?"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_job_asks_for_its_permissions_and_ends(path: Path) -> None:
    workflow = document(path)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert "permissions" in job, name
        assert "uses" in job or job["timeout-minutes"] <= 60, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_checkout_leaves_its_token_behind(path: Path) -> None:
    for step in steps(document(path)):
        if str(step.get("uses", "")).startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_release_finds_the_line_that_it_replaces() -> None:
    assert text("action.yml").splitlines().count("  image: Dockerfile") == 1
    assert "^  image: Dockerfile$" in text(".github/workflows/release.yml")


def test_a_release_publishes_the_package_that_was_tried_and_stores_no_token() -> None:
    jobs = document(".github/workflows/release.yml")["jobs"]
    assert ".ci/run readme" in [step.get("run") for step in jobs["package"]["steps"]]
    assert "id-token" not in jobs["package"]["permissions"], "what is installed to build could use it"
    assert {"image", "package"} <= set(jobs["pypi"]["needs"])
    assert "pypi" in jobs["release"]["needs"]
    assert jobs["pypi"]["permissions"] == {"id-token": "write", "attestations": "write"}
    assert not any("run" in step for step in jobs["pypi"]["steps"])
    (publish,) = (step for step in jobs["pypi"]["steps"] if step["uses"].startswith("pypa/gh-action-pypi-publish@"))
    assert publish["with"] == {"attestations": True}
    assert "secrets." not in text(".github/workflows/release.yml")


def test_ci_rehearses_a_release() -> None:
    parts = [
        row["part"] for row in document(".github/workflows/ci.yml")["jobs"]["checks"]["strategy"]["matrix"]["include"]
    ]
    assert {"readme", "container"} <= set(parts)


def test_ci_measures_what_the_tests_cover() -> None:
    parts = [
        row["part"] for row in document(".github/workflows/ci.yml")["jobs"]["checks"]["strategy"]["matrix"]["include"]
    ]
    assert "coverage" in parts
    assert "make coverage" in text(".ci/run")


def test_nothing_runs_the_package_by_its_name() -> None:
    """Nobody has published it yet: whoever registers the name would be run by those who copy such a line."""
    by_name = re.compile(
        r"(pip3?|pipx|uv|uvx|uv tool|uv pip)( -\S+| run| install| --\S+ \S+)* ['\"]?dify-plugin-review\b"
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked_files()
        if path.suffix in {".md", ".yml", ".yaml", ".py", ".j2", ".toml"} and path.name != "CONTRIBUTING.md"
        if (match := by_name.search(path.read_text(encoding="utf-8")))
    ]
    assert not found


# What people and machines type.


@pytest.mark.parametrize(
    "target", ["setup", "demo", "test", "coverage", "test-container", "lint", "lock", "docs", "bench", "image", "clean"]
)
def test_make_has_the_target(target: str) -> None:
    assert re.search(rf"^{target}:", text("Makefile"), re.MULTILINE)


def test_ci_runs_the_documented_commands() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    for command in ("make lint", "make test", "make demo", "make cost"):
        assert command in text(".ci/run")


def test_contributing_and_readme_name_only_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"):
        for target in re.findall(r"`make ([a-z-]+)", text(name)):
            assert target in targets, f"{name} names make {target}"


def test_pre_commit_hooks_run_commands_on_the_touched_plugins() -> None:
    hooks = yaml.safe_load(text(".pre-commit-hooks.yaml"))
    assert [hook["id"] for hook in hooks] == ["dify-plugin-review", "dify-plugin-review-fix"]
    for hook in hooks:
        name, command, *options = hook["entry"].split()
        assert name in pyproject()["project"]["scripts"]
        assert command in COMMANDS
        # The files come after the options; in parts at the same time, they would be the same plugin several times.
        assert options[-1] == "--touched"
        assert hook["require_serial"]
        assert f"`{hook['id']}`" in text("README.md")


def test_every_module_has_a_test_of_its_name_or_is_named_in_the_table_of_tests() -> None:
    table = text("tests/README.md").split("## Modules without a test of their own name", 1)[1]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    named = [pattern for modules, _ in rows for pattern in re.findall(r"`([^`]+)`", modules)]
    for _, tests in rows:
        first = re.findall(r"`([^`]+)`", tests)[0]
        assert (ROOT / first).exists(), first
    own = {path.stem.removeprefix("test_") for path in (ROOT / "tests").rglob("test_*.py")}
    modules = [
        path.relative_to(ROOT).as_posix()
        for path in tracked_files()
        if path.suffix == ".py" and path.is_relative_to(ROOT / "bot") and not path.is_relative_to(ROOT / "bot/examples")
        if path.name != "__init__.py"
    ]
    without = [module for module in modules if PurePosixPath(module).stem not in own]
    assert [module for module in without if not any(fnmatch(module, pattern) for pattern in named)] == []
    for pattern in named:
        assert any(fnmatch(module, pattern) for module in modules), f"{pattern} is not there"


def test_hooks_of_this_repository_run_the_locked_tools_on_files_that_are_there() -> None:
    """No second set of versions, which would disagree with `make lint`."""
    names = [path.relative_to(ROOT).as_posix() for path in tracked_files()]
    for repository in yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            program = hook["entry"].split()[0]
            assert program == "make" or program.removeprefix(".venv/bin/") in locked("dev"), hook["id"]
            assert any(re.search(hook.get("files", r"\.py$"), name) for name in names), hook["id"]


def test_the_development_container_sets_itself_up() -> None:
    container = json.loads(text(".devcontainer/devcontainer.json"))
    make, target = container["postCreateCommand"].split()
    assert make == "make"
    assert re.search(rf"^{target}:", text("Makefile"), re.MULTILINE)


def test_code_owners_own_what_is_there() -> None:
    rules = [line.split() for line in text(".github/CODEOWNERS").splitlines() if line and not line.startswith("#")]
    assert rules[0][0] == "*"
    for pattern, *owners in rules:
        assert owners
        assert all(owner.startswith("@") for owner in owners)
        assert pattern == "*" or (ROOT / pattern.strip("/")).exists(), pattern


def test_no_file_names_a_private_place() -> None:
    """A reader elsewhere has none of these, and the locks would not install from them."""
    private = re.compile(
        rb"/wor[k]/(main|shared|\.)|/tmp/re[f]\b|\.\./share[d]/(contract|github|anchors|spec)|/op[t]/pypi"
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0].decode()}"
        for path in tracked_files()
        if (match := private.search(path.read_bytes()))
    ]
    assert not found


def test_no_tracked_file_is_made_by_a_tool() -> None:
    made = re.compile(r"(^|/)(__pycache__|node_modules|\.venv|\.mypy_cache|\.ruff_cache|build|dist)/|\.pyc$")
    assert not [name for path in tracked_files() if made.search(name := path.relative_to(ROOT).as_posix())]
