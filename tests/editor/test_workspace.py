"""A review that goes on from the one before finds what a review from scratch finds."""

from __future__ import annotations

import codecs
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.editor.files import Files
from bot.editor.workspace import Buffer, Moment, Project, Workspace, review_moment
from bot.errors import UsageError
from bot.findings import Location
from bot.options import Options
from bot.plugin import PluginRoot
from tests.source.repositories import init

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


#: What files of a plugin may hold that import one another, and who the tool then is.
PYTHON = {
    "tools/current_weather.py": (
        (
            "from tools.base import Base\n\n\nclass CurrentWeatherTool(Base):\n"
            "    def _invoke(self, tool_parameters):\n"
            "        yield self.create_text_message(tool_parameters['location'])\n"
        ),
        "import tools.base\n\n\nclass CurrentWeatherTool(tools.base.Base):\n    pass\n",
        "from .more import *\nfrom tools import base\n\n\nclass CurrentWeatherTool(Base or base.Base):\n    pass\n",
        "from tools.more.inner import CurrentWeatherTool\n",
    ),
    "tools/base.py": (
        "from dify_plugin import Tool\n\n\nclass Base(Tool):\n    pass\n",
        "class Base:\n    pass\n",
        "from tools.more import Base\n",
        "from tools.current_weather import CurrentWeatherTool as Base\n",
        "def broken(:\n",
    ),
    "tools/more/__init__.py": (
        "",
        "from dify_plugin import Tool as Base\n",
        "from tools.more.inner import *\n",
        "from tools.base import Base\n\nBase().invoke({})\n",
    ),
    "tools/more/inner.py": (
        (
            "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
            "    def _invoke(self, tool_parameters):\n"
            "        self.session.model.summary('x')\n        eval(tool_parameters['a'])\n        yield\n"
        ),
        "Base = CurrentWeatherTool = 3\n",
        "import tools\n\nBase = tools.base.Base\n",
    ),
}


@settings(max_examples=10)
@given(st.lists(st.tuples(st.sampled_from(sorted(PYTHON)), st.integers(0, 4)), min_size=4, max_size=8))
def test_it_goes_on_from_any_change_of_what_is_imported(changes: list[tuple[str, int]]) -> None:
    folder = EXAMPLES / "tool"
    buffers = {path: texts[0].encode() for path, texts in PYTHON.items()}
    files = Files(folder, None, buffers)
    options = Options(select=("python", "security"))
    plugin = review_moment(Moment(files, ROOT, options, None)).plugin
    for path, which in changes:
        buffers = {**buffers, path: PYTHON[path][which % len(PYTHON[path])].encode()}
        files = files.with_buffers(buffers)
        going_on = review_moment(Moment(files, ROOT, options, plugin))
        anew = review_moment(Moment(Files(folder, None, buffers), ROOT, options, None))
        assert going_on.result == replace(anew.result, duration_ms=going_on.result.duration_ms)
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
    (tool.folder / "link.md").symlink_to("../common.md")
    assert workspace.disk_changed([tool.folder / "link.md"]) == [tool]
    tool.base = tmp_path
    assert workspace.disk_changed([tmp_path / "common.md"]) == [tool]
    shutil.rmtree(model.folder)
    workspace.buffers.clear()
    assert set(workspace.disk_changed([model.folder])) == {tool, model}
    assert workspace.projects == {}


def put(workspace: Workspace, path: Path, text: str) -> Project:
    project = workspace.put(Buffer(path.as_uri(), path, text))
    assert project is not None
    return project


def test_a_byte_order_mark_that_the_editor_hides_is_still_there(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLES / "tool", tmp_path / "tool"))
    manifest = folder / "manifest.yaml"
    manifest.write_bytes(codecs.BOM_UTF8 + manifest.read_bytes())
    project = put(Workspace(lambda _: Options(), print), manifest, "type: plugin\n")
    assert project.files.read("manifest.yaml") == codecs.BOM_UTF8 + b"type: plugin\n"


def test_the_last_configuration_that_was_right_counts(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLES / "tool", tmp_path / "tool"))
    right = Options(ignore=("yaml",))
    said: list[str] = []
    answers: list[Options | UsageError] = [right, UsageError("one is wrong", "two is wrong"), Options()]

    def options_of(_: Path) -> Options:
        answer = answers.pop(0)
        if isinstance(answer, UsageError):
            raise answer
        return answer

    workspace = Workspace(options_of, said.append)
    project = put(workspace, folder / "manifest.yaml", "type: plugin\n")
    assert workspace.moment(project).options == right
    for options in (right, Options()):
        workspace.disk_changed([tmp_path / ".github" / "dify-plugin-review.yml"])
        assert workspace.moment(project).options == options
    assert said == ["one is wrong (1 more mistake)"]


def test_findings_name_files_from_the_repository_on(tmp_path: Path) -> None:
    init(tmp_path)
    folder = Path(shutil.copytree(EXAMPLES / "tool", tmp_path / "plugins" / "tool"))
    project = put(Workspace(lambda _: Options(), print), folder / "manifest.yaml", "type: plugin\n")
    assert (project.base, project.root.shown) == (tmp_path, "plugins/tool")
    assert project.file_of(Location("plugins/tool/README.md")) == folder / "README.md"
    assert project.file_of(Location("plugins/tool")) is None
    assert project.file_of(Location("LICENSE")) == tmp_path / "LICENSE"
    assert project.file_of(Location("a.difypkg", "manifest.yaml")) is None
    assert project.file_of(Location("", source="body")) is None


def test_the_folder_of_the_workspace_stands_for_a_repository(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLES / "tool", tmp_path / "tool"))
    project = put(Workspace(lambda _: Options(), print, [tmp_path]), folder / "manifest.yaml", "type: plugin\n")
    assert (project.base, project.root.shown) == (tmp_path, "tool")
    alone = put(Workspace(lambda _: Options(), print), folder / "manifest.yaml", "type: plugin\n")
    assert (alone.base, alone.root.shown) == (folder, ".")
    assert alone.file_of(Location("README.md")) == folder / "README.md"


def test_a_plugin_goes_with_its_last_document(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLES / "tool", tmp_path / "tool"))
    workspace = Workspace(lambda _: Options(), print)
    paths = [folder / "manifest.yaml", folder / "README.md"]
    for path in paths:
        project = put(workspace, path, "type: plugin\n")
    assert workspace.close(paths[0].as_uri()) is project
    assert project.files.read("manifest.yaml") == paths[0].read_bytes()
    assert workspace.close(paths[1].as_uri()) is project
    assert workspace.projects == {}
    assert workspace.close("file:///nowhere") is None


def test_a_plugin_in_a_plugin_has_its_own_documents(tmp_path: Path) -> None:
    outer = Path(shutil.copytree(EXAMPLES / "tool", tmp_path / "tool"))
    inner = Path(shutil.copytree(EXAMPLES / "model", outer / "more" / "model"))
    workspace = Workspace(lambda _: Options(), print)
    assert put(workspace, outer / "manifest.yaml", "type: plugin\n").folder == outer
    assert put(workspace, inner / "manifest.yaml", "type: plugin\n").folder == inner
