"""How code calls back to Dify: what a session has, and what models and tools are described by, held against the SDK."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from bot.findings import Finding
from bot.format.models.constructed import CONSTRUCTED
from bot.python import sdk
from bot.source.memory import MemoryTree
from tests.support.reviewing import changed, found, text_at

TOOL = "tools/current_weather.py"
MISUSE, INVALID, UNKNOWN = "python/session-misuse", "python/invalid-description", "python/unknown-argument"


def tool(*lines: str, imports: str = "") -> str:
    body = "\n".join(f"        {line}" for line in lines)
    return (
        f"{imports}from dify_plugin import Tool\n\n\nclass A(Tool):\n    def _invoke(self, tool_parameters):\n{body}\n"
    )


def holding(source: str) -> MemoryTree:
    """The example plugin with this as the file of its tool."""
    return changed("", TOOL, files={TOOL: source})


def said(rule: str, *lines: str, imports: str = "") -> list[tuple[str, str]]:
    tree = holding(tool(*lines, imports=imports))
    return [(finding.severity.label, finding.message) for finding in found(rule, tree)]


# --- what a session has ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("self.session.model.summary(content='x')", "`session.model.summary` cannot be called."),
        ("self.session.storage.put('k', b'')", "`session.storage` has no `put`."),
        ("self.session.model.gpt.invoke()", "`session.model` has no `gpt`."),
        ("self.session.tool('weather')", "`session.tool` cannot be called."),
    ],
)
def test_what_a_session_lacks(line: str, problem: str) -> None:
    assert said(MISUSE, line) == [("error", f"{problem} The call fails.")]
    handled = said(MISUSE, "try:", f"    {line}", "except Exception:", "    pass")
    assert handled == [("warning", f"{problem} The call fails each time, which the code around it handles.")]


def test_the_place_is_that_of_the_part_that_fails() -> None:
    tree = holding(tool("store = self.session.storage", "store.put('k', b'')"))
    (finding,) = found(MISUSE, tree)
    assert text_at(tree, finding) == "store.put"


@pytest.mark.parametrize(
    "lines",
    [
        ["self.session.storage.set('k', b'')", "self.session.model.llm.invoke(x, []).delta.message"],
        ["self.session.model.summary.invoke('a', 'b')", "self.session.app.fetch_app('id')"],
        ["self.session.file.upload('a', b'', 'text/plain')", "self.session.install_method.value"],
        ["with requests.Session() as session:", "    session.storage.put(1)"],
        ["session = boto3.Session()", "session.model.summary(1)"],
        ["db.add(self.model.summary(1))"],
    ],
)
def test_what_is_no_misuse(lines: list[str]) -> None:
    assert said(MISUSE, *lines, imports="import boto3, requests\n") == []


@pytest.mark.parametrize(
    ("requirement", "count"), [("dify_plugin>=0.9,<1", 1), ("dify_plugin", 1), ("dify_plugin>=90,<91", 0)]
)
def test_a_release_that_is_not_known_yet_may_have_anything(requirement: str, count: int) -> None:
    files = {TOOL: tool("self.session.storage.put(1)"), "requirements.txt": requirement + "\n"}
    tree = changed("", TOOL, files=files)
    assert len(found(MISUSE, tree)) == count


# --- what models and tools are described by --------------------------------------------------------------------------

#: The module of the SDK that each class is in.
MODULES = {
    "LLMModelConfig": "model.llm",
    "TextEmbeddingModelConfig": "model.text_embedding",
    "MultiModalEmbeddingModelConfig": "model.text_embedding",
    "RerankModelConfig": "model.rerank",
    "MultiModalRerankModelConfig": "model.rerank",
    "TTSModelConfig": "model.tts",
    "Speech2TextModelConfig": "model.speech2text",
    "ModerationModelConfig": "model.moderation",
    "ModelConfig": "workflow_node",
    "ParameterConfig": "workflow_node",
    "ClassConfig": "workflow_node",
    "ToolSelector": "tool",
}
MODEL = {"provider": "acme/llm/acme", "model": "large"}
SELECTOR = {
    "provider_id": "a", "tool_name": "b", "tool_description": "c", "tool_configuration": {},
    "tool_parameters": {"d": {"name": "d", "type": "string", "required": True, "description": "e"}},
}  # fmt: skip
GOOD: dict[str, dict[str, Any]] = {
    "LLMModelConfig": {**MODEL, "mode": "chat"},
    "TextEmbeddingModelConfig": MODEL,
    "MultiModalEmbeddingModelConfig": {**MODEL, "tenant_id": "t"},
    "RerankModelConfig": {**MODEL, "score_threshold": 0.5, "top_n": 3},
    "MultiModalRerankModelConfig": MODEL,
    "TTSModelConfig": {**MODEL, "voice": "alloy"},
    "Speech2TextModelConfig": MODEL,
    "ModerationModelConfig": MODEL,
    "ModelConfig": {"provider": "a", "name": "b"},
    "ParameterConfig": {"name": "a", "type": "string", "description": None, "required": None},
    "ClassConfig": {"id": "1", "name": "a"},
    "ToolSelector": SELECTOR,
}
VALUES: list[Any] = [None, True, 0, 7, 0.5, 2.0, "", "x", "7", "0.5", "llm", "chat", "string", [], ["a"], [1], {}]
VALUES += [{"a": 1}, {"a": {}}, {"d": {"name": "d", "type": "str", "required": 1, "description": ""}}, {1: 2}]

#: Each class with what it needs, then without one argument, and with another value for it.
CASES: list[tuple[str, dict[str, Any]]] = [
    (name, variant)
    for name, good in GOOD.items()
    for variant in [
        good,
        *({key: value for key, value in good.items() if key != gone} for gone in good),
        *({**good, key: value} for key in CONSTRUCTED[name].model_fields for value in VALUES),
    ]
]

_ASK = """
import importlib, os, sys
modules, cases = eval(sys.stdin.read())
answers = []
for name, arguments in cases:
    try:
        getattr(importlib.import_module("dify_plugin.entities." + modules[name]), name)(**arguments)
        answers.append(True)
    except ValueError:
        answers.append(False)
print(answers)
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture(scope="module")
def accepted() -> list[bool]:
    """What the SDK that is installed says of every case."""
    done = subprocess.run(
        [sys.executable, "-c", _ASK], input=repr((MODULES, CASES)), capture_output=True, text=True, check=True
    )
    answers: list[bool] = json.loads(done.stdout.lower())
    return answers


def judged(name: str, *arguments: str) -> list[Finding]:
    """What is found in calls with these arguments, each in a line of its own."""
    calls = [f"{name}({each})" for each in arguments]
    return found(INVALID, holding(tool(*calls, imports=f"from dify_plugin.entities.{MODULES[name]} import {name}\n")))


def written(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in arguments.items())


def test_every_class_is_known() -> None:
    assert sdk.CONSTRUCTIBLE == CONSTRUCTED.keys() == MODULES.keys() == GOOD.keys()


def test_a_description_is_an_error_just_when_the_sdk_refuses_it(accepted: list[bool]) -> None:
    assert len(accepted) == len(CASES) > 1000
    assert {name for (name, _), well in zip(CASES, accepted, strict=True) if well} == CONSTRUCTED.keys()
    wrong = []
    for name in GOOD:
        cases = [(arguments, well) for (of, arguments), well in zip(CASES, accepted, strict=True) if of == name]
        spans = [finding.location.span for finding in judged(name, *(written(arguments) for arguments, _ in cases))]
        lines = {span.line for span in spans if span is not None}
        # The first call is in the seventh line, below the imports, the class and its method.
        wrong += [(name, arguments) for line, (arguments, well) in enumerate(cases, 7) if (line in lines) is well]
    # Keys that are not text are left to the SDK, and so is what stands below a key that it takes as it is.
    assert [case for case in wrong if {1: 2} not in case[1].values()] == []


def test_what_is_lacking_is_said_at_once() -> None:
    (finding,) = judged("RerankModelConfig", "provider='a', model='b'")
    assert finding.message == "`RerankModelConfig` lacks `score_threshold`, `top_n`. The call fails."


def test_what_is_wrong_is_said_at_the_value() -> None:
    source = tool(
        "ToolSelector(provider_id='a', tool_name=7, tool_description='b', tool_configuration={},",
        "    tool_parameters={'d': {'name': 'd', 'type': 'str', 'required': True, 'description': ''}})",
        imports="from dify_plugin.entities.tool import ToolSelector\n",
    )
    tree = holding(source)
    first, second = found(INVALID, tree)
    assert (text_at(tree, first), first.subject) == ("7", "tool_name")
    assert "`tool_name` of `ToolSelector` is not valid: input should be a valid string." in first.message
    assert text_at(tree, second).startswith("{'d'")
    assert "at `d.type`, input should be 'string', " in second.message


@pytest.mark.parametrize(
    "arguments",
    [
        "**config",
        "provider='a', **config",
        "provider=provider, model=model, mode=mode",
        "provider='a', model='b', mode=f'{mode}', model_type=ModelType.LLM, completion_params={**rest}",
        "provider='a', model='b', mode='chat', completion_params={'stop': stop}",
    ],
)
def test_what_is_computed_is_left_alone(arguments: str) -> None:
    assert judged("LLMModelConfig", arguments) == []


def test_what_is_computed_inside_is_left_alone() -> None:
    inner = "{'name': 'd', 'type': kind, 'required': True, 'description': ''}"
    arguments = (
        f"provider_id='a', tool_name='b', tool_description='c', tool_configuration=x, tool_parameters={{'d': {inner}}}"
    )
    assert judged("ToolSelector", arguments) == []


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("self.session.model.llm.invoke({'provider': 'a', 'model': 'b', 'mode': 'chat'}, [])", []),
        (
            "self.session.model.llm.invoke(model_config={'provider': 'a', 'model': 'b'}, prompt_messages=[])",
            [("error", "`LLMModelConfig` lacks `mode`. The call fails.")],
        ),
        ("self.session.model.llm.invoke({'provider': 'a', **rest}, [])", []),
        (
            "self.session.model.text_embedding.invoke({'provider': 'a', 'model': 'b'}, ['x'])",
            [("error", "This call takes `TextEmbeddingModelConfig` and no mapping. The call fails.")],
        ),
        ("self.session.workflow_node.question_classifier.invoke([], {'provider': 'a'}, 'q')", []),
    ],
)
def test_mappings(call: str, expected: list[tuple[str, str]]) -> None:
    assert said(INVALID, call) == expected


def test_a_handled_exception_makes_it_a_warning() -> None:
    lines = ["try:", "    LLMModelConfig(provider='a')", "except ValueError:", "    pass"]
    imports = "from dify_plugin.entities.model.llm import LLMModelConfig\n"
    ((severity, message),) = said(INVALID, *lines, imports=imports)
    assert severity == "warning"
    assert message.endswith("The call fails each time, which the code around it handles.")


@pytest.mark.parametrize(
    ("argument", "hint"),
    [
        ("temperature=0.2", " Parameters of the model belong into `completion_params`."),
        ("Mode='chat'", " Did you mean `mode`?"),
        ("completion_parameters={}", " Did you mean `completion_params`?"),
    ],
)
def test_what_the_sdk_drops(argument: str, hint: str) -> None:
    imports = "from dify_plugin.interfaces.agent import LLMModelConfig\n"
    source = tool(f"LLMModelConfig(provider='a', model='b', {argument})", imports=imports)
    tree = holding(source)
    (finding,) = found(UNKNOWN, tree)
    name = argument.partition("=")[0]
    assert text_at(tree, finding) == name
    assert finding.message == f"`LLMModelConfig` has no `{name}`, and drops it.{hint}"


def test_not_all_of_a_thousand_arguments_are_looked_at() -> None:
    arguments = ", ".join(f"argument_{number}=1" for number in range(20_000))
    imports = "from dify_plugin.entities.model.llm import LLMModelConfig\n"
    tree = holding(tool(f"LLMModelConfig({arguments})", imports=imports))
    assert len(found(UNKNOWN, tree)) == 20
    assert [finding.subject for finding in found(INVALID, tree)] == ["provider model mode"]
