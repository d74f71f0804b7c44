"""Icons and other media: where they are, what they are, and who shows them."""

from __future__ import annotations

import pytest

from bot.findings import Severity
from bot.fixes.fix import find_fixes
from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.review.engine import open_plugin
from bot.rules.example import example_plugin
from bot.rules.registry import catalogue, run_rules
from bot.source import Kind, MemoryTree, Unchanged, Unreadable
from tests.support.reviewing import changed, fixed, found, opened, said, text_at

SVG = "<svg xmlns='http://www.w3.org/2000/svg'><circle r='1'/></svg>"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 50


def with_icon(icon: str, **files: str | bytes) -> MemoryTree:
    return changed(f"icon: {icon}\n", "manifest.yaml", files=files)


def assets(tree: MemoryTree) -> list[tuple[str, str]]:
    return said(tree, "asset")


# --- where they are ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["_assets/icon.svg", "./_assets/icon.svg", "./icon.svg", "' icon.svg'", "/icon.svg"]
)
def test_a_path_where_a_name_belongs(written: str) -> None:
    tree = with_icon(written)
    (finding,) = found("asset/prefix", tree)
    assert finding.severity is Severity.ERROR
    assert fixed(tree, finding).count("icon: icon.svg") + fixed(tree, finding).count('icon: "icon.svg"') == 1


def test_the_other_suffix_is_suggested_only_where_one_file_is_meant() -> None:
    tree = with_icon("icons/icon.svg")
    (finding,) = found("asset/missing", tree)
    assert "but `icon.svg`" in finding.message
    assert "icon: icon.svg" in fixed(tree, finding)


def test_an_icon_elsewhere_is_to_be_moved() -> None:
    (finding,) = found("asset/outside-assets", with_icon("logo.png", **{"images/logo.png": PNG}))
    assert "move it to `_assets/logo.png`" in finding.message


def test_every_locale_and_theme_of_a_model_provider() -> None:
    icons = "".join(
        f"{key}:\n" + "".join(f"  {locale}: {key}_{locale}.svg\n" for locale in ("en_US", "zh_Hans", "ja_JP", "pt_BR"))
        for key in ("icon_small", "icon_large", "icon_small_dark", "icon_large_dark")
    )
    tree = changed(icons, "provider/acme.yaml", "model")
    findings = found("asset/missing", tree)
    assert len(findings) == 16
    who = {finding.authorities[0].by.value for finding in findings}
    assert who == {"packager", "installer"}


def test_a_url_is_no_file() -> None:
    assert ("asset/missing", "error") in assets(with_icon("https://acme.example/icon.svg"))


def test_a_link_is_there() -> None:
    files = dict(example_plugin("tool"))
    del files["_assets/icon.svg"]
    assert assets(MemoryTree(files, kinds={"_assets/icon.svg": Kind.LINK})) == []


def test_no_folder_is_one_finding() -> None:
    files = {path: data for path, data in example_plugin("model").items() if not path.startswith("_assets/")}
    assert assets(MemoryTree(files)) == [("asset/no-folder", "error")]
    moved: dict[str, str | bytes] = {**files, "Assets/icon.svg": SVG}
    (finding,) = found("asset/no-folder", MemoryTree(moved))
    assert "Rename the folder `Assets`." in finding.message


def test_a_nested_icon_works_once_installed() -> None:
    tree = with_icon("dark/icon.svg", **{"_assets/dark/icon.svg": SVG})
    assert assets(tree) == [("asset/nested", "warning")]
    assert text_at(tree, found("asset/nested", tree)[0]) == "dark/icon.svg"


# --- what nobody shows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "reported"),
    [
        ({"images/a.png": PNG}, True),
        ({"logo.PNG": PNG}, True),
        ({"tests/fixtures/a.png": PNG}, False),
        ({"images/a.png": PNG, "tools/helpers.py": "open('images/a.png')"}, False),
        ({"images/a.png": PNG, ".difyignore": "images/\n"}, False),
        ({"images/a.txt": "text"}, False),
    ],
)
def test_misplaced(files: dict[str, str | bytes], reported: bool) -> None:
    findings = found("asset/misplaced", changed("", "manifest.yaml", files=files))
    assert len(findings) == reported
    assert all("move it to `_assets/" in finding.message for finding in findings)


def test_what_is_meant_by_a_broken_reference_is_not_misplaced_too() -> None:
    assert assets(with_icon("logo.png", **{"images/logo.png": PNG})) == [("asset/outside-assets", "error")]


def test_unused_files_are_one_finding() -> None:
    tree = changed("", "manifest.yaml", files={f"_assets/{n}.png": PNG for n in range(9)})
    (finding,) = found("asset/unused", tree)
    assert (
        finding.message
        == "Nothing uses `0.png`, `1.png`, `2.png`, `3.png`, `4.png` and 4 more in `_assets` (522 bytes)."
    )


@pytest.mark.parametrize(
    "files",
    [
        {"README.md": "![a](_assets/Shot.PNG)"},
        {"readme/README_ja_JP.md": "![a](../_assets/shot.png)"},
        {"docs/usage.md": "see shot.png"},
        {"tools/helpers.py": "NAME = 'shot.png'"},
        {".difyignore": "_assets/shot.png\n"},
    ],
)
def test_used_files(files: dict[str, str]) -> None:
    tree = changed("", "manifest.yaml", files={"_assets/shot.png": PNG, **files})
    assert found("asset/unused", tree) == []


# --- what they are ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("icon.svg", PNG, "`_assets/icon.svg` holds PNG data: rename it to `icon.png`."),
        ("icon.png", JPEG, "`_assets/icon.png` holds JPEG data: rename it to `icon.jpg`."),
        ("icon.png", b"<!DOCTYPE html><html>", "`_assets/icon.png` does not hold PNG, but HTML."),
        ("icon.svg", b"just text", "`_assets/icon.svg` does not hold SVG."),
        ("icon.jpeg", JPEG, None),
        ("icon.png", b"unknown", None),
        ("icon.data", PNG, None),
    ],
)
def test_content_against_suffix(name: str, content: bytes, message: str | None) -> None:
    findings = found("asset/wrong-format", with_icon(name, **{f"_assets/{name}": content}))
    assert [finding.message for finding in findings] == [message] * (message is not None)


def test_one_file_is_one_finding_however_often_it_is_named() -> None:
    files = {**example_plugin("tool"), "_assets/icon.svg": PNG}
    assert len(found("asset/wrong-format", MemoryTree(files))) == 1


def test_an_icon_gets_the_suffix_of_its_format_wherever_it_is_named() -> None:
    more: dict[str, str | bytes] = {
        "_assets/a.png": JPEG,
        "readme/README_ja_JP.md": "![a.png](_assets/a.png) ![b](../_assets/a.png)\n",
    }
    tree = changed("icon: 'a.png'  # mine\nicon_dark: a.png\n", "manifest.yaml", files=more)
    outcome = find_fixes(tree, find_roots(tree), Options(select=("asset/wrong-format",)))
    (path, icon), (manifest, named), (translation, shown) = outcome.changes.items()
    assert (path, icon.to, icon.after) == ("_assets/a.png", "_assets/a.jpg", JPEG)
    assert manifest == "manifest.yaml"
    assert b"icon: 'a.jpg'  # mine\nicon_dark: a.jpg\n" in named.after
    assert (translation, shown.after) == (
        "readme/README_ja_JP.md",
        b"![a.png](_assets/a.jpg) ![b](../_assets/a.jpg)\n",
    )
    assert outcome.after.active == ()


@pytest.mark.parametrize(
    "files",
    [
        {"tools/x.py": "open('icon.png')\n"},
        {"tools/x.py": "listdir('_assets/')\n"},
        {"_assets/icon.jpg": JPEG},
        {"docs/more.yaml": "icon: icon.png\n"},
        {".difyignore": "*.jpg\n"},
    ],
)
def test_an_icon_that_something_else_may_need_keeps_its_name(files: dict[str, str | bytes]) -> None:
    (finding,) = found("asset/wrong-format", with_icon("icon.png", **{"_assets/icon.png": JPEG, **files}))
    assert finding.fix is None


def test_an_empty_icon_is_only_empty() -> None:
    assert assets(with_icon("icon.svg", **{"_assets/icon.svg": ""})) == [("asset/empty", "warning")]


def test_large_icons() -> None:
    tree = with_icon("icon.png", **{"_assets/icon.png": PNG + b"\0" * 2**21})
    (finding,) = found("asset/large", tree)
    assert finding.severity is Severity.NOTICE
    assert "2.0 MiB" in finding.message


def test_the_icon_of_the_template_blocks_in_the_marketplace_only() -> None:
    marked = SVG.replace("<svg", "<!-- DIFY_MARKETPLACE_TEMPLATE_ICON_DO_NOT_USE --><svg", 1)
    old = "<svg><path d='M 20 20 V80\nM20 20 H60 Q80 20 80 40 T60 60 H20'/></svg>"
    for content in (marked, old):
        tree = with_icon("icon.svg", **{"_assets/icon.svg": content})
        (finding,) = found("asset/template-icon", tree)
        assert finding.severity is Severity.WARNING
        plugin = open_plugin(tree, find_roots(tree)[0], Options(profile=Profile.MARKETPLACE))
        assert [hit.severity for hit in catalogue()["asset/template-icon"].findings(plugin)] == [Severity.ERROR]


def test_a_provider_with_the_icon_of_the_template_does_not_block() -> None:
    marked = "<!-- DIFY_MARKETPLACE_TEMPLATE_ICON_DO_NOT_USE -->" + SVG
    tree = with_icon("own.svg", **{"_assets/own.svg": SVG, "_assets/icon.svg": marked})
    plugin = open_plugin(tree, find_roots(tree)[0], Options(profile=Profile.MARKETPLACE))
    assert [hit.severity for hit in catalogue()["asset/template-icon"].findings(plugin)] == [Severity.WARNING]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("<svg><g></svg>", "asset/broken-svg"),
        ("<svg onload='steal()'/>", "asset/active-svg"),
        ('<!DOCTYPE svg [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><svg>&b;</svg>', "asset/active-svg"),
        ('<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>', "asset/active-svg"),
    ],
)
def test_bad_svg(content: str, rule: str) -> None:
    tree = with_icon("icon.svg", **{"_assets/icon.svg": content})
    assert assets(tree) == [(rule, "warning")]


def test_a_huge_svg_is_not_parsed() -> None:
    huge = "<svg>" + "<g>" * 1_000_000
    assert assets(with_icon("icon.svg", **{"_assets/icon.svg": huge})) == [("asset/large", "notice")]


# --- requests ---------------------------------------------------------------------------------------------------


class Sparing(MemoryTree):
    """A tree that gives no images, as one on GitHub does to save requests."""

    reason: type[Unreadable] = Unreadable

    def read(self, path: str) -> bytes:
        if path.endswith(".png"):
            raise self.reason(path, "was not read")
        assert not path.endswith(".json")
        return super().read(path)


def test_icons_that_are_not_read_are_unchecked() -> None:
    files = dict(example_plugin("tool"))
    files["manifest.yaml"] = files["manifest.yaml"].replace(b"icon: icon.svg", b"icon: icon.png")
    files["_assets/icon.png"] = JPEG
    tree = Sparing({**files, "data/places.json": "{}", "_assets/unused.svg": SVG})
    base = opened(MemoryTree(files))
    for reason, unchecked in ((Unreadable, ["asset/wrong-format"]), (Unchanged, [])):
        tree.reason = reason
        plugin = open_plugin(tree, find_roots(tree)[0], Options(), base)
        results = run_rules(plugin, [rule for rule in catalogue().values() if rule.family == "asset"])
        assert results.findings == ()
        assert [entry.rule for entry in results.unchecked] == unchecked


@pytest.mark.parametrize(
    ("written", "count"), [("icon.svg", 0), ("icon.SVG", 1), ("icon.PNG", 0), ("icon.txt", 1), ("icon", 1)]
)
def test_how_the_icons_of_a_model_provider_are_served(written: str, count: int) -> None:
    text = f"icon_small:\n  en_US: {written}\n"
    tree = changed(
        text, "provider/acme.yaml", "model", {f"_assets/{written}": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}
    )
    assert len(found("asset/served-as", tree)) == count
