"""The rule about aliases and merge keys that the daemon does not follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.document import Document, Pointer
from bot.document.aliases import MERGE, aliases
from bot.findings import Authority, By, Severity, quote
from bot.format.builtin import SECTIONS
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, rule

#: Lists of which the daemon looks at the nodes by itself. yaml.v3 follows aliases only where it decodes.
_LISTS: Final = {
    DocumentKind.TOOL_PROVIDER: "tools",
    DocumentKind.AGENT_STRATEGY_PROVIDER: "strategies",
    DocumentKind.DATASOURCE_PROVIDER: "datasources",
    DocumentKind.TRIGGER_PROVIDER: "events",
    DocumentKind.ENDPOINT_GROUP: "endpoints",
}
_CREDENTIALS: Final = ("credentials_for_provider", "credentials_schema")
_CONSTRUCTOR: Final = ("subscription_constructor", "credentials_schema")


def looked_at(kind: DocumentKind, mapping: Pointer) -> bool:
    """Whether the daemon walks over the nodes of a mapping, where it notices neither aliases nor keys given twice."""
    match kind, mapping:
        case DocumentKind.TOOL_PROVIDER, (key,):
            return key in _CREDENTIALS
        case DocumentKind.TRIGGER_PROVIDER, place:
            return place == _CONSTRUCTOR
        case DocumentKind.MODEL_PROVIDER, ("models",):
            return True
        case DocumentKind.MODEL_PROVIDER, ("models", key):
            return key in SECTIONS
    return False


@rule(
    "yaml/alias",
    severity=Severity.ERROR,
    summary="An alias or a merge key stands where the daemon does not follow it.",
    why="Aliases (`*name`) and merge keys (`<<`) work wherever the daemon decodes a document. The credentials of a "
    "tool provider, the sections of a model provider and the lists of files it walks over by itself: what an alias "
    "stands for there is skipped, or the plugin is refused. The SDK follows all of them, so remote debugging shows "
    "nothing of it.",
    fix="Write out what the alias stands for.",
    authorities=(
        Authority(
            By.INSTALLER, "What the alias stands for is missing.", "tool_declaration.go:257, model_declaration.go:773"
        ),
    ),
    bad=Example(
        "x-key: &key\n  type: secret-input\n  required: true\n  label:\n    en_US: API key\n"
        "credentials_for_provider:\n  api_key: *key\n",
        path="provider/weather.yaml",
    ),
    good=Example(
        "x-label: &label\n  en_US: API key\ncredentials_for_provider:\n  api_key:\n    type: secret-input\n"
        "    required: true\n    label: *label\n",
        path="provider/weather.yaml",
    ),
)
def alias(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(*_LISTS, DocumentKind.MODEL_PROVIDER):
        document = linked.document
        for pointer, span in aliases(document).items():
            refused = _is_refused(document, linked.kind, pointer)
            if refused is None:
                continue
            end = say("The packager refuses the plugin.") if refused else _LOST
            if pointer[-1] == MERGE:
                message = say("The daemon does not follow the merge key `<<` here. {end}", end=end)
            else:
                written = quote(document.text_in(span))
                message = say("The daemon does not follow the alias {alias} here. {end}", alias=written, end=end)
            authorities = (_REFUSES,) if refused else None
            yield Hit(message, linked.path, span, pointer, subject=str(pointer[-1]), authorities=authorities)


_LOST: Final = say("What it stands for is missing after installation.")
_REFUSES: Final = Authority(By.PACKAGER, "The packager refuses the plugin.", "decoder/helper.go:59")


def _is_refused(document: Document, kind: DocumentKind, pointer: Pointer) -> bool | None:
    """Whether the daemon refuses what has an alias there, or loses it; None where it does follow the alias."""
    value = document.get(*pointer)
    if pointer[0] == _LISTS.get(kind) and len(pointer) <= 2:
        # Only an endpoint that is written in the group itself is decoded.
        follows = kind is DocumentKind.ENDPOINT_GROUP and len(pointer) == 2 and isinstance(value, dict)
        return None if follows else False
    match kind, pointer:
        case DocumentKind.TOOL_PROVIDER, ("credentials_for_provider",):
            return isinstance(value, dict) or None
        case DocumentKind.TRIGGER_PROVIDER, ("subscription_constructor",):
            return False
        case DocumentKind.TRIGGER_PROVIDER, place if place == _CONSTRUCTOR:
            return isinstance(value, dict) or None
        case DocumentKind.MODEL_PROVIDER, ("models",) | ("models", _, "predefined") | ("models", _, "predefined", _):
            return False
        case DocumentKind.MODEL_PROVIDER, ("models", _, "position"):
            return True
    if looked_at(kind, pointer[:-1]) and isinstance(document.get(*pointer[:-1]), dict):
        return kind is DocumentKind.TRIGGER_PROVIDER
    return None
