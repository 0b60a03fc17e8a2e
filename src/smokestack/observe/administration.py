"""Prometheus' own configuration: what it runs with, and what it is told to do about it.

Asked of the server, never read from its file: a file that was changed after the start, or that
the server did not take, says nothing of what runs.
"""

from __future__ import annotations

import re
from typing import Any

import httpx

from smokestack import yaml_file
from smokestack.configuration import Intervals, Loaded, Retention
from smokestack.observe.edge import Edge
from smokestack.observe.exposition import read_metrics
from smokestack.observe.timestamps import seconds

RUNTIME = "/api/v1/status/runtimeinfo"
FLAGS = "/api/v1/status/flags"
CONFIG = "/api/v1/status/config"
POOLS = "/api/v1/scrape_pools"
RELOAD = "/-/reload"
SNAPSHOT = "/api/v1/admin/tsdb/snapshot"

_SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4, "PiB": 1024**5}
_SIZE = re.compile(r"(\d+)([KMGTP]i)?B")


class Administration:
    """The status and administration APIs of one Prometheus. Raises Unreachable, BadResponse."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    def retention(self) -> Retention:
        """What its storage was given: `30d or 50GiB`, one of the two, or none of them."""
        return self.edge.read(
            RUNTIME, None, lambda answer: retention_of(answer["data"]["storageRetention"])
        )

    def intervals(self) -> Intervals:
        """The intervals of `global` as it has loaded them, defaults filled in."""

        def decode(answer: Any) -> Intervals:
            given = yaml_file.parse(answer["data"]["yaml"])["global"]
            return Intervals(
                seconds(given["scrape_interval"]), seconds(given["evaluation_interval"])
            )

        return self.edge.read(CONFIG, None, decode)

    def loaded(self) -> Loaded:
        """What it runs with right now: from its own metrics, which need no scrape, and from the
        scrape manager.
        """
        jobs = self.edge.read(POOLS, None, lambda answer: answer["data"]["scrapePools"])
        own = read_metrics(self.edge)

        def value(name: str) -> float:
            found = own.value(name)
            if found is None:
                raise LookupError(name)
            return found

        return self.edge.decoded(
            "/metrics",
            own,
            lambda _: Loaded(
                jobs=frozenset(jobs),
                at=value("prometheus_config_last_reload_success_timestamp_seconds"),
                successful=value("prometheus_config_last_reload_successful") == 1,
                started_at=value("process_start_time_seconds"),
            ),
        )

    def reload(self) -> str | None:
        """Have it read its configuration again; what it says against that, None where it did."""
        return _refusal(self.edge.send("POST", RELOAD))

    def snapshot(self) -> tuple[str, str | None]:
        """Have it write a snapshot; its name, or what it says against that."""
        reply = self.edge.send("POST", SNAPSHOT)
        if (refused := _refusal(reply)) is not None:
            return "", refused
        answer = self.edge.json_of(reply, SNAPSHOT)
        return self.edge.decoded(SNAPSHOT, answer, lambda told: str(told["data"]["name"])), None

    def data_folder(self) -> str:
        """Where it keeps its data, as it sees its own files."""
        return self.edge.read(
            FLAGS, None, lambda answer: str(answer["data"]["storage.tsdb.path"]).rstrip("/")
        )


def retention_of(told: str) -> Retention:
    """`30d or 50GiB` in seconds and bytes. Raises ValueError for what is neither."""
    time = size = None
    for part in filter(None, told.split(" or ")):
        if part.endswith("B"):
            size = _bytes(part)
        else:
            time = seconds(part)
    return Retention(time, size)


def _bytes(text: str) -> float:
    """`50GiB`, or `1GiB512MiB`."""
    if "".join(match[0] for match in _SIZE.finditer(text)) != text:
        raise ValueError(f"not a size: {text!r}")
    return sum(float(one[1]) * _SIZES[f"{one[2] or ''}B"] for one in _SIZE.finditer(text))


def _refusal(reply: httpx.Response) -> str | None:
    """What a server says against doing what it was told: Prometheus in JSON here, as text there."""
    if reply.is_success:
        return None
    try:
        said = str(reply.json()["error"])
    except (ValueError, LookupError, TypeError):
        said = reply.text.strip()
    return f"{reply.status_code} {said}".strip()
