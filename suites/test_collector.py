"""Does the collector take from whom it must, and scrub what must not be kept?"""

from __future__ import annotations

import pytest

from smokestack.clients import Clients
from smokestack.drive import scrubbing
from smokestack.judge import collector as judge
from smokestack.judge.deadlines import Deadlines
from smokestack.observe.otlp_sender import TRACES
from smokestack.results import Evidence, Judgement
from smokestack.system import System, given

pytestmark = pytest.mark.needs("collector")


@pytest.mark.check("collector.scrubbing")
def test_scrubbing(system: System, clients: Clients, deadlines: Deadlines) -> Judgement:
    """Secrets that are sent through the collector are neither in the trace store nor in Loki."""
    arrived = scrubbing.arrived(system, clients, deadlines)
    evidence = Evidence(
        "span and lines",
        arrived.query,
        f"{len(arrived.spans)} spans, {len(arrived.lines)} lines",
        f"1 span, {arrived.lines_sent} lines, no secret",
        arrived.repeat,
    )
    return judge.scrubbing(system, arrived, evidence)


@pytest.mark.check("collector.cors")
def test_cors(system: System, clients: Clients) -> Judgement:
    """Pages of the promised origins may send to it, and no others."""
    promised = given(system.collector).cors
    answers = {one: clients.otlp.preflight(one) for one in (*promised.allowed, *promised.refused)}
    seen = ", ".join(f"{origin}: {allowed}" for origin, allowed in answers.items())
    repeat = clients.otlp.edge.repeat(TRACES)
    evidence = Evidence("preflight", f"OPTIONS {TRACES}", seen, "the allowed ones alone", repeat)
    return judge.cors(system, answers, evidence)
