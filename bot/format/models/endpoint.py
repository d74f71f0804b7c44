"""An endpoint: a file of its own, or an item of its group.

D endpoint.mdx:54; G endpoint_declaration.go:40; S endpoint.py:23.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import StringConstraints

from bot.format.models.base import DEBUGGING, Origin, PythonSource, Remark, Spec, noise


class EndpointPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[
        str,
        PythonSource("Endpoint"),
        Origin("The file that defines the endpoint's class.", docs="endpoint.mdx:60", sdk="endpoint.py:14"),
    ]


class EndpointExtra(Spec):
    python: Annotated[EndpointPython, Origin("Where the code is.", docs="endpoint.mdx:59", sdk="endpoint.py:16")]


class Endpoint(Spec):
    path: Annotated[
        str,
        StringConstraints(pattern=r"^/"),
        Origin(
            "The path of the address, by Werkzeug's rules: it starts with `/` and may hold `<name>` parts.",
            docs="endpoint.mdx:56",
            daemon="endpoint_declaration.go:41",
            sdk="endpoint.py:24",
        ),
    ]
    method: Annotated[
        Literal["HEAD", "GET", "POST", "PUT", "DELETE", "OPTIONS"],
        Origin(
            "The HTTP method.",
            docs="endpoint.mdx:57",
            daemon="endpoint_declaration.go:42",
            sdk="endpoint.py:25",
            checked_by=DEBUGGING,
        ),
    ]
    hidden: Annotated[
        bool,
        Origin(
            "Whether the console leaves the endpoint out.", daemon="endpoint_declaration.go:43", sdk="endpoint.py:26"
        ),
    ] = False
    extra: Annotated[EndpointExtra, Origin("What only the SDK reads.", docs="endpoint.mdx:58", sdk="endpoint.py:29")]
