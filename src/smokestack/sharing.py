"""What of a stack that serves others, too, is ours alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shared:
    """A stack to whose application others send as well: its counters have their requests, too.

    `routes` are asked by nobody else; series with `labels` count nobody else's requests, such as
    those of a tenant that is ours. There counters are exact. Elsewhere they have grown by what we
    sent, or by more.
    """

    routes: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)

    def has(self, route: str) -> bool:
        """Whether nobody else asks a route."""
        return route in self.routes

    def tells(self, series: Collection[Mapping[str, str]]) -> bool:
        """Whether a metric tells our requests from others': one of its series has our labels'
        names. One that was never counted under our value has them under another's.
        """
        return bool(self.labels) and any(self.labels.keys() <= one.keys() for one in series)

    def ours(self, labels: Mapping[str, str]) -> bool:
        """Whether a series is ours alone by its labels."""
        return all(labels.get(name) == value for name, value in self.labels.items())
