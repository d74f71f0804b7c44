"""What a change is, what then happens to whom, and how to avoid it: sentences for messages.

Every piece of a plugin stands between backticks, put there by `quote`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.findings import Confidence, quote, quote_list
from bot.upgrade.difference import Change
from bot.upgrade.surface import Sort

#: How many names a sentence about several changes has.
_NAMES = 40

_NOUNS: Final = {
    Sort.PROVIDER: "provider",
    Sort.TOOL: "tool",
    Sort.STRATEGY: "agent strategy",
    Sort.DATASOURCE: "datasource",
    Sort.EVENT: "event",
    Sort.ENDPOINT: "endpoint",
    Sort.MODEL: "model",
    Sort.MODEL_TYPE: "model type",
    Sort.METHOD: "way to configure models",
    Sort.PARAMETER: "parameter",
    Sort.MODEL_PARAMETER: "parameter",
    Sort.CREDENTIAL: "credential",
    Sort.SETTING: "setting",
    Sort.SUBSCRIPTION_PROPERTY: "property of subscriptions",
    Sort.SUBSCRIPTION_PARAMETER: "parameter of subscriptions",
    Sort.OAUTH: "login by OAuth",
    Sort.OUTPUT: "output variable",
}
_PLURALS: Final = {
    Sort.STRATEGY: "agent strategies",
    Sort.METHOD: "ways to configure models",
    Sort.SUBSCRIPTION_PROPERTY: "properties of subscriptions",
    Sort.SUBSCRIPTION_PARAMETER: "parameters of subscriptions",
}


def named(change: Change) -> str:
    """What changed, by its name: the tool `search`, the parameter `city` of the tool `weather`."""
    if change.sort is Sort.OAUTH:
        return "the login by OAuth"
    noun = _NOUNS[change.sort] if change.sort is not None else ""
    owner = f" of the {change.owner[0]} {quote(change.owner[1])}" if change.owner is not None else ""
    return f"the {noun} {quote(change.subject)}{owner}" if noun else quote(change.subject)


def plural(change: Change) -> str:
    """The noun for several elements like that of a change."""
    if change.sort is None:
        return "values"
    return _PLURALS.get(change.sort, f"{_NOUNS[change.sort]}s")


def said(change: Change, *more: Change) -> str:
    """What a change is, or several of one kind in one place, as a sentence."""
    text = _several((change, *more)) if more else _sentence(change)
    return f"{text[0].upper()}{text[1:]}."


def _sentence(change: Change) -> str:
    it = named(change)
    old, new = quote(change.old or "''"), quote(change.new or "''")
    match change.kind:
        case "identity-author" | "identity-name":
            return f"the {change.kind.removeprefix('identity-')} of the plugin was {old} and is {new}"
        case "category-removed":
            return f"the plugin has no {change.old} any more"
        case "category-added":
            return f"the plugin has {change.new} now"
        case "permission-added":
            return f"the plugin asks for the permission {quote(change.subject)}"
        case "permission-removed":
            return f"the plugin no longer asks for the permission {quote(change.subject)}"
        case "storage-size":
            return f"the storage of the plugin was {old} bytes and is {new}"
        case "minimum-dify":
            if change.new is None:
                return "the plugin no longer asks for a minimum version of Dify"
            return f"the plugin asks for Dify {new} or later" + (f", before for {old}" if change.old else "")
        case "model-mode" | "model-context-size" | "model-price":
            return f"the {change.kind.removeprefix('model-').replace('-', ' ')} of {it} was {old} and is {new}"
        case "model-parameter-range":
            return _range(change)
        case _ if change.sort is Sort.PROVIDER:
            return f"the {change.kind.removesuffix('-removed').replace('-', ' ')} was {old} and is {new}"
    match change.what:
        case "removed":
            return f"{it} is gone{_renamed(change)}"
        case "added":
            return f"{it} is new"
        case "added-required":
            return f"{it} is new and required"
        case "now-required":
            return f"{it} is required now"
        case "now-optional":
            return f"{it} is optional now"
        case "type":
            return f"the type of {it} was {old} and is {new}"
        case "form":
            return f"{it} had `form: {change.old}` and has `form: {change.new}`"
        case "option-removed":
            return f"{it} no longer takes {old}"
        case "option-added":
            return f"{it} also takes {new}"
        case "options":
            return f"{it} takes only some values now"
        case "feature-removed":
            return f"{it} no longer has the feature {old}"
        case "feature-added":
            return f"{it} has the feature {new}"
        case "deprecated":
            return f"{it} is deprecated"
    return f"the {change.what} of {it} was {quote(change.old or 'not set')} and is {quote(change.new or 'not set')}"


def _renamed(change: Change) -> str:
    if change.rename is None:
        return ""
    sure = "most likely" if change.rename.confidence is Confidence.CERTAIN else "perhaps"
    return f"; {sure} it is {quote(change.rename.name)} now"


def _range(change: Change) -> str:
    old, new = change.old or "not set", change.new or "not set"
    try:
        raised = float(new) > float(old)
    except ValueError:
        return f"the range of {named(change)} ended at {quote(old)} and ends at {quote(new)}"
    return f"the {'least' if raised else 'greatest'} value of {named(change)} was {quote(old)} and is {quote(new)}"


def _several(changes: Sequence[Change]) -> str:
    first = changes[0]
    if first.what == "option-removed":
        return (
            f"{len(changes)} options of {named(first)} are gone: {quote_list([c.old or '' for c in changes], _NAMES)}"
        )
    owner = f" of the {first.owner[0]} {quote(first.owner[1])}" if first.owner is not None else ""
    verb = _VERBS.get(first.what, "have changed")
    subjects = dict.fromkeys(change.subject for change in changes)  # Two forms of a provider may share a name.
    names = quote_list(subjects, _NAMES)
    return f"{len(subjects)} {plural(first)}{owner} {verb}: {names}"


_VERBS: Final = {
    "removed": "are gone",
    "added": "are new",
    "added-required": "are new and required",
    "now-required": "are required now",
}


#: By the kind of change, what then happens to whom, and what to do instead.
EFFECTS: Final = {
    "identity-author": (
        "To Dify this is another plugin: who has the old one is offered no update.",
        "Keep the author.",
    ),
    "identity-name": (
        "To Dify this is another plugin: who has the old one is offered no update.",
        "Keep the name.",
    ),
    "category-removed": (
        "Everything in workspaces that uses them fails after the update.",
        "Keep them, if only for those who use them.",
    ),
    "tool-provider-removed": (
        "Every workflow and agent that uses one of its tools fails: Dify looks the provider up by its name.",
        "Keep the name; the label may change.",
    ),
    "model-provider-removed": (
        "Every app and knowledge base that uses one of its models fails: Dify looks the provider up by its name.",
        "Keep the name; the label may change.",
    ),
    "strategy-provider-removed": (
        "Every agent node that uses one of its strategies fails: Dify looks the provider up by its name.",
        "Keep the name; the label may change.",
    ),
    "datasource-provider-removed": (
        "Every pipeline that uses it fails: Dify looks the provider up by its name.",
        "Keep the name; the label may change.",
    ),
    "trigger-provider-removed": (
        "Every workflow that it starts is no longer started: Dify looks the provider up by its name.",
        "Keep the name; the label may change.",
    ),
    "tool-removed": (
        "Workflows and agents that use it fail: Dify looks tools up by their names.",
        "Keep it, even if it only calls the new one.",
    ),
    "strategy-removed": (
        "Agent nodes that use it fail: Dify looks strategies up by their names.",
        "Keep it under its name.",
    ),
    "datasource-removed": (
        "Pipelines that use it fail: Dify looks datasources up by their names.",
        "Keep it under its name.",
    ),
    "event-removed": (
        "Workflows that it starts are no longer started.",
        "Keep it under its name.",
    ),
    "endpoint-removed": (
        "Whoever calls its address gets 404.",
        "Keep it, even if it only calls the new one.",
    ),
    "model-removed": (
        "Apps, workflows and knowledge bases that use it fail.",
        "Keep its file with `deprecated: true`: then it is no longer offered, and goes on to work.",
    ),
    "model-type-removed": (
        "Apps and knowledge bases that use such models of this provider fail.",
        "Keep the type, and deprecate its models.",
    ),
    "configuration-method-removed": (
        "Models that workspaces have set up in this way can no longer be used.",
        "Keep it.",
    ),
    "parameter-removed": (
        "The values that workflows have stored for it are dropped, and nobody is told.",
        "Keep it, even if it has no effect.",
    ),
    "parameter-added-required": (
        "Workflows that use it give no value: the code gets none, and agents may fail.",
        "Give it a default, or make it optional.",
    ),
    "parameter-now-required": (
        "Workflows that left it empty give no value: the code gets none, and agents may fail.",
        "Give it a default, or leave it optional.",
    ),
    "parameter-type": (
        "The values that workflows have stored are not valid for the new type.",
        "Add a parameter with another name instead.",
    ),
    "parameter-option-removed": (
        "Agents that are set to it are refused, and workflows pass on a value that the code no longer knows.",
        "Keep the option, and let the code treat it like another one.",
    ),
    "credential-removed": (
        "The code no longer gets what workspaces have entered.",
        "Keep it as an optional one, and let the code still take it.",
    ),
    "credential-added-required": (
        "Every workspace has to enter it before the plugin works again: Dify asks only when they are saved.",
        "Make it optional, or give it a default.",
    ),
    "credential-now-required": (
        "Every workspace without it has to enter it first: Dify asks only when credentials are saved.",
        "Leave it optional, or give it a default.",
    ),
    "setting-removed": (
        "The code no longer gets what was entered for the endpoints.",
        "Keep it as an optional one, and let the code still take it.",
    ),
    "setting-added-required": (
        "Endpoints that are set up already run without it.",
        "Make it optional, or give it a default.",
    ),
    "setting-now-required": (
        "Endpoints that were set up without it run without it.",
        "Leave it optional, or give it a default.",
    ),
    "subscription-property-removed": (
        "The code no longer gets it for the subscriptions that exist.",
        "Keep it as an optional one.",
    ),
    "subscription-property-added-required": (
        "Subscriptions that exist run without it.",
        "Make it optional, or give it a default.",
    ),
    "subscription-property-now-required": (
        "Subscriptions made without it run without it.",
        "Leave it optional, or give it a default.",
    ),
    "subscription-parameter-removed": (
        "The code no longer gets it for the subscriptions that exist.",
        "Keep it as an optional one.",
    ),
    "subscription-parameter-added-required": (
        "Subscriptions that exist run without it.",
        "Make it optional, or give it a default.",
    ),
    "subscription-parameter-now-required": (
        "Subscriptions made without it run without it.",
        "Leave it optional, or give it a default.",
    ),
    "oauth-removed": (
        "Who has logged in by OAuth has to enter credentials.",
        "Keep `oauth_schema`.",
    ),
    "output-removed": (
        "Later nodes that read it get nothing.",
        "Keep it, even if it is empty.",
    ),
    "output-type": (
        "Later nodes that read it get another kind of value.",
        "Add a variable with another name instead.",
    ),
    "model-parameter-range": (
        "Calls with a stored value beyond it are refused.",
        "Keep the bound, and let the code cut the value.",
    ),
    "model-parameter-type": (
        "Calls with a stored value of the old type are refused.",
        "Keep the type, and let the code convert the value.",
    ),
    "model-parameter-option-removed": (
        "Calls with that value stored are refused.",
        "Keep the option, and let the code treat it like another one.",
    ),
    "model-parameter-added-required": (
        "Calls from apps that exist have no value for it and are refused.",
        "Give it a default, or make it optional.",
    ),
    "model-parameter-now-required": (
        "Calls from apps that have no value for it are refused.",
        "Give it a default, or leave it optional.",
    ),
}


def effect(change: Change) -> str:
    """What happens to whom because of a change that breaks something, as a sentence."""
    if change.kind == "parameter-form":
        if change.new == "llm":
            return "Workflows no longer pass the value that users have set: they read it for form parameters only."
        return "Agents have no value for it, as nobody was asked for one."
    if change.kind.endswith("-type") and change.sort in _FORM_SORTS:
        if change.old == "secret-input":
            return "Dify no longer decrypts what is stored: the code gets it encrypted until it is entered again."
        return "What is stored is not valid for the new type."
    if change.kind.endswith("-option-removed") and change.sort in _FORM_SORTS:
        return "Who has chosen it goes on with a value that the code no longer knows."
    return EFFECTS[change.kind][0]


def way_out(change: Change) -> str:
    """How to make the change so that nothing breaks, as a sentence."""
    if change.kind == "parameter-form":
        return "Keep the form, or add a parameter with another name."
    if change.kind.endswith("-type") and change.sort in _FORM_SORTS:
        return "Keep the type, or add a field with another name."
    if change.kind.endswith("-option-removed") and change.sort in _FORM_SORTS:
        return "Keep the option."
    return EFFECTS[change.kind][1]


_FORM_SORTS: Final = frozenset({Sort.CREDENTIAL, Sort.SETTING, Sort.SUBSCRIPTION_PROPERTY, Sort.SUBSCRIPTION_PARAMETER})
