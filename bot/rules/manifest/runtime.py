"""Rules about what a manifest asks of Dify: version, memory, runner."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, quote
from bot.format.judge.consequence import loss, refusal
from bot.format.judge.verdict import quoted
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.project import is_version
from bot.rules.registry import Example, Hit, at_value, rule


@rule(
    "manifest/minimum-dify-version",
    severity=Severity.ERROR,
    summary="The oldest Dify version is not a version.",
    why="The packager takes any text; the platform, the SDK and the console parse it by PEP 440.",
    fix="Write a version such as `1.10.0`.",
    authorities=(
        refusal(DocumentKind.MANIFEST, None, "core/plugin/entities/plugin.py:78"),
        Authority(By.SDK, "The plugin does not start.", "setup.py:211"),
    ),
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
        message = say(
            "{loss} {value} is not a version by PEP 440.", loss=loss(DocumentKind.MANIFEST), value=quote(value)
        )
        yield at_value(plugin.manifest, ("meta", "minimum_dify_version"), message, subject=value)


@rule(
    "manifest/memory",
    severity=Severity.ERROR,
    summary="The memory is zero or negative, or was probably meant in megabytes.",
    why="`resource.memory` counts bytes. The packager refuses zero; a few hundred bytes are surely megabytes that lack "
    "six digits.",
    fix="Write the number of bytes: 268435456 is 256 MiB.",
    authorities=(Authority(By.PACKAGER, "The packager refuses zero.", "plugin_declaration.go:117"),),
    bad=Example("resource:\n  memory: 0\n"),
    good=Example("resource:\n  memory: 268435456\n"),
)
def memory(plugin: Plugin) -> Iterator[Hit]:
    value = plugin.manifest.get("resource", "memory")
    if not isinstance(value, int) or isinstance(value, bool):
        return
    pointer = ("resource", "memory")
    if value == 0:
        message = say("`memory` is 0. The packager refuses the plugin.")
        yield at_value(plugin.manifest, pointer, message, subject="0")
    elif value < 0:
        message = say("`memory` is negative: {value:,} bytes.", value=value)
        yield at_value(plugin.manifest, pointer, message, subject=str(value), severity=Severity.WARNING)
    elif value < 65536:
        message = say(
            "`memory` counts bytes: {value:,} bytes are too few for any plugin. {value} MiB are {value2}.",
            value=value,
            value2=value << 20,
        )
        fix = None
        node = plugin.manifest.node(pointer)
        if node is not None:
            edit = Edit(plugin.manifest.path, plugin.manifest.span_of(node), str(value << 20))
            fix = Fix(say("Write {value} MiB in bytes", value=value), Safety.UNSAFE, (edit,))
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
        message = say("The manifest asks for Python {value}, but Dify always runs 3.12.", value=quote(value))
        edit = Edit(plugin.manifest.path, plugin.manifest.span_of(node), quoted("3.12"))
        # Nobody goes by the version, so that nothing changes but what readers are told.
        fix = Fix(say('Write "3.12"'), Safety.SAFE, (edit,))
        yield at_value(plugin.manifest, pointer, message, subject=value, fix=fix)
