"""Answers of a gateway in a server's place: they say nothing of what was asked.

The pages are those of nginx 1.22 (`ngx_http_special_response.c`).
"""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from smokestack.endpoints import Endpoint
from smokestack.errors import BadResponse, NoAccess, Refused
from smokestack.observe.calls import CallLog
from smokestack.observe.edge import Edge
from smokestack.observe.grafana import Grafana
from smokestack.observe.grafana_query import GrafanaQuery
from smokestack.observe.jaeger import Jaeger
from smokestack.observe.tempo import Tempo
from smokestack.panels import PanelQuery

PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>"


def edge_to(status: int, text: str, kind: str = "text/html") -> Edge:
    """An edge to a server that always says the same."""
    reply = httpx.Response(status, text=text, headers={"content-type": kind})
    return Edge(
        Endpoint("loki", "http://loki"),
        calls=CallLog(),
        transport=httpx.MockTransport(lambda _: reply),
    )


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("400 No required SSL certificate was sent", "it asks for a client certificate"),
        ("400 The SSL certificate error", "has it expired"),
        ("400 The plain HTTP request was sent to HTTPS port", "https:// instead of http://"),
    ],
)
def test_a_gateway_that_wants_another_certificate_refuses_no_question(said: str, hint: str) -> None:
    """Its status 400 is no word on the query, and waiting does not change it."""
    with pytest.raises(NoAccess, match=hint):
        edge_to(400, PAGE.format(said)).get_json("/loki/api/v1/query")


def test_a_page_refuses_no_question() -> None:
    """Whatever it is about."""
    with pytest.raises(BadResponse, match="a page for people") as caught:
        edge_to(400, PAGE.format("400 Bad Request")).get_json("/loki/api/v1/query")
    assert not isinstance(caught.value, Refused)


def test_a_server_refuses_in_its_own_words() -> None:
    """Text or JSON."""
    with pytest.raises(Refused) as caught:
        edge_to(400, "parse error : syntax error", "text/plain").get_json("/loki/api/v1/query")
    assert caught.value.said == "parse error : syntax error"


@pytest.mark.parametrize(
    ("text", "kind"),
    [(PAGE.format("404 Not Found"), "text/html"), ("404 page not found\n", "text/plain")],
)
def test_a_path_that_is_unknown_is_no_trace_that_is_not_there(text: str, kind: str) -> None:
    """A gateway without the prefix, or a server too old for the API: nothing is missed for it."""
    edge = edge_to(404, text, kind)
    for ask in (Tempo(edge, service="a").by_id, Jaeger(edge, service="a").by_id):
        with pytest.raises(BadResponse, match=r"prefix for each server; or its\s+version"):
            ask("0af7651916cd43dd8448eb211c80319c")
    with pytest.raises(BadResponse):
        Grafana(edge).exported("abc")


def test_a_trace_that_is_not_there_is_none() -> None:
    """As Tempo says it, with an empty body or a sentence, and Jaeger, in JSON."""
    said = '{"data":null,"total":0,"errors":[{"code":404,"msg":"trace not found"}]}'
    assert Jaeger(edge_to(404, said, "application/json"), service="a").by_id("0a") is None
    for text in ("", "trace not found"):
        assert Tempo(edge_to(404, text, "text/plain"), service="a").by_id("0a") is None


def test_a_page_shows_in_no_panel() -> None:
    """A gateway before Grafana that does not know the path: that is not what a panel shows."""
    query = PanelQuery("d", Path("d.json"), 0, "p", text="up", source="p", kind="prometheus")
    with pytest.raises(BadResponse) as caught:
        GrafanaQuery(edge_to(404, PAGE.format("404 Not Found"))).tally(query, 0, 1, 1, 1)
    assert not isinstance(caught.value, Refused)


def test_the_clock_of_who_refuses_is_nobodys() -> None:
    """A gateway's Date on its own page is not the server's."""
    with pytest.raises(BadResponse, match="502"):
        edge_to(502, PAGE.format("502 Bad Gateway")).clock_offset("/ready")
