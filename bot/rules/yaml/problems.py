"""What the YAML reader complained about, for the rules of this family."""

from __future__ import annotations

from collections.abc import Iterator

from bot.document import ProblemCode
from bot.findings import Authority, By
from bot.messages import sentences
from bot.plugin import Plugin
from bot.rules.registry import Hit

SDK = (Authority(By.SDK, "The plugin does not start.", "PyYAML safe_load, core/utils/yaml_loader.py:23"),)


LIMIT = (Authority(By.PROJECT, "The file is not reviewed, so the review fails.", "bot/document/reader.py"),)


def problem_hits(plugin: Plugin, *codes: ProblemCode, end: str = "") -> Iterator[Hit]:
    for linked in plugin.documents.values():
        for problem in linked.document.problems:
            if problem.code in codes:
                yield Hit(
                    sentences(problem.message, end),
                    linked.path,
                    problem.span,
                    problem.pointer,
                    subject=problem.subject,
                    anchor=linked.document.anchor(problem.pointer or ()),
                )
