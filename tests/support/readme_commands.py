"""Runs every command that the README and the pages of the site show, where nothing but a built package is installed.

`python readme_commands.py` builds what a release publishes into `dist/`, installs it into empty environments (the
wheel, and as the README says), and runs the commands in each, in a repository with a plugin and a package. What is
installed is held to the locks, so the outcome does not depend on the day. It needs git, and Python 3.11 or newer with
`venv`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import chdir
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "dify-plugin-review"
HOME_PAGE = f"https://github.com/{COMMAND}/{COMMAND}"
RUN_BY_CI = ("make demo", "make test")
"""What `.ci/run` runs by itself, from the same checkout."""

ARGUMENTS = {"OLD": ".", "NEW": ".", "RULE": "schema/not-text", "SHELL": "bash", "RESULT.json": "result.json"}
"""What stands for a word that a reader replaces. What is in brackets is left out."""

EXIT_CODES = {"publish": (2,), "check": (0, 1), "merge": (0, 1), "init": (0, 2), "lsp": (1, 2)}
"""The exit codes of a subcommand that works, where they are not 0. Outside of a job there is nothing to publish
to, without a terminal nobody is asked, and the language server is not installed, or no editor speaks to it."""

SECONDS = 120
_PASSED_ON = re.compile(r"PIP_|SSL_|REQUESTS_|CURL_|.*_proxy$|LANG$|LC_|TMPDIR$", re.IGNORECASE)


def shown_commands(text: str) -> list[str]:
    """The commands of a Markdown text, in order: the lines with a prompt, then those that a table describes."""
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    typed = [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    described = re.findall(rf"^\| `({COMMAND} [^`]+)`", text, re.MULTILINE)
    return list(dict.fromkeys(typed + [_filled(command) for command in described]))


def _filled(command: str) -> str:
    words = [ARGUMENTS.get(word, word) for word in re.sub(r" \[[^]]*\]", "", command).split()]
    if unknown := [word for word in words if re.match(r"[A-Z]{2}", word)]:
        raise ValueError(f"{command}: say in ARGUMENTS of {Path(__file__).name} what {unknown[0]} stands for")
    return " ".join(words)


def is_installation(command: str) -> bool:
    return command.startswith(("git clone", "pip install"))


def run(*command: str | Path, folder: Path = ROOT, environment: Mapping[str, str] | None = None) -> str:
    """What a program prints. Raises `SystemExit` with that if it fails."""
    done = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.stdout


class Environment:
    """An empty virtual environment, and no other program than the system's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        run(sys.executable, "-m", "venv", folder)
        passed_on = {name: value for name, value in os.environ.items() if _PASSED_ON.match(name)}
        self.variables = {**passed_on, "HOME": str(folder), "PATH": f"{folder}/bin:{os.defpath}", "COLUMNS": "100"}

    def pip(self, *arguments: str | Path) -> None:
        run(self.folder / "bin" / "pip", "install", "--quiet", *arguments, environment=self.variables)

    def locked(self, *locks: str) -> None:
        paths = [ROOT / "requirements" / f"{lock}.txt" for lock in locks]
        self.pip("--no-deps", "--require-hashes", *(word for path in paths for word in ("-r", path)))

    def try_all(self, commands: list[str], workspace: Path, variables: Mapping[str, str]) -> None:
        """Runs each command as a shell does. Raises `SystemExit` at the first that does not work."""
        for command in commands:
            started = time.monotonic()
            done = subprocess.run(
                ["bash", "-c", command], cwd=workspace, env={**self.variables, **variables}, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=SECONDS, check=False,
            )  # fmt: skip
            subcommand = command.removeprefix(COMMAND).split()[0] if command.startswith(COMMAND) else ""
            expected = EXIT_CODES.get(subcommand, (0,))
            if done.returncode not in expected or "this is a fault" in done.stderr or "Traceback" in done.stderr:
                sys.exit(f"$ {command}\n{done.stdout}{done.stderr}exit code {done.returncode}, expected {expected}")
            print(f"  {time.monotonic() - started:5.1f} s  $ {command}", flush=True)


def build(folder: Path) -> Path:
    """Builds the source archive and the wheel into `dist/`; gives the wheel, which the archive builds to the byte."""
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    builder = Environment(folder / "builder")
    builder.locked("build")
    run(builder.folder / "bin" / "python", "-P", "-m", "hatchling", "build", "--directory", dist)
    (wheel,), (archive,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    again = folder / "again"
    run(builder.folder / "bin" / "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", again,
        archive, environment=builder.variables)  # fmt: skip
    if (again / wheel.name).read_bytes() != wheel.read_bytes():
        sys.exit(f"{archive.name} builds another wheel than the repository does")
    return wheel


def make_workspace(folder: Path) -> dict[str, str]:
    """A repository with a plugin and a package of it; gives the environment of a job that runs there."""
    plugin = folder / "weather"
    shutil.copytree(ROOT / "bot" / "examples" / "tool", plugin)
    with chdir(plugin), zipfile.ZipFile(folder / "weather.difypkg", "w") as package:
        for path in sorted(Path().rglob("*")):
            if path.is_file():
                package.write(path)
    (folder / "result.json").write_text("{}", encoding="utf-8")
    (folder / "event.json").write_text("{}", encoding="utf-8")
    author = ("-c", "user.name=Author", "-c", "user.email=author@example.com", "-c", "commit.gpgsign=false")
    run("git", "init", "--quiet", "--initial-branch=main", folder=folder)
    run("git", "add", "weather", "weather.difypkg", folder=folder)
    run("git", *author, "commit", "--quiet", "--message=Add the plugin", folder=folder)
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "workflow_dispatch",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_WORKSPACE": str(folder),
        "GITHUB_REPOSITORY": "author/plugins",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_SHA": run("git", "rev-parse", "HEAD", folder=folder).strip(),
        # Nothing answers there: the job reads its checkout.
        "GITHUB_API_URL": "http://127.0.0.1:9",
    }


def pins(*locks: str) -> Iterator[str]:
    for lock in locks:
        for line in (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8").splitlines():
            if pin := re.match(r"[a-z0-9-]+==[^\\]+", line):
                yield pin[0].rstrip() + "\n"


def as_the_readme_says(folder: Path) -> dict[str, str]:
    """Settings with which the README's own commands install this revision, with the releases that are locked."""
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(sorted(set(pins("runtime", "build", "dev")))), encoding="utf-8")
    settings = {f"url.{ROOT.as_uri()}.insteadOf": HOME_PAGE, "safe.directory": "*"}
    git = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        git |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    # How pip holds its isolated build to constraints depends on its age.
    return {**git, "PIP_CONSTRAINT": str(constraints), "PIP_BUILD_CONSTRAINT": str(constraints)}


def pages_with_commands() -> list[Path]:
    """The README and the English pages of the site: a test holds the others to the same commands."""
    docs = ROOT / "docs"
    return [ROOT / "README.md", *sorted(docs.glob("*.md")), *sorted((docs / "start").glob("*.md"))]


def main() -> None:
    pages = pages_with_commands()
    shown = (command for page in pages for command in shown_commands(page.read_text(encoding="utf-8")))
    commands = list(dict.fromkeys(shown))
    installing = [command for command in commands if is_installation(command)]
    usable = [command for command in commands if command not in installing and not command.startswith(RUN_BY_CI)]
    with tempfile.TemporaryDirectory(prefix="readme-") as temporary:
        folder = Path(temporary)
        wheel = build(folder)
        workspace = folder / "workspace"
        workspace.mkdir()
        job = make_workspace(workspace)
        print(f"From {wheel.name}:", flush=True)
        environment = Environment(folder / "wheel")
        environment.locked("runtime")
        environment.pip("--no-deps", "--no-index", wheel)
        run(environment.folder / "bin" / "python", "-I", ROOT / "requirements" / "check.py",
            ROOT / "requirements" / "runtime.txt", environment=environment.variables)  # fmt: skip
        environment.try_all(usable, workspace, job)
        print("As the README says:", flush=True)
        environment = Environment(folder / "readme")
        elsewhere = folder / "elsewhere"
        elsewhere.mkdir()
        environment.try_all(installing, elsewhere, as_the_readme_says(folder))
        environment.try_all(usable, workspace, job)
    print(f"README passed: {len(installing + usable)} commands")


if __name__ == "__main__":
    main()
