"""The configuration is read as documented, and whatever is wrong with it is said at its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UsageError
from bot.findings import Severity
from bot.options import Options, PathIgnore, Profile
from bot.policy import configuration as config
from bot.policy.configuration import MAX_BYTES, MAX_MISTAKES, MAX_PATTERN, read_config
from bot.rules.registry import FAMILIES, catalogue

README = Path(__file__).parents[2] / "README.md"


def read(text: str) -> Options:
    return read_config(text.encode(), "conf.yml")


def complaint(text: str | bytes) -> str:
    with pytest.raises(UsageError) as raised:
        read_config(text if isinstance(text, bytes) else text.encode(), "conf.yml")
    return str(raised.value)


def test_everything_that_can_be_said() -> None:
    options = read(
        """\
profile: marketplace
fail-on: warning
locales:
  required: [en_US, zh_Hans]
  wanted: [ja_JP, ja_JP]
rules:
  locale: error
  locale/unknown-locale: off
  yaml/syntax: notice
ignores:
  - paths: tools/legacy/**
    rules: [schema/unknown-key, locale]
    reason: kept for
      the old console
  - reason: generated
    paths: ["*.gen.yaml", "!keep.gen.yaml"]
marketplace-url: https://marketplace.dify.ai/api/
"""
    )
    assert options == Options(
        profile=Profile.MARKETPLACE,
        fail_on=Severity.WARNING,
        required_locales=("en_US", "zh_Hans"),
        wanted_locales=("ja_JP",),
        severities={"locale": Severity.ERROR, "locale/unknown-locale": None, "yaml/syntax": Severity.NOTICE},
        path_ignores=(
            PathIgnore(
                ("tools/legacy/**",), ("schema/unknown-key", "locale"), "kept for the old console", "conf.yml:11"
            ),
            PathIgnore(("*.gen.yaml", "!keep.gen.yaml"), (), "generated", "conf.yml:15"),
        ),
        marketplace_url="https://marketplace.dify.ai/api",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "# only a comment\n",
        "---\n",
        "rules:\nignores:\nlocales:\n",
        "{}",
        "locales: {wanted: }",
        "null",
        "~\n",
    ],
)
def test_nothing_said_leaves_the_defaults(text: str) -> None:
    assert read(text) == Options()


def test_the_examples_of_readme_and_module_are_valid() -> None:
    for text in (README.read_text(encoding="utf-8"), config.__doc__ or ""):
        (example,) = re.findall(r"```yaml\n((?:profile|# ?profile):.*?)```", text, re.DOTALL)
        assert read(example) != Options()


def test_an_ignore_without_rules_stands_for_all() -> None:
    for rules in ("", ", rules: "):
        (ignore,) = read(f"ignores: [{{paths: a, reason: b{rules}}}]").path_ignores
        assert ignore.rules == ()


def test_never_fails_nothing() -> None:
    assert read("fail-on: never").fail_on is None


@pytest.mark.parametrize("off", ["off", "'off'", "false", "Off"])
def test_off_is_understood_although_yaml_reads_a_boolean(off: str) -> None:
    assert read(f"rules: {{yaml/syntax: {off}}}").severities == {"yaml/syntax": None}


def test_a_required_locale_is_not_wanted_too() -> None:
    options = read("locales: {required: [en_US, ja_JP]}")
    assert options.required_locales == ("en_US", "ja_JP")
    assert options.wanted_locales == ("zh_Hans", "pt_BR")


def test_every_rule_and_family_can_be_configured() -> None:
    names = [*FAMILIES, *catalogue()]
    assert set(read(yaml.safe_dump({"rules": dict.fromkeys(names, "notice")})).severities) == set(names)


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("profile: auhtor", 1, 10, "`profile` takes one of `author`, `marketplace`, `official`, not `auhtor`; did you"),
        ("profile: auhtor", 1, 10, "; did you mean `author`?"),
        ("\nprofil: author", 2, 1, "there is no key `profil`: it takes `profile`, `fail-on`, `locales`, `rules`, `su"),
        ("\nprofil: author", 2, 1, "; did you mean `profile`?"),
        ("fail-on: 3", 1, 10, "`fail-on` takes one of `error`, `warning`, `notice`, `never`, not `3`"),
        ("fail_on: error", 1, 1, "; did you mean `fail-on`?"),
        ("profile:", 1, 1, "`profile` takes one of `author`, `marketplace`, `official`, not nothing"),
        ("locales:\n  wanted: [zh_Hans, zh_CN]", 2, 21, "not `zh_CN`; did you mean `zh_Hans`?"),
        ("locales:\n  wanted: [ko_KR]", 2, 12, "`locales/wanted` takes a list of `en_US`, `zh_Hans`, `pt_BR`, `ja_JP`"),
        ("locales:\n  needed: [en_US]", 2, 3, "there is no key `needed` in `locales`: it takes `required`, `wanted`"),
        ("locales: [en_US]", 1, 10, "`locales` takes a mapping with `required`, `wanted`, not a list"),
        ("rules:\n  yaml/synatx: error", 2, 3, "there is no rule or family `yaml/synatx` (`dify-plugin-review rules`"),
        ("rules:\n  yaml/synatx: error", 2, 3, "; did you mean `yaml/syntax`?"),
        ("rules:\n  yaml/syntax: loud", 2, 16, "`rules/yaml/syntax` takes one of `error`, `warning`, `notice`, `off`"),
        ("rules: [yaml]", 1, 8, "`rules` takes a mapping of rules or families to `error`, `warning`, `notice` or `off"),
        ("ignores:\n  - rules: yaml\n    reason: x", 2, 5, "`paths` is missing in `ignores`: it takes patterns as in"),
        ("ignores:\n  - paths: a", 2, 5, "`reason` is missing in `ignores`: it takes a text that says why"),
        ("ignores:\n  - paths: a\n    reason: '  '", 3, 13, "`ignores/reason` takes a text that says why"),
        ("ignores:\n  - {paths: a, reason: b,\n     rules: [yaml, ymal]}", 3, 20, "`ymal` (`dify-plugin-review rules`"),
        ("ignores:\n  - {paths: a, reason: b,\n     rules: [yaml, ymal]}", 3, 20, "; did you mean `yaml`?"),
        ("ignores:\n  - {paths: a, reason: b,\n     rules: []}", 3, 13, "not an empty list"),
        ("ignores: {paths: a}", 1, 10, "`ignores` takes a list of mappings with `paths`, `rules`, `reason`, not a ma"),
        ("ignores: [a]", 1, 11, "`ignores` takes a list of mappings with `paths`, `rules`, `reason`, not `a`"),
        ("marketplace-url: http://marketplace.dify.ai", 1, 18, "takes an address that begins with `https://`"),
        ("on: 1", 1, 1, "this key is not text: it needs quotes"),
        ("profile: author\nrules:\n  yaml: off\n  1: off", 4, 3, "this key in `rules` is not text: it needs quotes"),
        ("profile: [author", 1, 17, "The YAML cannot be parsed"),
        ("profile: author\nprofile: official", 2, 1, "The key `profile` stands here a second time"),
        ("profile: author\n---\nrules: {}", 3, 1, "a second YAML document starts here"),
        ("rules: !!python/object/apply:os.system [id]", 1, 8, "python/object/apply:os.system` means nothing here"),
        ("- profile", 1, 1, "the configuration is a mapping with `profile`"),
        ("author", 1, 1, "the configuration is a mapping with `profile`"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place(text: str, line: int, column: int, said: str) -> None:
    message = complaint(text)
    assert message.startswith(f"`conf.yml`, line {line}, column {column}: ")
    assert said in message


def test_every_mistake_is_said_at_its_place_in_the_order_of_the_file() -> None:
    said = complaint("rules: {nothing: error}\nprofile: nobody\nfail-on: loud\nlocale: 1\n").split("\n")
    assert [line[: line.index(": ")] for line in said] == [
        f"`conf.yml`, line {line}, column {column}" for line, column in [(1, 9), (2, 10), (3, 10), (4, 1)]
    ]
    assert said[3].endswith("; did you mean `locales`?")


def test_mistakes_of_the_yaml_are_all_said() -> None:
    text = "profile: author\nprofile: official\nrules: {}\nrules: {}\n"
    assert [line.split(":")[0] for line in complaint(text).split("\n")] == [
        "`conf.yml`, line 2, column 1",
        "`conf.yml`, line 4, column 1",
    ]


def test_of_very_many_mistakes_the_first_are_said_and_the_others_counted() -> None:
    said = complaint("".join(f"a{number}: 1\n" for number in range(MAX_MISTAKES + 3))).split("\n")
    assert len(said) == MAX_MISTAKES + 1
    assert said[-1] == "`conf.yml`: 3 more mistakes"


@pytest.mark.parametrize(
    "pattern", ["''", "'#a'", "'!a'", "'[z'", "a*b*c*d", "'**/a/**/b/**'", "x" * 201, "' '", "/", "'***a*b*c'"]
)
def test_patterns_that_match_nothing_or_take_too_long_are_refused(pattern: str) -> None:
    message = complaint(f"ignores: [{{paths: {pattern}, reason: because}}]")
    assert "`ignores/paths` takes patterns as in .gitignore" in message


@pytest.mark.parametrize(
    "address",
    [
        "https://",
        "ftp://marketplace.dify.ai",
        "https://user@marketplace.dify.ai",
        "https://:secret@marketplace.dify.ai",
        "https://marketplace.dify.ai/?q=1",
        "https://marketplace.dify.ai/#a",
        "https://marketplace.dify.ai:99999",
        "https://market place.dify.ai",
        "https://marketplace.dify.ai\\n",
        "https://münchen.example",
        "https://[::1",
        "file:///etc/passwd",
    ],
)
def test_addresses_of_other_kinds_are_refused(address: str) -> None:
    assert "`marketplace-url` takes an address" in complaint(f'marketplace-url: "{address}"')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#" * (MAX_BYTES + 1), "larger than 64 KiB"),
        (f"ignores: [{'{paths: a, reason: b}, ' * 201}]", "`ignores` has more than 200 entries"),
        (f"ignores: [{{paths: a, reason: {'b' * 501}}}]", "`ignores/reason` has more than 500 characters"),
        ("a: &a\n  b: *a\n", "contains itself"),
        ("[" * 3000, "deeper"),
    ],
)  # fmt: skip
def test_size_and_work_are_bounded(text: str, said: str) -> None:
    assert said in complaint(text)


def test_what_is_just_within_the_limits_is_read() -> None:
    assert read("#" * MAX_BYTES) == Options()
    segment = "x" * (MAX_PATTERN - len("**/*a*/**"))
    (ignore,) = read(f"ignores: [{{paths: '**/*a*/{segment}**', reason: {'b' * 500}}}]").path_ignores
    assert len(ignore.patterns[0]) == MAX_PATTERN
    (ignore,) = read("ignores: [{paths: '**/a/**', reason: b}]").path_ignores
    assert ignore.patterns == ("**/a/**",)


def test_a_bomb_of_aliases_is_not_followed() -> None:
    levels = "".join(f"  - &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert "aliases" in complaint(f"rules:\n  - &b0 [x]\n{levels}")


def test_hostile_text_is_quoted() -> None:
    message = complaint("'`a`\u202e\\n': 1")
    assert "`ˋaˋ" in message
    assert "\u202e" not in message
    assert "\n" not in message


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["en_US", "off"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["profile", "fail-on", "locales", "required", "wanted", "rules", "yaml", "ignores", "paths", "reason"]
            )
            | st.text(max_size=4)
            | st.integers(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def outcome(content: bytes) -> str:
    """What is said of a configuration; nothing for a good one."""
    try:
        read_config(content, "conf.yml")
    except UsageError as error:
        return str(error)
    return ""


@given(plain)
def test_any_data_is_options_or_a_complaint_with_a_place(data: object) -> None:
    said = outcome(yaml.safe_dump(data, allow_unicode=True).encode())
    assert all(re.fullmatch(r"(`conf\.yml`, line \d+, column \d+: .+)?", line) for line in said.split("\n"))


@given(st.binary(max_size=60))
def test_any_bytes_are_options_or_a_complaint_with_a_place(content: bytes) -> None:
    assert all(re.fullmatch(r"(`conf\.yml`, line \d+, column \d+: .+)?", line) for line in outcome(content).split("\n"))
