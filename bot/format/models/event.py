"""An event, linked from `events` of its trigger provider."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import StringConstraints

from bot.findings import Severity
from bot.format.models.base import (
    ANY_SHAPE,
    DEBUGGING,
    Origin,
    PythonSource,
    Remark,
    Spec,
    Stringified,
    Unpacked,
    noise,
)
from bot.format.models.i18n import I18n
from bot.format.models.identity import Identity
from bot.format.models.parameter import FROM_JSON_SCHEMA, Parameter, ParameterOption
from bot.format.models.values import Basic


class EventIdentity(Identity):
    """Who an event is."""


class EventParameterOption(ParameterOption):
    """An option of an event's parameter; the daemon keeps the type of its value."""

    value: Annotated[str, Stringified(), Origin("The value that the plugin receives.", daemon_takes=ANY_SHAPE)]
    icon: Annotated[str | None, Origin("An icon for it. The daemon drops it.", daemon=False)] = None


class EventParameter(Parameter):
    """A parameter of an event or of a subscription constructor."""

    mistaken: ClassVar[Mapping[str, str]] = {**FROM_JSON_SCHEMA, "human_description": "description"}
    remarks: ClassVar[Mapping[str, Remark]] = {
        key: Remark(Severity.NOTICE, "The documentation's example has it, but daemon and SDK drop it.")
        for key in ("help", "placeholder", "url")
    } | noise("form", "llm_description")

    name: Annotated[
        str,
        StringConstraints(min_length=1),
        Origin("The name of the parameter, unique in its list.", checked_by=DEBUGGING),
    ]
    type: Annotated[
        Literal[
            "string",
            "number",
            "boolean",
            "select",
            "file",
            "files",
            "model-selector",
            "app-selector",
            "object",
            "array",
            "dynamic-select",
            "checkbox",
        ],
        Origin("The type of the value."),
    ]
    description: Annotated[I18n | None, Origin("The description shown to users.")] = None
    required: Annotated[bool | None, Origin("Whether a value must be given.")] = None
    multiple: Annotated[bool | None, Origin("Whether several options can be chosen.")] = None
    scope: Annotated[str | None, Origin("What a selector offers.")] = None
    default: Annotated[Any, Basic(lists=()), Origin("The value when none is given.")] = None
    options: Annotated[list[EventParameterOption] | None, Origin("What a `select` offers.")] = None


#: As an item of a list whose items the SDK unpacks.
UnpackedEventParameter = Annotated[EventParameter, Unpacked()]


_HELP = Remark(Severity.WARNING, "It was meant for a parameter, where it is called `description`.")


class EventPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = {"help": _HELP, **noise("class", "class_name")}

    source: Annotated[str, PythonSource("Event"), Origin("The file that defines the event's class.", daemon=False)]


class EventExtra(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = {"help": _HELP}

    python: Annotated[EventPython, Origin("Where the code is.", daemon=False)]


class Event(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("type", "provider_type")

    identity: Annotated[EventIdentity, Unpacked(), Origin("Who the event is.")]
    description: Annotated[I18n, Unpacked(), Origin("What the event tells of.")]
    parameters: Annotated[list[UnpackedEventParameter] | None, Origin("How users narrow the event down.")] = None
    output_schema: Annotated[dict[str, Any] | None, Origin("A JSON Schema of the variables that the event yields.")] = (
        None
    )
    extra: Annotated[EventExtra, Unpacked(), Origin("What only the SDK reads.", daemon=False)]
