"""An event, linked from `events` of its trigger provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from bot.findings import Severity
from bot.format.models.base import Origin, PythonSource, Remark, Spec, Unpacked, noise
from bot.format.models.i18n import I18n
from bot.format.models.identity import Identity
from bot.format.models.parameter import UnpackedEventParameter


class EventIdentity(Identity):
    """Who an event is."""


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
