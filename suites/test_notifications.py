"""Is the right receiver told of an alert, once for a group, and not of what is kept back?"""

from __future__ import annotations

import pytest

from smokestack.alerting import Told
from smokestack.judge import notifications as judge
from smokestack.results import Judgement
from smokestack.system import System, given
from smokestack.system.posting import Posting

pytestmark = pytest.mark.needs("notifications")


@pytest.mark.check("notifications.routing")
def test_routing(posted: Posting, told: Told, told_busy: str | None) -> Judgement:
    """Each alert goes to the receiver of its severity, and to no other."""
    return judge.routing(posted, told, told_busy)


@pytest.mark.check("notifications.grouping")
def test_grouping(system: System, posted: Posting, told: Told, told_busy: str | None) -> Judgement:
    """Alerts of one group come as one notification, those of others do not."""
    return judge.grouping(given(system.notifications), posted, told, told_busy)


@pytest.mark.check("notifications.inhibition")
def test_inhibition(posted: Posting, told: Told, told_busy: str | None) -> Judgement:
    """Nobody is told of an alert that another one keeps back."""
    if not posted.inhibited:
        pytest.skip("no inhibition is declared under notifications")
    return judge.inhibition(posted, told, told_busy)


@pytest.mark.check("notifications.silence")
def test_silence(posted: Posting, told: Told, told_busy: str | None) -> Judgement:
    """Nobody is told of an alert that is silenced."""
    return judge.silence(posted, told, told_busy)


@pytest.mark.check("notifications.resolved")
def test_resolved(posted: Posting, told: Told, told_busy: str | None) -> Judgement:
    """Whoever was told of an alert is told of its end."""
    return judge.resolved(posted, told, told_busy)
