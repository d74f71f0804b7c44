"""Rules about prices that can hardly be meant: they contradict those of the models beside them, or each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from statistics import median
from typing import Final

from msgspec import Struct

from bot.document import Document
from bot.findings import Authority, By, Confidence, Severity, quote
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, Place, at_value, rule
from bot.rules.schema.model_sections import MODEL_PATH
from bot.rules.schema.models import is_out_of_scale, price

#: No provider asks more for the input of a language model, in USD for a million tokens.
MAX_INPUT: Final = Decimal(500)
#: Among so many models of a plugin, a unit that fewer than one in twenty have stands out …
MIN_SIBLINGS: Final = 20
_RARE: Final = 20
#: … when the price also comes out so many times the median of the others.
FACTOR: Final = 10
_MILLION: Final = Decimal(1_000_000)


class Priced(Struct, frozen=True):
    """A model with its price for the input of one token."""

    document: Document
    kind: str
    unit: Decimal
    input: Decimal
    output: Decimal | None
    currency: str | None

    @property
    def per_million(self) -> Decimal:
        return self.input * self.unit * _MILLION


def priced_models(plugin: Plugin) -> list[Priced]:
    found = []
    for linked in plugin.linked(DocumentKind.MODEL):
        prices = linked.document.get("pricing")
        if not isinstance(prices, dict):
            continue
        unit, each, output = (price(prices.get(key)) for key in ("unit", "input", "output"))
        if unit is not None and each is not None:
            kind = linked.document.text_at("model_type") or ""
            currency = linked.document.text_at("pricing", "currency")
            found.append(Priced(linked.document, kind, unit, each, output, currency))
    return found


_PRICES = "pricing:\n  input: '{}'\n  output: '{}'\n  unit: '{}'\n  currency: USD\n"


@rule(
    "schema/price-outlier",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="A model costs a multiple of what can be meant.",
    why="A call costs tokens times `unit` times price. With the unit of another model beside the price for a million "
    "tokens, Dify shows and logs a cost a thousandfold. The rule speaks of language models whose input costs more than "
    "500 USD for a million tokens, and of a unit that hardly any of at least 20 models of the plugin has, where the "
    "price is more than ten times their median.",
    fix="Write the unit that belongs to the price: `0.000001` for prices of a million tokens, `0.001` of a thousand.",
    authorities=(Authority(By.CONSOLE, "Costs are shown and logged a thousandfold.", "model-designing-rules.mdx:416"),),
    bad=Example(_PRICES.format("600", "650", "0.000001"), path=MODEL_PATH, base="model"),
    good=Example(_PRICES.format("0.80", "4.00", "0.000001"), path=MODEL_PATH, base="model"),
)
def price_outlier(plugin: Plugin) -> Iterator[Hit]:
    models = priced_models(plugin)
    for kind in dict.fromkeys(model.kind for model in models):
        siblings = [model for model in models if model.kind == kind]
        units = Counter(model.unit for model in siblings)
        usual, _ = units.most_common(1)[0]
        for model in siblings:
            others = [each.per_million for each in siblings if each.unit == usual and each is not model and each.input]
            rare = len(siblings) >= MIN_SIBLINGS and units[model.unit] * _RARE < len(siblings)
            dear = bool(others) and model.per_million > FACTOR * median(others)
            excessive = kind == "llm" and model.currency == "USD" and model.per_million > MAX_INPUT
            if model.unit > 1 or not (excessive or (rare and dear)):
                continue
            if kind == "llm" and is_out_of_scale(model.unit, [model.input, model.output or Decimal(0)]):
                continue  # The rule about the unit says it.
            shown = f"{model.per_million.normalize():f} {model.currency or ''}".strip()
            message = say("The input of this model costs {shown} for a million tokens.", shown=quote(shown))
            related: tuple[Place, ...] = ()
            if rare:
                message += say(
                    " {unit} of {count} models have the unit {usual}, not {unit2}.",
                    unit=units[usual],
                    count=len(siblings),
                    usual=quote(usual),
                    unit2=quote(model.unit),
                )
            elif model.unit != Decimal("0.000001"):
                message += say(" Prices for a million tokens have the unit `0.000001`.")
            example = next((each for each in siblings if each.unit == usual and each is not model), None)
            if rare and example is not None:
                span = example.document.span(("pricing", "unit"))
                related = (Place(example.document.path, span, say("The unit of the other models.")),)
            at = ("pricing", "unit") if rare or model.unit != Decimal("0.000001") else ("pricing", "input")
            subject = str(model.unit if at[1] == "unit" else model.input)
            yield at_value(model.document, at, message, subject=subject, related=related)


@rule(
    "schema/price-order",
    severity=Severity.NOTICE,
    confidence=Confidence.LIKELY,
    summary="The input of a language model costs more than its output.",
    why="No known provider asks more for the tokens it reads than for those it writes. Almost always two numbers are "
    "swapped or mistyped.",
    fix="Compare both prices with the list of the provider.",
    authorities=(Authority(By.CONSOLE, "Dify shows wrong costs.", "model-designing-rules.mdx:416"),),
    bad=Example(_PRICES.format("0.60", "0.15", "0.000001"), path=MODEL_PATH, base="model"),
    good=Example(_PRICES.format("0.15", "0.60", "0.000001"), path=MODEL_PATH, base="model"),
)
def price_order(plugin: Plugin) -> Iterator[Hit]:
    for model in priced_models(plugin):
        if model.kind == "llm" and model.output is not None and 0 < model.output < model.input:
            message = say(
                "The input costs more than the output: {input} and {output}.",
                input=quote(model.input),
                output=quote(model.output),
            )
            output = Place(
                model.document.path, model.document.span(("pricing", "output")), say("The price of the output.")
            )
            yield at_value(model.document, ("pricing", "input"), message, subject=str(model.input), related=(output,))
