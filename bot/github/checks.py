"""A check run with annotations, for display: what is required is the job itself.

GitHub puts a check run made with a workflow's token under any of the commit's workflows, and a name that a job has too
would be required twice: so it has a name of its own.
"""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any, Final

from bot.github.client import Client, Unavailable
from bot.report.check_run import CheckRun

NAME: Final = "Dify Plugin Review"
#: Annotations of one request.
MAX_PER_REQUEST: Final = 50


def publish_check(client: Client, head_sha: str, shown: CheckRun, details_url: str = "", name: str = NAME) -> str:
    """Makes a completed check run on a commit, and adds its annotations in batches. Returns its address.

    Raises `Refused` and `Unavailable`; batches that came before stay.
    """
    output = {"title": shown.title, "summary": shown.summary}
    batches = [
        list(shown.annotations[start : start + MAX_PER_REQUEST])
        for start in range(0, len(shown.annotations), MAX_PER_REQUEST)
    ] or [[]]
    identity = uuid.uuid4().hex
    body = {
        "name": name,
        "head_sha": head_sha,
        "external_id": identity,
        "status": "completed",
        "conclusion": shown.conclusion,
        "output": {**output, "annotations": batches[0]},
        **({"details_url": details_url} if details_url else {}),
    }
    made = client.write("POST", "/check-runs", body, partial(_find, client, head_sha, name, identity))
    if not isinstance(made, dict) or "id" not in made:
        raise Unavailable("GitHub's answer about the check run is unusable")
    path = f"/check-runs/{made['id']}"
    count = len(batches[0])
    for batch in batches[1:]:
        count += len(batch)
        # What arrives twice is shown twice.
        client.write(
            "PATCH", path, {"output": {**output, "annotations": batch}}, partial(_holding, client, path, count)
        )
    return str(made.get("html_url") or "")


def _find(client: Client, head_sha: str, name: str, identity: str) -> dict[str, Any] | None:
    """Our check run, if it was made after all."""
    answer = client.get(f"/commits/{head_sha}/check-runs", {"check_name": name, "filter": "all", "per_page": 100})
    runs = answer.get("check_runs") if isinstance(answer, dict) else None
    return next((run for run in runs or () if run.get("external_id") == identity), None)


def _holding(client: Client, path: str, annotations: int) -> dict[str, Any] | None:
    """The check run, if it holds so many annotations."""
    run = client.get(path)
    output = run.get("output") if isinstance(run, dict) else None
    return run if output and int(output.get("annotations_count") or 0) >= annotations else None
