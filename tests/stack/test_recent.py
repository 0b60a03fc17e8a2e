"""What others sent lately to a running stack, judged without a request of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.staging import SUITES, asked, stack_file, staged

RECENT = (
    "logs.fields", "traces.complete", "traces.attributes", "correlation.exemplar-to-trace",
    "correlation.trace-to-logs", "correlation.logs-to-trace", "correlation.id-joins",
    "slo.objective gateway-availability", "slo.objective gateway-latency", "alerts.quiet",
)  # fmt: skip
"""What is judged on what others sent lately."""

CHOSEN = "test_logs or test_traces or test_correlation or objective"


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where a stack answers that others have used."""
    with staged(tmp_path_factory.mktemp("staging")) as found:
        yield found


def test_what_others_sent_lately_is_judged(addresses: dict[str, str], tmp_path: Path) -> None:
    """Their lines, traces and exemplars lead to each other; the SLOs are kept; nothing fires."""
    seen = asked(stack_file(tmp_path, addresses), SUITES, "-k", f"{CHOSEN} or quiet")
    assert seen.exit_code == 0, seen.output
    assert {ident for ident, verdict in seen.verdicts.items() if verdict == "met"} == set(RECENT)
    calls = seen.report["calls"]
    assert {call["method"] for call in calls} == {"GET"}
    assert sum(call["count"] for call in calls) < 25


def test_where_nothing_is_recent_nothing_is_met(addresses: dict[str, str], tmp_path: Path) -> None:
    """The same stack, looked at over a time in which nobody asked for anything."""
    seen = asked(stack_file(tmp_path, addresses, "look_back: 1500ms"), SUITES, "-k", CHOSEN)
    assert seen.exit_code == 6, seen.output
    unmeasured = {ident for ident, verdict in seen.verdicts.items() if verdict == "unmeasured"}
    assert unmeasured == set(RECENT) - {"alerts.quiet"}
    assert set(seen.verdicts.values()) == {"unmeasured", "skipped"}
    assert "no signal tells of a request to gateway" in seen.said_by("logs.fields")
