"""The queries by which our traffic is found."""

from __future__ import annotations

import re

import promql_parser
import pytest

from smokestack.drive import queries
from tests.unit.judged import SYSTEM

HYPHENATED = SYSTEM.model_copy(
    update={"application": SYSTEM.application.model_copy(update={"services": ("auth-service",)})}
)


@pytest.mark.parametrize(
    "asked",
    [
        queries.scrape_selector(HYPHENATED),
        queries.counter_selector(HYPHENATED),
        queries.exemplar_selector(HYPHENATED),
        queries.series_count(HYPHENATED, 60),
    ],
)
def test_a_service_may_have_a_hyphen_in_its_name(asked: str) -> None:
    r"""Python's `\-` is no escape sequence of PromQL's strings: it stands there as `\\-`."""
    assert isinstance(promql_parser.parse(asked), promql_parser.Expr)
    given = re.search(r'job=~"([^"]*)"', asked)
    assert given
    assert given[1] == r"auth\\-service"
