"""How long an editor waits for findings after a key: `python -m benchmarks.editor [FOLDER …]`.

Each folder is a plugin, by default a bundled one that is filled up with models to 60 files. Its manifest, its largest
other YAML document and its largest Python file are typed into, key by key, in a copy, with the client of the tests over
stdio. The time is from the key to the diagnostics; the processor time is that of the server.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from tests.support.editor import Editor, editor_of

EXAMPLE = Path(__file__).resolve().parents[1] / "bot" / "examples" / "model"
FILES = 60


def measured(folder: Path) -> list[Path]:
    """The files to type into."""
    found = []
    for suffix in (".yaml", ".py"):
        files = [path for path in folder.rglob(f"*{suffix}") if path.name != "manifest.yaml"]
        found += sorted(files, key=lambda path: path.stat().st_size)[-1:]
    return [folder / "manifest.yaml", *found]


def processor_time(editor: Editor) -> float:
    """Seconds of the server's processor time so far; 0 where the system does not tell."""
    try:
        assert editor._server is not None
        fields = Path(f"/proc/{editor._server.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / float(os.sysconf("SC_CLK_TCK"))


async def type_into(folder: Path, path: Path, keys: int) -> str:
    """The line of the table about one file."""
    async with editor_of(folder, process=True) as editor:
        text = path.read_text(encoding="utf-8")
        uri = editor.open(path)

        async def shown(version: int) -> None:
            await editor.until(lambda: any(p.uri == uri and p.version == version for p in editor.published))

        await shown(1)
        times = []
        for key in range(1, keys + 1):
            editor.published.clear()
            before = processor_time(editor)
            start = time.perf_counter()
            editor.change(uri, f"{text}\n# {'x' * key}", key + 1)
            await shown(key + 1)
            times.append((time.perf_counter() - start, processor_time(editor) - before))
            await asyncio.sleep(0.2)
    waited = [seconds * 1000 for seconds, _ in times]
    cpu = statistics.mean(seconds for _, seconds in times) * 1000
    name = path.relative_to(folder.parent).as_posix()
    return f"{name:60} {statistics.median(waited):5.0f} {max(waited):5.0f} {cpu:5.0f}"


def copied(source: Path, into: Path) -> Path:
    folder = Path(shutil.copytree(source, into / source.name))
    if source == EXAMPLE:
        model = next(path for path in (folder / "models" / "llm").glob("*.yaml") if not path.name.startswith("_"))
        number = 0
        while sum(path.is_file() for path in folder.rglob("*")) < FILES:
            number += 1
            text = model.read_text(encoding="utf-8").replace(f"model: {model.stem}", f"model: {model.stem}-{number}")
            model.with_name(f"{model.stem}-{number}.yaml").write_text(text, encoding="utf-8")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[EXAMPLE])
    parser.add_argument("--keys", type=int, default=15)
    arguments = parser.parse_args()
    print(f"{'milliseconds from a key to the findings':60} {'mid':>5} {'most':>5} {'cpu':>5}")
    for source in arguments.folders:
        with tempfile.TemporaryDirectory() as place:
            folder = copied(source.resolve(), Path(place))
            for path in measured(folder):
                print(asyncio.run(type_into(folder, path, arguments.keys)), flush=True)


if __name__ == "__main__":
    main()
