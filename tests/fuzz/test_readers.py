"""A short run of the fuzzer with a fixed seed; `python -m tests.fuzz` makes long ones."""

from __future__ import annotations

import pytest

from tests.fuzz.spoiling import fuzz
from tests.fuzz.targets import targets


@pytest.mark.parametrize("kind", targets())
def test_whatever_comes(kind: str) -> None:
    report = fuzz(kind, 60, seed=7)
    assert report.failures == []
    assert report.inputs == 60
