"""One engine and one image for all the tests of the container."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.container.engine import Image, Unavailable, built_image, running_engine


@pytest.fixture(scope="session")
def image() -> Iterator[Image]:
    """The Action's image, built from the checked-out revision; without an engine the tests are skipped, loudly."""
    try:
        with running_engine() as engine:
            yield built_image(engine)
    except Unavailable as reason:
        pytest.skip(f"THE IMAGE WAS NOT TESTED: {reason}")
