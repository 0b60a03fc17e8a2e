"""Social Selling's backend on a real PostgreSQL and Redis: posts, messages, queues, amounts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
import websocket
from prometheus_client.parser import text_string_to_metric_families

from smokestack.stack.native import NativeStack
from smokestack.wait import until
from tests.stack.databases import SERVERS, require
from tests.stack.real_stack import plan, started

POST = {"platform": "facebook", "text": "Hello"}
MESSAGE = {"platform": "linkedin", "person": "ada", "text": "How are you?"}
POSTS = "social_selling_posts_published_total"
MESSAGES = "social_selling_messages_processed_total"
WAITING = "bullmq_queue_waiting"
SOON_S = 10.0


@dataclass(frozen=True)
class Backend:
    """The backend of a running stack."""

    stack: NativeStack
    client: httpx.Client

    def status(self, route: str, body: object) -> int:
        """How a request is answered."""
        return self.client.post(f"/api/v1/{route}", json=body).status_code

    def told(self, **amounts: float | None) -> None:
        """Tell it what to do on purpose."""
        reply = self.client.patch("/-/faults", json={"amounts": amounts})
        assert reply.status_code == 200, reply.text

    def value(self, name: str, server: str = "backend", **labels: str) -> float:
        """The sum of the series that a server shows under these labels."""
        text = httpx.get(f"{self.stack.endpoints()[server].url}/metrics", timeout=SOON_S).text
        return sum(
            one.value
            for family in text_string_to_metric_families(text)
            for one in family.samples
            if one.name == name and labels.items() <= one.labels.items()
        )

    def comes_to(self, wanted: float, name: str, server: str = "backend", **labels: str) -> bool:
        """Whether it soon shows that value."""
        return until(
            lambda: self.value(name, server, **labels), lambda seen: seen == wanted, within_s=SOON_S
        ).met


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """The backend, both databases and their exporters."""
    require()
    keep = tmp_path_factory.mktemp("kept")
    wanted = plan(keep, system="social-selling", only=(*SERVERS, "backend"))
    with started(wanted) as stack, httpx.Client(timeout=SOON_S) as client:
        client.base_url = stack.endpoints()["backend"].url
        one = Backend(stack, client)
        assert until(lambda: one.status("messages", MESSAGE) == 201, within_s=SOON_S).met
        yield one


def test_posts_are_published_or_refused(backend: Backend) -> None:
    """A platform takes what is not too long; nobody else takes anything. Each is a job done."""
    assert backend.status("posts", POST) == 201
    assert backend.status("posts", {"platform": "twitter", "text": "long " * 60}) == 422
    assert backend.status("posts", {**POST, "platform": "nowhere"}) == 422
    assert backend.value(POSTS, platform="facebook", status="success") == 1
    assert backend.value(POSTS, platform="twitter", status="failed") == 1
    assert backend.value(POSTS, platform="unknown", status="failed") == 1
    assert backend.comes_to(1, "bullmq_job_completed_total", status="success")
    assert backend.comes_to(2, "bullmq_job_completed_total", status="failed")


def test_posts_are_kept_and_cached(backend: Backend) -> None:
    """The newest first; for a second, what was asked before is told again."""
    before = backend.client.get("/api/v1/posts").json()["posts"]
    assert backend.status("posts", POST) == 201
    assert backend.client.get("/api/v1/posts").json()["posts"] == before
    assert until(
        lambda: backend.client.get("/api/v1/posts").json()["posts"][1:] == before, within_s=SOON_S
    ).met


def test_messages_come_and_go(backend: Backend) -> None:
    """A webhook is answered at once and worked on by its queue."""
    sent = backend.value(MESSAGES, platform="linkedin", direction="outbound")
    assert backend.status("messages", MESSAGE) == 201
    assert backend.value(MESSAGES, platform="linkedin", direction="outbound") == sent + 1
    assert backend.status("webhooks", MESSAGE) == 202
    assert backend.comes_to(1, MESSAGES, platform="linkedin", direction="inbound")


def test_jobs_are_left_waiting_and_worked_off(backend: Backend) -> None:
    """They really wait, more or fewer, and none is lost."""
    for jobs in (7, 12, 3):
        backend.told(jobs_waiting=jobs)
        assert backend.comes_to(jobs, WAITING, queue="webhooks")
    backend.told(jobs_waiting=None)
    assert backend.comes_to(0, WAITING, queue="webhooks")
    assert backend.comes_to(3, MESSAGES, platform="facebook", direction="inbound")


def test_connections_are_held(backend: Backend) -> None:
    """So many are open in all, as the exporter sees it; afterwards they are gone."""
    usual = backend.value("pg_stat_activity_count", "postgres-exporter")
    backend.told(postgres_connections_held=30)
    assert backend.comes_to(30, "pg_stat_activity_count", "postgres-exporter")
    backend.told(postgres_connections_held=None)
    assert backend.comes_to(usual, "pg_stat_activity_count", "postgres-exporter")


def test_memory_is_filled(backend: Backend) -> None:
    """To within a piece of ballast and what Redis needs for itself; then it is given back."""
    used = backend.value("redis_memory_used_bytes", "redis-exporter")
    backend.told(redis_bytes_filled=40e6)
    full = backend.value("redis_memory_used_bytes", "redis-exporter")
    assert abs(full - 40e6) < 1e6
    backend.told(redis_bytes_filled=None)
    assert backend.value("redis_memory_used_bytes", "redis-exporter") < used + 2e6


def test_websockets_are_counted(backend: Backend) -> None:
    """Real connections, while they are open."""
    url = backend.stack.endpoints()["backend"].url.replace("http:", "ws:")
    open_one = websocket.create_connection(f"{url}/api/v1/ws", timeout=SOON_S)
    assert backend.comes_to(1, "websocket_connections_active")
    open_one.close()
    assert backend.comes_to(0, "websocket_connections_active")


def test_a_database_goes_and_comes_back(backend: Backend) -> None:
    """Meanwhile who needs it is told 503, what cannot be told is not a number, and the rest works;
    then all is as before, with nothing lost that was kept.
    """
    kept = backend.client.get("/api/v1/posts").json()["posts"]
    for server in ("redis", "postgres"):
        backend.stack.stop(server)
        assert until(lambda: backend.status("posts", POST) == 503, within_s=SOON_S).met
        assert backend.client.get("/api/v1/ping").status_code == 200
        if server == "redis":
            assert until(lambda: math.isnan(backend.value(WAITING)), within_s=SOON_S).met
        backend.stack.start_again(server)
        assert until(lambda: backend.status("posts", POST) == 201, within_s=SOON_S).met
    posts = backend.client.get("/api/v1/posts?limit=100").json()["posts"]
    assert posts[-len(kept) :] == kept
