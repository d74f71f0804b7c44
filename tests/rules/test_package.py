"""What a package carries that it should not, and what it cannot carry."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.findings import Finding, Severity, Unchecked
from bot.fixes.fix import FileChange, find_fixes
from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.review.engine import open_plugin
from bot.rules.example import example_plugin
from bot.rules.registry import catalogue
from bot.source import Kind, LocalTree, MemoryTree
from tests.source.archives import archive
from tests.support.reviewing import changed, found, said, text_at


def packed(*paths: str, ignore: str = "", **files: str | bytes) -> MemoryTree:
    extra: dict[str, str | bytes] = {**dict.fromkeys(paths, b"x"), **files}
    return changed("", "manifest.yaml", files={**extra, **({".difyignore": ignore} if ignore else {})})


def run(rule: str, tree: MemoryTree, profile: Profile) -> list[Finding]:
    plugin = open_plugin(tree, find_roots(tree)[0], Options(profile=profile))
    return catalogue()[rule].findings(plugin)


# --- unwanted files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "severity", "in_marketplace"),
    [
        (".venv/lib/x.py", "warning", "error"),
        # The pre-check goes by names, and does not know this one.
        ("venv3.12/x.py", "warning", "warning"),
        ("tools/__pycache__/a.pyc", "warning", "error"),
        ("tools/a.pyo", "warning", "error"),
        ("node_modules/x/index.js", "warning", "error"),
        (".git/config", "warning", "error"),
        (".mypy_cache/x.json", "warning", "error"),
        (".vscode/settings.json", "notice", "error"),
        ("tools/.DS_Store", "notice", "error"),
        ("debug.log", "notice", "error"),
        (".claude/settings.local.json", "notice", "notice"),
        (".ipynb_checkpoints/README-checkpoint.md", "notice", "notice"),
        ("dist/a.js", "notice", "warning"),
    ],
)
def test_unwanted(path: str, severity: str, in_marketplace: str) -> None:
    (finding,) = found("package/unwanted-files", packed(path))
    assert finding.location.path == path
    assert finding.location.span is None
    assert finding.severity.label == severity
    assert [each.severity.label for each in run("package/unwanted-files", packed(path), Profile.MARKETPLACE)] == [
        in_marketplace
    ]


@pytest.mark.parametrize("path", ["env/client.py", "venv_tools/a.py", "tools/git.py", "building/a.py", "tools/log.py"])
def test_code_with_such_a_name(path: str) -> None:
    assert found("package/unwanted-files", packed(path)) == []


def test_an_environment_called_env() -> None:
    (finding,) = found("package/unwanted-files", packed("env/pyvenv.cfg", "env/lib/a.py"))
    assert "2 files" in finding.message


def test_one_finding_for_each_folder_name() -> None:
    tree = packed(".venv/a.py", ".venv/b/__pycache__/c.pyc", "a/__pycache__/x.pyc", "b/__pycache__/y.pyc", "z.pyc")
    messages = [finding.message for finding in found("package/unwanted-files", tree)]
    assert messages == [
        "`.venv/` is packed: a virtual environment, 2 files, 2 bytes. Add `.venv/` to `.difyignore`.",
        "`__pycache__/` is packed: a cache, 2 folders, 2 files, 2 bytes. Add `__pycache__/` to `.difyignore`.",
        "`*.pyc` is packed: a cache, one file, 1 byte. Add `*.pyc` to `.difyignore`.",
    ]


@pytest.mark.parametrize(
    ("paths", "ignore", "after"),
    [
        ((".venv/a.py", "a/__pycache__/x.pyc"), "", {".difyignore": ".venv/\n__pycache__/\n"}),
        ((".idea/x",), "*.log", {".difyignore": "*.log\n.idea/\n"}),
        ((".idea/x",), "*.log\n", {".difyignore": "*.log\n.idea/\n"}),
        ((".idea/x",), "*.log\r\n\r\na", {".difyignore": "*.log\r\n\r\na\r\n.idea/\r\n"}),
        # Somebody may need these, or other files with such a name.
        (("node_modules/a.js", "x.pyc", "a.log", "dist/x", "env/pyvenv.cfg", ".venv[1]/x"), "", {}),
    ],
)
def test_what_nobody_needs_is_left_out(paths: tuple[str, ...], ignore: str, after: dict[str, str]) -> None:
    tree = packed(*paths, ignore=ignore)
    changes = find_fixes(tree, find_roots(tree), Options(select=("package/unwanted-files",))).changes
    assert {path: change.after.decode() for path, change in changes.items()} == after


def test_the_ignore_file_that_counts_is_added_to() -> None:
    tree = packed(".idea/x", **{".gitignore": "*.log\n"})
    changes = find_fixes(tree, find_roots(tree), Options(select=("package/unwanted-files",))).changes
    assert changes == {".gitignore": FileChange(b"*.log\n", b"*.log\n.idea/\n")}


def test_what_is_left_out_is_nobodys_business() -> None:
    assert said(packed(".venv/a.py", ".env", "a.log", ignore=".venv\n.env\n*.log\n"), "package", "security") == []


def test_an_ignore_file_that_cannot_be_read_leaves_it_unchecked() -> None:
    tree = MemoryTree({**example_plugin("tool"), ".venv/a.py": b""}, kinds={".difyignore": Kind.LINK})
    plugin = open_plugin(tree, find_roots(tree)[0], Options())
    for rule in ("package/unwanted-files", "package/binary", "package/archive-inside"):
        assert list(catalogue()[rule].run(plugin)) == [
            Unchecked(rule, ".", "the ignore file cannot be read", blocking=True)
        ]


@pytest.mark.parametrize("rule", ["package/executable", "security/secret-file"])
def test_no_rule_about_packed_files_is_silent_then(rule: str) -> None:
    tree = MemoryTree({**example_plugin("tool"), ".env": b"", "run.sh": b""}, kinds={".difyignore": Kind.LINK})
    (result,) = catalogue()[rule].run(open_plugin(tree, find_roots(tree)[0], Options()))
    assert isinstance(result, Unchecked)
    assert (result.rule, result.reason) == (rule, "the ignore file cannot be read")


def test_in_a_package_there_is_no_ignore_file_to_name() -> None:
    data = archive({**example_plugin("tool"), ".venv/a.py": b"", ".difyignore": b".venv\n"})
    (finding,) = found("package/unwanted-files", MemoryTree({"weather.difypkg": data}))
    assert (finding.location.path, finding.location.member) == ("weather.difypkg", ".venv/a.py")
    assert "difyignore" not in finding.message


def test_the_official_repository_refuses_environments_only() -> None:
    tree = packed(".venv/a.py", "a/__pycache__/x.pyc")
    assert [each.severity for each in run("package/unwanted-files", tree, Profile.OFFICIAL)] == [
        Severity.ERROR,
        Severity.WARNING,
    ]


@pytest.mark.parametrize(
    ("rule", "path", "reported"),
    [
        ("package/binary", "tools/native.so", True),
        ("package/binary", "tools/native.so.1.2", True),
        ("package/binary", "dify-plugin-linux-amd64", True),
        ("package/binary", ".venv/lib/native.so", False),
        ("package/binary", "tools/solar.py", False),
        ("package/archive-inside", "old.difypkg", True),
        ("package/archive-inside", "data/cities.tar.gz", True),
        ("package/archive-inside", "dist/weather.whl", False),
        ("package/archive-inside", "tools/gzip.py", False),
    ],
)
def test_what_nobody_can_see_into(rule: str, path: str, reported: bool) -> None:
    assert [finding.location.path for finding in found(rule, packed(path))] == [path] * reported


@pytest.mark.parametrize(
    ("paths", "code", "is_left_out"),
    [
        (("weather-0.0.1.difypkg", "old/a.difypkg"), "", True),
        (("weather-0.0.1.difypkg", "cities.zip"), "", False),
        (("a.DIFYPKG",), "", False),
        (("weather-0.0.1.difypkg",), "glob('*.difypkg')", False),
    ],
)
def test_packages_of_plugins_are_left_out(paths: tuple[str, ...], code: str, is_left_out: bool) -> None:
    tree = packed(*paths, ignore=".git/\n", **{"tools/more.py": code})
    changes = find_fixes(tree, find_roots(tree), Options(select=("package/archive-inside",))).changes
    after = {path: change.after for path, change in changes.items()}
    assert after == ({".difyignore": b".git/\n*.difypkg\n"} if is_left_out else {})


# --- what cannot be packed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("docs/a\\b.md", "holds a backslash"),
        ("docs/\udcff.md", "is not valid UTF-8"),
        ("docs/" + "é" * 130, "has more than 255 bytes"),
    ],
)
def test_names(path: str, reason: str) -> None:
    (finding,) = found("package/not-portable", packed(path))
    assert reason in finding.message
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize("path", ["docs/a b.md", "docs/é.md", "docs/a\nb.md", "docs/" + "a" * 255])
def test_odd_names_that_work(path: str) -> None:
    assert found("package/not-portable", packed(path)) == []


def test_links_of_a_real_folder(tmp_path: Path) -> None:
    root = tmp_path / "plugin"
    for path, content in example_plugin("tool").items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    (root / "outside").symlink_to("/etc")
    (root / "loop").symlink_to("loop")
    # Of a virtual environment that is packed, that is what is said, once.
    (root / "venv" / "bin").mkdir(parents=True)
    (root / "venv" / "bin" / "activate").write_text("", encoding="utf-8")
    (root / "venv" / "pyvenv.cfg").write_text("", encoding="utf-8")
    (root / "venv" / "bin" / "python").symlink_to("/usr/bin/python3")
    tree = LocalTree(root)
    plugin = open_plugin(tree, find_roots(tree)[0], Options())
    hits = catalogue()["package/not-portable"].findings(plugin)
    assert [hit.location.path for hit in hits] == ["loop", "outside"]
    assert all(hit.severity is Severity.WARNING for hit in hits)


def test_sizes() -> None:
    large = changed("", "manifest.yaml", files={"data/a.bin": b"\0" * 2**25, "data/b.bin": b"\0" * 2**25})
    (finding,) = found("package/too-large", large)
    assert finding.location.path == "data/a.bin"
    assert "`data/a.bin` (32.0 MiB), `data/b.bin` (32.0 MiB)" in finding.message
    assert (
        found(
            "package/too-large",
            changed("", "manifest.yaml", files={".difyignore": "data\n", "data/a.bin": b"\0" * 2**26}),
        )
        == []
    )


def test_numbers_of_files() -> None:
    tree = packed(*(f"data/{n}.txt" for n in range(5001)))
    assert [finding.severity for finding in found("package/too-large", tree)] == [Severity.WARNING]
    assert [each.severity for each in run("package/too-large", tree, Profile.MARKETPLACE)] == [Severity.ERROR]


# --- negation ---------------------------------------------------------------------------------------------------


def test_a_negation_that_matters() -> None:
    tree = packed("docs/a.md", "docs/b.md", ignore="docs/\n!docs/a.md\n")
    (finding,) = found("package/negated-pattern", tree)
    assert text_at(tree, finding) == "!docs/a.md"
    assert "`docs/a.md` stays out of the package." in finding.message


@pytest.mark.parametrize("ignore", ["*.log\n!docs/a.md\n", "docs/\n!other/\n", "!docs/a.md\n"])
def test_a_negation_that_does_not(ignore: str) -> None:
    assert found("package/negated-pattern", packed("docs/a.md", ignore=ignore)) == []


def test_a_negated_folder() -> None:
    (finding,) = found("package/negated-pattern", packed("docs/a/b.md", ignore="docs\n!docs/\n"))
    assert "`docs/a/b.md`" in finding.message


def test_a_signed_package_has_its_signature() -> None:
    data = archive({**example_plugin("tool"), ".verification.dify.json": b"{}"})
    assert found("package/reserved-file", MemoryTree({"weather.difypkg": data})) == []
    assert len(found("package/reserved-file", packed(".verification.dify.json"))) == 1


@pytest.mark.parametrize(
    ("ignore", "is_said"), [(None, True), ("*.log\n", True), (".git/\n", False), (".git\n", False)]
)
def test_git_is_packed_with_the_root_of_a_repository(tmp_path: Path, ignore: str | None, is_said: bool) -> None:
    for path, content in example_plugin("tool").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    if ignore is not None:
        (tmp_path / ".difyignore").write_text(ignore)
    (tmp_path / ".git").mkdir()
    findings = found("package/unwanted-files", LocalTree(tmp_path))
    where = ".difyignore" if ignore is not None else "manifest.yaml"
    assert [(item.location.path, item.location.span) for item in findings] == ([(where, None)] if is_said else [])
    (tmp_path / ".git").rmdir()
    assert found("package/unwanted-files", LocalTree(tmp_path)) == []


@pytest.mark.parametrize("folder", ["build", "tools/dist", "ENV", "venv3.12", ".claude"])
@pytest.mark.parametrize(("name", "content"), [("helper", b"\x7fELF\0"), ("native.so", b"x")])
def test_a_program_in_a_folder_that_is_not_refused_is_refused_itself(folder: str, name: str, content: bytes) -> None:
    tree = changed("", "manifest.yaml", files={f"{folder}/{name}": content})
    assert [each.severity.label for each in run("package/binary", tree, Profile.MARKETPLACE)] == ["error"]
    refused = changed("", "manifest.yaml", files={f"{folder}/node_modules/{name}": content})
    assert run("package/binary", refused, Profile.MARKETPLACE) == []


def test_a_program_in_an_environment_is_one_finding_for_authors() -> None:
    tree = changed("", "manifest.yaml", files={".venv/bin/python": b"\x7fELF\0", "dist/helper": b"\x7fELF\0"})
    assert [each.location.path for each in found("package/binary", tree)] == ["dist/helper"]
