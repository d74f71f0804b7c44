"""The JSON result is what the contract says, survives a round trip, and is read with suspicion."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.errors import UsageError
from bot.findings import (
    Edit,
    Fix,
    Location,
    Move,
    Related,
    Safety,
    Severity,
    Span,
    Suppression,
    Unchecked,
    fingerprinted,
)
from bot.report import escape
from bot.report.json import dumps, parts, render, to_data
from bot.report.json_bounds import EDIT_POINTS, MAX_ERRORS
from bot.report.json_reader import from_json
from bot.report.schema import ResultJSON
from bot.review.result import Asked, Result
from tests.report import samples
from tests.report.hostile import results
from tests.report.samples import RESULT, ROOT, finding
from tests.report.test_escape import nasty
from tests.support.runner import Runner

#: Texts that JSON can hold as they are.
encodable = nasty.map(escape.encodable)


def test_a_finding_in_full() -> None:
    data = next(item for item in to_data(RESULT)["findings"] if item["rule"] == "asset/prefix")
    fingerprint = next(f.fingerprint for f in RESULT.findings if f.rule == "asset/prefix")
    assert data == {
        "rule": "asset/prefix",
        "severity": "error",
        "confidence": "certain",
        "message": "`_assets/icon.svg` must be written `icon.svg`: media are named from `_assets` on. The packager "
        "refuses the plugin.",
        "path": "tools/weather/manifest.yaml",
        "source": None,
        "member": None,
        "line": 8,
        "column": 7,
        "end_line": 8,
        "end_column": 23,
        "plugin": "tools/weather",
        "pointer": None,
        "anchor": "",
        "subject": "",
        "group": None,
        "authorities": [
            {
                "by": "packager",
                "consequence": "The packager refuses the plugin: icon not found.",
                "source": "decoder/helper.go:343",
            },
            {
                "by": "installer",
                "consequence": "Dify refuses to install the plugin.",
                "source": "media_transport/assets.go:10",
            },
        ],
        "related": [],
        "new": True,
        "fingerprint": fingerprint,
        "suppressed": None,
        "fix": {
            "title": "Write `icon.svg`",
            "safety": "safe",
            "edits": [{"path": "tools/weather/manifest.yaml", "start": [8, 7], "end": [8, 23], "text": "icon.svg"}],
        },
        "docs": samples.RULES["asset/prefix"].docs,
    }


def test_the_rest_of_the_result() -> None:
    data = json.loads(render(RESULT))
    assert (data["version"], data["tool"]["name"], data["conclusion"]) == (1, "dify-plugin-review", "failed")
    assert (data["profile"], data["fail_on"], data["compared_to"]) == ("author", "error", RESULT.compared_to)
    assert data["summary"] == {
        "error": 4,
        "warning": 4,
        "notice": 4,
        "suppressed": 0,
        "old": 9,
        "fixed": 2,
        "unchanged": 0,
        "plugins": 1,
        "files": 14,
        "duration_ms": 83,
    }
    assert data["plugins"][0]["locales"]["pt_BR"] == {
        "translated": 30, "total": 41, "missing": 9, "copied": 2, "exempt": 5
    }  # fmt: skip
    assert data["plugins"][0]["base_locales"]["pt_BR"] == {
        "translated": 31, "total": 38, "missing": 5, "copied": 2, "exempt": 0
    }  # fmt: skip
    reason = "no marketplace address is configured"
    assert data["unchecked"] == [
        {"rule": "marketplace/version-exists", "plugin": ROOT, "reason": reason, "blocking": False}
    ]
    assert data["coverage"] == {
        "reviewed": 13,
        "outside": [{"path": "docs/a.md", "reason": "no folder above it holds a plugin"}],
        "not_judged": [{"path": f"{ROOT}/a.py", "plugin": ROOT, "reason": "is a symbolic link"}],
    }
    assert [item["rule"] for item in data["findings"][:3]] == ["package/secret", "readme/missing", "manifest/author"]


def test_a_suppression_says_where_and_why() -> None:
    hidden = finding("yaml/a", Severity.ERROR, "m", "a.yaml", suppressed=Suppression("a.yaml:1", "because"))
    data = to_data(replace(RESULT, findings=tuple(fingerprinted([hidden]))))
    assert data["findings"][0]["suppressed"] == {"where": "a.yaml:1", "reason": "because"}
    assert (data["summary"]["error"], data["summary"]["suppressed"]) == (0, 1)


@given(results(encodable))
def test_round_trip(result: Result) -> None:
    # A fix that reaches out of its plugin is none.
    result = replace(result, findings=tuple(replace(item, fix=None) for item in result.findings))
    assert from_json(render(result)) == result


def test_what_was_asked_survives_a_round_trip_and_is_no_argument_of_another_kind() -> None:
    asked = Asked("a b.yml", True, ("locale", "yaml/syntax"), ("asset",), ("ja_JP",), "2026-05-27", "1.9.0", "b.json")
    text = render(replace(RESULT, asked=asked))
    assert from_json(text).asked == asked
    for good in ("locale", "ja_JP", "1.9.0", "2026-05-27"):
        with pytest.raises(UsageError):
            from_json(text.replace(f'"{good}"', '"--output=/etc/passwd"'))


@pytest.mark.parametrize(
    ("plugin", "member", "path"),
    [(".", None, "a/b.yaml"), ("tools/x", None, "tools/x/a/b.yaml"), ("x.difypkg", "m", "x.difypkg!a/b.yaml")],
)
def test_paths_of_edits_are_from_the_repository(plugin: str, member: str | None, path: str) -> None:
    fix = Fix("t", Safety.SAFE, (Edit("a/b.yaml", Span(1, 1, 1, 2), "x"),))
    item = finding("yaml/a", Severity.ERROR, "m", "p", plugin=plugin)
    item = replace(item, fix=fix, location=replace(item.location, member=member))
    result = replace(RESULT, findings=tuple(fingerprinted([item])))
    assert to_data(result)["findings"][0]["fix"]["edits"][0]["path"] == path
    assert from_json(render(result)).findings[0].fix == fix


@given(results())
def test_whatever_the_texts_the_result_fits_its_own_schema(result: Result) -> None:
    read = ResultJSON.model_validate_json(render(result))
    assert [item.message for item in read.findings] == [item["message"] for item in to_data(result)["findings"]]


@pytest.mark.parametrize("text", ["x" * 200_000, "\ud800" * 20_000])
def test_the_longest_texts_fit_its_own_schema(text: str) -> None:
    item = finding("yaml/a", Severity.ERROR, text, text, plugin=text, authorities=samples.REFUSED * 50, group=text)
    edit = Edit("a", Span(1, 1, 1, 2), text)
    item = replace(item, fix=Fix(text, Safety.SAFE, (edit,)), suppressed=Suppression(text, text), pointer=text)
    result = replace(
        RESULT,
        findings=tuple(fingerprinted([item])),
        plugins=(replace(samples.SUMMARY, root=text, author=text, name=text, version=text),),
        errors=(text, *text[:MAX_ERRORS]),
        compared_to=text,
        unchecked=(Unchecked(text, text, text),),
    )
    read = from_json(render(result))
    assert read.findings[0].fix is not None
    assert read.findings[0].fix.edits == ()


def test_a_part_of_a_fix_is_not_written() -> None:
    edits = (Edit("a", Span(1, 1, 1, 2), "x"), Edit("a", Span(2, 1, 2, 2), "x" * (EDIT_POINTS + 1)))
    item = replace(finding("yaml/a", Severity.ERROR, "m", "a"), fix=Fix("t", Safety.SAFE, edits))
    assert to_data(replace(RESULT, findings=tuple(fingerprinted([item]))))["findings"][0]["fix"]["edits"] == []


def test_files_that_move_are_kept_within_their_plugin() -> None:
    fix = Fix("move", Safety.SAFE, (), (Move("README_CN.md", "readme/README_zh_Hans.md"),))
    item = replace(finding("locale/a", Severity.WARNING, "m", f"{ROOT}/README_CN.md"), fix=fix)
    result = replace(RESULT, findings=tuple(fingerprinted([item])))
    moves = to_data(result)["findings"][0]["fix"]["moves"]
    assert moves == [{"path": "tools/weather/README_CN.md", "to": "tools/weather/readme/README_zh_Hans.md"}]
    assert from_json(render(result)).findings[0].fix == fix
    outside = render(result).replace("tools/weather/readme/", ".github/")
    assert from_json(outside).findings[0].fix == Fix("move", Safety.SAFE)


@given(results())
def test_nothing_in_the_json_is_obeyed(result: Result) -> None:
    text = render(result)
    assert text.isascii()
    assert not set(text) - {"\n"} - set(map(chr, range(0x20, 0x7F)))
    assert Runner().feed(text) == []


# --- suspicion --------------------------------------------------------------------------------------------------------


def changed(change: Callable[[Any], object]) -> str:
    data = json.loads(render(RESULT))
    change(data)
    return json.dumps(data)


def put(*path: str | int, value: object) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        for part in path[:-1]:
            data = data[part]
        data[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(put("extra", value=1), id="unknown key"),
        pytest.param(put("findings", 0, "extra", value=1), id="unknown key in a finding"),
        pytest.param(put("version", value=2), id="another version"),
        pytest.param(put("tool", "name", value="other"), id="another tool"),
        pytest.param(put("findings", 0, "severity", value="fatal"), id="unknown severity"),
        pytest.param(put("findings", 0, "rule", value="<b>/x"), id="no rule id"),
        pytest.param(put("findings", 0, "fingerprint", value="-->"), id="no fingerprint"),
        pytest.param(put("findings", 2, "line", value="3"), id="a number as text"),
        pytest.param(put("findings", 2, "line", value=0), id="line 0"),
        pytest.param(put("findings", 2, "line", value=10**20), id="line beyond any file"),
        pytest.param(put("findings", 2, "line", value=True), id="a truth as number"),
        pytest.param(put("findings", 2, "end_line", value=None), id="half a place"),
        pytest.param(put("findings", 0, "message", value="x" * 20_000), id="endless message"),
        pytest.param(put("findings", 0, "path", value="x" * 5_000), id="endless path"),
        pytest.param(put("findings", 0, "new", value="yes"), id="no truth"),
        pytest.param(put("findings", 0, "authorities", value=[{}]), id="empty authority"),
        pytest.param(put("plugins", 0, "locales", value={"<b>": {}}), id="no locale"),
        pytest.param(put("errors", value=["x"] * 2_000), id="endless errors"),
        pytest.param(put("findings", value=None), id="no findings"),
        # It all fits the schema, and says two things.
        pytest.param(put("conclusion", value="passed"), id="a better conclusion"),
        pytest.param(put("summary", "error", value=0), id="a better count"),
        pytest.param(put("findings", value=[]), id="a summary of nothing"),
        pytest.param(put("fail_on", value="never"), id="a laxer limit"),
    ],
)
def test_what_is_no_result_of_ours_is_refused(change: Callable[[Any], object]) -> None:
    with pytest.raises(UsageError) as refused:
        from_json(changed(change))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{", "[" * 100_000, '{"a":' * 100_000, "1" * 100_000, b"\xff\xfe", '"\\ud800"', "NaN"]
)
def test_what_is_no_json_object_is_refused(text: str | bytes) -> None:
    with pytest.raises(UsageError):
        from_json(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_read_or_refused(data: object) -> None:
    with pytest.raises(UsageError):
        from_json(json.dumps(data))


def test_a_fix_outside_of_its_plugin_loses_its_edits() -> None:
    index = next(n for n, item in enumerate(to_data(RESULT)["findings"]) if item["rule"] == "asset/prefix")
    text = changed(put("findings", index, "fix", "edits", 0, "path", value=".github/workflows/ci.yml"))
    fix = from_json(text).findings[index].fix
    assert fix is not None
    assert fix.edits == ()


def test_a_result_need_not_say_how_translations_were() -> None:
    data = to_data(RESULT)
    del data["plugins"][0]["base_locales"]
    assert from_json(json.dumps(data)).plugins[0].base_locales == {}


def test_related_places_survive_a_round_trip() -> None:
    before = Related(Location("tools/old/manifest.yaml", span=Span(3, 1, 3, 5)), "`city` before", before=True)
    inside = Related(Location("pkg/acme.difypkg", "tools/a.yaml"), "the file")
    item = replace(finding("yaml/a", Severity.ERROR, "Text.", "a.yaml"), related=(before, inside))
    result = replace(RESULT, findings=tuple(fingerprinted([item])))
    data = to_data(result)["findings"][0]["related"]
    assert data[0] == {
        "path": "tools/old/manifest.yaml",
        "member": None,
        "line": 3,
        "column": 1,
        "end_line": 3,
        "end_column": 5,
        "message": "`city` before",
        "before": True,
    }
    assert from_json(render(result)).findings[0].related == (before, inside)


@pytest.mark.parametrize("number", [0, 1, 199, 200, 201, 1000])
def test_the_pieces_are_the_whole(number: int) -> None:
    odd = replace(RESULT.findings[0], message='"findings": []\n  "findings": [] \ud800 ##[command]')
    findings = tuple(
        replace(odd if index % 300 == 5 else RESULT.findings[0], anchor=str(index)) for index in range(number)
    )
    result = replace(RESULT, findings=findings)
    assert render(result) == dumps(to_data(result)) + "\n"


def test_many_findings_are_never_text_all_at_once() -> None:
    result = replace(RESULT, findings=RESULT.findings[:1] * 23_000)
    tracemalloc.start()
    try:
        length = sum(map(len, parts(result)))
        assert tracemalloc.get_traced_memory()[1] < length / 5
    finally:
        tracemalloc.stop()
