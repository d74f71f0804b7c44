"""Rules about the plugin's Python, which is read and never run.

What the SDK's loader finds is worked out by `bot.python`; where it cannot be told with certainty, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.document import Pointer
from bot.findings import Authority, By, Confidence, Severity, Span, quote, quote_list
from bot.plugin import Plugin
from bot.plugin.sources import CONSTRUCTOR, CONSTRUCTOR_CLASS, Declared, Sources, sources_of
from bot.python.classes import Found, missing_abstract, overrides
from bot.python.imports import broken_imports
from bot.rules.registry import Example, Hit, at_key, at_value, rule
from bot.spec.base import DocumentKind

_LOADS = "core/plugin_registration.py:207"
_CLASS_LOADER = "core/utils/class_loader.py:34"
_STARTS = "The plugin packages and installs, but does not start."
_SDK = (Authority(By.SDK, "The plugin does not start.", _LOADS),)

_TOOL = "tools/current_weather.py"
_TOOL_SOURCE = "extra:\n  python:\n    source: tools/current_weather.py\n"


@rule(
    "python/missing-source",
    severity=Severity.ERROR,
    summary="A document names a Python file that does not exist.",
    why="The packager does not look at `source`; the SDK imports the file when the plugin starts, and fails.",
    fix="Correct the path, or add the file. Paths start at the plugin root.",
    authorities=_SDK,
    bad=Example("extra:\n  python:\n    source: tools/weather.py\n", path="tools/current_weather.yaml"),
    good=Example(_TOOL_SOURCE, path="tools/current_weather.yaml"),
)
def missing_source(plugin: Plugin) -> Iterator[Hit]:
    for item in sources_of(plugin).declared:
        if item.path is None and item.source.doubt is None and not _other_spelling(plugin, item.written):
            message = f"There is no file {quote(item.written)}. {_STARTS}"
            yield at_value(item.linked.document, item.pointer, message, subject=item.written)


def _other_spelling(plugin: Plugin, written: str) -> bool:
    """Whether the file is there in another letter case, or by a path that is not written as it must be."""
    tidy = "/".join(part for part in written.replace("\\", "/").split("/") if part not in ("", "."))
    return tidy.lower() in plugin.files_by_lower


@rule(
    "python/syntax",
    severity=Severity.ERROR,
    summary="A Python file that the plugin runs does not parse.",
    why="Python 3.12 refuses the file as soon as the plugin imports it.",
    fix="Correct the line.",
    authorities=_SDK,
    bad=Example("class CurrentWeatherTool(Tool)\n    pass\n", path=_TOOL, whole=True),
    good=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
        "    def _invoke(self, tool_parameters):\n        yield self.create_text_message('sunny')\n",
        path=_TOOL,
        whole=True,
    ),
)
def syntax(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for path in sources.reachable:
        module = sources.modules.get(path)
        if module is not None and module.error is not None:
            error = module.error
            span = Span(error.line, error.column, error.line, error.column)
            message = f"Python cannot read the file: {error.message}. {_STARTS}"
            yield Hit(message, path, span, subject=error.message, anchor=error.message)


@rule(
    "python/entrypoint",
    severity=Severity.ERROR,
    summary="The module that starts the plugin does not exist.",
    why="Dify runs `python -m` with the entrypoint in the plugin root. Without that module the process ends at once.",
    fix="Name the module without its suffix: `main` stands for `main.py` at the plugin root.",
    authorities=(Authority(By.INSTALLER, "The plugin does not start.", "local_runtime/subprocess.go:29"),),
    bad=Example(
        "meta:\n  version: 0.0.1\n  arch: [amd64]\n  runner:\n    language: python\n    version: '3.12'\n"
        "    entrypoint: main.py\n"
    ),
    good=Example(
        "meta:\n  version: 0.0.1\n  arch: [amd64]\n  runner:\n    language: python\n    version: '3.12'\n"
        "    entrypoint: main\n"
    ),
)
def entrypoint(plugin: Plugin) -> Iterator[Hit]:
    pointer: Pointer = ("meta", "runner", "entrypoint")
    written = plugin.manifest.text_at(*pointer)
    if plugin.is_bundle or not written:
        return
    modules = sources_of(plugin).modules
    place = modules.locate(written)
    starts = place is not None and (
        (place.path is not None and place.folder is None) or modules.exists(f"{place.folder}/__main__.py")
    )
    if not starts:
        expected = f"{written.replace('.', '/')}.py"
        hint = " The entrypoint is a module: write it without `.py`." if written.endswith(".py") else ""
        message = f"There is no module {quote(written)} ({quote(expected)}).{hint} {_STARTS}"
        yield at_value(plugin.manifest, pointer, message, subject=written)


@rule(
    "python/missing-class",
    severity=Severity.ERROR,
    summary="A source defines no class of the kind that its document needs.",
    why="The SDK imports the file and takes the one class that derives from its own base class (`Tool`, "
    "`ToolProvider`, `Endpoint`, …). With none it refuses to start.",
    fix="Define the class in that file, deriving from the class of `dify_plugin` that the finding names.",
    authorities=(Authority(By.SDK, "The plugin does not start.", _CLASS_LOADER),),
    bad=Example("class CurrentWeatherTool:\n    pass\n", path=_TOOL, whole=True),
    good=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
        "    def _invoke(self, tool_parameters):\n        yield self.create_text_message('sunny')\n",
        path=_TOOL,
        whole=True,
    ),
)
def missing_class(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for item in _parsed(sources):
        if not item.bases or item.many or item.optional:
            continue
        if all(sources.subclasses(item, base).is_missing for base in item.bases):
            message = f"{quote(item.path)} defines no subclass of {quote_list(item.bases)}. {_STARTS}"
            place = at_key if item.pointer == CONSTRUCTOR else at_value
            yield place(item.linked.document, item.pointer, message, subject=item.written)


@rule(
    "python/several-classes",
    severity=Severity.ERROR,
    summary="A source holds several classes of which the SDK wants one.",
    why="The SDK counts every name in the module that is a subclass of its base class: imported classes, intermediate "
    "base classes and second names too. With more than one it refuses to start.",
    fix="Keep one such class in the file. Import the module instead of the class, or move a shared base class to "
    "another file and import that module.",
    authorities=(Authority(By.SDK, "The plugin does not start.", _CLASS_LOADER),),
    bad=Example(
        "from dify_plugin import Tool\n\n\nclass Base(Tool):\n    def _invoke(self, tool_parameters):\n        yield\n"
        "\n\nclass CurrentWeatherTool(Base):\n    pass\n",
        path=_TOOL,
        whole=True,
    ),
    good=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
        "    def _invoke(self, tool_parameters):\n        yield self.create_text_message('sunny')\n",
        path=_TOOL,
        whole=True,
    ),
)
def several_classes(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    seen: set[tuple[str | None, str]] = set()
    for item in _parsed(sources):
        if item.many:
            continue
        for base in item.bases:
            resolution = sources.subclasses(item, base)
            # Several documents may name one source.
            if resolution.is_multiple and (item.path, base) not in seen:
                seen.add((item.path, base))
                names = quote_list(found.name for found in resolution.certain)
                message = f"{quote(item.path)} holds several subclasses of {quote(base)}: {names}. {_STARTS}"
                second = resolution.certain[1]
                yield Hit(message, item.path or "", second.place, subject=second.name, anchor=base)


def _parsed(sources: Sources) -> Iterator[Declared]:
    """The declared sources whose file exists and parses, and the classes that stand beside others in them."""
    for item in (*sources.declared, *sources.constructors):
        module = sources.modules.get(item.path) if item.path is not None else None
        if module is not None and module.tree is not None:
            yield item


def _single(sources: Sources, item: Declared) -> Found | None:
    """The class that the SDK takes from a source, when that is certain."""
    for base in item.bases:
        found = sources.subclasses(item, base).single
        if found is not None:
            return found
    return None


@rule(
    "python/abstract-method",
    severity=Severity.WARNING,
    summary="A class leaves a method of the SDK unimplemented.",
    why="The SDK's base classes are abstract: a class that lacks one of their methods cannot be instantiated. A model "
    "provider is instantiated when the plugin starts, everything else when it is first used.",
    fix="Implement the methods that the finding names.",
    authorities=(Authority(By.SDK, "The first use fails.", "interfaces/**, abc.abstractmethod"),),
    bad=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n    pass\n", path=_TOOL, whole=True
    ),
    good=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
        "    def _invoke(self, tool_parameters):\n        yield self.create_text_message('sunny')\n",
        path=_TOOL,
        whole=True,
    ),
)
def abstract_method(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    seen: set[tuple[str | None, str]] = set()
    for item in _parsed(sources):
        for base in item.bases:
            resolution = sources.subclasses(item, base)
            found = resolution.certain if item.many else ([resolution.single] if resolution.single else [])
            for one in found:
                lacking = missing_abstract(sources.modules, one)
                if not lacking or one.path != item.path or one.span is None or (one.path, one.name) in seen:
                    continue
                seen.add((one.path, one.name))
                at_start = base == "ModelProvider"
                happens = _STARTS if at_start else "Its first use fails."
                message = f"{quote(one.name)} does not implement {quote_list(sorted(lacking))}. {happens}"
                yield Hit(
                    message,
                    item.path or "",
                    one.span,
                    severity=Severity.ERROR if at_start else None,
                    subject=" ".join(sorted(lacking)),
                    anchor=one.name,
                )


@rule(
    "python/broken-import",
    severity=Severity.ERROR,
    summary="An import names a module or name of the plugin that does not exist.",
    why="The import runs as soon as the file is imported, and fails.",
    fix="Correct the import. Modules are named from the plugin root.",
    authorities=_SDK,
    bad=Example(
        "from tools.helpers import forecast\nfrom dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
        "    def _invoke(self, tool_parameters):\n        yield self.create_text_message(forecast)\n",
        path=_TOOL,
        whole=True,
    ),
    good=Example(
        "from tools.helpers import forecast\nfrom dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
        "    def _invoke(self, tool_parameters):\n        yield self.create_text_message(forecast)\n",
        path=_TOOL,
        whole=True,
        files={"tools/helpers.py": "forecast = 'sunny'\n"},
    ),
)
def broken_import(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for broken in broken_imports(sources.modules, sources.reachable):
        if broken.missing is None:
            message = f"The import climbs above the plugin root. {_STARTS}"
        else:
            message = f"The plugin has no {quote(broken.missing)}. {_STARTS}"
        subject = broken.missing or broken.statement.module
        yield Hit(message, broken.path, broken.span, subject=subject, anchor=subject)


def _lacks(sources: Sources, found: Found, method: str) -> bool:
    """Whether a class certainly has neither a method that the SDK calls nor the public one around it."""
    return all(overrides(sources.modules, found, name) is False for name in (method, method.removeprefix("_")))


def _place(item: Declared, key: str) -> Pointer | None:
    """Where a key is that a class answers for: none of a trigger provider's, but for its subscription constructor's."""
    if item.linked.kind is not DocumentKind.TRIGGER_PROVIDER:
        return (key,)
    return (*CONSTRUCTOR, key) if item.bases == (CONSTRUCTOR_CLASS,) else None


#: The kinds of document whose parameters can be of the type `dynamic-select`. Those of a trigger provider are its
#: subscription constructor's.
_ASKING = (DocumentKind.TOOL, DocumentKind.EVENT, DocumentKind.TRIGGER_PROVIDER)
_DYNAMIC = "dynamic-select"
_OPTIONS = "_fetch_parameter_options"


@rule(
    "python/dynamic-select-options",
    severity=Severity.ERROR,
    summary="A dynamic-select parameter has nobody who fetches its options.",
    why="The console asks the class for the options of a `dynamic-select` parameter; without "
    "`_fetch_parameter_options` the SDK raises NotImplementedError, and the list stays empty.",
    fix="Implement `_fetch_parameter_options` in the class, or use `select` with options.",
    authorities=(Authority(By.SDK, "The parameter has no options.", "interfaces/tool/tool.py:441"),),
    bad=Example(
        "parameters:\n  - name: city\n    type: dynamic-select\n    form: form\n    label:\n      en_US: City\n"
        "    human_description:\n      en_US: The city.\n",
        path="tools/current_weather.yaml",
    ),
    good=Example(
        "parameters:\n  - name: city\n    type: string\n    form: form\n    label:\n      en_US: City\n"
        "    human_description:\n      en_US: The city.\n",
        path="tools/current_weather.yaml",
    ),
)
def dynamic_select_options(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for item in _parsed(sources):
        pointer = _place(item, "parameters") if item.linked.kind in _ASKING else None
        parameters = item.linked.document.get(*pointer) if pointer else None
        if pointer is None or not isinstance(parameters, list):
            continue
        dynamic = [i for i, each in enumerate(parameters) if isinstance(each, dict) and each.get("type") == _DYNAMIC]
        found = _single(sources, item) if dynamic else None
        if found is None or not _lacks(sources, found, _OPTIONS):
            continue
        for index in dynamic:
            name = parameters[index].get("name")
            message = (
                f"{quote(name)} is a dynamic-select, but {quote(found.name)} in {quote(item.path)} does not implement "
                f"{quote(_OPTIONS)}: the list stays empty."
            )
            yield at_value(item.linked.document, (*pointer, index, "type"), message, subject=str(name))


#: The kinds of document that can ask for OAuth. A trigger provider's part is that of its subscription constructor.
_PROVIDERS = (DocumentKind.TOOL_PROVIDER, DocumentKind.DATASOURCE_PROVIDER, DocumentKind.TRIGGER_PROVIDER)
_OAUTH = ("_oauth_get_authorization_url", "_oauth_get_credentials")


@rule(
    "python/oauth-methods",
    severity=Severity.WARNING,
    summary="A provider declares an OAuth schema that its class does not implement.",
    why="The console offers the sign-in; the SDK calls the class for the address and the credentials, and raises "
    "NotImplementedError.",
    fix="Implement `_oauth_get_authorization_url` and `_oauth_get_credentials`, or remove `oauth_schema`.",
    authorities=(Authority(By.SDK, "Signing in fails.", "interfaces/tool/provider.py, NotImplementedError"),),
    bad=Example(
        "oauth_schema:\n  client_schema:\n    - name: client_id\n      type: text-input\n      label:\n"
        "        en_US: Client ID\n  credentials_schema:\n    - name: access_token\n      type: secret-input\n"
        "      label:\n        en_US: Access token\n",
        path="provider/weather.yaml",
    ),
    good=Example("", path="provider/weather.yaml"),
)
def oauth_methods(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for item in _parsed(sources):
        pointer = _place(item, "oauth_schema") if item.linked.kind in _PROVIDERS else None
        schema = item.linked.document.get(*pointer) if pointer else None
        found = _single(sources, item) if schema and isinstance(schema, dict) else None
        lacking = [name for name in _OAUTH if found is not None and _lacks(sources, found, name)]
        if pointer and found is not None and lacking:
            message = (
                f"{quote(found.name)} in {quote(item.path)} does not implement {quote_list(lacking)}: signing in fails."
            )
            yield at_value(item.linked.document, pointer, message, subject=" ".join(lacking))


#: Where a provider asks for credentials, by its kind, and the method that checks them.
_CREDENTIALS = {
    DocumentKind.TOOL_PROVIDER: ("credentials_for_provider", "_validate_credentials"),
    DocumentKind.DATASOURCE_PROVIDER: ("credentials_schema", "_validate_credentials"),
    DocumentKind.TRIGGER_PROVIDER: ("credentials_schema", "_validate_api_key"),
}


@rule(
    "python/credentials-check",
    severity=Severity.WARNING,
    summary="A provider asks for credentials that its class does not check.",
    why="When a user saves credentials, the SDK has the class check them. A class that does not do so raises "
    "NotImplementedError, and the credentials are not saved.",
    fix="Implement the method that the finding names: it raises an error for wrong credentials, and does nothing "
    "otherwise.",
    authorities=(Authority(By.SDK, "Credentials cannot be saved.", "interfaces/tool/tool.py:298"),),
    bad=Example(
        "from dify_plugin import ToolProvider\n\n\nclass WeatherProvider(ToolProvider):\n    pass\n",
        path="provider/weather.py",
        whole=True,
    ),
    good=Example(
        "from dify_plugin import ToolProvider\n\n\nclass WeatherProvider(ToolProvider):\n"
        "    def _validate_credentials(self, credentials):\n        pass\n",
        path="provider/weather.py",
        whole=True,
    ),
)
def credentials_check(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for item in _parsed(sources):
        key, method = _CREDENTIALS.get(item.linked.kind, ("", ""))
        pointer = _place(item, key) if key else None
        asked = item.linked.document.get(*pointer) if pointer else None
        found = _single(sources, item) if asked and isinstance(asked, dict | list) else None
        if pointer and found is not None and _lacks(sources, found, method):
            message = (
                f"{quote(found.name)} in {quote(item.path)} does not implement {quote(method)}: credentials cannot be "
                "saved."
            )
            yield at_key(item.linked.document, pointer, message, subject=method)


@rule(
    "python/runtime-parameters",
    severity=Severity.WARNING,
    confidence=Confidence.CERTAIN,
    summary="The tool's YAML and its class disagree about runtime parameters.",
    why="An installed plugin goes by `has_runtime_parameters` in the YAML, remote debugging by whether the class "
    "overrides `_get_runtime_parameters`. Where they differ, the parameters are there in one and not in the other.",
    fix="Set `has_runtime_parameters: true` exactly when the class overrides `_get_runtime_parameters`.",
    authorities=(
        Authority(By.INSTALLER, "The YAML decides.", "tool_declaration.go:179"),
        Authority(By.SDK, "The class decides.", "core/plugin_registration.py:229"),
    ),
    bad=Example("has_runtime_parameters: true\n", path="tools/current_weather.yaml"),
    good=Example("has_runtime_parameters: false\n", path="tools/current_weather.yaml"),
)
def runtime_parameters(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for item in _parsed(sources):
        if item.linked.kind is not DocumentKind.TOOL:
            continue
        definition = _single(sources, item)
        method = "_get_runtime_parameters"
        in_code = overrides(sources.modules, definition, method) if definition is not None else None
        declared = item.linked.document.get("has_runtime_parameters")
        if in_code is False and declared is True:
            message = f"`has_runtime_parameters` is true, but the class in {quote(item.path)} has no {quote(method)}."
            yield at_value(item.linked.document, ("has_runtime_parameters",), message)
        elif in_code is True and declared is not True and definition is not None and definition.path is not None:
            message = (
                f"The class overrides {quote(method)}, but {quote(item.linked.path)} does not say "
                "`has_runtime_parameters: true`: an installed plugin never shows these parameters."
            )
            yield Hit(message, definition.path, definition.span, subject=item.linked.path, anchor=method)
