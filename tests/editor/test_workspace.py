"""A review that goes on from the one before finds what a review from scratch finds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.editor.files import Files
from bot.editor.workspace import Buffer, Moment, Workspace, review_moment
from bot.options import Options
from bot.plugin import PluginRoot

EXAMPLES = Path(__file__).parents[2] / "bot" / "examples"
ROOT = PluginRoot("")
#: A change of a text: a line goes, comes twice, or loses its first words; or something is written at its end.
CHANGES = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(["gone", "twice", "cut", "more"]))


def changed(text: str, line: int, how: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at = line % len(lines)
    row = lines[at]
    lines[at] = {"gone": "", "twice": row + row, "cut": row[len(row) // 2 :], "more": row.rstrip("\n") + "x: 1\n"}[how]
    return "".join(lines)


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir()))
@settings(max_examples=6)
@given(st.lists(CHANGES, min_size=1, max_size=5))
def test_it_goes_on_from_any_change(example: str, changes: list[tuple[int, int, str]]) -> None:
    folder = EXAMPLES / example
    files = Files(folder)
    names = [path for path in files.entries() if path.endswith((".yaml", ".py", ".md", ".toml"))]
    buffers: dict[str, bytes] = {}
    plugin = review_moment(Moment(files, ROOT, Options(), None)).plugin
    for which, line, how in changes:
        name = names[which % len(names)]
        text = buffers.get(name, (folder / name).read_bytes()).decode()
        buffers = {**buffers, name: changed(text, line, how).encode()}
        files = files.with_buffers(buffers)
        going_on = review_moment(Moment(files, ROOT, Options(), plugin))
        anew = review_moment(Moment(Files(folder, None, buffers), ROOT, Options(), None))
        assert going_on.result.findings == anew.result.findings
        assert going_on.result.errors == anew.result.errors == ()
        plugin = going_on.plugin


def test_a_review_does_not_keep_those_before_it() -> None:
    files = Files(EXAMPLES / "tool")
    plugin = review_moment(Moment(files, ROOT, Options(), None)).plugin
    assert plugin is not None
    kept = review_moment(Moment(files.with_buffers({"a.yaml": b""}), ROOT, Options(), plugin)).plugin
    assert kept is not None
    assert plugin not in vars(kept).values()
    assert kept.lasting.keys() == plugin.lasting.keys()


def test_a_folder_that_is_gone_has_no_plugin(tmp_path: Path) -> None:
    workspace = Workspace(lambda _: Options(), print)
    assert workspace.project_of(tmp_path / "nowhere" / "a.yaml") is None


def test_only_what_a_file_belongs_to_is_looked_at_again(tmp_path: Path) -> None:
    workspace = Workspace(lambda _: Options(), print)
    folders = [Path(shutil.copytree(EXAMPLES / name, tmp_path / name)) for name in ("tool", "model")]
    tool, model = (
        workspace.put(Buffer((folder / "manifest.yaml").as_uri(), folder / "manifest.yaml", "type: plugin\n"))
        for folder in folders
    )
    assert tool is not None
    assert model is not None
    assert workspace.disk_changed([tool.folder / "README.md"]) == [tool]
    assert workspace.disk_changed([tool.folder / ".venv" / "lib" / "a.py", tmp_path / "other.txt"]) == []
    assert workspace.disk_changed([tmp_path / ".github" / "dify-plugin-review.yml"]) == [tool, model]
    (tool.folder / "link.md").symlink_to("../shared.md")
    assert workspace.disk_changed([tool.folder / "link.md"]) == [tool]
    tool.base = tmp_path
    assert workspace.disk_changed([tmp_path / "shared.md"]) == [tool]
    shutil.rmtree(model.folder)
    workspace.buffers.clear()
    assert set(workspace.disk_changed([model.folder])) == {tool, model}
    assert workspace.projects == {}
