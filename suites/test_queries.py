"""Do the queries that the system's documents give their readers return what they should?"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from smokestack.judge import queries as judge
from smokestack.judge.conclude import skipped, unmeasured
from smokestack.panels import ExampleSeen
from smokestack.results import Judgement
from smokestack.run import Run
from smokestack.samples import Ledger
from smokestack.stack.backend import Stack
from smokestack.system import Query, System
from smokestack.wait import Waited

pytestmark = pytest.mark.needs("queries")


@pytest.mark.check("queries.examples")
def test_examples(
    request: pytest.FixtureRequest,
    run: Run,
    query: Query,
    stack: Stack,
    system: System,
    ledger: Ledger,
    seen_examples: Waited[Mapping[str, ExampleSeen]],
    counters_broken: tuple[str, ...],
    unsent: frozenset[str],
) -> Judgement:
    """A query of the documents is understood, and returns what it should."""
    if query.only_with and (why := stack.absent.get(query.only_with)):
        return skipped(f"this stack runs without {query.only_with}: {why}")
    if query.name in unsent:
        return skipped(f"it asks for requests of which none were sent: {run.no_load}")
    if (
        run.shared and system.logs and query.server == "loki"
    ):  # unmeasured where it may not show us any line
        request.getfixturevalue("seen_logs")
    if query.requests and query.server == "prometheus" and counters_broken:
        return unmeasured(counters_broken[0])
    seen = (seen_examples.value or {})[query.name]
    shared = run.shared is not None
    return judge.example(system, query, seen, ledger, seen_examples, shared=shared)
