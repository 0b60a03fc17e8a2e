"""Results for tests of reports: one in which every list has an entry, and a hostile one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from smokestack.judge.dashboards import PanelSeen, coverage
from smokestack.panels import PanelAnswer, PanelQuery, Place, Tally
from smokestack.report.run_json import as_data
from smokestack.report.stored import from_data
from smokestack.results import (
    Cause,
    CauseKind,
    Change,
    CheckResult,
    Evidence,
    Finding,
    HopTimes,
    Incompressible,
    Judgement,
    LeftOut,
    LoadInfo,
    Measurement,
    OverTime,
    RunResult,
    SeenOverTime,
    ServerInfo,
    StackInfo,
    Standin,
    StatusCounts,
    Timeline,
    Verdict,
    Waterfall,
)

NOWHERE = Path("run.json")
MARK = "got_in"
"""The name that every hostile text would set in the page, if it were more than text."""
HOSTILE = (
    f"<script>window.{MARK}=1</script>",
    f'" onmouseover="window.{MARK}=1" autofocus onfocus="window.{MARK}=1" x="',
    f"'><img src=x onerror=window.{MARK}=1><svg onload=window.{MARK}=1>",
    f"</style></script></title>--><script>window.{MARK}=1</script>",
    "\x1b[31mred\x1b[0m \x00\x07 \ufffe",
    f"javascript:window.{MARK}=1",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "שלום, זה ארוך \u202e drawkcab \u2066",
    "wide" * 5000,
)  # fmt: skip
KEPT = ("verdict", "schema")
"""Keys of run.json whose values are not free text."""


def everything() -> RunResult:
    """A result in which every list has an entry."""
    measured = Measurement("m", 1.0, "s", 2.0, (0.5, 1.5))
    judgement = Judgement(
        Verdict.MISSED,
        "s",
        (Finding("d", "hop"),),
        (Evidence("k", "q", "o", "e", "r"),),
        1.0,
        1.0,
        (measured,),
        polls=((0.1, "nothing yet"),),
        waterfall=Waterfall("logs", "lines", 1, (HopTimes("h", "loki"),)),
        cause=Cause(CauseKind.UNREACHABLE, "t", "loki"),
    )
    row = {"method": "GET", "route": "/", "status": 200, "count": 1}
    call = {"server": "s", "method": "GET", "path": "/", "status": 200, "count": 1, "seconds": 0.1}
    query = PanelQuery("d", Path("d.json"), 0, "p", place=Place(0, 0, 24, 8))
    over_time = OverTime(1.0, (StatusCounts(200, (1,)),))
    return RunResult(
        run_id="r",
        started_at=0.0,
        duration_s=1.0,
        system="reference",
        pace="fast",
        stack=StackInfo(
            "native",
            1.0,
            (ServerInfo("s", "1", 1.0),),
            (Change("w", "k", "a", "b"),),
            (Standin("a", "b", "c"),),
            (Incompressible("w", "k", "r"),),
            (LeftOut("s", "r"),),
        ),
        loads=(LoadInfo("l", "s", 0.0, 1.0, 1, None, 1.0, (row,), None, over_time),),
        checks=(CheckResult("a.b", "a", "", 1.0, judgement, "is it?", "suites/test_a.py", 7),),
        timelines=(Timeline("t", ((0.0, "x"),), ((0.1, "y"),), 0.0),),
        seen=(SeenOverTime("prometheus", 0.0, over_time), SeenOverTime("loki", 0.0, over_time)),
        calls=(call,),
        coverage=coverage(
            [
                PanelSeen(
                    "d", "p", (PanelAnswer(query, Tally(1, 2, 2, (((0.0, 1.0), (1.0, 2.0)),))),)
                )
            ]
        ),
    )


def checked(*checks: CheckResult, **more: Any) -> RunResult:
    """A run of these checks and nothing else but `more`."""
    return RunResult("r", 0.0, 1.0, "reference", "fast", checks=checks, **more)


def check(
    ident: str,
    verdict: Verdict = Verdict.MET,
    summary: str = "as expected",
    *,
    subject: str = "",
    measured: tuple[Measurement, ...] = (),
) -> CheckResult:
    """One check that says little."""
    judgement = Judgement(verdict, summary, measurements=measured)
    return CheckResult(ident, ident.partition(".")[0], subject, 0.1, judgement)


def rich() -> RunResult:
    """A run with something for each section of a report, every verdict, and an alert's life."""
    whole = everything()
    life = Timeline(
        "HighErrorRate",
        ((-0.5, "inactive"), (6.0, "pending"), (8.5, "firing"), (9.6, "inactive")),
        ((0.0, "held below the threshold"), (4.0, "driven over the threshold"),
         (8.8, "told firing at /critical"), (9.0, "let go"), (11.3, "told resolved at /critical")),
        10.0,
    )  # fmt: skip
    hops = [Measurement(f"alerts.HighErrorRate.{hop}", 1.5, "s", 8.0)
            for hop in ("pending", "firing", "delivered", "inactive", "resolved")]  # fmt: skip
    slo = [Measurement(f"slo.orders.{what}.{whose}", figure, unit)
           for what, figure, unit in (("sli", 0.999, "share"), ("burn_rate", 0.4, "times"),
                                      ("budget_spent", 0.02, "share"))
           for whose in ("client", "prometheus")]  # fmt: skip
    figures = (
        Measurement("latency.logs", 0.19, "s", 5.1),
        Measurement("overhead.tracing.p95", 0.21, "ms", 5.0, (0.18, 0.24)),
        Measurement("resources.loki.memory", 700, "MiB", 512),
        *hops,
        *slo,
    )
    return RunResult(
        run_id="20261121-212505-797134",
        started_at=0.0,
        duration_s=25.0,
        system="reference",
        pace="fast",
        stack=whole.stack,
        loads=whole.loads,
        checks=(
            *whole.checks,
            check("metrics.counter-delta", summary="360 of 360 copies counted"),
            check("logs.count", Verdict.UNMEASURED, "Loki cannot be asked"),
            check("overhead.tracing", measured=figures),
            check("alerts.fires", subject="HighErrorRate"),
            check("alerts.fires", Verdict.SKIPPED, "no container", subject="ServerRestarting"),
        ),
        timelines=(life,),
        seen=whole.seen,
        calls=whole.calls,
        matrix={"HighErrorRate": {"true time": "met", "lived through": "met, simulated"},
                "ServerRestarting": {"true time": "missed", "lived through": "no container"}},
        coverage=whole.coverage,
    )  # fmt: skip


def hostile() -> RunResult:
    """The rich result, every text of it replaced by one that wants to be more than text."""
    texts = cycle(HOSTILE)
    data = _spoilt(as_data(rich()), texts)
    data["matrix"] = {next(texts): {next(texts): next(texts)} for _ in range(len(HOSTILE))}
    for spoilt, real in zip(data["checks"], as_data(rich())["checks"], strict=True):
        if real["cause"]:
            spoilt["cause"]["kind"] = real["cause"]["kind"]
        for figure, was in zip(spoilt["measurements"], real["measurements"], strict=True):
            # The first part of its name decides which section has it.
            first, middle, rest = was["name"].partition(".")
            figure["name"] = first + middle + next(texts) + rest
    return from_data(data, NOWHERE)


def _spoilt(value: Any, texts: Iterator[str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _spoilt(one, texts, name) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_spoilt(one, texts) for one in value]
    free = isinstance(value, str) and key not in KEPT
    return next(texts) if free else value
