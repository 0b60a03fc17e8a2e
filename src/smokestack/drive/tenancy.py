"""Whether a server shows us anything of the application, when it shows nothing of our own.

A tenant of Loki or Tempo sees what was pushed under its own name. Asked as another one they do not
refuse: they answer with nothing, as if all had been lost.
"""

from __future__ import annotations

from smokestack.errors import NoAccess
from smokestack.observe.edge import Edge
from smokestack.observe.loki import Loki
from smokestack.observe.tempo import Tempo, quoted
from smokestack.observe.traces import TraceStore
from smokestack.stack_file import TENANT


def require_lines(loki: Loki, selector: str, since: float, until: float) -> None:
    """Raise NoAccess where Loki is asked as a tenant and has no stream of the application's, of us
    or anybody else, between two moments.
    """
    if _tenant(loki.edge) and not loki.streams(selector, since, until):
        raise _hidden(loki.edge, f"line of {selector}", until - since)


def require_traces(store: TraceStore, service: str, since: float, until: float) -> None:
    """Raise NoAccess where Tempo is asked as a tenant and has no trace of the application's entry,
    of us or anybody else, between two moments. Jaeger knows no tenants.
    """
    if not isinstance(store, Tempo) or not _tenant(store.edge):
        return
    query = f"{{ resource.service.name = {quoted(service)} }}"
    if not store.matching(query, since, until, 1).samples:
        raise _hidden(store.edge, f"trace of {service}", until - since)


def _tenant(edge: Edge) -> str:
    return edge.endpoint.headers.get(TENANT, "")


def _hidden(edge: Edge, what: str, seconds: float) -> NoAccess:
    return NoAccess(
        f"as tenant {_tenant(edge)!r}, {edge.server} shows not one {what} in the last "
        f"{seconds / 60:.0f} min, of us or of others: whether ours arrived cannot be told",
        hint="is it the tenant whose data the application's are? `tenant` in the stack file",
    )
