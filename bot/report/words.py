"""The words that all forms of a report share: verdict, counts, where something is, how to repeat a review.

Messages made here are like those of findings: plain text with pieces of the plugin between backticks.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from msgspec import Struct

from bot.findings import Finding, LocaleCoverage, Location, Severity, quote, quote_list
from bot.languages import is_chosen, told
from bot.locale.texts import SOURCE
from bot.messages import Message, all_of, listed, say, say_plural, sentences
from bot.options import Profile
from bot.patterns import regex
from bot.report.escape import clip, log_line
from bot.review.result import Conclusion, PluginSummary, Result
from bot.review.support import Support
from bot.rules.registry import Rule, catalogue
from bot.submission.submission import is_package
from bot.upgrade.update import Update

TOOL = "dify-plugin-review"
HOME = "https://github.com/dify-plugin-review/dify-plugin-review"
INSTALL_URL = "https://github.com/dify-plugin-review/dify-plugin-review#on-your-machine"
"""Where people read how to get the command."""
SEVERITIES = tuple(sorted(Severity, reverse=True))

_MOST_PLUGINS_NAMED = 3
_SHOWN_COMMIT = 10
_SHOWN_NAME = 60
_COMMIT = regex(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REVISION = regex(r"[A-Za-z0-9@][A-Za-z0-9._/~^@-]{0,99}")


#: By what is counted: none of it, and how one and many of it are said.
_COUNTED: Final[Mapping[str, tuple[Message, Callable[[int], Message]]]] = {
    "call": (say("no call"), partial(say_plural, "{n:,} call", "{n:,} calls")),
    "change": (say("no change"), partial(say_plural, "{n:,} change", "{n:,} changes")),
    "error": (say("no error"), partial(say_plural, "{n:,} error", "{n:,} errors")),
    "file": (say("no file"), partial(say_plural, "{n:,} file", "{n:,} files")),
    "finding": (say("no finding"), partial(say_plural, "{n:,} finding", "{n:,} findings")),
    "millisecond": (say("no millisecond"), partial(say_plural, "{n:,} millisecond", "{n:,} milliseconds")),
    "model": (say("no model"), partial(say_plural, "{n:,} model", "{n:,} models")),
    "more mistake": (say("no more mistake"), partial(say_plural, "{n:,} more mistake", "{n:,} more mistakes")),
    "more plugin": (say("no more plugin"), partial(say_plural, "{n:,} more plugin", "{n:,} more plugins")),
    "more rule": (say("no more rule"), partial(say_plural, "{n:,} more rule", "{n:,} more rules")),
    "notice": (say("no notice"), partial(say_plural, "{n:,} notice", "{n:,} notices")),
    "option": (say("no option"), partial(say_plural, "{n:,} option", "{n:,} options")),
    "package": (say("no package"), partial(say_plural, "{n:,} package", "{n:,} packages")),
    "parameter": (say("no parameter"), partial(say_plural, "{n:,} parameter", "{n:,} parameters")),
    "plugin": (say("no plugin"), partial(say_plural, "{n:,} plugin", "{n:,} plugins")),
    "rule": (say("no rule"), partial(say_plural, "{n:,} rule", "{n:,} rules")),
    "text": (say("no text"), partial(say_plural, "{n:,} text", "{n:,} texts")),
    "warning": (say("no warning"), partial(say_plural, "{n:,} warning", "{n:,} warnings")),
}


def counted(number: int, noun: str) -> Message:
    """`1 error`, `1,200 errors`, `no error`. Raises `KeyError` for a noun that is not in the table."""
    none, some = _COUNTED[noun]
    return some(number) if number else none


def tally(findings: Iterable[Finding]) -> Message:
    """How many of each severity: `2 errors, 1 warning and 3 notices`; empty without findings."""
    severities = [finding.severity for finding in findings]
    counts = ((severities.count(severity), severity.label) for severity in SEVERITIES)
    return all_of([counted(number, label) for number, label in counts if number])


def headline(result: Result, *, on_change: bool = False) -> Message:
    """The verdict, and what to do about it, as a message of one line without a full stop."""
    match result.conclusion:
        case Conclusion.ERROR:
            return say("The review did not finish: this is a fault of the review, not of the plugin")
        case Conclusion.FAILED if result.failing:
            plugins = _plugins(result, (finding.plugin for finding in result.failing))
            return say("Fix {findings} in {plugins}", findings=tally(result.failing), plugins=plugins)
        case Conclusion.FAILED:
            return say("{not_judged}, and what was not judged does not pass here", not_judged=not_judged(result))
        case Conclusion.NOTHING_TO_CHECK if result.unchanged:
            return say("Nothing to check: no plugin has changed")
        case Conclusion.NOTHING_TO_CHECK if on_change:
            return say("Nothing to check: no Dify plugin is touched")
        case Conclusion.NOTHING_TO_CHECK:
            return say("Nothing to check: there is no Dify plugin here")
    passed = _passed(result)
    if result.open_questions:
        return say("{not_judged}; apart from that {passed}", not_judged=not_judged(result), passed=passed)
    return passed.capitalized()


def _passed(result: Result) -> Message:
    if not result.active:
        plugins = _plugins(result, (plugin.root for plugin in result.plugins))
        if result.old:
            return say("nothing new to fix in {plugins}", plugins=plugins)
        return say("nothing to fix in {plugins}", plugins=plugins)
    found = say(
        "{findings} in {plugins}",
        findings=tally(result.active),
        plugins=_plugins(result, (finding.plugin for finding in result.active)),
    )
    if result.fail_on is not None:
        return say("nothing blocks: {found}", found=found)
    return say("{found}; nothing was asked to block", found=found)


def not_judged(result: Result) -> Message:
    """What could have failed the review, and was not judged."""
    rules = dict.fromkeys(entry.rule for entry in result.open_questions)
    return say(
        "Not judged: {rules} in {plugins}",
        rules=quote_list(rules, 3),
        plugins=_plugins(result, (entry.plugin for entry in result.open_questions)),
    )


def account(result: Result) -> Message:
    """The account of what the review was given, in one line."""
    coverage = result.coverage
    parts = [
        say("{files} reviewed", files=counted(coverage.reviewed, "file")),
        say("{n:,} outside of plugins", n=len(coverage.outside)) if coverage.outside else "",
        say("{n:,} not judged", n=len(coverage.not_judged)) if coverage.not_judged else "",
    ]
    return listed(part for part in parts if part)


def _plugins(result: Result, roots: Iterable[str]) -> Message:
    names = [called(result, root) for root in dict.fromkeys(roots)]
    if len(names) > _MOST_PLUGINS_NAMED:
        return counted(len(names), "plugin")
    return all_of([quote(name) for name in names])


def percent(coverage: LocaleCoverage) -> int:
    """How complete a locale is, rounded down: 100 only when nothing is missing."""
    return coverage.translated * 100 // coverage.total if coverage.total > 0 else 100


#: The cells of a bar.
_CELLS: Final = 10


def bar(coverage: LocaleCoverage) -> str:
    """How complete a locale is, as a bar: full only when nothing is missing, and empty only when nothing is there."""
    cells = max(percent(coverage) * _CELLS // 100, 1 if coverage.translated else 0)
    return "█" * cells + "░" * (_CELLS - cells)


def fraction(coverage: LocaleCoverage) -> str:
    """`12/40`."""
    return f"{coverage.translated:,}/{coverage.total:,}"


class TranslationChange(Struct, frozen=True):
    """How many texts of a locale more than at the base are translated, are missing, and repeat the English."""

    translated: int
    missing: int
    copied: int


_NO_CHANGE = TranslationChange(0, 0, 0)


class Translation(Struct, frozen=True):
    """How far a plugin is with a locale, and how far its base revision was; None where there is nothing to compare."""

    locale: str
    now: LocaleCoverage
    before: LocaleCoverage | None

    @property
    def lacking(self) -> int:
        """How many texts users of the locale see in English: those that are missing and those that repeat it."""
        return self.now.total - self.now.translated

    @property
    def change(self) -> TranslationChange:
        now, before = self.now, self.before or self.now
        return TranslationChange(
            now.translated - before.translated, now.missing - before.missing, now.copied - before.copied
        )

    @property
    def is_changed(self) -> bool:
        """Whether the change has something to do with how far the locale is. A new plugin brings all that it has."""
        return self.before is None or self.change != _NO_CHANGE


class Translations(Struct, frozen=True):
    """The locales of a plugin in which texts lack or lacked; English is one of them only where its texts lack."""

    plugin: str
    locales: tuple[Translation, ...]


def translations(result: Result, *, changed: bool) -> list[Translations]:
    """How far the plugins are translated, those first that lack most. Plugins that lack nothing are left out.

    With `changed` so are those in which the change does nothing to that, where the result is compared with a base.
    """
    plugins = [Translations(called(result, plugin.root), tuple(_translations(plugin))) for plugin in result.plugins]
    if changed and result.compared_to is not None:
        plugins = [plugin for plugin in plugins if any(row.is_changed for row in plugin.locales)]
    found = [plugin for plugin in plugins if plugin.locales]
    return sorted(found, key=lambda plugin: -sum(row.lacking for row in plugin.locales))


def _translations(plugin: PluginSummary) -> Iterator[Translation]:
    for locale, now in plugin.locales.items():
        before = plugin.base_locales.get(locale)
        if now.total > now.translated or (before is not None and before.total > before.translated):
            yield Translation(locale, now, before)


def known_translations(result: Result) -> str:
    """The offer to put in the translations that are known, for the locale that lacks most texts; "" where none lacks a
    text, and where all is in packages, in which nothing is written."""
    missing: Counter[str] = Counter()
    for plugin in result.plugins:
        if not is_package(plugin.root):
            missing.update({locale: now.missing for locale, now in plugin.locales.items() if locale != SOURCE})
    locale, count = next(iter(missing.most_common(1)), ("", 0))
    if not count:
        return ""
    command = quote(shlex.join([TOOL, "fix", "--translate", locale, *_paths(result)]))
    return say("{command} puts in the translations that are known, for a speaker to read.", command=command)


#: Releases are told of so many plugins at most: of more, nobody would read them.
MAX_SUPPORT: Final = 3


class SupportRow(Struct, frozen=True):
    """What some releases of Dify make of a plugin, in the words of a table."""

    releases: str
    installs: str
    starts: str
    lists: str
    shows: str


class SupportTable(Struct, frozen=True):
    """On which releases of Dify a plugin works, and since when everything that it uses is there: "" where never."""

    plugin: str
    needs: str
    rows: tuple[SupportRow, ...]


SUPPORT_LEGEND = say(
    "Installs: the declaration is taken. Starts: the SDK loads it. Lists: it and all others of its kind are offered. "
    "Shows: nothing that it declares is dropped."
)


def support(result: Result) -> list[SupportTable]:
    """On which releases of Dify the plugins work. Those that work on every release are left out, and so are all where
    there are many."""
    if len(result.plugins) > MAX_SUPPORT:
        return []
    return [
        SupportTable(called(result, plugin.root), plugin.support.needs, tuple(_support_rows(plugin.support)))
        for plugin in result.plugins
        if plugin.support is not None and not _works_everywhere(plugin.support)
    ]


def _works_everywhere(support: Support) -> bool:
    return support.starts and all(row.shows for row in support.releases)


def _support_rows(support: Support) -> Iterator[SupportRow]:
    for row in support.releases:
        releases = row.first if row.first == row.last else f"{row.first} – {row.last}"
        yes = [say("yes") if each else say("no") for each in (row.installs, support.starts, row.lists, row.shows)]
        yield SupportRow(releases, *yes)


def signed(change: int) -> str:
    """`(+1,200)`, `(−1)`; empty where nothing has changed."""
    return f"({'+' if change > 0 else '−'}{abs(change):,})" if change else ""


def update_headline(update: Update) -> Message:
    """What an update means, as a message of one line without a full stop."""
    old, new = (quote(each) if each else say("no version") for each in (update.old_version, update.new_version))
    versions = say("{old} → {new}", old=old, new=new)
    if not update.count:
        return say("{versions} breaks nothing that workspaces have stored", versions=versions)
    return say_plural(
        "{versions} breaks {n:,} thing for existing users",
        "{versions} breaks {n:,} things for existing users",
        update.count,
        versions=versions,
    )


def update_step(update: Update) -> str:
    """How an update reaches workspaces, as a sentence; "" where nothing breaks or the version says so."""
    if not update.count or update.announced:
        return ""
    right = say("{version} would announce it.", version=quote(update.right)) if update.right is not None else ""
    return sentences(say("The version announces no break, so workspaces get it unasked."), right)


def called(result: Result, root: str) -> str:
    """What a plugin is called: its folder or package; the name in its manifest where that is the working directory."""
    names = (plugin.name for plugin in result.plugins if plugin.root == root)
    return (root == "." and next(names, None)) or root


#: How a report in another language is offered: in that language, as no catalogue is read for it.
_OFFERS: Final = {
    "zh_Hans": "这份报告也有中文版：",
    "ja_JP": "このレポートには日本語版もあります：",
    "pt_BR": "Este relatório também existe em português: ",
}


def offer(result: Result) -> str:
    """The offer of a report in the language of the authors, as far as it goes; "" where somebody chose a language."""
    languages = Counter(plugin.author_language for plugin in result.plugins)
    language, plugins = next(iter(languages.most_common(1)), ("", 0))
    if is_chosen() or language not in _OFFERS or plugins * 2 <= len(result.plugins):
        return ""
    return _OFFERS[language] + quote(f"--language {language}")


def in_english(finding: Finding) -> str:
    """The message of an error in English, where it is told in another language: for a maintainer to follow."""
    is_told = finding.severity is Severity.ERROR and told(finding.message) != finding.message
    return str(finding.message) if is_told else ""


def is_in_file(finding: Finding) -> bool:
    """Whether a finding is about a file of the repository itself, and not about one in a package or about a text."""
    return finding.location.member is None and finding.location.source is None


def standalone(finding: Finding) -> str:
    """The message for a format that knows files and lines of the repository only."""
    if is_in_file(finding):
        return finding.message
    return say("In {place}: {message}", place=finding.location.member or place(finding), message=finding.message)


def rule(id: str) -> Rule | None:
    """The rule of this id; None for one of another version of this tool."""
    return catalogue().get(id)


def shown_file(finding: Finding, plugin: str | None = None) -> str:
    """The file of a finding as people read it: from the plugin root when the plugin is named already."""
    location = finding.location
    if location.source is not None:
        title, text = say("title of the pull request"), say("text of the pull request")
        return told(title if location.source == "title" else text)
    if plugin is None or plugin == ".":
        return location.file
    if location.member is not None and location.path == plugin:
        return location.member
    return location.file.removeprefix(f"{plugin}/")


def place(finding: Finding, plugin: str | None = None, *, column: bool = True) -> str:
    """Where a finding is: `file:line:column`."""
    span = finding.location.span
    file = shown_file(finding, plugin)
    if span is None:
        return file
    return f"{file}:{span.line}:{span.column}" if column else f"{file}:{span.line}"


def location(where: Location) -> str:
    """A place by itself: `file:line:column`."""
    return where.file if where.span is None else f"{where.file}:{where.span.line}:{where.span.column}"


class Gap(Struct, frozen=True):
    """What could not be judged, in one plugin or in several for the same reason; `where` and `reason` are messages."""

    rule: str
    where: str
    reason: str


def gaps(result: Result) -> list[Gap]:
    """What could not be judged, once for each rule and reason."""
    plugins: dict[tuple[str, str], list[str]] = {}
    for entry in result.unchecked:
        plugins.setdefault((entry.rule, entry.reason), []).append(entry.plugin)
    return [Gap(rule, _plugins(result, roots), reason) for (rule, reason), roots in plugins.items()]


def short_revision(name: str) -> str:
    """A commit's SHA as people quote it; any other name as it is, clipped."""
    return name[:_SHOWN_COMMIT] if _COMMIT.fullmatch(name) else clip(name, _SHOWN_NAME)


def reproduce(result: Result) -> str:
    """The command, in one line, that repeats this review where the tool is installed, with every option it needs.

    It fetches nothing by name: who copies it would run whatever somebody has registered under that name.
    """
    words = [TOOL, "check", *_paths(result)]
    if result.profile is not Profile.AUTHOR:
        words += ["--profile", result.profile.value]
    if result.fail_on is not Severity.ERROR:
        words += ["--fail-on", result.fail_on.label if result.fail_on is not None else "never"]
    if result.compared_to is not None and _REVISION.fullmatch(result.compared_to):
        words += ["--base", result.compared_to]
    asked = result.asked
    for option, name in (("--config", asked.config), ("--baseline", asked.baseline)):
        if name and _can_be_named(name):
            words.append(f"{option}={name}")
    if asked.no_config:
        words.append("--no-config")
    lists = {"--select": asked.select, "--ignore": asked.ignore, "--locales": asked.locales}
    for option, names in lists.items():
        if names:
            words += [option, ",".join(names)]
    words += [word for pair in (("--policy", asked.policy), ("--dify", asked.dify)) if pair[1] for word in pair]
    return shlex.join(words)


def _paths(result: Result) -> list[str]:
    """The plugins to name in the command; none (which means all) when they are many or no terminal should see them."""
    roots = [plugin.root for plugin in result.plugins]
    if len(roots) > _MOST_PLUGINS_NAMED or not all(_can_be_named(root) for root in roots):
        return []
    return [f"./{root}" if root.startswith("-") else root for root in roots if root != "."]


def _can_be_named(root: str) -> bool:
    # In a report that is printed to the log of a job, the runner would obey `##[command]` in the command to copy.
    return root.isprintable() and len(root) <= 200 and log_line(root) == root
