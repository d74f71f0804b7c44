"""Rules about the archive of a `.difypkg`, and names and sizes in it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Severity, quote
from bot.messages import listed, say
from bot.options import Profile
from bot.plugin import Plugin, find_roots
from bot.rules.package.unwanted import REFUSED, TOOLKIT, other_files
from bot.rules.registry import Example, Hit, NotJudged, rule
from bot.source import ACCEPTED_BY_INSTALLER, Kind, PackageTree
from bot.source.package import MAX_NAME_BYTES, MAX_PACKAGE_BYTES


@rule(
    "package/archive",
    severity=Severity.ERROR,
    summary="The package is not an archive that Dify can open.",
    why="A `.difypkg` is a zip archive with `manifest.yaml` at its root. Dify reads every entry when the package is "
    "uploaded, and refuses it when one cannot be read or lies outside the package.",
    fix="Build the package again with `dify plugin package`.",
    authorities=REFUSED,
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


@rule(
    "package/not-portable",
    severity=Severity.ERROR,
    summary="A file has a name that Dify cannot install, or is a link.",
    why="Dify looks every entry of the package up by its name as valid UTF-8 and writes it to a Linux disk: other "
    "bytes, backslashes and names of over 255 bytes make it refuse the package. Of a symbolic link the packager packs "
    "what it leads to, wherever that is, and fails when it leads to a folder or nowhere; links are not followed here.",
    fix="Rename the file, or put the file itself in the link's place.",
    authorities=(*REFUSED, Authority(By.PACKAGER, "The packager may refuse the plugin.", "packager.go:64")),
    bad=Example("", files={"docs/a\\b.txt": ""}),
    good=Example("", files={"docs/a-b.txt": ""}),
)
def not_portable(plugin: Plugin) -> Iterator[Hit]:
    if plugin.root.package or plugin.is_bundle:
        return  # What an archive holds is said of the archive.
    wanted = frozenset(other_files(plugin))
    for path in sorted(plugin.packed_files):
        name = path.rpartition("/")[2]
        if plugin.tree.entries()[path].kind is Kind.LINK:
            if path not in wanted:
                continue  # Of a virtual environment, say, nothing should be packed.
            message = say(
                "{path} is a symbolic link to no file of the repository: what it leads to is packed, and was "
                "not reviewed.",
                path=quote(path),
            )
            yield Hit(message, path, severity=Severity.WARNING, subject="link")
            continue
        if any("\ud800" <= char <= "\udfff" for char in name):
            reason = say("is not valid UTF-8")
        elif "\\" in name:
            reason = say("holds a backslash, which the packager turns into a slash")
        elif len(name) * 4 > MAX_NAME_BYTES and len(name.encode()) > MAX_NAME_BYTES:
            reason = say("has more than {max_name_bytes} bytes", max_name_bytes=MAX_NAME_BYTES)
        else:
            continue
        yield Hit(
            say(
                "The name {name} {reason}. The plugin packages, but Dify refuses to install it.",
                name=quote(name),
                reason=reason,
            ),
            path,
        )


@rule(
    "package/nested-plugin",
    severity=Severity.WARNING,
    summary="Another plugin lies inside this one, and is packed with it.",
    why="The packager packs everything below the manifest that the ignore file does not name. The inner plugin is "
    "installed as files that nothing reads: Dify knows one manifest in a package, the one at its root.",
    fix="Name the folder of the inner plugin in `.difyignore`, or move it beside this one.",
    authorities=(Authority(By.PACKAGER, "The inner plugin is packed, and has no effect.", "decoder/fs.go:67"),),
    bad=Example("", files={"examples/inner/manifest.yaml": "type: plugin\nname: inner\nauthor: acme\n"}),
    good=Example(
        "examples/\n",
        path=".difyignore",
        whole=True,
        files={"examples/inner/manifest.yaml": "type: plugin\nname: inner\nauthor: acme\n"},
    ),
)
def nested_plugin(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    if plugin.root.package or plugin.is_bundle:
        return
    if not plugin.packing.known:
        yield NotJudged(say("the ignore file cannot be read"))
        return
    folders = {path.partition("/")[0] for path in plugin.packed_files if "/" in path}
    for root in find_roots(plugin.tree, folders):
        if not root.package and any(root.holds(path) for path in plugin.packed_files):
            path = root.manifest if root.manifest in plugin.packed_files else root.path
            yield Hit(
                say("The plugin in {path} is packed with this one, and has no effect there.", path=quote(root.path)),
                path,
            )


@rule(
    "package/too-large",
    severity=Severity.ERROR,
    summary="The files of the plugin are too many or too large for a package.",
    why="The packager and the installer refuse more than 50 MiB of files, before they are compressed. The marketplace "
    "refuses more than 5,000 files.",
    fix="Leave out what the plugin does not need, by `.difyignore`.",
    authorities=(
        Authority(By.PACKAGER, "The packager refuses the plugin.", "packager.go:193"),
        Authority(By.MARKETPLACE, "The marketplace refuses the plugin.", TOOLKIT),
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
        parts = listed(say("{path} ({size:.1f} MiB)", path=quote(path), size=sizes[path] / 2**20) for path in largest)
        message = say(
            "The files come to {total:.1f} MiB, and at most 50 MiB may be packed; the largest are {parts}.",
            total=total / 2**20,
            parts=parts,
        )
        yield Hit(say("{message} The packager refuses the plugin.", message=message), largest[0], subject="size")
    if len(sizes) > MAX_FILES:
        severity = Severity.ERROR if plugin.options.profile is Profile.MARKETPLACE else Severity.WARNING
        message = say(
            "{count:,} files are packed; the marketplace accepts {max_files:,}.", count=len(sizes), max_files=MAX_FILES
        )
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
        yield Hit(say("The name `.verification.dify.json` is kept for signatures."), ".verification.dify.json")
