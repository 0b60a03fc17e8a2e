"""The arms: the same application, several times, with more and less telemetry."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import psutil

from smokestack import wait
from smokestack.arms import AGAIN, OFF
from smokestack.endpoints import Endpoint
from smokestack.observe.edge import CallLog, Edge
from smokestack.processes import ChildProcess, Spawner
from smokestack.stack.ports import Ports
from smokestack.stack.supervised import clean_environment
from smokestack.system.overhead import ON, Overhead

READY_S = 30.0
STOP_S = 1.0
LAST_LINES = 3
SWITCHES = {"metrics": "APP_METRICS", "logs": "APP_LOGS", "traces": "APP_TRACES"}
"""How the sample application is told what to do without."""


@dataclass(frozen=True)
class Launch:
    """How an arm is started."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    cwd: Path


@dataclass
class Arm:
    """One arm. `child` is None where it runs already."""

    name: str
    edge: Edge
    child: ChildProcess | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.edge.endpoint.url

    def pids(self) -> list[int]:
        """Its process, and those that it started."""
        if self.child is None:
            return []
        try:
            first = psutil.Process(self.child.pid)
            return [first.pid, *(one.pid for one in first.children(recursive=True))]
        except psutil.Error:
            return []

    def ended(self) -> str | None:
        """How it went away, if it did."""
        if self.child is None or self.child.exit_code() is None:
            return None
        last = " / ".join(self.lines()[-LAST_LINES:]) or "nothing"
        return f"it ended with exit code {self.child.exit_code()}; the last that it wrote: {last}"

    def lines(self) -> list[str]:
        """What it wrote to its standard output and error."""
        if self.child is None:
            return []
        return self.child.log.read_text(encoding="utf-8", errors="replace").splitlines()


@dataclass
class Arms:
    """All arms of one comparison. Use as a context manager: it ends what it started."""

    section: Overhead
    spawner: Spawner
    folder: Path
    launches: Mapping[str, Launch]
    calls: CallLog
    ports: Ports = field(default_factory=Ports)
    running: dict[str, Arm] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Start them all, and wait until each answers its quiet route, or why it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            for name in self.section.arms:
                self._start(name)
            with ThreadPoolExecutor(len(self.running)) as pool:
                list(pool.map(self._await, list(self.running.values())))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End those that were started, side by side."""
        children = [arm.child for arm in self.running.values() if arm.child is not None]
        if children:
            with ThreadPoolExecutor(len(children)) as pool:
                list(pool.map(lambda child: child.stop(within_s=STOP_S), children))
        for arm in self.running.values():
            arm.edge.close()
        self.ports.release()

    def whole(self) -> list[Arm]:
        """Those that still run, after a look at each."""
        for name, arm in self.running.items():
            if name not in self.broken and (why := arm.ended()):
                self.broken[name] = why
        return [arm for name, arm in self.running.items() if name not in self.broken]

    def _start(self, name: str) -> None:
        if self.section.urls is not None:
            url = self.section.urls[OFF if name in (OFF, AGAIN) else ON].rstrip("/")
            self.running[name] = Arm(name, self._edge(name, url))
            return
        port = self.ports.take()
        launch = _filled(self.launches[name], {"port": str(port)})
        child = self.spawner.spawn(
            f"arm {name}",
            launch.argv,
            env=clean_environment({"PORT": str(port), **launch.environment}),
            cwd=launch.cwd,
            log=self.folder / f"{name}.log",
        )
        self.running[name] = Arm(name, self._edge(name, f"http://127.0.0.1:{port}"), child)

    def _edge(self, name: str, url: str) -> Edge:
        return Edge(Endpoint(f"arm {name}", url), calls=self.calls)

    def _await(self, arm: Arm) -> None:
        quiet = self.section.routes.quiet

        def ready() -> bool:
            return arm.ended() is not None or arm.edge.send(quiet.method, quiet.path).is_success

        waited = wait.until(ready, within_s=READY_S, every_s=0.1, what=f"arm {arm.name}")
        if why := arm.ended():
            self.broken[arm.name] = why
        elif not waited.met:
            why = f"it did not answer {quiet} with 2xx within {READY_S:.0f} s"
            self.broken[arm.name] = f"{why}: {waited.error.message}" if waited.error else why


def _filled(launch: Launch, words: Mapping[str, str]) -> Launch:
    def fill(text: str) -> str:
        for word, value in words.items():
            text = text.replace("{" + word + "}", value)
        return text

    environment = {key: fill(value) for key, value in launch.environment.items()}
    return replace(launch, argv=tuple(map(fill, launch.argv)), environment=environment)


def own(section: Overhead, cwd: Path, otlp: str | None) -> dict[str, Launch]:
    """How a service of one's own is started: one command, an environment for each arm."""
    sent = {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp} if otlp else {}
    return {
        name: Launch(section.start or (), {**sent, **section.environment.get(_kind(name), {})}, cwd)
        for name in section.arms
    }


def sample(
    section: Overhead, system: str, root: Path, folder: Path, otlp: str | None
) -> dict[str, Launch]:
    """How the sample application is started: all that it has in one process, whose CPU time can
    be told, with its shipped durations whatever the pace of the stack is.
    """
    return {
        name: Launch(
            (sys.executable, "-m", "app", "monolith"),
            {
                **_common(system, folder / name.replace(" ", "-"), otlp),
                **dict(_switched(name)),
                "OTEL_SERVICE_NAME": f"overhead-{name.replace(' ', '-')}",
                **section.environment.get(_kind(name), {}),
            },
            root / "fixtures",
        )
        for name in section.arms
    }


def _kind(name: str) -> str:
    return OFF if name == AGAIN else name


def _common(system: str, folder: Path, otlp: str | None) -> dict[str, str]:
    return {
        "APP_SYSTEM": system,
        "APP_LISTEN": "127.0.0.1:{port}",
        "APP_LOG_DIR": str(folder),
        "APP_DATABASE": str(folder / "orders.db"),
        "PYTHONHASHSEED": "0",  # else the dictionaries of no two arms would be alike
        **({"OTEL_EXPORTER_OTLP_ENDPOINT": otlp} if otlp else {"OTEL_TRACES_EXPORTER": "none"}),
    }


def _switched(name: str) -> Iterator[tuple[str, str]]:
    for signal, variable in SWITCHES.items():
        yield variable, "on" if name in (signal, "all") else "off"
