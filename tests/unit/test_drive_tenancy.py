"""Whether Loki and Tempo may show us what is the application's: their answers as Loki 3.7.8 and
Tempo 3 give them.
"""

from __future__ import annotations

import httpx
import pytest

from smokestack.drive.tenancy import require_lines, require_traces
from smokestack.endpoints import Endpoint
from smokestack.errors import NoAccess
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.jaeger import Jaeger
from smokestack.observe.loki import Loki
from smokestack.observe.tempo import Tempo

SELECTOR = '{service_name="app"}'
NONE = '{"status":"success","data":[]}'
SOME = '{"status":"success","data":[{"service_name":"app"}]}'


def loki(answer: str, **headers: str) -> Loki:
    """One that has these streams."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=answer))
    endpoint = Endpoint("loki", "http://loki.test", headers)
    return Loki(Edge(endpoint, calls=CallLog(), transport=transport))


def test_a_tenant_without_any_line_may_not_see_them() -> None:
    """Loki does not refuse: it shows nothing. What is said names the tenant and the time."""
    with pytest.raises(NoAccess) as caught:
        require_lines(loki(NONE, **{"X-Scope-OrgID": "team-b"}), SELECTOR, 0.0, 3600.0)
    assert caught.value.message == (
        "as tenant 'team-b', loki shows not one line of {service_name=\"app\"} in the last 60 min, "
        "of us or of others: whether ours arrived cannot be told"
    )
    assert "`tenant` in the stack file" in str(caught.value.hint)


def test_a_tenant_with_lines_of_others_sees_what_there_is() -> None:
    """Ours are then lost."""
    require_lines(loki(SOME, **{"X-Scope-OrgID": "team-a"}), SELECTOR, 0.0, 3600.0)


def test_without_tenants_nothing_hides_lines() -> None:
    """A Loki for everybody that has none has lost them."""
    require_lines(loki(NONE), SELECTOR, 0.0, 3600.0)


def edge(answer: str, seen: list[httpx.Request], **headers: str) -> Edge:
    """To one that always answers the same."""

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, text=answer)

    endpoint = Endpoint("tempo", "http://tempo.test", headers)
    return Edge(endpoint, calls=CallLog(), transport=httpx.MockTransport(handler))


@pytest.mark.parametrize(
    ("answer", "hidden"), [('{"traces":[]}', True), ('{"traces":[{}]}', False)]
)
def test_tempo_is_asked_for_a_trace_of_anybody(answer: str, *, hidden: bool) -> None:
    """One question, for one trace."""
    seen: list[httpx.Request] = []
    store = Tempo(edge(answer, seen, **{"X-Scope-OrgID": "team-b"}), service="app")
    if hidden:
        with pytest.raises(NoAccess, match="as tenant 'team-b', tempo shows not one trace of app"):
            require_traces(store, "app", 0.0, 60.0)
    else:
        require_traces(store, "app", 0.0, 60.0)
    (asked,) = seen
    assert asked.url.params["q"] == '{ resource.service.name = "app" }'
    assert asked.url.params["limit"] == "1"


def test_jaeger_knows_no_tenants() -> None:
    """It is not asked."""
    seen: list[httpx.Request] = []
    store = Jaeger(edge("{}", seen, **{"X-Scope-OrgID": "team-b"}), service="app")
    require_traces(store, "app", 0.0, 60.0)
    assert seen == []
