"""Every finding has one place, and a comment only stands where GitHub takes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.comments.budget import Budget
from bot.comments.hunks import FileDiff, FileHunks, Status, parse_patch
from bot.comments.plan import (
    Diffs,
    FileComment,
    FurtherComment,
    InlineComment,
    Review,
    Standing,
    comment_key,
    plan,
    renewed,
)
from bot.document.edits import apply_edits
from bot.findings import Edit, Finding, Fix, Location, Safety, Severity, Span, Suppression, fingerprinted
from bot.review.outline import outline, rows
from bot.review.result import Result
from tests.report import samples
from tests.report.samples import ROOT, finding


def result_of(*findings: Finding) -> Result:
    return replace(samples.RESULT, findings=tuple(fingerprinted(findings)))


def changed(path: str, *patches: str, status: Status = Status.MODIFIED) -> Diffs:
    return {path: FileDiff(path, status, path, FileHunks(parse_patch("".join(patches))))}


def hunk(start: int, count: int) -> str:
    """A hunk that shows some lines, all of them new."""
    return f"@@ -{start - 1},0 +{start},{count} @@\n" + "+x\n" * count


def texts(path: str, text: str) -> Callable[[str], str | None]:
    return {path: text}.get


def places(review: Review) -> list[tuple[str, int, int, list[str]]]:
    return [(c.path, c.start_line, c.line, [f.rule for f in c.findings]) for c in review.inline]


def everything(review: Review) -> Counter[str]:
    """How often each finding has a place."""
    findings = [f for comment in (*review.inline, *review.files) for f in comment.findings]
    return Counter(f.fingerprint for f in (*findings, *review.posted, *review.rest))


def standing_after(review: Review) -> list[Standing]:
    """The comments of a review as a later run finds them."""
    return [
        *(
            Standing(comment.keys, comment.path, suggests=comment.suggestion is not None)
            for comment in (*review.inline, *review.further)
        ),
        *(Standing(comment.keys, comment.path, on_file=True) for comment in review.files),
    ]


#: With room for everything that the pull request of the samples has to say.
ROOMY = Budget(max_files=5)


# --- the pull request of the samples ----------------------------------------------------------------------------------


def test_a_pull_request() -> None:
    review = plan(samples.RESULT, samples.CHANGE, samples.TEXTS.get, ROOMY)
    manifest, forecast = f"{ROOT}/manifest.yaml", f"{ROOT}/tools/forecast.yaml"
    assert places(review) == [
        (manifest, 3, 3, ["manifest/author"]),
        (manifest, 8, 8, ["asset/prefix"]),
        (forecast, 13, 13, ["schema/unknown-value"]),
        (manifest, 7, 7, ["locale/misspelt-key"]),
        (forecast, 6, 6, ["locale/misspelt-key"]),
        (manifest, 12, 12, ["permission/missing"]),
        (forecast, 4, 4, ["locale/missing"] * 3),
    ]
    assert [comment.suggestion for comment in review.inline] == [
        None,
        "icon: icon.svg\n",
        "    type: string\n",
        "  ja_JP: 天気\n",
        "    ja_JP: 予報\n",
        None,
        None,
    ]
    assert [(comment.path, [f.rule for f in comment.findings]) for comment in review.files] == [
        (f"{ROOT}/provider/weather.yaml", ["reference/missing"]),
        (f"{ROOT}/.env", ["package/secret"]),
        (manifest, ["readme/missing"]),
    ]
    assert review.rest == ()


def test_without_a_change_everything_is_in_the_summary() -> None:
    review = plan(samples.RESULT, None, samples.TEXTS.get)
    assert (review.inline, review.files, review.on_change) == ((), (), False)
    assert len(review.rest) == 12


def test_old_and_suppressed_findings_have_no_place() -> None:
    old = replace(samples.RESULT.active[0], new=False)
    hidden = replace(samples.RESULT.active[1], suppressed=Suppression("manifest.yaml:1", "because"))
    review = plan(replace(samples.RESULT, findings=(old, hidden)), samples.CHANGE)
    assert not everything(review)


# --- which place ------------------------------------------------------------------------------------------------------

AT_5 = finding("yaml/a", Severity.ERROR, "m", "a.yaml", (5, 1, 2))
PATH = f"{ROOT}/a.yaml"


@pytest.mark.parametrize(
    ("at", "change", "place"),
    [
        pytest.param(AT_5, changed(PATH, hunk(3, 3)), "line", id="in a hunk"),
        pytest.param(AT_5, changed(PATH, hunk(6, 3)), "file", id="outside the hunks"),
        pytest.param(AT_5, changed(PATH), "file", id="no patch"),
        pytest.param(AT_5, changed(PATH, hunk(5, 1), status=Status.REMOVED), "summary", id="removed"),
        pytest.param(AT_5, changed(f"{ROOT}/b.yaml", hunk(1, 9)), "summary", id="another file"),
        pytest.param(
            replace(AT_5, location=Location(PATH)), changed(PATH, hunk(1, 9)), "file", id="about the whole file"
        ),
        pytest.param(
            replace(AT_5, location=Location(PATH, "manifest.yaml", Span(5, 1, 5, 2))),
            changed(PATH, hunk(1, 9)),
            "file",
            id="inside a package",
        ),
    ],
)
def test_place(at: Finding, change: Diffs, place: str) -> None:
    review = plan(result_of(at), change)
    assert ("line" if review.inline else "file" if review.files else "summary") == place
    assert sum(everything(review).values()) == 1


def test_findings_on_one_line_share_a_comment() -> None:
    other = finding("yaml/b", Severity.NOTICE, "m", "a.yaml", (5, 7, 9))
    review = plan(result_of(other, AT_5), changed(PATH, hunk(1, 9)))
    assert places(review) == [(PATH, 5, 5, ["yaml/a", "yaml/b"])]


def test_a_group_makes_one_comment_in_each_file() -> None:
    members = [
        finding("locale/missing", Severity.NOTICE, "m", path, (line, 1, 2), group="pt_BR")
        for path in ("a.yaml", "b.yaml")
        for line in (1, 4, 7)
    ]
    change = {**changed(PATH, hunk(4, 9)), **changed(f"{ROOT}/b.yaml", hunk(1, 9))}
    review = plan(result_of(*members), change)
    assert places(review) == [(PATH, 4, 4, ["locale/missing"] * 3), (f"{ROOT}/b.yaml", 1, 1, ["locale/missing"] * 3)]
    # The comment is the same one when a member comes or goes.
    assert [len(comment.keys) for comment in review.inline] == [1, 1]
    fewer = plan(result_of(*members[1:]), change)
    assert fewer.inline[0].keys == review.inline[0].keys


def test_what_is_too_much_is_in_the_summary_the_least_severe_first() -> None:
    findings = [finding("yaml/a", Severity(1 + line % 3), "m", "a.yaml", (line, 1, 2)) for line in range(1, 41)]
    review = plan(result_of(*findings), changed(PATH, hunk(1, 40)))
    assert len(review.inline) == 25
    assert [comment.severity for comment in review.inline] == [Severity.ERROR] * 13 + [Severity.WARNING] * 12
    assert Counter(f.severity for f in review.rest) == {Severity.WARNING: 2, Severity.NOTICE: 13}


def test_no_comments_means_none() -> None:
    review = plan(samples.RESULT, samples.CHANGE, samples.TEXTS.get, Budget(max_inline=0))
    assert (review.inline, review.files) == ((), ())
    assert len(review.rest) == 12


def test_a_file_comment_holds_a_few_rows() -> None:
    findings = [finding("yaml/a", Severity.ERROR, f"m{n}", "a.yaml", (n, 1, 2)) for n in range(1, 13)]
    review = plan(result_of(*findings), changed(PATH))
    assert [len(comment.rows) for comment in review.files] == [10]
    assert len(review.rest) == 2


def test_what_is_posted_is_not_said_again() -> None:
    first = plan(samples.RESULT, samples.CHANGE, samples.TEXTS.get)
    standing = standing_after(replace(first, inline=first.inline[::2], files=first.files[:1]))
    again = plan(samples.RESULT, samples.CHANGE, samples.TEXTS.get, standing=standing)
    assert places(again) == places(first)[1::2]
    assert len(again.posted) == 7
    assert everything(again) == everything(first)


@pytest.mark.parametrize("budget", [Budget(), Budget(max_inline=2), Budget(max_files=1), Budget(max_rows=1)])
def test_the_same_review_once_more_says_nothing_new(budget: Budget) -> None:
    first = plan(samples.RESULT, samples.CHANGE, samples.TEXTS.get, budget)
    again = plan(samples.RESULT, samples.CHANGE, samples.TEXTS.get, budget, standing_after(first))
    assert (again.inline, again.files, again.further) == ((), (), ())
    assert (again.rest, again.suggestions) == (first.rest, first.suggestions)


def test_what_somebody_has_deleted_is_said_in_the_summary_only() -> None:
    first = plan(samples.RESULT, samples.CHANGE, samples.TEXTS.get, ROOMY)
    gone = {first.inline[0].keys[0], first.files[0].keys[0], "0" * 20}
    again = plan(samples.RESULT, samples.CHANGE, samples.TEXTS.get, ROOMY, deleted=gone)
    said = {key for comment in (*again.inline, *again.files) for key in comment.keys}
    assert gone.isdisjoint(said)
    assert everything(again) == everything(first)
    assert gone - {"0" * 20} <= {comment_key(item) for item in again.rest}
    # It is remembered as long as it is so, and what was never there is not.
    assert again.told == first.told
    assert plan(samples.RESULT, samples.CHANGE, samples.TEXTS.get, ROOMY, deleted=first.told).told == first.told
    # A comment that says it all the same stands.
    standing = standing_after(first)
    assert plan(samples.RESULT, samples.CHANGE, budget=ROOMY, standing=standing, deleted=gone).dismissed == frozenset()


def test_a_comment_says_what_is_left_of_it() -> None:
    one, two, three = (finding("yaml/a", Severity.ERROR, f"m{n}", "a.yaml", (n, 1, 2)) for n in range(1, 4))
    active = result_of(one, two, three).active
    keys = tuple(comment_key(item) for item in active)
    whole = Standing(keys[:2], PATH, on_file=True)
    assert renewed(whole, active) is None
    assert renewed(whole, active[2:]) is None
    left = renewed(whole, active[1:])
    assert isinstance(left, FileComment)
    assert (left.path, left.keys) == (PATH, keys[1:2])
    inline = renewed(replace(whole, on_file=False, suggests=True), active[:1])
    assert isinstance(inline, InlineComment)
    assert (inline.keys, inline.suggestion) == (keys[:1], None)


def test_a_comment_that_is_gone_makes_room_for_another() -> None:
    first = plan(samples.RESULT, samples.CHANGE, samples.TEXTS.get, Budget(max_inline=2))
    fixed = first.inline[0].findings[0].fingerprint
    left = replace(samples.RESULT, findings=tuple(f for f in samples.RESULT.findings if f.fingerprint != fixed))
    again = plan(left, samples.CHANGE, samples.TEXTS.get, Budget(max_inline=2), standing_after(first))
    assert (len(again.inline), len(again.posted)) == (1, 3)


def test_a_file_with_a_comment_gets_no_other() -> None:
    findings = [finding("yaml/a", Severity.ERROR, f"m{n}", "a.yaml", (n, 1, 2)) for n in range(1, 4)]
    first = plan(result_of(findings[0]), changed(PATH))
    again = plan(result_of(*findings), changed(PATH), standing=standing_after(first))
    assert again.files == ()
    assert (len(again.posted), len(again.rest)) == (1, 2)


def test_comments_that_are_refused_are_in_the_summary() -> None:
    review = plan(samples.RESULT, samples.CHANGE, samples.TEXTS.get, ROOMY)
    refused = review.without({review.inline[0].keys[0], review.files[0].keys[0]})
    assert {f.rule for f in refused.rest} == {"manifest/author", "reference/missing"}
    assert everything(refused) == everything(review)


# --- suggestions ------------------------------------------------------------------------------------------------------


def fixable(*edits: tuple[Span, str], line: int | None = None, safety: Safety = Safety.SAFE) -> Finding:
    at = line or edits[0][0].line
    return replace(
        finding("yaml/a", Severity.ERROR, f"m{edits}", "a.yaml", (at, 1, 2)),
        fix=Fix("mend it", safety, tuple(Edit("a.yaml", span, text) for span, text in edits)),
    )


LINES = "".join(f"k{n}: v{n}\n" for n in range(1, 10))
WHOLE = changed(PATH, hunk(1, 9))


def suggested(*findings: Finding, change: Diffs = WHOLE, text: str = LINES) -> list[tuple[int, int, str | None]]:
    review = plan(result_of(*findings), change, texts(PATH, text))
    return [(comment.start_line, comment.line, comment.suggestion) for comment in review.inline]


def test_a_suggestion_reaches_from_the_finding_to_its_edits() -> None:
    missing = fixable((Span(5, 1, 5, 1), "new: 1\n"), line=3)
    assert suggested(missing) == [(3, 5, "k3: v3\nk4: v4\nnew: 1\nk5: v5\n")]


def test_fixes_on_one_line_make_one_suggestion() -> None:
    key, value = fixable((Span(4, 1, 4, 3), "key")), fixable((Span(4, 5, 4, 7), "value"))
    assert suggested(key, value) == [(4, 4, "key: value\n")]


def test_suggestions_whose_lines_overlap_are_one() -> None:
    missing = fixable((Span(5, 1, 5, 1), "new: 1\n"), line=3)
    wrong = fixable((Span(4, 5, 4, 7), "value"))
    assert suggested(missing, wrong) == [(3, 5, "k3: v3\nk4: value\nnew: 1\nk5: v5\n")]


def test_a_suggestion_mends_the_places_of_a_group_that_lie_close_together() -> None:
    same = [replace(fixable((Span(line, 1, line, 3), "key")), group="g") for line in (2, 3, 6)]
    far = [replace(fixable((Span(20, 1, 20, 4), "key")), group="g")]
    text = "".join(f"k{n}: v{n}\n" for n in range(1, 21))
    review = plan(result_of(*same, *far), changed(PATH, hunk(1, 20)), texts(PATH, text))
    (comment,) = review.inline
    assert (comment.start_line, comment.line) == (2, 6)
    assert comment.suggestion == "key: v2\nkey: v3\nk4: v4\nk5: v5\nkey: v6\n"
    assert (len(comment.findings), len(comment.suggested)) == (4, 3)
    # GitHub takes no suggestion over two hunks.
    apart = plan(result_of(*same), changed(PATH, hunk(1, 4), hunk(5, 5)), texts(PATH, text))
    assert [comment.suggestion for comment in apart.inline] == ["key: v2\nkey: v3\n"]


SAME = tuple(replace(fixable((Span(line, 1, line, 4), "key")), group="g") for line in (11, 12, 31, 51, 53, 91))
FAR = "".join(f"k{n:02}: v{n}\n" for n in range(1, 100))


def test_places_of_a_group_that_lie_apart_get_a_suggestion_each() -> None:
    """GitHub puts a suggestion where its comment stands, and nowhere else."""
    change = changed(PATH, hunk(11, 2), hunk(30, 40))  # line 91 is not shown
    review = plan(result_of(*SAME), change, texts(PATH, FAR))
    (comment,) = review.inline
    assert (comment.suggestion, len(comment.findings)) == ("key: v11\nkey: v12\n", 6)
    assert [(each.start_line, each.line, each.suggestion) for each in review.further] == [
        (31, 31, "key: v31\n"),
        (51, 53, "key: v51\nk52: v52\nkey: v53\n"),
    ]
    assert review.suggestions == 3
    # What it says has its place in the comment of the group.
    assert (review.rest, len(review.told)) == ((), 1)
    again = plan(result_of(*SAME), change, texts(PATH, FAR), standing=standing_after(review))
    assert (again.inline, again.further, again.suggestions) == ((), (), 3)


@pytest.mark.parametrize(
    ("budget", "count"),
    [(Budget(), 3), (Budget(max_inline=2), 1), (Budget(max_inline=1), 0), (Budget(max_further=2), 2)],
)
def test_further_suggestions_take_the_room_that_is_left(budget: Budget, count: int) -> None:
    review = plan(result_of(*SAME), changed(PATH, hunk(1, 99)), texts(PATH, FAR), budget)
    assert (len(review.inline), len(review.further)) == (1, count)


def test_further_suggestions_go_with_the_comment_of_their_group() -> None:
    review = plan(result_of(*SAME), changed(PATH, hunk(1, 99)), texts(PATH, FAR))
    without = review.without(review.inline[0].keys)
    assert (without.inline, without.further, without.suggestions) == ((), (), 0)


def test_a_further_suggestion_avoids_the_lines_of_another() -> None:
    other = fixable((Span(31, 6, 31, 9), "other"))
    review = plan(result_of(*SAME, other), changed(PATH, hunk(1, 99)), texts(PATH, FAR))
    assert [each.start_line for each in review.further] == [51, 91]


def test_a_further_comment_says_what_is_left_of_it() -> None:
    review = plan(result_of(*SAME), changed(PATH, hunk(1, 99)), texts(PATH, FAR))
    two = review.further[1]
    assert (two.start_line, two.line) == (51, 53)
    standing = Standing(two.keys, two.path, suggests=True)
    assert renewed(standing, review.result.active) is None
    left = renewed(standing, two.findings[:1])
    assert isinstance(left, FurtherComment)
    assert (left.keys, left.suggestion) == (two.keys[:1], None)
    assert renewed(standing, review.inline[0].findings[:1]) is None


def test_of_fixes_that_exclude_each_other_one_is_suggested() -> None:
    first, second = fixable((Span(4, 1, 4, 3), "one")), fixable((Span(4, 1, 4, 3), "two"))
    review = plan(result_of(first, second), WHOLE, texts(PATH, LINES))
    comment = review.inline[0]
    assert (comment.suggestion, len(comment.findings), len(comment.suggested)) == ("one: v4\n", 2, 1)


def test_line_endings_and_indentation_are_kept() -> None:
    text = "\ufeffa:\r\n    b: wrong\r\nc: 漢\r\n"
    assert suggested(fixable((Span(2, 8, 2, 13), "right")), text=text) == [(2, 2, "    b: right\r\n")]
    assert suggested(fixable((Span(1, 1, 1, 2), "A")), text=text) == [(1, 1, "A:\r\n")]


@pytest.mark.parametrize(
    ("broken", "change", "text"),
    [
        pytest.param(fixable((Span(4, 1, 4, 2), "x"), safety=Safety.UNSAFE), WHOLE, LINES, id="unsafe"),
        pytest.param(fixable((Span(4, 1, 4, 2), "x")), changed(PATH, hunk(4, 1)), None, id="no text"),
        pytest.param(fixable((Span(4, 1, 4, 2), "k")), WHOLE, LINES, id="no change"),
        pytest.param(fixable((Span(40, 1, 40, 2), "x"), line=4), WHOLE, LINES, id="past the end of the file"),
        pytest.param(
            fixable((Span(4, 1, 4, 2), "x"), (Span(9, 1, 9, 2), "y")),
            changed(PATH, hunk(3, 3), hunk(8, 2)),
            LINES,
            id="two hunks",
        ),
        pytest.param(
            fixable((Span(4, 1, 4, 2), "x"), (Span(9, 1, 9, 2), "y")), changed(PATH, hunk(4, 1)), LINES, id="no hunk"
        ),
        pytest.param(
            fixable((Span(4, 1, 6, 2), "x")),
            changed(PATH, "@@ -1,9 +1,8 @@\n" + " x\n" * 4 + "-gone\n" + " x\n" * 4),
            LINES,
            id="around removed lines",
        ),
        pytest.param(
            replace(
                fixable((Span(4, 1, 4, 2), "x")), fix=Fix("t", Safety.SAFE, (Edit("b.yaml", Span(4, 1, 4, 2), "x"),))
            ),
            WHOLE,
            LINES,
            id="another file",
        ),
        pytest.param(fixable((Span(1, 1, 9, 2), "x")), changed(PATH, hunk(1, 9)), LINES, id="short enough"),
    ],
)
def test_no_suggestion(broken: Finding, change: Diffs, text: str | None) -> None:
    budget = Budget(max_suggestion_lines=8)
    review = plan(result_of(broken), change, {PATH: text}.get, budget)
    assert [(comment.line, comment.suggestion) for comment in review.inline] == [(broken.location.span.line, None)]  # type: ignore[union-attr]


# --- whatever there is to say -----------------------------------------------------------------------------------------

FILES = ("manifest.yaml", "a/b.yaml")
LINES_OF_A_FILE = 12


@st.composite
def fixes(draw: st.DrawFn, path: str, near: int) -> Fix:
    """Mostly safe fixes of lines near the finding, as rules make them."""
    edits = []
    for _ in range(draw(st.integers(1, 2))):
        line = min(max(near + draw(st.sampled_from([0, 0, 0, 1, -1, 4])), 1), LINES_OF_A_FILE)
        column = draw(st.integers(1, 4))
        end_line = min(line + draw(st.sampled_from([0, 0, 0, 1])), LINES_OF_A_FILE)
        end_column = draw(st.integers(column if line == end_line else 1, 4))
        text = draw(st.sampled_from(["", "x", "new: 1\n", "\n"]))
        file = draw(st.sampled_from([path] * 9 + ["other.yaml"]))
        edits.append(Edit(file, Span(line, column, end_line, end_column), text))
    return Fix("mend", draw(st.sampled_from([Safety.SAFE] * 4 + [Safety.UNSAFE])), tuple(edits))


@st.composite
def some_findings(draw: st.DrawFn) -> Finding:
    plugin = draw(st.sampled_from([".", "tools/x"]))
    path = draw(st.sampled_from(FILES))
    line = draw(st.sampled_from([None, *range(1, LINES_OF_A_FILE + 1)]))
    return Finding(
        rule=draw(st.sampled_from(["yaml/a", "locale/b"])),
        severity=draw(st.sampled_from(list(Severity))),
        message=draw(st.sampled_from(["m", "n"])),
        location=Location(
            path if plugin == "." else f"{plugin}/{path}",
            draw(st.sampled_from([None] * 9 + ["member.yaml"])),
            Span(line, 1, line, 3) if line is not None else None,
        ),
        plugin=plugin,
        fix=draw(st.none() | fixes(path, line or 1)),
        group=draw(st.sampled_from([None, None, None, "g"])),
        new=draw(st.integers(0, 5)) > 0,
        suppressed=draw(st.sampled_from([None] * 9 + [Suppression("w", "r")])),
    )


@st.composite
def some_changes(draw: st.DrawFn) -> Diffs:
    change = {}
    for path in [f"{root}{file}" for root in ("", "tools/x/") for file in FILES]:
        if draw(st.sampled_from([False] * 4 + [True])):
            continue
        patch, line, shift = "", 1, 0
        for skipped, kept, removed, added in draw(
            st.lists(
                st.tuples(st.integers(0, 2), st.integers(1, 6), st.integers(0, 1), st.integers(0, 3)),
                min_size=1,
                max_size=3,
            )
        ):
            line += skipped
            patch += f"@@ -{line - shift},{kept + removed} +{line},{kept + added} @@\n"
            patch += " x\n" * kept + "-x\n" * removed + "+x\n" * added
            line += kept + added + 1
            shift += added - removed
        status = draw(st.sampled_from([Status.MODIFIED] * 9 + [Status.REMOVED]))
        change[path] = FileDiff(path, status, path, FileHunks(parse_patch(patch)))
    return change


@settings(max_examples=150)
@given(
    st.lists(some_findings(), min_size=3, max_size=15),
    some_changes(),
    st.builds(Budget, st.integers(0, 9), st.integers(0, 2), st.integers(1, 3), st.integers(1, 9)),
    st.data(),
)
def test_every_finding_has_one_place_that_github_takes(
    findings: list[Finding], change: Diffs, budget: Budget, data: st.DataObject
) -> None:
    result = result_of(*findings)
    keys = sorted({comment_key(finding) for finding in result.active})
    posted = data.draw(st.sets(st.sampled_from(keys), max_size=2)) if keys else set()
    text = "".join(f"k{line:02}\n" for line in range(1, LINES_OF_A_FILE + 1))
    standing = [Standing((key,), "elsewhere") for key in posted]
    review = plan(result, change, lambda path: text, budget, standing)

    assert everything(review) == Counter(f.fingerprint for f in result.active)
    assert {comment_key(f) for f in review.posted} == posted
    assert len(review.inline) + len(review.further) <= budget.max_inline
    assert len(review.files) <= min(budget.max_files, budget.max_inline)
    for comment in (*review.inline, *review.files):
        assert {f.location.path for f in comment.findings} == {comment.path}
        assert change[comment.path].status is not Status.REMOVED
        assert len(comment.rows) <= budget.max_rows
    for comment in (*review.inline, *review.further):
        hunks = change[comment.path].hunks
        assert hunks.anchor(comment.start_line, comment.line) == (comment.start_line, comment.line)
        assert comment.line - comment.start_line < budget.max_suggestion_lines
        assert any(row.line in range(comment.start_line, comment.line + 1) for row in comment.rows)
        if comment.suggestion is None:
            assert comment.start_line == comment.line
        else:
            made = [f.fix for f in comment.findings if f.fingerprint in comment.suggested]
            assert made
            edits = [edit for fix in made if fix is not None and fix.safety is Safety.SAFE for edit in fix.edits]
            lines = text.splitlines(keepends=True)
            lines[comment.start_line - 1 : comment.line] = [comment.suggestion]
            assert "".join(lines) == apply_edits(text, edits)
    # Where two suggestions change one line, GitHub cannot apply both.
    suggesting = (*review.inline, *review.further)
    lines_of = [(c.path, n) for c in suggesting if c.suggestion is not None for n in range(c.start_line, c.line + 1)]
    assert len(lines_of) == len(set(lines_of))
    # A group has at most one comment in a file.
    groups = [comment_key(row.first) for c in (*review.inline, *review.files) for row in c.rows if row.first.group]
    assert len(groups) == len(set(groups))
    assert review == plan(result, change, lambda path: text, budget, standing)
    again = plan(result, change, lambda path: text, budget, [*standing, *standing_after(review)])
    assert (again.inline, again.files, again.further) == ((), (), ())
    assert (again.rest, again.suggestions) == (review.rest, review.suggestions)
    assert everything(review.without(keys)) == everything(review)


def test_ten_thousand_findings() -> None:
    findings = [
        finding("yaml/a", Severity(1 + n % 3), f"m{n}", f"f{n % 100}.yaml", (n % 97 + 1, 1, 2), write="x")
        for n in range(10_000)
    ]
    change = {f"{ROOT}/f{n}.yaml": changed(PATH, hunk(1, 50))[PATH] for n in range(100)}
    review = plan(result_of(*findings), change, lambda path: "x" * 10 + "\n" * 100)
    assert sum(everything(review).values()) == 10_000
    assert (len(review.inline), len(review.files)) == (25, 2)
    assert {comment.severity for comment in review.inline} == {Severity.ERROR}


# --- rows and their order ---------------------------------------------------------------------------------------------


def test_outline_goes_by_plugin_and_rule_the_most_severe_first() -> None:
    findings = [
        finding("yaml/a", Severity.NOTICE, "m", "a.yaml", plugin="p"),
        finding("yaml/b", Severity.WARNING, "m", "a.yaml", plugin="q"),
        finding("yaml/a", Severity.ERROR, "m", "a.yaml", plugin="q"),
        finding("yaml/c", Severity.ERROR, "m", "a.yaml", plugin="q", group="g"),
        finding("yaml/c", Severity.ERROR, "n", "b.yaml", plugin="q", group="g"),
    ]
    seen = [(p.plugin, [(r.rule, [len(row.findings) for row in r.rows]) for r in p.rules]) for p in outline(findings)]
    assert seen == [("q", [("yaml/a", [1]), ("yaml/c", [2]), ("yaml/b", [1])]), ("p", [("yaml/a", [1])])]


def test_rows_keep_plugins_and_rules_apart() -> None:
    findings = [
        finding(rule, Severity.NOTICE, "m", "a.yaml", plugin=plugin, group="g")
        for rule in ("yaml/a", "yaml/b")
        for plugin in ("p", "q")
    ]
    assert len(rows(findings)) == 4
