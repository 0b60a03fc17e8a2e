"""Which version runs, and since when, by what Prometheus answers (shapes recorded from 3.15)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import pytest

from smokestack.deploys import Asked, Windows
from smokestack.drive.versions import await_version, reported, windows
from smokestack.endpoints import Endpoint
from smokestack.errors import ObservationError, StackError
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.prometheus import Prometheus
from tests.unit.judged import SYSTEM

Sample = tuple[Mapping[str, str], Iterable[tuple[float, float]]]


def prometheus(*samples: Sample) -> Prometheus:
    """One that has these series; an instant query gets the last value of each."""

    def handler(request: httpx.Request) -> httpx.Response:
        ranged = request.url.params["query"].endswith("]")
        result: list[dict[str, Any]] = []
        for metric, values in samples:
            pairs = [[at, str(value)] for at, value in values]
            kind = {"values": pairs} if ranged else {"value": pairs[-1]}
            result.append({"metric": dict(metric), **kind})
        data = {"resultType": "matrix" if ranged else "vector", "result": result}
        return httpx.Response(200, text=json.dumps({"status": "success", "data": data}))

    edge = Edge(
        Endpoint("prometheus", "http://prometheus.test"),
        calls=CallLog(),
        transport=httpx.MockTransport(handler),
    )
    return Prometheus(edge)


def up(job: str, value: float = 1, /, **more: str) -> Sample:
    """A target's `up`, with labels of the target."""
    labels = {"__name__": "up", "job": job, "instance": f"{job}:1", **more}
    return labels, [(1000.0, value)]


def test_every_target_must_report_the_version_and_no_other() -> None:
    """What lacks is said target by target; a service without a target lacks too."""
    both = prometheus(up("front", version="2"), up("back", version="1"))
    assert reported(both, SYSTEM, "version").lacking("2", 2) == ["back:1 reports 1"]
    assert reported(both, SYSTEM, "release").lacking("2", 2) == [
        "back:1 reports none",
        "front:1 reports none",
    ]
    down = prometheus(up("front", version="2"), up("back", 0, version="2"))
    assert reported(down, SYSTEM, "version").lacking("2", 2) == ["back:1 is down"]
    one = prometheus(up("front", version="2"))
    assert reported(one, SYSTEM, "version").lacking("2", 2) == ["1 services have no target"]


def test_a_version_may_stand_on_a_metric_of_its_own() -> None:
    """`deploy.version` names it; an old series of the same target counts as well."""
    told = SYSTEM.model_copy(
        update={"deploy": SYSTEM.deploy.model_copy(update={"version": "build_info"})}
    )
    info = {"__name__": "build_info", "job": "front", "instance": "front:1"}
    found = prometheus(
        up("front"), ({**info, "version": "1"}, [(1.0, 1)]), ({**info, "version": "2"}, [(1.0, 1)])
    )
    assert reported(found, told, "version").lacking("2", 1) == ["front:1 reports 1 and 2"]


def test_the_wait_ends_with_all_or_says_who_lacks() -> None:
    """Both are told beforehand that it is waited."""
    said: list[str] = []
    there = prometheus(up("front", version="2"), up("back", version="2"))
    asked = Asked(version=("version", "2"), within_s=0.1)
    await_version(there, SYSTEM, asked, 0.01, said.append)
    assert said[0].endswith("report version=2, 0.1 s at most")
    assert said[1].startswith("smokestack: all targets report version=2 (allowed 0.1 s, took ")
    half = prometheus(up("front", version="2"), up("back", version="1"))
    with pytest.raises(StackError, match="reports version=2: back:1 reports 1") as caught:
        await_version(half, SYSTEM, asked, 0.01, said.append)
    assert "is the rollout stuck?" in str(caught.value)
    await_version(half, SYSTEM, Asked(), 0.01, said.append)
    assert len(said) == 3


def first_seen(at: float) -> Prometheus:
    """Two targets, one of which reports the version 30 s after the other."""
    times = (at, at + 30)
    series = zip(("front", "back"), times, strict=True)
    return prometheus(
        *(({**up(job)[0], "version": "2"}, [(t, 1), (t + 15, 1)]) for job, t in series)
    )


def test_the_windows_end_before_the_rollout_and_begin_after_it() -> None:
    """What was scraped last before the first target, and first of the last one."""
    asked = Asked(version=("version", "2"))
    assert windows(first_seen(5000.0), SYSTEM, asked, 6030.0, 21600, 15) == Windows(
        start=4985.0 - 3000.0, began=4985.0, done=5030.0, end=6030.0
    )
    since = windows(first_seen(5000.0), SYSTEM, Asked(since=5900.0), 6000.0, 200, 15)
    assert since == Windows(5700.0, 5900.0, 5900.0, 6000.0)


def test_the_window_before_does_not_reach_into_the_version_before_that() -> None:
    """It begins where the processes of before did, and is as long as the one after at least."""
    asked = Asked(since=5000.0)
    for started, start in ((100.0, 3500.0), (4000.0, 4000.0), (4900.0, 4500.0)):
        info = {"__name__": "process_start_time_seconds", "job": "front", "instance": "front:1"}
        found = windows(prometheus((info, [(1.0, started)])), SYSTEM, asked, 5500.0, 21600, 15)
        assert found.start == start


def test_an_old_version_was_deployed_nobody_knows_when() -> None:
    """It is there since before what is looked back; or it never was."""
    asked = Asked(version=("version", "2"))
    with pytest.raises(ObservationError, match="longer than is looked back") as caught:
        windows(first_seen(5000.0), SYSTEM, asked, 6000.0, 1000, 15)
    assert caught.value.hint == "say when: --since TIME"
    with pytest.raises(ObservationError, match="no target ever reported version=2"):
        windows(prometheus(), SYSTEM, asked, 6000.0, 1000, 15)
