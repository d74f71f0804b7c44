"""The models against the daemon, as recorded: what its decoder (and, for manifests, its validator) made of documents.

`daemon_verdicts.json` lists documents of the test plugins with another text at one place, and whether the daemon's own
structures, at commit bdb5642 with yaml.v3 3.0.1, took them. Null for the text means that the key or item is gone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.document import read_document
from bot.findings import By, Severity
from bot.format.judge.verdict import divergences, validate
from tests.format.mutation import written
from tests.format.plugins import SAMPLES

VERDICTS: list[tuple[str, list[Any], str | None, bool]] = json.loads(
    Path(__file__).with_name("daemon_verdicts.json").read_text(encoding="utf-8")
)
#: What other rules report: `manifest/repo-url`, `manifest/memory`.
ELSEWHERE = {("repo",), ("resource", "memory")}


@pytest.mark.parametrize("name", sorted({name for name, *_ in VERDICTS}))
def test_daemon(name: str) -> None:
    sample = next(sample for sample in SAMPLES if str(sample) == name)
    data = sample.document.data
    wrong = []
    for _, place, text, accepted in (verdict for verdict in VERDICTS if verdict[0] == name):
        document = read_document(sample.path, written(data, tuple(place), text).encode())
        found = [*validate(document, sample.kind), *divergences(document, sample.kind)]
        errors = [violation for violation in found if violation.severity is Severity.ERROR]
        refused = any(By.PACKAGER in {each.by for each in violation.authorities} for violation in errors)
        if refused is accepted and tuple(place) not in ELSEWHERE:
            wrong.append((place, text, accepted, [violation.message for violation in found]))
    assert wrong == []
