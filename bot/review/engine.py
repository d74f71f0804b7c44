"""Runs the rules over plugins, and compares with a base revision."""

from __future__ import annotations

import gc
import posixpath
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from bot.document.reader import Document
from bot.findings import Coverage, Finding, Outside, Unchecked, UnjudgedFile, fingerprinted
from bot.locale.library import learn_elsewhere
from bot.locale.memory import Memory
from bot.locale.readme import language_of
from bot.lookups import NOTHING
from bot.messages import say
from bot.options import Options, Profile
from bot.plugin import Plugin, PluginRoot, files_of, find_roots, load
from bot.plugin.changes import is_same_file
from bot.plugin.discovery import folders_above, without_leftovers
from bot.plugin.facts import facts_of
from bot.plugin.passport import passport_of
from bot.plugin.siblings import published_before
from bot.plugin.sources import let_go
from bot.plugin.translation_gaps import RULES as GAP_RULES
from bot.plugin.translation_gaps import Gap, Place, find_gaps, lacking_texts, with_offers
from bot.policy.apply import apply_policy, could_fail, selected
from bot.review.compact import Common, Done, packed, unpacked
from bot.review.occasion import NO_OCCASION, Occasion
from bot.review.result import Asked, CapabilityRow, PassportSummary, PluginSummary, Result
from bot.review.reviewed import Reviewed
from bot.review.submitted import (
    PackageReview,
    check_rows,
    discreet,
    with_excerpt,
    with_pull_request,
    without_pull_request,
)
from bot.review.support import support_of
from bot.review.workers import can_be_copied, share_out, worker_count
from bot.rules.registry import Rule, catalogue, run_rules
from bot.source import Kind, LocalTree, Tree, Unreadable
from bot.source.memory import MemoryTree
from bot.source.package import PackageTree
from bot.upgrade.update import update_of

if TYPE_CHECKING:
    from bot.review.cache import Cache

#: What is said of files that cannot be read says nothing of what is in them.
_UNREADABLE = frozenset({"yaml/unreadable", "package/archive"})

#: Fewer plugins are reviewed before other processes have become of use.
MIN_SHARED = 16
#: From so many plugins on, equal values of their reviews are kept once. That takes time, and saves memory.
MIN_COMMON = 400
#: A process reviews at most so many plugins: large ones leave holes in its memory.
MAX_SHARE = 150


class Base(Struct, frozen=True):
    """What a review compares with: a tree, its name for people, and where files of today were in it."""

    tree: Tree
    name: str
    #: Old path by new path, for renamed files.
    renamed: Mapping[str, str] = field(default_factory=dict)
    #: The whole repository at that revision, where it can be read at no cost: translations are looked for in it.
    library: Tree | None = None
    #: Where in the repository the reviewed tree is.
    folder: str = ""


def review(
    tree: Tree,
    roots: Iterable[PluginRoot],
    options: Options,
    base: Base | None = None,
    outside: Sequence[Outside] = (),
    occasion: Occasion = NO_OCCASION,
    cache: Cache | None = None,
    seen: Callable[[Plugin], None] | None = None,
    earlier: Plugin | None = None,
    told: Callable[[int], None] | None = None,
) -> Result:
    """Reviews the plugins at `roots`.

    `outside` are the paths of the change that belong to none of them. What the `cache` has is not reviewed again.
    `seen` is given each plugin after its review, for what else is made of it; it goes with no cache. `earlier` is the
    one plugin at the roots as it was a moment ago. `told` is called now and then with the number of plugins
    that are done since it was called before. Never raises for anything that a plugin holds.
    """
    start = time.perf_counter()
    roots = tuple(roots if options.profile is Profile.MARKETPLACE else without_leftovers(roots))
    is_alone = base is None and occasion is NO_OCCASION  # Each plugin by nothing but itself.
    keys = cache.keys(tree, roots, options) if cache is not None and is_alone and isinstance(tree, LocalTree) else {}
    common = Common(translated=options.is_translated) if len(roots) >= MIN_COMMON else None

    def opened(made: Done | bytes) -> Done:
        return common.review(unpacked(made)) if common is not None else unpacked(made)

    done: dict[PluginRoot, Done | bytes] = {}
    for root, each in cache.load(keys) if cache is not None and keys else ():
        done[root] = opened(each)
    left = [root for root in roots if root not in done]
    if told is not None:
        told(len(done))
    for root, made in _review_all(tree, left, options, base, occasion, seen, earlier):
        done[root] = made if isinstance(made, bytes) else opened(made)
        if told is not None:
            told(1)
    if cache is not None and keys:
        cache.keep(keys, ((root, unpacked(done[root])) for root in left), translated=options.is_translated)
    memory = Memory()
    reviewed = []
    for root in roots:
        made = done.pop(root)
        item, translations = opened(made) if isinstance(made, bytes) else made
        reviewed.append(item)
        memory.merge(translations)
    if base is not None and base.library is not None:
        _learn_elsewhere(memory, base.library, base.folder, reviewed)
    findings = [finding for item in reviewed for finding in with_offers(item.findings, item.gaps, memory)]
    return Result(
        profile=options.profile,
        fail_on=options.fail_on,
        plugins=tuple(item.summary for item in reviewed),
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        unchecked=tuple(
            replace(entry, blocking=entry.blocking and could_fail(entry.rule, options))
            for item in reviewed
            for entry in item.unchecked
        ),
        coverage=_coverage(tree, roots, reviewed, outside),
        errors=tuple(error for item in reviewed for error in item.errors),
        compared_to=base.name if base else None,
        fixed=sum(item.fixed for item in reviewed) if base else None,
        duration_ms=round((time.perf_counter() - start) * 1000),
        submission=occasion.submission.package if occasion.submission is not None else None,
        asked=Asked(
            options.config,
            options.no_config,
            options.select,
            options.ignore,
            options.asked_locales,
            options.policy.isoformat() if options.policy is not None else "",
            options.dify,
        ),
    )


def _review_all(
    tree: Tree,
    roots: Sequence[PluginRoot],
    options: Options,
    base: Base | None,
    occasion: Occasion,
    seen: Callable[[Plugin], None] | None,
    earlier: Plugin | None,
) -> Iterator[tuple[PluginRoot, Done | bytes]]:
    """The plugins as they are done, each after its review with its translations, packed by another process if any."""

    def review_one(root: PluginRoot) -> Done:
        memory = Memory()
        return review_plugin(tree, root, options, base, memory, occasion, seen, earlier), memory

    def review_next(root: PluginRoot) -> Done:
        # What is left of a plugin, in circles, is young; what stays is not looked at again.
        gc.collect(1)
        return review_one(root)

    # Other trees read through a pipe or a connection, which processes cannot share, and no plugin leaves its process.
    is_shareable = can_be_copied() and isinstance(tree, LocalTree) and base is None and seen is None
    workers = worker_count()
    if not is_shareable or len(roots) < (MIN_SHARED if workers > 1 else MAX_SHARE + 1):
        yield from ((root, review_next(root) if index else review_one(root)) for index, root in enumerate(roots))
        return
    # What the first review imports, compiles and builds is there in each of the processes that are copied then.
    first, *others = roots
    yield first, review_one(first)
    # Who asks services remembers for all that it reviews what they said.
    most = MAX_SHARE if options.lookups is NOTHING else len(others)
    yield from share_out(others, review_next, packed, workers, most)


def _coverage(
    tree: Tree, roots: Sequence[PluginRoot], reviewed: Sequence[Reviewed], outside: Sequence[Outside]
) -> Coverage:
    """The account of the review: every file of a plugin once, however many plugins it lies in."""
    folders = {root.path for root in roots if not root.package}
    files = sum(any(above in folders for above in folders_above(path)) for path in tree.entries()) if folders else 0
    files += sum(item.summary.files for root, item in zip(roots, reviewed, strict=True) if root.package)
    left_out = {entry.path: entry for item in reviewed for entry in item.not_judged}
    return Coverage(max(0, files - len(left_out)), tuple(outside), tuple(left_out.values()))


def _learn_elsewhere(memory: Memory, library: Tree, folder: str, reviewed: Sequence[Reviewed]) -> None:
    """Looks in the plugins that are not under review for the translations that lack in those that are."""
    wanted = {text for item in reviewed for text in lacking_texts(item.findings, item.gaps)}
    if wanted:
        known = {posixpath.normpath(posixpath.join(folder, item.path)) for item in reviewed}
        others = {root.path for root in find_roots(library) if not root.package} - known
        learn_elsewhere(memory, library, others, wanted)


def review_plugin(
    tree: Tree,
    root: PluginRoot,
    options: Options,
    base: Base | None = None,
    memory: Memory | None = None,
    occasion: Occasion = NO_OCCASION,
    seen: Callable[[Plugin], None] | None = None,
    earlier: Plugin | None = None,
) -> Reviewed:
    """Reviews one plugin, and marks as old what the base revision has too. `memory` learns its translations.

    What is submitted to the marketplace is judged whole, whatever the version before had.
    """
    submission = occasion.submission
    if submission is not None and submission.package != root.path:
        submission = None
    kept_review = occasion.kept_review
    if submission is not None and kept_review is not None and kept_review.found is not None:
        kept_review.made = kept_review.found
        return with_pull_request(kept_review.found, root, options, submission)
    old = _open_base(root, options, base) if base else None
    previous = _open_previous(root, options, base, occasion) if old is None else None
    plugin = open_plugin(tree, root, options, old, previous, earlier)
    _tell(plugin, occasion)
    rules = selected_rules(options)
    results = run_rules(plugin, rules)
    findings = results.findings
    fixed = 0
    before = None
    if old is not None and base is not None:
        before = run_rules(old, rules)
        new_paths = {old_path: new_path for new_path, old_path in base.renamed.items()}
        known = {
            finding.fingerprint: finding
            for finding in fingerprinted([_moved(item, new_paths) for item in before.findings])
        }
        left = known.keys() - {finding.fingerprint for finding in findings}
        judged = _Judged(plugin, old, new_paths)
        fixed = sum(judged.still(known[fingerprint]) for fingerprint in left)
        # What a package holds is published as it is now, whatever its predecessor held.
        if not (root.package and _differs(tree, root, base)):
            findings = tuple(replace(finding, new=finding.fingerprint not in known) for finding in findings)
            results = replace(results, unchecked=_not_held_against(results.unchecked, before.unchecked, plugin, old))
    judged_findings = apply_policy(replace(results, findings=findings), plugin, before)
    counted = tuple(discreet(with_excerpt(finding, plugin)) for finding in judged_findings)
    gaps: Mapping[Place, Gap] = {}
    if memory is not None and any(selected(rule, options) for rule in GAP_RULES):
        memory.learn(plugin.name, plugin.localization, old.localization if old is not None else None)
        gaps = find_gaps(plugin)
    reviewed = Reviewed(
        root.path,
        replace(
            summarise(plugin, counted),
            checks=check_rows(plugin, counted, results.unchecked, results.judged),
            passport=_passport(plugin),
            package_changes=_changes(plugin),
        ),
        counted,
        fixed,
        results.unchecked,
        results.errors,
        tuple(UnjudgedFile(plugin.location(entry.path).file, plugin.name, entry.reason) for entry in plugin.account),
        gaps,
    )
    if seen is not None:
        seen(plugin)
    elif submission is None and earlier is None:
        for done in filter(None, (plugin, old)):
            let_go(done)
    if submission is None:
        return reviewed
    package = PackageReview(reviewed, without_pull_request(results.judged), facts_of(plugin))
    if kept_review is not None:
        offered = tuple(with_offers(reviewed.findings, gaps, memory or Memory()))
        kept_review.put(replace(package, reviewed=replace(reviewed, findings=offered, gaps={})))
    return with_pull_request(package, root, options, submission)


def _not_held_against(
    unchecked: Iterable[Unchecked], before: Iterable[Unchecked], plugin: Plugin, old: Plugin
) -> tuple[Unchecked, ...]:
    """What was not judged. What the base revision has in the very same file does not count against the change."""
    standing = {(entry.rule, entry.reason) for entry in before}
    same = {
        left_out.clause
        for left_out in plugin.account
        if any((rule, left_out.clause) in standing for rule in left_out.rules)
        and is_same_file(plugin, old, left_out.path)
    }
    return tuple(
        replace(entry, blocking=False) if entry.reason in same and (entry.rule, entry.reason) in standing else entry
        for entry in unchecked
    )


class _Judged:
    """Which files of the base revision are still judged: what is gone from another file is not known to be fixed."""

    def __init__(self, plugin: Plugin, old: Plugin, new_paths: Mapping[str, str]) -> None:
        self._plugin = plugin
        self._now = {plugin.location(linked.path).file for linked in plugin.linked()}
        self._before = {_moved_path(old.location(path).file, new_paths) for path in old.documents}
        self._left_out = {plugin.location(entry.path).file for entry in plugin.account}
        self._files = {plugin.location(path).file for path in plugin.tree.entries()}
        for path in sorted((self._before & self._files) - {plugin.location(path).file for path in plugin.documents}):
            plugin.account.leave_out(plugin.own_path(path), say("is not linked any more, and was not judged"), ())
            self._left_out.add(path)

    def still(self, finding: Finding) -> bool:
        """Whether the place of a finding of the base revision, by its path of today, is judged."""
        path = finding.location.file
        if finding.rule in _UNREADABLE or path in self._left_out:
            return False
        return path in self._now or (path in self._files and path not in self._before)


def _tell(plugin: Plugin, occasion: Occasion) -> None:
    """Tells a plugin what concerns it of the occasion."""
    source = occasion.sources.get(plugin.root.path)
    plugin.source = open_plugin(*source, plugin.options) if isinstance(source, tuple) else source
    if not plugin.root.package:
        plugin.release = occasion.release


#: Of the uses of a capability the first are named, and of the hosts.
_SHOWN_USES = 5
_SHOWN_HOSTS = 30


def _passport(plugin: Plugin) -> PassportSummary | None:
    """What a package that is submitted to the marketplace is able to do."""
    if plugin.options.profile is not Profile.MARKETPLACE or not plugin.root.package:
        return None
    passport = passport_of(plugin)
    return PassportSummary(
        passport.level,
        tuple(
            CapabilityRow(
                capability.value,
                len(found),
                tuple(f"{use.path}:{use.span.line}" for use in found[:_SHOWN_USES]),
            )
            for capability, found in passport.capabilities.items()
        ),
        tuple(host.name for host in passport.hosts[:_SHOWN_HOSTS]),
        len(passport.hosts),
        passport.unreadable_calls,
        passport.permissions,
    )


def _changes(plugin: Plugin) -> tuple[str, ...]:
    """What is new in a package that is submitted to the marketplace."""
    if plugin.options.profile is not Profile.MARKETPLACE or not plugin.root.package or plugin.previous is None:
        return ()
    from bot.review.package_changes import package_changes  # Few reviews compare packages.

    return package_changes(plugin)


def open_plugin(
    tree: Tree,
    root: PluginRoot,
    options: Options,
    base: Plugin | None = None,
    previous: Plugin | None = None,
    earlier: Plugin | None = None,
) -> Plugin:
    """Loads the plugin at a root of the tree: a folder, or a package that is opened in memory."""
    if not root.package:
        return load(files_of(tree, root), root, options, base, previous, earlier)
    try:
        package: Tree = PackageTree(tree.read(root.path), root.shown)
    except Unreadable as error:
        package = MemoryTree({})
        plugin = load(package, root, options, base, previous)
        plugin.unreadable = say("The package {reason}.", reason=error.reason)
        return plugin
    return load(package, root, options, base, previous)


def _open_base(root: PluginRoot, options: Options, base: Base) -> Plugin | None:
    manifest = base.renamed.get(root.manifest, root.manifest)
    entry = base.tree.entries().get(manifest)
    if entry is None or entry.kind is not Kind.FILE:
        return None
    path = manifest if root.package else manifest.rpartition("/")[0]
    return open_plugin(base.tree, replace(root, path=path), options)


def _open_previous(root: PluginRoot, options: Options, base: Base | None, occasion: Occasion) -> Plugin | None:
    """The version before one that the base has not in its place. Its findings are not those of the new one."""
    if root.path in occasion.previous:
        return open_plugin(*occasion.previous[root.path], options)
    if base is None or not root.package:
        return None
    path = published_before(base.tree, root)
    return open_plugin(base.tree, replace(root, path=path), options) if path is not None else None


def _moved(finding: Finding, new_paths: Mapping[str, str]) -> Finding:
    path = new_paths.get(finding.location.path)
    return replace(finding, location=replace(finding.location, path=path)) if path else finding


def _moved_path(path: str, new_paths: Mapping[str, str]) -> str:
    return new_paths.get(path, path)


def _differs(tree: Tree, root: PluginRoot, base: Base) -> bool:
    """Whether a package is another than at the base revision; also where that cannot be told."""
    try:
        return tree.read(root.path) != base.tree.read(base.renamed.get(root.path, root.path))
    except Unreadable:
        return True


def selected_rules(options: Options) -> list[Rule]:
    """The rules that the options ask for, in the order of the catalogue."""
    rules = list(catalogue().values())
    if not (options.select or options.ignore or options.severities):
        return rules
    return [rule for rule in rules if selected(rule.id, options)]


def summarise(plugin: Plugin, findings: Sequence[Finding]) -> PluginSummary:
    manifest = plugin.manifest
    return PluginSummary(
        root=plugin.name,
        kind="bundle" if plugin.is_bundle else "plugin",
        author=manifest.text_at("author"),
        name=manifest.text_at("name"),
        version=manifest.text_at("version"),
        categories=_categories(manifest),
        locales=plugin.coverage,
        base_locales=plugin.base.coverage if plugin.base is not None else {},
        files=len(plugin.tree.entries()),
        update=update_of(plugin),
        support=support_of(plugin, findings),
        author_language=_author_language(plugin),
    )


def _author_language(plugin: Plugin) -> str:
    """The language of the README, or of the description where there is none."""
    entry = plugin.tree.entries().get("README.md")
    text = ""
    if entry is not None and entry.size is not None and entry.size <= _LONG_README:
        with suppress(Unreadable):  # Rules say so.
            text = plugin.tree.read("README.md")[:_BEGINNING].decode("utf-8", "replace")
    return language_of(text or plugin.manifest.text_at("description", "en_US") or "")


#: A larger README is not read for its language, and of others the beginning is looked at (bytes).
_LONG_README = 128 * 1024
_BEGINNING = 16 * 1024


#: The lists of `plugins` and the category that each makes a plugin (G plugin_declaration.go:202).
_CATEGORIES = {
    "tools": "tool",
    "models": "model",
    "datasources": "datasource",
    "agent_strategies": "agent-strategy",
    "triggers": "trigger",
    "endpoints": "extension",
}


def _categories(manifest: Document) -> tuple[str, ...]:
    plugins = manifest.get("plugins")
    present: Sequence[str] = [key for key in _CATEGORIES if isinstance(plugins, dict) and plugins.get(key)]
    return tuple(_CATEGORIES[key] for key in present)
