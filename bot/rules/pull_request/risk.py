"""Rules that compare what a submission says of its risk with what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from bot.findings import Authority, By, Confidence, Related, Severity, Span, quote
from bot.messages import all_of, say
from bot.patterns import regex
from bot.plugin.facts import Facts, FirstUse
from bot.python.capabilities import Capability
from bot.rules.pull_request.text import at_body, chosen, on_text
from bot.rules.registry import Example, Hit, rule
from bot.submission import template
from bot.submission.example import COMPLETE, NOTES, submission
from bot.submission.submission import Submission
from bot.submission.text import Body

_COMMAND = {"tools/run.py": "import subprocess\n\n\ndef run(words):\n    return subprocess.run(words)\n"}
_REQUIREMENTS: Final = "langgenius/dify-plugins, docs/plugin-submission-requirements.md"

#: Words for "nothing to say", as the pre-check knows them.
_NOTHING = regex(r"(none|n/a|na|not applicable|no|nothing)\.?", re.IGNORECASE)
_DECORATION = regex(r"[\s>*_`-]+")

#: What the pre-check does not look for.
_UNSEEN: Final = frozenset({Capability.NATIVE})
#: What makes a plugin one of high risk, whatever it is used for. Connections to fixed hosts are of low risk.
_HIGH: Final = frozenset(
    {
        Capability.PROCESS,
        Capability.CODE,
        Capability.NATIVE,
        Capability.DATABASE,
        Capability.SSH,
        Capability.BROWSER,
    }
)
_MEDIUM: Final = frozenset({Capability.FILES})

#: Uses that a finding names.
_SHOWN: Final = 4


@rule(
    "pull-request/security-notes",
    severity=Severity.ERROR,
    summary="The security notes say that there is nothing to say, and the code does what has to be named.",
    why="The pre-check reads the code for commands, evaluated text, databases, files, connections and browsers. Where "
    "it finds one, “None” in “Security and privacy notes” is refused.",
    fix="Say in “Security and privacy notes” what the code does, why, and what limits it.",
    authorities=(Authority(By.MARKETPLACE, "The pre-check refuses the pull request.", "toolkit/checks/sensitive.py"),),
    bad=Example("", submission=submission(COMPLETE.replace(NOTES, "None.")), files=_COMMAND),
    good=Example("", submission=submission(COMPLETE.replace(NOTES, "It runs the words of the user.")), files=_COMMAND),
)
@on_text
def security_notes(facts: Facts, submission: Submission, body: Body) -> Iterator[Hit]:
    notes = body.sections.get(template.NOTES)
    if notes is None or not _NOTHING.fullmatch(_DECORATION.sub(" ", notes.text).strip()):
        return
    found = {key: use for key, use in facts.by_capability.items() if key not in _UNSEEN}
    if found:
        message = say(
            "{notes} say {text}, but the code {told}.",
            notes=quote(template.NOTES),
            text=quote(notes.text),
            told=_told(found),
        )
        yield at_body(notes.span(), message, related=_places(found))
    elif facts.signals:
        found = {use.capability: use for use in facts.signals}
        message = say(
            "{notes} say {text}, and the pre-check refuses that of code which, by its patterns, {told}.",
            notes=quote(template.NOTES),
            text=quote(notes.text),
            told=_told(found),
        )
        yield at_body(notes.span(), message, related=_places(found))


#: How notes deny a capability: what follows “no”, and verb and object that follow “does not”.
_DENIALS: Final[dict[Capability, tuple[str, str, str]]] = {
    Capability.PROCESS: (
        "commands?|sub-?process(?:es)?",
        "run|execute|start|spawn|launch|invoke|call",
        "commands?|sub-?process(?:es)?|programs?",
    ),
    Capability.CODE: ("code (?:execution|evaluation)|eval", "run|execute|evaluate|use|call", "code|eval|exec"),
    Capability.DATABASE: ("databases?(?: access)?|sql", "use|access|open|query|connect to", "databases?|sql"),
    Capability.SSH: ("ssh|s?ftp", "use|open|connect (?:by|over|through|via)", "ssh|s?ftp"),
    Capability.FILES: (
        "file ?system access|file access|files",
        "access|use|touch|open|(?:read|write) (?:or|and|nor) (?:read|write)",
        "files?|file ?system",
    ),
    Capability.NETWORK: (
        "(?:network|internet)(?: (?:access|requests?|calls?|connections?|traffic))?|http (?:requests|calls)",
        "use|access|need|require|make|send|open|perform",
        "(?:network|internet)(?: access| connections?)?|(?:network |http )?(?:requests|calls|connections?)",
    ),
    Capability.BROWSER: ("browsers?", "use|drive|start|open|launch", "browsers?"),
}
_NOT: Final = r"(?:does not|doesn't|do not|don't|never|will not|cannot)"
_ANY: Final = (
    r"(?: (?:any|an?|the|arbitrary|dynamic|remote|external|outbound|shell|system|os|local|headless|sql)){0,4} `?"
)
#: Nothing follows that says which of them are meant.
_END: Final = (
    r"`?(?=\s*(?:[.,;:!)]|$|(?:and|or|nor)\b|"
    r"(?:is|are) (?:used|made|run|executed|started|needed|opened|required|accessed|involved)\b))"
)


@cache
def _denied() -> Mapping[Capability, re.Pattern[str]]:
    """What denies each capability. Most reviews have no notes to look through, and do without."""
    return {
        capability: re.compile(
            rf"\b(?:no{_ANY}(?:{nothing})|{_NOT} (?:{verbs})(?:e?s)?{_ANY}(?:{things})){_END}", re.IGNORECASE
        )
        for capability, (nothing, verbs, things) in _DENIALS.items()
    }


#: A sentence with one of these names what it does besides.
_BESIDES: Final = regex(
    r"\b(except|exception|besides?|beyond|apart|aside|only|unless|outside|but|own|directly|"
    r"without|other|additional|further|more)\b",
    re.IGNORECASE,
)
_SENTENCE: Final = regex(r"(?:[^.;!?]|[.;!?](?=\S)){1,400}")


@rule(
    "pull-request/notes-contradicted",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="The security notes say that the code does not do something that it does.",
    why="Reviewers and users rely on the notes. The marketplace reads the code, and asks about what it finds there.",
    fix="Say in “Security and privacy notes” what the code does, why, and what limits it; or take it out of the code.",
    authorities=(Authority(By.MARKETPLACE, "A reviewer asks which is right.", _REQUIREMENTS),),
    bad=Example(
        "", submission=submission(COMPLETE.replace(NOTES, "The plugin does not run shell commands.")), files=_COMMAND
    ),
    good=Example(
        "",
        submission=submission(COMPLETE.replace(NOTES, "It runs no commands but `ls`, for its own folder.")),
        files=_COMMAND,
    ),
)
@on_text
def notes_contradicted(facts: Facts, submission: Submission, body: Body) -> Iterator[Hit]:
    notes = body.sections.get(template.NOTES)
    if notes is None:
        return
    capabilities = facts.by_capability
    for number, line in notes.written():
        for sentence in _SENTENCE.finditer(line):
            if _BESIDES.search(sentence[0]):
                continue
            for capability, pattern in _denied().items():
                denied = pattern.search(sentence[0])
                if denied is None or capability not in capabilities:
                    continue
                found = {capability: capabilities[capability]}
                start = sentence.start() + denied.start()
                span = Span(number, start + 1, number, start + len(denied[0]) + 1)
                message = say(
                    "The notes say {sentence}, but the code {told}.",
                    sentence=quote(sentence[0].strip()),
                    told=_told(found),
                )
                yield at_body(span, message, capability.name, related=_places(found))


@rule(
    "pull-request/risk",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="The ticked level of risk is below what the code does.",
    why="Plugins that run commands or code, use databases, SSH or native libraries, or drive a browser are of high "
    "risk, and those that work with files at least of medium risk. Of two levels that fit, the higher one counts.",
    fix="Tick the level that the finding names, or say in the security notes why a lower one is right.",
    authorities=(Authority(By.MARKETPLACE, "A reviewer asks for the higher level.", _REQUIREMENTS),),
    bad=Example("", submission=submission(COMPLETE), files=_COMMAND),
    good=Example("", submission=submission(COMPLETE)),
)
@on_text
def risk(facts: Facts, submission: Submission, body: Body) -> Iterator[Hit]:
    box = chosen(body, template.RISK)
    if box is None:
        return
    capabilities = facts.by_capability
    for level, sorts in ((template.HIGH, _HIGH), (template.MEDIUM, _MEDIUM)):
        found = {key: use for key, use in capabilities.items() if key in sorts}
        if found:
            if template.RISKS.index(box.option) < template.RISKS.index(level):
                message = say(
                    "{option} is ticked, but the code {told}. The marketplace classifies that as {level}.",
                    option=quote(box.option),
                    told=_told(found),
                    level=quote(level),
                )
                yield at_body(box.span, message, level, related=_places(found))
            return


def _told(found: dict[Capability, FirstUse]) -> str:
    """What the code does, with the first place of each."""
    return all_of(
        say(
            "{capability} ({what}, {place})",
            capability=capability.value,
            what=quote(use.what),
            place=quote(use.place),
        )
        for capability, use in list(found.items())[:_SHOWN]
    )


def _places(found: dict[Capability, FirstUse]) -> tuple[Related, ...]:
    return tuple(
        Related(use.location, say("the code {capability}", capability=use.capability.value), excerpt=use.excerpt)
        for use in list(found.values())[:_SHOWN]
    )
