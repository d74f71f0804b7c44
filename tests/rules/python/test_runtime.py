"""Standard output, requests without an end, and errors that stop nothing."""

from __future__ import annotations

import pytest

from tests.rules.python.oracle import Sdk, tool
from tests.support.reviewing import changed, fixed, found, text_at

CODE = "tools/current_weather.py"
STDOUT, UNFINISHED, TIMEOUT, GOES_ON = (
    "python/stdout", "python/stdout-unfinished", "security/request-without-timeout", "python/error-goes-on",
)  # fmt: skip


def said(rule: str, source: str) -> list[tuple[str, str]]:
    tree = changed("", CODE, files={CODE: source})
    return [(item.severity.label, text_at(tree, item)) for item in found(rule, tree)]


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("print('x')", "notice"),
        ("print(self.runtime.credentials)", "warning"),
        ("print(tool_parameters['api_key'])", "warning"),
        ("print('x', file=sys.stdout)", "notice"),
        ("print('x', end='\\n')", "notice"),
        ("logging.StreamHandler(sys.stdout)", "notice"),
        ("logging.basicConfig(stream=sys.stdout)", "notice"),
        ("sys.stdout.write('x\\n')", "notice"),
        ("sys.stdout.write('x')", None),
        ("print('x', file=sys.stderr)", None),
        ("print('x', **options)", None),
        ("logging.basicConfig()", None),
        ("logging.StreamHandler()", None),
        ("if os.environ.get('DEBUG'): print('x')", None),
        ("print('.', end='')", None),
        ("print('.', file=None)", "notice"),
        ("pprint.pprint(tool_parameters)", "notice"),
        ("pprint.pprint(tool_parameters, stream=sys.stderr)", None),
        ("with contextlib.redirect_stdout(io.StringIO()): print('x')", None),
        ("key = tool_parameters.get('api_key'); print(f'got {key}')", "warning"),
        ("print('{}'.format(self.runtime.credentials['api_key']))", "warning"),
        ("print(tool_parameters['author'], tool_parameters['total_tokens'])", "notice"),
        ("print(len(self.runtime.credentials), 'api_key' in self.runtime.credentials)", "notice"),
    ],
)
def test_standard_output(line: str, severity: str | None) -> None:
    found_here = said(STDOUT, tool(line, "yield 1", head="import contextlib, io, sys, logging, os, pprint\n"))
    assert [level for level, _ in found_here] == ([severity] if severity else [])


def test_a_file_with_many_prints_has_one_finding() -> None:
    assert len(said(STDOUT, tool(*["print('x')"] * 30, "yield 1"))) == 1


PRINTS = "def trial():\n    print('x')\n"
GUARD = "if __name__ == '__main__':\n    {}\n"


@pytest.mark.parametrize(
    ("more", "count"),
    [
        (PRINTS, 0),
        (PRINTS + GUARD.format("trial()"), 0),
        (PRINTS + "def all_of_it():\n    trial()\n" + GUARD.format("all_of_it()"), 0),
        (PRINTS + "def all_of_it():\n    trial()\nall_of_it()\n", 1),
        (PRINTS + "trial()\n", 1),
        (PRINTS + "HOOKS = [trial]\n", 1),
        (PRINTS + "HOOKS = ['trial']\n", 1),
        (PRINTS + "class Other:\n    def run(self):\n        trial()\n", 1),
        ("@hooked\n" + PRINTS, 1),
        (PRINTS.replace("trial", "shared"), 1),
        (PRINTS.replace("print('x')", "trial()\n    print('x')"), 0),
    ],
)
def test_functions_that_nothing_uses_print_nothing(more: str, count: int) -> None:
    tree = changed(
        "", CODE, files={CODE: tool("yield 1", head="import tools.other\n") + more, "tools/other.py": "shared\n"}
    )
    assert len(found(STDOUT, tree)) == count


def test_scripts_and_files_that_nothing_loads_are_left_alone() -> None:
    source = tool("yield 1") + "def main():\n    print('x')\nif __name__ == '__main__':\n    print('y')\n    main()\n"
    assert said(STDOUT, source) == []
    tree = changed("", CODE, files={"scripts/check.py": "print('x')\n"})
    assert found(STDOUT, tree) == []


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("print('.', end='')", 1),
        ("print('.', end=' ')", 1),
        ("sys.stdout.write('x')", 1),
        ("sys.stdout.write(f'{x} y')", 1),
        ("sys.stdout.write('x\\n')", 0),
        ("sys.stdout.write(x)", 0),
        ("print('x', end='\\n')", 0),
        ("print('.', end='', file=sys.stderr)", 0),
        ("other.stdout.write('x')", 0),
        ("out = sys.stdout; out.write('x')", 1),
        ("out = sys.stdout if x else y; out.write('x')", 0),
        ("END = ''; print('.', end=END)", 1),
    ],
)
def test_lines_that_are_left_unfinished(line: str, count: int) -> None:
    assert len(said(UNFINISHED, tool(line, "yield 1", head="import sys\n"))) == count


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("requests.get('x')", 1),
        ("requests.request('GET', 'x')", 1),
        ("requests.get('x', timeout=3)", 0),
        ("requests.get('x', **options)", 0),
        ("requests.get('x')  # noqa: S113", 0),
        ("httpx.get('x')", 0),
        ("requests.Session().get('x')", 0),
        ("other.get('x')", 0),
    ],
)
def test_requests_without_an_end(line: str, count: int) -> None:
    assert len(said(TIMEOUT, tool(line, "yield 1", head="import requests, httpx\n"))) == count


def test_the_timeout_is_added_behind_the_last_argument() -> None:
    tree = changed("", CODE, files={CODE: tool("requests.get('x', json={})", "yield 1", head="import requests\n")})
    (finding,) = found(TIMEOUT, tree)
    assert "requests.get('x', json={}, timeout=30)" in fixed(tree, finding)


PLEASE = "yield self.create_text_message('Please give a city')"


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (["if not city:", f"    {PLEASE}", "yield 1"], 1),
        (["if city is None:", f"    {PLEASE}", "yield 1"], 1),
        (["if not city:", f"    {PLEASE}", "    return", "yield 1"], 0),
        (["if not city:", f"    {PLEASE}", "else:", "    yield 1", "yield 2"], 0),
        (["yield 1", "if not city:", f"    {PLEASE}"], 0),
        (["if not city:", "    city = 1", f"    {PLEASE}", "yield 1"], 0),
        (["if not city:", "    yield self.create_text_message('Invalid city, using default')", "yield 1"], 0),
        (["if not city:", "    yield self.create_text_message('hello')", "yield 1"], 0),
        (["if city:", f"    {PLEASE}", "yield 1"], 0),
        (["text = 'Invalid city'", "if not city:", "    yield self.create_text_message(text)", "yield 1"], 1),
        (["if not city:", "    yield self.create_text_message('Invalid {}'.format(city))", "yield 1"], 1),
        (["if not city:", "    yield self.create_text_message('Invalid %s' % city)", "yield 1"], 1),
        (["if not city:", "    yield self.create_text_message('Invalid ' + city)", "yield 1"], 1),
        (["if not city:", "    yield self.create_text_message(city + ', using default')", "yield 1"], 0),
        (["if not city:", "    yield self.create_text_message(city + city)", "yield 1"], 0),
        (["if not city:", f"    {PLEASE}", "if city:", "    yield 1"], 0),
    ],
)
def test_errors_that_stop_nothing(lines: list[str], count: int) -> None:
    assert len(said(GOES_ON, tool("city = tool_parameters.get('city')", *lines))) == count


def test_the_fix_stops_the_tool(sdk_process: Sdk) -> None:
    source = tool(
        "city = tool_parameters.get('city')", "if not city:", f"    {PLEASE}",
        "yield self.create_text_message(city.title())",
    )  # fmt: skip
    assert sdk_process.ask(source=source)["error"] == "AttributeError"
    tree = changed("", CODE, files={CODE: source})
    (finding,) = found(GOES_ON, tree)
    answer = sdk_process.ask(source=fixed(tree, finding))
    assert [message["message"]["text"] for message in answer["messages"]] == ["Please give a city"]
    windows = changed("", CODE, files={CODE: source.replace("\n", "\r\n")})
    (there,) = found(GOES_ON, windows)
    assert fixed(windows, there) == fixed(tree, finding).replace("\n", "\r\n")
