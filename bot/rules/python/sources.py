"""Rules about Python files: that they are there, can be compiled, and import what exists."""

from __future__ import annotations

from collections.abc import Iterator

from bot.document import Pointer
from bot.findings import Authority, By, Edit, Fix, Safety, Severity, Span, quote
from bot.messages import say, sentences
from bot.plugin import Plugin
from bot.plugin.paths import meant_file, misspelt_file
from bot.plugin.sources import Sources, own_code, sources_of
from bot.python.imports import broken_imports
from bot.rules.marketplace.asked import REFUSES, is_submitted, refusal
from bot.rules.python.loading import DOES_NOT_START, TOOL_PATH
from bot.rules.reference.links import path_fix
from bot.rules.registry import Example, Hit, at_value, rule

_LOADS = "core/plugin_registration.py:207"


_SDK = (Authority(By.SDK, "The plugin does not start.", _LOADS),)


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
    declared = sources_of(plugin).declared
    taken = {item.path for item in declared if item.path is not None}
    for item in declared:
        # Where many are asked for, a folder that is imported already gives none, and the plugin starts.
        if not item.written or (item.source.is_folder and not item.many):
            message = say("The path is empty.") if not item.written else say("This is a folder, not a Python file.")
            yield at_value(item.linked.document, item.pointer, sentences(message, DOES_NOT_START), subject=item.written)
        elif item.path is None and item.source.doubt is None and not _other_spelling(plugin, item.written):
            # What is beside the file that names it, or misspelt; so many are looked for that nobody waits for them.
            beside = meant_file(item.written, item.linked.path, plugin.files_by_lower)
            meant = beside or (misspelt_file(item.written, taken, plugin.files_by_lower) if len(taken) < 500 else None)
            hint, fix = "", None
            if meant is not None:
                hint = say(" Did you mean {path}?", path=quote(meant.path))
                fix = path_fix(item.linked.document, item.pointer, meant.path, Safety.UNSAFE)
                taken.add(meant.path)
            message = say(
                "There is no file {written}.{hint} {does_not_start}",
                written=quote(item.written),
                hint=hint,
                does_not_start=DOES_NOT_START,
            )
            yield at_value(item.linked.document, item.pointer, message, subject=item.written, fix=fix)


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
    bad=Example("class CurrentWeatherTool(Tool)\n    pass\n", path=TOOL_PATH, whole=True),
    good=Example(
        "from dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
        "    def _invoke(self, tool_parameters):\n        yield self.create_text_message('sunny')\n",
        path=TOOL_PATH,
        whole=True,
    ),
)
def syntax(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    reachable = set(sources.reachable)
    # What nothing seems to import may be imported by a name that is made up at run time.
    others = own_code(plugin)
    for path in sorted(reachable.union(others)):
        module = sources.modules.get(path)
        if module is None or module.error is None:
            continue
        error = module.error
        span = Span(error.line, error.column, error.line, error.column)
        if path in reachable:
            message = say(
                "Python cannot read the file: {message}. {does_not_start}",
                message=error.message,
                does_not_start=_happens(sources, path),
            )
            yield Hit(message, path, span, subject=error.message, anchor=error.message)
        else:
            # The pre-check of the marketplace compiles it, too.
            submitted = is_submitted(plugin)
            message = say("Python cannot read the file: {message}. No import of it is known.", message=error.message)
            message += f" {REFUSES}" if submitted else say(" Where the plugin imports it, it fails.")
            severity = refusal(plugin, "python-compile") if submitted else Severity.WARNING
            yield Hit(message, path, span, severity=severity, subject=error.message, anchor=error.message)


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
        hint = say(" The entrypoint is a module: write it without `.py`.") if written.endswith(".py") else ""
        message = say(
            "There is no module {written} ({expected}).{hint} {does_not_start}",
            written=quote(written),
            expected=quote(expected),
            hint=hint,
            does_not_start=DOES_NOT_START,
        )
        node, module = plugin.manifest.node(pointer), written.removesuffix(".py")
        fix = None
        if node is not None and module != written and modules.exists(written):
            edit = Edit(plugin.manifest.path, plugin.manifest.span_of(node), module.replace("/", "."))
            fix = Fix(say("Write {choice}", choice=quote(edit.text)), Safety.SAFE, (edit,))
        yield at_value(plugin.manifest, pointer, message, subject=written, fix=fix)


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
        path=TOOL_PATH,
        whole=True,
    ),
    good=Example(
        "from tools.helpers import forecast\nfrom dify_plugin import Tool\n\n\nclass CurrentWeatherTool(Tool):\n"
        "    def _invoke(self, tool_parameters):\n        yield self.create_text_message(forecast)\n",
        path=TOOL_PATH,
        whole=True,
        files={"tools/helpers.py": "forecast = 'sunny'\n"},
    ),
)
def broken_import(plugin: Plugin) -> Iterator[Hit]:
    sources = sources_of(plugin)
    for broken in broken_imports(sources.modules, sources.needed):
        happens = _happens(sources, broken.path)
        if broken.missing is None:
            message = say("The import climbs above the plugin root. {does_not_start}", does_not_start=happens)
        else:
            message = say(
                "The plugin has no {missing}. {does_not_start}", missing=quote(broken.missing), does_not_start=happens
            )
        subject = broken.missing or broken.statement.module
        yield Hit(message, broken.path, broken.span, subject=subject, anchor=subject)


def _happens(sources: Sources, path: str) -> str:
    return DOES_NOT_START if path in sources.started else say("What imports the file fails.")
