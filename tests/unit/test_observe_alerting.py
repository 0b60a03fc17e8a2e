"""Alertmanager's answers (0.31.1) and its webhook's payload, as recorded."""

from __future__ import annotations

import json

import httpx
import pytest

from smokestack.endpoints import Endpoint
from smokestack.errors import BadResponse, Refused
from smokestack.observe.alertmanager import Alertmanager
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.webhook import Webhook

ALERT = """{"annotations":{"summary":"Too many errors"},"endsAt":"2026-11-21T08:06:45.601Z",
"fingerprint":"087036d1e9d728e4","receivers":[{"name":"hook"},{"name":"pager"}],
"startsAt":"2026-11-21T08:02:45.601Z","status":{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],
"state":"active"},"updatedAt":"2026-11-21T08:02:45.604Z","generatorURL":"http://vm:29090/graph",
"labels":{"alertname":"HighErrorRate","severity":"critical"}}"""
GROUPS = f"""[{{"alerts":[{ALERT}],"labels":{{"alertname":"HighErrorRate"}},
"receiver":{{"name":"hook"}}}}]"""
SUPPRESSED = """[{"annotations":{},"endsAt":"2026-11-21T17:48:20.000Z",
"fingerprint":"3a9cab17d29acab8","receivers":[{"name":"default"}],
"startsAt":"2026-11-21T17:48:20.000Z","status":{"inhibitedBy":["c7ad18a2dda48090"],"mutedBy":[],
"silencedBy":["46531066-0db2-4db5-be76-be9b172b3fb5"],"state":"suppressed"},
"updatedAt":"2026-11-21T17:46:20.676Z","labels":{"alertname":"T","run":"r1"}}]"""
STATUS = r"""{"cluster":{"peers":[],"status":"disabled"},
"config":{"original":"global:\n  resolve_timeout: 5m\n"},"uptime":"2026-11-21T07:56:45.601Z",
"versionInfo":{"branch":"","revision":"","version":"0.31.1"}}"""
DELIVERIES = r"""{"deliveries":[{"n":1,"at":1795247814.6089802,"path":"/hook","payload":{
"receiver":"hook","status":"firing","alerts":[{"status":"firing","labels":{
"alertname":"HighErrorRate","severity":"critical"},"annotations":{},
"startsAt":"2026-11-21T07:56:53.601Z","endsAt":"0001-01-01T00:00:00Z",
"generatorURL":"http://vm:29090/graph","fingerprint":"087036d1e9d728e4"},
{"status":"resolved","labels":{"alertname":"HighErrorRate","severity":"warning"},"annotations":{},
"startsAt":"2026-11-21T07:56:53.601Z","endsAt":"2026-11-21T07:57:01.601Z",
"generatorURL":"http://vm:29090/graph","fingerprint":"187036d1e9d728e4"}],
"groupLabels":{"alertname":"HighErrorRate"},"commonLabels":{"alertname":"HighErrorRate"},
"commonAnnotations":{},"externalURL":"http://vm:29093","version":"4",
"groupKey":"{}:{alertname=\"HighErrorRate\"}","truncatedAlerts":0}}]}"""


def edge_to(**answers: str) -> Edge:
    """An edge whose server answers by the last word of the path."""

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=answers[request.url.path.rsplit("/", 1)[1]])

    transport = httpx.MockTransport(handler)
    return Edge(Endpoint("alerting", "http://alerting.test"), calls=CallLog(), transport=transport)


def recording(asked: list[httpx.Request], answer: str, status: int = 200) -> Edge:
    """An edge whose server has one answer, and remembers what it was asked."""

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, text=answer)

    transport = httpx.MockTransport(handler)
    return Edge(Endpoint("alerting", "http://alerting.test"), calls=CallLog(), transport=transport)


def test_alerts_have_their_state_and_all_receivers() -> None:
    """One alert may be routed to several receivers."""
    (alert,) = Alertmanager(edge_to(alerts=f"[{ALERT}]")).alerts()
    assert (alert.name, alert.state) == ("HighErrorRate", "active")
    assert alert.receivers == ("hook", "pager")
    assert alert.active_at == pytest.approx(1795248165.601)
    assert alert.annotations == {"summary": "Too many errors"}


def test_a_suppressed_alert_has_what_keeps_it_back() -> None:
    """Alerts by their fingerprint, silences by their id; asked for by labels."""
    asked: list[httpx.Request] = []
    client = Alertmanager(recording(asked, SUPPRESSED))
    (alert,) = client.alerts({"run": "r1", "b": "c"})
    assert (alert.state, alert.fingerprint) == ("suppressed", "3a9cab17d29acab8")
    assert alert.kept_back_by == ("c7ad18a2dda48090", "46531066-0db2-4db5-be76-be9b172b3fb5")
    assert asked[0].url.params.get_list("filter") == ['run="r1"', 'b="c"']
    assert "filter=run=" in client.repeat({"run": "r1"})


def test_alerts_are_posted_as_prometheus_does() -> None:
    """A list; the answer has no body."""
    asked: list[httpx.Request] = []
    Alertmanager(recording(asked, "")).post([{"alertname": "A"}, {"alertname": "B"}], "s", 0, 1.5)
    assert (asked[0].method, asked[0].url.path) == ("POST", "/api/v2/alerts")
    first, second = json.loads(asked[0].content)
    assert (first["labels"], second["labels"]) == ({"alertname": "A"}, {"alertname": "B"})
    assert first["annotations"] == {"summary": "s"}
    assert first["startsAt"] == "1970-01-01T00:00:00+00:00"
    assert first["endsAt"] == "1970-01-01T00:00:01.500000+00:00"


def test_a_silence_is_made_and_expired() -> None:
    """Its matchers are equalities, all of which must hold; the id is not in the call log."""
    asked: list[httpx.Request] = []
    client = Alertmanager(recording(asked, '{"silenceID":"46531066"}'))
    assert client.silence({"run": "r1"}, "why", 10.0) == "46531066"
    client.expire("46531066")
    assert json.loads(asked[0].content)["matchers"] == [
        {"name": "run", "value": "r1", "isRegex": False, "isEqual": True}
    ]
    assert (asked[1].method, asked[1].url.path) == ("DELETE", "/api/v2/silence/46531066")
    assert "/api/v2/silence/{id}" in [call["path"] for call in client.edge.calls.entries()]


def test_a_silence_that_is_not_taken_is_refused_in_alertmanagers_words() -> None:
    """As with --silences.max-silence-size-bytes=1: the reason is a JSON string, and no object."""
    said = "silence exceeded maximum size: 110 bytes (limit: 1 bytes)"
    with pytest.raises(Refused) as caught:
        Alertmanager(recording([], json.dumps(said), 400)).silence({"run": "r1"}, "why", 10.0)
    assert caught.value.said == said


def test_groups_have_their_labels_and_receiver() -> None:
    """What is notified together."""
    (group,) = Alertmanager(edge_to(groups=GROUPS)).groups()
    assert (group.labels, group.receiver) == ({"alertname": "HighErrorRate"}, "hook")
    assert [alert.name for alert in group.alerts] == ["HighErrorRate"]


def test_version_and_configuration_are_on_the_status_page() -> None:
    """The configuration is the one that runs, not the file."""
    client = Alertmanager(edge_to(status=STATUS))
    assert client.version() == "0.31.1"
    assert client.config_text() == "global:\n  resolve_timeout: 5m\n"


def test_each_alert_in_a_delivery_is_a_notification() -> None:
    """The status is the alert's own: a firing group may carry a resolved alert."""
    first, second = Webhook(edge_to(deliveries=DELIVERIES)).notifications()
    assert (first.status, second.status) == ("firing", "resolved")
    assert (first.delivery, second.delivery) == (1, 1)
    assert (first.receiver, first.path, first.at) == ("hook", "/hook", 1795247814.6089802)
    assert first.group == {"alertname": "HighErrorRate"}
    assert first.starts_at == "2026-11-21T07:56:53.601Z"
    assert (first.fingerprint, second.fingerprint) == ("087036d1e9d728e4", "187036d1e9d728e4")


def test_no_delivery_is_no_notification() -> None:
    """A receiver that waits answers with an empty list."""
    assert Webhook(edge_to(deliveries='{"deliveries":[]}')).notifications() == []


def test_a_delivery_that_is_no_webhook_is_a_bad_response() -> None:
    """Something else posted to the receiver: that is said, not skipped."""
    other = json.dumps({"deliveries": [{"n": 1, "at": 1.0, "path": "/x", "payload": {"a": 1}}]})
    with pytest.raises(BadResponse, match="KeyError: 'alerts'"):
        Webhook(edge_to(deliveries=other)).notifications()
