"""SLO files: what is read of OpenSLO v1, and how everything else is refused, with its line."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from smokestack.errors import ConfigError
from smokestack.system import load_slos, load_system, openslo
from smokestack.system.counter_query import parse

ROOT = Path(__file__).parents[2]
FILE = ROOT / "systems/reference/slo/availability.yaml"
TEXT = FILE.read_text(encoding="utf-8")
REFERENCE = load_system(ROOT, "reference")


def written(folder: Path, old: str, new: str) -> tuple[Path, int]:
    """The availability SLO with one thing changed, and the line of that thing."""
    assert TEXT.count(old) >= 1, old
    file = folder / "slo.yaml"
    text = TEXT.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")
    return file, TEXT[: TEXT.index(old)].count("\n") + 1


def refused(folder: Path, old: str, new: str) -> str:
    """What is said of the changed file: one sentence, with the line of what was changed."""
    file, line = written(folder, old, new)
    with pytest.raises(ConfigError) as caught:
        openslo.read(file)
    assert caught.value.line == line, caught.value.message
    return caught.value.message.removeprefix(f"{file}:{line}: ")


def test_the_objective_is_exact() -> None:
    """As it was written, not as a float has it: a budget of 1% is 0.01."""
    slo, _ = openslo.read(FILE)
    assert (slo.name, slo.target, slo.budget) == (
        "gateway-availability", Decimal("0.99"), Decimal("0.01"),
    )  # fmt: skip
    assert slo.window_s == 30 * 86400


def test_an_objective_may_be_given_in_percent(tmp_path: Path) -> None:
    """OpenSLO has both; `targetPercent: 99.95` is `target: 0.9995`."""
    slo, _ = openslo.read(written(tmp_path, "target: 0.99", "targetPercent: 99.95")[0])
    assert slo.target == Decimal("0.9995")


@pytest.mark.parametrize("version", ["openslo/v1alpha", "openslo/v2alpha", "sloth.slok.dev/v1"])
def test_another_version(tmp_path: Path, version: str) -> None:
    """Only that is said: what else the file says follows other rules."""
    said = refused(tmp_path, "apiVersion: openslo/v1\nkind", f"apiVersion: {version}\nkind")
    assert said.startswith(f"apiVersion: found '{version}'")
    assert said.endswith("; allowed: openslo/v1")
    assert "\n" not in said


@pytest.mark.parametrize("kind", ["SLI", "Service", "AlertPolicy", "Slo"])
def test_another_kind(tmp_path: Path, kind: str) -> None:
    """Also one that OpenSLO has."""
    said = refused(tmp_path, "kind: SLO", f"kind: {kind}")
    assert said.startswith(f"kind: found '{kind}'")
    assert said.endswith("; allowed: SLO")


@pytest.mark.parametrize("target", ["0", "1", "1.5", "-0.1", "99"])
def test_an_objective_lies_between_0_and_1(tmp_path: Path, target: str) -> None:
    """Neither end: nothing to fail, or nothing to keep."""
    said = refused(tmp_path, "target: 0.99", f"target: {target}")
    assert said.startswith(f"spec.objectives[0].target: found {target}; an objective lies between")


@pytest.mark.parametrize("percent", ["0", "100", "250"])
def test_an_objective_in_percent_lies_between_0_and_100(tmp_path: Path, percent: str) -> None:
    """The same in percent."""
    said = refused(tmp_path, "target: 0.99", f"targetPercent: {percent}")
    assert said.startswith(f"spec.objectives[0].targetPercent: found {percent}; an objective lies")


def test_a_ratio_needs_a_total(tmp_path: Path) -> None:
    """Good events of what?"""
    start = TEXT.index("        total:")
    file = tmp_path / "slo.yaml"
    file.write_text(TEXT[:start] + TEXT[TEXT.index("  timeWindow:") :], encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        openslo.read(file)
    line = TEXT[: TEXT.index("ratioMetric:")].count("\n") + 1
    assert caught.value.message == (
        f"{file}:{line}: spec.indicator.spec.ratioMetric.total: this key must be there"
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("30d", "1M", "a length of time is a number and one of m, h, d, w"),
        ("isRolling: true", "isRolling: false", "found False; allowed: True"),
        ("Occurrences", "Timeslices", "found 'Timeslices'; allowed: Occurrences"),
        ("type: Prometheus", "type: Datadog", "found 'Datadog'; allowed: Prometheus"),
        ("counter: true", "counter: false", "found False; allowed: True"),
        ("name: gateway-availability", "name: Gateway", "String should match pattern"),
        ("  service: gateway", "  servise: gateway", "unknown key, did you mean 'service'?"),
    ],
)
def test_what_cannot_be_judged_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    """With the line, and what is allowed there."""
    file, line = written(tmp_path, old, new)
    with pytest.raises(ConfigError) as caught:
        openslo.read(file)
    assert said in caught.value.message
    assert f"{file}:{line}: " in caught.value.message


def test_good_or_bad(tmp_path: Path) -> None:
    """One of them, beside the total."""
    slo, _ = openslo.read(written(tmp_path, "        good:", "        bad:")[0])
    assert slo.ratio.bad is not None
    assert slo.ratio.good is None
    both = TEXT[TEXT.index("        good:") : TEXT.index("        total:")]
    file, _ = written(tmp_path, both, both + both.replace("good:", "bad:"))
    with pytest.raises(ConfigError, match="either `good` or `bad` must be there"):
        openslo.read(file)


@pytest.mark.parametrize(
    ("query", "selector", "bucket"),
    [
        ('sum(a{b="c"})', 'a{b="c"}', None),
        ('  sum ( a{b=")",c!~"x|y"} ) ', 'a{b=")",c!~"x|y"}', None),
        ("a", "a", None),
        ('a_bucket{le="0.25"}', 'a_bucket{le="0.25"}', 0.25),
        ('sum(a_bucket{le="+Inf"})', 'a_bucket{le="+Inf"}', float("inf")),
    ],
)
def test_a_query_counts_one_counter(query: str, selector: str, bucket: float | None) -> None:
    """By its selector, summed or as it is."""
    found = parse(query)
    assert (found.selector, found.bucket) == (selector, bucket)
    assert found.summed == f"sum({selector})"
    assert found.rate("5m") == f"sum(rate({selector}[5m]))"


@pytest.mark.parametrize(
    "query",
    [
        "sum(rate(a[5m]))", "rate(a[5m])", "increase(a[1h])", "a[5m]", "a / b", "sum(a) + sum(b)",
        "sum by (x) (a)", "sum(a) by (x)", "sum without (x) (a)", "avg(a)", "a offset 5m",
        "sum(a @ end())", "1", "sum(a", "", 'a{le="many"}',
    ],
)  # fmt: skip
def test_any_other_query_is_refused(query: str) -> None:
    """What extrapolates, or cannot be subtracted, is no count."""
    with pytest.raises(ValueError, match=r"must be one counter|not PromQL|no bound of a bucket"):
        parse(query)


# ---- with system.yaml


def slos(folder: Path, file: str = "availability.yaml", **edits: str) -> str:
    """What is said of the reference's SLOs when one file has `old` for `new`."""
    shutil.copytree(ROOT / "systems/reference/slo", folder / "systems/reference/slo")
    path = folder / "systems/reference/slo" / file
    text = path.read_text(encoding="utf-8")
    assert edits["old"] in text
    path.write_text(text.replace(edits["old"], edits["new"], 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_slos(folder, "reference", REFERENCE)
    assert caught.value.file == path
    assert caught.value.line
    return path.read_text(encoding="utf-8").splitlines()[caught.value.line - 1] + str(caught.value)


def test_the_slos_of_the_reference() -> None:
    """Each with the client's side."""
    found = load_slos(ROOT, "reference", REFERENCE)
    assert [(one.name, one.client.within) for one in found] == [
        ("gateway-availability", None),
        ("gateway-latency", 1.0),
    ]
    assert REFERENCE.lacks("slos") is None
    assert load_system(ROOT, "clientforge").lacks("slos") == "this system has no SLOs"


def test_the_client_sees_only_the_entry(tmp_path: Path) -> None:
    """No SLO of another service can be held against the ledger."""
    said = slos(tmp_path, old="service: gateway", new="service: backend")
    assert "service: backend" in said
    assert "the client sees the answers of gateway only, not of backend" in said


def test_the_bucket_is_the_one_that_the_client_is_asked_about(tmp_path: Path) -> None:
    """Else the two would agree on nothing."""
    said = slos(tmp_path, "latency.yaml", old='le="1.0"', new='le="0.5"')
    assert 'system.yaml asks for answers within 1 s, and this counts le="0.5"' in said
    assert "query: sum(http_request_duration_seconds_bucket" in said


def test_an_slo_on_latency_counts_a_bucket(tmp_path: Path) -> None:
    """The total is no bucket."""
    said = slos(tmp_path, "latency.yaml", old=',le="1.0"', new="")
    assert "and this counts no bucket (`le`)" in said


def test_no_two_slos_have_one_name(tmp_path: Path) -> None:
    """Their checks could not be told apart."""
    said = slos(
        tmp_path, "latency.yaml", old="name: gateway-latency", new="name: gateway-availability"
    )
    assert "slo/availability.yaml has the name gateway-availability too" in said


def test_a_file_that_nobody_asks_about(tmp_path: Path) -> None:
    """An SLO that is not in system.yaml would be judged by nobody."""
    shutil.copytree(ROOT / "systems/reference/slo", tmp_path / "systems/reference/slo")
    more = tmp_path / "systems/reference/slo/more.yaml"
    shutil.copy(FILE, more)
    with pytest.raises(ConfigError, match=r"more\.yaml: is not under `slos` in system\.yaml"):
        load_slos(tmp_path, "reference", REFERENCE)


def test_within_and_distance_go_together() -> None:
    """A threshold without a bound says nothing about agreement."""
    data = REFERENCE.model_dump(mode="json", by_alias=True, include={"slos"})
    assert data["slos"][1]["distance"] == pytest.approx(0.25)
    with pytest.raises(ValueError, match="`within` and `distance` go together"):
        type(REFERENCE.slos[0]).model_validate({"file": "slo/a.yaml", "within": "1s"})
