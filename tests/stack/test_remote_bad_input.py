"""Whatever a gateway answers in Loki's place: a check of Loki is unmeasured, and says what to do.

Each thing that may go wrong has a stack file of its own; one session of pytest asks them all.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smokestack.clients import connect
from smokestack.stack_file import read
from smokestack.system import load_system
from tests.mutations import project
from tests.stack import proxies
from tests.stack.proxies import HUGE, Proxies
from tests.stack.real_stack import ROOT

RUN_S = 60.0
CA = "ca: {folder}/ca.pem"
CLIENT = CA + ", certificate: {folder}/client.pem, key: {folder}/client.key"
EXPIRED = CA + ", certificate: {folder}/expired.pem, key: {folder}/expired.key"


@dataclass(frozen=True)
class Bad:
    """Where the questions go, and what is said then. `asked` is how often a question comes in."""

    url: str
    says: str
    tls: str = CA
    asked: int = 1


BAD = {
    "wrong-ca": Bad("{tls}/loki", "of an authority unknown here", "ca: {folder}/stranger.pem", 0),
    "no-ca": Bad("{tls}/loki", "of an authority unknown here", "", 0),
    "no-client-certificate": Bad("{strict}/loki", "it asks for a client certificate", asked=0),
    "expired-client": Bad("{strict}/loki", "client certificate has expired", EXPIRED, asked=0),
    "no-client-certificate-nginx": Bad("{mutual}/alertmanager", "it asks for a client certificate"),
    "expired-client-nginx": Bad("{mutual}/alertmanager", "has it expired", EXPIRED),
    "401": Bad("{tls}/loki", "is the token or password right"),
    "403": Bad("{tls}/no-right", "ask for the right to read"),
    "404": Bad("{tls}/nothing", "a prefix for each server"),
    "429": Bad("{tls}/busy", "lower `limits.rate`", asked=3),
    "429-until-a-date": Bad("{shifted}/busy", "lower `limits.rate`", asked=3),
    "502": Bad("{tls}/down", "the server itself cannot be reached"),
    "html": Bad("{tls}/page", "something before the server answers"),
    "truncated": Bad("{tls}/cut", "the answer broke off"),
    "huge": Bad("{tls}/huge", "more than 1048576 bytes"),
    "redirect": Bad("{tls}/elsewhere", "elsewhere (https://login.example.com/)"),
    "nobody": Bad("{nobody}/loki", "no connection", asked=0),
}

FILE = """\
system: reference
limits: {{rate: 50, body: 1MiB}}
endpoints:
  prometheus: {{url: {tls}/down, tls: {{{certificates}}}}}
  loki: {{url: {url}, tls: {{{certificates}}}}}
"""

SUITE = """
import os
from pathlib import Path

import pytest

from smokestack import stack_file
from smokestack.clients import connect
from smokestack.judge import configuration as judge
from smokestack.observe import own_settings
from smokestack.system import given, load_system

HERE = Path(__file__).parent
SYSTEM = load_system(Path(os.environ["CHECKOUT"]), "reference")


@pytest.mark.check("configuration.schema")
@pytest.mark.parametrize("name", sorted(file.stem for file in HERE.glob("*.yaml")))
def test_schema(name):
    remote = stack_file.read(HERE / f"{name}.yaml", ("gateway",), os.environ)
    edge = connect(remote.endpoints, SYSTEM).loki.edge
    promised = given(given(SYSTEM.configuration).log_schema)
    return judge.schema(promised, own_settings.loki_schema(edge), "/config", "")
"""
"""suites/test_configuration.py's own check, once for each stack file."""


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxies]:
    """The proxies, and no server behind them."""
    with proxies.before({}, tmp_path_factory.mktemp("gateways")) as both:
        yield both


def written(gateways: Proxies, bad: Bad, file: Path) -> Path:
    """The stack file of one thing that is wrong."""
    at = {"tls": gateways.tls, "mutual": gateways.mutual, "strict": gateways.strict,
          "shifted": gateways.shifted, "nobody": gateways.nobody}  # fmt: skip
    certificates = bad.tls.format(folder=gateways.folder)
    text = FILE.format(**at, url=bad.url.format(**at), certificates=certificates)
    file.write_text(text, encoding="utf-8")
    return file


@dataclass(frozen=True)
class Asked:
    """What became of it: the exit code, each check by its subject, and the paths that came in."""

    code: int
    checks: dict[str, Any]
    paths: list[str]


@pytest.fixture(scope="module")
def asked(gateways: Proxies, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """One session of pytest that asks them all."""
    folder = tmp_path_factory.mktemp("asked")
    for name, bad in BAD.items():
        written(gateways, bad, folder / f"{name}.yaml")
    (folder / "test_bad_input.py").write_text(SUITE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--no-html",
         f"--rootdir={ROOT}", f"--config-file={ROOT / 'pyproject.toml'}",
         f"--report-dir={folder / 'reports'}", folder / "test_bad_input.py"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=RUN_S,
        env={**project.clean_environment(), "CHECKOUT": str(ROOT)},
    )  # fmt: skip
    assert "smokestack" in done.stdout, done.stdout + done.stderr
    report = json.loads((folder / "reports" / "latest" / "run.json").read_text(encoding="utf-8"))
    paths = [path for which in ("nginx", "haproxy") for _, path, _ in gateways.asked(which)]
    return Asked(done.returncode, {c["subject"]: c for c in report["checks"]}, paths)


@pytest.mark.parametrize("name", BAD)
def test_it_is_unmeasured_and_says_what_to_do(asked: Asked, name: str) -> None:
    """Never missed: nothing was found out about Loki."""
    check = asked.checks[name]
    said = "\n".join([check["summary"], *(one["detail"] for one in check["findings"])])
    assert check["verdict"] == "unmeasured", said
    assert BAD[name].says in said


def test_the_session_is_not_met(asked: Asked) -> None:
    """Exit code 6, and each of them was asked."""
    assert (asked.code, set(asked.checks)) == (6, set(BAD))


def test_none_is_asked_more_often_than_it_must_be(asked: Asked) -> None:
    """Once; three times where it asked for that; never without a handshake."""
    expected: dict[str, int] = {}
    for bad in BAD.values():
        prefix = re.sub(r"^\{\w+\}", "", bad.url)
        expected[prefix] = expected.get(prefix, 0) + bad.asked
    seen = {prefix: sum(path.startswith(f"{prefix}/") for path in asked.paths)
            for prefix in expected}  # fmt: skip
    assert seen == expected


def test_there_is_no_storm_at_a_server_that_puts_off(gateways: Proxies, tmp_path: Path) -> None:
    """Five threads ask at once, each question three times: 15 come in, at the agreed rate."""
    file = written(gateways, BAD["429"], tmp_path / "busy.yaml")
    file.write_text(file.read_text(encoding="utf-8").replace("rate: 50", "rate: 20"))
    system = load_system(ROOT, "reference")
    clients = connect(read(file, system.application.services, {}).endpoints, system)
    before, started = len(gateways.asked()), time.monotonic()
    with ThreadPoolExecutor(5) as pool:
        sent = [pool.submit(clients.loki.edge.send, "GET", "/config") for _ in range(5)]
    took = time.monotonic() - started
    assert {one.result().status_code for one in sent} == {429}
    assert gateways.calls_since(before, 15) == {("GET", "/busy/config", 429): 15}
    assert took >= 14 / 20 - 0.01
    (call,) = clients.calls.entries()
    assert call["count"] == 15
    clients.close()


def test_the_huge_answer_is_as_large_as_is_said(gateways: Proxies) -> None:
    """More than the stack files allow."""
    assert gateways.file("huge.json").stat().st_size > HUGE > 1024**2
