"""Rules about the package of a release, and about a package and its source."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bot.findings import Authority, By, Confidence, Severity, quote, quote_list
from bot.lookups import Answer
from bot.messages import say
from bot.plugin import Plugin
from bot.rules.answers import missing
from bot.rules.registry import Example, Hit, NotJudged, rule
from bot.source import Kind, Tree, Unreadable, is_object
from bot.submission.release import Release

_INSTALL = "web/app/components/plugins/install-plugin/install-from-github/index.tsx:60"


@rule(
    "package/not-attached",
    severity=Severity.ERROR,
    summary="No package is attached to the release.",
    why="To install from GitHub, users of Dify choose a release and then one of the files that are attached to it. "
    "Where no `.difypkg` is attached, there is nothing that Dify can install.",
    fix="Attach the package, for example with the workflow `docs/workflows/release-package.yml`.",
    authorities=(Authority(By.CONSOLE, "The release cannot be installed from GitHub.", _INSTALL),),
    bad=Example("version: 0.2.0\n", release=Release("v0.2.0", ())),
    good=Example("version: 0.2.0\n", release=Release("v0.2.0", ("weather-0.2.0.difypkg",))),
)
def not_attached(plugin: Plugin) -> Iterator[Hit]:
    release = plugin.release
    if release is not None and release.attached is not None and not release.attached:
        message = say(
            "No `.difypkg` is attached to the release {tag}: Dify cannot install it from GitHub.",
            tag=quote(release.tag),
        )
        yield Hit(message, plugin.manifest.path)


#: Files that are named one by one.
MAX_NAMED = 10


def _is_same(content: bytes, source: Tree, path: str) -> bool:
    """Whether the source has this content at a path: by git's own id where it is known, so that nothing is read.

    Raises `Unreadable`. git may have written other line ends on the machine where the package was packed.
    """
    oid = getattr(source, "oid", None)
    if oid is not None and (known := oid(path)) is not None and is_object(known, content):
        return True
    other = source.read(path)
    return content == other or (b"\0" not in content and _lines(content) == _lines(other))


def _lines(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")


@rule(
    "package/differs-from-source",
    severity=Severity.ERROR,
    confidence=Confidence.LIKELY,
    summary="The package holds something else than its source packs to.",
    why="Who installs the package runs what is in it, and who reads the source believes to know it. A file that is "
    "not in the source, or another one than there, nobody has reviewed. The source is packed by the packager's own "
    "rules and compared file by file; line ends do not count. `check PACKAGE --source FOLDER` does the same, and so "
    "does `lookups: source` of the Action with the repository and tag that the manifest names.",
    fix="Pack the source of the tag anew, and attach or submit that.",
    authorities=(Authority(By.PROJECT, "Users run what nobody can read.", "decoder/fs.go:67"),),
    bad=Example("", path="main.py", whole=True, source={"main.py": "from dify_plugin import Plugin\n"}),
    good=Example("", source={}),
)
def differs_from_source(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    source = plugin.source
    if isinstance(source, Answer):
        yield from missing(plugin, source)
        return
    if source is None or plugin.broken_package:
        return
    if not source.packing.known:
        yield NotJudged(say("what the source packs to is not known, as its ignore file cannot be read"))
        return
    entries = plugin.tree.entries()
    mine = {path for path, entry in entries.items() if entry.kind is Kind.FILE}
    theirs = source.packed_files
    sorts: dict[str, list[str]] = {"extra": sorted(mine - theirs), "other": [], "missing": sorted(theirs - mine)}
    unread: list[str] = []
    for path in sorted(mine & theirs):
        try:
            if not _is_same(plugin.tree.read(path), source.tree, path):
                sorts["other"].append(path)
        except Unreadable:
            unread.append(path)
    if unread:
        yield NotJudged(say("{count} files cannot be read in package and source", count=len(unread)))
    texts = {
        "extra": partial(say, "{path} is in the package, and the source does not pack it."),
        "other": partial(say, "{path} has other contents in the package than in the source."),
        "missing": partial(say, "{path} is packed from the source, and is not in the package."),
    }
    for sort, paths in sorts.items():
        for path in paths[:MAX_NAMED]:
            where = path if sort != "missing" else ""
            yield Hit(texts[sort](path=quote(path)), where, subject=f"{sort} {path}", group=sort)
        if len(paths) > MAX_NAMED:
            message = say("{count} more: {path}.", count=len(paths) - MAX_NAMED, path=quote_list(paths[MAX_NAMED:], 5))
            yield Hit(message, "", subject=sort, group=sort)
