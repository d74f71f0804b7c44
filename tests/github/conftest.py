"""A repository on a stand-in that is held to GitHub's description, and a git repository to make histories in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.standin import Workspace, standin

__all__ = ["standin"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A git repository with a working tree."""
    return Workspace(tmp_path / "repository")
