"""Reads the configuration of a repository, `.github/dify-plugin-review.yml`.

```yaml
profile: author             # author, marketplace or official
fail-on: error              # error, warning, notice or never
locales:
  required: [en_US]         # a missing translation is a warning
  wanted: [zh_Hans, ja_JP]  # a missing translation is a notice
rules:                      # a rule or a family; the rule's own line wins
  locale: warning
  locale/unknown-locale: off
ignores:                    # findings in these files do not count
  - paths: tools/legacy/**  # a pattern of .gitignore, or a list of them
    rules: [schema/unknown-key]
    reason: kept for the old console
suppressions: author        # comments in a pull request from a fork count too
marketplace-url: https://marketplace.dify.ai
language: zh_Hans           # of reports for people: en_US, zh_Hans, ja_JP or pt_BR
```

Everything may be left out. `paths` mean what they mean in a `.gitignore` at the repository root: without a slash a name
at any depth, with one a path from the root, `**` any number of folders, a trailing slash folders only, `!` takes back
what an earlier pattern of the list matched. Without `rules` an ignore stands for all of them.

The file is text like any other in a change: it is only read as data, its size and the work it can ask for are bounded,
and it cannot name files, commands or credentials. Who may change what counts is decided by where it is read from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace
from pathspec import GitIgnoreSpec
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from yaml import MappingNode

from bot.document import Document, Pointer, Problem, ProblemCode, read_document
from bot.errors import UsageError, closest
from bot.findings import Severity, Span, quote, quote_list
from bot.format.locales import meant_locale
from bot.format.models.i18n import LOCALES
from bot.languages import LANGUAGES
from bot.options import Options, PathIgnore, Profile
from bot.rules.registry import FAMILIES, catalogue

#: A larger configuration is refused (bytes).
MAX_BYTES: Final = 64 * 1024

#: At most so many mistakes are said one by one, the others are counted.
MAX_MISTAKES: Final = 20

#: Limits of one pattern. Matching tries every split of a path among the wildcards, so their number is its exponent.
MAX_PATTERN: Final = 200
MAX_STARS_IN_SEGMENT: Final = 2
MAX_DOUBLE_STARS: Final = 2


def read_config(content: bytes, name: str) -> Options:
    """The options that the configuration file `name` gives.

    Raises `UsageError` with a sentence for each mistake, the first `MAX_MISTAKES` of them in the order of the file: the
    file, the line and column, what is wrong and what is expected there.
    """
    if len(content) > MAX_BYTES:
        raise UsageError(f"{quote(name)}: the configuration is larger than {MAX_BYTES // 1024} KiB")
    document = read_document(name, content)
    if any(problem.code is ProblemCode.EMPTY for problem in document.problems):
        return Options()
    if document.problems:
        raise _errors(document, [(problem.span, _unreadable(problem)) for problem in document.problems])
    if document.data is None:
        return Options()
    if not isinstance(document.data, dict):
        text = f"the configuration is a mapping with {quote_list(_key_names(_Configuration))}"
        raise _errors(document, [(document.span(()), text)])
    try:
        configuration = _Configuration.model_validate(document.data)
    except ValidationError as error:
        raise _errors(document, [_describe(document, item) for item in error.errors()]) from error
    return _options(configuration, document)


# --- the model ------------------------------------------------------------------------------------------------------


def _off(value: object) -> object:
    # YAML 1.1, which PyYAML reads, takes a bare `off` for false.
    return "off" if value is False else value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _no_mapping(value: object) -> object:
    return {} if value is None else value


def _no_list(value: object) -> object:
    return [] if value is None else value


def _known_rule(name: str) -> str:
    if name not in FAMILIES and name not in catalogue():
        raise PydanticCustomError("unknown_rule", "no rule or family")
    return name


def _reason(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("no_reason", "no reason")
    return " ".join(text.split())


def _pattern(text: str) -> str:
    segments = text.split("/")
    single = max(len(re.findall(r"\*+", segment)) for segment in segments)
    double = segments.count("**")
    if len(text) > MAX_PATTERN or single > MAX_STARS_IN_SEGMENT or double > MAX_DOUBLE_STARS:
        raise PydanticCustomError("pattern", "too complex")
    (compiled,) = GitIgnoreSpec.from_lines([text]).patterns or (None,)
    if compiled is None or compiled.include is None:
        raise PydanticCustomError("pattern", "matches nothing")
    return text


def _patterns(texts: list[str]) -> list[str]:
    if texts[0].startswith("!"):
        raise PydanticCustomError("pattern", "takes back what nothing matched")
    return texts


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    plain = text.isascii() and text.isprintable() and " " not in text
    extra = parts.username is not None or parts.password is not None or parts.query or parts.fragment
    if text and (not plain or extra or parts.scheme != "https" or not parts.hostname):
        raise PydanticCustomError("address", "no address")
    return text.rstrip("/")


_Level = Annotated[Literal["error", "warning", "notice", "off"], BeforeValidator(_off)]
_RuleName = Annotated[str, AfterValidator(_known_rule)]
_Pattern = Annotated[str, AfterValidator(_pattern)]
_Locale = Literal["en_US", "zh_Hans", "pt_BR", "ja_JP"]
_Locales = Annotated[Annotated[list[_Locale], Field(max_length=len(LOCALES))] | None, BeforeValidator(_listed)]


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _LocaleLists(_Model):
    required: _Locales = None
    wanted: _Locales = None


class _Ignore(_Model):
    paths: Annotated[
        list[_Pattern], Field(min_length=1, max_length=100), BeforeValidator(_listed), AfterValidator(_patterns)
    ]
    rules: Annotated[
        Annotated[list[_RuleName], Field(min_length=1, max_length=500)] | None, BeforeValidator(_listed)
    ] = None
    reason: Annotated[str, Field(max_length=500), AfterValidator(_reason)]


class _Configuration(_Model):
    profile: Literal["author", "marketplace", "official"] = "author"
    fail_on: Literal["error", "warning", "notice", "never"] = Field("error", alias="fail-on")
    locales: Annotated[_LocaleLists, BeforeValidator(_no_mapping)] = _LocaleLists()
    rules: Annotated[dict[_RuleName, _Level], BeforeValidator(_no_mapping), Field(max_length=1000)] = {}
    suppressions: Literal["author", "base"] = "base"
    ignores: Annotated[list[_Ignore], BeforeValidator(_no_list), Field(max_length=200)] = []
    language: Literal["", "en_US", "zh_Hans", "ja_JP", "pt_BR"] = ""
    marketplace_url: Annotated[str, Field(max_length=200), AfterValidator(_address)] = Field(
        "", alias="marketplace-url"
    )


def configuration_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the configuration file: what an editor completes and checks it with."""
    made = _Configuration.model_json_schema(by_alias=True)
    levels = list(_EXPECTED["rules", "*"].values())
    properties, lists = made["properties"], made["$defs"]
    names = {"enum": list(_rule_names())}
    properties["rules"] |= {"propertyNames": names, "additionalProperties": {"enum": [*levels, False]}}
    ignore = lists["_Ignore"]["properties"]
    ignore["paths"] = _one_or_more(ignore["paths"])
    ignore["rules"] = _one_or_more({"type": "array", "items": names, "minItems": 1, "maxItems": 500}, "null")
    for wanted in lists["_LocaleLists"]["properties"].values():
        forms = [form for form in wanted.pop("anyOf") if form.get("type") == "array"]
        wanted.update(_one_or_more(forms[0], "null"))
    for key in ("locales", "rules", "ignores"):  # A key without a value is as good as none.
        properties[key] = {"anyOf": [properties[key], {"type": "null"}]}
    for place, expected in _EXPECTED.items():
        if len(place) == 1:
            properties[place[0]]["description"] = f"Takes {expected.words}."
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "Dify Plugin Review: configuration",
        "type": ["object", "null"],
    }


def _one_or_more(many: dict[str, Any], *others: str) -> dict[str, Any]:
    """The schema of a list that may be written as its one item."""
    return {"anyOf": [many, many["items"], *({"type": other} for other in others)]}


#: The mappings of the configuration, by the keys that lead to them.
_MODELS: Final[Mapping[tuple[str, ...], type[_Model]]] = {
    (): _Configuration,
    ("locales",): _LocaleLists,
    ("ignores",): _Ignore,
}


def _options(configuration: _Configuration, document: Document) -> Options:
    options = Options()
    locales = configuration.locales
    required = options.required_locales if locales.required is None else tuple(dict.fromkeys(locales.required))
    wanted = options.wanted_locales if locales.wanted is None else tuple(dict.fromkeys(locales.wanted))
    return replace(
        options,
        profile=Profile(configuration.profile),
        fail_on=None if configuration.fail_on == "never" else Severity.parse(configuration.fail_on),
        required_locales=required,
        wanted_locales=tuple(locale for locale in wanted if locale not in required),
        severities={
            name: None if level == "off" else Severity.parse(level) for name, level in configuration.rules.items()
        },
        path_ignores=tuple(
            PathIgnore(
                patterns=tuple(ignore.paths),
                rules=tuple(ignore.rules or ()),
                reason=ignore.reason,
                where=f"{document.path}:{document.span_of_key(('ignores', index)).line}",
            )
            for index, ignore in enumerate(configuration.ignores)
        ),
        author_suppressions=configuration.suppressions == "author",
        marketplace_url=configuration.marketplace_url,
        language=configuration.language,
    )


# --- what is wrong, as a sentence -----------------------------------------------------------------------------------


class _Expected(Struct, frozen=True):
    """What a place takes: in words, and as values of which one may have been meant."""

    words: str
    values: Callable[[], Iterable[str]] = tuple


def _rule_names() -> Iterable[str]:
    return (*FAMILIES, *catalogue())


def _one_of(*values: str) -> _Expected:
    return _Expected(f"one of {quote_list(values)}", lambda: values)


_RULE = _Expected("rules or families (`dify-plugin-review rules` lists them)", _rule_names)
_LOCALES_EXPECTED = _Expected(f"a list of {quote_list(LOCALES)}", lambda: LOCALES)

#: What each place takes, by the keys that lead to it. Indexes and the names of rules are left out.
_EXPECTED: Final[Mapping[tuple[str, ...], _Expected]] = {
    ("profile",): _one_of(*(profile.value for profile in Profile)),
    ("suppressions",): _one_of("author", "base"),
    ("fail-on",): _one_of("error", "warning", "notice", "never"),
    ("locales",): _Expected("a mapping with `required`, `wanted`"),
    ("locales", "required"): _LOCALES_EXPECTED,
    ("locales", "wanted"): _LOCALES_EXPECTED,
    ("rules",): _Expected("a mapping of rules or families to `error`, `warning`, `notice` or `off`"),
    ("rules", "*"): _one_of("error", "warning", "notice", "off"),
    ("ignores",): _Expected("a list of mappings with `paths`, `rules`, `reason`"),
    ("ignores", "paths"): _Expected(
        f"patterns as in .gitignore, of at most {MAX_PATTERN} characters with {MAX_STARS_IN_SEGMENT} `*` in a name and "
        f"{MAX_DOUBLE_STARS} `**`"
    ),
    ("ignores", "rules"): _RULE,
    ("ignores", "reason"): _Expected("a text that says why"),
    ("language",): _one_of(*LANGUAGES),
    ("marketplace-url",): _Expected("an address that begins with `https://`, without a user, a query or a fragment"),
}


def _describe(document: Document, error: ErrorDetails) -> tuple[Span, str]:
    """Where an error of the model stands in the document, and what to say of it."""
    about_key = error["loc"][-1] == "[key]"
    pointer: Pointer = tuple(part for part in error["loc"] if part != "[key]")
    place, parent = _place(pointer), _place(pointer[:-1])
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        keys = _key_names(_MODELS[parent])
        text = f"there is no key {quote(pointer[-1])}{_inside(pointer)}: it takes {quote_list(keys)}"
        return document.span_of_key(pointer), text + _did_you_mean(pointer[-1], keys)
    if kind == "missing":
        text = f"{quote(pointer[-1])} is missing{_inside(pointer)}: it takes {_EXPECTED[place].words}"
        return document.span_of_parent(pointer), text
    if kind == "invalid_key" or (about_key and kind != "unknown_rule"):
        return _span_of_odd_key(document, pointer[:-1]), f"this key{_inside(pointer)} is not text: it needs quotes"
    if kind == "unknown_rule":
        span = document.span_of_key(pointer) if about_key else document.span(pointer)
        text = f"there is no rule or family {quote(value)} (`dify-plugin-review rules` lists them)"
        return span, text + _did_you_mean(value, _rule_names())
    if kind in ("too_long", "string_too_long"):
        limit = error.get("ctx", {}).get("max_length")
        unit = "characters" if kind == "string_too_long" else "entries"
        return document.span(pointer), f"{_shown(pointer)} has more than {limit} {unit}"
    expected = _EXPECTED[place]
    text = f"{_shown(pointer)} takes {expected.words}, not {_as_written(value)}"
    return document.span(pointer), text + _did_you_mean(value, expected.values())


def _span_of_odd_key(document: Document, mapping: Pointer) -> Span:
    """Where the first key that is not text stands: the model does not say how such a key is written."""
    node = document.node(mapping)
    keys = [key for key, _ in node.value] if isinstance(node, MappingNode) else []
    odd = next((key for key in keys if key.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")), None)
    return document.span_of(odd) if odd is not None else document.span(mapping)


def _place(pointer: Pointer) -> tuple[str, ...]:
    """The key of `_EXPECTED` for a pointer: list indexes left out, the names of rules as `*`."""
    names = tuple(str(part) for part in pointer if not isinstance(part, int))
    return ("rules", "*") if names[:1] == ("rules",) and len(names) > 1 else names


def _shown(pointer: Pointer) -> str:
    return quote("/".join(str(part) for part in pointer if not isinstance(part, int)))


def _inside(pointer: Pointer) -> str:
    return f" in {_shown(pointer[:-1])}" if len(pointer) > 1 else ""


def _as_written(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "nothing" if value is None else quote(value)


def _key_names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _did_you_mean(value: object, candidates: Iterable[str]) -> str:
    if not isinstance(value, str):
        return ""
    names = list(candidates)
    meant = meant_locale(value)
    close = meant if meant in names else closest(value, names)
    return f"; did you mean {quote(close)}?" if close else ""


def _unreadable(problem: Problem) -> str:
    """What is wrong with the text, without what that would mean for a plugin."""
    match problem.code:
        case ProblemCode.SEVERAL_DOCUMENTS:
            return "a second YAML document starts here, and a configuration is one"
        case ProblemCode.UNKNOWN_TAG:
            return f"the tag {quote(problem.subject)} means nothing here"
        case ProblemCode.BAD_SCALAR:
            return f"{quote(problem.subject)} is not a valid value: it needs quotes"
        case ProblemCode.COMPLEX_KEY:
            return "a key must be text"
    return problem.message.removesuffix(".")


def _errors(document: Document, mistakes: Iterable[tuple[Span, str]]) -> UsageError:
    """A sentence for each mistake, in the order of the file."""
    ordered = sorted(dict.fromkeys(mistakes), key=lambda mistake: (mistake[0].line, mistake[0].column))
    name = quote(document.path)
    said = [f"{name}, line {span.line}, column {span.column}: {text}" for span, text in ordered[:MAX_MISTAKES]]
    left = len(ordered) - len(said)
    return UsageError(*said, *([f"{name}: {left:,} more mistakes"] if left else []))
