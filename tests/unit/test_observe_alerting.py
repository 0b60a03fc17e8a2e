"""Alertmanager's answers (0.31.1) and its webhook's payload, as recorded."""

from __future__ import annotations

import json

import httpx
import pytest

from smokestack.endpoints import Endpoint
from smokestack.errors import BadResponse
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


def test_alerts_have_their_state_and_all_receivers() -> None:
    """One alert may be routed to several receivers."""
    (alert,) = Alertmanager(edge_to(alerts=f"[{ALERT}]")).alerts()
    assert (alert.name, alert.state) == ("HighErrorRate", "active")
    assert alert.receivers == ("hook", "pager")
    assert alert.active_at == pytest.approx(1795248165.601)
    assert alert.annotations == {"summary": "Too many errors"}


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
