"""By what each alert is proven: the verdicts of its checks, put side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from smokestack.results import CheckResult, Verdict, worst
from smokestack.system import Alert

LIVED = "lived through"
SIMULATED = "met, simulated"
"""What the alert saw was a gauge that showed what it was told."""
PROOFS: Mapping[str, tuple[str, ...]] = {
    "true time": ("alerts.true-time",),
    LIVED: (
        "alerts.held-below",
        "alerts.fires",
        "alerts.alertmanager",
        "alerts.delivered",
        "alerts.content",
        "alerts.resolved",
        "alerts.hop-times",
    ),
    "alive": ("alerts.alive",),
}
"""Each kind of proof, and the checks that it takes."""


def matrix(
    alerts: Iterable[Alert], checks: Iterable[CheckResult]
) -> Mapping[str, Mapping[str, str]]:
    """Alert -> kind of proof -> its verdict, or why there is none. Alerts of which nothing was
    asked are left out.
    """
    of: dict[tuple[str, str], CheckResult] = {(c.subject, c.id): c for c in checks}
    rows = {
        alert.alert: {
            kind: _cell(
                alert, kind, [of[alert.alert, one] for one in ids if (alert.alert, one) in of]
            )
            for kind, ids in PROOFS.items()
        }
        for alert in alerts
    }
    asked = {subject for subject, _ in of}
    return {name: row for name, row in rows.items() if name in asked}


def _cell(alert: Alert, kind: str, found: list[CheckResult]) -> str:
    verdict = _verdict(found)
    if kind != LIVED:
        return verdict
    if alert.lived_through and alert.lived_through.simulated and verdict == Verdict.MET.value:
        return SIMULATED
    return verdict or alert.not_lived or ""


def _verdict(found: list[CheckResult]) -> str:
    """The worst verdict; of what was skipped, the reason."""
    if not found:
        return ""
    verdict = worst(check.verdict for check in found)
    return found[0].judgement.summary if verdict is Verdict.SKIPPED else verdict.value
