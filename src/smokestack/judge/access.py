"""Access events: which lines are such, and how many there are of each request and service."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from smokestack.judge.counting import Declared
from smokestack.judge.tallies import Tallies
from smokestack.samples import Ledger, LogLine, Request
from smokestack.system import System, given


def access_lines(system: System, lines: Iterable[LogLine]) -> Iterator[LogLine]:
    """Those lines that are access events."""
    access = given(system.logs).access
    return (line for line in lines if line.fields.get(access.field) == access.value)


def service_of(system: System, line: LogLine) -> str:
    """The service that a line is labelled with; empty for none."""
    return line.labels.get(given(system.logs).service_label, "")


def text_of(line: LogLine, name: str) -> str:
    """A field as text; empty where it is missing."""
    value = line.fields.get(name)
    return "" if value is None else str(value)


class Events:
    """How many access events there are of each request and service, and whether those that are
    too many are one event or several. Of each only a number is kept.
    """

    def __init__(self, system: System, ledger: Ledger) -> None:
        self._system, self._ledger, self._declared = system, ledger, Declared(system)
        self._number = Tallies(ledger, system.application.services)
        self._first = {
            name: array("q", bytes(8 * len(ledger))) for name in system.application.services
        }
        self._distinct: dict[tuple[str, int], set[int]] = {}
        self.total = 0
        self.strange: set[tuple[str, str]] = set()
        """(service, correlation id) of those that the ledger does not have."""

    def add(self, line: LogLine) -> None:
        """Note one access event."""
        names = given(self._system.logs).names
        service, correlation = service_of(self._system, line), text_of(line, names.correlation_id)
        self.total += 1
        request = self._ledger.of_correlation(correlation)
        route = self._declared.route(request) if request else None
        if route is None or service not in route.services:
            self.strange.add((service, correlation))
            return
        position, event = self._ledger.by_correlation[correlation], text_of(line, names.event_id)
        if self._number.add(position, service):
            first = self._first[service][position]
            self._distinct.setdefault((service, position), {first}).add(hash(event))
        else:
            self._first[service][position] = hash(event)

    def of(self, service: str, request: Request) -> tuple[int, int]:
        """How many there are, and how many different ones."""
        position = self._ledger.by_correlation[request.correlation_id]
        number = self._number.get(position, service)
        return number, len(self._distinct.get((service, position), ())) or number
