"""What the daemon hands on of a document to the platform: the fields that it knows, in the types that it knows them in.

It is what the daemon decodes and encodes, as our models tell it: unknown keys are gone, texts are as they
are spelled, and what is absent has the empty value of its type. Lists without a value are empty, but for those of
`NULL_LISTS`, which stay null.
"""

from __future__ import annotations

from typing import Any, Literal, get_origin

from yaml import ScalarNode

from bot.document import Document, Pointer
from bot.format.builtin import TEMPLATES
from bot.format.judge.fields import Field, root_field, step
from bot.format.kinds import MODELS
from bot.format.models.base import Origin
from bot.format.models.i18n import I18nObject
from bot.format.traits import DocumentKind

#: G endpoint_declaration.go:47, oauth.go: slices that nobody fills in before they become JSON.
NULL_LISTS = (("settings",), ("client_schema",), ("oauth_schema", "credentials_schema"))
#: Lists of files, which the daemon reads on their own.
_FILES = {
    DocumentKind.TOOL_PROVIDER: "tools",
    DocumentKind.AGENT_STRATEGY_PROVIDER: "strategies",
    DocumentKind.DATASOURCE_PROVIDER: "datasources",
    DocumentKind.TRIGGER_PROVIDER: "events",
}


def handed_over(document: Document, kind: DocumentKind) -> Any:
    """The declaration that the platform gets of a document that the daemon takes."""
    made = _Handover(document).value(root_field(MODELS[kind]), document.data, ())
    if not isinstance(made, dict):
        return made
    made.pop(_FILES.get(kind, ""), None)
    match kind:
        case DocumentKind.MANIFEST:
            made.update(created_at="2026-01-15T00:00:00Z", verified=False)
        case DocumentKind.TOOL_PROVIDER:
            made["credentials_schema"] = _named(made.pop("credentials_for_provider", None))
        case DocumentKind.TRIGGER_PROVIDER:
            constructor = made.get("subscription_constructor")
            if isinstance(constructor, dict):
                constructor["credentials_schema"] = _named(constructor.get("credentials_schema"))
                if "oauth_schema" in constructor and constructor["oauth_schema"] is None:
                    written = document.get("subscription_constructor")
                    if isinstance(written, dict) and "oauth_schema" in written:
                        constructor["oauth_schema"] = {"client_schema": None, "credentials_schema": None}
        case DocumentKind.MODEL_PROVIDER:
            made["models"] = []
            if isinstance(made.get("position"), dict):
                made["position"] = {key: value for key, value in made["position"].items() if value is not None}
        case DocumentKind.ENDPOINT_GROUP:
            listed = made.get("endpoints")
            made["endpoints"] = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        case DocumentKind.MODEL if isinstance(made.get("label"), dict) and not made["label"].get("en_US"):
            made["label"]["en_US"] = made["model"]
    identity = made.get("identity")
    if isinstance(identity, dict):
        identity["provider"] = "x"  # The platform puts it in itself.
    return made


def _named(credentials: Any) -> Any:
    if isinstance(credentials, dict):
        return [{**item, "name": name} for name, item in credentials.items() if isinstance(item, dict)]
    return credentials or []


class _Handover:
    def __init__(self, document: Document) -> None:
        self._document = document

    def value(self, field: Field, value: Any, pointer: Pointer) -> Any:
        form = next((form for form in field.alternatives if _fits(form, value)), field.alternatives[0])
        if form.models:
            if I18nObject in form.models:
                return self._text(field, value, pointer)
            if not isinstance(value, dict):
                return None if field.nullable or value is None else value
            return self._mapping(form, value, pointer)
        if value is None:
            return self._empty(field, pointer)
        if get_origin(form.type) is list and isinstance(value, list):
            return [self._item(form, index, item, pointer) for index, item in enumerate(value)]
        if get_origin(form.type) is dict and isinstance(value, dict):
            return {str(key): self._item(form, key, item, pointer) for key, item in value.items()}
        if form.type is str or get_origin(form.type) is Literal:
            node = self._document.node(pointer)
            return node.value if isinstance(node, ScalarNode) else value
        return value

    def _item(self, form: Field, part: Any, item: Any, pointer: Pointer) -> Any:
        inner = step(form, part)
        return item if inner is None else self.value(inner, item, (*pointer, part))

    def _mapping(self, form: Field, value: dict[Any, Any], pointer: Pointer) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, info in form.type.model_fields.items():
            inner = step(form, name)
            origin = inner.marker(Origin) if inner else None
            if inner is None or (origin is not None and not origin.daemon):
                continue
            at = (*pointer, name)
            made[name] = self.value(inner, value[name], at) if name in value else self._empty(inner, at, info.default)
        template = TEMPLATES.get(str(value.get("use_template")))
        if template is not None and not made["type"]:
            made["type"] = template.type
        return made

    def _text(self, field: Field, value: Any, pointer: Pointer) -> Any:
        if not isinstance(value, dict):
            return None if field.nullable and pointer[-1] != "label" else {"en_US": ""}
        spelled = {}
        for key, text in value.items():
            node = self._document.node((*pointer, key))
            spelled[str(key)] = node.value if isinstance(node, ScalarNode) and text is not None else ""
        return {"en_US": "", **spelled}

    def _empty(self, field: Field, pointer: Pointer, default: Any = None) -> Any:
        form = field.alternatives[0]
        if form.type is bool:
            return False
        if get_origin(form.type) is Literal and isinstance(default, str):
            return default  # The daemon fills it in.
        names = tuple(part for part in pointer if isinstance(part, str))
        if I18nObject in form.models:
            return None if field.nullable and pointer[-1] != "label" else {"en_US": ""}
        if get_origin(form.type) in (list, dict):
            if any(names[-len(each) :] == each for each in NULL_LISTS):
                return None
            return None if field.nullable and pointer[-1] != "tags" else [] if get_origin(form.type) is list else {}
        if field.nullable:
            return None
        if form.models:
            return self._mapping(form, {}, pointer) if form.models and _is_required(pointer) else None
        return {str: "", bool: False, int: 0, float: 0}.get(form.type, "" if get_origin(form.type) is Literal else None)


def _is_required(pointer: Pointer) -> bool:
    """Whether the daemon holds the mapping itself, not a pointer to it."""
    return pointer[-1] in ("identity", "meta", "resource", "plugins", "runner", "description", "label")


def _fits(form: Field, value: Any) -> bool:
    shape = list if get_origin(form.type) is list else dict if form.models or get_origin(form.type) is dict else None
    return shape is None or isinstance(value, shape)
