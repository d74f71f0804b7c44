"""Every line number that is read from a diff is the one git, and so GitHub, means."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Struct

from bot.comments.hunks import GIT_DIFF_OPTIONS, FileDiff, FileHunks, Hunk, Side, Status, parse_diff, parse_patch


def git(folder: Path, *arguments: str, stdin: bytes = b"", ok: tuple[int, ...] = (0,)) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=False)
    assert done.returncode in ok, done.stderr
    return done.stdout


# --- one file's patch -----------------------------------------------------------------------------------------------

PATCH = """\
@@ -2,7 +2,8 @@ tool:
 name: a
 label:
-  en_US: A
-  zh_Hans: B
+  en_US: AA
 icon: x
+tags:
+  - y
 human: z
 last: w
@@ -20,3 +20,0 @@
-one
-two
-three
@@ -30,0 +29,2 @@
+four
+five"""


def hunks() -> FileHunks:
    return FileHunks(parse_patch(PATCH))


def test_hunks_keep_their_numbers_and_lines() -> None:
    first, second, third = parse_patch(PATCH)
    assert (first.old_start, first.old_count, first.new_start, first.new_count) == (2, 7, 2, 8)
    assert (first.lines[0], first.lines[2], first.lines[-1]) == (" name: a", "-  en_US: A", " last: w")
    assert (first.old_range, first.new_range) == (range(2, 9), range(2, 10))
    assert (second.old_range, second.new_range) == (range(20, 23), range(21, 21))
    assert (third.old_range, third.new_range) == (range(31, 31), range(29, 31))


def test_a_line_can_be_commented_where_a_hunk_shows_it() -> None:
    assert [line for line in range(40) if hunks().contains(line)] == [2, 3, 4, 5, 6, 7, 8, 9, 29, 30]
    assert [line for line in range(40) if hunks().contains(line, "LEFT")] == [2, 3, 4, 5, 6, 7, 8, 20, 21, 22]


@pytest.mark.parametrize(
    ("start", "end", "anchor"),
    [
        (2, 9, (2, 9)),
        (4, 4, (4, 4)),
        (1, 3, None),
        (8, 10, None),
        (9, 29, None),
        (5, 4, None),
        (29, 30, (29, 30)),
        (22, 22, None),
        (0, 0, None),
        (-1, 5, None),
        (31, 31, None),
    ],
)
def test_a_comment_stays_in_one_hunk(start: int, end: int, anchor: tuple[int, int] | None) -> None:
    assert hunks().anchor(start, end) == anchor


def added_lines(found: FileHunks) -> list[int]:
    return [line for change in found.changes for line in change.new]


def removed_lines(found: FileHunks) -> list[int]:
    return [line for change in found.changes for line in change.old]


def test_what_was_added_and_removed() -> None:
    assert added_lines(hunks()) == [4, 6, 7, 29, 30]
    assert removed_lines(hunks()) == [4, 5, 20, 21, 22]


def test_lines_keep_their_identity_across_the_change() -> None:
    moved = {1: 1, 3: 3, 4: None, 5: None, 6: 5, 7: 8, 8: 9, 9: 10, 19: 20, 20: None, 22: None, 23: 21, 30: 28, 31: 31}
    assert {old: hunks().new_line(old) for old in moved} == moved
    assert hunks().old_line(4) is None
    assert hunks().old_line(29) is None
    assert hunks().old_line(28) == 30


def test_no_hunks_show_nothing_and_move_nothing() -> None:
    assert not FileHunks().contains(1)
    assert FileHunks().new_line(7) == FileHunks().old_line(7) == 7


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ("@@ -1 +1 @@\n-a\n+b", [Hunk(1, 1, 1, 1, ("-a", "+b"))]),
        ("@@ -0,0 +1 @@\n+a", [Hunk(0, 0, 1, 1, ("+a",))]),
        ("@@ -1,2 +0,0 @@ class A:\n-a\n-b", [Hunk(1, 2, 0, 0, ("-a", "-b"))]),
        (
            "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file",
            [Hunk(1, 1, 1, 1, ("-a", "+b"))],
        ),
        ("@@ -1,2 +1 @@\r\n a\r\n-b\r\n", [Hunk(1, 2, 1, 1, (" a\r", "-b\r"))]),
        ("@@ -1,2 +1,3 @@\n a\n+@@ -9 +9 @@\n b", [Hunk(1, 2, 1, 3, (" a", "+@@ -9 +9 @@", " b"))]),
        ("@@ -1 +1 @@\n--- a/x\n+++ b/x", [Hunk(1, 1, 1, 1, ("--- a/x", "+++ b/x"))]),
        ("@@ -1 +1 @@\n-a\u2028b\x0cc\rd\n+\x85", [Hunk(1, 1, 1, 1, ("-a\u2028b\x0cc\rd", "+\x85"))]),
        ("@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n", [Hunk(1, 3, 1, 3, (" a", " ", "-b", "+c"))]),  # diff.suppressBlankEmpty
    ],
)
def test_forms_of_a_patch(patch: str, expected: list[Hunk]) -> None:
    assert list(parse_patch(patch)) == expected


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("@@ -20,3 +20,3 @@\n a\n-b", "it ends too early"),
        ("@@ -20,2 +20,2 @@\n-a\n-b\n-c\n+d", "it has more old lines than it says"),
        ("@@ -20,2 +20,1 @@\n a\n b", "its sides have different lengths"),
        ("@@ -20,2 +20,2 @@\n a\n?b", "a line has no mark"),
        ("@@ -20,2 +20,2 @@\n a\n@@ -40 +40 @@\n-a\n+b", "another header stands in it"),
        ("@@ -0,1 +1,1 @@\n-a\n+b", "there is no line 0"),
        ("@@ -2 +20 @@\n-a\n+b", "it overlaps the hunk before"),
        ("@@ -20 +2 @@\n-a\n+b", "it overlaps the hunk before"),
        ("@@ -20,0 +20,0 @@", "it shows nothing"),
        ("@@ -20 +20\n-a\n+b", "its header does not end"),
        ("@@@ -20 -20 +20 @@@\n--a\n++b", "it is a hunk of a merge"),
        ("@@ -20,99999999999 +20 @@\n-a\n+b", "no file has so many lines"),
        ("@@ -２０ +20 @@\n-a\n+b", "these are not digits of a diff"),
        ("garbage\n\n+x\n-y\n z", "there is no header"),
    ],
)
def test_a_broken_hunk_is_left_out_and_the_others_stay(broken: str, why: str) -> None:
    before = "@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n"
    after = "\n@@ -60 +60 @@\n-e\n+f"
    starts = [hunk.old_start for hunk in parse_patch(before + broken + after)]
    assert starts == ([1, 40, 60] if "-40" in broken else [1, 60]), why
    assert [hunk.old_start for hunk in parse_patch(before + broken)] == ([1, 40] if "-40" in broken else [1]), why


def test_the_end_of_the_text_is_no_empty_line() -> None:
    assert parse_patch("@@ -1,2 +1,2 @@\n a\n") == ()
    assert parse_patch("@@ -1,2 +1,2 @@\n a\n\n") == (Hunk(1, 2, 1, 2, (" a", " ")),)


def assert_sound(parsed: Iterable[Hunk]) -> None:
    old_end = new_end = 1
    for hunk in parsed:
        assert hunk.old_range.start >= old_end
        assert hunk.new_range.start >= new_end
        old_end, new_end = hunk.old_range.stop, hunk.new_range.stop
        assert sum(line[0] in " -" for line in hunk.lines) == hunk.old_count
        assert sum(line[0] in " +" for line in hunk.lines) == hunk.new_count


HUNK_LINES = (
    "@@ -1 +1 @@",
    "@@ -1,2 +1,3 @@ x",
    "@@ -9,2 +9 @@",
    "@@ -0,0 +1,2 @@",
    "@@",
    "",
    " a",
    "-a",
    "+a",
    "\\ x",
    "\r",
)
patch_lines = st.lists(st.sampled_from(HUNK_LINES) | st.text(max_size=5), max_size=12)


@given(patch_lines)
def test_no_patch_is_too_strange(lines: list[str]) -> None:
    assert_sound(parse_patch("\n".join(lines)))


# --- against git ----------------------------------------------------------------------------------------------------

plain_line = st.sampled_from(["a", "b", "  c: d", ""])
odd_line = st.sampled_from(
    [
        *("-x", "+x", "--- a/x", "+++ b/x", "@@ -1 +1 @@", "\\ No newline at end of file", "diff --git a/x b/x"),
        *(" ", "\t", "\x0c", "a\u2028b", "a\rb", "é漢😀", "\r"),
    ]
)


class Versions(Struct, frozen=True):
    """A file before and after a change, with its line endings on each side."""

    before: bytes
    after: bytes


@st.composite
def versions(draw: st.DrawFn) -> Versions:
    """Mostly numbered lines, so that there are several hunks, with some lines rewritten, removed or put in."""
    line = plain_line | odd_line
    before = [draw(line) if draw(st.booleans()) else f"line {number}" for number in range(draw(st.integers(0, 40)))]
    after = list(before)
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(after)))
        after[at : at + draw(st.integers(0, 3))] = draw(st.lists(line, max_size=3))
    return Versions(draw(written(before)), draw(written(after)))


@st.composite
def written(draw: st.DrawFn, lines: list[str]) -> bytes:
    text = draw(st.sampled_from(["\n", "\n", "\r\n"])).join(lines)
    return (text + draw(st.sampled_from(["\n", "\n", ""])) if text else "").encode()


def split(content: bytes) -> list[bytes]:
    """The lines as git counts them: only LF ends one."""
    return content.removesuffix(b"\n").split(b"\n") if content else []


class Truth:
    """What git itself says of a change: a diff without context names the changed lines, and no parser is needed."""

    def __init__(self, bare_diff: bytes, before: int, after: int) -> None:
        self.removed: set[int] = set()
        self.added: set[int] = set()
        self.shown_old: set[int] = set()
        self.shown_new: set[int] = set()
        for match in re.finditer(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", bare_diff, re.MULTILINE):
            old, old_count, new, new_count = (1 if number is None else int(number) for number in match.groups())
            old, new = old + (not old_count), new + (not new_count)
            self.removed |= set(range(old, old + old_count))
            self.added |= set(range(new, new + new_count))
            self.shown_old |= set(range(max(old - 3, 1), min(old + old_count + 3, before + 1)))
            self.shown_new |= set(range(max(new - 3, 1), min(new + new_count + 3, after + 1)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("diff")


@given(change=versions())
@example(change=Versions(b"", b"a\n"))
@example(change=Versions(b"a\n", b""))
@example(change=Versions(b"a", b"a\n"))
@example(change=Versions(b"a\r\nb\r\n", b"a\nb"))
@example(change=Versions(b"\n\n\n", b"\n\n"))
def test_every_line_is_where_git_says(folder: Path, change: Versions) -> None:
    (folder / "before").write_bytes(change.before)
    (folder / "after").write_bytes(change.after)
    compare = ("diff", "--no-index", *GIT_DIFF_OPTIONS)
    diff = git(folder, *compare, "before", "after", ok=(0, 1))
    bare = git(folder, *compare, "--unified=0", "before", "after", ok=(0, 1))
    before, after = split(change.before), split(change.after)
    truth = Truth(bare, len(before), len(after))

    if not truth.removed | truth.added:
        assert parse_diff(diff) == {}
        return
    (file,) = parse_diff(diff).values()
    found = file.hunks
    assert_sound(found.hunks)
    # GitHub gives the same hunks without the file's header and without the last line break.
    patch = diff.decode().partition("\n@@ ")[2].removesuffix("\n")
    assert parse_patch("@@ " + patch) == found.hunks

    for hunk in found.hunks:
        old_lines = [line[1:].encode() for line in hunk.lines if line[0] in " -"]
        new_lines = [line[1:].encode() for line in hunk.lines if line[0] in " +"]
        assert old_lines == [before[line - 1] for line in hunk.old_range]
        assert new_lines == [after[line - 1] for line in hunk.new_range]

    assert added_lines(found) == sorted(truth.added)
    assert removed_lines(found) == sorted(truth.removed)
    for line in range(1, len(before) + 1):
        moved = found.new_line(line)
        assert (moved is None) == (line in truth.removed)
        assert moved is None or (before[line - 1] == after[moved - 1] and found.old_line(moved) == line)
    assert {line for line in range(1, len(after) + 1) if found.old_line(line) is None} == truth.added

    sides: list[tuple[Side, set[int], int]] = [
        ("LEFT", truth.shown_old, len(before)),
        ("RIGHT", truth.shown_new, len(after)),
    ]
    for side, shown, last in sides:
        for start in range(last + 3):
            for end in range(start, last + 3):
                allowed = all(line in shown for line in range(start, end + 1))
                assert found.anchor(start, end, side) == ((start, end) if allowed else None)


# --- whole diffs ----------------------------------------------------------------------------------------------------

ODD_NAMES = [
    "plain.yaml", "with space.yaml", " lead and trail ", "tab\there", "line\nbreak", 'a "quoted" name', "back\\slash",
    "é漢😀.yaml", "x b/x", "b/x b/x", "a/b/c", "-- a", "dev/null", "bell\a\b\v\f\r", "trailing\t", '"', "'", "-",
    "ends with \\", "\x01\x7f", "a => b", "{a => b}", "e\u0301",
]  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    return tmp_path


def write(repository: Path, files: dict[str, bytes | None]) -> str:
    """Commits these files (None removes one) and gives the revision."""
    for name, content in files.items():
        path = repository / name
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "--allow-empty", "-m", "x")
    return git(repository, "rev-parse", "HEAD").decode().strip()


@pytest.mark.parametrize("quoted", ["true", "false"])
@pytest.mark.parametrize("what", ["add", "change", "remove", "empty", "binary", "mode"])
def test_names_arrive_as_they_are(repository: Path, what: str, quoted: str) -> None:
    old: bytes = {"binary": b"\0old\n"}.get(what, b"old\n")
    new: bytes = {"empty": b"", "binary": b"\0new\n"}.get(what, b"new\n")
    without = write(repository, {"other": b"x\n"})
    before = write(repository, dict.fromkeys(ODD_NAMES, old))
    if what == "mode":
        for name in ODD_NAMES:
            (repository / name).chmod(0o755)
    after = write(repository, {} if what == "mode" else dict.fromkeys(ODD_NAMES, None if what == "remove" else new))
    base = without if what in {"add", "empty"} else before
    diff = git(repository, "-c", f"core.quotePath={quoted}", "diff", *GIT_DIFF_OPTIONS, base, after)
    files = parse_diff(diff)
    assert sorted(files) == sorted(ODD_NAMES)
    status = {"add": Status.ADDED, "empty": Status.ADDED, "remove": Status.REMOVED}.get(what, Status.MODIFIED)
    lines = {"add": (1, 0), "change": (1, 1), "remove": (0, 1)}.get(what, (0, 0))
    for name, file in files.items():
        assert file.path == name
        assert file.status is status
        assert file.old_path == (None if status is Status.ADDED else name)
        assert (len(added_lines(file.hunks)), len(removed_lines(file.hunks))) == lines
        assert file.binary is (what == "binary")


def test_renames_copies_and_changes_of_type(repository: Path) -> None:
    body = b"".join(b"line %d\n" % number for number in range(20))
    (repository / "turns").symlink_to("target")
    before = write(
        repository, {"old name": body, "tab\told": body + b"end\n", "source": b"s\n" * 9 + body, "kept": b"k\n"}
    )
    (repository / "turns").unlink()
    after = write(
        repository,
        {
            "old name": None,
            "new/näme": body,
            "tab\told": None,
            "tab\tnew": body.replace(b"line 4\n", b"LINE 4\n") + b"end\n",
            "copy": b"s\n" * 9 + body + b"more\n",
            "turns": b"now a file\n",
        },
    )
    diff = git(repository, "diff", *GIT_DIFF_OPTIONS, "--find-copies-harder", before, after)
    files = parse_diff(diff.decode())
    assert {path: (file.status.value, file.old_path) for path, file in files.items()} == {
        "new/näme": ("renamed", "old name"),
        "tab\tnew": ("renamed", "tab\told"),
        "copy": ("copied", "source"),
        "turns": ("added", None),
    }
    assert files["new/näme"].hunks == FileHunks()
    assert added_lines(files["tab\tnew"].hunks) == [5]
    assert added_lines(files["copy"].hunks) == [30]
    assert added_lines(files["turns"].hunks) == [1]


name = st.binary(min_size=1, max_size=8).filter(
    lambda raw: b"\0" not in raw and b"/" not in raw and raw not in {b".", b".."} and b"git" not in raw.lower()
)


@given(names=st.sets(name, min_size=1, max_size=4), quoted=st.sampled_from(["true", "false"]))
@example(names={b"\xff\xfe", b'"\xe9', b"\\303\\251"}, quoted="false")
@example(names={b"\xed\xa0\x80", b'\xed\xb3\xbf"'}, quoted="false")
def test_names_are_bytes(tmp_path_factory: pytest.TempPathFactory, names: set[bytes], quoted: str) -> None:
    repository = tmp_path_factory.getbasetemp() / "names"
    if not repository.exists():
        repository.mkdir()
        git(repository, "init", "-q", "--bare")
    blob = git(repository, "hash-object", "-w", "--stdin", stdin=b"x\n").strip()
    listing = b"".join(b"100644 " + blob + b"\t" + raw + b"\0" for raw in names)
    git(repository, "read-tree", "--empty")
    git(repository, "update-index", "-z", "--index-info", stdin=listing)
    empty = git(repository, "hash-object", "-t", "tree", "-w", "--stdin").decode().strip()
    diff = git(repository, "-c", f"core.quotePath={quoted}", "diff", "--cached", *GIT_DIFF_OPTIONS, empty)
    assert {os.fsencode(path) for path in parse_diff(diff)} == names


def test_configuration_does_not_change_what_is_read(repository: Path) -> None:
    body = b"1\n\n2\n" * 20
    before = write(repository, {"a": body, "b": b"x\n" * 30, "folder/d": b"y\n"})
    after = write(repository, {"a": body.replace(b"2", b"3", 1), "c": b"x\n" * 30, "b": None, "folder/d": b"z\n"})
    plain = parse_diff(git(repository, "diff", *GIT_DIFF_OPTIONS, before, after))
    assert sorted(plain) == ["a", "c", "folder/d"]
    assert plain["c"].status is Status.RENAMED
    for setting in (
        "diff.noprefix=true", "diff.mnemonicPrefix=true", "color.ui=always", "diff.renames=false", "diff.context=9",
        "diff.suppressBlankEmpty=true", "diff.external=false", "core.quotePath=false", "diff.relative=true",
    ):  # fmt: skip
        for where in (repository, repository / "folder"):
            configured = git(where, "-c", setting, "diff", *GIT_DIFF_OPTIONS, before, after)
            assert parse_diff(configured) == plain, setting


def test_a_broken_hunk_costs_only_itself() -> None:
    diff = (
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\n?\n--- a/y\n+++ b/y\n@@ -20 +20 @@\n-a\n+b\n"
        "diff --git a/z b/z\n--- a/z\n+++ b/z\n@@ -1 +1 @@\n-a\n+b\n"
        "diff --cc merged\n--- a/merged\n+++ b/merged\n@@ -1 +1 @@\n-a\n+b\n"
    )
    files = parse_diff(diff)
    assert files == {
        "x": FileDiff("x", old_path="x", hunks=FileHunks((Hunk(20, 1, 20, 1, ("-a", "+b")),))),
        "z": FileDiff("z", old_path="z", hunks=FileHunks((Hunk(1, 1, 1, 1, ("-a", "+b")),))),
    }


DIFF_LINES = (
    "diff --git a/x b/x", 'diff --git "a/\\303" "b/\\303"', 'diff --git "a/x', "diff --git ", "diff --git a b",
    "diff --cc x", "--- a/x", "--- /dev/null", "+++ b/x", '+++ "b/\ud800"', '+++ "b/\\"', "+++ /dev/null",
    "rename from x", 'rename to "y', "new file mode 100644", "deleted file mode 100644",
    "Binary files a/x and b/x differ",
    "GIT binary patch", "\udcff",
)  # fmt: skip
diff_lines = st.lists(st.sampled_from(DIFF_LINES + HUNK_LINES) | st.text(max_size=4), max_size=14)


@given(diff_lines)
def test_no_diff_is_too_strange(lines: list[str]) -> None:
    text = "\n".join(lines)
    for path, file in (parse_diff(text) | parse_diff(text.encode("utf-8", "surrogatepass"))).items():
        assert file.path == path
        assert_sound(file.hunks.hunks)
