"""A model provider, linked from `plugins.models` of the manifest."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from bot.findings import By, Reach, Severity
from bot.format.builtin import LOST_SECTION, SECTIONS
from bot.format.models.base import (
    ANY_SHAPE,
    PLATFORM,
    PROVIDER_ID,
    Asset,
    Glob,
    Link,
    Origin,
    PythonSource,
    Remark,
    Shape,
    Spec,
    Unpacked,
    empty_list,
    noise,
)
from bot.format.models.i18n import I18n, I18nObject
from bot.format.models.model import TEXT2IMG, ModelType
from bot.format.models.parameter import OPTION_MISTAKES, FormShowOn
from bot.format.traits import DocumentKind

_CHECKED = Asset(checked_by=(By.PACKAGER, By.INSTALLER))
_INSTALLED = Asset(checked_by=(By.INSTALLER,))


class LocalizedIcon(I18nObject):
    """The names of files in `_assets`, by locale."""

    en_US: Annotated[str, _CHECKED, Origin("The name of a file in `_assets`.")]
    zh_Hans: Annotated[str | None, _CHECKED, Origin("The file for simplified Chinese.")] = None
    pt_BR: Annotated[str | None, _CHECKED, Origin("The file for Brazilian Portuguese.")] = None
    ja_JP: Annotated[str | None, _CHECKED, Origin("The file for Japanese.")] = None


class LocalizedDarkIcon(I18nObject):
    """As `LocalizedIcon`, but only the installer looks for the files."""

    en_US: Annotated[str, _INSTALLED, Origin("The name of a file in `_assets`.")]
    zh_Hans: Annotated[str | None, _INSTALLED, Origin("The file for simplified Chinese.")] = None
    pt_BR: Annotated[str | None, _INSTALLED, Origin("The file for Brazilian Portuguese.")] = None
    ja_JP: Annotated[str | None, _INSTALLED, Origin("The file for Japanese.")] = None


class ModelProviderHelp(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("text")

    title: Annotated[I18n, Origin("The text of the help link.")]
    url: Annotated[I18n, Origin("Where the help link leads, by locale.")]


class FormOption(Spec):
    """An option of a credential form.

    The SDK's class has a constructor of its own, which takes the mapping as keyword arguments.
    """

    mistaken: ClassVar[Mapping[str, str]] = OPTION_MISTAKES

    value: Annotated[str, Origin("The value that the plugin receives, in quotes if it is a number, true or false.")]
    label: Annotated[I18n, Origin("The text shown for it.")]
    show_on: Annotated[list[FormShowOn], Origin("When the option is shown: when all conditions hold.")] = Field(
        default_factory=empty_list
    )


class CredentialFormSchema(Spec):
    """An item of a credential form."""

    mistaken: ClassVar[Mapping[str, str]] = {"name": "variable", "place_holder": "placeholder"}

    variable: Annotated[str, Origin("The name under which the plugin receives the value.")]
    label: Annotated[I18n, Origin("The name shown to users.")]
    type: Annotated[Literal["text-input", "secret-input", "select", "radio", "switch"], Origin("The kind of input.")]
    required: Annotated[
        bool, Origin("Whether a value must be given. Without the key the daemon says no and the SDK says yes.")
    ] = False
    default: Annotated[str | None, Origin("The value when none is given, as text.")] = None
    options: Annotated[list[Annotated[FormOption, Unpacked()]] | None, Origin("What `select` and `radio` offer.")] = (
        None
    )
    placeholder: Annotated[I18n | None, Origin("The text in the empty field.")] = None
    max_length: Annotated[int, Origin("How many characters a value may have; 0 is any number.")] = 0
    show_on: Annotated[list[FormShowOn], Origin("When the field is shown: when all conditions hold.")] = Field(
        default_factory=empty_list
    )
    help: Annotated[I18n | None, Origin("The text of the help link. The SDK drops it.", sdk=False)] = None
    url: Annotated[str | None, Origin("Where the help link leads. The SDK drops it.", sdk=False)] = None


class ProviderCredentialSchema(Spec):
    credential_form_schemas: Annotated[list[CredentialFormSchema], Origin("The form.")]


class FieldModelSchema(Spec):
    """How the field for the model's name looks."""

    remarks: ClassVar[Mapping[str, Remark]] = noise("help")

    label: Annotated[I18n, Origin("The name shown to users.")]
    placeholder: Annotated[I18n | None, Origin("The text in the empty field.")] = None


class ModelCredentialSchema(Spec):
    model: Annotated[FieldModelSchema, Origin("The field for the model's name.")]
    credential_form_schemas: Annotated[list[CredentialFormSchema], Origin("The form.")]


class ModelSection(Spec):
    """The models of one type."""

    predefined: Annotated[
        list[
            Annotated[
                str,
                Glob(DocumentKind.MODEL),
                Origin(
                    "A pattern for the files of models, such as `models/llm/*.yaml`.",
                    nested=True,
                    daemon_takes=ANY_SHAPE,
                ),
            ]
        ],
        Origin(
            "Patterns for the files of the models.",
            daemon_takes=ANY_SHAPE,
            advice="Write a list of patterns such as `models/llm/*.yaml`.",
        ),
    ] = Field(default_factory=empty_list)
    position: Annotated[
        str,
        Link(DocumentKind.MODEL_POSITION),
        Origin(
            "The file with the order of the models. The SDK takes the file that a pattern finds instead.",
            sdk=False,
            daemon_takes=frozenset({Shape.SCALAR}),
        ),
    ] = ""


class ModelSections(Spec):
    """The models by type; the names of the sections are written with `_`."""

    mistaken: ClassVar[Mapping[str, str]] = {
        "text-embedding": "text_embedding",
        "embedding": "text_embedding",
        "reranking": "rerank",
        "speech-to-text": "speech2text",
        "text-to-speech": "tts",
    }
    lost: ClassVar[str] = LOST_SECTION

    llm: Annotated[ModelSection, Origin("LLMs.", daemon_takes=ANY_SHAPE)] = Field(default_factory=ModelSection)
    text_embedding: Annotated[ModelSection, Origin("Text embedding models.", daemon_takes=ANY_SHAPE)] = Field(
        default_factory=ModelSection
    )
    rerank: Annotated[ModelSection, Origin("Rerank models.", daemon_takes=ANY_SHAPE)] = Field(
        default_factory=ModelSection
    )
    tts: Annotated[ModelSection, Origin("Text-to-speech models.", daemon_takes=ANY_SHAPE)] = Field(
        default_factory=ModelSection
    )
    speech2text: Annotated[ModelSection, Origin("Speech-to-text models.", daemon_takes=ANY_SHAPE)] = Field(
        default_factory=ModelSection
    )
    moderation: Annotated[ModelSection, Origin("Moderation models.", daemon_takes=ANY_SHAPE)] = Field(
        default_factory=ModelSection
    )


_Names = list[Annotated[str, Origin("The name of a model.", nested=True)]]


class ModelOrder(Spec):
    """ModelPosition: the order of the models, in the provider itself."""

    llm: Annotated[_Names | None, Origin("LLMs.")] = None
    text_embedding: Annotated[_Names | None, Origin("Text embedding models.")] = None
    rerank: Annotated[_Names | None, Origin("Rerank models.")] = None
    tts: Annotated[_Names | None, Origin("Text-to-speech models.")] = None
    speech2text: Annotated[_Names | None, Origin("Speech-to-text models.")] = None
    moderation: Annotated[_Names | None, Origin("Moderation models.")] = None


class ModelProviderPython(Spec):
    remarks: ClassVar[Mapping[str, Remark]] = noise("source", "class", "class_name")

    provider_source: Annotated[
        str, PythonSource("ModelProvider"), Origin("The file that defines the provider's class.", daemon=False)
    ]
    model_sources: Annotated[
        list[
            Annotated[
                str,
                PythonSource(" | ".join(base for _, base in SECTIONS.values()), many=True),
                Origin("The path of a Python file.", nested=True),
            ]
        ],
        Origin("The files that define the classes of the models.", daemon=False),
    ] = Field(default_factory=empty_list)


class ModelProviderExtra(Spec):
    python: Annotated[ModelProviderPython, Origin("Where the code is.", daemon=False)]


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
        Origin("The name of the provider: small letters, digits, - and _.", checked_by=PLATFORM, reach=Reach.PROVIDER),
    ]
    label: Annotated[I18n, Origin("The name shown to users.")]
    description: Annotated[
        I18n | None, Origin("What the provider offers; without it, the manifest's description counts.")
    ] = None
    icon_small: Annotated[LocalizedIcon | None, Origin("The small icon.")] = None
    icon_large: Annotated[LocalizedIcon | None, Origin("The large icon.")] = None
    icon_small_dark: Annotated[LocalizedDarkIcon | None, Origin("The small icon for the dark theme.")] = None
    icon_large_dark: Annotated[LocalizedDarkIcon | None, Origin("The large icon for the dark theme.")] = None
    background: Annotated[str | None, Origin("The background colour: #FFFFFF, in quotes.")] = None
    help: Annotated[ModelProviderHelp | None, Origin("A link to help.")] = None
    supported_model_types: Annotated[
        list[
            Annotated[ModelType, TEXT2IMG, Origin("A type of model.", place="ModelProvider.supported_model_types.item")]
        ],
        Origin("The types of models that the provider has."),
    ]
    configurate_methods: Annotated[
        list[
            Annotated[
                Literal["predefined-model", "customizable-model"],
                Origin("A method.", place="ModelProvider.configurate_methods.item"),
            ]
        ],
        Origin("How users get models: those of the plugin with one set of credentials, or each with its own."),
    ]
    provider_credential_schema: Annotated[
        ProviderCredentialSchema | None, Origin("The credentials for all models of the plugin.")
    ] = None
    model_credential_schema: Annotated[
        ModelCredentialSchema | None, Origin("The credentials for one customizable model.")
    ] = None
    models: Annotated[
        ModelSections,
        Origin(
            "Where the files of the models are, by type.",
            daemon_takes=ANY_SHAPE,
            advice="Write a mapping from type to `predefined` and `position`.",
        ),
    ] = Field(default_factory=ModelSections)
    position: Annotated[
        ModelOrder | None,
        Origin("The order of the models, by type. Undocumented; the files under `models` are the usual way."),
    ] = None
    extra: Annotated[ModelProviderExtra, Origin("What only the SDK reads.", daemon=False)]
