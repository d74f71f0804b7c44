"""Rules about the tags of a manifest."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Fix, Safety, Severity, quote
from bot.format.judge.adding import added
from bot.format.judge.consequence import loss, refusal
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.plugin import LinkedDocument, Plugin
from bot.rules.registry import Example, Hit, at_value, rule

_SOURCE = "core/tools/entities/tool_entities.py:45; plugin_declaration.go:318"
#: What the daemon takes as a tag of a manifest, and the platform not as one of a tool provider.
_NOT_FOR_TOOLS = ("agent", "trigger")
_PROVIDER = (
    "identity:\n  author: acme\n  name: weather\n  description:\n    en_US: Weather for any place.\n  icon: icon.svg\n"
    "  label:\n    en_US: Weather\n{}tools:\n  - tools/current_weather.yaml\n"
    "extra:\n  python:\n    source: provider/weather.py\n"
)


@rule(
    "manifest/inherited-tag",
    severity=Severity.ERROR,
    summary="A tool provider inherits a tag that tool providers cannot have.",
    why="A tool provider without tags of its own gets those of the manifest from the daemon. A manifest may be tagged "
    "`agent` or `trigger`; a tool provider may not: the platform refuses it with its whole list.",
    fix="Give the provider tags of its own, under `identity`.",
    authorities=(refusal(DocumentKind.TOOL_PROVIDER, None, _SOURCE),),
    bad=Example("tags:\n  - agent\n", files={"provider/weather.yaml": _PROVIDER.format("")}),
    good=Example("tags:\n  - agent\n", files={"provider/weather.yaml": _PROVIDER.format("  tags: [weather]\n")}),
)
def inherited_tag(plugin: Plugin) -> Iterator[Hit]:
    tags = plugin.manifest.get("tags")
    if plugin.is_bundle or not isinstance(tags, list):
        return
    for provider in plugin.linked(DocumentKind.TOOL_PROVIDER):
        if not isinstance(provider.document.get("identity"), dict) or provider.document.get("identity", "tags"):
            continue
        for index, tag in enumerate(tags):
            if tag in _NOT_FOR_TOOLS:
                message = say(
                    "{loss} {path} has no tags of its own, so it gets those of the manifest, and {tag} is "
                    "not a valid tag of a tool provider.",
                    loss=loss(provider.kind),
                    path=quote(provider.path),
                    tag=quote(tag),
                )
                fix = _own_tags(provider, [each for each in tags if isinstance(each, str)])
                yield at_value(plugin.manifest, ("tags", index), message, subject=str(tag), fix=fix)
                return


def _own_tags(provider: LinkedDocument, inherited: list[str]) -> Fix | None:
    """Gives the provider what it may have of the manifest's tags."""
    if "tags" in provider.document.get("identity"):
        return None
    tags = ", ".join(tag for tag in inherited if tag not in _NOT_FOR_TOOLS and tag.isalpha()) or "other"
    edits = added(provider.document, ("identity",), {"tags": f"[{tags}]"})
    return Fix(say("Tag the provider {tags}", tags=quote(tags)), Safety.UNSAFE, edits) if edits is not None else None
