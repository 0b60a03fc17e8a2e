"""latency.*: hops over many events, held against what they may take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from smokestack.alerting import AlertLife, Notification
from smokestack.judge import latency, waterfalls
from smokestack.judge.alert_way import Lived, of_alerts
from smokestack.judge.counters import ScrapeWindow
from smokestack.judge.error_way import lost
from smokestack.judge.spread import Hop, late_hops, of_buckets, quantile, visible_after
from smokestack.judge.waterfalls import Scraped
from smokestack.results import Judgement, Verdict, Waterfall
from smokestack.samples import Buckets, Sighting
from smokestack.system.latency import Waits
from smokestack.timings import Timings
from tests.unit.judged import ALERT, AT, SYSTEM, WAITED, ledger, line, request, sample

WAITS = Timings(0.25, 0.25, 0.25, 0.05, 0.01, 0.04, 0.0, 0.25, 2.5, 0.05)
ARRIVED = latency.arrival("logs", WAITED, 0.1, None)
STEPPED = "the clock of this machine was set forward by 3.20 s during the run"


def way(*hops: Hop, signal: str = "logs", events: int = 30) -> Waterfall:
    """A waterfall of these hops."""
    return Waterfall(signal, "lines", events, tuple(hop.times() for hop in hops))


def read(*took: float) -> Hop:
    """The shipper's hop, which may take no time by configuration."""
    return Hop("shipper reads", "shipper", took, 0.0)


def judged(waterfall: Waterfall, busy: str | None = None, stepped: str | None = None) -> Judgement:
    """A judgement on a signal that arrived in time."""
    return latency.on_its_way(ARRIVED, waterfall, busy, stepped)


def test_quantiles_are_values_that_were_seen() -> None:
    """By nearest rank: of 20 values the 19th is the 95th percentile."""
    values = [float(n) for n in range(1, 21)]
    assert [quantile(values, share) for share in (0.5, 0.95, 1.0)] == [10.0, 19.0, 20.0]
    assert quantile([7.0], 0.5) == 7.0


def test_a_hop_in_time_is_met_with_its_figures() -> None:
    """Summary, evidence, measurements and the waterfall itself have them."""
    found = judged(way(read(*[0.1] * 28, 0.5, 0.7)))
    assert found.verdict is Verdict.MET
    assert found.summary.endswith("95%: shipper reads 0.50 s")
    assert {m.name: (m.figure, m.budget) for m in found.measurements if "reads" in m.name} == {
        "latency.logs.shipper reads.p50": (0.1, None),
        "latency.logs.shipper reads.p95": (0.5, 2.0),
        "latency.logs.shipper reads.max": (0.7, 5.0),
    }
    assert "50% 0.100 s, 95% 0.500 s, all 0.700 s of 30 (shipper)" in found.evidence[-1].observed
    assert found.waterfall is not None


@pytest.mark.parametrize(
    ("took", "says"),
    [
        ([0.1] * 28 + [2.1, 2.2], "took up to 2.10 s for 95% of 30, allowed 2.00 s"),
        ([0.1] * 29 + [5.1], "took up to 5.10 s, allowed 5.00 s"),
    ],
)
def test_a_late_hop_is_missed_by_name(took: list[float], says: str) -> None:
    """95% have a smaller margin than a single event."""
    found = judged(way(read(*took)))
    assert found.verdict is Verdict.MISSED
    assert found.summary == f"logs: shipper reads {says}"
    assert found.findings[0].lost_at == "shipper reads"
    assert found.waterfall is not None


def test_of_few_events_each_has_the_margin_of_one() -> None:
    """The 95th percentile of five is the largest."""
    assert judged(way(read(*[0.1] * 4, 4.9), events=5)).verdict is Verdict.MET
    assert judged(way(read(*[0.1] * 4, 5.1), events=5)).verdict is Verdict.MISSED


def test_what_is_late_on_a_busy_machine_is_unmeasured() -> None:
    """And what is in time is met there too."""
    late = judged(way(read(*[3.0] * 30)), busy="3 of 9 scrapes failed")
    assert late.verdict is Verdict.UNMEASURED
    assert late.summary.startswith("timing cannot be told: 3 of 9 scrapes failed; logs: shipper")
    assert judged(way(read(*[0.1] * 30)), busy="3 of 9 scrapes failed").verdict is Verdict.MET


@pytest.mark.parametrize("took", [0.1, 9.0])
def test_after_a_step_of_the_clock_nothing_is_told(took: float) -> None:
    """Neither late nor in time: the words say why."""
    found = judged(way(read(*[took] * 30)), stepped=STEPPED)
    assert (found.verdict, found.summary) == (Verdict.UNMEASURED, STEPPED)
    errors = latency.of_errors(way(read(*[took] * 30)), (), (), None, STEPPED)
    assert (errors.verdict, errors.summary) == (Verdict.UNMEASURED, STEPPED)


def test_without_an_event_nothing_is_met() -> None:
    """Empty is not in time."""
    nothing = way(read(), events=0)
    assert judged(nothing).verdict is Verdict.UNMEASURED
    assert latency.of_errors(nothing, (), (), None, None).verdict is Verdict.UNMEASURED


def test_what_never_arrived_is_missed_whatever_the_others_took() -> None:
    """The hops of those that came are told beside it."""
    never = latency.arrival("logs", replace(WAITED, met=False), 0.1, None)
    found = latency.on_its_way(never, way(read(*[0.1] * 30)), None, None)
    assert found.verdict is Verdict.MISSED
    assert found.summary.startswith("logs not complete after")
    assert found.waterfall is not None


def test_each_event_was_visible_at_the_first_look_that_showed_as_many() -> None:
    """Those that no look showed are not timed."""
    looks = [Sighting(1.5, 1), Sighting(2.0, 1), Sighting(3.5, 3)]
    assert visible_after([1.0, 3.0, 2.0, 4.0], looks) == (0.5, 1.5, 0.5)
    assert visible_after([1.0], []) == ()


def test_a_histogram_tells_bounds() -> None:
    """Beyond the last finite bound nothing is told; without one, that is said."""
    buckets = Buckets("loki", ((0.005, 13.0), (0.01, 19.0), (float("inf"), 20.0)))
    told = of_buckets("ingest", buckets, "queryable", "Loki did not tell")
    assert (told.p50_s, told.p95_s, told.max_s, told.events) == (0.005, 0.01, None, 20)
    assert of_buckets("ingest", None, "queryable", "Loki did not tell").untold == (
        "Loki did not tell"
    )


def test_a_request_waits_for_the_first_scrape_that_counted_it() -> None:
    """In the order in which requests ended; the scrape's own duration is apart."""
    requests = ledger(*(request(n, "/health") for n in (1, 2, 3)))  # end at AT + n + 0.5
    labels = {"method": "GET", "route": "/health", "status": "200"}
    counts = {AT: 5.0, AT + 2: 6.0, AT + 4: 8.0}
    samples = [sample("requests_total", value, at, **labels) for at, value in counts.items()]
    samples += [sample("scrape_duration_seconds", 0.01, at) for at in counts]
    window = ScrapeWindow("front", "front:1", AT, AT + 4, 0, 3)
    seen = Scraped(samples, [window], {("front", "front:1"): AT + 4.06})
    found = waterfalls.of_metrics(SYSTEM, requests, seen, WAITS)
    scrape, answer, queryable = found.hops
    assert (found.events, scrape.p50_s, scrape.max_s) == (3, 0.5, 1.5)
    assert (answer.max_s, answer.waits_s) == (0.01, 0.25)
    assert queryable.max_s == pytest.approx(0.05)


def test_what_no_scrape_counted_is_not_timed() -> None:
    """A lost request is another check's; so is a target that was never scraped."""
    requests = ledger(request(1, "/health"))
    closed = ScrapeWindow("front", "front:1", AT, AT + 4, 0, 3)
    for windows in ([closed], [replace(closed, opened_at=None)], []):
        found = waterfalls.of_metrics(SYSTEM, requests, Scraped([], windows, {}), WAITS)
        assert (found.events, [hop.events for hop in found.hops]) == (0, [0, 0, 0])


def test_a_line_goes_from_its_own_time_to_the_shipper_to_a_look() -> None:
    """The shipper's time is structured metadata, in nanoseconds."""
    plain = line(request(1))
    observed = replace(
        plain, labels={**plain.labels, "observed_timestamp": f"{(plain.at + 0.1) * 1e9:.0f}"}
    )
    looks = [Sighting(plain.at + 0.4, 1)]
    reads, queryable, batch, ingest = waterfalls.of_lines(
        "logs", [observed], looks, WAITS, None
    ).hops
    assert reads.max_s == pytest.approx(0.1, abs=1e-3)
    assert queryable.max_s == pytest.approx(0.3, abs=1e-3)
    assert (batch.events, ingest.events) == (0, 0)
    assert "counts its batches" in (batch.untold or "")


def test_a_shipper_that_does_not_say_when_it_read_leaves_that_untold() -> None:
    """The hop after it is then counted from the line's own time, and may take both waits."""
    plain = line(request(1))
    looks = [Sighting(plain.at + 0.4, 1)]
    reads, queryable, *_ = waterfalls.of_lines("logs", [plain], looks, WAITS, None).hops
    assert "does not say when it read" in (reads.untold or "")
    assert queryable.max_s == pytest.approx(0.4)
    assert queryable.waits_s == pytest.approx(WAITS.batch_s + WAITS.log_poll_s)


def test_waits_are_those_configured_but_no_longer_than_promised() -> None:
    """Promises are divided as the stack runs; scrape intervals are promised elsewhere."""
    configured = replace(WAITS, scrape_s=10.0, batch_s=5.0, group_wait_s=0.1)
    system = SYSTEM.model_copy(update={"latency": Waits(batch="1s", group_wait="30s")})  # type: ignore[arg-type]
    found = waterfalls.promised(configured, system, 100.0)
    assert (found.scrape_s, found.batch_s, found.group_wait_s) == (0.3, 0.01, 0.1)
    assert waterfalls.promised(configured, SYSTEM, 100.0).batch_s == 5.0


def note(at: float, status: str) -> Notification:
    """A delivery about the alert."""
    rest: Any = {"labels": {}, "annotations": {}, "group": {}}
    return Notification(
        at=at, path="/critical", receiver="critical", status=status, name="Errors",
        starts_at="then", fingerprint="f", **rest,
    )  # fmt: skip


LIFE = AlertLife(
    name="Errors", hold_at=0, full_at=3, drive_at=4, recover_at=8, ended_at=12,
    held=0.04, driven=0.06, states=(), pending_at=5, firing_at=7.6, inactive_at=9,
    notifications=(note(7.8, "firing"), note(10, "resolved")),
    active_at=4.9, fired_at=7.4, handed_at=7.45,
)  # fmt: skip


def lives(life: AlertLife, busy: str | None = None) -> Judgement:
    """A judgement on one life, and the parts that led to it."""
    found, late, untold = of_alerts([Lived(ALERT, life, 120.0)], WAITS, None)
    return latency.of_lives(found, late, untold, busy, None)


def test_an_alert_is_timed_by_the_servers_own_times() -> None:
    """From its cause to its end being told."""
    found = lives(LIFE)
    assert found.verdict is Verdict.MET
    assert found.summary == (
        "1 alert; at most: its expression is true 0.90 s, for 2.50 s, handed on 0.05 s, "
        "group wait and delivery 0.35 s, it ends 1.00 s, end is told 1.00 s"
    )


def test_an_alert_that_is_told_too_late_is_missed_by_its_name() -> None:
    """`group_wait` as promised, and 5 s; once, not once a rule and once for all."""
    late = replace(LIFE, notifications=(note(13.0, "firing"), note(14.0, "resolved")))
    found = lives(late)
    assert found.verdict is Verdict.MISSED
    assert [f.detail for f in found.findings] == [
        "alerts: Errors: group wait and delivery took 5.55 s, allowed 5.25 s"
    ]
    assert lives(late, busy="busy").verdict is Verdict.UNMEASURED


def test_an_alert_of_which_a_hop_is_not_told_is_unmeasured() -> None:
    """Another check says why it did not happen."""
    never = replace(LIFE, active_at=None, fired_at=None, handed_at=None, inactive_at=None)
    for life in (replace(LIFE, handed_at=None), never):
        assert lives(life).verdict is Verdict.UNMEASURED
        assert lives(life).summary.startswith("no time of Errors: ")
        busy = lives(life, busy="the load fell short")
        assert busy.summary.startswith("timing cannot be told: the load fell short; no time of")
    found = lives(replace(LIFE, handed_at=None))
    assert "Errors: handed on, Errors: group wait and delivery" in found.summary


def test_lines_and_traces_of_errors_that_did_not_come_are_missed() -> None:
    """Each with how many; then the hops of the others do not matter."""
    findings, evidence = lost(9, 10, 5, ["a", "b"], "query")
    found = latency.of_errors(
        way(read(*[0.1] * 30), signal="errors"), findings, evidence, None, None
    )
    assert found.verdict is Verdict.MISSED
    assert [f.detail for f in found.findings] == [
        "errors: 9 of 10 lines of failed requests came",
        "errors: 3 of 5 traces of failed requests came; lacking a, b",
    ]
    assert lost(10, 10, 5, [], "query")[0] == ()
    assert list(late_hops(way(read(*[0.1] * 30)))) == []
