"""The dashboard of a marketplace repository: what a policy would refuse, as a page and as JSON."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.command.cli import main
from bot.languages import speaking
from bot.marketplace.policy import policy_of
from bot.marketplace.standing import State
from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.report import dashboard
from bot.review.engine import review
from bot.review.result import Result
from bot.source.memory import MemoryTree
from tests.support.submitting import packed, submission

MANIFEST = submission()["manifest.yaml"]


def repository() -> dict[str, bytes]:
    """Three packages: one without fault, one without contact and with an old SDK, one that a reviewer looks at."""
    old = {
        **submission(),
        "manifest.yaml": MANIFEST.replace(b"contact: crew@acme.example\n", b""),
        "requirements.txt": b"dify_plugin>=0.8.1,<1\nhttpx>=0.27,<1\n",
    }
    script = {**submission(), "run.sh": b"#!/bin/sh\n"}
    return {
        "acme/good/good.difypkg": packed(submission()),
        "acme/old/old.difypkg": packed(old),
        "acme/script/script.difypkg": packed(script),
    }


def reviewed(day: date | None = None) -> Result:
    tree = MemoryTree(repository())
    return review(tree, find_roots(tree), Options(profile=Profile.MARKETPLACE, policy=day))


def data(day: date | None = None) -> Any:
    return json.loads(dashboard.render_json(reviewed(day), policy_of(day)))


def test_packages_that_are_refused_come_first() -> None:
    packages = dashboard.packages_of(reviewed())
    assert [(package.summary.root.split("/")[1], package.state) for package in packages] == [
        ("old", State.FAIL),
        ("script", State.WARNING),
        ("good", State.PASS),
    ]


def test_the_json_says_why_and_how_to_fix_it() -> None:
    told = data()
    assert told["summary"] == {"packages": 3, "fail": 1, "not-checked": 0, "warning": 1, "pass": 1}
    assert {cause["rule"]: cause["packages"] for cause in told["causes"]} == {
        "marketplace/contact": 1,
        "dependency/sdk-version": 1,
    }
    assert [cause for cause in told["causes"] if not (cause["summary"] and cause["fix"])] == []
    old = told["packages"][0]
    assert old["checks"]["manifest"] == old["checks"]["sdk"] == "fail"
    assert old["checks"]["install"] == "not-checked"
    assert {(item["rule"], item["member"], item["line"]) for item in old["refusals"]} == {
        ("marketplace/contact", "manifest.yaml", 1),
        ("dependency/sdk-version", "requirements.txt", 1),
    }


def test_an_earlier_policy_refuses_less() -> None:
    assert data(date(2026, 5, 26))["summary"]["fail"] == 0
    assert [cause["rule"] for cause in data(date(2026, 5, 27))["causes"]] == ["dependency/sdk-version"]


def test_the_page_shows_packages_causes_and_checks() -> None:
    page = dashboard.render_html(reviewed(), policy_of())
    assert "marketplace/contact" in page
    assert "<b>Fix:</b> Add <code>contact: name@example.com</code> to the manifest" in page
    assert "acme/old/old.difypkg" in page
    assert "<script" not in page
    assert "2026-11-28, the newest known" in page


def test_texts_of_packages_stay_text() -> None:
    hostile = {**submission(), "manifest.yaml": MANIFEST.replace(b"author: acme", b"author: <b>dify</b>")}
    tree = MemoryTree({"a.difypkg": packed(hostile)})
    result = review(tree, find_roots(tree), Options(profile=Profile.MARKETPLACE))
    page = dashboard.render_html(result, policy_of())
    assert "<b>dify</b>" not in page
    assert "&lt;b&gt;dify" in page


def test_the_command_writes_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path, content in repository().items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(content)
    arguments = ["check", "--profile=marketplace", "--dashboard=out", "--policy=2026-05-27", "--output=report.txt"]
    assert main(arguments) == 1
    assert json.loads((tmp_path / "out/dashboard.json").read_text())["policy"]["date"] == "2026-05-27"
    assert (tmp_path / "out/index.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("arguments", [["--policy=tomorrow"], ["--dashboard=out"]])
def test_wrong_uses_are_said(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", *arguments]) == 2
    assert "dify-plugin-review:" in capsys.readouterr().err


def test_the_page_speaks_the_language() -> None:
    with speaking("ja_JP"):
        page = dashboard.render_html(reviewed(), policy_of())
    assert '<html lang="ja">' in page
    assert "拒否される理由" in page
    assert "Why packages are refused" not in page
    assert "to the manifest, with one address" not in page
    assert page.count('<summary lang="en">English</summary>') == len(dashboard.packages_of(reviewed())[0].refusals)
