"""A datasource, linked from `datasources` of its provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from bot.findings import By
from bot.format.models.base import Asset, Origin, PythonSource, Remark, Spec, noise
from bot.format.models.i18n import I18n
from bot.format.models.identity import Identity
from bot.format.models.parameter import DatasourceParameter

#: The class that a datasource derives from, by the `provider_type` of its provider (S plugin_registration.py:275).
BASE_BY_PROVIDER_TYPE = (
    ("website_crawl", "WebsiteCrawlDatasource"),
    ("online_document", "OnlineDocumentDatasource"),
    ("online_drive", "OnlineDriveDatasource"),
)


class DatasourceIdentity(Identity):
    remarks: ClassVar[Mapping[str, Remark]] = noise("description", "display_name", "tags")

    name: Annotated[str, Origin("Its name, unique in its provider.")]
    icon: Annotated[str | None, Asset(checked_by=(By.INSTALLER,)), Origin("The name of a file in `_assets`.")] = None


class DatasourcePython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("class", "class_name")

    source: Annotated[
        str,
        PythonSource("", by=BASE_BY_PROVIDER_TYPE),
        Origin("The file that defines the datasource's class.", daemon=False),
    ]


class DatasourceExtra(Spec):
    python: Annotated[DatasourcePython, Origin("Where the code is.", daemon=False)]


class Datasource(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("provider_type")

    identity: Annotated[DatasourceIdentity, Origin("Who the datasource is.")]
    description: Annotated[I18n, Origin("What the datasource does.")]
    parameters: Annotated[list[DatasourceParameter] | None, Origin("What the datasource is called with.")] = None
    output_schema: Annotated[dict[str, Any], Origin("A JSON Schema of the variables that the datasource returns.")] = (
        Field(default_factory=dict)
    )
    extra: Annotated[DatasourceExtra, Origin("What only the SDK reads.", daemon=False)]
