"""What a written path was meant to name."""

from __future__ import annotations

import pytest

from bot.plugin.paths import Meant, Slip, meant_file, normalise, tidied

FILES = {path.lower(): path for path in ("tools/Weather.yaml", "tools/weather.py", "provider/acme.yaml", "a/b.yaml")}


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("tools/weather.py", "tools/weather.py"),
        ("./tools//weather.py", "tools/weather.py"),
        ("/tools/weather.py", "tools/weather.py"),
        ("tools/../a/b.yaml", "a/b.yaml"),
        ("../a", None),
        ("tools/../../a", None),
        (".", None),
        ("/", None),
        ("", None),
        ("a\0b", None),
        ("a\\b", "a\\b"),
        (" a ", " a "),
    ],
)
def test_where_a_path_leads(written: str, path: str | None) -> None:
    assert normalise(written) == path


@pytest.mark.parametrize(
    ("written", "path"), [(" a\\b.yaml ", "a/b.yaml"), ("..\\a", None), ("./a", "a"), ("  ", None)]
)
def test_a_path_tidied_up(written: str, path: str | None) -> None:
    assert tidied(written) == path


@pytest.mark.parametrize(
    ("written", "path", "slip"),
    [
        ("./provider/acme.yaml", "provider/acme.yaml", Slip.UNTIDY),
        ("/provider/acme.yaml", "provider/acme.yaml", Slip.UNTIDY),
        ("provider\\acme.yaml", "provider/acme.yaml", Slip.SPELLING),
        (" provider/acme.yaml", "provider/acme.yaml", Slip.SPELLING),
        ("tools/weather.yaml", "tools/Weather.yaml", Slip.CASE),
        ("Tools/Weather.py", "tools/weather.py", Slip.CASE),
        ("weather.py", "tools/weather.py", Slip.RELATIVE),
        ("./weather.py", "tools/weather.py", Slip.RELATIVE),
        ("provider/acme.yml", "provider/acme.yaml", Slip.SUFFIX),
    ],
)
def test_a_slip_of_the_pen(written: str, path: str, slip: Slip) -> None:
    assert meant_file(written, "tools/Weather.yaml", FILES) == Meant(path, slip)


@pytest.mark.parametrize(
    "written", ["nothing.yaml", "", "../provider/acme.yaml", "WEATHER.py", "provider/acme", "a/b.yamlx"]
)
def test_no_guess_where_it_cannot_be_told(written: str) -> None:
    assert meant_file(written, "tools/Weather.yaml", FILES) is None


def test_a_document_at_the_root_has_no_folder_to_be_relative_to() -> None:
    assert meant_file("weather.py", "manifest.yaml", FILES) is None
