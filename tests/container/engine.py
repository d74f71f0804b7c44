"""A Docker engine, the Action's image, and that image run as GitHub's runner runs it.

The engine is the one that answers already, or else one of our own: `dockerd` without a bridge or packet filters, which
works in a bare virtual machine for root. The base image is the Dockerfile's, or else, where no registry of images can
be reached, a minimal Debian made from packages and kept in the build folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

PROJECT = Path(__file__).resolve().parents[2]
CACHE = PROJECT / "build" / "container"
"""Not under version control; keeps the base image's file system."""

TAG = "dify-plugin-review:test"
DEBIAN = "bookworm"
STARTUP_SECONDS = 60
BUILD_SECONDS = 600
RUN_SECONDS = 120
OTHER_UID = 1001
"""The owner of a workspace on GitHub's runners: not the container's user."""


class Unavailable(Exception):
    """There is no engine, and none could be started; the text says why."""


class Engine(Struct, frozen=True):
    """A client and the environment in which it reaches its engine."""

    client: str
    environment: Mapping[str, str]

    def docker(
        self, *arguments: str, environment: Mapping[str, str] | None = None, seconds: float = RUN_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.client, *arguments],
            env={**self.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def answers(self) -> bool:
        return self.docker("version", "--format", "{{.Server.Version}}").returncode == 0


@contextmanager
def running_engine() -> Iterator[Engine]:
    """The engine that answers, or one that lives as long as the context. Raises `Unavailable`."""
    client = shutil.which("docker")
    if client and (engine := Engine(client, dict(os.environ))).answers():
        yield engine
        return
    if os.geteuid() != 0:
        raise Unavailable("no Docker engine answers, and only root can start one")
    if not (daemon := shutil.which("dockerd")):
        raise Unavailable("no Docker engine answers, and dockerd is not installed")
    # Debian's own client fits its engine; another one on the path may lack the plugin that it builds with.
    client = next((path for path in ("/usr/bin/docker", client) if path and Path(path).exists()), None)
    if not client:
        raise Unavailable("no docker client is installed")
    # A short path: a socket's name has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="engine-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        engine = Engine(client, {**os.environ, "DOCKER_HOST": f"unix://{home}/socket"})
        log = home / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [daemon, "--iptables=false", "--ip6tables=false", "--bridge=none", f"--host=unix://{home}/socket",
                 f"--data-root={home}/data", f"--exec-root={home}/exec", f"--pidfile={home}/pid"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        try:
            deadline = time.monotonic() + STARTUP_SECONDS
            while not engine.answers():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Unavailable("dockerd did not start: " + log.read_text(errors="replace")[-2000:])
                time.sleep(0.2)
            yield engine
        finally:
            process.terminate()
            process.wait(STARTUP_SECONDS)
            # The one mount that the daemon leaves behind would keep the folder from being removed.
            subprocess.run(["umount", f"{home}/exec/netns/default"], capture_output=True, check=False)


def base_image(engine: Engine) -> str:
    """A base image for the Dockerfile. Raises `Unavailable`."""
    dockerfile = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
    default = next(line for line in dockerfile.splitlines() if line.startswith("ARG BASE=")).partition("=")[2]
    if engine.docker("pull", "--quiet", default, seconds=BUILD_SECONDS).returncode == 0:
        return default
    name = f"debian-with-python:{DEBIAN}"
    imported = engine.docker("import", str(_debian()), name, seconds=BUILD_SECONDS)
    if imported.returncode != 0:
        raise Unavailable(f"the base image could not be imported: {imported.stderr}")
    return name


def _debian() -> Path:
    """The file system of a minimal Debian with Python, as a tar file."""
    if not (make := shutil.which("mmdebstrap")):
        raise Unavailable("no registry of images can be reached, and mmdebstrap is not installed")
    archive = CACHE / f"{DEBIAN}.tar"
    if archive.exists():
        return archive
    CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = CACHE / f"{uuid.uuid4().hex}.tar"
    command = [make, "--quiet", "--variant=minbase", "--include=python3,python3-venv,ca-certificates"]
    # A machine behind a proxy of its own trusts other certificates than pip brings along. They are a matter of this
    # base image, so that the Dockerfile under test is the released one.
    trusted = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    if trusted:
        bundle = "/etc/ssl/certs/ca-certificates.crt"
        command += [
            f'--customize-hook=upload "{trusted}" {bundle}',
            f'--customize-hook=printf "[global]\\ncert = {bundle}\\n" >"$1/etc/pip.conf"',
        ]
    made = subprocess.run(
        [*command, DEBIAN, str(unfinished)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False,
    )  # fmt: skip
    if made.returncode != 0:
        unfinished.unlink(missing_ok=True)
        raise Unavailable(f"the base image could not be made: {made.stderr[-2000:]}")
    return unfinished.rename(archive)


class Image(Struct, frozen=True):
    """The Action's image in an engine."""

    engine: Engine
    name: str

    def run(self, *arguments: str, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """`docker run`, with `options` for Docker and `arguments` for the entry point."""
        return self.engine.docker("run", "--rm", "--network", "host", *options, self.name, *arguments)

    def config(self) -> Mapping[str, object]:
        """What the image says about how it runs."""
        inspected = self.engine.docker("image", "inspect", "--format", "{{json .Config}}", self.name)
        config: Mapping[str, object] = json.loads(inspected.stdout)
        return config


def built_image(engine: Engine) -> Image:
    """The checked-out revision's image. Raises `Unavailable` without a base, `AssertionError` if it won't build."""
    base = f"BASE={base_image(engine)}"
    built = engine.docker(
        "build", "--quiet", "--network", "host", "--build-arg", base, "--tag", TAG, str(PROJECT), seconds=BUILD_SECONDS
    )
    assert built.returncode == 0, f"docker build failed:\n{built.stdout}\n{built.stderr}"
    return Image(engine, TAG)


class ActionRun(Struct, frozen=True):
    """What a step with the Action leaves behind."""

    exit_code: int
    stdout: str
    stderr: str
    output: str
    """The raw `GITHUB_OUTPUT` file."""
    summary: str
    """The raw `GITHUB_STEP_SUMMARY` file."""


def run_action(
    image: Image,
    workspace: Path,
    *,
    inputs: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    event: Mapping[str, object] | None = None,
    arguments: Sequence[str] = (),
    options: Sequence[str] = (),
) -> ActionRun:
    """Runs the image as the runner runs a container action: its mounts, its environment, another user's workspace.

    `inputs` are named as in action.yml; `env` is added to the environment (`GITHUB_EVENT_NAME`, `GITHUB_API_URL`, …),
    and `event` is the payload. `arguments` stand in for the image's own, `options` go to `docker run`.
    """
    with tempfile.TemporaryDirectory(prefix="runner-", ignore_cleanup_errors=True) as folder:
        temp = Path(folder)
        mounts = {
            temp / "runner_temp": "/github/runner_temp",
            temp / "home": "/github/home",
            temp / "workflow": "/github/workflow",
            temp / "file_commands": "/github/file_commands",
            workspace: "/github/workspace",
        }
        for path in mounts:
            path.mkdir(exist_ok=True)
        (temp / "workflow" / "event.json").write_text(json.dumps(event or {}), encoding="utf-8")
        files = {
            f"GITHUB_{name}": temp / "file_commands" / f"{name.lower()}_{uuid.uuid4()}"
            for name in ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH", "STATE")
        }
        for path in files.values():
            path.touch()
        for path in (temp, workspace):
            _give_away(path)

        environment = {
            "HOME": "/github/home",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": "/github/workspace",
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "RUNNER_TEMP": "/github/runner_temp",
            "RUNNER_OS": "Linux",
            **{name: f"/github/file_commands/{path.name}" for name, path in files.items()},
            **{"INPUT_" + name.upper().replace(" ", "_"): value for name, value in (inputs or {}).items()},
            **(env or {}),
        }
        # The runner names the variables and leaves their values to the client's environment. So do we, but for the
        # one that the client itself reads.
        named = [name if name != "HOME" else f"HOME={environment['HOME']}" for name in environment]
        finished = image.engine.docker(
            "run", "--rm", "--network", "host", "--workdir", "/github/workspace",
            *(part for name in named for part in ("-e", name)),
            *(part for path, target in mounts.items() for part in ("-v", f"{path}:{target}")),
            *options, image.name, *arguments,
            environment={name: value for name, value in environment.items() if name != "HOME"},
        )  # fmt: skip
        return ActionRun(
            exit_code=finished.returncode,
            stdout=finished.stdout,
            stderr=finished.stderr,
            output=files["GITHUB_OUTPUT"].read_text(encoding="utf-8"),
            summary=files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"),
        )


def _give_away(path: Path) -> None:
    """Makes everything under `path` another user's, as on a runner, where this process's user may do that."""
    if os.geteuid() != 0:
        return
    for item in (path, *path.rglob("*")):
        os.chown(item, OTHER_UID, OTHER_UID, follow_symlinks=False)
