"""A pull request as it happens: one plugin, a handful of changed files, some old debt, twelve findings."""

from __future__ import annotations

from msgspec.structs import replace

from bot.comments.hunks import FileDiff, FileHunks, Status, parse_patch
from bot.comments.plan import Diffs
from bot.findings import (
    Authority,
    By,
    Confidence,
    Coverage,
    Edit,
    Finding,
    Fix,
    LocaleCoverage,
    Location,
    Outside,
    Safety,
    Severity,
    Span,
    Suppression,
    Unchecked,
    UnjudgedFile,
    fingerprinted,
    quote,
)
from bot.options import Profile
from bot.report.links import Context
from bot.review.result import PluginSummary, Result
from bot.rules.registry import Example, Rule

ROOT = "tools/weather"

MANIFEST = """\
version: 0.2.0
type: plugin
author: Acme Inc.
name: weather
label:
  en_US: Weather
  ja_Jp: 天気
icon: _assets/icon.svg
created_at: 2026-01-15T09:00:00Z
resource:
  memory: 268435456
  permission: {}
plugins:
  tools:
    - provider/weather.yaml
meta:
  version: 0.0.1
  runner:
    language: python
    version: "3.12"
    entrypoint: main
"""

FORECAST = """\
identity:
  name: forecast
  author: acme
  label:
    en_US: Forecast
    ja_Jp: 予報
description:
  human:
    en_US: Shows the forecast for a city.
  llm: Returns the forecast for a city.
parameters:
  - name: city
    type: strng
    required: true
    form: llm
    label:
      en_US: City
extra:
  python:
    source: tools/forecast.py
"""

TEXTS = {f"{ROOT}/manifest.yaml": MANIFEST, f"{ROOT}/tools/forecast.yaml": FORECAST}

_MANIFEST_PATCH = """\
@@ -1,11 +1,12 @@
-version: 0.1.0
+version: 0.2.0
 type: plugin
-author: acme
+author: Acme Inc.
 name: weather
 label:
   en_US: Weather
-icon: icon.svg
+  ja_Jp: 天気
+icon: _assets/icon.svg
 created_at: 2026-01-15T09:00:00Z
 resource:
   memory: 268435456
   permission: {}
"""


def _added(text: str) -> FileHunks:
    lines = text.splitlines()
    return FileHunks(parse_patch(f"@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)))


CHANGE: Diffs = {
    diff.path: diff
    for diff in (
        FileDiff(f"{ROOT}/manifest.yaml", hunks=FileHunks(parse_patch(_MANIFEST_PATCH))),
        FileDiff(f"{ROOT}/tools/forecast.yaml", Status.ADDED, hunks=_added(FORECAST)),
        FileDiff(
            f"{ROOT}/provider/weather.yaml", hunks=FileHunks(parse_patch("@@ -3,2 +3,2 @@\n-  a: 1\n+  a: 2\n x\n"))
        ),
        FileDiff(f"{ROOT}/.env", Status.ADDED, hunks=_added("API_KEY=abc\n")),
    )
}

REFUSED = (
    Authority(By.PACKAGER, "The packager refuses the plugin: icon not found.", "decoder/helper.go:343"),
    Authority(By.INSTALLER, "Dify refuses to install the plugin.", "media_transport/assets.go:10"),
)
DROPPED = (
    Authority(By.INSTALLER, "The text is dropped.", "basic_type.go:9"),
    Authority(By.SDK, "The text is dropped.", "entities/parameters.py:11"),
)
NOT_STARTED = (Authority(By.SDK, "The SDK refuses the tool, so the plugin does not start.", "entities/tool.py:41"),)


def finding(
    rule: str,
    severity: Severity,
    message: str,
    path: str,
    span: tuple[int, int, int] | None = None,
    *,
    write: str | None = None,
    title: str | None = None,
    safety: Safety = Safety.SAFE,
    authorities: tuple[Authority, ...] = (),
    group: str | None = None,
    new: bool = True,
    suppressed: Suppression | None = None,
    confidence: Confidence = Confidence.CERTAIN,
    plugin: str = ROOT,
) -> Finding:
    """A finding on one line: `span` is line, column and end column. `write` is the text to put there instead."""
    place = Span(span[0], span[1], span[0], span[2]) if span else None
    edits = (Edit(path, place, write),) if place and write is not None else ()
    fix = Fix(title or f"Write {quote(write)}", safety, edits) if title or write is not None else None
    return Finding(
        rule=rule,
        severity=severity,
        message=message,
        location=Location(f"{plugin}/{path}" if plugin != "." else path, span=place),
        plugin=plugin,
        confidence=confidence,
        authorities=authorities,
        fix=fix,
        group=group,
        new=new,
        suppressed=suppressed,
    )


def twelve_findings() -> list[Finding]:
    """What a review of the pull request finds, without fingerprints and order."""
    error, warning, notice = Severity.ERROR, Severity.WARNING, Severity.NOTICE
    return [
        finding(
            "manifest/author",
            error,
            "`Acme Inc.` is not a name that Dify installs: an author has 1 to 64 of `a-z`, `0-9`, `-` and `_`. The "
            "plugin packages, but Dify refuses to install it.",
            "manifest.yaml",
            (3, 9, 18),
            write="acme-inc",
            safety=Safety.UNSAFE,
            authorities=REFUSED[1:],
        ),
        finding(
            "asset/prefix",
            error,
            "`_assets/icon.svg` must be written `icon.svg`: media are named from `_assets` on. The packager refuses "
            "the plugin.",
            "manifest.yaml",
            (8, 7, 23),
            write="icon.svg",
            authorities=REFUSED,
        ),
        finding(
            "schema/unknown-value",
            error,
            "`strng` is not one of the types that a parameter can have; did you mean `string`? The plugin packages and "
            "installs, but does not start: the SDK refuses the tool.",
            "tools/forecast.yaml",
            (13, 11, 16),
            write="string",
            authorities=NOT_STARTED,
        ),
        finding(
            "reference/missing",
            error,
            "There is no file `tools/alerts.yaml`. The packager refuses the plugin.",
            "provider/weather.yaml",
            (31, 5, 22),
            authorities=REFUSED[:1],
        ),
        finding(
            "locale/misspelt-key",
            warning,
            "`ja_Jp` is read by nobody: Japanese is `ja_JP`. Users see English instead.",
            "manifest.yaml",
            (7, 3, 8),
            write="ja_JP",
            title="Rename the key to `ja_JP`",
            authorities=DROPPED,
        ),
        finding(
            "locale/misspelt-key",
            warning,
            "`ja_Jp` is read by nobody: Japanese is `ja_JP`. Users see English instead.",
            "tools/forecast.yaml",
            (6, 5, 10),
            write="ja_JP",
            title="Rename the key to `ja_JP`",
            authorities=DROPPED,
        ),
        finding(
            "permission/missing",
            warning,
            "`tools/forecast.py` calls a model (`self.session.model.llm.invoke`), but the manifest does not ask for "
            "the permission `model`. The call fails.",
            "manifest.yaml",
            (12, 15, 17),
            confidence=Confidence.LIKELY,
        ),
        finding(
            "package/secret",
            warning,
            "`.env` would be packaged. Add it to `.difyignore`.",
            ".env",
        ),
        finding("readme/missing", notice, "The plugin has no `README.md`.", "manifest.yaml"),
        *(
            finding(
                "locale/missing",
                notice,
                f"{quote(name)} has no text in `pt_BR`.",
                "tools/forecast.yaml",
                (line, 5, 10),
                group="pt_BR",
            )
            for name, line in (("/identity/label", 4), ("/description/human", 8), ("/parameters/0/label", 16))
        ),
    ]


def old_findings(number: int) -> list[Finding]:
    """Findings that the base has too."""
    return [
        finding(
            "locale/missing",
            Severity.NOTICE,
            f"`/{n}` has no text.",
            "provider/weather.yaml",
            (40 + n, 1, 2),
            new=False,
        )
        for n in range(number)
    ]


SUMMARY = PluginSummary(
    root=ROOT,
    kind="plugin",
    author="Acme Inc.",
    name="weather",
    version="0.2.0",
    categories=("tool",),
    locales={
        "en_US": LocaleCoverage(41, 41),
        "zh_Hans": LocaleCoverage(40, 41, missing=1, exempt=5),
        "pt_BR": LocaleCoverage(30, 41, missing=9, copied=2, exempt=5),
        "ja_JP": LocaleCoverage(0, 41, missing=41, exempt=5),
    },
    base_locales={
        "en_US": LocaleCoverage(38, 38),
        "zh_Hans": LocaleCoverage(38, 38),
        "pt_BR": LocaleCoverage(31, 38, missing=5, copied=2),
        "ja_JP": LocaleCoverage(0, 38, missing=38),
    },
    files=14,
)

RESULT = Result(
    profile=Profile.AUTHOR,
    fail_on=Severity.ERROR,
    plugins=(SUMMARY,),
    findings=tuple(fingerprinted([*twelve_findings(), *old_findings(9)])),
    unchecked=(Unchecked("marketplace/version-exists", ROOT, "no marketplace address is configured"),),
    coverage=Coverage(
        13,
        (Outside("docs/a.md", "no folder above it holds a plugin"),),
        (UnjudgedFile(f"{ROOT}/a.py", ROOT, "is a symbolic link"),),
    ),
    compared_to="1d2c3b4a5f6e7d8c9b0a1f2e3d4c5b6a7f8e9d0c",
    fixed=2,
    duration_ms=83,
)

PASSED = replace(RESULT, findings=tuple(fingerprinted(old_findings(9))), unchecked=(), coverage=Coverage(14))
NOTHING = replace(RESULT, plugins=(), findings=(), unchecked=(), coverage=Coverage(), fixed=0)
BROKEN = replace(RESULT, errors=("The rule asset/prefix failed on tools/weather: KeyError: 'icon'",))

CONTEXT = Context(
    files_url="https://github.com/acme/plugins/blob/9f8e7d6c5b4a39281706f5e4d3c2b1a098765432",
    run_url="https://github.com/acme/plugins/actions/runs/1234567890",
    summary_url="https://github.com/acme/plugins/pull/7#issuecomment-1",
    head="9f8e7d6c5b4a39281706f5e4d3c2b1a098765432",
)


def _rule(id: str, severity: Severity, summary: str) -> Rule:
    nothing = Example("")
    return Rule(id, severity, summary, "Why.", "Fix.", (), nothing, nothing, lambda plugin: iter(()))


#: A catalogue of rules for the findings above; `package/secret` and `readme/missing` are of another version.
RULES = {
    rule.id: rule
    for rule in (
        _rule("manifest/author", Severity.ERROR, "The author is not one that Dify installs."),
        _rule("asset/prefix", Severity.ERROR, "A media file is named with a path, such as `_assets/icon.svg`."),
        _rule("schema/unknown-value", Severity.ERROR, "A value is not one of those that the format knows."),
        _rule("reference/missing", Severity.ERROR, "A document names a file that does not exist."),
        _rule("locale/misspelt-key", Severity.WARNING, "A translation stands under a misspelt locale."),
        _rule("permission/missing", Severity.WARNING, "The plugin uses what the manifest does not ask for."),
        _rule("locale/missing", Severity.NOTICE, "A text has no translation."),
    )
}
