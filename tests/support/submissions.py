"""Pull requests that submit a package to a repository of packages, on a stand-in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from bot.rules.example import example_plugin
from bot.submission.example import COMPLETE
from standin import Pull
from tests.support.job import Files, Job, Repository

TITLE = "Add Weather 0.1.0"
UPDATE = COMPLETE.replace("[x] New plugin", "[ ] New plugin").replace("[ ] Version update", "[x] Version update")

_README = """\
# Weather

Shows the current weather of any city.

## Setup

Create an account at the weather service, copy its API key, and paste it in **Tools → Weather**.

## Usage

Add **Current weather** to a workflow.

## Credentials

An API key of the weather service.

## Connection

The plugin connects to weather.example.

Source: https://github.com/acme/weather
"""


def plugin_files(changes: Mapping[str, str | bytes | None] | None = None, version: str = "0.1.0") -> dict[str, bytes]:
    """The files of a plugin that the marketplace takes, changed; None takes a file away."""
    files = {**example_plugin("tool"), "README.md": _README.encode()}
    manifest = files["manifest.yaml"].decode().replace("version: 0.1.0", f"version: {version}", 1)
    manifest = manifest.replace("    entrypoint: main\n", "    entrypoint: main\n  minimum_dify_version: 1.14.2\n", 1)
    files["manifest.yaml"] = (manifest + "contact: crew@acme.example\n").encode()
    for path, content in (changes or {}).items():
        if content is None:
            files.pop(path, None)
        else:
            files[path] = content.encode() if isinstance(content, str) else content
    return files


def package(changes: Mapping[str, str | bytes | None] | None = None, version: str = "0.1.0") -> bytes:
    """The plugin, packed."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(plugin_files(changes, version).items()):
            archive.writestr(zipfile.ZipInfo(path), data)
    return content.getvalue()


class Marketplace(Repository):
    """A repository of packages."""

    def clean(self) -> Files:
        return {"README.md": "# Packages\n"}

    def submit(self, files: Files, title: str = TITLE, body: str = COMPLETE) -> Pull:
        """A pull request with these files, title and text."""
        return self.open(files, title=title, body=body)

    def review(self, pull: Pull, inputs: Mapping[str, str] | None = None, action: str = "synchronize") -> Job:
        """Runs the job for the pull request with the profile of the marketplace."""
        return self.run(pull=pull, action=action, inputs={"profile": "marketplace", **(inputs or {})})
