"""What is kept of the answers of services: nothing that could turn a refusal into a pass for longer than minutes."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from bot.command.cli import main
from bot.lookups import Answer, State
from bot.rules.example import example_plugin
from bot.services import Kept, Services, kept
from tests.support.site import Site, site

__all__ = ["site"]

PATH = "/api/v1/plugins/acme/weather/0.1.0"
YES, NO = (200, b'{"code": 0}'), (404, b"{}")
MINUTES, DAYS = 60, 86_400


class Clock:
    now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def published(site: Site, folder: Path, clock: Clock, version: str = "0.1.0") -> State:
    """What a new run is told."""
    return Services(site.url, kept=Kept(folder, clock)).published("acme", "weather", version).state


@pytest.mark.parametrize(
    ("answer", "state", "kept_for"), [(YES, State.YES, 7 * DAYS), (NO, State.NO, 10 * MINUTES)], ids=["yes", "no"]
)
def test_an_answer_is_kept_for_its_time(
    site: Site, tmp_path: Path, clock: Clock, answer: tuple[int, bytes], state: State, kept_for: int
) -> None:
    site.answers[PATH] = answer
    assert published(site, tmp_path / "kept", clock) is state
    site.answers[PATH] = NO if answer == YES else YES
    clock.now += kept_for - 1
    assert published(site, tmp_path / "kept", clock) is state
    assert len(site.asked) == 1
    clock.now += 2
    assert published(site, tmp_path / "kept", clock) is not state
    assert len(site.asked) == 2


def test_what_lets_a_plugin_pass_is_kept_for_minutes() -> None:
    passing = [kept.LIFETIMES["published"][State.NO], kept.LIFETIMES["repository"][State.YES]]
    assert max(passing) <= 10 * MINUTES
    assert all(State.UNKNOWN not in states and State.NOT_ASKED not in states for states in kept.LIFETIMES.values())


def test_that_a_service_did_not_answer_is_not_kept(site: Site, tmp_path: Path, clock: Clock) -> None:
    site.answers[PATH] = (503, b"")
    assert published(site, tmp_path / "kept", clock) is State.UNKNOWN
    site.answers[PATH] = YES
    assert published(site, tmp_path / "kept", clock) is State.YES


def test_a_clock_that_is_put_back_makes_no_answer_younger(site: Site, tmp_path: Path, clock: Clock) -> None:
    site.answers[PATH] = NO
    assert published(site, tmp_path / "kept", clock) is State.NO
    site.answers[PATH] = YES
    clock.now -= DAYS
    assert published(site, tmp_path / "kept", clock) is State.YES


def test_the_answer_of_one_question_or_marketplace_is_none_of_another(site: Site, tmp_path: Path, clock: Clock) -> None:
    site.answers[PATH] = YES
    assert published(site, tmp_path, clock) is State.YES
    assert published(site, tmp_path, clock, "0.1.1") is State.NO
    nowhere = Services("http://127.0.0.1:9", kept=Kept(tmp_path, clock))
    assert nowhere.published("acme", "weather", "0.1.0").state is State.UNKNOWN


def test_the_newest_are_kept(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_ANSWERS", 2)
    store = Kept(tmp_path, clock)
    for number in range(4):
        clock.now += 1
        store.keep(("published", str(number)), Answer(State.YES))
    found = [store.find(("published", str(number))) is not None for number in range(4)]
    assert found == [False, False, True, True]


@pytest.mark.parametrize("row", ["x'00'", "'yesterday'", "NULL"])
def test_a_spoilt_entry_is_no_answer(site: Site, tmp_path: Path, clock: Clock, row: str) -> None:
    site.answers[PATH] = YES
    assert published(site, tmp_path, clock) is State.YES
    with sqlite3.connect(tmp_path / "answers.sqlite") as database:
        database.execute(f"UPDATE OR IGNORE answers SET asked = coalesce({row}, 0), state = 'no'")
    database.close()
    assert published(site, tmp_path, clock) is State.YES
    assert len(site.asked) == 2


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_answers_that_others_can_write_are_not_used(site: Site, tmp_path: Path, clock: Clock) -> None:
    site.answers[PATH] = NO
    assert published(site, tmp_path / "kept", clock) is State.NO
    (tmp_path / "kept" / "answers.sqlite").chmod(0o666)
    site.answers[PATH] = YES
    store = Kept(tmp_path / "kept", clock)
    assert Services(site.url, kept=store).published("acme", "weather", "0.1.0").state is State.YES
    assert store.complaint == "other users can write it"


def test_the_command_line_keeps_answers_unless_told_otherwise(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, content in example_plugin("tool").items():
        (tmp_path / "plugin" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "plugin" / path).write_bytes(content)
    (tmp_path / "config.yml").write_text("marketplace-url: https://marketplace.example\n")
    # The configuration takes no address on the loopback.
    monkeypatch.setattr("bot.services.Services", lambda _, kept: Services(site.url, kept=kept))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    check = ["check", str(tmp_path / "plugin"), "--config", str(tmp_path / "config.yml")]
    site.answers[PATH] = YES
    main([*check, "--no-cache"])
    assert not (tmp_path / "cache").exists()
    for _ in range(2):
        capsys.readouterr()
        main(check)
        assert "marketplace/version-exists" in capsys.readouterr().out
    assert len(site.asked) == 2
    main([*check, "--offline"])
    assert "is published in the marketplace already" not in capsys.readouterr().out
    assert len(site.asked) == 2
    (tmp_path / "cache" / "dify-plugin-review" / "answers.sqlite").write_bytes(b"no database" * 100)
    main(check)
    assert "the cache in" in capsys.readouterr().err
    assert len(site.asked) == 3
