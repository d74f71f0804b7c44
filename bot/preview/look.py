"""What users see of a plugin, as plain values: cards, pages, forms, models. docs/how-dify-shows-it.md has the facts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict, replace

from bot.document import Document, Pointer
from bot.document.scalars import is_true
from bot.findings import quote
from bot.format.builtin import SECTIONS, TEMPLATES
from bot.format.traits import DocumentKind, Structure
from bot.limits import Limit
from bot.messages import Message, listed, say
from bot.plugin import LinkedDocument, Plugin
from bot.plugin.documents import README
from bot.plugin.documents import readmes as readmes_of
from bot.plugin.forms import Item, console_value, spelling
from bot.plugin.secrets import without_secrets
from bot.preview.pictures import Album, Picture
from bot.preview.texts import EVERYWHERE, LOCALES, MODELS, ROWS, State, Text, Variant, localized, name

#: Of what is longer the beginning is shown.
MAX_FIELDS: Final = Limit(500, "has a form with more than {n:,} fields: the rest are not shown")
MAX_OPTIONS: Final = Limit(200, "has a field with more than {n:,} options: the rest are not shown")
MAX_PARTS: Final = Limit(400, "has more than {n:,} tools, models and the like: the rest are not shown")
MAX_README: Final = Limit(64 * 1024, "has more than {n:,} characters: the beginning is shown")

#: A place in the plugin that something is drawn for: a file, and a pointer in it ("" for all of it).
Place = tuple[str, Pointer]
_NOWHERE: Final[Place] = ("", ())


class Option(Struct, frozen=True):
    value: str
    label: Text
    chosen: bool
    conditions: tuple[tuple[str, str], ...] = ()


class _Drawn(Struct, frozen=True, eq=False, kw_only=True):
    """A thing that users see. Where it is written does not count when two versions are compared."""

    place: Place = _NOWHERE

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and {**asdict(self), "place": None} == {**asdict(other), "place": None}

    def __ne__(self, other: object) -> bool:
        return not self == other


class Field(_Drawn, frozen=True, eq=False):
    """A field of a form. `conditions` are the values that other fields must have for it to appear.

    `widget` is what the console draws, in words; without one it draws nothing, and `note` says why.
    """

    name: str
    type: str
    widget: str
    label: Text
    required: bool = False
    default: str = ""
    placeholder: Text | None = None
    help: Text | None = None
    url: str = ""
    options: tuple[Option, ...] = ()
    multiple: bool = False
    conditions: tuple[tuple[str, str], ...] = ()
    waiting: bool = False
    note: str = ""


class Form(Struct, frozen=True):
    """A form, with a title and a remark of ours."""

    title: str
    fields: tuple[Field, ...]
    note: str = ""


class Icon(Struct, frozen=True):
    """A picture by theme. Without a dark one the light one is shown in both."""

    light: Picture
    dark: Picture | None = None


class ModelRow(_Drawn, frozen=True, eq=False):
    label: Text
    badges: tuple[str, ...]
    price: str = ""
    deprecated: bool = False
    form: Form | None = None


class Part(_Drawn, frozen=True, eq=False):
    """One thing that users see: a card, a page, a tool, a provider. `key` finds it again in another version."""

    kind: str
    key: tuple[str, str]
    title: Text
    icon: Icon | None = None
    subtitle: str = ""
    description: Text | None = None
    badges: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    link: Text | None = None
    address: str = ""
    forms: tuple[Form, ...] = ()
    models: tuple[ModelRow, ...] = ()
    #: The README of each locale: the locales that show it, its path and its text.
    readmes: tuple[tuple[tuple[str, ...], str, str], ...] = ()


class Look(Struct, frozen=True):
    """A plugin as users see it."""

    name: str
    version: str
    parts: tuple[Part, ...]

    def texts(self) -> Iterator[Text]:
        """Every localized text that is drawn, in order."""
        for part in self.parts:
            yield from (text for text in (part.title, part.description, part.link) if text is not None)
            for row in part.models:
                yield row.label
            for form in (*part.forms, *(row.form for row in part.models if row.form is not None)):
                for each in form.fields:
                    if each.widget:
                        yield from (text for text in (each.label, each.placeholder, each.help) if text is not None)
                        yield from (option.label for option in each.options)

    def gaps(self, locale: str) -> int:
        """How many texts are English in a locale for want of a translation."""
        return sum(locale in text.gaps for text in self.texts())


def look_at(plugin: Plugin, album: Album) -> Look:
    """What users see of a plugin. Never raises for anything that it holds."""
    looker = _Looker(plugin, album)
    parts: list[Part] = []
    for part in looker.parts():
        if plugin.account.exceeds(MAX_PARTS, "manifest.yaml", len(parts) + 1):
            break
        parts.append(part)
    manifest = plugin.manifest
    named = "/".join(filter(None, (_text(manifest, "author"), _text(manifest, "name"))))
    return Look(named or plugin.name, _text(manifest, "version"), tuple(parts))


#: What the console draws for a type, in words (A web, form-schema renderers; docs/how-dify-shows-it.md).
_WIDGETS: Final[Mapping[str, Message]] = {
    "string": say("text"),
    "text-input": say("text"),
    "text": say("long text"),
    "number": say("number"),
    "int": say("number"),
    "float": say("number"),
    "boolean": say("switch"),
    "select": say("choice"),
    "radio": say("choice"),
    "secret-input": say("hidden text"),
    "file": say("upload of a file"),
    "files": say("upload of files"),
    "model-selector": say("list of models"),
    "app-selector": say("list of apps"),
    "array[tools]": say("list of tools"),
    "dynamic-select": say("list that the plugin fills"),
    "object": say("JSON editor"),
    "array": say("JSON editor"),
    "any": say("variable"),
    "checkbox": say("check box"),
}
#: The key of a field's help by structure, and whether its placeholder reaches the console.
_HELP: Final[Mapping[Structure, tuple[str, bool]]] = {
    Structure.TOOL_PARAMETER: ("human_description", False),
    Structure.AGENT_PARAMETER: ("help", False),
    Structure.DATASOURCE_PARAMETER: ("description", False),
    Structure.EVENT_PARAMETER: ("description", False),
    Structure.CONFIG: ("help", True),
    Structure.MODEL_FORM: ("", True),
}
_MODEL_TYPES: Final = tuple(kind for kind, _ in SECTIONS.values())
#: What is paid for, by the key of the price.
_WAYS: Final[Mapping[str, Message]] = {"input": say("input {price}"), "output": say("output {price}")}
#: Of a price in more digits than this the sum is not worked out.
_DIGITS: Final = 18


def _text(document: Document, *pointer: str | int) -> str:
    value = document.get(*pointer)
    return "" if value is None else (spelling(document, pointer, value) or "")


def _mappings(value: Any) -> Iterator[tuple[str | int, Mapping[Any, Any]]]:
    """The items of a list or mapping that are mappings themselves, with what leads to them."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield from ((key, each) for key, each in pairs if isinstance(key, str | int) and isinstance(each, dict))


def _conditions(value: Any) -> tuple[tuple[str, str], ...]:
    found = value if isinstance(value, list) else []
    return tuple(
        (each["variable"], str(each.get("value", "")))
        for each in found
        if isinstance(each, dict) and isinstance(each.get("variable"), str)
    )


class _Looker:
    def __init__(self, plugin: Plugin, album: Album) -> None:
        self._plugin = plugin
        self._album = album
        self._account = plugin.account

    def parts(self) -> Iterator[Part]:
        yield from self._listing()
        makers: dict[DocumentKind, Callable[[LinkedDocument], Iterator[Part]]] = {
            DocumentKind.TOOL_PROVIDER: self._tools,
            DocumentKind.AGENT_STRATEGY_PROVIDER: self._strategies,
            DocumentKind.DATASOURCE_PROVIDER: self._datasources,
            DocumentKind.TRIGGER_PROVIDER: self._triggers,
            DocumentKind.MODEL_PROVIDER: self._models,
            DocumentKind.ENDPOINT_GROUP: self._endpoints,
        }
        for linked in self._plugin.linked(*makers):
            yield from makers[linked.kind](linked)

    # --- the plugin itself ------------------------------------------------------------------------------------------

    def _listing(self) -> Iterator[Part]:
        manifest = self._plugin.manifest
        label = "labels" if self._plugin.is_bundle else "label"
        author, called = _text(manifest, "author"), _text(manifest, "name")
        tags = manifest.get("tags")
        title = self._title(manifest, (label,), called)
        minimum = _text(manifest, "meta", "minimum_dify_version")
        yield Part(
            say("Card in the marketplace"),
            ("card", ""),
            title,
            self._icon(manifest, "icon", "icon_dark"),
            " · ".join(filter(None, (f"{author} / {called}", _text(manifest, "version")))),
            self._localized(manifest, ("description",)),
            tuple(f"# {tag}" for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
            (say("A Dify before {version} does not offer to install it.", version=quote(minimum)),) if minimum else (),
            name(say("Source code")) if _text(manifest, "repo") else None,
            _text(manifest, "repo"),
            place=(manifest.path, ()),
        )
        readmes = self._readmes()
        yield Part(
            say("Page of the plugin"),
            ("page", ""),
            _readme_title(readmes),
            notes=() if self._has_readme() else (say("There is no README.md: the page is empty."),),
            readmes=readmes,
            place=(README, ()),
        )

    def _has_readme(self) -> bool:
        return any(each.path == README for each in readmes_of(self._plugin))

    def _readmes(self) -> tuple[tuple[tuple[str, ...], str, str], ...]:
        by_path = {each.path: each.text or "" for each in readmes_of(self._plugin)}
        shown: dict[str, list[str]] = {}
        for locale in LOCALES:
            own = f"readme/README_{locale}.md"
            path = own if locale != "en_US" and own in by_path else README
            if path in by_path:
                shown.setdefault(path, []).append(locale)
        result = []
        for path, locales in shown.items():
            text = by_path[path]
            if self._account.exceeds(MAX_README, path, len(text)):
                text = text[: MAX_README.most].rpartition("\n")[0] + "\n\n…"
            result.append((tuple(locales), path, without_secrets(text)))
        return tuple(result)

    # --- kinds of providers -----------------------------------------------------------------------------------------

    def _tools(self, linked: LinkedDocument) -> Iterator[Part]:
        forms = (
            self._form(say("Authorization"), linked, ("credentials_for_provider",), Structure.CONFIG),
            *self._oauth(linked, ("oauth_schema",)),
        )
        yield self._provider(say("Tools"), linked, forms)
        for tool in self._leaves(linked, DocumentKind.TOOL):
            document = tool.document
            yield self._leaf(
                say("Tool"),
                tool,
                self._localized(document, ("description", "human"), ROWS),
                (
                    self._form(
                        say("Settings"),
                        tool,
                        ("parameters",),
                        Structure.TOOL_PARAMETER,
                        say("Users set these in the node, or where they add the tool to an agent."),
                        lambda item: item.data.get("form") != "llm",
                    ),
                    self._form(
                        say("Inputs"),
                        tool,
                        ("parameters",),
                        Structure.TOOL_PARAMETER,
                        say("Users fill these in in a workflow; in an agent the model does."),
                        lambda item: item.data.get("form") == "llm",
                    ),
                ),
                ROWS,
            )

    def _strategies(self, linked: LinkedDocument) -> Iterator[Part]:
        yield self._provider(say("Agent strategies"), linked, ())
        for leaf in self._leaves(linked, DocumentKind.AGENT_STRATEGY):
            form = self._form(say("Agent node"), leaf, ("parameters",), Structure.AGENT_PARAMETER)
            yield self._leaf(
                say("Agent strategy"), leaf, self._localized(leaf.document, ("description",)), (form,), EVERYWHERE
            )

    def _datasources(self, linked: LinkedDocument) -> Iterator[Part]:
        forms = (
            self._form(say("Authorization"), linked, ("credentials_schema",), Structure.CONFIG),
            *self._oauth(linked, ("oauth_schema",)),
        )
        yield self._provider(say("Datasources"), linked, forms)
        for leaf in self._leaves(linked, DocumentKind.DATASOURCE):
            form = self._form(
                say("Node of a knowledge pipeline"), leaf, ("parameters",), Structure.DATASOURCE_PARAMETER
            )
            yield self._leaf(
                say("Datasource"), leaf, self._localized(leaf.document, ("description",)), (form,), EVERYWHERE
            )

    def _triggers(self, linked: LinkedDocument) -> Iterator[Part]:
        made = ("subscription_constructor",)
        forms = (
            self._form(say("Subscription by hand"), linked, ("subscription_schema",), Structure.CONFIG),
            self._form(say("Authorization"), linked, (*made, "credentials_schema"), Structure.CONFIG),
            *self._oauth(linked, (*made, "oauth_schema")),
            self._form(say("New subscription"), linked, (*made, "parameters"), Structure.EVENT_PARAMETER),
        )
        yield self._provider(say("Trigger"), linked, forms)
        for leaf in self._leaves(linked, DocumentKind.EVENT):
            form = self._form(say("Trigger node"), leaf, ("parameters",), Structure.EVENT_PARAMETER)
            yield self._leaf(say("Event"), leaf, self._localized(leaf.document, ("description",)), (form,), EVERYWHERE)

    def _endpoints(self, linked: LinkedDocument) -> Iterator[Part]:
        notes = [
            f"{_text(leaf, 'method')} {_text(leaf, 'path')}"
            for leaf in self._endpoint_documents(linked)
            if leaf.get("hidden") is not True
        ]
        form = self._form(say("Set up an endpoint"), linked, ("settings",), Structure.CONFIG)
        yield Part(
            say("Endpoints"),
            ("endpoints", linked.path),
            name(say("Endpoints")),
            badges=tuple(notes),
            forms=tuple(filter(None, (form,))),
            place=(linked.path, ()),
        )

    def _endpoint_documents(self, linked: LinkedDocument) -> Iterator[Document]:
        for leaf in self._leaves(linked, DocumentKind.ENDPOINT):
            yield leaf.document

    def _models(self, linked: LinkedDocument) -> Iterator[Part]:
        document = linked.document
        methods = document.get("configurate_methods")
        methods = methods if isinstance(methods, list) else []
        types = document.get("supported_model_types")
        forms = []
        if "predefined-model" in methods:
            path = ("provider_credential_schema", "credential_form_schemas")
            forms.append(self._form(say("Set up"), linked, path, Structure.MODEL_FORM))
        if "customizable-model" in methods:
            path = ("model_credential_schema", "credential_form_schemas")
            forms.append(
                self._form(say("Add a model"), linked, path, Structure.MODEL_FORM, first=self._model_name(document))
            )
        help_text = self._localized(document, ("help", "title"), MODELS)
        yield Part(
            say("Model provider"),
            ("provider", _text(document, "provider") or linked.path),
            self._title(document, ("label",), _text(document, "provider"), MODELS),
            self._model_icon(document),
            description=self._localized(document, ("description",), MODELS),
            badges=tuple(_capitals(kind) for kind in types if isinstance(kind, str)) if isinstance(types, list) else (),
            link=help_text,
            address=self._link_address(document, ("help", "url")),
            forms=tuple(filter(None, forms)),
            models=tuple(self._rows(linked)),
            place=(linked.path, ()),
        )

    def _model_name(self, document: Document) -> Field | None:
        at = ("model_credential_schema", "model")
        label = self._localized(document, (*at, "label"), MODELS)
        if label is None:
            return None
        placeholder = self._localized(document, (*at, "placeholder"), MODELS)
        return Field(
            "model",
            "text-input",
            _WIDGETS["text-input"],
            label,
            True,
            placeholder=placeholder,
            place=(document.path, at),
        )

    def _rows(self, linked: LinkedDocument) -> Iterator[ModelRow]:
        models = list(self._leaves(linked, DocumentKind.MODEL))
        order = self._order(linked)

        def rank(leaf: LinkedDocument) -> tuple[int, int]:
            kind, model = _text(leaf.document, "model_type"), _text(leaf.document, "model")
            place = _MODEL_TYPES.index(kind) if kind in _MODEL_TYPES else len(_MODEL_TYPES)
            return place, order.get((kind, model), len(order))

        for count, leaf in enumerate(sorted(models, key=rank), 1):
            if self._account.exceeds(MAX_PARTS, linked.path, count):
                return
            yield self._row(leaf)

    def _order(self, linked: LinkedDocument) -> dict[tuple[str, str], int]:
        """The rank of each model that a file of positions names, by type and name."""
        names: dict[tuple[str, str], int] = {}
        for section, (kind, _) in SECTIONS.items():
            path = _text(linked.document, "models", section, "position")
            position = self._plugin.documents.get(path)
            listed = position.document.data if position is not None else None
            for each in listed if isinstance(listed, list) else ():
                names.setdefault((kind, str(each)), len(names))
        return names

    def _row(self, leaf: LinkedDocument) -> ModelRow:
        document = leaf.document
        size = document.get("model_properties", "context_size")
        features = document.get("features")
        shown = (
            _capitals(_text(document, "model_type")),
            _size(size),
            _text(document, "model_properties", "mode").upper(),
            *(each for each in (features if isinstance(features, list) else ()) if isinstance(each, str)),
        )
        fields = self._fields(leaf, ("parameter_rules",), self._rule)
        return ModelRow(
            self._title(document, ("label",), _text(document, "model"), MODELS),
            tuple(filter(None, shown)),
            _price(document),
            is_true(document.get("deprecated")),
            Form(say("Parameters"), fields) if fields else None,
            place=(leaf.path, ()),
        )

    def _rule(self, document: Document, pointer: Pointer, data: Mapping[Any, Any]) -> Field:
        template = TEMPLATES.get(_text(document, *pointer, "use_template"))
        kind = _text(document, *pointer, "type") or (template.type if template else "")

        def value(key: str) -> str:
            written = _text(document, *pointer, key)
            built_in = getattr(template, key) if template is not None else None
            return written or ("" if built_in is None else str(built_in))

        options = data.get("options") or (template.options if template else ())
        default, least, most = value("default"), value("min"), value("max")
        choices = tuple(Option(str(each), name(str(each)), str(each) == default) for each in _listed(options))
        widget: str = _WIDGETS["select"] if choices else _WIDGETS.get(kind, "")
        if widget == "number" and least and most:
            widget = say("slider from {least} to {most}", least=least, most=most)
        return Field(
            _text(document, *pointer, "name"),
            kind,
            widget,
            self._title(document, (*pointer, "label"), _text(document, *pointer, "name"), MODELS),
            is_true(data.get("required")),
            "" if choices else without_secrets(default),
            help=self._localized(document, (*pointer, "help"), MODELS),
            options=choices[: MAX_OPTIONS.most],
            note="" if widget else say("Dify draws no field of this type."),
            place=(document.path, pointer),
        )

    # --- what they are made of --------------------------------------------------------------------------------------

    def _provider(self, kind: str, linked: LinkedDocument, forms: Sequence[Form | None]) -> Part:
        document = linked.document
        called = _text(document, "identity", "name")
        dark = "" if linked.kind is DocumentKind.DATASOURCE_PROVIDER else "icon_dark"
        return Part(
            kind,
            ("provider", f"{linked.kind.value} {called or linked.path}"),
            self._title(document, ("identity", "label"), called),
            self._icon(document, "icon", dark, ("identity",)),
            description=self._localized(document, ("identity", "description")),
            forms=tuple(filter(None, forms)),
            place=(linked.path, ()),
        )

    def _leaf(
        self,
        kind: str,
        leaf: LinkedDocument,
        description: Text | None,
        forms: Sequence[Form | None],
        read: frozenset[str],
    ) -> Part:
        called = _text(leaf.document, "identity", "name")
        return Part(
            kind,
            (kind, f"{leaf.link.source if leaf.link else ''} {called or leaf.path}"),
            self._title(leaf.document, ("identity", "label"), called, read),
            description=description,
            forms=tuple(filter(None, forms)),
            place=(leaf.path, ()),
        )

    def _leaves(self, linked: LinkedDocument, kind: DocumentKind) -> Iterator[LinkedDocument]:
        """The documents that a provider lists, in its order."""
        for reference in self._plugin.references:
            if reference.source == linked.path:
                for path in reference.found:
                    leaf = self._plugin.documents.get(path)
                    if leaf is not None and leaf.kind is kind and leaf.document.readable and leaf.link is reference:
                        yield leaf

    def _oauth(self, linked: LinkedDocument, at: tuple[str, ...]) -> Iterator[Form | None]:
        """The form for the OAuth client. Without `credentials_schema` Dify offers no sign-in (A, PL-3)."""
        if linked.document.get(*at, "credentials_schema"):
            form = self._form(say("Client for OAuth"), linked, (*at, "client_schema"), Structure.CONFIG)
            yield Form(
                say("Sign in"), form.fields if form else (), say("A button to sign in, and this form for the client.")
            )

    def _form(
        self,
        title: str,
        linked: LinkedDocument,
        at: tuple[str, ...],
        structure: Structure,
        note: str = "",
        chosen: Callable[[Item], bool] = lambda _: True,
        first: Field | None = None,
    ) -> Form | None:
        def draw(document: Document, pointer: Pointer, data: Mapping[Any, Any]) -> Field | None:
            item = Item(linked, pointer, structure, dict(data))
            return self._field(item) if chosen(item) else None

        fields = self._fields(linked, at, draw)
        fields = (first, *fields) if first is not None else fields
        return Form(title, _with_waiting(fields), note) if fields else None

    def _fields(
        self,
        linked: LinkedDocument,
        at: tuple[str, ...],
        draw: Callable[[Document, Pointer, Mapping[Any, Any]], Field | None],
    ) -> tuple[Field, ...]:
        fields: list[Field] = []
        for key, data in _mappings(linked.document.get(*at)):
            if self._account.exceeds(MAX_FIELDS, linked.path, len(fields) + 1):
                break
            drawn = draw(linked.document, (*at, key), data)
            if drawn is not None:
                fields.append(drawn)
        return tuple(fields)

    def _field(self, item: Item) -> Field:
        document, data = item.document, item.data
        read = MODELS if item.structure is Structure.MODEL_FORM else EVERYWHERE
        help_key, has_placeholder = _HELP[item.structure]
        called = item.name or ""
        kind = _text(document, *item.at("type"))
        default = console_value(document, item.at("default"))
        chosen = {_shown(each) for each in default} if isinstance(default, list) else {_shown(default)}
        options = tuple(self._options(item, read, chosen))
        widget = _WIDGETS.get(kind, "") if item.type else ""
        note: str = ""
        if not widget:
            unknown = say("Dify does not know the type {type}.", type=quote(kind))
            note = unknown if kind else say("The field has no type.")
        if item.structure is Structure.MODEL_FORM and kind == "switch":
            note = say("Dify draws no field of the type switch: use radio with true and false.")
        is_link = item.structure is Structure.CONFIG
        return Field(
            called,
            kind,
            widget,
            self._title(document, item.at("label"), called, read),
            is_true(data.get("required", item.structure is Structure.MODEL_FORM)),
            "" if widget == "choice" else without_secrets(_shown(default))[:4096],
            self._localized(document, item.at("placeholder"), read) if has_placeholder else None,
            self._localized(document, item.at(help_key), read) if help_key else None,
            self._link_address(document, item.at("url")) if is_link else "",
            options,
            is_true(data.get("multiple")),
            _conditions(data.get("show_on")) if item.structure is Structure.MODEL_FORM else (),
            note=note,
            place=(document.path, item.pointer),
        )

    def _options(self, item: Item, read: frozenset[str], chosen: set[str]) -> Iterator[Option]:
        for index, value in item.option_values():
            if self._account.exceeds(MAX_OPTIONS, item.document.path, index + 1):
                return
            at = item.at("options", index)
            conditions = item.document.get(*at, "show_on") if item.structure is Structure.MODEL_FORM else None
            yield Option(
                value,
                self._title(item.document, (*at, "label"), value, read),
                value in chosen,
                _conditions(conditions),
            )

    def _localized(self, document: Document, pointer: Pointer, read: frozenset[str] = EVERYWHERE) -> Text | None:
        return localized(document, pointer, read, self._account)

    def _title(self, document: Document, pointer: Pointer, otherwise: str, read: frozenset[str] = EVERYWHERE) -> Text:
        return self._localized(document, pointer, read) or name(otherwise or "?")

    def _link_address(self, document: Document, pointer: Pointer) -> str:
        return _text(document, *pointer)[:2000]

    def _icon(self, document: Document, light: str, dark: str, at: tuple[str, ...] = ()) -> Icon | None:
        written = _text(document, *at, light)
        if not written:
            return None
        in_the_dark = _text(document, *at, dark) if dark else ""
        return Icon(self._picture(written), self._picture(in_the_dark) if in_the_dark else None)

    def _model_icon(self, document: Document) -> Icon | None:
        # `icon_small` is given by locale; what differs by locale is shown in English here.
        light, dark = (_text(document, key, "en_US") for key in ("icon_small", "icon_small_dark"))
        return Icon(self._picture(light), self._picture(dark) if dark else None) if light else None

    def _picture(self, written: str) -> Picture:
        return self._album.picture(self._plugin, f"_assets/{written}")


def _readme_title(readmes: Sequence[tuple[tuple[str, ...], str, str]]) -> Text:
    """The path of the README of each locale; the English one is a gap in the others."""
    own = [
        Variant(tuple(each for each in locales if path != README or each == "en_US"), path)
        for locales, path, _ in readmes
    ]
    gaps = [
        Variant(tuple(each for each in locales if each != "en_US"), path, "en_US", State.GAP)
        for locales, path, _ in readmes
        if path == README
    ]
    return Text(tuple(each for each in (*own, *gaps) if each.locales))


def _with_waiting(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields, those marked whose conditions do not hold while every field has its default."""
    values = {each.name: {o.value for o in each.options if o.chosen} or {each.default} for each in fields}

    def waits(each: Field) -> bool:
        return any(value not in values.get(variable, ()) for variable, value in each.conditions)

    return tuple(replace(each, waiting=True) if each.conditions and waits(each) else each for each in fields)


def _listed(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list | tuple) else ():
        if isinstance(each, str | int | float):
            yield str(each)


def _shown(value: Any) -> str:
    """A default as it stands in a field."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    import json  # Few fields have a default of another kind.

    try:
        return json.dumps(value, ensure_ascii=False, default=str)[:1000]
    except (ValueError, TypeError, RecursionError):
        return "…"


def _capitals(kind: str) -> str:
    return kind.replace("-", " ").upper()


def _size(value: Any) -> str:
    """The size of a context as the console abbreviates it: whole thousands of tokens."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value > 10**12:
        return ""
    return f"{int(value // 1000)}K" if value >= 1000 else str(int(value))


def _price(document: Document) -> str:
    """What a million tokens cost, "" where the plugin does not say."""
    try:
        unit = Decimal(_text(document, "pricing", "unit"))
        sums = [(way, Decimal(text)) for way in _WAYS if (text := _text(document, "pricing", way))]
        if any(not each.is_finite() or abs(each.adjusted()) > _DIGITS for each in (unit, *(sum for _, sum in sums))):
            return ""
        costs = listed(say(_WAYS[way], price=_decimal(price * unit * 1_000_000)) for way, price in sums)
    except (InvalidOperation, ValueError):
        return ""
    currency = _text(document, "pricing", "currency")
    return say("{costs} {currency} for a million tokens", costs=costs, currency=currency) if costs else ""


def _decimal(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
