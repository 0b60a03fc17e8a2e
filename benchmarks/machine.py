"""What the figures were measured on: the hardware, and what ran on it."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

from smokestack.stack.catalogue import load_catalogue

GIB = 1 << 30


@dataclass(frozen=True)
class Hardware:
    """Absolute figures of two of these cannot be compared."""

    cpu: str
    cores: int
    memory_gib: float

    def __str__(self) -> str:
        return f"{self.cpu}, {self.cores} cores, {self.memory_gib:g} GiB of memory"


def hardware() -> Hardware:
    """This machine: all cores that this process may use, and all memory that there is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    return Hardware(_cpu(), len(os.sched_getaffinity(0)), round(memory, 1))


def software() -> dict[str, str]:
    """Name -> version of what takes part in a measurement."""
    servers = {one.name: one.version for one in load_catalogue().by_name.values()}
    return {
        "OS": f"{_distribution()}, kernel {platform.release()}",
        "Python": platform.python_version(),
        "Go": _go(),
        **servers,
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        return platform.system()


def _go() -> str:
    try:
        done = subprocess.run(
            ["go", "env", "GOVERSION"],
            check=True, capture_output=True, text=True, timeout=30,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "none"
    return done.stdout.strip().removeprefix("go")
