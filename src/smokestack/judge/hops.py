"""alerts.hop-times: how long did each hop take, from the cause to the receiver and back?"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from smokestack.alerting import AlertLife
from smokestack.judge.conclude import conclude, unmeasured, untimed
from smokestack.judge.deadlines import Deadlines
from smokestack.results import Evidence, Finding, Judgement, Measurement
from smokestack.system import Alert

OUR_DOING = ("pending", "inactive")
"""Hops that our own load sets off: what came before that was caused by something else."""


def hop_times(
    alert: Alert, life: AlertLife, deadlines: Deadlines, factor: float, busy: str | None
) -> Judgement:
    """Each hop from the first failing request to the resolved notification was in time.

    `factor` is by how much this alert's durations are divided.
    """
    hops = list(hops_of(alert, life, deadlines, factor))
    evidence = [
        Evidence(
            "hop", hop, "did not happen" if took is None else f"{took:.2f} s", f"≤ {allowed:.1f} s"
        )
        for hop, took, allowed in hops
    ]
    absent = [hop for hop, took, _ in hops if took is None]
    if absent:
        return unmeasured(f"no time for {', '.join(absent)}: it did not happen", evidence)
    soon = list(_before_its_for(life, alert.for_s / factor))
    early = [hop for hop, took, _ in hops if took is not None and took < 0 and hop in OUR_DOING]
    if early and not soon:  # one that does not wait comes and goes while its window fills
        came = f"{', '.join(early)} came before what should cause it"
        return untimed(busy, came, evidence) if busy else unmeasured(came, evidence)
    late = [
        Finding(
            f"{hop} took {took:.1f} s, allowed {allowed:.1f} s"
            + (_wavered(life) if hop == "pending" else "")
        )
        for hop, took, allowed in hops
        if took is not None and took > allowed
    ]
    wrong = [*late, *soon]
    if wrong and busy:
        return untimed(busy, wrong[0].detail, evidence)
    shown = ", ".join(f"{hop} {took:.1f} s" for hop, took, _ in hops if took is not None)
    figures = [
        Measurement(f"alerts.{alert.alert}.{hop}", round(took, 3), "s", allowed)
        for hop, took, allowed in hops
        if took is not None
    ]
    return conclude(shown, wrong, evidence, measurements=figures)


def _wavered(life: AlertLife) -> str:
    """What is to be said where it became inactive while it was driven."""
    driven = [state for at, state in life.states if life.drive_at <= at <= (life.pending_at or 0)]
    if "pending" not in driven[:-1]:
        return ""
    return ": it was pending before, and inactive again while it was driven"


def _before_its_for(life: AlertLife, for_s: float) -> Iterable[Finding]:
    """Half of it at least must have passed, in seconds as they run: states are seen at polls."""
    if life.pending_at and life.firing_at and life.firing_at - life.pending_at < 0.5 * for_s:
        took = life.firing_at - life.pending_at
        yield Finding(f"fired after {took:.2f} s, before its `for`")


def hops_of(
    alert: Alert, life: AlertLife, deadlines: Deadlines, factor: float
) -> Iterable[tuple[str, float | None, float]]:
    """(hop, seconds it took or None, seconds allowed), in order."""
    firing, gone = life.delivered("firing"), life.delivered("resolved")
    marks = {
        "drive": life.drive_at,
        "pending": life.pending_at,
        "firing": life.firing_at,
        "delivered": firing.at if firing else None,
        "recover": life.recover_at,
        "inactive": life.inactive_at,
        "resolved": gone.at if gone else None,
    }
    window = alert.window / factor
    allowed = {
        "pending": deadlines.pending_s(window),
        "firing": deadlines.firing_s(alert.for_s / factor),
        "delivered": deadlines.delivered_s,
        "inactive": deadlines.pending_s(window),
        "resolved": deadlines.resolved_s,
    }
    for before, after in itertools.pairwise(marks):
        start, end = marks[before], marks[after]
        if after in allowed:
            took = None if start is None or end is None else end - start
            yield after, took, allowed[after]
