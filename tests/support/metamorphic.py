"""The same plugin, told in other ways: spelt, padded, moved or packed otherwise, it has the same verdict.

`TRANSFORMATIONS` take the files of a plugin to files that mean the same to whoever reads them. `verdict_of` is what has
to stay: the conclusion, and how often each rule objects in each severity. Places move, and are not compared.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from bot.document import read_document
from bot.document.aliases import aliases
from bot.options import Options
from bot.plugin import find_roots
from bot.review.engine import Base, review
from bot.review.result import Result
from bot.source import MemoryTree

Files = Mapping[str, bytes]
Verdict = tuple[str, Counter[tuple[str, str]]]


def verdict_of(result: Result, plugin: str | None = None) -> Verdict:
    """The verdict of a result, or of the findings about one of its plugins."""
    findings = [item for item in result.active if plugin is None or item.plugin == plugin]
    failed = any(result.fail_on is not None and item.severity >= result.fail_on for item in findings)
    conclusion = result.conclusion.value if plugin is None else "failed" if failed else "passed"
    return conclusion, Counter((item.rule, item.severity.label) for item in findings)


def judge(
    files: Files,
    options: Options,
    before: Files | None = None,
    folder: str = "",
    links: Mapping[str, str] | None = None,
) -> Verdict:
    """The verdict about the plugin in a folder of some files, with symbolic links among them."""
    tree = MemoryTree(files, links=links)
    base = Base(MemoryTree(before), "base") if before is not None else None
    result = review(tree, find_roots(tree), options, base)
    assert result.errors == (), result.errors
    return verdict_of(result, folder or ".")


def _is_yaml(path: str) -> bool:
    return path.endswith((".yaml", ".yml")) and "/." not in f"/{path}"


def _yaml(change: Callable[[str], str]) -> Callable[[Files], dict[str, bytes]]:
    """Changes the text of each YAML file that holds one document which both readers read alike."""

    @lru_cache(maxsize=1024)  # Most files of an example are those of the plugin that it changes.
    def changed(path: str, content: bytes) -> bytes:
        document = read_document(path, content)
        if document.problems or document.divergent or not isinstance(document.data, dict):
            return content
        made = change(document.text or "").encode()
        return made if read_document(path, made).data == document.data else content

    return lambda files: {path: changed(path, data) if _is_yaml(path) else data for path, data in files.items()}


def _python(change: Callable[[bytes], bytes]) -> Callable[[Files], dict[str, bytes]]:
    return lambda files: {path: change(data) if path.endswith(".py") else data for path, data in files.items()}


_TOP_KEY = re.compile(r"^([A-Za-z_][\w-]*):(?=[ \n])", re.MULTILINE)
_TOP_SCALAR = re.compile(r"^([A-Za-z_]\w*): ([\w.]+)\n", re.MULTILINE)


def _quoted_keys(text: str) -> str:
    return _TOP_KEY.sub(r'"\1":', text)


def _explicit_keys(text: str) -> str:
    return _TOP_SCALAR.sub(r"? \1\n: \2\n", text)


def _tagged_keys(text: str) -> str:
    return _TOP_KEY.sub(r"!!str \1:", text)


def _indented(text: str) -> str:
    return "".join(f" {line}\n" if line else "\n" for line in text.split("\n"))


def _as_json(text: str) -> str:
    document = read_document("a.yaml", text.encode())
    if aliases(document):  # JSON has none.
        return text
    try:
        return json.dumps(document.data, ensure_ascii=False, indent=1)
    except TypeError:  # Dates and bytes have no form in JSON.
        return text


def _reversed(text: str) -> str:
    if "&" in text or "<<" in text:  # An anchor stands before its aliases.
        return text
    blocks = re.split(r"^(?=[A-Za-z_\"'])", text, flags=re.MULTILINE)
    return blocks[0] + "".join(block if block.endswith("\n") else block + "\n" for block in reversed(blocks[1:]))


PADDING = "# " + "-" * 76 + "\n"

#: Ways to tell the same plugin, by what they do.
TRANSFORMATIONS: dict[str, Callable[[Files], dict[str, bytes]]] = {
    "quoted keys": _yaml(_quoted_keys),
    "explicit keys": _yaml(_explicit_keys),
    "tagged keys": _yaml(_tagged_keys),
    "indented by one": _yaml(_indented),
    "JSON": _yaml(_as_json),
    "keys in reverse": _yaml(_reversed),
    "CRLF in YAML": _yaml(lambda text: text.replace("\r\n", "\n").replace("\n", "\r\n")),
    "a document start": _yaml(lambda text: f"# A comment.\n---\n{text}"),
    "a document end": _yaml(lambda text: f"{text}\n...\n"),
    "padded YAML": _yaml(lambda text: f"{PADDING * 200}{text}\n{PADDING * 200}"),
    "blank lines in YAML": _yaml(lambda text: "\n" * 500 + text + "\n" * 500),
    "trailing blanks in YAML": _yaml(lambda text: re.sub(r"(?m)^([A-Za-z_]\w*: [\w.]+)$", r"\1   ", text)),
    "padded Python": _python(lambda data: data.rstrip(b"\n") + b"\n" + PADDING.encode() * 400),
    "CRLF in Python": _python(lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")),
    "files in reverse": lambda files: dict(sorted(files.items(), reverse=True)),
}


def below(folder: str, files: Files) -> dict[str, bytes]:
    """The files in a folder of a repository."""
    return {f"{folder}/{path}": content for path, content in files.items()}


def packed(files: Files, method: int = zipfile.ZIP_DEFLATED, *, reverse: bool = False) -> bytes:
    """The files as a package."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for path in sorted(files, reverse=reverse):
            archive.writestr(zipfile.ZipInfo(path), files[path], method)
    return buffer.getvalue()


def changed_verdicts(files: Files, options: Options, before: Files | None = None) -> dict[str, tuple[Verdict, Verdict]]:
    """The transformations that change the verdict about a plugin, each with the verdict before and after it."""
    expected = judge(files, options, before)
    found = {}
    for name, transform in TRANSFORMATIONS.items():
        after = judge(transform(files), options, transform(before) if before is not None else None)
        if after != expected:
            found[name] = (expected, after)
    return found | _moved(files, options, before, expected)


def _moved(
    files: Files, options: Options, before: Files | None, expected: Verdict
) -> dict[str, tuple[Verdict, Verdict]]:
    """The same for where the plugin lies: in a folder, beside others, below one, and in an archive."""
    verdicts = {place: placed(files, options, before, place) for place in PLACES}
    found = {place: (expected, after) for place, after in verdicts.items() if after != expected}
    first, *others = (_in_archive(packed(files, **how), options) for how in _ARCHIVES.values())
    return found | {
        name: (first, after) for name, after in zip(list(_ARCHIVES)[1:], others, strict=True) if after != first
    }


_ARCHIVES: dict[str, dict[str, Any]] = {
    "packed": {}, "stored": {"method": zipfile.ZIP_STORED}, "packed in reverse": {"reverse": True},
}  # fmt: skip


def _in_archive(content: bytes, options: Options) -> Verdict:
    return judge({"a.difypkg": content}, replace(options, base_suppressions_only=False), None, "a.difypkg")


#: Where a plugin can lie.
PLACES = ("in a folder", "beside another", "below another", "linked")
_FOLDER = "plugins/it"
_NEIGHBOUR = below("plugins/other", {"manifest.yaml": b"type: plugin\nname: other\nauthor: acme\n"})
_OUTER = {"manifest.yaml": b"type: plugin\nname: outer\nauthor: acme\n", "main.py": b"", "_assets/icon.svg": b""}


def placed(files: Files, options: Options, before: Files | None, place: str) -> Verdict:
    """The verdict about a plugin in one of `PLACES`."""
    inside = below(_FOLDER, files)
    old = below(_FOLDER, before) if before is not None else None
    if place == "linked":
        links = {path: "../" * path.count("/") + f"shared/{number}" for number, path in enumerate(inside)}
        shared = {f"shared/{number}": content for number, content in enumerate(inside.values())}
        return judge(shared, options, old, _FOLDER, links)
    around = {"in a folder": {}, "beside another": _NEIGHBOUR, "below another": _OUTER}[place]
    return judge({**inside, **around}, options, old, _FOLDER)


#: The transformations, several at once, each time in another place.
TOGETHER: dict[str, tuple[str, ...]] = {
    "in a folder": ("JSON", "padded Python", "files in reverse"),
    "beside another": ("keys in reverse", "quoted keys", "padded YAML", "CRLF in YAML"),
    "below another": ("explicit keys", "blank lines in YAML", "a document end", "CRLF in Python"),
    "linked": ("trailing blanks in YAML", "tagged keys", "indented by one", "a document start"),
}


def changed_together(files: Files, options: Options, before: Files | None = None) -> dict[str, tuple[Verdict, Verdict]]:
    """As `changed_verdicts`, in a third of the time: one by one only where several at once change something."""
    expected = judge(files, options, before)
    stays = all(
        placed(_told(files, names), options, _told(before, names) if before is not None else None, place) == expected
        for place, names in TOGETHER.items()
    )
    archives = (packed(files), packed(files, zipfile.ZIP_STORED, reverse=True))
    stays = stays and len({repr(_in_archive(content, options)) for content in archives}) == 1
    return {} if stays else changed_verdicts(files, options, before) or {"together": (expected, expected)}


def _told(files: Files, names: Iterable[str]) -> Files:
    for name in names:
        files = TRANSFORMATIONS[name](files)
    return files
