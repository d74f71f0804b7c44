"""Localized texts in Python: the `I18nObject` of the SDK, and what its attributes are called."""

from __future__ import annotations

import ast
from typing import Final

from bot.python.nodes import last_name
from bot.python.scopes import Scope, dotted

LOCALIZED: Final = "I18nObject"
#: The names of its attributes up to release 0.8, and those since 0.9.0.
RENAMED: Final = {"en_US": "en_us", "zh_Hans": "zh_hans", "pt_BR": "pt_br", "ja_JP": "ja_jp"}
#: Attributes of the SDK's entities that hold a localized text.
_LOCALIZED: Final = frozenset({"label", "help", "placeholder"})


def is_localized(node: ast.expr, scope: Scope, depth: int = 0) -> bool:
    """Whether an expression certainly is an `I18nObject` of the SDK."""
    match node:
        case ast.Call(func=function):
            return is_entity_class(function, scope, LOCALIZED)
        case ast.Name(id=name) if depth < 5:
            binder = scope.binder(name)
            if binder is None:
                return False
            if name in binder.parameters:
                annotation = binder.parameters[name].annotation
                return (
                    not binder.names.get(name)
                    and annotation is not None
                    and is_entity_class(annotation, binder, LOCALIZED)
                )
            values = binder.names.get(name, [])
            return len(values) == 1 and values[0] is not None and is_localized(values[0], binder, depth + 1)
        case ast.Attribute(value=owner, attr=attribute) if attribute in _LOCALIZED and depth < 5:
            return _is_entity(owner, scope)
        case _:
            return False


def _is_entity(node: ast.expr, scope: Scope) -> bool:
    """Whether an expression is an entity of the SDK: made here, or a parameter that is annotated as one."""
    if isinstance(node, ast.Call):
        return is_entity_class(node.func, scope, None)
    if not isinstance(node, ast.Name):
        return False
    binder = scope.binder(node.id)
    if binder is None:
        return False
    if node.id in binder.parameters:
        annotation = binder.parameters[node.id].annotation
        return not binder.names.get(node.id) and annotation is not None and is_entity_class(annotation, binder, None)
    values = binder.names.get(node.id, [])
    value = values[0] if len(values) == 1 else None
    return isinstance(value, ast.Call) and is_entity_class(value.func, binder, None)


def is_entity_class(node: ast.expr, scope: Scope, name: str | None) -> bool:
    """Whether an expression is the entity of this name of the SDK, or any of them."""
    match node:
        case ast.BinOp(left=left, right=right):
            return any(is_entity_class(each, scope, name) for each in (left, right))
        case ast.Subscript(value=outer, slice=inner) if last_name(outer) == "Optional":
            return is_entity_class(inner, scope, name)
        case ast.Constant(value=str() as text):
            names = (part.strip() for part in text.split("|", 4))
            return any(is_entity_class(ast.Name(each), scope, name) for each in names if each.isidentifier())
    found = dotted(node, scope)
    if found is None or not found.startswith("dify_plugin.entities"):
        return False
    last = found.rpartition(".")[2]
    return last == name if name is not None else last[:1].isupper()
