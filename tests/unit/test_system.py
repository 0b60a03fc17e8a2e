"""What system.yaml may leave out, and what must go together in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smokestack import yaml_file
from smokestack.errors import ConfigError
from smokestack.system import System, load_system, names
from smokestack.yaml_file import Document
from tests.unit.judged import SYSTEM

ROOT = Path(__file__).parents[2]


def given(system: str = "reference", **sections: Any) -> Any:
    """The plain data of a system, with other sections; None takes one away."""
    data = yaml_file.read(ROOT / "systems" / system / "system.yaml").data
    return {key: value for key, value in {**data, **sections}.items() if value is not None}


def faults(data: Any) -> list[str]:
    """What is wrong with a system.yaml, without the places."""
    with pytest.raises(ConfigError) as caught:
        yaml_file.validate(Document(Path("system.yaml"), data), System)
    return [line.split(": ", 1)[1] for line in caught.value.message.splitlines()]


def logs_without_traces(system: str = "reference") -> Any:
    """The section `logs` without the field that leads to a trace."""
    logs = given(system)["logs"]
    return {**logs, "names": {k: v for k, v in logs["names"].items() if k != "trace_id"}}


@pytest.mark.parametrize("name", names(ROOT))
def test_every_system_can_be_read(name: str) -> None:
    """The systems of the checkout say what they should."""
    assert load_system(ROOT, name).system == name


def test_the_reference_lacks_nothing() -> None:
    """It uses every feature at once."""
    reference = load_system(ROOT, "reference")
    lacking = [reference.lacks("traces"), reference.lacks("correlation"), reference.lacks("alerts")]
    assert [*lacking, reference.lacks("notifications")] == [None] * 4


def test_clientforge_lacks_what_its_documents_do_not_promise() -> None:
    """The reason is the one that a skipped check gives."""
    clientforge = load_system(ROOT, "clientforge")
    assert clientforge.lacks("traces") == "this system has no traces"
    assert clientforge.lacks("correlation") == "this system has no correlation ids"
    assert clientforge.lacks("slos") == "this system has no SLOs"
    assert clientforge.lacks("notifications") == "this system has no notifications of alerts"


def test_traces_are_kept_only_where_there_are_any() -> None:
    """A promise of what the system lacks is a mistake."""
    (told,) = faults(given("clientforge", configuration={"retention": {"traces": "7d"}}))
    assert told.startswith("configuration.retention.traces: there is no section `traces`")


def test_of_a_signal_that_is_lacking_there_are_no_copies() -> None:
    """None are expected, whatever the default is; what the system has keeps its own."""
    route = SYSTEM.routes[0]
    without = SYSTEM.model_copy(update={"traces": None})
    assert [SYSTEM.copies(route, signal) for signal in ("metrics", "logs", "traces")] == [1, 1, 1]
    assert [without.copies(route, signal) for signal in ("metrics", "logs", "traces")] == [1, 1, 0]


def test_copies_of_traces_need_traces() -> None:
    """Nothing is declared about a signal that is not there."""
    without = given(
        traces=None,
        grafana=None,
        configuration=None,
        resources=None,
        latency=None,
        overhead=None,
        logs=logs_without_traces(),
    )
    (said,) = faults(without)
    assert said.startswith("routes[0].copies.traces: there is no section `traces`")


def test_a_signal_that_is_not_there_cannot_cost_anything() -> None:
    """A budget for traces needs traces."""
    said = faults(given(traces=None))
    assert (
        "overhead.budgets[2].signal: there is no section `traces`, so they could cost nothing"
        in said
    )


def test_a_line_leads_to_a_trace_if_and_only_if_there_are_traces() -> None:
    """`logs.names.trace_id` comes and goes with the section."""
    assert "logs.names.trace_id: there is no section `traces` that a line could lead to" in faults(
        given(traces=None, routes=given()["routes"][1:])
    )
    assert faults(given(logs=logs_without_traces())) == [
        "logs.names.trace_id: must be there: by it a line leads to its trace"
    ]


def test_spans_carry_a_correlation_id_if_and_only_if_there_is_one() -> None:
    """`traces.correlation_attribute` comes and goes with the section `correlation`."""
    assert faults(given(correlation=None)) == [
        "traces.correlation_attribute: there is no section `correlation`, whose id this would be"
    ]
    traces = {k: v for k, v in given()["traces"].items() if k != "correlation_attribute"}
    assert faults(given(traces=traces)) == [
        "traces.correlation_attribute: must be there: by it spans are joined by the correlation id"
    ]


def test_a_trace_store_behind_grafana_needs_traces() -> None:
    """Else nothing could be asked of it; metrics and logs can be."""
    (said,) = faults(given("clientforge", grafana={"datasources": {"tempo": "tempo"}}))
    assert said.startswith("grafana.datasources.tempo: there is no section `traces`")
    (said,) = faults(given(grafana={"datasources": {"sql": "mysql"}}))
    assert said.startswith("grafana.datasources.sql: ")


def test_no_two_dashboards_have_one_uid() -> None:
    """One of them could never be there."""
    one = {"uid": "a", "title": "A"}
    grafana = {"datasources": {}, "dashboards": [one, {"uid": "b", "title": "A"}, one]}
    assert faults(given(grafana=grafana)) == [
        "grafana.dashboards[2].uid: a is another one's already"
    ]


def test_an_alert_is_there_whole() -> None:
    """An alert that reaches nobody is no alert."""
    alert = given()["alerts"][0]
    half = {key: value for key, value in alert.items() if key != "receiver"}
    assert faults(given(alerts=[half])) == ["alerts[0].receiver: this key must be there"]


def test_what_is_conditional_is_a_matcher_or_a_metric() -> None:
    """Anything else could match nothing that a rule has."""
    alert = given()["alerts"][0]
    (said,) = faults(given(alerts=[{**alert, "alive": {"conditional": ["up", "status=5.."]}}]))
    assert said.startswith("alerts[0].alive.conditional[1]: found 'status=5..'; ")
    assert said.endswith('is neither a matcher such as status=~"5.." nor a metric\'s name')


def test_what_is_kept_back_must_have_a_receiver_else() -> None:
    """Where there is no route for it, that it stayed away would say nothing."""
    notifications = given()["notifications"]
    kept = {"source": {"severity": "critical"}, "target": {"severity": "info"}, "equal": ["a"]}
    assert faults(given(notifications={**notifications, "inhibitions": [kept]})) == [
        "notifications.inhibitions[0].target: no route under notifications.routes has these labels"
    ]


def test_groups_and_what_is_kept_back_can_be_told_apart() -> None:
    """A label with a given value in every alert leaves nothing that could be our own."""
    notifications = given()["notifications"]
    given_all = {**notifications, "group_by": ["severity"]}
    assert faults(given(notifications=given_all))[0].startswith(
        "notifications.routes[0].labels: every label of group_by (severity) is given here"
    )
    kept = {**notifications["inhibitions"][0], "equal": ["severity"]}
    (said,) = faults(given(notifications={**notifications, "inhibitions": [kept]}))
    assert said.startswith("notifications.inhibitions[0].equal: every label of equal (severity)")


def test_services_must_be_known_and_scraped() -> None:
    """A service that nobody scrapes could never be counted. All faults are told at once."""
    application = {"entry": "front", "services": ["gateway", "backend", "worker"]}
    route = {"method": "GET", "route": "/x", "services": ["gateway", "other"]}
    known = "is not in application.services (gateway, backend, worker)"
    assert sorted(faults(given(application=application, routes=[route]))) == [
        f"application.entry: front {known}",
        "application.services[2]: worker is no job under scrape, so nothing of it could be counted",
        f"routes[0].services[1]: other {known}",
    ]


def test_a_fault_is_said_with_its_line(tmp_path: Path) -> None:
    """The line is that of the key, not of the document."""
    text = (ROOT / "systems/clientforge/system.yaml").read_text(encoding="utf-8")
    line = next(n for n, one in enumerate(text.splitlines(), 1) if "/api/v1/ping" in one)
    file = tmp_path / "system.yaml"
    file.write_text(
        text.replace("/api/v1/ping, services: [backend]", "/api/v1/ping, services: [nobody]"),
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match=r"routes\[1\]\.services\[0\]: nobody is") as caught:
        yaml_file.validate(yaml_file.read(file), System)
    assert caught.value.line == line


def test_data_sources_that_are_named_are_listed() -> None:
    """A link or a correlation to none would never be kept, or be kept by accident."""
    grafana = given()["grafana"]
    board = {**grafana["dashboards"][0], "links": {"Errors": "lines"}}
    data = given(grafana={**grafana, "dashboards": [board], "correlations": {"loki": ["traces"]}})
    assert faults(data) == [
        "grafana.correlations.loki: traces is no data source under grafana.datasources",
        "grafana.dashboards[0].links.Errors: lines is no data source under grafana.datasources",
    ]


def query(**more: Any) -> list[dict[str, Any]]:
    """The section `queries` with one query."""
    return [{"name": "one", "server": "prometheus", "query": "x", **more}]


@pytest.mark.parametrize(
    ("queries", "says"),
    [
        (query(query="rate(x[5m]"), "queries[0].query: found 'rate(x[5m]'; not PromQL: "),
        (query(query=" "), "queries[0].query: found ' '; a query is asked for"),
        (query(empty="quiet", at_least=1), "`requests`, bounds and `empty` exclude each other"),
        (query(query="rate(x[5m])", requests={}), "a range vector makes an estimate of that"),
        (query(requests={"load": "smoke"}), "`load` and `event` are for Loki"),
        (query(requests={"status": "5("}), "queries[0].requests.status: found '5('; '5(' is no"),
        (query(requests={"service": "front"}), "queries[0].requests.service: front is not in "),
        ([*query(), *query()], "queries[1].name: one is another one's already"),
    ],
)
def test_queries_that_cannot_be_meant(queries: Any, says: str) -> None:
    """Each is told at its key, before anything is started."""
    (fault,) = faults(given(queries=queries))
    assert says in fault


def test_a_query_of_loki_is_left_to_loki() -> None:
    """Nothing here reads LogQL."""
    one = query(server="loki", query="{a=")
    assert System.model_validate(given(queries=one)).queries[0].query == "{a="


def test_of_an_alert_somebody_is_told_where_there_is_an_alertmanager() -> None:
    """Without one it has no receiver, unless it is lived through: then it must reach somebody."""
    told = ("receiver", "delivered_to", "group_by")
    half = {key: v for key, v in given()["alerts"][0].items() if key not in told}
    missing = [f"alerts[0].{key}: this key must be there" for key in told]
    assert sorted(faults(given(alerts=[half]))) == sorted(missing)
    alone = {**half, "lived_through": None, "not_lived": "nobody is told"}
    versions = {"prometheus": "3."}
    assert System.model_validate(given(alerts=[alone], versions=versions)).alerts[0].receiver == ""
    assert len(faults(given(alerts=[half], versions=versions))) == 3


PUSHED = {
    "service": "gateway",
    "job": "shop/gateway",
    "interval": "15s",
    "heartbeat": "process_uptime_seconds",
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"service": "api"}, "push.service: api is not in application.services (gateway, backend)"),
        ({"job": "gateway"}, "push.job: gateway is scraped: what is pushed has a job of its own"),
    ],
)
def test_what_is_pushed_is_a_services_and_told_apart(change: dict[str, str], said: str) -> None:
    """Under the job of what is scraped it would be counted double."""
    assert faults(given(push={**PUSHED, **change})) == [said]


def test_what_must_be_scrubbed_has_a_secret() -> None:
    """A text without one would be scrubbed whatever is done."""
    scrubbing = {"attributes": {"cookie": "none"}, "lines": ["{secret}"], "kept": {"a": "b"}}
    cors = {"allowed": ["https://a"], "refused": ["https://b"]}
    (said,) = faults(given(collector={"cors": cors, "scrubbing": scrubbing}))
    assert "{secret} must stand in it, where the secret is" in said


def test_social_selling_lacks_logs_and_traces() -> None:
    """And nothing is said about copies of either."""
    social = load_system(ROOT, "social-selling")
    assert social.lacks("logs") == "this system has no logs"
    assert social.lacks("traces") == "this system has no traces"
    assert {
        (social.copies(one, "logs"), social.copies(one, "traces")) for one in social.routes
    } == {(0, 0)}
    assert {social.copies(route, "metrics") for route in social.routes} == {1}


def test_without_logs_nothing_can_lead_to_them() -> None:
    """Copies, a data source, a query and the output of containers are told, each at its place."""
    health = {"method": "GET", "route": "/api/v1/health", "services": ["backend"]}
    query = {"name": "lines", "server": "loki", "query": '{job="backend"}'}
    limits = given("social-selling")["containers"]["limits"]
    said = faults(
        given(
            "social-selling",
            routes=[{**health, "copies": {"logs": 1}}],
            queries=[query],
            grafana={"datasources": {"prometheus": "prometheus", "loki": "loki"}},
            containers={"limits": limits, "output": {"services": ["backend"]}},
            configuration={"retention": {"logs": "7d"}},
        )
    )
    assert sorted(one.partition(": there is no section `logs`")[0] for one in said) == [
        "configuration.retention.logs",
        "containers.output",
        "grafana.datasources.loki",
        "queries[0].server",
        "routes[0].copies.logs",
    ]


def test_what_needs_an_absent_server_is_not_expected() -> None:
    """Traffic and families of optional servers, where the stack runs without one of these."""
    social = load_system(ROOT, "social-selling")
    assert social.application.sent({}) == ("smoke", "steady", "social")
    assert social.application.sent({"redis": "not here"}) == ("smoke", "steady")
    promised = social.metrics.promised({"redis-exporter": "not here"})
    assert "redis_up" not in promised
    assert "redis_up" in social.metrics.promised({})
    assert {"pg_up", "http_requests_total"} <= promised.keys()
    grafana = social.grafana
    assert grafana
    excused = [one.empty for one in grafana.without({"redis": "not here"}).dashboards]
    assert excused == [{}, {"Queue Backlog by Queue": "this stack runs without redis: not here"}]
    assert grafana.without({}) == grafana


def test_panels_of_failures_may_be_empty_where_nothing_need_have_failed() -> None:
    """Theirs alone, and what is empty for another reason stays so."""
    grafana = load_system(ROOT, "reference").grafana
    assert grafana
    [calm] = grafana.calm("all is well").dashboards
    assert calm.empty == {"Errors": "all is well", "Warnings and errors": "all is well"}
    assert [one.empty for one in grafana.dashboards] == [{}]


def test_limits_are_those_of_the_containers_and_what_is_said_beside_them() -> None:
    """CPU and memory are not said twice; less than a container may use can be promised."""
    resources = {"servers": {"loki": {"memory": "512MiB"}, "gateway": {"open_files": 9}}}
    system = yaml_file.validate(Document(Path("system.yaml"), given(resources=resources)), System)
    loki, gateway = system.server_limits["loki"], system.server_limits["gateway"]
    assert (loki.cpus, loki.memory, loki.open_files) == (1.0, 512 * 1024**2, None)
    assert (gateway.cpus, gateway.memory, gateway.open_files) == (1.0, 512 * 1024**2, 9)


def test_a_limit_that_the_container_has_already() -> None:
    """It would be stated twice, and one of the two would be wrong one day."""
    servers = {"loki": {"memory": "1GiB"}, "tempo": {"series": 5}, "gateway": {"streams": 5}}
    assert set(faults(given(resources={"servers": servers}))) == {
        (
            "resources.servers.loki.memory: containers.limits.loki.memory allows no more: "
            "leave it out here"
        ),
        "resources.servers.tempo.series: only prometheus has any",
        "resources.servers.gateway.streams: only loki has any",
    }


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        (
            {"servers": {"minio": {"memory": 512}}},
            "resources.servers.minio.memory: found 512; 512 is not a size such as 512MiB or 2GiB",
        ),
        (
            {"idle": {"cpu": 0.05, "servers": ["loki"]}},
            "resources.idle.cpu: found 0.05; 0.05 is not a share such as 5%",
        ),
        (
            {"per_request": {"logs": 4000}},
            "resources.per_request.logs: found 4000; 4000 is not a size such as 512MiB or 2GiB",
        ),
        (
            {"servers": {"minio": {"memory": "512MB"}}},
            (
                "resources.servers.minio.memory: found '512MB'; "
                "'512MB' is not a size such as 512MiB or 2GiB"
            ),
        ),
    ],
)
def test_a_figure_has_its_unit(resources: Any, said: str) -> None:
    """Nobody has to guess whether 512 are bytes."""
    assert faults(given(resources=resources)) == [said]


def test_a_request_costs_nothing_of_a_signal_that_is_not_there() -> None:
    """ClientForge has no traces."""
    (said,) = faults(given("clientforge", resources={"per_request": {"traces": "1KiB"}}))
    assert said.startswith("resources.per_request.traces: there is no section `traces`")


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"latency": {"batch": "1"}}, "latency.batch: found '1'; '1' is not a duration"),
        ({"latency": {"bach": "1s"}}, "latency.bach: "),
        ({"health": [{"route": "/a", "within": "0s"}]}, "nothing is answered in no time"),
        ({"health": [{"route": "/a", "within": 10}]}, "'10' is not a duration such as 250ms"),
        ({"health": [{"route": "/a"}]}, "health[0].within: "),
        ({"health": [{"route": "/a/{id}", "within": "1s"}]}, "must be no parameter in it"),
        (
            {"health": [{"route": "/a", "within": "1s"}, {"route": "/a", "within": "2s"}]},
            "health[1].route: /a is there already",
        ),
    ],
)
def test_limits_of_latency_and_health_are_told_where_they_are_wrong(
    sections: dict[str, Any], said: str
) -> None:
    """A limit has a unit, and is more than nothing."""
    (told,) = faults(given(**sections))
    assert said in told


def test_nothing_is_promised_of_a_wait_that_is_not_there() -> None:
    """A system without logs has no shipper that could wait."""
    told = faults(given("social-selling", latency={"log_poll": "1s", "batch": "1s"}))
    assert [one.partition(":")[0] for one in sorted(told)] == ["latency.batch", "latency.log_poll"]
    assert "there is no section `logs`: nothing waits so" in told[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rate": 0}, "under_load.loads[0].rate: found 0; allowed: greater than 0"),
        ({"duration": 5}, "under_load.loads[0].duration: found 5; '5' is not a duration such as"),
        ({"error_ratio": 6}, "under_load.loads[0].error_ratio: found 6; allowed: less than"),
        ({"scenario": "ramp"}, "under_load.loads[1].scenario: ramp is another one's"),
    ],
)
def test_a_load_that_cannot_be_meant(change: dict[str, Any], said: str) -> None:
    """Nothing is sent at a rate of 0, a duration has a unit, and each load has its own name."""
    section = given()["under_load"]
    section["loads"][0].update(change)
    [found] = faults(given(under_load=section))
    assert found.startswith(said)
