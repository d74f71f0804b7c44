"""A tool, linked from `tools` of its provider. D tool-plugin.mdx:193; G tool_declaration.go:174; S tool.py:200."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints

from bot.findings import Severity
from bot.format.models.base import DEBUGGING, IDENTIFIER, Origin, PythonSource, Remark, Spec, Unpacked, noise
from bot.format.models.i18n import I18n
from bot.format.models.parameter import UnpackedToolParameter


class ToolIdentity(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("icon", "description", "display_name", "tags")

    author: Annotated[
        str,
        Origin(
            "The author of the tool.", docs="tool-plugin.mdx:202", daemon="tool_declaration.go:19", sdk="tool.py:42"
        ),
    ]
    name: Annotated[
        str,
        StringConstraints(pattern=IDENTIFIER),
        Origin(
            "The name of the tool, unique in its provider: letters, digits, - and _.",
            docs="tool-plugin.mdx:201",
            daemon="tool_declaration.go:20",
            sdk="tool.py:43",
            checked_by=DEBUGGING,
        ),
    ]
    label: Annotated[
        I18n,
        Origin(
            "The name shown to users.", docs="tool-plugin.mdx:203", daemon="tool_declaration.go:21", sdk="tool.py:44"
        ),
    ]


class ToolDescription(Spec):
    human: Annotated[
        I18n,
        Origin(
            "The description shown to users.",
            docs="tool-plugin.mdx:208",
            daemon="tool_declaration.go:148",
            sdk="tool.py:181",
        ),
    ]
    llm: Annotated[
        str,
        StringConstraints(min_length=1),
        Origin(
            "The description given to the model: one text.",
            docs="tool-plugin.mdx:212",
            daemon="tool_declaration.go:149",
            sdk="tool.py:182",
            checked_by=DEBUGGING,
        ),
    ]


class ToolPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[
        str,
        PythonSource("Tool"),
        Origin("The file that defines the tool's class.", docs="tool-plugin.mdx:229", sdk="tool.py:191"),
    ]


class ToolExtra(Spec):
    python: Annotated[ToolPython, Origin("Where the code is.", docs="tool-plugin.mdx:228", sdk="tool.py:193")]


class Tool(Spec):
    mistaken: ClassVar[Mapping[str, str]] = {"outputs": "output_schema", "output_variables": "output_schema"}
    remarks: ClassVar[Mapping[str, Remark]] = {
        "name": Remark(Severity.NOTICE, "The name is read from `identity`."),
        **noise("type", "provider_type"),
    }

    identity: Annotated[
        ToolIdentity,
        Unpacked(),
        Origin("Who the tool is.", docs="tool-plugin.mdx:200", daemon="tool_declaration.go:175", sdk="tool.py:201"),
    ]
    description: Annotated[
        ToolDescription,
        Unpacked(),
        Origin(
            "What the tool does, for users and for the model.",
            docs="tool-plugin.mdx:207",
            daemon="tool_declaration.go:176",
            sdk="tool.py:206",
        ),
    ]
    parameters: Annotated[
        list[UnpackedToolParameter] | None,
        Origin(
            "What the tool is called with.",
            docs="tool-plugin.mdx:213",
            daemon="tool_declaration.go:177",
            sdk="tool.py:202",
        ),
    ] = None
    output_schema: Annotated[
        dict[str, Any] | None,
        Origin(
            "A JSON Schema of the variables that the tool returns.",
            docs="tool.mdx:222",
            daemon="tool_declaration.go:178",
            sdk="tool.py:212",
        ),
    ] = None
    has_runtime_parameters: Annotated[
        bool | None,
        Origin(
            "Whether the parameters depend on the moment. The SDK looks at the class instead.",
            daemon="tool_declaration.go:179",
        ),
    ] = None
    extra: Annotated[
        ToolExtra, Unpacked(), Origin("What only the SDK reads.", docs="tool-plugin.mdx:227", sdk="tool.py:207")
    ]
