"""The SDK as an oracle, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from tests.format.plugins import ROOT, Sample

#: Another interpreter whose SDK to ask instead, for one by hand: releases from 0.9.0 on need Python 3.12.
PYTHON = os.environ.get("DIFY_SDK_PYTHON", sys.executable)


class Sdk:
    """Asks the SDK whether it loads a plugin in which one document has other text."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(ROOT, folder)
        script = Path(__file__).with_name("sdk_oracle.py")
        self._process = subprocess.Popen(
            [PYTHON, "-P", str(script), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self.version = Version(self._answer()["sdk"])

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the SDK's process ended"
        return json.loads(line)

    def refuses(self, sample: Sample, text: str) -> str:
        """Why the SDK refuses the document with this text; empty when it loads it."""
        assert self._process.stdin is not None
        request = {
            "plugin": sample.plugin,
            "path": sample.path,
            "text": text,
            "extension": sample.extension,
            "through": sample.through,
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return str(self._answer()["error"])

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(timeout=30)


@pytest.fixture(scope="session")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sdk]:
    oracle = Sdk(tmp_path_factory.mktemp("sdk") / "plugins")
    yield oracle
    oracle.close()
