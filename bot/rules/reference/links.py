"""Links that lead nowhere, and what happens then, for the rules of this family."""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml import ScalarNode

from bot.document import Document, Pointer
from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote, quote_list
from bot.format.judge.verdict import quoted
from bot.messages import say, say_plural, sentences
from bot.patterns import regex
from bot.plugin import Plugin, Reference
from bot.rules.registry import Example

SDK = Authority(By.SDK, "The plugin does not start.", "core/plugin_registration.py:63")


REFUSED = say("The packager refuses the plugin.")


NOT_INSTALLED = say("The plugin packages, but Dify refuses to install it.")


NOT_STARTED = say("The plugin packages and installs, but does not start.")


#: Paths that YAML reads as they are, without quotes.
_PLAIN = regex(r"[A-Za-z_./][\w./*+@-]*", re.ASCII)


def path_fix(document: Document, pointer: Pointer, path: str, safety: Safety = Safety.SAFE) -> Fix | None:
    node = document.node(pointer)
    if not isinstance(node, ScalarNode) or "\n" in node.value:
        return None
    plain = node.style in (None, "") and _PLAIN.fullmatch(path)
    edit = Edit(document.path, document.span_of(node), path if plain else quoted(path))
    return Fix(say("Write {path}", path=quote(path)), safety, (edit,))


def links(plugin: Plugin) -> Iterator[tuple[Document, Reference]]:
    """The references that are paths, with the documents that write them."""
    for reference in plugin.references:
        if not reference.is_glob:
            yield plugin.documents[reference.source].document, reference


# --- patterns -----------------------------------------------------------------------------------------------------


def pattern_example(pattern: str) -> Example:
    provider = (
        "provider: acme\nlabel:\n  en_US: Acme\nsupported_model_types:\n  - llm\nconfigurate_methods:\n"
        f"  - predefined-model\nmodels:\n  llm:\n    predefined:\n      - {pattern}\nextra:\n  python:\n"
        "    provider_source: provider/weather.py\n"
    )
    model = "model: acme-1\nlabel:\n  en_US: Acme 1\nmodel_type: llm\nmodel_properties:\n  mode: chat\n"
    files = {"provider/acme.yaml": provider, "models/llm/acme-1.yaml": model}
    return Example("plugins:\n  models:\n    - provider/acme.yaml\n", files=files)


_PORTABLE = say("Write a pattern such as `models/llm/*.yaml`: forward slashes, no `./`, no `**`.")


def pattern_fault(reference: Reference) -> tuple[str, Severity] | None:
    written, packaged, debugged = reference.written, reference.packaged, reference.debugged
    if packaged.failure:
        return say(
            "The packager fails on the pattern {written}: it {failure}.",
            written=quote(written),
            failure=packaged.failure,
        ), Severity.ERROR
    if debugged.failure:
        return say(
            "The SDK fails on the pattern {written}: it {failure}. {not_started}",
            written=quote(written),
            failure=debugged.failure,
            not_started=NOT_STARTED,
        ), Severity.ERROR
    others = [
        path for path in debugged.found or packaged.found if not path.lower().endswith((".yaml", ".yml", ".json"))
    ]
    if others:
        message = say(
            "{written} also finds {others}, and every file that it finds is read as a model.",
            written=quote(written),
            others=quote_list(others, 3),
        )
        return sentences(message, REFUSED), Severity.ERROR
    here = {path for path in packaged.found if not path.endswith("_position.yaml")}
    there = {path for path in debugged.found if not path.endswith("_position.yaml")}
    if there and not here:
        return say_plural(
            "{written} finds the model in debugging and none after installation. {portable}",
            "{written} finds all {n:,} models in debugging and none after installation. {portable}",
            len(there),
            written=quote(written),
            portable=_PORTABLE,
        ), Severity.ERROR
    if here and not there:
        return say(
            "{written} finds no model where the SDK looks, so none can be used. {portable}",
            written=quote(written),
            portable=_PORTABLE,
        ), Severity.ERROR
    if here != there:
        message = say(
            "{written} finds {count} models after installation and {count2} in debugging.",
            written=quote(written),
            count=len(here),
            count2=len(there),
        )
        return sentences(message, _PORTABLE), Severity.WARNING
    if "**" in written and here:
        return say(
            "Dify reads `**` as a single folder, the SDK as any number of them. {portable}", portable=_PORTABLE
        ), Severity.NOTICE
    return None
