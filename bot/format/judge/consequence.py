"""What an objection means for people: who objects decides how bad it is and what they meet first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.findings import Authority, By, Reach, Severity
from bot.format.models.base import Origin
from bot.format.references import source_of
from bot.format.traits import TRAITS, DocumentKind
from bot.messages import Message, say, sentences

#: Dify, whatever its release.
DIFY: Final = say("Dify")
#: What is in no list that the platform asks for.
_UNLISTED = (DocumentKind.MODEL_POSITION, DocumentKind.BUNDLE)


def reach_of(kind: DocumentKind) -> Reach:
    """How far a refusal of such a document by the platform reaches."""
    return Reach.PLUGIN if kind in _UNLISTED else Reach.WORKSPACE


def loss(kind: DocumentKind, reach: Reach | None = None, dify: Message = DIFY) -> Message:
    """What is lost when the platform refuses a document of this kind, as a sentence. `dify` names the releases."""
    which = dify.capitalized()
    match reach or reach_of(kind):
        case Reach.PROVIDER:
            return say("{which} lists the provider, but nobody can use it.", which=which)
        case Reach.PLUGIN:
            return say("{which} cannot install the plugin.", which=which)
    listed = TRAITS[kind].platform_list
    if not listed:
        return say(
            "{which} cannot install the plugin, and the list of plugins of a workspace that has it already fails.",
            which=which,
        )
    if TRAITS[kind].in_list_only:
        return say(
            "Every {listed} of the workspace disappears: {dify} refuses the whole list with this plugin in it.",
            listed=listed,
            dify=dify,
        )
    return say(
        "{which} cannot install the plugin, and every {listed} of a workspace that has it already disappears.",
        which=which,
        listed=listed,
    )


def message_for(
    problem: str, objectors: Sequence[By], kind: DocumentKind, origin: Origin | None = None, happens: str | None = None
) -> Message:
    """A whole message: what is wrong, and what a user meets first. What the platform takes away comes first of all."""
    if By.PLATFORM in objectors and not {By.PACKAGER, By.INSTALLER} & set(objectors):
        return sentences(loss(kind, origin.reach if origin else None), problem)
    return sentences(problem, what_happens(objectors, kind) if happens is None else happens)


def consequence(by: By, kind: DocumentKind) -> str:
    """What an objection of this authority to a document means, as a sentence."""
    thing = say("bundle") if kind is DocumentKind.BUNDLE else say("plugin")
    return {
        By.PACKAGER: say("The packager refuses the {thing}.", thing=thing),
        By.INSTALLER: say("Dify refuses to install the {thing}.", thing=thing),
        By.SDK: say("The SDK refuses the {kind}, so the plugin does not start.", kind=kind),
        By.PLATFORM: loss(kind),
        By.DEBUGGING: say("Remote debugging refuses the plugin; Dify installs it."),
        By.CONSOLE: say("The console fails when the value is used."),
    }.get(by, "")


def what_happens(objectors: Sequence[By], kind: DocumentKind) -> Message:
    """What a user meets first, as a sentence."""
    thing = say("bundle") if kind is DocumentKind.BUNDLE else say("plugin")
    if By.PACKAGER in objectors:
        return say("The packager refuses the {thing}.", thing=thing)
    if By.INSTALLER in objectors:
        return say("The {thing} packages, but Dify refuses to install it.", thing=thing)
    if By.PLATFORM in objectors:
        return loss(kind)
    if By.SDK in objectors:
        return say("The plugin packages and installs, but does not start: the SDK refuses the {kind}.", kind=kind)
    if By.CONSOLE in objectors:
        return say("The plugin starts, but fails when the value is used.")
    if By.DEBUGGING in objectors:
        return say("Remote debugging refuses the plugin.")
    return say("Nobody refuses it.")


def severity_of(objectors: Sequence[By]) -> Severity:
    """An error when it does not work for a user; a warning when it breaks only remote debugging."""
    fatal = {By.PACKAGER, By.INSTALLER, By.PLATFORM, By.SDK, By.CONSOLE}
    return Severity.ERROR if fatal & set(objectors) else Severity.WARNING


def authorities_of(objectors: Sequence[By], kind: DocumentKind, origin: Origin | None) -> tuple[Authority, ...]:
    # Where the platform refuses the document, what remote debugging does is not a comfort.
    told = tuple(by for by in objectors if by is not By.DEBUGGING or By.PLATFORM not in objectors)
    return tuple(
        refusal(kind, origin) if by is By.PLATFORM else Authority(by, consequence(by, kind), source_of(origin, by))
        for by in told
    )


#: The first release of Dify that reads documents of a kind; the others came with 1.0.0.
_READ_SINCE = {
    DocumentKind.DATASOURCE_PROVIDER: "1.9.0",
    DocumentKind.DATASOURCE: "1.9.0",
    DocumentKind.TRIGGER_PROVIDER: "1.10.0",
    DocumentKind.EVENT: "1.10.0",
    DocumentKind.MODEL_POSITION: "1.3.1",
}


def refusal(kind: DocumentKind, origin: Origin | None, source: str = "") -> Authority:
    """The platform as the authority that refuses a document of this kind."""
    reach = (origin.reach if origin else None) or reach_of(kind)
    since = _READ_SINCE.get(kind) or (origin.since if origin else "") or "1.0.0"
    return Authority(By.PLATFORM, loss(kind, reach), source or source_of(origin, By.PLATFORM), reach, since)


#: What the installer does when it takes no plugin. Its other objections come later.
_NOT_INSTALLED: Final = ("refuses to install", "does not install", "dependencies")


def prevents_installation(refused: Authority) -> bool:
    """Whether an objection keeps the plugin itself out, and not only a list, a provider or its start."""
    match refused.by:
        case By.PLATFORM:
            return refused.reach in (Reach.PLUGIN, Reach.WORKSPACE) and "cannot install" in refused.consequence
        case By.INSTALLER:
            return any(words in refused.consequence for words in _NOT_INSTALLED)
        case _:
            return refused.by is By.PACKAGER
