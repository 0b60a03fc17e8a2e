"""resources.*: within limits, idle, what a request adds, how much it will be, what grows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smokestack.judge.cardinality import Distinct, cardinality
from smokestack.judge.resources import (
    CPU,
    MEMORY,
    OPEN_FILES,
    Pace,
    documented,
    idle,
    within_limits,
)
from smokestack.judge.stored import Kept, Stored, bytes_per_request, projected_disk
from smokestack.results import Judgement, Verdict
from smokestack.samples import Series
from smokestack.system import ServerLimits
from smokestack.system.resources import Disk, Idle, MeasuredByOthers, PerRequest
from smokestack.usage import Counted, Usage, Used

MIB = 1024.0**2
GIB = 1024.0**3
DAY = 86400.0
LIMITS = {
    "loki": ServerLimits.model_validate({"cpus": 1.0, "memory": "1GiB", "open_files": 100}),
    "tempo": ServerLimits.model_validate({"cpus": 1.0, "memory": "1GiB"}),
    "webhook": ServerLimits.model_validate({"cpus": 0.2}),
}


def used(memory: float | None = 100 * MIB, cores: float = 0.5) -> Used:
    """Two samples, two seconds apart."""
    return Used((Usage(0, cpu_s=5.0, memory=memory), Usage(2, cpu_s=5.0 + 2 * cores)), "a test")


def outcome(judged: Judgement) -> tuple[str, str]:
    """Verdict and summary."""
    return judged.verdict.value, judged.summary


def test_a_server_that_was_not_let_is_not_modest() -> None:
    """What a quota kept from it may have been too much; and need not."""
    held_back = Used((Usage(0, cpu_s=5, held_s=1), Usage(2, cpu_s=6.96, held_s=2.5)), "a test")
    assert outcome(within_limits(CPU, LIMITS, {"loki"}, {"loki": held_back})) == (
        "unmeasured",
        "loki used 0.98 cores of 1.00 cores, and its quota held it back: it may want more",
    )
    in_bursts = Used((Usage(0, cpu_s=5, held_s=1), Usage(2, cpu_s=6, held_s=2.5)), "a test")
    assert within_limits(CPU, LIMITS, {"loki"}, {"loki": in_bursts}).verdict is Verdict.MET
    not_held = used(cores=0.98)
    assert within_limits(CPU, LIMITS, {"loki"}, {"loki": not_held}).verdict is Verdict.MET
    both = {"loki": held_back, "tempo": used(cores=1.5)}
    assert within_limits(CPU, LIMITS, {"loki", "tempo"}, both).verdict is Verdict.MISSED


def test_memory_within_its_limit() -> None:
    """Each server that runs and has a limit; one without is measured all the same."""
    judged = within_limits(
        MEMORY, LIMITS, {"loki", "grafana"}, {"loki": used(), "grafana": used(5 * GIB)}
    )
    assert outcome(judged) == (
        "met",
        "1 servers within their limits, loki the nearest at 10% of its own",
    )
    figures = {one.name: (one.figure, one.unit, one.budget) for one in judged.measurements}
    assert figures == {
        "resources.memory.grafana": (5 * GIB, "B", None),
        "resources.memory.loki": (100 * MIB, "B", GIB),
    }


def test_memory_beyond_its_limit() -> None:
    """The peak counts, and who it is."""
    judged = within_limits(MEMORY, LIMITS, {"loki"}, {"loki": used(2 * GIB)})
    assert outcome(judged) == ("missed", "loki uses 2048 MiB, 1024 MiB allowed")


@pytest.mark.parametrize("seen", [{}, {"loki": used(None)}], ids=["never", "not this figure"])
def test_a_server_of_which_nothing_was_seen_is_never_met(seen: dict[str, Used]) -> None:
    """Somebody else's process may not be read: it is named."""
    judged = within_limits(MEMORY, LIMITS, {"loki", "tempo"}, {**seen, "tempo": used()})
    assert outcome(judged) == ("unmeasured", "no figure could be had of loki")
    missed = within_limits(MEMORY, LIMITS, {"loki", "tempo"}, {**seen, "tempo": used(2 * GIB)})
    assert missed.verdict is Verdict.MISSED


def test_a_figure_without_any_limit_is_skipped() -> None:
    """Of those that run."""
    judged = within_limits(OPEN_FILES, LIMITS, {"tempo"}, {"tempo": used()})
    assert outcome(judged) == ("skipped", "this system has no limits of open files")


def test_cpu_is_followed_for_a_second_at_least() -> None:
    """Over less, a tick is a per cent."""
    short = Used((Usage(0, cpu_s=0), Usage(0.85, cpu_s=0.85)))
    assert within_limits(CPU, LIMITS, {"loki"}, {"loki": short}).verdict is Verdict.UNMEASURED


def test_cpu_that_may_come_of_the_pace_is_not_judged() -> None:
    """Who works by intervals does so many times as often; who works by requests does not."""
    seen = {"loki": used(cores=1.4), "webhook": used(cores=0.9)}
    judged = within_limits(CPU, LIMITS, {"loki"}, seen, pace=Pace(120, {"loki"}))
    assert outcome(judged) == (
        "unmeasured",
        "loki uses more than allowed, and works up to 120 times as often at pace fast",
    )
    judged = within_limits(CPU, LIMITS, {"loki", "webhook"}, seen, pace=Pace(120, {"loki"}))
    assert outcome(judged) == ("missed", "webhook uses 0.90 cores, 0.20 cores allowed")
    real = within_limits(CPU, LIMITS, {"loki"}, seen, pace=Pace(1.0, {"loki"}))
    assert real.verdict is Verdict.MISSED


def test_what_a_document_measured_is_told_beside_ours() -> None:
    """In its own words, and as no limit."""
    told = {"loki": MeasuredByOthers(memory="30-50MB", cpu_load="3-5%"), "grafana":
            MeasuredByOthers(memory="50-80MB")}  # fmt: skip
    memory = documented(told, ["memory"], {"loki": used()})
    assert [(one.query, one.observed, one.expected) for one in memory] == [
        ("loki", "100 MiB", "30-50MB (no limit)"),
        ("grafana", "not measured here", "50-80MB (no limit)"),
    ]
    (load,) = documented(told, ["cpu_load"], {"loki": used(cores=0.04)})
    assert (load.kind, load.observed) == ("documented CPU under load", "4.0% of a core")


IDLE = Idle.model_validate({"cpu": "5%", "servers": ["loki", "prometheus", "grafana"]})


def still(cores: float, seconds: float = 30.0) -> Used:
    """So much CPU for so long."""
    return Used((Usage(0, cpu_s=1.0), Usage(seconds, cpu_s=1.0 + cores * seconds)))


@pytest.mark.parametrize(
    ("each", "seconds", "verdict"),
    [
        (0.01, 30.0, Verdict.MET),
        (0.04, 30.0, Verdict.MISSED),
        (0.0252, 30.0, Verdict.UNMEASURED),  # 5.0%, give or take 0.1%
        (0.01, 0.9, Verdict.UNMEASURED),  # too short
    ],
)
def test_idle_is_the_sum_of_those_that_run(each: float, seconds: float, verdict: Verdict) -> None:
    """A budget that lies within what a tick leaves open is not decided."""
    seen = {name: still(each, seconds) for name in ("loki", "prometheus", "gateway")}
    judged = idle(IDLE, {"loki", "prometheus", "gateway"}, seen)
    assert judged.verdict is verdict
    if verdict is Verdict.MISSED:
        assert judged.summary == (
            "loki, prometheus use 8.0% of a core (± 0.1%) in 30 s idle, 5% allowed"
        )


def test_idle_of_whom_nothing_was_seen() -> None:
    """One that runs and was not seen; and none that runs."""
    judged = idle(IDLE, {"loki", "prometheus"}, {"loki": still(0.01)})
    assert outcome(judged) == ("unmeasured", "no figure could be had of prometheus")
    assert idle(IDLE, {"tempo"}, {}).verdict is Verdict.UNMEASURED


def stored(
    requests: int = 100, logs: float = 100_000, samples: float = 20_000, wal: float = 100_000
) -> Stored:
    """What was counted before and after."""
    before = {"logs": 5000.0, "traces": 7000.0, "samples": 100.0, "wal": 400.0}
    after = {"logs": 5000 + logs, "traces": 207_000.0, "samples": 100 + samples, "wal": 400 + wal}
    counted = (Counted(0, before, {}), Counted(9, after, {}))
    return Stored(counted, requests, 1.0, ("logs", "traces"))


BUDGETS = PerRequest.model_validate({"logs": "1KiB"})


def test_what_a_request_adds() -> None:
    """Of each signal; one without a budget is measured."""
    judged = bytes_per_request(BUDGETS, stored())
    assert outcome(judged) == ("met", "a request adds 1000 B of logs, 2.0 KiB of traces")
    assert [one.budget for one in judged.measurements] == [1024.0, None]
    judged = bytes_per_request(BUDGETS, stored(logs=2_000_000))
    assert outcome(judged) == ("missed", "a request adds 19.5 KiB of logs, 1.0 KiB allowed")


@pytest.mark.parametrize(
    "seen",
    [
        stored(requests=19),
        stored(logs=0),
        stored(logs=-100),
        replace(stored(), counted=()),
        replace(stored(), first_at=-1.0),
        replace(
            stored(), counted=(Counted(0, {}, {}), Counted(1, {}, {"loki": "does not answer"}))
        ),
    ],
    ids=["few requests", "nothing counted", "restarted", "not read", "read late", "not answered"],
)
def test_what_a_request_adds_cannot_be_told(seen: Stored) -> None:
    """Nothing that was not counted is within its budget."""
    assert bytes_per_request(BUDGETS, seen).verdict is Verdict.UNMEASURED


def test_without_a_budget_of_a_signal_that_there_is() -> None:
    """A system without logs has none of lines."""
    seen = replace(stored(), signals=())
    assert bytes_per_request(BUDGETS, seen).verdict is Verdict.SKIPPED


@pytest.mark.parametrize(
    ("size", "verdict"),
    [(50 * GIB, Verdict.MET), (300 * MIB, Verdict.UNMEASURED), (100 * MIB, Verdict.MISSED)],
)
def test_metrics_fit_where_they_are_kept(size: float, verdict: Verdict) -> None:
    """100 samples/s for 30 days, at 1 to 2 bytes: 247 to 494 MiB, and 5 MiB of the log."""
    judged = projected_disk(None, Kept(100.0, 30 * DAY, size), stored(), {})
    assert judged.verdict is verdict
    assert "247.2 MiB to 499.5 MiB" in judged.summary
    if verdict is Verdict.MET:
        assert judged.summary == "metrics kept will take 247.2 MiB to 499.5 MiB of 50.0 GiB"
        (kept,) = judged.measurements
        assert (kept.name, kept.budget) == ("resources.projected-disk.metrics-kept", size)
        assert kept.interval is not None


def test_a_day_with_all_signals() -> None:
    """Metrics do not depend on requests; lines and spans do."""
    disk = Disk.model_validate({"requests_a_day": 24000, "growth_a_day": "953MiB"})
    judged = projected_disk(disk, Kept(100.0, None, None), stored(), {})
    assert judged.summary == "a day will take 11.7 MiB to 85.1 MiB of 953.0 MiB"
    less = disk.model_copy(update={"growth_a_day": 10 * MIB})
    judged = projected_disk(less, Kept(100.0, None, None), stored(), {})
    assert judged.verdict is Verdict.MISSED
    assert "24000 requests × 2.9 KiB" in judged.summary
    unread = projected_disk(disk, Kept(100.0, None, None), stored(logs=0), {})
    assert outcome(unread) == ("unmeasured", "too little was seen: no bytes of logs were counted")


def test_too_little_was_seen_to_project() -> None:
    """The labels of new series, written once, would weigh more than samples."""
    judged = projected_disk(None, Kept(100.0, DAY, GIB), stored(samples=400), {})
    assert outcome(judged) == ("unmeasured", "too little was seen: 400 samples were stored")
    seen = {"loki": Used((Usage(0, disk=5 * MIB), Usage(9, disk=7 * MIB))), "tempo": used()}
    judged = projected_disk(None, Kept(100.0, DAY, GIB), stored(), seen)
    assert [one.observed for one in judged.evidence[1:]] == ["grew by 2.0 MiB in this run"]
    unread = projected_disk(None, Kept(100.0, DAY, GIB), replace(stored(), counted=()), {})
    assert unread.verdict is Verdict.UNMEASURED
    nothing = projected_disk(None, Kept(100.0, DAY, None), stored(), {})
    assert nothing.verdict is Verdict.SKIPPED


def series(*routes: str, metric: str = "requests_total") -> list[Series]:
    """A series for each route."""
    return [Series(metric, {"job": "front", "route": one, "status": "404"}, 1, 0) for one in routes]


HELD = Counted(0, {"series": 4000.0, "streams": 2.0}, {})
MANY = [f"/orders/{n}" for n in range(40)]


def distinct(after: list[Series], streams: tuple[list[dict[str, str]], ...] = ([], [])) -> Distinct:
    """Forty requests."""
    return Distinct(40, 0, (series("/health"), after), (streams[0], streams[1]))


def test_values_that_stay_out_of_labels() -> None:
    """A value that is merely new, such as a route that was not asked for before, is no growth."""
    judged = cardinality(distinct(series("/health", "/orders/{id}")), {}, HELD)
    assert outcome(judged) == (
        "met",
        (
            "40 requests with distinct values made 1 new series and no label endless; "
            "4000 series, 2 streams in all"
        ),
    )
    assert judged.measurements[0].figure == 0.025


def test_a_label_that_takes_paths_over() -> None:
    """The metric, the label, and one of its values."""
    judged = cardinality(distinct(series("/health", *MANY)), {}, HELD)
    assert outcome(judged) == (
        "missed",
        (
            "requests_total: label route has 40 new values after 40 requests with distinct values, "
            "such as '/orders/0'"
        ),
    )


def test_a_stream_for_each_request() -> None:
    """Loki's own way of growing without end."""
    streams = ([{"job": "front"}], [{"job": "front", "trace": one} for one in MANY])
    judged = cardinality(distinct(series("/health"), streams), {}, HELD)
    assert judged.summary.startswith("streams in Loki: label trace has 40 new values")


def test_more_series_than_allowed() -> None:
    """In all, whoever made them."""
    limits = {"prometheus": ServerLimits(series=3000), "loki": ServerLimits(streams=5)}
    judged = cardinality(distinct(series("/health")), limits, HELD)
    assert outcome(judged) == ("missed", "prometheus holds 4000 series, 3000 allowed")


@pytest.mark.parametrize(
    ("seen", "counted"),
    [
        (replace(distinct(series("/health")), unanswered=3), HELD),
        (Distinct(40, 0, ([], []), ([], [])), HELD),
        (distinct(series("/health")), Counted(0, {}, {"loki": "loki does not answer"})),
    ],
    ids=["unanswered", "no series", "not read"],
)
def test_growth_that_cannot_be_told(seen: Distinct, counted: Counted) -> None:
    """Empty never equals empty."""
    assert cardinality(seen, {}, counted).verdict is Verdict.UNMEASURED
