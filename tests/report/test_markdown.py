"""The summary and the comments say what they should, fit, and let nothing of a plugin take effect.

`UPDATE_GOLDEN=1` writes the examples in `golden/` anew: read them before committing them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from msgspec.structs import replace

from bot import __version__
from bot.comments.budget import Budget
from bot.comments.hunks import FileDiff
from bot.comments.plan import Diffs, FileComment, FurtherComment, InlineComment, Review, plan
from bot.findings import Confidence, Finding, Fix, Safety, Severity, Suppression, Unchecked, fingerprinted
from bot.options import Profile
from bot.report import markdown, words
from bot.report.links import Context
from bot.report.markdown import COMMENT_LIMIT, STEP_SUMMARY_LIMIT
from bot.report.template import markdown_templates
from bot.review.outline import Row, rows
from bot.review.result import Result
from bot.rules.registry import DOCS_URL
from tests.report import samples
from tests.report.hostile import filled, results
from tests.report.samples import CHANGE, CONTEXT, RESULT, TEXTS, finding
from tests.report.test_escape import FOUND_IN_TEXT, NASTY_WORDS, RENDERERS, Page

GOLDEN = Path(__file__).parent / "golden"
REVIEW = plan(RESULT, CHANGE, TEXTS.get, Budget(max_files=5))
#: With room for three comments the summary has to say the rest.
CROWDED = plan(RESULT, CHANGE, TEXTS.get, Budget(max_inline=3, max_files=0))


def result_of(*findings: Finding) -> Result:
    return replace(RESULT, findings=tuple(fingerprinted(findings)))


#: A suggestion at another place of what the comment of `inline-comment.md` says.
FURTHER = FurtherComment("a.yaml", REVIEW.inline[1].rows, 8, 8, "icon: icon.svg\n")


def first_line(body: str) -> str:
    return body.split("\n", 1)[0]


# --- what is said -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "render"),
    [
        ("summary.md", lambda: markdown.summary_comment(CROWDED, CONTEXT)),
        ("summary-all-inline.md", lambda: markdown.summary_comment(REVIEW, CONTEXT)),
        ("summary-all-clear.md", lambda: markdown.summary_comment(plan(samples.PASSED, CHANGE), CONTEXT)),
        ("step-summary.md", lambda: markdown.step_summary(REVIEW, CONTEXT)),
        ("inline-comment.md", lambda: markdown.inline_comment(REVIEW.inline[1], CONTEXT)),
        ("further-comment.md", lambda: markdown.inline_comment(FURTHER, CONTEXT)),
        ("file-comment.md", lambda: markdown.file_comment(REVIEW.files[0], CONTEXT)),
        ("review-body.md", lambda: markdown.review_body(REVIEW, CONTEXT)),
    ],
)
def test_examples(name: str, render: Callable[[], str]) -> None:
    rendered = render().replace(DOCS_URL, "RULES/").replace(__version__, "VERSION")
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(rendered, encoding="utf-8")
    assert rendered == file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (RESULT, "### ❌ Fix 4 errors in `tools/weather`"),
        (samples.PASSED, "### ✅ Nothing new to fix in `tools/weather`"),
        (replace(samples.PASSED, findings=()), "### ✅ Nothing to fix in `tools/weather`"),
        (samples.NOTHING, "### ➖ Nothing to check: no Dify plugin is touched"),
        (samples.BROKEN, "### 💥 The review did not finish: this is a fault of the review, not of the plugin"),
        (
            replace(RESULT, fail_on=None),
            "### ⚠️ 4 errors, 4 warnings and 4 notices in `tools/weather`; nothing was asked to block",
        ),
        (
            replace(RESULT, fail_on=Severity.WARNING),
            "### ❌ Fix 4 errors and 4 warnings in `tools/weather`",
        ),
        (
            result_of(finding("yaml/a", Severity.WARNING, "m", "a.yaml")),
            "### ✅ Nothing blocks: 1 warning in `tools/weather`",
        ),
        (
            result_of(*(finding("yaml/a", Severity.ERROR, "m", "a.yaml", plugin=f"p{n}") for n in range(4))),
            "### ❌ Fix 4 errors in 4 plugins",
        ),
    ],
)
def test_the_first_line_is_the_verdict(result: Result, line: str) -> None:
    assert first_line(markdown.summary_comment(plan(result, CHANGE), CONTEXT)) == line


def test_a_fault_of_the_tool_hides_no_finding() -> None:
    body = markdown.step_summary(plan(samples.BROKEN, CHANGE), CONTEXT)
    assert "KeyError: 'icon'" in body
    assert body.count("\n- [`") == 10


def test_a_second_run_renders_the_same() -> None:
    again = replace(RESULT, duration_ms=RESULT.duration_ms + 1000)
    other_run = replace(CONTEXT, run_url=CONTEXT.run_url + "0")
    for crowd in (REVIEW, CROWDED):
        later = replace(crowd, result=again)
        assert markdown.summary_comment(later, other_run) == markdown.summary_comment(crowd, CONTEXT)


def test_compiled_templates_render_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from_source = markdown.step_summary(REVIEW, CONTEXT)
    monkeypatch.setattr("bot.report.markdown.COMPILED", tmp_path)
    markdown.compile_templates()
    assert list(tmp_path.glob("__pycache__/*.pyc"))
    monkeypatch.setattr("bot.report.template.COMPILED", tmp_path)
    monkeypatch.setattr("jinja2.environment.Environment.compile", None)
    caches = (markdown_templates, markdown._templates)
    for cached in caches:
        cached.cache_clear()
    try:
        assert markdown.step_summary(REVIEW, CONTEXT) == from_source
    finally:
        for cached in caches:
            cached.cache_clear()


def test_the_job_summary_says_everything_that_comments_say() -> None:
    body = markdown.step_summary(REVIEW, CONTEXT)
    assert "Files changed" not in body
    assert "<!--" not in body
    for message in ("must be written", "is not one of the types", "There is no file", "would be packaged"):
        assert message in body


def test_plugins_are_compared_by_squares_from_three_on() -> None:
    crowd = [
        *(finding("yaml/a", Severity.NOTICE, f"n{n}.", "a.yaml", plugin="many") for n in range(38)),
        finding("yaml/a", Severity.WARNING, "w.", "a.yaml", plugin="many"),
        finding("yaml/a", Severity.WARNING, "w.", "b.yaml", plugin="few"),
        finding("yaml/a", Severity.ERROR, "e.", "c.yaml", plugin="worst"),
    ]
    body = markdown.step_summary(plan(result_of(*crowd)))
    rows = {name: row for row in body.splitlines() for name in ("many", "few", "worst") if f"| `{name}` |" in row}
    assert {name: row.rpartition("` | ")[2] for name, row in rows.items()} == {
        "many": f"🟨{'🟦' * 9} |", "few": "🟨 |", "worst": "🟥 |",
    }  # fmt: skip
    assert "🟥" not in markdown.step_summary(plan(result_of(*crowd[-2:])))


def test_suppressions_are_listed_in_every_profile() -> None:
    hidden = finding("asset/prefix", Severity.ERROR, "wrong", "a.yaml", suppressed=Suppression("a.yaml:3", "our CDN"))
    author = markdown.step_summary(plan(result_of(hidden)))
    marketplace = markdown.step_summary(plan(replace(result_of(hidden), profile=Profile.MARKETPLACE)))
    assert "`a.yaml:3`: our CDN" in author
    assert "`a.yaml:3`: our CDN" in marketplace


def test_what_was_not_checked_is_said_in_an_all_clear_too() -> None:
    clear = replace(samples.PASSED, unchecked=RESULT.unchecked)
    assert "no marketplace address is configured" in markdown.summary_comment(plan(clear, CHANGE), CONTEXT)


def test_an_uncertain_finding_says_so() -> None:
    sure = finding("yaml/a", Severity.ERROR, "m", "a.yaml")
    for confidence, said in ((Confidence.CERTAIN, False), (Confidence.LIKELY, True)):
        comment = FileComment("a.yaml", (Row((replace(sure, confidence=confidence),)),))
        assert ("likely, not certain" in markdown.file_comment(comment)) is said


def test_findings_on_several_lines_of_one_comment_name_their_lines() -> None:
    at_3 = finding("yaml/a", Severity.ERROR, "first", "a.yaml", (3, 1, 2))
    at_5 = finding("yaml/a", Severity.ERROR, "second", "a.yaml", (5, 1, 2))
    body = markdown.inline_comment(InlineComment("a.yaml", (Row((at_3,)), Row((at_5,))), 3, 5, "x\n"))
    assert "❌ **Error on line 3:** first" in body
    assert "❌ **Error on line 5:** second" in body


def test_a_line_of_a_markdown_file_is_linked_in_its_source() -> None:
    at = finding("yaml/a", Severity.ERROR, "m", "README.md", (3, 1, 2))
    assert "/tools/weather/README.md?plain=1#L3)" in markdown.step_summary(plan(result_of(at)), CONTEXT)


@pytest.mark.parametrize("path", ["../outside.yaml", "a/../../b.yaml"])
def test_a_path_outside_the_repository_has_no_link(path: str) -> None:
    at = finding("yaml/a", Severity.ERROR, "m", path, (3, 1, 2), plugin=".")
    body = markdown.step_summary(plan(result_of(at)), CONTEXT)
    assert f"`{path}:3`: m" in body


def test_a_comment_on_a_package_names_the_file_in_it() -> None:
    at = finding("yaml/a", Severity.ERROR, "m", "weather.difypkg", (3, 1, 2), plugin="weather.difypkg")
    inside = [
        replace(at, location=replace(at.location, member=member), group=group)
        for member, group in (("manifest.yaml", None), ("tools/`a`.yaml", "all"), ("tools/b.yaml", "all"))
    ]
    body = markdown.file_comment(FileComment("weather.difypkg", rows(inside)), CONTEXT)
    assert "**Error in `manifest.yaml`, line 3:** m" in body
    assert "**Error in ``tools/`a`.yaml``, line 3:** m 1 more like this in this package." in body


# --- what later runs read ---------------------------------------------------------------------------------------------


def test_comments_tell_what_they_are_about() -> None:
    for comment in REVIEW.inline:
        assert markdown.read_keys(markdown.inline_comment(comment, CONTEXT)) == comment.keys
    for file in REVIEW.files:
        assert markdown.read_keys(markdown.file_comment(file, CONTEXT)) == file.keys
    assert markdown.read_keys(markdown.summary_comment(REVIEW, CONTEXT)) == ()


def test_the_summary_tells_commit_outcome_and_findings() -> None:
    state = markdown.read_state(markdown.summary_comment(REVIEW, CONTEXT))
    assert state == markdown.state_of(REVIEW, CONTEXT)
    assert state is not None
    assert (state.head, state.conclusion) == (CONTEXT.head, "failed")
    fixed = replace(RESULT, findings=RESULT.findings[1:])
    assert markdown.state_of(plan(fixed, CHANGE), CONTEXT).digest != markdown.state_of(REVIEW, CONTEXT).digest


def test_the_summary_remembers_what_comments_say() -> None:
    state = markdown.read_state(markdown.summary_comment(REVIEW, CONTEXT))
    assert state is not None
    assert set(state.told) == REVIEW.told == {key for c in (*REVIEW.inline, *REVIEW.files) for key in c.keys}
    many = replace(REVIEW, dismissed=frozenset(f"{n:020x}" for n in range(5000)))
    body = markdown.summary_comment(many, CONTEXT)
    state = markdown.read_state(body)
    assert state is not None
    assert len(state.told) == 400
    assert COMMENT_LIMIT.holds(body)
    odd = markdown.summary_comment(replace(REVIEW, dismissed=frozenset({"--> <b>", "x" * 20})), CONTEXT)
    assert odd == markdown.summary_comment(REVIEW, CONTEXT)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<!-- dify-plugin-review:state -->",
        "<!-- dify-plugin-review:state {} -->",
        '<!-- dify-plugin-review:state {"head": -->',
        '<!-- dify-plugin-review:state {"head":1,"conclusion":"passed","digest":"x"} -->',
        'quoted: <!-- dify-plugin-review:state {"head":"a","conclusion":"passed","digest":"x"} -->',
        '> <!-- dify-plugin-review:state {"head":"a","conclusion":"passed","digest":"x"} -->',
    ],
)
def test_no_state_in_what_is_not_ours(body: str) -> None:
    assert markdown.read_state(body) is None


@pytest.mark.parametrize(
    "body", ["", "<!-- dify-plugin-review:finding -->", "> <!-- dify-plugin-review:finding 0123456789abcdef0123 -->"]
)
def test_no_keys_in_what_is_not_ours(body: str) -> None:
    assert markdown.read_keys(body) == ()


# --- size -------------------------------------------------------------------------------------------------------------

MANY = 10_000
CROWD = tuple(
    fingerprinted(
        [
            finding(
                f"family{n % 7}/rule",
                Severity(1 + n % 3),
                f"`k{n}` is read by nobody, says @everyone; did you mean `x`?" + " 漢字" * (n % 50),
                f"dir/f{n % 89}.yaml",
                (n + 1, 3, 9),
                plugin=f"tools/p{n % 40}",
                group=f"g{n % 11}" if n % 5 == 0 else None,
            )
            for n in range(MANY)
        ]
    )
)
COUNTED = re.compile(r"^(?:- )?… and ([0-9,]+)(?: findings?)? more", re.MULTILINE)


def said_in(body: str) -> int:
    """How many findings the lists of a summary show or count."""
    rows = re.findall(r"^- \[?`.*$", body.partition("<details><summary>Not checked")[0], re.MULTILINE)
    shown = sum(1 + sum(int(more) for more in re.findall(r" ([0-9]+) more like it:", row)) for row in rows)
    return shown + sum(int(number.replace(",", "")) for number in COUNTED.findall(body))


def assert_whole(body: str) -> None:
    """Nothing is cut: what is opened is closed, tables have all their cells, and the end is there."""
    assert body.count("<details") == body.count("</details>")
    assert body.count("```") % 2 == 0
    tables = [block.split("\n") for block in body.split("\n\n") if block.startswith("|")]
    assert all(len({line.count(" | ") for line in table}) == 1 for table in tables)
    assert "<sub>" in body
    assert all(Page(render(body)).tags for render in RENDERERS.values())


@pytest.mark.parametrize(
    ("limit", "render"), [(COMMENT_LIMIT, markdown.summary_comment), (STEP_SUMMARY_LIMIT, markdown.step_summary)]
)
def test_ten_thousand_findings_fit_and_are_all_counted(
    limit: markdown.Limit, render: Callable[[Review, Context], str]
) -> None:
    body = render(plan(replace(RESULT, findings=CROWD, unchecked=())), CONTEXT)
    assert limit.holds(body)
    # Much room is used, and none is left for the next rows.
    assert len(body.encode()) > 0.9 * limit.bytes
    assert said_in(body) == MANY
    assert_whole(body)
    assert CONTEXT.run_url in body


def test_a_report_in_a_file_has_everything() -> None:
    body = markdown.render_report(replace(RESULT, findings=CROWD, unchecked=()))
    assert said_in(body) == MANY
    assert not COUNTED.search(body)


WIDE = "🚀" * 4000


@pytest.mark.parametrize("text", [WIDE, "\U000e0041" * 4000, "|`" * 4000, "$" * 4000, "@" * 4000])
def test_the_longest_texts_fit_in_every_body(text: str) -> None:
    """Whatever the texts, a body is made smaller until it fits."""
    at = finding("yaml/a", Severity.ERROR, text, "a.yaml", (1, 1, 2), plugin=text, authorities=samples.REFUSED * 20)
    at = replace(at, fix=Fix(text, Safety.SAFE, ()))
    result = replace(
        result_of(*[at] * 10),
        plugins=(replace(samples.SUMMARY, root=text, version=text),) * 300,
        errors=(text,) * 300,
        unchecked=tuple(Unchecked("yaml/a", text, f"{n}{text}") for n in range(300)),
        compared_to=text,
    )
    review = plan(result)
    comment = InlineComment("a.yaml", tuple(Row((f,)) for f in result.active), 1, 1, text * 5)
    for body in (
        markdown.summary_comment(review, replace(CONTEXT, head=text)),
        markdown.inline_comment(comment, CONTEXT),
        markdown.file_comment(FileComment("a.yaml", comment.rows), CONTEXT),
        markdown.review_body(replace(review, inline=(comment,)), CONTEXT),
    ):
        assert COMMENT_LIMIT.holds(body)
        assert body.rstrip().endswith("-->")
    assert STEP_SUMMARY_LIMIT.holds(markdown.step_summary(review, CONTEXT))


def test_a_suggestion_that_is_too_large_is_left_out_whole() -> None:
    at = REVIEW.inline[1]
    assert "```suggestion" in markdown.inline_comment(at)
    assert "```" not in markdown.inline_comment(replace(at, suggestion="x" * 70_000))


# --- hostile texts ----------------------------------------------------------------------------------------------------

OUR_TAGS = {
    "p", "h3", "ul", "li", "strong", "em", "code", "pre", "a", "details", "summary", "b", "i", "sub", "br",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
#: As the two renderers write the alignment of cells and the language of fences, and an open fold.
OUR_ATTRIBUTES = {
    ("open", None),
    *(
        (name, f"{prefix}{side}")
        for name, prefix in (("align", ""), ("style", "text-align:"))
        for side in ("left", "right")
    ),
    *(
        (name, f"{prefix}{info}")
        for name, prefix in (("lang", ""), ("class", "language-"))
        for info in ("sh", "suggestion")
    ),
}
OUR_LINKS = (CONTEXT.files_url + "/", CONTEXT.run_url, CONTEXT.summary_url, DOCS_URL, words.INSTALL_URL)


def assert_inert(body: str) -> None:
    """Nothing in it takes effect, in any of the renderers."""
    for renderer, render in RENDERERS.items():
        assert_inert_page(Page(render(body)), renderer)


def assert_inert_page(page: Page, renderer: str) -> None:
    tags = {tag.removeprefix("/") for tag in page.tags if not tag.startswith("!--")}
    assert tags <= OUR_TAGS, renderer
    assert all(tag.startswith("!-- dify-plugin-review:") for tag in page.tags if tag.startswith("!"))
    for name, value in page.attributes:
        if name == "href":
            assert value is not None
            assert value.startswith(OUR_LINKS)
        else:
            assert (name, value) in OUR_ATTRIBUTES
    assert not [text for text in page.prose if FOUND_IN_TEXT.search(text)]
    assert page.tags.count("details") == page.tags.count("/details")
    assert page.tags.count("h3") <= 1


def touching(result: Result) -> Diffs:
    return {f.location.path: FileDiff(f.location.path) for f in result.findings[::2]}


@given(result=results())
@example(result=RESULT)
def test_nothing_of_a_plugin_takes_effect(result: Result) -> None:
    review = plan(result, touching(result))
    context = replace(CONTEXT, head=result.compared_to or "")
    assert_inert(markdown.summary_comment(review, context))
    assert_inert(markdown.step_summary(review, context))
    assert_inert(markdown.render_report(result))
    for comment in review.files:
        assert_inert(markdown.file_comment(comment, context))
        text = "".join(f.message for f in comment.findings)
        inline = InlineComment(comment.path, comment.rows, 1, 2, text)
        assert_inert(markdown.inline_comment(inline, context))


def test_no_nasty_word_takes_effect_anywhere() -> None:
    for word in NASTY_WORDS:
        path = f"{word}2/{word}"
        review = plan(filled(word), {path: FileDiff(path)})
        body = markdown.summary_comment(review, replace(CONTEXT, head=word))
        # What two updates change, the other plugin and its notices, what comments say, translations, what is suppressed
        # and what was not checked.
        assert body.count("\n<details") == 8
        assert_inert(body)
        for comment in review.files[:1]:
            assert_inert(markdown.file_comment(comment, CONTEXT))


@given(results())
def test_every_finding_is_said_or_counted(result: Result) -> None:
    review = plan(result, touching(result))
    in_comments = [finding for comment in review.files for finding in comment.findings]
    index = re.search(r"<summary>([0-9]+) findings? in <i>Files", markdown.summary_comment(review, CONTEXT))
    assert (int(index[1]) if index else 0) == len(in_comments)
    assert len(in_comments) + len(review.rest) == len(result.active)
