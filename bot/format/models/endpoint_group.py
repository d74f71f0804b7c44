"""A group of endpoints, linked from `plugins.endpoints` of the manifest."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag

from bot.findings import Severity
from bot.format.models.base import ANY_SHAPE, PLATFORM, Link, Origin, Remark, Shape, Spec, Unpacked, empty_list, noise
from bot.format.models.endpoint import Endpoint
from bot.format.models.provider_config import LIST_OF_PROVIDER_CONFIGS, ProviderConfig
from bot.format.traits import DocumentKind


def _form(value: Any) -> str:
    return "\0inline" if isinstance(value, dict) else "\0path"


EndpointItem = Annotated[
    Annotated[
        Annotated[
            str,
            Link(DocumentKind.ENDPOINT),
            Origin("The path of an endpoint's file.", nested=True, daemon_takes=ANY_SHAPE),
        ],
        Tag("\0path"),
    ]
    | Annotated[
        Endpoint,
        Unpacked(),
        Origin(
            "An endpoint.",
            nested=True,
            daemon_takes=ANY_SHAPE,
            daemon_loses="The daemon drops this endpoint and all that follow without a message.",
        ),
        Tag("\0inline"),
    ],
    Discriminator(_form),
]


class EndpointGroup(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = {
        "endpoint_declarations": Remark(Severity.WARNING, "The daemon decodes it and drops it: `endpoints` is meant."),
        **noise("extra", "identity"),
    }

    settings: Annotated[
        list[ProviderConfig],
        Origin(
            "What to ask users for when they set up the endpoints.",
            required_by=PLATFORM,
            platform_refuses=frozenset({Shape.NULL}),
            advice=f"{LIST_OF_PROVIDER_CONFIGS} The documentation's mapping is a mistake.",
        ),
    ]
    endpoints: Annotated[
        list[EndpointItem],
        Origin("The endpoints: paths of their files, or the endpoints themselves.", daemon_takes=ANY_SHAPE),
    ] = Field(default_factory=empty_list)
