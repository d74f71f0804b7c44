"""`schema --all`: the files that an editor is given, used as the editor uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pathspec import GitIgnoreSpec
from referencing import Registry, Resource

from bot.command.cli import main

EXAMPLES = Path(__file__).parents[2] / "bot" / "examples"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("schemas")
    assert main(["schema", "--all", str(folder)]) == 0
    return folder


def errors(folder: Path, name: str, data: Any) -> list[str]:
    schemas = {path.name: json.loads(path.read_text("utf-8")) for path in folder.glob("*.schema.json")}
    registry: Registry[Any] = Registry().with_resources(
        (name, Resource.from_contents(schema)) for name, schema in schemas.items()
    )
    return [error.message for error in Draft202012Validator(schemas[name], registry=registry).iter_errors(data)]


def matching(folder: Path, path: str) -> list[str]:
    settings = json.loads((folder / "settings.json").read_text("utf-8"))["yaml.schemas"]
    return [
        Path(name).name for name, patterns in settings.items() if GitIgnoreSpec.from_lines(patterns).match_file(path)
    ]


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.rglob("*.yaml")), ids=lambda path: path.relative_to(EXAMPLES).as_posix()
)
def test_every_document_of_the_examples_has_one_schema_and_fits(written: Path, path: Path) -> None:
    (name,) = matching(written, path.relative_to(EXAMPLES).as_posix())
    assert errors(written, name, json.loads(json.dumps(yaml.safe_load(path.read_text("utf-8")), default=str))) == []


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a/manifest.yaml", {"type": "bundle"}),
        ("a/manifest.yaml", {"type": "plugin"}),
        ("provider/a.yaml", {"identity": {}, "tools": 1}),
        ("tools/a.yaml", {}),
        ("models/llm/a.yaml", {"model": 1}),
        ("models/llm/_position.yaml", [[]]),
        ("endpoints/a.yaml", {"path": 1, "method": "GET"}),
        (".github/dify-plugin-review.yml", {"fail-on": "sometimes"}),
        (".github/dify-plugin-review.yml", {"rules": {"schema/no-such-rule": "off"}}),
    ],
)
def test_a_wrong_document_is_red(written: Path, path: str, data: Any) -> None:
    (name,) = matching(written, path)
    assert errors(written, name, data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "locales:",
        "profile: official\nfail-on: never\nmarketplace-url: https://marketplace.dify.ai\nsuppressions: author\n",
        "locales: {required: en_US, wanted: [ja_JP]}\nrules: {locale: off, schema/unknown-key: error}\n",
        "ignores:\n- {paths: a, reason: b}\n- {paths: [a, b], rules: schema, reason: c}\n",
    ],
)
def test_a_configuration_that_is_read_fits(written: Path, text: str) -> None:
    assert errors(written, "configuration.schema.json", yaml.safe_load(text)) == []


@pytest.mark.parametrize("path", ["tools/weather/manifest.yaml", "models/acme/manifest.yaml", "tools/manifest.yaml"])
def test_a_repository_with_folders_of_the_same_names(written: Path, path: str) -> None:
    manifest = yaml.safe_load((EXAMPLES / "tool" / "manifest.yaml").read_text("utf-8"))
    data = json.loads(json.dumps(manifest, default=str))
    names = matching(written, path)
    assert "in-root.schema.json" in names
    assert [error for name in names for error in errors(written, name, data)] == []


def test_the_catalogue_names_files_that_are_there(written: Path) -> None:
    catalog = json.loads((written / "catalog.json").read_text("utf-8"))
    assert all((written / entry["url"]).is_file() and entry["fileMatch"] for entry in catalog["schemas"])


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["schema", "--all", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert main(["schema", "tool", "--all", str(tmp_path)]) == 2
