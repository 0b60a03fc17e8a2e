"""Alert rules for an SLO: several windows, several burn rates, as Google's SRE workbook has them.

(The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".) A page where 2%
of the budget went in an hour or 5% in six, a ticket where 10% went in a day or in three. For a
time window of 30 days these are the burn rates 14.4, 6, 3 and 1. Each is asked over a long window,
which says that it matters, and over a twelfth of it, which says that it still goes on.

Pure: an SLO in, a rule file out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from smokestack import yaml_file
from smokestack.system.openslo import OpenSlo

INTERVAL = "30s"
"""How often the rules are evaluated."""

RECORDED = "slo:errors_per_request:ratio_rate"
"""The recorded share of bad events, but for its window."""

SHORTEST_S = 28 * 86400
"""Four weeks: of a shorter time window three days are too large a share for these rates."""

_HOURS = {"5m": 1 / 12, "30m": 0.5, "1h": 1, "2h": 2, "6h": 6, "1d": 24, "3d": 72}
WINDOWS = tuple(_HOURS)
"""Every window that is recorded, shortest first."""


@dataclass(frozen=True)
class Burn:
    """A share of the budget, spent within the long window; the short one is a twelfth of it."""

    spent: Decimal
    long: str
    short: str

    def rate(self, window_s: int) -> Decimal:
        """How many times as fast as the objective allows that is."""
        rate = self.spent * window_s / 3600 / Decimal(_HOURS[self.long])
        return rate.quantize(Decimal("0.001")).normalize()


PAGE = (Burn(Decimal("0.02"), "1h", "5m"), Burn(Decimal("0.05"), "6h", "30m"))
TICKET = (Burn(Decimal("0.10"), "1d", "2h"), Burn(Decimal("0.10"), "3d", "6h"))

Severity = Literal["page", "ticket"]
BURNS: Mapping[Severity, tuple[Burn, ...]] = {"page": PAGE, "ticket": TICKET}
_URGENCY = {"page": "fast", "ticket": "slowly"}


def alert_name(slo: OpenSlo, severity: Severity) -> str:
    """The name of an SLO's alert, such as `GatewayAvailabilityBurnPage`."""
    return "".join(part.capitalize() for part in slo.name.split("-")) + f"Burn{severity.title()}"


def rule_file(slo: OpenSlo) -> str:
    """The rule file of an SLO, as text.

    Raises ValueError where its time window is too short for these rules.
    """
    if slo.window_s < SHORTEST_S:
        raise ValueError("rules need a time window of 28 days or more: they look back three days")
    labels = {"slo": slo.name, "service": slo.spec.service}
    recording = [
        {"record": f"{RECORDED}{window}", "expr": errors(slo, window), "labels": labels}
        for window in WINDOWS
    ]
    alerts = [_alert(slo, severity) for severity in BURNS]
    group = {"name": f"slo-{slo.name}", "interval": INTERVAL, "rules": [*recording, *alerts]}
    return (
        f"# Made from the SLO {slo.name} by `smokestack slo rules`; not to be edited.\n"
        + yaml_file.dump({"groups": [group]})
    )


def errors(slo: OpenSlo, window: str) -> str:
    """The share of bad events over a window.

    A numerator that has no series yet is 0: without that, a service that never gave a good answer
    would have no share at all, and alert nobody.
    """
    numerator = (slo.ratio.bad or slo.ratio.good or slo.ratio.total).query
    total = slo.ratio.total.query
    share = f"({numerator.rate(window)} or vector(0))\n/ {total.rate(window)}\n"
    return share if slo.ratio.bad else f"1 - {share}"


def _alert(slo: OpenSlo, severity: Severity) -> dict[str, Any]:
    return {
        "alert": alert_name(slo, severity),
        "expr": "\nor\n".join(_conditions(slo, severity)) + "\n",
        "labels": {"severity": severity, **slo.metadata.labels},
        "annotations": {
            "summary": f"{slo.name} spends its error budget {_URGENCY[severity]}",
            "description": (
                f"{{{{ $value | humanizePercentage }}}} of what {slo.spec.service} did was bad, "
                f"where {slo.name} allows {_plain(slo.budget * 100)}%"
            ),
        },
    }


def _conditions(slo: OpenSlo, severity: Severity) -> Iterator[str]:
    budget = _plain(slo.budget)
    for burn in BURNS[severity]:
        limit = f"({_plain(burn.rate(slo.window_s))} * {budget})"
        parts = [
            f'{RECORDED}{window}{{slo="{slo.name}"}} > {limit}'
            for window in (burn.long, burn.short)
        ]
        yield f"(\n  {parts[0]}\n  and\n  {parts[1]}\n)"


def _plain(number: Decimal) -> str:
    """A number without exponent and without zeros at its end."""
    return f"{number.normalize():f}"
