"""The hosts that a plugin speaks to, as far as they are written in its code and its documents.

An address in a comment, a docstring or a link for people is not one that the plugin asks. What is put together while
the plugin runs cannot be read: those calls are counted.
"""

from __future__ import annotations

import ast
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from bot.document import Document, Pointer
from bot.findings import Span
from bot.limits import Limit
from bot.patterns import regex
from bot.plugin.plugin import Plugin
from bot.plugin.sources import own_code, sources_of
from bot.python.capabilities import Capability, Use, uses
from bot.python.scopes import File, scopes_of

#: A file that names more hosts holds data and no addresses to ask.
MAX_OF_FILE: Final = Limit(
    20, "names more than {n:,} hosts, which are not judged", "privacy/undisclosed-host", "security/dubious-host"
)


class Place(Struct, frozen=True):
    """Where a host stands."""

    path: str
    span: Span


class Host(Struct, frozen=True):
    """A host, and where it stands. `is_address`: it is an IP address that can be reached from everywhere."""

    name: str
    places: tuple[Place, ...]
    is_address: bool = False

    @property
    def is_borrowed(self) -> bool:
        """Whether it is a name that anybody can take for an hour: dynamic DNS, or a tunnel."""
        return _BORROWED.search(self.name) is not None


_BORROWED: Final = regex(
    r"\.(ngrok\.io|ngrok-free\.app|ngrok\.app|duckdns\.org|no-ip\.(org|com|biz)|hopto\.org|zapto\.org|ddns\.net|"
    r"trycloudflare\.com|loca\.lt|serveo\.net|localtunnel\.me|pagekite\.me|dynu\.net|freedns\.afraid\.org)$"
)
_URL: Final = regex(r"\b(?:https?|wss?)://([^\s/?#\"'`<>)\]}\\,;*|]+)", re.IGNORECASE)
_NAME: Final = regex(r"(?:[a-z0-9](?:[a-z0-9-]{0,62})\.)+[a-z]{2,24}")

#: Hosts for people, of examples, of names that are no addresses, and of this machine (RFC 2606, RFC 6761).
_NOT_ASKED: Final = regex(
    r"(www\.)?(github|gitlab|bitbucket|stackoverflow|wikipedia|w3|apache|gnu|spdx|schema|json-schema|opensource|"
    r"creativecommons|purl|xmlns|openxmlformats)\.(com|org|io)|(gist|en|schemas)\.(github|wikipedia|openxmlformats|"
    r"microsoft|xmlsoap)\.(com|org)|(.*\.)?example(\.(com|org|net))?|.*\.(test|invalid|localhost|local|internal|example)|"
    r"localhost|.*\.(readthedocs|github|gitlab)\.io|(docs?|developers?|learn|help|support|wiki|blog)\..*|"
    r"pypi\.org|files\.pythonhosted\.org|registry\.npmjs\.org|cdn\..*|cdnjs\..*|unpkg\.com|fonts\..*|(marketplace|cloud|docs)\.dify\.ai|your.*|.*\.your.*"
)
#: Keys of documents whose values are links for people.
_LINKS: Final = regex(
    r"url|help|privacy|repo|documentation|(doc|document)_url|docs|icon|website|homepage|source|description|label|"
    r"placeholder|human|llm|human_description|llm_description|oauth_schema"
)


#: Tests and their data speak to nobody.
_TEST: Final = regex(r"(.*/)?(tests?/|test_[^/]*$|conftest\.py$)")


def hosts_of(plugin: Plugin) -> tuple[Host, ...]:
    """The hosts that code and linked documents name, by name."""
    return plugin.derived(_find_hosts)


def _find_hosts(plugin: Plugin) -> tuple[Host, ...]:
    found: dict[str, list[Place]] = {}
    sources = sources_of(plugin)
    scopes = scopes_of(sources.modules)
    for path in own_code(plugin):
        if not _TEST.match(path) and (file := scopes.file_at(path)) is not None:
            _add(plugin, path, found, file.derived(_in_code, lambda file: tuple(_in_code(file))))
    for linked in plugin.linked():
        _add(plugin, linked.path, found, _in_document(linked.document))
    return tuple(Host(name, tuple(places), _is_address(name)) for name, places in sorted(found.items()))


def _add(plugin: Plugin, path: str, found: dict[str, list[Place]], hosts: Iterable[tuple[str, Place]]) -> None:
    of_file: dict[str, list[Place]] = {}
    for name, place in hosts:
        of_file.setdefault(name, []).append(place)
    if not plugin.account.exceeds(MAX_OF_FILE, path, len(of_file)):
        for name, places in of_file.items():
            found.setdefault(name, []).extend(places)


def _in_code(file: File) -> Iterator[tuple[str, Place]]:
    for node, text in file.strings:
        parent = file.parents.get(node)
        if "://" not in text or isinstance(parent, ast.Expr) or _is_quoted(node, parent):
            continue
        for name in _names(text, ends=isinstance(parent, ast.JoinedStr)):
            yield name, Place(file.module.path, file.module.span(node))


#: Keys of mappings whose values are examples, or say where a request comes from.
_QUOTED: Final = frozenset(("example", "examples", "referer", "origin", "description", "title", "user-agent"))


def _is_quoted(node: ast.Constant, parent: ast.AST | None) -> bool:
    if not isinstance(parent, ast.Dict):
        return False
    keys = (key for key, value in zip(parent.keys, parent.values, strict=True) if value is node)
    key = next(keys, None)
    return isinstance(key, ast.Constant) and str(key.value).lower() in _QUOTED


def _in_document(document: Document) -> Iterator[tuple[str, Place]]:
    text = document.text or ""
    if "://" not in text and "\\" not in text:  # An escape may spell the marks in another way.
        return
    for pointer, text in _addresses(document.data, ()):
        if not any(isinstance(key, str) and _LINKS.fullmatch(key) for key in pointer):
            for name in _names(text):
                yield name, Place(document.path, document.span(pointer))


def _addresses(data: Any, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    """The texts in data that may hold an address."""
    inside = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inside:
        if not isinstance(value, str):
            yield from _addresses(value, (*pointer, key))
        elif "://" in value:
            yield (*pointer, key), value


def _names(text: str, *, ends: bool = False) -> Iterator[str]:
    """The hosts in a text. `ends`: the text goes on where it ends, so that a host there is a part of one."""
    for found in _URL.finditer(text):
        if ends and found.end() == len(text):
            continue
        name = found[1].rpartition("@")[2].partition(":")[0].strip(".").lower()
        if _is_address(name) or (_NAME.fullmatch(name) and not _NOT_ASKED.fullmatch(name)):
            yield name


def _is_address(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_global


def code_uses(plugin: Plugin) -> list[Use]:
    """What the plugin's own code does beyond computing, read once."""
    return plugin.derived(_find_uses)


def _find_uses(plugin: Plugin) -> list[Use]:
    return uses(sources_of(plugin).modules, own_code(plugin))


def unreadable_calls(plugin: Plugin) -> int:
    """How many calls to the network have no host in their arguments: it is put together while the plugin runs."""
    return plugin.derived(_count_unreadable)


def _count_unreadable(plugin: Plugin) -> int:
    sources = sources_of(plugin)
    scopes = scopes_of(sources.modules)
    count = 0
    for path in own_code(plugin):
        file = scopes.file_at(path)
        if file is None:
            continue
        network = {use.span for use in code_uses(plugin) if use.path == path and use.capability is Capability.NETWORK}
        for call, _ in file.calls:
            if file.module.span(call.func) in network and not any(
                isinstance(node, ast.Constant) and isinstance(node.value, str) and _URL.search(node.value)
                for argument in call.args
                for node in ast.walk(argument)
            ):
                count += 1
    return count


def declared_domains(plugin: Plugin) -> dict[str, Pointer]:
    """What the manifest lists as `network.domains`, as host names, with where each stands."""
    listed = plugin.manifest.get("network", "domains")
    found: dict[str, Pointer] = {}
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(item, str):
            name = re.sub(r"^[a-z][a-z0-9+.-]*://", "", item.strip().lower()).partition("/")[0].partition(":")[0]
            if name:
                found.setdefault(name, ("network", "domains", index))
    return found


def is_declared(host: str, declared: Mapping[str, Pointer]) -> bool:
    """Whether a host is listed: `*.acme.com` stands for `acme.com` and everything below."""
    return host in declared or any(
        entry.startswith("*.") and (host == entry[2:] or host.endswith(entry[1:])) for entry in declared
    )
