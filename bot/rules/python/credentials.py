"""Rules about the credentials and settings that a plugin asks for, and those that its code reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct, field

from bot.document import Pointer
from bot.document.scalars import is_true
from bot.findings import Authority, By, Confidence, Severity, quote
from bot.format.traits import DocumentKind
from bot.messages import say
from bot.patterns import regex
from bot.plugin import LinkedDocument, Plugin
from bot.plugin.sources import sources_of
from bot.python.module import Modules
from bot.python.nodes import last_name, walk
from bot.python.reads import MAX_VALUES, How, Read, Site, Traced, is_guarded, name_pattern, trace, trace_values
from bot.python.scopes import File, Scope, scopes_of
from bot.python.sdk import CREDENTIALS_READ
from bot.rules.python.entries import Entry, all_entries, entries, read_place, read_span
from bot.rules.python.generators import function_around, may_be_called, reachable_files
from bot.rules.python.parameters import Fallbacks, get_instead
from bot.rules.registry import Example, Hit, NotJudged, Place, at_key, at_value, rule


class Item(Struct, frozen=True):
    """A credential or setting that a document asks for. `pointer` leads to its name."""

    linked: LinkedDocument
    pointer: Pointer
    name: str
    data: Mapping[str, Any]
    #: The name is the key of a mapping, and not a value in it.
    is_key: bool = False
    #: It comes from OAuth, and nobody enters it.
    oauth: bool = False
    #: It is required where nothing is said.
    required_by_default: bool = False

    @property
    def may_be_absent(self) -> bool:
        required = self.data.get("required", self.required_by_default)
        return required is not None and not is_true(required) and self.data.get("default") is None

    def hit(self, message: str, **more: Any) -> Hit:
        place = at_key if self.is_key else at_value
        return place(self.linked.document, self.pointer, message, subject=self.name, **more)

    def place(self, message: str) -> Place:
        document = self.linked.document
        span = document.span_of_key(self.pointer) if self.is_key else document.span(self.pointer)
        return Place(self.linked.path, span, message)


_OAUTH: Final = ("oauth_schema", "credentials_schema")
#: Where each kind of document asks for something, what the name is called there, and whether it comes from OAuth.
_ASKING: Final[tuple[tuple[DocumentKind, Pointer, str, bool], ...]] = (
    (DocumentKind.TOOL_PROVIDER, ("credentials_for_provider",), "name", False),
    (DocumentKind.TOOL_PROVIDER, _OAUTH, "name", True),
    (DocumentKind.MODEL_PROVIDER, ("provider_credential_schema", "credential_form_schemas"), "variable", False),
    (DocumentKind.MODEL_PROVIDER, ("model_credential_schema", "credential_form_schemas"), "variable", False),
    (DocumentKind.DATASOURCE_PROVIDER, ("credentials_schema",), "name", False),
    (DocumentKind.DATASOURCE_PROVIDER, _OAUTH, "name", True),
    (DocumentKind.TRIGGER_PROVIDER, ("subscription_schema",), "name", False),
    (DocumentKind.TRIGGER_PROVIDER, ("subscription_constructor", "parameters"), "name", False),
    (DocumentKind.TRIGGER_PROVIDER, ("subscription_constructor", "credentials_schema"), "name", False),
    (DocumentKind.TRIGGER_PROVIDER, ("subscription_constructor", *_OAUTH), "name", True),
    (DocumentKind.ENDPOINT_GROUP, ("settings",), "name", False),
)


def asked_for(plugin: Plugin) -> tuple[Item, ...]:
    """Everything that the documents ask for."""
    return tuple(
        item
        for kind, pointer, called, oauth in _ASKING
        for linked in plugin.linked(kind)
        for item in _items(linked, pointer, called, oauth=oauth)
    )


def _items(linked: LinkedDocument, pointer: Pointer, called: str, *, oauth: bool) -> Iterator[Item]:
    written = linked.document.get(*pointer)
    by_default = linked.kind is DocumentKind.MODEL_PROVIDER
    if isinstance(written, dict):
        for name, data in written.items():
            if isinstance(name, str) and isinstance(data, dict):
                yield Item(linked, (*pointer, name), name, data, True, oauth, by_default)
    elif isinstance(written, list):
        for index, data in enumerate(written):
            name = data.get(called) if isinstance(data, dict) else None
            if isinstance(name, str):
                yield Item(linked, (*pointer, index, called), name, data, False, oauth, by_default)


def _lacks_names(plugin: Plugin) -> bool:
    """Whether a form asks for something that has no name, which is what is wrong then."""
    return any(
        isinstance(data, dict) and not data.get(called)
        for kind, pointer, called, _ in _ASKING
        for linked in plugin.linked(kind)
        if isinstance(written := linked.document.get(*pointer), list)
        for data in written
    )


# --- what the code reads ----------------------------------------------------------------------------------------------

#: What a class of the SDK that reads credentials itself is called.
_READING: Final = frozenset({"get", "pop", "setdefault", "getattr", "__getitem__", "has", "hasattr"})


class Mentioned(Struct):
    """The names that the code of a plugin may read from a dictionary that travels through it."""

    names: set[str] = field(default_factory=set)
    #: Names that are put together, as regular expressions.
    patterns: set[str] = field(default_factory=set)
    #: Keys that the code stores, with the functions that do.
    stored: dict[str, set[Scope]] = field(default_factory=dict)
    #: Credentials are handed over as a whole to code that is not known.
    handed_over: bool = False

    def has(self, name: str) -> bool:
        return name in self.names or any(re.fullmatch(pattern, name) for pattern in self.patterns)


def mentioned(plugin: Plugin) -> Mentioned:
    """Every name that a reachable module has as a read, a keyword, an attribute or a constant key."""
    found = Mentioned()
    modules = sources_of(plugin).modules
    for file in reachable_files(plugin):
        here = modules.of_file(_mentions, file.module.path)
        found.names |= here.names
        found.patterns |= here.patterns
        found.handed_over |= here.handed_over
        for name, functions in here.stored.items():
            found.stored.setdefault(name, set()).update(functions)
    return found


def _mentions(modules: Modules, path: str) -> Mentioned:
    found = Mentioned()
    scopes = scopes_of(modules)
    file = scopes.file_at(path)
    if file is None:
        return found
    parents = file.parents
    for node, text in file.strings:
        if 0 < len(text) <= 100 and _is_key(file, node):
            found.names.add(text)
            parent = parents.get(node)
            if isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load):
                found.stored.setdefault(text, set()).add(file.scope_of(parent))
    for attribute, _ in file.attributes:
        inner: ast.expr = attribute
        while isinstance(inner, ast.Attribute):
            found.names.add(inner.attr)
            inner = inner.value
    for call, scope in file.calls:
        for keyword in call.keywords:
            if keyword.arg is not None:
                found.names.add(keyword.arg)
            elif _is_credentials(keyword.value):
                found.handed_over = True
        if last_name(call.func) in _READING:
            for argument in call.args[:2]:
                if isinstance(argument, ast.JoinedStr) and (pattern := name_pattern(argument)) is not None:
                    found.patterns.add(pattern)
        function = last_name(call.func) or ""
        if function[:1].isupper() or function in {"model_validate", "parse_obj"}:
            known = scopes.definition(call.func, scope)
            if known is None and any(_is_credentials(argument) for argument in call.args):
                found.handed_over = True
        if function in {"items", "keys", "values"} and isinstance(call.func, ast.Attribute):
            found.handed_over = found.handed_over or _is_credentials(call.func.value)
    for definition, scope in file.by_node.items():
        found.names.update(scope.parameters)
        if isinstance(definition, ast.ClassDef):
            found.names.update(
                item.target.id
                for item in definition.body
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
            )
    return found


def _is_credentials(node: ast.expr) -> bool:
    """Whether an expression is called credentials."""
    return last_name(node) in {"credentials", "creds", "settings"}


def _is_key(file: File, node: ast.Constant) -> bool:
    """Whether a text stands where a name is looked up, and not in a list of words or a message."""
    parent = file.parents.get(node)
    match parent:
        case ast.Subscript(slice=key):
            return key is node
        case ast.Call(func=function, args=args):
            return last_name(function) in _READING or (node in args and not _is_said(function))
        case ast.Compare(left=left, ops=ops):
            return left is node and isinstance(ops[0], ast.In | ast.NotIn)
        case ast.Dict(keys=keys):
            return node in keys or _is_listed(file, parent)
        case ast.MatchMapping():
            return True
        case ast.Tuple() | ast.List() | ast.Set():
            return _is_listed(file, parent)
        case ast.Assign() | ast.AnnAssign():
            return True
        case ast.keyword():
            return True
        case ast.IfExp():
            return isinstance(file.parents.get(parent), ast.Subscript | ast.Call)
        case _:
            return False


_SAYING: Final = frozenset(
    {"debug", "info", "warning", "error", "exception", "print", "join", "format", "strip", "split", "replace"}
    | {"startswith", "endswith"}
)


def _is_said(function: ast.expr) -> bool:
    name = last_name(function) or ""
    return name in _SAYING or name.endswith(("Error", "Exception", "_message"))


def _is_listed(file: File, node: ast.AST) -> bool:
    """Whether a display is what a loop goes over, or a call is given, by itself or under a name."""
    for parent in file.around(node):
        if isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension):
            return True
        if isinstance(parent, ast.Call):
            return not _is_said(parent.func)
        if isinstance(parent, ast.Assign | ast.AnnAssign):
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            return not file.derived(_iterated, _iterated).isdisjoint(map(last_name, targets))
        if isinstance(parent, ast.stmt):
            return isinstance(parent, ast.Return)
    return False


def _iterated(file: File) -> frozenset[str]:
    """The names and attributes that loops go over, or that are passed to calls."""
    uses = (*(name for name, _ in file.names), *(attribute for attribute, _ in file.attributes))
    around = (ast.For, ast.comprehension, ast.Call)
    return frozenset(last_name(use) or "" for use in uses if isinstance(file.parents.get(use), around))


def _read_by_sdk(plugin: Plugin) -> frozenset[str]:
    """What the classes of the SDK read from which a plugin's models derive."""
    scopes = scopes_of(sources_of(plugin).modules)
    found: set[str] = set()
    for file in reachable_files(plugin):
        for node, scope in file.by_node.items():
            if isinstance(node, ast.ClassDef):
                for base in scopes.lineage(scope)[1] or ():
                    found |= CREDENTIALS_READ.get(base.rpartition(".")[2], frozenset())
    return frozenset(found)


#: The method that gets what users enter to subscribe to a trigger.
_CREATING: Final = "_create_subscription"
#: Methods that the SDK gives credentials, by the parameter that holds them.
_GIVEN: Final = frozenset(
    {"_validate_credentials", "validate_credentials", "validate_provider_credentials", "_validate_api_key", "_invoke"}
    | {"get_num_tokens", "get_customizable_model_schema", "get_tts_model_voices", "_fetch_parameter_options"}
    | {"_create_subscription", "_delete_subscription", "_refresh_subscription", "_dispatch_event", "_on_event"}
)


class _Given(Struct, frozen=True):
    """A dictionary of what users entered, which the SDK gives to a class."""

    entry: Entry
    traced: Traced
    #: The method that gets it, or where it is read from the class.
    where: Place
    #: It has what one form of a trigger asks for, and nothing that its code has stored.
    is_form: bool = False
    #: It has what the code of a trigger stored of a subscription.
    is_mixed: bool = False


def _traced(plugin: Plugin) -> tuple[_Given, ...]:
    """What happens to the credentials that the SDK gives to each class."""
    found = []
    triggers = plugin.linked(DocumentKind.TRIGGER_PROVIDER)
    constructed = any(linked.document.get("subscription_constructor") for linked in triggers)
    for entry in all_entries(plugin):
        for cls in entry.lineage:
            for name, function in cls.functions.items():
                if name in _GIVEN and entry.method(name) is function:
                    where = Place(function.file.module.path, function.span, _GETS)
                    parameter = _parameter(entry, function)
                    if parameter is not None:
                        found.append(_Given(entry, trace(entry.scopes, function, parameter, entry.cls), where))
                    if name == _CREATING and "parameters" in function.parameters:
                        traced = trace(entry.scopes, function, "parameters", entry.cls)
                        found.append(_Given(entry, traced, where, is_form=True))
        for is_wanted in (_is_of_runtime, _is_of_subscription):
            sites = [site for cls in entry.lineage for site in _sites(cls.file, cls, is_wanted)]
            if sites:
                traced = trace_values(entry.scopes, sites, entry.cls)
                is_mixed = constructed and is_wanted is _is_of_subscription
                found.append(_Given(entry, traced, _place(sites[0]), is_mixed=is_mixed))
    known = {cls for entry in all_entries(plugin) for cls in entry.lineage}
    helped = [site for file in reachable_files(plugin) for site in _sites(file, None, _is_of_runtime)]
    helped = [site for site in helped if known.isdisjoint(site.scope.around())]
    tool = next(iter(entries(plugin, DocumentKind.TOOL)), None)
    if helped and tool is not None:  # Functions that get a tool.
        found.append(_Given(tool, trace_values(tool.scopes, helped), _place(helped[0])))
    return tuple(found)


def _place(site: Site) -> Place:
    module = site.file.module
    return Place(module.path, module.span(site.node), _GETS)


_GETS: Final = say("The code gets here what is entered.")


def _getting(plugin: Plugin, item: Item) -> Place | None:
    """Where the code gets what a form asks for, in the class of the form's own document if there; None without code."""
    given = plugin.derived(_traced)
    own = (each for each in given if any(linked.path == item.linked.path for linked in each.entry.linked))
    found = next(own, given[0] if given else None)
    if found is not None:
        return found.where
    cls = next((entry.cls for entry in all_entries(plugin)), None)
    return Place(cls.file.module.path, cls.span, say("The class that reads none of it.")) if cls is not None else None


def _parameter(entry: Entry, function: Scope) -> str | None:
    if entry.kind is DocumentKind.ENDPOINT:
        names = [name for name in function.parameters if name != function.self_name]
        return names[2] if len(names) >= 3 else None
    return "credentials" if "credentials" in function.parameters else None


def _sites(file: File, cls: Scope | None, is_wanted: Callable[[ast.Attribute, Scope], bool]) -> Iterator[Site]:
    """Where the methods of a class, or a whole file, read certain attributes."""
    for attribute, scope in file.attributes:
        if cls is not None and not any(around.owner is cls for around in scope.around()):
            continue
        inner: ast.expr = attribute
        while isinstance(inner, ast.Attribute):
            if is_wanted(inner, scope):
                yield Site(inner, scope)
            inner = inner.value


def _is_of_runtime(node: ast.Attribute, scope: Scope) -> bool:
    """Whether it is `self.runtime.credentials`, where a variable may hold the runtime."""
    owner = node.value
    if isinstance(owner, ast.Name):
        binder = scope.binder(owner.id)
        values = binder.names.get(owner.id, ()) if binder is not None and owner.id not in binder.parameters else ()
        owner = values[0] if len(values) == 1 and values[0] is not None else owner
    return node.attr == "credentials" and isinstance(owner, ast.Attribute) and owner.attr == "runtime"


def _is_of_subscription(node: ast.Attribute, scope: Scope) -> bool:
    """Whether it is `subscription.properties` or `.parameters`."""
    return node.attr in ("properties", "parameters") and last_name(node.value) == "subscription"


_OAUTH_METHODS: Final = frozenset({"_oauth_get_credentials", "_oauth_refresh_credentials"})


def _from_oauth(plugin: Plugin) -> frozenset[str]:
    """The keys that the plugin's OAuth methods put into credentials; a star among them for others."""
    found: set[str] = set()
    for file in reachable_files(plugin):
        for node, scope in file.by_node.items():
            if not scope.is_function or scope.name not in _OAUTH_METHODS:
                continue
            for item in walk(node):
                if isinstance(item, ast.Dict):
                    found.update(_keys_of(item, scope) - {"*"})
                elif isinstance(item, ast.Return) and item.value is not None:
                    found |= _keys_of(_credentials_in(item.value), scope)
    return frozenset(found)


def _credentials_in(returned: ast.expr) -> ast.expr:
    """What an OAuth method gives back as credentials: bare, or in `ToolOAuthCredentials(credentials=…)`."""
    if not isinstance(returned, ast.Call) or not (last_name(returned.func) or "").endswith("Credentials"):
        return returned
    given = (keyword.value for keyword in returned.keywords if keyword.arg == "credentials")
    return next(given, returned.args[0] if returned.args else returned)


def _keys_of(node: ast.expr | None, scope: Scope, depth: int = 0) -> set[str]:
    """The keys of a mapping; a star among them where it may have others."""
    match node:
        case ast.Dict(keys=keys):
            texts = [key.value if isinstance(key, ast.Constant) else "*" for key in keys]
            return {text for text in texts if isinstance(text, str)}
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return {keyword.arg or "*" for keyword in keywords}
        case ast.Name(id=name) if depth < 3 and (binder := scope.binder(name)) is not None:
            values = binder.names.get(name, []) if name not in binder.parameters else []
            return {key for value in values for key in _keys_of(value, binder, depth + 1)} if values else {"*"}
        case _:
            return {"*"}


# --- rules ------------------------------------------------------------------------------------------------------------

_PROVIDER_YAML = "provider/weather.yaml"
_PROVIDER = "provider/weather.py"
_FORM = "credentials_for_provider:\n  region:\n    type: text-input\n    required: {}\n    label: {{en_US: Region}}\n"
_CODE = (
    "from dify_plugin import ToolProvider\n\n\nclass WeatherProvider(ToolProvider):\n"
    "    def _validate_credentials(self, credentials):\n        if not {}:\n            raise ValueError('no region')\n"
)


def _example(code: str, required: str = "true") -> Example:
    return Example(_FORM.format(required), path=_PROVIDER_YAML, files={_PROVIDER: _CODE.format(code)})


@rule(
    "python/unread-credential",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="A plugin asks for a credential or setting that its code never reads.",
    why="The user must find and enter something, often a secret, that has no effect. No module that the plugin loads "
    "has the name as a key, keyword or attribute, and no class of the SDK that it derives from reads it.",
    fix="Read it in the code, or stop asking for it.",
    authorities=(Authority(By.CONSOLE, "The user enters what is ignored.", "core/entities/provider_entities.py"),),
    bad=_example("credentials"),
    good=_example("credentials.get('region')"),
)
def unread_credential(plugin: Plugin) -> Iterator[Hit]:
    items = plugin.derived(asked_for)
    if not items:
        return
    names = plugin.derived(mentioned)
    sources = sources_of(plugin)
    if names.handed_over or any(_unknown(sources.modules.get(path)) for path in sources.reachable):
        return
    given = plugin.derived(_traced)
    if any(each.traced.left for each in given):
        return
    conditions = {
        condition.get("variable")
        for item in items
        for condition in item.data.get("show_on") or ()
        if isinstance(condition, dict)
    }
    unread = [item for item in items if not (item.oauth or item.name in conditions or names.has(item.name))]
    unread = [item for item in unread if not any(each.traced.reads_key(item.name) for each in given)]
    unread = [item for item in unread if not (item.name.startswith("__") or _is_hint(item))]
    if not unread:
        return
    by_sdk = plugin.derived(_read_by_sdk)
    declared = {item.name for item in items}
    other = {
        read.key: read
        for each in given
        for read in each.traced.reads
        if not read.is_pattern and read.key not in declared and read.how is not How.TEST
    }
    seen: set[tuple[str, str]] = set()
    for item in unread:
        key = (item.linked.path, item.name)
        if item.name in by_sdk or key in seen or (place := _getting(plugin, item)) is None:
            continue
        seen.add(key)
        similar = next((other[name] for name in other if _similar(item.name, name)), None)
        meant = next((name for name in sorted(by_sdk) if item.name in name), None)
        # Endpoints work without most of their settings, which often are declared first. An optional choice costs the
        # user nothing, unlike a text that has to be found out.
        is_idle = item.may_be_absent and item.data.get("type") not in ("text-input", "secret-input")
        severity = Severity.NOTICE if is_idle or item.linked.kind is DocumentKind.ENDPOINT_GROUP else None
        if similar is not None:
            message = say(
                "{name} is asked for, but the code reads {key}, which is not: {lost}.",
                name=quote(item.name),
                key=quote(similar.key),
                lost=_LOST,
            )
            yield item.hit(
                message,
                severity=severity,
                related=(read_place(similar, say("The code reads {key} here.", key=quote(similar.key))),),
            )
            continue
        if meant is not None:
            message = say(
                "{name} is asked for, but the SDK reads {meant}: {lost}.",
                name=quote(item.name),
                meant=quote(meant),
                lost=_LOST,
            )
        else:
            message = say(
                "{name} is asked for, but the code never reads it: {lost}.", name=quote(item.name), lost=_LOST
            )
        yield item.hit(message, severity=severity, related=(place,))


_LOST: Final = say("what is entered has no effect")


#: What fields are called that tell users something, such as where a key is to be had.
_HINT: Final = regex(r"(.*[_-])?(tips?|hints?|notes?|notice|guide)", re.IGNORECASE)


def _is_hint(item: Item) -> bool:
    """Whether a field is there to be read, and not to be filled in."""
    is_filled = isinstance(item.data.get("default"), str) and not is_true(item.data.get("required"))
    return is_filled and _HINT.fullmatch(item.name) is not None


def _unknown(module: Any) -> bool:
    """Whether a module that is loaded could not be read."""
    return module is None or module.tree is None


#: Words that names share without meaning the same.
_COMMON: Final = frozenset({"api", "key", "max", "support", "type", "mode", "name", "client", "token", "secret", "app"})


def _similar(first: str, second: str) -> bool:
    one, other = first.lower().replace("_", ""), second.lower().replace("_", "")
    if min(len(one), len(other)) >= 4 and (one in other or other in one):
        return True
    common = set(re.split(r"[_\W]+", first.lower())) & set(re.split(r"[_\W]+", second.lower()))
    return any(len(word) >= 3 and word not in _COMMON for word in common)


def _judged(plugin: Plugin) -> Iterator[tuple[_Given, Read]]:
    """The unguarded subscripts of credentials that stay in doubt: each once."""
    stored, from_oauth = plugin.derived(mentioned).stored, plugin.derived(_from_oauth)
    names = {item.name for item in plugin.derived(asked_for)} | plugin.derived(_read_by_sdk)
    seen: set[tuple[ast.AST, str]] = set()
    #: By the key that does not stand in for itself; "" for one that nobody asks for.
    fallbacks: dict[str, Fallbacks] = {}
    for given in plugin.derived(_traced):
        entry, traced = given.entry, given.traced
        for read in traced.reads if not given.is_mixed else ():
            if read.how is not How.SUBSCRIPT or read.is_pattern or (read.node, read.key) in seen or not read.sure:
                continue
            if read.key in from_oauth or read.key.startswith("__") or traced.is_stored(entry.scopes, read):
                continue
            if stored.get(read.key, set()) - {read.scope}:
                continue
            own = read.key if read.key in names else ""
            if own not in fallbacks:
                fallbacks[own] = Fallbacks(names - {own})
            if is_guarded(entry.scopes, read) or fallbacks[own].has(read) or _is_conditional(read, names):
                continue
            function = function_around(read.calls[0].scope if read.calls else read.scope)
            if function is not None and not may_be_called(plugin, function):
                continue
            seen.add((read.node, read.key))
            yield given, read


def _is_conditional(read: Read, names: set[str]) -> bool:
    """Whether a read stands in a branch on the value of another credential."""
    others = names - {read.key}
    for node, scope in ((read.whole, read.scope), *((site.node, site.scope) for site in read.calls)):
        inner: ast.AST = node
        for parent in scope.file.around(node):
            if (
                isinstance(parent, ast.If | ast.IfExp)
                and inner is not parent.test
                and _depends(parent.test, others, scope)
            ):
                return True
            if (
                isinstance(parent, ast.Match)
                and inner is not parent.subject
                and _depends(parent.subject, others, scope)
            ):
                return True
            inner = parent
    return False


def _depends(test: ast.expr, names: set[str], scope: Scope) -> bool:
    for node in walk(test):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names:
            return True
        if isinstance(node, ast.Name):
            binder = scope.binder(node.id)
            for value in binder.names.get(node.id, [])[:MAX_VALUES] if binder is not None else ():
                if value is not None and any(
                    isinstance(item, ast.Constant) and isinstance(item.value, str) and item.value in names
                    for item in walk(value)
                ):
                    return True
    return False


@rule(
    "python/undeclared-credential",
    severity=Severity.ERROR,
    confidence=Confidence.LIKELY,
    summary="The code needs a credential that no document asks for.",
    why="Dify refuses unknown names when credentials are saved, so nobody can enter it: the line fails with a KeyError "
    "in every run.",
    fix="Ask for it in the form of the provider, or stop reading it.",
    authorities=(Authority(By.SDK, "The line fails with a KeyError.", "interfaces/tool/tool.py"),),
    bad=Example(_CODE.format("credentials['api_key'] + credentials['zone']"), path=_PROVIDER, whole=True),
    good=Example(_CODE.format("credentials['api_key']"), path=_PROVIDER, whole=True),
)
def undeclared_credential(plugin: Plugin) -> Iterator[Hit]:
    items = plugin.derived(asked_for)
    names = {item.name for item in items}
    by_sdk = plugin.derived(_read_by_sdk) if items else frozenset()
    from_oauth = plugin.derived(_from_oauth) if items else frozenset()
    for given, read in _judged(plugin) if items and not _lacks_names(plugin) else ():
        is_stored = given.entry.kind in _TRIGGERS and not given.is_form
        if read.key in names or read.key in by_sdk or is_stored or "*" in from_oauth:
            continue
        message = say(
            "The code needs {key}, which no form asks for: this fails with a {error}.",
            key=quote(read.key),
            error=read.error,
        )
        place = items[0].place(say("The forms ask for other names."))
        yield Hit(
            message, read.file.module.path, read_span(read), subject=read.key, anchor=read.scope.name, related=(place,)
        )


#: What triggers store of a subscription is up to their code.
_TRIGGERS: Final = (DocumentKind.TRIGGER_PROVIDER, DocumentKind.EVENT)


@rule(
    "python/optional-credential",
    severity=Severity.WARNING,
    confidence=Confidence.LIKELY,
    summary="The code takes it for granted that an optional credential or setting is there.",
    why="What is optional may be left blank. `credentials['name']` then fails with a KeyError; in a check of "
    "credentials they cannot be saved, and the user reads about another fault.",
    fix="Use `.get`, test for the name first, or make it required.",
    authorities=(
        Authority(By.SDK, "The line fails with a KeyError when it is left blank.", "interfaces/tool/tool.py"),
    ),
    bad=_example("credentials['region']", "false"),
    good=_example("credentials.get('region')", "false"),
)
def optional_credential(plugin: Plugin) -> Iterator[Hit | NotJudged]:
    by_name: dict[str, list[Item]] = {}
    for item in plugin.derived(asked_for):
        by_name.setdefault(item.name, []).append(item)
    if not any(item.may_be_absent for items in by_name.values() for item in items):
        return
    for _, read in _judged(plugin):
        items = by_name.get(read.key, [])
        if not items or not all(item.may_be_absent and not item.data.get("show_on") for item in items):
            continue
        if any(item.oauth for item in items) and "*" in plugin.derived(_from_oauth):
            continue
        message = say(
            "{key} is optional and has no default: this fails with a {error} when it is left blank.",
            key=quote(read.key),
            error=read.error,
        )
        place = items[0].place(say("{key} is declared here.", key=quote(read.key)))
        yield Hit(
            message,
            read.file.module.path,
            read_span(read),
            subject=read.key,
            anchor=read.scope.name,
            fix=get_instead(read),
            related=(place,),
        )
