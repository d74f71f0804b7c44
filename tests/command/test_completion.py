"""`completion`: the shells themselves are asked what they would complete. Those that are not installed are left out."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.command.cli import FORMATS, SHELLS, main
from bot.format.models.i18n import LOCALES
from bot.rules.registry import FAMILIES, catalogue

#: What bash does on a key: the words so far, and the function that the script has registered.
_BASH = """
source "$1"; shift
function=$(complete -p dify-plugin-review | sed 's/.*-F \\([^ ]*\\).*/\\1/')
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
"$function" dify-plugin-review "${@: -1}" "${@: -2:1}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(params=["bash", "fish"])
def complete(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], set[str]]:
    """What a shell offers for a line that is typed so far."""
    shell = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    assert main(["completion", shell]) == 0
    script = tmp_path / "_dify-plugin-review"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "dify-plugin-review").write_text("#!/bin/sh\nexit 9\n")
    (programs / "dify-plugin-review").chmod(0o755)
    (tmp_path / "README.md").touch()

    def asked(line: str) -> set[str]:
        # Of what is in one word, bash makes three.
        words = [*shlex.split(line.replace("=", " = ")), *([""] if line.endswith(" ") else [])]
        commands = {
            "bash": ["bash", "--norc", "-c", _BASH, "bash", str(script), *words],
            "fish": ["fish", "--no-config", "-c", f"source {script}; complete -C {shlex.quote(line)}"],
        }
        environment = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path), "TERM": "dumb"}
        done = subprocess.run(
            commands[shell], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stderr == ""
        return {line.partition("\t")[0] for line in done.stdout.splitlines()}

    return asked


def test_commands(complete: Callable[[str], set[str]]) -> None:
    assert "check" in complete("dify-plugin-review che")
    assert complete("dify-plugin-review ") >= {"check", "fix", "init", "completion"}


def test_options(complete: Callable[[str], set[str]]) -> None:
    offered = complete("dify-plugin-review check --f")
    assert offered >= {"--format", "--fix", "--fail-on"}
    assert "--diff" not in offered


def test_formats(complete: Callable[[str], set[str]]) -> None:
    assert complete("dify-plugin-review check --format ") >= set(FORMATS)
    assert "text" in complete("dify-plugin-review rules --format ")


def test_a_value_behind_the_sign(complete: Callable[[str], set[str]]) -> None:
    """bash has the sign as a word of its own, fish has option and value in one."""
    for line, value in (("check --format=j", "junit"), ("check --select=asset/pre", "asset/prefix")):
        offered = {each.rpartition("=")[2] for each in complete(f"dify-plugin-review {line}")}
        assert value in offered
        assert "markdown" not in offered


def test_rules(complete: Callable[[str], set[str]]) -> None:
    assert complete("dify-plugin-review explain ") >= set(catalogue())
    assert complete("dify-plugin-review check --select ") >= {*catalogue(), *FAMILIES}


def test_migrations(complete: Callable[[str], set[str]]) -> None:
    assert complete("dify-plugin-review fix --migrate ") >= {"sdk-0.9", "policy-2026-05"}


def test_the_last_item_of_a_list(complete: Callable[[str], set[str]]) -> None:
    for line, item in (("check --ignore locale,asset/pre", "asset/prefix"), ("check --locales ja_JP,pt", "pt_BR")):
        offered = {each.rpartition(",")[2] for each in complete(f"dify-plugin-review {line}")}
        assert item in offered
        assert "yaml/syntax" not in offered


def test_files_and_folders(complete: Callable[[str], set[str]]) -> None:
    assert "README.md" in complete("dify-plugin-review check REA")
    assert "README.md" in complete("dify-plugin-review check --config REA")


def test_kinds_and_shells(complete: Callable[[str], set[str]]) -> None:
    assert {"tool", "tool-provider"} <= complete("dify-plugin-review schema to")
    assert set(SHELLS) <= complete("dify-plugin-review completion ")
    assert set(LOCALES) - {"en_US"} <= complete("dify-plugin-review fix --translate ")


def test_zsh_reads_its_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It completes at a prompt only, so it is asked no more than whether it understands it."""
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    assert main(["completion", "zsh"]) == 0
    script = tmp_path / "_dify-plugin-review"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    done = subprocess.run(["zsh", "-f", "-n", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#compdef dify-plugin-review\n")
    assert re.search(r'"--format=\[[^\]]*\]:format:\(text concise json ', text)
    assert '"--offline[' in text, "an option without a value takes no sign"


def test_a_shell_that_is_not_known() -> None:
    assert main(["completion", "bsh"]) == 2
