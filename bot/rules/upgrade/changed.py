"""Rules about updates after which what workspaces have stored is no longer enough, or no longer valid."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity
from bot.plugin import Plugin
from bot.rules.registry import Example, Hit, rule
from bot.rules.upgrade.breaks import FIELDS, STEP, breaks
from bot.upgrade import Sort

_ITEMS = (Sort.PARAMETER, Sort.MODEL_PARAMETER, *FIELDS)
_TOOL = "tools/current_weather.yaml"
_LARGE = "models/llm/acme-large.yaml"
_PARAMETER = (
    "parameters:\n  - name: city\n    type: {}\n    required: {}\n    form: {}\n    label:\n      en_US: City\n"
    "    human_description:\n      en_US: The name of the city.\n    llm_description: The name of the city.\n"
)
_SELECT = (
    "parameters:\n  - name: units\n    type: select\n    form: form\n    label:\n      en_US: Units\n"
    "    human_description:\n      en_US: Units.\n    options:\n{}"
)
_OPTION = "      - value: {0}\n        label:\n          en_US: {0}\n"
_METRIC, _IMPERIAL = _OPTION.format("metric"), _OPTION.format("imperial")


@rule(
    "upgrade/newly-required",
    severity=Severity.WARNING,
    summary="The update asks for a value that existing workflows and workspaces do not have.",
    why="Dify asks for required values when a node or credentials are saved, never again. What exists goes on without "
    f"the value: the code fails for want of it, and agents are refused. {STEP}",
    fix="Give it a default, or make it optional, or raise the version so that it announces the break.",
    authorities=(
        Authority(
            By.PLATFORM,
            "Agents fail: the parameter is not in their configuration.",
            "core/plugin/entities/parameters.py:208",
        ),
        Authority(By.INSTALLER, "Settings are checked when they are saved only.", "service/setup_endpoint.go:55"),
    ),
    bad=Example(
        _PARAMETER.format("string", "true", "llm"), path=_TOOL, before=_PARAMETER.format("string", "false", "llm")
    ),
    good=Example(
        _PARAMETER.format("string", "false", "llm"), path=_TOOL, before=_PARAMETER.format("string", "true", "llm")
    ),
)
def newly_required(plugin: Plugin) -> Iterator[Hit]:
    yield from breaks(plugin, _ITEMS, "added-required", "now-required")


@rule(
    "upgrade/type-changed",
    severity=Severity.WARNING,
    summary="The update changes a type so that stored values are no longer valid.",
    why="Workspaces keep values as they were entered. After the update they are taken for values of the new type: text "
    "for an object, a secret for plain text, which Dify then no longer decrypts. Types that only take more are left "
    f"alone. {STEP}",
    fix="Keep the type, and add a field with another name, or raise the version so that it announces the break.",
    authorities=(
        Authority(By.PLATFORM, "Secrets reach the code encrypted.", "core/tools/utils/encryption.py"),
        Authority(By.SDK, "Calls of a model with a value of the old type are refused.", "large_language_model.py:309"),
    ),
    bad=Example(
        _PARAMETER.format("object", "true", "llm"), path=_TOOL, before=_PARAMETER.format("string", "true", "llm")
    ),
    good=Example(
        _PARAMETER.format("any", "true", "llm"), path=_TOOL, before=_PARAMETER.format("string", "true", "llm")
    ),
)
def type_changed(plugin: Plugin) -> Iterator[Hit]:
    yield from breaks(plugin, _ITEMS, "type")


@rule(
    "upgrade/form-changed",
    severity=Severity.WARNING,
    summary="The update changes who gives the value of a parameter: people or the model.",
    why="Workflows keep the values of form parameters and of the others apart. When a parameter moves from `form` to "
    "`llm`, the value that users had set is no longer read; the other way round, agents have none. "
    f"{STEP}",
    fix="Keep the form, or add a parameter with another name, or raise the version so that it announces the break.",
    authorities=(Authority(By.PLATFORM, "The stored value is not read.", "core/tools/tool_manager.py:1090"),),
    bad=Example(
        _PARAMETER.format("string", "true", "llm"), path=_TOOL, before=_PARAMETER.format("string", "true", "form")
    ),
    good=Example(
        _PARAMETER.format("string", "false", "form"), path=_TOOL, before=_PARAMETER.format("string", "false", "llm")
    ),
)
def form_changed(plugin: Plugin) -> Iterator[Hit]:
    yield from breaks(plugin, (Sort.PARAMETER,), "form")


@rule(
    "upgrade/value-refused",
    severity=Severity.WARNING,
    summary="The update no longer takes a value that could be chosen before.",
    why="An option that is gone may be what an agent or app is set to: Dify refuses the agent, and workflows pass the "
    "value on to code that no longer knows it. The SDK refuses every call of a model with a value outside the new "
    f"range or options. {STEP}",
    fix="Keep the option or the bound, and let the code do the best it can with it, or raise the version so that it "
    "announces the break.",
    authorities=(
        Authority(
            By.PLATFORM, "Agents fail: the value is not in the options.", "core/plugin/entities/parameters.py:214"
        ),
        Authority(By.SDK, "Calls with a value outside are refused.", "large_language_model.py:313"),
    ),
    bad=Example(_SELECT.format(_METRIC), path=_TOOL, before=_SELECT.format(_METRIC + _IMPERIAL)),
    good=Example(_SELECT.format(_IMPERIAL + _METRIC), path=_TOOL, before=_SELECT.format(_METRIC)),
)
def value_refused(plugin: Plugin) -> Iterator[Hit]:
    yield from breaks(plugin, _ITEMS, "option-removed", "range")
