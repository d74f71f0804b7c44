"""Keys that no model lists: what was meant, where they belong, or that they have no effect."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, get_origin

from msgspec.structs import replace
from yaml import MappingNode, ScalarNode

from bot.document import Document, Pointer
from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote, quote_list
from bot.format.judge.consequence import authorities_of, what_happens
from bot.format.judge.fields import Field, resolve, step
from bot.format.judge.readers import shape_of
from bot.format.judge.violation import Place, Violation
from bot.format.kinds import MODELS
from bot.format.locales import is_language, likely_locale, meant_locale, nearby_locale
from bot.format.models.base import Remark, Shape, Spec, Unpacked
from bot.format.models.i18n import LOCALES, I18nObject
from bot.format.script import wrong_script
from bot.format.traits import TRAITS, DocumentKind
from bot.messages import say, say_plural, sentences

_DROPPED = "unknown keys are dropped without a message by the daemon's decoder and by the SDK's models"

#: The fields of the SDK's model of a localized text: its releases from 0.9 on read a locale under these names too, and
#: tell Dify of them in remote debugging. An installed plugin is read by the daemon alone.
SDK_NAMES = frozenset(locale.lower() for locale in LOCALES)

TOP_LEVEL = say("the top level")

#: Documents out of which the SDK picks the keys it knows; all others it passes whole, as keyword arguments.
_PICKED = {DocumentKind.TOOL, DocumentKind.AGENT_STRATEGY, DocumentKind.EVENT}


class UnknownKeys:
    """Judges the unknown keys of one document."""

    def __init__(self, document: Document, kind: DocumentKind, model: Any) -> None:
        self.document = document
        self.kind = kind
        self.model = model
        self._meanings: dict[Pointer, dict[str, str]] = {}

    def judge(self, pointer: Pointer) -> tuple[Violation, Pointer | None]:
        """The violation for an unknown key, and the pointer of the key of the same mapping that is surely meant."""
        parent, key = pointer[:-1], str(pointer[-1])
        field = resolve(self.model, parent)
        models = field.models if field else ()
        siblings = self.document.get(*parent)
        present: Mapping[Any, Any] = siblings if isinstance(siblings, dict) else {}
        if _is_no_text(siblings, pointer[-1]):
            key = text_of_key(self.document, pointer)
            pointer = (*parent, key)
            if _is_unpacked(field) if parent else self.kind not in _PICKED:
                return self._not_text(pointer, key), None
        if any(issubclass(model, I18nObject) for model in models):
            return self._locale(pointer, key, siblings if isinstance(siblings, dict) else {})
        model = models[0] if models else Spec
        where = self.inside(parent)
        remark = model.remarks.get(key)
        if remark is not None and not (Shape.NULL in remark.takes and self.document.get(*pointer) is None):
            return self._remark(remark, pointer, key, where), None
        target, certain = _meant_key(model, key, present)
        if target is not None:
            message = say(
                "Nobody reads the key {key}{where}: {target} is meant.",
                key=quote(key),
                where=where,
                target=quote(target),
            )
            fix = None
            if _fits(self.document.get(*pointer), resolve(self.model, (*parent, target))):
                fix = self._rename(pointer, target, Safety.SAFE if certain else Safety.UNSAFE)
            violation = self._unread(model.unknown_key_rule, Severity.WARNING, message, pointer, key, fix)
            return self._with_loss(violation, model, siblings), (*parent, target)
        if model.closed_by:
            return self._closed(model, pointer, key), None
        nearby, mapping = self._outdented(pointer, key) or self._belongs(pointer, key) or (None, None)
        belongs = model.misplaced.get(key) or nearby
        if belongs is not None:
            message = say(
                "Nobody reads the key {key}{where}: it belongs {under}.",
                key=quote(key),
                where=where,
                under=_under(belongs),
            )
            fix = self._move(pointer, mapping) if mapping is not None else None
            return self._unread(model.unknown_key_rule, Severity.WARNING, message, pointer, key, fix), None
        relative = self._relative(key) if not parent else None
        if relative is not None and self.document.get(*pointer):
            message = say(
                "Nobody reads the key {key} in {a}: it belongs in {relative}.",
                key=quote(key),
                a=_a(self.kind),
                relative=relative,
            )
            return self._unread(model.unknown_key_rule, Severity.WARNING, message, pointer, key, None), None
        message = say("Nobody reads the key {key}{where}: it has no effect.", key=quote(key), where=where)
        violation = self._unread(model.unknown_key_rule, Severity.NOTICE, message, pointer, key, None)
        return self._with_loss(violation, model, siblings), None

    def _relative(self, key: str) -> str | None:
        """The document above or below this one that has the key, in words."""
        for provider, traits in TRAITS.items():
            listed = traits.lists
            if listed is None:
                continue
            if self.kind is listed and key in MODELS[provider].model_fields:
                return say("the {provider} that lists this {listed}", provider=provider, listed=listed)
            if self.kind is provider and key in MODELS[listed].model_fields:
                return say("the file of {a}", a=_a(listed))
        return None

    def inside(self, pointer: Pointer) -> str:
        """Where a mapping is, for a sentence; nothing at the top level."""
        place = self._place(pointer)
        return say(" in {place}", place=place) if place else ""

    def _place(self, pointer: Pointer) -> str:
        """What a mapping is called; nothing at the top level."""
        if not pointer:
            return ""
        value = self.document.get(*pointer)
        label = value.get("name") or value.get("variable") if isinstance(value, dict) else None
        if isinstance(pointer[-1], int) and len(pointer) > 1:
            item = quote(label) if isinstance(label, str) else say("item {number}", number=pointer[-1] + 1)
            return say("{item} of {list}", item=item, list=quote(pointer[-2]))
        return quote(pointer[-1])

    # --- one story each ---

    def _remark(self, remark: Remark, pointer: Pointer, key: str, where: str) -> Violation:
        if not remark.text:
            message = say("Nobody reads the key {key}{where}: it has no effect.", key=quote(key), where=where)
            return self._unread("schema/unknown-key", remark.severity, message, pointer, key, None)
        shape = shape_of(self.document.get(*pointer), self.document.node(pointer))
        refused = remark.refused_by and shape not in remark.takes
        severity = Severity.ERROR if refused else remark.severity
        happens = ""
        authorities: tuple[Authority, ...] = (Authority(By.SDK, "The key has no effect.", _DROPPED),)
        if refused and By.CONSOLE not in remark.refused_by:
            happens = what_happens(remark.refused_by, self.kind)
            authorities = tuple(
                replace(each, source=each.source or remark.source)
                for each in authorities_of(remark.refused_by, self.kind, None)
            )
        elif refused:
            authorities = (Authority(By.CONSOLE, remark.text, _DROPPED),)
        problem = say("The key {key}{where} does not work here.", key=quote(key), where=where)
        message = sentences(problem, remark.text, happens)
        return Violation("schema/unknown-key", severity, message, pointer, Place.KEY, authorities, key)

    def _closed(self, model: type[Spec], pointer: Pointer, key: str) -> Violation:
        known = quote_list(model.model_fields)
        message = say(
            "{key} is not a key of {which}, which takes {known}. {what_happens}",
            key=quote(key),
            which=quote(pointer[-2]) if len(pointer) > 1 else say("the {kind}", kind=self.kind),
            known=known,
            what_happens=what_happens(model.closed_by, self.kind),
        )
        authorities = authorities_of(model.closed_by, self.kind, None)
        return Violation(model.unknown_key_rule, Severity.ERROR, message, pointer, Place.KEY, authorities, key)

    def _with_loss(self, violation: Violation, model: type[Spec], siblings: Any) -> Violation:
        has_none = not any(siblings.get(name) for name in model.model_fields) if isinstance(siblings, dict) else False
        refused_by = model.closed_by or (model.refused_empty_by if has_none else ())
        if refused_by:
            message = sentences(violation.message, what_happens(refused_by, self.kind))
            authorities = authorities_of(refused_by, self.kind, None)
            return replace(violation, severity=Severity.ERROR, message=message, authorities=authorities)
        if model.lost:
            authorities = (Authority(By.CONSOLE, model.lost, _DROPPED),)
            message = sentences(violation.message, model.lost)
            return replace(violation, severity=Severity.ERROR, message=message, authorities=authorities)
        return violation

    def _not_text(self, pointer: Pointer, key: str) -> Violation:
        message = say(
            "A key{inside} is not text to YAML: {key} needs quotes. {what_happens}",
            inside=self.inside(pointer[:-1]),
            key=quote(key),
            what_happens=what_happens((By.SDK,), self.kind),
        )
        authorities = authorities_of((By.SDK,), self.kind, None)
        return Violation("schema/not-text", Severity.ERROR, message, pointer, Place.KEY, authorities, key)

    def _unread(
        self, rule: str, severity: Severity, message: str, pointer: Pointer, key: str, fix: Fix | None
    ) -> Violation:
        authorities = (Authority(By.SDK, "The key has no effect.", _DROPPED),)
        return Violation(rule, severity, message, pointer, Place.KEY, authorities, key, fix)

    # --- keys of a localized text ---

    def _locale(self, pointer: Pointer, key: str, siblings: Mapping[Any, Any]) -> tuple[Violation, Pointer | None]:
        meant, likely = meant_locale(key), likely_locale(key)
        if meant is not None or likely is not None:
            return self._misspelt(pointer, key, siblings, meant or likely or "", certain=meant is not None)
        if is_language(key):
            return self._other_language(pointer, key, siblings)
        outer = resolve(self.model, pointer[:-2])
        owner = next((model for model in (outer.models if outer else ()) if key in model.model_fields), None)
        if owner is not None:
            message = say(
                "Nobody reads {key} here: it is indented one level too deep, inside {pointer}, and belongs beside it.",
                key=quote(key),
                pointer=quote(pointer[-2]),
            )
            fix = self._move(pointer, pointer[:-2])
            return self._unread("schema/unknown-key", Severity.WARNING, message, pointer, key, fix), None
        nested = [locale for locale in LOCALES if _holds(siblings.get(key), locale)]
        if nested and nested[0] not in siblings and key == next(k for k in siblings if _holds(siblings[k], nested[0])):
            message = say_plural(
                "Nobody reads {key} here, nor what is in it: {locales} belongs directly under {outer}, one level "
                "higher.",
                "Nobody reads {key} here, nor what is in it: {locales} belong directly under {outer}, one level "
                "higher.",
                len(nested),
                key=quote(key),
                locales=quote_list(nested),
                outer=quote(pointer[-2]),
            )
            violation = self._unread("schema/unknown-key", Severity.WARNING, message, pointer, key, None)
            return violation, (*pointer[:-1], nested[0])
        message = say(
            "Nobody reads {key} here: a localized text holds {locales} only.",
            key=quote(key),
            locales=quote_list(LOCALES),
        )
        return self._unread("schema/unknown-key", Severity.WARNING, message, pointer, key, None), None

    def _misspelt(
        self, pointer: Pointer, key: str, siblings: Mapping[Any, Any], meant: str, *, certain: bool
    ) -> tuple[Violation, Pointer | None]:
        never = say("shown in remote debugging at most") if key in SDK_NAMES else say("never shown")
        start = partial(
            say, "The {text} under {key} is {never}: {why}", text=_kind_of_text(meant), key=quote(key), never=never
        )
        rule, right, text = "locale/misspelt-key", quote(meant), siblings.get(key)
        if _is_there(siblings.get(meant)):
            message = start(why=say("{right} is the key for this locale, and it is there too.", right=right))
            return self._unshown(rule, Severity.NOTICE, message, pointer, key, None), None
        # Of two keys that mean one locale, only the first can take its name.
        can_be_moved = isinstance(text, str) and self._first_meaning(pointer[:-1], siblings).get(meant) == key
        wrong = wrong_script(text, meant) if isinstance(text, str) else None
        doubt = say(" But the text {wrong}.", wrong=wrong) if wrong is not None else ""
        safety = Safety.SAFE if certain and not doubt else Safety.UNSAFE
        if meant in siblings:
            from bot.format.judge.moving import moved  # Imported late: hardly a document holds both keys.

            why = say("{right} is the key for this locale, and it holds nothing.{doubt}", right=right, doubt=doubt)
            message = start(why=why)
            edits = moved(self.document, pointer, meant) if can_be_moved else None
            fix = Fix(say("Move the text to {right}", right=right), safety, edits) if edits is not None else None
            return self._unshown(rule, Severity.WARNING, message, pointer, key, fix), None
        reason = (
            say("the key for this locale is {right}.", right=right)
            if certain
            else say("this is not a locale, and {right} is meant.", right=right)
        )
        message = start(why=reason + doubt)
        fix = self._rename(pointer, meant, safety) if can_be_moved else None
        return self._unshown(rule, Severity.WARNING, message, pointer, key, fix), (*pointer[:-1], meant)

    def _first_meaning(self, parent: Pointer, siblings: Mapping[Any, Any]) -> Mapping[str, str]:
        """By locale, the first key of a localized text that is misspelt for it and holds something."""
        first = self._meanings.get(parent)
        if first is None:
            first = self._meanings[parent] = {}
            for name, value in siblings.items():
                if isinstance(name, str) and _is_there(value):
                    for meant in (meant_locale(name), likely_locale(name)):
                        if meant is not None:
                            first.setdefault(meant, name)
        return first

    def _other_language(
        self, pointer: Pointer, key: str, siblings: Mapping[Any, Any]
    ) -> tuple[Violation, Pointer | None]:
        near, rule = nearby_locale(key), "locale/unknown-locale"
        if near is None or near in siblings:
            message = say(
                "The translation under {key} is never shown: Dify knows {locales} only.",
                key=quote(key),
                locales=quote_list(LOCALES),
            )
            return self._unshown(rule, Severity.NOTICE, message, pointer, key, None), None
        text = _kind_of_text(near)
        message = say(
            "The {text} under {key} is never shown: of this language Dify knows {near} only.",
            text=text,
            key=quote(key),
            near=quote(near),
        )
        fix = self._rename(pointer, near, Safety.UNSAFE) if isinstance(siblings.get(key), str) else None
        return self._unshown(rule, Severity.NOTICE, message, pointer, key, fix), (*pointer[:-1], near)

    def _unshown(
        self, rule: str, severity: Severity, message: str, pointer: Pointer, key: str, fix: Fix | None
    ) -> Violation:
        both = say("Releases from 0.9 on read this spelling too.")
        by_sdk = both if key in SDK_NAMES else say("The text is dropped.")
        authorities = (
            Authority(By.INSTALLER, "The text is dropped.", "basic_type.go:9"),
            Authority(By.SDK, by_sdk, "entities/parameters.py:11"),
        )
        return Violation(rule, severity, message, pointer, Place.KEY, authorities, key, fix)

    # --- where it belongs ---

    def _belongs(self, pointer: Pointer, key: str) -> tuple[str, Pointer | None] | None:
        """Where a key that is unknown here is known nearby, in words and as a mapping: a mis-indented line."""
        parent = pointer[:-1]
        for length in range(len(parent) - 1, -1, -1):
            outer = resolve(self.model, parent[:length])
            if outer is None or not outer.models:
                continue
            holds = self.document.get(*parent[:length])
            if isinstance(holds, dict) and key in holds:
                break  # It is there already, so no line has slipped.
            if any(key in model.model_fields for model in outer.models):
                # What stands in the items of a list belongs to each of them.
                is_alone = not any(isinstance(part, int) for part in parent[length:])
                return self._place(parent[:length]) or TOP_LEVEL, parent[:length] if is_alone else None
            break
        here = resolve(self.model, parent)
        if here is None:
            return None
        before = self.document.key_before(pointer)
        if before is not None and _has_key(step(here, before), key):
            return say("{before}, one level deeper", before=quote(before)), (*parent, before)
        for model in here.models:
            for name in model.model_fields:
                inner = step(here, name)
                if _has_key(inner, key) and key not in LOCALES:
                    return quote(name), (*parent, name) if key in model.misplaced else None
        return None

    def _outdented(self, pointer: Pointer, key: str) -> tuple[str, Pointer] | None:
        """The localized text above that a locale beside it must have slipped out of."""
        if key not in LOCALES and (meant_locale(key) is None or key == "id"):
            return None
        before = self.document.key_before(pointer)
        texts = self.document.get(*pointer[:-1], before) if before is not None else None
        if isinstance(texts, dict) and any(locale in texts for locale in LOCALES):
            return say("{before}, one level deeper", before=quote(before)), (*pointer[:-1], str(before))
        return None

    def _move(self, pointer: Pointer, target: Pointer) -> Fix | None:
        """Moves a line that has slipped, with what is under it, where it is known and not there yet."""
        from bot.format.judge.moving import moved_into  # Imported late: few documents have such a line.

        field, holds = resolve(self.model, (*target, pointer[-1])), self.document.get(*target)
        is_free = holds is None or (isinstance(holds, dict) and pointer[-1] not in holds)
        value = self.document.get(*pointer)
        if not is_free or not value or not _fits(value, field):
            return None
        edits = moved_into(self.document, pointer, target)
        if edits is None:
            return None
        # What the manifest says decides who can install the plugin.
        safety = Safety.UNSAFE if self.kind is DocumentKind.MANIFEST else Safety.SAFE
        return Fix(say("Move it {under}", under=_under(self._place(target) or TOP_LEVEL)), safety, edits)

    def _rename(self, pointer: Pointer, target: str, safety: Safety) -> Fix | None:
        node = self.document.key_node(pointer)
        if node is None:
            return None
        edit = Edit(self.document.path, self.document.span_of(node), target)
        return Fix(say("Rename the key to {target}", target=quote(target)), safety, (edit,))


def _under(place: str) -> str:
    return say("at {place}", place=place) if place == TOP_LEVEL else say("under {place}", place=place)


def _a(kind: DocumentKind) -> str:
    return say("an {kind}", kind=kind) if kind[0] in "aeiou" else say("a {kind}", kind=kind)


def _is_there(value: Any) -> bool:
    """Whether a locale holds something."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def _kind_of_text(locale: str) -> str:
    return say("text") if locale == LOCALES[0] else say("translation")


def _holds(value: Any, locale: str) -> bool:
    return isinstance(value, dict) and locale in value


def text_of_key(document: Document, pointer: Pointer) -> str:
    """How a key that is not text to YAML stands in the document; pydantic names it by its value."""
    node = document.key_node(pointer)
    if isinstance(node, ScalarNode):
        return str(node.value)
    outer = document.node(pointer[:-1])
    pairs = outer.value if isinstance(outer, MappingNode) else ()
    nulls = (key.value for key, _ in pairs if isinstance(key, ScalarNode) and key.tag.endswith(":null"))
    return str(next(nulls, pointer[-1]))


def _fits(value: Any, field: Field | None) -> bool:
    """Whether a value has the shape of what a field takes, so that renaming its key is all there is to do."""
    if field is None:
        return False
    kinds = {get_origin(form.type) or form.type for form in field.alternatives}
    if isinstance(value, list):
        items = step(field, 0)
        return list in kinds and items is not None and all(_fits(item, items) for item in value)
    if isinstance(value, dict):
        return dict in kinds or Any in kinds or bool(field.models)
    return bool(kinds - {list, dict}) and not field.models


def _has_key(field: Field | None, key: str) -> bool:
    return field is not None and any(key in model.model_fields for model in field.models)


def _is_unpacked(field: Field | None) -> bool:
    return field is not None and any(form.marker(Unpacked) is not None for form in (field, *field.alternatives))


def _is_no_text(siblings: Any, key: str | int) -> bool:
    return isinstance(siblings, dict) and (isinstance(key, int) or key not in siblings)


def nearest(text: str, choices: Sequence[str]) -> tuple[str, bool] | None:
    """The choice nearest to `text`, and whether both differ in case and separators only."""
    for choice in choices:
        if _normal(choice) == _normal(text) and choice != text:
            return choice, True
    found = difflib.get_close_matches(text[:64], choices, 1, 0.72)
    return (found[0], False) if found and found[0] != text else None


def _normal(text: str) -> str:
    return text.lower().replace("-", "").replace("_", "").replace(" ", "")


def _meant_key(model: type[Spec], key: str, present: Collection[Any]) -> tuple[str | None, bool]:
    """The free key of `model` that `key` stands for, and whether that is certain."""
    if key in model.mistaken:
        target = model.mistaken[key]
        return (target, True) if target not in present else (None, False)
    free = [name for name in model.model_fields if name not in present]
    near = nearest(key, free)
    return near if near is not None else (None, False)
