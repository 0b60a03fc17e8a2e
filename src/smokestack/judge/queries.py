"""queries.examples: do the queries that a document gives its readers return what they should?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from smokestack.expressions import read
from smokestack.judge.cause import more_than_made
from smokestack.judge.conclude import conclude, unmeasured
from smokestack.judge.counting import (
    Expected,
    count_findings,
    covers,
    expected_counts,
    unknown_note,
)
from smokestack.judge.dashboards import EXPECTED
from smokestack.ledger import Packed
from smokestack.panels import ExampleSeen
from smokestack.results import Evidence, Finding, Judgement
from smokestack.samples import Ledger
from smokestack.system import Query, Requests, System
from smokestack.wait import Waited


def example(
    system: System,
    query: Query,
    seen: ExampleSeen,
    ledger: Ledger,
    waited: Waited[object],
    *,
    shared: bool = False,
) -> Judgement:
    """A query is understood, and returns data; or exactly the requests that it must count; or
    values within its bounds; or nothing, where that is declared. Where others send too
    (`shared`), what Prometheus counts may be more.
    """
    answer = seen.answer
    wanted = _expected(system, query.requests, ledger, query.server) if query.requests else None
    evidence = [_evidence(query, seen, wanted)]
    if why := answer.error or seen.unknown:
        return unmeasured(why, evidence)
    if wanted is not None and not wanted.total:
        text = "none of the requests that were sent is one that it must count"
        return unmeasured(text, evidence)
    findings = [Finding(text) for text in _faults(query, seen)]
    nothing_lost = False
    if wanted is not None and not findings:
        findings = list(_miscounted(query, seen, wanted, shared=shared))
        nothing_lost = query.server == "loki" and covers(seen.counted, wanted)
    text = _met(query, seen, wanted)
    if shared and wanted is not None and query.server == "prometheus":
        text = f"at least: {text}"
    judged = conclude(text, findings, evidence, waited=waited)
    return more_than_made(judged, "logs", nothing_lost=nothing_lost)


def asks_for_unsent(system: System, query: Query, ledger: Ledger) -> bool:
    """Whether a query is about requests of which none were sent: those that it must count, or, by
    a matcher of PromQL, those of another status.
    """
    if query.requests:
        return not _expected(system, query.requests, ledger, query.server).total
    if query.server != "prometheus":
        return False
    sent = {str(status) for _, _, status in ledger.counts}
    try:
        selectors = read(query.query).selectors
    except ValueError:  # the server may know better
        return False
    asked = [one for selector in selectors for one in selector.matchers]
    by_status = [one for one in asked if one.label == system.metrics.labels.status]
    return any(not any(map(one.takes, sent)) for one in by_status)


def _expected(system: System, requests: Requests, ledger: Ledger, server: str) -> Expected:
    """What the ledger has of the requests that it must count."""
    sent = (one for one in ledger.requests if requests.load in (None, one.load))
    every = expected_counts(system, Ledger(Packed(sent)), "logs" if server == "loki" else "metrics")
    counts = {key: n for key, n in every.counts.items() if n and requests.has(*key)}
    # Whatever status they had: an unknown request may be any of them.
    unknown = {key: n for key, n in every.unknown.items() if _any_status(requests).has(*key, "")}
    return replace(every, counts=counts, unknown=unknown, undeclared=())


def _any_status(requests: Requests) -> Requests:
    """The same requests, whatever status they had."""
    return requests.model_copy(update={"status": ".*"})


def _faults(query: Query, seen: ExampleSeen) -> Iterator[str]:
    """What is wrong with its answer, before anything is counted."""
    answer, text = seen.answer, seen.answer.query.text.strip()
    if answer.refused:
        yield f"{query.server} refuses it: {answer.refused}: {text}"
    elif not answer.has_data and not query.empty:
        none = f"gives {answer.found.samples} samples, none of them a number"
        yield f"{none if answer.found.samples else 'gives no data'}: {text}"
    elif query.bounded:
        yield from _out_of_bounds(query, seen)


def _out_of_bounds(query: Query, seen: ExampleSeen) -> Iterator[str]:
    if not seen.values:
        yield f"has no value at the end of the traffic: {query.query.strip()}"
    for value in seen.values:
        if query.at_least is not None and not value >= query.at_least:
            yield f"gives {value:g}, expected at least {query.at_least:g}"
        if query.at_most is not None and not value <= query.at_most:
            yield f"gives {value:g}, expected at most {query.at_most:g}"


def _miscounted(
    query: Query, seen: ExampleSeen, wanted: Expected, *, shared: bool
) -> Iterator[Finding]:
    if query.server == "loki" and query.requests and query.requests.event is None:
        yield from count_findings(wanted, seen.counted, "returned")
        return
    slack, found = sum(wanted.unknown.values()), _count(query, seen)
    others = shared and query.server == "prometheus"
    if not wanted.total <= found <= (found if others else wanted.total + slack):
        more = f" to {wanted.total + slack}" if slack else ""
        more = " or more" if others else more
        how = "lines of this run" if query.server == "loki" else "more with the traffic"
        yield Finding(
            f"gives {found:g} {how}, expected {wanted.total}{more} ({found - wanted.total:+g})"
        )


def _count(query: Query, seen: ExampleSeen) -> float:
    return sum(seen.counted.values()) if query.server == "loki" else seen.grown or 0.0


def _met(query: Query, seen: ExampleSeen, wanted: Expected | None) -> str:
    found = seen.answer.found
    if wanted is not None:
        what = "returns" if query.server == "loki" else "grew by"
        note = unknown_note(wanted)
        return f"{what} {wanted.total} of {wanted.total} requests that it must count{note}"
    if query.bounded:
        shown = sorted({f"{value:g}" for value in seen.values})
        return f"gives {', '.join(shown)}, within its bounds"
    if not seen.answer.has_data:
        return f"is understood, and gives nothing: {query.empty}"
    return f"gives {found.data} values or lines in {found.series} series or streams"


def _evidence(query: Query, seen: ExampleSeen, wanted: Expected | None) -> Evidence:
    answer = seen.answer
    got = f"{answer.found.series} series, {answer.found.data} of {answer.found.samples} are data"
    if seen.values:
        got = ", ".join(f"{value:g}" for value in seen.values)
    if wanted is not None and answer.has_data:
        got = f"{_count(query, seen):g}"
    bounds = [f"at least {query.at_least:g}"] if query.at_least is not None else []
    bounds += [f"at most {query.at_most:g}"] if query.at_most is not None else []
    hoped = " and ".join(bounds) or (f"nothing: {query.empty}" if query.empty else EXPECTED)
    return Evidence(
        query.server,
        answer.query.text,
        answer.refused or answer.error or seen.unknown or got,
        hoped if wanted is None else f"{wanted.total} requests of the ledger",
        answer.repeat or None,
    )
