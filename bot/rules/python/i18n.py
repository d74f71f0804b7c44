"""The rule about attributes of localized texts, which have other names since release 0.9.0 of the SDK."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from packaging.version import Version

from bot.findings import Authority, By, Confidence, Edit, Fix, Safety, Severity, quote
from bot.format.gates import SDK_VERSIONS
from bot.plugin import Plugin
from bot.plugin.dependencies import declared_sdk
from bot.python.nodes import walk
from bot.python.scopes import Scope, dotted
from bot.rules.python.generators import reachable_files
from bot.rules.python.loading import TOOL_PATH
from bot.rules.registry import Example, Hit, rule

#: The names up to release 0.8, and those since 0.9.0.
_RENAMED: Final = {"en_US": "en_us", "zh_Hans": "zh_hans", "pt_BR": "pt_br", "ja_JP": "ja_jp"}
_SINCE: Final = Version("0.9.0")
#: Attributes of the SDK's entities that hold a localized text.
_LOCALIZED: Final = frozenset({"label", "help", "placeholder"})

_CODE = (
    "from dify_plugin import Tool\nfrom dify_plugin.entities import I18nObject\n\n\nclass CurrentWeatherTool(Tool):\n"
    "    def _invoke(self, tool_parameters):\n        label = I18nObject(en_US='Weather')\n"
    "        yield self.create_text_message(label.{} + str(tool_parameters))\n"
)
_PINNED: Final = {"requirements.txt": "dify_plugin>=0.9.0,<1\n"}


@rule(
    "python/i18n-attribute",
    severity=Severity.ERROR,
    confidence=Confidence.LIKELY,
    summary="The code reads a localized text by a name that the SDK has no more.",
    why="Since release 0.9.0 the attributes of `I18nObject` are `en_us`, `zh_hans`, `pt_br` and `ja_jp`. Reading "
    "`en_US` raises an AttributeError, setting it a ValueError. It is a warning where the requirement also admits "
    "older releases. The arguments of the constructor keep both names.",
    fix="Use the new name, and ask for `dify_plugin>=0.9.0`.",
    authorities=(Authority(By.SDK, "The line fails with an AttributeError.", "dify_plugin/entities/__init__.py"),),
    bad=Example(_CODE.format("en_US"), path=TOOL_PATH, whole=True, files=_PINNED),
    good=Example(_CODE.format("en_us"), path=TOOL_PATH, whole=True, files=_PINNED),
)
def i18n_attribute(plugin: Plugin) -> Iterator[Hit]:
    severity: Severity | None = None
    known = False
    for file in reachable_files(plugin):
        text = file.module.text
        if not any(f".{name}" in text for name in _RENAMED):
            continue
        if not known:
            known, admitted = True, _admitted(plugin)
            if not any(release >= _SINCE for release in admitted):
                return
            severity = Severity.WARNING if any(release < _SINCE for release in admitted) else None
        module = file.module
        for node in walk(file.top.node):
            if not (isinstance(node, ast.Attribute) and node.attr in _RENAMED):
                continue
            if not _is_localized(node.value, file.scope_of(node)):
                continue
            span = module.span(node)
            new = _RENAMED[node.attr]
            message = f"Since release 0.9.0 of the SDK {quote(node.attr)} is called {quote(new)}: this fails."
            edits: tuple[Edit, ...] = ()
            line = module.lines[span.end_line - 1]
            if line[: span.end_column - 1].endswith(node.attr):
                start = span.end_column - len(node.attr)
                edits = (Edit(module.path, type(span)(span.end_line, start, span.end_line, span.end_column), new),)
            fix = Fix(f"Call it {quote(new)}", Safety.UNSAFE if severity else Safety.SAFE, edits) if edits else None
            yield Hit(message, module.path, span, severity=severity, subject=node.attr, fix=fix)


def _admitted(plugin: Plugin) -> Sequence[Version]:
    """The releases of the SDK that may be installed."""
    declared = declared_sdk(plugin)
    return SDK_VERSIONS if declared is None else list(declared.specifier.filter(SDK_VERSIONS, True))


def _is_localized(node: ast.expr, scope: Scope, depth: int = 0) -> bool:
    """Whether an expression certainly is an `I18nObject` of the SDK."""
    match node:
        case ast.Call(func=function):
            return _is_class(function, scope, "I18nObject")
        case ast.Name(id=name) if depth < 5:
            binder = scope.binder(name)
            if binder is None:
                return False
            if name in binder.parameters:
                annotation = binder.parameters[name].annotation
                return (
                    not binder.names.get(name)
                    and annotation is not None
                    and _is_class(annotation, binder, "I18nObject")
                )
            values = binder.names.get(name, [])
            return len(values) == 1 and values[0] is not None and _is_localized(values[0], binder, depth + 1)
        case ast.Attribute(value=owner, attr=attribute) if attribute in _LOCALIZED and depth < 5:
            return _is_entity(owner, scope)
        case _:
            return False


def _is_entity(node: ast.expr, scope: Scope) -> bool:
    """Whether an expression is an entity of the SDK: made here, or a parameter that is annotated as one."""
    if isinstance(node, ast.Call):
        return _is_class(node.func, scope, None)
    if not isinstance(node, ast.Name):
        return False
    binder = scope.binder(node.id)
    if binder is None:
        return False
    if node.id in binder.parameters:
        annotation = binder.parameters[node.id].annotation
        return not binder.names.get(node.id) and annotation is not None and _is_class(annotation, binder, None)
    values = binder.names.get(node.id, [])
    value = values[0] if len(values) == 1 else None
    return isinstance(value, ast.Call) and _is_class(value.func, binder, None)


def _is_class(node: ast.expr, scope: Scope, name: str | None) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_class(node.left, scope, name)
    found = dotted(node, scope)
    if found is None or not found.startswith("dify_plugin.entities"):
        return False
    last = found.rpartition(".")[2]
    return last == name if name is not None else last[:1].isupper()
