"""Rules about the classes that the SDK looks for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bot.findings import Authority, By, Confidence, Severity, quote, quote_list
from bot.format.traits import DocumentKind
from bot.messages import say, sentences
from bot.plugin import Plugin
from bot.plugin.sources import CONSTRUCTOR, sources_of
from bot.python.classes import missing_abstract
from bot.rules.python.entries import entries
from bot.rules.python.loading import DOES_NOT_START, TOOL_PATH, parsed_sources
from bot.rules.registry import Example, Hit, at_key, at_value, rule

_CLASS_LOADER = "core/utils/class_loader.py:34"


@rule(
    "python/missing-class",
    severity=Severity.ERROR,
    summary="A source defines no class of the kind that its document needs.",
    why="The SDK imports the file and takes the one class that derives from its own base class (`Tool`, "
    "`ToolProvider`, `Endpoint`, …). With none it refuses to start.",
    fix="Define the class in that file, deriving from the class of `dify_plugin` that the finding names.",
    authorities=(Authority(By.SDK, "The plugin does not start.", _CLASS_LOADER),),
    bad=Example("class CurrentWeatherTool:\n    pass\n", path=TOOL_PATH, whole=True),
    good=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
        "    def _invoke(self, tool_parameters):\n        yield self.create_text_message('sunny')\n",
        path=TOOL_PATH,
        whole=True,
    ),
)
def missing_class(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for item in parsed_sources(sources):
        if not item.bases or item.many or item.optional:
            continue
        if all(sources.subclasses(item, base).is_missing for base in item.bases):
            message = say(
                "{path} defines no subclass of {bases}. {does_not_start}",
                path=quote(item.path),
                bases=quote_list(item.bases),
                does_not_start=DOES_NOT_START,
            )
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
        path=TOOL_PATH,
        whole=True,
    ),
    good=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
        "    def _invoke(self, tool_parameters):\n        yield self.create_text_message('sunny')\n",
        path=TOOL_PATH,
        whole=True,
    ),
)
def several_classes(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    seen: set[tuple[str | None, str]] = set()
    for item in parsed_sources(sources):
        if item.many:
            continue
        for base in item.bases:
            resolution = sources.subclasses(item, base)
            # Several documents may name one source.
            if resolution.is_multiple and (item.path, base) not in seen:
                seen.add((item.path, base))
                names = quote_list(found.name for found in resolution.certain)
                message = say(
                    "{path} holds several subclasses of {base}: {names}. {does_not_start}",
                    path=quote(item.path),
                    base=quote(base),
                    names=names,
                    does_not_start=DOES_NOT_START,
                )
                second = resolution.certain[1]
                yield Hit(message, item.path or "", second.place, subject=second.name, anchor=base)


@rule(
    "python/abstract-method",
    severity=Severity.WARNING,
    summary="A class leaves a method of the SDK unimplemented.",
    why="The SDK's base classes are abstract: a class that lacks one of their methods cannot be instantiated. A model "
    "provider is instantiated when the plugin starts, everything else when it is first used.",
    fix="Implement the methods that the finding names.",
    authorities=(Authority(By.SDK, "The first use fails.", "interfaces/**, abc.abstractmethod"),),
    bad=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n    pass\n", path=TOOL_PATH, whole=True
    ),
    good=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
        "    def _invoke(self, tool_parameters):\n        yield self.create_text_message('sunny')\n",
        path=TOOL_PATH,
        whole=True,
    ),
)
def abstract_method(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    seen: set[tuple[str | None, str]] = set()
    for item in parsed_sources(sources):
        for base in item.bases:
            resolution = sources.subclasses(item, base)
            found = resolution.certain if item.many else ([resolution.single] if resolution.single else [])
            for one in found:
                lacking = missing_abstract(sources.modules, one)
                if not lacking or one.path != item.path or one.span is None or (one.path, one.name) in seen:
                    continue
                seen.add((one.path, one.name))
                at_start = base == "ModelProvider"
                happens = DOES_NOT_START if at_start else say("Its first use fails.")
                message = say(
                    "{name} does not implement {lacking}. {happens}",
                    name=quote(one.name),
                    lacking=quote_list(sorted(lacking)),
                    happens=happens,
                )
                yield Hit(
                    message,
                    item.path or "",
                    one.span,
                    severity=Severity.ERROR if at_start else None,
                    subject=" ".join(sorted(lacking)),
                    anchor=one.name,
                )


#: What the SDK makes a tool with, by name (S core/plugin_executor.py:198).
_GIVEN = ("runtime", "session")
_MADE = (
    "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n    def __init__(self{}):\n        {}\n\n"
    "    def _invoke(self, tool_parameters):\n        yield self.create_text_message('sunny')\n"
)


@rule(
    "python/constructor",
    severity=Severity.ERROR,
    confidence=Confidence.LIKELY,
    summary="A tool's `__init__` does not take what the SDK gives it.",
    why="The SDK makes a tool for each call, with `runtime` and `session` by name. An `__init__` with other parameters "
    "raises a TypeError.",
    fix="Leave `__init__` out, or take `runtime` and `session` and hand them on to `super().__init__`.",
    authorities=(Authority(By.SDK, "Every call of the tool fails with a TypeError.", "core/plugin_executor.py:198"),),
    bad=Example(_MADE.format("", "self.units = 'metric'"), path=TOOL_PATH, whole=True),
    good=Example(_MADE.format(", runtime, session", "super().__init__(runtime, session)"), path=TOOL_PATH, whole=True),
)
def constructor(plugin: Plugin) -> Iterator[Hit]:
    for entry in entries(plugin, DocumentKind.TOOL):
        init = entry.method("__init__")
        if init is None or init.decorators or not isinstance(init.node, ast.FunctionDef):
            continue
        args = init.node.args
        by_name = [each.arg for each in (*args.args[1:], *args.kwonlyargs)]
        without_default = args.args[1 : len(args.args) - len(args.defaults)]
        without_default += [
            each for each, default in zip(args.kwonlyargs, args.kw_defaults, strict=True) if not default
        ]
        asked = [each.arg for each in without_default if each.arg not in _GIVEN]
        lacking = [] if args.kwarg else [name for name in _GIVEN if name not in by_name]
        if lacking:
            message = say(
                "`__init__` of the tool does not take {names}, which the SDK gives it.", names=quote_list(lacking)
            )
        elif asked:
            message = say(
                "`__init__` of the tool asks for {names}, which the SDK does not give it.", names=quote_list(asked)
            )
        else:
            continue
        module = init.file.module
        text = sentences(message, say("Every call fails with a TypeError."))
        span = module.span_of_name(init.node)
        yield Hit(text, module.path, span, subject=" ".join(lacking or asked), anchor=entry.cls.name)
