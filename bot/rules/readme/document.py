"""Rules about the README: that it is there, and that it is the plugin's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.findings import Authority, By, Severity, quote
from bot.messages import say, say_plural
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.documents import README, readmes
from bot.plugin.markdown import span_at
from bot.rules.readme.severity import marketplace_severity
from bot.rules.registry import Example, Hit, rule


@rule(
    "readme/missing",
    severity=Severity.WARNING,
    summary="The plugin has no README.",
    why="Dify shows `README.md` on the plugin's page and has nothing to show without it. The marketplace requires it.",
    fix="Add `README.md` at the plugin root, in English: what the plugin does, how to set it up, how to use it.",
    authorities=(
        Authority(By.CONSOLE, "The plugin's page is empty.", "decoder/helper.go:529"),
        Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", "toolkit/checks/readme.py"),
    ),
    bad=Example("", removed=("README.md",)),
    good=Example(""),
)
def missing(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not plugin.manifest.readable or README in plugin.tree.entries():
        return
    other = plugin.files_by_lower.get(README.lower())
    if other is not None:
        message = say(
            "The file is called {other}; Dify reads `README.md` only, in just that spelling.", other=quote(other)
        )
        yield Hit(message, other, severity=marketplace_severity(plugin, Severity.WARNING))
    else:
        message = say("There is no `README.md`: the plugin's page is empty.")
        yield Hit(message, plugin.manifest.path, severity=marketplace_severity(plugin, Severity.WARNING))


@rule(
    "readme/ignored",
    severity=Severity.WARNING,
    summary="The README is left out of the package.",
    why="Dify reads `README.md` from the package.",
    fix="Narrow the pattern in the ignore file.",
    authorities=(Authority(By.CONSOLE, "The plugin's page is empty.", "decoder/fs.go:67"),),
    bad=Example("*.md\n", path=".difyignore", whole=True),
    good=Example("__pycache__/\n", path=".difyignore", whole=True),
)
def ignored(plugin: Plugin) -> Iterator[Hit]:
    if not plugin.has_file(README):
        return
    pattern = plugin.packing.left_out_by(README)
    if pattern is not None:
        message = say("{text} leaves `README.md` out of the package.", text=quote(pattern.text))
        yield Hit(message, plugin.packing.ignore.path, pattern.span, subject=pattern.text)


#: What the templates of the CLI say where an author should.
_PLACEHOLDERS = (
    "Replace the placeholder sections below with real content before publishing",
    "Describe how to configure the plugin: required credentials or API keys, where to obtain them",
)


# The older template: a heading, three lines about the plugin, and an empty description.
_SKELETON = regex(r"^(#.*|\*\*(Author|Version|Type|作者|版本|类型).{0,3}\*\*.*|[\s>*_-]*)$", re.MULTILINE)


@rule(
    "readme/template",
    severity=Severity.WARNING,
    summary="The README is empty, or still the one of the template.",
    why="Users learn nothing from it, and the marketplace refuses an empty README.",
    fix="Write what the plugin does, how to get credentials and how to use it.",
    authorities=(
        Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", "toolkit/checks/readme.py"),
        Authority(By.PROJECT, "Users learn nothing about the plugin.", "cmd/commandline/plugin/templates/README.md"),
    ),
    bad=Example(
        "# weather\n\n**Author:** acme\n**Version:** 0.1.0\n**Type:** tool\n\n## Description\n",
        path="README.md",
        whole=True,
    ),
    good=Example("# Weather\n\nThe current weather of any place.\n", path="README.md", whole=True),
)
def template(plugin: Plugin) -> Iterator[Hit]:
    for readme in readmes(plugin) if not plugin.is_bundle else ():
        if readme.text is None or readme.path != README:
            continue
        if not readme.text.strip():
            message = say("The README is empty.")
            yield Hit(message, readme.path, severity=marketplace_severity(plugin, Severity.WARNING))
            continue
        for placeholder in _PLACEHOLDERS:
            start = readme.text.find(placeholder)
            if start >= 0:
                message = say("The README still holds text of the template, which asks to be replaced.")
                yield Hit(message, readme.path, span_at(readme.text, start, len(placeholder)), subject=placeholder)
                break
        else:
            if len(readme.text) < 4000 and not _SKELETON.sub("", readme.text).strip():
                message = say(
                    "The README says nothing: it is still the text of the template, with headings and fields only."
                )
                yield Hit(message, readme.path)


_FIRST_HAN = "\u3400"
_HAN = regex(f"[{_FIRST_HAN}-\u4dbf\u4e00-\u9fff]")
_HAN_RUN = regex(f"{_HAN.pattern}{{1,40}}")


_FENCED = regex(r"```.*?```", re.DOTALL)
_NOT_BREAK = regex(r"[^\n]")


@rule(
    "readme/not-english",
    severity=Severity.NOTICE,
    summary="`README.md` holds Chinese characters.",
    why="`README.md` is the English README; translations have files of their own. The marketplace refuses every "
    "Chinese character in it outside code blocks.",
    fix="Write it in English, and move the Chinese text to `readme/README_zh_Hans.md`.",
    authorities=(
        Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", "toolkit/checks/readme.py"),
        Authority(By.DOCS, "The README must be in English.", "multilingual-readme.mdx:15"),
    ),
    bad=Example("# Weather\n\n任意城市的当前天气。\n", path="README.md", whole=True),
    good=Example("# Weather\n\nThe current weather of any place.\n", path="README.md", whole=True),
)
def not_english(plugin: Plugin) -> Iterator[Hit]:
    for readme in readmes(plugin) if not plugin.is_bundle else ():
        # To compile the class of characters takes more time than to look at each of them once.
        if readme.path != README or readme.text is None or max(readme.text, default="") < _FIRST_HAN:
            continue
        # The marketplace's check cuts out what is between three backquotes, wherever in a line they stand.
        prose = _FENCED.sub(lambda found: _NOT_BREAK.sub(" ", found[0]), readme.text)
        first = _HAN_RUN.search(prose)
        if first is None:
            continue
        message = say_plural(
            "The README holds one Chinese character, {first}; the marketplace refuses it.",
            "The README holds {n:,} Chinese characters, the first being {first}; the marketplace refuses it.",
            len(_HAN.findall(prose)),
            first=quote(first[0]),
        )
        span = span_at(readme.text, first.start(), len(first[0]))
        yield Hit(message, readme.path, span, severity=marketplace_severity(plugin, Severity.NOTICE))
