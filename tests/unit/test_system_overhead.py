"""What a system.yaml may say of overhead, and what it is told when it says something else."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

from smokestack.system.overhead import Limit, Overhead

MEAN = {"signal": "metrics", "statistic": "mean", "max": "1ms"}
ROUTES = {"quiet": "GET /ping", "working": "GET /orders?limit=5"}
START = ["serve", "--port", "{port}"]


def read(**said: Any) -> Overhead:
    """A section with one budget, and what is said beside."""
    return Overhead.model_validate({"budgets": [MEAN], "routes": ROUTES, **said})


def test_a_section_is_read() -> None:
    """Arms without telemetry come first, twice."""
    section = read(budgets=[MEAN, {**MEAN, "signal": "all", "max": "5%"}])
    assert section.arms == ("off", "off again", "metrics", "all")
    assert section.budgets[0].max == Limit(0.001)
    assert section.budgets[1].max == Limit(share=0.05)
    assert str(section.routes.working) == "GET /orders"
    assert section.time_allowed == 20.0


@pytest.mark.parametrize(
    ("text", "seconds"), [("250us", 0.00025), ("0.5ms", 0.0005), ("1 ms", 0.001), ("2s", 2.0)]
)
def test_a_budget_has_a_unit(text: str, seconds: float) -> None:
    """Microseconds too: telemetry is cheap."""
    assert read(budgets=[{**MEAN, "max": text}]).budgets[0].max.seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"budgets": [{**MEAN, "max": 1}]}, "'1' has no unit: a budget is a duration such as 1ms"),
        ({"budgets": [{**MEAN, "max": "fast"}]}, "'fast' is neither a duration such as 1ms"),
        ({"budgets": [{**MEAN, "max": "0ms"}]}, "'0ms': no telemetry costs nothing"),
        ({"budgets": []}, "there must be a budget"),
        ({"routes": {**ROUTES, "quiet": "/ping"}}, "'/ping' is not a method and a path"),
        ({"time_allowed": "1h"}, "3600 s is not between 1s and 10m"),
        ({"metrics": "metrics"}, "'metrics' is not a path"),
        ({"start": START}, "environment.metrics must be there"),
        ({"environment": {"traces": {}}}, "environment.traces: there is no such arm"),
        ({"urls": {"off": "http://127.0.0.1:1"}}, "`urls` has off: expected two, `off` and `on`"),
        (
            {"urls": {"off": "http://127.0.0.1:1", "on": "http://example.com"}},
            "urls.on: http://example.com is not http on loopback",
        ),
    ],
)
def test_what_cannot_be_is_said(said: dict[str, Any], why: str) -> None:
    """Each with what is expected instead."""
    with pytest.raises(pydantic.ValidationError, match="1 validation error") as error:
        read(**said)
    assert why in str(error.value)


@pytest.mark.parametrize(
    ("budget", "why"),
    [
        ({"signal": "logs"}, "whether a service that runs already writes lines cannot be seen"),
        ({"statistic": "cpu"}, "the CPU time of a service that runs already is not known"),
    ],
)
def test_a_service_that_runs_already_cannot_be_asked_everything(
    budget: dict[str, str], why: str
) -> None:
    """Lines and CPU time are known of processes that we start."""
    urls = {"off": "http://127.0.0.1:1", "on": "http://127.0.0.1:2"}
    with pytest.raises(pydantic.ValidationError, match=why):
        read(urls=urls, budgets=[{**MEAN, **budget}])
