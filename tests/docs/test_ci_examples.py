"""The examples for pipelines: valid, of our versions, with commands that pytest takes."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from smokestack import options, results, stack_file
from tests.docs.pages import ROOT, table
from tests.mutations.project import clean_environment

EXAMPLES = ROOT / "docs" / "examples"
GITHUB, GITLAB = EXAMPLES / "github-actions.yml", EXAMPLES / "gitlab-ci.yml"
JOB, DOCKERFILE = EXAMPLES / "kubernetes-job.yaml", EXAMPLES / "Dockerfile"
STAGING = EXAMPLES / "staging.yaml"
FLAGS = {option.flag for option in options.OPTIONS}


def parsed(file: Path) -> Any:
    """What a file says."""
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def container() -> Any:
    """The one of the Job."""
    return parsed(JOB)["spec"]["template"]["spec"]["containers"][0]


def commands(file: Path) -> list[list[str]]:
    """The words of each call of pytest in a pipeline."""
    calls = re.findall(r"\.venv/bin/pytest ([^|\n]+)", file.read_text(encoding="utf-8"))
    return [shlex.split(call.replace("$VERSION", "1.4.2")) for call in calls]


def all_commands() -> dict[str, list[str]]:
    """Each pipeline's only call of pytest, and that of the page."""
    args = [word.replace("/etc/smokestack/", f"{EXAMPLES}/") for word in container()["args"]]
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```sh\npytest (.*)\n```", page)
    found = {"kubernetes": args, "page": shlex.split(shown.replace("staging.yaml", str(STAGING)))}
    for name, file in (("github", GITHUB), ("gitlab", GITLAB)):
        (found[name],) = commands(file)
    return found


@pytest.mark.parametrize(
    ("file", "schema"),
    [(GITHUB, "vendor.github-workflows"), (GITLAB, "vendor.gitlab-ci")],
    ids=["github", "gitlab"],
)
def test_pipelines_are_valid(file: Path, schema: str) -> None:
    """By the schema that check-jsonschema carries of each service, without a network."""
    own = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
    schemas = ["--builtin-schema", schema, *own]
    command = [sys.executable, "-m", "check_jsonschema", *schemas, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_job_is_valid(tmp_path: Path) -> None:
    """By the schema of Kubernetes, in which no unknown key may stand."""
    assert _validated(JOB).returncode == 0, _validated(JOB).stdout
    wrong = tmp_path / "job.yaml"
    text = JOB.read_text(encoding="utf-8").replace("backoffLimit", "backofLimit")
    wrong.write_text(text, encoding="utf-8")
    assert _validated(wrong).returncode != 0


def _validated(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kubernetes_validate", "--strict", "-k", "1.31", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("name", "words"), all_commands().items(), ids=list(all_commands()))
def test_pytest_takes_the_command(name: str, words: list[str], tmp_path: Path) -> None:
    """With its options, and values that are understood; with the stack file of the examples."""
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= FLAGS
    assert any("staging.yaml" in word for word in words)
    reports = [word for word in words if not word.startswith("--report-dir")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *reports, "--collect-only", "-q", "-p", "no:cacheprovider",
         f"--report-dir={tmp_path}"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**clean_environment(), "STAGING_TOKEN": "a-token"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "suites/test_deploy.py::test_error_rate" in done.stdout


def test_the_stack_file_is_understood() -> None:
    """And each pipeline brings the secret that it names."""
    read = stack_file.read(STAGING, ("gateway", "backend"), {"STAGING_TOKEN": "a-token"})
    assert not read.warnings
    for file in (GITHUB, GITLAB, JOB):
        assert "STAGING_TOKEN" in file.read_text(encoding="utf-8")


def test_versions_are_ours() -> None:
    """Python as the sample application's image has it, and our own version for the image."""
    ours = _text("fixtures/app/Dockerfile")
    base = re.search(r"^FROM (python:(3\.\d+)\.\d+)-slim-bookworm$", ours, re.MULTILINE)
    assert base
    assert f"FROM {base[1]}-slim-bookworm\n" in DOCKERFILE.read_text(encoding="utf-8")
    assert parsed(GITLAB)["verify"]["image"] == f"{base[1]}-bookworm"
    setup = [step for step in parsed(GITHUB)["jobs"]["verify"]["steps"] if "with" in step]
    assert setup[0]["with"] == {"python-version": base[2]}
    project = tomllib.loads(_text("pyproject.toml"))["project"]
    assert project["requires-python"] == f">={base[2]}"
    assert container()["image"].endswith(f":{project['version']}")
    assert container()["image"] in DOCKERFILE.read_text(encoding="utf-8")


def test_the_image_copies_what_is_there() -> None:
    """Each path of the Dockerfile, and all that a run of the suites reads."""
    text = DOCKERFILE.read_text(encoding="utf-8")
    copied = [
        word for line in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE) for word in line.split()
    ]
    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert {"compose", "systems", "suites", "fixtures", "src", "scenarios"} <= set(copied)


def test_exit_codes_mean_what_the_pipelines_do() -> None:
    """6 is a warning or asked again; 1 and 4 end it; the page has every code."""
    assert parsed(GITLAB)["verify"]["allow_failure"] == {"exit_codes": [results.EXIT_UNMEASURED]}
    assert f'if [ "$code" = {results.EXIT_UNMEASURED} ]' in GITHUB.read_text(encoding="utf-8")
    rule = parsed(JOB)["spec"]["podFailurePolicy"]["rules"][0]
    assert rule["onExitCodes"]["values"] == [results.EXIT_MISSED, results.EXIT_USAGE]
    assert rule["onExitCodes"]["containerName"] == container()["name"]
    codes = {int(row[0]) for row in table(_text("docs/ci.md"), "## Exit codes")}
    ours = {value for name, value in vars(results).items() if name.startswith("EXIT_")}
    assert codes == ours | {0, 2}


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (1, 1), (4, 4), (6, 0)])
def test_the_script_for_github_passes_codes_on(code: int, ends: int, tmp_path: Path) -> None:
    """Its own lines, as GitHub runs them (`bash -e`), with a pytest that ends so."""
    steps = parsed(GITHUB)["jobs"]["verify"]["steps"]
    script = next(step["run"] for step in steps if "pytest" in step.get("run", ""))
    program = tmp_path / ".venv" / "bin" / "pytest"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
    program.chmod(0o755)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={"VERSION": "1.4.2"},
    )  # fmt: skip
    assert done.returncode == ends
    assert ("::warning::" in done.stdout) == (code == 6)


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
