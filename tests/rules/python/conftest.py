from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rules.python.oracle import Sdk


@pytest.fixture(scope="session")
def sdk_process() -> Iterator[Sdk]:
    sdk = Sdk()
    yield sdk
    sdk.close()
