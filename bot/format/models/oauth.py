"""OAuthSchema: what a provider needs for OAuth."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from bot.format.models.base import PLATFORM, Origin, Remark, Shape, Spec, noise
from bot.format.models.provider_config import LIST_OF_PROVIDER_CONFIGS, ProviderConfig


class OAuthSchema(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("scopes", "scope")

    client_schema: Annotated[
        list[ProviderConfig],
        Origin(
            "What an administrator enters about the OAuth client.",
            required_by=PLATFORM,
            since="1.7.0",
            platform_refuses=frozenset({Shape.NULL}),
            advice=LIST_OF_PROVIDER_CONFIGS,
        ),
    ]
    credentials_schema: Annotated[
        list[ProviderConfig],
        Origin(
            "What is kept after a user has agreed: tokens and the like.",
            required_by=PLATFORM,
            since="1.7.0",
            platform_refuses=frozenset({Shape.NULL}),
            advice=LIST_OF_PROVIDER_CONFIGS,
        ),
    ]
