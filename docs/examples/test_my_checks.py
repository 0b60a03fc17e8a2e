"""Checks of one's own: what the fixtures can do, on traffic whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from smokestack.alerting import AlertSeen
from smokestack.judge.conclude import conclude, unmeasured
from smokestack.judge.deadlines import Deadlines
from smokestack.load.outcome import Load
from smokestack.observe.alertmanager import Alertmanager
from smokestack.observe.loki import Loki
from smokestack.observe.prometheus import Prometheus
from smokestack.observe.traces import TraceStore
from smokestack.results import Evidence, Finding, Judgement
from smokestack.samples import Ledger


@pytest.mark.check("mine.backend-counted")
def test_backend_counted(
    load: Callable[..., Load],
    prometheus: Prometheus,
    deadlines: Deadlines,
    until: Callable[..., Any],
) -> Judgement:
    """Each order that was read at the gateway is counted by the backend too."""
    route = "/api/v1/orders/{order_id}"
    query = f'sum(http_requests_total{{service="backend",route="{route}"}})'
    before = prometheus.value(query) or 0.0
    ledger = load("mine", scenario="smoke").ledger
    sent = ledger.counts.get(("GET", route, 200), 0)

    def grown() -> float:
        return (prometheus.value(query) or 0.0) - before

    waited = until(grown, lambda seen: seen >= sent, within_s=deadlines.metrics_s)
    if waited.error:
        return unmeasured(waited.error)
    findings = []
    if waited.value != sent:
        findings.append(Finding(f"{sent} orders read, {waited.value:g} counted"))
    evidence = Evidence("counter", query, f"{waited.value:g}", str(sent), prometheus.repeat(query))
    return conclude(f"{sent} orders", findings, [evidence], exercised=sent, waited=waited)


@pytest.mark.check("mine.slowest-order-told")
def test_slowest_order_told(
    ledger: Ledger,
    loki: Loki,
    traces: TraceStore,
    deadlines: Deadlines,
    until: Callable[..., Any],
) -> Judgement:
    """The slowest order of the ledger can be looked into: it has its trace and its lines."""
    orders = [r for r in ledger.requests if r.route == "/api/v1/orders/{order_id}"]
    slowest = max(orders, key=lambda request: request.latency_s)
    query = f'{{service_name=~".+"}} |= `{slowest.trace_id}`'
    start, end = slowest.sent_at - 60, slowest.ended_at + 60

    trace = until(lambda: traces.by_id(slowest.trace_id), within_s=deadlines.traces_s)
    lines = until(lambda: loki.lines(query, start, end), within_s=deadlines.logs_s)
    findings = []
    for signal, waited in (("trace", trace), ("log line", lines)):
        if waited.error:
            return unmeasured(waited.error)
        if not waited.met:
            findings.append(Finding(f"no {signal} with trace id {slowest.trace_id}"))
    shown = f"{len(lines.value or ())} lines"
    repeat = loki.repeat_lines(query, start, end)
    took = f"{slowest.latency_s * 1000:.0f} ms"
    return conclude(
        f"the slowest order took {took}; it has {shown} and a trace",
        findings,
        [Evidence("lines", query, shown, "at least one", repeat)],
    )


@pytest.mark.check("mine.nobody-is-paged")
def test_nobody_is_paged(
    ledger: Ledger,
    alertmanager: Alertmanager,
    deadlines: Deadlines,
    holds_for: Callable[..., Any],
) -> Judgement:
    """Ordinary traffic wakes nobody: over a quiet window after it, no page is active."""

    def pages() -> list[AlertSeen]:
        seen = alertmanager.alerts()
        return [one for one in seen if one.labels.get("severity") in ("critical", "page")]

    quiet = holds_for(pages, lambda seen: not seen, for_s=deadlines.quiet_s)
    if quiet.error:
        return unmeasured(quiet.error)
    findings = [Finding(f"{alert.name} is {alert.state}") for alert in quiet.value or ()]
    repeat = alertmanager.repeat()
    evidence = Evidence("alerts", "/api/v2/alerts", str(len(findings)), "none", repeat)
    return conclude(
        f"no page for {quiet.took_s:.1f} s", findings, [evidence], exercised=len(ledger)
    )
