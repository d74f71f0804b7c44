"""What users see: each text in each locale with the fallback of Dify, and nothing that Dify drops."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.preview.look import MAX_FIELDS, Field, Look, Part, look_at
from bot.preview.pictures import Album
from bot.preview.texts import LOCALES, State, Text
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree
from tests.support.reviewing import changed, opened

TOOL = "tools/current_weather.yaml"


def look(text: str = "", path: str = TOOL, base: str = "tool", files: Mapping[str, str | bytes] | None = None) -> Look:
    tree = changed(text, path, base, files) if text or files else MemoryTree(example_plugin(base))
    return look_at(opened(tree), Album())


def part(seen: Look, kind: str) -> Part:
    return next(each for each in seen.parts if each.kind == kind)


def fields(seen: Look, kind: str, form: str) -> dict[str, Field]:
    return {field.name: field for each in part(seen, kind).forms if each.title == form for field in each.fields}


def read(text: Text | None) -> list[str]:
    """What is read in each locale of the page."""
    assert text is not None
    return [text.in_locale(locale) for locale in LOCALES]


PARAMETERS = """
identity: {name: current_weather, author: acme, label: {en_US: Now, zh_Hans: 现在, ja_JP: 今, pt_BR: Agora}}
description: {human: {en_US: The weather, ja_JP: ''}, llm: SECRET-TO-USERS}
parameters:
- {name: city, type: string, form: llm, label: {en_US: City, pt_BR: Cidade}, human_description: {en_US: Which city},
   llm_description: SECRET-TO-USERS, placeholder: {en_US: SECRET-TO-USERS}}
- {name: unit, type: select, form: form, default: metric, label: {en_US: Unit}, human_description: {en_US: Which unit},
   options: [{value: metric, label: {en_US: Metric}}, {value: imperial, label: {en_US: Imperial, ja_JP: 帝国}}]}
- {name: odd, type: slider, form: form, label: {en_US: SECRET-TO-USERS}, human_description: {en_US: no}}
"""


def test_a_text_falls_back_as_dify_does_it() -> None:
    seen = look(PARAMETERS)
    title = part(seen, "Tool").title
    assert read(title) == ["Now", "现在", "今", "Now"], "rows of tools know no Portuguese"
    assert [each.state for each in title.variants if "pt_BR" in each.locales] == [State.UNREAD]
    label = fields(seen, "Tool", "Inputs")["city"].label
    assert read(label) == ["City", "City", "City", "Cidade"]
    assert label.gaps == ("zh_Hans", "ja_JP")
    assert read(part(seen, "Tool").description) == ["The weather"] * 4
    assert part(seen, "Tool").description.gaps == ("zh_Hans", "ja_JP")  # type: ignore[union-attr]


def test_what_dify_drops_is_not_there() -> None:
    seen = look(PARAMETERS)
    assert not [text for text in seen.texts() if any("SECRET" in words for words in read(text))]
    odd = fields(seen, "Tool", "Settings")["odd"]
    assert (odd.widget, odd.note) == ("", "Dify does not know the type `slider`.")


def test_settings_and_inputs_of_a_tool_are_forms_of_their_own() -> None:
    seen = look(PARAMETERS)
    assert list(fields(seen, "Tool", "Inputs")) == ["city"]
    unit = fields(seen, "Tool", "Settings")["unit"]
    assert unit.widget == "choice"
    assert [(option.value, option.chosen) for option in unit.options] == [("metric", True), ("imperial", False)]


MODEL_PROVIDER = """
label: {en_US: Acme, zh_Hans: 顶点, ja_JP: アクメ}
provider_credential_schema:
  credential_form_schemas:
  - {variable: mode, label: {en_US: Mode}, type: radio, default: a,
     options: [{value: a, label: {en_US: A}}, {value: b, label: {en_US: B}, show_on: [{variable: x, value: y}]}]}
  - {variable: key, label: {en_US: Key}, type: secret-input, placeholder: {en_US: Enter it}, required: false,
     show_on: [{variable: mode, value: b}], help: {en_US: SECRET-TO-USERS}}
  - {variable: live, label: {en_US: On}, type: switch}
"""


def test_a_model_provider_is_shown_in_two_languages_and_its_fields_follow_their_conditions() -> None:
    seen = look(MODEL_PROVIDER, "provider/acme.yaml", "model")
    provider = part(seen, "Model provider")
    assert read(provider.title) == ["Acme", "顶点", "Acme", "Acme"]
    assert provider.title.gaps == ()
    form = fields(seen, "Model provider", "Set up")
    assert (form["mode"].required, form["key"].required) == (True, False), "required unless said"
    assert form["mode"].options[1].conditions == (("x", "y"),)
    assert form["key"].conditions == (("mode", "b"),)
    assert (form["mode"].waiting, form["key"].waiting) == (False, True)
    assert read(form["key"].placeholder) == ["Enter it"] * 4
    assert form["key"].help is None
    assert not form["live"].widget


def test_models_are_in_order_with_features_and_prices() -> None:
    model = """
    model_properties: {mode: chat, context_size: 128000}
    features: [vision, tool-call]
    pricing: {input: '2.50', output: '10', unit: '0.000001', currency: USD}
    """
    rows = part(look(model, "models/llm/acme-large.yaml", "model"), "Model provider").models
    large = next(row for row in rows if "vision" in row.badges)
    assert large.badges == ("LLM", "128K", "CHAT", "vision", "tool-call")
    assert large.price == "input 2.5, output 10 USD for a million tokens"
    assert [row.badges[0] for row in rows] == ["LLM", "LLM", "TEXT EMBEDDING"]


@pytest.mark.parametrize("price", ["nan", "1e999999", "x", "", "[]"])
def test_a_price_that_is_none_is_not_worked_out(price: str) -> None:
    model = f"pricing: {{input: {price or '~'}, unit: '1', currency: USD}}"
    rows = part(look(model, "models/llm/acme-large.yaml", "model"), "Model provider").models
    assert not any(row.price for row in rows if "Large" in row.label.in_locale("en_US"))


def test_every_kind_of_plugin_has_its_forms() -> None:
    kinds = {
        base: [each.kind for each in look(base=base).parts][2:]
        for base in ("tool", "model", "agent", "datasource", "trigger", "endpoint")
    }
    assert kinds == {
        "tool": ["Tools", "Tool"],
        "model": ["Model provider"],
        "agent": ["Agent strategies", "Agent strategy"],
        "datasource": ["Datasources", "Datasource"],
        "trigger": ["Trigger", "Event"],
        "endpoint": ["Endpoints"],
    }
    assert all(each.forms for base in kinds for each in look(base=base).parts if each.kind in ("Endpoints", "Tool"))


def test_the_readme_of_a_locale_is_its_own_or_the_english_one() -> None:
    seen = look(files={"readme/README_ja_JP.md": "# 天気\n", "readme/README_xx_YY.md": "# never\n"})
    shown = {locale: path for locales, path, _ in part(seen, "Page of the plugin").readmes for locale in locales}
    assert shown == {
        "en_US": "README.md",
        "zh_Hans": "README.md",
        "ja_JP": "readme/README_ja_JP.md",
        "pt_BR": "README.md",
    }
    assert set(part(seen, "Page of the plugin").title.gaps) == {"zh_Hans", "pt_BR"}


@pytest.mark.parametrize(
    ("content", "path", "reason"),
    [
        (b"not a picture", "icon.png", "is not a picture"),
        (b"<!doctype html><script>1</script>", "icon.svg", "is not a picture but HTML"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><g></svg>", "icon.svg", "is not a valid SVG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "icon.png", "is SVG, which browsers do not draw"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1024 * 1024), "icon.png", "is too large"),
        (None, "icon.png", "is not there"),
        (
            b'<!DOCTYPE svg [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>',
            "icon.svg",
            "declares an entity that grows",
        ),
    ],
)
def test_a_file_that_is_no_picture_is_said_to_be_none(content: bytes | None, path: str, reason: str) -> None:
    files = {} if content is None else {f"_assets/new-{path}": content}
    seen = look(f"icon: new-{path}", "manifest.yaml", files=files)
    icon = seen.parts[0].icon
    assert icon is not None
    assert icon.light.address == ""
    assert icon.light.reason.startswith(reason)


def test_a_form_with_thousands_of_fields_is_cut_and_says_so() -> None:
    field = "- {name: p%d, type: string, form: form, label: {en_US: L}, human_description: {en_US: H}}\n"
    text = "parameters:\n" + "".join(field % number for number in range(2000))
    plugin = opened(changed(text, TOOL))
    seen = look_at(plugin, Album())
    assert len(fields(seen, "Tool", "Settings")) == MAX_FIELDS.most
    assert any(entry.path == TOOL and entry.reason == MAX_FIELDS.reason for entry in plugin.account)
