"""The models against the SDK: what it refuses is an error, and no error names it for what it loads."""

from __future__ import annotations

import importlib.metadata
import subprocess

import pytest
from hypothesis import assume, given, note
from hypothesis import strategies as st

from bot.document import Pointer, read_document
from bot.findings import By, Severity
from bot.format.judge.verdict import Violation, validate
from bot.format.traits import DocumentKind
from tests.format.conftest import PYTHON, Sdk
from tests.format.mutation import Mutant, mutants
from tests.format.plugins import SAMPLES
from tests.format.versions import JSON_DEFAULTS, for_release, is_unread

_ASK = "import importlib.metadata as m; print(m.version('dify_plugin'))"


def _version() -> str:
    try:
        return subprocess.run([PYTHON, "-P", "-c", _ASK], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return importlib.metadata.version("dify_plugin")


#: Named in the output of the tests: it is part of their names.
SDK_VERSION = f"dify_plugin-{_version()}"
KINDS = [kind for kind in DocumentKind if kind is not DocumentKind.BUNDLE]

#: Refusals of the SDK that other rules than those of the models report: where, and what the SDK says.
ELSEWHERE: tuple[tuple[str, str], ...] = (
    # A path leads nowhere, which the SDK notices as an empty file (rules of the family `reference`).
    ("tools", "Error loading tool configuration"),
    ("events", "Error loading event configuration"),
    ("endpoints", "Error loading endpoint configuration"),
    ("strategies", "Error loading agent strategy configuration"),
    ("datasources", "Error loading datasource configuration"),
    # Patterns that pathlib does not take (B24, rules of the family `reference`).
    ("predefined", "Unacceptable pattern"),
    # `position:` without a value stops the SDK only where a pattern finds an order of models besides.
    ("position", "does not support item assignment"),
    # Versions by PEP 440 (`manifest/version`, `manifest/minimum-dify-version`).
    ("minimum_dify_version", "Invalid version format"),
)


def is_elsewhere(mutant: Mutant, refusal: str) -> bool:
    return any(key in mutant.places[0] and words in refusal for key, words in ELSEWHERE)


def is_tolerated(mutant: Mutant, violation: Violation) -> bool:
    """Errors that name the SDK although it loads the document. Each has its line in the ledger."""
    pointer = violation.pointer
    if "predefined" in pointer:
        # documents.md §5: a text or mapping is a list of odd patterns to the SDK; the models are gone all the same.
        return True
    if "position" in pointer and mutant.sample.kind is DocumentKind.MODEL_PROVIDER:
        # documents.md §5: the order that a pattern finds replaces the one written here before it is looked at.
        return True
    # discrepancies.md B12: `parameters` and labels of models may be anything empty to the SDK, not to the daemon.
    return pointer[-1:] in (("parameters",), ("label",)) and By.PACKAGER in {each.by for each in violation.authorities}


#: Keys that must fit together: whichever of them changed, another may be the one at fault (B14, B21).
TOGETHER = ({"type", "multiple", "default"}, {"type", "use_template"})


def covers(violation: Violation, pointer: Pointer) -> bool:
    """Whether a violation is at a changed place, in it, or at the key or item that holds it."""
    shared = min(len(violation.pointer), len(pointer))
    if violation.pointer[:-1] == pointer[:-1] and any(
        {violation.pointer[-1], pointer[-1]} <= keys for keys in TOGETHER
    ):
        return True
    return violation.pointer[:shared] == pointer[:shared] and len(violation.pointer) >= len(pointer) - 1


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{SDK_VERSION}-{kind.value}")
@given(data=st.data())
def test_sdk(sdk: Sdk, kind: DocumentKind, data: st.DataObject) -> None:
    samples = tuple(sample for sample in SAMPLES if sample.kind is kind)
    content = {str(sample): for_release(sample.document.data, sdk.version) for sample in samples}
    mutant = data.draw(mutants(samples, content))
    note(mutant.text)
    document = read_document(mutant.sample.path, mutant.text.encode())
    assume(document.readable and not document.problems)
    refusal = sdk.refuses(mutant.sample, mutant.text)
    found = [v for v in validate(document, kind) if v.severity is Severity.ERROR]
    if refusal and not is_elsewhere(mutant, refusal) and not _is_old_default(refusal, sdk):
        assert any(covers(violation, place) for violation in found for place in mutant.places), refusal
    if not refusal:
        blamed = [v for v in found if By.SDK in {each.by for each in v.authorities}]
        wrong = [v for v in blamed if not is_tolerated(mutant, v) and not is_unread(v.pointer, sdk.version)]
        assert wrong == []


def _is_old_default(refusal: str, sdk: Sdk) -> bool:
    return sdk.version < JSON_DEFAULTS and "default." in refusal
