"""What a run tells the CI that it runs in, who watches it, and who reads its last lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from smokestack import cli
from smokestack.report import push
from smokestack.report.writers import WRITERS
from tests.plugin.checkout import Checkout, check

pytest_plugins = ["pytester"]

DEAF = """
@pytest.mark.check("logs.{0}")
def test_{0}():
    raise Unreachable("loki: GET http://l/{0}: no connection", hint="ask", server="loki")
"""
"""A check whose Loki does not answer."""


def events(file: Path) -> list[dict[str, Any]]:
    """The lines of an event stream."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_loki_is_down_once_and_first(checkout: Checkout) -> None:
    """Nine checks that cannot ask it are one cause, in the terminal and in every file."""
    checkout.suite(
        check("a.missed", "MISSED", "one is gone"),
        *(DEAF.format(f"n{n}") for n in range(9)),
        name="test_logs.py",
    )
    result = checkout.run()
    result.stdout.fnmatch_lines(
        [
            "unmeasured loki cannot be reached: logs.n0, logs.n1, logs.n2, logs.n3, logs.n4, *",
            "missed a.missed: one is gone",
            "✗ MISSED  1 missed, 9 unmeasured",
            "  loki cannot be reached: 9 checks",
        ]
    )
    assert result.stdout.str().count("unmeasured loki") == 1
    [cause, own] = checkout.run_json()["causes"]
    assert (cause["title"], cause["server"]) == ("loki cannot be reached", "loki")
    assert [one["id"] for one in cause["checks"]] == [f"logs.n{n}" for n in range(9)]
    assert own["title"] == "one is gone"
    folder = checkout.path / "reports" / "latest"
    for name in ("summary.md", "report.html", "junit.xml"):
        assert "loki cannot be reached" in (folder / name).read_text(encoding="utf-8")


def test_every_file_can_be_made_again(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Byte for byte what the run wrote, of its run.json alone."""
    monkeypatch.setenv("GITLAB_CI", "true")
    checkout.suite(
        check("a.met", summary="360 of 360"),
        check("a.missed", "MISSED", r"one \x1b[31m is <gone>"),
        DEAF.format("n1"),
        check("a.skipped", "SKIPPED", "no such thing"),
    )
    checkout.run()
    folder = checkout.path / "reports" / "latest"
    written = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    for form in WRITERS:
        arguments = ["report", str(folder / "run.json"), "--format", form]
        assert CliRunner().invoke(cli.app, [*arguments, "--output", str(tmp_path)]).exit_code == 0
    again = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert set(written) == {*again, "run.json"}
    assert again == {name: text for name, text in written.items() if name != "run.json"}


def test_github(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Annotations on stdout, and the summary after what the job's summary had."""
    job = tmp_path / "job.md"
    job.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
    checkout.suite(check("a.missed", "MISSED", "one is gone"))
    result = checkout.run()
    annotation = (
        "::error file=test_mine.py,line=6,title=smokestack%3A a.missed"
        "::one is gone%0Achecks: a.missed"
    )
    result.stdout.fnmatch_lines([annotation])
    folder = checkout.path / "reports" / "latest"
    text = (folder / "summary.md").read_text(encoding="utf-8")
    assert job.read_text(encoding="utf-8") == f"before\n{text}"
    told = CliRunner().invoke(cli.app, ["report", str(folder), "--format", "github"])
    assert told.stdout == f"{annotation}\n"


def test_nothing_for_a_ci_outside_of_one(checkout: Checkout) -> None:
    """A person's terminal has no annotations, the folder no report of GitLab's."""
    checkout.suite(check("a.missed", "MISSED", "one is gone"))
    result = checkout.run()
    result.stdout.no_fnmatch_line("::*")
    assert not (checkout.path / "reports" / "latest" / "gl-code-quality-report.json").exists()


def test_what_cannot_be_told_the_ci_decides_nothing(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A line each; verdict and exit code stay."""
    monkeypatch.setattr(push, "TIMEOUT_S", 0.5)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "folder"))
    checkout.suite(check("a.met"))
    result = checkout.run("--metrics-push", "http://127.0.0.1:1", "--no-html")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "the job summary was not written: FileNotFoundError: *",
            "the run's metrics were not taken by http://127.0.0.1:1: *",
        ]
    )


def test_events(checkout: Checkout) -> None:
    """A line for what happens, in its order, each with when and of which run."""
    checkout.suite(check("a.met", summary="360 of 360"), DEAF.format("n1"))
    checkout.run("--events", "watch/events.ndjson", "--no-html")
    told = events(checkout.path / "watch" / "events.ndjson")
    data = checkout.run_json()
    assert {one.pop("run_id") for one in told} == {data["run_id"]}
    times = [one.pop("at") for one in told]
    assert times == sorted(times)
    assert [one["event"] for one in told] == [
        "run-started", "check-finished", "check-finished", "run-finished",
    ]  # fmt: skip
    assert told[0] == {
        "event": "run-started", "system": "reference", "pace": "fast", "checks": 2,
    }  # fmt: skip
    assert told[1] | {"duration_s": 0} == {
        "event": "check-finished", "check": "a.met", "subject": "", "suite": "mine",
        "verdict": "met", "summary": "360 of 360", "duration_s": 0,
    }  # fmt: skip
    assert told[3] | {"duration_s": 0} == {
        "event": "run-finished", "verdict": "unmeasured",
        "counts": {"met": 1, "missed": 0, "unmeasured": 1, "skipped": 0},
        "causes": ["loki cannot be reached"], "interrupted": None, "duration_s": 0,
        "report": str(checkout.path / "reports" / data["run_id"]), "exit_code": 6,
    }  # fmt: skip


def test_events_are_there_while_it_runs(checkout: Checkout) -> None:
    """Each line is flushed at once: a check can read what was told before it."""
    checkout.suite(
        check("a.first"),
        """
@pytest.mark.check("b.second")
def test_second():
    seen = open("events.ndjson", encoding="utf-8").read()
    return Judgement(Verdict.MET, str(seen.count("a.first")))
""",
    )
    checkout.run("--events", "events.ndjson", "--no-html")
    assert checkout.run_json()["checks"][1]["summary"] == "1"


def test_events_by_an_environment_variable(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every option."""
    monkeypatch.setenv("SMOKESTACK_EVENTS", str(checkout.path / "e"))
    checkout.suite(check("a.met"))
    checkout.run("--no-html")
    assert len(events(checkout.path / "e")) == 3


def test_events_that_cannot_be_written_are_a_usage_error(checkout: Checkout) -> None:
    """Before anything is started."""
    (checkout.path / "file").write_text("", encoding="utf-8")
    checkout.suite(check("a.met"))
    result = checkout.run("--events", "file/events")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--events */file/events cannot be written: *"])
    assert not checkout.reports


def test_events_on_a_full_disk_decide_nothing(checkout: Checkout) -> None:
    """It is said once, and the run goes on."""
    if not Path("/dev/full").exists():
        pytest.skip("this machine has no /dev/full")
    checkout.suite(check("a.met"))
    result = checkout.run("--events=/dev/full", "--no-html")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["--events: /dev/full: No space left on device"])


@pytest.mark.parametrize("url", ["collector:4318", "ftp://there", "http://"])
def test_where_metrics_are_pushed_must_be_a_url(checkout: Checkout, url: str) -> None:
    """A usage error that says how one looks."""
    checkout.suite(check("a.met"))
    result = checkout.run("--metrics-push", url)
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*--metrics-push {url}: no URL", "*http://localhost:4318*"])


def test_quiet(checkout: Checkout) -> None:
    """`-q`: what was not met, the verdict, and where the report is; no table of checks."""
    checkout.suite(check("a.met"), check("a.missed", "MISSED", "one is gone"))
    result = checkout.run("-q")
    result.stdout.fnmatch_lines(
        ["missed a.missed: one is gone", "✗ MISSED  1 met, 1 missed", "report: */report.html"]
    )
    result.stdout.no_fnmatch_line("✓*")
    result.stdout.no_fnmatch_line("reference at pace*")


def test_the_last_line_names_the_report(checkout: Checkout) -> None:
    """report.html, or the folder where there is none."""
    checkout.suite(check("a.met"))
    ours = [line for line in checkout.run().outlines if line and not line.startswith("=")]
    assert ours[-1].endswith("/report.html")
    assert Path(ours[-1].removeprefix("report: ")).is_file()
    plain = [line for line in checkout.run("--no-html").outlines if line.startswith("report: ")]
    assert Path(plain[-1].removeprefix("report: ")).is_dir()
