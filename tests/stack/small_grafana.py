"""A small program that plays Grafana: no real one can be had here.

It is configured as Grafana 13 is (GF_* variables, provisioning folders), lets in its admin alone,
and answers in the documented shapes. Its data sources are asked for real. `distribution` makes
what SMOKESTACK_GRAFANA_BINARY may name. With SMALL_GRAFANA_DATABASE=fails its database fails once
it was said to be ready; SMALL_GRAFANA_ADMIN is another admin than the one it was told; the plugin
of the type SMALL_GRAFANA_LACKS is not there; somebody has given the first panel of each dashboard
the title SMALL_GRAFANA_SAVED, and saved it.

SMALL_GRAFANA_TOKENS has service accounts as JSON: token -> {"role": "Viewer", "lists": true,
"may": [uids that it may query; all without it]}. Its proxy of data sources goes by the rules of
Grafana's own (see `passed_on`), and is known by uid or, as before Grafana 9, by id alone
(SMALL_GRAFANA_VERSION).
"""

from __future__ import annotations

import base64
import json
import math
import os
import re
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

ALIVE = {
    "prometheus": "/api/v1/query?query=1%2B1",
    "loki": "/loki/api/v1/query?query=vector(1)%2Bvector(1)",
    "tempo": "/api/echo",
    "jaeger": "/api/services",
}
"""What the plugin of a data source asks its server to know that it is healthy, by type."""
SAID = {
    "prometheus": "Successfully queried the Prometheus API.",
    "loki": "Data source successfully connected.",
    "tempo": "Data source is working",
    "jaeger": "Data source is working",
}

VERSION = int(os.environ.get("SMALL_GRAFANA_VERSION", "13"))

NO_PLUGIN = {"message": "Plugin not registered", "messageId": "plugin.notRegistered"}

RULES = {
    "prometheus": [("GET", "api/v1/status/flags", "Admin"), ("POST", "api/v1/query", "Viewer"),
                   ("POST", "api/v1/series", "Viewer"), ("POST", "api/v1/labels", "Viewer")],
    "loki": [("POST", "loki/api/v1/rules", "Editor"), ("DELETE", "loki/api/v1/rules", "Editor")],
    "alertmanager": [("GET", "api/v1/alerts", "Admin"), ("POST", "", "Editor"),
                     ("PUT", "", "Editor"), ("DELETE", "", "Editor")],
}  # fmt: skip
"""Type of a data source -> method, how the path begins, and the lowest role that may: the `routes`
of its plugin.json. What they do not name is passed on, but for what `passed_on` refuses.
"""
ROLES = ("Viewer", "Editor", "Admin")
OWN_HEADERS = {"host", "authorization", "cookie", "content-length", "connection", "accept-encoding"}

Answer = tuple[int, Any]
Rights = dict[str, Any]


def distribution(folder: Path) -> Path:
    """Write the program as a Grafana's distribution has it, and give its path."""
    (folder / "conf").mkdir(parents=True)
    (folder / "conf" / "defaults.ini").touch()
    (folder / "bin").mkdir()
    file = folder / "bin" / "grafana"
    run = f"runpy.run_path({str(Path(__file__))!r}, run_name='__main__')"
    file.write_text(f"#!{sys.executable}\nimport runpy\n{run}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def provisioned(kind: str) -> Iterator[dict[str, Any]]:
    """What the files of one provisioning folder list."""
    folder = {"providers": "dashboards", "datasources": "datasources"}.get(kind, "alerting")
    for file in sorted(Path(os.environ["GF_PATHS_PROVISIONING"], folder).glob("*.yml")):
        yield from yaml.safe_load(file.read_text(encoding="utf-8")).get(kind) or ()


def sources() -> list[dict[str, Any]]:
    """/api/datasources."""
    return [
        {
            "id": number,
            "orgId": 1,
            "uid": one["uid"],
            "name": one["name"],
            "type": one["type"],
            "access": one["access"],
            "url": one["url"],
            "isDefault": one.get("isDefault", False),
            "jsonData": one.get("jsonData", {}),
            "readOnly": not one.get("editable", False),
        }
        for number, one in enumerate(provisioned("datasources"), start=1)
    ]


def dashboards() -> Iterator[dict[str, Any]]:
    """Every dashboard with its meta, as /api/dashboards/uid/:uid has it."""
    for provider in provisioned("providers"):
        for file in sorted(Path(provider["options"]["path"]).glob("*.json")):
            meta = {
                "type": "db",
                "folderTitle": os.path.expandvars(provider["folder"]),
                "provisioned": True,
                "provisionedExternalId": file.name,
            }
            model = json.loads(file.read_text(encoding="utf-8"))
            if saved := os.environ.get("SMALL_GRAFANA_SAVED"):
                model["panels"][0]["title"] = saved
            yield {"meta": meta, "dashboard": {**model, "id": 7, "version": 3}}


KEPT: dict[int, dict[str, Any]] = {}
"""Annotations by id."""


def marked(query: str) -> list[dict[str, Any]]:
    """/api/annotations: those with all of the tags, or with any, within a time."""
    asked = urllib.parse.parse_qs(query)
    tags, start, end = set(asked.get("tags", [])), *(int(asked[key][0]) for key in ("from", "to"))
    fits = set.isdisjoint if asked.get("matchAny") == ["true"] else set.issubset

    def shown(one: dict[str, Any]) -> bool:
        within = start <= one["time"] <= end
        return within and (not tags or fits(tags, set(one["tags"])) is (fits is set.issubset))

    return [one for one in KEPT.values() if shown(one)]


def annotate(body: dict[str, Any]) -> Answer:
    """Keep an annotation."""
    number = max(KEPT, default=0) + 1
    times = {"time": body["time"], "timeEnd": body["time"]}
    KEPT[number] = {"id": number, "text": body["text"], "tags": body["tags"], **times, "data": {}}
    return 200, {"message": "Annotation added", "id": number}


def managed() -> list[dict[str, Any]]:
    """/api/v1/provisioning/alert-rules."""
    return [
        {**rule, "ruleGroup": group["name"], "provenance": "file", "isPaused": False}
        for group in provisioned("groups")
        for rule in group["rules"]
    ]


def evaluated(rule: dict[str, Any]) -> dict[str, Any]:
    """What a rule's first query gives, held against the threshold of its condition."""
    query, condition = rule["data"]
    error, state = "", "inactive"
    known = {one["uid"]: one for one in sources()}
    if (source := known.get(query["datasourceUid"])) is None:
        error = "failed to build query 'A': data source not found"
    else:
        asked = urllib.parse.urlencode({"query": query["model"]["expr"]})
        code, answer = ask(f"{source['url']}{QUERIED[source['type']]}?{asked}")
        if code != 200:
            error = f"[sse.dataQueryError] failed to execute query [A]: {answer.decode()}"
        else:
            [least] = condition["model"]["conditions"][0]["evaluator"]["params"]
            values = [float(one["value"][1]) for one in json.loads(answer)["data"]["result"]]
            state = "firing" if any(value > least for value in values) else "inactive"
    health = "error" if error else "ok"
    return {"name": rule["title"], "state": state, "health": health, "lastError": error}


def states() -> dict[str, Any]:
    """/api/prometheus/grafana/api/v1/rules."""
    groups = [{"name": "all", "rules": [evaluated(rule) for rule in managed()]}]
    return {"status": "success", "data": {"groups": groups}}


def tell() -> None:
    """Tell the contact points of the rules that fire, each once."""
    told: set[str] = set()
    while not threading.Event().wait(1):
        for rule in managed():
            if rule["uid"] not in told and evaluated(rule)["state"] == "firing":
                told |= {rule["uid"]} if _told(rule) else set()


def _told(rule: dict[str, Any]) -> bool:
    [named] = [policy["receiver"] for policy in provisioned("policies")]
    points = [one for one in provisioned("contactPoints") if one["name"] == named]
    alert = {
        "status": "firing",
        "labels": {"alertname": rule["title"], **rule["labels"]},
        "annotations": rule["annotations"],
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": "c6eadffa33fcdf37",
    }
    payload = {"receiver": named, "status": "firing", "orgId": 1, "version": "1",
               "alerts": [alert], "groupLabels": {"alertname": rule["title"]}}  # fmt: skip
    urls = [one["settings"]["url"] for point in points for one in point["receivers"]]
    return bool(urls) and all(ask(url, json.dumps(payload).encode())[0] == 200 for url in urls)


def hits() -> list[dict[str, Any]]:
    """/api/search?type=dash-db."""
    return [
        {
            "uid": one["dashboard"]["uid"],
            "title": one["dashboard"]["title"],
            "type": "dash-db",
            "folderTitle": one["meta"]["folderTitle"],
        }
        for one in dashboards()
    ]


def rights_of(authorization: str) -> Rights | None:
    """What who asks may do; None for nobody."""
    if authorization == _admin():
        return {"role": "Admin", "lists": True}
    tokens: dict[str, Rights] = json.loads(os.environ.get("SMALL_GRAFANA_TOKENS", "{}"))
    return tokens.get(authorization.removeprefix("Bearer "))


def denied(permission: str) -> Answer:
    """Grafana's own refusal (`pkg/services/accesscontrol/middleware.go`)."""
    said = "You'll need additional permissions to perform this action. Permissions needed: "
    told = {"message": said + permission, "title": "Access denied"}
    return 403, {"accessErrorId": "ACE0000000001", **told}


def passed_on(rights: Rights, asked: BaseHTTPRequestHandler, key: str, rest: str) -> Answer:
    """/api/datasources/proxy: what the server behind a data source answers, or why it was not
    asked (`pkg/services/datasourceproxy`, and `validateRequest` in `pkg/api/pluginproxy`).
    """
    fits = [one for one in sources() if key in (f"uid/{one['uid']}", str(one["id"]))]
    if not fits:
        return 404, {"message": "Unable to find datasource"}
    [source] = fits
    if source["uid"] not in rights.get("may", [source["uid"]]):
        return 403, {"message": "Access denied to datasource"}
    path = rest.partition("?")[0].strip("/")
    for method, begins, role in RULES.get(source["type"], []):
        if method == asked.command and path.startswith(begins):
            if ROLES.index(rights["role"]) < ROLES.index(role):
                return 403, {"message": "plugin proxy route access denied"}
            break
    else:
        if source["type"] == "prometheus" and asked.command != "GET":
            said = f"non allow-listed {asked.command}s not allowed on proxied Prometheus datasource"
            return 403, {"message": said}
    headers = {k: v for k, v in asked.headers.items() if k.lower() not in OWN_HEADERS}
    length = int(asked.headers.get("Content-Length") or 0)
    status, body = ask(source["url"] + rest, asked.rfile.read(length) or None, headers)
    return (400, b"Authentication to data source failed") if status == 401 else (status, body)


def health_of(source: dict[str, Any]) -> Answer:
    """/api/datasources/uid/:uid/health."""
    if source["type"] == os.environ.get("SMALL_GRAFANA_LACKS"):
        return 404, NO_PLUGIN
    code, _ = ask(source["url"] + ALIVE[source["type"]])
    if code == 200:
        return 200, {"status": "OK", "message": SAID[source["type"]]}
    return 400, {"status": "ERROR", "message": f"its server answered {code}"}


QUERIED = {"prometheus": "/api/v1/query", "loki": "/loki/api/v1/query"}


def answered(body: dict[str, Any]) -> Answer:
    """/api/ds/query."""
    there = {source["uid"]: source["type"] for source in sources()}
    types = [there.get(one["datasource"]["uid"]) for one in body["queries"]]
    if None in types:
        return 404, {"message": "Data source not found"}
    if os.environ.get("SMALL_GRAFANA_LACKS") in types:
        return 404, NO_PLUGIN
    results = {one["refId"]: queried(one, body) for one in body["queries"]}
    failed = any("error" in result for result in results.values())
    return (400 if failed else 200), {"results": results}


def queried(one: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """One query of /api/ds/query: its server's answer as data frames, or its error."""
    source = _with(one["datasource"]["uid"])
    over = "" if one.get("instant") or one.get("queryType") == "instant" else "_range"
    start, end = (int(body[key]) / 1000 for key in ("from", "to"))
    step = max(one["intervalMs"] / 1000, 1)
    asked = {"query": one["expr"], "start": start, "end": end, "time": end, "step": step}
    address = f"{source['url']}{QUERIED[source['type']]}{over}?{urllib.parse.urlencode(asked)}"
    code, answer = ask(address)
    if code != 200:
        return {"error": answer.decode(errors="replace"), "status": code, "frames": []}
    data = json.loads(answer)["data"]
    return {"status": 200, "frames": [frame(data["resultType"], one) for one in data["result"]]}


def frame(kind: str, series: dict[str, Any]) -> dict[str, Any]:
    """One series, or one stream, column by column."""
    points = [series["value"]] if kind == "vector" else series["values"]
    values = [value for _, value in points]
    if kind != "streams":
        values = [float(one) if math.isfinite(float(one)) else None for one in values]
    types = ("time", "string" if kind == "streams" else "number")
    fields = [{"name": name, "type": name} for name in types]
    return {"schema": {"fields": fields}, "data": {"values": [[at for at, _ in points], values]}}


def ask(
    url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Status and body of a GET, or of a POST with a body; 502 where nobody answers."""
    question = urllib.request.Request(url, body, headers or {})  # noqa: S310 - own loopback
    try:
        with urllib.request.urlopen(question, timeout=5) as reply:  # noqa: S310 - own loopback
            return int(reply.status), reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 502, b""


class Handler(BaseHTTPRequestHandler):
    """Grafana's HTTP API, as far as it is asked."""

    asked_for_health = 0

    def do_GET(self) -> None:
        """Answer one question."""
        if self.path == "/api/health":
            self._send(*self._health())
        elif (rights := self._rights()) is not None:
            parts = self.path.partition("?")[0].strip("/").split("/")
            self._send(*(self._proxied(rights) or self._answer(rights, parts)))

    def do_DELETE(self) -> None:
        """Take an annotation away."""
        number = int(self.path.rpartition("/")[2])
        if self.headers.get("Authorization") != _admin():
            self._send(401, {"message": "Invalid username or password"})
        elif KEPT.pop(number, None):
            self._send(200, {"message": "Annotation deleted"})
        else:
            self._send(404, {"message": "Could not find annotation to update"})

    def do_POST(self) -> None:
        """Answer a panel's query, or keep an annotation."""
        if (rights := self._rights()) is None:
            return
        if through := self._proxied(rights):
            self._send(*through)
            return
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/api/ds/query":
            self._send(*answered(body))
        elif self.path == "/api/annotations":
            self._send(*annotate(body))
        else:
            self._send(404, {"message": "Not found"})

    def _rights(self) -> Rights | None:
        """What who asks may do; nobody is told so."""
        told = self.headers.get("Authorization", "")
        if (rights := rights_of(told)) is not None:
            return rights
        if told.startswith("Bearer "):
            self._send(401, {"message": "Invalid API key", "messageId": "api-key.invalid"})
        else:
            said = "Invalid username or password"
            self._send(401, {"message": said, "messageId": "password-auth.failed"})
        return None

    def _proxied(self, rights: Rights) -> Answer | None:
        """What comes through a data source, where one is asked."""
        found = re.match(r"/api/datasources/proxy/(uid/[\w-]+|\d+)(/.*)", self.path)
        if found is None:
            return None
        if VERSION < 9 and found[1].startswith("uid/"):
            return 404, {"message": "Not found"}
        return passed_on(rights, self, found[1], found[2])

    def _health(self) -> Answer:
        Handler.asked_for_health += 1
        fails = os.environ.get("SMALL_GRAFANA_DATABASE") == "fails" and self.asked_for_health > 1
        database = "failing" if fails else "ok"
        told = {"database": database, "version": f"{VERSION}.2.3", "commit": "small"}
        return (503 if fails else 200), told

    def _answer(self, rights: Rights, parts: list[str]) -> Answer:  # noqa: PLR0911 - a table
        match parts:
            case ["api", "datasources"]:
                return (200, sources()) if rights.get("lists") else denied("datasources:read")
            case ["api", "datasources", "uid", uid, "health"]:
                return health_of(_with(uid))
            case ["api", "search"]:
                return 200, hits()
            case ["api", "v1", "provisioning", "alert-rules"]:
                return 200, managed()
            case ["api", "prometheus", "grafana", "api", "v1", "rules"]:
                return 200, states()
            case ["api", "annotations"]:
                return 200, marked(self.path.partition("?")[2])
            case ["api", "dashboards", "uid", uid]:
                found = [one for one in dashboards() if one["dashboard"]["uid"] == uid]
                return (200, found[0]) if found else (404, {"message": "Dashboard not found"})
        return 404, {"message": "Not found"}

    def _send(self, code: int, told: Any) -> None:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _with(uid: str) -> dict[str, Any]:
    return next(one for one in sources() if one["uid"] == uid)


def _admin() -> str:
    user, password = (os.environ[f"GF_SECURITY_ADMIN_{part}"] for part in ("USER", "PASSWORD"))
    user = os.environ.get("SMALL_GRAFANA_ADMIN", user)
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def serve() -> None:
    """Listen where it was told, and keep what it was started with."""
    print("starting with", sys.argv[1:], flush=True)  # noqa: T201 - a server's log
    seen = {"argv": sys.argv[1:], "environment": dict(os.environ)}
    Path(os.environ["GF_PATHS_DATA"], "seen.json").write_text(json.dumps(seen), encoding="utf-8")
    address = (os.environ["GF_SERVER_HTTP_ADDR"], int(os.environ["GF_SERVER_HTTP_PORT"]))
    threading.Thread(target=tell, daemon=True).start()
    ThreadingHTTPServer(address, Handler).serve_forever()


if __name__ == "__main__":
    serve()
