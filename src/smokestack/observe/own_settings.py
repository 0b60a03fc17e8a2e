"""What Loki and Tempo say that they are configured with, defaults filled in."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from smokestack import yaml_file
from smokestack.configuration import LogSchema, Retention
from smokestack.observe.edge import Edge
from smokestack.observe.timestamps import seconds

LOKI_CONFIG = "/config"
TEMPO_CONFIG = "/status/config"

Settings = Mapping[str, Any]


def loki_retention(edge: Edge) -> Retention:
    """How long Loki keeps lines, and whether its compactor deletes any: it deletes none unless
    told to, whatever the period. Raises Unreachable, BadResponse.
    """
    return edge.decoded(LOKI_CONFIG, _settings(edge, LOKI_CONFIG), _lines_kept)


def loki_schema(edge: Edge) -> LogSchema:
    """The schema by which Loki stores what comes today. Raises Unreachable, BadResponse."""
    today = time.strftime("%Y-%m-%d", time.gmtime())
    settings = _settings(edge, LOKI_CONFIG)
    return edge.decoded(LOKI_CONFIG, settings, lambda told: schema_of(told, today))


def tempo_retention(edge: Edge) -> Retention:
    """How long Tempo keeps blocks. Raises Unreachable, BadResponse."""
    return edge.decoded(TEMPO_CONFIG, _settings(edge, TEMPO_CONFIG), _blocks_kept)


def _settings(edge: Edge, path: str) -> Any:
    return edge.decoded(path, edge.get_text(path), yaml_file.parse)


def _lines_kept(told: Settings) -> Retention:
    kept = seconds(told["limits_config"]["retention_period"])
    return Retention(kept or None, enforced=told["compactor"]["retention_enabled"] is True)


def schema_of(told: Settings, today: str) -> LogSchema:
    """Of several schemas, each holds from its day on: the last one that has begun."""
    begun = [one for one in told["schema_config"]["configs"] if str(one["from"]) <= today]
    active = max(begun, key=lambda one: str(one["from"]))
    return LogSchema(active["schema"], active["store"], seconds(active["index"]["period"]))


def _blocks_kept(told: Settings) -> Retention:
    """Since Tempo 3 the backend worker deletes, before it was the compactor."""
    deletes = told.get("backend_worker") or told["compactor"]
    return Retention(seconds(deletes["compaction"]["block_retention"]) or None)
