"""What the Python SDK (`dify_plugin`) offers a plugin: dated facts, read from its source and not from an import.

Read on 2026-11-21 from every release from 0.0.1b1 to 0.10.1 (https://github.com/langgenius/dify-plugin-sdks). Where
releases differ the union is kept, unless a comment says otherwise: no answer here may depend on the release that a
plugin happens to be pinned to. A name the SDK may have gained since is *unknown*, never *absent*.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from msgspec import Struct

from bot.python.words import words


class SdkClass(Struct, frozen=True, eq=False):
    """A class that plugins derive from, and those of its methods that decide whether it can be instantiated."""

    name: str
    bases: tuple[str, ...] = ()
    #: Methods it declares abstract.
    abstract: frozenset[str] = frozenset()
    #: Methods it implements that a class above or beside it declares abstract.
    concrete: frozenset[str] = frozenset()


def _classes(*rows: tuple[str, str, str, str]) -> Mapping[str, SdkClass]:
    return {
        name: SdkClass(name, tuple(bases.split()), words(abstract), words(concrete))
        for name, bases, abstract, concrete in rows
    }


_OAI = "_CommonOaiApiCompat"

#: Every class of the SDK that takes part in loading a plugin. Their names are unique within the SDK.
CLASSES: Final = _classes(
    # name, bases, abstract, concrete
    # `ToolProvider._validate_credentials` was abstract up to 0.3.0.
    ("ToolProvider", "", "", ""),
    ("ToolLike", "", "", ""),
    ("Tool", "ToolLike", "_invoke", ""),
    ("AgentProvider", "ToolProvider", "", ""),
    ("AgentStrategy", "ToolLike", "_invoke", ""),
    ("Endpoint", "", "_invoke", ""),
    ("DatasourceProvider", "", "", ""),
    ("WebsiteCrawlDatasource", "ToolLike", "_get_website_crawl", ""),
    ("OnlineDocumentDatasource", "ToolLike", "_get_pages _get_content", ""),
    ("OnlineDriveDatasource", "ToolLike", "_browse_files _download_file", ""),
    ("Trigger", "", "_dispatch_event", ""),
    ("TriggerSubscriptionConstructor", "", "_create_subscription _delete_subscription _refresh_subscription", ""),
    ("Event", "", "_on_event", ""),
    ("ModelProvider", "", "validate_provider_credentials", ""),
    ("AIModel", "", "validate_credentials _invoke_error_mapping", ""),
    ("LargeLanguageModel", "AIModel", "_invoke get_num_tokens", ""),
    ("TextEmbeddingModel", "AIModel", "_invoke get_num_tokens", ""),
    ("RerankModel", "AIModel", "_invoke", ""),
    ("TTSModel", "AIModel", "_invoke", ""),
    ("Speech2TextModel", "AIModel", "_invoke", ""),
    ("ModerationModel", "AIModel", "_invoke", ""),
    (_OAI, "", "", "_invoke_error_mapping"),
    ("OAICompatProvider", "ModelProvider", "", "validate_provider_credentials"),
    (
        "OAICompatLargeLanguageModel",
        f"{_OAI} LargeLanguageModel",
        "",
        "_invoke get_num_tokens validate_credentials",
    ),
    ("OAICompatEmbeddingModel", f"{_OAI} TextEmbeddingModel", "", "_invoke get_num_tokens validate_credentials"),
    ("OAICompatRerankModel", "RerankModel", "", "_invoke validate_credentials _invoke_error_mapping"),
    ("OAICompatSpeech2TextModel", f"{_OAI} Speech2TextModel", "", "_invoke validate_credentials"),
    ("OAICompatText2SpeechModel", f"{_OAI} TTSModel", "", "_invoke validate_credentials"),
)

_INTERFACES = "dify_plugin.interfaces"
_COMPATIBLE = f"{_INTERFACES}.model.openai_compatible"

#: The classes of `CLASSES` that can be imported from each module. The modules `agent.strategy`,
#: `datasource.provider`, `endpoint.endpoint`, `model.provider`, `tool.tool` and `trigger.*` came with 0.9.0.
EXPORTS: Final[Mapping[str, frozenset[str]]] = {
    module: words(names)
    for module, names in {
        "dify_plugin": (
            "AgentProvider AgentStrategy Endpoint LargeLanguageModel ModelProvider ModerationModel "
            "OAICompatEmbeddingModel OAICompatLargeLanguageModel OAICompatProvider OAICompatRerankModel "
            "OAICompatSpeech2TextModel OAICompatText2SpeechModel RerankModel Speech2TextModel TTSModel "
            "TextEmbeddingModel Tool ToolProvider"
        ),
        _INTERFACES: "",
        f"{_INTERFACES}.agent": "AgentProvider AgentStrategy ToolLike ToolProvider",
        f"{_INTERFACES}.agent.strategy": "AgentProvider AgentStrategy ToolLike ToolProvider",
        f"{_INTERFACES}.datasource": "DatasourceProvider",
        f"{_INTERFACES}.datasource.online_document": "OnlineDocumentDatasource ToolLike",
        f"{_INTERFACES}.datasource.online_drive": "OnlineDriveDatasource ToolLike",
        f"{_INTERFACES}.datasource.provider": "DatasourceProvider",
        f"{_INTERFACES}.datasource.website": "ToolLike WebsiteCrawlDatasource",
        f"{_INTERFACES}.endpoint": "Endpoint",
        f"{_INTERFACES}.endpoint.endpoint": "Endpoint",
        f"{_INTERFACES}.exec": "",
        f"{_INTERFACES}.exec.ai_model": "",
        f"{_INTERFACES}.model": "AIModel ModelProvider",
        f"{_INTERFACES}.model.ai_model": "AIModel",
        f"{_INTERFACES}.model.large_language_model": "AIModel LargeLanguageModel",
        f"{_INTERFACES}.model.moderation_model": "AIModel ModerationModel",
        f"{_INTERFACES}.model.provider": "AIModel ModelProvider",
        f"{_INTERFACES}.model.rerank_model": "AIModel RerankModel",
        f"{_INTERFACES}.model.speech2text_model": "AIModel Speech2TextModel",
        f"{_INTERFACES}.model.text_embedding_model": "AIModel TextEmbeddingModel",
        f"{_INTERFACES}.model.tts_model": "AIModel TTSModel",
        _COMPATIBLE: "",
        f"{_COMPATIBLE}.common": _OAI,
        f"{_COMPATIBLE}.llm": f"LargeLanguageModel OAICompatLargeLanguageModel {_OAI}",
        f"{_COMPATIBLE}.provider": "ModelProvider OAICompatProvider",
        f"{_COMPATIBLE}.rerank": "OAICompatRerankModel RerankModel",
        f"{_COMPATIBLE}.speech2text": f"OAICompatSpeech2TextModel Speech2TextModel {_OAI}",
        f"{_COMPATIBLE}.text_embedding": f"OAICompatEmbeddingModel TextEmbeddingModel {_OAI}",
        f"{_COMPATIBLE}.tts": f"OAICompatText2SpeechModel TTSModel {_OAI}",
        f"{_INTERFACES}.tool": "Tool ToolLike ToolProvider",
        f"{_INTERFACES}.tool.tool": "Tool ToolLike ToolProvider",
        f"{_INTERFACES}.trigger": "Event Trigger TriggerSubscriptionConstructor",
        f"{_INTERFACES}.trigger.event": "Event",
        f"{_INTERFACES}.trigger.runtime": "",
        f"{_INTERFACES}.trigger.trigger": "Trigger TriggerSubscriptionConstructor",
    }.items()
}

#: The other names of the modules of `EXPORTS`: none of them is a class that the loader counts.
_OTHER_NAMES: Final = words(
    """
    ABC AIModelEntity AgentInvokeMessage AgentModelConfig AgentRuntime AgentScratchpadUnit AgentToolIdentity Any
    AssistantPromptMessage BaseModel ConfigDict CredentialType CredentialsValidateFailedError DIFY_FILE_IDENTITY
    DIFY_TOOL_SELECTOR_IDENTITY DataSourceMessage DatasourceGetPagesResponse DatasourceMessage
    DatasourceOAuthCredentials DatasourceRuntime Decimal DefaultParameterName DifyPluginEnv EmbeddingInputType
    EmbeddingUsage EventDispatch EventIgnoreError EventRuntime FILE_PARAMETER_TYPES FetchFrom Field File FileType
    Generator Generic GetOnlineDocumentPageContentRequest GetOnlineDocumentPageContentResponse
    GetOnlineDocumentPagesResponse GetWebsiteCrawlResponse HTTPError HTTPStatus I18nObject IO
    ImagePromptMessageContent InvokeAuthorizationError InvokeBadRequestError InvokeConnectionError InvokeError
    InvokeMessage InvokeRateLimitError InvokeServerUnavailableError JsonValue LLMMode LLMModelConfig LLMPollingResult
    LLMResult LLMResultChunk LLMResultChunkDelta LLMUsage Literal LogMetadata Mapping ModelFactory ModelFeature
    ModelPropertyKey ModelType MultiModalContent MultiModalEmbeddingResult MultiModalRerankResult OAuthCredentials
    OAuthProviderProtocol OnlineDocumentInfo OnlineDocumentPagesMessage OnlineDriveBrowseFilesRequest
    OnlineDriveBrowseFilesResponse OnlineDriveDownloadFileRequest Optional PARAMETER_RULE_TEMPLATE ParameterOption
    ParameterRule ParameterType Plugin PriceConfig PriceInfo PriceType PromptMessage PromptMessageContent
    PromptMessageContentType PromptMessageFunction PromptMessageRole PromptMessageTool ProviderEntity Request
    RerankDocument RerankResult Response STRING_PARAMETER_TYPES Self Sequence Session Subscription SubscriptionError
    SystemPromptMessage T TextEmbeddingResult TimingContextRaceConditionError ToolDescription ToolEntity ToolIdentity
    ToolInvokeMessage ToolInvokeMeta ToolOAuthCredentials ToolParameter ToolPromptMessage ToolProviderType ToolRuntime
    ToolSelector TriggerDispatch TriggerDispatchError TriggerEvent TriggerOAuthCredentials TriggerProvider
    TriggerResponse TriggerRuntime TriggerSubscriptionConstructorRuntime Type TypeAdapter TypeVar URL Union
    UnsubscribeResult Unsubscription UserPromptMessage ValidationError ValidationInfo Variables
    VideoPromptMessageContent WebSiteInfo WebsiteCrawlMessage _gen_tool_call_id _increase_tool_call
    _validate_credentials_response abstractmethod cast codecs contextmanager dataclass
    decimal deprecated dumps ensure_prompt_message field_validator final get_current_session gevent hashlib inspect
    json logger logging monkey os pathlib post re requests socket suppress threadpool time urljoin uuid
    """
)

#: Packages of the SDK that define no class of `CLASSES` and lend none.
_OTHER_PACKAGES: Final = words("cli commands config entities errors file integration invocations plugin protocol tool")


class Meaning(Enum):
    """What a dotted name of the SDK stands for, when it is not a class of `CLASSES`."""

    MODULE = "module"
    OTHER = "other"
    UNKNOWN = "unknown"


def lookup(dotted: str) -> SdkClass | Meaning:
    """What the name `dotted` (`dify_plugin.Tool`), which begins with `dify_plugin`, stands for."""
    if dotted in EXPORTS:
        return Meaning.MODULE
    module, _, name = dotted.rpartition(".")
    if module in EXPORTS:
        if name in EXPORTS[module]:
            return CLASSES[name]
        return Meaning.OTHER if name in _OTHER_NAMES or name in _OTHER_PACKAGES else Meaning.UNKNOWN
    package = dotted.split(".")[1]
    if package == "core":
        # It imports most classes for its own use.
        return Meaning.UNKNOWN if name in CLASSES else Meaning.OTHER
    return Meaning.OTHER if package in _OTHER_PACKAGES else Meaning.UNKNOWN


def is_strict_subclass(name: str, base: str) -> bool:
    """Whether the SDK class `name` derives from the SDK class `base` and is not `base` itself."""
    return any(parent == base or is_strict_subclass(parent, base) for parent in CLASSES[name].bases)


#: What a `Session` can do, as chains of attributes from it, and the permission of the manifest that each takes
#: (`resource.permission`; the daemon's `backwards_invocation/task.go`). `session.file.upload` takes none.
PERMISSIONS: Final[Mapping[tuple[str, ...], str]] = {
    ("model", "llm", "invoke"): "model.llm",
    ("model", "llm_structured_output", "invoke"): "model.llm",
    ("model", "summary", "invoke"): "model.llm",
    ("model", "text_embedding", "invoke"): "model.text_embedding",
    ("model", "text_embedding", "invoke_multimodal"): "model.text_embedding",
    ("model", "rerank", "invoke"): "model.rerank",
    ("model", "rerank", "invoke_multimodal"): "model.rerank",
    ("model", "tts", "invoke"): "model.tts",
    ("model", "speech2text", "invoke"): "model.speech2text",
    ("model", "moderation", "invoke"): "model.moderation",
    ("tool", "invoke"): "tool",
    ("tool", "invoke_builtin_tool"): "tool",
    ("tool", "invoke_workflow_tool"): "tool",
    ("tool", "invoke_api_tool"): "tool",
    ("app", "chat", "invoke"): "app",
    ("app", "completion", "invoke"): "app",
    ("app", "workflow", "invoke"): "app",
    ("app", "fetch_app"): "app",
    ("app", "fetch_app_invocation", "get"): "app",
    ("workflow_node", "parameter_extractor", "invoke"): "node",
    ("workflow_node", "question_classifier", "invoke"): "node",
    ("storage", "set"): "storage",
    ("storage", "get"): "storage",
    ("storage", "delete"): "storage",
    ("storage", "exist"): "storage",
}

#: The classes behind those chains, which a plugin can also construct from a session: `ChatAppInvocation(session)`.
INVOCATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "LLMInvocation": ("model", "llm"),
    "LLMStructuredOutputInvocation": ("model", "llm_structured_output"),
    "SummaryInvocation": ("model", "summary"),
    "TextEmbeddingInvocation": ("model", "text_embedding"),
    "RerankInvocation": ("model", "rerank"),
    "TTSInvocation": ("model", "tts"),
    "Speech2TextInvocation": ("model", "speech2text"),
    "ModerationInvocation": ("model", "moderation"),
    "ToolInvocation": ("tool",),
    "ChatAppInvocation": ("app", "chat"),
    "CompletionAppInvocation": ("app", "completion"),
    "WorkflowAppInvocation": ("app", "workflow"),
    "FetchAppInvocation": ("app", "fetch_app_invocation"),
    "ParameterExtractorNodeInvocation": ("workflow_node", "parameter_extractor"),
    "QuestionClassifierNodeInvocation": ("workflow_node", "question_classifier"),
    "StorageInvocation": ("storage",),
}

#: The model a reverse invocation takes: (name of the parameter, its position, the class whose fields it has).
MODEL_ARGUMENTS: Final[Mapping[tuple[str, ...], tuple[str, int, str]]] = {
    ("model", "llm", "invoke"): ("model_config", 0, "LLMModelConfig"),
    ("model", "llm_structured_output", "invoke"): ("model_config", 0, "LLMModelConfig"),
    ("model", "text_embedding", "invoke"): ("model_config", 0, "TextEmbeddingModelConfig"),
    ("model", "text_embedding", "invoke_multimodal"): ("model_config", 0, "MultiModalEmbeddingModelConfig"),
    ("model", "rerank", "invoke"): ("model_config", 0, "RerankModelConfig"),
    ("model", "rerank", "invoke_multimodal"): ("model_config", 0, "MultiModalRerankModelConfig"),
    ("model", "tts", "invoke"): ("model_config", 0, "TTSModelConfig"),
    ("model", "speech2text", "invoke"): ("model_config", 0, "Speech2TextModelConfig"),
    ("model", "moderation", "invoke"): ("model_config", 0, "ModerationModelConfig"),
    ("workflow_node", "parameter_extractor", "invoke"): ("model", 1, "ModelConfig"),
    ("workflow_node", "question_classifier", "invoke"): ("model", 1, "ModelConfig"),
}

#: Classes of `dify_plugin.entities` whose construction from literals can be checked.
CONSTRUCTIBLE: Final = frozenset(
    {fields for _, _, fields in MODEL_ARGUMENTS.values()} | {"ToolSelector", "ParameterConfig", "ClassConfig"}
)

_OPENAI: Final = "api_key endpoint_url endpoint_model_name"
#: The credentials that classes of the SDK read themselves, in any release.
CREDENTIALS_READ: Final[Mapping[str, frozenset[str]]] = {
    name: words(names)
    for name, names in {
        "OAICompatLargeLanguageModel": f"{_OPENAI} mode context_size vision_support function_calling_type "
        "stream_function_calling stream_mode_delimiter stream_mode_auth max_tokens_to_sample extra_headers "
        "video_support completion_type validate_credentials_max_tokens",
        "OAICompatText2SpeechModel": f"{_OPENAI} voices audio_type word_limit",
        "OAICompatSpeech2TextModel": f"{_OPENAI} language initial_prompt",
        "OAICompatEmbeddingModel": f"{_OPENAI} context_size",
        "OAICompatRerankModel": f"{_OPENAI} context_size",
    }.items()
}

#: What an instance of `Tool` has: methods and attributes of `Tool` and `ToolLike` in every release.
TOOL_ATTRIBUTES: Final = words(
    """
    _convert_parameters _fetch_parameter_options _get_runtime_parameters _invoke _is_get_runtime_parameters_overridden
    create_blob_message create_image_message create_json_message create_link_message create_log_message
    create_retriever_resource_message create_stream_variable_message create_text_message create_variable_message
    fetch_parameter_options finish_log_message from_credentials get_runtime_parameters has_runtime_parameters invoke
    response_type runtime session
    """
)

#: Distributions that every release of the SDK depends on, and what those bring along, by normalised name.
PROVIDED: Final = words(
    """
    annotated-types anyio blinker certifi cffi charset-normalizer click colorama dify-plugin flask gevent greenlet h11
    httpcore httpx idna itsdangerous jinja2 markupsafe multidict packaging propcache pycparser pydantic pydantic-core
    pydantic-settings python-dotenv pyyaml regex requests socksio tiktoken typing-extensions typing-inspection urllib3
    werkzeug yarl zope-event zope-interface
    """
)
