"""latency.*: how long each signal took from the last response to visible."""

from __future__ import annotations

from dataclasses import replace

from smokestack.judge.conclude import conclude, unmeasured
from smokestack.results import Evidence, Finding, Judgement, Measurement
from smokestack.wait import Waited


def arrival(signal: str, waited: Waited[object], since_s: float, busy: str | None) -> Judgement:
    """Whether the wait for a signal ended in time. `since_s` is how long after the last response
    the wait began, in seconds; `busy` is why timing cannot be told on this machine, if so.
    """
    took = waited.took_s + since_s
    timeline = "; ".join(f"{poll.at_s + since_s:.2f} s: {poll.seen}" for poll in waited.polls[-8:])
    evidence = (Evidence("timeline", signal, timeline, f"within {waited.allowed_s:.1f} s"),)
    if waited.error is not None:
        return unmeasured(waited.error, evidence)
    in_time = waited.met and took <= waited.allowed_s
    last = waited.polls[-1].seen if waited.polls else "nothing"
    late = Finding(f"{signal} not complete after {took:.1f} s; last seen: {last}")
    if busy and not in_time:
        return unmeasured(f"timing cannot be told: {busy}; {late.detail}", evidence)
    return conclude(
        f"{signal} visible {took:.2f} s after the last response",
        () if in_time else (late,),
        evidence,
        waited=replace(waited, took_s=took),
        measurements=[Measurement(f"latency.{signal}", round(took, 3), "s", waited.allowed_s)],
    )
