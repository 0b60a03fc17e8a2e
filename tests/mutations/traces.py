"""Ways of losing, doubling and spoiling spans, and the id that joins them."""

from __future__ import annotations

from tests.mutations.mutation import APP, COLLECTOR, COMPOSE, Mutation, checks
from tests.mutations.project import Edit

TRACING = f"{APP}tracing.py"
SET_ID = '            span.set_attribute("correlation_id", chosen)\n'
NO_EXPORT = "      OTEL_TRACES_EXPORTER: none\n"
FILTERED = '        - attributes["http.target"] == "/api/v1/health"\n'
BACKEND = "      APP_LOG_DIR: ${BACKEND_LOG_DIR:-/var/log/app/backend}\n"
GATEWAY = "      APP_BACKEND_URL: http://${BACKEND_HOST:-backend}:${BACKEND_PORT:-8001}\n"
TO_LOKI = "  otlp_http:\n    endpoint"

NO_TRACES_MISSED = checks(
    "traces.identity",  # every trace is lost by name too
    "metrics.exemplars",  # exemplars lead to traces that are not there
    "correlation.exemplar-to-trace",
    "correlation.logs-to-trace",  # so do lines
    "correlation.id-joins",  # no span has the id
    "latency.traces",  # and none becomes visible
)
NO_TRACES_UNMEASURED = checks(
    # No trace, nothing to look at.
    "traces.complete", "traces.attributes", "traces.doubles", "correlation.trace-to-logs",
)  # fmt: skip

MUTATIONS = (
    Mutation(
        name="half-of-the-traces-sampled",
        check="traces.count",
        changes=(
            Edit(
                COMPOSE,
                "OTEL_TRACES_SAMPLER: ${OTEL_TRACES_SAMPLER:-always_on}\n",
                'OTEL_TRACES_SAMPLER: traceidratio\n      OTEL_TRACES_SAMPLER_ARG: "0.5"\n',
                times=2,
            ),
        ),
        says=("expected ", "traces, seen ", "(-", "application → collector"),
        missed=checks(
            "traces.identity",  # those not sampled are lost by name
            "correlation.logs-to-trace",  # their lines lead nowhere
            "correlation.id-joins",  # they have no span
            "latency.traces",  # they never become visible
        ),
        # Of the six requests to the error route none may have been sampled.
        either=checks("metrics.exemplars"),
    ),
    # The queue before the store holds spans back, and no deadline is derived from it.
    Mutation(
        name="traces-late",
        check="latency.traces",
        changes=(
            Edit(
                COLLECTOR,
                "    endpoint: tempo:4317\n",
                "    endpoint: tempo:4317\n"
                "    sending_queue: {batch: {flush_timeout: 60m, min_size: 100000}}\n",
            ),
        ),
        says=("traces not complete after", "0 of "),
        missed=NO_TRACES_MISSED - {"latency.traces"} | {"traces.count"},
        unmeasured=NO_TRACES_UNMEASURED,
    ),
    Mutation(
        name="spans-of-the-backend-lost",
        check="traces.complete",
        changes=(
            Edit(
                COMPOSE,
                BACKEND,
                BACKEND + NO_EXPORT,
            ),
        ),
        says=("GET /api/v1/orders", "0 server spans of backend, expected 1"),
        missed=checks("correlation.exemplar-to-trace"),  # the backend is not in its own trace
    ),
    # Jaeger searches by the gateway's spans, so the rest of a trace is not found without them.
    Mutation(
        name="spans-of-the-gateway-lost",
        check="traces.identity",
        changes=(Edit(COMPOSE, GATEWAY, GATEWAY + NO_EXPORT),),
        says=("GET /api/v1/ping", "is lost"),
        missed=NO_TRACES_MISSED - {"traces.identity"} | {"traces.count"},
        unmeasured=NO_TRACES_UNMEASURED,
    ),
    Mutation(
        name="traces-kept-that-should-not-be",
        check="traces.identity",
        changes=(
            Edit(COLLECTOR, "[memory_limiter, filter/health, batch]", "[memory_limiter, batch]"),
        ),
        says=("GET /api/v1/health: trace ", "but none is expected"),
        missed=checks("traces.count"),  # more than there should be
    ),
    Mutation(
        name="parents-lost",
        check="traces.complete",
        changes=(Edit(COLLECTOR, FILTERED, f"{FILTERED}        - kind == SPAN_KIND_CLIENT\n"),),
        says=("of backend lacks its parent",),
    ),
    Mutation(
        name="route-not-on-spans",
        check="traces.attributes",
        changes=(
            Edit(
                COLLECTOR,
                "  batch:\n",
                "  attributes/less: {actions: [{key: http.route, action: delete}]}\n  batch:\n",
            ),
            Edit(COLLECTOR, "filter/health, batch]", "filter/health, attributes/less, batch]"),
        ),
        says=("gateway: http.route is missing, expected /api/v1/ping",),
    ),
    Mutation(
        name="spans-exported-twice",
        check="traces.doubles",
        changes=(
            Edit(
                COLLECTOR,
                TO_LOKI,
                "  otlp_grpc/again:\n    endpoint: tempo:4317\n    tls:\n      insecure: true\n"
                + TO_LOKI,
            ),
            Edit(COLLECTOR, "exporters: [otlp_grpc]", "exporters: [otlp_grpc, otlp_grpc/again]"),
        ),
        says=("the store received ", "doubled"),
        missed=checks("traces.complete"),  # Jaeger's memory shows a double twice
    ),
    Mutation(
        name="correlation-id-not-forwarded",
        check="correlation.id-joins",
        changes=(
            Edit(
                f"{APP}gateway.py",
                'headers = {HEADER: correlation_id.get() or ""}',
                "headers: dict[str, str] = {}",
            ),
        ),
        says=("no line of backend has both ", "of backend: correlation_id is "),
        missed=checks(
            # The backend's lines carry an id of its own, so they are not found as ours.
            "logs.count",
            "logs.identity",
            "latency.logs",
            "correlation.trace-to-logs",
        ),
    ),  # fmt: skip
    Mutation(
        name="correlation-id-not-echoed",
        check="correlation.id-joins",
        changes=(
            Edit(
                f"{APP}correlation.py",
                "MutableHeaders(scope=message)[HEADER] = chosen",
                "MutableHeaders(scope=message)",
            ),
        ),
        says=("the response's X-Correlation-ID is missing",),
    ),
    Mutation(
        name="correlation-id-not-on-spans",
        check="correlation.id-joins",
        changes=(Edit(TRACING, SET_ID, "            pass\n"),),
        says=("correlation_id is missing, sent was ",),
    ),
)
