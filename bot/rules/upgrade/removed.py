"""Rules about updates that take away something that workspaces use by its name."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, rule
from bot.rules.upgrade.breaks import FIELDS, STEP, breaks
from bot.upgrade import Sort

_FEATURES = (
    Sort.TOOL,
    Sort.STRATEGY,
    Sort.DATASOURCE,
    Sort.EVENT,
    Sort.ENDPOINT,
    Sort.MODEL,
    Sort.MODEL_TYPE,
    Sort.METHOD,
)
_TOOL = "tools/current_weather.yaml"
_PARAMETERS = (
    "parameters:\n  - name: {}\n    type: string\n    required: true\n    form: llm\n    label:\n      en_US: City\n"
    "    human_description:\n      en_US: The name of the city.\n    llm_description: The name of the city.\n"
)
_CITY = _PARAMETERS.format("city")
_DAY = (
    "  - name: day\n    type: string\n    form: form\n    label:\n      en_US: Day\n"
    "    human_description:\n      en_US: The day.\n"
)
_TOOLS = "tools:\n  - tools/current_weather.yaml\n"
_CREDENTIALS = (
    "credentials_for_provider:\n  {}:\n    type: secret-input\n    required: {}\n    label:\n      en_US: API key\n"
)
_OUTPUT = "output_schema:\n  type: object\n  properties:\n    {}:\n      type: number\n"

_GONE = (
    Authority(By.PLATFORM, "Nodes fail: the tool is not found.", "core/tools/plugin_tool/provider.py:61"),
    Authority(By.PLATFORM, "Apps fail: the model does not exist.", "core/app/llm/model_access.py:75"),
    Authority(
        By.PLATFORM, "Deliveries are dropped: the event is not found.", "services/trigger/trigger_service.py:122"
    ),
)


@rule(
    "upgrade/feature-removed",
    severity=Severity.WARNING,
    summary="The update removes a tool, model, endpoint, event, strategy or datasource that workspaces may use.",
    why="Workspaces keep names: of tools and events in their workflows, of models in their apps. What is not there any "
    f"more fails when it is next used. {STEP}",
    fix="Keep it under its name: a tool may call the new one, and a model may be kept with `deprecated: true`, which "
    "hides it from the list. Or raise the version so that it announces the break.",
    authorities=_GONE,
    bad=Example("tools: []\n", path="provider/weather.yaml", before=_TOOLS),
    good=Example(
        "tools:\n  - tools/now.yaml\n",
        path="provider/weather.yaml",
        before=_TOOLS,
        files={
            "tools/now.yaml": "identity:\n  name: current_weather\n  author: acme\n  label:\n    en_US: Now\n"
            "description:\n  human:\n    en_US: Now.\n  llm: Now.\n"
            f"{_CITY}extra:\n  python:\n    source: tools/current_weather.py\n"
        },
    ),
)
def feature_removed(plugin: Plugin) -> Iterator[Hit]:
    yield from breaks(plugin, _FEATURES, "removed")


@rule(
    "upgrade/parameter-removed",
    severity=Severity.WARNING,
    summary="The update removes a parameter whose values workflows have stored.",
    why="Workflows keep the values of parameters by their names. A value whose parameter is gone is dropped, and "
    f"nobody is told: the code gets nothing in its place. {STEP}",
    fix="Keep the parameter, even if it has no effect, or raise the version so that it announces the break.",
    authorities=(Authority(By.PLATFORM, "The stored value is dropped.", "graphon/nodes/tool/tool_node.py:233"),),
    bad=Example(_PARAMETERS.format("place"), path=_TOOL, before=_CITY),
    good=Example(_CITY + _DAY, path=_TOOL, before=_CITY),
)
def parameter_removed(plugin: Plugin) -> Iterator[Hit]:
    yield from breaks(plugin, (Sort.PARAMETER,), "removed")


@rule(
    "upgrade/credential-removed",
    severity=Severity.WARNING,
    summary="The update removes a credential or setting that workspaces have entered.",
    why="Credentials, settings of endpoints and properties of subscriptions are stored by their names. What is gone is "
    f"no longer given to the code. {STEP}",
    fix="Keep it as an optional one, and let the code still take it, or raise the version so that it announces the "
    "break.",
    authorities=(
        Authority(By.PLATFORM, "The stored value is no longer given to the code.", "core/tools/utils/encryption.py"),
    ),
    bad=Example(
        _CREDENTIALS.format("token", "false"),
        path="provider/weather.yaml",
        before=_CREDENTIALS.format("api_key", "true"),
    ),
    good=Example(
        _CREDENTIALS.format("api_key", "false"),
        path="provider/weather.yaml",
        before=_CREDENTIALS.format("api_key", "true"),
    ),
)
def credential_removed(plugin: Plugin) -> Iterator[Hit]:
    yield from breaks(plugin, (*FIELDS, Sort.OAUTH), "removed")


@rule(
    "upgrade/output-changed",
    severity=Severity.WARNING,
    summary="The update removes an output variable, or changes its type.",
    why="Later nodes of a workflow read the variables of `output_schema` by their names. One that is gone resolves to "
    f"nothing, and one of another type is not what those nodes expect. {STEP}",
    fix="Keep the variable and its type, and add another one beside it.",
    authorities=(Authority(By.PLATFORM, "The variable resolves to nothing.", "graphon/nodes/tool/tool_node.py"),),
    bad=Example(_OUTPUT.format("fahrenheit"), path=_TOOL, before=_OUTPUT.format("celsius")),
    good=Example(
        _OUTPUT.format("celsius") + "    fahrenheit:\n      type: number\n",
        path=_TOOL,
        before=_OUTPUT.format("celsius"),
    ),
)
def output_changed(plugin: Plugin) -> Iterator[Hit]:
    yield from breaks(plugin, (Sort.OUTPUT,), "removed", "type")
