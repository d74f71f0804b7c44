"""How time and memory grow with the size of one input: `make growth`, or `python -m benchmarks.growth [READER …]`.

For each reader there is one input made to be hard for it, in four sizes: 1, 2, 4 and 8 parts of 256 KiB. Each is put
into a bundled example plugin and reviewed in a fresh process. Of the time, that of the untouched example is taken off;
what is left grows with the input to some power, the exponent. The command exits with 1 where an exponent is above 1.15
(times under 0.1 seconds say nothing), a review takes more than 3 seconds of processor time, or more than 300 MiB.
"""

from __future__ import annotations

import argparse
import io
import math
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.processes import Run, run
from benchmarks.run import EXAMPLES

LARGEST = 256 * 1024
PARTS = (1, 2, 4, 8)
MAX_EXPONENT, MAX_SECONDS, MAX_MEBIBYTES = 1.15, 3.0, 300.0
#: Shorter times are mostly noise (seconds of processor time).
NOISE = 0.1

Files = Mapping[str, bytes]
#: Makes the files to put into an example, of so many bytes in all.
Make = Callable[[int], Files]


def repeated(path: str, line: str, head: str = "", tail: str = "") -> Make:
    """A file that repeats a line, with `{}` replaced by its number."""

    def make(size: int) -> Files:
        lines, length, number = [head], len(head.encode()) + len(tail.encode()), 0
        while length < size:
            text = line.replace("{}", str(number))
            lines.append(text)
            length += len(text.encode())
            number += 1
        return {path: "".join((*lines, tail)).encode()}

    return make


def appended(example: str, path: str, make: Make) -> Make:
    """The file of an example with what is made at its end."""

    def put(size: int) -> Files:
        return {path: (EXAMPLES / example / path).read_bytes() + make(size)[path]}

    return put


def merged(size: int) -> Files:
    """A mapping of unknown keys that many items take over by a merge key."""
    path = "tools/current_weather.yaml"
    keys = "".join(f"  k{index}: 1\n" for index in range(size // 40))
    items = "".join("  - <<: *a\n" for _ in range(size // 24))
    start = (EXAMPLES / "tool" / path).read_text().partition("parameters:")[0]
    return {path: f"x: &a\n{keys}{start}parameters:\n{items}".encode()}


def merge_chain(size: int) -> Files:
    """Mappings that each take over the one before."""
    path = "tools/current_weather.yaml"
    items = ["x:\n  - &a0 {k0: 1}\n"]
    length, number = 0, 0
    while length < size:
        number += 1
        items.append(f"  - &a{number}\n    <<: *a{number - 1}\n    k{number}: 1\n")
        length += len(items[-1])
    return {path: (EXAMPLES / "tool" / path).read_bytes() + "".join(items).encode()}


def ignored(size: int) -> Files:
    """As many patterns as files to try them on."""
    patterns = "".join(f"*a*b*{index}*c/*.x{index}\n" for index in range(size // 128))
    files = {f"data/a{index}b/aab{index}.txt": b"" for index in range(size // 256)}
    return {".difyignore": patterns.encode(), **files}


def globbed(size: int) -> Files:
    """As many patterns for models as model files."""
    path = "provider/acme.yaml"
    text = (EXAMPLES / "model" / path).read_text()
    patterns = "".join(f"      - models/llm/*a*a*{index}*.yaml\n" for index in range(size // 128))
    files = {f"models/llm/aaaaaaaa{index}.yaml": b"model: a\n" for index in range(size // 1024)}
    return {path: text.replace("    predefined:\n", f"    predefined:\n{patterns}", 1).encode(), **files}


def guarded(join: str, operand: str) -> Make:
    """As many operands of a condition as reads behind it."""

    def make(size: int) -> Files:
        count = size // 60
        condition = join.join(operand.format(index) for index in range(count))
        reads = "".join(f'            tool_parameters["b{index}"]\n' for index in range(count))
        return {CODE: f"{INVOKE}        if {condition}:\n{reads}".encode()}

    return make


def included(size: int) -> Files:
    files = {f"r/{index}.txt": f"-r {index + 1}.txt\n".encode() for index in range(size // 512)}
    return {"requirements.txt": b"dify_plugin>=0.9.0\n-r r/0.txt\n", **files}


def packed(size: int) -> Files:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        for path in sorted((EXAMPLES / "tool").rglob("*")):
            if path.is_file():
                made.write(path, path.relative_to(EXAMPLES / "tool").as_posix())
        for index in range(size // 110):
            made.writestr(f"d/{index}", b"")
    return {"weather.difypkg": archive.getvalue()}


TOOL = "tools/current_weather.yaml"
CODE = "tools/current_weather.py"
INVOKE = "from dify_plugin import Tool\nclass T(Tool):\n    def _invoke(self, tool_parameters):\n"
PARAMETER = (
    "  - name: p{}\n    type: select\n    form: form\n    label:\n      en_US: A {}\n    human_description:\n"
    "      en_US: B {}\n    options:\n      - value: a\n        label:\n          en_US: A\n"
)

#: By reader and what is hard for it: the example, and what is put into it.
CASES: Mapping[str, tuple[str, Make]] = {
    "yaml/unknown-keys": ("tool", appended("tool", "manifest.yaml", repeated("manifest.yaml", "key{}: 1\n"))),
    "yaml/unknown-near-keys": ("tool", appended("tool", "manifest.yaml", repeated("manifest.yaml", "tags{}: 1\n"))),
    "yaml/unknown-mappings": ("tool", appended("tool", TOOL, repeated(TOOL, "k{}:\n  name: a\n"))),
    "yaml/bogus-locales": (
        "tool",
        appended("tool", "manifest.yaml", repeated("manifest.yaml", "  xx_{}: text\n", head="label:\n  en_US: A\n")),
    ),
    "yaml/real-locales": (
        "tool",
        appended(
            "tool",
            TOOL,
            repeated(
                TOOL,
                "      - value: v{}\n        label:\n          ko_KR: a\n",
                head="parameters:\n  - name: p\n    type: select\n    form: form\n    options:\n",
            ),
        ),
    ),
    "yaml/numbers-as-keys": ("tool", appended("tool", TOOL, repeated(TOOL, "{}: a\n"))),
    "yaml/merge-keys": ("tool", merged),
    "yaml/merge-chain": ("tool", merge_chain),
    "yaml/duplicate-keys": ("tool", appended("tool", TOOL, repeated(TOOL, "k: 1\n"))),
    "yaml/blank-lines": ("tool", repeated(TOOL, "\n", tail="a: b: c\n")),
    "yaml/not-utf-8": ("tool", lambda size: {TOOL: b"a\n" * (size // 2) + b"\xff"}),
    "yaml/blank-lines-in-block": ("tool", appended("tool", TOOL, repeated(TOOL, "\n", head="x:\n  - a\n"))),
    "yaml/comments": ("tool", appended("tool", TOOL, repeated(TOOL, "# a comment {}\n"))),
    "yaml/brackets": ("tool", appended("tool", TOOL, repeated(TOOL, "x{}: [[{a: []}]]\n"))),
    "yaml/deep": ("tool", appended("tool", TOOL, repeated(TOOL, "[", head="x: "))),
    "yaml/aliases": ("tool", appended("tool", TOOL, repeated(TOOL, "  - *a\n", head="x: &a\n  en_US: A\ny:\n"))),
    "yaml/anchors": ("tool", appended("tool", TOOL, repeated(TOOL, "x{}: &a{} 1\n"))),
    "yaml/long-text": ("tool", appended("tool", TOOL, repeated(TOOL, "a b: ", head='x: "', tail='"\n'))),
    "yaml/long-number": ("tool", appended("tool", TOOL, repeated(TOOL, "1", head="x: ", tail="\n"))),
    "yaml/documents": ("tool", appended("tool", TOOL, repeated(TOOL, "---\na: 1\n"))),
    "yaml/control-characters": ("tool", appended("tool", TOOL, repeated(TOOL, '"a\\x07{}": b\n'))),
    "yaml/dates": ("tool", appended("tool", TOOL, repeated(TOOL, "x{}: 2026-02-30\n"))),
    "yaml/tags": ("tool", appended("tool", TOOL, repeated(TOOL, "x{}: !a b\n"))),
    "yaml/suppressions": (
        "tool",
        appended("tool", TOOL, repeated(TOOL, "k{}: 1 # dify-plugin-review: ignore[schema/unknown-key] a reason\n")),
    ),
    "yaml/idle-suppressions": (
        "tool",
        appended("tool", TOOL, repeated(TOOL, "# dify-plugin-review: ignore[schema/missing-key] because\n")),
    ),
    "schema/wrong-items": (
        "tool",
        appended("tool", "manifest.yaml", repeated("manifest.yaml", "  - 1\n", head="tags:\n")),
    ),
    "schema/empty-parameters": ("tool", appended("tool", TOOL, repeated(TOOL, "  - {}\n", head="parameters:\n"))),
    "schema/parameters": ("tool", appended("tool", TOOL, repeated(TOOL, PARAMETER, head="parameters:\n"))),
    "schema/same-parameters": (
        "tool",
        appended("tool", TOOL, repeated(TOOL, PARAMETER.replace("p{}", "p"), head="parameters:\n")),
    ),
    "schema/options": (
        "tool",
        appended(
            "tool",
            TOOL,
            repeated(
                TOOL,
                "      - value: {}\n        label:\n          en_US: A {}\n",
                head="parameters:\n  - name: p\n    type: select\n    form: form\n    default: z\n    options:\n",
            ),
        ),
    ),
    "schema/same-options": (
        "tool",
        appended(
            "tool",
            TOOL,
            repeated(
                TOOL,
                "      - value: a\n        label:\n          en_US: A {}\n",
                head="parameters:\n  - name: p\n    type: select\n    form: form\n    options:\n",
            ),
        ),
    ),
    "schema/output-schema": (
        "tool",
        appended("tool", TOOL, repeated(TOOL, "    p{}: 1\n", head="output_schema:\n  properties:\n")),
    ),
    "schema/show-on": (
        "model",
        appended(
            "model",
            "provider/acme.yaml",
            repeated(
                "provider/acme.yaml",
                "    - variable: a{}\n      type: text-input\n      label:\n        en_US: A\n      show_on:\n"
                "        - variable: b{}\n          value: c\n",
                head="provider_credential_schema:\n  credential_form_schemas:\n",
            ),
        ),
    ),
    "schema/model-rules": (
        "model",
        appended(
            "model",
            "models/llm/acme-small.yaml",
            repeated(
                "models/llm/acme-small.yaml",
                "  - name: r{}\n    type: int\n    default: a\n",
                head="parameter_rules:\n",
            ),
        ),
    ),
    "schema/endpoints": (
        "endpoint",
        appended(
            "endpoint",
            "group/shop.yaml",
            repeated("group/shop.yaml", "  - path: /a{}\n    method: GET\n", head="endpoints:\n"),
        ),
    ),
    "reference/missing": (
        "tool",
        appended("tool", "manifest.yaml", repeated("manifest.yaml", "    - p/{}.yaml\n", head="plugins:\n  tools:\n")),
    ),
    "reference/position": ("model", repeated("models/llm/_position.yaml", "- acme-smal{}\n")),
    "reference/globs": ("model", globbed),
    "ignore/patterns": ("tool", ignored),
    "ignore/stars": ("tool", repeated(".difyignore", "a*", tail="\n")),
    "python/suppressions": (
        "tool",
        appended("tool", CODE, repeated(CODE, "x = 1  # dify-plugin-review: ignore[python/syntax] because\n")),
    ),
    "python/functions": ("tool", appended("tool", CODE, repeated(CODE, "def f{}(a):\n    return a.b(c)[d]\n"))),
    "python/classes": ("tool", appended("tool", CODE, repeated(CODE, "class C{}(Tool):\n    pass\n"))),
    "python/class-chain": (
        "tool",
        appended("tool", CODE, repeated(CODE, "class C{}(B):\n    pass\nB = C{}\n", head="\nB = Tool\n")),
    ),
    "python/imports": ("tool", appended("tool", CODE, repeated(CODE, "import a{}.b.c\n", head="\n"))),
    "python/names": ("tool", appended("tool", CODE, repeated(CODE, "a{} = a.b{}\n", head="\n"))),
    "python/same-name": ("tool", appended("tool", CODE, repeated(CODE, "a = a\na.b(a)\n", head="\n"))),
    "python/keys": ("tool", repeated(CODE, "        tool_parameters['k{}']\n", head=INVOKE)),
    "python/guards": ("tool", guarded(" or ", "tool_parameters.get('a{}')")),
    "python/guard-names": ("tool", guarded(" and ", "name{}")),
    "python/else-ifs": (
        "tool",
        repeated(
            CODE,
            "        elif tool_parameters.get('a{}'):\n            tool_parameters['b{}']\n",
            head=f"{INVOKE}        if 1:\n            pass\n",
        ),
    ),
    "python/same-parameters": (
        "tool",
        repeated(CODE, "        p = p\n", head=f"{INVOKE}        p = tool_parameters\n"),
    ),
    "python/attributes": ("tool", repeated(CODE, "        self.a{}\n", head=INVOKE)),
    "python/tools": (
        "tool",
        repeated(
            "provider/weather.py",
            "        CurrentWeatherTool()\n",
            head="from dify_plugin import ToolProvider\nfrom tools.current_weather import CurrentWeatherTool\n"
            "class P(ToolProvider):\n    def _validate_credentials(self, credentials):\n",
        ),
    ),
    "python/sum": ("tool", appended("tool", CODE, repeated(CODE, "a+", head="\nx = ", tail="a\n"))),
    "python/chain": ("tool", appended("tool", CODE, repeated(CODE, ".a()", head="\nx = a", tail="\n"))),
    "python/brackets": ("tool", appended("tool", CODE, repeated(CODE, "(", head="\nx = "))),
    "python/session": (
        "tool",
        appended("tool", CODE, repeated(CODE, "        self.session.model.llm.invoke(a={})\n", head="\n")),
    ),
    "python/ifs": (
        "tool",
        appended(
            "tool", CODE, repeated(CODE, "    if a:\n        b = {}\n    else:\n        b = c\n", head="\ndef f(a):\n")
        ),
    ),
    "python/f-strings": ("tool", appended("tool", CODE, repeated(CODE, 'f"{a[{}]}{b}"\n', head="\n"))),
    "python/syntax-error": ("tool", appended("tool", CODE, repeated(CODE, "x = 1\n", head="\n", tail="x = = 1\n"))),
    "requirements/lines": ("tool", repeated("requirements.txt", "a{}>=1,<2\n", head="dify_plugin>=0.9.0\n")),
    "requirements/same": ("tool", repeated("requirements.txt", "requests>={}\n", head="dify_plugin>=0.9.0\n")),
    "requirements/clauses": ("tool", repeated("requirements.txt", ",!={}", head="dify_plugin>=0.9.0\nrequests>=1")),
    "requirements/markers": (
        "tool",
        repeated("requirements.txt", "(", head="dify_plugin>=0.9.0\nrequests>=1; ", tail="\n"),
    ),
    "requirements/continued": ("tool", repeated("requirements.txt", "a \\\n", head="dify_plugin>=0.9.0\n")),
    "requirements/includes": ("tool", included),
    "pyproject/dependencies": (
        "tool",
        repeated(
            "pyproject.toml",
            '  "a{}>=1",\n',
            head='[project]\nname = "a"\nversion = "0.1.0"\ndependencies = [\n  "dify_plugin>=0.9.0",\n',
            tail="]\n",
        ),
    ),
    "pyproject/poetry": ("tool", repeated("pyproject.toml", 'a{} = "^1"\n', head="[tool.poetry.dependencies]\n")),
    "pyproject/tables": ("tool", repeated("pyproject.toml", "[a.b{}.c]\n")),
    "pyproject/deep": ("tool", repeated("pyproject.toml", "[", head="a = ")),
    "pyproject/dotted": ("tool", repeated("pyproject.toml", "a.", tail="b = 1\n")),
    "readme/images": ("tool", repeated("README.md", "![a](b{}.png)\n", head="# A\n")),
    "readme/brackets": ("tool", repeated("README.md", "![", head="# A\n")),
    "readme/links": ("tool", repeated("README.md", "[a](", head="# A\n")),
    "readme/ticks": ("tool", repeated("README.md", "`a``", head="# A\n")),
    "readme/stars": ("tool", repeated("README.md", "**a_ *b", head="# A\n")),
    "readme/html": ("tool", repeated("README.md", "<img src='a' <!-- ", head="# A\n")),
    "readme/quotes": ("tool", repeated("README.md", "> ", head="# A\n", tail="a")),
    "readme/lists": ("tool", repeated("README.md", "- a\n  - b\n", head="# A\n")),
    "readme/references": ("tool", repeated("README.md", "[a{}]: b\n![c][a{}]\n\n", head="# A\n")),
    "readme/chinese": ("tool", repeated("README.md", "天气\n", head="# A\n")),
    "readme/blank": ("tool", repeated("README.md", " \t\n", head="# A\n")),
    "privacy/text": ("tool", repeated("PRIVACY.md", "a b c\n", head="# A\n")),
    "svg/elements": (
        "tool",
        repeated("_assets/icon.svg", "<g a='b'>", head="<svg xmlns='http://www.w3.org/2000/svg'>"),
    ),
    "svg/attributes": ("tool", repeated("_assets/icon.svg", " a{}='b'", head="<svg", tail="/>")),
    "svg/references": (
        "tool",
        repeated(
            "_assets/icon.svg",
            "<use href='http://a/{}'/>",
            head="<svg xmlns='http://www.w3.org/2000/svg'>",
            tail="</svg>",
        ),
    ),
    "svg/entities": (
        "tool",
        repeated("_assets/icon.svg", "<!ENTITY a{} '&a;&a;'>", head="<!DOCTYPE svg [", tail="]><svg>&a1;</svg>"),
    ),
    "package/entries": ("", packed),
    "preview/brackets": ("tool", repeated("README.md", "[", head="# A\n")),
    "preview/images": ("tool", repeated("README.md", "![", head="# A\n")),
    "preview/quotes": ("tool", repeated("README.md", "> ", head="# A\n")),
    "preview/stars": ("tool", repeated("README.md", "*a ", head="# A\n")),
    "preview/lists": ("tool", repeated("README.md", "- ", head="# A\n")),
    "preview/html": ("tool", repeated("README.md", "<", head="# A\n")),
}

REVIEW = ("check", "--no-cache", "--format", "json", "--fail-on", "never", "--no-config", "--offline")
PREVIEW = ("preview", "--no-config")


def command_for(name: str) -> Sequence[str]:
    """What reads the input of a case: a review, or the preview of what users see."""
    return PREVIEW if name.startswith("preview/") else REVIEW


def measured(example: str, files: Files, command: Sequence[str]) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "plugin"
        root.mkdir()
        if example:
            shutil.copytree(EXAMPLES / example, root, dirs_exist_ok=True)
        for path, content in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        return run((sys.executable, "-P", "-m", "bot", *command, str(root)))


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float | None:
    """The slope of a line through the logarithms; None where there are too few times that say something."""
    points = [(math.log(size), math.log(time)) for size, time in zip(sizes, seconds, strict=True) if time > NOISE]
    if len(points) < 2:
        return None
    mean_x, mean_y = (sum(column) / len(points) for column in zip(*points, strict=True))
    above = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return float(above / sum((x - mean_x) ** 2 for x, _ in points))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("readers", nargs="*", help="names of readers, or what they begin with (default: all)")
    wanted = tuple(parser.parse_args().readers) or ("",)
    cases = {name: case for name, case in CASES.items() if name.startswith(wanted)}
    kinds = {(example, command_for(name)) for name, (example, _) in cases.items()}
    idle = {kind: min(measured(kind[0], {}, kind[1]).cpu for _ in range(3)) for kind in kinds}
    sizes = [LARGEST * part // PARTS[-1] for part in PARTS]
    heads = "".join(f"{size // 1024:>7} K" for size in sizes)
    print(f"{'':28}{heads}  exponent      MiB")
    failed = False
    for name, (example, make) in cases.items():
        command = command_for(name)
        runs: list[Run] = []
        for size in sizes:
            runs.append(measured(example, make(size), command))
            if runs[-1].cpu > 3 * MAX_SECONDS:
                break  # The next would take longer than anybody waits.
        power = exponent(sizes[: len(runs)], [each.cpu - idle[example, command] for each in runs])
        peak = max(each.mebibytes for each in runs)
        bad = (power is not None and power > MAX_EXPONENT) or peak > MAX_MEBIBYTES or runs[-1].cpu > MAX_SECONDS
        failed = failed or bad
        times = "".join(f"{each.cpu:9.2f}" for each in runs).ljust(9 * len(sizes))
        shown = "-" if power is None else f"{power:.2f}"
        print(f"{name:28}{times}{shown:>10}{peak:>9.0f}{'  <-- too much' if bad else ''}", flush=True)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
