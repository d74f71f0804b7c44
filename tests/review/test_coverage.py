"""What a review was given is judged or named, and what was not judged never counts as passed.

The same error, behind padding that one of our limits cuts: the review says so, in every profile.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.python import module
from bot.review.engine import Base, review
from bot.review.result import Conclusion, Result
from bot.rules.example import example_plugin
from bot.source import Kind, MemoryTree

#: Files with an error each, and what is put before it to hide it.
PADDED: dict[str, dict[str, str]] = {
    "requirements": {"requirements.txt": "# x\n" * 70_000 + "requests=>2\n"},
    "a long line of requirements": {"requirements.txt": "dify_plugin>=0.9.0,<0.10 #" + "x" * 2100 + "\n"},
    "includes": {
        "requirements.txt": "".join(f"-r r{n}.txt\n" for n in range(25)),
        **{f"r{n}.txt": "" for n in range(25)},
    },
    "pyproject": {"pyproject.toml": "# x\n" * 70_000 + "[project\n"},
    "Python by bytes": {"tools/current_weather.py": "# x\n" * 270_000 + "def\n"},
    "Python by tokens": {"tools/current_weather.py": "a\n" * 5001 + "def\n"},
    "Python by all tokens": {
        "main.py": "import a0, a1, a2, a3, tools.current_weather\n",
        **{f"a{n}.py": "a\n" * 4000 for n in range(4)},
        "tools/current_weather.py": "a\n" * 4000 + "def\n",
    },
    "ignore lines": {".difyignore": "#\n" * 1001 + "tools/\n"},
    "an ignore line": {".difyignore": "#" * 1025 + "\ntools/\n"},
    "README": {"README.md": " " * 1_048_577 + "\n![](x.png)"},
    "PRIVACY": {"PRIVACY.md": " " * 1_048_577 + "\nPlease fill in the privacy policy"},
    "SVG": {"_assets/icon.svg": f"<svg xmlns='http://www.w3.org/2000/svg'>{' ' * 1_048_577}<script>x</script></svg>"},
}


def reviewed(
    files: Mapping[str, str | bytes], profile: Profile = Profile.AUTHOR, kinds: Mapping[str, Kind] | None = None
) -> Result:
    tree = MemoryTree(files, kinds=kinds)
    return review(tree, find_roots(tree), Options(profile=profile))


@pytest.fixture(autouse=True)
def few_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python takes seconds to read as many words as the limits allow."""
    monkeypatch.setattr(module.MAX_TOKENS, "most", 5000)
    monkeypatch.setattr(module.MAX_PLUGIN_TOKENS, "most", 15_000)


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("name", PADDED)
def test_a_limit_is_reached_aloud(name: str, profile: Profile) -> None:
    changes = PADDED[name]
    result = reviewed({**example_plugin("tool"), **changes}, profile)
    assert {item.path for item in result.coverage.not_judged} & set(changes)
    assert result.unchecked
    if result.open_questions and profile is not Profile.AUTHOR:
        assert result.conclusion is Conclusion.FAILED
        assert result.exit_code == 1


def test_every_file_is_in_the_account_once() -> None:
    files = example_plugin("tool")
    result = reviewed({**files, "docs/readme.txt": ""}, kinds={"lib/link.py": Kind.LINK, "sub": Kind.OTHER})
    coverage = result.coverage
    assert coverage.reviewed == len(files) + 1
    assert [(item.path, item.plugin) for item in coverage.not_judged] == [("lib/link.py", "."), ("sub", ".")]
    assert "package/not-portable" in {entry.rule for entry in result.open_questions}


def test_what_is_ignored_by_the_packager_need_not_be_read() -> None:
    result = reviewed({**example_plugin("tool"), ".difyignore": "vendor/\n"}, kinds={"vendor/link.py": Kind.LINK})
    assert not result.coverage.not_judged


def test_a_question_fails_where_a_repository_decides_and_is_told_to_authors() -> None:
    files: dict[str, str | bytes] = {**example_plugin("tool"), "main.py": "a\n" * 5001}
    author, marketplace = (reviewed(files, profile) for profile in (Profile.AUTHOR, Profile.MARKETPLACE))
    assert "python/syntax" in {entry.rule for entry in author.open_questions}
    assert (author.conclusion, marketplace.conclusion) == (Conclusion.PASSED, Conclusion.FAILED)
    assert author.exit_code == 0


def test_what_the_base_cannot_be_judged_by_either_is_no_question_of_the_change() -> None:
    files: dict[str, str | bytes] = {**example_plugin("tool"), "main.py": "a\n" * 5001}
    links = {"tools/data.json": "/etc/passwd"}
    base = Base(MemoryTree(files, links=links), "main")

    def asked(changed: dict[str, str | bytes], linked: dict[str, str]) -> tuple[Conclusion, set[str]]:
        tree = MemoryTree({**files, **changed}, links=linked)
        result = review(tree, find_roots(tree), Options(profile=Profile.OFFICIAL, select=("python", "package")), base)
        assert {"python/syntax", "package/not-portable"} <= {entry.rule for entry in result.unchecked}
        return result.conclusion, {entry.rule for entry in result.open_questions}

    readme: dict[str, str | bytes] = {"README.md": "# Changed\n"}
    assert asked(readme, links) == (Conclusion.PASSED, set())
    conclusion, rules = asked({"main.py": "b\n" * 5001}, links)
    assert (conclusion, "python/syntax" in rules) == (Conclusion.FAILED, True)
    assert asked(readme, {"tools/data.json": "/etc/shadow"}) == (Conclusion.FAILED, {"package/not-portable"})


def test_what_is_not_linked_any_more_is_not_fixed() -> None:
    """A misspelt reference takes a file with findings out of the review."""
    before = dict(example_plugin("tool"))
    before["tools/current_weather.yaml"] += b"unknown_a: 1\nunknown_b: 2\n"
    after = dict(before)
    after["provider/weather.yaml"] = before["provider/weather.yaml"].replace(b"current_weather", b"elsewhere")
    tree, base = MemoryTree(after), Base(MemoryTree(before), "main")
    result = review(tree, find_roots(tree), Options(), base)
    assert result.fixed == 0
    assert [item.path for item in result.coverage.not_judged] == ["tools/current_weather.yaml"]
    mended = {**before, "tools/current_weather.yaml": example_plugin("tool")["tools/current_weather.yaml"]}
    tree = MemoryTree(mended)
    assert review(tree, find_roots(tree), Options(), base).fixed == 2
