"""Rules about YAML itself, before any document is understood."""

from __future__ import annotations

from collections.abc import Iterator

from bot.document import ProblemCode
from bot.findings import Authority, By, Severity
from bot.plugin import LinkedDocument, Plugin
from bot.plugin.discovery import MANIFEST
from bot.rules.registry import Example, Hit, rule, violations
from bot.spec.fields import resolve
from bot.spec.kinds import MODELS

_BOTH = (
    Authority(By.PACKAGER, "The packager refuses the plugin.", "yaml.v3, decoder/helper.go:22"),
    Authority(By.SDK, "The plugin does not start.", "PyYAML safe_load, core/utils/yaml_loader.py:23"),
)
_SDK = (Authority(By.SDK, "The plugin does not start.", "PyYAML safe_load, core/utils/yaml_loader.py:23"),)
_LIMIT = (Authority(By.PROJECT, "The file is not reviewed, so the review fails.", "bot/document/reader.py"),)


def _problems(plugin: Plugin, *codes: ProblemCode, end: str = "") -> Iterator[Hit]:
    for linked in plugin.documents.values():
        for problem in linked.document.problems:
            if problem.code in codes:
                yield Hit(
                    f"{problem.message}{end}",
                    linked.path,
                    problem.span,
                    problem.pointer,
                    subject=problem.subject,
                    anchor=linked.document.anchor(problem.pointer or ()),
                )


@rule(
    "yaml/syntax",
    severity=Severity.ERROR,
    summary="The file is not valid YAML.",
    why="Neither the packager nor the SDK can read the file, so nothing in it takes effect. Nothing else is reported "
    "about a file that cannot be parsed.",
    fix="Correct the text at the place shown. Most often a text needs quotes, or a line is indented too far or too "
    "little.",
    authorities=_BOTH,
    bad=Example("label:\n  en_US: Weather: now\n"),
    good=Example('label:\n  en_US: "Weather: now"\n'),
)
def syntax(plugin: Plugin) -> Iterator[Hit]:
    yield from _problems(plugin, ProblemCode.SYNTAX, end=" The packager refuses the plugin.")


@rule(
    "yaml/tab",
    severity=Severity.ERROR,
    summary="A line is indented with a tab.",
    why="YAML allows only spaces for indentation: neither the packager nor the SDK can read the file.",
    fix="Replace the tab by spaces.",
    authorities=_BOTH,
    bad=Example("label:\n\ten_US: Weather\n"),
    good=Example("label:\n  en_US: Weather\n"),
)
def tab(plugin: Plugin) -> Iterator[Hit]:
    yield from _problems(plugin, ProblemCode.TAB, end=" The packager refuses the plugin.")


@rule(
    "yaml/merge-conflict",
    severity=Severity.ERROR,
    summary="A merge conflict was left in the file.",
    why="The conflict markers of git are no YAML: neither the packager nor the SDK can read the file.",
    fix="Resolve the conflict and remove its markers.",
    authorities=_BOTH,
    bad=Example("<<<<<<< HEAD\nversion: 0.1.0\n=======\nversion: 0.1.1\n>>>>>>> feature\n", whole=True),
    good=Example("version: 0.1.1\n"),
)
def merge_conflict(plugin: Plugin) -> Iterator[Hit]:
    yield from _problems(plugin, ProblemCode.MERGE_CONFLICT, end=" The packager refuses the plugin.")


@rule(
    "yaml/encoding",
    severity=Severity.ERROR,
    summary="The file is not UTF-8.",
    why="The SDK opens every YAML file as UTF-8 and fails on anything else. The packager reads UTF-16 with a byte "
    "order mark too, so the plugin may package and then not start.",
    fix="Save the file as UTF-8.",
    authorities=_SDK,
    bad=Example("", files={"provider/weather.yaml": b"identity:\n  name: caf\xe9\n"}),
    good=Example("", files={}),
)
def encoding(plugin: Plugin) -> Iterator[Hit]:
    yield from _problems(plugin, ProblemCode.NOT_UTF8, end=" The plugin does not start.")


@rule(
    "yaml/control-character",
    severity=Severity.ERROR,
    summary="The file holds a character that YAML does not allow.",
    why="NUL and other control characters are refused by both readers, wherever they stand.",
    fix="Remove the character, or write it as an escape such as `\\u0007` in double quotes.",
    authorities=_BOTH,
    bad=Example("label:\n  en_US: Weather\x07\n"),
    good=Example('label:\n  en_US: "Weather\\u0007"\n'),
)
def control_character(plugin: Plugin) -> Iterator[Hit]:
    yield from _problems(plugin, ProblemCode.CONTROL_CHARACTER, end=" The packager refuses the plugin.")


@rule(
    "yaml/empty",
    severity=Severity.ERROR,
    summary="A linked file holds nothing.",
    why="The packager takes an empty file for a document without values; the SDK fails on it when the plugin starts.",
    fix="Write the document, or remove the link to it.",
    authorities=(Authority(By.SDK, "The plugin does not start.", "core/plugin_registration.py:160"),),
    bad=Example("", path="provider/weather.yaml", whole=True),
    good=Example("", path="provider/weather.yaml"),
)
def empty(plugin: Plugin) -> Iterator[Hit]:
    yield from _problems(plugin, ProblemCode.EMPTY, end=" The plugin does not start.")


@rule(
    "yaml/unreadable",
    severity=Severity.ERROR,
    summary="A linked file could not be read.",
    why="What cannot be read cannot be reviewed, and would not be readable to the packager either.",
    fix="Make it a regular file of moderate size.",
    authorities=_LIMIT,
    bad=Example("", files={"provider/weather.yaml": 4_500_013}),
    good=Example(""),
)
def unreadable(plugin: Plugin) -> Iterator[Hit]:
    for hit in _problems(plugin, ProblemCode.UNREADABLE, ProblemCode.TOO_LARGE):
        if not (plugin.broken_package and hit.path == MANIFEST):
            yield hit


@rule(
    "yaml/several-documents",
    severity=Severity.ERROR,
    summary="The file holds several YAML documents.",
    why="The SDK refuses a file with a second document; the packager reads the first and ignores the rest.",
    fix="Keep one document per file.",
    authorities=_SDK,
    bad=Example("version: 0.1.0\n---\ntype: plugin\n", whole=True),
    good=Example("version: 0.1.0\n"),
)
def several_documents(plugin: Plugin) -> Iterator[Hit]:
    yield from _problems(plugin, ProblemCode.SEVERAL_DOCUMENTS)


@rule(
    "yaml/duplicate-key",
    severity=Severity.ERROR,
    summary="A mapping has the same key twice.",
    why="The packager refuses a document that it decodes with a key given twice. In parts that it does not decode "
    "(unknown keys, `extra`) the last one silently wins, and what the first said is lost.",
    fix="Keep one of the two. Often the second was meant for another mapping and is indented wrongly.",
    authorities=(
        Authority(By.PACKAGER, "The packager refuses the plugin.", "yaml.v3 decode.go, decoder/helper.go:22"),
    ),
    bad=Example("label:\n  en_US: Weather\n  en_US: Forecast\n"),
    good=Example("label:\n  en_US: Weather\n  zh_Hans: 天气\n"),
)
def duplicate_key(plugin: Plugin) -> Iterator[Hit]:
    for linked in plugin.documents.values():
        for problem in linked.document.problems:
            if problem.code is ProblemCode.DUPLICATE_KEY and problem.pointer is not None:
                decoded = _decoded_by_daemon(linked, problem.pointer[:-1])
                end = "The packager refuses the plugin." if decoded else "The last one wins, the first is lost."
                yield Hit(
                    f"{problem.message} {end}",
                    linked.path,
                    problem.span,
                    problem.pointer,
                    severity=Severity.ERROR if decoded else Severity.WARNING,
                    subject=problem.subject,
                    anchor=linked.document.anchor(problem.pointer),
                )


def _decoded_by_daemon(linked: LinkedDocument, mapping: tuple[str | int, ...]) -> bool:
    """Whether the daemon decodes the mapping: only then does yaml.v3 notice a duplicate."""
    model = MODELS.get(linked.kind)
    if model is None:
        return False
    for length in range(len(mapping), -1, -1):
        field = resolve(model, mapping[:length])
        if field is not None:
            # Below a field of free form the daemon decodes everything; below a model it skips unknown keys.
            return field.read_by_daemon and (length == len(mapping) or not field.models)
    return False


@rule(
    "yaml/complex-key",
    severity=Severity.ERROR,
    summary="A mapping or a list is used as a key.",
    why="The SDK's reader cannot make a key of it, and the plugin does not start. Usually a `?` or a `{` was not "
    "meant.",
    fix="Write a plain key, or put the text in quotes.",
    authorities=_SDK,
    bad=Example("label:\n  {en_US}: Weather\n"),
    good=Example("label:\n  en_US: Weather\n"),
)
def complex_key(plugin: Plugin) -> Iterator[Hit]:
    yield from _problems(plugin, ProblemCode.COMPLEX_KEY)


@rule(
    "yaml/unknown-tag",
    severity=Severity.ERROR,
    summary="A value carries a tag that the SDK does not know.",
    why="The SDK loads YAML safely and refuses every tag beyond the standard ones.",
    fix="Remove the tag, or put the text in quotes if the `!` belongs to it.",
    authorities=_SDK,
    bad=Example("label:\n  en_US: !upper Weather\n"),
    good=Example('label:\n  en_US: "!upper Weather"\n'),
)
def unknown_tag(plugin: Plugin) -> Iterator[Hit]:
    yield from _problems(plugin, ProblemCode.UNKNOWN_TAG, end=" The plugin does not start.")


@rule(
    "yaml/unreadable-value",
    severity=Severity.ERROR,
    summary="A value has the form of a number, date or other special value, but is none.",
    why="PyYAML takes `2026-02-30` for a date and a bare `=` for a value of its own, and then fails on it.",
    fix="Put the value in quotes.",
    authorities=_SDK,
    bad=Example("created_at: 2026-02-30\n"),
    good=Example("created_at: 2026-02-28\n"),
)
def unreadable_value(plugin: Plugin) -> Iterator[Hit]:
    yield from _problems(plugin, ProblemCode.BAD_SCALAR)


@rule(
    "yaml/excessive",
    severity=Severity.ERROR,
    summary="The file nests absurdly deep, or its aliases expand without bound.",
    why="No plugin needs it, and readers run out of memory or stack on it.",
    fix="Write the values out, flatter.",
    authorities=_LIMIT,
    bad=Example("tags: &tags [*tags]\n"),
    good=Example("tags: [weather]\n"),
)
def excessive(plugin: Plugin) -> Iterator[Hit]:
    yield from _problems(plugin, ProblemCode.TOO_DEEP, ProblemCode.ALIAS_BOMB)


@rule(
    "yaml/read-differently",
    severity=Severity.ERROR,
    summary="The packager and the SDK read a value differently.",
    why="The SDK reads YAML 1.1, where `1:30` is ninety and `no` is false; the packager reads them as text. It refuses "
    "text where a number belongs, and where anything may stand it passes on another value than the SDK sees.",
    fix="Write numbers in decimal, `true` or `false` for booleans, and put text in quotes.",
    authorities=(Authority(By.PACKAGER, "The packager refuses the plugin.", "yaml.v3 decode.go"),),
    bad=Example("resource:\n  memory: 20:42:52:16\n"),
    good=Example("resource:\n  memory: 4474936\n"),
)
def read_differently(plugin: Plugin) -> Iterator[Hit]:
    yield from violations(plugin, "yaml/read-differently")
