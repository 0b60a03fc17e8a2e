"""Error rate, latency and errors in the log, before and after: worse, not worse, cannot tell."""

from __future__ import annotations

import math

import pytest

from smokestack.deploys import Grown, Labels, Lines, Windows
from smokestack.judge import deploy, deploy_latency, deploy_machine
from smokestack.judge.proportions import Stratum
from smokestack.results import Judgement, Verdict
from smokestack.samples import Series
from smokestack.system import Deploy

WINDOWS = Windows(0.0, 1800.0, 1800.0, 2400.0)
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, math.inf)


def errors(*routes: tuple[int, int, int, int]) -> Judgement:
    """A service whose routes had (requests, failed) before and after; 1% more matters."""
    strata = [Stratum(f"GET /{n}", *numbers) for n, numbers in enumerate(routes)]
    return deploy.error_rate({"front": strata}, 0.01, WINDOWS)


def test_more_failures_are_missed_and_the_route_is_named() -> None:
    """One route of three fails, and stands there with both shares."""
    told = errors((900, 0, 300, 0), (900, 2, 300, 30), (900, 0, 300, 0))
    assert told.verdict is Verdict.MISSED
    assert told.summary == ("front GET /1: 10% failed, 0.222% before (of 300 and 900 requests)")


def test_failures_spread_thinly_are_missed_for_the_service() -> None:
    """None of ten routes has enough to tell, all of them together have."""
    told = errors(*[(180, 0, 60, 2)] * 10)
    assert told.verdict is Verdict.MISSED
    assert told.summary == "front: 3.33% failed, 0% before (of 600 and 1800 requests)"


def test_as_before_is_met() -> None:
    """Enough requests to rule out a rise that matters."""
    told = errors((3000, 3, 1500, 2))
    assert told.verdict is Verdict.MET
    assert told.summary == (
        "no service fails more often, 600 s since the deploy against 1800 s before it"
    )
    assert told.measurements[0].name == "deploy.error-rate.front"


def test_a_rise_that_is_real_and_small_does_not_matter() -> None:
    """From 0.1% to 0.5% of very many: certainly more, and surely less than 1% more."""
    assert errors((60_000, 60, 40_000, 200)).verdict is Verdict.MET


@pytest.mark.parametrize("routes", [(50, 0, 20, 0), (300, 2, 100, 3), (300, 0, 0, 0)])
def test_too_little_to_tell_is_unmeasured(routes: tuple[int, int, int, int]) -> None:
    """Few requests, an unclear rise, or none since the deploy."""
    told = errors(routes)
    assert told.verdict is Verdict.UNMEASURED
    assert told.summary.startswith("too little to tell: front: ")


def test_no_requests_at_all_are_unmeasured() -> None:
    """Nothing equals nothing, and says nothing."""
    assert deploy.error_rate({}, 0.01, WINDOWS).verdict is Verdict.UNMEASURED


def test_renamed_routes_cannot_be_compared() -> None:
    """All requests are to routes that nobody knew before, but for a few."""
    told = errors((900, 0, 0, 0), (0, 0, 900, 90), (900, 0, 30, 0))
    assert told.verdict is Verdict.UNMEASURED


def labels(status: str, route: str = "/a", **more: str) -> Labels:
    """Those of a request."""
    of = {"service": "front", "method": "GET", "route": route, "status": status, **more}
    return tuple(of.items())


def test_strata_are_routes() -> None:
    """Statuses are summed, failed ones apart."""
    requests = Grown({labels("200"): 10.0, labels("500"): 2.0}, {labels("200", "/b"): 4.0})
    found = deploy.strata_of(requests, {labels("500")})
    assert found == {"front": [Stratum("GET /a", 12, 2, 0, 0), Stratum("GET /b", 0, 0, 4, 0)]}


def took(*shares: tuple[float, float]) -> dict[float, float]:
    """How many took no longer than each bound, where so many took so long (seconds, requests)."""
    return {b: sum(number for s, number in shares if s <= b) for b in BOUNDS}


def slower(before: dict[float, float], after: dict[float, float]) -> Judgement:
    """One route; 25% and 20 ms more matter."""
    grown = Grown(
        {labels("200", le=str(b)): n for b, n in before.items()},
        {labels("200", le=str(b)): n for b, n in after.items()},
    )
    return deploy_latency.latency(deploy_latency.histograms(grown, set()), Deploy(), 1.0, WINDOWS)


def test_fifty_milliseconds_more_are_missed() -> None:
    """Both quantiles; the bound that was held against it is said."""
    told = slower(took((0.008, 600)), took((0.058, 200)))
    assert told.verdict is Verdict.MISSED
    shares = "0% before (of 200 and 600 requests)"
    assert [finding.detail for finding in told.findings] == [
        f"front GET /a longer than 50 ms ({was}): 100% above its {was[:3]} of before, {shares}"
        for was in ("p50 was 7.5 ms", "p95 was 9.75 ms")
    ]


def test_a_longer_tail_is_missed_though_most_are_as_quick() -> None:
    """One request in ten takes long: p95 rose, p50 did not."""
    told = slower(took((0.008, 1200)), took((0.008, 360), (0.2, 40)))
    assert [finding.detail.split("(")[1][:3] for finding in told.findings] == ["p95"]


def test_as_quick_is_met() -> None:
    """A few more of the slow ones are none that matter."""
    told = slower(took((0.008, 980), (0.08, 20)), took((0.008, 490), (0.08, 10)))
    assert told.verdict is Verdict.MET
    assert told.summary.startswith("no service is slower (p50, p95), ")


def test_few_requests_tell_nothing_of_latency() -> None:
    """p95 of 20 requests is nobody's."""
    assert slower(took((0.008, 20)), took((0.008, 20))).verdict is Verdict.UNMEASURED
    assert slower(took((0.008, 2000)), took((0.008, 20))).verdict is Verdict.UNMEASURED
    assert slower({}, {}).verdict is Verdict.UNMEASURED


def test_what_failed_is_not_asked_how_long_it_took() -> None:
    """Quick failures do not make a service quicker, nor slow ones slower."""
    failed = labels("500", le="+Inf")
    assert not deploy_latency.histograms(Grown({failed: 1.0}, {}), {failed})


def scraped(before: float, after: float, number: int = 40) -> str | None:
    """What is said where scrapes of five others took so long, in seconds, give or take a little."""
    samples = [
        Series(
            "scrape_duration_seconds",
            {"job": "other", "instance": f"other:{target}"},
            took * (1 + n % 5 / 50),
            begin + n,
        )
        for target in range(5)
        for begin, took in ((1000.0, before), (2000.0, after))
        for n in range(number)
    ]
    return deploy_machine.slower_too(samples, Deploy(), WINDOWS)


def test_where_all_is_slower_it_is_not_the_version() -> None:
    """Scrapes of others tell: as long as before, a little longer, much longer, or hardly any."""
    assert scraped(0.01, 0.0105) is None
    assert scraped(0.01, 0.013) is None
    assert scraped(0.01, 0.04, 3) is None
    assert scraped(0.01, 0.04) == (
        "scrapes of 5 targets that are not the application's take longer as well "
        "(100% longer than the p50 of before, 0% before)"
    )


def logged(before: int, after: int, requests: tuple[float, float] = (3000, 1000)) -> Judgement:
    """Lines of errors of a service, with 1 more to 100 requests that matters."""

    def lines(number: int) -> dict[Labels, float]:
        at = (("level", "ERROR"), ("service", "front"))
        return {at: float(number), (("level", "info"), ("service", "front")): 900.0}

    before_, after_ = ({labels("200"): number} for number in requests)
    return deploy.log_errors(
        Lines(lines(before), lines(after)), Grown(before_, after_), ("error",), 0.01, WINDOWS
    )


def test_more_lines_of_errors_are_missed() -> None:
    """Held against how many requests there were."""
    told = logged(9, 40)
    assert told.verdict is Verdict.MISSED
    assert told.summary == (
        "front: 4.00 lines of errors to 100 requests, 0.30 before (40 to 1000, 9 to 3000)"
    )
    assert logged(9, 3).verdict is Verdict.MET


def test_too_few_requests_tell_nothing_of_the_log() -> None:
    """Nor does a log without a line."""
    assert logged(0, 1, (300, 100)).verdict is Verdict.UNMEASURED
    assert logged(0, 1, (300, 0)).verdict is Verdict.UNMEASURED
    nothing = deploy.log_errors(Lines({}, {}), Grown({}, {}), ("error",), 0.01, WINDOWS)
    assert nothing.verdict is Verdict.UNMEASURED
