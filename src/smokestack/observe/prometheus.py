"""What Prometheus saw: targets, samples, exemplars, rules and alerts.

Every method is one query and raises `Unreachable` or `BadResponse`. Prometheus keeps times to
the millisecond, so that is how they are sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from smokestack.alerting import AlertSeen, RuleSeen
from smokestack.errors import BadResponse, NotOffered
from smokestack.matchers import NAME, Selector
from smokestack.observe.edge import Edge, Params
from smokestack.observe.prometheus_replies import (
    alerts_of,
    exemplars_of,
    rules_of,
    target_of,
    targets_of,
    types_of,
)
from smokestack.observe.series import series_of, tally_of
from smokestack.observe.timestamps import milliseconds
from smokestack.panels import Tally
from smokestack.samples import Exemplar, ScrapeTarget, Series

T = TypeVar("T")

LONGEST_GET = 6000
"""Characters of a query beyond which it is sent as a form: proxies cut addresses at 8 kB."""
QUERY = "/api/v1/query"
RANGE = "/api/v1/query_range"


class Prometheus:
    """A client of one Prometheus. `edge` decides address, auth and time limit."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    def _ask(self, path: str, decode: Callable[[Any], T], params: Params | None = None) -> T:
        def data(answer: Any) -> T:
            return decode(answer["data"])

        if params and len(str(params)) > LONGEST_GET:
            return self.edge.decoded(path, self.edge.post_form(path, params), data)
        return self.edge.read(path, params, data)

    def ready(self) -> bool:
        """Whether it says that it can serve queries."""
        return self.edge.answers("/-/ready")

    def version(self) -> str:
        """Its own version; empty where the binary was built without one. What is no Prometheus
        says so: `Grafana Mimir 2.15.0`.
        """

        def decode(data: Any) -> str:
            return f"{data.get('application', '')} {data['version']}".strip()

        return self._ask("/api/v1/status/buildinfo", decode)

    def server_time(self) -> float:
        """Its clock, in seconds since the epoch."""
        return self._ask(QUERY, series_of, {"query": "time()"})[0].value

    def targets(self) -> list[ScrapeTarget]:
        """Its active scrape targets; dropped ones are not listed."""
        return self._ask("/api/v1/targets", targets_of, {"state": "active"})

    def scraped(self) -> list[ScrapeTarget]:
        """The same, also of a server that only keeps what others scrape: then by the series `up`,
        which tells of no intervals, addresses and errors.
        """
        try:
            return self.targets()
        except NotOffered:
            return [target_of(one) for one in self.instant("up")]

    def instant(self, query: str, at: float | None = None) -> list[Series]:
        """An instant query, `at` seconds since the epoch or now."""
        return self._ask(QUERY, series_of, instant_params(query, at))

    def tally(self, query: str, at: float) -> Tally:
        """How much an instant query gives."""
        return self._ask(QUERY, tally_of, instant_params(query, at))

    def range(self, query: str, start: float, end: float, step_s: float) -> list[Series]:
        """A range query: one Series a sample, every `step_s` seconds."""
        return self._ask(RANGE, series_of, range_params(query, start, end, step_s))

    def tally_range(self, query: str, start: float, end: float, step_s: float) -> Tally:
        """How much a range query gives, every `step_s` seconds."""
        return self._ask(RANGE, tally_of, range_params(query, start, end, step_s))

    def raw(self, selector: str, window_s: float, at: float) -> list[Series]:
        """Every sample in (at - window_s, at] as it was scraped: nothing is extrapolated.

        One Series a sample, `at` being the time of the scrape. Staleness markers do not appear:
        a series that ended simply has no later sample.
        """
        return self.instant(f"{selector}[{milliseconds(window_s)}]", at)

    def between(self, query: str, start: float, end: float, step_s: float) -> list[Series]:
        """The values of a query every `step_s` seconds, from `start` to `end`: one Series each."""
        return self._ask(RANGE, series_of, range_params(query, start, end, step_s))

    def value(self, query: str, at: float | None = None) -> float | None:
        """The one value of a query; None where it gives no series.

        Raises:
            BadResponse: it gives several, and none of them is the answer.
        """
        found = self.instant(query, at)
        if len(found) > 1:
            raise BadResponse(f"{query} gave {len(found)} series where one was asked for")
        return found[0].value if found else None

    def exemplars(self, selector: str, start: float, end: float) -> list[Exemplar]:
        """The exemplars stored for the series of `selector` from `start` to `end`."""
        params = {"query": selector, "start": f"{start:.3f}", "end": f"{end:.3f}"}
        return self._ask("/api/v1/query_exemplars", exemplars_of, params)

    def metadata(self) -> dict[str, str]:
        """Metric family to type (`counter`, `gauge`, …) over all scrape targets.

        Families scraped as OpenMetrics are named without `_total`, others as their samples are.
        """
        return self._ask("/api/v1/metadata", types_of)

    def families_of(self, matcher: str) -> dict[str, str]:
        """Metric family to type, of the scrape targets whose labels match, such as `{job="x"}`."""

        def decode(data: Any) -> dict[str, str]:
            return {one["metric"]: one["type"] for one in data}

        return self._ask("/api/v1/targets/metadata", decode, {"match_target": matcher})

    def rules(self, name: str = "") -> list[RuleSeen]:
        """All alerting and recording rules, with their health. With a name those of that name;
        servers of before 2023 tell all nevertheless.
        """
        return self._ask("/api/v1/rules", rules_of, {"rule_name[]": name} if name else None)

    def alerts(self) -> list[AlertSeen]:
        """The alerts that are pending or firing; an inactive one is not listed."""
        return self._ask("/api/v1/alerts", alerts_of)

    def flags(self) -> dict[str, str]:
        """Its command-line flags, defaults included."""
        return self._ask("/api/v1/status/flags", dict)

    def config_text(self) -> str:
        """The configuration that it runs, as YAML: defaults filled in, secrets left out."""
        return self._ask("/api/v1/status/config", lambda data: str(data["yaml"]))

    def names(
        self, match: str | Sequence[str] = (), within: tuple[float, float] | None = None
    ) -> set[str]:
        """The metric names of all series that a selector matches; of all series without one.

        `within` is from when to when, in seconds since the epoch; at any time without it.
        """
        params = {**({"match[]": match} if match else {}), **_bounds(within)}
        return self._ask("/api/v1/label/__name__/values", set, params or None)

    def labels(self, match: str, within: tuple[float, float]) -> set[str]:
        """The label names of all series that a selector matches, the name of the name left out."""
        found = self._ask("/api/v1/labels", set, {"match[]": match, **_bounds(within)})
        return found - {NAME}

    def counts_over(
        self, selectors: Sequence[Selector], window_s: float, at: float
    ) -> dict[Selector, int]:
        """How many series of each selector had a sample in (at - window_s, at]: one query for
        all of them.
        """
        marked = (
            f'label_replace({count_over(one, window_s)}, "asked", "{n}", "", "")'
            for n, one in enumerate(selectors)
        )
        found = self.instant(" or ".join(marked), at) if selectors else []
        numbers = {one.labels["asked"]: int(one.value) for one in found}
        return {one: numbers.get(str(n), 0) for n, one in enumerate(selectors)}

    def series_count(self, selector: str, at: float | None = None) -> int:
        """How many series of `selector` are alive."""
        return int(self.value(f"count({selector})", at) or 0)

    def repeat(self, query: str, at: float | None = None) -> str:
        """A shell command that asks an instant query again."""
        return self.edge.repeat(QUERY, instant_params(query, at))

    def repeat_range(self, query: str, start: float, end: float, step_s: float) -> str:
        """A shell command that asks a range query again."""
        return self.edge.repeat(RANGE, range_params(query, start, end, step_s))


def range_params(query: str, start: float, end: float, step_s: float) -> Params:
    """The parameters of a range query, to the millisecond."""
    times = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": milliseconds(step_s)}
    return {"query": query, **times}


def count_over(selector: Selector, window_s: float) -> str:
    """The query for how many series of a selector had a sample in a window."""
    return f"count({over(selector, window_s)})"


def over(selector: Selector, window_s: float) -> str:
    """The last sample of each series of a selector in a window, wherever in it that is."""
    return f"last_over_time({selector}[{milliseconds(window_s)}])"


def _bounds(within: tuple[float, float] | None) -> dict[str, str]:
    return {"start": f"{within[0]:.3f}", "end": f"{within[1]:.3f}"} if within else {}


def instant_params(query: str, at: float | None) -> Params:
    """The parameters of an instant query."""
    return {"query": query} if at is None else {"query": query, "time": f"{at:.3f}"}
