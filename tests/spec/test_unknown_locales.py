"""Two misspelt keys for one locale: only one of them can be renamed."""

from __future__ import annotations

from bot.document import read_document
from bot.spec.base import DocumentKind
from bot.spec.verdict import validate


def test_only_the_first_of_two_misspelt_keys_gets_the_fix() -> None:
    document = read_document("manifest.yaml", "label:\n  en_US: x\n  zh_CN: 一\n  zh-Hans: 二\n".encode())
    found = [each for each in validate(document, DocumentKind.MANIFEST) if each.rule == "locale/misspelt-key"]
    assert [(each.subject, each.fix is not None) for each in sorted(found, key=lambda each: each.subject)] == [
        ("zh-Hans", False),
        ("zh_CN", True),
    ]
