"""GitHub's rules about what a request may ask, and the answers of GitHub to those that ask something else.

The wording of the answers is GitHub's own, as seen in the answers that others have reported; programs match on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from standin.anchors import Unplaced, Wanted
from standin.state import Annotation, Kind, Limits, Token

DOCS = "https://docs.github.com/rest"
LOCKED = "https://help.github.com/articles/locking-conversations/"
SECONDARY = f"{DOCS}/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"

_RESOURCE: Mapping[Kind, str] = {"installation": "integration", "pat": "personal access token"}


class Refusal(Exception):
    """A request that GitHub refuses, with its answer."""

    def __init__(
        self, status: int, message: str, errors: Sequence[object] | None = None, documentation: str = DOCS
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, object] = {"message": message}
        if errors is not None:
            self.body["errors"] = list(errors)
        self.body |= {"documentation_url": documentation, "status": str(status)}


def not_found() -> Refusal:
    return Refusal(404, "Not Found")


def forbidden(token: Token) -> Refusal:
    return Refusal(403, f"Resource not accessible by {_RESOURCE[token.kind]}")


def unprocessable(*errors: str) -> Refusal:
    """The answer of the endpoints for reviews: the problems joined into one string."""
    return Refusal(422, "Unprocessable Entity", [", ".join(dict.fromkeys(errors))])


def invalid_fields(resource: str, *problems: tuple[str, str, str | None]) -> Refusal:
    """The answer of most endpoints: an object for each problem, of code, field and message."""
    errors = []
    for code, name, message in problems:
        error = {"resource": resource, "code": code, "field": name}
        errors.append(error | {"message": message} if message is not None else error)
    return Refusal(422, "Validation Failed", errors)


def malformed(*problems: str) -> Refusal:
    """The answer to a body that GitHub's schema of the endpoint does not allow."""
    return Refusal(422, "Invalid request.\n\n" + "\n".join(problems))


# Shapes


class Field(Struct, frozen=True):
    """What a value may be. `kind` is a JSON type's name."""

    kind: str
    required: bool = False
    nullable: bool = False
    choices: tuple[str, ...] = ()
    longest: int | None = None


_PYTHON_TYPES: Mapping[str, Any] = {"string": str, "integer": int, "array": list, "object": dict}


def check_fields(body: Any, fields: Mapping[str, Field], *, closed: bool = False) -> None:
    """Refuses what is not an object, lacks a required field, has one of the wrong type, or (`closed`) one too many."""
    if not isinstance(body, dict):
        raise malformed(f"{body!r} is not an object.")
    problems = [f'"{name}" wasn\'t supplied.' for name, field in fields.items() if field.required and name not in body]
    if closed:
        problems += [f'"{name}" is not a permitted key.' for name in body if name not in fields]
    for name, field in fields.items():
        if name in body:
            problems += _value_problems(name, body[name], field)
    if problems:
        raise malformed(*problems)


def _value_problems(name: str, value: Any, field: Field) -> list[str]:
    where = f"For 'properties/{name}', "
    if value is None:
        return [] if field.nullable else [f"{where}nil is not {_article(field.kind)}."]
    if type(value) is not _PYTHON_TYPES[field.kind]:
        shown = f'"{value}"' if isinstance(value, str) else value
        return [f"{where}{shown} is not {_article(field.kind)}."]
    if field.choices and value not in field.choices:
        return [f"{where}{value} is not a possible value. Must be one of the following: {', '.join(field.choices)}."]
    if field.longest is not None and len(value) > field.longest:
        things = "characters" if field.kind == "string" else "items"
        start = f"Only {field.longest}" if field.kind == "string" else f"No more than {field.longest}"
        return [f"{start} {things} are allowed; {len(value)} were supplied."]
    return []


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aio" else f"a {kind}"


SIDES = ("LEFT", "RIGHT")
EVENTS = ("APPROVE", "REQUEST_CHANGES", "COMMENT")

BODY = {"body": Field("string", required=True)}

REACTION = {
    "content": Field(
        "string", required=True, choices=("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
    )
}

REVIEW = {
    "commit_id": Field("string"),
    "body": Field("string"),
    "event": Field("string", choices=EVENTS),
    "comments": Field("array"),
}

# There is no `subject_type` here: a comment on a whole file has its own endpoint.
REVIEW_COMMENT_ENTRY = {
    "path": Field("string", required=True),
    "body": Field("string", required=True),
    "position": Field("integer"),
    "line": Field("integer"),
    "side": Field("string", choices=SIDES),
    "start_line": Field("integer"),
    "start_side": Field("string", choices=SIDES),
}

REVIEW_COMMENT = {
    **REVIEW_COMMENT_ENTRY,
    "commit_id": Field("string", required=True),
    "in_reply_to": Field("integer"),
    # `line` is in GitHub's description too, but has been refused where it was sent.
    "subject_type": Field("string", choices=("file",)),
}

REPLY = {"body": Field("string", required=True), "in_reply_to": Field("integer")}

SUBMIT = {"body": Field("string"), "event": Field("string", required=True, choices=EVENTS)}

DISMISS = {"message": Field("string", required=True), "event": Field("string", choices=("DISMISS",))}

STATUS = {
    "state": Field("string", required=True, choices=("error", "failure", "pending", "success")),
    "target_url": Field("string", nullable=True),
    "description": Field("string", nullable=True),
    "context": Field("string"),
}

# `stale` is a conclusion that only GitHub itself gives.
CONCLUSIONS = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out")

_CHECK_RUN = {
    "details_url": Field("string"),
    "external_id": Field("string"),
    "status": Field("string", choices=("queued", "in_progress", "completed")),
    "started_at": Field("string"),
    "conclusion": Field("string", choices=CONCLUSIONS),
    "completed_at": Field("string"),
    "output": Field("object"),
    "actions": Field("array", longest=3),
}
CREATE_CHECK_RUN = {
    "name": Field("string", required=True),
    "head_sha": Field("string", required=True),
    **_CHECK_RUN,
}
UPDATE_CHECK_RUN = {"name": Field("string"), **_CHECK_RUN}

_CHECK_ACTION = {
    "label": Field("string", required=True, longest=20),
    "description": Field("string", required=True, longest=40),
    "identifier": Field("string", required=True, longest=20),
}

_ANNOTATION = {
    "path": Field("string", required=True),
    "start_line": Field("integer", required=True),
    "end_line": Field("integer", required=True),
    "start_column": Field("integer"),
    "end_column": Field("integer"),
    "annotation_level": Field("string", required=True, choices=("notice", "warning", "failure")),
    "message": Field("string", required=True),
    "title": Field("string", longest=255),
    "raw_details": Field("string"),
}

# Bytes of an annotation's message, and of its details.
_ANNOTATION_BYTES = 64 * 1024

_CHECK_TEXT = 65_535

_STATUS_DESCRIPTION = 140


# Bodies of comments


def check_comment(body: str, limits: Limits) -> None:
    """The body of an issue comment."""
    if not body.strip():
        raise invalid_fields("IssueComment", ("unprocessable", "data", "Body cannot be blank"))
    if len(body) > limits.body:
        raise invalid_fields("IssueComment", ("unprocessable", "data", _too_long(limits)))


def check_review_comment(body: str, limits: Limits) -> None:
    """The body of a single comment in the diff."""
    if not body.strip():
        raise invalid_fields("PullRequestReviewComment", ("missing_field", "body", None))
    if len(body) > limits.body:
        message = f"body is too long (maximum is {limits.body} characters)"
        raise invalid_fields("PullRequestReviewComment", ("custom", "body", message))


def review_body_problem(body: str, limits: Limits) -> str | None:
    return _too_long(limits) if len(body) > limits.body else None


def _too_long(limits: Limits) -> str:
    return f"Body is too long (maximum is {limits.body} characters)"


# Anchors


def wanted(entry: Mapping[str, Any]) -> Wanted:
    """The anchor that a comment in a request asks for. The fields have been checked."""
    return Wanted(
        path=entry["path"],
        side=entry.get("side", "RIGHT"),
        line=entry.get("line"),
        start_side=entry.get("start_side"),
        start_line=entry.get("start_line"),
        position=entry.get("position"),
    )


#: What the reviews endpoint says of an anchor that does not exist.
REVIEW_ANCHOR: Mapping[str, str] = {
    "path": "Path could not be resolved",
    "line": "Line could not be resolved",
    "hunk": "Pull request review thread start line must be part of the same hunk as the line.",
    "order": "Pull request review thread start line must precede the end line.",
}

_THREAD = "pull_request_review_thread"
_COMMENT_ANCHOR: Mapping[str, tuple[str, str, str | None]] = {
    "path": ("invalid", f"{_THREAD}.path", None),
    "line": ("custom", f"{_THREAD}.line", f"{_THREAD}.line must be part of the diff"),
    "hunk": ("custom", f"{_THREAD}.start_line", f"{_THREAD}.start_line must be part of the same hunk as the line."),
    "order": ("custom", f"{_THREAD}.start_line", f"{_THREAD}.start_line must precede the end line."),
}


def unplaced_comment(error: Unplaced) -> Refusal:
    """What the endpoint for single comments says of an anchor that does not exist."""
    problems = [_COMMENT_ANCHOR[error.problem]]
    if error.problem in ("path", "line"):
        problems.append(("missing_field", f"{_THREAD}.diff_hunk", None))
    return invalid_fields("PullRequestReviewComment", *problems)


def foreign_commit() -> Refusal:
    """What the endpoint for single comments says of a commit that is not in the pull request."""
    message = "end_commit_oid is not part of the pull request"
    return invalid_fields("PullRequestReviewComment", ("custom", "end_commit_oid", message))


# Check runs and statuses


def check_check_run(body: Mapping[str, Any], limits: Limits, *, create: bool) -> list[Annotation]:
    """Refuses a check run that GitHub does not take; gives the annotations that it adds."""
    check_fields(body, CREATE_CHECK_RUN if create else UPDATE_CHECK_RUN)
    if (body.get("status") == "completed" or "completed_at" in body) and "conclusion" not in body:
        raise malformed('No subschema in "anyOf" matched.', '"conclusion" wasn\'t supplied.')
    for name in ("started_at", "completed_at"):
        if name in body and not _is_time(body[name]):
            raise malformed(f"For 'properties/{name}', {body[name]} is not a valid date-time.")
    for action in body.get("actions", ()):
        check_fields(action, _CHECK_ACTION)
    output = body.get("output")
    if output is None:
        return []
    check_fields(
        output,
        {
            "title": Field("string", required=create),
            "summary": Field("string", required=True, longest=_CHECK_TEXT),
            "text": Field("string", longest=_CHECK_TEXT),
            "annotations": Field("array", longest=limits.annotations),
            "images": Field("array"),
        },
    )
    return [_annotation(entry) for entry in output.get("annotations", ())]


def _annotation(entry: Any) -> Annotation:
    check_fields(entry, _ANNOTATION, closed=True)
    problems = []
    if not entry["path"] or entry["path"].startswith("/"):
        problems.append("path")
    if not 1 <= entry["start_line"] <= entry["end_line"]:
        problems.append("end_line")
    columns = [entry[name] for name in ("start_column", "end_column") if name in entry]
    if columns and (entry["start_line"] != entry["end_line"] or columns != sorted(columns) or columns[0] < 1):
        problems.append("start_column")
    problems += [
        name for name in ("message", "raw_details") if len(entry.get(name, "").encode()) > _ANNOTATION_BYTES
    ] + [name for name in ("message",) if not entry[name]]
    if problems:
        raise invalid_fields("CheckAnnotation", *(("invalid", name, None) for name in problems))
    return Annotation(
        path=entry["path"],
        start_line=entry["start_line"],
        end_line=entry["end_line"],
        level=entry["annotation_level"],
        message=entry["message"],
        title=entry.get("title"),
        raw_details=entry.get("raw_details"),
        start_column=entry.get("start_column"),
        end_column=entry.get("end_column"),
    )


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def check_status(body: Mapping[str, Any]) -> None:
    check_fields(body, STATUS)
    if len(body.get("description") or "") > _STATUS_DESCRIPTION:
        message = f"description is too long (maximum is {_STATUS_DESCRIPTION} characters)"
        raise invalid_fields("Status", ("custom", "description", message))
