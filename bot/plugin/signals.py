"""What the marketplace's pre-check takes for a sensitive capability: patterns, looked for line by line.

It reads no syntax: a statement of SQL in a text, a method that is called `execute` and a word in a comment behind code
count too, and so does JavaScript (T toolkit/scan/capabilities.py, toolkit/walk.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from bot.plugin.contents import texts
from bot.plugin.markdown import span_at
from bot.plugin.plugin import Plugin
from bot.python.capabilities import Capability, Use

_HTTP: Final = "get|post|put|patch|delete|head|options|request"
_PATTERNS: Final[Mapping[Capability, str]] = {
    Capability.PROCESS: (
        r"\bsubprocess\.(?:run|Popen|call|check_call|check_output)\s*\(|"
        r"\bos\.(?:system|popen|spawn[a-z_]*|exec[a-z_]*)\s*\(|\bpty\.spawn\s*\("
    ),
    Capability.CODE: (
        r"(?<![\w.])(?:eval|exec|compile)\s*\(|\bimportlib\.import_module\s*\(|\b__import__\s*\(|"
        r"\b(?:pickle|marshal)\.loads?\s*\("
    ),
    Capability.DATABASE: (
        r"(?i:\bSELECT\b.{0,200}?\bFROM\b|\bINSERT\s+INTO\b|\bUPDATE\s+[\w.\"`\[\]]+\s+SET\b|\bDELETE\s+FROM\b|"
        r"\bDROP\s+(?:TABLE|DATABASE|INDEX)\b|\bALTER\s+TABLE\b|\bCREATE\s+(?:TABLE|DATABASE|INDEX)\b|"
        r"\b(?:sqlite3|psycopg|psycopg2|pymysql|mysql\.connector|sqlalchemy)\b|\.execute(?:many)?\s*\()"
    ),
    Capability.SSH: r"\b(?:paramiko|asyncssh|pysftp)\b|\bSSHClient\s*\(",
    Capability.FILES: (
        r"(?<![\w.])open\s*\(|\bos\.(?:remove|unlink|rename|replace|makedirs|listdir|walk)\s*\(|"
        r"\bshutil\.(?:copy|copyfile|copytree|move|rmtree)\s*\(|\bglob\.glob\s*\("
    ),
    Capability.NETWORK: (
        rf"\brequests\.(?:{_HTTP})\s*\(|\bhttpx\.(?:{_HTTP}|stream)\s*\(|\baiohttp\.ClientSession\s*\(|"
        r"\burllib\.request\.Request\s*\(|\burlopen\s*\("
    ),
    Capability.BROWSER: (r"\b(?:playwright|selenium|pyppeteer|webdriver)\b|\bbrowser\.new_page\s*\(|\bpage\.goto\s*\("),
}
#: Folders that it does not look into, besides those whose name begins with a dot.
_FOREIGN: Final = frozenset(("venv", "env", "node_modules", "vendor", "__pycache__", "site-packages", "dist-packages"))


def signals_of(plugin: Plugin) -> Iterator[Use]:
    """The first signal of each capability."""
    left = dict(_compiled())
    for each in texts(plugin):
        *folders, name = each.path.split("/")
        hidden = any(part.startswith(".") for part in (*folders, name))
        if hidden or not name.endswith((".py", ".js", ".ts")) or not _FOREIGN.isdisjoint(map(str.lower, folders)):
            continue
        for capability, pattern in list(left.items()):
            for found in pattern.finditer(each.text):
                start = each.text.rfind("\n", 0, found.start()) + 1
                if not each.text[start : found.start()].lstrip().startswith("#"):
                    del left[capability]
                    what = found[0].rstrip("( \t")
                    yield Use(capability, what, each.path, span_at(each.text, found.start(), len(what)))
                    break


@cache
def _compiled() -> Mapping[Capability, re.Pattern[str]]:
    """In one line each: white space is what a line has of it."""
    return {key: re.compile(pattern.replace(r"\s", r"[^\S\n]")) for key, pattern in _PATTERNS.items()}
