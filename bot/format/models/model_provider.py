"""A model provider, linked from `plugins.models` of the manifest.

D model-designing-rules.mdx:36; G model_declaration.go:643; S provider.py:193.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from bot.findings import By, Reach, Severity
from bot.format.builtin import SECTIONS
from bot.format.models.base import (
    ANY_SHAPE,
    PLATFORM,
    PROVIDER_ID,
    Asset,
    DocumentKind,
    Glob,
    Link,
    Origin,
    PythonSource,
    Remark,
    Shape,
    Spec,
    Unpacked,
    noise,
)
from bot.format.models.i18n import I18n, I18nObject
from bot.format.models.model import TEXT2IMG, ModelType
from bot.format.models.parameter import OPTION_MISTAKES, FormShowOn


def _icon(text: str, daemon: str) -> Origin:
    return Origin(text, docs="model-designing-rules.mdx:66", daemon=daemon, sdk="parameters.py:20")


_CHECKED = Asset(checked_by=(By.PACKAGER, By.INSTALLER))
_INSTALLED = Asset(checked_by=(By.INSTALLER,))


class LocalizedIcon(I18nObject):
    """The names of files in `_assets`, by locale. G helper.go:404."""

    en_US: Annotated[
        str,
        _CHECKED,
        Origin(
            "The name of a file in `_assets`.",
            docs="model-designing-rules.mdx:73",
            daemon="basic_type.go:10",
            sdk="parameters.py:23",
        ),
    ]
    zh_Hans: Annotated[str | None, _CHECKED, _icon("The file for simplified Chinese.", "basic_type.go:12")] = None
    pt_BR: Annotated[str | None, _CHECKED, _icon("The file for Brazilian Portuguese.", "basic_type.go:13")] = None
    ja_JP: Annotated[str | None, _CHECKED, _icon("The file for Japanese.", "basic_type.go:11")] = None


class LocalizedDarkIcon(I18nObject):
    """As `LocalizedIcon`, but only the installer looks for the files. G assets.go:36."""

    en_US: Annotated[
        str,
        _INSTALLED,
        Origin("The name of a file in `_assets`.", daemon="basic_type.go:10", sdk="parameters.py:23"),
    ]
    zh_Hans: Annotated[str | None, _INSTALLED, _icon("The file for simplified Chinese.", "basic_type.go:12")] = None
    pt_BR: Annotated[str | None, _INSTALLED, _icon("The file for Brazilian Portuguese.", "basic_type.go:13")] = None
    ja_JP: Annotated[str | None, _INSTALLED, _icon("The file for Japanese.", "basic_type.go:11")] = None


class ModelProviderHelp(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("text")

    title: Annotated[
        I18n,
        Origin(
            "The text of the help link.",
            docs="model-designing-rules.mdx:97",
            daemon="model_declaration.go:630",
            sdk="provider.py:148",
        ),
    ]
    url: Annotated[
        I18n,
        Origin(
            "Where the help link leads, by locale.",
            docs="model-designing-rules.mdx:109",
            daemon="model_declaration.go:631",
            sdk="provider.py:149",
        ),
    ]


class FormOption(Spec):
    """An option of a credential form. D model-designing-rules.mdx:540; S provider.py:59.

    The SDK's class has a constructor of its own, which takes the mapping as keyword arguments.
    """

    mistaken: ClassVar[Mapping[str, str]] = OPTION_MISTAKES

    value: Annotated[
        str,
        Origin(
            "The value that the plugin receives, in quotes if it is a number, true or false.",
            docs="model-designing-rules.mdx:554",
            daemon="model_declaration.go:509",
            sdk="provider.py:65",
        ),
    ]
    label: Annotated[
        I18n,
        Origin(
            "The text shown for it.",
            docs="model-designing-rules.mdx:542",
            daemon="model_declaration.go:508",
            sdk="provider.py:64",
        ),
    ]
    show_on: Annotated[
        list[FormShowOn],
        Origin(
            "When the option is shown: when all conditions hold.",
            docs="model-designing-rules.mdx:558",
            daemon="model_declaration.go:510",
            sdk="provider.py:66",
        ),
    ] = Field(default_factory=list)


class CredentialFormSchema(Spec):
    """An item of a credential form. D model-designing-rules.mdx:464; G model_declaration.go:553; S provider.py:78."""

    mistaken: ClassVar[Mapping[str, str]] = {"name": "variable", "place_holder": "placeholder"}

    variable: Annotated[
        str,
        Origin(
            "The name under which the plugin receives the value.",
            docs="model-designing-rules.mdx:466",
            daemon="model_declaration.go:554",
            sdk="provider.py:83",
        ),
    ]
    label: Annotated[
        I18n,
        Origin(
            "The name shown to users.",
            docs="model-designing-rules.mdx:470",
            daemon="model_declaration.go:555",
            sdk="provider.py:84",
        ),
    ]
    type: Annotated[
        Literal["text-input", "secret-input", "select", "radio", "switch"],
        Origin(
            "The kind of input.",
            docs="model-designing-rules.mdx:482",
            daemon="model_declaration.go:556",
            sdk="provider.py:85",
        ),
    ]
    required: Annotated[
        bool,
        Origin(
            "Whether a value must be given. Without the key the daemon says no and the SDK says yes.",
            docs="model-designing-rules.mdx:486",
            daemon="model_declaration.go:557",
            sdk="provider.py:86",
        ),
    ] = False
    default: Annotated[
        str | None,
        Origin(
            "The value when none is given, as text.",
            docs="model-designing-rules.mdx:490",
            daemon="model_declaration.go:558",
            sdk="provider.py:87",
        ),
    ] = None
    options: Annotated[
        list[Annotated[FormOption, Unpacked()]] | None,
        Origin(
            "What `select` and `radio` offer.",
            docs="model-designing-rules.mdx:494",
            daemon="model_declaration.go:559",
            sdk="provider.py:88",
        ),
    ] = None
    placeholder: Annotated[
        I18n | None,
        Origin(
            "The text in the empty field.",
            docs="model-designing-rules.mdx:498",
            daemon="model_declaration.go:562",
            sdk="provider.py:89",
        ),
    ] = None
    max_length: Annotated[
        int,
        Origin(
            "How many characters a value may have; 0 is any number.",
            docs="model-designing-rules.mdx:510",
            daemon="model_declaration.go:563",
            sdk="provider.py:90",
        ),
    ] = 0
    show_on: Annotated[
        list[FormShowOn],
        Origin(
            "When the field is shown: when all conditions hold.",
            docs="model-designing-rules.mdx:514",
            daemon="model_declaration.go:564",
            sdk="provider.py:91",
        ),
    ] = Field(default_factory=list)
    help: Annotated[
        I18n | None,
        Origin("The text of the help link. The SDK drops it.", daemon="model_declaration.go:560"),
    ] = None
    url: Annotated[
        str | None,
        Origin("Where the help link leads. The SDK drops it.", daemon="model_declaration.go:561"),
    ] = None


class ProviderCredentialSchema(Spec):
    """D model-designing-rules.mdx:424; G model_declaration.go:615; S provider.py:98."""

    credential_form_schemas: Annotated[
        list[CredentialFormSchema],
        Origin(
            "The form.", docs="model-designing-rules.mdx:426", daemon="model_declaration.go:616", sdk="provider.py:103"
        ),
    ]


class FieldModelSchema(Spec):
    """How the field for the model's name looks. G model_declaration.go:619; S provider.py:110."""

    remarks: ClassVar[Mapping[str, Remark]] = noise("help")

    label: Annotated[
        I18n,
        Origin(
            "The name shown to users.",
            docs="model-designing-rules.mdx:435",
            daemon="model_declaration.go:620",
            sdk="provider.py:111",
        ),
    ]
    placeholder: Annotated[
        I18n | None,
        Origin(
            "The text in the empty field.",
            docs="model-designing-rules.mdx:447",
            daemon="model_declaration.go:621",
            sdk="provider.py:112",
        ),
    ] = None


class ModelCredentialSchema(Spec):
    """D model-designing-rules.mdx:430; G model_declaration.go:624; S provider.py:115."""

    model: Annotated[
        FieldModelSchema,
        Origin(
            "The field for the model's name.",
            docs="model-designing-rules.mdx:432",
            daemon="model_declaration.go:625",
            sdk="provider.py:120",
        ),
    ]
    credential_form_schemas: Annotated[
        list[CredentialFormSchema],
        Origin(
            "The form.", docs="model-designing-rules.mdx:460", daemon="model_declaration.go:626", sdk="provider.py:121"
        ),
    ]


class ModelSection(Spec):
    """The models of one type. G model_declaration.go:786; S provider.py:249."""

    predefined: Annotated[
        list[
            Annotated[
                str,
                Glob(DocumentKind.MODEL),
                Origin("A pattern for the files of models, such as `models/llm/*.yaml`.", daemon_takes=ANY_SHAPE),
            ]
        ],
        Origin(
            "Patterns for the files of the models.",
            daemon="model_declaration.go:796",
            sdk="provider.py:253",
            daemon_takes=ANY_SHAPE,
            advice="Write a list of patterns such as `models/llm/*.yaml`.",
        ),
    ] = Field(default_factory=list)
    position: Annotated[
        str,
        Link(DocumentKind.MODEL_POSITION),
        Origin(
            "The file with the order of the models. The SDK takes the file that a pattern finds instead.",
            daemon="model_declaration.go:794",
            daemon_takes=frozenset({Shape.SCALAR}),
        ),
    ] = ""


def _section(text: str) -> Origin:
    return Origin(text, daemon="model_declaration.go:777", sdk="provider.py:271", daemon_takes=ANY_SHAPE)


class ModelSections(Spec):
    """The models by type; the names of the sections are written with `_`. G model_declaration.go:777."""

    mistaken: ClassVar[Mapping[str, str]] = {
        "text-embedding": "text_embedding",
        "embedding": "text_embedding",
        "reranking": "rerank",
        "speech-to-text": "speech2text",
        "text-to-speech": "tts",
    }
    lost: ClassVar[str] = "The models of this section are never loaded."

    llm: Annotated[ModelSection, _section("LLMs.")] = Field(default_factory=ModelSection)
    text_embedding: Annotated[ModelSection, _section("Text embedding models.")] = Field(default_factory=ModelSection)
    rerank: Annotated[ModelSection, _section("Rerank models.")] = Field(default_factory=ModelSection)
    tts: Annotated[ModelSection, _section("Text-to-speech models.")] = Field(default_factory=ModelSection)
    speech2text: Annotated[ModelSection, _section("Speech-to-text models.")] = Field(default_factory=ModelSection)
    moderation: Annotated[ModelSection, _section("Moderation models.")] = Field(default_factory=ModelSection)


def _order(text: str, daemon: str, sdk: str) -> Origin:
    return Origin(text, daemon=daemon, sdk=sdk)


_Names = list[Annotated[str, Origin("The name of a model.")]]


class ModelOrder(Spec):
    """ModelPosition: the order of the models, in the provider itself. G model_declaration.go:634; S provider.py:156."""

    llm: Annotated[_Names | None, _order("LLMs.", "model_declaration.go:635", "provider.py:161")] = None
    text_embedding: Annotated[
        _Names | None, _order("Text embedding models.", "model_declaration.go:636", "provider.py:165")
    ] = None
    rerank: Annotated[_Names | None, _order("Rerank models.", "model_declaration.go:637", "provider.py:171")] = None
    tts: Annotated[_Names | None, _order("Text-to-speech models.", "model_declaration.go:638", "provider.py:175")] = (
        None
    )
    speech2text: Annotated[
        _Names | None, _order("Speech-to-text models.", "model_declaration.go:639", "provider.py:179")
    ] = None
    moderation: Annotated[
        _Names | None, _order("Moderation models.", "model_declaration.go:640", "provider.py:185")
    ] = None


class ModelProviderPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("source", "class", "class_name")

    provider_source: Annotated[
        str,
        PythonSource("ModelProvider"),
        Origin("The file that defines the provider's class.", sdk="provider.py:289"),
    ]
    model_sources: Annotated[
        list[
            Annotated[
                str,
                PythonSource(" | ".join(base for _, base in SECTIONS.values()), many=True),
                Origin("The path of a Python file."),
            ]
        ],
        Origin("The files that define the classes of the models.", sdk="provider.py:290"),
    ] = Field(default_factory=list)


class ModelProviderExtra(Spec):
    python: Annotated[ModelProviderPython, Origin("Where the code is.", sdk="provider.py:294")]


class ModelProvider(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = {
        "model_declarations": Remark(
            Severity.WARNING,
            "The daemon reads models from it that the SDK never loads: files named under `models` are read by both.",
        ),
        **noise("identity", "icon"),
    }
    mistaken: ClassVar[Mapping[str, str]] = {"configurable_methods": "configurate_methods", "name": "provider"}

    provider: Annotated[
        str,
        StringConstraints(pattern=PROVIDER_ID),
        Origin(
            "The name of the provider: small letters, digits, - and _.",
            docs="model-designing-rules.mdx:38",
            daemon="model_declaration.go:644",
            sdk="provider.py:198",
            platform="models/provider_ids.py:27",
            checked_by=PLATFORM,
            reach=Reach.PROVIDER,
        ),
    ]
    label: Annotated[
        I18n,
        Origin(
            "The name shown to users.",
            docs="model-designing-rules.mdx:42",
            daemon="model_declaration.go:645",
            sdk="provider.py:199",
        ),
    ]
    description: Annotated[
        I18n | None,
        Origin(
            "What the provider offers; without it, the manifest's description counts.",
            docs="model-designing-rules.mdx:54",
            daemon="model_declaration.go:646",
            sdk="provider.py:200",
        ),
    ] = None
    icon_small: Annotated[
        LocalizedIcon | None,
        Origin(
            "The small icon.",
            docs="model-designing-rules.mdx:66",
            daemon="model_declaration.go:647",
            sdk="provider.py:201",
        ),
    ] = None
    icon_large: Annotated[
        LocalizedIcon | None,
        Origin(
            "The large icon.",
            docs="model-designing-rules.mdx:78",
            daemon="model_declaration.go:648",
            sdk="provider.py:202",
        ),
    ] = None
    icon_small_dark: Annotated[
        LocalizedDarkIcon | None,
        Origin("The small icon for the dark theme.", daemon="model_declaration.go:649", sdk="provider.py:203"),
    ] = None
    icon_large_dark: Annotated[
        LocalizedDarkIcon | None,
        Origin("The large icon for the dark theme.", daemon="model_declaration.go:650", sdk="provider.py:204"),
    ] = None
    background: Annotated[
        str | None,
        Origin(
            "The background colour: #FFFFFF, in quotes.",
            docs="model-designing-rules.mdx:90",
            daemon="model_declaration.go:651",
            sdk="provider.py:205",
        ),
    ] = None
    help: Annotated[
        ModelProviderHelp | None,
        Origin(
            "A link to help.",
            docs="model-designing-rules.mdx:94",
            daemon="model_declaration.go:652",
            sdk="provider.py:206",
        ),
    ] = None
    supported_model_types: Annotated[
        list[
            Annotated[
                ModelType,
                TEXT2IMG,
                Origin(
                    "A type of model.",
                    daemon="model_declaration.go:32",
                    sdk="schema.py:186",
                    platform="graphon model_entities.py:10",
                ),
            ]
        ],
        Origin(
            "The types of models that the provider has.",
            docs="model-designing-rules.mdx:122",
            daemon="model_declaration.go:653",
            sdk="provider.py:207",
        ),
    ]
    configurate_methods: Annotated[
        list[
            Annotated[
                Literal["predefined-model", "customizable-model"],
                Origin("A method.", daemon="model_declaration.go:56", sdk="provider.py:17"),
            ]
        ],
        Origin(
            "How users get models: those of the plugin with one set of credentials, or each with its own.",
            docs="model-designing-rules.mdx:126",
            daemon="model_declaration.go:654",
            sdk="provider.py:208",
        ),
    ]
    provider_credential_schema: Annotated[
        ProviderCredentialSchema | None,
        Origin(
            "The credentials for all models of the plugin.",
            docs="model-designing-rules.mdx:130",
            daemon="model_declaration.go:655",
            sdk="provider.py:210",
        ),
    ] = None
    model_credential_schema: Annotated[
        ModelCredentialSchema | None,
        Origin(
            "The credentials for one customizable model.",
            docs="model-designing-rules.mdx:134",
            daemon="model_declaration.go:656",
            sdk="provider.py:211",
        ),
    ] = None
    models: Annotated[
        ModelSections,
        Origin(
            "Where the files of the models are, by type.",
            daemon="model_declaration.go:773",
            sdk="provider.py:237",
            daemon_takes=ANY_SHAPE,
            advice="Write a mapping from type to `predefined` and `position`.",
        ),
    ] = Field(default_factory=ModelSections)
    position: Annotated[
        ModelOrder | None,
        Origin(
            "The order of the models, by type. Undocumented; the files under `models` are the usual way.",
            daemon="model_declaration.go:657",
            sdk="provider.py:212",
        ),
    ] = None
    extra: Annotated[ModelProviderExtra, Origin("What only the SDK reads.", sdk="provider.py:303")]
