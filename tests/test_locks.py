"""What the locks name is what gets installed, on any day and with any pip, and nothing is left out of them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import Distribution, distributions
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
NEWER = "99999"
"""The version that the made-up index has of everything besides the locked one."""

INSTALLS = [
    (place.relative_to(ROOT).as_posix(), arguments.split())
    for place in [
        ROOT / "Makefile", ROOT / "Dockerfile", *(ROOT / ".ci").iterdir(), *(ROOT / ".github").rglob("*.yml"),
    ]
    for arguments in re.findall(r"(?:\bpip|\$\(PIP\)) install\b([^\n;&|\\]*)", place.read_text(encoding="utf-8"))
]  # fmt: skip
"""Every installation in what sets something up: the file that it stands in, and pip's arguments."""

FROM_LOCKS = sorted({told for _, arguments in INSTALLS if "requirements/" in (told := " ".join(arguments))})
"""pip's arguments where it installs what locks name, each once."""


def load_check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check", ROOT / "requirements" / "check.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check = load_check()


class Index:
    """A package index in a folder, with a newer release of everything that the locks name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = (folder / "simple").as_uri()
        self.hashes: dict[tuple[str, str], str] = {}
        real = {canonicalize_name(item.metadata["Name"]): item for item in distributions()}
        for lock in LOCKS:
            for name, version in re.findall(r"(?m)^([a-z0-9-]+)==([^\s;]+)", lock.read_text(encoding="utf-8")):
                for release in (version, NEWER):
                    if (name, release) not in self.hashes:
                        self.hashes[name, release] = self._add(name, release, real.get(name))

    def _add(self, name: str, version: str, real: Distribution | None) -> str:
        """Adds an empty wheel that asks for what the real distribution asks for; gives its hash."""
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        for field in ("Provides-Extra", "Requires-Dist"):
            metadata += "".join(f"{field}: {value}\n" for value in (real and real.metadata.get_all(field)) or ())
        page = self.folder / "simple" / name
        page.mkdir(parents=True, exist_ok=True)
        wheel = page / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        info = f"{name.replace('-', '_')}-{version}.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(f"{info}/METADATA", metadata)
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        with (page / "index.html").open("a", encoding="utf-8") as links:
            links.write(f'<a href="{wheel.name}#sha256={digest}">{wheel.name}</a>\n')
        return digest

    def lock(self, lock: Path) -> Path:
        """`lock` with the hashes of the wheels here in the place of the real ones."""
        lines = [
            f"{pin[0].rstrip()} --hash=sha256:{self.hashes[pin[1], pin[2]]}\n"
            for line in lock.read_text(encoding="utf-8").splitlines()
            if (pin := re.match(r"([a-z0-9-]+)==([^\s;]+)[^\\]*", line))
        ]
        copy = self.folder / lock.name
        copy.write_text("".join(lines), encoding="utf-8")
        return copy


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return Index(tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the pip that it brings along: what a clean machine has."""
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    return folder / "bin" / "python"


def would_install(python: Path, index: Index, *arguments: str) -> dict[str, str]:
    """What pip would install, by name. Raises `AssertionError` with what pip says if it refuses."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    done = subprocess.run(
        [python, "-I", "-m", "pip", "install", "--dry-run", "--report", "-", "--quiet", *arguments],
        env={
            **environment,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_INDEX_URL": index.url,
            "PIP_NO_CACHE_DIR": "1",
        },
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {
        canonicalize_name(item["metadata"]["name"]): item["metadata"]["version"]
        for item in json.loads(done.stdout)["install"]
    }


@pytest.mark.parametrize("told", FROM_LOCKS)
def test_the_locked_releases_are_taken_although_newer_ones_exist(told: str, python: Path, index: Index) -> None:
    arguments = told.split()
    locks = [ROOT / argument for argument in arguments if argument.startswith("requirements/")]
    copies = [
        str(index.lock(ROOT / argument)) if argument.startswith("requirements/") else argument for argument in arguments
    ]
    expected: dict[str, str] = {}
    for lock in locks:
        expected |= check.locked(lock.read_text(encoding="utf-8"))
    assert would_install(python, index, *copies) == expected


def test_without_a_lock_the_newer_releases_are_taken(python: Path, index: Index) -> None:
    """The index is what it is meant to be: the tests above would not pass by themselves."""
    taken = would_install(python, index, "pytest-cov", "PyGithub")
    assert {taken[name] for name in ("pytest-cov", "coverage", "pyjwt", "cryptography")} == {NEWER}


def test_every_lock_is_installed_somewhere() -> None:
    named = {name for _, arguments in INSTALLS for name in arguments if name.startswith("requirements/")}
    assert {f"requirements/{lock.name}" for lock in LOCKS} <= named


@pytest.mark.parametrize(("place", "arguments"), INSTALLS)
def test_no_installation_resolves_anything(place: str, arguments: list[str]) -> None:
    assert "--no-deps" in arguments
    if "-r" in arguments:
        assert "--require-hashes" in arguments
    else:
        assert "--no-build-isolation" in arguments or "--no-index" in arguments


# Completeness.


def made_up(folder: Path, name: str, version: str, *requires: str) -> None:
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {item}" for item in requires)]
    (info / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def installed(tmp_path: Path) -> list[Distribution]:
    made_up(tmp_path, "client", "2.0", "tokens[signed]>=1", 'colours; sys_platform == "nowhere"')
    made_up(tmp_path, "tokens", "1.5", 'signatures<4; extra == "signed"', 'tester; extra == "tests"')
    made_up(tmp_path, "signatures", "3.0")
    return list(distributions(path=[str(tmp_path)]))


def test_a_complete_lock_lacks_nothing(installed: list[Distribution]) -> None:
    pins = {"client": "2.0", "tokens": "1.5", "signatures": "3.0"}
    assert list(check.lacking(pins, [Requirement("client")], installed)) == []


@pytest.mark.parametrize(
    ("pins", "asked", "absent", "sentence"),
    [
        ({"client": "2.0", "tokens": "1.5"}, [], "signatures", "signatures<4 is not installed; tokens asks for it"),
        ({"client": "2.0"}, [], "tokens", "tokens[signed]>=1 is not installed; client asks for it"),
        ({"client": "2.1"}, [], "", "client 2.1 is locked, and 2.0 is installed"),
        ({"signatures": "3.0"}, [], "signatures", "signatures 3.0 is locked and not installed"),
        ({}, ["tokens[tests]"], "", "tester is not installed; tokens asks for it"),
        ({}, ["client>=3"], "", "client>=3 is not met by 2.0; the project asks for it"),
    ],
)
def test_what_is_lacking_is_said(
    pins: dict[str, str], asked: list[str], absent: str, sentence: str, installed: list[Distribution]
) -> None:
    there = [item for item in installed if item.metadata["Name"] != absent]
    assert list(check.lacking(pins, [Requirement(text) for text in asked], there)) == [sentence]


def test_the_script_says_what_is_lacking_here(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("not-there==1.0 \\\n    --hash=sha256:00\n    # via a comment\n", encoding="utf-8")
    script = [sys.executable, "-P", str(ROOT / "requirements" / "check.py")]
    done = subprocess.run([*script, str(lock)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "not-there 1.0 is locked and not installed\n")


def test_nothing_is_left_out_of_the_lock_that_the_tests_run_with() -> None:
    """With the extras that pyproject.toml asks for, which a lock does not repeat."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared: list[Any] = [*project["project"]["dependencies"]]
    for name, group in project["dependency-groups"].items():
        declared += [item for item in group if isinstance(item, str) and name not in ("npm", "site")]
    pins = check.locked((ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8"))
    assert list(check.lacking(pins, [Requirement(text) for text in declared], distributions())) == []


@pytest.mark.parametrize(("file", "locks"), [("Makefile", {"build", "demo", "dev"}), ("Dockerfile", {"runtime"})])
def test_completeness_is_checked_where_the_tool_is_installed(file: str, locks: set[str]) -> None:
    checks = re.findall(r"python -[IP] requirements/check\.py([^&\\\n]*)", (ROOT / file).read_text(encoding="utf-8"))
    assert {Path(lock).stem for arguments in checks for lock in arguments.split()} == locks
