"""What is seen of arms: one application that runs side by side with more and less telemetry.

All times are seconds of one request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

OFF, AGAIN = "off", "off again"
"""The two arms without telemetry: between them nothing is to be found but noise."""

Statistic = Literal["mean", "p50", "p95", "cpu"]
STATISTICS: tuple[Statistic, ...] = ("mean", "p50", "p95", "cpu")

Seen = Mapping[str, bool | None]
"""Signal -> whether an arm gives it; None where that cannot be seen from here."""


@dataclass(frozen=True)
class Turn:
    """One arm's turn on one route: so many requests, one after another. `cpu` is the CPU time of
    its processes; None where they are not ours.
    """

    mean: float
    p50: float
    p95: float
    cpu: float | None

    def __getitem__(self, statistic: Statistic) -> float | None:
        figure: float | None = getattr(self, statistic)
        return figure


Round = Mapping[tuple[str, str], Turn]
"""(arm, route) -> its turn, in one round."""


@dataclass(frozen=True)
class Compared:
    """Everything that was seen of the arms. `looks` are the numbers of rounds after which it was
    looked whether they decide; `broken` says of an arm why it cannot be compared, `seen` what it
    gives. `requests` are those of one turn, `short` why this machine had too little CPU
    time meanwhile for times to be told.
    """

    rounds: tuple[Round, ...] = ()
    looks: tuple[int, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, Seen] = field(default_factory=dict)
    requests: int = 0
    spent_s: float = 0.0
    allowed_s: float = 0.0
    pinned: str = ""
    short: str | None = None
