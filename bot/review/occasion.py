"""What a review is made for, besides the plugins themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from bot.lookups import Answer
from bot.plugin import PluginRoot
from bot.review.submitted import KeptReview
from bot.source import Tree
from bot.submission import Submission
from bot.submission.release import Release


class Occasion(Struct, frozen=True):
    """A submission, which is about one of the plugins; a release or tag; and what packages were packed from."""

    submission: Submission | None = None
    release: Release | None = None
    #: Tree and root of the source by the path of the package, or an answer that says why it is not known.
    sources: Mapping[str, tuple[Tree, PluginRoot] | Answer] = field(default_factory=dict)
    #: Tree and root of the version before by the path of the plugin, where it is known without a base revision.
    previous: Mapping[str, tuple[Tree, PluginRoot]] = field(default_factory=dict)
    #: Where the review of the submitted package is kept for when only the text changes.
    kept_review: KeptReview | None = None


NO_OCCASION: Final = Occasion()
