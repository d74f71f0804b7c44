"""A tool, linked from `tools` of its provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints

from bot.findings import Severity
from bot.format.models.base import DEBUGGING, Origin, PythonSource, Remark, Spec, Unpacked, noise
from bot.format.models.i18n import I18n
from bot.format.models.identity import Identity
from bot.format.models.parameter import UnpackedToolParameter


class ToolIdentity(Identity):
    """Who a tool is."""


class ToolDescription(Spec):
    human: Annotated[I18n, Origin("The description shown to users.")]
    llm: Annotated[
        str,
        StringConstraints(min_length=1),
        Origin("The description given to the model: one text.", checked_by=DEBUGGING),
    ]


class ToolPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[str, PythonSource("Tool"), Origin("The file that defines the tool's class.", daemon=False)]


class ToolExtra(Spec):
    python: Annotated[ToolPython, Origin("Where the code is.", daemon=False)]


class Tool(Spec):
    mistaken: ClassVar[Mapping[str, str]] = {"outputs": "output_schema", "output_variables": "output_schema"}
    remarks: ClassVar[Mapping[str, Remark]] = {
        "name": Remark(Severity.NOTICE, "The name is read from `identity`."),
        **noise("type", "provider_type"),
    }

    identity: Annotated[ToolIdentity, Unpacked(), Origin("Who the tool is.")]
    description: Annotated[ToolDescription, Unpacked(), Origin("What the tool does, for users and for the model.")]
    parameters: Annotated[list[UnpackedToolParameter] | None, Origin("What the tool is called with.")] = None
    output_schema: Annotated[dict[str, Any] | None, Origin("A JSON Schema of the variables that the tool returns.")] = (
        None
    )
    has_runtime_parameters: Annotated[
        bool | None,
        Origin("Whether the parameters depend on the moment. The SDK looks at the class instead.", sdk=False),
    ] = None
    extra: Annotated[ToolExtra, Unpacked(), Origin("What only the SDK reads.", daemon=False)]
