"""What counts, and how much: severities, profiles, ignored paths, and comments in files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.document.edits import apply_edits
from bot.findings import Authority, By, Edit, Finding, Location, Severity, Suppression
from bot.options import Options, PathIgnore, Profile
from bot.plugin import Plugin, find_roots
from bot.plugin import suppression_comments as suppression
from bot.policy.apply import apply_policy, selected
from bot.review.engine import Base, open_plugin, review
from bot.review.result import Result
from bot.rules import registry
from bot.rules.example import example_plugin
from bot.rules.registry import Hit, NotJudged, RuleResults, catalogue
from bot.source import Tree
from bot.source.memory import MemoryTree
from bot.source.package import PackageTree
from tests.source.archives import archive

UNUSED = "pull-request/unused-suppression"
WITHOUT_REASON = "pull-request/suppression-without-reason"
UNKNOWN = "schema/unknown-key"

#: Options under which the example plugin has no findings, and one unknown key is one.
ONLY = Options(select=(UNKNOWN, "pull-request"))

MANIFEST = example_plugin("tool")["manifest.yaml"]

Files = dict[str, bytes]


def plugin_with(manifest: str = "") -> Files:
    """The bundled example with lines put at the end of its manifest."""
    example = example_plugin("tool")
    return {**example, "manifest.yaml": example["manifest.yaml"] + manifest.encode()}


def reviewed(files: Files, options: Options = ONLY, before: Files | None = None) -> Result:
    tree = MemoryTree(files)
    base = Base(MemoryTree(before), "base") if before is not None else None
    return review(tree, find_roots(tree), options, base)


def opened(files: Files, options: Options = ONLY) -> Plugin:
    tree = MemoryTree(files)
    return open_plugin(tree, find_roots(tree)[0], options)


def seen(result: Result) -> list[tuple[str, int | None, bool]]:
    """Rule, line from the end of the example's manifest on, and whether it counts, of every finding."""
    assert result.errors == ()
    start = len(example_plugin("tool")["manifest.yaml"].splitlines())
    return [
        (item.rule, item.location.span.line - start if item.location.span else None, item.suppressed is None)
        for item in result.findings
    ]


# --- selection --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "yes"),
    [
        (Options(), True),
        (Options(select=("yaml",)), True),
        (Options(select=("yaml/syntax",)), True),
        (Options(select=("schema",)), False),
        (Options(ignore=("yaml",)), False),
        (Options(ignore=("yaml/syntax",)), False),
        (Options(ignore=("yaml/tab",)), True),
        (Options(select=("yaml",), ignore=("yaml/syntax",)), False),
        (Options(severities={"yaml": None}), False),
        (Options(severities={"yaml/syntax": None}), False),
        (Options(severities={"yaml": None, "yaml/syntax": Severity.NOTICE}), True),
        (Options(severities={"yaml": Severity.NOTICE, "yaml/syntax": None}), False),
        (Options(severities={"yaml": Severity.NOTICE}), True),
    ],
)
def test_selection(options: Options, yes: bool) -> None:
    assert selected("yaml/syntax", options) is yes


# --- severities and profiles ------------------------------------------------------------------------------------------


def finding(rule: str, severity: Severity, *by: By) -> Finding:
    authorities = tuple(Authority(item, "It is refused.", "source") for item in by)
    return Finding(rule, severity, "Wrong.", Location("manifest.yaml"), ".", authorities=authorities)


def weighed(item: Finding, options: Options) -> Severity:
    (judged,) = apply_policy(RuleResults((item,)), opened(plugin_with(), options))
    return judged.severity


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize(
    ("rule", "by", "is_policy"),
    [
        ("readme/none", (By.MARKETPLACE,), True),
        ("readme/none", (By.MARKETPLACE, By.DOCS), True),
        ("marketplace/anything", (By.PROJECT,), True),
        ("marketplace/anything", (), True),
        ("manifest/author", (By.MARKETPLACE, By.INSTALLER), False),
        ("schema/missing", (By.DOCS,), False),
        ("yaml/unreadable", (By.PROJECT,), False),
        ("yaml/unreadable", (), False),
    ],
)
def test_policy_of_the_marketplace_blocks_only_there(
    profile: Profile, rule: str, by: tuple[By, ...], is_policy: bool
) -> None:
    expected = Severity.WARNING if is_policy and profile is Profile.AUTHOR else Severity.ERROR
    assert weighed(finding(rule, Severity.ERROR, *by), Options(profile=profile)) is expected
    assert weighed(finding(rule, Severity.NOTICE, *by), Options(profile=profile)) is Severity.NOTICE


def test_configured_severities_go_before_everything() -> None:
    policy = finding("marketplace/anything", Severity.ERROR)
    assert weighed(policy, Options(severities={"marketplace": Severity.ERROR})) is Severity.ERROR
    assert weighed(policy, Options(severities={"marketplace": Severity.NOTICE})) is Severity.NOTICE
    both = {"marketplace": Severity.NOTICE, "marketplace/anything": Severity.WARNING}
    assert weighed(policy, Options(severities=both, profile=Profile.OFFICIAL)) is Severity.WARNING


# --- ignored paths ----------------------------------------------------------------------------------------------------


def ignored(pattern: str, *rules: str) -> Options:
    return replace(ONLY, path_ignores=(PathIgnore((pattern,), rules, "kept", "conf.yml:3"),))


@pytest.mark.parametrize("profile", Profile)
def test_an_ignored_path_suppresses_whatever_the_profile(profile: Profile) -> None:
    options = replace(ignored("manifest.yaml"), profile=profile)
    result = reviewed(plugin_with("maintainer: acme\n"), options)
    assert [item.suppressed for item in result.findings] == [Suppression("conf.yml:3", "kept")]
    assert result.active == ()


@pytest.mark.parametrize(
    ("pattern", "rules", "counts"),
    [
        ("manifest.yaml", (), False),
        ("manifest.yaml", (UNKNOWN,), False),
        ("manifest.yaml", ("schema",), False),
        ("manifest.yaml", ("yaml", "schema/missing"), True),
        ("*.yaml", (), False),
        ("/manifest.yaml", (), False),
        ("models/acme/", (), False),
        ("models", (), False),
        ("models/**", (), False),
        ("**/acme/*.yaml", (), False),
        ("acme/manifest.yaml", (), True),
        ("/acme", (), True),
        ("manifest.yam", (), True),
        ("provider/*", (), True),
    ],
)
def test_patterns_mean_what_they_mean_to_git(pattern: str, rules: tuple[str, ...], counts: bool) -> None:
    folder = "models/acme/" if pattern != "/manifest.yaml" else ""
    files = {folder + path: data for path, data in plugin_with("maintainer: acme\n").items()}
    (item,) = reviewed(files, ignored(pattern, *rules)).findings
    assert (item.suppressed is None) is counts


def test_a_later_pattern_takes_back() -> None:
    options = replace(ONLY, path_ignores=(PathIgnore(("*.yaml", "!manifest.yaml"), (), "kept", "c:1"),))
    assert len(reviewed(plugin_with("maintainer: acme\n"), options).active) == 1


# --- comments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        f"# dify-plugin-review: ignore[{UNKNOWN}] ours\nmaintainer: acme\n",
        f"maintainer: acme  # dify-plugin-review: ignore[{UNKNOWN}] ours\n",
        "# dify-plugin-review: ignore[schema] ours\nmaintainer: acme\n",
        f"#dify-plugin-review:ignore[ yaml/syntax ,{UNKNOWN}]ours\nmaintainer: acme\n",
        f"# dify-plugin-review: ignore[{UNKNOWN}]: ours\nmaintainer: acme\n",
        f"# noqa # dify-plugin-review: ignore[{UNKNOWN}] ours\nmaintainer: acme\n",
        f"# dify-plugin-review: ignore[{UNKNOWN}] ours\n# more\n  # and more\nmaintainer: acme\n",
        f"# dify-plugin-review: ignore[{UNKNOWN}] ours\r\nmaintainer: acme\r\n",
        f"maintainer: |  # dify-plugin-review: ignore[{UNKNOWN}] ours\n  text\n",
        f"maintainer: 'it''s # no comment'  # dify-plugin-review: ignore[{UNKNOWN}] ours\n",
        f"maintainer: acme  # dify-plugin-review: ignore[{UNKNOWN}] ours",
    ],
)
def test_a_comment_on_the_line_or_above_suppresses(lines: str) -> None:
    result = reviewed(plugin_with(lines))
    (item,) = [item for item in result.findings if item.rule == UNKNOWN]
    line = len(example_plugin("tool")["manifest.yaml"].splitlines()) + 1
    assert item.suppressed == Suppression(f"manifest.yaml:{line}", "ours")
    assert [item.rule for item in result.active if item.rule != UNUSED] == []


@pytest.mark.parametrize(
    "lines",
    [
        f"maintainer: '\n\n  # dify-plugin-review: ignore[{UNKNOWN}] ours'\n",
        f"maintainer: |\n  # dify-plugin-review: ignore[{UNKNOWN}] ours\n",
        f'maintainer: "a # dify-plugin-review: ignore[{UNKNOWN}] ours"\n',
        f"maintainer: a#dify-plugin-review:ignore[{UNKNOWN}]ours\n",
        f"maintainer: '# dify-plugin-review: ignore[{UNKNOWN}] ours'\n",
        f"maintainer:\n  - >-\n    a\n    # dify-plugin-review: ignore[{UNKNOWN}] ours\n",
        f"? '# dify-plugin-review: ignore[{UNKNOWN}] ours'\n: maintainer\n",
    ],
)
def test_text_is_no_comment(lines: str) -> None:
    assert [item[::2] for item in seen(reviewed(plugin_with(lines)))] == [(UNKNOWN, True)]


@pytest.mark.parametrize("line_break", ["\r", "\x85", "\u2028"])
def test_a_comment_ends_where_yaml_ends_it(line_break: str) -> None:
    lines = f"# dify-plugin-review: ignore[{UNKNOWN}] ours{line_break}provider: 1\n#\n"
    item = next(item for item in reviewed(plugin_with(lines)).findings if item.rule == UNKNOWN)
    assert item.suppressed is not None
    assert item.suppressed.reason == "ours"
    unused = f"# dify-plugin-review: ignore[{UNKNOWN}] ours{line_break}# end\n"
    (item,) = reviewed(plugin_with(unused)).findings
    assert (item.rule, item.fix) == (UNUSED, None)


@pytest.mark.parametrize(
    ("lines", "unused"),
    [
        (f"a: 1\n# dify-plugin-review: ignore[{UNKNOWN}] ours\n", 2),
        (f"# dify-plugin-review: ignore[{UNKNOWN}] ours\n\na: 1\n", 1),
        ("a: 1 # dify-plugin-review: ignore[yaml] ours\n", None),
        ("a: 1 # dify-plugin-review: ignore[schema/unknown-value] ours\n", None),
    ],
)
def test_a_comment_elsewhere_or_of_another_rule_does_not_suppress(lines: str, unused: int | None) -> None:
    found = seen(reviewed(plugin_with(lines)))
    assert [item for item in found if item[0] == UNKNOWN] in ([(UNKNOWN, 1, True)], [(UNKNOWN, 3, True)])
    assert [line for rule, line, _ in found if rule == UNUSED] == ([unused] if unused else [])


def test_a_trailing_comment_does_not_speak_of_the_next_line() -> None:
    lines = f"a: 1  # dify-plugin-review: ignore[{UNKNOWN}] ours\nb: 2\n"
    assert seen(reviewed(plugin_with(lines))) == [(UNKNOWN, 1, False), (UNKNOWN, 2, True)]


def test_a_comment_without_a_reason_has_no_effect_and_is_told_so_once() -> None:
    lines = f"a: 1  # dify-plugin-review: ignore[{UNKNOWN}]\nb: 2  # dify-plugin-review: ignore[{UNKNOWN}] :\n"
    assert seen(reviewed(plugin_with(lines))) == [
        (UNKNOWN, 1, True),
        (WITHOUT_REASON, 1, True),
        (UNKNOWN, 2, True),
        (WITHOUT_REASON, 2, True),
    ]


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("ignore[schema/unknown-kye] ours", "There is no rule or family `schema/unknown-kye`. Did you mean"),
        ("ignore[shcema] ours", "There is no rule or family `shcema`. Did you mean `schema`?"),
        ("ignore schema/unknown-key ours", "not of the form `dify-plugin-review: ignore[rule] reason`"),
        ("ignore[] ours", "not of the form"),
        ("disable", "not of the form"),
        ("", "not of the form"),
    ],
)
def test_a_comment_that_names_no_rule(comment: str, said: str) -> None:
    result = reviewed(plugin_with(f"# dify-plugin-review: {comment}\n"))
    (item,) = result.findings
    assert (item.rule, item.severity) == (UNUSED, Severity.WARNING)
    assert said in item.message


def test_findings_about_a_comment_stand_at_the_comment() -> None:
    comment = f"# dify-plugin-review: ignore[{UNKNOWN}] ours"
    for line, column in ((comment, 1), (f"  # noqa {comment}  ", 10), (f"#\t{comment}\r", 3)):
        (item,) = reviewed(plugin_with(f"{line}\n")).findings
        span = item.location.span
        assert span is not None
        assert (span.column, span.end_column) == (column, column + len(comment))
        assert span.line == span.end_line == len(MANIFEST.splitlines()) + 1


def test_an_unused_name_beside_a_used_one() -> None:
    lines = f"a: 1  # dify-plugin-review: ignore[schema/missing-key,{UNKNOWN}] ours\n"
    options = replace(ONLY, select=("schema", "pull-request"))
    item = next(item for item in reviewed(plugin_with(lines), options).findings if item.rule == UNUSED)
    assert item.message == "The comment suppresses nothing: there is no finding of `schema/missing-key` on this line."
    assert item.fix is None


@pytest.mark.parametrize(
    ("lines", "fixed"),
    [
        (f"# dify-plugin-review: ignore[{UNKNOWN}] ours\n# end\n", "# end\n"),
        (f"# dify-plugin-review: ignore[{UNKNOWN}] ours", ""),
        (f"#end # dify-plugin-review: ignore[{UNKNOWN}] ours\r\n#\r\n", "#end\r\n#\r\n"),
        (f"#end  # dify-plugin-review: ignore[{UNKNOWN}] ours  ", "#end"),
    ],
)
def test_the_fix_removes_the_comment_and_nothing_else(lines: str, fixed: str) -> None:
    files = plugin_with(lines)
    (item,) = reviewed(files).findings
    assert item.fix is not None
    text = apply_edits(files["manifest.yaml"].decode(), item.fix.edits)
    assert text == example_plugin("tool")["manifest.yaml"].decode() + fixed


def test_a_name_is_only_unused_when_its_rules_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    files = plugin_with(f"# dify-plugin-review: ignore[{UNKNOWN}] ours\n")

    def unused(options: Options) -> bool:
        return UNUSED in [item.rule for item in reviewed(files, options).findings]

    assert unused(ONLY)
    assert unused(Options(select=("schema", "pull-request")))
    assert not unused(Options(select=("pull-request",)))
    assert not unused(replace(ONLY, ignore=("schema",)))
    assert not unused(replace(ONLY, severities={UNKNOWN: None}))
    assert not unused(replace(ONLY, ignore=(UNUSED,)))
    family = plugin_with("# dify-plugin-review: ignore[schema] ours\n")
    assert reviewed(family, Options(select=(UNKNOWN, "pull-request"))).findings == ()
    assert len(reviewed(family, Options(select=("schema", "pull-request"))).findings) == 1

    def crashing(_: Plugin) -> Iterator[Hit]:
        raise RuntimeError("no")

    def changed(**how: object) -> dict[str, registry.Rule]:
        return {**catalogue(), UNKNOWN: replace(catalogue()[UNKNOWN], **how)}

    crashed = changed(check=crashing)
    monkeypatch.setattr("bot.review.engine.catalogue", lambda: crashed)
    monkeypatch.setattr("bot.policy.apply.catalogue", lambda: crashed)
    result = reviewed(files)
    assert (len(result.errors), result.findings) == (1, ())


def test_what_a_rule_could_not_check_leaves_its_comments_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def unchecking(plugin: Plugin) -> Iterator[NotJudged]:
        yield NotJudged("offline")

    changed = {**catalogue(), UNKNOWN: replace(catalogue()[UNKNOWN], check=unchecking)}
    monkeypatch.setattr("bot.review.engine.catalogue", lambda: changed)
    monkeypatch.setattr("bot.policy.apply.catalogue", lambda: changed)
    result = reviewed(plugin_with(f"# dify-plugin-review: ignore[{UNKNOWN}] ours\n"))
    assert result.findings == ()
    assert len(result.unchecked) == 1


def test_no_comment_suppresses_findings_about_comments() -> None:
    lines = f"# dify-plugin-review: ignore[pull-request] ours\n# dify-plugin-review: ignore[{UNKNOWN}]\na: 1\n"
    assert (WITHOUT_REASON, 2, True) in seen(reviewed(plugin_with(lines)))


def test_configuration_can_silence_findings_about_comments() -> None:
    files = plugin_with(f"# dify-plugin-review: ignore[{UNKNOWN}] ours\n")
    assert reviewed(files, replace(ONLY, severities={UNUSED: Severity.NOTICE})).findings[0].severity is Severity.NOTICE


def test_an_unlinked_file_and_a_broken_one_are_not_searched() -> None:
    comment = "# dify-plugin-review: ignore[] ours\n"
    assert reviewed({**plugin_with(), "notes.yaml": comment.encode()}).findings == ()
    broken = {**plugin_with(), "provider/weather.yaml": comment.encode() + b"a: [\n"}
    assert reviewed(broken).findings == ()


@pytest.mark.parametrize("profile", [Profile.MARKETPLACE, Profile.OFFICIAL])
@pytest.mark.parametrize("package", [False, True])
def test_for_the_marketplace_comments_are_listed_and_do_not_count(profile: Profile, package: bool) -> None:
    files = plugin_with(f"a: 1  # dify-plugin-review: ignore[{UNKNOWN}] ask `me` later\n")
    tree: Tree = MemoryTree({"weather.difypkg": archive(files)} if package else files)
    result = review(tree, find_roots(tree), replace(ONLY, profile=profile))
    (item,) = result.active
    assert item.message.endswith(" A comment asks to ignore this, which does not count here: `ask ˋmeˋ later`.")
    assert item.location.path == ("weather.difypkg" if package else "manifest.yaml")


def test_comments_count_for_the_author_of_a_package() -> None:
    files = plugin_with(f"a: 1  # dify-plugin-review: ignore[{UNKNOWN}] ours\n")
    tree = MemoryTree({"dist/weather.difypkg": archive(files)})
    assert isinstance(open_plugin(tree, find_roots(tree)[0], ONLY).tree, PackageTree)
    (item,) = review(tree, find_roots(tree), ONLY).findings
    line = len(files["manifest.yaml"].splitlines())
    assert item.suppressed == Suppression(f"dist/weather.difypkg!manifest.yaml:{line}", "ours")


# --- comments against a base ------------------------------------------------------------------------------------------


def test_unused_comments_are_old_when_the_base_has_them_unused_too() -> None:
    comment = f"# dify-plugin-review: ignore[{UNKNOWN}] ours\n"

    def is_new(before: str, after: str) -> list[bool]:
        result = reviewed(plugin_with(after), ONLY, plugin_with(before))
        return [item.new for item in result.findings if item.rule == UNUSED]

    assert is_new("", comment) == [True]
    assert is_new(comment, f"\n\n{comment}") == [False]
    assert is_new(f"{comment}maintainer: acme\n", comment) == [True]
    assert is_new("# dify-plugin-review: ignore[schema] ours\n", comment) == [True]
    assert is_new("# dify-plugin-review: disable\n", "# dify-plugin-review: disable\n") == [False]


# --- comments in Python -----------------------------------------------------------------------------------------------


def in_python(text: str) -> list[tuple[int, tuple[str, ...], str, tuple[int, ...]]]:
    plugin = opened({**plugin_with(), "main.py": text.encode("utf-8", "surrogateescape")})
    return [(item.span.line, item.names, item.reason, item.lines) for item in suppression.suppression_comments(plugin)]


def test_comments_in_python() -> None:
    text = '''\
import os  # dify-plugin-review: ignore[security] why not
# dify-plugin-review: ignore[python/a, python/b] two
# and a comment

print("# dify-plugin-review: ignore[security] no")
"""
# dify-plugin-review: ignore[security] no
"""
def f(
    a,#dify-plugin-review: ignore[security] é
):
    # dify-plugin-review: ignore[security] last
    return a
'''
    assert in_python(text) == [
        (1, ("security",), "why not", (1,)),
        (2, ("python/a", "python/b"), "two", (2, 4)),
        (10, ("security",), "é", (10,)),
        (12, ("security",), "last", (12, 13)),
    ]
    assert in_python("\ufeff" + text) == in_python(text)
    assert in_python(text.replace("\n", "\r\n")) == in_python(text)


def test_python_is_searched_up_to_where_it_cannot_be_read() -> None:
    comment = "x = 1  # dify-plugin-review: ignore[security] ours\n"
    assert len(in_python(f"{comment}'''\n{comment}")) == 1
    assert len(in_python(f"{comment}  if:\n {comment}")) >= 1


def test_python_is_searched_within_bounds() -> None:
    comment = "x = 1  # dify-plugin-review: ignore[security] ours\n"
    assert len(in_python(comment + "#" * suppression.MAX_PYTHON_LINE)) == 1
    assert in_python(comment + "#" * (suppression.MAX_PYTHON_LINE + 1)) == []
    assert in_python(comment + "#\n" * (suppression.MAX_PYTHON_BYTES // 2)) == []
    assert len(in_python(comment * (suppression.MAX_COMMENTS + 1))) == suppression.MAX_COMMENTS
    filler = "#\n" * (suppression.MAX_PYTHON_BYTES // 2 - len(comment))
    many = {f"a{number}.py": (comment + filler).encode() for number in range(8)}
    room = suppression.MAX_PYTHON_TOKENIZED // suppression.MAX_PYTHON_BYTES
    assert room <= len(suppression.suppression_comments(opened({**plugin_with(), **many}))) < 8


pieces = st.sampled_from(
    [
        *("# dify-plugin-review: ignore[schema] x", "#", "x = 1", "if x:", "f'{", "'", '"""', "(", ")", "\\"),
        *("a: ", "- ", "|", ">", "---\n", "\n", "\r", "\f", "\t", " ", "é", "\x00", "\x85", "\u2028"),
    ]
)


@given(st.lists(pieces, max_size=25).map("".join))
def test_any_python_gives_comments_that_are_comments(text: str) -> None:
    lines = text.split("\n")
    for number, names, reason, spoken_of in in_python(text):
        assert "# dify-plugin-review: ignore[schema] x" in lines[number - 1]
        assert names == ("schema",)
        assert reason.startswith("x")
        assert number in spoken_of


@given(st.lists(pieces, max_size=25).map("".join))
@example("# dify-plugin-review: ignore[schema] x\x85a: 1")
@example("# dify-plugin-review: ignore[schema] x\ra: 1\n")
@example("a: 1 # dify-plugin-review: ignore[schema] x\r\nb: 1\n")
def test_any_yaml_gives_comments_that_are_comments(text: str) -> None:
    plugin = opened({**plugin_with(), "manifest.yaml": f"type: plugin\nauthor: a\nplugins: {{}}\n{text}".encode()})
    manifest = plugin.manifest
    for comment in suppression.suppression_comments(plugin):
        if comment.path == "manifest.yaml" and comment.removal is not None:
            without = apply_edits(manifest.text or "", [Edit(comment.path, comment.removal, "")])
            changed = opened({**plugin_with(), "manifest.yaml": without.encode()})
            assert changed.manifest.data == manifest.data


# --- suppressions of a change from a fork ----------------------------------------------------------------------------

STRANGER = replace(ONLY, base_suppressions_only=True)
COMMENT = f"# dify-plugin-review: ignore[{UNKNOWN}] ours\n"


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ("", f"{COMMENT}maintainer: acme\n", True),
        (f"{COMMENT}maintainer: acme\n", f"{COMMENT}maintainer: acme\n", False),
        (f"{COMMENT}maintainer: acme\n", f"x: 1\n{COMMENT}maintainer: acme\n", False),
        # The comment that was let in spoke of another line.
        (f"{COMMENT}maintainer: acme\n", f"maintainer: acme\n{COMMENT}owner: acme\n", True),
        (f"{COMMENT}maintainer: acme\n", f"{COMMENT}maintainer: evil\n", True),
    ],
)
def test_a_stranger_suppresses_nothing_that_the_base_does_not(before: str, after: str, counts: bool) -> None:
    result = reviewed(plugin_with(after), STRANGER, plugin_with(before))
    last = max(
        (item for item in result.findings if item.rule == UNKNOWN and item.subject != "x"),
        key=lambda item: item.location.span.line if item.location.span else 0,
    )
    assert (last.suppressed is None) == counts
    assert ("A comment asks to ignore this" in last.message) == counts
    trusted = reviewed(plugin_with(after), ONLY, plugin_with(before))
    assert any(item.suppressed for item in trusted.findings)


def test_a_stranger_suppresses_nothing_in_a_new_plugin() -> None:
    result = reviewed(plugin_with(f"{COMMENT}maintainer: acme\n"), STRANGER, {"README.md": b""})
    assert [item.suppressed for item in result.findings if item.rule == UNKNOWN] == [None]
