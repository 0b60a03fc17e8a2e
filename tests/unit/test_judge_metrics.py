"""metrics.*: what was seen decides; what was not seen is never met."""

from __future__ import annotations

from smokestack.judge import metrics
from smokestack.judge.counters import Deltas, ScrapeWindow
from smokestack.results import CauseKind, Verdict
from smokestack.samples import Ledger, Series
from tests.unit.judged import (
    AT,
    EVIDENCE,
    SYSTEM,
    WAITED,
    exemplar,
    ledger,
    request,
    traces,
)

WINDOWS = [
    ScrapeWindow("front", "front:1", AT, AT + 4, 0, 5),
    ScrapeWindow("back", "back:2", AT, AT + 4, 0, 5),
]
ONE = request(1)
TYPES = {"requests": "counter", "duration_seconds": "histogram"}
PRESENT = {"requests_total", "duration_seconds_count"}


def counted(name: str, **by_service: float) -> Deltas:
    """Differences of GET /both 200, by service."""
    return Deltas(
        {
            (
                name,
                frozenset(
                    {"service": s, "method": "GET", "route": "/both", "status": "200"}.items()
                ),
            ): v
            for s, v in by_service.items()
        },
        (),
    )


def both(counter: float, histogram: float) -> Deltas:
    """Counter and histogram of both services."""
    first = counted("requests_total", front=counter, back=counter)
    second = counted("duration_seconds_count", front=histogram, back=histogram)
    return Deltas({**first.by_labels, **second.by_labels}, ())


def delta_verdict(
    sent: Ledger, difference: Deltas, windows: list[ScrapeWindow] = WINDOWS
) -> Verdict:
    """The verdict on the counter."""
    return metrics.counter_delta(SYSTEM, sent, windows, difference, (), WAITED, EVIDENCE).verdict


def test_counters_that_equal_the_ledger_are_met() -> None:
    """One request through both services is one in each."""
    assert delta_verdict(ledger(ONE), both(1, 1)) is Verdict.MET


def test_lost_and_doubled_counts_are_missed() -> None:
    """Too few and too many are both wrong."""
    assert delta_verdict(ledger(ONE), both(0, 0)) is Verdict.MISSED
    assert delta_verdict(ledger(ONE), both(2, 2)) is Verdict.MISSED


FAILED = request(3, "/error", status=500)
STRICT = SYSTEM.model_copy(
    update={
        "metrics": SYSTEM.metrics.model_copy(
            update={"errors": "errors_total", "more_durations": ("duration_ms",)}
        )
    }
)


def of_error(**by_name: float) -> Deltas:
    """Differences of POST /error 500 at the front, by metric."""
    labels = {"service": "front", "method": "POST", "route": "/error", "status": "500"}
    return Deltas({(name, frozenset(labels.items())): v for name, v in by_name.items()}, ())


def test_the_error_counter_has_each_request_that_failed_and_no_other() -> None:
    """It is held against the ledger as the request counter is."""

    def judged(sent: Ledger, difference: Deltas) -> tuple[Verdict, str]:
        judgement = metrics.counter_delta(STRICT, sent, WINDOWS, difference, (), WAITED, EVIDENCE)
        return judgement.verdict, judgement.summary

    failed = ledger(FAILED)
    verdict, summary = judged(failed, of_error(requests_total=1, errors_total=1))
    assert (verdict, summary) == (Verdict.MET, "1 of 1 copies counted, 1 of them as errors")
    lost = judged(failed, of_error(requests_total=1))
    assert lost == (
        Verdict.MISSED,
        "front: POST /error 500: expected 1 in errors_total, seen 0 (-1)",
    )
    fine = {**both(1, 1).by_labels, **counted("errors_total", front=1).by_labels}
    assert judged(ledger(ONE), Deltas(fine, ()))[0] is Verdict.MISSED


def test_every_histogram_has_what_the_counter_has() -> None:
    """The second one is named where it differs."""

    def judged(difference: Deltas) -> str:
        return metrics.histogram_count(STRICT, WINDOWS, difference, WAITED, EVIDENCE).summary

    whole = of_error(requests_total=1, duration_seconds_count=1, duration_ms_count=1)
    assert judged(whole) == "1 observations in each of 2 histograms, as many as the counter has"
    half = of_error(requests_total=1, duration_seconds_count=1)
    assert judged(half) == "front: POST /error 500: counter 1, duration_ms 0"


def test_without_traffic_counters_are_unmeasured() -> None:
    """No request and no count is nothing, not agreement."""
    assert delta_verdict(ledger(), Deltas({}, ())) is Verdict.UNMEASURED


def test_routes_of_which_no_copy_is_expected_prove_nothing_alone() -> None:
    """Zero equals zero, but no control says that anything would have been seen."""
    assert delta_verdict(ledger(request(1, "/silent")), Deltas({}, ())) is Verdict.UNMEASURED


def test_a_broken_counter_or_a_restart_is_unmeasured_even_if_counts_differ() -> None:
    """A reset explains any difference."""
    broken = Deltas(both(0, 0).by_labels, ("reset",))
    assert delta_verdict(ledger(ONE), broken) is Verdict.UNMEASURED
    judgement = metrics.counter_delta(
        SYSTEM, ledger(ONE), WINDOWS, both(0, 0), ["front:1"], WAITED, EVIDENCE
    )
    assert judgement.verdict is Verdict.UNMEASURED
    assert "front:1 was restarted" in judgement.summary


def test_a_service_that_is_not_scraped_is_missed_by_name() -> None:
    """Neither a missing window nor one that never closed passes."""
    assert delta_verdict(ledger(ONE), both(1, 1), WINDOWS[:1]) is Verdict.MISSED
    never = [WINDOWS[0], ScrapeWindow("back", "back:2", AT, None, 3, 3)]
    found = metrics.not_scraped(SYSTEM, never)
    assert [f.detail for f in found] == ["back: no successful scrape after the last response"]
    judged = metrics.counter_delta(
        SYSTEM, ledger(ONE), WINDOWS[:1], both(1, 1), (), WAITED, EVIDENCE
    )
    cause = judged.cause
    assert cause is not None
    assert (cause.kind, cause.signal, cause.hop) == (CauseKind.LOST, "metrics", "scrape")


def test_the_histogram_must_observe_what_the_counter_counts() -> None:
    """Fewer observations are missed; none of either is unmeasured."""

    def verdict(difference: Deltas, windows: list[ScrapeWindow] = WINDOWS) -> Verdict:
        judged = metrics.histogram_count(SYSTEM, windows, difference, WAITED, EVIDENCE)
        return judged.verdict

    assert verdict(both(3, 3)) is Verdict.MET
    assert verdict(both(3, 2)) is Verdict.MISSED
    assert verdict(Deltas({}, ())) is Verdict.UNMEASURED
    assert verdict(Deltas({}, ("reset",))) is Verdict.UNMEASURED
    assert verdict(both(3, 3), WINDOWS[:1]) is Verdict.UNMEASURED


def test_every_exercised_histogram_needs_an_exemplar() -> None:
    """None at all is missed, not passed over."""
    none = metrics.exemplars(SYSTEM, ledger(ONE), [], traces(ONE), EVIDENCE)
    assert none.verdict is Verdict.MISSED
    assert len(none.findings) == 2
    all_there = [exemplar(ONE), exemplar(ONE, "back")]
    found = metrics.exemplars(SYSTEM, ledger(ONE), all_there, traces(ONE), EVIDENCE)
    assert found.verdict is Verdict.MET


def test_where_no_exemplar_is_due_none_is_unmeasured() -> None:
    """A route without traces has none, and shows nothing."""
    sent = ledger(request(1, "/health"))
    assert metrics.exemplars(SYSTEM, sent, [], {}, EVIDENCE).verdict is Verdict.UNMEASURED


def test_exemplars_must_be_ours_and_their_traces_exist() -> None:
    """An id of nobody and a trace that is not there are told apart."""
    good = [exemplar(ONE), exemplar(ONE, "back")]
    foreign = exemplar(ONE, trace_id="f" * 32)
    judged = metrics.exemplars(SYSTEM, ledger(ONE), [*good, foreign], traces(ONE), EVIDENCE)
    assert "not of this run" in judged.summary
    gone = metrics.exemplars(SYSTEM, ledger(ONE), good, {}, EVIDENCE)
    assert "which does not exist" in gone.summary


def test_where_others_send_their_exemplars_are_left_aside() -> None:
    """Ours must lead somewhere; where none of ours was kept, nothing is known of them."""
    foreign = [exemplar(ONE, trace_id="f" * 32), exemplar(ONE, "back", trace_id="e" * 32)]
    ours = [exemplar(ONE), *foreign]
    met = metrics.exemplars(SYSTEM, ledger(ONE), ours, traces(ONE), EVIDENCE, shared=True)
    assert (met.verdict, met.summary) == (Verdict.MET, "1 exemplars, each of a trace of this run")
    gone = metrics.exemplars(SYSTEM, ledger(ONE), ours, {}, EVIDENCE, shared=True)
    assert "which does not exist" in gone.summary
    none = metrics.exemplars(SYSTEM, ledger(ONE), foreign, traces(ONE), EVIDENCE, shared=True)
    assert none.verdict is Verdict.UNMEASURED


def test_families_must_exist_with_their_types() -> None:
    """Absent or of another type is missed; a type that nobody knows is unmeasured."""
    assert metrics.families(SYSTEM.metrics.families, TYPES, PRESENT, "").verdict is Verdict.MET
    assert metrics.families(SYSTEM.metrics.families, TYPES, set(), "").verdict is Verdict.MISSED
    other = {**TYPES, "requests": "gauge"}
    assert metrics.families(SYSTEM.metrics.families, other, PRESENT, "").verdict is Verdict.MISSED
    untyped = metrics.families(SYSTEM.metrics.families, {}, PRESENT, "")
    assert untyped.verdict is Verdict.UNMEASURED
    assert "no type of duration_seconds, requests_total" in untyped.summary


def test_no_names_at_all_are_unmeasured() -> None:
    """An application that exposes nothing breaks no rule of naming, and keeps none."""
    assert metrics.naming({}, set()).verdict is Verdict.UNMEASURED


def test_names_against_the_practice_are_missed() -> None:
    """Units, `_total` for counters, for nothing else."""
    for name, kind in (
        ("hits", "counter"),
        ("queue_total", "gauge"),
        ("answers", "histogram"),
        ("wait_ms", "gauge"),
        ("wait_milliseconds_total", "counter"),
    ):
        assert metrics.naming({name: kind}, {name}).verdict is Verdict.MISSED, name
    good = {"hits": "counter", "wait_seconds": "histogram", "not_counted_yet": "counter"}
    assert metrics.naming(good, {"hits_total"}).verdict is Verdict.MET


def test_a_name_that_is_promised_against_the_practice_is_excepted_and_told() -> None:
    """Only that name: what else is wrong stays wrong."""
    exposed = {"wait_ms": "histogram", "wait_seconds": "histogram"}
    judgement = metrics.naming(exposed, set(exposed), ["wait_ms"])
    assert judgement.verdict is Verdict.MET
    assert judgement.summary.endswith("promised although they do not: wait_ms")
    worse = metrics.naming({**exposed, "rest_ms": "gauge"}, set(exposed), ["wait_ms"])
    assert worse.summary == "rest_ms is not in a base unit (seconds, bytes, ratio)"


def series(job: str, name: str, value: float) -> Series:
    """How many series a metric of a job has."""
    return Series("", {"job": job, "__name__": name}, value, AT)


def test_cardinality_holds_per_metric_and_per_job() -> None:
    """Five series a metric and ten a job are allowed."""

    def verdict(*found: Series) -> Verdict:
        return metrics.cardinality(SYSTEM, found, "").verdict

    back = series("back", "m", 5)
    assert verdict(series("front", "m", 5), back) is Verdict.MET
    assert verdict(series("front", "m", 6), back) is Verdict.MISSED
    assert verdict(*(series("front", n, 4) for n in "abc"), back) is Verdict.MISSED
    assert verdict() is Verdict.UNMEASURED


def test_what_scraping_makes_is_no_series_of_the_application() -> None:
    """`up` and its like are there for a target that is down too."""
    found = [series("front", "m", 5), series("back", "up", 1), series("back", "scrape_x", 1)]
    judged = metrics.cardinality(SYSTEM, found, "")
    assert judged.verdict is Verdict.UNMEASURED
    assert "no series of back" in judged.summary
