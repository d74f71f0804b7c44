"""The surface of a plugin: everything in its documents that workspaces store by name, or depend on.

A workspace keeps names: of providers, tools, parameters, models, credentials, endpoints and events. The surface holds
them as the daemon declares them to Dify, whatever file they are in: patterns are resolved, defaults applied, templates
of parameter rules expanded. Every element knows its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct, field

from bot.document import Document, Pointer
from bot.document.scalars import is_true
from bot.findings import Span
from bot.format.builtin import SECTIONS, TEMPLATES
from bot.format.traits import DocumentKind
from bot.patterns import regex
from bot.plugin import LinkedDocument, Plugin
from bot.plugin.forms import spelling


class Sort(StrEnum):
    """The sorts of elements. The value is the word of messages and of the kinds of changes."""

    PROVIDER = "provider"
    TOOL = "tool"
    STRATEGY = "strategy"
    DATASOURCE = "datasource"
    EVENT = "event"
    ENDPOINT = "endpoint"
    MODEL = "model"
    MODEL_TYPE = "model-type"
    METHOD = "configuration-method"
    PARAMETER = "parameter"
    MODEL_PARAMETER = "model-parameter"
    CREDENTIAL = "credential"
    SETTING = "setting"
    SUBSCRIPTION_PROPERTY = "subscription-property"
    SUBSCRIPTION_PARAMETER = "subscription-parameter"
    OAUTH = "oauth"
    OUTPUT = "output"


class Place(Struct, frozen=True):
    """A place in a document of the plugin. `at_key` means the key of the value, or the first key of a list item."""

    document: Document
    pointer: Pointer
    at_key: bool = False

    @property
    def path(self) -> str:
        """The file, from the plugin root."""
        return self.document.path

    @property
    def span(self) -> Span:
        if self.at_key:
            return self.document.span_of_key(self.pointer)
        return self.document.span(self.pointer)


class Listing(Struct, frozen=True):
    """The elements of one list, and the place of the list: where one that is gone is missed.

    `present` says whether the list was written at all, `unread` which files of it could not be read.
    """

    sort: Sort
    place: Place
    elements: Mapping[str, Element] = field(default_factory=dict)
    present: bool = True
    unread: tuple[str, ...] = ()


class Element(Struct, frozen=True):
    """Something with a name. `facts` are its properties with defaults applied; `lists` what it is made of.

    `pointer` leads to its mapping, or to the value that it is.
    """

    sort: Sort
    name: str
    document: Document
    pointer: Pointer
    name_pointer: Pointer
    facts: Mapping[str, Any] = field(default_factory=dict)
    lists: Mapping[str, Listing] = field(default_factory=dict)
    #: Where in its list it stands.
    position: int = 0

    @property
    def place(self) -> Place:
        """Where its name stands."""
        return Place(self.document, self.name_pointer, at_key=self.name_pointer == self.pointer)

    def fact_place(self, key: str, *, at_key: bool = False) -> Place:
        """Where a property is written; where it is not, the element that lacks it."""
        pointer = (*self.pointer, key)
        if self.document.node(pointer) is None:
            return Place(self.document, self.pointer, at_key=True)
        return Place(self.document, pointer, at_key)


class Category(Struct, frozen=True):
    """One key of `plugins`: the kind of what it lists, and in words."""

    key: str
    name: str
    kind: DocumentKind
    provider: str


CATEGORIES: Final = (
    Category("tools", "tools", DocumentKind.TOOL_PROVIDER, "tool-provider"),
    Category("models", "models", DocumentKind.MODEL_PROVIDER, "model-provider"),
    Category("datasources", "datasources", DocumentKind.DATASOURCE_PROVIDER, "datasource-provider"),
    Category("agent_strategies", "agent strategies", DocumentKind.AGENT_STRATEGY_PROVIDER, "strategy-provider"),
    Category("triggers", "triggers", DocumentKind.TRIGGER_PROVIDER, "trigger-provider"),
    Category("endpoints", "endpoints", DocumentKind.ENDPOINT_GROUP, "endpoint-provider"),
)


class Surface(Struct, frozen=True):
    """The surface of one version. Nothing in it is checked: what is not of the right type is left out."""

    manifest: Document
    author: str | None
    name: str | None
    version: str | None
    #: The category that Dify files the plugin under: a key of `plugins`, or "" for one that has nothing listed.
    category: str
    #: The keys of `plugins` that list something.
    listed: frozenset[str]
    #: By key of `plugins`, the provider that Dify knows: of several, the daemon keeps the last.
    providers: Mapping[str, Element]
    #: By permission (`tool`, `model.llm`, `storage`), what the manifest grants: for storage its size in bytes.
    permissions: Mapping[str, int]
    minimum_dify: str | None
    #: What could not be read, by key of `plugins`: paths as the documents write them.
    unread: Mapping[str, tuple[str, ...]]


def surface_of(plugin: Plugin) -> Surface | None:
    """The surface of a plugin, made once; None where its manifest cannot be read, and for a bundle."""
    return plugin.derived(_surface)


def _surface(plugin: Plugin) -> Surface | None:
    manifest = plugin.manifest
    if not manifest.readable or plugin.is_bundle or not isinstance(manifest.data, dict):
        return None
    builder = _Builder(plugin)
    listed, providers, unread = [], {}, {}
    for category in CATEGORIES:
        written = manifest.get("plugins", category.key)
        if not isinstance(written, list) or not written:
            continue
        listed.append(category.key)
        found, missing = builder.providers(category)
        if found:
            providers[category.key] = builder.merged(found)
        if missing:
            unread[category.key] = tuple(missing)
    return Surface(
        manifest=manifest,
        author=_spelled(manifest, ("author",)),
        name=_spelled(manifest, ("name",)),
        version=_spelled(manifest, ("version",)),
        category=listed[0] if listed else "",
        listed=frozenset(listed),
        providers=providers,
        permissions=dict(_permissions(manifest)),
        minimum_dify=_spelled(manifest, ("meta", "minimum_dify_version")),
        unread=unread,
    )


def _spelled(document: Document, pointer: Pointer) -> str | None:
    value = document.get(*pointer)
    return spelling(document, pointer, value) if value is not None else None


def _permissions(manifest: Document) -> Iterator[tuple[str, int]]:
    sections = manifest.get("resource", "permission")
    for section, grants in sections.items() if isinstance(sections, dict) else ():
        if not isinstance(section, str) or not isinstance(grants, dict) or not is_true(grants.get("enabled")):
            continue
        size = grants.get("size")
        yield section, size if section == "storage" and isinstance(size, int) else 1
        for flag, value in grants.items():
            if flag != "enabled" and is_true(value) and isinstance(flag, str):
                yield f"{section}.{flag}", 1


class _Builder:
    """Makes the elements of one plugin."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._leads: dict[tuple[str, Pointer], tuple[str, ...]] = {}
        for reference in plugin.references:
            # What a wrong link was meant for is not what Dify reads.
            found = reference.packaged.found if reference.is_glob else reference.found
            self._leads[reference.source, reference.pointer] = found

    def _read(self, source: str, pointer: Pointer, kind: DocumentKind) -> tuple[list[LinkedDocument], list[str]]:
        """The documents of a kind that the path or pattern at a place leads to, and the paths that cannot be read."""
        read, unread = [], []
        for path in self._leads.get((source, pointer), ()):
            linked = self._plugin.documents.get(path)
            if linked is None or linked.kind is DocumentKind.MODEL_POSITION:
                continue
            if linked.document.readable and linked.kind is kind and isinstance(linked.document.data, dict):
                read.append(linked)
            else:
                unread.append(path)
        return read, unread

    def _each(
        self, document: Document, pointer: Pointer, kind: DocumentKind
    ) -> tuple[list[tuple[int, LinkedDocument]], list[str]]:
        """What the paths of a list lead to, with their indexes."""
        read, unread = [], []
        written = document.get(*pointer)
        for index, path in enumerate(written if isinstance(written, list) else ()):
            found, broken = self._read(document.path, (*pointer, index), kind)
            read += [(index, linked) for linked in found]
            unread += broken or ([str(path)] if not found else [])
        return read, unread

    # --- providers ---

    def providers(self, category: Category) -> tuple[list[Element], list[str]]:
        found, unread = self._each(self._plugin.manifest, ("plugins", category.key), category.kind)
        make = {
            "tools": self._tool_provider,
            "models": self._model_provider,
            "datasources": self._datasource_provider,
            "agent_strategies": self._strategy_provider,
            "triggers": self._trigger_provider,
            "endpoints": self._endpoint_group,
        }[category.key]
        return [make(linked.document) for _, linked in found], unread

    def merged(self, found: list[Element]) -> Element:
        """The provider that Dify knows. Endpoints are answered by the SDK, which has those of all groups."""
        last = found[-1]
        endpoints = last.lists.get("endpoints")
        if endpoints is None or len(found) == 1:
            return last
        every: dict[str, Element] = {}
        for group in found:
            every.update(group.lists["endpoints"].elements)
        unread = tuple(path for group in found for path in group.lists["endpoints"].unread)
        listing = Listing(Sort.ENDPOINT, endpoints.place, every, unread=unread)
        return Element(
            last.sort, last.name, last.document, (), last.name_pointer, lists={**last.lists, "endpoints": listing}
        )

    def _provider(self, document: Document, name: Pointer, lists: Mapping[str, Listing]) -> Element:
        found = _spelled(document, name) or ""
        return Element(Sort.PROVIDER, found, document, (), name, lists=lists)

    def _tool_provider(self, document: Document) -> Element:
        credentials = ("credentials_for_provider",)
        if not document.get(*credentials) and document.get("credentials_schema"):
            credentials = ("credentials_schema",)  # The console shows it, though the SDK does not read it.
        lists = {
            "tools": self._leaves(document, "tools", DocumentKind.TOOL, Sort.TOOL),
            "credentials": self._form(document, credentials, Sort.CREDENTIAL),
            "oauth": self._oauth(document, ("oauth_schema",)),
        }
        return self._provider(document, ("identity", "name"), lists)

    def _datasource_provider(self, document: Document) -> Element:
        lists = {
            "datasources": self._leaves(document, "datasources", DocumentKind.DATASOURCE, Sort.DATASOURCE),
            "credentials": self._form(document, ("credentials_schema",), Sort.CREDENTIAL),
            "oauth": self._oauth(document, ("oauth_schema",)),
        }
        return self._provider(document, ("identity", "name"), lists)

    def _strategy_provider(self, document: Document) -> Element:
        lists = {"strategies": self._leaves(document, "strategies", DocumentKind.AGENT_STRATEGY, Sort.STRATEGY)}
        return self._provider(document, ("identity", "name"), lists)

    def _trigger_provider(self, document: Document) -> Element:
        constructor = "subscription_constructor"
        lists = {
            "events": self._leaves(document, "events", DocumentKind.EVENT, Sort.EVENT),
            "properties": self._form(document, ("subscription_schema",), Sort.SUBSCRIPTION_PROPERTY),
            "parameters": self._form(document, (constructor, "parameters"), Sort.SUBSCRIPTION_PARAMETER),
            "credentials": self._form(document, (constructor, "credentials_schema"), Sort.CREDENTIAL),
            "oauth": self._oauth(document, (constructor, "oauth_schema")),
        }
        return self._provider(document, ("identity", "name"), lists)

    def _endpoint_group(self, document: Document) -> Element:
        lists = {
            "endpoints": self._endpoints(document),
            "settings": self._form(document, ("settings",), Sort.SETTING),
        }
        return self._provider(document, (), lists)

    def _model_provider(self, document: Document) -> Element:
        forms = "credential_form_schemas"
        lists = {
            "types": _words(document, ("supported_model_types",), Sort.MODEL_TYPE),
            "methods": _words(document, ("configurate_methods",), Sort.METHOD),
            "credentials": self._form(document, ("provider_credential_schema", forms), Sort.CREDENTIAL, "variable"),
            "model-credentials": self._form(document, ("model_credential_schema", forms), Sort.CREDENTIAL, "variable"),
        }
        sections = document.get("models")
        for section in sections if isinstance(sections, dict) else ():
            if isinstance(section, str):
                lists[f"models/{section}"] = self._models(document, section)
        return self._provider(document, ("provider",), lists)

    # --- what providers list ---

    def _leaves(self, document: Document, key: str, kind: DocumentKind, sort: Sort) -> Listing:
        """Tools, strategies, datasources and events: a file each."""
        found, unread = self._each(document, (key,), kind)
        elements: dict[str, Element] = {}
        for index, linked in found:
            leaf = linked.document
            name = _spelled(leaf, ("identity", "name"))
            if not name:
                unread.append(leaf.path)
                continue
            lists = {
                "parameters": self._form(leaf, ("parameters",), Sort.PARAMETER),
                "outputs": _outputs(leaf),
            }
            facts = {"label": leaf.get("identity", "label"), "description": leaf.get("description")}
            facts["source"] = leaf.text_at("extra", "python", "source")
            elements[name] = Element(sort, name, leaf, (), ("identity", "name"), facts, lists, index)
        return Listing(sort, Place(document, (key,), at_key=True), elements, unread=tuple(unread))

    def _endpoints(self, document: Document) -> Listing:
        elements: dict[str, Element] = {}
        unread: list[str] = []
        written = document.get("endpoints")
        for index, item in enumerate(written if isinstance(written, list) else ()):
            pointer: Pointer = ("endpoints", index)
            if isinstance(item, dict):
                places = [(document, pointer)]
            else:
                found, broken = self._read(document.path, pointer, DocumentKind.ENDPOINT)
                places = [(linked.document, ()) for linked in found]
                unread += broken or ([str(item)] if not found else [])
            for where, at in places:
                method, path = _spelled(where, (*at, "method")), _spelled(where, (*at, "path"))
                if method is None or path is None:
                    unread.append(where.path)
                    continue
                name = f"{method.upper()} {path}"
                # Addresses match whatever the parts in angle brackets are called.
                key = _VARIABLE.sub(r"<\1>", name)
                facts = {"source": where.text_at(*at, "extra", "python", "source")}
                elements[key] = Element(Sort.ENDPOINT, name, where, at, (*at, "path"), facts, position=index)
        return Listing(Sort.ENDPOINT, Place(document, ("endpoints",), at_key=True), elements, unread=tuple(unread))

    def _models(self, document: Document, section: str) -> Listing:
        pointer: Pointer = ("models", section)
        found, unread = self._each(document, (*pointer, "predefined"), DocumentKind.MODEL)
        fallback = SECTIONS[section][0] if section in SECTIONS else section
        elements: dict[str, Element] = {}
        for _, linked in found:
            leaf = linked.document
            name = _spelled(leaf, ("model",))
            if not name:
                unread.append(leaf.path)
                continue
            kind = leaf.text_at("model_type") or fallback
            elements[f"{kind}/{name}"] = Element(
                Sort.MODEL,
                name,
                leaf,
                (),
                ("model",),
                _model_facts(leaf, kind),
                {"rules": _rules(leaf)},
                len(elements),
            )
        # A pattern that finds nothing is not a file that could not be read.
        broken = tuple(path for path in unread if path in self._plugin.documents)
        return Listing(Sort.MODEL, Place(document, pointer, at_key=True), elements, unread=broken)

    # --- forms ---

    def _form(self, document: Document, pointer: Pointer, sort: Sort, name_key: str = "name") -> Listing:
        """The items of a form: a list with names in it, or a mapping by name."""
        written = document.get(*pointer)
        elements: dict[str, Element] = {}
        for index, (part, data) in enumerate(_items(written)):
            at = (*pointer, part)
            if not isinstance(data, dict):
                continue
            name_pointer = at if isinstance(part, str) else (*at, name_key)
            name = part if isinstance(part, str) else _spelled(document, name_pointer)
            if name:
                facts = _item_facts(document, at, data)
                elements.setdefault(name, Element(sort, name, document, at, name_pointer, facts, position=index))
        return Listing(sort, Place(document, pointer, at_key=True), elements, present=written is not None)

    def _oauth(self, document: Document, pointer: Pointer) -> Listing:
        """Whether there are credentials by OAuth, as a list of one element or none."""
        place = Place(document, pointer, at_key=True)
        schema = document.get(*pointer)
        if not isinstance(schema, dict) or not schema.get("credentials_schema"):
            return Listing(Sort.OAUTH, place)
        return Listing(Sort.OAUTH, place, {"oauth": Element(Sort.OAUTH, "oauth_schema", document, pointer, pointer)})


#: `<id>` is short for `<string:id>`.
_VARIABLE = regex(r"<(?:(?:string|default):|([^<>:]*:))?[^<>:]*>")


def _items(written: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(written, list):
        return enumerate(written)
    if isinstance(written, dict):
        return ((key, value) for key, value in written.items() if isinstance(key, str))
    return ()


def _words(document: Document, pointer: Pointer, sort: Sort) -> Listing:
    """A list of words."""
    written = document.get(*pointer)
    elements = {
        item: Element(sort, item, document, (*pointer, index), (*pointer, index), position=index)
        for index, item in enumerate(written if isinstance(written, list) else ())
        if isinstance(item, str)
    }
    return Listing(sort, Place(document, pointer, at_key=True), elements)


def _item_facts(document: Document, pointer: Pointer, data: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "type": data.get("type") if isinstance(data.get("type"), str) else None,
        "form": data.get("form") if isinstance(data.get("form"), str) else None,
        "required": is_true(data.get("required")),
        "default": data.get("default"),
        "conditional": bool(data.get("show_on")),
        "options": _options(document, (*pointer, "options"), data.get("options")),
        "multiple": is_true(data.get("multiple")),
        "scope": data.get("scope") if isinstance(data.get("scope"), str) else None,
        "min": _number(data.get("min")),
        "max": _number(data.get("max")),
        "label": data.get("label"),
        "description": next(
            (data[key] for key in ("human_description", "description", "help", "llm_description") if data.get(key)),
            None,
        ),
    }


def _options(document: Document, pointer: Pointer, written: Any) -> tuple[str, ...]:
    """The values that options offer, as the daemon spells them."""
    found = []
    for index, option in enumerate(written if isinstance(written, list) else ()):
        at: Pointer = (*pointer, index)
        if isinstance(option, dict):
            at, option = (*at, "value"), option.get("value")
        text = spelling(document, at, option)
        if text is not None:
            found.append(text)
    return tuple(found)


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _outputs(document: Document) -> Listing:
    pointer: Pointer = ("output_schema", "properties")
    properties = document.get(*pointer)
    elements = {
        name: Element(
            Sort.OUTPUT,
            name,
            document,
            (*pointer, name),
            (*pointer, name),
            {
                "type": schema.get("type") if isinstance(schema, dict) else None,
                "description": schema.get("description") if isinstance(schema, dict) else None,
            },
            position=index,
        )
        for index, (name, schema) in enumerate(properties.items() if isinstance(properties, dict) else ())
        if isinstance(name, str)
    }
    return Listing(Sort.OUTPUT, Place(document, pointer, at_key=True), elements)


def _model_facts(document: Document, kind: str) -> dict[str, Any]:
    features = document.get("features")
    properties = document.get("model_properties")
    pricing = document.get("pricing")
    return {
        "type": kind,
        "deprecated": is_true(document.get("deprecated")),
        "features": tuple(item for item in features if isinstance(item, str)) if isinstance(features, list) else (),
        "properties": properties if isinstance(properties, dict) else {},
        "pricing": pricing if isinstance(pricing, dict) else {},
        "label": document.get("label"),
    }


def _rules(document: Document) -> Listing:
    """The parameter rules of a model, with what their templates give."""
    pointer: Pointer = ("parameter_rules",)
    elements: dict[str, Element] = {}
    written = document.get(*pointer)
    for index, data in enumerate(written if isinstance(written, list) else ()):
        at: Pointer = (*pointer, index)
        name = _spelled(document, (*at, "name")) if isinstance(data, dict) else None
        if not name:
            continue
        template = TEMPLATES.get(used) if isinstance(used := data.get("use_template"), str) else None

        def value(key: str, data: dict[Any, Any] = data, template: Any = template) -> Any:
            # A key that is there counts, even when it is null (S schema.py:360).
            return data[key] if key in data else getattr(template, key, None)

        options = value("options")
        facts = {
            "type": kind if isinstance(kind := value("type"), str) else None,
            "required": is_true(data.get("required")),
            "default": value("default"),
            "min": _number(value("min")),
            "max": _number(value("max")),
            "options": options if isinstance(options, tuple) else _options(document, (*at, "options"), options),
            "templated": template is not None,
            "label": data.get("label"),
            "description": data.get("help"),
        }
        elements.setdefault(
            name, Element(Sort.MODEL_PARAMETER, name, document, at, (*at, "name"), facts, position=index)
        )
    return Listing(Sort.MODEL_PARAMETER, Place(document, pointer, at_key=True), elements)
