"""Rules about a package: the archive of a `.difypkg`, and what is in it or would be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.findings import Authority, By, Severity, Unchecked, quote, quote_list
from bot.options import Profile
from bot.plugin import Plugin
from bot.plugin.ignore import Pattern
from bot.rules.registry import Example, Hit, rule
from bot.source import ACCEPTED_BY_INSTALLER, Kind, PackageTree
from bot.source.package import MAX_NAME_BYTES, MAX_PACKAGE_BYTES

_INSTALLER = (Authority(By.INSTALLER, "Dify refuses to install the package.", "decoder/zip.go:141"),)
_TOOLKIT = "toolkit/checks/contents.py"


@rule(
    "package/archive",
    severity=Severity.ERROR,
    summary="The package is no archive that Dify can open.",
    why="A `.difypkg` is a zip archive with `manifest.yaml` at its root. Dify reads every entry when the package is "
    "uploaded, and refuses it when one cannot be read or lies outside the package.",
    fix="Build the package again with `dify plugin package`.",
    authorities=_INSTALLER,
    bad=Example("no zip archive", path="weather.difypkg", base="", whole=True),
    good=Example(""),
)
def archive(plugin: Plugin) -> Iterator[Hit]:
    if plugin.unreadable is not None:
        yield Hit(plugin.unreadable, "")
    if isinstance(plugin.tree, PackageTree):
        for problem in plugin.tree.problems:
            yield Hit(
                problem.message,
                problem.member or "",
                severity=Severity.WARNING if problem.code in ACCEPTED_BY_INSTALLER else None,
                subject=f"{problem.code} {problem.member or ''}".strip(),
            )


# --- what does not belong into a package --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Unwanted:
    """A sort of files that have no place in a package. Names are compared in lower case."""

    what: str
    severity: Severity
    in_marketplace: Severity
    folders: re.Pattern[str] | None = None
    files: re.Pattern[str] | None = None
    #: A folder counts only with one of these in it.
    proof: tuple[str, ...] = ()


_SORTS = (
    _Unwanted(
        "a virtual environment",
        Severity.WARNING,
        Severity.ERROR,
        re.compile(r"\.venv.*|venv([-_.]?\d[\w.]*)?"),
    ),
    _Unwanted(
        "a virtual environment",
        Severity.WARNING,
        Severity.ERROR,
        re.compile(r"env"),
        proof=("pyvenv.cfg", "bin/activate", "scripts/activate"),
    ),
    _Unwanted("the data of version control", Severity.WARNING, Severity.ERROR, re.compile(r"\.git|\.hg|\.svn")),
    _Unwanted(
        "a cache",
        Severity.WARNING,
        Severity.ERROR,
        re.compile(r"_?_?pycache_?_?|\.(pytest|ruff|mypy)_cache|\.tox|\.nox|node_modules"),
        re.compile(r".*\.py[co]"),
    ),
    _Unwanted(
        "settings of an editor or system",
        Severity.NOTICE,
        Severity.ERROR,
        re.compile(r"\.idea|\.vscode"),
        re.compile(r"\.ds_store|thumbs\.db|desktop\.ini|\.gitconfig"),
    ),
    _Unwanted(
        "left over from work",
        Severity.NOTICE,
        Severity.ERROR,
        files=re.compile(r".*\.(log|tmp|swp|swo|bak)"),
    ),
    _Unwanted("the output of a build", Severity.NOTICE, Severity.WARNING, re.compile(r"build|dist")),
)


@dataclass(slots=True)
class _Group:
    """Files of one sort below folders of one name, or with names of one form."""

    sort: _Unwanted
    shown: str
    is_folder: bool
    paths: list[str] = field(default_factory=list)
    roots: set[str] = field(default_factory=set)


def _unwanted(plugin: Plugin) -> list[_Group]:
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
                proven[root] = any(f"{root}/{proof}".lower() in plugin.files_by_lower for proof in sort.proof)
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


@rule(
    "package/unwanted-files",
    severity=Severity.WARNING,
    summary="Files are packed that no plugin needs: environments, caches, version control, settings of editors.",
    why="The packager packs everything that the ignore file does not name: without one, `.git` and `.venv` too. Such "
    "files make packages large, differ from machine to machine, and tell about the author's. The marketplace refuses "
    "most of them.",
    fix="Name them in `.difyignore`, or remove them.",
    authorities=(
        Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", _TOOLKIT),
        Authority(By.PACKAGER, "The files are packed.", "decoder/fs.go:67"),
    ),
    bad=Example("", files={"__pycache__/main.cpython-312.pyc": b"\x00", "tools/__pycache__/x.pyc": b"\x00"}),
    good=Example("__pycache__/\n", path=".difyignore", whole=True, files={"__pycache__/main.cpython-312.pyc": b"\x00"}),
)
def unwanted_files(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not _is_known(plugin, "package/unwanted-files"):
        return
    for group in _unwanted(plugin):
        size = sum(plugin.tree.entries()[path].size or 0 for path in group.paths)
        count = len(group.paths)
        files = "one file" if count == 1 else f"{count:,} files"
        if group.is_folder and len(group.roots) > 1:
            files = f"{len(group.roots):,} folders, {files}"
        advice = "" if plugin.root.package else f" Add {quote(group.shown)} to `.difyignore`."
        message = f"{quote(group.shown)} is packed, which is {group.sort.what}: {files}, {_in_bytes(size)}.{advice}"
        yield Hit(message, group.paths[0], severity=_severity(plugin, group.sort), subject=group.shown)


def _in_bytes(size: int) -> str:
    return "1 byte" if size == 1 else f"{size:,} bytes"


def _severity(plugin: Plugin, sort: _Unwanted) -> Severity:
    if plugin.options.profile is Profile.MARKETPLACE:
        return sort.in_marketplace
    if plugin.options.profile is Profile.OFFICIAL and sort.what == "a virtual environment":
        return Severity.ERROR
    return sort.severity


def _is_known(plugin: Plugin, rule_id: str) -> bool:
    """Whether it can be told what is packed; where not, the rule says so."""
    if not plugin.packing.known:
        plugin.unchecked.append(Unchecked(rule_id, plugin.name, "the ignore file cannot be read"))
    return plugin.packing.known


def _rest(plugin: Plugin) -> Iterable[str]:
    """The packed files that no other finding speaks of, in order."""
    spoken = {path for group in _unwanted(plugin) for path in group.paths}
    return sorted(plugin.packed_files - spoken)


_BINARY = re.compile(
    r".*\.(so|dll|dylib|pyd|exe|node)(\.\d[\d.]*)?|dify-plugin-(linux|darwin|windows)-.*", re.IGNORECASE
)


@rule(
    "package/binary",
    severity=Severity.WARNING,
    summary="The package holds compiled programs or libraries.",
    why="Nobody can review them, and they run on one kind of machine only, while Dify runs plugins on others too. The "
    "marketplace refuses them.",
    fix="Depend on a distribution that brings the library, instead of packing it.",
    authorities=(Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", "toolkit/checks/binaries.py"),),
    bad=Example("", files={"tools/native.so": b"\x7fELF"}),
    good=Example("*.so\n", path=".difyignore", whole=True, files={"tools/native.so": b"\x7fELF"}),
)
def binary(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not plugin.packing.known:
        return
    found = [path for path in _rest(plugin) if _BINARY.fullmatch(path.rpartition("/")[2])]
    if found:
        severity = Severity.ERROR if plugin.options.profile is Profile.MARKETPLACE else None
        what = "a compiled program or library" if len(found) == 1 else f"{len(found)} compiled programs or libraries"
        yield Hit(f"The package holds {what}: {quote_list(found, 3)}.", found[0], severity=severity)


_ARCHIVE = re.compile(r".*\.(zip|tar|gz|tgz|bz2|xz|7z|rar|difypkg|whl)", re.IGNORECASE)


@rule(
    "package/archive-inside",
    severity=Severity.NOTICE,
    summary="The package holds other archives or packages.",
    why="Most often it is an earlier package of the plugin itself, which doubles its size with every build. Reviewers "
    "cannot see into archives.",
    fix="Add it to `.difyignore`, or pack the files themselves.",
    authorities=(Authority(By.MARKETPLACE, "The marketplace warns.", _TOOLKIT),),
    bad=Example("", files={"weather-0.0.9.difypkg": b"PK"}),
    good=Example("*.difypkg\n", path=".difyignore", whole=True, files={"weather-0.0.9.difypkg": b"PK"}),
)
def archive_inside(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not plugin.packing.known:
        return
    found = [path for path in _rest(plugin) if _ARCHIVE.fullmatch(path.rpartition("/")[2])]
    if found:
        packages = any(path.lower().endswith(".difypkg") for path in found)
        severe = packages or plugin.options.profile is Profile.MARKETPLACE
        message = f"The package holds {quote_list(found, 3)}, which nobody can see into."
        yield Hit(message, found[0], severity=Severity.WARNING if severe else None)


@rule(
    "package/not-portable",
    severity=Severity.ERROR,
    summary="A file has a name that Dify cannot install, or is a link.",
    why="Dify looks every entry of the package up by its name as valid UTF-8 and writes it to a Linux disk: other "
    "bytes, backslashes and names of over 255 bytes make it refuse the package. Of a symbolic link the packager packs "
    "what it leads to, wherever that is, and fails when it leads to a folder or nowhere; links are not followed here.",
    fix="Rename the file, or put the file itself in the link's place.",
    authorities=(*_INSTALLER, Authority(By.PACKAGER, "The packager may refuse the plugin.", "packager.go:64")),
    bad=Example("", files={"docs/a\\b.txt": ""}),
    good=Example("", files={"docs/a-b.txt": ""}),
)
def not_portable(plugin: Plugin) -> Iterator[Hit]:
    if plugin.root.package or plugin.is_bundle:
        return  # What an archive holds is said of the archive.
    wanted = frozenset(_rest(plugin))
    for path in sorted(plugin.packed_files):
        name = path.rpartition("/")[2]
        if plugin.tree.entries()[path].kind is Kind.LINK:
            if path not in wanted:
                continue  # Of a virtual environment, say, nothing should be packed.
            message = f"{quote(path)} is a symbolic link: what it leads to is packed, and was not reviewed."
            yield Hit(message, path, severity=Severity.WARNING, subject="link")
            continue
        if any("\ud800" <= char <= "\udfff" for char in name):
            reason = "is not valid UTF-8"
        elif "\\" in name:
            reason = "holds a backslash, which the packager turns into a slash"
        elif len(name) * 4 > MAX_NAME_BYTES and len(name.encode()) > MAX_NAME_BYTES:
            reason = f"has more than {MAX_NAME_BYTES} bytes"
        else:
            continue
        yield Hit(f"The name {quote(name)} {reason}. The plugin packages, but Dify refuses to install it.", path)


@rule(
    "package/too-large",
    severity=Severity.ERROR,
    summary="The files of the plugin are too many or too large for a package.",
    why="The packager and the installer refuse more than 50 MiB of files, before they are compressed. The marketplace "
    "refuses more than 5,000 files.",
    fix="Leave out what the plugin does not need, by `.difyignore`.",
    authorities=(
        Authority(By.PACKAGER, "The packager refuses the plugin.", "packager.go:193"),
        Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", _TOOLKIT),
    ),
    bad=Example("", files={"data/cities.bin": MAX_PACKAGE_BYTES + 1}),
    good=Example("", files={"data/cities.bin": b"\0"}),
)
def too_large(plugin: Plugin) -> Iterator[Hit]:
    if not plugin.packing.known or plugin.broken_package:
        return
    entries = plugin.tree.entries()
    sizes = {path: entries[path].size or 0 for path in plugin.packed_files}
    total = sum(sizes.values())
    if total > MAX_PACKAGE_BYTES and not (plugin.root.package or plugin.is_bundle):
        largest = sorted(sizes, key=lambda path: (-sizes[path], path))[:3]
        parts = ", ".join(f"{quote(path)} ({sizes[path] / 2**20:.1f} MiB)" for path in largest)
        message = f"The files come to {total / 2**20:.1f} MiB, of which 50 may be packed; the largest are {parts}."
        yield Hit(f"{message} The packager refuses the plugin.", largest[0], subject="size")
    if len(sizes) > MAX_FILES:
        severity = Severity.ERROR if plugin.options.profile is Profile.MARKETPLACE else Severity.WARNING
        message = f"{len(sizes):,} files are packed; the marketplace accepts {MAX_FILES:,}."
        yield Hit(message, plugin.manifest.path, severity=severity, subject="count")


#: What the marketplace accepts (T contents.py).
MAX_FILES = 5000


@rule(
    "package/reserved-file",
    severity=Severity.WARNING,
    summary="A file has the name under which Dify keeps the signature of a package.",
    why="`.verification.dify.json` is written when a package is signed. One that lies in the sources is packed as it "
    "is, and the signature does not fit.",
    fix="Remove the file.",
    authorities=(Authority(By.INSTALLER, "The signature is not valid.", "pkg/plugin_packager/consts"),),
    bad=Example("", files={".verification.dify.json": "{}"}),
    good=Example(""),
)
def reserved_file(plugin: Plugin) -> Iterator[Hit]:
    if not plugin.root.package and ".verification.dify.json" in plugin.packed_files:
        yield Hit("The name `.verification.dify.json` is kept for signatures.", ".verification.dify.json")


@rule(
    "package/negated-pattern",
    severity=Severity.WARNING,
    summary="A pattern with `!` in the ignore file takes nothing back.",
    why="The packager asks each pattern by itself, and the first that excludes a file wins. Unlike git, it ignores "
    "patterns with `!`: the file stays out of the package.",
    fix="Narrow the pattern that excludes the file.",
    authorities=(Authority(By.PACKAGER, "The file is not packed.", "decoder/fs.go:94"),),
    bad=Example("*.md\n!PRIVACY.md\n", path=".difyignore", whole=True),
    good=Example("docs/*.md\n!PRIVACY.md\n", path=".difyignore", whole=True),
)
def negated_pattern(plugin: Plugin) -> Iterator[Hit]:
    ignore = plugin.packing.ignore
    negated = [pattern for pattern in ignore.patterns if pattern.negated]
    if not negated:
        return
    lost: dict[Pattern, list[str]] = {}
    for path in plugin.tree.entries():
        names = path.split("/")
        for pattern in negated:
            if _is_about(pattern, names) and ignore.excluding(path) is not None:
                lost.setdefault(pattern, []).append(path)
    for pattern, paths in lost.items():
        message = f"{quote(pattern.text)} has no effect: {quote_list(paths, 3)} stays out of the package."
        yield Hit(message, ignore.path, pattern.span, subject=pattern.text)


def _is_about(pattern: Pattern, names: list[str]) -> bool:
    return pattern.matches(names, False) or any(pattern.matches(names[:depth], True) for depth in range(1, len(names)))
