"""The two ways in which a run ends without a verdict.

Everything that is wrong with a *plugin* is a finding. These exceptions are for what is wrong with the
command line or the configuration (`UsageError`, exit code 2) and with the tool or its surroundings
(`ToolError`, exit code 3). Their text is one sentence that names the input and says what to do; it may
carry untrusted text, which is escaped where it is printed.
"""

from __future__ import annotations

from collections.abc import Iterable


class UsageError(Exception):
    """The command line, the environment or the configuration is wrong. Exit code 2.

    It may be raised with several sentences, one for each mistake: its text has a line for each.
    """

    def __str__(self) -> str:
        return "\n".join(str(sentence) for sentence in self.args)


class ToolError(Exception):
    """The tool itself, or a service it needs, failed. Exit code 3."""


def closest(written: str, known: Iterable[str]) -> str:
    """The known name that was most likely meant; "" if none is like what was written."""
    import difflib  # Most runs have nothing to guess.

    return next(iter(difflib.get_close_matches(written[:100], list(known), n=1)), "")
