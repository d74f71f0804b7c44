"""What holds for every test: its properties, its environment, its reach."""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

# `ci` tries the same examples in every run, so a failure is the change's own. `thorough` looks for new ones.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("ci"), derandomize=False, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# The suite gives the same results inside a workflow run, on a terminal with preferences, and under a personal
# git configuration.
for _name in list(os.environ):
    if _name.startswith(("GITHUB_", "INPUT_", "ACTIONS_", "RUNNER_", "GIT_")):
        del os.environ[_name]
for _name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"):
    os.environ.pop(_name, None)
# What tests write is read once: where there is memory for it, it never comes to a disk.
MEMORY = "/dev/shm"
if "TMPDIR" not in os.environ and Path(MEMORY).is_dir():
    _there = os.statvfs(MEMORY)
    if _there.f_bavail * _there.f_frsize >= 1 << 30 and not _there.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = tempfile.tempdir = MEMORY
# A run keeps nothing for the next one, nor in the home of who runs it.
_cache = tempfile.TemporaryDirectory(prefix="dify-plugin-review-")
os.environ["XDG_CACHE_HOME"] = _cache.name
os.environ.update(
    GIT_CONFIG_GLOBAL=os.devnull,
    GIT_CONFIG_NOSYSTEM="1",
    GIT_AUTHOR_NAME="Test",
    GIT_AUTHOR_EMAIL="test@example.invalid",
    GIT_COMMITTER_NAME="Test",
    GIT_COMMITTER_EMAIL="test@example.invalid",
)


# What is imported and collected lives as long as the process, and the collector would look through all of it.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on the collector runs, but not over what is there by now."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 20)
