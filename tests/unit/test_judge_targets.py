"""targets.*, latency.* and what makes a machine too busy to judge time."""

from __future__ import annotations

from dataclasses import replace

from smokestack.errors import BadResponse, Unreachable
from smokestack.judge import latency, targets
from smokestack.judge.counters import ScrapeWindow
from smokestack.judge.deadlines import overload
from smokestack.results import Verdict
from smokestack.samples import ScrapeTarget
from smokestack.system import ScrapeJob
from tests.unit.judged import AT, SYSTEM, WAITED, sample

FRONT = ScrapeTarget("front", "front:1", "up", "", AT, 0.25, "http://front/metrics")
BACK = replace(FRONT, job="back", instance="back:2")
FACTOR = 120.0


def test_jobs_must_be_those_of_system_yaml_at_their_interval() -> None:
    """One missing, one too many and one at another interval are all told."""

    def summary(*found: ScrapeTarget) -> str:
        return targets.jobs(SYSTEM.scrape, found, FACTOR, "").summary

    assert summary(FRONT, BACK) == "2 scrape jobs as expected"
    assert "'back' with target back:2 is not there" in summary(FRONT)
    assert "is not in system.yaml" in summary(FRONT, BACK, replace(BACK, job="new"))
    assert "runs every 60 s, expected 30 s" in summary(FRONT, replace(BACK, interval_s=0.5))


def test_a_job_that_bears_less_is_expected_at_its_own_pace() -> None:
    """Its interval is divided by its own factor, and by that of the stack where that is less."""
    slow = SYSTEM.scrape[1].model_copy(update={"largest_factor": 10.0})
    found = [FRONT, replace(BACK, interval_s=3.0)]
    jobs = [SYSTEM.scrape[0], slow]
    assert targets.jobs(jobs, found, FACTOR, "").verdict is Verdict.MET
    assert targets.jobs(jobs, [FRONT, BACK], FACTOR, "").verdict is Verdict.MISSED
    assert slow.as_run(5.0) == SYSTEM.scrape[1].interval / 5


def replace_job(job: ScrapeJob, server: str) -> ScrapeJob:
    """The same job, of an optional server."""
    return job.model_copy(update={"server": server})


def test_no_job_expected_and_none_there_is_unmeasured() -> None:
    """Empty never equals empty."""
    assert targets.jobs([], [], FACTOR, "").verdict is Verdict.UNMEASURED
    assert targets.up([], [], "").verdict is Verdict.UNMEASURED


def test_the_job_of_an_absent_server_is_not_expected() -> None:
    """An optional server that the stack runs without is not scraped, and nobody misses it."""
    optional = replace_job(SYSTEM.scrape[1], "cadvisor")
    system = SYSTEM.model_copy(update={"scrape": (SYSTEM.scrape[0], optional)})
    assert system.scraped({"cadvisor": "no image"}) == (SYSTEM.scrape[0],)
    assert system.scraped({}) == (SYSTEM.scrape[0], optional)


def test_a_target_that_is_down_unknown_or_absent_is_missed() -> None:
    """Only `up` is up, and lastError is shown."""

    def summary(*found: ScrapeTarget) -> str:
        return targets.up(SYSTEM.scrape, found, "").summary

    assert summary(FRONT, BACK) == "2 targets up"
    assert "refused" in summary(FRONT, replace(BACK, health="down", last_error="refused"))
    assert "not scraped yet" in summary(FRONT, replace(BACK, health="unknown"))
    assert "is not scraped at all" in summary(FRONT)


def test_versions_are_compared_where_they_are_told() -> None:
    """Another version is missed; one that is not told is unmeasured; nobody asked, too."""
    expected = {"prometheus": "3.", "loki": "3.7."}

    def verdict(**seen: str | None) -> Verdict:
        return targets.versions(expected, seen).verdict

    assert verdict(prometheus="v3.15.0", loki="3.7.8") is Verdict.MET
    assert verdict(prometheus="2.55.0", loki="3.7.8") is Verdict.MISSED
    assert verdict(prometheus="3.1.0", loki=None) is Verdict.UNMEASURED
    assert verdict() is Verdict.UNMEASURED


def test_why_a_version_could_not_be_had_is_said() -> None:
    """With what to do about it."""
    error = BadResponse("loki answered with status 502", hint="ask those who run it")
    judgement = targets.versions({"loki": "3."}, {"loki": error})
    assert judgement.verdict is Verdict.UNMEASURED
    assert "ask those who run it" in judgement.findings[0].detail


def test_a_clock_that_a_gateway_may_have_told_is_not_missed() -> None:
    """It is off, and nobody can say whose it is; one that a server told itself is its own."""
    behind = targets.clock_skew(2.0, {"prometheus": (0.0, 0.0), "loki": (600.0, 0.5)},
                                hearsay={"loki"})  # fmt: skip
    assert behind.verdict is Verdict.UNMEASURED
    assert behind.summary == "whoever answers has a clock that is +600.00 s off ours for loki"
    assert "a gateway writes a Date of its own" in behind.findings[0].detail
    own = targets.clock_skew(2.0, {"prometheus": (600.0, 0.0), "loki": (600.0, 0.5)},
                             hearsay={"loki"})  # fmt: skip
    assert own.verdict is Verdict.MISSED


def test_a_server_that_runs_and_is_not_named_is_missed() -> None:
    """A system that says less than it has is told so."""
    judgement = targets.versions({"prometheus": "3."}, {"prometheus": "3.1", "tempo": "3.0"})
    assert judgement.verdict is Verdict.MISSED
    assert judgement.summary == "tempo runs, and system.yaml names no version of it"


def test_a_clock_is_off_only_beyond_the_bound_and_what_cannot_be_known() -> None:
    """A Date header is true to half a second, which counts for the server."""

    def verdict(**skews: tuple[float, float] | None) -> Verdict:
        return targets.clock_skew(2.0, skews).verdict

    assert verdict(loki=(2.4, 0.5)) is Verdict.MET
    assert verdict(loki=(2.6, 0.5)) is Verdict.MISSED
    assert verdict(loki=(-2.6, 0.5)) is Verdict.MISSED
    assert verdict(prometheus=(0.0, 0.0), loki=(10.0, 0.5)) is Verdict.MISSED
    assert verdict(prometheus=(0.0, 0.0), loki=None) is Verdict.UNMEASURED
    assert verdict() is Verdict.UNMEASURED


def test_a_signal_in_time_is_met_whatever_the_machine_does() -> None:
    """Being busy excuses what is late, and spoils nothing that is not."""
    assert latency.arrival("logs", WAITED, 0.1, None).verdict is Verdict.MET
    assert latency.arrival("logs", WAITED, 0.1, "busy").verdict is Verdict.MET


def test_a_late_signal_is_missed_unless_time_cannot_be_told() -> None:
    """The wait before the asking counts too; what was last seen is said either way."""
    never = replace(WAITED, met=False)
    for waited, since in ((never, 0.1), (WAITED, 7.0)):
        assert latency.arrival("logs", waited, since, None).verdict is Verdict.MISSED
        busy = latency.arrival("logs", waited, since, "no scrapes")
        assert busy.verdict is Verdict.UNMEASURED
        assert "no scrapes" in busy.summary
        assert "last seen: all" in busy.summary


def test_a_server_that_could_not_be_asked_leaves_time_unmeasured() -> None:
    """Not seen is not late."""
    waited = replace(WAITED, met=False, error=Unreachable("loki: no answer"))
    assert latency.arrival("logs", waited, 0.1, None).verdict is Verdict.UNMEASURED


def test_lost_scrapes_and_long_gaps_are_signs_of_a_busy_machine() -> None:
    """A tenth of all scrapes may fail; four intervals may lie between two."""
    calm = ScrapeWindow("front", "front:1", AT, AT + 1, 1, 20)
    lossy = replace(calm, failed=3)
    steady = [sample("up", 1, AT + n / 4) for n in range(8)]
    assert overload([calm], steady, 0.25) is None
    assert overload([lossy], steady, 0.25) == "3 of 20 scrapes failed"
    stalled = [*steady, sample("up", 1, AT + 3.5)]
    assert "the machine is too busy" in (overload([calm], stalled, 0.25) or "")


def test_a_target_that_never_answered_is_broken_and_no_excuse() -> None:
    """Else one dead target would leave every check of time unmeasured."""
    dead = ScrapeWindow("back", "back:2", None, None, 20, 20)
    assert overload([ScrapeWindow("front", "front:1", AT, AT + 1, 0, 20), dead], [], 0.25) is None
