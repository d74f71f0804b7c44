"""The result as JUnit XML, for continuous integration that shows tests.

The form is that of Jenkins and GitLab: a suite for each plugin, a case for each finding that counts. The report fails
(`failure`, `error`) just where the review does; what does not block is a case that passes, with the text as its output.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Finding
from bot.options import Profile
from bot.report import escape, words
from bot.review.result import Result


def render(result: Result) -> str:
    """The result as one XML document."""
    failing = {finding.fingerprint for finding in result.failing}
    roots = dict.fromkeys(
        [plugin.root for plugin in result.plugins]
        + [finding.plugin for finding in result.active]
        + [entry.plugin for entry in result.open_questions]
    )
    suites = [_suite(words.called(result, root), list(_cases(result, root, failing))) for root in roots]
    if result.errors:
        suites.append(_suite(words.TOOL, [_case("", words.TOOL, _element("error", text)) for text in result.errors]))
    lines = [line for suite in suites for line in suite]
    attributes = _attributes(name=words.TOOL, **_counts(lines), time=f"{result.duration_ms / 1000:.3f}")
    return "\n".join(
        ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites{attributes}>", *lines, "</testsuites>", ""]
    )


def _cases(result: Result, root: str, failing: set[str]) -> Iterator[str]:
    found = False
    for finding in result.active:
        if finding.plugin == root:
            found = True
            yield _case(finding.location.file, finding.rule, _said(finding, finding.fingerprint in failing), finding)
    for entry in result.open_questions:
        if entry.plugin == root:
            found = True
            kind = "failure" if result.profile is not Profile.AUTHOR else "skipped"
            yield _case(root, entry.rule, _element(kind, f"Not judged: {entry.reason}"))
    if not found:
        yield _case(root, words.TOOL, "")


def _said(finding: Finding, fails: bool) -> str:
    text = f"{words.location(finding.location)}: {finding.severity.label}: {finding.message}"
    if not fails:
        return f"<system-out>{escape.xml(text)}</system-out>"
    return f"<failure{_attributes(type=finding.rule, message=finding.message)}>{escape.xml(text)}</failure>"


def _element(kind: str, text: str) -> str:
    return f"<{kind}{_attributes(message=text)}/>"


def _case(place: str, name: str, inside: str, finding: Finding | None = None) -> str:
    where: dict[str, str] = {}
    if finding is not None:
        where["file"] = finding.location.path
        if finding.location.span is not None:
            name = f"{name}:{finding.location.span.line}:{finding.location.span.column}"
            where["line"] = str(finding.location.span.line)
    return f"    <testcase{_attributes(classname=place or words.TOOL, name=name, **where)}>{inside}</testcase>"


def _suite(name: str, cases: list[str]) -> list[str]:
    return [f"  <testsuite{_attributes(name=name, **_counts(cases))}>", *cases, "  </testsuite>"]


def _counts(lines: list[str]) -> dict[str, str]:
    """How many cases there are, and how many of each kind. Nothing of a plugin can look like an element."""
    kinds = {"tests": "<testcase ", "failures": "<failure ", "errors": "<error ", "skipped": "<skipped "}
    return {name: str(sum(mark in line for line in lines)) for name, mark in kinds.items()}


def _attributes(**values: str) -> str:
    return "".join(f' {name}="{escape.xml(value)}"' for name, value in values.items())
