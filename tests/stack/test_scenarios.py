"""The scenarios under a real Locust, against a small server that remembers what it saw."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from smokestack import wait
from smokestack.errors import LoadError
from smokestack.load import ledger_file
from smokestack.load.outcome import Load
from smokestack.load.running import RunningLoad, start
from smokestack.load.scenario import ScenarioSpec

SCENARIOS = Path(__file__).parents[2] / "scenarios"

CUSTOM = """
from marked import MarkedUser
from smokestack.load.schedule import Mix, Plan, Planned

class Custom(MarkedUser):
    request_timeout_s = 0.5
    plan = Plan(lambda: Mix([Planned("GET", "{path}", "{path}")]), total=5, rate=None, users=2)
"""


@dataclass(frozen=True)
class Process:
    """A child of these tests."""

    name: str
    log: Path
    popen: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.popen.pid

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self.popen.poll()

    def stop(self, *, within_s: float) -> None:
        """SIGTERM, then SIGKILL."""
        self.popen.terminate()
        try:
            self.popen.wait(within_s)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


@dataclass
class PlainSpawner:
    """Starts children with subprocess, and ends what is left."""

    children: list[Process] = field(default_factory=list)

    def spawn(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path
    ) -> Process:
        """Start one."""
        with log.open("wb") as out:
            popen = subprocess.Popen(
                argv, env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        self.children.append(Process(name, log, popen))
        return self.children[-1]


@dataclass
class Seen:
    """What reached the server: (method, path, headers), in order."""

    requests: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def ids(self) -> Counter[str]:
        """How often each correlation id came."""
        return Counter(headers["x-correlation-id"] for _, _, headers in self.requests)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Method and path of each request."""
        return [(method, path) for method, path, _ in self.requests]


def handler(seen: Seen) -> type[BaseHTTPRequestHandler]:
    """A handler that records into `seen`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {key.lower(): value for key, value in self.headers.items()}
            seen.requests.append((self.command, self.path, headers))
            if self.path == "/drop":
                self.close_connection = True
                return
            if self.path in {"/silent", "/slow"}:
                seen.release.wait(5)
            self.answer()

        do_POST = do_GET  # noqa: N815 - http.server's names

        def answer(self) -> None:
            self.send_response({"/moved": 307}.get(self.path, self.status()))
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "2")
            self.send_header("X-Correlation-ID", self.headers["X-Correlation-ID"])
            self.end_headers()
            self.wfile.write(b"{}")

        def status(self) -> int:
            if self.path.endswith("/error"):
                return 500
            return 201 if self.command == "POST" else 200

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    return Handler


@contextmanager
def serving() -> Iterator[Seen]:
    """Serve on a free port as long as the block lasts."""
    seen = Seen()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(seen)) as httpd:
        httpd.daemon_threads = True
        seen.url = f"http://127.0.0.1:{httpd.server_address[1]}"
        threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True).start()
        yield seen
        seen.release.set()
        httpd.shutdown()


@pytest.fixture
def server() -> Iterator[Seen]:
    """A server, and what it saw."""
    with serving() as seen:
        yield seen


@pytest.fixture
def spawner() -> Iterator[PlainSpawner]:
    """A spawner that leaves nothing behind."""
    spawner = PlainSpawner()
    yield spawner
    for child in spawner.children:
        child.popen.kill()
        child.popen.wait()


@dataclass(frozen=True)
class Bench:
    """Starts scenarios against the server, each in the test's own directory."""

    server: Seen
    spawner: PlainSpawner
    directory: Path

    def start(self, scenario: str, *, gated: bool = False, **options: Any) -> RunningLoad:
        """Start a scenario."""
        spec = ScenarioSpec(
            options.pop("name", scenario), scenario, options.pop("host", self.server.url), **options
        )
        return start(
            spec,
            run_id="run-1",
            spawner=self.spawner,
            directory=self.directory,
            scenarios_dir=self.scenarios,
            gated=gated,
        )

    def run(self, scenario: str, **options: Any) -> Load:
        """Run a scenario to its end."""
        return self.start(scenario, **options).finish(30.0)

    @property
    def scenarios(self) -> Path:
        """The test's own scenarios, or else ours."""
        own = self.directory / "scenarios"
        return own if own.exists() else SCENARIOS

    def custom(self, path: str, text: str = CUSTOM) -> None:
        """Make a scenario `custom` that sends 5 requests to `path`."""
        own = self.directory / "scenarios"
        own.mkdir()
        for name in ("marked.py", "course.py", "dialects.py"):
            shutil.copy(SCENARIOS / name, own)
        (own / "custom.py").write_text(text.replace("{path}", path))


@pytest.fixture
def bench(server: Seen, spawner: PlainSpawner, tmp_path: Path) -> Bench:
    """A bench in a fresh directory."""
    return Bench(server, spawner, tmp_path)


def test_smoke_sends_what_the_seeds_ask_for(bench: Bench) -> None:
    """25 health requests and 25 through both services; the ledger has each, once."""
    load = bench.run("smoke")
    assert load.ledger.counts == {
        ("GET", "/api/v1/health", 200): 25,
        ("GET", "/api/v1/orders/{order_id}", 200): 25,
    }
    assert bench.server.ids == Counter(r.correlation_id for r in load.ledger.requests)
    assert all(r.echoed_id == r.correlation_id for r in load.ledger.requests)
    assert (load.info.shortfall, load.info.asked_rate) == (None, None)


def test_every_request_is_marked(bench: Bench) -> None:
    """Run id, correlation id, traceparent, baggage and tenant, as the ledger has them."""
    load = bench.run("smoke", total=4)
    by_id = {r.correlation_id: r for r in load.ledger.requests}
    assert sorted(by_id) == [f"run-1-smoke-00000{n}" for n in range(1, 5)]
    for _, _, headers in bench.server.requests:
        request = by_id[headers["x-correlation-id"]]
        assert headers["traceparent"] == f"00-{request.trace_id}-{request.span_id}-01"
        assert headers["baggage"] == (
            "smokestack.run_id=run-1,smokestack.load=run-1-smoke,synthetic_request=true"
        )
        assert headers["x-smokestack-run"] == "run-1"
        assert headers["x-tenant-id"] == "smoketest"
        assert (len(request.trace_id), len(request.span_id)) == (32, 16)
    assert len({r.trace_id for r in by_id.values()}) == 4


def test_steady_is_the_same_every_time(bench: Bench) -> None:
    """Mix and order are exact, errors on purpose do not fail it, and the pace is kept."""
    first = bench.run("steady", name="one", total=100)
    second = bench.run("steady", name="two", total=100)
    mixes = [
        [
            (r.n, r.method, r.route, r.status)
            for r in sorted(load.ledger.requests, key=lambda r: r.n)
        ]
        for load in (first, second)
    ]
    assert mixes[0] == mixes[1]
    assert first.ledger.counts["POST", "/api/v1/test/error", 500] == 3
    assert first.ledger.counts["POST", "/api/v1/orders", 201] == 10
    assert first.info.asked_rate == 100.0
    assert ("GET", "/api/v1/orders?limit=5") in bench.server.lines


def test_the_intended_start_keeps_to_the_schedule(bench: Bench) -> None:
    """An open loop intends a request every 10 ms, whenever it could be sent."""
    load = bench.run("steady", total=50)
    ordered = sorted(load.ledger.requests, key=lambda r: r.intended_at)
    gaps = [b.intended_at - a.intended_at for a, b in pairwise(ordered)]
    assert all(gap == pytest.approx(0.01, abs=1e-5) for gap in gaps)
    assert all(r.sent_at >= r.intended_at - 0.002 for r in ordered)


@pytest.mark.parametrize(
    ("scenario", "total", "moments"),
    [
        # 10 + 22.5 t requests a second, as far as 1.5 s
        ("ramp", 40, [(math.sqrt(100 + 45 * n) - 10) / 22.5 for n in range(40)]),
        ("spike", 70, [n / 20 if n < 30 else 1.5 + (n - 30) / 200 for n in range(70)]),
        ("slow_burst", 60, [n / 40 for n in range(60)]),
        ("soak", 30, [n / 20 for n in range(30)]),
    ],
)
def test_each_course_over_time_is_kept(
    bench: Bench, scenario: str, total: int, moments: list[float]
) -> None:
    """The first second or two: each request is intended when it is due, and sent."""
    load = bench.run(scenario, total=total)
    ordered = sorted(load.ledger.requests, key=lambda r: r.n)
    seen = [one.intended_at - ordered[0].intended_at for one in ordered]
    assert seen == [pytest.approx(one, abs=1e-4) for one in moments]
    assert sum(bench.server.ids.values()) == total
    slow = [one.n for one in ordered if one.route.endswith("/slow")]
    assert slow == (list(range(42, 61, 2)) if scenario == "slow_burst" else [])


def test_the_burst_follows_its_phases(bench: Bench) -> None:
    """Gated it sends nothing; each phase has its ratio; stop ends it at once."""
    running = bench.start("error_burst", gated=True)
    assert wait.until(lambda: running.is_ready() or running.is_done(), within_s=15).met
    assert not bench.server.requests
    marks = [0]
    for phase, ratio in (("hold", 0.04), ("burst", 0.5), ("recover", 0.0)):
        running.phase(phase, error_ratio=ratio)
        enough = (marks[-1] + 60).__le__
        assert wait.until(running.sent_so_far, enough, within_s=15).met
        marks.append(running.sent_so_far())
    running.phase("stop")
    load = running.finish(10.0)
    routes = [r.route for r in sorted(load.ledger.requests, key=lambda r: r.n)]
    shares = [
        sum(route.endswith("/error") for route in routes[a + 20 : b]) / (b - a - 20)
        for a, b in pairwise(marks)
    ]
    assert shares == [pytest.approx(0.04, abs=0.03), pytest.approx(0.5, abs=0.03), 0.0]
    assert load.info.shortfall is None or "requests/s" in load.info.shortfall
    assert sum(bench.server.ids.values()) == len(load.ledger)


def test_a_scenario_ends_by_itself(bench: Bench) -> None:
    """Nobody says stop: after max_seconds it ends, and says that it was not told to."""
    load = bench.run("error_burst", max_seconds=0.5)
    assert load.info.shortfall is not None
    assert "its 0.5 s were over" in load.info.shortfall
    assert sum(bench.server.ids.values()) == len(load.ledger)


def test_requests_in_flight_are_drained(bench: Bench) -> None:
    """SIGTERM with both users waiting for slow answers: they get them, and the ledger is whole."""
    bench.custom("/slow", CUSTOM.replace("0.5", "5"))
    running = bench.start("custom")
    assert wait.until(lambda: len(bench.server.requests) == 2, within_s=15).met
    threading.Timer(0.3, bench.server.release.set).start()
    running.stop()
    ledger = ledger_file.read(running.ledger_path).ledger
    assert [r.status for r in ledger.requests] == [200, 200]
    assert bench.server.ids == Counter(r.correlation_id for r in ledger.requests)


def test_no_answer_is_unknown(bench: Bench) -> None:
    """A request that timed out has no status, and the load says how many and why."""
    bench.custom("/silent")
    load = bench.run("custom")
    assert len(load.ledger.unknown) == 5
    assert {r.error for r in load.ledger.unknown} == {"no answer within 0.5 s"}
    assert all(0.4 < r.latency_s < 3 for r in load.ledger.unknown)
    assert load.info.shortfall is not None
    assert "0 of 5 requests were answered, 5 got no answer" in load.info.shortfall


def test_nothing_is_sent_twice(bench: Bench) -> None:
    """The server closes without an answer: it saw each request once, and the ledger knows none."""
    bench.custom("/drop")
    load = bench.run("custom")
    assert len(load.ledger.unknown) == 5
    assert set(bench.server.ids.values()) == {1}
    assert sum(bench.server.ids.values()) == 5


def test_redirects_are_answers(bench: Bench) -> None:
    """They are counted, not followed: each line of the ledger is one request at the server."""
    bench.custom("/moved")
    load = bench.run("custom")
    assert load.ledger.counts == {("GET", "/moved", 307): 5}
    assert set(bench.server.lines) == {("GET", "/moved")}


def test_nobody_listening_is_unknown(bench: Bench, unused_port: int) -> None:
    """Connections refused are in the ledger, with the error."""
    load = bench.run("smoke", host=f"http://127.0.0.1:{unused_port}", total=5)
    assert len(load.ledger.unknown) == 5
    assert "refused" in (load.ledger.unknown[0].error or "").lower()


@pytest.fixture
def unused_port() -> int:
    """A port that nobody listens on."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed_at_once:
        return int(closed_at_once.server_address[1])


def test_a_broken_scenario_shows_why(bench: Bench) -> None:
    """The log's last lines are in the message."""
    bench.custom("/", "import nothing_of_that_name")
    with pytest.raises(LoadError, match="No module named 'nothing_of_that_name'"):
        bench.run("custom")


def test_an_error_ratio_for_a_scenario_without_errors_is_said(bench: Bench) -> None:
    """A control file that cannot be obeyed ends the scenario, not silently."""
    running = bench.start("smoke", gated=True)
    running.phase("burst", error_ratio=0.5)
    with pytest.raises(LoadError, match="no error request to mix in"):
        running.finish(20.0)


def by_hand(directory: Path, host: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the smoke scenario as a person would."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LOCUST_", "SMOKESTACK_"))}
    argv = [sys.executable, "-m", "locust", "-f", str(SCENARIOS / "smoke.py"), "--headless"]
    return subprocess.run(
        [*argv, "--only-summary", "--host", host],
        cwd=directory,
        env=kept | env,
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_by_hand_it_writes_its_ledger_here(server: Seen, tmp_path: Path) -> None:
    """Without any of our variables it runs, and says where the ledger is."""
    done = by_hand(tmp_path, server.url)
    assert done.returncode == 0, done.stderr
    assert "the ledger is written to ledger.jsonl" in done.stderr
    assert len(ledger_file.read(tmp_path / "ledger.jsonl").ledger) == 50


def test_by_hand_a_remote_host_is_refused(tmp_path: Path) -> None:
    """Exit code 2, and what would allow it."""
    done = by_hand(tmp_path, "http://192.0.2.1:9")
    assert done.returncode == 2
    assert "refusing to send load to http://192.0.2.1:9" in done.stderr
    assert "SMOKESTACK_ALLOW_REMOTE=1" in done.stderr


def test_by_hand_a_bad_figure_is_refused(server: Seen, tmp_path: Path) -> None:
    """Exit code 2, and which variable."""
    done = by_hand(tmp_path, server.url, SMOKESTACK_TOTAL="lots")
    assert done.returncode == 2
    assert "SMOKESTACK_TOTAL must be a number above zero, not 'lots'" in done.stderr
