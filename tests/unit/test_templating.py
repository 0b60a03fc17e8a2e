"""Variables become what Grafana makes of them: its syntax, its formats, its intervals."""

from __future__ import annotations

import pytest

from smokestack.observe.templating import Times, chosen, expand, names, times
from smokestack.panels import Variable

TIMES = Times(3600.0, 15.0, 60.0)
ONE = Variable("job", "query")
MANY = Variable("service", "query", many=True)


def asked(text: str, *values: str, variable: Variable = MANY, kind: str = "prometheus") -> str:
    """A text with one variable, expanded."""
    return expand(text, {variable.name: variable}, {variable.name: values}, kind, TIMES)


@pytest.mark.parametrize(
    "text", ["$service", "${service}", "[[service]]", "${service:pipe}", "[[service:raw]]"]
)
def test_every_way_to_name_a_variable(text: str) -> None:
    """All of them are still in use."""
    assert asked(f"up{{s=~'{text}'}}", "a") == "up{s=~'a'}"


def test_several_values_are_an_alternation() -> None:
    """In parentheses for Prometheus, without for Loki; the query's own string takes a backslash."""
    assert asked("$service", "a.b", "c|d") == r"(a\\.b|c\\|d)"
    assert asked("$service", "a.b", "c", kind="loki") == r"a\\.b|c"
    assert asked("$service", "a.b") == r"a\\.b"
    assert asked("$service", "a\\b") == r"a\\\\b"


def test_a_variable_of_one_value_is_taken_as_it_is() -> None:
    """It may stand where no regular expression is."""
    assert asked("$job", "a.b", variable=ONE) == "a.b"
    assert asked("$job", "it's", variable=ONE) == r"it\\'s"


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("regex", r"(a\.b|c)"),
        ("pipe", "a.b|c"),
        ("csv", "a.b,c"),
        ("raw", "a.b,c"),
        ("glob", "{a.b,c}"),
        ("json", '["a.b", "c"]'),
        ("doublequote", '"a.b","c"'),
        ("singlequote", "'a.b','c'"),
        ("percentencode", "%7Ba.b%2Cc%7D"),
    ],
)
def test_formats(form: str, written: str) -> None:
    """As they are documented; each overrides the data source's own."""
    assert asked(f"${{service:{form}}}", "a.b", "c") == written


def test_all_is_written_out_or_taken_as_the_file_has_it() -> None:
    """`allValue` is sent as it stands."""
    listed = Variable("service", "custom", ("$__all",), ("a", "b"), many=True)
    assert chosen(listed, ()) == ("a", "b")
    assert asked("$service", *chosen(listed, ()), variable=listed) == "(a|b)"
    custom = Variable("service", "query", ("$__all",), (), all_value=".+", many=True)
    assert asked("$service", *chosen(custom, ()), variable=custom) == ".+"
    assert chosen(Variable("service", "query", ("$__all",), many=True), ()) == ()
    assert chosen(listed, ["c"]) == ("c",)


def test_what_is_no_variable_stays() -> None:
    """`$1` belongs to label_replace, and an unknown name is the server's to refuse."""
    text = 'label_replace(up, "a", "$1", "b", "(.*)") + $unknown'
    assert asked(text, "a") == text
    assert list(names("$a ${b:regex} [[c]] $1")) == ["a", "b", "c", "1"]


def test_a_name_is_not_cut() -> None:
    """`$services` is not `$service` with an s."""
    assert asked("$services $service", "a") == "$services a"


def test_durations_of_grafana() -> None:
    """With and without braces, in seconds and milliseconds."""
    assert asked("x[$__rate_interval] [${__interval}] $__range $__range_s", "a") == (
        "x[60s] [15s] 3600s 3600"
    )
    assert asked("$__interval_ms $__range_ms [$__auto]", "a") == "15000 3600000 [15s]"


@pytest.mark.parametrize(
    ("range_s", "least", "source", "interval", "rate"),
    [
        (3600, "", "", 15, 60),  # 4 × 15 s
        (86400, "", "", 86.4, 101.4),  # the interval and one scrape
        (3600, "", "30s", 30, 120),
        (3600, "1m", "", 60, 240),  # the query's own least interval is its scrape interval
        (3600, "$__rate_interval", "", 15, 60),
    ],
)
def test_intervals(range_s: float, least: str, source: str, interval: float, rate: float) -> None:
    """`$__rate_interval` = max(`$__interval` + scrape interval, 4 × scrape interval)."""
    found = times(range_s, least, source)
    assert [found.interval_s, found.rate_s] == pytest.approx([interval, rate])


def test_an_interval_that_is_none() -> None:
    """It is the file's mistake, and is said by whoever knows the file."""
    with pytest.raises(ValueError, match="not a duration"):
        times(3600, "often", "")
