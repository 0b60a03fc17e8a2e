"""The receiver that Alertmanager delivers to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from smokestack.wait import until
from tests.unit.app_processes import START_S, Service, service

PAYLOAD = {
    "version": "4",
    "status": "firing",
    "receiver": "critical",
    "groupLabels": {"alertname": "HighErrorRate"},
    "alerts": [{"status": "firing", "labels": {"alertname": "HighErrorRate"}}],
}


@pytest.fixture
def webhook(tmp_path: Path) -> Iterator[Service]:
    """A receiver that has received nothing."""
    with service("webhook", tmp_path) as running:
        assert until(running.ready, within_s=START_S).met
        yield running


def test_deliveries_are_kept_in_order(webhook: Service) -> None:
    """Each delivery has its number, path, payload and the time it arrived."""
    with httpx.Client(base_url=webhook.url, trust_env=False) as client:
        began = time.time()
        for path in ("/critical", "/warning?x=1"):
            assert client.post(path, json=PAYLOAD).status_code == 200
        ended = time.time()
        deliveries = client.get("/deliveries").json()["deliveries"]
        assert [(d["n"], d["path"]) for d in deliveries] == [(1, "/critical"), (2, "/warning")]
        assert all(d["payload"] == PAYLOAD for d in deliveries)
        assert began <= deliveries[0]["at"] <= deliveries[1]["at"] <= ended
        assert [d["n"] for d in client.get("/deliveries?since=1").json()["deliveries"]] == [2]
        assert client.get("/deliveries?since=2").json() == {"deliveries": []}


def test_many_senders_at_once_lose_nothing(webhook: Service) -> None:
    """200 deliveries over 20 threads are all there, numbered without a gap."""
    with (
        httpx.Client(base_url=webhook.url, trust_env=False) as client,
        ThreadPoolExecutor(20) as threads,
    ):
        list(threads.map(lambda n: client.post(f"/{n}", json={"n": n}), range(200)))
        deliveries = client.get("/deliveries?since=0").json()["deliveries"]
    assert [d["n"] for d in deliveries] == list(range(1, 201))
    assert {d["payload"]["n"] for d in deliveries} == set(range(200))


def test_what_is_not_a_delivery_is_refused(webhook: Service) -> None:
    """Bad JSON, JSON that is no object, a bad number and an unknown page are said to be so."""
    with httpx.Client(base_url=webhook.url, trust_env=False) as client:
        assert client.post("/critical", content=b"{").status_code == 400
        assert client.post("/critical", content=b"\xff").status_code == 400
        assert client.post("/critical", json=[1]).status_code == 400
        assert client.post("/critical", content=iter([b"{}"])).status_code == 400
        assert client.get("/deliveries?since=x").status_code == 400
        assert client.get("/elsewhere").status_code == 404
        assert client.get("/deliveries").json() == {"deliveries": []}


def test_it_stops_on_sigterm(webhook: Service) -> None:
    """SIGTERM ends it with exit code 0, even with a connection open."""
    with httpx.Client(base_url=webhook.url, trust_env=False) as client:
        client.get("/-/ready")
        assert webhook.stop() == 0
