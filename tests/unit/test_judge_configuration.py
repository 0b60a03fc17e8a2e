"""configuration.*: what a server says of itself against what was promised."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smokestack.configuration import Intervals, Loaded, LogSchema, Reloads, Retention, Snapshot
from smokestack.judge import configuration as judge
from smokestack.results import Verdict
from smokestack.samples import Container, Series
from smokestack.system import configuration as system
from smokestack.wait import Waited
from tests.unit.judged import AT, EVIDENCE, SYSTEM, ledger, request, sample

DAY = 86400.0
GIB = 1024.0**3
PROMISED = system.MetricsRetention.model_validate({"time": "30d", "size": "50GiB"})


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (Retention(30 * DAY, 50 * GIB), "kept for 30 d or 50 GiB"),
        (Retention(15 * DAY, 50 * GIB), "kept for 15 d, expected 30 d"),
        (Retention(None, 50 * GIB), "kept for ever, expected 30 d"),
        (Retention(30 * DAY, 10 * GIB), "kept up to 10 GiB, expected 50 GiB"),
        (Retention(30 * DAY), "kept up to any size, expected 50 GiB"),
        (Retention(30 * DAY, 50 * GIB, enforced=False), "nothing is ever deleted"),
    ],
)
def test_retention_is_compared_as_it_is(seen: Retention, said: str) -> None:
    """Too short, too long and never are all told."""
    judged = judge.retention(PROMISED, seen, "/status", "curl")
    assert judged.summary.startswith(said)
    assert (judged.verdict is Verdict.MET) is said.startswith("kept for 30 d or")


def test_a_size_that_is_not_promised_may_be_any() -> None:
    """A document that names days alone."""
    promised = system.Retention.model_validate({"logs": "7d"}).of("logs")
    assert promised is not None
    judged = judge.retention(promised, Retention(7 * DAY, GIB), "/config", "curl")
    assert judged.verdict is Verdict.MET
    assert judge.retention(promised, Retention(8 * DAY), "/config", "").verdict is Verdict.MISSED


def test_each_part_of_the_schema_is_compared() -> None:
    """Version, store and index period."""
    given = {"version": "v13", "store": "tsdb", "index_period": "24h"}
    promised = system.LogSchema.model_validate(given)
    same = LogSchema("v13", "tsdb", DAY)
    assert judge.schema(promised, same, "/config", "").verdict is Verdict.MET
    for other, said in {
        replace(same, version="v12"): "schema is v12, expected v13",
        replace(same, store="boltdb-shipper"): "store is boltdb-shipper, expected tsdb",
        replace(same, index_period_s=7 * DAY): "index period is 7 d, expected 1 d",
    }.items():
        assert judge.schema(promised, other, "/config", "").summary == said


def test_intervals_are_compared_with_the_shipped_ones() -> None:
    """As the pace has divided them."""
    promised = system.Intervals.model_validate({"scrape": "1m", "evaluation": "30s"})

    def summary(scrape_s: float, evaluation_s: float) -> str:
        seen = Intervals(scrape_s, evaluation_s)
        return judge.intervals(promised, seen, 120.0, "/config", "").summary

    assert summary(0.5, 0.25) == "scrapes every 60 s, evaluates every 30 s"
    assert summary(0.25, 0.25) == "Prometheus scrapes every 30 s, expected 60 s"
    assert summary(0.5, 0.5) == "Prometheus evaluates rules every 60 s, expected 30 s"


BEFORE = Loaded(frozenset({"app"}), at=10.0, successful=True, started_at=1.0)
CHANGED = Loaded(frozenset({"app", "new"}), at=20.0, successful=True, started_at=1.0)
BROKEN = replace(CHANGED, successful=False)
AGAIN = replace(BEFORE, at=30.0)
GOOD = Reloads("new", BEFORE, None, CHANGED, "500 no", BROKEN, AGAIN)


def test_a_reload_that_took_effect_is_met() -> None:
    """And left the old configuration where the new one was broken."""
    assert judge.reload(GOOD, [EVIDENCE]).verdict is Verdict.MET


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (Reloads("new", BEFORE, "403 no"), "Prometheus does not reload: 403 no"),
        (replace(GOOD, changed=replace(CHANGED, jobs=BEFORE.jobs)), "a job that was added is not"),
        (replace(GOOD, changed=replace(CHANGED, at=10.0)), "the time of the last successful"),
        (replace(GOOD, changed=replace(CHANGED, started_at=2.0)), "Prometheus was started anew"),
        (replace(GOOD, refused_broken=None), "a broken configuration was not refused"),
        (replace(GOOD, broken=CHANGED), "prometheus_config_last_reload_successful is 1"),
        (replace(GOOD, broken=replace(BROKEN, jobs=BEFORE.jobs)), "the old configuration did not"),
        (replace(GOOD, restored=CHANGED), "Prometheus' own configuration could not be put back"),
    ],
)
def test_each_way_in_which_a_reload_fails_is_told(seen: Reloads, said: str) -> None:
    """One at a time."""
    judged = judge.reload(seen, [EVIDENCE])
    assert judged.verdict is Verdict.MISSED
    assert judged.summary.startswith(said)


def counted(by_service: float) -> Snapshot:
    """What a snapshot has of one request through both services."""
    samples = []
    for job, instance in (("front", "front:1"), ("back", "back:2")):
        target = {"job": job, "instance": instance}
        labels = {**target, "service": job, "method": "GET", "route": "/both", "status": "200"}
        samples += [sample("up", 1, AT, **target), sample("up", 1, AT + 4, **target)]
        samples.append(sample("requests_total", by_service, AT + 4, **labels))
    return Snapshot("name", tuple(samples), 2048)


def test_a_snapshot_has_the_requests_of_the_ledger() -> None:
    """Not fewer, and not none."""
    sent = ledger(request(1))
    judged = judge.snapshot(SYSTEM, sent, counted(1), EVIDENCE)
    assert judged.verdict is Verdict.MET
    assert judged.summary == "read back, 2 KiB: 2 of 2 copies counted"
    fewer = judge.snapshot(SYSTEM, sent, counted(0), EVIDENCE)
    assert fewer.verdict is Verdict.MISSED
    assert fewer.summary.startswith("in the snapshot: back: GET /both 200: expected 1 counted")
    assert judge.snapshot(SYSTEM, sent, Snapshot("name"), EVIDENCE).verdict is Verdict.MISSED


def test_a_snapshot_that_there_is_not_is_missed() -> None:
    """In the words of who refused."""
    judged = judge.snapshot(SYSTEM, ledger(request(1)), Snapshot("", failed="refused"), EVIDENCE)
    assert (judged.verdict, judged.summary) == (Verdict.MISSED, "refused")


def test_a_backup_of_logs_has_the_requests_of_the_ledger() -> None:
    """Not fewer; and a Loki that does not become ready has read nothing."""
    sent, ready = ledger(request(1)), Waited(True, True, 60.0, 1.0, ())

    def judged(events: float, waited: Waited[bool] = ready) -> str:
        key = {"method": "GET", "route": "/both", "status": "200"}
        counted = [Series("", {**key, "service_name": of}, events, AT) for of in ("front", "back")]
        found = judge.log_backup(SYSTEM, sent, waited, counted, EVIDENCE)
        return f"{found.verdict.value}: {found.summary}"

    assert judged(1) == "met: read back by a second Loki: 2 of 2 events logged"
    assert judged(0).startswith("missed: in the backup: back: GET /both 200: expected 1 logged")
    never = replace(ready, met=False)
    assert judged(1, never) == "missed: a Loki on a copy of the data is not ready after 60 s"


def test_log_options_are_compared_as_the_engine_has_them() -> None:
    """Of each container; without any container nothing was seen."""
    promised = system.LogRotation(max_size="10m", max_file=3)
    good = Container("loki", "image", None, None, log_options={"max-size": "10m", "max-file": "3"})
    bad = Container("tempo", "image", None, None, log_options={"max-size": "10m"})
    assert judge.log_rotation(promised, [good]).verdict is Verdict.MET
    assert judge.log_rotation(promised, []).verdict is Verdict.UNMEASURED
    judged = judge.log_rotation(promised, [good, bad])
    assert judged.summary == "tempo: max-file is not set, expected 3"
