"""Exact counts: what the ledger and system.yaml expect against what a signal has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from smokestack.results import Finding
from smokestack.samples import Ledger, Request
from smokestack.system import Route, Signal, System

Key = tuple[str, str, str, str]
"""(service, method, route, status) of a counted request."""


@dataclass(frozen=True)
class Expected:
    """What one signal must have: exact counts, and per (service, method, route) how many
    requests got no answer, so that nobody knows whether they were counted.
    """

    counts: Mapping[Key, int]
    unknown: Mapping[tuple[str, str, str], int]
    undeclared: tuple[str, ...]

    @property
    def total(self) -> int:
        """All expected copies."""
        return sum(self.counts.values())


class Declared:
    """What system.yaml says of a request: looked up once for each method and route."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._known: dict[tuple[str, str], Route | None] = {}

    def route(self, of: Request) -> Route | None:
        """The declared route of a request, or None."""
        key = (of.method, of.route)
        if key not in self._known:
            self._known[key] = self._system.route(*key)
        return self._known[key]

    def copies(self, of: Request, signal: Signal) -> int:
        """How many copies each service must have of it; 0 of a route that is not declared."""
        route = self.route(of)
        return self._system.copies(route, signal) if route else 0


def expected_counts(system: System, ledger: Ledger, signal: Signal) -> Expected:
    """The ledger times the declared copies, per service."""
    counts: Counter[Key] = Counter()
    unknown: Counter[tuple[str, str, str]] = Counter()
    undeclared = set()
    for (method, path, status), number in ledger.counts.items():
        route = system.route(method, path)
        if route is None:
            undeclared.add(f"{method} {path}")
            continue
        for service in route.services:
            counts[service, method, path, str(status)] += number * system.copies(route, signal)
    for request in ledger.unknown:
        route = system.route(request.method, request.route)
        if route is None:
            continue
        for service in route.services:
            unknown[service, request.method, request.route] += system.copies(route, signal)
    return Expected(counts, unknown, tuple(sorted(undeclared)))


def errors_of(expected: Expected) -> Expected:
    """Those of `expected` that were answered with an error: 400 or more."""
    counts = {key: number for key, number in expected.counts.items() if int(key[3]) >= 400}
    return replace(expected, counts=counts, undeclared=())


def covers(observed: Mapping[Key, float], expected: Expected) -> bool:
    """Whether of nothing there is less than there must be."""
    return all(observed.get(key, 0) >= wanted for key, wanted in expected.counts.items())


def count_findings(
    expected: Expected,
    observed: Mapping[Key, float],
    what: str,
    more: Callable[[Key], bool] = lambda _: False,
) -> list[Finding]:
    """One finding per key whose count is not what it must be. `what` names the copies; `more` says
    of which keys there may be more, since others' requests are counted as well.
    """
    findings = [
        Finding(f"the ledger has requests to {route}, which system.yaml does not declare")
        for route in expected.undeclared
    ]
    for key in sorted(set(expected.counts) | set(observed)):
        service, method, route, status = key
        wanted, seen = expected.counts.get(key, 0), observed.get(key, 0)
        slack = expected.unknown.get((service, method, route), 0)
        others = more(key)
        if wanted <= seen <= (seen if others else wanted + slack):
            continue
        bound = f"{wanted}" if not slack else f"{wanted} to {wanted + slack}"
        bound = f"at least {wanted}" if others else bound
        findings.append(
            Finding(
                f"{service}: {method} {route} {status}: expected {bound} {what}, "
                f"seen {seen:g} ({seen - wanted:+g})"
            )
        )
    return findings


def unknown_note(expected: Expected) -> str:
    """Says that counts hold within a bound only, when some requests got no answer."""
    number = sum(expected.unknown.values())
    return f", within {number} (requests without an answer)" if number else ""
