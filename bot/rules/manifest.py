"""Rules about the plugin manifest beyond its shape."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, quote, quote_list
from bot.plugin import Plugin
from bot.plugin.project import is_version
from bot.rules.registry import Example, Hit, at_key, at_value, rule, violations
from bot.spec.verdict import quoted

_INSTALLER = "The plugin packages, but Dify refuses to install it."


@rule(
    "manifest/author",
    severity=Severity.ERROR,
    summary="The author is not one that Dify installs.",
    why="The packager accepts any author of up to 64 characters, but the installer makes the plugin's identifier of it "
    "and refuses capitals, spaces and other characters, a missing author, and one that is a UUID. The documentation's "
    "own example, `Yeuoly`, cannot be installed.",
    fix="Use lower-case letters, digits, `-` and `_`, at most 64.",
    authorities=(Authority(By.INSTALLER, _INSTALLER, "plugin_declaration.go:279, plugin_decoder.go:43"),),
    bad=Example("author: Acme Inc.\n"),
    good=Example("author: acme\n"),
)
def author(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "manifest/author")
    value = plugin.manifest.text_at("author")
    if not plugin.is_bundle and value is not None and _UUID.fullmatch(value):
        message = f"The author is a UUID. {_INSTALLER}"
        yield at_value(plugin.manifest, ("author",), message, subject=value)


_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


@rule(
    "manifest/name",
    severity=Severity.ERROR,
    summary="The name is not one that Dify installs.",
    why="The packager accepts any name of up to 128 characters; the installer and the SDK accept lower-case letters, "
    "digits, `-` and `_` only.",
    fix="Use lower-case letters, digits, `-` and `_`, at most 128. What users see is `label`.",
    authorities=(
        Authority(By.INSTALLER, _INSTALLER, "plugin_declaration.go:283"),
        Authority(By.SDK, "The plugin does not start.", "setup.py:227"),
    ),
    bad=Example("name: Acme Weather\n"),
    good=Example("name: acme_weather\n"),
)
def name(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "manifest/name")


@rule(
    "manifest/version",
    severity=Severity.ERROR,
    summary="The version is not one that both packager and SDK accept.",
    why="The packager wants three numbers and at most a suffix such as `-beta1`; the SDK parses the same text by PEP "
    "440, where `-foo` is no suffix. A version must satisfy both.",
    fix="Use three numbers, and for a pre-release `-a1`, `-b1`, `-rc1`, `-dev1` or the like.",
    authorities=(
        Authority(By.PACKAGER, "The packager refuses the plugin.", "version.go:25"),
        Authority(By.SDK, "The plugin does not start.", "setup.py:238"),
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
    message = (
        f"{quote(value)} is no version by PEP 440. The plugin packages and installs, but does not start: the SDK "
        "refuses the manifest."
    )
    yield at_value(plugin.manifest, ("version",), message, subject=value)


@rule(
    "manifest/minimum-dify-version",
    severity=Severity.ERROR,
    summary="The oldest Dify version is no version.",
    why="The packager takes any text; the SDK and the console parse it by PEP 440.",
    fix="Write a version such as `1.10.0`.",
    authorities=(Authority(By.SDK, "The plugin does not start.", "setup.py:211"),),
    bad=Example(
        "meta:\n  version: 0.0.1\n  arch: [amd64]\n  minimum_dify_version: latest\n  runner:\n    language: python\n"
        "    version: '3.12'\n    entrypoint: main\n"
    ),
    good=Example(
        "meta:\n  version: 0.0.1\n  arch: [amd64]\n  minimum_dify_version: 1.10.0\n  runner:\n    language: python\n"
        "    version: '3.12'\n    entrypoint: main\n"
    ),
)
def minimum_dify_version(plugin: Plugin) -> Iterator[Hit]:
    value = plugin.manifest.text_at("meta", "minimum_dify_version")
    if value is not None and not is_version(value):
        message = (
            f"{quote(value)} is no version by PEP 440. The plugin packages and installs, but does not start: the SDK "
            "refuses the manifest."
        )
        yield at_value(plugin.manifest, ("meta", "minimum_dify_version"), message, subject=value)


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
)
def created_at(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "manifest/created-at")


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
    value = plugin.manifest.get("created_at")
    if not isinstance(value, datetime.date):
        return
    # A day of grace: the author's clock may be ahead of UTC.
    latest = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1)
    day = value.date() if isinstance(value, datetime.datetime) else value
    if day > latest:
        message = f"`created_at` is {quote(day.isoformat())}, which is in the future."
        yield at_value(plugin.manifest, ("created_at",), message, subject=day.isoformat())


@rule(
    "manifest/memory",
    severity=Severity.ERROR,
    summary="The memory is zero or negative, or was probably meant in megabytes.",
    why="`resource.memory` counts bytes. The packager refuses zero; a few hundred bytes are surely megabytes that lack "
    "six digits.",
    fix="Write the number of bytes: 268435456 is 256 MiB.",
    authorities=(Authority(By.PACKAGER, "The packager refuses zero.", "plugin_declaration.go:117"),),
    bad=Example("resource:\n  memory: 256\n"),
    good=Example("resource:\n  memory: 268435456\n"),
)
def memory(plugin: Plugin) -> Iterator[Hit]:
    value = plugin.manifest.get("resource", "memory")
    if not isinstance(value, int) or isinstance(value, bool):
        return
    pointer = ("resource", "memory")
    if value == 0:
        message = "`memory` is 0. The packager refuses the plugin."
        yield at_value(plugin.manifest, pointer, message, subject="0")
    elif value < 0:
        message = f"`memory` is negative: {value:,} bytes."
        yield at_value(plugin.manifest, pointer, message, subject=str(value), severity=Severity.WARNING)
    elif value < 65536:
        message = f"`memory` counts bytes: {value:,} bytes are too few for any plugin. {value} MiB are {value << 20}."
        fix = None
        node = plugin.manifest.node(pointer)
        if node is not None:
            edit = Edit(plugin.manifest.path, plugin.manifest.span_of(node), str(value << 20))
            fix = Fix(f"Write {value} MiB in bytes", Safety.UNSAFE, (edit,))
        yield at_value(
            plugin.manifest,
            pointer,
            message,
            subject=str(value),
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            fix=fix,
        )


@rule(
    "manifest/repo-url",
    severity=Severity.ERROR,
    summary="`repo` is no URL.",
    why="The packager checks `repo` as a URL as soon as the key is there, an empty text included.",
    fix="Write the whole address, or remove the key.",
    authorities=(Authority(By.PACKAGER, "The packager refuses the plugin.", "plugin_declaration.go:161"),),
    bad=Example("repo: acme/weather\n"),
    good=Example("repo: https://github.com/acme/weather\n"),
)
def repo_url(plugin: Plugin) -> Iterator[Hit]:
    value = plugin.manifest.text_at("repo")
    if not plugin.is_bundle and value is not None and not _URL.fullmatch(value.lower()):
        message = f"`repo` must be a URL, not {quote(value)}. The packager refuses the plugin."
        yield at_value(plugin.manifest, ("repo",), message, subject=value)


# What go-playground/validator's `url` wants: a scheme, and a host, path or opaque part after it.
_URL = re.compile(r"[a-z][a-z0-9+.-]*:(//[^/\s?#]+|[^/\s?#][^\s]*|///?[^\s]+)[^\s]*")


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


@rule(
    "manifest/no-extension",
    severity=Severity.ERROR,
    summary="The plugin extends nothing.",
    why="A manifest whose `plugins` names no provider packages, and is refused when it is installed.",
    fix="Name at least one provider file under `plugins`.",
    authorities=(Authority(By.INSTALLER, _INSTALLER, "plugin_declaration.go:287"),),
    bad=Example("plugins: {}\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def no_extension(plugin: Plugin) -> Iterator[Hit]:
    plugins = plugin.manifest.get("plugins")
    if plugin.is_bundle or not isinstance(plugins, dict):
        return
    if any(plugins.get(key) for key in _KINDS) or set(plugins) - set(_KINDS):
        return  # A misspelt key is reported as such.
    message = f"`plugins` names no provider. {_INSTALLER}"
    yield at_key(plugin.manifest, ("plugins",), message)


_KINDS = ("tools", "models", "endpoints", "agent_strategies", "datasources", "triggers")


@rule(
    "manifest/conflicting-extensions",
    severity=Severity.ERROR,
    summary="The plugin mixes kinds that exclude each other.",
    why="Models, agent strategies, datasources and triggers each stand alone; only tools and endpoints may be "
    "together. The packager does not look, the installer refuses.",
    fix="Split the plugin in two.",
    authorities=(Authority(By.INSTALLER, _INSTALLER, "plugin_declaration.go:291"),),
    bad=Example("plugins:\n  tools:\n    - provider/weather.yaml\n  models:\n    - provider/model.yaml\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def conflicting_extensions(plugin: Plugin) -> Iterator[Hit]:
    plugins = plugin.manifest.get("plugins")
    if plugin.is_bundle or not isinstance(plugins, dict):
        return
    present = [key for key in _KINDS if plugins.get(key)]
    if len(present) > 1 and set(present) != {"tools", "endpoints"}:
        message = f"A plugin cannot have {quote_list(present)} together. {_INSTALLER}"
        yield at_key(plugin.manifest, ("plugins", present[-1]), message, subject=" ".join(present))


@rule(
    "manifest/several-providers",
    severity=Severity.ERROR,
    summary="A plugin names several providers of one kind.",
    why="The format allows one provider of each kind. The daemon keeps the last of the list, remote debugging the "
    "first: the others are silently lost.",
    fix="Keep one provider; make others plugins of their own.",
    authorities=(Authority(By.INSTALLER, "All providers but the last are lost.", "decoder/helper.go:67"),),
    bad=Example("plugins:\n  tools:\n    - provider/weather.yaml\n    - provider/forecast.yaml\n"),
    good=Example("plugins:\n  tools:\n    - provider/weather.yaml\n"),
)
def several_providers(plugin: Plugin) -> Iterator[Hit]:
    for key in _KINDS:
        items = plugin.manifest.get("plugins", key)
        if isinstance(items, list) and len(items) > 1:
            message = (
                f"{quote(key)} names {len(items)} providers; Dify keeps only the last, {quote(items[-1])}, and the "
                "others are lost."
            )
            yield at_value(plugin.manifest, ("plugins", key, 0), message, subject=key)


@rule(
    "manifest/runner-version",
    severity=Severity.WARNING,
    summary="The Python version is not the one that Dify runs.",
    why="Dify always runs plugins with Python 3.12, whatever the manifest says.",
    fix='Write "3.12", and make sure the code runs on it.',
    authorities=(Authority(By.DOCS, "Python 3.12 is used instead.", "plugin-info-by-manifest.mdx:222"),),
    bad=Example(
        "meta:\n  version: 0.0.1\n  arch: [amd64]\n  runner:\n    language: python\n    version: '3.10'\n"
        "    entrypoint: main\n"
    ),
    good=Example(
        "meta:\n  version: 0.0.1\n  arch: [amd64]\n  runner:\n    language: python\n    version: '3.12'\n"
        "    entrypoint: main\n"
    ),
)
def runner_version(plugin: Plugin) -> Iterator[Hit]:
    pointer = ("meta", "runner", "version")
    value = plugin.manifest.text_at(*pointer)
    node = plugin.manifest.node(pointer)
    if value and node is not None and value != "3.12":
        message = f"The manifest asks for Python {quote(value)}, but Dify always runs 3.12."
        edit = Edit(plugin.manifest.path, plugin.manifest.span_of(node), quoted("3.12"))
        fix = Fix('Write "3.12"', Safety.UNSAFE, (edit,))
        yield at_value(plugin.manifest, pointer, message, subject=value, fix=fix)
