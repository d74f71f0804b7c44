"""A datasource, linked from `datasources` of its provider."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from bot.findings import By
from bot.format.models.base import Asset, Origin, PythonSource, Remark, SdkOnly, Spec, empty_dict, empty_list, noise
from bot.format.models.i18n import I18n
from bot.format.models.identity import Identity
from bot.format.models.parameter import FROM_JSON_SCHEMA, Parameter, ParameterOption
from bot.format.models.values import Basic, Unwelcome

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


class DatasourceParameter(Parameter):
    mistaken: ClassVar[Mapping[str, str]] = {**FROM_JSON_SCHEMA, "human_description": "description"}
    remarks: ClassVar[Mapping[str, Remark]] = noise("form", "help", "llm_description", "multiple")

    type: Annotated[
        Literal["string", "number", "boolean", "select", "secret-input"],
        SdkOnly(("file", "files")),
        Origin("The type of the value."),
    ]
    description: Annotated[I18n, Origin("The description shown to users.")]
    required: Annotated[bool, Origin("Whether a value must be given.")] = False
    placeholder: Annotated[I18n | None, Origin("The text in the empty field. The daemon drops it.", daemon=False)] = (
        None
    )
    scope: Annotated[str | None, Unwelcome(), Origin("No type of a datasource's parameter has a scope.")] = None
    default: Annotated[Any, Basic(), Origin("The value when none is given.")] = None
    options: Annotated[list[ParameterOption], Origin("What a `select` offers.")] = Field(default_factory=empty_list)


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
        Field(default_factory=empty_dict)
    )
    extra: Annotated[DatasourceExtra, Origin("What only the SDK reads.", daemon=False)]
