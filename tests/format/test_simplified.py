"""Simplified characters for traditional ones, where that is certain."""

from __future__ import annotations

import pytest

from bot.format.script import is_in
from bot.format.simplified import _table, simplified


def test_the_table_leads_from_one_character_set_to_the_other() -> None:
    pairs, doubtful = _table()
    assert len(pairs) > 2000
    assert all(is_in(each, "big5") and is_in(other, "gb2312") for each, other in pairs.items())
    assert set(pairs).isdisjoint(pairs.values())
    assert set(pairs).isdisjoint(doubtful)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("選擇一個 API 密鑰，然後重試。", "选择一个 API 密钥，然后重试。"),
        ("已经简化", "已经简化"),
        ("乾淨", None),
        ("用於", None),
        ("妳們", None),
        ("処理", None),
        ("데이터", None),
    ],
)
def test_each_character_must_be_certain(text: str, written: str | None) -> None:
    assert simplified(text) == written
