"""What servers use: over a while, of local processes, of containers, by their own metrics."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import psutil
import pytest

from smokestack.drive.own_figures import server_of, told_by
from smokestack.drive.sampler import Sampler
from smokestack.errors import Unreachable
from smokestack.samples import Series
from smokestack.stack import container_usage, process_usage
from smokestack.usage import Counted, Usage, Used, completed, gathered
from smokestack.wait import until
from tests.unit.judged import SYSTEM

MIB = 1024**2


def test_cores_are_followed_over_one_life_at_a_time() -> None:
    """A restart in between is left out, not taken for time that was given back."""
    used = Used(
        (Usage(0, "a", cpu_s=1), Usage(2, "a", cpu_s=2), Usage(4, "b", cpu_s=0.1),
         Usage(6, "b", cpu_s=2.1), Usage(7, "b")),
    )  # fmt: skip
    assert used.seconds == 4
    assert used.cores == pytest.approx(3 / 4)
    assert used.within(5, 7).cores is None
    assert Used().cores is None
    assert [one.at for one in used.around(3, 5).samples] == [2, 4, 6]
    assert [one.at for one in used.around(-1, 99).samples] == [0, 2, 4, 6, 7]
    assert Used((Usage(0, cpu_s=5), Usage(1, cpu_s=1))).cores is None  # a counter that fell


def test_a_server_that_is_restarted_all_the_while_is_followed_over_all_of_it() -> None:
    """An alert that restarts drive leaves no two looks at one life beside the traffic."""
    used = Used(
        (Usage(0, "a", cpu_s=1), Usage(2, "a", cpu_s=2), Usage(4, "b", cpu_s=0.1),
         Usage(6, "c", cpu_s=0.1)),
    )  # fmt: skip
    assert used.around(3, 5).cores is None
    assert used.followed(3, 5) == used
    assert used.followed(1, 3) == used.around(1, 3)


def test_peak_and_growth() -> None:
    """Samples that lack a figure count nothing; without any there is none."""
    used = Used((Usage(0, memory=5), Usage(1), Usage(2, memory=9), Usage(3, memory=7)))
    assert (used.peak("memory"), used.growth("memory")) == (9, 2)
    assert (used.peak("disk"), used.growth("disk")) == (None, None)


def test_what_one_source_lacks_another_gives() -> None:
    """What the first one has is its own; a server that it never saw is the second's alone."""
    engine = Used((Usage(0, cpu_s=1, memory=10), Usage(2, cpu_s=2, memory=11)), "the engine")
    own = Used((Usage(1, cpu_s=7, memory=99, open_files=4),), "its own metrics")
    both = completed(engine, own)
    assert (both.peak("memory"), both.peak("open_files"), both.cores) == (11, 4, 0.5)
    assert both.source == "the engine; its own metrics"
    assert completed(None, own) == own
    assert completed(engine, Used((Usage(1, memory=99),))) == engine


def test_counters_that_fell_or_were_not_read_have_not_grown() -> None:
    """A restart tells nothing of what came before it."""
    first, last = Counted(0, {"a": 5, "b": 9}, {}), Counted(9, {"a": 7, "b": 1, "c": 3}, {})
    assert [last.since(first, name) for name in "abc"] == [2, None, None]


def test_a_local_process_with_its_children(tmp_path: Path) -> None:
    """CPU, memory and files of a whole tree, and what its folder holds; one that ended is left
    out.
    """
    (tmp_path / "data").write_bytes(b"x" * 50_000)
    program = (
        "import subprocess, sys, time; held = [open('/dev/null') for _ in range(40)];"
        "child = subprocess.Popen([sys.executable, '-c', 'b=bytearray(b\"1\")*60_000_000;"
        "import time; print(1, flush=True); time.sleep(60)'], stdout=subprocess.PIPE);"
        "child.stdout.readline(); print(1, flush=True); child.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        roots = {"server": parent.pid, "gone": 2**22 + 1}
        seen = process_usage.usage_of(roots, {"server": [tmp_path]})
        for one in psutil.Process(parent.pid).children():
            one.kill()
    assert set(seen) == {"server"}
    used = seen["server"]
    assert used.life == str(parent.pid)
    assert used.memory is not None
    assert used.memory > 60 * MIB  # the child's
    assert (used.open_files or 0) > 40  # the parent's
    assert (used.cpu_s or 0) > 0
    assert (used.disk or 0) >= 50_000


def test_what_a_quota_holds_back_is_told_per_second() -> None:
    """Beside the cores; what falls gives nothing back."""
    seen = (
        Usage(0, cpu_s=1, held_s=1),
        Usage(2, cpu_s=2, held_s=2),
        Usage(4, cpu_s=3, held_s=1.5),
    )
    assert Used(seen).held == pytest.approx(0.25)
    assert Used((Usage(0, cpu_s=1), Usage(1, cpu_s=2))).held == 0
    assert Used().held == 0


STATS: Mapping[str, Any] = {
    "read": "2026-11-21T21:48:00.899347734Z",
    "cpu_stats": {"cpu_usage": {"total_usage": 2_500_000_000}},
    "memory_stats": {"usage": 30 * MIB, "stats": {"inactive_file": 10 * MIB}},
}


def test_a_container_by_its_engine() -> None:
    """As `docker stats` counts it: without the cache that the kernel would give back."""
    used = container_usage.usage_of(STATS)
    assert used is not None
    assert (used.cpu_s, used.memory, used.open_files) == (2.5, 20 * MIB, None)
    assert used.at == pytest.approx(1795297680.899347)
    assert used.held_s is None
    held = {"periods": 9, "throttled_periods": 3, "throttled_time": 1_500_000_000}
    throttled = {**STATS, "cpu_stats": {**STATS["cpu_stats"], "throttling_data": held}}
    assert getattr(container_usage.usage_of(throttled), "held_s", None) == 1.5
    older = {**STATS, "memory_stats": {"usage": 5, "stats": {"total_inactive_file": 9}}}
    assert getattr(container_usage.usage_of(older), "memory", None) == 0


@pytest.mark.parametrize(
    "stats",
    [{}, {"cpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {}}],
    ids=["gone", "ended"],
)
def test_a_container_that_does_not_run_uses_nothing(stats: Mapping[str, Any]) -> None:
    """Its figures would be zeros; they are none."""
    assert container_usage.usage_of(stats) is None


def test_what_servers_say_of_themselves() -> None:
    """By their scrape targets, those of one scrape together; others' processes are not ours."""
    samples = [
        Series("process_open_fds", {"instance": "front:1"}, 12, 5.0),
        Series("process_resident_memory_bytes", {"instance": "front:1"}, 900, 5.0),
        Series("process_cpu_seconds_total", {"instance": "front:1"}, 3, 6.0),
        Series("process_open_fds", {"instance": "elsewhere:1"}, 99, 5.0),
        Series("something_else", {"instance": "front:1"}, 99, 5.0),
    ]
    told = told_by(SYSTEM, samples)
    assert set(told) == {"front"}
    assert told["front"].samples == (
        Usage(5.0, open_files=12, memory=900),
        Usage(6.0, cpu_s=3),
    )
    assert told["front"].source == "its own metrics"
    assert server_of("prometheus", "localhost:9090") == "prometheus"
    assert server_of("node", "node-exporter:9100") == "node-exporter"


def counted() -> Counted:
    """Counters that a server has."""
    return Counted(time.time(), {"logs": 1.0}, {})


def test_sampler_looks_until_the_traffic_has_arrived() -> None:
    """At least once at the end, and the counters at both ends."""
    looked = threading.Event()

    def look() -> Mapping[str, Usage]:
        looked.set()
        return {"loki": Usage(time.time(), memory=5)}

    sampler = Sampler(look, counted, "a test", every_s=0.01)
    sampler.begin()
    first: Future[None] = Future()
    second: Future[None] = Future()
    sampler.ends_with([first, second])
    looked.wait(10)
    first.set_result(None)
    assert sampler.so_far()["loki"].source == "a test"
    second.set_result(None)
    assert until(lambda: len(sampler._counted) == 2, within_s=10).met
    seen = sampler.seen()
    assert seen.used["loki"].samples
    assert (len(seen.counted), seen.error) == (2, "")
    sampler.end()


def test_sampler_says_why_it_saw_nothing() -> None:
    """What breaks it is told to who asks, not lost in a thread."""

    def broken() -> Counted:
        raise Unreachable("prometheus does not answer")

    sampler = Sampler(dict, broken, "a test", every_s=0.01)
    sampler.begin()
    seen = sampler.seen()
    assert (seen.error, seen.used) == ("prometheus does not answer", {})


def test_sampler_lets_the_servers_alone() -> None:
    """The while begins once they have settled, and is as long as it was asked to be."""
    sampler = Sampler(dict, counted, "", began_at=time.time() - 100)
    sampler.stay_idle(90)
    assert sampler.idle is not None
    start, end = sampler.idle
    assert end - start >= 89.9


def test_gathered_by_server() -> None:
    """A server that is restarted lacks a moment."""
    found = gathered(({"a": Usage(0), "b": Usage(0)}, {"a": Usage(1)}), "here")
    assert {name: len(one.samples) for name, one in found.items()} == {"a": 2, "b": 1}
