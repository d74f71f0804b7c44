"""Rules about models: their place, order, properties and prices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.document import Document
from bot.findings import Authority, By, Confidence, Severity, quote
from bot.format.judge.unknown import nearest
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.plugin import LinkedDocument, Plugin
from bot.plugin.sources import sources_of
from bot.python.classes import Found, Resolution, overrides
from bot.rules.registry import Example, Hit, Place, at_parent, at_value, rule
from bot.rules.schema.form_values import number
from bot.rules.schema.model_sections import (
    MODEL_PATH,
    PROVIDER_PATH,
    misplaced_models,
    model_sections,
    parameter_rules,
    shown_value,
)


@rule(
    "schema/model-section",
    severity=Severity.WARNING,
    summary="A model lies in the section of another type.",
    why="The patterns of a section find the file, but the model is registered by its own `model_type`. Its place in "
    "the section's order has no effect, and a copy that was meant for another type goes unnoticed.",
    fix="Move the file to the folder of its type, or correct `model_type`.",
    authorities=(Authority(By.CONSOLE, "The model is listed under another type.", "model_declaration.go:773"),),
    bad=Example("model_type: rerank\n", path=MODEL_PATH, base="model"),
    good=Example("model_type: llm\n", path=MODEL_PATH, base="model"),
)
def model_section(plugin: Plugin) -> Iterator[Hit]:
    for linked, key in misplaced_models(plugin).values():
        kind = linked.document.text_at("model_type") or ""
        message = say(
            "The model is of the type {kind}, but the section {key} finds it: it is listed under {kind}, and "
            "not in the order of this section.",
            kind=quote(kind),
            key=quote(key),
        )
        yield at_value(linked.document, ("model_type",), message, subject=kind)


_COPY = "model_type: llm\nmodel_properties:\n  mode: chat\n  context_size: 32768\n"


@rule(
    "schema/duplicate-model",
    severity=Severity.WARNING,
    summary="Two files describe the same model.",
    why="Models are told apart by type and name. Two files of one name give two entries in the console, and usually "
    "the model that the second file was meant for is missing: it was copied, and its name was not changed.",
    fix="Give the file the name of its own model, or remove it.",
    authorities=(Authority(By.CONSOLE, "The model is listed twice.", "model_declaration.go:380"),),
    bad=Example("", base="model", files={"models/llm/acme-tiny.yaml": f"model: acme-small\n{_COPY}"}),
    good=Example("", base="model", files={"models/llm/acme-tiny.yaml": f"model: acme-tiny\n{_COPY}"}),
)
def duplicate_model(plugin: Plugin) -> Iterator[Hit]:
    named: dict[tuple[str, str], list[LinkedDocument]] = {}
    misplaced = misplaced_models(plugin)
    for linked in plugin.linked(DocumentKind.MODEL):
        name, kind = linked.document.text_at("model"), linked.document.text_at("model_type")
        if name and kind and linked.path not in misplaced:
            named.setdefault((kind, name), []).append(linked)
    for (_, name), found in named.items():
        # The file that is called like the model is right; a copy is called like the model that it should describe.
        found.sort(key=lambda linked: (not _called_like(linked.path, name), linked.path))
        for linked in found[1:]:
            message = say(
                "The model {name} is described in {path} already: it is listed twice.",
                name=quote(name),
                path=quote(found[0].path),
            )
            yield at_value(linked.document, ("model",), message, subject=name)


def _called_like(path: str, name: str) -> bool:
    stem = path.rpartition("/")[2].removesuffix(".yaml")
    return re.sub(r"\W|_", "", stem).lower() == re.sub(r"\W|_", "", name).lower()


# --- order ------------------------------------------------------------------------------------------------------


@rule(
    "schema/model-position",
    severity=Severity.NOTICE,
    summary="The order of models names one that does not exist, or one twice.",
    why="The order only sorts: a name without a model has no effect. Usually the model was renamed or removed, or the "
    "name is misspelt and the model it means is sorted last.",
    fix="Correct or remove the line.",
    authorities=(Authority(By.CONSOLE, "The line has no effect.", "decoder/helper.go:115"),),
    bad=Example("- acme-small\n- acme-huge\n", path="models/llm/_position.yaml", base="model", whole=True),
    good=Example("- acme-small\n", path="models/llm/_position.yaml", base="model", whole=True),
)
def model_position(plugin: Plugin) -> Iterator[Hit]:
    # An order that the section does not name is a finding of its own: the daemon never reads it.
    for section in model_sections(plugin):
        models = {linked.document.text_at("model") for linked in section.models}
        for path in section.position.found if section.position is not None and models else ():
            yield from _entries(plugin.documents[path], models)
            yield from _struck(plugin, plugin.documents[path], section.models)


def _struck(plugin: Plugin, order: LinkedDocument, models: Sequence[LinkedDocument]) -> Iterator[Hit]:
    """The models that a change takes out of the order while their files stay."""
    before = plugin.base.documents.get(order.path) if plugin.base is not None else None
    old, new = (each.document.data if each is not None else None for each in (before, order))
    if not isinstance(old, list) or not isinstance(new, list):
        return
    for model in models:
        name = model.document.text_at("model")
        if name is not None and name in old and name not in new:
            message = say(
                "{name} is no longer in the order, but its file stays: the model is still offered, last.",
                name=quote(name),
            )
            place = Place(model.path, model.document.span(("model",)), say("The file of the model."))
            yield Hit(message, order.path, subject=name, related=(place,))


def _entries(order: LinkedDocument, models: set[str | None]) -> Iterator[Hit]:
    names = order.document.data
    seen: set[str] = set()
    for index, name in enumerate(names if isinstance(names, list) else []):
        if not isinstance(name, str):
            continue
        if name not in models:
            message = say("There is no model {name} in this section: the line has no effect.", name=quote(name))
            yield at_value(order.document, (index,), message, subject=name, group=f"schema/model-position {order.path}")
        elif name in seen:
            message = say("{name} stands in the order already: the line has no effect.", name=quote(name))
            yield at_value(order.document, (index,), message, subject=name)
        seen.add(name)


@rule(
    "schema/model-position-file",
    severity=Severity.NOTICE,
    summary="Only one of daemon and SDK finds the order of a section's models.",
    why="The daemon reads the file that `position` names. The SDK ignores that key and takes whatever file its "
    "patterns find whose name ends in `_position.yaml`. A file that only one of them finds sorts the models of an "
    "installed plugin, or those of one that is debugged remotely, but not both.",
    fix="Call the file `_position.yaml`, put it beside the models, and name it in `position`.",
    authorities=(
        Authority(By.INSTALLER, "Without `position`, the models are not sorted.", "decoder/helper.go:115"),
        Authority(By.DEBUGGING, "A file of another name is not found.", "entities/model/provider.py:256"),
    ),
    bad=Example("models:\n  llm:\n    predefined:\n      - models/llm/*.yaml\n", path=PROVIDER_PATH, base="model"),
    good=Example(
        "models:\n  llm:\n    position: models/llm/_position.yaml\n    predefined:\n      - models/llm/*.yaml\n",
        path=PROVIDER_PATH,
        base="model",
    ),
    yields_to=("reference/wrong-kind",),
)
def model_position_file(plugin: Plugin) -> Iterator[Hit]:
    for section in model_sections(plugin):
        document, named = section.provider.document, section.position
        found = [order.path for order in section.orders]
        if named is None and found and section.data.get("position") is None:
            message = say(
                "`position` does not name {found}: an installed plugin does not sort these models.",
                found=quote(found[0]),
            )
            yield at_parent(document, ("models", section.key, "position"), message, subject=found[0])
        elif named is not None and named.found and named.found[0] not in found and section.found:
            message = say(
                "The SDK does not find {written}: it looks for a name that ends in `_position.yaml` among "
                "the files of `predefined`. Debugged remotely, these models are not sorted.",
                written=quote(named.written),
            )
            yield at_value(document, named.pointer, message, subject=named.written)


@rule(
    "schema/max-tokens",
    severity=Severity.NOTICE,
    summary="A model may be asked for more tokens than its context holds.",
    why="`max_tokens` is the length of the answer, `context_size` that of question and answer together. A greater "
    "`max` lets users ask for what the model's service refuses.",
    fix="Lower `max`, or correct `context_size`.",
    authorities=(Authority(By.DOCS, "The service refuses the call.", "model-designing-rules.mdx:171"),),
    confidence=Confidence.LIKELY,
    bad=Example(
        "parameter_rules:\n  - name: max_tokens\n    use_template: max_tokens\n    max: 1000000\n",
        path=MODEL_PATH,
        base="model",
    ),
    good=Example(
        "parameter_rules:\n  - name: max_tokens\n    use_template: max_tokens\n    max: 4096\n",
        path=MODEL_PATH,
        base="model",
    ),
)
def max_tokens(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.MODEL):
        size = number(linked.document.get("model_properties", "context_size"))
        if linked.document.get("model_type") != "llm":
            continue  # Nobody asks the rules of other models.
        for pointer, data in parameter_rules(linked.document):
            highest = number(data.get("max"))
            if "max_tokens" not in (data.get("use_template"), data.get("name")) or highest is None or size is None:
                continue
            if highest > size > 0:
                message = say(
                    "Up to {highest:,.0f} tokens may be asked for, but the context holds {size:,.0f}.",
                    highest=highest,
                    size=size,
                )
                yield at_value(linked.document, (*pointer, "max"), message, subject=f"{highest:g} {size:g}")


#: What the console or the SDK reads of a model of each type: the property, how bad its lack is, and what happens.
_PROPERTIES: dict[str, tuple[tuple[str, Severity, str], ...]] = {
    "llm": (
        ("mode", Severity.WARNING, "the console cannot tell whether it is a chat model"),
        ("context_size", Severity.WARNING, say("Dify cannot tell how much of a conversation fits")),
    ),
    "text-embedding": (
        ("context_size", Severity.WARNING, say("texts that are too long are not cut")),
        ("max_chunks", Severity.NOTICE, say("every text takes a call of its own")),
    ),
    "tts": (
        ("voices", Severity.WARNING, say("users have no voice to choose, and the code lists none")),
        ("default_voice", Severity.WARNING, say("no voice is chosen")),
    ),
}


@rule(
    "schema/model-properties",
    severity=Severity.WARNING,
    summary="A model lacks a property that Dify reads of its type, or has one that makes no sense.",
    why="The SDK accepts any values in `model_properties`, and none. What is missing shows when the model is used: "
    "prompts are not cut to the context, texts are embedded one by one, no voice can be chosen.",
    fix="Add the property that the finding names.",
    authorities=(Authority(By.DOCS, "The model works less well, or not at all.", "model-designing-rules.mdx:164"),),
    bad=Example("model_properties:\n  mode: chat\n", path=MODEL_PATH, base="model"),
    good=Example("model_properties:\n  mode: chat\n  context_size: 32768\n", path=MODEL_PATH, base="model"),
)
def model_properties(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.MODEL):
        document = linked.document
        properties = document.get("model_properties")
        kind = document.text_at("model_type")
        if not isinstance(properties, dict) or kind is None:
            continue
        written = [key for key in properties if isinstance(key, str)]
        for key, severity, happens in _PROPERTIES.get(kind, ()):
            if any(nearest(each, [key]) is not None for each in written):
                continue  # It is there, misspelt.
            if key == "voices" and _code_lists_voices(plugin):
                continue
            # Without voices there is nothing to choose a default from.
            if properties.get(key) is None and not (key == "default_voice" and properties.get("voices") is None):
                message = say("The model has no {key}: {happens}.", key=quote(key), happens=happens)
                yield at_parent(document, ("model_properties", key), message, severity=severity, subject=key)
        yield from _senseless(document, properties, kind)


def _code_lists_voices(plugin: Plugin) -> bool:
    """Whether a class for speech gives the voices itself (S interfaces/model/tts_model.py, get_tts_model_voices)."""
    sources = sources_of(plugin)
    for item in sources.of_kind(DocumentKind.MODEL_PROVIDER):
        module = sources.modules.get(item.path) if item.path is not None else None
        if module is None or module.tree is None or _SPEECH not in item.bases:
            continue
        for found in _candidates(sources.subclasses(item, _SPEECH)):
            if overrides(sources.modules, found, "get_tts_model_voices") is not False:
                return True
    return False


def _candidates(resolution: Resolution) -> tuple[Found, ...]:
    return (*resolution.certain, *resolution.possible)


_SPEECH = "TTSModel"


def _senseless(document: Document, properties: dict[Any, Any], kind: str) -> Iterator[Hit]:
    mode = properties.get("mode")
    if kind == "llm" and mode is not None and mode not in ("chat", "completion"):
        at = ("model_properties", "mode")
        message = say("`mode` is `chat` or `completion`, not {shown_value}.", shown_value=shown_value(document, at))
        yield at_value(document, at, message, subject=shown_value(document, at))
    for key in ("context_size", "max_chunks", "word_limit", "max_workers", "max_characters_per_chunk"):
        value = properties.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value <= 0):
            at = ("model_properties", key)
            message = say(
                "{key} is a whole number above zero, not {shown_value}.",
                key=quote(key),
                shown_value=shown_value(document, at),
            )
            yield at_value(document, at, message, subject=shown_value(document, at))
    voices = properties.get("voices")
    default = properties.get("default_voice")
    modes = [each.get("mode") for each in voices if isinstance(each, dict)] if isinstance(voices, list) else []
    if kind == "tts" and isinstance(default, str) and modes and default not in modes:
        message = say("The default voice {default} is not one of the `mode`s of `voices`.", default=quote(default))
        yield at_value(document, ("model_properties", "default_voice"), message, subject=default)


_PRICES = "pricing:\n  input: '0.15'\n  output: '0.60'\n  unit: '{}'\n  currency: USD\n"


@rule(
    "schema/pricing",
    severity=Severity.NOTICE,
    summary="The price of a model comes out wrong.",
    why="What a call costs is tokens times `unit` times price: with prices per million tokens the unit is `0.000001`. "
    "A unit of zero makes every call free, and one of a million multiplies instead of dividing.",
    fix="Write the unit as a fraction of one token, the prices as numbers from zero on, and the currency as three "
    "capital letters.",
    authorities=(Authority(By.CONSOLE, "Dify shows wrong costs.", "model-designing-rules.mdx:416"),),
    bad=Example(_PRICES.format("0"), path=MODEL_PATH, base="model"),
    good=Example(_PRICES.format("0.000001"), path=MODEL_PATH, base="model"),
)
def pricing(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.linked(DocumentKind.MODEL):
        document = linked.document
        prices = document.get("pricing")
        if not isinstance(prices, dict):
            continue
        unit, *amounts = (price(prices.get(key)) for key in ("unit", "input", "output"))
        costs = [amount for amount in amounts if amount]
        if unit is not None and (unit < 0 or unit > 1 or (unit == 0 and costs)):
            happens = say("every call counts as free") if unit == 0 else say("the costs shown are wrong")
            at = ("pricing", "unit")
            message = say(
                "The unit is {shown_value}: {happens}. Per million tokens it is `0.000001`.",
                shown_value=shown_value(document, at),
                happens=happens,
            )
            # A unit above one multiplies what it should divide.
            severity = Severity.WARNING if unit > 1 else None
            yield at_value(document, at, message, subject=shown_value(document, at), severity=severity)
        elif unit is not None and document.get("model_type") == "llm":
            yield from _out_of_scale(document, unit, costs)
        for key, amount in zip(("input", "output"), amounts, strict=True):
            if amount is not None and amount < 0:
                message = say(
                    "The price of {key} is negative: {shown_value}.",
                    key=key,
                    shown_value=shown_value(document, ("pricing", key)),
                )
                yield at_value(document, ("pricing", key), message, subject=shown_value(document, ("pricing", key)))
        currency = prices.get("currency")
        if isinstance(currency, str) and not re.fullmatch(r"[A-Z]{3}", currency):
            message = say(
                "{currency} is not a currency: write three capital letters, such as USD.", currency=quote(currency)
            )
            yield at_value(document, ("pricing", "currency"), message, subject=currency)


#: What a million tokens of a language model cost, in any currency: from less than the cheapest to more than the dearest
#: that is sold (0.01 to 600 dollars, and seven times that in yuan).
_CHEAPEST, _DEAREST = Decimal("0.001"), Decimal(700)


def _out_of_scale(document: Document, unit: Decimal, costs: list[Decimal]) -> Iterator[Hit]:
    """A unit that does not go with the prices: as a rule one of thousand tokens with prices of a million, or turned."""
    if not is_out_of_scale(unit, costs):
        return
    millions = [cost * unit * 1_000_000 for cost in costs if cost > 0]
    factor = say("a thousand times too high") if max(millions) > _DEAREST else say("far too low")
    highest = float(max(millions))
    shown = f"{highest:,.0f}" if highest > 1 else f"{highest:.6g}"
    message = say(
        "A million tokens would cost {shown}: with this unit, the prices are probably {factor}. The unit is "
        "`0.000001` for prices per million tokens, and `0.001` for prices per thousand.",
        shown=shown,
        factor=factor,
    )
    at = ("pricing", "unit")
    severity = Severity.WARNING if max(millions) > _DEAREST else None
    yield at_value(
        document, at, message, subject=shown_value(document, at), severity=severity, confidence=Confidence.LIKELY
    )


def is_out_of_scale(unit: Decimal, costs: Iterable[Decimal]) -> bool:
    """Whether no language model that is sold costs so much, or so little."""
    millions = [cost * unit * 1_000_000 for cost in costs if cost > 0]
    return bool(millions) and not _CHEAPEST <= max(millions) <= _DEAREST


def price(value: Any) -> Decimal | None:
    """The price as both readers take it; None for what they refuse."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    # Python refuses to spell out integers of thousands of digits.
    if isinstance(value, int) and value.bit_length() > 200:
        return None
    try:
        amount = Decimal(str(value)[:100])
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
