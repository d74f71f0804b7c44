"""What a submission says of its risk, held against what the code does: every kind of lie is told at its line."""

from __future__ import annotations

import pytest

from bot.findings import Finding, Severity
from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.plugin.facts import facts_of
from bot.python.capabilities import Capability
from bot.review.engine import open_plugin, review
from bot.review.occasion import Occasion
from bot.rules.marketplace.risk import _MONEY, _first_word
from bot.source.memory import MemoryTree
from bot.submission.example import COMPLETE, NOTES, PACKAGE
from bot.submission.example import submission as pull_request
from tests.support.submitting import packed, submission

#: A function of each capability that the pre-check looks for.
DOES = {
    Capability.PROCESS: "import subprocess\n\n\ndef f(a):\n    return subprocess.run(a, timeout=9)\n",
    Capability.CODE: "def f(a):\n    return eval(a)\n",
    Capability.IMPORT: "import importlib\n\n\ndef f(a):\n    return importlib.import_module(a)\n",
    Capability.DATABASE: "import sqlite3\n\n\ndef f(a):\n    return sqlite3.connect(a)\n",
    Capability.SSH: "import paramiko\n\n\ndef f():\n    return paramiko.SSHClient()\n",
    Capability.FILES: "def f(a):\n    with open(a) as file:\n        return file.read()\n",
    Capability.NETWORK: "import httpx\n\n\ndef f(a):\n    return httpx.get(a, timeout=9)\n",
    Capability.BROWSER: "from playwright.sync_api import sync_playwright\n\n\ndef f():\n    return sync_playwright()\n",
}
HIGH = {Capability.PROCESS, Capability.CODE, Capability.DATABASE, Capability.SSH, Capability.BROWSER}
RULES = ("pull-request/security-notes", "pull-request/notes-contradicted", "pull-request/risk")


def said(code: str, notes: str = NOTES, level: str = "Low risk") -> list[Finding]:
    """What is said of risk and notes of a package with this code and nothing else that matters."""
    files = submission()
    files["tools/current_weather.py"] = files["tools/current_weather.py"].replace(b"httpx", b"forecasts")
    files["tools/more.py"] = code.encode()
    body = COMPLETE.replace(NOTES, notes).replace("[x] Low", "[ ] Low").replace(f"[ ] {level}", f"[x] {level}")
    options = Options(profile=Profile.MARKETPLACE)
    tree = MemoryTree({PACKAGE: packed(files)})
    result = review(tree, find_roots(tree), options, occasion=Occasion(pull_request(body)))
    assert result.errors == ()
    return [finding for finding in result.findings if finding.rule in RULES]


def line_of(text: str) -> int:
    return COMPLETE.split("\n").index(text) + 1


def test_every_capability_that_the_pre_check_looks_for_is_tried() -> None:
    assert DOES.keys() == set(Capability) - {Capability.NATIVE}


@pytest.mark.parametrize("notes", ["None", "N/A.", "no", "**Nothing**", "- Not applicable"])
@pytest.mark.parametrize("capability", DOES)
def test_notes_that_say_nothing_of_what_the_code_does_block(capability: Capability, notes: str) -> None:
    (finding,) = said(DOES[capability], notes, "High risk")
    assert (finding.rule, finding.severity) == (RULES[0], Severity.ERROR)
    assert finding.location.source == "body"
    assert finding.location.span is not None
    assert finding.location.span.line == line_of(NOTES)
    assert capability.value in finding.message
    assert finding.related[0].location.member == "tools/more.py"


@pytest.mark.parametrize("notes", ["None", "N/A.", "no"])
def test_nothing_to_say_of_code_that_does_nothing_is_right(notes: str) -> None:
    assert said("def f(a):\n    return a\n", notes) == []


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("def f(a):\n    return a.execute('x')\n", ".execute"),
        ("Q = 'select name from tides'\n", "select name from"),
        ('Q = """\nDROP  TABLE tides\n"""\n', "DROP  TABLE"),
        ("x = 1  # was os.system('ls')\n", "os.system"),
        ("def f(client):\n    return client.SSHClient()\n", "SSHClient"),
        ("def f(page):\n    page.goto('x')\n", "page.goto"),
        ("# os.system('ls')\n", None),
        ('Q = """\nselect name\nfrom tides\n"""\n', None),
        ("def f(self):\n    self.compile('a'); self.eval(); self.open()\n", None),
    ],
)
def test_notes_that_say_nothing_of_what_the_pre_check_sees_block(code: str, what: str | None) -> None:
    found = said(code, "None")
    assert [(finding.rule, finding.severity) for finding in found] == [(RULES[0], Severity.ERROR)] * bool(what)
    assert all(f"`{what}`" in finding.message for finding in found)
    assert said(code, "It says what it does.") == []


@pytest.mark.parametrize(
    ("path", "count"),
    [("tools/a.js", 1), ("tools/a.ts", 1), ("tools/a.txt", 0), (".hidden/a.js", 0), ("vendor/a.js", 0), (".a.js", 0)],
)
def test_where_the_pre_check_looks(path: str, count: int) -> None:
    files = submission()
    files[path] = b"eval('1')\n"
    tree = MemoryTree({PACKAGE: packed(files)})
    plugin = open_plugin(tree, find_roots(tree)[0], Options(profile=Profile.MARKETPLACE))
    assert len(facts_of(plugin).signals) == count


@pytest.mark.parametrize("level", ["Low risk", "Medium risk", "High risk"])
@pytest.mark.parametrize("capability", DOES)
def test_a_level_below_what_the_code_does_is_told_at_its_box(capability: Capability, level: str) -> None:
    least = 2 if capability in HIGH else 1 if capability is Capability.FILES else 0
    found = said(DOES[capability], level=level)
    if ["Low risk", "Medium risk", "High risk"].index(level) >= least:
        assert found == []
        return
    (finding,) = found
    assert (finding.rule, finding.severity, finding.location.source) == (RULES[2], Severity.WARNING, "body")
    assert finding.location.span is not None
    assert COMPLETE.split("\n")[finding.location.span.line - 1].endswith(level)
    assert f"`{'High' if least == 2 else 'Medium'} risk`" in finding.message


DENIALS = [
    (Capability.PROCESS, "The plugin does not run any shell commands."),
    (Capability.PROCESS, "It starts no subprocesses, and keeps nothing."),
    (Capability.CODE, "No code execution."),
    (Capability.CODE, "We never execute arbitrary code. Nothing is stored."),
    (Capability.CODE, "It doesn't use eval."),
    (Capability.DATABASE, "- Does not connect to any database"),
    (Capability.DATABASE, "No SQL."),
    (Capability.SSH, "It does not use SSH."),
    (Capability.FILES, "The tool does not read or write local files."),
    (Capability.FILES, "No file system access; no secrets."),
    (Capability.FILES, "No files are accessed."),
    (Capability.NETWORK, "This plugin makes no network requests."),
    (Capability.NETWORK, "It computes everything itself and does not need an internet connection."),
    (Capability.NETWORK, "No external network access is needed."),
    (Capability.NETWORK, "It never makes HTTP requests."),
    (Capability.BROWSER, "It does not launch a browser."),
]


@pytest.mark.parametrize(("capability", "notes"), DENIALS)
def test_notes_that_deny_what_the_code_does_are_told_at_their_words(capability: Capability, notes: str) -> None:
    (finding,) = said(DOES[capability], notes, "High risk")
    assert (finding.rule, finding.severity) == (RULES[1], Severity.WARNING)
    span = finding.location.span
    assert span is not None
    assert span.line == line_of(NOTES)
    assert notes[span.column - 1 : span.end_column - 1] in notes
    assert span.end_column <= len(notes) + 1
    # It is told of nothing else.
    for other in DOES.keys() - {capability}:
        assert said(DOES[other], notes, "High risk") == []


HONEST = [
    "It makes no network requests other than to api.weather.example.",
    "No network access beyond the API of the service.",
    "The plugin only runs `git`; no other commands are run.",
    "No personal data is sent over the network.",
    "It does not send data to third parties.",
    "It does not execute untrusted code.",
    "Files are read from the folder of the plugin only, and never written outside.",
    "It opens no files but those that the user uploads.",
    "The database is local, and no credentials are stored.",
    "It is not a browser extension. Requests go to api.weather.example.",
    "Commands are fixed: the user cannot choose them.",
    "<!-- Does it run commands? No network requests? -->\nIt asks api.weather.example.",
    "No API keys are logged. Connections use TLS.",
    "It does not store credentials in files; they stay in Dify.",
    "No files are written.",
    "It does not write files.",
    "No requests are logged, and no database credentials are stored.",
    "It does not run shell commands from the model.",
    "It never executes code of the user.",
]


@pytest.mark.parametrize("notes", HONEST)
def test_honest_notes_are_left_alone(notes: str) -> None:
    assert (
        said("\n".join(code.replace("def f", f"def f{n}") for n, code in enumerate(DOES.values())), notes, "High risk")
        == []
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a payload\nWe take a\nPayment", "Payment"),
        ("nothing\nto buy here, trade no\nstocks\n", None),
        ("deposits", "deposits"),
        ("İ charges", "charges"),
        ("recharge it, and sell tokens", "sell tokens"),
        ("transfer\nfunds; prepayment, refund", "refund"),
    ],
)
def test_the_first_word_about_money_is_found_line_by_line(text: str, word: str | None) -> None:
    found = _first_word(text)
    whole = _MONEY.search(text)
    assert (found[0] if found else None) == word
    assert (found.span() if found else None) == (whole.span() if whole else None)
