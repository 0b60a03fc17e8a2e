"""What scenarios plan, said as a system's application is asked."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from smokestack.errors import UsageError
from smokestack.load.schedule import Planned

FILE = Path(__file__).parents[2] / "scenarios" / "dialects.py"


@pytest.fixture(scope="module")
def dialects() -> Any:
    """The module, which lies beside the scenarios and in no package."""
    spec = importlib.util.spec_from_file_location("dialects", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def given(planned: Planned) -> object:
    """The input in the address of a query."""
    return json.loads(parse_qs(urlsplit(planned.path).query)["input"][0])


def test_a_system_without_a_dialect_is_asked_plainly(dialects: Any) -> None:
    """What the scenario says stays as it is."""
    planned = Planned("GET", "/api/v1/ping", "/api/v1/ping")
    for system in (None, "reference", "my-own"):
        assert dialects.dialect(system)(planned) is planned


def test_a_query_has_its_input_in_the_address(dialects: Any) -> None:
    """From the path's id or from its query; the route is the procedure."""
    ask = dialects.dialect("intelliflow")
    order = ask(Planned("GET", "/api/v1/orders/{order_id}", "/api/v1/orders/7"))
    assert (order.route, given(order)) == ("/api/trpc/orders.byId", {"id": 7})
    listed = ask(Planned("GET", "/api/v1/orders", "/api/v1/orders?limit=5"))
    assert (listed.route, given(listed)) == ("/api/trpc/orders.list", {"limit": 5})
    slow = ask(Planned("GET", "/api/v1/test/slow", "/api/v1/test/slow?ms=160"))
    assert (slow.route, given(slow)) == ("/api/trpc/test.slow", {"ms": 160})


def test_a_mutation_keeps_its_body_and_answers_200(dialects: Any) -> None:
    """REST says 201 of what was created."""
    plan = Planned("POST", "/api/v1/orders", "/api/v1/orders", 201, {"A": "b"}, b"{}")
    asked = dialects.dialect("intelliflow")(plan)
    assert (asked.path, asked.expected) == ("/api/trpc/orders.create", 200)
    assert (asked.headers, asked.body) == ({"A": "b"}, b"{}")
    error = Planned("POST", "/api/v1/test/error", "/api/v1/test/error", 500)
    assert dialects.dialect("intelliflow")(error).expected == 500


def test_what_no_procedure_does_is_refused(dialects: Any) -> None:
    """Rather than sent to a route that there is not."""
    with pytest.raises(UsageError, match="no procedure does what DELETE /api/v1/orders does"):
        dialects.dialect("intelliflow")(Planned("DELETE", "/api/v1/orders", "/api/v1/orders"))
