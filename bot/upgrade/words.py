"""What a change is, what then happens to whom, and how to avoid it: sentences for messages.

Every piece of a plugin stands between backticks, put there by `quote`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from bot.findings import Confidence, quote, quote_list
from bot.messages import Message, say
from bot.upgrade.difference import Change
from bot.upgrade.surface import Sort

#: How many names a sentence about several changes has.
_NAMES = 40

_NOUNS: Final = {
    Sort.PROVIDER: say("provider"),
    Sort.TOOL: say("tool"),
    Sort.STRATEGY: say("agent strategy"),
    Sort.DATASOURCE: say("datasource"),
    Sort.EVENT: say("event"),
    Sort.ENDPOINT: say("endpoint"),
    Sort.MODEL: say("model"),
    Sort.MODEL_TYPE: say("model type"),
    Sort.METHOD: say("way to configure models"),
    Sort.PARAMETER: say("parameter"),
    Sort.MODEL_PARAMETER: say("parameter"),
    Sort.CREDENTIAL: say("credential"),
    Sort.SETTING: say("setting"),
    Sort.SUBSCRIPTION_PROPERTY: say("property of subscriptions"),
    Sort.SUBSCRIPTION_PARAMETER: say("parameter of subscriptions"),
    Sort.OAUTH: say("login by OAuth"),
    Sort.OUTPUT: say("output variable"),
}
_PLURALS: Final = {
    Sort.PROVIDER: say("providers"),
    Sort.TOOL: say("tools"),
    Sort.STRATEGY: say("agent strategies"),
    Sort.DATASOURCE: say("datasources"),
    Sort.EVENT: say("events"),
    Sort.ENDPOINT: say("endpoints"),
    Sort.MODEL: say("models"),
    Sort.MODEL_TYPE: say("model types"),
    Sort.METHOD: say("ways to configure models"),
    Sort.PARAMETER: say("parameters"),
    Sort.MODEL_PARAMETER: say("parameters"),
    Sort.CREDENTIAL: say("credentials"),
    Sort.SETTING: say("settings"),
    Sort.SUBSCRIPTION_PROPERTY: say("properties of subscriptions"),
    Sort.SUBSCRIPTION_PARAMETER: say("parameters of subscriptions"),
    Sort.OAUTH: say("logins by OAuth"),
    Sort.OUTPUT: say("output variables"),
}


def named(change: Change) -> str:
    """What changed, by its name: the tool `search`, the parameter `city` of the tool `weather`."""
    if change.sort is Sort.OAUTH:
        return say("the login by OAuth")
    noun = _NOUNS[change.sort] if change.sort is not None else ""
    owner = (
        say(" of the {owner} {owner2}", owner=change.owner[0], owner2=quote(change.owner[1]))
        if change.owner is not None
        else ""
    )
    return (
        say("the {noun} {subject}{owner}", noun=noun, subject=quote(change.subject), owner=owner)
        if noun
        else quote(change.subject)
    )


def plural(change: Change) -> Message:
    """The noun for several elements like that of a change."""
    if change.sort is None:
        return say("values")
    return _PLURALS[change.sort]


def said(change: Change, *more: Change) -> Message:
    """What a change is, or several of one kind in one place, as a sentence."""
    text = _several((change, *more)) if more else _sentence(change)
    return say("{clause}.", clause=text.capitalized())


def _sentence(change: Change) -> Message:
    it = named(change)
    old, new = quote(change.old or "''"), quote(change.new or "''")
    match change.kind:
        case "identity-author" | "identity-name":
            return say(
                "the {thing} of the plugin was {old} and is {new}",
                thing=say("author") if change.kind == "identity-author" else say("name"),
                old=old,
                new=new,
            )
        case "category-removed":
            return say("the plugin has no {old} any more", old=change.old or "")
        case "category-added":
            return say("the plugin has {new} now", new=change.new or "")
        case "permission-added":
            return say("the plugin asks for the permission {subject}", subject=quote(change.subject))
        case "permission-removed":
            return say("the plugin no longer asks for the permission {subject}", subject=quote(change.subject))
        case "storage-size":
            return say("the storage of the plugin was {old} bytes and is {new}", old=old, new=new)
        case "minimum-dify":
            if change.new is None:
                return say("the plugin no longer asks for a minimum version of Dify")
            if change.old:
                return say("the plugin asks for Dify {new} or later, before for {old}", new=new, old=old)
            return say("the plugin asks for Dify {new} or later", new=new)
        case "model-mode" | "model-context-size" | "model-price":
            return say(
                "the {thing} of {it} was {old} and is {new}",
                thing=_PARTS[change.kind],
                it=it,
                old=old,
                new=new,
            )
        case "model-parameter-range":
            return _range(change)
        case _ if change.sort is Sort.PROVIDER:
            return say(
                "the {thing} was {old} and is {new}",
                thing=_PROVIDERS[change.kind],
                old=old,
                new=new,
            )
    match change.what:
        case "removed":
            return say("{it} is gone{renamed}", it=it, renamed=_renamed(change))
        case "added":
            return say("{it} is new", it=it)
        case "added-required":
            return say("{it} is new and required", it=it)
        case "now-required":
            return say("{it} is required now", it=it)
        case "now-optional":
            return say("{it} is optional now", it=it)
        case "type":
            return say("the type of {it} was {old} and is {new}", it=it, old=old, new=new)
        case "form":
            return say(
                "{it} had `form: {old}` and has `form: {new}`", it=it, old=change.old or "", new=change.new or ""
            )
        case "option-removed":
            return say("{it} no longer takes {old}", it=it, old=old)
        case "option-added":
            return say("{it} also takes {new}", it=it, new=new)
        case "options":
            return say("{it} takes only some values now", it=it)
        case "feature-removed":
            return say("{it} no longer has the feature {old}", it=it, old=old)
        case "feature-added":
            return say("{it} has the feature {new}", it=it, new=new)
        case "deprecated":
            return say("{it} is deprecated", it=it)
    return say(
        "the {what} of {it} was {old} and is {new}",
        what=change.what,
        it=it,
        old=quote(change.old or "not set"),
        new=quote(change.new or "not set"),
    )


_PARTS: Final = {
    "model-mode": say("mode"),
    "model-context-size": say("context size"),
    "model-price": say("price"),
}
_PROVIDERS: Final = {
    "tool-provider-removed": say("tool provider"),
    "model-provider-removed": say("model provider"),
    "strategy-provider-removed": say("strategy provider"),
    "datasource-provider-removed": say("datasource provider"),
    "trigger-provider-removed": say("trigger provider"),
}


def _renamed(change: Change) -> str:
    if change.rename is None:
        return ""
    name = quote(change.rename.name)
    if change.rename.confidence is Confidence.CERTAIN:
        return say("; most likely it is {name} now", name=name)
    return say("; perhaps it is {name} now", name=name)


def _range(change: Change) -> Message:
    old, new = (quote(each) if each else say("not set") for each in (change.old, change.new))
    try:
        raised = float(change.new or "") > float(change.old or "")
    except ValueError:
        return say("the range of {named} ended at {old} and ends at {new}", named=named(change), old=old, new=new)
    if raised:
        return say("the least value of {named} was {old} and is {new}", named=named(change), old=old, new=new)
    return say("the greatest value of {named} was {old} and is {new}", named=named(change), old=old, new=new)


def _several(changes: Sequence[Change]) -> Message:
    first = changes[0]
    if first.what == "option-removed":
        return say(
            "{count} options of {named} are gone: {value}",
            count=len(changes),
            named=named(first),
            value=quote_list([c.old or "" for c in changes], _NAMES),
        )
    owner = (
        say(" of the {owner} {owner2}", owner=first.owner[0], owner2=quote(first.owner[1]))
        if first.owner is not None
        else ""
    )
    tell = _VERBS.get(first.what, partial(say, "{count} {things}{owner} have changed: {names}"))
    subjects = dict.fromkeys(change.subject for change in changes)  # Two forms of a provider may share a name.
    names = quote_list(subjects, _NAMES)
    return tell(count=len(subjects), things=plural(first), owner=owner, names=names)


_VERBS: Final = {
    "removed": partial(say, "{count} {things}{owner} are gone: {names}"),
    "added": partial(say, "{count} {things}{owner} are new: {names}"),
    "added-required": partial(say, "{count} {things}{owner} are new and required: {names}"),
    "now-required": partial(say, "{count} {things}{owner} are required now: {names}"),
}


#: By the kind of change, what then happens to whom, and what to do instead.
EFFECTS: Final = {
    "identity-author": (
        say("To Dify this is another plugin: who has the old one is offered no update."),
        say("Keep the author."),
    ),
    "identity-name": (
        say("To Dify this is another plugin: who has the old one is offered no update."),
        say("Keep the name."),
    ),
    "category-removed": (
        say("Everything in workspaces that uses them fails after the update."),
        say("Keep them, if only for those who use them."),
    ),
    "tool-provider-removed": (
        say("Every workflow and agent that uses one of its tools fails: Dify looks the provider up by its name."),
        say("Keep the name; the label may change."),
    ),
    "model-provider-removed": (
        say("Every app and knowledge base that uses one of its models fails: Dify looks the provider up by its name."),
        say("Keep the name; the label may change."),
    ),
    "strategy-provider-removed": (
        say("Every agent node that uses one of its strategies fails: Dify looks the provider up by its name."),
        say("Keep the name; the label may change."),
    ),
    "datasource-provider-removed": (
        say("Every pipeline that uses it fails: Dify looks the provider up by its name."),
        say("Keep the name; the label may change."),
    ),
    "trigger-provider-removed": (
        say("Every workflow that it starts is no longer started: Dify looks the provider up by its name."),
        say("Keep the name; the label may change."),
    ),
    "tool-removed": (
        say("Workflows and agents that use it fail: Dify looks tools up by their names."),
        say("Keep it, even if it only calls the new one."),
    ),
    "strategy-removed": (
        say("Agent nodes that use it fail: Dify looks strategies up by their names."),
        say("Keep it under its name."),
    ),
    "datasource-removed": (
        say("Pipelines that use it fail: Dify looks datasources up by their names."),
        say("Keep it under its name."),
    ),
    "event-removed": (
        say("Workflows that it starts are no longer started."),
        say("Keep it under its name."),
    ),
    "endpoint-removed": (
        say("Whoever calls its address gets 404."),
        say("Keep it, even if it only calls the new one."),
    ),
    "model-removed": (
        say("Apps, workflows and knowledge bases that use it fail."),
        say("Keep its file with `deprecated: true`: then it is no longer offered, and goes on to work."),
    ),
    "model-type-removed": (
        say("Apps and knowledge bases that use such models of this provider fail."),
        say("Keep the type, and deprecate its models."),
    ),
    "configuration-method-removed": (
        say("Models that workspaces have set up in this way can no longer be used."),
        say("Keep it."),
    ),
    "parameter-removed": (
        say("The values that workflows have stored for it are dropped, and nobody is told."),
        say("Keep it, even if it has no effect."),
    ),
    "parameter-added-required": (
        say("Workflows that use it give no value: the code gets none, and agents may fail."),
        say("Give it a default, or make it optional."),
    ),
    "parameter-now-required": (
        say("Workflows that left it empty give no value: the code gets none, and agents may fail."),
        say("Give it a default, or leave it optional."),
    ),
    "parameter-type": (
        say("The values that workflows have stored are not valid for the new type."),
        say("Add a parameter with another name instead."),
    ),
    "parameter-option-removed": (
        say("Agents that are set to it are refused, and workflows pass on a value that the code no longer knows."),
        say("Keep the option, and let the code treat it like another one."),
    ),
    "credential-removed": (
        say("The code no longer gets what workspaces have entered."),
        say("Keep it as an optional one, and let the code still take it."),
    ),
    "credential-added-required": (
        say("Every workspace has to enter it before the plugin works again: Dify asks only when they are saved."),
        say("Make it optional, or give it a default."),
    ),
    "credential-now-required": (
        say("Every workspace without it has to enter it first: Dify asks only when credentials are saved."),
        say("Leave it optional, or give it a default."),
    ),
    "setting-removed": (
        say("The code no longer gets what was entered for the endpoints."),
        say("Keep it as an optional one, and let the code still take it."),
    ),
    "setting-added-required": (
        say("Endpoints that are set up already run without it."),
        say("Make it optional, or give it a default."),
    ),
    "setting-now-required": (
        say("Endpoints that were set up without it run without it."),
        say("Leave it optional, or give it a default."),
    ),
    "subscription-property-removed": (
        say("The code no longer gets it for the subscriptions that exist."),
        say("Keep it as an optional one."),
    ),
    "subscription-property-added-required": (
        say("Subscriptions that exist run without it."),
        say("Make it optional, or give it a default."),
    ),
    "subscription-property-now-required": (
        say("Subscriptions made without it run without it."),
        say("Leave it optional, or give it a default."),
    ),
    "subscription-parameter-removed": (
        say("The code no longer gets it for the subscriptions that exist."),
        say("Keep it as an optional one."),
    ),
    "subscription-parameter-added-required": (
        say("Subscriptions that exist run without it."),
        say("Make it optional, or give it a default."),
    ),
    "subscription-parameter-now-required": (
        say("Subscriptions made without it run without it."),
        say("Leave it optional, or give it a default."),
    ),
    "oauth-removed": (
        say("Who has logged in by OAuth has to enter credentials."),
        say("Keep `oauth_schema`."),
    ),
    "output-removed": (
        say("Later nodes that read it get nothing."),
        say("Keep it, even if it is empty."),
    ),
    "output-type": (
        say("Later nodes that read it get another kind of value."),
        say("Add a variable with another name instead."),
    ),
    "model-parameter-range": (
        say("Calls with a stored value beyond it are refused."),
        say("Keep the bound, and let the code cut the value."),
    ),
    "model-parameter-type": (
        say("Calls with a stored value of the old type are refused."),
        say("Keep the type, and let the code convert the value."),
    ),
    "model-parameter-option-removed": (
        say("Calls with that value stored are refused."),
        say("Keep the option, and let the code treat it like another one."),
    ),
    "model-parameter-added-required": (
        say("Calls from apps that exist have no value for it and are refused."),
        say("Give it a default, or make it optional."),
    ),
    "model-parameter-now-required": (
        say("Calls from apps that have no value for it are refused."),
        say("Give it a default, or leave it optional."),
    ),
}


def effect(change: Change) -> str:
    """What happens to whom because of a change that breaks something, as a sentence."""
    if change.kind == "parameter-form":
        if change.new == "llm":
            return say("Workflows no longer pass the value that users have set: they read it for form parameters only.")
        return say("Agents have no value for it, as nobody was asked for one.")
    if change.kind.endswith("-type") and change.sort in _FORM_SORTS:
        if change.old == "secret-input":
            return say("Dify no longer decrypts what is stored: the code gets it encrypted until it is entered again.")
        return say("What is stored is not valid for the new type.")
    if change.kind.endswith("-option-removed") and change.sort in _FORM_SORTS:
        return say("Who has chosen it goes on with a value that the code no longer knows.")
    return EFFECTS[change.kind][0]


def way_out(change: Change) -> str:
    """How to make the change so that nothing breaks, as a sentence."""
    if change.kind == "parameter-form":
        return say("Keep the form, or add a parameter with another name.")
    if change.kind.endswith("-type") and change.sort in _FORM_SORTS:
        return say("Keep the type, or add a field with another name.")
    if change.kind.endswith("-option-removed") and change.sort in _FORM_SORTS:
        return say("Keep the option.")
    return EFFECTS[change.kind][1]


_FORM_SORTS: Final = frozenset({Sort.CREDENTIAL, Sort.SETTING, Sort.SUBSCRIPTION_PROPERTY, Sort.SUBSCRIPTION_PARAMETER})
