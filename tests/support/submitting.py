"""A package that meets every requirement of the marketplace, with one thing changed, and what a review says of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from bot.findings import Finding, Severity
from bot.options import Options, Profile
from bot.plugin import find_roots
from bot.review.engine import review
from bot.rules.example import example_plugin
from bot.source.memory import MemoryTree

README = """\
# Weather

Shows the current weather of any city.

## Setup

Create an account at the weather service and copy its API key.

## Usage

Add the tool to a workflow.

## Connection

The plugin connects to the weather service.

Source: https://github.com/acme/weather
"""


def submission() -> dict[str, bytes]:
    """The files of a plugin without any fault."""
    files = example_plugin("tool")
    manifest = files["manifest.yaml"].decode()
    assert "repo: https://github.com/acme/weather\n" in manifest
    manifest = manifest.replace("  version: 0.0.1\n", "  version: 0.0.1\n  minimum_dify_version: 1.14.2\n")
    files["manifest.yaml"] = f"{manifest}contact: crew@acme.example\n".encode()
    files["README.md"] = README.encode()
    return files


def packed(files: Mapping[str, bytes], modes: Mapping[str, int] | None = None) -> bytes:
    """The files as a package, as the packager of Dify writes it, with the Unix modes of some."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            info = zipfile.ZipInfo(path)
            info.external_attr = (0o100000 | (modes or {}).get(path, 0o644)) << 16
            archive.writestr(info, files[path])
    return content.getvalue()


def submitted(
    changes: Mapping[str, str | bytes | tuple[str, str] | None],
    modes: Mapping[str, int] | None = None,
    options: Options | None = None,
) -> tuple[Finding, ...]:
    """What a review for the marketplace says of the package with `changes`.

    A text or bytes are the whole file, a pair is replaced by its second text, None removes the file.
    """
    files = submission()
    for path, change in changes.items():
        match change:
            case None:
                del files[path]
            case (old, new):
                text = files[path].decode()
                assert text.count(old) == 1, (path, old)
                files[path] = text.replace(old, new).encode()
            case str():
                files[path] = change.encode()
            case _:
                files[path] = change
    tree = MemoryTree({"weather.difypkg": packed(files, modes)})
    options = options or Options(profile=Profile.MARKETPLACE)
    result = review(tree, find_roots(tree), options)
    assert result.errors == ()
    return result.findings


def worst(findings: tuple[Finding, ...]) -> Severity | None:
    """The highest severity."""
    return max((finding.severity for finding in findings), default=None)
