"""Stand-ins made of the native servers' programs, which are static: nothing else is in them but
what the official image has at the paths that compose.yaml, a health check or a volume relies on.

Imitated are the Dockerfiles of the releases that compose.yaml names: prometheus/prometheus
`Dockerfile`, prometheus/alertmanager `Dockerfile`, prometheus/node_exporter `Dockerfile`,
grafana/loki `cmd/loki/Dockerfile`, open-telemetry/opentelemetry-collector-releases
`distributions/otelcol-contrib/Dockerfile`, jaegertracing/jaeger `cmd/all-in-one/Dockerfile`.
Their example configuration is left out: compose.yaml mounts its own.
"""

from __future__ import annotations

import json

from tests.docker.contents import EVERYONE, Entry, folder, written
from tests.docker.recipes import NOBODY, Recipe, binary, busybox, certificates, users

LOKI = 10001
JAEGER = 10001


def prometheus() -> Recipe:
    """On Prometheus' own Busybox image: wget and a shell; nobody owns /prometheus."""
    return Recipe(
        "the native prometheus and promtool",
        (
            *_on_busybox(),
            binary("/bin/prometheus", "prometheus"),
            binary("/bin/promtool", "promtool"),
            folder("/etc/prometheus", NOBODY),
            folder("/prometheus", NOBODY, 0o775),
        ),
        (
            "WORKDIR /prometheus",
            "USER nobody",
            "EXPOSE 9090",
            'VOLUME ["/prometheus"]',
            'ENTRYPOINT ["/bin/prometheus"]',
            _cmd("--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"),
        ),
    )


def alertmanager() -> Recipe:
    """As Prometheus' image, with /alertmanager."""
    return Recipe(
        "the native alertmanager and amtool",
        (
            *_on_busybox(),
            binary("/bin/alertmanager", "alertmanager"),
            binary("/bin/amtool", "amtool"),
            folder("/etc/alertmanager", NOBODY, 0o755),
            folder("/alertmanager", NOBODY, 0o775),
        ),
        (
            "USER nobody",
            "EXPOSE 9093",
            'VOLUME ["/alertmanager"]',
            "WORKDIR /alertmanager",
            'ENTRYPOINT ["/bin/alertmanager"]',
            _cmd(
                "--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"
            ),
        ),
    )


def node_exporter() -> Recipe:
    """On Prometheus' own Busybox image."""
    return Recipe(
        "the native node_exporter",
        (*_on_busybox(), binary("/bin/node_exporter", "node_exporter")),
        ("EXPOSE 9100", "USER nobody", 'ENTRYPOINT ["/bin/node_exporter"]'),
    )


def loki() -> Recipe:
    """Distroless: no shell and no wget, so only `loki -health` can ask it how it is."""
    return Recipe(
        "the native loki",
        (
            *users(("loki", LOKI), ("nonroot", 65532)),
            *certificates(),
            folder("/tmp", mode=EVERYONE),  # noqa: S108 - a folder of the image
            binary("/usr/bin/loki", "loki"),
            *(folder(path, LOKI) for path in ("/etc/loki", "/loki", "/loki/rules")),
            folder("/loki/rules-temp", LOKI),
        ),
        (
            "USER 10001",
            "WORKDIR /",
            "EXPOSE 3100",
            'ENTRYPOINT ["/usr/bin/loki"]',
            _cmd("-config.file=/etc/loki/local-config.yaml"),
        ),
    )


def collector() -> Recipe:
    """From scratch: the program and the certificates, and no folder that a volume could copy."""
    return Recipe(
        "the native otelcol, with the components of compose/native/otel-collector",
        (*certificates(), binary("/otelcol-contrib", "otelcol")),
        (
            "USER 10001:10001",
            'ENTRYPOINT ["/otelcol-contrib"]',
            _cmd("--config", "/etc/otelcol-contrib/config.yaml"),
            "EXPOSE 4317 4318 55679",
        ),
    )


def jaeger() -> Recipe:
    """On Alpine, whose shell and wget are Busybox'; it reads a file of sampling strategies."""
    return Recipe(
        "the native jaeger (all-in-one)",
        (
            *busybox(),
            *users(("nobody", NOBODY)),
            *certificates(),
            binary("/go/bin/all-in-one-linux", "jaeger"),
            written(
                "/etc/jaeger/sampling_strategies.json",
                '{"default_strategy": {"type": "probabilistic", "param": 1}}\n',
            ),
        ),
        (
            "ENV SAMPLING_STRATEGIES_FILE=/etc/jaeger/sampling_strategies.json",
            "EXPOSE 5775/udp 6831/udp 6832/udp 5778 4317 4318 14268 14250 9411 16686",
            'VOLUME ["/tmp"]',
            'ENTRYPOINT ["/go/bin/all-in-one-linux"]',
            f"USER {JAEGER}",
        ),
    )


def _cmd(*arguments: str) -> str:
    return f"CMD {json.dumps(arguments)}"


def _on_busybox() -> tuple[Entry, ...]:
    return (*busybox(), *users(("nobody", NOBODY)), *certificates())
