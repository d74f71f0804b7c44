"""The `preview` command: what users see of plugins in folders of this machine, as one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from bot.command.check import base_of, changed, find_targets, in_turn
from bot.languages import speaking
from bot.options import Options
from bot.preview.make import Gallery
from bot.review.engine import review


def run(paths: Sequence[str], options: Options, base: str | None = None) -> str:
    """The page of the plugins below `paths`; with `base`, of those that differ from this git revision.

    Raises `UsageError` as `check` does.
    """
    gallery = Gallery()
    results = []
    for target in in_turn(find_targets(paths)):
        with base_of(target.folder, base) if base is not None else nullcontext() as compared:
            roots = changed(target, compared) if compared is not None else target.roots
            results.append(review(target.tree, roots, options, compared, seen=gallery.see))
    with speaking(options.language):
        return gallery.page(results)
