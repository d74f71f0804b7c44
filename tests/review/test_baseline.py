"""A baseline makes what it has old, and nothing else: what cannot be matched counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.command.cli import FORMATS, main
from bot.errors import UsageError
from bot.review.baseline import MAX_BYTES, Baseline, read_baseline
from bot.rules.example import example_plugin
from tests.source.archives import archive

MANIFEST = Path("weather/manifest.yaml")


@pytest.fixture(autouse=True)
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin with an error and a notice, and a baseline `old.json` that has both."""
    monkeypatch.chdir(tmp_path)
    put("weather", example_plugin("tool"))
    edit("type: plugin", "type: plugln")
    append("maintainer: acme\n")
    assert main(["check", "--write-baseline", "old.json"]) == 0


def put(folder: str, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
        (Path(folder) / path).write_bytes(content)


def edit(old: str, new: str) -> None:
    text = MANIFEST.read_text(encoding="utf-8")
    assert old in text
    MANIFEST.write_text(text.replace(old, new, 1), encoding="utf-8")


def append(text: str) -> None:
    with MANIFEST.open("a", encoding="utf-8") as file:
        file.write(text)


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = main(["check", "--baseline", "old.json", "--fail-on=notice", "--format=json", *arguments])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else captured.err


def counting(data: Any) -> list[str]:
    return [finding["rule"] for finding in data["findings"] if finding["new"]]


def test_what_the_baseline_has_is_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    code, data = check(capsys)
    assert (code, counting(data), data["summary"]["old"], data["summary"]["fixed"]) == (0, [], 2, 0)
    assert main(["check", "--baseline", "old.json"]) == 0
    assert "2 findings that old.json has too: not counted" in capsys.readouterr().out
    assert main(["check"]) == 1


def test_what_is_new_counts(capsys: pytest.CaptureFixture[str]) -> None:
    append("sponsor: acme\n")
    code, data = check(capsys)
    assert (code, counting(data), data["summary"]["old"]) == (1, ["schema/unknown-key"], 2)


def test_lines_may_move(capsys: pytest.CaptureFixture[str]) -> None:
    text = MANIFEST.read_text(encoding="utf-8")
    MANIFEST.write_text("# moved\n\n# down\n" + text, encoding="utf-8")
    assert check(capsys)[0] == 0


def test_another_value_at_the_same_place_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    edit("plugln", "plugiin")
    code, data = check(capsys)
    assert (code, counting(data)) == (1, ["schema/unknown-value"])


def test_another_file_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    Path("weather").rename("climate")
    code, data = check(capsys)
    assert (code, data["summary"]["old"], data["summary"]["fixed"]) == (1, 0, 0)


def test_what_is_gone_is_counted_where_it_was_judged(capsys: pytest.CaptureFixture[str]) -> None:
    edit("maintainer: acme\n", "")
    assert check(capsys)[1]["summary"]["fixed"] == 1
    assert check(capsys, "--ignore=schema/unknown-key")[1]["summary"]["fixed"] == 0
    put("other", example_plugin("tool"))
    assert check(capsys, "other")[1]["summary"]["fixed"] == 0


def test_what_is_suppressed_is_not_in_it_and_not_fixed(capsys: pytest.CaptureFixture[str]) -> None:
    edit("maintainer: acme", "# dify-plugin-review: ignore[schema/unknown-key] ours\nmaintainer: acme")
    assert check(capsys)[1]["summary"]["fixed"] == 0
    assert main(["check", "--write-baseline", "new.json"]) == 0
    assert [entry["rule"] for entry in json.loads(Path("new.json").read_text())["findings"]] == ["schema/unknown-value"]


def test_a_package_counts_whatever_the_baseline_has(capsys: pytest.CaptureFixture[str]) -> None:
    Path("p").mkdir()
    files = {path.relative_to("weather").as_posix(): path for path in Path("weather").rglob("*") if path.is_file()}
    Path("p/weather.difypkg").write_bytes(archive({path: file.read_bytes() for path, file in files.items()}))
    capsys.readouterr()
    assert main(["check", "p", "--write-baseline", "old.json"]) == 0
    assert "Wrote no finding to `old.json`. 2 findings in packages not" in capsys.readouterr().err
    main(["check", "p", "--format=json"])
    found = json.loads(capsys.readouterr().out)["findings"]
    entries = [{key: item[key] for key in ("plugin", "path", "rule", "fingerprint")} for item in found]
    Path("old.json").write_text(json.dumps({"baseline": 1, "findings": entries}))
    code, data = check(capsys, "p")
    assert (code, len(counting(data))) == (1, 2)


def test_the_same_findings_make_the_same_file() -> None:
    before = Path("old.json").read_bytes()
    assert main(["check", "weather", "--write-baseline", "old.json", "--no-cache"]) == 0
    assert Path("old.json").read_bytes() == before
    lines = before.decode().splitlines()
    assert len([line for line in lines if "fingerprint" in line]) == 2, "a line for each, to read and to merge"


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_lists_what_is_old_as_new(capsys: pytest.CaptureFixture[str], form: str) -> None:
    capsys.readouterr()
    assert main(["check", "--baseline", "old.json", f"--format={form}"]) == 0
    shown = capsys.readouterr().out
    if form == "sarif":
        states = [result["baselineState"] for result in json.loads(shown)["runs"][0]["results"]]
        assert states == ["unchanged", "unchanged"]
    elif form not in ("json", "html"):
        assert "plugln" not in shown


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"baseline": 2, "findings": []}',
        b'{"baseline": 1}',
        b'{"baseline": 1, "findings": [{}]}',
        b'{"baseline": 1, "findings": [{"plugin": "a", "path": "a", "rule": "a", "fingerprint": "A"}]}',
        b'{"baseline": 1, "findings": [], "more": 1}',
        b"[" * 100_000,
        b"\xff",
        b" " * MAX_BYTES + b"{}",
    ],
    ids=range(12),
)
def test_a_file_that_is_no_baseline_is_refused(content: bytes) -> None:
    Path("old.json").write_bytes(content)
    with pytest.raises(UsageError, match=r"`old.json` is not a baseline"):
        read_baseline(content, "old.json")
    assert main(["check", "--baseline", "old.json"]) == 2


@given(st.binary(max_size=50) | st.text(alphabet='{}[]":,basefinding1 ', max_size=40).map(str.encode))
@example(b'{"baseline": 1, "findings": []}')
def test_any_content_is_a_baseline_or_refused(content: bytes) -> None:
    with suppress(UsageError):
        assert isinstance(read_baseline(content, "x"), Baseline)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--baseline", "missing.json"),
        ("--baseline", "weather"),
        ("--baseline", "old\0.json"),
        ("--baseline", "old.json", "--base", "main"),
        ("--baseline", "old.json", "--write-baseline", "new.json"),
        ("--base", "main", "--write-baseline", "new.json"),
        ("--write-baseline", "missing/new.json"),
    ],
)
def test_what_does_not_go_is_said(arguments: tuple[str, ...]) -> None:
    assert main(["check", *arguments]) == 2
    assert not Path("new.json").exists()


def test_the_action_takes_no_baseline() -> None:
    """A change could bring one along that hides what it breaks."""
    from bot.action.inputs import Inputs
    from bot.policy.configuration import configuration_schema

    assert not [name for name in Inputs.__struct_fields__ if "baseline" in name]
    assert "baseline" not in configuration_schema()["properties"]
