"""Ways of changing what the servers run with, while what is promised stays."""

from __future__ import annotations

from functools import partial

from tests.mutations.mutation import COMPOSE, PROMETHEUS, Mutation, checks
from tests.mutations.project import Edit

LOKI = "compose/loki/loki.yml"

_of = partial(Mutation, suites=("configuration",))

MUTATIONS = (
    # Metrics go too soon, lines never.
    _of(
        name="kept-otherwise",
        check="configuration.retention",
        changes=(
            Edit(COMPOSE, "${PROMETHEUS_RETENTION_TIME:-30d}", "${PROMETHEUS_RETENTION_TIME:-15d}"),
            Edit(LOKI, "retention_enabled: true", "retention_enabled: false"),
        ),
        says=("kept for 15 d, expected 30 d", "nothing is ever deleted"),
    ),
    # Loki takes an older schema, if it need not keep structured metadata.
    _of(
        name="log-schema-of-yesterday",
        check="configuration.schema",
        changes=(
            Edit(LOKI, "schema: v13", "schema: v12"),
            Edit(LOKI, "allow_structured_metadata: true", "allow_structured_metadata: false"),
        ),
        says=("schema is v12, expected v13",),
        missed=checks("configuration.log-backup"),  # and then no line that comes by OTLP
    ),
    _of(
        name="rules-evaluated-more-often",
        check="configuration.intervals",
        changes=(Edit(PROMETHEUS, "evaluation_interval: 30s", "evaluation_interval: 15s"),),
        says=("Prometheus evaluates rules every 15 s, expected 30 s",),
    ),
    _of(
        name="no-reload",
        check="configuration.reload",
        changes=(Edit(COMPOSE, "      - --web.enable-lifecycle\n", ""),),
        says=("Prometheus does not reload: 403 Lifecycle API is not enabled.",),
    ),
    _of(
        name="no-snapshot",
        check="configuration.snapshot",
        changes=(
            Edit("systems/reference/stack/.env", "PROMETHEUS_ADMIN_API=--web.enable-admin-api", ""),
        ),
        says=("Prometheus takes no snapshot: 500 admin APIs disabled",),
    ),
    # Then what was not flushed yet is in its memory alone.
    _of(
        name="loki-without-a-write-ahead-log",
        check="configuration.log-backup",
        changes=(Edit(LOKI, "\ningester:\n", "\ningester:\n  wal: {enabled: false}\n"),),
        says=("in the backup: ", "seen 0"),
    ),
)
