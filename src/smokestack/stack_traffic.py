"""What a stack file says of requests to the application, and what of it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import pydantic

from smokestack.endpoints import Endpoint
from smokestack.leave import Leave
from smokestack.load.scenario import is_local
from smokestack.sharing import Shared
from smokestack.stack_secret import Secret
from smokestack.system.units import Section

TENANT = "x-tenant-id"
"""The header by which the application tells tenants apart."""
MARKS = ("baggage", "traceparent", "x-correlation-id", "x-smokestack-run")
"""Headers by which our requests are known: nothing else may stand in them."""


class OursAlone(Section):
    """What of the counters nobody else's requests are in: routes that nobody else asks, and labels
    whose value is ours, such as a tenant's.
    """

    routes: tuple[str, ...] = ()
    labels: Mapping[str, str] = pydantic.Field(default_factory=dict)


class Traffic(Section):
    """Whether requests may be sent to the application: how many in a run, how many a second, and
    what is sent along. `errors`: also those that are meant to fail, to this machine alone.
    """

    allow: bool = False
    requests: Annotated[int, pydantic.Field(gt=0)] = 400
    rate: Annotated[float, pydantic.Field(gt=0, le=100)] = 20.0
    headers: Mapping[str, Secret] = pydantic.Field(default_factory=dict)
    tenant: str | None = None
    errors: bool = False
    ours: OursAlone = OursAlone()

    def fault(self, entry: str, to: Endpoint | None, rows: int) -> tuple[str, str] | None:
        """What cannot be: the key, and why. `to` is where the requests would go, `rows` how many
        traces may be asked for at once.
        """
        if to is None:
            return "allow", f"endpoints has no {entry}: requests would go there"
        if self.requests > rows:
            return "requests", f"{self.requests} is more than limits.rows: not all could be found"
        if self.errors and not is_local(to.url):
            return "errors", f"errors on purpose go to this machine alone, not to {to.url}"
        taken = [header for header in self.headers if header.lower() in MARKS]
        return ("headers", f"{taken[0]} is how our requests are known") if taken else None

    def leave(self, to: Endpoint, headers: Mapping[str, str]) -> Leave:
        """What may be sent, with what the application's endpoint and `headers` say."""
        tenant = {TENANT: self.tenant} if self.tenant else {}
        shared = Shared(frozenset(self.ours.routes), self.ours.labels)
        along = {**to.headers, **headers, **tenant}
        return Leave(self.requests, self.rate, along, to.tls, self.errors, shared)
