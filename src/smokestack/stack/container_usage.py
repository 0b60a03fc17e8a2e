"""What a container uses, read from an engine's answer to `GET /containers/<id>/stats`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from smokestack.usage import Usage

CACHE = ("inactive_file", "total_inactive_file")
"""What the kernel would give back at once: cgroup v2 and v1. `docker stats` leaves it out too."""


def usage_of(stats: Mapping[str, Any]) -> Usage | None:
    """Usage of a container that runs; None of one that does not. Open files no engine counts."""
    cpu = stats.get("cpu_stats") or {}
    spent, throttled = cpu.get("cpu_usage") or {}, cpu.get("throttling_data") or {}
    memory = stats.get("memory_stats") or {}
    if not spent.get("total_usage") or "usage" not in memory:
        return None
    told = memory.get("stats") or {}
    cached = next((told[name] for name in CACHE if name in told), 0)
    return Usage(
        at=datetime.fromisoformat(stats["read"]).timestamp(),
        cpu_s=spent["total_usage"] / 1e9,
        held_s=throttled["throttled_time"] / 1e9 if "throttled_time" in throttled else None,
        memory=float(max(0, memory["usage"] - cached)),
    )
