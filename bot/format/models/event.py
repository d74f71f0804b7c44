"""An event, linked from `events` of its trigger provider.

D trigger-plugin.mdx:139; G trigger_declaration.go:127; S trigger.py:216.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints

from bot.findings import Severity
from bot.format.models.base import DEBUGGING, IDENTIFIER, Origin, PythonSource, Remark, Spec, Unpacked, noise
from bot.format.models.i18n import I18n
from bot.format.models.parameter import UnpackedEventParameter


class EventIdentity(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("icon", "description", "display_name", "tags")

    author: Annotated[
        str,
        Origin(
            "The author of the event.",
            docs="trigger-plugin.mdx:150",
            daemon="trigger_declaration.go:110",
            sdk="trigger.py:179",
        ),
    ]
    name: Annotated[
        str,
        StringConstraints(pattern=IDENTIFIER),
        Origin(
            "The name of the event, unique in its provider: letters, digits, - and _.",
            docs="trigger-plugin.mdx:149",
            daemon="trigger_declaration.go:111",
            sdk="trigger.py:180",
            checked_by=DEBUGGING,
        ),
    ]
    label: Annotated[
        I18n,
        Origin(
            "The name shown to users.",
            docs="trigger-plugin.mdx:151",
            daemon="trigger_declaration.go:112",
            sdk="trigger.py:181",
        ),
    ]


_HELP = Remark(Severity.WARNING, "It was meant for a parameter, where it is called `description`.")


class EventPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = {
        "help": _HELP,
        **noise("class", "class_name"),
    }

    source: Annotated[
        str,
        PythonSource("Event"),
        Origin("The file that defines the event's class.", docs="trigger-plugin.mdx:169", sdk="trigger.py:205"),
    ]


class EventExtra(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = {"help": _HELP}

    python: Annotated[EventPython, Origin("Where the code is.", docs="trigger-plugin.mdx:168", sdk="trigger.py:210")]


class Event(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("type", "provider_type")

    identity: Annotated[
        EventIdentity,
        Unpacked(),
        Origin(
            "Who the event is.",
            docs="trigger-plugin.mdx:148",
            daemon="trigger_declaration.go:128",
            sdk="trigger.py:219",
        ),
    ]
    description: Annotated[
        I18n,
        Unpacked(),
        Origin(
            "What the event tells of.",
            docs="trigger-plugin.mdx:155",
            daemon="trigger_declaration.go:130",
            sdk="trigger.py:224",
        ),
    ]
    parameters: Annotated[
        list[UnpackedEventParameter] | None,
        Origin(
            "How users narrow the event down.",
            docs="trigger-plugin.mdx:212",
            daemon="trigger_declaration.go:129",
            sdk="trigger.py:220",
        ),
    ] = None
    output_schema: Annotated[
        dict[str, Any] | None,
        Origin(
            "A JSON Schema of the variables that the event yields.",
            docs="trigger-plugin.mdx:159",
            daemon="trigger_declaration.go:131",
            sdk="trigger.py:229",
        ),
    ] = None
    extra: Annotated[
        EventExtra, Unpacked(), Origin("What only the SDK reads.", docs="trigger-plugin.mdx:167", sdk="trigger.py:225")
    ]
