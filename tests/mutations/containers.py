"""Ways of breaking what only containers have. They run in containers: tests/docker/test_twins.py.

cAdvisor cannot be had here, so a small program of ours stands in its place, with names of metrics
and labels as cAdvisor gives them (its docs/storage/prometheus.md).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.mutations.mutation import COMPOSE, Mutation
from tests.mutations.project import Edit, NewFile

SMALL_CADVISOR = Path(__file__).with_name("small_cadvisor.py").read_text(encoding="utf-8")

_IMAGE = Edit(COMPOSE, "image: ghcr.io/google/cadvisor:v0.60.5", "image: smokestack/app:0.1.0")
_PROGRAM = NewFile("compose/small_cadvisor.py", SMALL_CADVISOR)


def _beside(families: str) -> tuple[Edit | NewFile, ...]:
    """A small cAdvisor with these families."""
    started = f"""    entrypoint: [python, /small_cadvisor.py]
    environment:
      PROJECT: ${{COMPOSE_PROJECT_NAME:-none}}
      FAMILIES: {families}
      SERVICES: >-
        prometheus alertmanager loki otel-collector container-logs jaeger node-exporter
        cadvisor gateway backend webhook
    command:
      - --port=8080
"""
    mounted = "      - /:/rootfs:ro\n"
    return (
        _PROGRAM,
        _IMAGE,
        Edit(COMPOSE, "    command:\n      - --port=8080\n", started),
        Edit(COMPOSE, mounted, f"      - ./small_cadvisor.py:/small_cadvisor.py:ro\n{mounted}"),
    )


FAMILIES = (
    "container_cpu_usage_seconds_total container_memory_usage_bytes container_start_time_seconds"
)
WITH_CADVISOR = _beside(FAMILIES)
"""Nothing broken: the same stand-in with every family."""

_DIES = """    entrypoint:
      - python
      - -c
      - |
        import os, pathlib, runpy, sys, threading, time, urllib.request
        died = pathlib.Path("/tmp/died")
        def traffic():
            try:
                with urllib.request.urlopen("http://gateway:8000/metrics", timeout=1) as told:
                    return b'route="/api/v1/orders"' in told.read()
            except OSError:
                return False
        def die():
            while not traffic():
                time.sleep(0.2)
            died.touch()
            os._exit(3)
        if died.exists():
            die = time.time
        threading.Thread(target=die, daemon=True).start()
        sys.argv = ["app", "webhook"]
        runpy.run_module("app", run_name="__main__")
"""

_of = partial(Mutation, suites=("targets", "metrics", "logs", "containers"))

MUTATIONS = (
    _of(
        name="container-limit-raised",
        check="containers.limits",
        changes=(Edit(COMPOSE, "${LOKI_MEMORY:-1G}", "${LOKI_MEMORY:-2G}"),),
        says=("loki may use 2048 MiB, expected 1024 MiB",),
        suites=("targets", "containers"),
    ),
    _of(
        name="container-logs-kept-longer",
        check="configuration.log-rotation",
        changes=(Edit(COMPOSE, '      max-file: "3"\n', '      max-file: "5"\n'),),
        says=("loki: max-file is 5, expected 3",),
        suites=("targets", "configuration"),
    ),
    # Once, when the traffic has begun; the engine starts it again at once.
    _of(
        name="container-dies-and-comes-back",
        check="containers.steady",
        changes=(Edit(COMPOSE, "    command: [webhook]\n", f"{_DIES}    command: [webhook]\n"),),
        says=("webhook ended with exit code 3",),
    ),
    # Nothing tells any more whose line it is.
    _of(
        name="container-output-without-labels",
        check="containers.output",
        changes=(
            Edit(
                COMPOSE, "      labels: com.docker.compose.project,com.docker.compose.service\n", ""
            ),
        ),
        says=("lines, Loki has 0: ", "gateway wrote "),
        suites=("targets", "containers"),
    ),
    # Nothing that anybody writes to stderr, as many servers do.
    _of(
        name="container-output-of-stdout-alone",
        check="containers.output",
        changes=(
            Edit(
                "compose/otel-collector/containers.yml",
                "      # The driver cuts what",
                "      - {type: filter, expr: 'attributes.stream == \"stderr\"'}\n"
                "      # The driver cuts what",
            ),
        ),
        says=("prometheus wrote ", "lines, Loki has 0: "),
        suites=("targets", "containers"),
    ),
    _of(
        name="container-metrics-lack-a-family",
        check="containers.metrics",
        changes=_beside(FAMILIES.removesuffix("container_start_time_seconds")),
        says=("no container_start_time_seconds of gateway",),
        suites=("targets", "containers"),
    ),
)
