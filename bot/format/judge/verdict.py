"""Turns pydantic's errors into violations: what departs from the format, where, who objects, and what then happens.

The models describe what every authority accepts. An error of pydantic's therefore says only that *somebody* may
object; `bot.format.judge.readers` decides who really does. Where nobody objects there is no violation.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final

from pydantic import StringConstraints, Tag, TypeAdapter, ValidationError
from yaml import Node, ScalarNode

from bot.document import Document, Pointer
from bot.document.scalars import TRUE_WORDS, Reading, go_reading, is_go_timestamp, is_plain, sdk_reading
from bot.findings import Authority, By, Edit, Fix, Safety, Severity, quote, quote_list
from bot.format.judge.adding import added
from bot.format.judge.consequence import authorities_of, consequence, loss, message_for, severity_of, what_happens
from bot.format.judge.fields import Field, resolve, root_field
from bot.format.judge.objectors import checked_by, is_localized, required_by
from bot.format.judge.readers import FALSE_WORDS, Expected, daemon_takes, sdk_takes, shape_of
from bot.format.judge.unknown import SDK_NAMES, UnknownKeys, nearest, text_of_key
from bot.format.judge.violation import Place, Violation, span_of
from bot.format.kinds import MODELS
from bot.format.models.base import Origin, SdkOnly, Shape, Stringified
from bot.format.models.i18n import I18nObject
from bot.format.models.parameter import misfit
from bot.format.models.values import Basic, Price
from bot.format.references import source_of
from bot.format.traits import DocumentKind
from bot.limits import Account, Limit
from bot.messages import LAST_ITEM, Message, joined, say, say_plural, sentences

__all__ = [
    "Place",
    "Violation",
    "authorities_of",
    "consequence",
    "divergences",
    "quoted",
    "severity_of",
    "span_of",
    "validate",
    "what_happens",
]


#: Further departures of one document are not judged.
MAX_DEPARTURES = Limit(
    1000,
    "departs from the format in more than {n:,} places: the rest is not judged",
    "locale/misspelt-key",
    "locale/unknown-locale",
    "schema/invalid-value",
    "schema/missing-key",
    "schema/not-text",
    "schema/null-value",
    "schema/quoted-value",
    "schema/unknown-key",
    "schema/unknown-value",
    "schema/wrong-type",
)


def validate(
    document: Document, kind: DocumentKind, *, read_by_sdk: bool = True, account: Account | None = None
) -> list[Violation]:
    """Everything in which `document` departs from the format of its kind, in no order.

    `account` notes where there are too many departures to judge them all. `read_by_sdk` is false for a document that
    only the daemon reaches, such as an order of models that no pattern finds: then the SDK cannot object.
    """
    if document.root is None or (document.data is None and kind is DocumentKind.MODEL_POSITION):
        return []  # `yaml/empty` says so.
    verdicts = _Verdicts(document, kind, MODELS[kind], read_by_sdk, account or Account())
    found = verdicts.misfits() if kind is DocumentKind.TOOL else []
    try:
        _adapter(kind).validate_python(document.data)
    except ValidationError as error:
        found.extend(verdicts.of(error))
    return found


@cache
def _adapter(kind: DocumentKind) -> TypeAdapter[Any]:
    return TypeAdapter(MODELS[kind])


#: S tool.py:158; the platform has the same check.
_MISFIT = Origin("", daemon=False, place="verdict.misfit", since="1.17.0")


class _Verdicts:
    def __init__(self, document: Document, kind: DocumentKind, model: Any, read_by_sdk: bool, account: Account) -> None:
        self.document = document
        self.account = account
        self.kind = kind
        self.model = model
        self.sdk_reads = read_by_sdk and kind is not DocumentKind.BUNDLE
        self.unknown = UnknownKeys(document, kind, model)

    def of(self, error: ValidationError) -> list[Violation]:
        violations: list[Violation] = []
        missing: list[Pointer] = []
        unknown: list[Pointer] = []
        items = error.errors(include_url=False)
        self.account.exceeds(MAX_DEPARTURES, self.document.path, len(items))
        for item in items[: MAX_DEPARTURES.most]:
            pointer = _pointer(item["loc"], self.document.data)
            match item["type"]:
                case "missing":
                    missing.append(pointer)
                case "extra_forbidden" | "invalid_key":
                    unknown.append(pointer)
                case "string_type" if pointer and pointer[-1] == _KEY:
                    violations.extend(self._key(pointer[:-1]))
                case _:
                    violations.extend(self._wrong(pointer, item))
        misshapen = list(self._misshapen(missing, unknown))
        violations.extend(violation for violation, _ in misshapen)
        shapes = {parent for _, parent in misshapen}
        meant: dict[Pointer, Violation] = {}
        lacking = set(missing)
        for pointer in unknown:
            if pointer[:-1] in shapes:
                continue
            violation, target = self.unknown.judge(pointer)
            if target in lacking and target not in meant:
                meant[target] = violation
            else:
                violations.append(violation)
        lists: dict[Pointer, list[str]] = {}
        for pointer in missing:
            if pointer[:-1] in shapes:
                continue
            if pointer not in meant and self._required_by(pointer) == (By.PLATFORM,):
                lists.setdefault(pointer[:-1], []).append(str(pointer[-1]))
            else:
                violations.extend(self._missing(pointer, meant.get(pointer)))
        violations.extend(self._missing_lists(parent, keys) for parent, keys in lists.items())
        return violations

    def misfits(self) -> list[Violation]:
        """The keys of a tool's parameters that do not fit each other. A check between keys cannot be left to pydantic,
        which makes none once a single key is wrong."""
        found = []
        parameters = self.document.get("parameters")
        for index, parameter in enumerate(parameters if isinstance(parameters, list) else ()):
            wrong = misfit(parameter) if isinstance(parameter, dict) else None
            if wrong is not None:
                key, reason = wrong
                pointer = ("parameters", index, key)
                objectors: tuple[By, ...] = (By.SDK,)
                message = message_for(reason, objectors, self.kind)
                if key == "multiple":
                    objectors = (By.PLATFORM, By.SDK)
                    message = say(
                        "{loss} {reason} Releases of the SDK from 0.10 on refuse the tool too, and the "
                        "plugin does not start.",
                        loss=loss(self.kind, dify=say("Dify from 1.17 on")),
                        reason=reason,
                    )
                authorities = authorities_of(objectors, self.kind, _MISFIT)
                found.append(
                    Violation("schema/invalid-value", Severity.ERROR, message, pointer, Place.VALUE, authorities, key)
                )
        return found

    # --- keys ---

    def _misshapen(self, missing: list[Pointer], unknown: list[Pointer]) -> Iterator[tuple[Violation, Pointer]]:
        """Descriptions in the shape of another kind of document: one violation instead of one for each key."""
        strange: dict[Pointer, set[str]] = {}
        for pointer in unknown:
            strange.setdefault(pointer[:-1], set()).add(str(pointer[-1]))
        lacking: dict[Pointer, list[str]] = {}
        for pointer in missing:
            lacking.setdefault(pointer[:-1], []).append(str(pointer[-1]))
        for parent, keys in strange.items():
            field = resolve(self.model, parent)
            if field is None or not parent:
                continue
            lacks = set(lacking.get(parent, ()))
            name = quote(parent[-1])
            if I18nObject in field.models and "en_US" in lacks and keys <= {"human", "llm"}:
                message = say("{name} is one localized text here: `human` and `llm` are for tools only.", name=name)
            elif {"human", "llm"} <= lacks and "en_US" in keys:
                message = say(
                    "{name} of a tool holds `human`, a localized text, and `llm`, one text for the model.", name=name
                )
            else:
                continue
            objectors = self._required_by((*parent, lacks.pop()))
            if objectors:
                message = message_for(message, objectors, self.kind, field.origin)
                authorities = authorities_of(objectors, self.kind, field.origin)
                rule = "schema/wrong-type"
                subject = ",".join(sorted(keys))
                yield Violation(rule, severity_of(objectors), message, parent, Place.KEY, authorities, subject), parent

    def _missing(self, pointer: Pointer, written_as: Violation | None) -> Iterator[Violation]:
        field = resolve(self.model, pointer)
        if field is None:
            return
        origin = _own(field)
        objectors = self._required_by(pointer)
        if not objectors:
            if written_as is not None:
                yield written_as
            return
        key = str(pointer[-1])
        meaning = say(" ({sentence})", sentence=say(origin.text).clause()) if origin and origin.text else ""
        severity = severity_of(objectors)
        authorities = authorities_of(objectors, self.kind, origin)
        happens = None
        if written_as is not None:
            if written_as.subject in SDK_NAMES and set(objectors) == {By.SDK}:
                happens = say(
                    "An SDK before 0.9 refuses the {kind}; with later ones Dify shows nothing here.", kind=self.kind
                )
            # One root cause, one finding: the key is there, misspelt.
            yield Violation(
                written_as.rule,
                severity,
                message_for(
                    say("{message} {key} is required.", message=written_as.message, key=quote(key)),
                    objectors,
                    self.kind,
                    origin,
                    happens,
                ),
                written_as.pointer,
                Place.KEY,
                authorities,
                written_as.subject,
                written_as.fix,
            )
            return
        problem = say(
            "The key {key}{meaning} is missing{inside}.",
            key=quote(key),
            meaning=meaning,
            inside=self.unknown.inside(pointer[:-1]),
        )
        message = message_for(problem, objectors, self.kind, origin)
        rule = origin.rule if origin and origin.rule else "schema/missing-key"
        yield Violation(rule, severity, message, pointer, Place.PARENT, authorities, key)

    def _missing_lists(self, parent: Pointer, keys: list[str]) -> Violation:
        """Lists of one mapping that only the platform demands: to all others they are as good as empty."""
        pointer = (*parent, keys[0])
        field = resolve(self.model, pointer)
        origin = _own(field) if field else None
        entries = joined(LAST_ITEM, [f"`{key}: []`" for key in keys])
        problem = say_plural(
            "The key {keys} is missing{inside}: Dify gets null, and takes a list only. Without any items, write "
            "{entries}.",
            "The keys {keys} are missing{inside}: Dify gets null, and takes a list only. Without any items, write "
            "{entries}.",
            len(keys),
            keys=quote_list(keys),
            inside=self.unknown.inside(parent),
            entries=entries,
        )
        edits = added(self.document, parent, dict.fromkeys(keys, "[]"))
        return Violation(
            "schema/missing-key",
            Severity.ERROR,
            message_for(problem, (By.PLATFORM,), self.kind, origin),
            pointer,
            Place.PARENT,
            authorities_of((By.PLATFORM,), self.kind, origin),
            ",".join(keys),
            Fix(say("Add {entries}", entries=entries), Safety.SAFE, edits) if edits is not None else None,
        )

    def _required_by(self, pointer: Pointer) -> tuple[By, ...]:
        field = resolve(self.model, pointer)
        outer = resolve(self.model, pointer[:-1])
        if field is None or outer is None:
            return ()
        return required_by(self.kind, outer, field, sdk_reads=self.sdk_reads)

    def _key(self, pointer: Pointer) -> Iterator[Violation]:
        """A key of a free mapping that is not text."""
        field = resolve(self.model, pointer[:-1])
        if field is None or not (field.read_by_sdk and self.sdk_reads):
            return
        node = self.document.key_node(pointer)
        objectors = (By.SDK,)
        key = text_of_key(self.document, pointer)
        message = say(
            "The key {key} is not text to YAML: it needs quotes. {what_happens}",
            key=quote(key),
            what_happens=what_happens(objectors, self.kind),
        )
        authorities = authorities_of(objectors, self.kind, field.origin)
        fix = self._quote(node) if isinstance(node, ScalarNode) else None
        pointer = (*pointer[:-1], key)
        yield Violation("schema/not-text", Severity.ERROR, message, pointer, Place.KEY, authorities, key, fix)

    # --- values ---

    def _wrong(self, pointer: Pointer, error: Any) -> Iterator[Violation]:
        field = _form_of(resolve(self.model, pointer) or root_field(self.model), error["loc"])
        value = error["input"]
        expected = _EXPECTED.get(error["type"])
        if error["type"] == "unwelcome":
            yield self._unwelcome(pointer, field, value)
        elif expected is None:
            yield from self._constraint(pointer, field, error, value)
        elif expected is Expected.CHOICE:
            yield from self._choice(pointer, field, value)
        elif field.marker(Stringified) is not None:
            yield from self._stringified(pointer, field, value)
        else:
            yield from self._type(pointer, field, expected, value)

    def _objectors(
        self, pointer: Pointer, field: Field, expected: Expected, value: Any, node: Node | None
    ) -> tuple[By, ...]:
        """Who refuses a value that is not of the field's type."""
        origin = _own(field)
        shape = shape_of(value, node)
        objectors: list[By] = []
        if field.read_by_daemon:
            if origin is not None and origin.daemon_takes is not None:
                refused = shape not in origin.daemon_takes
            else:
                refused = not daemon_takes(expected, value, node)
            if refused:
                objectors.append(By.PACKAGER)
        if shape is Shape.NULL and pointer and self.kind in (DocumentKind.MANIFEST, DocumentKind.BUNDLE):
            # To the daemon null is as good as no key at all, and of the manifest it checks what is required.
            required = self._required_by(pointer) if not field.nullable else ()
            objectors.extend(by for by in required if by is not By.SDK and by not in objectors)
        if origin is not None and shape in origin.platform_refuses:
            objectors.append(By.PLATFORM)
        taken = origin.sdk_takes if origin and origin.sdk_takes else ()
        converted = sdk_takes(expected, value) or field.marker(Stringified) is not None
        if field.read_by_sdk and self.sdk_reads and shape not in taken and not converted:
            objectors.append(By.SDK)
        text = field.marker(StringConstraints)
        if (
            text is not None
            and isinstance(node, ScalarNode)
            and shape is Shape.SCALAR
            and not _satisfies(text, node.value)
        ):
            # To the daemon the scalar is text as written, and that text is wrong besides.
            checkers = self._checked_by(pointer, field)
            objectors.extend(by for by in checkers if by is not By.SDK and by not in objectors)
        basic = field.marker(Basic)
        if basic is not None and shape is Shape.LIST:
            objectors = [by for by in basic.lists if by is not By.SDK or field.read_by_sdk]
        return tuple(objectors)

    def _outcome(
        self, problem: Message, field: Field, objectors: tuple[By, ...]
    ) -> tuple[Message, tuple[Authority, ...]]:
        """What is wrong with a value and comes of it, as a message and by authority."""
        lost = next((each.daemon_loses for each in field.origins if each.daemon_loses), "")
        if not lost or By.PACKAGER not in objectors:
            message = message_for(problem, objectors, self.kind, field.origin)
            return message, authorities_of(objectors, self.kind, field.origin)
        rest = tuple(by for by in objectors if by is not By.PACKAGER)
        message = sentences(problem, lost, what_happens(rest, self.kind) if rest else "")
        installed = Authority(By.INSTALLER, lost, source_of(field.origin, By.INSTALLER))
        return message, (installed, *authorities_of(rest, self.kind, field.origin))

    def _type(self, pointer: Pointer, field: Field, expected: Expected, value: Any) -> Iterator[Violation]:
        node = self.document.node(pointer)
        objectors = self._objectors(pointer, field, expected, value, node)
        if not objectors:
            return
        origin = _own(field)
        name = self._name(pointer)
        written = _written(value, node)
        rule, fix = "schema/wrong-type", None
        if value is None:
            rule = "schema/null-value"
            problem = say("{name} has no value, but takes {value}.", name=name, value=expected.value)
        elif expected in (Expected.TEXT, Expected.BASIC, Expected.JSON) and isinstance(node, ScalarNode):
            rule = "schema/not-text"
            problem = say(
                "{name} takes {value}, but YAML reads {written} as {kind_of}: it needs quotes.",
                name=name,
                value=expected.value,
                written=written,
                kind_of=_kind_of(value),
            )
            fix = self._quote(node)
        elif isinstance(value, str) and isinstance(node, ScalarNode) and By.SDK not in objectors and not is_plain(node):
            rule = "schema/quoted-value"
            problem = say(
                "{name} takes {value} without quotes, but {written} is text.",
                name=name,
                value=expected.value,
                written=written,
            )
            fix = self._unquote(node, expected)
        elif isinstance(value, datetime.date) and isinstance(node, ScalarNode):
            # A moment to PyYAML, whose spelling the daemon does not know.
            text = value.isoformat()
            text = text if is_go_timestamp(text) else f"{text}Z"
            problem = say(
                "{written} is not a date in a form that the packager reads: write {text}.",
                written=written,
                text=quote(text),
            )
            edit = Edit(self.document.path, self.document.span_of(node), text)
            fix = Fix(say("Write {text}", text=quote(text)), Safety.SAFE, (edit,)) if is_go_timestamp(text) else None
        else:
            problem = say(
                "{name} takes {value}, but this is {kind_of}.",
                name=name,
                value=expected.value,
                kind_of=_kind_of(value),
            )
            problem = sentences(problem, origin.advice if origin else "")
        message, authorities = self._outcome(problem, field, objectors)
        if origin is not None and origin.rule.startswith("manifest/created"):
            rule = origin.rule
        subject = node.value if isinstance(node, ScalarNode) else _kind_of(value)
        yield Violation(rule, severity_of(objectors), message, pointer, Place.VALUE, authorities, subject, fix)

    def _stringified(self, pointer: Pointer, field: Field, value: Any) -> Iterator[Violation]:
        """A value that the SDK makes text of: its spelling may change on the way."""
        node = self.document.node(pointer)
        if not isinstance(node, ScalarNode):
            own = _own(field)
            if daemon_takes(Expected.TEXT, value, node) or (own is not None and own.daemon_takes is not None):
                return
            yield from self._type(pointer, field, Expected.TEXT, value)
            return
        theirs = str(value)
        ours = "" if value is None else node.value
        if theirs == ours:
            return
        message = say(
            "{name} is {which} to the console, which offers it, and {theirs} to the SDK, which the plugin's "
            "code gets it from: it needs quotes.",
            name=self._name(pointer),
            which=quote(ours) if ours else say("an empty text"),
            theirs=quote(theirs),
        )
        authorities = authorities_of((By.SDK,), self.kind, field.origin)
        authorities = tuple(Authority(each.by, "The text changes.", each.source) for each in authorities)
        rule = "schema/option-value-changes"
        fix = self._quote(node) if node.value else None
        yield Violation(rule, Severity.WARNING, message, pointer, Place.VALUE, authorities, node.value, fix)

    def _choice(self, pointer: Pointer, field: Field, value: Any) -> Iterator[Violation]:
        origin = field.origin
        node = self.document.node(pointer)
        if isinstance(value, str):
            only = field.marker(SdkOnly)
            objectors = only.refused_by if only and value in only.choices else self._checked_by(pointer, field)
        elif value is None:
            objectors = self._objectors(pointer, field, Expected.CHOICE, value, node)
        else:
            checkers = self._checked_by(pointer, field) if isinstance(node, ScalarNode) else ()
            objectors = (*self._objectors(pointer, field, Expected.CHOICE, value, node), *checkers)
            objectors = tuple(dict.fromkeys(objectors))
        if not objectors:
            return
        choices = [str(choice) for choice in field.choices if choice]
        name = self._name(pointer)
        text = node.value if isinstance(node, ScalarNode) else str(value)
        fix = None
        near = None
        if isinstance(node, ScalarNode) and text:
            near = _synonym(text, choices) if pointer[-1:] == ("type",) else None
            near = near or nearest(text, choices)
        hint = "."
        if near is not None and isinstance(node, ScalarNode):
            choice, same = near
            hint = say(": did you mean {choice}?", choice=quote(choice))
            edit = Edit(self.document.path, self.document.span_of(node), _plain_or_quoted(choice))
            fix = Fix(say("Write {choice}", choice=quote(choice)), Safety.SAFE if same else Safety.UNSAFE, (edit,))
        written = say("nothing") if value is None else _written(value, node)
        message, authorities = self._outcome(
            say("{name} does not take {written}{hint}", name=name, written=written, hint=hint), field, objectors
        )
        known = quote_list(choices)
        takes = (
            say("{name} takes {choices}.", name=name, choices=known)
            if len(choices) > 1
            else say("{name} must be {choices}.", name=name, choices=known)
        )
        message = sentences(message, takes)
        rule = origin.rule if origin and origin.rule else "schema/unknown-value"
        if value is None:
            rule = "schema/null-value"
        yield Violation(rule, severity_of(objectors), message, pointer, Place.VALUE, authorities, text, fix)

    def _unwelcome(self, pointer: Pointer, field: Field, value: Any) -> Violation:
        """A value that is in order for all but the daemon's validator."""
        objectors = (By.DEBUGGING,)
        origin = _own(field)
        message = say(
            "{name} has no effect. {which} {what_happens}",
            name=self._name(pointer),
            which=origin.text if origin else "",
            what_happens=what_happens(objectors, self.kind),
        )
        authorities = authorities_of(objectors, self.kind, field.origin)
        rule = "schema/invalid-value"
        return Violation(rule, Severity.WARNING, message, pointer, Place.VALUE, authorities, str(value))

    def _constraint(self, pointer: Pointer, field: Field, error: Any, value: Any) -> Iterator[Violation]:
        origin = field.origin
        objectors = self._checked_by(pointer, field)
        if value == "" and self.kind is DocumentKind.MANIFEST and origin and By.PACKAGER in origin.required_by:
            objectors = tuple(dict.fromkeys((By.PACKAGER, *objectors)))  # Empty is as good as missing to the daemon.
        if not objectors:
            return
        context = error.get("ctx") or {}
        if error["type"] == "string_too_short" and self.kind is not DocumentKind.MANIFEST and self._is_text(pointer):
            return  # Rule locale/empty-text.
        node = self.document.node(pointer)
        written = _written(value, node)
        name = self._name(pointer)
        describe: dict[str, Callable[[], Message]] = {
            "string_too_long": lambda: say(
                "{name} takes at most {most} characters; this has {n}.",
                name=name,
                most=context["max_length"],
                n=len(value),
            ),
            "string_too_short": lambda: say("{name} must not be empty.", name=name),
            "too_long": lambda: say(
                "{name} takes at most {most} items; this has {n}.",
                name=name,
                most=context["max_length"],
                n=context["actual_length"],
            ),
            "too_short": lambda: say(
                "{name} takes at least {least} items; this has {n}.",
                name=name,
                least=context["min_length"],
                n=context["actual_length"],
            ),
            "greater_than_equal": lambda: say(
                "{name} must be at least {bound:,}; this is {written}.", name=name, bound=context["ge"], written=written
            ),
            "less_than_equal": lambda: say(
                "{name} must be at most {bound:,}; this is {written}.", name=name, bound=context["le"], written=written
            ),
            "greater_than": lambda: say(
                "{name} must be more than {bound:,}; this is {written}.",
                name=name,
                bound=context["gt"],
                written=written,
            ),
        }
        if error["type"] == "string_pattern_mismatch":
            problem = say(
                "{written} is not a valid {name}: it must match `{pattern}`.",
                written=written.capitalized() if isinstance(written, Message) else written,
                name=name,
                pattern=context["pattern"],
            )
        else:
            other = partial(say, "{name} is not valid: {error}.", name=name, error=error["msg"])
            problem = describe.get(error["type"], other)()
        message = message_for(sentences(problem, origin.text if origin else ""), objectors, self.kind, origin)
        authorities = authorities_of(objectors, self.kind, origin)
        rule = origin.rule if origin and origin.rule else "schema/invalid-value"
        if self._is_text(pointer):
            if self.kind is DocumentKind.MANIFEST:
                rule = "manifest/text-length"
            elif error["type"] == "string_too_long":
                rule = "locale/too-long"
        subject = node.value if isinstance(node, ScalarNode) else ""
        fix = self._lower(node, field) if isinstance(node, ScalarNode) and isinstance(value, str) else None
        yield Violation(rule, severity_of(objectors), message, pointer, Place.VALUE, authorities, subject, fix)

    def _is_text(self, pointer: Pointer) -> bool:
        """Whether the value is one locale of a localized text."""
        return is_localized(resolve(self.model, pointer[:-1]))

    def _checked_by(self, pointer: Pointer, field: Field) -> tuple[By, ...]:
        """Who refuses a value of the right type for what it says."""
        return checked_by(self.kind, resolve(self.model, pointer[:-1]), field, sdk_reads=self.sdk_reads)

    # --- words ---

    def _name(self, pointer: Pointer) -> str:
        if not pointer:
            return say("The {kind}", kind=self.kind)
        if isinstance(pointer[-1], int):
            return (
                say("Item {pointer} of {pointer2}", pointer=pointer[-1] + 1, pointer2=quote(pointer[-2]))
                if len(pointer) > 1
                else say("Item {pointer}", pointer=pointer[-1] + 1)
            )
        return quote(pointer[-1])

    # --- fixes ---

    def _quote(self, node: ScalarNode) -> Fix | None:
        if not is_plain(node) or "\n" in node.value or not node.value:
            return None
        edit = Edit(self.document.path, self.document.span_of(node), quoted(node.value))
        return Fix(say("Put the value in quotes"), Safety.SAFE, (edit,))

    def _lower(self, node: ScalarNode, field: Field) -> Fix | None:
        """Small letters, where capitals are all that is wrong: with them the value works nowhere."""
        wanted, text = field.marker(StringConstraints), node.value.lower()
        if wanted is not None and text != node.value and _satisfies(wanted, text):
            edit = Edit(self.document.path, self.document.span_of(node), _plain_or_quoted(text))
            return Fix(say("Write {choice}", choice=quote(text)), Safety.SAFE, (edit,))
        return None

    def _unquote(self, node: ScalarNode, expected: Expected) -> Fix | None:
        text = node.value.strip()
        if expected is Expected.BOOLEAN:
            word = text.lower()
            bare = "true" if word in TRUE_WORDS else "false" if word in FALSE_WORDS else None
        elif expected is Expected.TIME:
            bare = text if _is_date(text) else None
        else:
            bare = text if _is_number(text) else None
        if bare is None or is_plain(node):
            return None
        edit = Edit(self.document.path, self.document.span_of(node), bare)
        return Fix(say("Write {bare} without quotes", bare=quote(bare)), Safety.SAFE, (edit,))


def divergences(document: Document, kind: DocumentKind, reported: Iterable[Violation] | None = None) -> list[Violation]:
    """The values that are right for the SDK but something else, or nothing at all, for the daemon.

    PyYAML reads YAML 1.1, where `no` is a boolean and `1:30` a number; yaml.v3 reads them as text. A node that
    `validate` reports is left out, and so is what stands in free-form values.
    """
    if document.root is None or not document.divergent or kind is DocumentKind.BUNDLE:
        return []
    model = MODELS[kind]
    reported = validate(document, kind) if reported is None else reported
    covered = {violation.pointer for violation in reported}
    found: dict[int, Violation] = {}
    for pointer, node in document.divergent:
        field = resolve(model, pointer)
        if not pointer or field is None or pointer in covered or id(node) in found or not _own_place(model, pointer):
            continue
        if not (field.read_by_daemon and field.read_by_sdk):
            continue
        violation = _divergence(document, kind, pointer, node, field)
        if violation is not None:
            found[id(node)] = violation
    return list(found.values())


def _divergence(
    document: Document, kind: DocumentKind, pointer: Pointer, node: ScalarNode, field: Field
) -> Violation | None:
    value = document.get(*pointer)
    name = quote(pointer[-1]) if isinstance(pointer[-1], str) else say("Item {pointer}", pointer=pointer[-1] + 1)
    rule = "yaml/read-differently"
    edit = Edit(document.path, document.span_of(node), quoted(node.value))
    if isinstance(value, float) and not math.isfinite(value) and field.marker(Price) is None:
        return _no_json(kind, pointer, node, field)
    if field.type is Any:
        if field.marker(Price) is not None and not daemon_takes(Expected.DECIMAL, value, node):
            return _no_number(kind, pointer, node, field, Expected.DECIMAL)
        if go_reading(node) is sdk_reading(node):
            return None
        message = say(
            "{name} is {kind_of} to the SDK, which reads {value} by YAML 1.1, but text to the console, which "
            "gets it from the daemon. Quotes make it text for both.",
            name=name,
            kind_of=_kind_of(value),
            value=quote(node.value),
        )
        authorities = authorities_of((By.SDK,), kind, field.origin)
        authorities = tuple(Authority(each.by, say("The value differs."), each.source) for each in authorities)
        fix = Fix(say("Put the value in quotes"), Safety.UNSAFE, (edit,))
        return Violation(rule, Severity.WARNING, message, pointer, Place.VALUE, authorities, node.value, fix)
    expected = {bool: Expected.BOOLEAN, int: Expected.INTEGER, float: Expected.NUMBER}.get(field.type)
    if expected is None or daemon_takes(expected, value, node):
        return None
    if go_reading(node) in (Reading.INTEGER, Reading.FLOAT):
        return _no_number(kind, pointer, node, field, expected)
    objectors = (By.PACKAGER,)
    message = say(
        "{name} takes {value}: {value2} is {kind_of} to the SDK, which reads YAML 1.1, but text to the "
        "daemon. {what_happens}",
        name=name,
        value=expected.value,
        value2=quote(node.value),
        kind_of=_kind_of(value),
        what_happens=what_happens(objectors, kind),
    )
    bare = _bare(value)
    edit = Edit(document.path, document.span_of(node), bare or "")
    number = Fix(say("Write {bare}", bare=quote(bare)), Safety.SAFE, (edit,)) if bare is not None else None
    authorities = authorities_of(objectors, kind, field.origin)
    return Violation(rule, Severity.ERROR, message, pointer, Place.VALUE, authorities, node.value, number)


def _no_number(kind: DocumentKind, pointer: Pointer, node: ScalarNode, field: Field, expected: Expected) -> Violation:
    """A number that the daemon does not take where it wants one of this kind: written in another way, or too large."""
    message = say(
        "{name} takes {value}, and the daemon cannot make one of {written}. {what_happens}",
        name=quote(pointer[-1]),
        value=expected.value,
        written=quote(node.value),
        what_happens=what_happens((By.PACKAGER,), kind),
    )
    authorities = authorities_of((By.PACKAGER,), kind, field.origin)
    return Violation("yaml/read-differently", Severity.ERROR, message, pointer, Place.VALUE, authorities, node.value)


def _no_json(kind: DocumentKind, pointer: Pointer, node: ScalarNode, field: Field) -> Violation:
    """A number that is infinite, or not a number: all read it, and the daemon cannot hand it on."""
    message = say(
        "{name} is {value}, which JSON cannot say, and so the daemon cannot tell Dify. {what_happens}",
        name=quote(pointer[-1]),
        value=quote(node.value),
        what_happens=what_happens((By.INSTALLER,), kind),
    )
    authorities = (Authority(By.INSTALLER, consequence(By.INSTALLER, kind), "plugin_manager/packages.go:121"),)
    return Violation("schema/invalid-value", Severity.ERROR, message, pointer, Place.VALUE, authorities, node.value)


def _own_place(model: Any, pointer: Pointer) -> bool:
    """Whether the model itself has a field or typed item there, rather than a free-form value around it."""
    outer = resolve(model, pointer[:-1])
    return outer is not None and (bool(outer.models) or not isinstance(pointer[-1], str))


def _bare(value: Any) -> str | None:
    """How to write a value so that both readers agree."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return repr(value) if isinstance(value, float) and math.isfinite(value) and "e" not in repr(value) else None


def quoted(text: str) -> str:
    """`text` as a double-quoted YAML scalar on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


#: What people call types, by what the format may call them.
_SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("integer", "int"), ("int", "number")),
    **dict.fromkeys(("float", "double", "decimal"), ("float", "number")),
    "bool": ("boolean",),
    "str": ("string", "text-input"),
    "string": ("text-input",),
    "text-input": ("string",),
    **dict.fromkeys(("password", "password-input", "secret"), ("secret-input",)),
    **dict.fromkeys(("dropdown", "enum"), ("select",)),
    "list": ("array",),
    "dict": ("object",),
}


def _synonym(text: str, choices: Sequence[str]) -> tuple[str, bool] | None:
    """The type that is surely meant by another word for it."""
    found = next((choice for choice in _SYNONYMS.get(text.lower(), ()) if choice in choices), None)
    return (found, True) if found is not None else None


def _plain_or_quoted(text: str) -> str:
    return text if text.replace("-", "").replace("_", "").isalnum() and not text[0].isdigit() else quoted(text)


def _satisfies(wanted: StringConstraints, text: str) -> bool:
    pattern = wanted.pattern
    return (
        len(text) >= (wanted.min_length or 0)
        and (wanted.max_length is None or len(text) <= wanted.max_length)
        and (pattern is None or re.search(pattern, text) is not None)
    )


def _form_of(field: Field, location: tuple[Any, ...]) -> Field:
    """The form of a field with several that an error is about."""
    last = location[-1] if location else None
    for form in field.alternatives:
        tag = form.marker(Tag)
        if tag is not None and tag.tag == last:
            return form
    return field


def _own(field: Field) -> Origin | None:
    """The origin of just this place."""
    return field.marker(Origin)


#: In a location of pydantic's, the tag that a spec model gave an alternative shape; it is not a part of the document.
TAG = "\0"
#: In a location of pydantic's, says that the key and not the value is meant.
_KEY = "[key]"


def _pointer(location: tuple[Any, ...], data: Any) -> Pointer:
    """The pointer in a document with this data that a location of pydantic's stands for."""
    parts: list[str | int] = []
    for part in location:
        if isinstance(part, str) and part.startswith(TAG) and not (isinstance(data, dict) and part in data):
            continue
        parts.append(part)
        if isinstance(data, dict):
            data = data.get(part)
        else:
            data = data[part] if isinstance(data, list) and isinstance(part, int) and part < len(data) else None
    return tuple(parts)


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
    "basic_value": Expected.BASIC,
    "json_value": Expected.JSON,
    "decimal_value": Expected.DECIMAL,
    "time_value": Expected.TIME,
}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and not text.strip().lower().lstrip("+-").startswith(("n", "i"))


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2026-01-31")


def _kind_of(value: Any) -> str:
    match value:
        case None:
            return say("nothing")
        case bool():
            return say("a boolean")
        case int() | float():
            return say("a number")
        case str():
            return say("text")
        case datetime.date():
            return say("a date")
        case list():
            return say("a list")
        case dict():
            return say("a mapping")
    return say("binary data")


def _written(value: Any, node: Node | None) -> str:
    """The value as it stands in the file, for a message."""
    if isinstance(node, ScalarNode):
        return quote(node.value) if node.value else say("an empty text")
    return _kind_of(value)
