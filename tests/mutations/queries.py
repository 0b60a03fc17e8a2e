"""Ways of breaking what the example queries of documents return."""

from __future__ import annotations

from functools import partial

from tests.mutations.mutation import APP, Mutation
from tests.mutations.project import Edit

EXPECTED = "systems/clientforge/system.yaml"
SHIPPER = "systems/clientforge/stack/otel-collector.yml"

_of = partial(
    Mutation, check="queries.examples", suites=("targets", "queries"), system="clientforge"
)

MUTATIONS = (
    _of(
        name="metric-of-a-query-renamed",
        changes=(
            Edit(f"{APP}personalities.py", '"http_request_errors"', '"http_request_failures"'),
        ),
        says=("gives no data: http_request_errors_total",),
    ),
    _of(
        name="label-of-a-query-dropped-by-the-shipper",
        changes=(Edit(SHIPPER, "fields: [attributes.level]", "fields: [attributes.event]"),),
        says=('gives no data: {job="backend", level="error"}',),
    ),
    _of(
        name="counter-of-a-query-forgets-requests",
        changes=(
            Edit(
                f"{APP}metrics.py", "if self._tenants:", "if self._tenants and labels.status < 400:"
            ),
        ),
        says=("gives 244 more with the traffic, expected 250 (-6)",),
    ),
    _of(
        name="log-query-does-not-parse",
        changes=(Edit(EXPECTED, "| json | duration >", "| jsn | duration >"),),
        says=("loki refuses it: ", "parse error"),
    ),
)
