"""Whether Grafana passed a question on to the server behind a data source, and why it did not.

As Grafana's own code has it (`pkg/services/datasourceproxy/datasourceproxy.go`,
`pkg/api/pluginproxy/ds_proxy.go`, and the routes of each data source's `plugin.json`): what it says
itself is JSON with a `message`; a server that does not know Grafana (401) becomes its 400. All else
is the server's own answer.

Without this, a data source that does not exist would look like a trace that does not (404), and
one that Grafana may not ask like a question that is wrong (400).
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from smokestack.endpoints import Endpoint
from smokestack.errors import BadResponse, NoAccess

NOT_LET_IN = "Authentication to data source failed"
"""What Grafana makes of a server's 401."""

UNKNOWN = (
    "Unable to find datasource",
    "Data source not found",
    "Datasource not found",
    "UID is invalid",
    "id is invalid",
)
"""What Grafana says where no data source has the uid or id."""

NO_PLUGIN = ("Unable to find datasource plugin", "Plugin not registered")
NO_SUCH_PATH = "Not found"
"""What Grafana before 9 says of `/api/datasources/proxy/uid/`, which it does not have."""

FOR_HIGHER_ROLES = "plugin proxy route access denied"
"""What Grafana says of a path that it passes on for Editors or Admins alone."""


def require(reply: httpx.Response, endpoint: Endpoint, path: str) -> None:
    """Raise where the answer is Grafana's own: NoAccess where it does not let us, BadResponse for
    a data source that is not there.
    """
    if reply.is_success:
        return
    status, message = reply.status_code, _message(reply)
    found = _refusal(status, message) or _nobody(status, message)
    if found is None:
        return
    kind, hint = found
    raise kind(
        f"{endpoint.name}: Grafana did not pass {path} on to its data source {endpoint.source}: "
        f"status {status}, {message or 'without a reason'}",
        hint=hint,
        server=endpoint.name,
        status=status,
    )


def _refusal(status: int, message: str) -> tuple[type[BadResponse], str] | None:
    if status == 401:  # a server's own 401 comes as 400
        return NoAccess, (
            "Grafana does not know us: is the service account's token right, not expired, and the "
            "variable that has it set?"
        )
    if status == 400 and message.startswith(NOT_LET_IN):
        return NoAccess, (
            "the server does not let Grafana in: the data source's own credentials are wrong or "
            "lacking, which those who run Grafana can change"
        )
    if status == 403 and message == FOR_HIGHER_ROLES:
        return NoAccess, "Grafana passes this path on for a higher role than the token's alone"
    if status == 403:
        return NoAccess, (
            "the service account may not query this data source: it needs `datasources:query` "
            "on it, which the role Viewer has unless the data source's permissions say otherwise"
        )
    return None


def _nobody(status: int, message: str) -> tuple[type[BadResponse], str] | None:
    if message in NO_PLUGIN:
        return BadResponse, "its plugin is not installed: those who run Grafana can add it"
    if message in UNKNOWN:
        return BadResponse, (
            "write the uid of one that is there below `sources` in the stack file; it stands in "
            "the address of the data source's page: /connections/datasources/edit/<uid>"
        )
    if status == 404 and message == NO_SUCH_PATH:
        return BadResponse, (
            "a Grafana before 9 knows data sources by number: `sources: {…: {id: 4}}`; or the "
            "path in `url` of grafana is wrong"
        )
    return None


def _message(reply: httpx.Response) -> str:
    """What Grafana says; empty for what is not its own JSON, but for a text that is its own."""
    try:
        told = reply.json()
    except ValueError:
        return reply.text.strip() if reply.text.startswith(NOT_LET_IN) else ""
    return str(told.get("message", "")) if isinstance(told, Mapping) else ""
