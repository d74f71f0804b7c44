"""The JSON form of a result, version 1, as a strict model.

The trusted half of the two-step pattern reads results that a pull request may have made up, so everything is bounded,
nothing is converted, and nothing unknown is let in.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from bot.findings import By, Confidence, Reach, Safety
from bot.marketplace.standing import State
from bot.options import Profile
from bot.report.json_bounds import (
    EDIT_POINTS,
    MAX_AUTHORITIES,
    MAX_CHANGES,
    MAX_EDITS,
    MAX_ENTRIES,
    MAX_ERRORS,
    MAX_IN_ROW,
    MAX_RELATED,
    NAME_POINTS,
    PATH_POINTS,
    TEXT_POINTS,
)
from bot.review.result import Conclusion

Name = Annotated[str, StringConstraints(max_length=NAME_POINTS)]
Path = Annotated[str, StringConstraints(max_length=PATH_POINTS)]
Text = Annotated[str, StringConstraints(max_length=TEXT_POINTS)]
RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}/[a-z0-9-]{1,60}$")]
RuleOrFamily = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}(/[a-z0-9-]{1,60})?$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{20}$")]
LocaleName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Count = Annotated[int, Field(ge=0, le=10**12)]
Position = Annotated[int, Field(ge=1, le=10**9)]
Level = Literal["error", "warning", "notice"]

_Item = TypeVar("_Item")
Many = Annotated[list[_Item], Field(max_length=MAX_ENTRIES)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ToolJSON(_Strict):
    name: Literal["dify-plugin-review"]
    version: Name


class CoverageJSON(_Strict):
    translated: Count
    total: Count
    missing: Count
    copied: Count
    exempt: Count


class LocationJSON(_Strict):
    #: None where it is about the title or the text of the pull request; `source` is then which of them.
    path: Path | None
    source: Literal["title", "body"] | None = None
    member: Path | None
    line: Position | None
    column: Position | None
    end_line: Position | None
    end_column: Position | None

    @model_validator(mode="after")
    def _whole_place(self) -> Self:
        place = (self.line, self.column, self.end_line, self.end_column)
        if any(part is None for part in place) and any(part is not None for part in place):
            raise ValueError("line, column, end_line and end_column must be given together")
        if (self.path is None) != (self.source is not None):
            raise ValueError("a finding has either a path or a source")
        return self


class BreakJSON(_Strict):
    kind: Name
    old: Text
    new: Text
    change: Text
    effect: Text
    way_out: Text
    before: LocationJSON | None
    after: LocationJSON | None


class UpdateJSON(_Strict):
    """What an update means for those who have the version before."""

    old_version: Text | None
    new_version: Text | None
    announced: bool
    right: Name | None
    count: Count
    breaks: Annotated[list[BreakJSON], Field(max_length=MAX_CHANGES)]
    lesser: Annotated[list[Text], Field(max_length=MAX_CHANGES)]
    news: Annotated[list[Text], Field(max_length=MAX_CHANGES)]
    not_compared: Annotated[list[Text], Field(max_length=MAX_CHANGES)]


class CheckRowJSON(_Strict):
    id: Name
    title: Name
    state: State
    findings: Annotated[list[Digest], Field(max_length=MAX_IN_ROW)]
    reasons: Annotated[list[Text], Field(max_length=MAX_IN_ROW)]


class NeedJSON(_Strict):
    feature: Text
    since: Name
    older: Name
    path: Path
    line: Count


class ReleasesJSON(_Strict):
    first: Name
    last: Name
    installs: bool
    lists: bool
    shows: bool


class SupportJSON(_Strict):
    needs: Name
    starts: bool
    because: Annotated[list[NeedJSON], Field(max_length=100)]
    releases: Annotated[list[ReleasesJSON], Field(max_length=100)]


class CapabilityJSON(_Strict):
    name: Name
    count: Count
    places: Annotated[list[Path], Field(max_length=MAX_IN_ROW)]


class PassportJSON(_Strict):
    """What a package is able to do."""

    level: Name
    capabilities: Annotated[list[CapabilityJSON], Field(max_length=100)]
    hosts: Annotated[list[Text], Field(max_length=MAX_IN_ROW)]
    host_count: Count
    unreadable_calls: Count
    permissions: Annotated[list[Text], Field(max_length=MAX_IN_ROW)]


class PluginJSON(_Strict):
    root: Path
    kind: Name
    author: Text | None
    name: Text | None
    version: Text | None
    categories: Annotated[list[Name], Field(max_length=100)]
    locales: Annotated[dict[LocaleName, CoverageJSON], Field(max_length=1_000)]
    base_locales: Annotated[dict[LocaleName, CoverageJSON], Field(max_length=1_000)] = {}
    files: Count
    update: UpdateJSON | None = None
    checks: Annotated[list[CheckRowJSON], Field(max_length=100)] = []
    package_changes: Annotated[list[Text], Field(max_length=MAX_IN_ROW)] = []
    dify: SupportJSON | None = None
    passport: PassportJSON | None = None


class AuthorityJSON(_Strict):
    by: By
    consequence: Text
    source: Text
    reach: Reach | None = None
    since: Text = ""


class EditJSON(_Strict):
    path: Path
    start: tuple[Position, Position]
    end: tuple[Position, Position]
    text: Annotated[str, StringConstraints(max_length=EDIT_POINTS)]


class MoveJSON(_Strict):
    path: Path
    to: Path


class FixJSON(_Strict):
    title: Text
    safety: Safety
    edits: Annotated[list[EditJSON], Field(max_length=MAX_EDITS)]
    #: Files that get another path, after the edits.
    moves: Annotated[list[MoveJSON], Field(max_length=MAX_EDITS)] = []


class SuppressionJSON(_Strict):
    where: Text
    reason: Text


class RelatedJSON(LocationJSON):
    message: Text
    #: Whether the place is in the version that was compared with.
    before: bool
    #: The line there as the file has it; "" where there is none.
    excerpt: Text = ""


class FindingJSON(LocationJSON):
    rule: RuleId
    severity: Level
    confidence: Confidence
    message: Text
    plugin: Path
    pointer: Text | None
    anchor: Text
    subject: Text
    group: Text | None
    authorities: Annotated[list[AuthorityJSON], Field(max_length=MAX_AUTHORITIES)]
    excerpt: Text = ""
    related: Annotated[list[RelatedJSON], Field(max_length=MAX_RELATED)] = []
    new: bool
    fingerprint: Digest
    suppressed: SuppressionJSON | None
    fix: FixJSON | None
    #: The page of the rule; "" where this version has none. Not read back.
    docs: Name


class UncheckedJSON(_Strict):
    rule: Name
    plugin: Path
    reason: Text
    blocking: bool = False


class OutsideJSON(_Strict):
    path: Path
    reason: Text


class NotJudgedJSON(_Strict):
    path: Path
    plugin: Path
    reason: Text


class AccountJSON(_Strict):
    reviewed: Count
    outside: Many[OutsideJSON]
    not_judged: Many[NotJudgedJSON]


class SummaryJSON(_Strict):
    error: Count
    warning: Count
    notice: Count
    suppressed: Count
    old: Count
    fixed: Count | None
    unchanged: Count = 0
    plugins: Count
    files: Count
    duration_ms: Count


class AskedJSON(_Strict):
    config: Path = ""
    no_config: bool = False
    select: Annotated[list[RuleOrFamily], Field(max_length=1_000)] = []
    ignore: Annotated[list[RuleOrFamily], Field(max_length=1_000)] = []
    locales: Annotated[list[LocaleName], Field(max_length=100)] = []
    policy: Annotated[str, StringConstraints(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")] = ""
    dify: Annotated[str, StringConstraints(pattern=r"^([0-9][A-Za-z0-9.+-]{0,40})?$")] = ""
    baseline: Path = ""


class ArgumentsJSON(_Strict):
    """What a text was made of. Arguments are texts, numbers, and texts that were made themselves."""

    template: Text
    arguments: dict[Name, Text | int | float | SaidJSON] | list[Text | int | float | SaidJSON]
    plural: Text = ""
    number: Annotated[int, Field(ge=-(10**15), le=10**15)] = 0


class SaidJSON(ArgumentsJSON):
    """A text in another one."""

    text: Text


class ResultJSON(_Strict):
    """What `--format json` prints."""

    version: Literal[1]
    tool: ToolJSON
    conclusion: Conclusion
    profile: Profile
    fail_on: Level | Literal["never"]
    compared_to: Name | None
    #: The plugin of whose pull request the text was reviewed.
    submission: Path | None = None
    asked: AskedJSON = AskedJSON()
    #: The plan of shards that this is a part of, and which one; no shard where it is all of them.
    plan: Name | None = None
    shard: Count | None = None
    plugins: Many[PluginJSON]
    findings: Many[FindingJSON]
    unchecked: Many[UncheckedJSON]
    coverage: AccountJSON = AccountJSON(reviewed=0, outside=[], not_judged=[])
    errors: Annotated[list[Text], Field(max_length=MAX_ERRORS)]
    summary: SummaryJSON
    #: By texts of this document, what they were made of, where it was asked for in another language than English.
    said: Annotated[dict[Text, ArgumentsJSON], Field(max_length=MAX_ENTRIES)] = {}
