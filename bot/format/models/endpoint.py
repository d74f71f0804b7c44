"""An endpoint: a file of its own, or an item of its group."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import StringConstraints

from bot.format.models.base import DEBUGGING, Origin, PythonSource, Remark, Spec, noise


class EndpointPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[
        str, PythonSource("Endpoint"), Origin("The file that defines the endpoint's class.", daemon=False)
    ]


class EndpointExtra(Spec):
    python: Annotated[EndpointPython, Origin("Where the code is.", daemon=False)]


class Endpoint(Spec):
    path: Annotated[
        str,
        StringConstraints(pattern=r"^/"),
        Origin("The path of the address, by Werkzeug's rules: it starts with `/` and may hold `<name>` parts."),
    ]
    method: Annotated[
        Literal["HEAD", "GET", "POST", "PUT", "DELETE", "OPTIONS"], Origin("The HTTP method.", checked_by=DEBUGGING)
    ]
    hidden: Annotated[bool, Origin("Whether the console leaves the endpoint out.")] = False
    extra: Annotated[EndpointExtra, Origin("What only the SDK reads.", daemon=False)]
