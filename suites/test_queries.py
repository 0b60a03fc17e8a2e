"""Do the queries that the system's documents give their readers return what they should?"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from smokestack.judge import queries as judge
from smokestack.judge.conclude import skipped, unmeasured
from smokestack.panels import ExampleSeen
from smokestack.results import Judgement
from smokestack.samples import Ledger
from smokestack.stack.backend import Stack
from smokestack.system import Query, System
from smokestack.wait import Waited

pytestmark = pytest.mark.needs("queries")


@pytest.mark.check("queries.examples")
def test_examples(
    query: Query,
    stack: Stack,
    system: System,
    ledger: Ledger,
    seen_examples: Waited[Mapping[str, ExampleSeen]],
    counters_broken: tuple[str, ...],
) -> Judgement:
    """A query of the documents is understood, and returns what it should."""
    if query.only_with and (why := stack.absent.get(query.only_with)):
        return skipped(f"this stack runs without {query.only_with}: {why}")
    if query.requests and query.server == "prometheus" and counters_broken:
        return unmeasured(counters_broken[0])
    seen = (seen_examples.value or {})[query.name]
    return judge.example(system, query, seen, ledger, seen_examples)
