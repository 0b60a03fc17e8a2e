"""The result model: which verdict many make, and how it is written."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from smokestack.errors import UsageError
from smokestack.report import run_json
from smokestack.results import (
    Change,
    CheckResult,
    Evidence,
    Judgement,
    LoadInfo,
    Measurement,
    RunResult,
    ServerInfo,
    StackInfo,
    Standin,
    Timeline,
    Verdict,
    worst,
)

MET, MISSED, UNMEASURED, SKIPPED = Verdict


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], SKIPPED),
        ([SKIPPED], SKIPPED),
        ([SKIPPED, MET], MET),
        ([MET, UNMEASURED], UNMEASURED),
        ([UNMEASURED, MISSED], MISSED),
        ([SKIPPED, UNMEASURED], UNMEASURED),
        (list(Verdict), MISSED),
    ],
)
def test_worst(verdicts: list[Verdict], expected: Verdict) -> None:
    """Missed over unmeasured over met, in whatever order; nothing exercised is never met."""
    assert {worst(order) for order in itertools.permutations(verdicts)} == {expected}


def test_verdict_of_a_run_without_checks_is_not_met() -> None:
    """A run that exercised nothing has proven nothing."""
    assert RunResult("id", 0.0, 1.0, "reference", "fast").verdict is SKIPPED


def test_results_cannot_be_changed() -> None:
    """What was found out stays as it was found."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Judgement(MET, "fine").verdict = MISSED  # type: ignore[misc]


def load(name: str, count: int) -> LoadInfo:
    """A load of one route."""
    by = ({"method": "GET", "route": "/ping", "status": 200, "count": count},)
    return LoadInfo(name, name, 1.0, 2.0, count, 10.0, 9.5, by, "reached 9.5 of 10 requests/s")


FIGURE = Measurement("overhead", 0.5, "ms", 5.0, (0.4, 0.6))
FULL = RunResult(
    run_id="20260101-000000-abcdef",
    started_at=1.0,
    duration_s=2.0005,
    system="reference",
    pace="fast",
    stack=StackInfo(
        "native",
        1.5,
        (ServerInfo("loki", "3.7.8", 0.5),),
        (Change("prometheus.yml", "global.scrape_interval", "15s", "250ms"),),
        (Standin("jaeger", "tempo", "no binary"),),
    ),
    loads=(load("smoke", 25), load("steady", 5)),
    checks=(
        CheckResult(
            "logs.count", "logs", "", 0.1, Judgement(MET, "30 of 30", (), (), 9.5, 3.1, (FIGURE,))
        ),
    ),
    timelines=(Timeline("HighErrorRate", ((0.5, "pending"),)),),
    calls=({"server": "loki", "method": "GET", "path": "/ready", "count": 2},),
)


def test_run_json_has_everything(tmp_path: Path) -> None:
    """Every part of the model is there after writing, as plain data."""
    file = run_json.write(FULL, tmp_path / FULL.run_id)
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    row = {"method": "GET", "route": "/ping", "status": 200, "count": 30}
    assert data["ledger"] == {"requests": 30, "by": [row]}
    assert data["stack"]["servers"] == [{"name": "loki", "version": "3.7.8", "ready_s": 0.5}]
    assert data["stack"]["changes"][0]["before"] == "15s"
    assert data["stack"]["standins"][0]["instead_of"] == "tempo"
    assert data["loads"][1]["shortfall"] == "reached 9.5 of 10 requests/s"
    assert data["timelines"] == [
        {"name": "HighErrorRate", "events": [[0.5, "pending"]], "marks": [], "started_at": None}
    ]
    assert data["measurements"][0]["interval"] == [0.4, 0.6]
    assert data["calls"][0]["path"] == "/ready"
    assert data["verdict"] == "met"


def test_run_json_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """Nothing unfinished is left beside it, and writing again replaces it."""
    folder = tmp_path / FULL.run_id
    run_json.write(FULL, folder)
    run_json.write(dataclasses.replace(FULL, interrupted="Ctrl-C"), folder)
    assert [path.name for path in folder.iterdir()] == ["run.json"]
    assert json.loads((folder / "run.json").read_text())["interrupted"] == "Ctrl-C"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([FULL.run_id, "latest"])


def test_latest_that_is_a_folder_of_the_users(tmp_path: Path) -> None:
    """A folder called latest is not removed, and said to be in the way."""
    (tmp_path / "latest" / "precious").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"run\.json cannot be written"):
        run_json.write(FULL, tmp_path / FULL.run_id)
    assert (tmp_path / "latest" / "precious").is_dir()


def test_results_name_no_value_that_json_cannot_take() -> None:
    """Anything in a query or an answer can be written."""
    odd = Evidence("count", "{a='\udcff'}", "\x00\x1b[31m", "∞")
    check = CheckResult("a.b", "a", "", 0.0, Judgement(MISSED, "odd", (), (odd,)))
    data = run_json.as_data(dataclasses.replace(FULL, checks=(check,)))
    assert json.loads(json.dumps(data))["checks"][0]["evidence"][0]["expected"] == "∞"
