"""The models against the platform's own classes: what they refuse is an error, and no error names them for what they
take.

The classes are read from sources that are not part of this project: `DIFY_API` names the folder `api` of Dify,
`GRAPHON_SOURCE` the folder `src` of graphon, `DIFY_API_PYTHON` an interpreter of Python 3.12 or later with pydantic,
packaging, yarl and werkzeug. Without them the tests are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from bot.document import read_document
from bot.findings import By, Reach, Severity
from bot.format.judge.verdict import Violation, divergences, validate
from bot.format.traits import DocumentKind
from tests.format.handover import handed_over
from tests.format.mutation import mutants
from tests.format.plugins import SAMPLES

_NEEDED = ("DIFY_API", "GRAPHON_SOURCE", "DIFY_API_PYTHON")
pytestmark = pytest.mark.skipif(
    any(not os.environ.get(name) for name in _NEEDED),
    reason=f"the platform's classes are not here: {', '.join(_NEEDED)} say where",
)

KINDS = sorted({sample.kind for sample in SAMPLES} - {DocumentKind.BUNDLE, DocumentKind.MODEL_POSITION})

#: What other rules than those of the models report, by a part of the pointer.
ELSEWHERE = {
    "version",  # `manifest/version`
    "minimum_dify_version",  # `manifest/minimum-dify-version`
    "author",  # `manifest/author`
    "repo",  # `manifest/repo-url`
}


class Platform:
    """Asks the platform's classes whether they take a declaration."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("platform_oracle.py")
        self._process = subprocess.Popen(
            [os.environ["DIFY_API_PYTHON"], "-P", str(script), os.environ["DIFY_API"], os.environ["GRAPHON_SOURCE"]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        assert self._answer()["kinds"]

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process with the platform's classes ended"
        return json.loads(line)

    def refuses(self, kind: DocumentKind, declaration: Any) -> str:
        """Why the classes refuse the declaration; empty when they take it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"kind": kind.value, "declaration": declaration}, default=str) + "\n")
        self._process.stdin.flush()
        return str(self._answer()["error"])

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(timeout=30)


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    oracle = Platform()
    yield oracle
    oracle.close()


def named(violation: Violation) -> bool:
    """Whether a violation says of these very classes that they refuse."""
    return any(
        each.by is By.PLATFORM and each.reach is not Reach.PROVIDER and each.since != "1.17.0"
        for each in violation.authorities
    )


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample.kind in KINDS], ids=str)
def test_what_is_clean_is_taken(platform: Platform, sample: Any) -> None:
    refusal = platform.refuses(sample.kind, handed_over(sample.document, sample.kind))
    # The types of dates and the keys that Dify reads from 1.17 on are not in these classes.
    assert not refusal or "date" in refusal


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(data=st.data())
def test_platform(platform: Platform, kind: DocumentKind, data: st.DataObject) -> None:
    samples = tuple(sample for sample in SAMPLES if sample.kind is kind)
    mutant = data.draw(mutants(samples, {str(sample): sample.document.data for sample in samples}))
    note(mutant.text)
    document = read_document(mutant.sample.path, mutant.text.encode())
    assume(document.readable and not document.problems and isinstance(document.data, dict))
    found = [*validate(document, kind), *divergences(document, kind)]
    errors = [violation for violation in found if violation.severity is Severity.ERROR]
    daemon = {By.PACKAGER, By.INSTALLER}
    assume(not any(daemon & {each.by for each in violation.authorities} for violation in errors))
    clean = platform.refuses(kind, handed_over(mutant.sample.document, kind))
    refusal = platform.refuses(kind, handed_over(document, kind))
    if refusal and refusal != clean and not ELSEWHERE & {str(part) for place in mutant.places for part in place}:
        assert errors, refusal
    if not refusal:
        assert [violation for violation in errors if named(violation)] == []
