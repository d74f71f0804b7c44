"""Rules about what form fields say to users and models."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from yaml import ScalarNode

from bot.document import Document, Pointer
from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote
from bot.format.judge.verdict import quoted
from bot.format.models.i18n import LOCALES
from bot.format.traits import DocumentKind, Structure
from bot.messages import say
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.forms import items
from bot.rules.registry import Example, Hit, at_key, at_parent, at_value, rule
from bot.rules.schema.form_values import is_meant_for, parameter_example


@rule(
    "schema/no-llm-description",
    severity=Severity.NOTICE,
    summary="The model is not told what a parameter means.",
    why="With `form: llm` the model fills in the value, and `llm_description` is all that it learns about it besides "
    "name and type.",
    fix="Describe the value, its format and an example, in English.",
    authorities=(Authority(By.DOCS, "The model guesses.", "tool-plugin.mdx:251"),),
    bad=parameter_example("type: string\nform: llm", name="city"),
    good=parameter_example("type: string\nform: llm\nllm_description: The name of the city.", name="city"),
)
def no_llm_description(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.TOOL_PARAMETER):
        if item.data.get("form") != "llm" or item.type in (None, "file", "files", "secret-input", "model-selector"):
            continue
        text = item.data.get("llm_description")
        if (text is None or (isinstance(text, str) and not text.strip())) and not is_meant_for(item, "llm_description"):
            message = say(
                "{name} has no `llm_description`: the model has to guess what to fill in.", name=quote(item.name or "?")
            )
            place = at_key if "llm_description" in item.data else at_parent
            yield place(item.document, item.at("llm_description"), message)


# --- links ------------------------------------------------------------------------------------------------------


@rule(
    "schema/help-url",
    severity=Severity.WARNING,
    summary="A help link leads nowhere.",
    why="The console makes a link of `url` as it stands. Without `https://` in front, a browser looks for it on the "
    "Dify server.",
    fix="Write the whole address, or remove the key.",
    authorities=(Authority(By.CONSOLE, "The link is dead.", "general-specifications.mdx:82"),),
    bad=Example(
        "credentials_for_provider:\n  api_key:\n    type: secret-input\n    label:\n      en_US: API key\n"
        "    url: todo\n",
        path="provider/weather.yaml",
    ),
    good=Example(
        "credentials_for_provider:\n  api_key:\n    type: secret-input\n    label:\n      en_US: API key\n"
        "    url: https://weather.example/account\n",
        path="provider/weather.yaml",
    ),
)
def help_url(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, Structure.CONFIG, Structure.MODEL_FORM):
        yield from _addresses(item.document, [item.at("url")])
    for linked in plugin.linked(DocumentKind.MODEL_PROVIDER):
        yield from _addresses(linked.document, [("help", "url", locale) for locale in LOCALES])


def _addresses(document: Document, pointers: Sequence[Pointer]) -> Iterator[Hit]:
    """One hit for the values of one link that are not addresses."""
    wrong = [(pointer, url) for pointer in pointers if (url := document.text_at(*pointer)) and not _is_address(url)]
    if not wrong:
        return
    pointer, url = wrong[0]
    others = [say("line {line}", line=document.span(other).line) for other, _ in wrong[1:]]
    also = say(" The same holds for {others}.", others=" and ".join(others)) if others else ""
    message = say("{url} is not a web address: the link leads nowhere.{also}", url=quote(url), also=also)
    edits = [
        Edit(document.path, document.span_of(node), quoted(f"https://{text}"))
        for each, text in wrong
        if isinstance(node := document.node(each), ScalarNode) and _HOST.fullmatch(text)
    ]
    fix = Fix(say("Put `https://` in front"), Safety.UNSAFE, tuple(edits)) if edits else None
    yield at_value(document, pointer, message, subject=url, fix=fix)


def _is_address(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


_HOST = regex(r"(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,20}(?:[/?#][^\s]{0,500})?", re.ASCII)
