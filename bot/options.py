"""What a review asks for; made of the command line, the Action's inputs and the configuration."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from bot.findings import Severity
from bot.lookups import NOTHING, Lookups

#: Where the configuration is looked for, from the working directory (in the Action: the repository root).
CONFIGURATION: Final = ".github/dify-plugin-review.yml"


class Profile(StrEnum):
    """Whose policy counts; see the README."""

    AUTHOR = "author"
    MARKETPLACE = "marketplace"
    OFFICIAL = "official"


class PathIgnore(Struct, frozen=True):
    """Findings of `rules` (ids or families; empty means all) in files that `patterns` match do not count.

    The patterns are lines of a `.gitignore` in the working directory (in the Action: the repository root).
    """

    patterns: tuple[str, ...]
    rules: tuple[str, ...]
    reason: str
    #: Where that was said: the configuration and the line.
    where: str = ""


class Options(Struct, frozen=True):
    """Everything a review may depend on besides the plugins themselves."""

    profile: Profile = Profile.AUTHOR
    #: The lowest severity that fails the review; None means never.
    fail_on: Severity | None = Severity.ERROR
    #: Locales whose texts must be there (warning) and should be there (notice).
    required_locales: tuple[str, ...] = ("en_US",)
    wanted_locales: tuple[str, ...] = ("zh_Hans", "ja_JP", "pt_BR")
    #: Rule ids or families to run; empty means all.
    select: tuple[str, ...] = ()
    #: Rule ids or families not to run.
    ignore: tuple[str, ...] = ()
    #: Severities of single rules or families; None switches a rule off.
    severities: Mapping[str, Severity | None] = field(default_factory=dict)
    path_ignores: tuple[PathIgnore, ...] = ()
    #: The configuration lets the author of a change from a fork suppress findings in it.
    author_suppressions: bool = False
    #: Of the comments that suppress, only those that the base revision has count.
    base_suppressions_only: bool = False
    #: The day whose policy of the marketplace counts; None is the newest that is known.
    policy: datetime.date | None = None
    #: Whether rules may ask the marketplace; its address is "" when they may not.
    marketplace_url: str = ""
    #: The release of Dify that `--dify` asks about; "" for none.
    dify: str = ""
    #: The configuration that was named instead of the default one, and whether none was read.
    config: str = ""
    no_config: bool = False
    #: The language of reports for people; "" where nobody chose one, which is English.
    language: str = ""
    #: Locales that were asked for in place of those of the configuration.
    asked_locales: tuple[str, ...] = ()
    #: What rules may ask services on the network.
    lookups: Lookups = NOTHING

    @property
    def is_translated(self) -> bool:
        """Whether reports are told in another language than English."""
        return self.language not in ("", "en_US")

    def with_locales(self, locales: tuple[str, ...]) -> Options:
        """With these locales as those that should be there, in place of the configuration's."""
        wanted = tuple(locale for locale in locales if locale not in self.required_locales)
        return replace(self, wanted_locales=wanted, asked_locales=locales)
