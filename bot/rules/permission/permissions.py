"""Rules about what a plugin may ask Dify to do, and what its code really asks."""

from __future__ import annotations

from collections.abc import Iterator

from bot.document.scalars import is_true
from bot.findings import Authority, By, Severity, quote, quote_list
from bot.messages import say
from bot.plugin import Plugin
from bot.plugin.sources import sources_of
from bot.python.calls import misuses, uses
from bot.python.sdk import PERMISSIONS
from bot.rules.registry import Example, Hit, at_key, at_value, rule

_POINTER = ("resource", "permission")
_TASK = "backwards_invocation/task.go:71"
_REFUSED = say("The plugin starts, but Dify refuses the call.")

_STORING_TOOL = """\
from dify_plugin import Tool


class CurrentWeatherTool(Tool):
    def _invoke(self, tool_parameters):
        self.session.storage.set("city", b"Oslo")
        yield self.create_text_message("stored")
"""
_STORAGE = "resource:\n  memory: 268435456\n  permission:\n    storage:\n      enabled: true\n      size: 1048576\n"


def _granted(plugin: Plugin, permission: str) -> bool:
    """Whether the manifest grants `permission`: `model.llm`, `tool`, `app`, `node`, `storage`, `endpoint`."""
    section, _, flag = permission.partition(".")
    enabled = is_true(plugin.manifest.get(*_POINTER, section, "enabled"))
    return enabled and (not flag or is_true(plugin.manifest.get(*_POINTER, section, flag)))


def _how(permission: str) -> str:
    section, _, flag = permission.partition(".")
    return (
        say("`{section}: enabled: true` and `{flag}: true`", section=section, flag=flag)
        if flag
        else say("`{section}: enabled: true`", section=section)
    )


@rule(
    "permission/not-granted",
    severity=Severity.ERROR,
    summary="The code uses a part of Dify that the manifest asks no permission for.",
    why="Dify refuses every call back from a plugin that `resource.permission` does not grant. The plugin starts, and "
    "fails when it reaches the call, unless it ignores every exception there.",
    fix="Grant the permission under `resource.permission` in the manifest.",
    authorities=(Authority(By.INSTALLER, "The call is refused when it is made.", _TASK),),
    bad=Example(_STORING_TOOL, path="tools/current_weather.py", whole=True),
    good=Example(_STORAGE, files={"tools/current_weather.py": _STORING_TOOL}),
)
def not_granted(plugin: Plugin) -> Iterator[Hit]:
    if plugin.is_bundle or not plugin.manifest.readable:
        return
    sources = sources_of(plugin)
    for use in uses(sources.modules, sources.reachable):
        if use.handed_over or _granted(plugin, use.permission):
            continue
        called = ".".join(use.chain)
        happens = say("Dify refuses the call, and the code goes on without.") if use.ignored else _REFUSED
        message = say(
            "{called} needs {how} under `resource.permission` in the manifest. {happens}",
            called=quote(called),
            how=_how(use.permission),
            happens=happens,
        )
        severity = Severity.WARNING if use.ignored else None
        yield Hit(
            message,
            use.path,
            use.span,
            severity=severity,
            subject=called,
            anchor=use.permission,
            group=use.permission,
        )


@rule(
    "permission/unused",
    severity=Severity.NOTICE,
    summary="The manifest asks for permissions that the code never uses.",
    why="Users see what a plugin asks for, and marketplace reviewers question what it does not need.",
    fix="Remove the permissions that are not used.",
    authorities=(Authority(By.MARKETPLACE, "Reviewers ask what it is for.", "release-to-dify-marketplace.mdx"),),
    bad=Example("resource:\n  memory: 268435456\n  permission:\n    tool:\n      enabled: true\n"),
    good=Example("resource:\n  memory: 268435456\n  permission: {}\n"),
)
def unused(plugin: Plugin) -> Iterator[Hit]:
    granted = plugin.manifest.get(*_POINTER)
    if plugin.is_bundle or not isinstance(granted, dict) or not granted:
        return
    sources = sources_of(plugin)
    modules = sources.modules
    if any((module := modules.get(path)) is None or module.tree is None for path in sources.reachable):
        return  # A file that could not be read may use anything.
    used = {use.permission for use in uses(modules, sources.reachable)}
    for misuse in misuses(modules, sources.reachable):
        # What is wrong with these is said where they are.
        used |= {permission for chain, permission in PERMISSIONS.items() if chain[: len(misuse.chain)] == misuse.chain}
    idle = [name for name in _PERMISSIONS if _granted(plugin, name) and name not in used]
    if "endpoint" in idle and plugin.manifest.get("plugins", "endpoints"):
        idle.remove("endpoint")
    if idle:
        message = say("The manifest asks for permissions that the code never uses: {idle}.", idle=quote_list(idle))
        pointer = (*_POINTER, *idle[0].split(".")) if len(idle) == 1 else _POINTER
        yield at_key(plugin.manifest, pointer, message, subject=" ".join(idle))


_MODEL_FLAGS = ("llm", "text_embedding", "rerank", "tts", "speech2text", "moderation")
_PERMISSIONS = ("tool", *(f"model.{flag}" for flag in _MODEL_FLAGS), "node", "app", "storage", "endpoint")


@rule(
    "permission/no-effect",
    severity=Severity.WARNING,
    summary="A model permission that grants nothing.",
    why="A model may be called only when `model.enabled` and the flag of its type are both true.",
    fix="Set both, or remove the section.",
    authorities=(Authority(By.INSTALLER, "Every model call is refused.", "plugin_declaration.go:44"),),
    bad=Example("resource:\n  memory: 268435456\n  permission:\n    model:\n      enabled: true\n"),
    good=Example("resource:\n  memory: 268435456\n  permission:\n    model:\n      enabled: false\n"),
)
def no_effect(plugin: Plugin) -> Iterator[Hit]:
    pointer = (*_POINTER, "model")
    model = plugin.manifest.get(*pointer)
    if not isinstance(model, dict):
        return
    flags = [flag for flag in _MODEL_FLAGS if is_true(model.get(flag))]
    known = {"enabled", *_MODEL_FLAGS}.issuperset(model)  # What stands there instead is reported as unknown.
    if is_true(model.get("enabled")) and not flags and known:
        message = say(
            "`model` is enabled, but none of {model_flags} is true: no model may be called.",
            model_flags=quote_list(_MODEL_FLAGS),
        )
        yield at_value(plugin.manifest, (*pointer, "enabled"), message)
    elif flags and not is_true(model.get("enabled")):
        message = say("{flags} grants nothing while `enabled` of `model` is not true.", flags=quote_list(flags))
        yield at_value(plugin.manifest, (*pointer, flags[0]), message, subject=" ".join(flags))


@rule(
    "permission/endpoint",
    severity=Severity.ERROR,
    summary="The plugin has endpoints and no permission to register them.",
    why="Dify refuses to set an endpoint up unless `endpoint.enabled` is true in the manifest.",
    fix="Add `endpoint: enabled: true` under `resource.permission`.",
    authorities=(Authority(By.INSTALLER, "Setting the endpoint up is refused.", "service/setup_endpoint.go:46"),),
    bad=Example("plugins:\n  endpoints:\n    - group/weather.yaml\n"),
    good=Example(
        "plugins:\n  endpoints:\n    - group/weather.yaml\n"
        "resource:\n  memory: 268435456\n  permission:\n    endpoint:\n      enabled: true\n"
    ),
)
def endpoint(plugin: Plugin) -> Iterator[Hit]:
    endpoints = plugin.manifest.get("plugins", "endpoints")
    if isinstance(endpoints, list) and endpoints and not _granted(plugin, "endpoint"):
        message = say(
            "The plugin has endpoints, but `resource.permission` lacks `endpoint: enabled: true`: Dify "
            "refuses to set them up."
        )
        yield at_key(plugin.manifest, ("plugins", "endpoints"), message)


#: What a plugin may store unless the operator raises it (G internal/types/app/default.go:42), in bytes.
MAX_STORAGE = 100 * 1024 * 1024


@rule(
    "permission/storage-size",
    severity=Severity.WARNING,
    summary="More storage is asked for than Dify grants.",
    why="The manifest may ask for up to 1 GiB, but Dify stops writing at 100 MiB unless its operator raised that.",
    fix="Ask for at most 104857600 bytes, and be ready for a write to fail.",
    authorities=(Authority(By.INSTALLER, "Writes beyond 100 MiB fail.", "core/persistence/persistence.go:61"),),
    bad=Example(_STORAGE.replace("1048576", "1073741824")),
    good=Example(_STORAGE),
)
def storage_size(plugin: Plugin) -> Iterator[Hit]:
    pointer = (*_POINTER, "storage", "size")
    size = plugin.manifest.get(*pointer)
    if isinstance(size, int) and not isinstance(size, bool) and MAX_STORAGE < size <= 1 << 30:
        message = say(
            "The plugin asks for {size:,} bytes of storage, but Dify writes at most {max_storage:,} by default.",
            size=size,
            max_storage=MAX_STORAGE,
        )
        yield at_value(plugin.manifest, pointer, message, subject=str(size))
