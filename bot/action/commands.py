"""Carries out a command in a comment on a pull request, and answers it once. Nothing of the change is ever run.

`explain` and `recheck` change no code: who may write and the author of the pull request may ask for them. `fix` and
`translate` commit to a branch of the same repository, for who may write; of a fork they give a patch, to its author
too. What is committed is what was read: a branch that has moved on gets nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from bot.action.clients import Clients
from bot.action.inputs import COMMANDS, Inputs
from bot.action.job import review_event
from bot.action.runner import append, log
from bot.action.task import Task, configuration_at, opened_task
from bot.errors import ToolError, UsageError, closest
from bot.findings import quote, quote_list
from bot.fixes.fix import Outcome, find_fixes
from bot.fixes.patch import patch
from bot.fixes.translating import translating
from bot.github.client import Client, Refused, Unavailable
from bot.github.commands import (
    CHECK,
    Asked,
    Moved,
    answer,
    commit,
    event_of,
    is_answered,
    react,
    read_asked,
    required_job,
    rerun,
)
from bot.github.event import Comment, Event, Runner, read_comment
from bot.languages import speaking
from bot.locale.texts import LANGUAGES, TARGETS
from bot.lookups import NOTHING
from bot.messages import Message, say, say_plural, sentences
from bot.patterns import regex
from bot.report import answers, rule_pages
from bot.review.result import Result
from bot.rules.registry import catalogue
from bot.source import Kind

#: What may be asked for, and whether it names something.
_NAMES: Final = {"explain": "RULE", "recheck": "", "fix": "", "translate": "LOCALE"}
_COMMAND: Final = regex(r"/plugin-review[ \t]+([A-Za-z-]{1,40})(?:[ \t]+([A-Za-z0-9_/.-]{1,100}))?[ \t]*(?:\r?\n)?")


class Command(Struct, frozen=True):
    """What is asked for. `argument` is "" where nothing is named."""

    name: str
    argument: str = ""


def parse(body: str) -> Command | None:
    """The command that a comment is; None for a comment that says anything else besides."""
    found = _COMMAND.fullmatch(body)
    return Command(found[1], found[2] or "") if found is not None else None


def run(environment: Mapping[str, str], inputs: Inputs, runner: Runner, clients: Clients) -> int:
    """Carries out the command of an `issue_comment` event; 0 also where the comment is not a command.

    Raises `UsageError` where the workflow allows no commands, and `ToolError` where GitHub does not answer.
    """
    if not inputs.commands:
        raise UsageError(f"on issue_comment the input commands names what may be asked for: {', '.join(COMMANDS)}")
    comment = read_comment(environment)
    command = parse(comment.body) if comment is not None else None
    if comment is None or command is None:
        return _leave(runner, inputs, say("the comment is not a command"))
    client = clients.github(runner, inputs.token, comment.repository)
    try:
        asked = read_asked(client, comment)
        if isinstance(asked, str):
            return _leave(runner, inputs, asked)
        if not (asked.is_author or asked.may_write):
            reason = say("who wrote the comment may neither write here nor opened the pull request")
            return _leave(runner, inputs, reason)
        if is_answered(client, asked):
            return _leave(runner, inputs, say("the command was answered already, or too many were within an hour"))
        react(client, asked)
        with speaking(_language(inputs, client, asked)):
            text = _Work(comment, asked, inputs, runner, client, clients).done(command)
        answer(client, asked, text)
    except Refused as error:
        raise ToolError(f"GitHub refused what the command needs: {error}") from error
    except Unavailable as error:
        raise ToolError(f"GitHub did not answer: {error}") from error
    append(runner.summary_file, f"{text}\n\n")
    return 0


def _leave(runner: Runner, inputs: Inputs, reason: str) -> int:
    log(f"nothing was done: {reason}")
    with speaking(inputs.language):
        append(runner.summary_file, f"{answers.sentence(say('Nothing was done: {reason}.', reason=reason))}\n\n")
    return 0


def _language(inputs: Inputs, client: Client, asked: Asked) -> str:
    """The language of the answer: the input's, else that of the configuration of the base branch, if it is right."""
    if inputs.language:
        return inputs.language
    with suppress(UsageError):
        return configuration_at(client, asked.pull.base_sha, inputs.config).language
    return ""


class _Work(Struct, frozen=True):
    comment: Comment
    asked: Asked
    inputs: Inputs
    runner: Runner
    client: Client
    clients: Clients

    def done(self, command: Command) -> str:
        """Does what is asked for, and gives the answer."""
        problem = self._problem(command)
        if problem:
            return answers.sentence(problem)
        match command.name:
            case "explain":
                return answers.page(rule_pages.render_page(catalogue()[command.argument], "markdown"))
            case "recheck":
                return self._rechecked()
            case "translate":
                return self._changed(command.argument)
            case _:
                return self._changed(None)

    def _problem(self, command: Command) -> str:
        """Why a command is not carried out: a sentence, or "" for one that is."""
        name, argument = command.name, command.argument
        if name not in self.inputs.commands:
            known = quote_list(f"/plugin-review {each} {_NAMES[each]}".strip() for each in self.inputs.commands)
            return say("{name} is not a command here. There are {known}.", name=quote(name), known=known)
        if bool(argument) != bool(_NAMES[name]):
            return say("Write {command}.", command=quote(f"/plugin-review {name} {_NAMES[name]}".strip()))
        if name == "explain" and argument not in catalogue():
            return say("There is no rule {name}.", name=quote(argument)) + _meant(argument, catalogue())
        if name == "translate" and argument not in TARGETS:
            locales = quote_list(TARGETS)
            unknown = say("{name} is not one of the locales {locales}.", name=quote(argument), locales=locales)
            return unknown + _meant(argument, TARGETS)
        if name in ("fix", "translate") and not (self.asked.may_write or self.asked.pull.is_fork):
            return say(
                "{name} commits to a branch of this repository: who may write to it can ask for that.", name=quote(name)
            )
        return ""

    # --- recheck ------------------------------------------------------------------------------------------------------

    def _rechecked(self) -> str:
        """Runs the job of the required check again. If no such job ran, reviews here and shows the verdict."""
        job = required_job(self.client, self.asked)
        if job is None:
            result = self._reviewed(event_of(self.comment, self.asked), CHECK)
            return answers.verdict_at(self.asked.pull.head_sha, result)
        if job.is_running:
            return answers.sentence(say("The review is running."))
        try:
            rerun(self.client, job)
        except Refused as error:
            result = self._reviewed(event_of(self.comment, self.asked), "")
            why = say(
                "GitHub did not run the check again: {reason}. A new commit runs it.", reason=quote(error.message)
            )
            return f"{answers.verdict(result)} {answers.sentence(why)}"
        return answers.rerun(job.url)

    def _reviewed(self, event: Event, check_name: str) -> Result:
        return review_event(event, self.inputs, self.runner, self.client, self.clients, check_name=check_name)

    # --- fix and translate --------------------------------------------------------------------------------------------

    def _changed(self, locale: str | None) -> str:
        event = event_of(self.comment, self.asked)
        inputs = replace(self.inputs, marketplace_url=None, lookups=())
        with opened_task(event, inputs, self.runner, self.client, self.clients) as task:
            outcome = _outcome(task, locale)
            if not outcome.changes:
                nothing = say("There is nothing to fix safely.")
                return answers.sentence(say("Nothing is known that could be put in.") if locale else nothing)
            done = _done(len(outcome.fixed), locale)
            after = say("A speaker has to read it.") if locale else ""
            changes = "".join(patch(path, change) for path, change in outcome.changes.items())
            why = self._why_not_committed(task, outcome)
        if why:
            return answers.patched(changes, done, sentences(why, after))
        headline = f"Put in known translations into {locale}" if locale else "Apply the safe fixes of the review"
        told = f"Asked for by {self.asked.login} in a comment on #{self.asked.pull.number}."
        files: dict[str, bytes | None] = {path: None for path, change in outcome.changes.items() if change.to}
        files |= {change.to or path: change.after for path, change in outcome.changes.items()}
        try:
            made = commit(self.client, self.asked, files, headline, told)
        except Moved:
            moved = say("The branch has moved on while its files were read, so nothing was committed: ask again.")
            return answers.sentence(moved)
        except Refused as error:
            refused = say("GitHub did not take the commit: {reason}.", reason=quote(error.message))
            return answers.patched(changes, done, sentences(refused, after))
        # What a workflow's token commits starts no workflow, so the verdict on it is given here.
        pull = replace(self.asked.pull, head_sha=made)
        result = self._reviewed(replace(event, head_sha=made, pull_request=pull), CHECK)
        parts = (answers.committed(made, list(files), done), answers.sentence(after), answers.verdict(result))
        return " ".join(filter(None, parts))

    def _why_not_committed(self, task: Task, outcome: Outcome) -> str:
        """A sentence, or "" where the changes can be committed."""
        if self.asked.pull.is_fork:
            return say("The branch is of a fork, to which nothing is committed from here.")
        entries = [entry for path, entry in task.change.head.entries().items() if path in outcome.changes]
        if any(entry.kind is not Kind.FILE or entry.executable for entry in entries):
            return say("A file is a link or may be executed, which a commit from here would not keep.")
        return ""


def _outcome(task: Task, locale: str | None) -> Outcome:
    options = replace(task.options, marketplace_url="", lookups=NOTHING)
    tree, roots = task.change.head, [root for root in task.scope.roots if not root.package]
    if locale is not None:
        return find_fixes(tree, roots, translating(options, (locale,)), unsafe=True)
    return find_fixes(tree, roots, options, task.base)


def _done(number: int, locale: str | None) -> Message:
    """What was done, as a clause."""
    if locale is None:
        return say_plural("{n:,} finding is fixed", "{n:,} findings are fixed", number)
    return say_plural(
        "{n:,} text is translated into {language}",
        "{n:,} texts are translated into {language}",
        number,
        language=LANGUAGES[locale],
    )


def _meant(written: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    meant = closest(written, known)
    return say(" Did you mean {meant}?", meant=quote(meant)) if meant else ""
