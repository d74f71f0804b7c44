"""OAuthSchema: what a provider needs for OAuth. D tool-oauth.mdx:116; G oauth.go; S oauth.py:14."""

from __future__ import annotations

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
            docs="tool-oauth.mdx:120",
            daemon="oauth.go:5",
            sdk="oauth.py:15",
            platform="core/plugin/entities/oauth.py:11",
            required_by=PLATFORM,
            platform_refuses=frozenset({Shape.NULL}),
            advice=LIST_OF_PROVIDER_CONFIGS,
        ),
    ]
    credentials_schema: Annotated[
        list[ProviderConfig],
        Origin(
            "What is kept after a user has agreed: tokens and the like.",
            docs="tool-oauth.mdx:140",
            daemon="oauth.go:8",
            sdk="oauth.py:18",
            platform="core/plugin/entities/oauth.py:11",
            required_by=PLATFORM,
            platform_refuses=frozenset({Shape.NULL}),
            advice=LIST_OF_PROVIDER_CONFIGS,
        ),
    ]
