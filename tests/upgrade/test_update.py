"""What an update is told as: rows of breaks, and what is new for reviewers."""

from __future__ import annotations

from bot.rules.example import example_plugin
from bot.upgrade import Difference, difference
from bot.upgrade.update import Update, made_of
from tests.upgrade.versions import Edit, files_of, plugin_of

TOOL = "tools/current_weather.yaml"
CODE = "tools/current_weather.py"


def update(*edits: Edit, example: str = "tool") -> Update:
    old, new = plugin_of(files_of(example)), plugin_of(files_of(example, *edits))
    found = difference(old, new)
    assert isinstance(found, Difference)
    return made_of(found, old, new)


def test_what_the_code_is_able_to_do_and_whom_it_asks() -> None:
    code = example_plugin("tool")[CODE].decode()
    more = f"{code}\n\ndef run(name):\n    import subprocess\n\n    subprocess.run([name])\n    return 'https://api.tracker.io/v1'\n"
    news = update((CODE, "", more)).news
    assert f"The code runs commands now: `subprocess.run` in `{CODE}`." in news
    assert "The plugin speaks to a new host: `api.tracker.io`." in news
    assert update((CODE, "", f"{code}# The same.\n")).news == ()


def test_dependencies_and_size() -> None:
    requirements = example_plugin("tool")["requirements.txt"].decode()
    news = update(
        ("requirements.txt", "", requirements.replace("<1", "<2") + "attrs\nh11\n"),
        ("data.bin", "", "x" * 3 * 1024 * 1024),
    ).news
    assert "2 new dependencies: `attrs`, `h11`." in news
    assert any(text.startswith("Dependencies changed: ") for text in news)
    assert any(text.startswith("What is packed grows from ") and text.endswith(" to 3.0 MiB.") for text in news)


def test_what_is_new_of_one_kind_is_one_sentence() -> None:
    options = "".join(f"      - value: o{n}\n        label:\n          en_US: x\n" for n in range(2))
    parameters = "".join(f"  - name: p{n}\n    type: string\n    form: form\n" for n in range(3))
    news = update((TOOL, "extra:\n", f"{options}{parameters}extra:\n")).news
    assert "3 parameters of the tool `current_weather` are new: `p0`, `p1`, `p2`." in news
    assert "The parameter `units` of the tool `current_weather` also takes `o0`." in news


def test_permissions_are_felt() -> None:
    asked = "  permission:\n    storage:\n      enabled: true\n      size: 1048576\n"
    manifest = example_plugin("model")["manifest.yaml"].decode()
    found = update(("manifest.yaml", "", manifest.replace("  permission: {}\n", asked)), example="model")
    assert found.lesser == ("The plugin asks for the permission `storage`.",)
    assert found.count == 0
