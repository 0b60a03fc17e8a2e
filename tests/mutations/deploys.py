"""Deploys of the sample application to a stack that runs, and which checks turn red after each.

The stack plays staging: its servers are started once, visitors of another process come and go, and
a deploy stops both services and starts them anew. The suite asks from outside, with `--since`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.mutations.mutation import checks

SUITES = ("deploy",)
WINDOW_S = 9


@dataclass(frozen=True)
class Deployed:
    """A deploy: which version then runs, and how it is worse than the one before.

    `aims` are the checks that it is there for: missed, and what each says stands in `says`.
    `either` may follow or not. All others must not be missed.
    """

    name: str
    version: str
    faults: Mapping[str, Any] = field(default_factory=dict)
    says: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    either: frozenset[str] = frozenset()
    restarts: bool = True

    @property
    def aims(self) -> frozenset[str]:
        """The checks that must be missed."""
        return frozenset(self.says)

    @property
    def expected(self) -> dict[str, str]:
        """The verdict of every check that is to be red."""
        return dict.fromkeys(self.aims, "missed")

    @property
    def suites(self) -> tuple[str, ...]:
        """What is run after it."""
        return SUITES


SAME = Deployed("the same again", "2")
WORSE = Deployed(
    "2% errors, 50 ms slower, a metric gone",
    "3",
    {"error_rate": 0.02, "latency_ms": 50, "gone": ["queue_depth"]},
    {
        "deploy.error-rate": ("gateway",),
        "deploy.latency": ("gateway GET /api/v1/ping longer than ", "p50 was"),
        "deploy.log-errors": ("gateway: ",),
        "deploy.new-errors": ("InjectedError",),
        "deploy.series": ("gateway: queue_depth vanished",),
    },
)
FAILING = Deployed(
    "a switch is turned on: 12% errors",
    "3",
    {"error_rate": 0.12},
    {
        "deploy.error-rate": ("gateway",),
        "deploy.log-errors": ("gateway: ",),
        "deploy.alerts": ("HighErrorRate{", "began to fire"),
    },
    # The same error, on routes where it had not been met by then.
    either=checks("deploy.new-errors"),
    restarts=False,
)
MUTATIONS = (WORSE, FAILING)
