"""What is seen of rules, alerts and notifications, as plain frozen values.

Times are seconds since the epoch as floats, durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

RUN, ROLE = "smokestack_run", "smokestack_alert"
"""Labels of alerts of ours: whose run it is, and which of its alerts."""


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """One rule as Prometheus evaluates it.

    `type` is `alerting` or `recording`; `state` is empty for a recording rule, and `unknown`
    before the first evaluation. `last_evaluation` is 0.0 where there was none yet.
    """

    name: str
    type: str
    query: str
    duration_s: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    state: str
    health: str
    last_error: str
    last_evaluation: float
    evaluation_time_s: float
    group: str
    interval_s: float
    file: str


@dataclass(frozen=True, slots=True)
class AlertSeen:
    """One alert instance as Prometheus or Alertmanager shows it. `state` in their own words.

    `active_at` is since when it has been so; `updated_at` when Alertmanager was last handed it.
    `kept_back_by`: what keeps Alertmanager from telling anybody: the fingerprints of alerts, and
    the ids of silences.
    """

    name: str
    state: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    active_at: float | None = None
    value: float | None = None
    receivers: tuple[str, ...] = ()
    fingerprint: str = ""
    kept_back_by: tuple[str, ...] = ()
    updated_at: float | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """One alert in one webhook delivery. `path` is where it was delivered, `status` its state.

    `delivery` is the number of the delivery: alerts that came as one have the same.
    """

    at: float
    path: str
    receiver: str
    status: str
    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    group: Mapping[str, str]
    starts_at: str
    fingerprint: str
    delivery: int = 0


@dataclass(frozen=True)
class AlertLife:
    """What happened to one alert while it was held below, driven over, and let go again.

    Times are seconds since the epoch, None for what never happened. `states` are the changes of
    the alert's state in Prometheus, each when it was first seen. `held` and `driven` are the
    stimulus as the client saw it, in the unit of the threshold; `slack` is by how much that may
    differ from what was meant, where a tenth of it is less. `evaluations`: how often its rule was
    seen to be evaluated while it was held over a full window, and looked at before it was driven;
    `window_lost`: why what Prometheus scraped of that window shows nothing.

    By the servers' own word, for the time that it fired: `active_at` is since when its expression
    was true, `fired_at` since when it fired (Prometheus), `handed_at` when Alertmanager got it.
    """

    name: str
    hold_at: float
    full_at: float
    drive_at: float
    recover_at: float
    ended_at: float
    held: float | None
    driven: float | None
    states: tuple[tuple[float, str], ...]
    pending_at: float | None = None
    firing_at: float | None = None
    inactive_at: float | None = None
    in_alertmanager: AlertSeen | None = None
    notifications: tuple[Notification, ...] = ()
    shortfall: str | None = None
    stimulus: str = "share of failed requests in the ledger"
    slack: float = 0.0
    active_at: float | None = None
    fired_at: float | None = None
    handed_at: float | None = None
    evaluations: int = 0
    window_lost: str | None = None

    @property
    def rose(self) -> bool:
        """Whether the alert was ever anything but inactive."""
        return any(state != "inactive" for _, state in self.states)

    def delivered(self, status: str) -> Notification | None:
        """The first notification about this alert with that status; an end is one of what was
        told before: that of an earlier life may come late.
        """
        ours = [n for n in self.notifications if n.name == self.name]
        begun = next((n.at for n in ours if n.status == "firing"), None)
        if status == "resolved":
            ours = [n for n in ours if begun is not None and n.at >= begun]
        return next((n for n in ours if n.status == status), None)


@dataclass(frozen=True, slots=True)
class PostedAlert:
    """An alert of ours in Alertmanager. `role` tells it from the others of its run."""

    role: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Told:
    """What became of alerts that were posted at once.

    `held` is how Alertmanager had each while it fired, by role. `fired` and `ended`: seconds that
    were allowed until all that had to come was there, and that it took. `silence` is the id of
    the silence, `refused` why Alertmanager took none. Until `until` it was looked for what must
    not come; times are seconds since the epoch.
    """

    at: float
    until: float
    held: Mapping[str, AlertSeen]
    notifications: tuple[Notification, ...]
    fired: tuple[float, float]
    ended: tuple[float, float]
    silence: str = ""
    refused: str = ""
    repeat: str = ""

    def of(self, alert: PostedAlert, status: str = "") -> list[Notification]:
        """The notifications about an alert of ours, of one status or of any."""
        mine = (one for one in self.notifications if one.labels.get(ROLE) == alert.role)
        return [one for one in mine if status in ("", one.status)]


RuleQuestion = Literal["below", "waits", "fires", "content", "resolves"]
"""What promtool is asked about a rule: does it fire below its threshold, before its `for` is over,
above, with what labels and annotations, and does it end?
"""


@dataclass(frozen=True, slots=True)
class ManagedRule:
    """A rule that Grafana manages, as it says itself. `provenance` is `file` for one that comes
    from a file; `state` and `health` are those of its last evaluation, empty before the first,
    and `error` what that failed with.
    """

    uid: str
    title: str
    labels: Mapping[str, str]
    provenance: str
    paused: bool
    receiver: str
    state: str = ""
    health: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class RuleProof:
    """What failed, in promtool's words, by question; a question without failures was passed.
    `file` is the one that asks them.
    """

    failures: Mapping[str, tuple[str, ...]]
    file: str
