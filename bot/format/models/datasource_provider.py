"""A datasource provider, linked from `plugins.datasources`."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from bot.findings import By, Severity
from bot.format.models.base import ANY_SHAPE, Asset, Link, Origin, PythonSource, Remark, Spec, empty_list, noise
from bot.format.models.identity import ProviderIdentity
from bot.format.models.oauth import OAuthSchema
from bot.format.models.provider_config import LIST_OF_PROVIDER_CONFIGS, LIST_OR_MAPPING, ProviderConfig
from bot.format.models.tags import CommonTag
from bot.format.traits import DocumentKind


class DatasourceProviderIdentity(ProviderIdentity):
    icon: Annotated[str, Asset(checked_by=(By.PACKAGER, By.INSTALLER)), Origin("The name of a file in `_assets`.")]
    tags: Annotated[
        list[Annotated[CommonTag, Origin("A tag.", place="DatasourceProviderIdentity.tags.item")]] | None,
        Origin("Tags that help users find the provider. The tag `rag` belongs in the manifest only."),
    ] = None


class DatasourceProviderPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[
        str, PythonSource("DatasourceProvider"), Origin("The file that defines the provider's class.", daemon=False)
    ]


class DatasourceProviderExtra(Spec):
    python: Annotated[DatasourceProviderPython, Origin("Where the code is.", daemon=False)]


class DatasourceProvider(Spec):
    misplaced: ClassVar[Mapping[str, str]] = {"tags": "`identity`"}
    remarks: ClassVar[Mapping[str, Remark]] = {
        "credentials_for_provider": Remark(
            Severity.ERROR,
            "Daemon and SDK drop it, so nobody can enter credentials: a datasource lists them in `credentials_schema`.",
            refused_by=(By.CONSOLE,),
        ),
        **noise("help"),
    }

    identity: Annotated[DatasourceProviderIdentity, Origin("Who the provider is.")]
    provider_type: Annotated[
        Literal["website_crawl", "online_document", "online_drive"],
        Origin("What the datasources are: crawlers of websites, documents online, or drives."),
    ]
    credentials_schema: Annotated[
        list[ProviderConfig],
        Origin("The credentials to ask for.", daemon_takes=LIST_OR_MAPPING, advice=LIST_OF_PROVIDER_CONFIGS),
    ] = Field(default_factory=empty_list)
    oauth_schema: Annotated[OAuthSchema | None, Origin("How to get credentials by OAuth.")] = None
    datasources: Annotated[
        list[
            Annotated[
                str,
                Link(DocumentKind.DATASOURCE),
                Origin(
                    "The path of a datasource's file.",
                    nested=True,
                    daemon_takes=ANY_SHAPE,
                    advice="Put the datasource into a file of its own and write its path here.",
                ),
            ]
        ],
        Origin(
            "The files of the datasources, as paths from the plugin root.",
            daemon_takes=ANY_SHAPE,
            advice="Write a list of paths.",
        ),
    ] = Field(default_factory=empty_list)
    extra: Annotated[DatasourceProviderExtra, Origin("What only the SDK reads.", daemon=False)]
