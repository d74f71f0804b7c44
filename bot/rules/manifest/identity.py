"""Rules about what a manifest says of the plugin: names, version, date, address."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

from bot.findings import Authority, By, Reach, Severity, quote
from bot.format.models.values import RFC3339
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.project import is_version
from bot.rules.manifest.installer import NOT_INSTALLED
from bot.rules.registry import Example, Hit, at_value, rule, violations


@rule(
    "manifest/author",
    severity=Severity.ERROR,
    summary="The author is not one that Dify installs.",
    why="The packager accepts any author of up to 64 characters, but the installer makes the plugin's identifier of it "
    "and refuses capitals, spaces and other characters, a missing author, and one that is a UUID. The documentation's "
    "own example, `Yeuoly`, cannot be installed.",
    fix="Use lower-case letters, digits, `-` and `_`, at most 64.",
    authorities=(Authority(By.INSTALLER, NOT_INSTALLED, "plugin_declaration.go:279, plugin_decoder.go:43"),),
    bad=Example("author: Acme Inc.\n"),
    good=Example("author: acme\n"),
)
def author(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "manifest/author")
    value = plugin.manifest.text_at("author")
    if not plugin.is_bundle and value is not None and _UUID.fullmatch(value):
        message = say("The author is a UUID. {not_installed}", not_installed=NOT_INSTALLED)
        yield at_value(plugin.manifest, ("author",), message, subject=value)


# Of the forms that Go's uuid.Parse takes, those with characters of an author only.
_UUID = regex(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}")


@rule(
    "manifest/name",
    severity=Severity.ERROR,
    summary="The name is not one that Dify installs.",
    why="The packager accepts any name of up to 128 characters; the installer and the SDK accept lower-case letters, "
    "digits, `-` and `_` only.",
    fix="Use lower-case letters, digits, `-` and `_`, at most 128. What users see is `label`.",
    authorities=(
        Authority(By.INSTALLER, NOT_INSTALLED, "plugin_declaration.go:283"),
        Authority(By.SDK, "The plugin does not start.", "setup.py:227"),
    ),
    bad=Example("name: Acme Weather\n"),
    good=Example("name: acme_weather\n"),
)
def name(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "manifest/name")


#: Who refuses a version that the packager takes, where it is not one of PEP 440.
_NOT_PEP_440 = (
    Authority(
        By.PLATFORM, "Dify cannot install the plugin.", "core/plugin/entities/plugin.py:115", Reach.PLUGIN, "1.9.0"
    ),
    Authority(By.SDK, "The plugin does not start.", "setup.py:238"),
)


@rule(
    "manifest/version",
    severity=Severity.ERROR,
    summary="The version is not one that both packager and SDK accept.",
    why="The packager wants three numbers and at most a suffix such as `-beta1`; the SDK parses the same text by PEP "
    "440, where `-foo` is not a suffix, and so does the platform from Dify 1.9.0 on. A version must satisfy all.",
    fix="Use three numbers, and for a pre-release `-a1`, `-b1`, `-rc1`, `-dev1` or the like.",
    authorities=(
        Authority(By.PACKAGER, "The packager refuses the plugin.", "manifest_entities/version.go:25"),
        *_NOT_PEP_440,
    ),
    bad=Example("version: 0.1.0-hotfix\n"),
    good=Example("version: 0.1.0-rc1\n"),
)
def version(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "manifest/version")
    value = plugin.manifest.text_at("version")
    broken = any(violation.pointer == ("version",) for _, violation in plugin.violations.get("manifest/version", ()))
    if plugin.is_bundle or value is None or broken or is_version(value):
        return
    message = say(
        "{value} is not a version by PEP 440. The plugin packages, but Dify 1.9.0 and newer cannot install "
        "it, and on older releases it does not start.",
        value=quote(value),
    )
    yield at_value(plugin.manifest, ("version",), message, subject=value, authorities=_NOT_PEP_440)


@rule(
    "manifest/created-at",
    severity=Severity.ERROR,
    summary="The date of creation is not one that the packager reads.",
    why="The packager decodes `created_at` into a time: an unquoted date or date and time, or RFC 3339 in quotes. A "
    "date alone in quotes is text to it, and it refuses the plugin; the SDK would accept it.",
    fix="Write the date without quotes.",
    authorities=(Authority(By.PACKAGER, "The packager refuses the plugin.", "plugin_declaration.go:159"),),
    bad=Example('created_at: "2026-01-15"\n'),
    good=Example("created_at: 2026-01-15\n"),
    yields_to=("yaml/unreadable-value",),
)
def created_at(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "manifest/created-at")
    if str(plugin.manifest.get("created_at")) in _ZERO:
        message = say("To the packager, this moment is as good as none. The packager refuses the plugin.")
        yield at_value(plugin.manifest, ("created_at",), message)


#: The zero value of Go's time.Time, as PyYAML reads its spellings.
_ZERO = frozenset({"0001-01-01", "0001-01-01 00:00:00", "0001-01-01 00:00:00+00:00", "0001-01-01T00:00:00Z"})


@rule(
    "manifest/created-in-future",
    severity=Severity.WARNING,
    summary="The date of creation lies in the future.",
    why="The documentation demands a date in the past; nobody checks it, and the marketplace sorts by it.",
    fix="Write the day on which the plugin was made.",
    authorities=(Authority(By.DOCS, "The date is wrong.", "plugin-info-by-manifest.mdx:79"),),
    bad=Example("created_at: 2999-01-01\n"),
    good=Example("created_at: 2026-01-15\n"),
)
def created_in_future(plugin: Plugin) -> Iterator[Hit]:
    value = _moment(plugin.manifest.get("created_at"))
    if value is None:
        return
    # A day of grace: the author's clock may be ahead of UTC.
    latest = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1)
    day = value.date() if isinstance(value, datetime.datetime) else value
    if day > latest:
        message = say("`created_at` is {isoformat}, which is in the future.", isoformat=quote(day.isoformat()))
        yield at_value(plugin.manifest, ("created_at",), message, subject=day.isoformat())


def _moment(value: Any) -> datetime.date | None:
    """The date of a value that both readers take for one: without quotes, or RFC 3339 in quotes."""
    if isinstance(value, datetime.date):
        return value
    if not isinstance(value, str) or not RFC3339.fullmatch(value):
        return None
    try:
        return datetime.date.fromisoformat(value[:10])
    except ValueError:
        return None  # The 30th of February, say.


@rule(
    "manifest/repo-url",
    severity=Severity.ERROR,
    summary="`repo` is not a URL.",
    why="The packager checks `repo` as a URL as soon as the key is there, an empty text included.",
    fix="Write the whole address, or remove the key.",
    authorities=(Authority(By.PACKAGER, "The packager refuses the plugin.", "plugin_declaration.go:161"),),
    bad=Example("repo: acme/weather\n"),
    good=Example("repo: https://github.com/acme/weather\n"),
)
def repo_url(plugin: Plugin) -> Iterator[Hit]:
    value = plugin.manifest.text_at("repo")
    if not plugin.is_bundle and value is not None and not _URL.fullmatch(value.lower()):
        message = say("`repo` must be a URL, not {value}. The packager refuses the plugin.", value=quote(value))
        yield at_value(plugin.manifest, ("repo",), message, subject=value)


# What go-playground/validator's `url` wants of a text in lower case: Go's `url.Parse` takes it, and finds a scheme and
# a host, a fragment or something opaque. Blanks are allowed behind the host, and control characters nowhere.
_ESCAPE = "%[0-9a-f]{2}"
_USER = rf"(?:(?:[\w.~!$&'()*+,;=:@-]|{_ESCAPE})*@)?"
_NAME = r"(?:[\w.~!$&'()*+,;=<>\"-]|[^\x00-\x7f]|%25|%[89a-f][0-9a-f])*+"
_HOST = rf"(?:\[[0-9a-f:.]+(?:%25[\w.~-]+)?\](?::[0-9]*)?|{_NAME}(?:(?::{_NAME})*:[0-9]*+)?)"
_PATH = rf"(?:/(?:[^%?#\x00-\x1f\x7f]|{_ESCAPE})*)?"
_QUERY = r"(?:\?[^#\x00-\x1f\x7f]*)?"
_FRAGMENT = rf"(?:[^%\x00-\x1f\x7f]|{_ESCAPE})"
_URL = regex(
    rf"[a-z][a-z0-9+.-]*:(?://{_USER}(?=[^/?#]){_HOST}{_PATH}{_QUERY}(?:#{_FRAGMENT}*)?"
    rf"|(?://{_USER})?{_PATH}{_QUERY}#{_FRAGMENT}+|[^/?#\x00-\x1f\x7f][^#\x00-\x1f\x7f]*(?:#{_FRAGMENT}*)?)"
    rf"|file:(?://{_USER}{_HOST}|(?=/)(?!//)){_PATH}{_QUERY}(?:#{_FRAGMENT}*)?",
    re.ASCII,
)


@rule(
    "manifest/text-length",
    severity=Severity.ERROR,
    summary="A text of the manifest is empty or too long.",
    why="The packager wants 1 to 1023 characters in `en_US` of label and description, and at most 1023 in the other "
    "locales.",
    fix="Write a text, or shorten it. Details belong in the README.",
    authorities=(Authority(By.PACKAGER, "The packager refuses the plugin.", "basic_type.go:10"),),
    bad=Example('description:\n  en_US: ""\n'),
    good=Example("description:\n  en_US: Current weather of any place.\n"),
)
def text_length(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "manifest/text-length")
