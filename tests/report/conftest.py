"""Reports are tested with a catalogue of their own, so that no rule's wording changes them."""

from __future__ import annotations

import pytest

from bot.report import words
from tests.report import samples


@pytest.fixture(autouse=True)
def _sample_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "catalogue", lambda: samples.RULES)
