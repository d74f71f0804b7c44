"""Rules about what code does that can harm those who use the plugin."""

from __future__ import annotations

from collections.abc import Iterator

from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, quote
from bot.messages import say, sentences
from bot.options import Profile
from bot.plugin import Plugin
from bot.plugin.hosts import hosts_of
from bot.plugin.sources import is_test, own_code, sources_of
from bot.python.capabilities import dangers, endless_requests, shown_credentials
from bot.rules.registry import Example, Hit, rule

_TOOL = "tools/current_weather.py"
_REVIEW = say("What users or models write may be executed with the rights of the plugin.")
_SAFETY = "toolkit/checks/safety.py"


def _tool(body: str, *imports: str) -> Example:
    head = "".join(f"import {name}\n" for name in imports)
    source = f"{head}from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
    return Example(
        f"{source}    def _invoke(self, tool_parameters):\n        {body}\n"
        "        yield self.create_text_message('')\n",
        path=_TOOL,
        whole=True,
    )


_SHELL = "subprocess.run({}, {}timeout=10, check=False)"


@rule(
    "security/shell",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="A command that is put together is given to a shell.",
    why="A shell reads `;`, `$(…)` and `|` in every part of the command: whoever has a part of it, a user or a model, "
    "runs commands of their own.",
    fix="Give a list of arguments to `subprocess.run`, without `shell=True`.",
    authorities=(Authority(By.PROJECT, _REVIEW, "docs.python.org, subprocess, Security Considerations"),),
    bad=_tool(_SHELL.format("f'ping {tool_parameters[\"host\"]}'", "shell=True, "), "subprocess"),
    good=_tool(_SHELL.format("['ping', '-c', '1', tool_parameters['host']]", ""), "subprocess"),
)
def shell(plugin: Plugin) -> Iterator[Hit]:
    yield from _dangers(plugin, "shell", say("A command that is put together is given to a shell"))


@rule(
    "security/evaluated-code",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="A text that is not written in the code is evaluated as Python.",
    why="Whoever has a part of the text, a user or a model, runs code of their own with the rights of the plugin.",
    fix="Use `ast.literal_eval` for values, or a parser of what you expect.",
    authorities=(Authority(By.PROJECT, _REVIEW, "docs.python.org, eval"),),
    bad=_tool("eval(tool_parameters['formula'])"),
    good=_tool("ast.literal_eval(tool_parameters['value'])", "ast"),
)
def evaluated_code(plugin: Plugin) -> Iterator[Hit]:
    yield from _dangers(plugin, "code", say("A text that is not written in the code is evaluated"))


@rule(
    "security/unpacked-objects",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="Objects are unpacked in a form that can hold code.",
    why="`pickle`, `marshal`, `yaml.load` without a safe loader and the like call what the data name: data from "
    "elsewhere run code.",
    fix="Use JSON, or `yaml.safe_load`.",
    authorities=(Authority(By.PROJECT, _REVIEW, "docs.python.org, pickle"),),
    bad=_tool("pickle.loads(self.session.storage.get('state'))", "pickle"),
    good=_tool("json.loads(self.session.storage.get('state'))", "json"),
)
def unpacked_objects(plugin: Plugin) -> Iterator[Hit]:
    yield from _dangers(plugin, "objects", say("Data that can hold code are unpacked"))


def _dangers(plugin: Plugin, sort: str, message: str) -> Iterator[Hit]:
    if plugin.is_bundle:
        return
    sources = sources_of(plugin)
    for found in dangers(sources.modules, own_code(plugin)):
        # What only tests execute is given nothing by users or models.
        if found.sort == sort and (not is_test(found.path) or found.path in sources.reachable):
            text = sentences(say("{problem}: {what}.", problem=message, what=quote(found.what)), _REVIEW)
            yield Hit(text, found.path, found.span, subject=found.what, group=f"security/{sort}")


@rule(
    "security/request-without-timeout",
    severity=Severity.NOTICE,
    summary="A request has no timeout.",
    why="`requests` waits for ever when the server does not answer: the tool hangs until Dify ends it, and holds "
    "a worker of the plugin. The marketplace warns.",
    fix="Add `timeout=`, in seconds.",
    authorities=(
        Authority(By.PROJECT, "The tool hangs when the server does not answer.", "requests, Timeouts"),
        Authority(By.MARKETPLACE, "The marketplace warns.", _SAFETY),
    ),
    bad=_tool("requests.get('https://weather.example/v1')", "requests"),
    good=_tool("requests.get('https://weather.example/v1', timeout=10)", "requests"),
)
def request_without_timeout(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle:
        return
    in_marketplace = plugin.options.profile is Profile.MARKETPLACE
    for found in endless_requests(sources_of(plugin).modules, own_code(plugin)):
        if found.deliberate and not in_marketplace:
            continue
        fix = None
        if found.end is not None:
            fix = Fix(say("Wait at most 30 seconds"), Safety.UNSAFE, (Edit(found.path, found.end, ", timeout=30"),))
        yield Hit(
            say("{what} has no timeout: it waits for ever when the server does not answer.", what=quote(found.what)),
            found.path,
            found.span,
            severity=Severity.WARNING if in_marketplace else None,
            subject=found.what,
            fix=fix,
            group="security/request-without-timeout",
        )


@rule(
    "security/shown-credential",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="A log line or an exception shows what is called like a credential.",
    why="Logs are kept and read by others, and Dify shows the text of an exception to users and models. The "
    "marketplace warns.",
    fix="Leave the value out, or show its first characters only.",
    authorities=(
        Authority(By.PROJECT, "Others read the credential.", "OWASP Logging Cheat Sheet"),
        Authority(By.MARKETPLACE, "The marketplace warns.", _SAFETY),
    ),
    bad=_tool("logging.error('refused: %s', self.runtime.credentials['api_key'])", "logging"),
    good=_tool("logging.error('the key was refused')", "logging"),
)
def shown_credential(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle:
        return
    for found in shown_credentials(sources_of(plugin).modules, own_code(plugin)):
        where = say("A log line") if found.where == "log" else say("An exception")
        message = say("{where} shows the value of {name}.", where=where, name=quote(found.name))
        yield Hit(message, found.path, found.span, subject=found.name, group="security/shown-credential")


@rule(
    "security/dubious-host",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="The code speaks to a host that says nothing of who answers.",
    why="A name of a tunnel or of dynamic DNS belongs to whoever has it at the time, and a bare IP address to nobody "
    "whom users can know. What they send may reach somebody else tomorrow.",
    fix="Use a name of your own with a certificate, or make the address a credential that users enter.",
    authorities=(Authority(By.MARKETPLACE, "A reviewer asks.", "toolkit/scan/hosts.py"),),
    bad=_tool("httpx.get('https://a1b2.ngrok-free.app/v1')", "httpx"),
    good=_tool("httpx.get('https://api.weather.example/v1')", "httpx"),
)
def dubious_host(plugin: Plugin) -> Iterator[Hit]:
    for host in hosts_of(plugin) if not plugin.is_bundle else ():
        if host.is_borrowed or host.is_address:
            what = say("a tunnel or dynamic name") if host.is_borrowed else say("a bare IP address")
            place = host.places[0]
            message = say(
                "The plugin speaks to {name}, {what}: it does not say who answers.", name=quote(host.name), what=what
            )
            yield Hit(message, place.path, place.span, subject=host.name)
