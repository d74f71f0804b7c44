"""A check run with annotations, for display: what is required is the job itself.

GitHub puts a check run made with a workflow's token under any of the commit's workflows, and a name that a job has too
would be required twice: so it has a name of its own.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from bot.github.client import Client, Refused, Unavailable
from bot.patterns import regex
from bot.report.check_run import CheckRun

NAME: Final = "Dify Plugin Review"
#: Annotations of one request.
MAX_PER_REQUEST: Final = 50
#: GitHub's limit for the text of a check run (characters).
MAX_TEXT: Final = 65_535
#: The app of the tokens that workflows get. Who can make a check run in its name can make the required check pass too.
_ACTIONS: Final = "github-actions"
_KEPT: Final = regex(r"<!-- dify-plugin-review:kept ([A-Za-z0-9+/=]+) -->")


def publish_check(
    client: Client,
    head_sha: str,
    shown: CheckRun,
    details_url: str = "",
    name: str = NAME,
    kept: tuple[str, bytes] | None = None,
) -> str:
    """Makes a completed check run on a commit, and adds its annotations in batches. Returns its address.

    With `kept`, a key and bytes, `kept_under` finds the bytes again. Raises `Refused` and `Unavailable`; batches that
    came before stay.
    """
    output = {"title": shown.title, "summary": shown.summary}
    key = ""
    if kept is not None:
        text = f"<!-- dify-plugin-review:kept {base64.b64encode(kept[1]).decode()} -->"
        if len(text) <= MAX_TEXT:
            key, output = f"{kept[0]}.", {**output, "text": text}
    batches = [
        list(shown.annotations[start : start + MAX_PER_REQUEST])
        for start in range(0, len(shown.annotations), MAX_PER_REQUEST)
    ] or [[]]
    identity = key + uuid.uuid4().hex
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


def kept_under(client: Client, head_sha: str, key: str, name: str = NAME) -> Iterator[bytes]:
    """What check runs of ours on a commit keep under a key; nothing where GitHub does not tell.

    A stranger's change cannot make a check run: its token only reads. What other workflows repeat of a stranger's words
    has another name and no key of ours.
    """
    try:
        answer = client.get(f"/commits/{head_sha}/check-runs", {"check_name": name, "per_page": 100})
        for run in answer["check_runs"]:
            own = run["app"]["slug"] == _ACTIONS and run["name"] == name and run["head_sha"] == head_sha
            found = _KEPT.fullmatch(run["output"]["text"] or "")
            if own and found and str(run["external_id"]).startswith(f"{key}."):
                yield base64.b64decode(found[1], validate=True)
    except (Refused, Unavailable, LookupError, TypeError, ValueError):
        return


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
