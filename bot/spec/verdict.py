"""Turns pydantic's errors into violations: what departs from the format, where, who objects, and what then happens.

The models describe what every authority accepts. An error of pydantic's therefore says only that *somebody* may
object; how both readers convert values (YAML 1.1 and pydantic's lax mode on one side, yaml.v3's typed decoding on the
other) decides who really does. Where nobody objects there is no violation.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from yaml import MappingNode, Node, ScalarNode

from bot.document import Document, Pointer
from bot.document.scalars import go_takes_as_boolean, go_takes_as_number, is_plain
from bot.findings import Authority, By, Edit, Fix, Safety, Severity, Span, quote, quote_list
from bot.spec.base import DocumentKind, Origin, Spec
from bot.spec.fields import Field, resolve, root_field, step
from bot.spec.i18n import LOCALES, I18nObject
from bot.spec.kinds import MODELS
from bot.spec.locales import is_language, meant_locale


class Place(Enum):
    """Which part of the node at a pointer a violation is about."""

    VALUE = "value"
    KEY = "key"
    #: The node that lacks the key: the pointer names the missing key.
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Violation:
    """One departure of a document from its spec model."""

    rule: str
    severity: Severity
    message: str
    pointer: Pointer
    place: Place = Place.VALUE
    authorities: tuple[Authority, ...] = ()
    subject: str = ""
    fix: Fix | None = None


class Expected(Enum):
    """What a field takes, in the words of messages."""

    TEXT = "text"
    BOOLEAN = "true or false"
    INTEGER = "a whole number"
    NUMBER = "a number"
    LIST = "a list"
    MAPPING = "a mapping"
    CHOICE = "one of a few values"


def validate(document: Document, kind: DocumentKind) -> list[Violation]:
    """Everything in which `document` departs from the format of its kind, in no order."""
    model = MODELS.get(kind)
    if model is None or document.root is None:
        return []
    try:
        _adapter(model).validate_python(document.data)
    except ValidationError as error:
        return _Verdicts(document, kind, model).of(error)
    return []


@lru_cache(maxsize=64)
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


# --- what happens to the user ---------------------------------------------------------------------------------


def consequence(by: By, kind: DocumentKind) -> str:
    """What an objection of this authority to a document means, as a sentence."""
    thing = "bundle" if kind is DocumentKind.BUNDLE else "plugin"
    return {
        By.PACKAGER: f"The packager refuses the {thing}.",
        By.INSTALLER: f"Dify refuses to install the {thing}.",
        By.SDK: f"The SDK refuses the {kind}, so the plugin does not start.",
        By.DEBUGGING: "Remote debugging refuses the plugin; an installed plugin works.",
        By.CONSOLE: "The console fails when the value is used.",
    }.get(by, "")


def what_happens(objectors: Sequence[By], kind: DocumentKind) -> str:
    """What a user meets first, as a sentence."""
    thing = "bundle" if kind is DocumentKind.BUNDLE else "plugin"
    if By.PACKAGER in objectors:
        return f"The packager refuses the {thing}."
    if By.INSTALLER in objectors:
        return f"The {thing} packages, but Dify refuses to install it."
    if By.SDK in objectors:
        return f"The plugin packages and installs, but does not start: the SDK refuses the {kind}."
    if By.CONSOLE in objectors:
        return "The plugin starts, but fails when the value is used."
    if By.DEBUGGING in objectors:
        return "Remote debugging refuses the plugin."
    return "Nobody refuses it."


def severity_of(objectors: Sequence[By]) -> Severity:
    """An error when it does not work for a user; a warning when it breaks only remote debugging."""
    fatal = {By.PACKAGER, By.INSTALLER, By.SDK, By.CONSOLE}
    return Severity.ERROR if fatal & set(objectors) else Severity.WARNING


def authorities_of(objectors: Sequence[By], kind: DocumentKind, origin: Origin | None) -> tuple[Authority, ...]:
    sources = {By.SDK: origin.sdk, By.DOCS: origin.docs} if origin else {}
    daemon = origin.daemon if origin else ""
    return tuple(Authority(by, consequence(by, kind), sources.get(by, daemon)) for by in objectors)


# --- verdicts -------------------------------------------------------------------------------------------------


class _Verdicts:
    def __init__(self, document: Document, kind: DocumentKind, model: Any) -> None:
        self.document = document
        self.kind = kind
        self.model = model

    def of(self, error: ValidationError) -> list[Violation]:
        violations: list[Violation] = []
        missing: list[tuple[Pointer, Any]] = []
        unknown: list[Pointer] = []
        for item in error.errors(include_url=False):
            pointer = _pointer(item["loc"])
            match item["type"]:
                case "missing":
                    missing.append((pointer, item))
                case "extra_forbidden" | "invalid_key":
                    unknown.append(pointer)
                case _:
                    violations.extend(self._wrong(pointer, item))
        meant: dict[Pointer, Violation] = {}
        for pointer in unknown:
            violation, target = self._unknown(pointer)
            if target is not None and any(target == lacking for lacking, _ in missing) and target not in meant:
                meant[target] = violation
            else:
                violations.append(violation)
        for pointer, _ in missing:
            violations.extend(self._missing(pointer, meant.get(pointer)))
        return violations

    # --- keys ---

    def _missing(self, pointer: Pointer, written_as: Violation | None) -> Iterator[Violation]:
        field = resolve(self.model, pointer)
        if field is None:
            return
        origin = field.origin
        objectors = self._required_by(pointer, field)
        if not objectors:
            if written_as is not None:
                yield written_as
            return
        key = str(pointer[-1])
        meaning = f" ({origin.text[0].lower()}{origin.text[1:].rstrip('.')})" if origin and origin.text else ""
        severity = severity_of(objectors)
        authorities = authorities_of(objectors, self.kind, origin)
        happens = what_happens(objectors, self.kind)
        if written_as is not None:
            # One root cause, one finding: the key is there, misspelt.
            yield Violation(
                written_as.rule,
                severity,
                f"{written_as.message} {quote(key)} is required. {happens}",
                written_as.pointer,
                Place.KEY,
                authorities,
                written_as.subject,
                written_as.fix,
            )
            return
        message = f"The key {quote(key)}{meaning} is missing{self._inside(pointer[:-1])}. {happens}"
        rule = origin.rule if origin and origin.rule else "schema/missing-key"
        yield Violation(rule, severity, message, pointer, Place.PARENT, authorities, key)

    def _required_by(self, pointer: Pointer, field: Field) -> tuple[By, ...]:
        origin = field.origin
        if origin is None:
            return ()
        required = origin.required_by or ((By.SDK,) if origin.sdk else ())
        outer = resolve(self.model, pointer[:-1])
        if outer is not None and not outer.read_by_sdk:
            required = tuple(by for by in required if by is not By.SDK)
        if self.kind is DocumentKind.MANIFEST and outer is not None and I18nObject in outer.models:
            required = (By.PACKAGER, *required)  # G basic_type.go:10, a tag that the packager checks here only.
        if self.kind is DocumentKind.BUNDLE and outer is not None and I18nObject in outer.models:
            required = (By.INSTALLER,)
        return required

    def _unknown(self, pointer: Pointer) -> tuple[Violation, Pointer | None]:
        """The violation for a key that nobody reads, and the pointer of the key that was probably meant."""
        parent, key = pointer[:-1], str(pointer[-1])
        field = resolve(self.model, parent)
        models = field.models if field else ()
        siblings = self.document.get(*parent)
        present = set(siblings) if isinstance(siblings, dict) else set()
        if I18nObject in models:
            return self._unknown_locale(pointer, key, present)
        model = models[0] if models else Spec
        where = self._inside(parent)
        target, certain = _meant_key(model, key, present)
        if target is not None:
            message = f"Nobody reads the key {quote(key)}{where}: {quote(target)} is meant."
            fix = self._rename(pointer, target, Safety.SAFE if certain else Safety.UNSAFE)
            violation = self._unread(model.unknown_key_rule, Severity.WARNING, message, pointer, key, fix)
            return violation, (*parent, target)
        belongs = model.misplaced.get(key) or self._belongs(pointer, key)
        if belongs is not None:
            message = f"Nobody reads the key {quote(key)}{where}: it belongs under {belongs}."
            return self._unread(model.unknown_key_rule, Severity.WARNING, message, pointer, key, None), None
        message = f"Nobody reads the key {quote(key)}{where}: it has no effect."
        return self._unread(model.unknown_key_rule, Severity.NOTICE, message, pointer, key, None), None

    def _unread(
        self, rule: str, severity: Severity, message: str, pointer: Pointer, key: str, fix: Fix | None
    ) -> Violation:
        source = "unknown keys are dropped without a word by the daemon's decoder and by the SDK's models"
        authorities = (Authority(By.SDK, "The key has no effect.", source),)
        return Violation(rule, severity, message, pointer, Place.KEY, authorities, key, fix)

    def _unknown_locale(self, pointer: Pointer, key: str, present: set[Any]) -> tuple[Violation, Pointer | None]:
        meant = meant_locale(key)
        if meant is not None and meant not in present:
            message = f"The translation under {quote(key)} is never shown: the key for this locale is {quote(meant)}."
            fix = self._rename(pointer, meant, Safety.SAFE)
            violation = self._unread("locale/misspelt-key", Severity.WARNING, message, pointer, key, fix)
            return violation, (*pointer[:-1], meant)
        if meant is not None:
            message = (
                f"The text under {quote(key)} is never shown: "
                f"{quote(meant)} is the key for this locale, and it is there too."
            )
            return self._unread("locale/misspelt-key", Severity.NOTICE, message, pointer, key, None), None
        if is_language(key):
            message = f"The translation under {quote(key)} is never shown: Dify knows {quote_list(LOCALES)} only."
            return self._unread("locale/unknown-locale", Severity.NOTICE, message, pointer, key, None), None
        outer = resolve(self.model, pointer[:-2])
        owner = next((model for model in (outer.models if outer else ()) if key in model.model_fields), None)
        if owner is not None:
            message = (
                f"Nobody reads {quote(key)} here: it is indented one level too deep, inside {quote(pointer[-2])}, "
                "and belongs beside it."
            )
            return self._unread("schema/unknown-key", Severity.WARNING, message, pointer, key, None), None
        message = f"Nobody reads {quote(key)} here: a localized text holds {quote_list(LOCALES)} only."
        return self._unread("schema/unknown-key", Severity.WARNING, message, pointer, key, None), None

    def _belongs(self, pointer: Pointer, key: str) -> str | None:
        """Where a key that is unknown here is known nearby: a mis-indented line."""
        parent = pointer[:-1]
        for length in range(len(parent) - 1, -1, -1):
            outer = resolve(self.model, parent[:length])
            if outer is None or not outer.models:
                continue
            if any(key in model.model_fields for model in outer.models):
                return quote(parent[length - 1]) if length else "the top level"
            break
        here = resolve(self.model, parent)
        before = self._key_before(pointer)
        if here is not None and before is not None:
            sibling = step(here, before)
            if sibling is not None and any(key in model.model_fields for model in sibling.models):
                return f"{quote(before)}, one level deeper"
        if here is not None:
            for model in here.models:
                for name in model.model_fields:
                    inner = step(here, name)
                    if inner is not None and any(
                        key in candidate.model_fields and candidate is not I18nObject for candidate in inner.models
                    ):
                        return quote(name)
        return None

    def _key_before(self, pointer: Pointer) -> str | None:
        node = self.document.node(pointer[:-1])
        before: str | None = None
        if isinstance(node, MappingNode):
            for key, _ in node.value:
                if isinstance(key, ScalarNode):
                    if key.value == str(pointer[-1]):
                        return before
                    before = key.value
        return None

    def _rename(self, pointer: Pointer, target: str, safety: Safety) -> Fix | None:
        node = self.document.key_node(pointer)
        if node is None:
            return None
        edit = Edit(self.document.path, self.document.span_of(node), target)
        return Fix(f"Rename the key to {quote(target)}", safety, (edit,))

    # --- values ---

    def _wrong(self, pointer: Pointer, error: Any) -> Iterator[Violation]:
        field = resolve(self.model, pointer) or root_field(self.model)
        value = error["input"]
        node = self.document.node(pointer)
        expected = _EXPECTED.get(error["type"])
        if expected is None:
            yield self._constraint(pointer, field, error, value)
        elif expected is Expected.CHOICE:
            yield from self._choice(pointer, field, value)
        else:
            yield from self._type(pointer, field, expected, value, node)

    def _type(
        self, pointer: Pointer, field: Field, expected: Expected, value: Any, node: Node | None
    ) -> Iterator[Violation]:
        objectors = tuple(
            by
            for by, reads, takes in (
                (By.PACKAGER, field.read_by_daemon, _daemon_takes),
                (By.SDK, field.read_by_sdk, _sdk_takes),
            )
            if reads and not takes(expected, value, node)
        )
        if self.kind is DocumentKind.BUNDLE:
            objectors = tuple(by for by in objectors if by is not By.SDK)
        if not objectors:
            return
        name = self._name(pointer)
        happens = what_happens(objectors, self.kind)
        written = _written(value, node)
        rule, fix = "schema/wrong-type", None
        if value is None:
            rule = "schema/null-value"
            message = f"{name} has no value, but takes {expected.value}. {happens}"
        elif expected is Expected.TEXT and isinstance(node, ScalarNode):
            rule = "schema/not-text"
            message = f"{name} takes text, but YAML reads {written} as {_kind_of(value)}: it needs quotes. {happens}"
            fix = self._quote(node)
        elif (
            expected in (Expected.BOOLEAN, Expected.INTEGER, Expected.NUMBER)
            and isinstance(node, ScalarNode)
            and not is_plain(node)
            and By.SDK not in objectors
        ):
            rule = "schema/quoted-value"
            message = f"{name} takes {expected.value} without quotes, but {written} is text. {happens}"
            fix = self._unquote(node, expected)
        else:
            message = f"{name} takes {expected.value}, but this is {_kind_of(value)}. {happens}"
        authorities = authorities_of(objectors, self.kind, field.origin)
        subject = node.value if isinstance(node, ScalarNode) else _kind_of(value)
        yield Violation(rule, severity_of(objectors), message, pointer, Place.VALUE, authorities, subject, fix)

    def _choice(self, pointer: Pointer, field: Field, value: Any) -> Iterator[Violation]:
        origin = field.origin
        objectors = self._checked_by(field)
        if value is None and By.SDK not in objectors:
            return
        node = self.document.node(pointer)
        choices = [str(choice) for choice in field.choices]
        name = self._name(pointer)
        happens = what_happens(objectors, self.kind)
        text = node.value if isinstance(node, ScalarNode) else str(value)
        fix = None
        near = _nearest(text, choices) if isinstance(node, ScalarNode) and text else None
        hint = ""
        if near is not None and isinstance(node, ScalarNode):
            choice, same = near
            hint = f" Did you mean {quote(choice)}?"
            edit = Edit(self.document.path, self.document.span_of(node), _plain_or_quoted(choice))
            fix = Fix(f"Write {quote(choice)}", Safety.SAFE if same else Safety.UNSAFE, (edit,))
        allowed = f"{name} takes {quote_list(choices)}" if len(choices) > 1 else f"{name} must be {quote_list(choices)}"
        message = f"{allowed}, not {_written(value, node)}.{hint} {happens}"
        authorities = authorities_of(objectors, self.kind, origin)
        rule = origin.rule if origin and origin.rule else "schema/unknown-value"
        yield Violation(rule, severity_of(objectors), message, pointer, Place.VALUE, authorities, text, fix)

    def _constraint(self, pointer: Pointer, field: Field, error: Any, value: Any) -> Violation:
        origin = field.origin
        objectors = self._checked_by(field)
        context = error.get("ctx") or {}
        node = self.document.node(pointer)
        written = _written(value, node)
        describe: dict[str, Callable[[], str]] = {
            "string_pattern_mismatch": lambda: f"must match `{context['pattern']}`; {written} does not",
            "string_too_long": lambda: f"takes at most {context['max_length']} characters; this has {len(value)}",
            "string_too_short": lambda: "must not be empty",
            "too_long": lambda: f"takes at most {context['max_length']} items; this has {context['actual_length']}",
            "too_short": lambda: f"takes at least {context['min_length']} items; this has {context['actual_length']}",
            "greater_than_equal": lambda: f"must be at least {context['ge']:,}; this is {written}",
            "less_than_equal": lambda: f"must be at most {context['le']:,}; this is {written}",
            "greater_than": lambda: f"must be more than {context['gt']:,}; this is {written}",
        }
        wants = describe.get(error["type"], lambda: f"is not valid: {error['msg']}")()
        meaning = f" {origin.text}" if origin and origin.text else ""
        message = f"{self._name(pointer)} {wants}.{meaning} {what_happens(objectors, self.kind)}"
        authorities = authorities_of(objectors, self.kind, origin)
        rule = origin.rule if origin and origin.rule else "schema/invalid-value"
        subject = node.value if isinstance(node, ScalarNode) else ""
        return Violation(rule, severity_of(objectors), message, pointer, Place.VALUE, authorities, subject)

    def _checked_by(self, field: Field) -> tuple[By, ...]:
        origin = field.origin
        if origin is not None and origin.checked_by is not None:
            return origin.checked_by
        return (By.SDK,) if field.read_by_sdk else (By.DEBUGGING,)

    # --- words ---

    def _name(self, pointer: Pointer) -> str:
        if not pointer:
            return f"The {self.kind}"
        if isinstance(pointer[-1], int):
            return f"Item {pointer[-1] + 1} of {quote(pointer[-2])}" if len(pointer) > 1 else f"Item {pointer[-1] + 1}"
        return quote(pointer[-1])

    def _inside(self, pointer: Pointer) -> str:
        """Where a mapping is, for a sentence; nothing at the top level."""
        if not pointer:
            return ""
        value = self.document.get(*pointer)
        label = value.get("name") or value.get("variable") if isinstance(value, dict) else None
        if isinstance(pointer[-1], int) and len(pointer) > 1:
            item = quote(label) if isinstance(label, str) else f"item {pointer[-1] + 1}"
            return f" in {item} of {quote(pointer[-2])}"
        return f" in {quote(pointer[-1])}"

    # --- fixes ---

    def _quote(self, node: ScalarNode) -> Fix | None:
        if not is_plain(node) or "\n" in node.value:
            return None
        edit = Edit(self.document.path, self.document.span_of(node), quoted(node.value))
        return Fix("Put the value in quotes", Safety.SAFE, (edit,))

    def _unquote(self, node: ScalarNode, expected: Expected) -> Fix | None:
        text = node.value.strip()
        if expected is Expected.BOOLEAN:
            word = text.lower()
            bare = "true" if word in _TRUE else "false" if word in _FALSE else None
        else:
            bare = text if _is_number(text) else None
        if bare is None or is_plain(node):
            return None
        edit = Edit(self.document.path, self.document.span_of(node), bare)
        return Fix(f"Write {quote(bare)} without quotes", Safety.SAFE, (edit,))


def quoted(text: str) -> str:
    """`text` as a double-quoted YAML scalar on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _plain_or_quoted(text: str) -> str:
    return text if text.replace("-", "").replace("_", "").isalnum() and not text[0].isdigit() else quoted(text)


#: In a location of pydantic's, the tag that a spec model gave an alternative shape; it is no part of the document.
TAG = "\0"


def _pointer(location: tuple[Any, ...]) -> Pointer:
    return tuple(part for part in location if not (isinstance(part, str) and part.startswith(TAG)))


_EXPECTED = {
    "string_type": Expected.TEXT,
    "bool_type": Expected.BOOLEAN,
    "int_type": Expected.INTEGER,
    "float_type": Expected.NUMBER,
    "list_type": Expected.LIST,
    "dict_type": Expected.MAPPING,
    "model_type": Expected.MAPPING,
    "model_attributes_type": Expected.MAPPING,
    "literal_error": Expected.CHOICE,
}

# The words that pydantic takes for booleans in lax mode.
_TRUE = {"true", "1", "yes", "on", "t", "y"}
_FALSE = {"false", "0", "no", "off", "f", "n"}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and not text.strip().lower().lstrip("+-").startswith(("n", "i"))


def _sdk_takes(expected: Expected, value: Any, node: Node | None) -> bool:
    """Whether pydantic's lax mode converts the value."""
    match expected:
        case Expected.TEXT:
            return isinstance(value, bytes)
        case Expected.BOOLEAN:
            if isinstance(value, str):
                return value.lower() in _TRUE | _FALSE
            return isinstance(value, int | float) and value in (0, 1)
        case Expected.INTEGER:
            if isinstance(value, str):
                text = value.strip().replace("_", "")
                return text.removeprefix("+").removeprefix("-").isdecimal() and text.isascii()
            return isinstance(value, bool) or (isinstance(value, float) and value.is_integer())
        case Expected.NUMBER:
            return isinstance(value, bool) or (isinstance(value, str) and _is_number(value))
        case _:
            return False


def _daemon_takes(expected: Expected, value: Any, node: Node | None) -> bool:
    """Whether yaml.v3 decodes the node into a Go field of that type; null leaves the field empty."""
    if value is None:
        return True
    if not isinstance(node, ScalarNode):
        return False
    match expected:
        case Expected.TEXT:
            return True
        case Expected.BOOLEAN:
            return go_takes_as_boolean(node)
        case Expected.INTEGER | Expected.NUMBER:
            return go_takes_as_number(node)
        case _:
            return False


def _kind_of(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case datetime.date():
            return "a date"
        case list():
            return "a list"
        case dict():
            return "a mapping"
    return "binary data"


def _written(value: Any, node: Node | None) -> str:
    """The value as it stands in the file, for a message."""
    if isinstance(node, ScalarNode):
        return quote(node.value) if node.value else "an empty text"
    return _kind_of(value)


def _normal(text: str) -> str:
    return text.lower().replace("-", "").replace("_", "").replace(" ", "")


def _nearest(text: str, choices: Sequence[str]) -> tuple[str, bool] | None:
    """The choice nearest to `text`, and whether both differ in case and separators only."""
    for choice in choices:
        if _normal(choice) == _normal(text) and choice != text:
            return choice, True
    found = difflib.get_close_matches(text[:64], choices, 1, 0.72)
    return (found[0], False) if found and found[0] != text else None


def _meant_key(model: type[Spec], key: str, present: set[Any]) -> tuple[str | None, bool]:
    """The free key of `model` that `key` stands for, and whether that is certain."""
    if key in model.mistaken:
        target = model.mistaken[key]
        return (target, True) if target not in present else (None, False)
    free = [name for name in model.model_fields if name not in present]
    near = _nearest(key, free)
    return near if near is not None else (None, False)


def span_of(document: Document, violation: Violation) -> Span:
    """Where a violation stands in its document."""
    match violation.place:
        case Place.VALUE:
            return document.span(violation.pointer)
        case Place.KEY:
            return document.span_of_key(violation.pointer)
        case Place.PARENT:
            return document.span_of_parent(violation.pointer)
