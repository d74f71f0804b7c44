"""Files that come from npm: GitHub's description of its API, and axe, which judges how accessible a page is.

`python tests/support/npm_files.py install` fetches the packages, each of a fixed version and content, and keeps one
file of each under `build/npm/`. It imports nothing of the project, as it runs before anything else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from msgspec import Struct

FOLDER = Path(__file__).parents[2] / "build" / "npm"
INSTALL = "python tests/support/npm_files.py install"


class Package(Struct, frozen=True):
    """An npm package of which one file is kept. `integrity` is the SHA-512 of the package, as npm writes it."""

    name: str
    version: str
    integrity: str
    member: str
    kept_as: str


REST, GRAPHQL, AXE = "rest.json", "schema.graphql", "axe.min.js"
PACKAGES = (
    Package(
        "@octokit/openapi",
        "23.0.2",
        "pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
        "package/generated/api.github.com.json",
        REST,
    ),
    Package(
        "@octokit/graphql-schema",
        "15.26.1",
        "RFDC2MpRBd4AxSRvUeBIVeBU7ojN/SxDfALUd7iVYOSeEK3gZaqR2MGOysj4Zh2xj2RY5fQAUT+Oqq7hWTraMA==",
        "package/schema.graphql",
        GRAPHQL,
    ),
    Package(
        "axe-core",
        "4.14.1",
        "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        "package/axe.min.js",
        AXE,
    ),
)


class MissingFile(Exception):
    """A file from npm is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not installed here; `{INSTALL}` fetches it with npm.")


def read(name: str) -> str:
    """A file of one of the packages. Raises `MissingFile` where it, or this version, is not installed."""
    package = next(each for each in PACKAGES if each.kept_as == name)
    if not _is_installed(package):
        raise MissingFile(name)
    return (FOLDER / name).read_text(encoding="utf-8")


def install() -> None:
    """Fetches what is missing. Raises `ValueError` if a package is not what it should be."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        if not _is_installed(package):
            content = _fetched(package)
            (FOLDER / package.kept_as).write_bytes(_pruned(content) if package.kept_as == REST else content)
            _stamp(package).write_text(package.version, encoding="utf-8")


def _fetched(package: Package) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
        name = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.split()[-1]
        archive = Path(folder, name)
        digest = hashlib.sha512(archive.read_bytes()).digest()
        if base64.b64encode(digest).decode() != package.integrity:
            raise ValueError(f"{package.name} {package.version} is not the package that was reviewed")
        with tarfile.open(archive) as tar:
            member = tar.extractfile(package.member)
            assert member is not None
            return member.read()


def _stamp(package: Package) -> Path:
    return FOLDER / f"{package.kept_as}.version"


def _is_installed(package: Package) -> bool:
    stamp = _stamp(package)
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == package.version


_PROSE = ("description", "summary", "externalDocs", "tags", "example", "examples", "x-github", "title")


def _pruned(content: bytes) -> bytes:
    """The description without its prose, which is most of it."""
    document = json.loads(content)

    def strip(value: Any, *, names: bool = False) -> Any:
        """`names`: the keys of this mapping are names (of properties, of schemas), and `description` may be one."""
        if isinstance(value, list):
            return [strip(item) for item in value]
        if not isinstance(value, dict):
            return value
        kept = {key: item for key, item in value.items() if names or key not in _PROSE}
        return {key: strip(item, names=key == "properties") for key, item in kept.items()}

    components = {
        kind: strip(named, names=True) for kind, named in document["components"].items() if kind != "examples"
    }
    kept = {"paths": strip(document["paths"]), "x-webhooks": strip(document["x-webhooks"]), "components": components}
    return json.dumps(kept).encode()


if __name__ == "__main__" and sys.argv[1:] == ["install"]:
    install()
