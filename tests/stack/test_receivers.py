"""compose/alertmanager/receivers.yml tells people: a real Alertmanager sends, and inboxes on this
machine take it as Slack, PagerDuty, a mail server and a webhook do.

What differs from the file as it ships: where the services are, no TLS for mail on loopback, and
the pace.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from smokestack import yaml_file
from smokestack.endpoints import Endpoint
from smokestack.observe.alertmanager import Alertmanager
from smokestack.observe.edge import CallLog, Edge
from smokestack.stack.binaries import find_binary
from smokestack.stack.pace import compress_document
from smokestack.stack.ports import LOOPBACK, Ports
from smokestack.stack.relocation import Relocation
from smokestack.wait import until
from tests.stack.inboxes import HOOK, PAGERDUTY, SLACK, Inboxes, inboxes

RECEIVERS = Path(__file__).parents[2] / "compose/alertmanager/receivers.yml"
WITHIN_S = 20.0
CRITICAL = {"alertname": "HighErrorRate", "service": "gateway", "severity": "critical"}
WARNING = {"alertname": "ServerRestarting", "service": "node", "severity": "warning"}
SUMMARY = "something is wrong"


def secrets(folder: Path, taken: Inboxes) -> dict[str, str]:
    """The secrets, each in its file."""
    every = {
        "slack-api-url": f"{taken.web}{SLACK}",
        "smtp-password": "smtp-secret",
        "pagerduty-routing-key": "pagerduty-secret",
        "alert-webhook-url": f"{taken.web}{HOOK}",
    }
    for name, value in every.items():
        (folder / name).write_text(value, encoding="utf-8")
    return every


def configured(folder: Path, taken: Inboxes) -> Path:
    """The shipped file, with what this machine has in place of the world."""
    shipped = yaml_file.read(RECEIVERS).data
    quick, _ = compress_document("alertmanager", shipped, 120.0, "receivers.yml")
    moved: Any = Relocation({}, {"/run/secrets": str(folder)}, {}).document(quick)
    moved["global"] |= {
        "smtp_smarthost": f"{LOOPBACK}:{taken.mail_port}",
        "smtp_require_tls": False,
        "pagerduty_url": f"{taken.web}{PAGERDUTY}",
    }
    file = folder / "alertmanager.yml"
    file.write_text(yaml_file.dump(moved), encoding="utf-8")
    return file


@contextmanager
def running(config: Path) -> Iterator[Alertmanager]:
    """A real Alertmanager; what it writes goes to a file beside its configuration."""
    ports = Ports()
    address = f"{LOOPBACK}:{ports.take()}"
    command = [
        str(find_binary("alertmanager")),
        f"--config.file={config}",
        f"--storage.path={config.parent / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
        "--log.level=debug",
    ]
    edge = Edge(Endpoint("alertmanager", f"http://{address}"), calls=CallLog())
    with config.with_name("log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        assert until(lambda: Alertmanager(edge).ready(), within_s=WITHIN_S).met
        yield Alertmanager(edge)
    finally:
        edge.close()
        process.terminate()
        process.wait()
        ports.release()


def test_people_are_told_and_secrets_stay_in_their_files(tmp_path: Path) -> None:
    """A critical alert wakes somebody, a warning does not; both say what is wrong, and when it
    ended. What Alertmanager shows of its configuration, and what it logs, has no secret in it.
    """
    with inboxes() as taken:
        hidden = secrets(tmp_path, taken)
        with running(configured(tmp_path, taken)) as alertmanager:
            at = time.time()
            alertmanager.post([CRITICAL, WARNING], SUMMARY, at, at + 300)
            assert until(lambda: arrived(taken) == (2, 1, 2, 2), within_s=WITHIN_S).met, taken
            shown = alertmanager.config_text()
            alertmanager.post([CRITICAL, WARNING], SUMMARY, at, time.time())
            assert until(lambda: arrived(taken) == (4, 2, 4, 4), within_s=WITHIN_S).met, taken
        logged = (tmp_path / "log").read_text(encoding="utf-8")
    on_slack(taken)
    on_pagerduty(taken, hidden["pagerduty-routing-key"])
    by_mail(taken, hidden["smtp-password"])
    by_webhook(taken)
    assert "slack_api_url_file" in shown
    for secret in ("slack-secret", "smtp-secret", "pagerduty-secret", "webhook-secret"):
        assert secret in str(hidden)
        assert secret not in shown
        assert secret not in logged


def arrived(taken: Inboxes) -> tuple[int, int, int, int]:
    """How much is in each inbox."""
    return len(taken.at(SLACK)), len(taken.at(PAGERDUTY)), len(taken.mails), len(taken.at(HOOK))


def on_slack(taken: Inboxes) -> None:
    """One message in each channel, and one more at its end."""
    said = {(one["channel"], one["attachments"][0]["title"]) for one in taken.at(SLACK)}
    assert said == {
        ("#incidents", "FIRING HighErrorRate gateway"),
        ("#incidents", "RESOLVED HighErrorRate gateway"),
        ("#alerts", "FIRING ServerRestarting node"),
        ("#alerts", "RESOLVED ServerRestarting node"),
    }
    assert all(SUMMARY in one["attachments"][0]["text"] for one in taken.at(SLACK))


def on_pagerduty(taken: Inboxes, key: str) -> None:
    """One incident, of the critical alert alone, that is opened and closed."""
    opened, closed = taken.at(PAGERDUTY)
    assert (opened["event_action"], closed["event_action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == closed["dedup_key"]
    assert opened["routing_key"] == key
    assert opened["payload"]["severity"] == "critical"
    assert opened["payload"]["summary"] == f"HighErrorRate gateway: {SUMMARY}"


def by_mail(taken: Inboxes, password: str) -> None:
    """To whom each alert is for, from whom the file says, after a login."""
    assert taken.logins == {("alertmanager@example.org", password)}
    assert {one.sender for one in taken.mails} == {"alertmanager@example.org"}
    said = {(one.recipients, str(one.message["Subject"]).split()[0]) for one in taken.mails}
    assert said == {
        ((who,), what)
        for who in ("on-call@example.org", "team@example.org")
        for what in ("[FIRING:1]", "[RESOLVED]")
    }
    for one in taken.mails:
        name = "HighErrorRate" if "on-call" in one.recipients[0] else "ServerRestarting"
        assert name in str(one.message["Subject"])
        body = one.message.get_body(("html",))
        assert body is not None
        assert SUMMARY in body.get_content()


def by_webhook(taken: Inboxes) -> None:
    """Programs are told of everything."""
    told = {(one["commonLabels"]["alertname"], one["status"]) for one in taken.at(HOOK)}
    assert told == {
        (name, status)
        for name in ("HighErrorRate", "ServerRestarting")
        for status in ("firing", "resolved")
    }
