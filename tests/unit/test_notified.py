"""What is made in Alertmanager is ended again, in the right order, whatever happens."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest

from smokestack.alerting import ROLE
from smokestack.clients import Clients
from smokestack.drive.notified import Notified
from smokestack.endpoints import Endpoint
from smokestack.errors import StackError, Unreachable
from smokestack.judge.deadlines import Deadlines
from smokestack.observe.alertmanager import Alertmanager
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.loki import Loki
from smokestack.observe.prometheus import Prometheus
from smokestack.observe.webhook import Webhook
from smokestack.timings import Timings
from tests.unit.test_posting import POSTED

QUIET_S = 0.1


@dataclass(frozen=True)
class Soon(Deadlines):
    """Who is not told at once is not told at all."""

    @property
    def delivered_s(self) -> float:
        """Until everybody was told that they fire."""
        return 0.2

    @property
    def resolved_s(self) -> float:
        """And that they ended."""
        return 0.2


SOON = Soon(Timings(0, 0, 0, 0, 0, 0, 0, 0, 0, 0))


@pytest.fixture(autouse=True)
def _short_quiet_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smokestack.drive.notified.QUIET_S", QUIET_S)


@dataclass
class Servers:
    """Alertmanager, which tells of every alert at once but of those it keeps back; and where it
    tells. `deaf`: the receiver is away.
    """

    deaf: bool = False
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    posts: list[tuple[list[str], bool]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer as both do."""
        self.calls.append(f"{request.method} {request.url.path}")
        if request.url.path == "/deliveries":
            if self.deaf:
                raise httpx.ConnectError("refused")
            return httpx.Response(200, json={"deliveries": self.deliveries})
        if request.url.path == "/api/v2/silences":
            return httpx.Response(200, json={"silenceID": "s1"})
        if request.method == "POST":
            self._take(json.loads(request.content))
        return httpx.Response(200, json=[] if request.method == "GET" else None)

    def _take(self, alerts: list[dict[str, Any]]) -> None:
        ended = datetime.fromisoformat(alerts[0]["endsAt"]).timestamp() <= time.time()
        self.posts.append(([one["labels"][ROLE] for one in alerts], ended))
        for one in alerts:
            if one["labels"][ROLE] not in {kept.role for kept in POSTED.kept_back}:
                self._tell(one["labels"], "resolved" if ended else "firing")

    def _tell(self, labels: dict[str, str], status: str) -> None:
        alert = {
            "status": status, "labels": labels, "annotations": {}, "startsAt": "", "fingerprint": ""
        }  # fmt: skip
        payload = {"receiver": "r", "groupLabels": {}, "alerts": [alert]}
        number = len(self.deliveries) + 1
        self.deliveries.append({"n": number, "at": time.time(), "path": "/", "payload": payload})


def notified(servers: Servers, alive: Any = lambda: None) -> Notified:
    """A posting to these servers."""
    transport = httpx.MockTransport(servers)
    edge = Edge(Endpoint("any", "http://any.test"), calls=CallLog(), transport=transport)
    clients = Clients(
        edge.calls, Prometheus(edge), Loki(edge), Alertmanager(edge), None, Webhook(edge), None,
        None, None, None, (edge,),
    )  # fmt: skip
    return Notified(POSTED, "run-1", clients, SOON, alive)


def ended_last(servers: Servers) -> list[str]:
    """The roles of the last post, which ends them."""
    roles, ended = servers.posts[-1]
    assert ended
    return roles


def test_everything_is_told_and_ended() -> None:
    """One posting; what must be told ends first, what was kept back when all is over."""
    servers = Servers()
    told = notified(servers).run()
    assert [set(roles) for roles, ended in servers.posts if not ended] == [
        {one.role for one in POSTED.alerts}
    ]
    assert all(told.of(one, "firing") and told.of(one, "resolved") for one in POSTED.told)
    assert not any(told.of(one) for one in POSTED.kept_back)
    assert told.silence == "s1"
    assert told.until - told.at >= QUIET_S
    assert set(ended_last(servers)) == {one.role for one in POSTED.alerts}


def test_what_was_kept_back_ends_before_what_kept_it_back() -> None:
    """Else it would be told of at the last moment; the silence goes last."""
    servers = Servers()
    notified(servers).run()
    order = ended_last(servers)
    kept = [order.index(one.role) for one in POSTED.kept_back]
    assert max(kept) < min(order.index(one.role) for one in POSTED.sources)
    assert servers.calls[-1] == "DELETE /api/v2/silence/s1"


def test_all_ends_although_the_receiver_is_away() -> None:
    """That it could not be asked is said, and is no finding."""
    servers = Servers(deaf=True)
    with pytest.raises(Unreachable):
        notified(servers).run()
    assert set(ended_last(servers)) == {one.role for one in POSTED.alerts}
    assert servers.calls[-1] == "DELETE /api/v2/silence/s1"


def test_all_ends_although_a_server_went_away() -> None:
    """The wait is broken off at once."""

    def dead() -> None:
        raise StackError("loki ended")

    servers = Servers()
    with pytest.raises(StackError, match="loki ended"):
        notified(servers, dead).run()
    assert set(ended_last(servers)) == {one.role for one in POSTED.alerts}
