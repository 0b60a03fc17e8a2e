"""The burn rate alerts of an SLO lived through on real servers: real requests fail, at pace fast.

A slow burn fires the ticket and not the page; a fast one fires the page, which resolves. Not part
of a run of the suites: a stack that is seconds old has no healthy history, so that all windows
that are longer than it is old show the same share, and a page ends only when its half hour, 15 s
here, is clean again. What windows of days do is for the stories that promtool plays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from smokestack.clients import Clients, connect
from smokestack.load import running
from smokestack.load.running import RunningLoad
from smokestack.load.scenario import ScenarioSpec
from smokestack.stack.native import NativeStack
from smokestack.system import Alert, load_system
from smokestack.wait import Waited, holds_for, until
from tests.stack.real_stack import ROOT, plan, started

SYSTEM = load_system(ROOT, "reference")
PROMISED = {alert.alert: alert for alert in SYSTEM.alerts}
PAGE, TICKET = "GatewayAvailabilityBurnPage", "GatewayAvailabilityBurnTicket"
BUDGET = 0.01
SLOW, FAST = 4 * BUDGET, 80 * BUDGET
WITHIN_S = 40.0
"""The longest wait, for a page to end, is for a window of 15 s; the rest is for a busy machine."""


@dataclass(frozen=True)
class Gateway:
    """The gateway of a running stack, under load."""

    clients: Clients
    url: str

    def fail(self, share: float) -> None:
        """Let a share of requests fail from now on."""
        answer = httpx.put(f"{self.url}/-/faults", json={"error_rate": share})
        answer.raise_for_status()

    def share(self, window: str) -> float | None:
        """The recorded share of failed requests over a window, as it is named when shipped."""
        name = f"slo:errors_per_request:ratio_rate{window}"
        return self.clients.prometheus.value(f'{name}{{slo="gateway-availability"}}')

    def exceeds(self, window: str, share: float) -> Waited[float | None]:
        """Wait until more than a share failed over a window."""
        return until(
            lambda: self.share(window), lambda seen: (seen or 0.0) > share, within_s=WITHIN_S
        )

    def firing(self) -> set[str]:
        """Which of the two alerts fire."""
        seen = self.clients.prometheus.alerts()
        return {one.name for one in seen if one.state == "firing"} & {PAGE, TICKET}

    def becomes(self, *wanted: str) -> Waited[set[str]]:
        """Wait until exactly these fire."""
        return until(self.firing, lambda seen: seen == set(wanted), within_s=WITHIN_S)

    def stays(self, *wanted: str, for_s: float) -> Waited[set[str]]:
        """See that exactly these fire, all the time."""
        return holds_for(self.firing, lambda seen: seen == set(wanted), for_s=for_s)

    def told(self, alert: Alert, status: str) -> Waited[bool]:
        """Wait until the receiver that system.yaml names was told, and no other."""

        def paths() -> bool:
            notes = self.clients.webhook.notifications()
            mine = [one for one in notes if (one.name, one.status) == (alert.alert, status)]
            for one in mine:
                assert one.path == alert.delivered_to
                assert alert.labels.items() <= one.labels.items()
                assert alert.annotations["summary"] in one.annotations["summary"]
                assert alert.annotations["description"] in one.annotations["description"]
            return bool(mine)

        return until(paths, within_s=WITHIN_S)


def pings(stack: NativeStack) -> RunningLoad:
    """100 requests a second, none of which fails by itself."""
    return running.start(
        ScenarioSpec(name="pings", scenario="error_burst", host=stack.endpoints()["gateway"].url),
        run_id=stack.plan.run_id,
        spawner=stack.spawner,
        directory=stack.folder / "loads",
        scenarios_dir=ROOT / "scenarios",
    )


@pytest.fixture
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A stack whose gateway is under load."""
    with started(plan(tmp_path_factory.mktemp("kept"))) as stack:
        clients = connect(stack.endpoints(), SYSTEM)
        load = pings(stack)
        try:
            yield Gateway(clients, stack.endpoints()["gateway"].url)
        finally:
            load.stop()
            clients.close()


def test_a_slow_burn_makes_a_ticket_and_a_fast_one_a_page(gateway: Gateway) -> None:
    """Healthy nothing fires; then each its own, to its own receiver; the page resolves."""
    healthy = until(lambda: gateway.share("1h"), lambda seen: seen == 0, within_s=WITHIN_S)
    assert healthy.met, healthy
    assert gateway.stays(for_s=3).met

    gateway.fail(SLOW)
    assert gateway.becomes(TICKET).met
    assert gateway.told(PROMISED[TICKET], "firing").met
    clear = gateway.exceeds("3d", 2 * BUDGET)  # at its threshold it comes and goes
    assert clear.met, clear
    quiet = gateway.stays(TICKET, for_s=3)
    assert quiet.met, quiet
    assert (gateway.share("3d") or 0) < 6 * BUDGET

    gateway.fail(FAST)
    assert gateway.becomes(PAGE, TICKET).met
    assert gateway.told(PROMISED[PAGE], "firing").met
    burnt = gateway.exceeds("1h", 14.4 * BUDGET)
    assert burnt.met, burnt
    assert (gateway.share("5m") or 0) > 14.4 * BUDGET

    gateway.fail(0)
    assert gateway.becomes(TICKET).met
    assert gateway.told(PROMISED[PAGE], "resolved").met
