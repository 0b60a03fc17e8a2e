"""Asks the health endpoints of the application, one request after another, while all is quiet.

Each request is followed by one to a server of the stack that has nothing to do for its answer:
what that takes is the machine's doing and not the application's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from smokestack.judge.health import P95, Answer, HealthSeen, Round, is_told
from smokestack.observe.edge import Edge
from smokestack.system import HealthEndpoint

WARM_UP = 5
"""Requests before the first that counts: a connection is made, and caches are filled."""

REQUESTS = 100
"""Requests in a round: five may be late, and the 95th percentile holds."""

FEWEST = 20
"""A round ends after so many where more of them were late than may be of all: it is late then."""

ROUNDS = 6
"""So many rounds at most, where the machine is busy. What is slow is slow in each."""

CONTROL = "/-/ready"
"""Prometheus answers this without looking anything up."""


def ask_all(
    endpoints: Sequence[HealthEndpoint],
    application: Edge,
    control: Edge,
    header: str | None,
    mark: str,
) -> list[HealthSeen]:
    """What came of each endpoint, one after another. `header` is the one for correlation ids, None
    where there is none; `mark` begins each id that is sent.

    Raises Unreachable where an answer does not come.
    """
    seen = []
    for number, endpoint in enumerate(endpoints):
        ask = _Asking(endpoint, application, control, header, f"{mark}-{number}")
        seen.append(ask.rounds())
    return seen


class _Asking:
    """The questions to one endpoint."""

    def __init__(
        self,
        endpoint: HealthEndpoint,
        application: Edge,
        control: Edge,
        header: str | None,
        mark: str,
    ) -> None:
        self.endpoint, self.mark, self.header = endpoint, mark, header
        self.application, self.control = application, control
        self._sent = 0

    def rounds(self) -> HealthSeen:
        """Rounds until it can be told, or there were enough of them."""
        for _ in range(WARM_UP):
            self._answer()
            self._timed(lambda: self.control.send("GET", CONTROL))
        done: list[Round] = []
        while len(done) < ROUNDS and not (done and is_told(self.endpoint, done)):
            done.append(self._round())
        repeat = self.application.repeat(self.endpoint.route)
        return HealthSeen(self.endpoint.route, tuple(done), repeat)

    def _round(self) -> Round:
        answers: list[Answer] = []
        control: list[float] = []
        while len(answers) < REQUESTS:
            answers.append(self._answer())
            control.append(self._timed(lambda: self.control.send("GET", CONTROL)))
            late = sum(one.took_s > self.endpoint.within for one in answers)
            if len(answers) >= FEWEST and late > (1 - P95) * REQUESTS:
                break
        return Round(tuple(answers), tuple(control))

    def _answer(self) -> Answer:
        self._sent += 1
        ident = f"{self.mark}-{self._sent}"
        headers = {self.header: ident} if self.header else {}
        began = time.perf_counter()
        reply = self.application.send("GET", self.endpoint.route, headers=headers)
        took = time.perf_counter() - began
        try:
            body = json.loads(reply.content)
        except ValueError:
            body = None
        return Answer(reply.status_code, body, took, ident)

    @staticmethod
    def _timed(do: Callable[[], object]) -> float:
        began = time.perf_counter()
        do()
        return time.perf_counter() - began
