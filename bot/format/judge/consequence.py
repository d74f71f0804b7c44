"""What an objection means for people: who objects decides how bad it is and what they meet first."""

from __future__ import annotations

from collections.abc import Sequence

from bot.findings import Authority, By, Severity
from bot.format.models.base import DocumentKind, Origin


def consequence(by: By, kind: DocumentKind) -> str:
    """What an objection of this authority to a document means, as a sentence."""
    thing = "bundle" if kind is DocumentKind.BUNDLE else "plugin"
    return {
        By.PACKAGER: f"The packager refuses the {thing}.",
        By.INSTALLER: f"Dify refuses to install the {thing}.",
        By.SDK: f"The SDK refuses the {kind}, so the plugin does not start.",
        By.DEBUGGING: "Remote debugging refuses the plugin; an installed plugin works.",
        By.CONSOLE: "The console fails when the value is used.",
    }.get(by, "")


def what_happens(objectors: Sequence[By], kind: DocumentKind) -> str:
    """What a user meets first, as a sentence."""
    thing = "bundle" if kind is DocumentKind.BUNDLE else "plugin"
    if By.PACKAGER in objectors:
        return f"The packager refuses the {thing}."
    if By.INSTALLER in objectors:
        return f"The {thing} packages, but Dify refuses to install it."
    if By.SDK in objectors:
        return f"The plugin packages and installs, but does not start: the SDK refuses the {kind}."
    if By.CONSOLE in objectors:
        return "The plugin starts, but fails when the value is used."
    if By.DEBUGGING in objectors:
        return "Remote debugging refuses the plugin."
    return "Nobody refuses it."


def severity_of(objectors: Sequence[By]) -> Severity:
    """An error when it does not work for a user; a warning when it breaks only remote debugging."""
    fatal = {By.PACKAGER, By.INSTALLER, By.SDK, By.CONSOLE}
    return Severity.ERROR if fatal & set(objectors) else Severity.WARNING


def authorities_of(objectors: Sequence[By], kind: DocumentKind, origin: Origin | None) -> tuple[Authority, ...]:
    sources = {By.SDK: origin.sdk, By.DOCS: origin.docs} if origin else {}
    daemon = origin.daemon if origin else ""
    return tuple(Authority(by, consequence(by, kind), sources.get(by, daemon)) for by in objectors)
