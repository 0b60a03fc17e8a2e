"""The Go toolchain: found, new enough, and run so that everything it started can be ended.

Go processes get a process group of their own. Their output is read line by line through a pipe;
should this process be killed outright, the next line they write ends them too (SIGPIPE).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from types import TracebackType
from typing import Self

from smokestack.errors import UsageError
from smokestack.stack.catalogue import ServerBuild, go_platform

ENDING_S = 5.0
"""How long Go may take to end when told to, before it is killed."""

_HOW_TO_GET_GO = (
    "install it from your system's packages or as https://go.dev/doc/install says, and put its "
    "bin folder on PATH; Docker is not needed to build or run the servers natively"
)


def require_go(builds: Sequence[ServerBuild]) -> str:
    """The path of a Go that can build all of these.

    Raises:
        UsageError: when Go is not on PATH or older than a go.mod asks for.
    """
    needed = max(_asked_version(build.module / "go.mod") for build in builds)
    wanted = ".".join(str(part) for part in needed)
    program = shutil.which("go")
    if program is None:
        raise UsageError(
            f"the servers are built with Go {wanted} or later, and there is no `go` on PATH",
            hint=_HOW_TO_GET_GO,
        )
    found = _installed_version(program, builds[0].module)
    if _numbers(found) < needed:
        raise UsageError(
            f"the servers need Go {wanted} or later, but {program} is {found or 'unknown'}",
            hint=_HOW_TO_GET_GO,
        )
    return program


def _asked_version(go_mod: Path) -> tuple[int, ...]:
    found = re.search(r"^go\s+([0-9.]+)", go_mod.read_text(), re.MULTILINE)
    return _numbers(found.group(1)) if found else (1,)


def _installed_version(program: str, module: Path) -> str:
    asked = subprocess.run(
        [program, "env", "GOVERSION"], cwd=module, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


class Processes:
    """The Go processes of one installation. Leaving the `with` block ends those that still run."""

    def __init__(self, program: str) -> None:
        self.stopped = threading.Event()
        self._program = program
        self._live: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def run(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        on_line: Callable[[str], None],
        environment: dict[str, str],
    ) -> int:
        """Run `go` with these arguments; `on_line` gets each line of its stdout and stderr.

        Raises:
            CancelledError: when the installation is being stopped.
        """
        process = self._start(arguments, folder, environment)
        try:
            for line in process.stdout or ():
                on_line(line.rstrip("\n"))
            code = process.wait()
        except BaseException:
            end(process)
            raise
        finally:
            with self._lock:
                self._live.discard(process)
        self.check()
        return code

    def check(self) -> None:
        """Raise CancelledError if the installation is being stopped."""
        if self.stopped.is_set():
            raise CancelledError

    def stop(self) -> None:
        """End what runs, and let nothing new begin."""
        with self._lock:
            self.stopped.set()
            live = list(self._live)
        for process in live:
            _signal_group(process, signal.SIGTERM)
        for process in live:
            end(process)

    def _start(
        self, arguments: Sequence[str], folder: Path, environment: dict[str, str]
    ) -> subprocess.Popen[str]:
        with self._lock:
            self.check()
            process = subprocess.Popen(
                [self._program, *arguments],
                cwd=folder,
                env=go_environment() | environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self._live.add(process)
        return process


def go_environment() -> dict[str, str]:
    """This process' environment, with what a reproducible static build must not vary."""
    goos, goarch = go_platform()
    fixed = {"CGO_ENABLED": "0", "GOWORK": "off", "GOOS": goos, "GOARCH": goarch}
    return dict(os.environ) | fixed


def end(process: subprocess.Popen[str]) -> None:
    """End the process and its children, and kill what is not gone in time."""
    _signal_group(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=ENDING_S)
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return
