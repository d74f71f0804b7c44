"""What happens when a call fails."""

from __future__ import annotations

import ast
import textwrap

import pytest

from bot.python.handlers import holds, ignored
from bot.rules.example import example_plugin
from bot.source import MemoryTree
from tests.support.reviewing import found

IGNORED = [
    """
    try:
        call()
    except Exception:
        pass
    """,
    """
    def f():
        try:
            with other():
                if call():
                    return 1
        except:
            return None
    """,
    """
    for x in y:
        try:
            call()
        except (KeyError, Exception):
            continue
    """,
    """
    try:
        call()
    except KeyError:
        raise
    except BaseException:
        "nothing stored yet"
    """,
    """
    with contextlib.suppress(Exception):
        call()
    """,
]

NOTICED = [
    "call()",
    """
    try:
        call()
    except ValueError:
        pass
    """,
    """
    try:
        call()
    except Exception as error:
        log(error)
    """,
    """
    try:
        call()
    except Exception:
        raise
    """,
    """
    try:
        pass
    except Exception:
        call()
    """,
    """
    try:
        pass
    except Exception:
        pass
    else:
        call()
    """,
    """
    with suppress(KeyError):
        call()
    """,
    """
    with opened() as file:
        call()
    """,
]


@pytest.mark.parametrize(("source", "expected"), [*((s, True) for s in IGNORED), *((s, False) for s in NOTICED)])
def test_what_a_program_makes_of_it(source: str, expected: bool) -> None:
    text = textwrap.dedent(source)
    line = text[: text.index("call()")].count("\n") + 1
    assert holds(ignored(ast.parse(text)), line) is expected


@pytest.mark.parametrize(
    ("source", "severity"), [(IGNORED[0], "warning"), (NOTICED[0], "error"), (NOTICED[2], "error")]
)
def test_a_permission_that_the_code_does_without(source: str, severity: str) -> None:
    body = textwrap.indent(textwrap.dedent(source).strip().replace("call()", 'self.session.storage.get("a")'), " " * 8)
    files = example_plugin("tool")
    files["tools/current_weather.py"] = (
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
        f"    def _invoke(self, tool_parameters):\n{body}\n        yield self.create_text_message('')\n"
    ).encode()
    (finding,) = found("permission/not-granted", MemoryTree(files))
    assert finding.severity.label == severity
