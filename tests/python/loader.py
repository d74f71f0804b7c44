"""The loader of the installed SDK, as a process that answers what it finds in the files it is given.

A request is a line of JSON, `{"files": {path: source}, "path": …, "base": …}`; so is the answer, `{"found": [names]}`
or `{"error": …}`. Only ever given sources that tests have written.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any


def main() -> None:
    import dify_plugin
    from dify_plugin.core.utils.class_loader import load_multi_subclasses_from_source
    from dify_plugin.interfaces import agent, datasource, endpoint, model, tool

    bases = {
        name: found
        for room in (tool, model, agent, endpoint, datasource, dify_plugin)
        for name, found in vars(room).items()
    }

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        before = set(sys.modules)
        with tempfile.TemporaryDirectory() as root:
            for path, source in request["files"].items():
                file = Path(root, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(source, encoding="utf-8")
            os.chdir(root)
            sys.path[0] = root
            sys.path_importer_cache.clear()
            path = request["path"]
            try:
                found = load_multi_subclasses_from_source(
                    module_name=path.removesuffix(".py").replace("/", "."),
                    script_path=str(Path(root, path)),
                    parent_type=bases[request["base"]],
                )
                return {"found": sorted(cls.__name__ for cls in found)}
            except Exception as problem:
                return {"error": f"{type(problem).__name__}: {problem}"}
            finally:
                os.chdir("/")
                for name in set(sys.modules) - before:
                    del sys.modules[name]

    sys.dont_write_bytecode = True
    print(json.dumps({"version": 1}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
