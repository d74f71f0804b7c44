"""A bound on what is read of a plugin is a `Limit`, so that to reach it is told; the others are listed here."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from bot.options import Options
from bot.plugin import find_roots
from bot.review.engine import review
from bot.rules.example import example_plugin
from bot.source import MemoryTree

_ROOT = Path(__file__).parents[2]
#: The rooms that read what a plugin holds.
_ROOMS = ("document", "format", "locale", "plugin", "python", "rules", "source", "upgrade")
_NAME = re.compile(r"(^|_)(MAX|MOST|LIMIT|LIMITS)(_|$)")

#: Why other constants that are named like a limit lose nothing without a word.
LISTED = {
    "document/reader.py:MAX_YAML_BYTES": "yaml/too-large is a finding",
    "document/reader.py:MAX_DEPTH": "yaml/excessive is a finding",
    "document/reader.py:MAX_BITS": "what a larger number is to the readers does not depend on its digits",
    "document/reader.py:MAX_REPEATED": "yaml/excessive is a finding",
    "document/reader.py:MAX_NODES": "yaml/excessive is a finding",
    "locale/insert.py:_MAX_SITE": "fewer translations are offered",
    "locale/library.py:MAX_FILE": "fewer translations are offered",
    "locale/library.py:MAX_SEARCHED": "fewer translations are offered",
    "locale/library.py:MAX_READ": "fewer translations are offered",
    "locale/memory.py:MAX_TEXT": "fewer translations are offered",
    "plugin/images.py:_MAX_FAULTS": "the image has the finding in any case, with fewer reasons",
    "plugin/plugin.py:_MAX_TYPOS": "the finding stands without `Did you mean`",
    "plugin/secrets.py:MAX_FOUND": "the file has a hundred findings in any case",
    "plugin/secrets.py:MAX_INSIDE": "a value has no room for more that could be secrets",
    "plugin/suppression_comments.py:MAX_PYTHON_BYTES": "a finding is not suppressed",
    "plugin/suppression_comments.py:MAX_PYTHON_LINE": "a finding is not suppressed",
    "plugin/suppression_comments.py:MAX_PYTHON_READ": "a finding is not suppressed",
    "plugin/secrets.py:_MAX_SPLIT": "the text is searched whole",
    "plugin/secrets.py:_MAX_QUIET": "a line is searched again",
    "plugin/suppression_comments.py:MAX_PYTHON_TOKENIZED": "a finding is not suppressed",
    "plugin/suppression_comments.py:MAX_COMMENTS": "a finding is not suppressed",
    "plugin/suppression_comments.py:MAX_COMMENT_LINES": "a finding is not suppressed",
    "plugin/translation_gaps.py:_MOST_APART": "a translation is offered in a fix of its own",
    "python/calls.py:MAX_LITERAL_DEPTH": "a value this deep is taken for a computed one",
    "python/module.py:_MOST_NAMES": "the finding points at the imported name instead of the module",
    "python/module.py:_MAX_VERDICTS": "the file is skipped, which `_load` tells",
    "python/scopes.py:MAX_ALTERNATIVES": "as many values are not known, as of any name that code computes",
    "python/scopes.py:MAX_NESTING": "a computed expression is not known in any case",
    "python/reads.py:MAX_VALUES": "fewer guards are seen, so more is found",
    "python/reads.py:_MAX_CALLS": "fewer guards are seen, so more is found",
    "rules/package/archive.py:MAX_FILES": "the rule is about the limit",
    "rules/package/release.py:MAX_NAMED": "the rest is counted in the finding",
    "rules/permission/permissions.py:MAX_STORAGE": "the rule is about the limit",
    "rules/pull_request/shape.py:MAX_FILES": "the change has twenty findings in any case",
    "rules/pull_request/text.py:MAX_HAN_LINES": "the text has twenty findings in any case",
    "rules/python/outputs.py:_MAX_FUNCTIONS": "NotJudged",
    "rules/python/parameters.py:MAX_PAIRS": "the two names are told as unread and undeclared",
    "rules/python/session.py:MAX_UNKNOWN": "the call has twenty findings in any case",
    "plugin/excerpts.py:MAX_EXCERPT": "less is shown of a line",
    "plugin/excerpts.py:MAX_FILE": "no line is shown",
    "plugin/excerpts.py:MAX_KEPT": "a file is read again",
    "rules/registry.py:MAX_FINDINGS": "the rule is unchecked",
    "rules/schema/prices.py:MAX_INPUT": "the rule is about the limit",
    "rules/upgrade/breaks.py:_MOST_RELATED": "fewer places are named in the finding",
    "rules/yaml/problems.py:LIMIT": "an authority",
    "source/git.py:MAX_OUTPUT_BYTES": "the tool fails",
    "source/links.py:MAX_LINKS": "the link is named as not followed",
    "source/links.py:_MAX_STEPS": "the link is named as not followed",
    "source/package.py:MAX_PACKAGE_BYTES": "package/archive is a finding",
    "source/package.py:MAX_UNPACKED_BYTES": "package/archive is a finding",
    "source/package.py:MAX_KEPT_BYTES": "a file is unpacked again",
    "source/package.py:MAX_MEMBERS": "package/archive is a finding",
    "source/package.py:MAX_NAME_BYTES": "package/archive is a finding",
    "source/package.py:MAX_PATH_BYTES": "package/archive is a finding",
    "source/tree.py:MAX_FILE_BYTES": "the file is unreadable, which is told",
    "source/tree.py:MAX_PATH_BYTES": "the link is named as not followed",
    "source/tree.py:MAX_ENTRIES": "the command line is refused",
    "upgrade/renames.py:MAX_PAIRS": "a removed and an added thing are told instead of a renamed one",
    "rules/dependency/solving.py:MAX_ROUNDS": "the rule says that it was not judged",
}


def _constants() -> dict[str, bool]:
    """The constants that are named like a limit, and whether they are of the type."""
    found = {}
    for room in _ROOMS:
        for path in sorted((_ROOT / "bot" / room).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
                if isinstance(target, ast.Name) and _NAME.search(target.id):
                    call = getattr(node, "value", None)
                    typed = isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Limit"
                    found[f"{path.relative_to(_ROOT / 'bot').as_posix()}:{target.id}"] = typed
    return found


def test_a_bound_is_a_limit_or_has_a_reason() -> None:
    assert {name for name, typed in _constants().items() if not typed} == set(LISTED)


_TOOL = example_plugin("tool")["tools/current_weather.py"].decode()

REACHED = {
    "names": {
        **{f"m{n}.py": f"from m{n + 1} import base\n" for n in range(60)},
        "m60.py": "base = object\n",
        "tools/current_weather.py": _TOOL.replace("(Tool)", "(base, Tool)").replace(
            "from dify_plugin import Tool", "from m0 import base\nfrom dify_plugin import Tool"
        ),
    },
    "hosts": {"data.py": "\n".join(f"h{n} = 'https://h{n}.io/x'" for n in range(30))},
    "base classes": {
        "tools/current_weather.py": _TOOL
        + "class B0: pass\n"
        + "".join(f"class B{n + 1}(B{n}): pass\n" for n in range(120))
    },
    "dependencies": {"requirements.txt": "dify_plugin>=0.5.0,<1\n" + "".join(f"p{n}==1\n" for n in range(2001))},
    "lines of requirements": {"requirements.txt": "a==1\n" * 4000 + "dify_plugin>=0.5.0,<1\n"},
    "items of a project": {
        "pyproject.toml": "[project]\nname = 'a'\nversion = '1'\ndependencies = ["
        + "'a==1'," * 4000
        + "'dify_plugin>=0.5']\n"
    },
    "included files": {
        "requirements.txt": "dify_plugin>=0.5.0,<1\n" + "".join(f"-r r{n}.txt\n" for n in range(25)),
        **{f"r{n}.txt": f"p{n}==1\n" for n in range(25)},
    },
    "images": {f"images/{n}.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>" for n in range(201)},
}


@pytest.mark.parametrize("files", REACHED.values(), ids=REACHED)
def test_what_is_not_followed_is_told(files: dict[str, str]) -> None:
    tree = MemoryTree({**example_plugin("tool"), **files})
    result = review(tree, find_roots(tree), Options())
    assert result.errors == ()
    paths = {item.path for item in result.coverage.not_judged}
    assert paths
    assert paths <= set(tree.entries())
    assert all(any(f"`{path}`" in entry.reason for entry in result.unchecked) for path in paths)
    assert "dependency/no-sdk" not in {finding.rule for finding in result.findings}
