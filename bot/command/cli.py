"""The command line: `dify-plugin-review COMMAND`, the same as `python -P -m bot COMMAND`.

Exit codes: 0 nothing at or above `--fail-on`, 1 findings at or above it, 2 the command line or configuration is wrong,
3 the tool itself failed.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from msgspec import Struct
from msgspec.structs import replace

from bot import __version__
from bot.errors import ToolError, UsageError, closest
from bot.findings import Severity, quote, quote_list
from bot.languages import LANGUAGES, speaking
from bot.options import CONFIGURATION, Options, Profile
from bot.report.escape import command, log_line, terminal

if TYPE_CHECKING:
    from bot.command.choice import Chooser
    from bot.command.shards import Plan, Shard
    from bot.fixes.migrations import Migration
    from bot.review.baseline import Baseline
    from bot.review.result import Result

PROGRAM = "dify-plugin-review"
FORMATS = ("text", "concise", "json", "sarif", "github", "markdown", "html", "junit", "gitlab", "rdjson")
COLORS = ("auto", "always", "never")
SHELLS = ("bash", "zsh", "fish")
PAGE_FORMATS = ("text", "markdown", "json")
FAIL_ON = ("error", "warning", "notice", "never")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code. Nothing but the `SystemExit` of `--help` and `--version` gets out."""
    # Names of files can hold bytes that are not UTF-8; they are printed as replacement characters, not as a crash.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except OSError as error:
        # What could not be written stays in the buffer, and Python would complain about it at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return 0  # The reader of a pipe went away. Its exit code decides, not ours.
        return _complain([f"the output could not be written: {error.strerror}"], 3)
    return code


def _run(arguments: Sequence[str] | None) -> int:
    """Raises `OSError` when the output cannot be written."""
    try:
        words = sys.argv[1:] if arguments is None else arguments
        # The parsers of all commands take longer to make than the words to be parsed.
        options = _parser(words[0] if words and words[0] in _COMMANDS else None).parse_args(words)
        return int(options.run(options))
    except UsageError as error:
        return _complain([str(sentence) for sentence in error.args], 2)
    except ToolError as error:
        return _complain([str(error)], 3)
    except KeyboardInterrupt:
        return _complain(["interrupted"], 3)
    except BrokenPipeError:
        raise
    except Exception as error:
        if os.environ.get("RUNNER_DEBUG") == "1":
            import traceback

            for line in traceback.format_exc().splitlines():
                print(log_line(line), file=sys.stderr)
        text = f"{type(error).__name__}: {error}. This is a fault of {PROGRAM}; RUNNER_DEBUG=1 shows the traceback."
        return _complain([text], 3)


def _complain(sentences: Sequence[str], code: int) -> int:
    with suppress(OSError):  # Nobody listens any more; the exit code still speaks.
        if os.environ.get("GITHUB_ACTIONS") == "true":
            print(command("error", {"title": "Dify Plugin Review"}, "\n".join(sentences)), flush=True)
        for sentence in sentences:
            print(f"{PROGRAM}: {log_line(terminal(sentence))}", file=sys.stderr)
    return code


# --- arguments --------------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        # Abbreviations would be promises about options that are yet to come.
        super().__init__(**options, allow_abbrev=False)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            known = self._commands[parsed.command]._option_string_actions
            options = (word.partition("=")[0] for word in unknown if word.startswith("-"))
            meant = next((text for text in (_meant(option, known) for option in options) if text), "")
            self.error(f"unrecognized arguments: {' '.join(unknown)}{meant}")
        return parsed

    @property
    def _commands(self) -> Mapping[str, argparse.ArgumentParser]:
        (commands,) = (action for action in self._actions if isinstance(action, argparse._SubParsersAction))
        return commands.choices

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            raise argparse.ArgumentError(action, f"{error.message}{_meant(value, action.choices or ())}") from None

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see `{self.prog} --help`)")


def _parser(named: str | None = None) -> argparse.ArgumentParser:
    """The parser of every command, or of the named one alone."""
    parser = _Parser(prog=PROGRAM, description="Reviews Dify plugins without running them.")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(prog=PROGRAM, title="commands", metavar="COMMAND", dest="command", required=True)
    for name, each in _COMMANDS.items():
        if named in (None, name):
            added = commands.add_parser(name, help=each.help)
            each.add_arguments(added)
            added.set_defaults(run=each.run)
    return parser


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    _add_selection(parser)
    _add_touched(parser)
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to print the findings (default: text)")
    parser.add_argument("--output", metavar="FILE", help="write the report to FILE instead of standard output")
    parser.add_argument("--fix", action="store_true", help="first apply the safe fixes; the report is of what is left")
    parser.add_argument("--base", metavar="REV", help="count only what is new against this git revision")
    parser.add_argument("--baseline", metavar="FILE", help="count only what is not in this file of --write-baseline")
    parser.add_argument("--write-baseline", metavar="FILE", help="write what is found to FILE, as old from now on")
    parser.add_argument(
        "--policy", metavar="DATE", help="the marketplace's policy on this day (default: the newest known)"
    )
    parser.add_argument(
        "--dashboard",
        metavar="FOLDER",
        help="also write what the marketplace would refuse, as index.html and dashboard.json",
    )
    parser.add_argument("--dify", metavar="RELEASE", help="also say what does not work on this release of Dify")
    parser.add_argument("--source", metavar="FOLDER", help="compare packages with what this plugin packs to")
    parser.add_argument("--no-cache", action="store_true", help="review again what did not change since the last time")
    parser.add_argument("--plan", metavar="FILE", help="review one shard of this plan instead of PATH…")
    parser.add_argument("--shard", metavar="NUMBER", type=int, help="which shard of the plan")
    parser.add_argument("--offline", action="store_true", help="ask no network service")
    parser.add_argument("--watch", action="store_true", help="review again whenever a file changes")
    parser.add_argument("--quiet", action="store_true", help="print errors and the summary only")
    parser.add_argument("--statistics", action="store_true", help="also count the findings of each rule")
    parser.add_argument("--color", choices=COLORS, default="auto", help="colour (default: on a terminal; see NO_COLOR)")
    _add_language(parser)


def _fix_arguments(parser: argparse.ArgumentParser) -> None:
    _add_selection(parser)
    _add_touched(parser)
    parser.add_argument("--diff", action="store_true", help="change nothing, print a patch")
    parser.add_argument("--interactive", action="store_true", help="show each fix, and apply or leave it by one key")
    parser.add_argument("--color", choices=COLORS, default="auto", help="colour (default: on a terminal; see NO_COLOR)")
    parser.add_argument("--unsafe", action="store_true", help="also apply the fixes that a person should look at")
    parser.add_argument(
        "--translate",
        metavar="LOCALE[,LOCALE]",
        default="",
        help="only put in the known translations into these locales, for a speaker to read",
    )
    parser.add_argument(
        "--migrate",
        metavar="MIGRATION",
        help="only move the plugins to another release of the SDK, or policy: YAML, Python and requirements",
    )
    _add_language(parser)


def _preview_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="folder, manifest.yaml or .difypkg (default: .)")
    parser.add_argument("--base", metavar="REV", help="beside what it was at this git revision")
    parser.add_argument("--output", metavar="FILE", help="write the page to FILE instead of standard output")
    parser.add_argument("--config", metavar="FILE", help="configuration (default: .github/dify-plugin-review.yml)")
    parser.add_argument("--no-config", action="store_true", help="read no configuration")
    _add_language(parser)


def _packed_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="folder, manifest.yaml or .difypkg (default: .)")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    _add_language(parser)


def _diff_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", help="package, folder, or git revision (REV or REV:PATH)")
    parser.add_argument("new", metavar="NEW", help="the same, of the newer version")
    parser.add_argument("--format", choices=PAGE_FORMATS, default="text")
    parser.add_argument("--notes", action="store_true", help="draft release notes, in Markdown")
    parser.add_argument("--output", metavar="FILE", help="write to FILE instead of standard output")
    _add_language(parser)


def _plan_arguments(parser: argparse.ArgumentParser) -> None:
    _add_selection(parser)
    parser.add_argument("--shards", metavar="NUMBER", type=int, default=8, help="how many jobs at most (default: 8)")
    parser.add_argument("--output", metavar="FILE", required=True, help="write the plan to FILE; the matrix is printed")


def _merge_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN", help="what `plan` wrote")
    parser.add_argument("results", metavar="RESULT.json", nargs="+", help="what the shards stored (--format json)")
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to print the findings (default: text)")
    parser.add_argument("--output", metavar="FILE", help="write the report to FILE instead of standard output")
    _add_language(parser)


def _rules_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=PAGE_FORMATS, default="text")
    _add_language(parser)


def _explain_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE")
    parser.add_argument("--format", choices=PAGE_FORMATS, default="text")
    _add_language(parser)


def _schema_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND", nargs="?", help="the kind of document (default: list the kinds)")
    parser.add_argument("--all", metavar="DIR", help="write all schemas, a catalogue and settings of an editor to DIR")


def _init_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="write what is shown, without asking")
    parser.add_argument("--color", choices=COLORS, default="auto", help="colour (default: on a terminal; see NO_COLOR)")
    _add_language(parser)


def _lsp_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stdio", action="store_true", help="has no effect: some editors add it")
    parser.add_argument("--profile", choices=[profile.value for profile in Profile], help="whose policy counts")
    parser.add_argument(
        "--config", metavar="FILE", help="configuration (default: that of the repository of each plugin)"
    )
    parser.add_argument("--no-config", action="store_true", help="read no configuration")
    _add_language(parser)


def _completion_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help="bash, zsh or fish")


def _publish_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", metavar="RESULT.json", help="what the unprivileged run stored (--format json)")


def _add_selection(parser: argparse.ArgumentParser) -> None:
    """The arguments that say which plugins are reviewed, and what counts."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="folder, manifest.yaml or .difypkg (default: .)")
    parser.add_argument("--profile", choices=[profile.value for profile in Profile], help="whose policy counts")
    parser.add_argument("--fail-on", choices=FAIL_ON, help="the lowest severity that fails")
    parser.add_argument("--select", metavar="RULE[,RULE]", default="", help="only these rules or families")
    parser.add_argument("--ignore", metavar="RULE[,RULE]", default="", help="not these rules or families")
    parser.add_argument("--locales", metavar="LOCALE[,LOCALE]", default="", help="locales that should be there")
    parser.add_argument("--config", metavar="FILE", help="configuration (default: .github/dify-plugin-review.yml)")
    parser.add_argument("--no-config", action="store_true", help="read no configuration")


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--language", choices=[*LANGUAGES], default="", help="of what is printed for people")


def _language(arguments: argparse.Namespace) -> str:
    """The language of a command that takes nothing else from the configuration, whatever else is wrong with that."""
    if arguments.language or not Path(CONFIGURATION).exists():
        return str(arguments.language)
    from bot.command.check import options_for

    with suppress(UsageError):
        return options_for(None, use_config=True).language
    return ""


def _add_touched(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--touched", action="store_true", help="PATH is a changed file: only the plugins that such files belong to"
    )


def _options(arguments: argparse.Namespace) -> Options:
    """What the configuration says, with the arguments put over it. Raises `UsageError`."""
    from bot.command.check import options_for
    from bot.format.models.i18n import LOCALES

    options = options_for(arguments.config, use_config=not arguments.no_config)
    if arguments.profile:
        options = replace(options, profile=Profile(arguments.profile))
    if arguments.fail_on:
        level = None if arguments.fail_on == "never" else Severity.parse(arguments.fail_on)
        options = replace(options, fail_on=level)
    if arguments.locales:
        options = options.with_locales(_locales(arguments.locales, LOCALES))
    options = replace(options, config=arguments.config or "", no_config=arguments.no_config)
    if getattr(arguments, "language", ""):
        options = replace(options, language=arguments.language)
    return replace(options, select=_rule_names(arguments.select), ignore=_rule_names(arguments.ignore))


def _paths(arguments: argparse.Namespace) -> list[str]:
    return arguments.paths or ([] if arguments.touched else ["."])


def _rule_names(text: str) -> tuple[str, ...]:
    """Rules and families of a list with commas. Raises `UsageError` for a name that is neither."""
    from bot.rules.registry import FAMILIES, catalogue

    names = tuple(item.strip() for item in text.split(",") if item.strip())
    for name in names:
        if name not in FAMILIES and name not in catalogue():
            raise _unknown("rule or family", name, (*FAMILIES, *catalogue()), "rules")
    return names


def _locales(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """Locales of a list with commas. Raises `UsageError` for one that is not known."""
    from bot.format.locales import meant_locale

    names = tuple(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))
    for name in names:
        if name not in known:
            meant = meant_locale(name)
            hint = f"; did you mean {quote(meant)}?" if meant in known and meant is not None else ""
            raise UsageError(f"{quote(name)} is not one of the locales {quote_list(known)}{hint}")
    return names


def _unknown(kind: str, name: str, known: Iterable[str], command: str) -> UsageError:
    return UsageError(f"there is no {kind} {quote(name)} (`{PROGRAM} {command}` lists them){_meant(name, known)}")


def _meant(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` with the known name that is most like this one; "" if none is like it."""
    meant = closest(name, known)
    return f"; did you mean {quote(meant)}?" if meant else ""


# --- commands ---------------------------------------------------------------------------------------------------------


def _check(arguments: argparse.Namespace) -> int:
    if arguments.watch:
        return _watch(arguments)
    result, options = _reviewed(arguments)
    if arguments.write_baseline is not None:
        return _write_baseline(result, arguments.write_baseline)
    if arguments.dashboard is not None:
        _write_dashboard(result, options, arguments.dashboard)
    _write(_rendered(result, options, arguments), arguments.output)
    return result.exit_code


def _reviewed(arguments: argparse.Namespace) -> tuple[Result, Options]:
    """What `check` finds, and under which options. Raises `UsageError`."""
    from bot.command import check
    from bot.command.progress import progress_of
    from bot.review.cache import Cache
    from bot.review.store import default_folder

    options = _options(arguments)
    answers = None
    if arguments.offline:
        options = replace(options, marketplace_url="")
    elif options.marketplace_url:
        from bot.services import Kept, Services

        answers = None if arguments.no_cache else Kept(default_folder())
        options = replace(options, lookups=Services(options.marketplace_url, kept=answers))
    if arguments.dify is not None:
        options = replace(options, dify=_release(arguments.dify))
    if arguments.policy is not None:
        options = replace(options, policy=_day(arguments.policy))
    if arguments.dashboard is not None and options.profile is not Profile.MARKETPLACE:
        raise UsageError("--dashboard needs --profile marketplace")
    old = _baseline(arguments)
    planned = _planned(arguments)
    paths = planned[1].paths if planned is not None else _paths(arguments)
    if arguments.fix:
        from bot.command import fix

        with speaking(options.language):
            fix.run(paths, options, account=sys.stderr, touched_only=arguments.touched)
    cache = None if arguments.no_cache else Cache(default_folder())
    with progress_of(quiet=arguments.quiet or arguments.watch) as progress:
        result = check.run(
            paths,
            options,
            arguments.base,
            arguments.source,
            cache,
            touched_only=arguments.touched,
            progress=progress,
        )
    if planned is not None:
        result = replace(result, plan=planned[0].id, shard=arguments.shard)
    for complaint in sorted({kept.complaint for kept in (cache, answers) if kept is not None and kept.complaint}):
        print(log_line(f"{PROGRAM}: the cache in {default_folder()} was not used: {complaint}"), file=sys.stderr)
    if old is not None and arguments.write_baseline is None:
        from bot.policy.apply import selected
        from bot.review.baseline import against

        result = against(result, old, lambda rule: selected(rule, options))
    return result, options


def _rendered(result: Result, options: Options, arguments: argparse.Namespace) -> Iterator[str]:
    """The report, in pieces."""
    from bot.command.terminal import terminal_for
    from bot.report.formats import parts

    terminal = terminal_for(
        color=arguments.color,
        quiet=arguments.quiet,
        statistics=arguments.statistics,
        to_file=arguments.output is not None,
    )
    with speaking(options.language):
        yield from parts(result, arguments.format, terminal)


def _watch(arguments: argparse.Namespace) -> int:
    from bot.command import check, watch
    from bot.report.formats import TERMINAL

    unfit = {
        "--fix": arguments.fix,
        "--touched": arguments.touched,
        "--output": arguments.output is not None,
        "--plan": arguments.plan is not None,
        "--dashboard": arguments.dashboard is not None,
        "--write-baseline": arguments.write_baseline is not None,
        f"--format {arguments.format}": arguments.format not in TERMINAL,
    }
    for option, is_given in unfit.items():
        if is_given:
            raise UsageError(f"--watch shows the report of a review: it does not go with {option}")

    def review() -> watch.Shown:
        result, options = _reviewed(arguments)
        # How long it took is another number each time.
        essence = "".join(_rendered(replace(result, duration_ms=0), options, arguments))
        gc.collect()  # The collector does not run by itself in a command.
        return watch.Shown("".join(_rendered(result, options, arguments)), essence)

    language = _options(arguments).language  # What is wrong with the command line is said at once.
    settings = [] if arguments.no_config else [Path(arguments.config or CONFIGURATION)]
    places = [*dict.fromkeys(target.folder for target in check.find_targets(_paths(arguments))), *settings]
    with speaking(language):
        return watch.watch(review, places, clear=sys.stdout.isatty())


def _baseline(arguments: argparse.Namespace) -> Baseline | None:
    """The baseline that is named. Raises `UsageError`."""
    if arguments.baseline is not None and arguments.base is not None:
        raise UsageError("--baseline does not go with --base: either of them says what is old")
    if arguments.write_baseline is not None and (arguments.base is not None or arguments.baseline is not None):
        raise UsageError("--write-baseline writes all that is found: it goes with neither --base nor --baseline")
    if arguments.baseline is None:
        return None
    from bot.review.baseline import MAX_BYTES, read_baseline

    try:
        with Path(arguments.baseline).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"the baseline {quote(arguments.baseline)} cannot be read: {reason}") from error
    return read_baseline(content, arguments.baseline)


def _write_baseline(result: Result, name: str) -> int:
    """Writes what a review found. Raises `ToolError` where it did not finish: the rest would count for ever."""
    from bot.report.words import counted
    from bot.review.baseline import baseline_of

    if result.errors:
        raise ToolError(f"no baseline was written, as the review did not finish: {result.errors[0]}")
    text, number = baseline_of(result)
    _write(text, name)
    left = sum(finding.suppressed is None for finding in result.findings) - number
    packed = f" {counted(left, 'finding')} in packages not: a package is published as it is." if left else ""
    print(log_line(terminal(f"Wrote {counted(number, 'finding')} to {quote(name)}.{packed}")), file=sys.stderr)
    return 0


def _planned(arguments: argparse.Namespace) -> tuple[Plan, Shard] | None:
    """The plan and the shard of it that is asked for. Raises `UsageError`."""
    if arguments.plan is None and arguments.shard is None:
        return None
    from bot.command import shards

    if arguments.plan is None or arguments.shard is None:
        raise UsageError("--plan and --shard go together")
    if arguments.paths or arguments.base is not None or arguments.source is not None or arguments.touched:
        raise UsageError("--plan says what is reviewed: it goes with no PATH, --base, --source or --touched")
    plan = shards.read_plan(arguments.plan)
    return plan, shards.shard_of(plan, arguments.shard)


def _plan(arguments: argparse.Namespace) -> int:
    from bot.command import shards

    plan = shards.make_plan(arguments.paths or ["."], arguments.shards, _options(arguments))
    _write(shards.plan_json(plan), arguments.output)
    _write(shards.matrix(plan), None)
    return 0


def _merge(arguments: argparse.Namespace) -> int:
    from bot.command import shards
    from bot.command.terminal import terminal_for
    from bot.report.formats import parts

    result = shards.merge(shards.read_plan(arguments.plan), arguments.results)
    terminal = terminal_for(color="auto", quiet=False, statistics=False, to_file=arguments.output is not None)
    with speaking(_language(arguments)):
        _write(parts(result, arguments.format, terminal), arguments.output)
    return result.exit_code


def _day(written: str) -> datetime.date:
    """A day as it was written. Raises `UsageError` for what is not a valid date."""
    try:
        return datetime.date.fromisoformat(written)
    except ValueError as error:
        raise UsageError(f"{quote(written)} is not a valid date: expected one such as 2026-05-27") from error


def _write_dashboard(result: Result, options: Options, folder: str) -> None:
    from bot.marketplace.policy import policy_of
    from bot.report import dashboard

    policy = policy_of(options.policy)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"the folder {quote(folder)} could not be made: {reason}") from error
    with speaking(options.language):
        _write(dashboard.render_html(result, policy), str(Path(folder) / "index.html"))
    _write(dashboard.render_json(result, policy), str(Path(folder) / "dashboard.json"))


def _release(written: str) -> str:
    """A release of Dify as it was written. Raises `UsageError` for what is not a valid version."""
    from bot.format.gates import dify_release

    if dify_release(written) is None:
        raise UsageError(f"{quote(written)} is not a valid version of Dify: expected one such as 1.9.0")
    return written


def _write(text: str | Iterable[str], output: str | None) -> None:
    parts = (text,) if isinstance(text, str) else text
    if output is None:
        sys.stdout.writelines(parts)
        return
    try:
        with Path(output).open("w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(parts)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"the report could not be written to {quote(output)}: {reason}") from error


def _fix(arguments: argparse.Namespace) -> int:
    from bot.command import fix
    from bot.fixes.translating import translating
    from bot.locale.texts import TARGETS

    options, into = _options(arguments), _locales(arguments.translate, TARGETS)
    if into:
        options = translating(options, into)
    if arguments.interactive and arguments.diff:
        raise UsageError("--interactive applies fixes, and --diff changes nothing: they do not go together")
    migration = _migration(arguments)
    with speaking(options.language), _chooser(arguments) if arguments.interactive else nullcontext() as choose:
        return fix.run(
            _paths(arguments),
            options,
            unsafe=arguments.unsafe or bool(into),
            diff=arguments.diff,
            into=into,
            migration=migration,
            touched_only=arguments.touched,
            choose=choose,
        )


def _migration(arguments: argparse.Namespace) -> Migration | None:
    """The migration that is named. Raises `UsageError`."""
    if arguments.migrate is None:
        return None
    from bot.fixes.migrations import migrations

    if arguments.translate or arguments.unsafe or arguments.select or arguments.ignore:
        raise UsageError("--migrate makes the changes of a migration and no other: it goes with no choice of fixes")
    if arguments.migrate not in migrations():
        known = quote_list(migrations())
        meant = _meant(arguments.migrate, migrations())
        raise UsageError(f"there is no migration {quote(arguments.migrate)}: there are {known}{meant}")
    return migrations()[arguments.migrate]


@contextmanager
def _chooser(arguments: argparse.Namespace) -> Iterator[Chooser]:
    """Asks the person at the terminal about each fix. Raises `UsageError` without a terminal."""
    from bot.command.choice import Chooser, keys_of_terminal
    from bot.command.terminal import terminal_for

    colour = terminal_for(color=arguments.color, quiet=False, statistics=False, to_file=False).colour
    with keys_of_terminal() as keys:
        yield Chooser(keys, colour=colour)


def _preview(arguments: argparse.Namespace) -> int:
    from bot.command import preview
    from bot.command.check import options_for

    options = replace(options_for(arguments.config, use_config=not arguments.no_config), marketplace_url="")
    options = replace(options, language=arguments.language or options.language)
    _write(preview.run(arguments.paths or ["."], options, arguments.base), arguments.output)
    return 0


def _packed(arguments: argparse.Namespace) -> int:
    from bot.command import packed
    from bot.report import packed as report

    render = report.render_json if arguments.format == "json" else report.render_text
    with speaking(_language(arguments)):
        sys.stdout.write(render(packed.run(arguments.paths or ["."])))
    return 0


def _diff(arguments: argparse.Namespace) -> int:
    from bot.command import diff
    from bot.report import update

    comparison = diff.run(arguments.old, arguments.new)
    forms = {"text": update.render_text, "markdown": update.render_markdown, "json": update.render_json}
    render = update.render_notes if arguments.notes else forms[arguments.format]
    with speaking(_language(arguments)):
        report = render(comparison)
    _write(report, arguments.output)
    return 0


def _rules(arguments: argparse.Namespace) -> int:
    from bot.report import rule_pages
    from bot.rules.registry import catalogue

    with speaking(_language(arguments)):
        sys.stdout.write(rule_pages.render(tuple(catalogue().values()), arguments.format))
    return 0


def _explain(arguments: argparse.Namespace) -> int:
    from bot.report import rule_pages
    from bot.rules.registry import catalogue

    rule = catalogue().get(arguments.rule)
    if rule is None:
        raise _unknown("rule", arguments.rule, catalogue(), "rules")
    with speaking(_language(arguments)):
        sys.stdout.write(rule_pages.render_page(rule, arguments.format))
    return 0


def _schema(arguments: argparse.Namespace) -> int:
    from bot.command import schema

    names = schema.schema_names()
    if arguments.all is not None:
        if arguments.kind is not None:
            raise UsageError("--all writes the schemas of all kinds: it takes no kind of document")
        files = schema.write_all(arguments.all)
        sys.stderr.write(f"wrote {len(files)} files to {quote(arguments.all)}\n")
        return 0
    if arguments.kind is None:
        sys.stdout.write("".join(f"{name}\n" for name in names))
        return 0
    if arguments.kind not in names:
        raise _unknown("kind of document", arguments.kind, names, "schema")
    sys.stdout.write(schema.text_of(schema.schema(arguments.kind)))
    return 0


def _init(arguments: argparse.Namespace) -> int:
    from bot.command import init
    from bot.command.terminal import asked, can_ask, terminal_for

    terminal = terminal_for(color=arguments.color, quiet=False, statistics=False, to_file=False)
    with speaking(_language(arguments)):
        return init.run(write=arguments.yes, ask=asked if can_ask() else None, colour=terminal.colour)


def _lsp(arguments: argparse.Namespace) -> int:
    from bot.command import lsp

    return lsp.run(arguments.config, arguments.profile, arguments.language, use_config=not arguments.no_config)


def _completion(arguments: argparse.Namespace) -> int:
    from bot.command.completion import completion

    sys.stdout.write(completion(_parser(), arguments.shell))
    return 0


def _action(_: argparse.Namespace) -> int:
    from bot.action import job
    from bot.action.clients import Clients

    return job.run(os.environ, Clients())


def _publish(arguments: argparse.Namespace) -> int:
    from bot.action import stored_result
    from bot.action.clients import Clients

    return stored_result.run(arguments.result, os.environ, Clients())


# --- the commands -----------------------------------------------------------------------------------------------------


class _Command(Struct, frozen=True):
    help: str
    run: Callable[[argparse.Namespace], int]
    add_arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None


_COMMANDS: Final[Mapping[str, _Command]] = {
    "check": _Command("find plugins below each PATH, review them, print findings", _check, _check_arguments),
    "fix": _Command("apply the safe fixes to the plugins below each PATH", _fix, _fix_arguments),
    "preview": _Command(
        "what users see of the plugins below each PATH, as one HTML page", _preview, _preview_arguments
    ),
    "packed": _Command("which files of the plugins below each PATH the packager packs", _packed, _packed_arguments),
    "diff": _Command("what changes between two versions, and what that breaks", _diff, _diff_arguments),
    "plan": _Command("share the plugins below each PATH out to several jobs", _plan, _plan_arguments),
    "merge": _Command("join the results of all shards of a plan to one verdict", _merge, _merge_arguments),
    "rules": _Command("the catalogue of rules", _rules, _rules_arguments),
    "explain": _Command("one rule's page", _explain, _explain_arguments),
    "schema": _Command("the JSON Schema of a kind of document, for editors", _schema, _schema_arguments),
    "init": _Command("set up this repository: workflow, configuration, editor, hooks", _init, _init_arguments),
    "lsp": _Command("a language server for editors, over standard input and output", _lsp, _lsp_arguments),
    "completion": _Command("the script that completes commands in a shell", _completion, _completion_arguments),
    "action": _Command("the job of the GitHub Action: review the event's change, publish", _action),
    "publish": _Command(
        "post a stored result on the pull request of a workflow_run event", _publish, _publish_arguments
    ),
}
