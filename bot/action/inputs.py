"""The inputs of the Action, as the runner passes them: `INPUT_` and the name in capitals, hyphens kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from bot.errors import UsageError, closest
from bot.findings import Severity, quote, quote_list
from bot.format.models.i18n import LOCALES
from bot.languages import LANGUAGES
from bot.options import Options, Profile
from bot.patterns import regex

#: The inputs of `action.yml`.
NAMES: Final = (
    "github-token", "path", "profile", "config", "fail-on", "locales", "review", "comment", "annotations", "check-run",
    "max-inline-comments", "sarif-file", "json-file", "html-file", "preview-file", "patch-file",
    "patch-artifact", "result-file", "lookups",
    "marketplace-url", "commands", "language",
)  # fmt: skip

#: Of inputs that are not known, so many are named.
MAX_UNKNOWN: Final = 10

#: What the input `lookups` may name.
LOOKUPS = ("vulnerabilities", "repository", "source", "pull-requests")
#: What the input `commands` may name.
COMMANDS = ("explain", "recheck", "fix", "translate")


class Inputs(Struct, frozen=True):
    """The inputs, checked. Empty texts and None mean that the configuration decides."""

    token: str
    path: str
    profile: Profile | None
    config: str
    #: The word of the input: a severity, `never`, or empty.
    fail_on: str
    locales: tuple[str, ...]
    review: bool
    comment: bool
    annotations: bool
    check_run: bool
    max_inline_comments: int
    sarif_file: str
    json_file: str
    html_file: str
    preview_file: str
    result_file: str
    patch_file: str
    #: The name under which a later step keeps that file; empty where none does.
    patch_artifact: str
    marketplace_url: str | None
    language: str
    #: What else may be asked on the network: some of `LOOKUPS`.
    lookups: tuple[str, ...] = ()
    #: What may be asked for in comments: some of `COMMANDS`.
    commands: tuple[str, ...] = ()

    def apply(self, options: Options) -> Options:
        """The options of the configuration, with the inputs put over them."""
        if self.profile is not None:
            options = replace(options, profile=self.profile)
        if self.fail_on:
            level = None if self.fail_on == "never" else Severity.parse(self.fail_on)
            options = replace(options, fail_on=level)
        if self.locales:
            options = options.with_locales(self.locales)
        if self.config:
            options = replace(options, config=self.config)
        if self.language:
            options = replace(options, language=self.language)
        if self.marketplace_url is not None:
            options = replace(options, marketplace_url=self.marketplace_url)
        return options


def read_inputs(environment: Mapping[str, str]) -> Inputs:
    """The inputs of the step. Raises `UsageError` that names the input and what it takes."""

    def text(name: str) -> str:
        return environment.get(f"INPUT_{name.upper()}", "").strip()

    profile = text("profile")
    if profile and profile not in [item.value for item in Profile]:
        raise _wrong("profile", profile, [item.value for item in Profile])
    fail_on = text("fail-on")
    if fail_on and fail_on not in ("error", "warning", "notice", "never"):
        raise _wrong("fail-on", fail_on, ["error", "warning", "notice", "never"])
    locales = tuple(item.strip() for item in text("locales").replace("\n", ",").split(",") if item.strip())
    for locale in locales:
        if locale not in LOCALES:
            raise _wrong("locales", locale, list(LOCALES))
    language = text("language")
    if language and language not in LANGUAGES:
        raise _wrong("language", language, [*LANGUAGES])
    count = text("max-inline-comments") or "25"
    if not count.isdecimal() or not count.isascii() or int(count) > 100:
        raise UsageError(f"the input max-inline-comments takes a number from 0 to 100, not {quote(count)}")
    path = text("path").strip("/")
    if ".." in path.split("/"):
        raise UsageError(f"the input path is {quote(path)}, which leaves the repository")
    return Inputs(
        # Where the command runs without action.yml, the token is where GitHub's own tools look for it.
        token=text("github-token") or environment.get("GITHUB_TOKEN", "").strip(),
        path="" if path == "." else path.removeprefix("./"),
        profile=Profile(profile) if profile else None,
        config=text("config"),
        fail_on=fail_on,
        locales=locales,
        review=_switch("review", text("review") or "auto"),
        comment=_switch("comment", text("comment") or "auto"),
        annotations=_switch("annotations", text("annotations") or "auto"),
        check_run=_switch("check-run", text("check-run") or "off"),
        max_inline_comments=int(count),
        sarif_file=text("sarif-file"),
        json_file=text("json-file"),
        html_file=text("html-file"),
        preview_file=text("preview-file"),
        result_file=text("result-file"),
        patch_file=text("patch-file"),
        patch_artifact=_artifact(text("patch-artifact"), text("patch-file")),
        marketplace_url=_address(text("marketplace-url")),
        language=language,
        lookups=_names("lookups", text("lookups"), LOOKUPS),
        commands=_names("commands", text("commands"), COMMANDS),
    )


def about_unknown(environment: Mapping[str, str]) -> str:
    """What to say of inputs that this version does not know; "" if it knows all of them.

    GitHub passes every input that a workflow names. An unknown one fails no job: the workflow may be for a newer
    version.
    """
    passed = {name.removeprefix("INPUT_").lower() for name in environment if name.startswith("INPUT_")}
    unknown = sorted(passed.difference(NAMES))
    if not unknown:
        return ""
    more = f" and {len(unknown) - MAX_UNKNOWN} more" if len(unknown) > MAX_UNKNOWN else ""
    return f"Inputs that are not known, and have no effect: {', '.join(map(_with_meant, unknown[:MAX_UNKNOWN]))}{more}."


def _with_meant(written: str, known: Sequence[str] = NAMES) -> str:
    """What was written, and the known one that was probably meant."""
    meant = closest(written.replace("_", "-"), known) or closest(written, known)
    return quote(written) + (f" (did you mean {quote(meant)}?)" if meant else "")


def _names(of: str, value: str, known: Sequence[str]) -> tuple[str, ...]:
    """The names in a list with commas. Raises `UsageError` for one that the input does not take."""
    names = tuple(name.strip() for name in value.replace("\n", ",").split(",") if name.strip())
    for name in names:
        if name not in known:
            raise _wrong(of, name, list(known))
    return names


def _artifact(name: str, patch_file: str) -> str:
    if name and not patch_file:
        raise UsageError("the input patch-artifact needs patch-file, the file that a later step keeps under that name")
    if name and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,99}", name):
        raise UsageError(
            f"the input patch-artifact takes a name of letters, digits, `.`, `_` and `-`, not {quote(name)}"
        )
    return name


#: The address of a marketplace. Without encryption only this machine is asked.
_MARKETPLACE = regex(r"(https://[A-Za-z0-9.-]+|http://(127\.0\.0\.1|localhost))(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")


def _address(value: str) -> str | None:
    if value and not _MARKETPLACE.fullmatch(value):
        raise UsageError(f"the input marketplace-url takes an address that begins with https://, not {quote(value)}")
    return value.rstrip("/") or None


def _switch(name: str, value: str) -> bool:
    if value not in ("auto", "off"):
        raise _wrong(name, value, ["auto", "off"])
    return value == "auto"


def _wrong(name: str, value: str, allowed: list[str]) -> UsageError:
    return UsageError(f"the input {name} takes {quote_list(allowed)}, not {_with_meant(value, allowed)}")
