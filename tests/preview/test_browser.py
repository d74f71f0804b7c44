"""The page in Chromium: what is visible in each locale and theme, on a desk and a telephone, and what it asks for."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.preview.texts import LOCALES
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree
from tests.preview.test_page import page_of
from tests.support import npm_files
from tests.support.reviewing import changed

EXAMPLES = Path(__file__).parents[2] / "bot" / "examples"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")

#: `probe` tells what a person would see and reach, `choose` is what one does to see it otherwise, and `report` makes
#: something the text of the page.
TOOLS = """
const all = (query) => [...document.querySelectorAll(query)];
const name = (control) => control.ariaLabel || [...control.labels].map((label) => label.textContent).join(" ");
const probe = () => ({
  texts: all(".text").filter((each) => each.checkVisibility()).map((each) => each.textContent),
  requests: performance.getEntriesByType("resource").filter((each) => !each.name.startsWith("data:")).length,
  width: document.documentElement.scrollWidth,
  background: getComputedStyle(document.body).backgroundColor,
  nameless: all("input, select, button").filter((each) => !(name(each) || "").trim()).length,
  pictures: all("img").map((each) => each.alt !== null),
  headings: all("h1, h2, h3, h4, h5, h6").map((each) => Number(each.tagName[1])),
  ids: all("[id]").map((each) => each.id),
  labelled: all("[aria-labelledby]").every((each) => document.getElementById(each.getAttribute("aria-labelledby"))),
  shown: all(".part").filter((each) => !each.hidden).length,
  status: document.getElementById("status").textContent,
  waiting: all(".waiting").map((each) => each.dataset.name),
});
const choose = (id) => document.getElementById(id).click();
const report = (found) => {
  document.body.textContent = JSON.stringify(found);
  document.body.id = "report";
};
"""


#: Reports what axe finds, and how many of its rules the page keeps.
AUDIT = """
axe.run().then((result) => report({
  found: result.violations.map((each) => ({
    rule: each.id, impact: each.impact, at: each.nodes.map((node) => node.html),
  })),
  passed: result.passes.length,
}));
"""


def seen(folder: Path, source: str, act: str = "report(probe());", width: int = 1280) -> Any:
    """What a script reports of the page: by default all that the probe tells. Each call starts a browser."""
    script = TOOLS + act
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    source = source.replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
    source = source.replace("</body>", f"<script>{script}</script></body>")
    path = folder / "page.html"
    path.write_text(source, encoding="utf-8")
    assert CHROMIUM is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000"]
    command = [CHROMIUM, *options, f"--user-data-dir={folder / 'profile'}", f"--window-size={width},900"]
    done = subprocess.run([*command, "--dump-dom", path.as_uri()], capture_output=True, text=True, timeout=60)
    found = re.search(r'<body id="report">(.*?)</body>', done.stdout, re.DOTALL)
    assert found is not None, done.stderr
    return json.loads(html.unescape(found[1]))


def sample() -> str:
    text = """
    parameters:
    - {name: unit, type: select, form: form, label: {en_US: en unit, ja_JP: ja unit, zh_Hans: zh unit, pt_BR: pt unit},
       human_description: {en_US: help of unit}, options: [{value: a, label: {en_US: option a, ja_JP: ja option}}]}
    """
    return page_of(changed(text, "tools/current_weather.yaml"))


def test_every_text_is_visible_once_in_its_locale(tmp_path: Path) -> None:
    act = (
        "const found = {}; for (const each of %s) { choose('in-' + each); found[each] = probe().texts; } report(found);"
    )
    texts = seen(tmp_path, sample(), act % json.dumps(LOCALES))
    labels = {"en_US": "en unit", "zh_Hans": "zh unit", "ja_JP": "ja unit", "pt_BR": "pt unit"}
    assert texts.keys() == labels.keys()
    for locale, shown in texts.items():
        assert [text for text in shown if text.endswith(" unit")].count(labels[locale]) == 1
        assert not set(shown) & set(labels.values()) - {labels[locale]}
        assert shown.count("help of unit") == 1
        assert shown.count("ja option" if locale == "ja_JP" else "option a") == 1


@pytest.mark.parametrize("width", [380, 1280])
def test_the_page_is_as_wide_as_the_window_and_asks_for_nothing(tmp_path: Path, width: int) -> None:
    act = "choose('theme-light'); const light = probe(); choose('theme-dark'); report([light, probe()]);"
    light, dark = seen(tmp_path, sample(), act, width)
    for report in (light, dark):
        assert report["width"] <= max(width, 500), "a window of Chromium has 500 pixels at least"
        assert report["requests"] == 0
    assert light["background"] != dark["background"]


def test_everything_has_a_name_for_a_screen_reader(tmp_path: Path) -> None:
    report = seen(tmp_path, sample())
    assert report["nameless"] == 0
    assert all(report["pictures"])
    assert report["labelled"]
    assert len(set(report["ids"])) == len(report["ids"])
    steps = zip(report["headings"], report["headings"][1:], strict=False)
    assert all(after - before <= 1 for before, after in steps), "no level of headings is left out"


@pytest.mark.parametrize(("theme", "width", "language"), [("light", 1280, "zh_Hans"), ("dark", 380, "")])
def test_axe_finds_nothing_that_keeps_people_out(tmp_path: Path, theme: str, width: int, language: str) -> None:
    names = sorted(path.name for path in EXAMPLES.iterdir() if (path / "manifest.yaml").is_file())
    assert len(names) == 6
    files = {f"{name}/{path}": content for name in names for path, content in example_plugin(name).items()}
    act = npm_files.read(npm_files.AXE) + f"choose('theme-{theme}');" + AUDIT
    report = seen(tmp_path, page_of(MemoryTree(files), language=language), act, width)
    assert report["passed"] > 10
    assert [each for each in report["found"] if each["impact"] in ("serious", "critical")] == []


def test_axe_finds_a_button_without_a_name(tmp_path: Path) -> None:
    page = sample().replace("</main>", "<button></button></main>", 1)
    report = seen(tmp_path, page, npm_files.read(npm_files.AXE) + AUDIT)
    assert [each["rule"] for each in report["found"] if each["impact"] == "critical"] == ["button-name"]


def test_a_search_leaves_what_fits_and_says_how_much(tmp_path: Path) -> None:
    act = "search.value = 'help of unit'; search.dispatchEvent(new Event('input'));"
    report = seen(tmp_path, sample(), act + "report(probe());")
    assert (report["shown"], report["status"]) == (1, "1 of 5 parts shown")


def test_a_field_follows_the_choice_it_depends_on(tmp_path: Path) -> None:
    files = dict(example_plugin("model"))
    text = files["provider/acme.yaml"].decode()
    head, tail = text.split("provider_credential_schema:", 1)
    form = """
  credential_form_schemas:
  - {variable: mode, label: {en_US: Mode}, type: radio, options: [{value: a, label: {en_US: A}},
     {value: b, label: {en_US: B}}], default: a}
  - {variable: extra, label: {en_US: Extra}, type: text-input, show_on: [{variable: mode, value: b}]}
"""
    rest = tail[re.search(r"^\S", tail, re.MULTILINE).start() :]  # type: ignore[union-attr]
    files["provider/acme.yaml"] = f"{head}provider_credential_schema:{form}{rest}".encode()
    act = "const before = probe(); document.querySelector('input[data-field=mode][value=b]').click();"
    before, after = seen(tmp_path, page_of(MemoryTree(files)), act + "report([before, probe()]);")
    assert (before["waiting"], after["waiting"]) == (["extra"], [])
