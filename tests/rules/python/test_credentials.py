"""The credentials that a plugin asks for, against those its code reads."""

from __future__ import annotations

import pytest

from bot.source.memory import MemoryTree
from tests.rules.python.oracle import tool
from tests.support.reviewing import changed, fixed, found, text_at

YAML, CODE, PROVIDER = "provider/weather.yaml", "tools/current_weather.py", "provider/weather.py"
UNREAD, UNDECLARED, OPTIONAL = (
    "python/unread-credential", "python/undeclared-credential", "python/optional-credential",
)  # fmt: skip


def asks(**items: str) -> str:
    body = "".join(f"  {name}:\n    type: text-input\n    label: {{en_US: A}}\n{more}" for name, more in items.items())
    return f"credentials_for_provider:\n{body}"


REQUIRED, OPTION = "    required: true\n", "    required: false\n"


def plugin(check: str, text: str, tool_lines: tuple[str, ...] = ("yield 1",), more: str = "") -> MemoryTree:
    source = (
        "from dify_plugin import ToolProvider\n\n\nclass P(ToolProvider):\n"
        f"    def _validate_credentials(self, credentials):\n        {check}\n{more}"
    )
    return changed(text, YAML, files={PROVIDER: source, CODE: tool(*tool_lines)})


def places(rule: str, tree: MemoryTree) -> list[tuple[str, str, str]]:
    return [(item.severity.label, item.location.path, text_at(tree, item)) for item in found(rule, tree)]


def test_a_credential_that_nothing_reads() -> None:
    assert places(UNREAD, plugin("credentials['a']", asks(a=REQUIRED, zone=REQUIRED))) == [("warning", YAML, "zone")]


@pytest.mark.parametrize(
    ("kind", "required", "severity"),
    [
        ("text-input", "false", "warning"),
        ("secret-input", "false", "warning"),
        ("boolean", "true", "warning"),
        ("boolean", "false", "notice"),
        ("array[tools]", "false", "notice"),
    ],
)
def test_an_optional_choice_that_nothing_reads_costs_little(kind: str, required: str, severity: str) -> None:
    item = f"  zone:\n    type: {kind}\n    required: {required}\n    label: {{en_US: A}}\n"
    tree = plugin("credentials['a']", asks(a=REQUIRED) + item)
    assert places(UNREAD, tree) == [(severity, YAML, "zone")]


@pytest.mark.parametrize(
    ("name", "more", "count"),
    [
        ("tips", "    required: false\n    default: https://acme.example/keys\n", 0),
        ("key_hint", "    default: https://acme.example/keys\n", 0),
        ("tips", "    required: true\n    default: https://acme.example/keys\n", 1),
        ("tips", "    required: false\n", 1),
        ("zone", "    required: false\n    default: https://acme.example/keys\n", 1),
    ],
)
def test_a_field_that_only_tells_users_something_need_not_be_read(name: str, more: str, count: int) -> None:
    assert len(places(UNREAD, plugin("credentials['a']", asks(a=REQUIRED, **{name: more})))) == count


@pytest.mark.parametrize(
    "code",
    [
        "credentials['zone']",
        "credentials.get('zone')",
        "Client(zone=1)",
        "config.zone",
        "x = {'zone': 1}",
        "'zone' in credentials",
        "pick(credentials, 'zone')",
        "[credentials[k] for k in ('zone', 'other')]",
        "Client(**credentials)",
        "Client(credentials)",
        "for k, v in credentials.items(): pass",
        "credentials.get(f'{x}ne')",
        "'{zone}'.format_map(credentials)",
        "'%(zone)s' % credentials",
        "json.dumps(credentials)",
        "connect(credentials)",
        "credentials.get(key())",
        "c = credentials\n        for k, v in c.items(): pass",
    ],
)
def test_a_name_that_may_be_read(code: str) -> None:
    assert places(UNREAD, plugin(code, asks(zone=REQUIRED))) == []


@pytest.mark.parametrize(
    "code",
    ["super().validate_credentials(credentials)", "x = 1  # zone", "words = ['zone', 'b']", "print('zone')", "'zone'"],
)
def test_a_word_is_no_read(code: str) -> None:
    assert len(places(UNREAD, plugin(code, asks(zone=REQUIRED)))) == 1


def test_a_file_that_nothing_loads_reads_nothing() -> None:
    tree = plugin("pass", asks(zone=REQUIRED))
    files = {path: tree.read(path) for path in tree.entries()}
    assert len(places(UNREAD, MemoryTree({**files, "other.py": b"x['zone']\n"}))) == 1


def test_the_read_that_was_surely_meant_is_named() -> None:
    (finding,) = found(UNREAD, plugin("credentials.get('base_url')", asks(endpoint_url=REQUIRED)))
    assert "`base_url`" in finding.message
    assert finding.related[0].location.path == PROVIDER


def test_what_comes_from_oauth_or_switches_a_form_is_not_asked_of_the_code() -> None:
    oauth = (
        "credentials_for_provider: {}\noauth_schema:\n  client_schema: []\n  credentials_schema:\n"
        "    - name: zone\n      type: secret-input\n"
        "      label: {en_US: A}\n"
    )
    assert places(UNREAD, plugin("pass", oauth)) == []


def test_a_credential_that_nobody_can_enter() -> None:
    tree = plugin("x = credentials['a'] + credentials['zone']", asks(a=REQUIRED))
    assert places(UNDECLARED, tree) == [("error", PROVIDER, "'zone'")]


@pytest.mark.parametrize(
    "code",
    [
        "credentials.get('zone')",
        "if 'zone' in credentials: credentials['zone']",
        "credentials['zone'] = 1; credentials['zone']",
        "raise ValueError(credentials['zone'])",
        "for k in credentials: credentials[k]",
        "credentials |= {'zone': 1}; credentials['zone']",
        "({'zone': 1} | credentials)['zone']",
    ],
)
def test_what_may_be_there(code: str) -> None:
    assert places(UNDECLARED, plugin(code, asks(a=REQUIRED))) == []


def test_what_oauth_gives_may_be_read() -> None:
    more = "    def _oauth_get_credentials(self, a, b, c):\n        return {'zone': 1}\n"
    assert places(UNDECLARED, plugin("credentials['zone']", asks(a=REQUIRED), more=more)) == []


def test_a_method_that_nothing_calls_fails_for_nobody() -> None:
    methods = "    def old(self):\n        return self.runtime.credentials['zone']\n"
    called = "        yield self.old()\n"
    for lines, count in ((methods, 0), (called + methods, 1)):
        tree = plugin("credentials['a']", asks(a=REQUIRED))
        files = {path: tree.read(path) for path in tree.entries()} | {CODE: tool("yield 1\n" + lines).encode()}
        assert len(places(UNDECLARED, MemoryTree(files))) == count


def test_every_optional_key_of_a_loop_is_told() -> None:
    code = "x = [credentials[k] for k in ('a', 'zone', 'team')]"
    tree = plugin(code, asks(a=REQUIRED, zone=OPTION, team=OPTION))
    assert places(OPTIONAL, tree) == [("warning", PROVIDER, "k")] * 2


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        (["return {'token': 1}"], [UNDECLARED]),
        (["return {'token': 1, 'zone': 2}"], []),
        (["return dict(token=1, zone=2)"], []),
        (["return dict(token=1)"], [UNDECLARED]),
        (["return ToolOAuthCredentials(credentials={'token': 1, 'zone': 2}, expires_at=-1)"], []),
        (["return ToolOAuthCredentials(credentials={'token': 1}, expires_at=-1)"], [UNDECLARED]),
        (["got = {'token': 1}", "got['zone'] = 2", "return ToolOAuthCredentials(credentials=got)"], []),
        (["got = {'token': 1}", "return ToolOAuthCredentials(credentials=got)"], [UNDECLARED]),
        (["return ToolOAuthCredentials(credentials=request.json())"], []),
        (["return ToolOAuthCredentials(credentials={**request.json()})"], []),
        (["return self.exchange(request)"], []),
    ],
)
def test_what_signing_in_gives(lines: list[str], rules: list[str]) -> None:
    text = asks(a=REQUIRED) + "oauth_schema:\n  credentials_schema:\n    - name: token\n      type: secret-input\n"
    body = "".join(f"        {line}\n" for line in lines)
    method = f"    def _oauth_get_credentials(self, uri, system, request):\n{body}"
    reads = "c = self.runtime.credentials; yield c['zone'], c['token']"
    tree = plugin("credentials['a']", text + "      required: false\n", (reads,), more=method)
    assert [rule for rule in (UNDECLARED, OPTIONAL) for _ in places(rule, tree)] == rules


def test_an_optional_credential_that_is_taken_for_granted() -> None:
    line = "x = self.runtime.credentials['zone']"
    tree = plugin("credentials.get('zone')", asks(zone=OPTION), (line, "yield x"))
    assert places(OPTIONAL, tree) == [("warning", CODE, "'zone'")]
    (finding,) = found(OPTIONAL, tree)
    assert "x = self.runtime.credentials.get('zone')" in fixed(tree, finding)
    assert places(OPTIONAL, plugin("pass", asks(zone=REQUIRED), (line, "yield x"))) == []
    assert places(OPTIONAL, plugin("pass", asks(zone=OPTION + "    default: x\n"), (line, "yield x"))) == []


@pytest.mark.parametrize(
    "code",
    [
        "need(credentials, 'zone'); credentials['zone']",
        "missing = [k for k in NAMES if not credentials.get(k)]\n        assert not missing; credentials['zone']",
        "if credentials.get('mode') == 'x': credentials['zone']",
        "credentials.get('mode') or credentials['zone']",
        "if credentials.get('zone'): credentials['zone']",
        "try: credentials['zone']\n        except KeyError: pass",
    ],
)
def test_a_form_with_conditions(code: str) -> None:
    more = "\nNAMES = ('mode', 'zone')\ndef need(given, name):\n    if name not in given:\n        raise E(name)\n"
    assert places(OPTIONAL, plugin(code, asks(zone=OPTION, mode=REQUIRED), more=more)) == []


@pytest.mark.parametrize("line", ["if (c := credentials): c['zone']", "'{zone}'.format(**credentials)"])
def test_a_credential_under_another_name(line: str) -> None:
    assert len(places(OPTIONAL, plugin(line, asks(zone=OPTION)))) == 1


def test_the_runtime_under_another_name() -> None:
    tree = plugin("credentials.get('zone')", asks(zone=OPTION), ("r = self.runtime", "yield r.credentials['zone']"))
    assert places(OPTIONAL, tree) == [("warning", CODE, "'zone'")]


def test_a_key_error_told_as_another_fault_is_no_guard() -> None:
    code = "try: credentials['zone']\n        except KeyError: raise ValueError('no key')"
    assert len(places(OPTIONAL, plugin(code, asks(zone=OPTION)))) == 1


def test_what_is_optional_in_a_model_form_says_so() -> None:
    form = (
        "model_credential_schema:\n  model: {{label: {{en_US: M}}}}\n  credential_form_schemas:\n    - variable: zone\n"
    )
    form += "      type: text-input\n      label: {{en_US: A}}\n{}"
    source = (
        "from dify_plugin import ModelProvider\nclass P(ModelProvider):\n"
        "    def validate_provider_credentials(self, credentials):\n        credentials['zone']\n"
    )
    counts = [
        len(found(OPTIONAL, changed(form.format(more), "provider/acme.yaml", "model", {"provider/acme.py": source})))
        for more in ("", "      required: false\n", "      required: true\n")
    ]
    assert counts == [0, 1, 0]


HUB = "provider/codehub.py"
SUBSCRIBING = """\
from dify_plugin.interfaces.trigger import Trigger, TriggerSubscriptionConstructor


class CodehubTrigger(Trigger):
    def _dispatch_event(self, subscription, request):
        return subscription.properties['kept']


class CodehubConstructor(TriggerSubscriptionConstructor):
    def _create_subscription(self, endpoint, parameters, credentials, credential_type):
        return {}
"""


@pytest.mark.parametrize(
    ("line", "rule", "severity"),
    [
        ("parameters['zone'], parameters.get('team')", OPTIONAL, "warning"),
        ("parameters['team'], parameters.get('zone')", None, ""),
        ("parameters['team'], parameters.get('zone'), parameters['other']", UNDECLARED, "error"),
        ("parameters['team'], parameters.get('zone'), parameters.get('other')", None, ""),
        ("parameters['team'], parameters['zone'] if parameters.get('zone') else 1", None, ""),
    ],
)
def test_what_users_enter_to_subscribe(line: str, rule: str | None, severity: str) -> None:
    items = "".join(
        f"    - name: {name}\n      type: string\n      required: {required}\n      label: {{en_US: A}}\n"
        for name, required in (("team", "true"), ("zone", "false"))
    )
    tree = changed(
        f"subscription_constructor:\n  parameters:\n{items}  extra: {{python: {{source: {HUB}}}}}\n",
        "provider/codehub.yaml",
        "trigger",
        {HUB: SUBSCRIBING.format(line)},
    )
    said = [(rule, severity) for rule in (UNDECLARED, OPTIONAL) for severity, *_ in places(rule, tree)]
    assert said == ([(rule, severity)] if rule else [])


def test_both_places_of_a_credential_that_nothing_reads() -> None:
    (finding,) = found(UNREAD, plugin("credentials['a']", asks(a=REQUIRED, zone=REQUIRED)))
    assert [(item.location.path, item.excerpt) for item in finding.related] == [
        (PROVIDER, "def _validate_credentials(self, credentials):")
    ]


def test_both_places_where_no_code_is_given_credentials() -> None:
    code = "from dify_plugin import ToolProvider\n\n\nclass P(ToolProvider):\n    pass\n"
    tree = changed(asks(zone=REQUIRED), YAML, files={PROVIDER: code, CODE: tool("yield 1")})
    (finding,) = found(UNREAD, tree)
    assert [(item.location.path, item.excerpt) for item in finding.related] == [(PROVIDER, "class P(ToolProvider):")]


SUBSCRIBED = (
    "subscription_schema:\n  - name: zone\n    type: text-input\n    required: {}\n    label: {{en_US: Zone}}\n"
)
TAKING = (
    "from dify_plugin.interfaces.trigger import Trigger\n\n\nclass CodehubTrigger(Trigger):\n"
    "    def _dispatch_event(self, subscription, request):\n        return {}\n"
)


@pytest.mark.parametrize(
    ("code", "rule", "severity"),
    [
        ("subscription.properties.get('zone')", None, ""),
        ("None", UNREAD, "warning"),
        ("list(subscription.properties.values())", None, ""),
        ("json.dumps(subscription.properties)", None, ""),
        ("Unknown(**subscription.properties)", None, ""),
        ("str(subscription.properties)", UNREAD, "warning"),
        ("subscription.properties['zone']", OPTIONAL, "warning"),
        ("subscription.properties['stored'], subscription.properties.get('zone')", None, ""),
    ],
)
def test_what_a_subscription_keeps(code: str, rule: str | None, severity: str) -> None:
    text = SUBSCRIBED.format("false")
    tree = changed(text, "provider/codehub.yaml", "trigger", {HUB: TAKING.format(code)})
    rules = (UNREAD, UNDECLARED, OPTIONAL)
    assert [(each, level) for each in rules for level, *_ in places(each, tree)] == ([(rule, severity)] if rule else [])


def test_what_code_has_stored_of_a_subscription_may_be_there() -> None:
    source = SUBSCRIBING.format("parameters.get('zone')").replace("'kept'", "'zone'")
    constructor = f"subscription_constructor:\n  parameters: []\n  extra: {{python: {{source: {HUB}}}}}\n"
    for text, count in ((SUBSCRIBED.format("false"), 1), (SUBSCRIBED.format("false") + constructor, 0)):
        assert len(places(OPTIONAL, changed(text, "provider/codehub.yaml", "trigger", {HUB: source}))) == count


@pytest.mark.parametrize(("line", "rules"), [("shared.helper(self)", [UNDECLARED, OPTIONAL]), ("None", [])])
def test_a_function_that_gets_the_tool(line: str, rules: list[str]) -> None:
    shared = "def helper(tool):\n    return tool.runtime.credentials['zone'], tool.runtime.credentials['none']\n"
    tree = plugin("credentials.get('zone')", asks(zone=OPTION), ("from tools import shared", f"yield {line}"))
    files = {path: tree.read(path) for path in tree.entries()} | {"tools/shared.py": shared.encode()}
    assert [rule for rule in (UNDECLARED, OPTIONAL) for _ in places(rule, MemoryTree(files))] == rules
