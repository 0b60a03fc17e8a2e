"""Hands alerts of this run to Alertmanager, all at once, and sees who is told of which.

They fire until everybody who must be told was told, then those end. Of the others it is looked for
notifications all that time, in which their groups are flushed at least twice, and a little longer.
Everything that was made is ended afterwards, and ends by itself should this process not get there.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from smokestack.alerting import ROLE, RUN, AlertSeen, Notification, PostedAlert, Told
from smokestack.clients import Clients
from smokestack.errors import ObservationError, Refused
from smokestack.judge.deadlines import Deadlines
from smokestack.system.posting import Posting
from smokestack.wait import Waited, holds_for, until

SUMMARY = "Nothing is wrong: smokestack looks whether notifications arrive"
QUIET_S = 0.5
"""So much longer than the rest needs it is looked for what must not come: groups that were made
together are flushed together."""
LEEWAY_S = 60.0
"""Beyond the longest wait, until what was made ends by itself."""


@dataclass
class Notified:
    """One posting and what came of it. `alive` raises where a server went away."""

    posting: Posting
    run_id: str
    clients: Clients
    deadlines: Deadlines
    alive: Callable[[], None]
    at: float = field(default_factory=time.time)

    def run(self) -> Told:
        """Post, wait, end. Raises ObservationError where a server cannot be asked."""
        silence, refused = self._silence()
        try:
            return self._told(silence, refused)
        finally:
            self._end(silence)

    def _told(self, silence: str, refused: str) -> Told:
        self._post(self.posting.alerts, ends_at=self._last)
        fired = self._until("firing", self.posting.told, self.deadlines.delivered_s)
        held = self._held()
        self._post(self.posting.told, ends_at=time.time())
        ended = self._until("resolved", self._that_fired(), self.deadlines.resolved_s)
        holds_for(self._wrong, lambda wrong: not wrong, for_s=QUIET_S)
        return Told(
            at=self.at,
            until=time.time(),
            held=held,
            notifications=tuple(self._notifications()),
            fired=(fired.allowed_s, fired.took_s),
            ended=(ended.allowed_s, ended.took_s),
            silence=silence,
            refused=refused,
            repeat=self.clients.alertmanager.repeat({RUN: self.run_id}),
        )

    @property
    def _last(self) -> float:
        """When what was made ends, should nobody end it."""
        return self.at + self.deadlines.delivered_s + self.deadlines.resolved_s + LEEWAY_S

    def _silence(self) -> tuple[str, str]:
        """The id of the silence, and why there is none."""
        silenced = self.posting.silenced.target
        labels = {name: silenced.labels[name] for name in (RUN, ROLE)}
        try:
            return self.clients.alertmanager.silence(labels, SUMMARY, self._last), ""
        except Refused as refused:
            return "", refused.said

    def _post(self, alerts: Iterable[PostedAlert], ends_at: float) -> None:
        labels = [one.labels for one in alerts]
        self.clients.alertmanager.post(labels, SUMMARY, self.at, ends_at)

    def _notifications(self) -> list[Notification]:
        every = self.clients.webhook.notifications()
        return [one for one in every if one.labels.get(RUN) == self.run_id]

    def _roles(self, status: str) -> set[str]:
        return {one.labels[ROLE] for one in self._notifications() if one.status == status}

    def _until(
        self, status: str, alerts: Iterable[PostedAlert], within_s: float
    ) -> Waited[set[str]]:
        """Wait until somebody was told of each; the value is of whom nobody was."""
        due = {one.role for one in alerts}

        def lacking() -> set[str]:
            self.alive()
            return due - self._roles(status)

        waited = until(
            lacking,
            lambda left: not left,
            within_s=within_s,
            describe=lambda left: f"{len(due) - len(left)} of {len(due)}",
            what=f"{status} notifications at the receiver",
        )
        if waited.error is not None:
            raise waited.error
        return waited

    def _held(self) -> dict[str, AlertSeen]:
        seen = self.clients.alertmanager.alerts({RUN: self.run_id})
        return {one.labels[ROLE]: one for one in seen}

    def _that_fired(self) -> list[PostedAlert]:
        fired = self._roles("firing")
        return [one for one in self.posting.told if one.role in fired]

    def _wrong(self) -> set[str]:
        """What must not come and came."""
        return {one.role for one in self.posting.kept_back} & self._roles("firing")

    def _end(self, silence: str) -> None:
        """What is kept back ends before what keeps it back: else it would be told of yet."""
        alerts = (*self.posting.kept_back, *self.posting.sources, *self.posting.told)
        with contextlib.suppress(ObservationError):
            self._post(alerts, ends_at=time.time())
        if silence:
            with contextlib.suppress(ObservationError):
                self.clients.alertmanager.expire(silence)
