"""Rules about the title and the text of a submission."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator

from bot.document.reader import TOP
from bot.findings import Authority, By, Fix, Location, Safety, Severity, Span, quote, quote_list
from bot.messages import say
from bot.patterns import regex
from bot.plugin.facts import Facts
from bot.rules.registry import Example, Hit, NotJudged, OnSubmission, rule
from bot.submission import template
from bot.submission.example import COMPLETE, submission, without
from bot.submission.submission import Submission
from bot.submission.text import Body, Box, Section, title_han

_PRE_CHECK = "toolkit/checks/pr/body.py"
_REFUSED = (Authority(By.MARKETPLACE, "The pre-check of the marketplace refuses the pull request.", _PRE_CHECK),)
_ASKED = (
    Authority(
        By.MARKETPLACE, "A reviewer asks which is right.", "langgenius/dify-plugins, docs/plugin-review-guidelines.md"
    ),
)

#: Lines with Han characters that are named one by one.
MAX_HAN_LINES = 20


def on_text(check: Callable[[Facts, Submission, Body], Iterator[Hit]]) -> OnSubmission:
    """Makes a rule of what looks at the text of a submission. One that was not read is not judged."""

    @functools.wraps(check)
    def run(facts: Facts, submission: Submission) -> Iterator[Hit | NotJudged]:
        if submission.text is None:
            yield NotJudged(say("the pull request was not read: {unread}", unread=submission.unread))
        else:
            yield from check(facts, submission, submission.text)

    return OnSubmission(run)


def at_body(span: Span | None, message: str, subject: str = "", **more: object) -> Hit:
    """A hit in the body."""
    return Hit(message, "", location=Location("", None, span, "body"), subject=subject, **more)  # type: ignore[arg-type]


def _write(text: str) -> Fix:
    """A fix that the author makes in the browser."""
    return Fix(say("Write {text}", text=quote(text)), Safety.UNSAFE)


# --- the template -----------------------------------------------------------------------------------------------------


@rule(
    "pull-request/template",
    severity=Severity.ERROR,
    summary="The text of the pull request does not follow the template of the marketplace.",
    why="The pre-check reads author, version, type, risk and notes from the sections of the template. A text without "
    "them, or with the template as it is, is refused; reviewers close such pull requests.",
    fix="Copy `.github/pull_request_template.md` into the text of the pull request and fill in every section.",
    authorities=_REFUSED,
    bad=Example("", submission=submission("Please add my plugin.\n")),
    good=Example("", submission=submission(COMPLETE)),
)
@on_text
def untouched(facts: Facts, submission: Submission, body: Body) -> Iterator[Hit]:
    if body.is_empty:
        yield at_body(
            None, say("The text of the pull request is empty. The marketplace's template has to be filled in.")
        )
    elif not body.sections:
        names = quote_list(template.SECTIONS)
        yield at_body(body.start, say("The text has no section of the marketplace's template: {names}.", names=names))
    elif _is_untouched(body):
        yield at_body(body.start, say("The template is not filled in: every field is empty, and no box is ticked."))


def _is_untouched(body: Body) -> bool:
    """Whether nothing of the template was filled in."""
    information = body.sections.get(template.INFORMATION)
    fields = information.fields().values() if information is not None else ()
    boxes = [box for name, options in template.CHOICES.items() for box in _boxes(body, name, options)]
    written = [section for name in template.WRITTEN if (section := body.sections.get(name)) is not None]
    return (
        not any(field.value for field in fields)
        and not any(box.ticked for box in boxes)
        and not any(section.text for section in written)
    )


def _has_template(body: Body) -> bool:
    """Whether single faults are worth telling: the template is there, and somebody has filled something in."""
    return bool(body.sections) and not _is_untouched(body)


def _boxes(body: Body, name: str, options: tuple[str, ...]) -> list[Box]:
    section = body.sections.get(name)
    return section.boxes(options) if section is not None else []


@rule(
    "pull-request/section",
    severity=Severity.ERROR,
    summary="A section of the marketplace's template is missing or empty.",
    why="The pre-check looks for every section by its heading, and for text that is not a comment in “What changed”, "
    "“Security and privacy notes” and “Local validation”.",
    fix="Add the section with the heading of the template, and write at least one sentence in it.",
    authorities=_REFUSED,
    bad=Example("", submission=submission(without(template.NOTES))),
    good=Example("", submission=submission(COMPLETE)),
)
@on_text
def section(facts: Facts, submission: Submission, body: Body) -> Iterator[Hit]:
    if not _has_template(body):
        return
    for name in template.SECTIONS:
        found = body.sections.get(name)
        if found is None:
            message = say("The section {name} is missing from the text of the pull request.", name=quote(name))
            yield at_body(TOP, message, name, fix=_write(f"## {name}"))
        elif name in template.WRITTEN and not found.text:
            held = say("holds only a comment") if "".join(found.lines).strip() else say("is empty")
            yield at_body(found.heading.span, say("The section {name} {held}.", name=quote(name), held=held), name)


@rule(
    "pull-request/field",
    severity=Severity.ERROR,
    summary="A field of “Plugin information” is missing or empty.",
    why="The pre-check wants author, plugin name, version, source repository and contact, each with a value, and a "
    "source repository with an address. The marketplace writes to the contact.",
    fix="Fill in the field, as in `- **Contact**: crew@example.com`.",
    authorities=_REFUSED,
    bad=Example("", submission=submission(COMPLETE.replace("crew@acme.example", ""))),
    good=Example("", submission=submission(COMPLETE)),
)
@on_text
def field(facts: Facts, submission: Submission, body: Body) -> Iterator[Hit]:
    information = body.sections.get(template.INFORMATION)
    if information is None or not _has_template(body):
        return
    fields = information.fields()
    for name in template.FIELDS:
        found = fields.get(name)
        if found is None:
            message = say(
                "The field {name} is missing from {information}.",
                name=quote(name),
                information=quote(template.INFORMATION),
            )
            yield at_body(information.heading.span, message, name, fix=_write(f"- **{name}**: …"))
        elif not found.value:
            yield at_body(found.span, say("The field {name} is empty.", name=quote(name)), name)
        elif name == template.REPOSITORY and not re.search(r"https?://[^\s)>\"]", found.value, re.IGNORECASE):
            message = say(
                "The field {name} has no address that begins with `https://`: {value}.",
                name=quote(name),
                value=quote(found.value),
            )
            yield at_body(found.span, message, name)


@rule(
    "pull-request/choice",
    severity=Severity.ERROR,
    summary="Not exactly one type of submission, or not exactly one level of risk, is ticked.",
    why="The pre-check wants one of “New plugin” and “Version update”, and one of the three levels of risk. The level "
    "decides how closely the package is reviewed.",
    fix="Tick one box, as in `- [x] New plugin`, and leave the others as `- [ ]`.",
    authorities=_REFUSED,
    bad=Example("", submission=submission(COMPLETE.replace("[ ] High", "[x] High"))),
    good=Example("", submission=submission(COMPLETE)),
)
@on_text
def choice(facts: Facts, submission: Submission, body: Body) -> Iterator[Hit]:
    if not _has_template(body):
        return
    for name, options in template.CHOICES.items():
        found = body.sections.get(name)
        if found is None:
            continue
        ticked = [box for box in found.boxes(options) if box.ticked or box.strict]
        read = [box for box in ticked if box.strict]
        if len(ticked) == 1 or (not ticked and _only_option(found, options) is not None):
            continue
        if not ticked:
            message = say(
                "Nothing is ticked in {name}: tick one of {options}.", name=quote(name), options=quote_list(options)
            )
            yield at_body(found.heading.span, message, name, fix=_write(f"- [x] {options[0]}"))
        else:
            chosen = quote_list(dict.fromkeys(box.option for box in ticked))
            # The pre-check does not see the others, which leaves a reviewer to ask.
            severity = Severity.WARNING if len(read) == 1 else None
            message = say(
                "More than one box is ticked in {name}: {chosen}. Tick exactly one.", name=quote(name), chosen=chosen
            )
            yield at_body(ticked[1].span, message, name, severity=severity)


def _only_option(found: Section, options: tuple[str, ...]) -> str | None:
    """The option that stands alone in a section, where its author has taken boxes and other options away."""
    text = found.text.strip(" \t*_~`-+.").lower()
    return next((option for option in options if text == option.lower()), None)


@rule(
    "pull-request/form",
    severity=Severity.WARNING,
    summary="People understand this line of the text, and the marketplace's pre-check does not.",
    why="The pre-check reads three forms, sign for sign: headings `## Risk level`, fields `- **Contact**: …` and boxes "
    "`- [x] New plugin`. A box with `✓` or a blank beside the `x`, a list with `*`, a heading of another level or a "
    "label in other decoration is not there for it, so it refuses the pull request.",
    fix="Write the line as the finding shows it.",
    authorities=(Authority(By.MARKETPLACE, "The pre-check does not see what is written.", _PRE_CHECK),),
    bad=Example("", submission=submission(COMPLETE.replace("[x] New", "[ ✓] New"))),
    good=Example("", submission=submission(COMPLETE)),
)
@on_text
def form(facts: Facts, submission: Submission, body: Body) -> Iterator[Hit]:
    if not _has_template(body):
        return
    refused = say("The marketplace's pre-check does not read")
    for name in template.SECTIONS:
        found = body.sections.get(name)
        if found is not None and not found.heading.strict:
            written = _text_at(body, found.heading.span)
            wanted = f"## {name}"
            message = say(
                "{refused} {written} as the heading {name}: it wants {wanted}.",
                refused=refused,
                written=quote(written),
                name=quote(name),
                wanted=quote(wanted),
            )
            yield at_body(found.heading.span, message, name, fix=_write(wanted))
    for name, options in template.CHOICES.items():
        found = body.sections.get(name)
        if found is None:
            continue
        boxes = found.boxes(options)
        ticked = [box for box in boxes if box.ticked or box.strict]
        alone = _only_option(found, options) if not ticked else None
        if len(ticked) == 1 and not ticked[0].strict:
            wanted = f"- [x] {ticked[0].option}"
            message = say(
                "{refused} {written} in {name} as ticked: it wants {wanted}.",
                refused=refused,
                written=quote(ticked[0].written),
                name=quote(name),
                wanted=quote(wanted),
            )
            yield at_body(ticked[0].span, message, name, fix=_write(wanted))
        elif alone is not None:
            wanted = f"- [x] {alone}"
            message = say(
                "{refused} {alone} without a box in {name}: it wants {wanted}.",
                refused=refused,
                alone=quote(alone),
                name=quote(name),
                wanted=quote(wanted),
            )
            yield at_body(found.span(), message, name, fix=_write(wanted))
    information = body.sections.get(template.INFORMATION)
    for each in information.fields().values() if information is not None else ():
        if each.value and not each.strict:
            wanted = f"- **{each.name}**: {each.value}"
            message = say(
                "{refused} this form of the field {name}: it wants {wanted}.",
                refused=refused,
                name=quote(each.name),
                wanted=quote(wanted),
            )
            yield at_body(each.span, message, each.name, fix=_write(wanted))


def _text_at(body: Body, span: Span) -> str:
    return body.lines[span.line - 1][span.column - 1 : span.end_column - 1]


# --- language ---------------------------------------------------------------------------------------------------------


@rule(
    "pull-request/language",
    severity=Severity.ERROR,
    summary="The title or the text of the pull request has Chinese characters.",
    why="Reviewers of the marketplace work in English. Its pre-check counts Chinese characters outside of code blocks "
    "in the text, and the maintainers' check in the title too; one is enough to be refused.",
    fix="Write it in English. What has to stay as it is, such as the output of a command, goes into a code block.",
    authorities=_REFUSED,
    bad=Example("", submission=submission(COMPLETE.replace("a workflow", "a workflow (工作流)"))),
    good=Example("", submission=submission(COMPLETE + "\n```text\n安装成功\n```\n")),
)
@on_text
def language(facts: Facts, submission: Submission, body: Body) -> Iterator[Hit]:
    advice = say("The marketplace takes English only.")
    in_title = title_han(submission.title or "")
    if in_title is not None:
        span, characters = in_title
        message = say(
            "The title has Chinese characters: {characters}. {advice}", characters=quote(characters, 40), advice=advice
        )
        yield Hit(message, "", location=Location("", None, span, "title"), subject=characters[:80])
    lines = list(body.han())
    for number, (span, characters) in enumerate(lines):
        if number == MAX_HAN_LINES:
            break
        message = say(
            "The text has Chinese characters: {characters}. {advice}", characters=quote(characters, 40), advice=advice
        )
        if len(lines) > MAX_HAN_LINES and number == MAX_HAN_LINES - 1:
            message += say(" {count} more lines have some.", count=len(lines) - MAX_HAN_LINES)
        yield at_body(span, message, characters[:80], group="body")


# --- the manifest -----------------------------------------------------------------------------------------------------

_VERSIONS = regex(r"(?<!\d)\d{1,9}(?:\.\d{1,9}){1,3}(?:[-+][0-9A-Za-z.-]{1,40})?")
_MAIL = regex(r"[\w.+-]{1,64}@[\w.-]{1,250}")
_ADDRESS = regex(r"https?://[^\s)>\"\]]{1,1000}", re.IGNORECASE)
_WORD = regex(r"[^a-z0-9]+")


@rule(
    "pull-request/field-mismatch",
    severity=Severity.WARNING,
    summary="A field of the text differs from the manifest of the package.",
    why="The marketplace publishes what the manifest says. Where the text says something else, a reviewer cannot tell "
    "which of them is meant, and asks.",
    fix="Write what the manifest says, or submit the package that is meant.",
    authorities=_ASKED,
    bad=Example("", submission=submission(COMPLETE.replace("**Version**: 0.1.0", "**Version**: 2.0.0"))),
    good=Example("", submission=submission(COMPLETE)),
)
@on_text
def field_mismatch(facts: Facts, submission: Submission, body: Body) -> Iterator[Hit]:
    information = body.sections.get(template.INFORMATION)
    if information is None:
        return
    manifest = {
        template.AUTHOR: ("author", facts.author),
        template.NAME: ("name", facts.name),
        template.VERSION: ("version", facts.version),
        template.REPOSITORY: ("repo", facts.repository),
        template.CONTACT: ("contact", facts.contact),
    }
    for name, found in information.fields().items():
        key, written = manifest[name]
        if not written or not found.value:
            continue
        if not _agrees(name, found.value, written, facts.label or ""):
            message = say(
                "{name} is {value} in the text, and {written} in the manifest ({key}).",
                name=quote(name),
                value=quote(found.value),
                written=quote(written),
                key=quote(key),
            )
            yield at_body(found.span, message, name)


def _agrees(name: str, said: str, written: str, label: str) -> bool:
    """Whether a field says what the manifest does, as people write such things."""
    match name:
        case template.VERSION:
            versions = _VERSIONS.findall(said)
            return written in versions or not versions
        case template.REPOSITORY:
            addresses = _ADDRESS.findall(said)
            return not addresses or any(_same_repository(address, written) for address in addresses)
        case template.CONTACT:
            mails = [mail.lower().rstrip(".") for mail in _MAIL.findall(said)]
            return not mails or "@" not in written or written.strip().lower() in mails
        case template.NAME:
            return _folded(written) in _folded(said) or (_folded(label) != "" and _folded(label) in _folded(said))
    return _folded(written) in _folded(said)


def _folded(text: str) -> str:
    return _WORD.sub("", text.lower()) or text.strip().lower()


def _same_repository(one: str, other: str) -> bool:
    """Whether two addresses are of one repository, or one of them of a place in the other's."""
    first, second = sorted((_repository(one), _repository(other)), key=len)
    return second == first or second.startswith(f"{first}/")


def _repository(address: str) -> str:
    plain = re.sub(r"^https?://(www\.)?", "", address.strip().lower())
    return re.sub(r"(\.git)?[/#?.,]*$", "", plain.partition("#")[0])


# --- what reviewers ask -----------------------------------------------------------------------------------------------

_BREAKING = regex(r"\b(breaking|breaks?|backward compatible)\b", re.IGNORECASE)
_BOUNDARY = regex(
    r"\b(input constraints?|validated?|allowlist|denylist|security boundary|safety boundary|restricted?|limited?|"
    r"sandbox|dangerous operations?|guardrail)\b",
    re.IGNORECASE,
)


def chosen(body: Body, name: str) -> Box | None:
    """The one box that is ticked in a section, as people read it; None when it is not exactly one."""
    ticked = [box for box in _boxes(body, name, template.CHOICES[name]) if box.ticked or box.strict]
    return ticked[0] if len(ticked) == 1 else None


@rule(
    "pull-request/breaking-changes",
    severity=Severity.NOTICE,
    summary="An update does not say whether it breaks what users have built.",
    why="Workflows keep calling the tools and parameters of the version before. The pre-check looks for words such as "
    "“breaking changes” in “What changed” and “Reviewer notes”, and reminds the reviewer where it finds no such word.",
    fix="Say in “What changed” what breaks, or that nothing does.",
    authorities=(Authority(By.MARKETPLACE, "A reviewer is reminded to ask.", "toolkit/checks/pr/review_notes.py"),),
    bad=Example(
        "", submission=submission(COMPLETE.replace("[x] New", "[ ] New").replace("[ ] Version", "[x] Version"))
    ),
    good=Example("", submission=submission(COMPLETE)),
)
@on_text
def breaking_changes(facts: Facts, submission: Submission, body: Body) -> Iterator[Hit]:
    box = chosen(body, template.TYPE)
    changes = body.sections.get(template.CHANGES)
    if box is None or box.option != template.VERSION_UPDATE or changes is None or not changes.text:
        return
    notes = body.sections.get(template.REVIEWER_NOTES)
    if not _BREAKING.search(changes.text) and (notes is None or not _BREAKING.search(notes.text)):
        message = say(
            "{changes} does not say whether the update has breaking changes.", changes=quote(template.CHANGES)
        )
        yield at_body(changes.heading.span, message)


@rule(
    "pull-request/high-risk-limits",
    severity=Severity.NOTICE,
    summary="A plugin of high risk does not say what keeps it within bounds.",
    why="The pre-check looks in the security notes for words about limits: validated, allowlist, sandbox, restricted. "
    "Where it finds no such word, it reminds the reviewer to ask.",
    fix="Say in “Security and privacy notes” how input is limited and what dangerous operations are refused.",
    authorities=(Authority(By.MARKETPLACE, "A reviewer is reminded to ask.", "toolkit/checks/pr/review_notes.py"),),
    bad=Example("", submission=submission(COMPLETE.replace("[x] Low", "[ ] Low").replace("[ ] High", "[x] High"))),
    good=Example("", submission=submission(COMPLETE)),
)
@on_text
def high_risk_limits(facts: Facts, submission: Submission, body: Body) -> Iterator[Hit]:
    box = chosen(body, template.RISK)
    notes = body.sections.get(template.NOTES)
    if box is None or box.option != template.HIGH or notes is None or not notes.text:
        return
    if not _BOUNDARY.search(notes.text):
        yield at_body(
            notes.heading.span,
            say("{notes} do not say what limits the dangerous operations.", notes=quote(template.NOTES)),
        )
