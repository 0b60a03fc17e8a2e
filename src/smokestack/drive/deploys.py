"""Reads what there was before and after a deploy: a fixed number of queries, however long it was.

Counters are read as they stand at even steps, and subtracted afterwards (`judge/grown.py`). The
steps are as long as a scrape interval, longer where there would be too many values.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from smokestack.alerting import RuleSeen
from smokestack.clients import Clients
from smokestack.deploys import Began, Families, Grown, Labels, Lines, Windows
from smokestack.drive.queries import app_jobs
from smokestack.judge.deploy_series import COUNTED, Family
from smokestack.judge.grown import STARTED, By, Key, grown
from smokestack.observe.timestamps import milliseconds
from smokestack.results import Evidence, Judgement
from smokestack.samples import Series
from smokestack.system import System, given

SAMPLES = 200_000
"""Values that one question may bring, as nearly as can be told before."""

MOST_STEPS, FEWEST_STEPS = 240, 4

LOOKS = 20
"""So often in the window before it is looked which series there are."""

SCRAPES = 4
"""Scrape intervals in which a series that is there must have a value: one failed scrape is none."""

OWN = ("up", STARTED)
DIGITS = "[A-Za-z_-]*[0-9][A-Za-z0-9_.:-]*"
QUOTED = r"\"[^\"]*\""
"""What Loki itself masks, so that a message with an id in it does not become a thousand."""


@dataclass
class Reader:
    """Asks the servers of one stack about two windows. Each method raises ObservationError."""

    system: System
    clients: Clients
    windows: Windows
    scrape_s: float
    asked: list[Evidence] = field(default_factory=list, init=False)
    """What was asked since somebody last took it."""
    _requests: Grown | None = field(default=None, init=False)

    def with_queries(self, judgement: Judgement) -> Judgement:
        """A judgement with what was asked for it, as commands that ask again."""
        asked, self.asked = tuple(self.asked), []
        return replace(judgement, evidence=(*judgement.evidence, *asked))

    def _note(self, query: str, observed: str, repeat: str) -> None:
        self.asked.append(Evidence("query", query, observed, "", repeat))

    def requests(self) -> Grown:
        """Requests by service, method, route and status; asked for once."""
        if self._requests is None:
            self._requests = self._grown((self.system.metrics.requests,), self._of_request)
        return self._requests

    def buckets(self) -> Grown:
        """The same of the buckets of latency, with `le`."""
        return self._grown((f"{self.system.metrics.durations}_bucket",), self._of_request)

    def other_scrapes(self) -> list[Series]:
        """How long scrapes took of what is not the application."""
        jobs = app_jobs(self.system)
        return list(self._samples(f'scrape_duration_seconds{{job!~"{jobs}"}}'))

    def failed(self, counted: Grown) -> set[Labels]:
        """The labels that stand for requests that failed."""
        pattern = re.compile(self.system.deploy.errors)
        every = {*counted.before, *counted.after}
        return {one for one in every if pattern.fullmatch(dict(one).get("status", ""))}

    def levels(self) -> Lines:
        """Lines of the log by service and level."""
        names = given(self.system.logs).names
        return self._lines(f'| json lvl="{names.level}"', {"lvl": "level"})

    def messages(self) -> Lines:
        """Lines of errors by service and message, numbers and quoted texts masked."""
        names, deploy = given(self.system.logs).names, self.system.deploy
        levels = json.dumps(f"(?i)({'|'.join(map(re.escape, deploy.error_levels))})")
        masked = f'{{{{ regexReplaceAll "{QUOTED}" .msg "<text>" }}}}'
        counted = f'{{{{ regexReplaceAll "{DIGITS}" .msg "#" }}}}'
        pipeline = (
            f'| json lvl="{names.level}", msg="{deploy.message}" | lvl=~{levels} '
            f"| label_format msg=`{masked}` | label_format msg=`{counted}`"
        )
        return self._lines(pipeline, {"msg": "message"})

    def families(self) -> tuple[Families, Families]:
        """The series of the window before, and those that are there now."""
        return self._families_before(), self._families_now()

    def long_enough(self) -> bool:
        """Whether all that is there must have been scraped since the deploy."""
        targets = self.clients.prometheus.targets()
        return all(SCRAPES * one.interval_s < self.windows.after_s for one in targets)

    def expected(self, gone: Collection[Family]) -> Mapping[Family, float]:
        """By how much counters that are gone grew before, in as long as the window after is."""
        names = sorted({name for _, name in gone if name.endswith(COUNTED)})
        if not names:
            return {}
        found = self._grown(names, lambda key: (("job", dict(key[1])["job"]), ("name", key[0])))
        share = self.windows.after_s / self.windows.before_s
        return {
            (dict(labels)["job"], dict(labels)["name"]): number * share
            for labels, number in found.before.items()
        }

    def gauges(self) -> set[str]:
        """The names of all gauges."""
        return {
            name for name, kind in self.clients.prometheus.metadata().items() if kind == "gauge"
        }

    def alerts(self) -> tuple[Began, list[RuleSeen]]:
        """The alerts of both windows, and all rules."""
        prometheus, w = self.clients.prometheus, self.windows

        def firing(at: float, window_s: float) -> frozenset[Labels]:
            query = f'count_over_time(ALERTS{{alertstate="firing"}}[{milliseconds(window_s)}])'
            found = prometheus.instant(query, at)
            self._note(query, f"{len(found)} alerts", prometheus.repeat(query, at))
            return frozenset(self._bare(one.labels) for one in found)

        pending = prometheus.instant('ALERTS{alertstate="pending"}', w.end)
        seen = Began(
            firing(w.began, w.before_s),
            firing(w.end, w.after_s),
            frozenset(self._bare(one.labels) for one in pending),
        )
        return seen, prometheus.rules()

    def _bare(self, labels: Mapping[str, str]) -> Labels:
        """Labels without those of a single process."""
        own = {*self.system.deploy.own_labels, "alertstate"}
        return tuple(sorted((k, v) for k, v in labels.items() if k not in own))

    def _families_before(self) -> Families:
        """What was there in half of the window before, or more: it may end while a process of the
        old version was down already, and what came and went is not expected back.
        """
        w, found = self.windows, list[Series]()
        for selector in self._of_families():
            found += self._stepped(selector, w.start, w.began, LOOKS)
        last = {_key(one): one for one in found}
        counts = Counter(map(_key, found))
        most: Counter[str] = Counter()
        for key, one in last.items():
            most[one.labels.get("job", "")] = max(most[one.labels.get("job", "")], counts[key])
        up = {key: one for key, one in last.items() if one.name == "up"}
        up |= {_key(one): one for one in found if one.name == "up" and one.value == 1}
        lasting = (
            one
            for key, one in last.items()
            if one.name != "up" and 2 * counts[key] >= most[one.labels.get("job", "")]
        )
        return self._sorted([*up.values(), *lasting])

    def _families_now(self) -> Families:
        targets = self.clients.prometheus.targets()
        window_s = SCRAPES * max((one.interval_s for one in targets), default=self.scrape_s)
        at, found = self.windows.end, list[Series]()
        for selector in self._of_families():
            query = f"last_over_time({selector}[{milliseconds(window_s)}])"
            there = self.clients.prometheus.instant(query, at)
            self._note(query, f"{len(there)} series", self.clients.prometheus.repeat(query, at))
            found += there
        return self._sorted(found)

    def _of_families(self) -> tuple[str, str]:
        """All of the application's, and of other jobs what the system promises."""
        jobs, declared = app_jobs(self.system), "|".join(self.system.metrics.families)
        return (
            f'{{job=~"{jobs}",__name__!~".+_bucket"}}',
            f'{{job!~"{jobs}",__name__=~"up|({declared})(_count)?"}}',
        )

    def _sorted(self, found: Iterable[Series]) -> Families:
        """By job and name, without the labels of a target: each of its series has those."""
        of_targets: dict[str, set[str]] = defaultdict(set)
        up: dict[str, int] = defaultdict(int)
        for one in (one for one in found if one.name == "up"):
            of_targets[one.labels.get("job", "")] |= set(one.labels)
            up[one.labels.get("job", "")] += int(one.value == 1)
        sets: dict[Family, set[Labels]] = defaultdict(set)
        for one in found:
            job = one.labels.get("job", "")
            if one.name != "up" and not one.name.startswith("scrape_"):
                kept = {k: v for k, v in one.labels.items() if k not in of_targets[job]}
                sets[job, one.name].add(self._bare(kept))
        return Families({key: frozenset(of) for key, of in sets.items()}, dict(up))

    def _of_request(self, key: Key) -> Labels:
        of, names = dict(key[1]), self.system.metrics.labels
        wanted = {"service": names.service, "method": names.method, "route": names.route,
                  "status": names.status, "le": "le"}  # fmt: skip
        return tuple((ours, of[theirs]) for ours, theirs in wanted.items() if theirs in of)

    def _grown(self, names: Collection[str], by: By) -> Grown:
        selector = _selector((*OWN, *names), app_jobs(self.system))
        return grown(self._samples(selector), self.windows, by)

    def _samples(self, selector: str) -> Iterator[Series]:
        """Of both windows. The first moment after is a scrape later than the deploy: what is seen
        there is of after it.
        """
        w = self.windows
        number = self.clients.prometheus.series_count(selector, w.end) or 1
        steps = max(FEWEST_STEPS, min(MOST_STEPS, SAMPLES // number))
        yield from self._stepped(selector, w.start, w.began, steps)
        yield from self._stepped(selector, w.done + self.scrape_s, w.end, steps)

    def _stepped(self, selector: str, start: float, end: float, steps: int) -> list[Series]:
        """At even steps, no shorter than a scrape interval; nothing of a window that is."""
        if end - start < self.scrape_s:
            return []
        count = int((end - start) / max(self.scrape_s, (end - start) / steps))
        step_ms = int((end - start) * 1000) // count
        # The last moment before is the deploy's, to the millisecond; so is the first after.
        first = end - count * step_ms / 1000 if end == self.windows.began else start
        asked = selector, first, first + count * step_ms / 1000, step_ms / 1000
        found = self.clients.prometheus.between(*asked)
        repeat = self.clients.prometheus.repeat_range(*asked)
        self._note(selector, f"{len(found)} values at {count + 1} moments", repeat)
        return found

    def _lines(self, pipeline: str, names: Mapping[str, str]) -> Lines:
        logs, w = given(self.system.logs), self.windows
        by = ", ".join((logs.service_label, *names))

        def counted(at: float, window_s: float) -> dict[Labels, float]:
            window = milliseconds(window_s)
            query = f"sum by ({by}) (count_over_time({logs.selector} {pipeline} [{window}]))"
            found: dict[Labels, float] = defaultdict(float)
            counts = self.clients.loki.count(query, at)
            number = sum(one.value for one in counts)
            self._note(query, f"{number:.0f} lines", self.clients.loki.repeat(query, at))
            for one in counts:
                labels = {ours: one.labels.get(theirs, "") for theirs, ours in names.items()}
                labels["service"] = one.labels.get(logs.service_label, "")
                found[tuple(sorted(labels.items()))] += one.value
            return dict(found)

        return Lines(counted(w.began, w.before_s), counted(w.end, w.after_s))


def _key(one: Series) -> tuple[object, ...]:
    return (one.name, *sorted(one.labels.items()))


def _selector(names: Iterable[str], jobs: str) -> str:
    return f'{{__name__=~"{"|".join(names)}",job=~"{jobs}"}}'
