"""A real Loki in three processes: what writes, what reads, and what both need behind them.

As its documentation has it for a scalable deployment ("Loki deployment modes", `-target=write`,
`read`, `backend`), on one machine: they find each other by memberlist on loopback and share a
folder where a deployment has object storage. It has tenants.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml

from smokestack.stack.binaries import find_binary
from smokestack.stack.ports import Ports
from smokestack.wait import until
from tests.stack.processes import end

TARGETS = ("write", "read", "backend")
READY_S = 45.0


@dataclass(frozen=True)
class SplitLoki:
    """The address of each process."""

    write: str
    read: str
    backend: str


@dataclass(frozen=True)
class _Ports:
    http: int
    grpc: int
    gossip: int


def configuration(folder: Path, target: str, ports: dict[str, _Ports]) -> dict[str, Any]:
    """The configuration of one process. All share the storage; the rest of their data is apart."""
    own, behind = ports[target], f"127.0.0.1:{ports['backend'].grpc}"
    here = {"store": "memberlist"}
    return {
        "auth_enabled": True,
        "analytics": {"reporting_enabled": False},
        "server": {
            "http_listen_address": "127.0.0.1",
            "http_listen_port": own.http,
            "grpc_listen_address": "127.0.0.1",
            "grpc_listen_port": own.grpc,
            "log_level": "warn",
        },
        "memberlist": {
            "bind_addr": ["127.0.0.1"],
            "bind_port": own.gossip,
            "advertise_addr": "127.0.0.1",
            "join_members": [f"127.0.0.1:{one.gossip}" for one in ports.values()],
            "gossip_interval": "100ms",
            "pull_push_interval": "1s",
            "rejoin_interval": "1s",
            "left_ingesters_timeout": "1s",
        },
        "common": {
            "path_prefix": str(folder / target),
            "instance_addr": "127.0.0.1",
            "replication_factor": 1,
            "ring": {"kvstore": here, "instance_addr": "127.0.0.1"},
            "compactor_grpc_address": behind,
            "storage": {
                "filesystem": {
                    "chunks_directory": str(folder / "shared" / "chunks"),
                    "rules_directory": str(folder / "shared" / "rules"),
                }
            },
        },
        "storage_config": {"tsdb_shipper": {"index_gateway_client": {"server_address": behind}}},
        "schema_config": {
            "configs": [
                {
                    "from": "2024-01-01",
                    "store": "tsdb",
                    "object_store": "filesystem",
                    "schema": "v13",
                    "index": {"prefix": "index_", "period": "24h"},
                }
            ]
        },
        "ingester": {"lifecycler": {"min_ready_duration": "0s", "final_sleep": "0s"}},
        "pattern_ingester": {"enabled": False},
        "frontend": {"scheduler_address": behind, "scheduler_dns_lookup_period": "1s"},
        "frontend_worker": {"scheduler_address": behind, "dns_lookup_duration": "1s"},
        "query_scheduler": {"use_scheduler_ring": False},
        "compactor": {"retention_enabled": True, "delete_request_store": "filesystem"},
        "limits_config": {"retention_period": "30d", "volume_enabled": True},
    }


@contextmanager
def split_loki(folder: Path) -> Iterator[SplitLoki]:
    """The three processes, ready; ended in any case."""
    drawn = Ports()
    ports = {one: _Ports(drawn.take(), drawn.take(), drawn.take()) for one in TARGETS}
    (folder / "shared").mkdir(parents=True)
    started: list[subprocess.Popen[bytes]] = []
    try:
        for target in ("backend", "write", "read"):
            file = folder / f"{target}.yaml"
            file.write_text(yaml.safe_dump(configuration(folder, target, ports)))
            with (folder / f"{target}.log").open("wb") as log:
                argv = [str(find_binary("loki")), f"-target={target}", f"-config.file={file}"]
                started.append(subprocess.Popen(argv, stdout=log, stderr=log))
        urls = {target: f"http://127.0.0.1:{ports[target].http}" for target in TARGETS}
        waited = until(lambda: all(_ready(url) for url in urls.values()), within_s=READY_S)
        assert waited.met, _said(folder)
        yield SplitLoki(**urls)
    finally:
        end([psutil.Process(one.pid) for one in started if one.poll() is None])
        for one in started:
            one.wait()
        drawn.release()


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready", timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _said(folder: Path) -> str:
    return "\n".join(f"{one.name}: {one.read_text()[-1500:]}" for one in folder.glob("*.log"))
