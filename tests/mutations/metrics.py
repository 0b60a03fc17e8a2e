"""Ways of breaking what the application counts, and under which names."""

from __future__ import annotations

from tests.mutations.alerts import NEVER_FIRES
from tests.mutations.mutation import APP, PROMETHEUS, SIGNALS, Mutation, checks
from tests.mutations.project import Edit

METRICS = f"{APP}metrics.py"
ACCOUNTING = f"{APP}accounting.py"
PERSONALITIES = f"{APP}personalities.py"
OBSERVE = "            histogram.labels(*values).observe(seconds * unit, exemplar)\n"
BEFORE_QUEUES = "        self._queue_depth = Gauge(\n"
EXEMPLAR = "        return span_identity(context) or None\n"

MUTATIONS = (
    Mutation(
        name="metric-renamed",
        check="metrics.counter-delta",
        changes=(Edit(PERSONALITIES, 'str = "http_requests"', 'str = "http_calls"'),),
        says=("gateway: GET /api/v1/health 200: expected ", "counted, seen 0"),
        missed=checks(
            "metrics.histogram-count",  # the histogram has no counter beside it
            "metrics.families",  # http_requests_total is promised
            "alerts.alive",  # HighErrorRate selects it
            "alerts.fires",  # and cannot fire
        ),
        unmeasured=NEVER_FIRES,
        suites=(*SIGNALS, "alerts"),
    ),
    Mutation(
        name="service-label-dropped",
        check="metrics.counter-delta",
        changes=(Edit(PROMETHEUS, "        labels: {service: gateway, environment: local}\n", ""),),
        says=("gateway: GET /api/v1/health 200: expected ", "seen 0"),
        missed=checks(
            "metrics.exemplars",  # none is the gateway's by its label
            "correlation.exemplar-to-trace",  # those without a service lead to none
        ),
    ),
    Mutation(
        name="method-label-dropped",
        check="metrics.counter-delta",
        changes=(
            Edit(
                PERSONALITIES,
                'request_labels: tuple[str, str, str] = ("method", "route", "status")',
                'request_labels: tuple[str, ...] = ("route", "status")',
            ),
            Edit(
                METRICS,
                'return self.method if self.method in _METHODS else "_OTHER", self.route, ',
                "return self.route, ",
            ),
        ),
        says=("gateway:  /api/v1/health 200: expected 0 counted",),
    ),
    Mutation(
        name="counter-counts-double",
        check="metrics.counter-delta",
        changes=(Edit(METRICS, ".inc(1, exemplar)", ".inc(2, exemplar)"),),
        says=("gateway: GET /api/v1/alive 200: expected ", "(+"),
        missed=checks("metrics.histogram-count"),  # the histogram has half of it
    ),
    Mutation(
        name="histogram-forgets-a-route",
        check="metrics.histogram-count",
        changes=(
            Edit(
                METRICS, OBSERVE, f'            if labels.route != "/api/v1/ping":\n    {OBSERVE}'
            ),
        ),
        says=("gateway: GET /api/v1/ping 200: counter ", "histogram 0"),
        missed=checks("metrics.exemplars"),  # no observation, no exemplar
    ),
    Mutation(
        name="no-exemplars",
        check="metrics.exemplars",
        changes=(Edit(METRICS, "= choose_encoder(accept)", '= choose_encoder("")'),),
        says=("gateway: the histogram of /api/v1/ping has no exemplar",),
        unmeasured=checks("correlation.exemplar-to-trace"),  # there is none to follow
    ),
    Mutation(
        name="exemplar-of-no-trace",
        check="metrics.exemplars",
        changes=(
            Edit(
                ACCOUNTING,
                EXEMPLAR,
                "        return {k: v[::-1] for k, v in span_identity(context).items()} or None\n",
            ),
        ),
        says=("an exemplar of http_request_duration_seconds_bucket", "not of this run"),
        missed=checks("correlation.exemplar-to-trace"),  # it leads nowhere
    ),
    Mutation(
        name="exemplar-of-the-request-before",
        check="correlation.exemplar-to-trace",
        changes=(
            Edit(
                ACCOUNTING,
                EXEMPLAR,
                '        before = getattr(_Account, "before", None)\n'
                "        _Account.before = span_identity(context) or None\n"
                "        return before\n",
            ),
        ),
        says=("exemplar of gateway /api/v1/", "opens a trace of /api/v1/"),
    ),
    Mutation(
        name="counter-became-a-gauge",
        check="metrics.families",
        changes=(
            Edit(
                METRICS,
                'Counter("orders_created", "Orders',
                'Gauge("orders_created_total", "Orders',
            ),
        ),
        says=("orders_created_total is a gauge, expected a counter",),
        missed=checks("metrics.naming"),  # `_total` promises a counter
    ),
    Mutation(
        name="metric-in-milliseconds",
        check="metrics.naming",
        changes=(
            Edit(
                METRICS,
                BEFORE_QUEUES,
                '        Counter("answer_milliseconds", "Time.", registry=self.registry)\n'
                + BEFORE_QUEUES,
            ),
        ),
        says=("answer_milliseconds", "is not in a base unit"),
    ),
    Mutation(
        name="label-without-bound",
        check="metrics.cardinality",
        changes=(
            Edit(METRICS, "from collections.abc", "import uuid\nfrom collections.abc"),
            Edit(
                METRICS,
                BEFORE_QUEUES,
                '        self._each = Histogram("each_seconds", "Time.", ["id"], '
                "buckets=[1], registry=self.registry)\n" + BEFORE_QUEUES,
            ),
            Edit(
                METRICS,
                OBSERVE,
                OBSERVE + "        self._each.labels(str(uuid.uuid4())).observe(seconds)\n",
            ),
        ),
        says=("gateway: each_seconds_bucket has ", "series, 400 allowed"),
    ),
)
