from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.findings import Span
from bot.python import sdk
from bot.python.calls import COMPUTED, Construction, Misuse, Use, constructions, misuses, uses
from tests.python.plugins import TOOL, modules_of


def uses_in(source: str) -> tuple[Use, ...]:
    return uses(modules_of({"tools/a.py": source}), ["tools/a.py"])


def permissions(source: str) -> list[str]:
    return [use.permission + (" (handed over)" if use.handed_over else "") for use in uses_in(source)]


def method(*lines: str) -> str:
    """A tool with one method of these lines."""
    return "class A(Tool):\n    def _invoke(self, p):\n" + "".join(f"        {line}\n" for line in lines)


@pytest.mark.parametrize("chain", sdk.PERMISSIONS)
def test_every_way_to_ask_dify_is_known(chain: tuple[str, ...]) -> None:
    (use,) = uses_in(method(f"return self.session.{'.'.join(chain)}(1)"))
    assert use.permission == sdk.PERMISSIONS[chain]
    assert use.chain == chain
    assert not use.handed_over
    assert use.path == "tools/a.py"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["self.runtime.session.storage.get('k')"], ["storage"]),
        (["storage = self.session.storage", "storage.get('k')", "storage.set('k', b'')"], ["storage", "storage"]),
        (["session = self.session", "session.tool.invoke()"], ["tool"]),
        (["model = self.session.model", "model.llm.invoke()"], ["model.llm"]),
        (["llm = self.session.model.llm", "x = [llm.invoke(a) for a in p]"], ["model.llm"]),
        (["s = self.session", "m = s.model", "l = m.llm", "i = l.invoke", "i()"], ["model.llm"]),
        (["run = self.session.model.llm.invoke", "HOOKS.append([run])"], ["model.llm"]),
        (["self.put = self.session.storage.set", "self.put('k', b'')", "self.put('l', b'')"], ["storage", "storage"]),
        (["a, b = self.session.storage, 1", "a.exist('k')"], ["storage"]),
        (["if (s := self.session.storage):", "    s.get('k')"], ["storage"]),
        (["executor.submit(self.session.model.tts.invoke, 1)"], ["model.tts"]),
        (["def inner():", "    return self.session.app.fetch_app('x')", "inner()"], ["app"]),
        (["f = lambda: self.session.storage.get('k')"], ["storage"]),
        (["getattr(self.session, 'storage').get('k')"], ["storage"]),
        (["s = None", "s = self.session.storage", "s.get('k')"], ["storage"]),
        (["s = self.session if p else None", "s.storage.get('k')"], ["storage"]),
        (["s = self.session or make()", "s.storage.get('k')"], ["storage"]),
        (["yield from self.session.tool.invoke_builtin_tool('a', 'b', {})"], ["tool"]),
        (["async def f():", "    (await self.session.model.rerank.invoke()).x"], ["model.rerank"]),
        (["self.session.model.llm.invoke.__name__"], ["model.llm"]),
        (["Helper(self.session.storage)"], ["storage (handed over)"]),
        (["Helper(storage=self.session.storage)"], ["storage (handed over)"]),
        (["Helper(self.session.model.llm, self.session.tool)"], ["model.llm (handed over)", "tool (handed over)"]),
    ],
)
def test_uses_by_other_names(lines: list[str], expected: list[str]) -> None:
    assert permissions(method(*lines)) == expected


@pytest.mark.parametrize(
    "lines",
    [
        ["self.session.file.upload('a', b'', 'text/plain')"],
        ["self.session.app_id", "self.session.storage"],
        ["hasattr(self.session, 'storage')", "if self.session.storage: pass"],
        ["isinstance(self.session.storage, object)"],
        ["Helper(self.session)", "Helper(self.session.model)"],
        ["session = requests.Session()", "session.get('x')", "session.storage.get('k')"],
        ["with aiohttp.ClientSession() as session:", "    session.storage.get('k')"],
        ["for session in sessions:", "    session.storage.get('k')"],
        ["s = self.session", "s = other()", "s.storage.get('k')"],
        ["storage = connect()", "storage.get('k')"],
        ["s = self.session.storage", "s = self.session.tool", "s.get('k')", "s.invoke()"],
        ["storage.get('k')", "tool.invoke()", "llm.invoke()", "self.storage.get('k')"],
        ["def session(): ...", "session.storage.get('k')"],
        ["x = 'self.session.storage.get(1)'", "# self.session.storage.get(1)"],
        ["self.session.storages.get('k')", "self.session.models.llm.invoke()"],
        ["lambda session=1: 0", "[session.storage.get(1) for session in x]"],
    ],
)
def test_what_only_looks_like_a_use(lines: list[str]) -> None:
    assert permissions("import requests, aiohttp\n" + method(*lines)) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(session): session.storage.get('k')", ["storage"]),
        ("def f(llm_session): llm_session.model.llm.invoke()", ["model.llm"]),
        ("def f(session: Any): session.storage.get('k')", ["storage"]),
        ("from dify_plugin.core.runtime import Session\ndef f(s: Session): s.storage.get('k')", ["storage"]),
        ("from dify_plugin.core.runtime import Session\ndef f(s: 'Session'): s.storage.get('k')", ["storage"]),
        ("from dify_plugin.core.runtime import Session\ndef f(s: Session | None): s.storage.get('k')", ["storage"]),
        ("from dify_plugin.core.runtime import Session\ndef f(s: Optional[Session]): s.storage.get('k')", ["storage"]),
        ("from dify_plugin.invocations.storage import StorageInvocation as S\ndef f(s: S): s.get('k')", ["storage"]),
        (
            "from dify_plugin.invocations.storage import StorageInvocation\ndef f(s: StorageInvocation): s.get('k')",
            ["storage"],
        ),
        ("from sqlalchemy.orm import Session\ndef f(session: Session): session.storage.get('k')", []),
        ("def f(session: requests.Session): session.storage.get('k')", []),
        ("def f(session):\n    session = requests.Session()\n    session.storage.get('k')", []),
        ("def f(session):\n    session = session or x\n    session.storage.get('k')", ["storage"]),
        ("def f(self, tool): tool.session.file.upload(); tool.session.storage.get('k')", ["storage"]),
        ("def outer(session):\n    def inner():\n        session.storage.get('k')", ["storage"]),
        (
            (
                "from dify_plugin.invocations.app.chat import ChatAppInvocation\n"
                "def f(x): ChatAppInvocation(x).invoke(app_id='a')"
            ),
            ["app"],
        ),
        (
            (
                "from dify_plugin.invocations.app.chat import ChatAppInvocation\n"
                "def f(x):\n    chat = ChatAppInvocation(x)\n    chat.invoke(app_id='a')"
            ),
            ["app"],
        ),
        ("from .mine import ChatAppInvocation\nx = ChatAppInvocation(session)\nx.invoke()", []),
        ("import dify_plugin\ns = dify_plugin.get_current_session()\ns.storage.get('k')", ["storage"]),
        ("def f(*session): session.storage.get('k')", []),
        (
            "def f(session):\n    class A:\n        session = x()\n        def g(self): session.storage.get('k')",
            ["storage"],
        ),
        ("def f(session):\n    class A:\n        session = x()\n        session.storage.get('k')", []),
    ],
)
def test_sessions_that_are_given(source: str, expected: list[str]) -> None:
    assert permissions(source) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            """
    def __init__(self, session):
        self.storage = session.storage
    def a(self):
        self.storage.get("k")
""",
            ["storage"],
        ),
        (
            """
    def __init__(self, session=None):
        self.session = session
    def a(self):
        self.session.model.llm.invoke()
""",
            ["model.llm"],
        ),
        (
            """
    def __init__(self):
        self.session = requests.Session()
    def a(self):
        self.session.storage.get("k")
""",
            [],
        ),
        (
            """
    storage = None
    def a(self):
        self.storage = self.session.storage
    def b(me):
        me.storage.get("k")
""",
            ["storage"],
        ),
        (
            """
    @property
    def storage(self):
        return self.session.storage
    def a(self):
        self.storage.get("k")
""",
            ["storage"],
        ),
        (
            """
    def _storage(self):
        return self.session.storage
    def a(self):
        self._storage().get("k")
        store = self._storage()
        store.set("k", b"")
""",
            ["storage", "storage"],
        ),
        (
            """
    @staticmethod
    def a(self):
        self.storage.get("k")
    def b(self):
        self.storage = self.session.storage
""",
            [],
        ),
    ],
)
def test_what_one_method_keeps_another_may_use(body: str, expected: list[str]) -> None:
    assert permissions("import requests\nclass A(Tool):" + body) == expected


def test_what_a_base_class_of_another_file_keeps() -> None:
    base = "class Base(Tool):\n    def __init__(self):\n        self.kept = self.session.storage\n"
    code = (
        "from tools.base import Base\nclass A(Base):\n    def f(self):\n        self.session and self.kept.get('k')\n"
    )
    modules = modules_of({"tools/base.py": base, "tools/a.py": code})
    assert [use.permission for use in uses(modules, ["tools/a.py"])] == ["storage"]


def test_a_class_around_a_method_gives_it_no_names() -> None:
    source = "class A(Tool):\n    from dify_plugin import get_current_session as now\n    def _invoke(self, p):\n"
    assert permissions(source + "        now().storage.get('k')\n") == []


def test_attributes_are_inherited_within_a_file() -> None:
    source = """
class Base(Tool):
    def setup(self):
        self.store = self.session.storage
class A(Base):
    def _invoke(self, p):
        self.store.get("k")
"""
    assert permissions(source) == ["storage"]


def test_the_span_is_that_of_the_chain() -> None:
    (use,) = uses_in("class A(Tool):\n    def f(self):\n        é = self.session.storage.get('é')\n")
    assert use.span == Span(3, 13, 3, 37)


def test_uses_come_in_the_order_of_the_text() -> None:
    lines = ("first(1, self.session.storage.get('k')); self.session.tool.invoke()", "self.session.app.fetch_app()")
    found = uses_in(TOOL + method(*lines))
    assert [use.permission for use in found] == ["storage", "tool", "app"]


def test_only_the_files_asked_for_are_searched_in_their_order() -> None:
    source = method("self.session.storage.get('k')")
    modules = modules_of({"a.py": source, "b.py": source, "c.py": source})
    assert [use.path for use in uses(modules, ["c.py", "a.py", "none.py"])] == ["c.py", "a.py"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["self.session.model.summary(content='x')"], [(("model", "summary"), None)]),
        (["s = self.session.storage", "s.put('k', b'')"], [(("storage",), "put")]),
        (["self.session.model.chat.invoke()"], [(("model",), "chat")]),
        (["self.session.tool('x')"], [(("tool",), None)]),
        (["self.session.storage.get('k').decode()", "self.session.model.llm.invoke(x).message.content"], []),
        (["self.session.storage._client", "self.session.app_id.lower()", "self.session.file.upload()"], []),
        (["self.session.storage.session.storage.get('k')"], []),
        (["self.session = Mock()", "self.session.storage.put()"], []),
    ],
)
def test_misuses(lines: list[str], expected: list[tuple[tuple[str, ...], str | None]]) -> None:
    found = misuses(modules_of({"tools/a.py": TOOL + method(*lines)}), ["tools/a.py"])
    assert [(item.chain, item.attribute) for item in found] == expected
    assert misuses(modules_of({"tools/a.py": method(*lines)}), ["tools/a.py"]) == ()


def test_a_misuse_says_where_it_is() -> None:
    found = misuses(modules_of({"a.py": TOOL + "def f(session):\n    session.storage.put(1)\n"}), ["a.py"])
    assert found == (Misuse(("storage",), "put", "a.py", Span(3, 5, 3, 24)),)


@pytest.mark.parametrize(
    ("lines", "caught"),
    [
        ("    try:\n        CALL\n    except Exception:\n        pass\n", True),
        ("    try:\n        CALL\n    except:\n        pass\n", True),
        ("    try:\n        if x:\n            CALL\n    except (KeyError, AttributeError):\n        pass\n", True),
        ("    try:\n        CALL\n    except KeyError:\n        pass\n", False),
        ("    try:\n        CALL\n    finally:\n        pass\n", False),
        ("    try:\n        pass\n    except Exception:\n        CALL\n", False),
        ("    try:\n        pass\n    except Exception:\n        pass\n    else:\n        CALL\n", False),
    ],
)
def test_a_misuse_says_whether_its_exception_is_handled(lines: str, caught: bool) -> None:
    source = TOOL + "def f(session):\n" + lines.replace("CALL", "session.tool('x')")
    (found,) = misuses(modules_of({"a.py": source}), ["a.py"])
    assert found.caught is caught


# Constructions


def made_in(source: str) -> tuple[Construction, ...]:
    return constructions(modules_of({"tools/a.py": source}), ["tools/a.py"])


LLM = "from dify_plugin.entities.model.llm import LLMModelConfig\n"


def test_literal_arguments_are_read_with_their_places() -> None:
    source = (
        LLM + 'x = LLMModelConfig(provider="openai", mode=mode,\n                   completion_params={"é": [1, -2]})\n'
    )
    (made,) = made_in(source)
    assert made.fields == "LLMModelConfig"
    assert made.complete
    assert [(a.name, a.value) for a in made.arguments] == [
        ("provider", "openai"),
        ("mode", COMPUTED),
        ("completion_params", {"é": [1, -2]}),
    ]
    assert made.arguments[0].name_span == Span(2, 20, 2, 28)
    assert made.arguments[0].span == Span(2, 29, 2, 37)
    assert made.arguments[2].name_span == Span(3, 20, 3, 37)
    assert made.span == Span(2, 5, 3, 53)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (LLM + "LLMModelConfig(**x)", [("LLMModelConfig", [], False)]),
        (LLM + "LLMModelConfig(provider='a', **x)", [("LLMModelConfig", ["provider"], False)]),
        (
            "import dify_plugin.entities.tool as t\nt.ToolSelector(tool_name='x')",
            [("ToolSelector", ["tool_name"], True)],
        ),
        (
            "from dify_plugin.interfaces.agent import LLMModelConfig as L\nL(model='x')",
            [("LLMModelConfig", ["model"], True)],
        ),
        ("from models import ModelConfig\nModelConfig(name='x')", []),
        ("class ModelConfig: ...\nModelConfig(name='x')", []),
        (
            "def f(session): session.model.llm.invoke(model_config={'provider': 'a', 'name': 'b'}, prompt_messages=[])",
            [("LLMModelConfig", ["provider", "name"], True)],
        ),
        (
            "def f(session): session.model.text_embedding.invoke({'provider': 'a', **x}, [])",
            [("TextEmbeddingModelConfig", ["provider"], False)],
        ),
        (
            "def f(session):\n    c = {'provider': 'a'}\n    c['x'] = 1\n    session.model.rerank.invoke(c, [], 'q')",
            [],
        ),
        (
            "def f(session): session.workflow_node.question_classifier.invoke([], {'name': 'a'}, 'q')",
            [("ModelConfig", ["name"], True)],
        ),
        ("def f(session, c):\n    session.model.llm.invoke(c)", []),
        ("def f(session):\n    c = {'a': 1}\n    c = x\n    session.model.llm.invoke(c)", []),
        ("def f(session): session.model.llm.invoke(*args)", []),
        ("def f(session): session.storage.get({'provider': 'a'})", []),
        ("def f(session): session.model.llm.invoke", []),
        ("def f(session): call(session.model.llm.invoke, {'provider': 'a'})", []),
        (
            "def f(session): session.model.llm.invoke({'x': 1}, model_config={'provider': 'a'})",
            [("LLMModelConfig", ["provider"], True)],
        ),
        ("def f(session): session.workflow_node.question_classifier.invoke({'name': 'a'})", []),
        ("def f(session): session.model.llm.invoke(model_config=dict(provider='a'))", []),
    ],
)
def test_which_constructions_are_found(source: str, expected: list[tuple[str, list[str], bool]]) -> None:
    found = [(made.fields, [argument.name for argument in made.arguments], made.complete) for made in made_in(source)]
    assert found == expected


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=5)
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    )
)
def test_a_literal_is_read_as_python_reads_it(value: object) -> None:
    (made,) = made_in(LLM + f"LLMModelConfig(completion_params={value!r})\n")
    assert made.arguments[0].value == value


def test_literals_nested_deeper_than_a_person_writes_are_not_followed() -> None:
    (made,) = made_in(LLM + f"LLMModelConfig(a={'[' * 60}1{']' * 60})\n")
    assert "COMPUTED" in repr(made.arguments[0].value)
