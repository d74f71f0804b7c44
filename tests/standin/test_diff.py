"""Which lines a diff has, and where lines go."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from standin.diff import FileDiff, Place
from standin.repository import Repository
from tests.support.standin import Workspace

PATCH = """\
@@ -1,4 +1,5 @@ heading
 one
-two
+TWO
+more
 three
 four
@@ -20,3 +21,2 @@
 twenty
-twenty-one
 twenty-two
\\ No newline at end of file"""


def diff(patch: str | None = PATCH, **changes: object) -> FileDiff:
    values: dict[str, object] = {
        "path": "a",
        "previous": None,
        "status": "modified",
        "sha": "0",
        "additions": 2,
        "deletions": 2,
        "patch": patch,
    }
    return FileDiff(**(values | changes))  # type: ignore[arg-type]


def test_places_are_counted_from_the_first_hunk() -> None:
    file = diff()
    assert file.place("RIGHT", 1) == Place(0, 1)
    assert file.place("LEFT", 2) == Place(0, 2)
    assert file.place("RIGHT", 2) == Place(0, 3)
    # The second header counts as a line too.
    assert file.place("RIGHT", 21) == Place(1, 8)
    assert file.place("LEFT", 21) == Place(1, 9)
    assert file.place("RIGHT", 22) == Place(1, 10)


def test_lines_outside_the_hunks_have_no_place() -> None:
    file = diff()
    assert [file.place("RIGHT", line) for line in (0, 6, 20, 23)] == [None] * 4
    assert [file.place("LEFT", line) for line in (0, 5, 19, 23)] == [None] * 4


def test_positions_name_lines() -> None:
    file = diff()
    assert [file.anchor(position) for position in (1, 2, 3)] == [("RIGHT", 1), ("LEFT", 2), ("RIGHT", 2)]
    assert [file.anchor(position) for position in (0, 7, 11, 99)] == [None] * 4


def test_the_hunk_of_a_comment_ends_at_its_line() -> None:
    file = diff()
    place = file.place("LEFT", 21)
    assert place is not None
    assert file.hunk_until(place) == "@@ -20,3 +21,2 @@\n twenty\n-twenty-one"


def test_lines_are_followed_to_the_new_text() -> None:
    file = diff()
    assert [file.follow(line) for line in (1, 2, 3, 10, 20, 21, 22, 30)] == [1, None, 4, 11, 21, None, 22, 30]


def test_lines_are_lost_in_removed_and_unshown_files() -> None:
    assert diff(status="removed").follow(1) is None
    assert diff(None).follow(1) is None
    assert diff(None, additions=0, deletions=0).follow(7) == 7


LINES = st.lists(
    st.sampled_from(["a", "b", "c", "", "@@ -1 +1 @@", "-", "+", "\\ x", "diff --git a/b b/c"]), max_size=30
)


@given(old=LINES, new=LINES, ending=st.sampled_from(["", "\n"]))
@settings(max_examples=25)
def test_places_and_followed_lines_hold_the_same_text(old: list[str], new: list[str], ending: str) -> None:
    with TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder, "repository"))
        texts = ["\n".join(lines) + (ending if lines else "") for lines in (old, new)]
        first, second = (workspace.commit({"a": text}) for text in texts)
        repository = Repository(workspace.path, patch_lines=1000, patch_bytes=10**6)
        files = repository.diff(first, second)
        repository.close()
    if texts[0] == texts[1]:
        assert files == ()
        return
    (file,) = files
    shown = {"LEFT": texts[0].split("\n"), "RIGHT": texts[1].split("\n")}
    placed = 0
    for side in ("LEFT", "RIGHT"):
        for line, text in enumerate(shown[side], start=1):
            place = file.place(side, line)
            if place is not None:
                placed += 1
                assert file.lines[place.position][1:] == text
                assert file.lines[place.position][0] in (" -" if side == "LEFT" else " +")
    changed = [line[0] for line in file.lines if line[:1] in ("+", "-")]
    assert placed >= len(changed) == file.additions + file.deletions
    followed = [(line, file.follow(line)) for line in range(1, len(shown["LEFT"]) + 1)]
    kept = [(line, target) for line, target in followed if target is not None and shown["LEFT"][line - 1 :] != [""]]
    assert [target for _, target in kept] == sorted({target for _, target in kept})
    assert all(shown["LEFT"][line - 1] == shown["RIGHT"][target - 1] for line, target in kept)
