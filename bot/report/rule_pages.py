"""The pages of rules, and the catalogue, as text, Markdown and JSON. `docs/rules/` is made of them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from bot.findings import Authority, By, Severity
from bot.format.references import cited
from bot.languages import LANGUAGES, speaking, spoken, told
from bot.messages import Message, say
from bot.rules.registry import FAMILIES, UNRELEASED, Example, Rule
from bot.submission import Submission
from bot.submission.example import COMPLETE

INDEX = "README.md"
"""The page that GitHub shows for the folder."""

_MADE = say(
    "Made by `make docs` from the rules themselves. The severity of a single finding can differ from the usual one\n"
    "given here, where the same mistake has other consequences. `dify-plugin-review explain RULE` prints a page."
)
_ARTICLES = {Severity.ERROR: say("an error"), Severity.WARNING: say("a warning"), Severity.NOTICE: say("a notice")}
_LANGUAGES = {".yaml": "yaml", ".py": "python", ".md": "markdown", ".svg": "xml", ".toml": "toml"}


def render(rules: Sequence[Rule], form: str) -> str:
    """The catalogue: `text` is a line a rule, `markdown` the index of the pages, `json` everything."""
    if form == "json":
        return json.dumps([_data(rule) for rule in rules], indent=2, ensure_ascii=False) + "\n"
    if form == "text":
        width = max(len(rule.id) for rule in rules)
        return "".join(f"{rule.id:{width}}  {told(rule.severity.label):7}  {told(rule.summary)}\n" for rule in rules)
    lines = [
        told(say("# Rules")),
        "",
        told(_MADE),
        "",
    ]
    for family in FAMILIES:
        members = [rule for rule in rules if rule.family == family]
        if members:
            lines += [f"## {family}", "", told(say("| rule | severity | what it finds |")), "|---|---|---|"]
            lines += [
                f"| [`{rule.id}`]({_link(rule)}) | {told(rule.severity.label)} | {told(rule.summary)} |"
                for rule in members
            ]
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _link(rule: Rule) -> str:
    """The page of a rule from the index: the English one where there is no other."""
    return f"{rule.id}.md" if _is_told(rule) else f"../{rule.id}.md"


def _is_told(rule: Rule) -> bool:
    """Whether all that a rule says itself is translated into the language of what is being written."""
    texts = (rule.summary, rule.why, rule.fix, *(item.consequence for item in rule.authorities))
    return spoken().is_english or all(map(spoken().has, texts))


def pages(rules: Sequence[Rule]) -> dict[str, str]:
    """The text of every file of `docs/rules/`: the index, and a page for each rule, which its link leads to.

    They are in a folder of its own for each other language, as far as their texts are translated.
    """
    made = {}
    for language in LANGUAGES:
        with speaking(language):
            known = [rule for rule in rules if _is_told(rule)]
            folder = "" if spoken().is_english else f"{language}/"
            if known:
                made[f"{folder}{INDEX}"] = render(rules, "markdown")
            made |= {f"{folder}{rule.id}.md": render_page(rule, "markdown") for rule in known}
    return made


def write(rules: Sequence[Rule], folder: Path) -> None:
    """Writes `pages` into `folder`, and removes the pages of rules that are no more."""
    texts = pages(rules)
    for path in folder.glob("**/*.md"):
        if path.relative_to(folder).as_posix() not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def render_page(rule: Rule, form: str) -> str:
    """One rule's page."""
    if form == "json":
        return json.dumps(_data(rule), indent=2, ensure_ascii=False) + "\n"
    if form == "markdown":
        return "\n".join(_page(rule)) + "\n"
    lines = [
        f"{rule.id} ({told(rule.severity.label)}, {told(rule.confidence)}, {told(_since(rule))})",
        "",
        told(rule.summary),
        "",
        told(say("Why: {why}", why=say(rule.why))),
        "",
        told(say("Fix: {fix}", fix=say(rule.fix))),
        "",
        told(say("Who objects:")),
        *(f"  {told(item.by)}: {told(item.consequence)} [{item.source}]" for item in rule.authorities),
        "",
        told(say("Bad:")),
        *_indented(rule.bad),
        "",
        told(say("Good:")),
        *_indented(rule.good),
        "",
        f"{rule.docs}",
    ]
    return "\n".join(lines) + "\n"


def _shown_where(rule: Rule) -> list[str]:
    """The way to the page about what becomes of fields on screen, where the rule is about that."""
    if not any(item.by in (By.CONSOLE, By.PLATFORM) for item in rule.authorities):
        return []
    page = f"../../{'' if spoken().is_english else '../'}how-dify-shows-it.md"
    return [told(say("[How Dify shows each field]({page}), and since which release.", page=page)), ""]


def _since(rule: Rule) -> Message:
    return say("not released yet") if rule.since == UNRELEASED else say("since {release}", release=rule.since)


def _sources(authority: Authority) -> str:
    """Where it is written, with links to the lines as they were read."""
    return ", ".join(f"[`{part}`]({address})" if address else f"`{part}`" for part, address in cited(authority.source))


def _page(rule: Rule) -> list[str]:
    return [
        f"# {rule.id}",
        "",
        told(
            say(
                "{summary} *Usually {severity}; {confidence}; {since}.*",
                summary=say(rule.summary),
                severity=_ARTICLES[rule.severity],
                confidence=rule.confidence.value,
                since=_since(rule),
            )
        ),
        "",
        told(rule.why),
        "",
        told(say("**Fix.** {fix}", fix=say(rule.fix))),
        "",
        told(say("**Who objects.**")),
        "",
        *(f"- {told(item.by)}: {told(item.consequence)} ({_sources(item)})" for item in rule.authorities),
        "",
        *_shown_where(rule),
        *_block(say("Bad"), rule.bad),
        "",
        *_block(say("Good"), rule.good),
    ]


def _block(title: Message, example: Example) -> list[str]:
    shown = _listed(example)
    fence = "```"
    while any(fence in text for *_, text in shown):
        fence += "`"
    lines = []
    for path, when, text in shown:
        language = _LANGUAGES.get(PurePosixPath(path).suffix, "")
        where = told(say("{title}, `{path}`{when}:", title=title, path=path, when=when))
        lines += [where, "", f"{fence}{language}", *text.rstrip("\n").split("\n"), fence, ""]
    return lines[:-1] if lines else [told(say("{title}: see the fix.", title=title))]


def _indented(example: Example) -> list[str]:
    lines = []
    for path, when, text in _listed(example):
        lines += [f"  {path}{told(when)}:", *(f"    {line}".rstrip() for line in text.rstrip("\n").split("\n"))]
    return lines or [told(say("  see the fix"))]


def _listed(example: Example) -> Sequence[tuple[str, str, str]]:
    """The files of an example: path, at which revision where that matters, and text."""
    base, now = say(" at the base revision"), say(" now")
    before = [(example.path, base, _visible(example.before))] if example.before is not None else []
    return [*before, *((path, now if before else "", text) for path, text in _shown(example).items())]


def _shown(example: Example) -> Mapping[str, str]:
    """The files of an example as a page shows them: bytes that are not text and long files are only named."""
    shown = {}
    if example.text or example.whole:
        shown[example.path] = example.text or told(say("(an empty file)"))
    for path, content in example.files.items():
        if isinstance(content, int):
            text = told(say("({n:,} bytes)", n=content))
        elif isinstance(content, bytes):
            text = told(say("({n:,} bytes)", n=len(content))) if len(content) > 400 else repr(content)[2:-1]
        else:
            text = content if len(content) <= 2000 else told(say("({n:,} characters)", n=len(content)))
        shown[path] = text or told(say("(an empty file)"))
    for path in example.removed:
        shown[path] = told(say("(no such file)"))
    if example.submission is not None:
        shown[told(say("pull request"))] = _described(example.submission)
    return {path: _visible(text) for path, text in shown.items()}


def _described(submission: Submission) -> str:
    """What a pull request does, and how its text differs from one in which nothing is wrong."""
    said = [say("changes {path}", path=path) for path in submission.changed]
    said += [say("beside {path}", path=path) for path in submission.before]
    said += [
        say("while pull request {number} changes {path}", number=number, path=path)
        for number, path in submission.rivals or ()
    ]
    lines = list(map(told, said))
    text = (submission.body or "").split("\n")
    difference = list(difflib.unified_diff(COMPLETE.split("\n"), text, n=0, lineterm=""))[2:]
    return "\n".join([*lines, *(line for line in difference if not line.startswith("@@"))])


def _visible(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else f"\\x{ord(char):02x}" for char in text)


def _data(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "family": rule.family,
        "severity": rule.severity.label,
        "confidence": str(rule.confidence),
        "since": rule.since,
        "summary": rule.summary,
        "why": rule.why,
        "fix": rule.fix,
        "authorities": [
            {"by": str(item.by), "consequence": item.consequence, "source": item.source} for item in rule.authorities
        ],
        "bad": dict(_shown(rule.bad)),
        "good": dict(_shown(rule.good)),
        "docs": rule.docs,
    }
