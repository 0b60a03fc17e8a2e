"""An SLO as it is judged: what its file promises and counts, and what the client must see of it.

The client's side is in system.yaml and not worked out from the queries of the file: a query that
counts the wrong thing would else be wrong on both sides, and agree with itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import pydantic

from smokestack.system.openslo import OpenSlo
from smokestack.system.units import Seconds, Section

Fault = tuple[tuple[str | int, ...], str]
"""Where in an SLO's file, and what is wrong there."""

MILLISECONDS = 1000
_RATIO = ("spec", "indicator", "spec", "ratioMetric")


class SloSeenByClient(Section):
    """What of the ledger an SLO is about. Good is an answer below 500; with `within`, any answer
    in that time. `distance` is how much longer a request may take for the client than for the
    server. Requests to `except` are left out.
    """

    file: str
    left_out: tuple[str, ...] = pydantic.Field((), alias="except")
    within: Seconds | None = None
    distance: Seconds | None = None

    @pydantic.model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.within is None) != (self.distance is None):
            raise ValueError("`within` and `distance` go together: an SLO on latency has both")
        return self


@dataclass(frozen=True)
class Slo:
    """One SLO: its file, and the client's side."""

    document: OpenSlo
    client: SloSeenByClient

    @property
    def name(self) -> str:
        """Its name, by which its checks are told apart."""
        return self.document.name


def fault(slo: OpenSlo, client: SloSeenByClient, entry: str) -> Fault | None:
    """What does not go together in an SLO and its client's side, if anything does not.

    `entry` is the one service whose answers the client sees.
    """
    if slo.spec.service != entry:
        why = f"the client sees the answers of {entry} only, not of {slo.spec.service}"
        return ("spec", "service"), f"spec.service: {why}"
    bounds = [metric.query.bucket for metric in (slo.ratio.good, slo.ratio.bad) if metric]
    where = (*_RATIO, "bad" if slo.ratio.bad else "good", "metricSource", "spec", "query")
    if client.within is None:
        return None
    if slo.ratio.bad:
        return where, "an SLO on latency counts the good: no bucket has those that took longer"
    if bounds[0] not in (client.within, client.within * MILLISECONDS):
        asked = f"system.yaml asks for answers within {client.within:g} s"
        seen = "no bucket (`le`)" if bounds[0] is None else f'le="{bounds[0]:g}"'
        return where, f"{asked}, and this counts {seen}"
    return None
