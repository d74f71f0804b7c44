"""Rules about the `scope` of form fields."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity, quote, quote_list
from bot.format.builtin import PLATFORM_SCOPES, SCOPES
from bot.format.traits import Structure
from bot.messages import say, say_plural, sentences
from bot.plugin import Plugin
from bot.plugin.forms import items
from bot.rules.registry import Example, Hit, at_key, at_value, rule

# --- scopes -----------------------------------------------------------------------------------------------------

_REFUSED = say("Remote debugging refuses the plugin.")


_SCOPED = {
    Structure.TOOL_PARAMETER: ("model-selector", "app-selector", "any"),
    Structure.AGENT_PARAMETER: ("model-selector", "app-selector", "any"),
    Structure.CONFIG: ("model-selector", "app-selector"),
    Structure.EVENT_PARAMETER: ("model-selector", "app-selector"),
}


@rule(
    "schema/scope",
    severity=Severity.WARNING,
    summary="A scope names what its type does not know.",
    why="`scope` narrows down what a selector offers: tokens joined by `&`. A token that is unknown narrows nothing, "
    "and beside a type without scopes the key has no effect. The daemon refuses both when the plugin is debugged "
    "remotely. The documentation's `all` for models is unknown to it too, though the console offers every model then. "
    "Without `scope`, a selector of models offers language models only. In credentials and settings the platform takes "
    "one word of a list of its own, and refuses the plugin for any other (`schema/unknown-value`).",
    fix="Use the tokens that the finding lists, or leave `scope` out.",
    authorities=(Authority(By.DEBUGGING, "Remote debugging refuses the plugin.", "plugin_entities/config.go:172"),),
    bad=Example(
        "parameters:\n  - name: model\n    type: model-selector\n    scope: chat\n    label:\n      en_US: Model\n",
        path="strategies/planner.yaml",
        base="agent",
    ),
    good=Example(
        "parameters:\n  - name: model\n    type: model-selector\n    scope: tool-call&llm\n    label:\n"
        "      en_US: Model\n",
        path="strategies/planner.yaml",
        base="agent",
    ),
)
def scope(plugin: Plugin) -> Iterator[Hit]:
    for item in items(plugin, *_SCOPED):
        written = item.data.get("scope")
        if item.type is None or not isinstance(written, str):
            continue
        if item.structure is Structure.CONFIG and written not in PLATFORM_SCOPES:
            continue  # The platform refuses the plugin, which the models of the format say.
        pointer = item.at("scope")
        if item.type not in _SCOPED[item.structure]:
            if item.structure is Structure.EVENT_PARAMETER:
                continue  # Nobody checks it there.
            message = say(
                "The type {type} has no scopes here: `scope` has no effect. {refused}",
                type=quote(item.type),
                refused=_REFUSED,
            )
            yield at_key(item.document, pointer, message, subject=written)
            continue
        known = SCOPES[item.type]
        tokens = [token.strip() for token in written.split("&")]
        strange = [token for token in tokens if token not in known]
        if not strange:
            continue
        if strange == ["all"]:
            message = say(
                "The daemon does not know the scope `all` of models. The console offers every model with it, "
                "and language models only without `scope`."
            )
        else:
            message = say_plural(
                "{strange} is not a scope of {type}; known are {known}.",
                "{strange} are not scopes of {type}; known are {known}.",
                len(strange),
                strange=quote_list(strange),
                type=quote(item.type),
                known=quote_list(known),
            )
        if len(strange) == len(tokens) and item.structure is not Structure.EVENT_PARAMETER:
            message = sentences(message, _REFUSED)
        yield at_value(item.document, pointer, message, subject=written)
