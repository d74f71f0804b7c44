"""Turns the example of a rule's page into a plugin that can be reviewed."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from bot.patterns import regex
from bot.rules.registry import Example
from bot.source.memory import MemoryTree
from bot.submission.example import PACKAGE

_EXAMPLES = Path(__file__).parent.parent / "examples"
_KEY = regex(r"^([A-Za-z_][\w-]*)[ \t]*:", re.MULTILINE)


def example_plugin(name: str) -> dict[str, bytes]:
    """The files of the bundled example plugin `name`; none for `""`. Raises FileNotFoundError when there is none."""
    return dict(_files(name))


@cache
def _files(name: str) -> dict[str, bytes]:
    if not name:
        return {}
    root = _EXAMPLES / name
    if not root.is_dir():
        raise FileNotFoundError(f"there is no example plugin {name}")
    # An installer compiles the Python files where they lie.
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and path.parent.name != "__pycache__")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def example_tree(example: Example) -> MemoryTree:
    """The bundled plugin with the example put in."""
    files = dict(example_plugin(example.base))
    for path in example.removed:
        files.pop(path, None)
    if example.whole or example.path not in files:
        files[example.path] = example.text.encode()
    elif example.text:
        files[example.path] = _merge(files[example.path].decode(), example.text).encode()
    files.update(
        {path: data.encode() if isinstance(data, str) else bytes(data) for path, data in example.files.items()}
    )
    if example.submission is not None:
        return MemoryTree({example.submission.package: _packed(files)})
    if example.source is not None:
        return MemoryTree({PACKAGE: _packed(files)})
    return MemoryTree(files)


def source_tree(example: Example) -> MemoryTree | None:
    """What the package of an example is compared with; None where there is nothing."""
    return MemoryTree({**example_plugin(example.base), **example.source}) if example.source is not None else None


def _packed(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(zipfile.ZipInfo(path), files[path])
    return content.getvalue()


def base_tree(example: Example) -> MemoryTree | None:
    """The plugin as it was at the base revision; None for an example that is not a change."""
    return example_tree(replace(example, text=example.before)) if example.before is not None else None


def _merge(text: str, snippet: str) -> str:
    """`text` with the top-level keys of `snippet` replaced by the snippet."""
    keys = set(_KEY.findall(snippet))
    blocks = re.split(r"^(?=[A-Za-z_])", text, flags=re.MULTILINE)
    kept = [block for block in blocks if not ((found := _KEY.match(block)) and found[1] in keys)]
    return "".join(kept) + snippet
