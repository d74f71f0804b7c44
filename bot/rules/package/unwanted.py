"""Which files of a package serve nobody, by kind."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct, field

from bot.findings import Authority, By, Edit, Fix, Safety, Severity, Span, quote
from bot.messages import say
from bot.options import Profile
from bot.patterns import regex
from bot.plugin import Plugin
from bot.plugin.documents import text
from bot.plugin.ignore import IGNORE_FILES
from bot.rules.registry import NotJudged

REFUSED = (Authority(By.INSTALLER, "Dify refuses to install the package.", "decoder/zip.go:141"),)


TOOLKIT = "toolkit/checks/contents.py"


# --- what does not belong into a package --------------------------------------------------------------------------


#: It cannot be told then what is packed.
IGNORE_FILE_UNREAD = NotJudged(say("the ignore file cannot be read"))


class Unwanted(Struct, frozen=True):
    """A sort of files that have no place in a package. Names are compared in lower case."""

    what: str
    severity: Severity
    in_marketplace: Severity
    folders: re.Pattern[str] | None = None
    files: re.Pattern[str] | None = None
    #: A folder counts only with one of these in it.
    proof: tuple[str, ...] = ()
    #: Whether no plugin can need them.
    is_waste: bool = True


_SORTS = (
    Unwanted(
        say("a virtual environment"),
        Severity.WARNING,
        Severity.ERROR,
        regex(r"\.venv.*|venv([-_.]?\d[\w.]*)?"),
    ),
    Unwanted(
        say("a virtual environment"),
        Severity.WARNING,
        Severity.ERROR,
        regex(r"env"),
        proof=("pyvenv.cfg", "bin/activate", "scripts/activate"),
    ),
    Unwanted(say("the data of version control"), Severity.WARNING, Severity.ERROR, regex(r"\.git|\.hg|\.svn")),
    Unwanted(
        say("a cache"),
        Severity.WARNING,
        Severity.ERROR,
        regex(r"_?_?pycache_?_?|\.(pytest|ruff|mypy)_cache|\.tox|\.nox|node_modules"),
        regex(r".*\.py[co]"),
    ),
    Unwanted(
        say("settings of an editor or system"),
        Severity.NOTICE,
        Severity.ERROR,
        regex(r"\.idea|\.vscode"),
        regex(r"\.ds_store|thumbs\.db|desktop\.ini|\.gitconfig"),
    ),
    # The marketplace does not know these.
    Unwanted(
        say("settings of an editor or system"),
        Severity.NOTICE,
        Severity.NOTICE,
        regex(r"\.claude|\.cursor|\.ide|\.kiro|\.trae|\.windsurf"),
    ),
    Unwanted(say("left over from work"), Severity.NOTICE, Severity.NOTICE, regex(r"\.ipynb_checkpoints")),
    Unwanted(
        say("left over from work"),
        Severity.NOTICE,
        Severity.ERROR,
        files=regex(r".*\.(log|tmp|swp|swo|bak)"),
        is_waste=False,
    ),
    Unwanted(say("the output of a build"), Severity.NOTICE, Severity.WARNING, regex(r"build|dist"), is_waste=False),
)


class _Group(Struct):
    """Files of one sort below folders of one name, or with names of one form."""

    sort: Unwanted
    shown: str
    is_folder: bool
    paths: list[str] = field(default_factory=list)
    roots: set[str] = field(default_factory=set)


def unwanted_groups(plugin: Plugin) -> list[_Group]:
    """The packed files that have no place in a package, grouped. A file belongs to the outermost folder that counts."""
    return plugin.derived(_find_unwanted)


def _find_unwanted(plugin: Plugin) -> list[_Group]:
    groups: dict[tuple[str, str], _Group] = {}
    proven: dict[str, bool] = {}
    for path in sorted(plugin.packed_files):
        *folders, name = path.lower().split("/")
        found = None
        for depth, folder in enumerate(folders, 1):
            root = "/".join(path.split("/")[:depth])
            sort = next((sort for sort in _SORTS if sort.folders and sort.folders.fullmatch(folder)), None)
            if sort is not None and sort.proof and root not in proven:
                # The marketplace goes by the name.
                proven[root] = plugin.options.profile is Profile.MARKETPLACE or any(
                    f"{root}/{proof}".lower() in plugin.files_by_lower for proof in sort.proof
                )
            if sort is not None and proven.get(root, True):
                found = (sort, f"{root.rpartition('/')[2]}/", root)
                break
        else:
            sort = next((sort for sort in _SORTS if sort.files and sort.files.fullmatch(name)), None)
            if sort is not None:
                suffix = name.rpartition(".")[2]
                shown = path.rpartition("/")[2] if sort.what.startswith("settings") else f"*.{suffix}"
                found = (sort, shown, "")
        if found is not None:
            sort, shown, root = found
            group = groups.setdefault((sort.what, shown), _Group(sort, shown, bool(root)))
            group.paths.append(path)
            group.roots.add(root)
    return list(groups.values())


#: A name that says nothing else as a pattern.
_PLAIN = regex(r"[A-Za-z0-9_.-]+/?")


def needless(group: _Group) -> str | None:
    """The pattern that leaves out files of a sort that no plugin can need; None where it is not sure of all of them.

    JavaScript may be run from `node_modules`, and Python from a `.pyc` outside of a cache.
    """
    shown = group.shown
    if not group.sort.is_waste or group.sort.proof or shown == "node_modules/" or not _PLAIN.fullmatch(shown):
        return None
    return shown


def left_out(plugin: Plugin, pattern: str) -> Fix | None:
    """Adds a pattern at the end of the ignore file that the packager reads, or makes one."""
    if plugin.root.package:
        return None
    path = plugin.packing.ignore.path or IGNORE_FILES[0]
    content = text(plugin, path) if plugin.packing.ignore.path else ""
    if content is None:
        return None
    *lines, last = content.split("\n")
    end = Span(len(lines) + 1, len(last) + 1, len(lines) + 1, len(last) + 1)
    newline = "\r\n" if plugin.packing.ignore.path and b"\r\n" in plugin.tree.read(path) else "\n"
    added = f"{newline if last else ''}{pattern}{newline}"
    title = say("Add {pattern} to {path}", pattern=quote(pattern), path=quote(path))
    return Fix(title, Safety.SAFE, (Edit(path, end, added),))


def other_files(plugin: Plugin) -> Iterable[str]:
    """The packed files that no other finding speaks of, in order."""
    spoken = {path for group in unwanted_groups(plugin) for path in group.paths}
    return sorted(plugin.packed_files - spoken)
