"""Keeps the review of a submitted package in the job's check run, for when only the text of its pull request changes.

A stranger's change decides nothing of what is kept: who can make that check run can make the required check pass as
well. The key is a digest of all that the review depends on, so a review that is found is the one that would be made;
what services said is asked anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from bot.action.inputs import Inputs
from bot.github.change import EventChange
from bot.github.checks import kept_under
from bot.github.client import Client
from bot.github.event import Event
from bot.github.tree import GitHubTree
from bot.options import Options
from bot.plugin import PluginRoot
from bot.plugin.siblings import published_before
from bot.review.cache import about
from bot.review.engine import Base
from bot.review.submitted import KeptReview, RecordedLookups, packed, unpacked


def open_kept_review(
    event: Event,
    inputs: Inputs,
    client: Client,
    change: EventChange,
    roots: Sequence[PluginRoot],
    base: Base | None,
    options: Options,
) -> KeptReview | None:
    """Where the review of the one package of a pull request is kept; with the earlier review where the text was edited.

    None where nothing is kept: without the check run, and where more is made of the package than its review.
    """
    pull = event.pull_request
    if pull is None or not inputs.check_run or inputs.preview_file or inputs.patch_file or "source" in inputs.lookups:
        return None
    if len(roots) != 1 or not isinstance(change.head, GitHubTree) or base is None:
        return None
    key = _key(change.head, roots[0], base, options, inputs)
    kept_review = KeptReview(key, RecordedLookups(options.lookups))
    for content in kept_under(client, event.head_sha, key) if pull.edited else ():
        try:
            review = unpacked(content)
        except ValueError:
            continue
        if review.lasts and review.holds(options.lookups):
            kept_review.found = review
            break
    return kept_review


def kept(kept_review: KeptReview | None, options: Options) -> tuple[str, bytes] | None:
    """What the check run is to keep, with its key; None where there is nothing that lasts."""
    if kept_review is None or kept_review.made is None or not kept_review.made.lasts:
        return None
    try:
        return kept_review.key, packed(kept_review.made, translated=options.is_translated)
    except ValueError:  # JSON cannot hold half of a surrogate pair.
        return None


def _key(head: GitHubTree, root: PluginRoot, base: Base, options: Options, inputs: Inputs) -> str:
    """A digest of all that the review of the package depends on: its bytes, those of the version before, this program,
    the options, and which services may be asked."""
    before: str | None = base.renamed.get(root.path, root.path)
    if before not in base.tree.entries():
        before = published_before(base.tree, root)
    old = base.tree.oid(before) if before is not None and isinstance(base.tree, GitHubTree) else None
    parts = [about(options).hex(), root.path, root.shown, head.oid(root.path), before, old, *sorted(inputs.lookups)]
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()
