"""Rules about the addresses of endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from bot.document import Document, Pointer
from bot.findings import Authority, By, Confidence, Severity, quote, quote_list
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, at_value, rule

_RULE = "werkzeug routing/rules.py, core/plugin_registration.py:457"
#: Longer paths are not judged (characters).
_LONGEST = 2000
_EXTRA = "extra:\n  python:\n    source: endpoints/status.py\n"


class _Endpoint(Struct, frozen=True):
    """An endpoint: `pointer` leads to its mapping in the document."""

    document: Document
    pointer: Pointer

    def text(self, key: str) -> str | None:
        return self.document.text_at(*self.pointer, key)


def _endpoints(plugin: Plugin) -> Iterator[_Endpoint]:
    """The endpoints in the order in which the SDK registers them: a file each, or written into their group."""
    linked_from = {(each.source, each.pointer): each for each in plugin.references}
    for linked in plugin.linked(DocumentKind.ENDPOINT_GROUP):
        listed = linked.document.get("endpoints")
        for index, item in enumerate(listed if isinstance(listed, list) else []):
            reference = linked_from.get((linked.path, ("endpoints", index)))
            if isinstance(item, dict):
                yield _Endpoint(linked.document, ("endpoints", index))
            for path in reference.found if reference is not None else ():
                yield _Endpoint(plugin.documents[path].document, ())


# What Werkzeug takes a path apart into. A `>` that closes nothing is plain text to it.
_PART = regex(
    r"/|[^</]+|<(?:(?P<converter>[a-zA-Z_][a-zA-Z0-9_]*)(?:\((?P<arguments>[^\n]*?)\))?:)?(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)>"
)
#: The converters that Werkzeug has of its own; the SDK adds none.
_CONVERTERS = ("default", "string", "any", "path", "int", "float", "uuid")


@rule(
    "schema/endpoint-path",
    severity=Severity.ERROR,
    summary="The path of an endpoint is not one that the SDK can route.",
    why="The SDK hands every path to Werkzeug when the plugin starts. A `<` that opens no proper `<name>` or "
    "`<converter:name>`, a converter that does not exist, or a name that is there twice, stops the plugin.",
    fix="Write parts that vary as `<name>` or `<path:name>`; the name has letters, digits and `_` only.",
    authorities=(Authority(By.SDK, "The plugin does not start.", _RULE),),
    bad=Example(f"path: /status/<item-id>\nmethod: GET\n{_EXTRA}", path="endpoints/status.yaml", base="endpoint"),
    good=Example(f"path: /status/<item_id>\nmethod: GET\n{_EXTRA}", path="endpoints/status.yaml", base="endpoint"),
)
def endpoint_path(plugin: Plugin) -> Iterator[Hit]:
    for endpoint in _endpoints(plugin):
        path = endpoint.text("path")
        if path is None or not path.startswith("/") or len(path) > _LONGEST:
            continue  # The models of the format say so.
        fault = _fault(path)
        if fault is not None:
            message, fatal = fault
            happens = say(" The plugin packages and installs, but does not start.") if fatal else ""
            yield at_value(
                endpoint.document,
                (*endpoint.pointer, "path"),
                message + happens,
                subject=path,
                severity=Severity.ERROR if fatal else Severity.WARNING,
                confidence=Confidence.CERTAIN if fatal else Confidence.LIKELY,
            )


def _fault(path: str) -> tuple[str, bool] | None:
    """What is wrong with a path that starts with a slash, and whether it stops the plugin."""
    stray: str | None = None
    names: set[str] = set()
    position = 0
    while position < len(path):
        part = _PART.match(path, position)
        if part is None:
            rest = path[position:].partition("/")[0]
            return say("The path has {rest}, which is not a `<name>` or `<converter:name>`.", rest=quote(rest)), True
        converter = part["converter"]
        if converter is not None and converter not in _CONVERTERS:
            return say(
                "The path has the converter {converter}, but there are {converters}.",
                converter=quote(converter),
                converters=quote_list(_CONVERTERS[1:]),
            ), True
        name = part["name"]
        if name in names:
            return say("The path has the name {name} twice.", name=quote(name)), True
        if name is not None:
            names.add(name)
        elif ">" in part[0]:
            stray = part[0]
        position = part.end()
    if stray is not None:
        return say("The path has a `>` that closes nothing: {stray} is taken as it stands.", stray=quote(stray)), False
    return None


@rule(
    "schema/duplicate-endpoint",
    severity=Severity.ERROR,
    summary="Two endpoints answer the same method and path.",
    why="The first that fits a request answers it, so the other is never called. Parts that vary fit whatever they are "
    "called: `/<id>` and `/<name>` are the same path.",
    fix="Change the path or the method of one, or remove it.",
    authorities=(Authority(By.SDK, "The second endpoint is never called.", _RULE),),
    bad=Example(f"path: /events\nmethod: POST\n{_EXTRA}", path="endpoints/status.yaml", base="endpoint"),
    good=Example(f"path: /events\nmethod: GET\n{_EXTRA}", path="endpoints/status.yaml", base="endpoint"),
)
def duplicate_endpoint(plugin: Plugin) -> Iterator[Hit]:
    first: dict[tuple[str, str], _Endpoint] = {}
    for endpoint in _endpoints(plugin):
        path, method = endpoint.text("path"), endpoint.text("method")
        if path is None or method is None or not path.startswith("/") or len(path) > _LONGEST:
            continue
        other = first.setdefault((method.upper(), _anonymous(path)), endpoint)
        if other != endpoint:
            at = (*other.pointer, "path")
            line = other.document.span(at).line
            message = say(
                "{value} is answered by the endpoint on line {line} of {path} already: this one is never called.",
                value=quote(f"{method.upper()} {path}"),
                line=line,
                path=quote(other.document.path),
            )
            yield at_value(endpoint.document, (*endpoint.pointer, "path"), message, subject=f"{method.upper()} {path}")


def _anonymous(path: str) -> str:
    """The path with the names of its parts taken out, and doubled slashes merged as Werkzeug does."""
    return re.sub(
        r"/{2,}", "/", re.sub(r"<(?:([a-zA-Z_][^:<>]*):)?[^<>]*>", lambda found: f"<{found[1] or 'default'}>", path)
    )
