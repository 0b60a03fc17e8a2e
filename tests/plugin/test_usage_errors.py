"""What is wrong with a command or a file is said at once, with exit code 4."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.plugin.checkout import ROOT, Checkout, check

pytest_plugins = ["pytester"]

REFERENCE = (ROOT / "systems" / "reference" / "system.yaml").read_text(encoding="utf-8")


def refused(checkout: Checkout, *arguments: str) -> str:
    """What is said when a run is refused: exit code 4, no check run, no report written."""
    checkout.suite(check("a.met"))
    result = checkout.run(*arguments)
    said = "\n".join(result.outlines + result.errlines)
    assert result.ret == 4, said
    assert "Traceback" not in said
    assert "a.met" not in said
    assert not checkout.reports
    return said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--system", "referense"], ["no system 'referense'", "did you mean 'reference'?"]),
        (["--system", "zzz"], ["no system 'zzz'", "known: ", "reference"]),
        (["--stack", "nativ"], ["--stack 'nativ'", "did you mean native?", "auto, docker, native"]),
        (["--stack", "staging.yaml"], ["staging.yaml: no such file", "check the path"]),
        (["--pace", "slow"], ["--pace 'slow' is not known", "fast, real"]),
        (["--pace", "reel"], ["did you mean real?"]),
        (["--start-timeout", "abc"], ["--start-timeout 'abc' is not a number of seconds"]),
        (["--start-timeout", "0"], ["--start-timeout '0' is not a number of seconds above 0"]),
        (["--start-timeout", "nan"], ["--start-timeout 'nan' is not a number of seconds"]),
        (["--start-timeout", "inf"], ["--start-timeout 'inf' is not a number of seconds"]),
    ],
)
def test_flag_is_refused(checkout: Checkout, arguments: list[str], expected: list[str]) -> None:
    """The message names the flag, what was given and what is allowed."""
    said = refused(checkout, *arguments)
    for part in expected:
        assert part in said


def test_environment_is_held_to_the_same(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable stands for its flag, and a flag wins over it."""
    monkeypatch.setenv("SMOKESTACK_PACE", "slow")
    assert "'slow' is not known" in refused(checkout)
    assert checkout.run("--pace", "real").ret == 0
    assert checkout.run_json()["pace"] == "real"


def test_unknown_keys(checkout: Checkout) -> None:
    """Every unknown key is told with file, line and what is allowed there."""
    file = checkout.own_system(
        REFERENCE.replace("title:", "titel:", 1).replace("receiver:", "reciever:", 1)
    )
    said = refused(checkout, "--system", "mine")
    for key, meant in (("titel", "title"), ("alerts[0].reciever", "receiver")):
        name = key.rpartition(".")[2]
        [line] = [
            n for n, text in enumerate(file.read_text().splitlines(), 1) if f"{name}:" in text
        ]
        assert f"{file}:{line}: {key}: unknown key, did you mean '{meant}'?; allowed here: " in said


def test_wrong_value(checkout: Checkout) -> None:
    """A value that cannot be is told with what was found."""
    file = checkout.own_system(REFERENCE.replace("clock_skew: 2s", "clock_skew: soon"))
    said = refused(checkout, "--system", "mine")
    assert re.search(rf"{re.escape(str(file))}:\d+: clock_skew: found 'soon'; .*duration", said)


def test_broken_yaml(checkout: Checkout) -> None:
    """A file that is not YAML is told with the line where it breaks."""
    file = checkout.own_system('system: mine\ntitle: "not closed\nscrape: []\n')
    said = refused(checkout, "--system", "mine")
    assert re.search(rf"{re.escape(str(file))}:\d+: not YAML: ", said)


def test_empty_yaml(checkout: Checkout) -> None:
    """An empty file lacks its keys, and they are named."""
    file = checkout.own_system("")
    assert f"{file}:1: application: this key must be there" in refused(checkout, "--system", "mine")


def test_a_secret_that_is_not_set(checkout: Checkout) -> None:
    """Before anything is asked: the key, its line, and the variable to set."""
    file = checkout.path / "staging.yaml"
    file.write_text(
        "system: reference\n"
        "endpoints:\n"
        "  prometheus: {url: 'https://obs.test', bearer: {env: NOT_SET_ANYWHERE}}\n"
    )
    said = refused(checkout, "--stack", str(file))
    assert (
        f"{file}:3: prometheus.bearer: the environment variable NOT_SET_ANYWHERE is not set" in said
    )
    assert "export NOT_SET_ANYWHERE=" in said


def test_report_folder_under_a_file(checkout: Checkout) -> None:
    """A report folder that cannot be made is refused before anything starts."""
    (checkout.path / "taken").write_text("a file", encoding="utf-8")
    said = refused(checkout, "--report-dir", "taken/reports")
    assert "--report-dir" in said
    assert "taken/reports cannot be written: Not a directory" in said
    assert "name another folder" in said


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="this machine has no /proc")
def test_report_folder_that_takes_no_files(checkout: Checkout) -> None:
    """So is one in a place that takes no files, even from root."""
    assert "--report-dir /proc cannot be written" in refused(checkout, "--report-dir=/proc")


def test_outside_a_checkout(checkout: Checkout) -> None:
    """A folder without compose/ and systems/ is told where it lacks them."""
    (checkout.path / "compose").unlink()
    said = refused(checkout)
    assert "compose/compose.yaml and systems/" in said
    assert "run it inside a checkout of smokestack" in said


def test_report_that_can_no_longer_be_written(checkout: Checkout) -> None:
    """A report folder that goes away while the run goes on is a usage error too."""
    checkout.suite(
        """
@pytest.mark.check("a.met")
def test_met(request):
    import pathlib, shutil
    folder = request.config.rootpath / "reports"
    shutil.rmtree(folder)
    folder.write_text("a file now")
    return Judgement(Verdict.MET, "as expected")
"""
    )
    result = checkout.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*reports/*/run.json cannot be written: *"])
    result.stdout.fnmatch_lines(["*a.met*"])


def test_slo_of_another_version(checkout: Checkout) -> None:
    """It is told with file and line before anything is started."""
    file = checkout.own_system(REFERENCE).parent / "slo" / "availability.yaml"
    shutil.copytree(ROOT / "systems" / "reference" / "slo", file.parent)
    text = file.read_text(encoding="utf-8").replace("openslo/v1", "openslo/v2alpha")
    file.write_text(text, encoding="utf-8")
    line = text[: text.index("apiVersion")].count("\n") + 1
    said = refused(checkout, "--system", "mine")
    assert f"{file}:{line}: apiVersion: found 'openslo/v2alpha'" in said
    assert "allowed: openslo/v1" in said


def test_a_broken_dashboard_is_refused_where_it_is_asked_for(checkout: Checkout) -> None:
    """Before anything is started, with file and line; checks of other things do not mind it."""
    for folder in ("systems", "compose"):  # what is mounted is looked up beside compose/
        (checkout.path / folder).unlink()
        ignored = shutil.ignore_patterns("native")
        shutil.copytree(ROOT / folder, checkout.path / folder, ignore=ignored)
    file = checkout.path / "systems/reference/stack/dashboards/smokestack-application.json"
    file.write_text('{\n "uid": "a",\n "panels": [}', encoding="utf-8")
    checkout.suite(check("a.met"))
    assert checkout.run().ret == 0
    shutil.rmtree(checkout.path / "reports")
    asks = check("b.boards").replace("()", "(provisioned)", 1)
    checkout.suite("\n@pytest.fixture\ndef provisioned():\n    return 1\n", asks, name="test_b.py")
    assert "smokestack-application.json:3: not JSON: " in refused(checkout)
