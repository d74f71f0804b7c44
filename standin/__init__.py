"""A stand-in for GitHub: a small server that keeps GitHub's rules, backed by a real git repository.

`make demo` and the tests publish to it instead of to GitHub. It answers the part of the REST and GraphQL APIs that a
review needs, holds requests to the rules that GitHub enforces (which lines can be commented on, how long a text may
be, what a token may do), and can be told to fail as GitHub fails.
"""

from __future__ import annotations

from standin.faults import Fault, Faults
from standin.server import Exchange, Request, StandIn
from standin.state import Limits, Pull

__all__ = ["Exchange", "Fault", "Faults", "Limits", "Pull", "Request", "StandIn"]
