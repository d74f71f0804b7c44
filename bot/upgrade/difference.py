"""The difference of two surfaces: what an update takes away, changes and adds, and whom each of it meets.

Elements are compared by name, never by file: a file that moved or a list in another order is not a change. What follows
from another change is not said again: nothing of another plugin, a category that is gone or a renamed provider.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any, Final

from msgspec import Struct, field

from bot.document import Document
from bot.messages import say
from bot.plugin import Plugin
from bot.upgrade.renames import Rename, renamed
from bot.upgrade.surface import CATEGORIES, Element, Listing, Place, Sort, Surface, surface_of
from bot.upgrade.versions import Step, step_of


class Weight(IntEnum):
    """What a change means for those who have the plugin. Ordered: ORPHANS is the greatest."""

    #: It gives them more, and takes nothing.
    ADDS = 1
    #: It can be felt, but what is stored goes on to work.
    LESSER = 2
    #: Something that a workspace has stored fails, or is no longer used.
    BREAKS = 3
    #: The plugin is another one to Dify, or all that is stored of one kind fails.
    ORPHANS = 4


class Change(Struct, frozen=True):
    """One change. `kind` names it: `tool-removed`, `parameter-type`.

    `subject` is the name that workspaces know, `owner` what it belongs to (`tool`, `search`). `old` and `new` are the
    values where a value changed; for an option that is gone, `old` is the option. `before` and `after` are the places
    in the two versions; where something is gone, `after` is the list that lacks it, and where something is asked for
    that is new, `before` is the list that had none.
    """

    kind: str
    weight: Weight
    subject: str
    sort: Sort | None = None
    owner: tuple[str, str] | None = None
    old: str | None = None
    new: str | None = None
    before: Place | None = None
    after: Place | None = None
    rename: Rename | None = None

    @property
    def what(self) -> str:
        """The kind without the sort: `removed`, `type`, `option-removed`."""
        return self.kind.removeprefix(f"{self.sort}-") if self.sort is not None else self.kind


class Difference(Struct, frozen=True):
    """The changes between two versions, the heaviest first, in the order of the documents.

    `not_compared` says what could not be compared, one sentence each.
    """

    old: Surface
    new: Surface
    step: Step
    changes: tuple[Change, ...] = ()
    not_compared: tuple[str, ...] = ()

    def of(self, weight: Weight) -> tuple[Change, ...]:
        """The changes of just this weight."""
        return tuple(change for change in self.changes if change.weight is weight)

    @property
    def breaks(self) -> tuple[Change, ...]:
        """The changes that break something for those who have the old version."""
        return tuple(change for change in self.changes if change.weight >= Weight.BREAKS)


def difference(old: Plugin, new: Plugin) -> Difference | str:
    """What changes between two versions of a plugin, or, as a clause, why they cannot be compared."""
    surfaces = []
    for plugin, side in ((old, say("old")), (new, say("new"))):
        if plugin.unreadable is not None:
            return say("the package of the {side} version cannot be opened", side=side)
        if plugin.is_bundle:
            return say("bundles are not compared")
        surface = surface_of(plugin)
        if surface is None:
            return say("the manifest of the {side} version cannot be read", side=side)
        surfaces.append(surface)
    before, after = surfaces
    return _Comparison(before, after).result()


def change_of(plugin: Plugin) -> Difference | str | None:
    """The difference from the version that users have, made once; else a clause why not, or None with none to compare.

    What is wrong with this version itself is a finding of its own, and no reason here.
    """
    return plugin.derived(_change)


def _change(plugin: Plugin) -> Difference | str | None:
    before = plugin.previous
    if before is None or plugin.is_bundle or plugin.broken_package or not plugin.manifest.readable:
        return None
    return difference(before, plugin)


#: What a value of one type may become with nobody losing it (upgrades.md: widening), for parameters.
_WIDER: Final = {
    ("select", "string"),
    ("select", "dynamic-select"),
    ("dynamic-select", "string"),
    ("number", "string"),
    ("boolean", "checkbox"),
    # Dify goes on with text that it cannot decrypt (core/tools/utils/configuration.py:145).
    ("string", "secret-input"),
}
#: The same for the items of credential forms. Text that becomes secret is kept: Dify decrypts what it can
#: (provider_encryption.py:114).
_WIDER_ITEM: Final = {
    ("text-input", "secret-input"),
    ("text-input", "select"),
    ("text-input", "radio"),
    ("select", "text-input"),
    ("select", "secret-input"),
    ("select", "radio"),
    ("radio", "text-input"),
    ("radio", "secret-input"),
    ("radio", "select"),
}
#: And for the parameters of models: an integer passes for a float (SDK large_language_model.py:337).
_WIDER_RULE: Final = {("int", "float"), ("string", "text"), ("text", "string")}
_WIDER_OUTPUT: Final = {("integer", "number"), ("number", "integer")}
_OFFERING: Final = frozenset({"select", "radio"})

_OWNED: Final = {
    Sort.TOOL: "tool",
    Sort.STRATEGY: "agent strategy",
    Sort.DATASOURCE: "datasource",
    Sort.EVENT: "event",
    Sort.MODEL: "model",
}


class _Comparison(Struct):
    old: Surface
    new: Surface
    changes: list[Change] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)

    def result(self) -> Difference:
        self.changes.extend(self._identity())
        if not self.changes:
            for category in CATEGORIES:
                self.changes.extend(self._category(category.key, category.provider, category.name))
            self.changes.extend(self._manifest())
        step = step_of(self.old.version, self.new.version, self.new.category == "models")
        changes = sorted(self.changes, key=lambda change: -change.weight)
        return Difference(self.old, self.new, step, tuple(changes), tuple(dict.fromkeys(self.not_compared)))

    # --- the manifest ---

    def _identity(self) -> Iterator[Change]:
        for key, before, after in (
            ("author", self.old.author, self.new.author),
            ("name", self.old.name, self.new.name),
        ):
            if before and after and before != after:
                yield Change(
                    f"identity-{key}",
                    Weight.ORPHANS,
                    before,
                    old=before,
                    new=after,
                    before=Place(self.old.manifest, (key,)),
                    after=Place(self.new.manifest, (key,)),
                )

    def _manifest(self) -> Iterator[Change]:
        for permission in sorted(self.new.permissions.keys() | self.old.permissions.keys()):
            before, after = self.old.permissions.get(permission), self.new.permissions.get(permission)
            pointer = ("resource", "permission", *permission.split("."))
            old, new = Place(self.old.manifest, pointer), Place(self.new.manifest, pointer)
            if before is None:
                yield Change("permission-added", Weight.LESSER, permission, after=new)
            elif after is None:
                yield Change("permission-removed", Weight.ADDS, permission, before=old)
            elif before != after:
                weight = Weight.LESSER if after < before else Weight.ADDS
                yield Change("storage-size", weight, permission, old=str(before), new=str(after), before=old, after=new)
        if self.old.minimum_dify != self.new.minimum_dify:
            pointer = ("meta", "minimum_dify_version")
            yield Change(
                "minimum-dify",
                Weight.LESSER if self.new.minimum_dify is not None else Weight.ADDS,
                "minimum_dify_version",
                old=self.old.minimum_dify,
                new=self.new.minimum_dify,
                before=Place(self.old.manifest, pointer),
                after=Place(self.new.manifest, pointer),
            )

    # --- providers ---

    def _category(self, key: str, provider: str, name: str) -> Iterator[Change]:
        listed = self.old.listed, self.new.listed
        pointer = ("plugins", key)
        before, after = Place(self.old.manifest, pointer, at_key=True), Place(self.new.manifest, pointer, at_key=True)
        if key in listed[0] and key not in listed[1]:
            plugins = Place(self.new.manifest, ("plugins",), at_key=True)
            yield Change("category-removed", Weight.ORPHANS, key, old=name, before=before, after=plugins)
        if key not in listed[0] and key in listed[1]:
            yield Change("category-added", Weight.ADDS, key, new=name, after=after)
        if key not in listed[0] or key not in listed[1]:
            return
        for surface, side in ((self.old, say("old")), (self.new, say("new"))):
            for path in surface.unread.get(key, ()):
                self.not_compared.append(
                    say(
                        "The {name} of `{path}` are not compared: the {side} file cannot be read.",
                        name=name,
                        path=path,
                        side=side,
                    )
                )
        old, new = self.old.providers.get(key), self.new.providers.get(key)
        if old is None or new is None or self.old.unread.get(key) or self.new.unread.get(key):
            return
        if old.name and new.name and old.name != new.name:
            yield Change(
                f"{provider}-removed",
                Weight.ORPHANS,
                old.name,
                Sort.PROVIDER,
                old=old.name,
                new=new.name,
                before=old.place,
                after=new.place,
            )
            return
        yield from self._provider(key, old, new)

    def _provider(self, key: str, old: Element, new: Element) -> Iterator[Change]:
        models = _models(old), _models(new)
        for name in dict.fromkeys((*old.lists, *new.lists)):
            before, after = old.lists.get(name), new.lists.get(name)
            if name.startswith(_SECTION):
                yield from self._section(new, before, after, *models)
            elif before is not None and after is not None:
                nobody = self._nobody_has(key, name, old, before)
                yield from self._listing(before, after, owner=None, optional=nobody)

    @staticmethod
    def _nobody_has(key: str, name: str, old: Element, before: Listing) -> bool:
        """Whether nobody can have filled in a form of the old version, so that nothing in it can be missed."""
        if key == "models" and name.endswith("credentials"):
            method = "customizable-model" if name.startswith("model-") else "predefined-model"
            return not before.present or method not in old.lists["methods"].elements
        return key == "triggers" and name != "events" and not before.present

    def _section(
        self,
        provider: Element,
        old: Listing | None,
        new: Listing | None,
        before: Mapping[str, Element],
        after: Mapping[str, Element],
    ) -> Iterator[Change]:
        """The models of a section. One that stands in another section is the same, as its type and name are."""
        added = {key: element for key, element in new.elements.items() if key not in before} if new is not None else {}
        if old is None:
            yield from (_added(element, None) for element in added.values())
            return
        place = new.place if new is not None else Place(provider.document, ("models",), at_key=True)
        found = {**{key: after[key] for key in old.elements if key in after}, **added}
        unread = new.unread if new is not None else ()
        yield from self._listing(old, Listing(Sort.MODEL, place, found, unread=unread), owner=None)

    # --- lists ---

    def _listing(
        self, old: Listing, new: Listing, owner: tuple[str, str] | None, *, optional: bool = False
    ) -> Iterator[Change]:
        """The changes of the elements of a list. With `optional`, what is new in it may be required."""
        if same_text(old.place.document, new.place.document) and old.sort not in _FILES:
            return
        gone = [element for key, element in old.elements.items() if key not in new.elements]
        come = [element for key, element in new.elements.items() if key not in old.elements]
        for listing, side in ((old, say("old")), (new, say("new"))):
            for path in listing.unread:
                self.not_compared.append(
                    say("`{path}` is not compared: the {side} file cannot be read.", path=path, side=side)
                )
        if gone and new.unread:
            gone = []  # They may be in what cannot be read.
        if come and old.unread:
            come = []
        pairs = renamed(gone, come) if gone and come else {}
        for element in gone:
            weight = Weight.LESSER if element.sort is Sort.MODEL_PARAMETER else Weight.BREAKS
            yield Change(
                f"{element.sort}-removed",
                weight,
                element.name,
                element.sort,
                owner,
                before=element.place,
                after=new.place,
                rename=pairs.get(element.name),
            )
        for element in come:
            if _is_demanded(element) and not optional:
                kind = f"{element.sort}-added-required"
                yield Change(
                    kind, Weight.BREAKS, element.name, element.sort, owner, before=old.place, after=element.place
                )
            else:
                yield _added(element, owner)
        for key, element in old.elements.items():
            if key in new.elements:
                yield from self._element(element, new.elements[key], owner)

    def _element(self, old: Element, new: Element, owner: tuple[str, str] | None) -> Iterator[Change]:
        if same_text(old.document, new.document):
            return
        if old.sort is Sort.MODEL:
            yield from _model(old, new)
        elif old.sort is Sort.MODEL_PARAMETER:
            yield from _model_parameter(old, new, owner)
        elif old.sort is Sort.OUTPUT:
            yield from _type(old, new, owner, _WIDER_OUTPUT)
        elif old.sort in _ITEMS:
            yield from _item(old, new, owner)
        word = _OWNED.get(old.sort)
        for name, listing in old.lists.items():
            yield from self._listing(listing, new.lists[name], (word, old.name) if word else owner)


_SECTION: Final = "models/"


def _models(provider: Element) -> dict[str, Element]:
    """The models of all sections, by type and name."""
    lists = (listing for name, listing in provider.lists.items() if name.startswith(_SECTION))
    return {key: element for listing in lists for key, element in listing.elements.items()}


#: Lists whose elements are files of their own.
_FILES: Final = frozenset({Sort.TOOL, Sort.STRATEGY, Sort.DATASOURCE, Sort.EVENT, Sort.MODEL, Sort.ENDPOINT})
_ITEMS: Final = frozenset(
    {
        Sort.PARAMETER,
        Sort.CREDENTIAL,
        Sort.SETTING,
        Sort.SUBSCRIPTION_PROPERTY,
        Sort.SUBSCRIPTION_PARAMETER,
    }
)


def _added(element: Element, owner: tuple[str, str] | None) -> Change:
    return Change(f"{element.sort}-added", Weight.ADDS, element.name, element.sort, owner, after=element.place)


def _is_demanded(element: Element) -> bool:
    """Whether something must be entered for it: it is required, always asked for, and has no usable default."""
    facts = element.facts
    return bool(
        facts.get("required")
        and facts.get("default") in (None, "")
        and not facts.get("conditional")
        and not facts.get("templated")
    )


def _changed(
    kind: str,
    weight: Weight,
    old: Element,
    new: Element,
    owner: tuple[str, str] | None,
    fact: str,
    values: tuple[Any, Any] = (None, None),
) -> Change:
    before, after = (None if value is None else _shown(value) for value in values)
    at_key = fact == "options"  # What is gone from a list is missed at its key.
    return Change(
        f"{new.sort}-{kind}",
        weight,
        new.name,
        new.sort,
        owner,
        before,
        after,
        old.fact_place(fact, at_key=at_key),
        new.fact_place(fact, at_key=at_key),
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)[:200]


def _type(old: Element, new: Element, owner: tuple[str, str] | None, wider: set[tuple[str, str]]) -> Iterator[Change]:
    before, after = old.facts.get("type"), new.facts.get("type")
    if not isinstance(before, str) or not isinstance(after, str) or before == after or after == "any":
        return
    weight = Weight.ADDS if (before, after) in wider else Weight.BREAKS
    yield _changed("type", weight, old, new, owner, "type", (before, after))


def _item(old: Element, new: Element, owner: tuple[str, str] | None) -> Iterator[Change]:
    """The changes of a parameter, or of an item of a credential form."""
    before, after = old.facts, new.facts
    yield from _type(old, new, owner, _WIDER if new.sort is Sort.PARAMETER else _WIDER_ITEM | _WIDER)
    if _is_demanded(new) and not before["required"]:
        yield _changed("now-required", Weight.BREAKS, old, new, owner, "required")
    elif before["required"] and not after["required"]:
        yield _changed("now-optional", Weight.ADDS, old, new, owner, "required")
    yield from _form_moved(old, new, owner)
    if before["type"] in _OFFERING and after["type"] in _OFFERING:
        yield from _options(old, new, owner)
    if before["default"] != after["default"] and isinstance(after["default"], str | int | float | bool | None):
        values = (before["default"], after["default"])
        yield _changed("default", Weight.LESSER, old, new, owner, "default", values)
    for fact in ("multiple", "scope"):
        if before[fact] != after[fact]:
            yield _changed(fact, Weight.LESSER, old, new, owner, fact, (before[fact], after[fact]))
    for fact in ("min", "max"):
        if before[fact] != after[fact]:
            yield _changed(fact, Weight.LESSER, old, new, owner, fact, (before[fact], after[fact]))


def _form_moved(old: Element, new: Element, owner: tuple[str, str] | None) -> Iterator[Change]:
    before, after = old.facts["form"], new.facts["form"]
    if before == after or None in (before, after):
        return
    breaks = after == "llm" or (before == "llm" and _is_demanded(new))
    weight = Weight.BREAKS if breaks else Weight.LESSER
    yield _changed("form", weight, old, new, owner, "form", (before, after))


def _options(old: Element, new: Element, owner: tuple[str, str] | None) -> Iterator[Change]:
    before, after = dict.fromkeys(old.facts["options"]), dict.fromkeys(new.facts["options"])
    for value in before:
        if value not in after:
            yield _changed("option-removed", Weight.BREAKS, old, new, owner, "options", (value, None))
    for value in after:
        if value not in before:
            yield _changed("option-added", Weight.ADDS, old, new, owner, "options", (None, value))


def _model(old: Element, new: Element) -> Iterator[Change]:
    before, after = old.facts, new.facts
    if after["deprecated"] and not before["deprecated"]:
        yield _changed("deprecated", Weight.LESSER, old, new, None, "deprecated")
    features = dict.fromkeys(before["features"]), dict.fromkeys(after["features"])
    for feature in features[0]:
        if feature not in features[1]:
            yield _changed("feature-removed", Weight.LESSER, old, new, None, "features", (feature, None))
    for feature in features[1]:
        if feature not in features[0]:
            yield _changed("feature-added", Weight.ADDS, old, new, None, "features", (None, feature))
    for key in ("mode", "context_size"):
        values = before["properties"].get(key), after["properties"].get(key)
        if values[0] != values[1] and values[0] is not None:
            less = key == "mode" or values[1] is None or _is_less(values[1], values[0])
            kind = f"model-{key.replace('_', '-')}"
            weight = Weight.LESSER if less else Weight.ADDS
            before_text, after_text = (None if value is None else _shown(value) for value in values)
            yield Change(
                kind,
                weight,
                new.name,
                Sort.MODEL,
                old=before_text,
                new=after_text,
                before=Place(old.document, ("model_properties", key)),
                after=Place(new.document, ("model_properties", key)),
            )
    prices = [_price(facts["pricing"]) for facts in (before, after)]
    if prices[0] != prices[1] and all(prices):
        yield _changed("price", Weight.LESSER, old, new, None, "pricing", (prices[0], prices[1]))


def _is_less(value: Any, than: Any) -> bool:
    try:
        return float(value) < float(than)
    except (TypeError, ValueError):
        return True


def _price(pricing: Mapping[Any, Any]) -> str:
    shown = [str(pricing[key]) for key in ("input", "output") if pricing.get(key) is not None]
    return " / ".join(shown) + f" {pricing.get('currency', '')} × {pricing.get('unit', '')}" if shown else ""


def _model_parameter(old: Element, new: Element, owner: tuple[str, str] | None) -> Iterator[Change]:
    before, after = old.facts, new.facts
    yield from _type(old, new, owner, _WIDER_RULE)
    if _is_demanded(new) and not _is_demanded(old) and not before["required"]:
        yield _changed("now-required", Weight.BREAKS, old, new, owner, "required")
    numbers = {"int", "float"}
    if before["type"] in numbers and after["type"] in numbers:
        for fact, sign in (("min", 1), ("max", -1)):
            low, high = before[fact], after[fact]
            if low == high:
                continue
            narrower = high is not None and (low is None or (high - low) * sign > 0)
            weight = Weight.ADDS if not narrower else Weight.LESSER if low is None else Weight.BREAKS
            yield _changed("range", weight, old, new, owner, fact, (low, high))
    if after["options"] and before["options"]:
        yield from _options(old, new, owner)
    elif after["options"]:
        yield _changed("options", Weight.LESSER, old, new, owner, "options")
    if before["default"] != after["default"] and isinstance(after["default"], str | int | float | bool | None):
        values = (before["default"], after["default"])
        yield _changed("default", Weight.LESSER, old, new, owner, "default", values)


def same_text(old: Document, new: Document) -> bool:
    """Whether two documents hold the same, so that nothing in them needs to be compared."""
    return old is new or old.text == new.text
