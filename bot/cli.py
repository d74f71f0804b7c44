"""The command line: `dify-plugin-review COMMAND`, the same as `python -P -m bot COMMAND`.

Exit codes: 0 nothing at or above `--fail-on`, 1 findings at or above it, 2 the command line or configuration is wrong,
3 the tool itself failed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from bot import __version__
from bot.errors import ToolError, UsageError
from bot.findings import Severity, quote
from bot.options import Profile

PROGRAM = "dify-plugin-review"
FORMATS = ("text", "json", "sarif", "github", "markdown", "html")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code. Nothing but `SystemExit` of `--help` gets out."""
    from bot.report.escape import log_line, terminal

    try:
        # Names of files can hold bytes that are no UTF-8; they are printed as replacement characters, not as a crash.
        for stream in (sys.stdout, sys.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(encoding="utf-8", errors="replace")
        options = _parser().parse_args(arguments)
        return int(options.run(options))
    except UsageError as error:
        return _complain(log_line(terminal(str(error))), 2)
    except ToolError as error:
        return _complain(log_line(terminal(str(error))), 3)
    except BrokenPipeError:
        # The reader of a pipe went away. Its exit code decides, not ours; keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _complain("interrupted", 3)
    except Exception as error:
        if os.environ.get("RUNNER_DEBUG") == "1":
            raise
        text = f"{type(error).__name__}: {error}. This is a fault of {PROGRAM}; RUNNER_DEBUG=1 shows the traceback."
        return _complain(log_line(terminal(text)), 3)


def _complain(text: str, code: int) -> int:
    print(f"{PROGRAM}: {text}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see `{self.prog} --help`)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog=PROGRAM, description="Reviews Dify plugins without running them.")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    check = commands.add_parser("check", help="find plugins below each PATH, review them, print findings")
    check.add_argument("paths", nargs="*", metavar="PATH", help="folder, manifest or .difypkg (default: .)")
    check.add_argument("--format", choices=FORMATS, default="text", help="how to print the findings (default: text)")
    check.add_argument("--output", metavar="FILE", help="write the report to FILE instead of standard output")
    check.add_argument("--profile", choices=[profile.value for profile in Profile], help="whose policy counts")
    check.add_argument(
        "--fail-on", choices=["error", "warning", "notice", "never"], help="the lowest severity that fails"
    )
    check.add_argument("--select", metavar="RULE[,RULE]", default="", help="only these rules or families")
    check.add_argument("--ignore", metavar="RULE[,RULE]", default="", help="not these rules or families")
    check.add_argument("--config", metavar="FILE", help="configuration (default: .github/dify-plugin-review.yml)")
    check.add_argument("--no-config", action="store_true", help="read no configuration")
    check.add_argument("--base", metavar="REV", help="report only what is new against this git revision")
    check.add_argument("--offline", action="store_true", help="ask no network service")
    check.add_argument("--quiet", action="store_true", help="print errors and the summary only")
    check.set_defaults(run=_check)

    rules = commands.add_parser("rules", help="the catalogue of rules")
    rules.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    rules.set_defaults(run=_rules)

    explain = commands.add_parser("explain", help="one rule's page")
    explain.add_argument("rule", metavar="RULE")
    explain.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    explain.set_defaults(run=_explain)

    action = commands.add_parser("action", help="the job of the GitHub Action: review the event's change, publish")
    action.set_defaults(run=_action)

    publish = commands.add_parser("publish", help="post a stored result on the pull request of a workflow_run event")
    publish.add_argument("result", metavar="RESULT.json", help="what the unprivileged run stored (--format json)")
    publish.set_defaults(run=_publish)

    demo = commands.add_parser("demo", help="the main job, end to end, against an embedded GitHub stand-in")
    demo.add_argument("--keep", metavar="FOLDER", help="leave the repository and everything posted in FOLDER")
    demo.set_defaults(run=_demo)
    return parser


def _check(arguments: argparse.Namespace) -> int:
    from bot import check

    options = check.options_for(arguments.config, use_config=not arguments.no_config)
    changes: dict[str, object] = {}
    if arguments.profile:
        changes["profile"] = Profile(arguments.profile)
    if arguments.fail_on:
        changes["fail_on"] = None if arguments.fail_on == "never" else Severity.parse(arguments.fail_on)
    for name in ("select", "ignore"):
        names = [item.strip() for item in getattr(arguments, name).split(",") if item.strip()]
        if names:
            _known(names)
            changes[name] = (*getattr(options, name), *names)
    if arguments.offline:
        changes["marketplace_url"] = ""
    options = replace(options, **changes)  # type: ignore[arg-type]
    result = check.run(arguments.paths or ["."], options, arguments.base)
    text = check.render(result, arguments.format, quiet=arguments.quiet, to_file=arguments.output is not None)
    _write(text, arguments.output)
    return result.exit_code


def _known(names: Sequence[str]) -> None:
    from bot.rules.registry import FAMILIES, catalogue

    for name in names:
        if name not in FAMILIES and name not in catalogue():
            raise UsageError(f"there is no rule or family {quote(name)}; `{PROGRAM} rules` lists them")


def _write(text: str, output: str | None) -> None:
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        Path(output).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"the report could not be written to {quote(output)}: {error.strerror}") from error


def _rules(arguments: argparse.Namespace) -> int:
    from bot.rules import pages
    from bot.rules.registry import catalogue

    sys.stdout.write(pages.render(tuple(catalogue().values()), arguments.format))
    return 0


def _explain(arguments: argparse.Namespace) -> int:
    from bot.rules import pages
    from bot.rules.registry import catalogue

    rule = catalogue().get(arguments.rule)
    if rule is None:
        raise UsageError(f"there is no rule {quote(arguments.rule)}; `{PROGRAM} rules` lists them")
    sys.stdout.write(pages.render_page(rule, arguments.format))
    return 0


def _action(_: argparse.Namespace) -> int:
    from bot import action

    return action.run(os.environ)


def _publish(arguments: argparse.Namespace) -> int:
    from bot import publish

    return publish.run(arguments.result, os.environ)


def _demo(arguments: argparse.Namespace) -> int:
    from bot.demo import run

    return run.demo(Path(arguments.keep) if arguments.keep else None)
