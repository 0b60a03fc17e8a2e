"""Declared listeners and paths move; text that merely mentions them does not."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from smokestack import yaml_file
from smokestack.stack.compose_file import read_services
from smokestack.stack.passwords import passwords
from smokestack.stack.relocation import Relocation

ANY = "0.0.0.0"  # noqa: S104, read, never bound
ROOT = Path(__file__).parents[2]
HERE = Relocation(
    addresses={
        ("prometheus", 9090): "127.0.0.1:41001",
        ("loki", 3100): "127.0.0.1:41002",
        ("tempo", 4317): "127.0.0.1:41003",
        ("grafana", 80): "127.0.0.1:41004",
    },
    paths={
        "/var/log/app": "/run/x/data/app-logs",
        "/var/log": "/run/x/data/logs",
        "/etc/prometheus/rules": "/run/x/config/rules",
        "/prometheus": "/run/x/data/prometheus",
        "/host": "/",
    },
    listen={9090: "127.0.0.1:41001", 8888: "127.0.0.1:41005"},
)
SERVICES = {"prometheus", "loki", "tempo", "grafana"}


@pytest.mark.parametrize(
    ("scalar", "expected"),
    [
        ("prometheus:9090", "127.0.0.1:41001"),
        ("http://loki:3100", "http://127.0.0.1:41002"),
        ("http://loki:3100/otlp?a=b,c#d", "http://127.0.0.1:41002/otlp?a=b,c#d"),
        ("http://me:secret@loki:3100/", "http://me:secret@127.0.0.1:41002/"),
        ("dns:///tempo:4317", "dns:///127.0.0.1:41003"),
        ("http://grafana/d/x", "http://127.0.0.1:41004/d/x"),
        (":9090", "127.0.0.1:41001"),
        ("0.0.0.0:9090", "127.0.0.1:41001"),
        ("localhost:9090", "127.0.0.1:41001"),
        ("127.0.0.1:8888", "127.0.0.1:41005"),
        ("[::]:8888", "127.0.0.1:41005"),
        ("http://localhost:9090/-/ready", "http://127.0.0.1:41001/-/ready"),
        ("--web.listen-address=0.0.0.0:9090", "--web.listen-address=127.0.0.1:41001"),
        ("-server.url=http://loki:3100/x", "-server.url=http://127.0.0.1:41002/x"),
        ("--storage.tsdb.path=/prometheus", "--storage.tsdb.path=/run/x/data/prometheus"),
        ("loki:3100,tempo:4317", "127.0.0.1:41002,127.0.0.1:41003"),
        ("loki:3100, other:1", "127.0.0.1:41002, other:1"),
        ("--peers=loki:3100,tempo:4317", "--peers=127.0.0.1:41002,127.0.0.1:41003"),
        ("/var/log/app/*/combined.log", "/run/x/data/app-logs/*/combined.log"),
        ("/var/log/syslog", "/run/x/data/logs/syslog"),
        ("/etc/prometheus/rules/*.yml", "/run/x/config/rules/*.yml"),
        ("/host", "/"),
        ("/host/proc", "/proc"),
        ("sqlite:////prometheus/orders.db", "sqlite:////run/x/data/prometheus/orders.db"),
        ("file:///prometheus/x", "file:///run/x/data/prometheus/x"),
    ],
)
def test_what_moves(scalar: str, expected: str) -> None:
    """Addresses, URLs, paths, arguments and lists of them move as a whole."""
    assert HERE.text(scalar) == expected


@pytest.mark.parametrize(
    "scalar",
    [
        "",
        "prometheus",
        "prometheus:90900",
        "prometheus:9091",
        "myprometheus:9090",
        "prometheus.example.com:9090",
        "see prometheus:9090 for more",
        "down, see prometheus:9090",
        "http://prometheus:9090 is down",
        "http://prometheus:9090/ {{ $value }}",
        'attributes["http.target"] == "prometheus:9090"',
        "0.0.0.0:9091",
        ANY,
        "/prometheus-old/data",
        "/var/logs",
        "prometheus/rules",
        "/metrics",
        "http://example.com/prometheus",
        "--web.route-prefix=/prometheus",
        "--web.telemetry-path=/host",
        "--web.enable-lifecycle",
        "--cluster.listen-address=",
        "prom/prometheus:9090",
        "${PROMETHEUS}:9090",
        "30s",
    ],
)
def test_what_stays(scalar: str) -> None:
    """Nothing undeclared moves, and nothing that only contains an address."""
    assert HERE.text(scalar) == scalar


def test_document_moves_values_not_keys() -> None:
    """Values move at any depth; keys, labels and what is given stay."""
    given = {
        "prometheus:9090": [{"url": "http://loki:3100"}, 9090, None, True],
        "labels": {"instance": "prometheus:9090"},
        "nested": {"http_prefix": "/prometheus", "dir": "/prometheus"},
    }
    kept = copy.deepcopy(given)
    assert HERE.document(given) == {
        "prometheus:9090": [{"url": "http://127.0.0.1:41002"}, 9090, None, True],
        "labels": {"instance": "prometheus:9090"},
        "nested": {"http_prefix": "/prometheus", "dir": "/run/x/data/prometheus"},
    }
    assert given == kept


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"http_listen_address": ANY, "http_listen_port": 9090},
            {"http_listen_address": "127.0.0.1", "http_listen_port": 41001},
        ),
        (
            {"grpc_listen_port": 8888},
            {"grpc_listen_address": "127.0.0.1", "grpc_listen_port": 41005},
        ),
        (
            {"http_listen_port": "9090"},
            {"http_listen_address": "127.0.0.1", "http_listen_port": "41001"},
        ),
        ({"http_listen_port": 1234}, {"http_listen_port": 1234}),
        ({"host": ANY, "port": 8888}, {"host": "127.0.0.1", "port": 41005}),
        ({"host": "loki", "port": "3100"}, {"host": "127.0.0.1", "port": "41002"}),
        ({"host": "elsewhere", "port": 3100}, {"host": "elsewhere", "port": 3100}),
        ({"port": 8888}, {"port": 8888}),
    ],
)
def test_split_listeners(given: dict[str, Any], expected: dict[str, Any]) -> None:
    """An address in two keys moves in both; an absent listen address is added."""
    assert HERE.document({"server": given}) == {"server": expected}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"GF_SERVER_HTTP_ADDR": ANY, "GF_SERVER_HTTP_PORT": "9090"},
            {"GF_SERVER_HTTP_ADDR": "127.0.0.1", "GF_SERVER_HTTP_PORT": "41001"},
        ),
        ({"S_ADDR": "", "S_PORT": "8888"}, {"S_ADDR": "127.0.0.1", "S_PORT": "41005"}),
        ({"S_HOST": "loki", "S_PORT": "3100"}, {"S_HOST": "127.0.0.1", "S_PORT": "41002"}),
        ({"S_HOST": "elsewhere", "S_PORT": "3100"}, {"S_HOST": "elsewhere", "S_PORT": "3100"}),
        ({"S_ADDR": ANY, "S_PORT": "1234"}, {"S_ADDR": ANY, "S_PORT": "1234"}),
        ({"S_ADDR": ANY, "S_PORT": "many"}, {"S_ADDR": ANY, "S_PORT": "many"}),
        ({"S_PORT": "9090"}, {"S_PORT": "9090"}),
        ({"S_ADDR": ANY, "T_PORT": "9090"}, {"S_ADDR": ANY, "T_PORT": "9090"}),
        ({"REPORT": "9090", "RE_ADDR": ANY}, {"REPORT": "9090", "RE_ADDR": ANY}),
        ({"URL": "http://loki:3100/otlp"}, {"URL": "http://127.0.0.1:41002/otlp"}),
        (
            {"DATA": "/prometheus/wal", "ON": "true"},
            {"DATA": "/run/x/data/prometheus/wal", "ON": "true"},
        ),
    ],
)
def test_environment(given: dict[str, str], expected: dict[str, str]) -> None:
    """Values move, and an address in two variables in both; a port alone is only a number."""
    kept = dict(given)
    assert HERE.environment(given) == expected
    assert given == kept


def test_prometheus_keeps_instance_labels() -> None:
    """Each moved target stands alone with its shipped address as `instance`."""
    given = {
        "global": {"external_labels": {"replica": "prometheus:9090"}},
        "rule_files": ["/etc/prometheus/rules/*.yml"],
        "remote_write": [{"url": "http://loki:3100/api"}],
        "alerting": {
            "alertmanagers": [
                {"path_prefix": "/prometheus", "static_configs": [{"targets": ["loki:3100"]}]}
            ]
        },
        "scrape_configs": [
            {
                "job_name": "all",
                "metrics_path": "/prometheus",
                "static_configs": [
                    {"targets": ["loki:3100", "localhost:9090"], "labels": {"team": "a"}},
                    {"targets": ["tempo:4317"], "labels": {"instance": "mine"}},
                    {"targets": ["example.com:80"]},
                ],
                "relabel_configs": [{"regex": "prometheus:9090"}],
            },
            {"job_name": "sd", "http_sd_configs": [{"url": "http://loki:3100/sd"}]},
        ],
    }
    kept = copy.deepcopy(given)
    moved = HERE.prometheus(given)
    assert given == kept
    assert moved["global"] == given["global"]
    assert moved["rule_files"] == ["/run/x/config/rules/*.yml"]
    assert moved["remote_write"] == [{"url": "http://127.0.0.1:41002/api"}]
    assert moved["alerting"]["alertmanagers"] == [
        {"path_prefix": "/prometheus", "static_configs": [{"targets": ["127.0.0.1:41002"]}]}
    ]
    job, discovered = moved["scrape_configs"]
    assert job["static_configs"] == [
        {"targets": ["127.0.0.1:41002"], "labels": {"team": "a", "instance": "loki:3100"}},
        {"targets": ["127.0.0.1:41001"], "labels": {"team": "a", "instance": "localhost:9090"}},
        {"targets": ["127.0.0.1:41003"], "labels": {"instance": "mine"}},
        {"targets": ["example.com:80"]},
    ]
    assert job["relabel_configs"] == [{"regex": "prometheus:9090"}]
    assert job["metrics_path"] == "/prometheus"
    assert discovered["http_sd_configs"] == [{"url": "http://127.0.0.1:41002/sd"}]


def test_unrelocated() -> None:
    """An address that nobody declared is found wherever it stands; moved ones are not."""
    given = {
        "fine": ["prometheus:9090", "http://example.com:80", "see loki:1 for more", ":9090"],
        "labels": {"instance": "loki:1"},
        "lost": ["http://loki:3101/x", "--to=tempo:1,tempo:4317", {"host": "loki", "port": 7}],
        "nowhere": "http://loki/",
        "own": "0.0.0.0:4318",
        "server": {"http_listen_port": 3200},
    }
    found = HERE.unrelocated(HERE.document(given), SERVICES)
    assert found == [
        "http://loki:3101/x",
        "tempo:1",
        "loki:7",
        "http://loki/",
        "0.0.0.0:4318",
        "0.0.0.0:3200",
    ]


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("prometheus", "systems/reference/stack/prometheus.yml"),
        ("alertmanager", "compose/alertmanager/alertmanager.yml"),
        ("loki", "compose/loki/loki.yml"),
        ("otel-collector", "compose/otel-collector/config.yml"),
        ("tempo", "compose/tempo/tempo.yml"),
        ("grafana", "compose/grafana/provisioning/datasources/prometheus.yml"),
        ("grafana", "compose/grafana/provisioning/datasources/loki.yml"),
        ("grafana", "compose/grafana/provisioning/datasources/tempo.yml"),
        ("grafana", "compose/grafana/stand-ins/jaeger.yml"),
    ],
)
def test_shipped_files_move_whole(service: str, path: str) -> None:
    """With the listeners that compose.yaml declares, no shipped file names an undeclared one."""
    services = read_services(ROOT / "compose/compose.yaml", passwords())
    ports = {
        (name, port): f"127.0.0.1:{41000 + number}"
        for number, (name, port) in enumerate(
            (name, port) for name, one in services.items() for port in one.extension.listen.values()
        )
    }
    own = {port: ports[name, port] for name, port in ports if name == service}
    here = Relocation(addresses=ports, paths={}, listen=own)
    shipped = yaml_file.read(ROOT / path).data
    moved = here.prometheus(shipped) if service == "prometheus" else here.document(shipped)
    assert here.unrelocated(shipped, services) != []
    assert here.unrelocated(moved, services) == []
