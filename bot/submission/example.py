"""Submissions of a bundled example plugin, for the pages of rules and for tests."""

from __future__ import annotations

import re
from typing import Final

from bot.submission.submission import Submission

#: A text in which nothing is wrong, for the example plugin `tool`.
COMPLETE: Final = """\
## Plugin information

- **Author**: acme
- **Plugin name**: weather
- **Version**: 0.1.0
- **Source repository**: https://github.com/acme/weather
- **Contact**: crew@acme.example

## Submission type

- [x] New plugin
- [ ] Version update

## What changed

First release: one tool that shows the weather.

## Risk level

- [x] Low risk
- [ ] Medium risk
- [ ] High risk

## Security and privacy notes

It sends the name of the city to api.weather.example and keeps nothing.

## Local validation

Packaged with the command-line tool, installed in Dify 1.14.2, called from a workflow.
"""

#: The security notes in it.
NOTES: Final = "It sends the name of the city to api.weather.example and keeps nothing."

PACKAGE: Final = "acme/weather/weather-0.1.0.difypkg"


def submission(
    body: str,
    package: str = PACKAGE,
    *,
    changed: tuple[str, ...] | None = None,
    before: tuple[str, ...] = (),
    rivals: tuple[tuple[int, str], ...] = (),
) -> Submission:
    """A pull request that adds the example plugin as `package`."""
    return Submission(
        package, "Add Weather 0.1.0", body, changed=changed or (package,), before=before, rivals=rivals, number=1
    )


def without(section: str) -> str:
    """The complete text without one of its sections."""
    return re.sub(rf"^## {section}\n.*?(?=^## |\Z)", "", COMPLETE, flags=re.MULTILINE | re.DOTALL)
