"""Rules that compare what a submission says of its risk with what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bot.findings import Authority, By, Confidence, Severity, quote
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.passport import passport_of
from bot.python.capabilities import Capability, Use
from bot.rules.pull_request.text import at_body, chosen, on_text
from bot.rules.registry import Example, Hit, Place, rule
from bot.submission import template
from bot.submission.example import COMPLETE, NOTES, submission
from bot.submission.text import Body

_COMMAND = {"tools/run.py": "import subprocess\n\n\ndef run(words):\n    return subprocess.run(words)\n"}
_REQUIREMENTS: Final = "langgenius/dify-plugins, docs/plugin-submission-requirements.md"

#: Words for "nothing to say", as the pre-check knows them.
_NOTHING = re.compile(r"(none|n/a|na|not applicable|no|nothing)\.?", re.IGNORECASE)
_DECORATION = re.compile(r"[\s>*_`-]+")

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
def security_notes(plugin: Plugin, body: Body) -> Iterator[Hit]:
    notes = body.sections.get(template.NOTES)
    if notes is None or not _NOTHING.fullmatch(_DECORATION.sub(" ", notes.text).strip()):
        return
    found = {key: uses for key, uses in passport_of(plugin).capabilities.items() if key not in _UNSEEN}
    if found:
        message = say(
            "{notes} say {text}, but the code {told}.",
            notes=quote(template.NOTES),
            text=quote(notes.text),
            told=_told(found),
        )
        yield at_body(notes.span(), message, related=_places(found))


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
def risk(plugin: Plugin, body: Body) -> Iterator[Hit]:
    box = chosen(body, template.RISK)
    if box is None:
        return
    capabilities = passport_of(plugin).capabilities
    for level, sorts in ((template.HIGH, _HIGH), (template.MEDIUM, _MEDIUM)):
        found = {key: uses for key, uses in capabilities.items() if key in sorts}
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


def _told(found: dict[Capability, list[Use]]) -> str:
    """What the code does, with the first place of each."""
    parts = [
        f"{capability.value} ({quote(uses[0].what)}, {quote(f'{uses[0].path}:{uses[0].span.line}')})"
        for capability, uses in list(found.items())[:_SHOWN]
    ]
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)


def _places(found: dict[Capability, list[Use]]) -> tuple[Place, ...]:
    firsts: Sequence[Use] = [uses[0] for uses in found.values()]
    return tuple(
        Place(use.path, use.span, say("the code {value}", value=use.capability.value)) for use in firsts[:_SHOWN]
    )
