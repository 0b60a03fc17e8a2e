"""Prometheus' answers, as recorded from 3.15, become plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx
import pytest

from smokestack.endpoints import Endpoint
from smokestack.errors import BadResponse
from smokestack.matchers import NAME, Matcher, Selector
from smokestack.observe.edge import CallLog, Edge
from smokestack.observe.prometheus import Prometheus
from smokestack.samples import Exemplar, ScrapeTarget, Series

TARGETS = """{"activeTargets":[{"discoveredLabels":{"__address__":"127.0.0.1:28000",
"__metrics_path__":"/metrics","__scheme__":"http","__scrape_interval__":"1s","job":"app"},
"labels":{"instance":"127.0.0.1:28000","job":"app"},"scrapePool":"app",
"scrapeUrl":"http://127.0.0.1:28000/metrics","globalUrl":"http://vm:28000/metrics","lastError":"",
"lastScrape":"2026-11-21T08:02:38.108170036Z","lastScrapeDuration":0.004752677,"health":"up",
"scrapeInterval":"1s","scrapeTimeout":"900ms"},
{"discoveredLabels":{},"labels":{"instance":"127.0.0.1:1","job":"gone"},"scrapePool":"gone",
"scrapeUrl":"http://127.0.0.1:1/metrics","globalUrl":"","lastError":"connection refused",
"lastScrape":"0001-01-01T00:00:00Z","lastScrapeDuration":0,"health":"unknown",
"scrapeInterval":"250ms","scrapeTimeout":"250ms"}]}"""
METRIC = """{"__name__":"http_requests_total","instance":"127.0.0.1:28000","job":"app",
"method":"GET","status":"500"}"""
VECTOR = f'{{"resultType":"vector","result":[{{"metric":{METRIC},"value":[1795248158.5,"18"]}}]}}'
MATRIX = f"""{{"resultType":"matrix","result":[{{"metric":{METRIC},
"values":[[1795248157.108,"17"],[1795248158.108,"18"]]}}]}}"""
SCALAR = '{"resultType":"scalar","result":[1795248158.421,"1795248158.421"]}'
EMPTY = '{"resultType":"vector","result":[]}'
EXEMPLARS = f"""[{{"seriesLabels":{METRIC},"exemplars":[
{{"labels":{{"trace_id":"9c310491ee1ea01c5accabf257a9a9da"}},"value":"1",
"timestamp":1795247613.025}},
{{"labels":{{"other":"x"}},"value":"1","timestamp":1795247641.248}}]}}]"""
RULES = r"""{"groups":[{"name":"app","file":"/run/rules.yml","rules":[{"state":"inactive",
"name":"HighErrorRate","query":"sum(rate(http_requests_total{status=~\"5..\"}[10s])) \u003e 0.05",
"duration":5,"keepFiringFor":0,"labels":{"severity":"critical"},"annotations":{},"alerts":[],
"health":"ok","evaluationTime":0.000351352,"lastEvaluation":"2026-11-21T08:02:37.602457222Z",
"type":"alerting"},{"name":"job:up:sum","query":"sum by (job) (up)","health":"err",
"lastError":"broken","evaluationTime":0.1,"lastEvaluation":"0001-01-01T00:00:00Z",
"type":"recording"}],"interval":1,"limit":0,"evaluationTime":0.000404062,
"lastEvaluation":"2026-11-21T08:02:37.602410391Z"}]}"""
ALERTS = """{"alerts":[{"labels":{"alertname":"HighErrorRate","severity":"critical"},
"annotations":{},"state":"firing","activeAt":"2026-11-21T08:02:40.601797582Z","value":"1e+00"}]}"""
METADATA = """{"http_requests":[{"type":"counter","unit":"","help":"Requests"}],
"odd":[{"type":"gauge","unit":"","help":""},{"type":"counter","unit":"","help":""}]}"""

LABELS = {"instance": "127.0.0.1:28000", "job": "app", "method": "GET", "status": "500"}


def prometheus(answers: Mapping[str, str], seen: list[httpx.Request] | None = None) -> Prometheus:
    """A Prometheus that answers each path with `data`."""

    def handler(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        data = json.loads(answers[request.url.path])
        return httpx.Response(200, json={"status": "success", "data": data})

    endpoint = Endpoint("prometheus", "http://prometheus.test")
    return Prometheus(Edge(endpoint, calls=CallLog(), transport=httpx.MockTransport(handler)))


def asked(answer: str, seen: list[httpx.Request] | None = None) -> Prometheus:
    """A Prometheus that answers every instant query with `answer`."""
    return prometheus({"/api/v1/query": answer}, seen)


def test_targets_have_job_health_and_last_scrape() -> None:
    """A target that was never scraped has 0.0 for its last scrape."""
    first, second = prometheus({"/api/v1/targets": TARGETS}).targets()
    assert first == ScrapeTarget(
        job="app",
        instance="127.0.0.1:28000",
        health="up",
        last_error="",
        last_scrape=1795248158.10817,
        interval_s=1.0,
        url="http://127.0.0.1:28000/metrics",
    )
    assert (second.health, second.last_scrape, second.interval_s) == ("unknown", 0.0, 0.25)
    assert second.last_error == "connection refused"


def test_an_instant_query_gives_labels_without_the_name() -> None:
    """The name stands apart, so that label sets can be compared."""
    seen: list[httpx.Request] = []
    found = asked(VECTOR, seen).instant("http_requests_total", 1795248158.5)
    assert found == [Series("http_requests_total", LABELS, 18.0, 1795248158.5)]
    assert dict(seen[0].url.params) == {"query": "http_requests_total", "time": "1795248158.500"}


def test_raw_samples_keep_the_times_of_their_scrapes() -> None:
    """The window is asked for as a range selector, to the millisecond."""
    seen: list[httpx.Request] = []
    found = asked(MATRIX, seen).raw("http_requests_total", 2.5, 1795248158.5)
    assert [(one.value, one.at) for one in found] == [
        (17.0, 1795248157.108),
        (18.0, 1795248158.108),
    ]
    assert seen[0].url.params["query"] == "http_requests_total[2500ms]"


def test_the_value_of_no_series_is_none() -> None:
    """No data is not zero."""
    assert asked(EMPTY).value("nothing") is None
    assert asked(VECTOR).value("http_requests_total") == 18.0
    assert asked(EMPTY).series_count('{job="gone"}') == 0


def test_the_value_of_several_series_is_refused() -> None:
    """A query that was meant to give one figure must not have one picked for it."""
    vector = json.loads(VECTOR)
    vector["result"] *= 3
    with pytest.raises(BadResponse, match="up gave 3 series where one was asked for"):
        asked(json.dumps(vector)).value("up")


def test_not_a_number_is_a_number_here() -> None:
    """0/0 and infinities come as text and stay what they are."""
    vector = json.loads(VECTOR)
    vector["result"][0]["value"][1] = "+Inf"
    assert asked(json.dumps(vector)).value("a/b") == float("inf")


def test_native_histograms_are_not_taken_for_values() -> None:
    """A series that has a histogram in place of a value is not understood, and said so."""
    vector = {"resultType": "vector", "result": [{"metric": {}, "histogram": [1, {}]}]}
    with pytest.raises(BadResponse, match="shape not understood"):
        asked(json.dumps(vector)).instant("h")


def test_the_servers_clock_is_asked_without_a_time() -> None:
    """Else Prometheus would only repeat ours."""
    seen: list[httpx.Request] = []
    assert asked(SCALAR, seen).server_time() == 1795248158.421
    assert "time" not in seen[0].url.params


def test_a_long_query_is_posted_as_a_form() -> None:
    """Addresses are cut by proxies; a form is not."""
    seen: list[httpx.Request] = []
    asked(VECTOR, seen).instant("x" * 7000)
    assert seen[0].method == "POST"
    assert seen[0].content.startswith(b"query=xxx")
    asked(VECTOR, seen).instant("x" * 100)
    assert seen[1].method == "GET"


def test_exemplars_carry_their_trace_id() -> None:
    """One without a trace id stays, with an empty one: it leads nowhere."""
    first, second = prometheus({"/api/v1/query_exemplars": EXEMPLARS}).exemplars("x", 0, 1)
    trace_id = "9c310491ee1ea01c5accabf257a9a9da"
    assert first == Exemplar("http_requests_total", LABELS, trace_id, 1.0, 1795247613.025)
    assert second.trace_id == ""


def test_rules_are_listed_with_group_health_and_error() -> None:
    """Recording rules have neither state nor duration."""
    alerting, recording = prometheus({"/api/v1/rules": RULES}).rules()
    assert (alerting.name, alerting.type, alerting.state) == (
        "HighErrorRate",
        "alerting",
        "inactive",
    )
    assert (alerting.duration_s, alerting.interval_s, alerting.group) == (5.0, 1.0, "app")
    assert alerting.query == 'sum(rate(http_requests_total{status=~"5.."}[10s])) > 0.05'
    assert (recording.health, recording.last_error, recording.state) == ("err", "broken", "")
    assert recording.last_evaluation == 0.0


def test_alerts_have_state_and_the_time_they_became_active() -> None:
    """The value is a number although Prometheus sends text."""
    (alert,) = prometheus({"/api/v1/alerts": ALERTS}).alerts()
    assert (alert.name, alert.state, alert.value) == ("HighErrorRate", "firing", 1.0)
    assert alert.active_at == pytest.approx(1795248160.6018)


def test_metadata_shows_types_and_where_targets_disagree() -> None:
    """Two types for one family are both shown."""
    found = prometheus({"/api/v1/metadata": METADATA}).metadata()
    assert found == {"http_requests": "counter", "odd": "counter|gauge"}


def test_names_are_a_set_and_may_be_matched() -> None:
    """The selector goes out as `match[]`."""
    seen: list[httpx.Request] = []
    client = prometheus({"/api/v1/label/__name__/values": '["up","up_2"]'}, seen)
    assert client.names('{job="app"}') == {"up", "up_2"}
    assert seen[0].url.params["match[]"] == '{job="app"}'
    client.names()
    assert not seen[1].url.params


def test_names_and_labels_may_be_bounded_in_time() -> None:
    """To the millisecond; the name is no label here."""
    seen: list[httpx.Request] = []
    answers = {"/api/v1/label/__name__/values": "[]", "/api/v1/labels": '["__name__","job"]'}
    client = prometheus(answers, seen)
    client.names(within=(1.0, 2.5))
    assert dict(seen[0].url.params) == {"start": "1.000", "end": "2.500"}
    assert client.labels("up", (1.0, 2.5)) == {"job"}
    assert dict(seen[1].url.params) == {"match[]": "up", "start": "1.000", "end": "2.500"}


def test_series_of_several_selectors_are_counted_by_one_query() -> None:
    """One without series is not in the answer, and counts 0."""
    up, gone = Selector((Matcher(NAME, "=", "up"),)), Selector((Matcher("job", "=", "gone"),))
    counted = '{"resultType":"vector","result":[{"metric":{"asked":"0"},"value":[5,"8"]}]}'
    seen: list[httpx.Request] = []
    assert asked(counted, seen).counts_over([up, gone], 2.5, 5.0) == {up: 8, gone: 0}
    assert seen[0].url.params["query"] == (
        'label_replace(count(last_over_time(up[2500ms])), "asked", "0", "", "") or '
        'label_replace(count(last_over_time({job="gone"}[2500ms])), "asked", "1", "", "")'
    )
    assert asked(EMPTY, seen).counts_over([], 2.5, 5.0) == {}
    assert len(seen) == 1


def test_version_flags_and_configuration() -> None:
    """Each is one query to its own page."""
    client = prometheus(
        {
            "/api/v1/status/buildinfo": '{"version":"3.15.0","revision":"","goVersion":"go1.26.8"}',
            "/api/v1/status/flags": '{"enable-feature":"exemplar-storage"}',
            "/api/v1/status/config": '{"yaml":"global: {}"}',
        }
    )
    assert client.version() == "3.15.0"
    assert client.flags()["enable-feature"] == "exemplar-storage"
    assert client.config_text() == "global: {}"
    assert client.edge.queries == 3
