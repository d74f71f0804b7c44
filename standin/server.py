"""The stand-in as a server on a loopback socket."""

from __future__ import annotations

import io
import json
import re
import socket
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from standin import events, graphql, rest, rules
from standin.core import Core
from standin.diff import Side
from standin.faults import Fault, Faults
from standin.repository import Repository
from standin.rest import Call, Reply
from standin.shapes import Json, Site, number
from standin.state import (
    ACTIONS_APP_ID,
    ACTIONS_LOGIN,
    Artifact,
    CheckRun,
    CommitStatus,
    IssueComment,
    Kind,
    Limits,
    Pull,
    State,
    Token,
    WorkflowRun,
)


class Request(Struct, frozen=True):
    """A request as it came. `path` is canonical, without the prefix of an Enterprise Server."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises `ValueError` if it is none."""
        return json.loads(self.body)


class Exchange(Struct, frozen=True):
    """A request and its answer. `status` is None where the connection was dropped; `fault` is the trouble it met."""

    request: Request
    login: str | None
    status: int | None
    headers: Mapping[str, str]
    body: bytes
    fault: Fault | None = None

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def path(self) -> str:
        return self.request.path

    @property
    def bytes(self) -> int:
        """How much came over the wire, without headers."""
        return len(self.request.body) + len(self.body)

    def json(self) -> Any:
        """The answer as JSON. Raises `ValueError` if it is none."""
        return json.loads(self.body)


class StandIn:
    """A GitHub with one repository, for demonstrations and tests; a context manager that serves it.

    `prefix` is the path of the REST API: empty as on github.com, or `/api/v3` as on an Enterprise Server (GraphQL is
    then at `/api/graphql`). In a `private` repository everything that is read needs a permission, too. `requests`
    has every exchange, in the order of their answers.

    Raises `ValueError` if there is no git repository at `repository`, or no branch `default_branch` in it. Leaving
    the context raises `RuntimeError` if a request met a mistake of the stand-in (or of a callback).
    """

    def __init__(
        self,
        repository: Path,
        full_name: str = "acme/plugins",
        *,
        prefix: str = "",
        default_branch: str = "main",
        private: bool = False,
        limits: Limits | None = None,
        detect_copies: bool = False,
    ) -> None:
        limits = limits or Limits()
        self.faults = Faults()
        self.requests: list[Exchange] = []
        self._callbacks: list[Callable[[Request], object]] = []
        self._mistakes: list[Exception] = []
        self._prefix = prefix
        self._graphql_path = f"{prefix.removesuffix('/v3')}/graphql"
        self._closing = threading.Event()
        git = Repository(
            repository,
            detect_copies=detect_copies,
            patch_lines=limits.patch_lines,
            patch_bytes=limits.patch_bytes,
        )
        if git.resolve(f"heads/{default_branch}") is None:
            git.close()
            raise ValueError(f"{repository} has no branch {default_branch}")
        self._server = _Server(self)
        self.server_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.api_url = self.server_url + prefix
        self.graphql_url = self.server_url + self._graphql_path
        self.core = Core(Site(self.api_url, self.server_url, full_name, default_branch, private), git, State(), limits)
        # The poll only says how long closing may take.
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.005}, name="standin", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.core.repository.close()
        if self._mistakes and error is None:
            raise RuntimeError("the stand-in itself failed to answer a request") from self._mistakes[0]

    # What happened

    @property
    def pulls(self) -> dict[int, Pull]:
        return self.core.state.pulls

    @property
    def check_runs(self) -> list[CheckRun]:
        return self.core.state.check_runs

    @property
    def statuses(self) -> list[CommitStatus]:
        return self.core.state.statuses

    def writes(self) -> list[Exchange]:
        """The exchanges that were meant to change something, refused ones too."""
        return [
            exchange
            for exchange in self.requests
            if exchange.method != "GET" and (exchange.path != "/graphql" or b"mutation" in exchange.request.body)
        ]

    # Making things happen

    def token(
        self,
        permissions: Mapping[str, str] | None = None,
        *,
        login: str = ACTIONS_LOGIN,
        kind: Kind = "installation",
    ) -> str:
        """A new token with these permissions (`{"contents": "read"}`), and no others.

        An installation token belongs to a bot, as a workflow's `GITHUB_TOKEN` does; a `pat` to a person.
        """
        with self.core.lock:
            value = f"{'ghs' if kind == 'installation' else 'github_pat'}_{len(self.core.state.tokens) + 1:036d}"
            app_id = None
            if kind == "installation":
                app_id = ACTIONS_APP_ID if login == ACTIONS_LOGIN else number(login) % 1_000_000
            self.core.state.tokens[value] = Token(value, login, kind, dict(permissions or {}), app_id)
            return value

    def open_pull(
        self,
        head: str,
        *,
        base: str | None = None,
        title: str = "Change",
        body: str | None = None,
        author: str = "octocat",
        head_repo: str | None = None,
        draft: bool = False,
    ) -> Pull:
        """Opens a pull request from a branch or commit of the git repository, which holds the fork's commits too.

        `head_repo` is the full name of the fork. The git repository gets `refs/pull/<number>/head` and, unless they
        conflict, `refs/pull/<number>/merge`.
        """
        with self.core.lock:
            return self.core.open_pull(
                base or self.core.site.default_branch,
                head,
                title=title,
                body=body,
                author=author,
                head_repo=head_repo,
                draft=draft,
            )

    def push(self, pull: Pull, head: str) -> None:
        """Moves the head of a pull request to another branch or commit."""
        with self.core.lock:
            self.core.push(pull, head)

    def comment(self, pull: Pull, body: str, *, author: str = "octocat") -> IssueComment:
        """A comment by somebody else."""
        with self.core.lock:
            return self.core.comment(pull, author, body)

    def finish_run(
        self,
        pull: Pull,
        *,
        artifacts: Mapping[str, Mapping[str, bytes]] | None = None,
        name: str = "review",
        event: str = "pull_request",
        conclusion: str = "success",
    ) -> WorkflowRun:
        """A workflow run that ended on a pull request's head; its artifacts are the files in each, by their names."""
        with self.core.lock:
            state = self.core.state
            run = WorkflowRun(
                id=state.next_id(),
                name=name,
                event=event,
                head_branch=pull.head_ref,
                head_sha=pull.head_sha,
                head_repo=pull.head_repo or self.core.site.full_name,
                actor=pull.author,
                conclusion=conclusion,
                pull=pull,
                created=state.clock.tick(),
            )
            for artifact, files in (artifacts or {}).items():
                run.artifacts.append(Artifact(state.next_id(), artifact, _zip(files), state.clock.tick()))
            state.workflow_runs.append(run)
            return run

    def event(
        self,
        name: str,
        *,
        action: str | None = None,
        pull: Pull | None = None,
        comment: IssueComment | None = None,
        run: WorkflowRun | None = None,
        ref: str | None = None,
        before: str | None = None,
        after: str | None = None,
        inputs: Mapping[str, str] | None = None,
        assets: Mapping[str, bytes] | None = None,
    ) -> Json:
        """The payload of an event that starts a workflow.

        `pull_request` and `pull_request_target` need `pull`; `issue_comment` needs `comment` too; `workflow_run`
        needs `run`; `merge_group` needs `after`, the merged commit to check (`ref` is the branch to merge into); `push`
        takes `ref`, `before` and `after`; `workflow_dispatch` takes `ref` and `inputs`; `schedule` takes nothing;
        `release` takes the tag as `ref`, and `assets`. Raises `ValueError` otherwise.
        """
        with self.core.lock:
            return events.payload(
                self.core,
                name,
                action=action,
                pull=pull,
                comment=comment,
                run=run,
                ref=ref,
                before=before,
                after=after,
                inputs=inputs,
                assets=assets,
            )

    def environment(self, name: str, payload: Json, path: Path) -> dict[str, str]:
        """Writes the payload to the file `path` and gives the `GITHUB_*` variables that the runner sets for it."""
        path.write_text(json.dumps(payload), encoding="utf-8")
        with self.core.lock:
            return events.environment(self.core, self.graphql_url, name, payload, path)

    def refuse_line(self, path: str, line: int, side: Side = "RIGHT") -> None:
        """Comments on this line are refused from now on, although it is in the diff."""
        self.core.refused.add((path, side, line))

    def on_request(self, callback: Callable[[Request], object]) -> None:
        """Calls back before each request is carried out, in the thread that serves it."""
        self._callbacks.append(callback)

    # Serving

    def handle(self, request: Request) -> Exchange:
        """Carries out a request, whatever trouble it meets, and remembers the exchange."""
        try:
            for callback in self._callbacks:
                callback(request)
            return self._handle(request)
        except Exception as error:
            self._mistakes.append(error)
            return self._exchange(request, None, Reply(500, {"message": "Server Error"}), None)

    def _handle(self, request: Request) -> Exchange:
        query = "&".join(f"{name}={value}" for name, value in request.query.items())
        fault = self.faults.take(request.method, request.path, query, request.body)
        if fault is not None and fault.seconds and self._closing.wait(fault.seconds):
            return Exchange(request, None, None, {}, b"", fault)
        with self.core.lock:
            token, problem = self._token(request)
            reply = Reply(0)
            if fault is None or fault.after_apply:
                reply = problem or self._reply(request, token)
            if fault is not None:
                reply = _disturbed(fault)
            exchange = self._exchange(request, token, reply, fault)
            self.requests.append(exchange)
            return exchange

    def _token(self, request: Request) -> tuple[Token | None, Reply | None]:
        """Whose request it is, or the answer to somebody who should not ask."""
        if not request.headers.get("user-agent"):
            message = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"
            return None, _refused(rules.Refusal(403, message))
        given = request.headers.get("authorization")
        if given is None or request.path.startswith("/storage/"):
            return None, None
        found = re.fullmatch(r"(?:token|bearer) (\S+)", given, re.IGNORECASE)
        token = self.core.state.tokens.get(found[1]) if found else None
        return token, None if token else _refused(rules.Refusal(401, "Bad credentials"))

    def _reply(self, request: Request, token: Token | None) -> Reply:
        if request.path.startswith("/storage/"):
            authorized = "authorization" in request.headers
            path = request.path.removeprefix("/storage")
            return rest.serve_storage(self.core, path, request.query, authorized=authorized)
        try:
            if request.path == "/graphql":
                return self._graphql(request, token)
            if request.path != "/rate_limit":
                self.core.spend(token)
            accept = request.headers.get("accept", "")
            call = Call(self.core, request.path, request.query, accept, _json_object(request), token)
            return rest.serve(request.method, call)
        except rules.Refusal as refusal:
            return _refused(refusal)

    def _graphql(self, request: Request, token: Token | None) -> Reply:
        if token is None:
            raise rules.Refusal(401, "This endpoint requires you to be authenticated.")
        try:
            self.core.spend(token)
        except rules.Refusal as refusal:
            return Reply(200, {"errors": [{"type": "RATE_LIMITED", "message": str(refusal)}]})
        return Reply(200, graphql.answer(self.core, token, _json_object(request)))

    def _exchange(self, request: Request, token: Token | None, reply: Reply, fault: Fault | None) -> Exchange:
        if fault is not None and fault.status is None:
            return Exchange(request, token.login if token else None, None, {}, b"", fault)
        if isinstance(reply.body, bytes):
            body = reply.body
        else:
            body = b"" if reply.body is None else json.dumps(reply.body).encode()
        limit, remaining = self.core.limits.requests, self.core.remaining(token)
        headers = {
            "Content-Type": reply.content_type,
            "X-GitHub-Request-Id": f"{len(self.requests):04X}:0000",
            "X-GitHub-Api-Version-Selected": request.headers.get("x-github-api-version", "2022-11-28"),
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Used": str(limit - remaining),
            "X-RateLimit-Reset": str(int(time.time()) + 3600),
            "X-RateLimit-Resource": "graphql" if request.path == "/graphql" else "core",
            **reply.headers,
        }
        return Exchange(request, token.login if token else None, reply.status, headers, body, fault)

    def canonical(self, path: str) -> str | None:
        """A path of this server as the API knows it, or None if it is not part of the API."""
        if path == self._graphql_path:
            return "/graphql"
        if path.startswith("/storage/"):
            return path
        if not path.startswith(f"{self._prefix}/"):
            return None
        return rest.canonical_path(self.core, path.removeprefix(self._prefix))


def _json_object(request: Request) -> dict[str, Any]:
    """The body of a request; no body is an empty object."""
    if not request.body:
        return {}
    try:
        body = request.json()
    except ValueError:
        raise rules.Refusal(400, "Problems parsing JSON") from None
    if not isinstance(body, dict):
        raise rules.Refusal(400, "Body should be a JSON object")
    return body


def _refused(refusal: rules.Refusal) -> Reply:
    return Reply(refusal.status, refusal.body)


def _disturbed(fault: Fault) -> Reply:
    status = fault.status or 0
    body = fault.body
    if body is None:
        message = {500: "Server Error", 502: "Server Error", 503: "Service unavailable"}.get(status, "Trouble")
        body = {"message": message, "documentation_url": rules.DOCS, "status": str(status)}
    return Reply(status, body, fault.headers)


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Closing waits for no client: open connections are shut.
    block_on_close = False

    def __init__(self, standin: StandIn) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.standin = standin
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # its client was faster

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is not worth a traceback; anything else is a mistake of ours."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "github.com"
    sys_version = ""
    # The answer goes out in one piece.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        standin = self.server.standin
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            self.send_error(400)
            return
        body = self.rfile.read(int(length))
        parts = urlsplit(self.path)
        path = standin.canonical(parts.path)
        if path is None:
            # Not part of the API: the pages for people, which do not exist.
            self._send(404, {"Content-Type": "text/html"}, b"<title>Page not found</title>")
            return
        exchange = standin.handle(
            Request(
                method=self.command,
                path=path,
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=body,
            )
        )
        if exchange.status is None:
            self.close_connection = True
            return
        self._send(exchange.status, exchange.headers, exchange.body)

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204 and self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: `StandIn.requests` has it all."""
