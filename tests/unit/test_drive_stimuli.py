"""What moves an alert's metric: what each stimulus does, and what its own record tells."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from smokestack.drive.amounts import Amount
from smokestack.drive.stimulus import Scaled, Stimulus
from smokestack.drive.stops import Stops
from smokestack.drive.traffic import Traffic
from smokestack.endpoints import Endpoint
from smokestack.errors import ObservationError
from smokestack.observe.edge import CallLog, Edge
from smokestack.samples import Ledger
from smokestack.system import Moves
from smokestack.system.alerts import LivedThrough
from tests.unit.judged import AT, request


@dataclass
class FakeLoad:
    """A scenario that notes what it was told, and has a ledger."""

    ledger: Ledger = field(default_factory=Ledger)
    told: list[tuple[str, Mapping[str, float]]] = field(default_factory=list)

    def phase(self, name: str, **values: float) -> None:
        """Note it."""
        self.told.append((name, values))

    def finish(self, _: float) -> Any:
        """What the load came to."""
        return SimpleNamespace(ledger=self.ledger, info=SimpleNamespace(shortfall=None))


def traffic(moves: Moves, *requests: Any) -> tuple[Traffic, FakeLoad]:
    """A stimulus of traffic, and the scenario behind it."""
    load = FakeLoad(Ledger(requests))
    return Traffic(load, lambda done: done, moves), load  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moves", "told"),
    [
        ("errors", {"error_ratio": 0.04}),
        ("rate", {"rate": 0.04}),
        ("latency", {"latency_s": 0.04}),
        ("silence", {"rate": 5.0}),
    ],
)
def test_what_a_scenario_is_told(moves: Moves, told: Mapping[str, float]) -> None:
    """One thing is moved; in the end it is told to stop."""
    stimulus, load = traffic(moves)
    stimulus.apply(0.04)
    stimulus.end()
    assert load.told == [("phase-1", told), ("stop", {})]


def test_silence_is_prepared_with_traffic() -> None:
    """What fires for want of requests is quiet only with some."""
    stimulus, load = traffic("silence")
    stimulus.prepare()
    stimulus.apply(1.0)
    assert [values["rate"] for _, values in load.told] == [5.0, 0.0]
    assert not stimulus.fills_window
    quiet, untold = traffic("errors")
    quiet.prepare()
    assert (untold.told, quiet.fills_window) == ([], True)


def at(second: float, status: int = 200, latency_s: float = 0.1) -> Any:
    """A request sent some seconds after AT."""
    n = int(second * 10)
    return request(n, status=status, sent_at=AT + second, latency_s=latency_s)


def test_what_the_ledger_tells() -> None:
    """Held from 0 to 10 s, driven from 10 to 20 s."""
    marks = (AT, AT + 10, AT + 20)
    failing = [at(1), at(2, 402), at(11, 500), at(12, 402), at(13), at(14)]
    told = traffic("errors", *failing)[0].told(*marks)
    assert (told.held, told.driven) == (0.5, 0.5)
    told = traffic("rate", at(3), at(1), at(5), at(11))[0].told(*marks)
    assert (told.held, told.driven) == (0.5, None), "of one request there is no rate"
    slow = [at(1, latency_s=0.8), at(11, latency_s=1.2), at(12, latency_s=1.3), at(13)]
    told = traffic("latency", *slow)[0].told(*marks)
    assert (told.held, told.driven, told.slack) == (0.8, 1.2, 0.025)
    in_milliseconds = Scaled(traffic("latency", *slow)[0], 0.001).told(*marks)
    assert (in_milliseconds.held, in_milliseconds.slack) == (800, 25)
    told = traffic("silence", at(1), at(9), at(10.2))[0].told(*marks)
    assert (told.held, told.driven) == (0.0, 1.0), "what was due already is still sent"
    told = traffic("silence", at(1), at(9), at(15))[0].told(*marks)
    assert told.driven == 0.0


def test_a_server_is_stopped_and_started_once() -> None:
    """Held with it, driven without, and never left stopped."""
    did: list[str] = []
    stops = Stops("redis", lambda s: did.append(f"stop {s}"), lambda s: did.append(f"start {s}"))
    held = time.time()
    stops.apply(0.0)
    driven = time.time()
    stops.apply(1.0)
    stops.apply(1.0)
    recovers = time.time()
    stops.apply(0.0)
    stops.end()
    assert did == ["stop redis", "start redis"]
    told = stops.told(held, driven, recovers)
    assert (told.held, told.driven) == (0.0, 1.0)


def amount(status: int = 200) -> tuple[Amount, list[bytes]]:
    """An amount of an application that answers with a status, and what it was sent."""
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return httpx.Response(status, json={})

    endpoint = Endpoint("backend", "http://backend")
    edge = Edge(endpoint, calls=CallLog(), transport=httpx.MockTransport(answer))
    return Amount(edge, "amounts", "held"), sent


def test_an_amount_is_set_and_taken_back() -> None:
    """In the application's unit; the rule's is another."""
    inner, sent = amount()
    stimulus: Stimulus = Scaled(inner, 20)
    held = time.time()
    stimulus.apply(0.72)
    driven = time.time()
    stimulus.apply(1.08)
    recovers = time.time()
    stimulus.end()
    stimulus.end()
    assert sent == [
        b'{"amounts":{"held":14.399999999999999}}',
        b'{"amounts":{"held":21.6}}',
        b'{"amounts":{"held":null}}',
    ]
    told = stimulus.told(held, driven, recovers)
    assert [told.held, told.driven] == pytest.approx([0.72, 1.08])


def test_an_application_that_does_not_listen() -> None:
    """What to do is said."""
    with pytest.raises(ObservationError, match="404") as caught:
        amount(404)[0].apply(1.0)
    assert caught.value.hint == "backend must run with APP_FAULTS=on, and have 'held'"


@pytest.mark.parametrize(
    ("given", "shares"),
    [
        ({"scenario": "slow", "moves": "latency"}, (0.8, 1.2)),
        ({"scenario": "quiet", "moves": "silence"}, (0.0, 1.0)),
        ({"stops": "redis"}, (0.0, 1.0)),
        ({"stops": "redis", "drive": 2}, (0.0, 2.0)),
    ],
)
def test_usual_shares(given: Mapping[str, Any], shares: tuple[float, float]) -> None:
    """What can only be or not be, is not while it is held and is while it is driven."""
    lived = LivedThrough.model_validate(given)
    assert (lived.hold, lived.drive) == shares


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "one of `scenario`"),
        ({"scenario": "slow", "stops": "redis"}, "one of `scenario`"),
        ({"gauge": "queue_depth"}, "`of` says whose"),
        ({"scenario": "slow", "of": "backend"}, "`of` says whose"),
    ],
)
def test_one_cause(given: Mapping[str, Any], why: str) -> None:
    """More than one, none, or half of one is refused."""
    with pytest.raises(ValueError, match=why):
        LivedThrough.model_validate(given)
