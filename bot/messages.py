"""What the tool says, as data: a template in English, which is its id in the catalogues, and what is put into it.

A `Message` is the English text, so that whatever takes a text takes it: JSON, sorting, fingerprints. It keeps the
template and the arguments besides, and with these `bot.languages` says the same in another language.

A template is a whole sentence or clause: nobody can translate half of one. Its arguments are code spans, names,
numbers (`{bytes:,}` groups their digits), and messages where one clause stands in another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias, TypeVar, Union

from msgspec import Struct
from msgspec.structs import asdict, replace

Argument: TypeAlias = Union[str, int, float, "Message"]
Arguments: TypeAlias = Mapping[str, Argument] | tuple[Argument, ...]

#: How two sentences, two items of a list, and the last of a list follow each other. These are templates too.
SENTENCES: Final = "{first} {second}"
ITEMS: Final = "{first}, {second}"
LAST_ITEM: Final = "{first} and {second}"
#: How what is appended to a message follows it; it brings its blank along.
APPENDED: Final = "{first}{second}"
#: What begins a sentence, and a sentence that became a part of another one. These are no templates for translators.
BEGINNING: Final = "{Clause}"
CLAUSE: Final = "{sentence}"

_NONE: Final[Mapping[str, Argument]] = {}


class Message(str):
    """A text of ours in English, with what it was made of.

    `plural` is the template for more than one of `number`; "" where nothing is counted. Arguments that are a tuple
    stand one after the other, each joined to those before it by the template.
    """

    __slots__ = ("arguments", "number", "plural", "template")

    template: str
    arguments: Arguments
    plural: str
    number: int

    def __new__(
        cls, text: str, template: str, arguments: Arguments = _NONE, plural: str = "", number: int = 0
    ) -> Message:
        self = super().__new__(cls, text)
        self.template, self.arguments, self.plural, self.number = template, arguments, plural, number
        return self

    def __add__(self, other: str) -> Message:
        parts = self.arguments if self.template == APPENDED and isinstance(self.arguments, tuple) else (self,)
        return Message(str(self) + str(other), APPENDED, (*parts, other)) if other else self

    def capitalized(self) -> Message:
        """The same as the beginning of a sentence."""
        return Message(self[:1].upper() + self[1:], BEGINNING, (self,))

    def clause(self) -> Message:
        """A sentence as what stands in brackets in another one."""
        return Message(self[:1].lower() + self[1:].rstrip("."), CLAUSE, (self,))

    def __reduce__(self) -> tuple[Any, ...]:
        return Message, (str(self), self.template, self.arguments, self.plural, self.number)


def say(template: str, /, **arguments: Argument) -> Message:
    """The message of a template. Braces stand for themselves in one without arguments."""
    return Message(template.format_map(arguments) if arguments else template, template, arguments)


def say_plural(one: str, many: str, n: int, /, **arguments: Argument) -> Message:
    """The message that counts: `one` is the template for a single thing. Both may name the number `{n}`."""
    arguments["n"] = n
    return Message((one if n == 1 else many).format_map(arguments), one, arguments, many, n)


def sentences(*parts: str) -> Message:
    """Sentences one after the other; empty ones are left out."""
    return joined(SENTENCES, [part for part in parts if part])


def listed(items: Iterable[str]) -> Message:
    """`a, b, c`."""
    return joined(ITEMS, items)


def all_of(items: Iterable[str]) -> Message:
    """`a, b and c`; empty without items."""
    parts = list(items)
    if len(parts) < 2:
        return listed(parts)
    return say(LAST_ITEM, first=listed(parts[:-1]), second=parts[-1])


def and_more(shown: Message, left: int) -> Message:
    """What is shown of a list, and how many more there are."""
    return say("{shown} and {left} more", shown=shown, left=left) if left > 0 else shown


def joined(template: str, parts: Iterable[str]) -> Message:
    """Messages and code spans one after the other; a single one is itself, as far as it is a message."""
    parts = tuple(parts)
    if len(parts) == 1 and isinstance(parts[0], Message):
        return parts[0]
    text = parts[0] if parts else ""
    for part in parts[1:]:
        text = template.format(first=text, second=part)
    return Message(text, template, parts)


# --- as data ----------------------------------------------------------------------------------------------------------

#: What a message was made of, as JSON has it.
Data: TypeAlias = Mapping[str, Any]


def data_of(message: Message) -> dict[str, Any]:
    """What a message was made of, for where a text is stored and read back."""
    arguments = message.arguments
    made: Any
    if isinstance(arguments, tuple):
        made = [_datum(value) for value in arguments]
    else:
        made = {name: _datum(value) for name, value in arguments.items()}
    counted = {"plural": message.plural, "number": message.number} if message.plural else {}
    return {"template": message.template, "arguments": made, **counted}


def _datum(value: Argument) -> Any:
    return {"text": str(value), **data_of(value)} if isinstance(value, Message) else value


def message_of(text: str, data: Data) -> Message:
    """The message that `data_of` made `data` of. Who stored it may have made it up: then it is another message."""
    given = data["arguments"]
    arguments: Arguments
    if isinstance(given, list):
        arguments = tuple(map(_argument, given))
    else:
        arguments = {name: _argument(value) for name, value in given.items()}
    return Message(text, data["template"], arguments, data.get("plural") or "", data.get("number") or 0)


def _argument(value: Any) -> Argument:
    made: Argument = message_of(value["text"], value) if isinstance(value, dict) else value
    return made


_T = TypeVar("_T")


def with_said(value: _T, said: Mapping[str, Data]) -> _T:
    """A value of plain data classes that was stored, with the messages in it that `said_in` found."""
    return _restored(value, said) if said else value


def _restored(value: Any, said: Mapping[str, Data]) -> Any:
    """The value itself where it holds no message."""
    if isinstance(value, str):
        data = said.get(value) if type(value) is str else None
        return message_of(value, data) if data is not None else value
    if isinstance(value, Mapping):
        return {key: _restored(each, said) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_restored(each, said) for each in value)
    if isinstance(value, Struct):
        old = asdict(value)
        new = {name: _restored(each, said) for name, each in old.items()}
        return replace(value, **{name: each for name, each in new.items() if each is not old[name]})
    return value


def said_in(value: object) -> dict[str, Data]:
    """Everything that is said in a value of plain data classes, by its English text."""
    found: dict[str, Data] = {}
    _collect(value, found)
    return found


def _collect(value: object, found: dict[str, Data]) -> None:
    if isinstance(value, Message):
        if str(value) not in found and (value.arguments or value.plural):
            found[str(value)] = data_of(value)
    elif isinstance(value, Mapping):
        for each in value.values():
            _collect(each, found)
    elif isinstance(value, tuple | list):
        for each in value:
            _collect(each, found)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            _collect(getattr(value, name), found)
