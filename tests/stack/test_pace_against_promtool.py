"""Rewritten durations are held against Prometheus' own parser, and the other servers' checkers."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from smokestack import yaml_file
from smokestack.stack import pace, promql
from smokestack.stack.binaries import find_binary

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "systems").glob("*/stack/rules/*.yml"))
FACTORS = [1.5, 7.3, 40, 60, 119.99, 120]
EXPRESSIONS = [
    "rate(x[5m]) > 0.05",
    "rate(x[7s]) > 0.05  # over [7s]",
    "max_over_time(rate(x[5m])[1h:1m])",
    "max_over_time(rate(x[5m] offset -1h)[1h:] @ end() offset 1w)",
    "min_over_time(x[90m:13s] offset -3h30m)",
    "x offset 1d / x offset 1w",
    "x[5m]offset - 1h",
    "rate(x[300]) + rate(x[0x3c]) + rate(x[1e2])",
    "sum by (a, offset) (increase(x{a='[5m]'}[1y2w3d4h5m6s7ms]))",
    'absent_over_time(up{job="a", b=~"c|d.*"}[10m])',
    "sum(rate(a[5m])) without (x) / ignoring (y) group_left (z) sum(rate(b[5m])) > bool 1e-3",
    'histogram_quantile(0.95, sum by (le) (rate({"http.duration", "le.x"!=""}[5m])))',
    'label_replace(quantile_over_time(0.9, x[1m]), "a", "$1", "b", "(.*)offset 5m")',
    "changes(x[1ms]) > 1 or resets(x[2m]) unless on (a) deriv(x[3m])",
    "hour() > 5 and on () sum_over_time(vector(1)[5m:30s]) > 3",
]


def rule_file(expressions: list[str]) -> dict[str, Any]:
    """A rule file with one alert an expression, and every duration a rule can have."""
    rules = [
        {"alert": f"A{number}", "expr": expr, "for": "5m", "keep_firing_for": "1h30m"}
        for number, expr in enumerate(expressions)
    ]
    return {"groups": [{"name": "g", "interval": "1m", "query_offset": "1m30s", "rules": rules}]}


def checked(binary: str, *arguments: str) -> str:
    """What a checker prints; its exit code must be 0."""
    done = subprocess.run(
        [find_binary(binary), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def formatted(expr: str) -> str:
    """An expression as Prometheus prints what it parsed."""
    return checked("promtool", "promql", "format", expr, "--experimental").strip()


@pytest.mark.parametrize("factor", FACTORS)
def test_rewritten_expressions(factor: float, tmp_path: Path) -> None:
    """Prometheus loads every kind of expression at every factor."""
    new, _ = pace.compress_document("rules", rule_file(EXPRESSIONS), factor, "rules.yml")
    path = tmp_path / "rules.yml"
    path.write_text(yaml_file.dump(new), encoding="utf-8")
    assert f"{len(EXPRESSIONS)} rules found" in checked("promtool", "check", "rules", str(path))


@pytest.mark.parametrize("path", RULES, ids=str)
@pytest.mark.parametrize("factor", [60, 120])
def test_shipped_rules(path: Path, factor: float, tmp_path: Path) -> None:
    """The rule files that ship load when rewritten, with as many rules as before."""
    shipped = yaml_file.read(path).data
    new, changes = pace.compress_document("rules", shipped, factor, str(path))
    rewritten = tmp_path / "rules.yml"
    rewritten.write_text(yaml_file.dump(new), encoding="utf-8")
    assert changes
    found = [
        checked("promtool", "check", "rules", str(file)).splitlines()[1]
        for file in (path, rewritten)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("expr", EXPRESSIONS)
def test_prometheus_reads_the_divided_durations(expr: str) -> None:
    """Prometheus prints our durations as we wrote them, and the same expression around them."""
    rewritten, replaced = promql.compress(expr, 60)
    for _, after in replaced:
        assert formatted(f"rate(x[{after}])") == f"rate(x[{after}])"
    of_its_own_print, _ = promql.compress(formatted(expr), 60)
    assert formatted(rewritten) == formatted(of_its_own_print)


def test_shipped_configuration(tmp_path: Path) -> None:
    """Prometheus loads its own configuration when rewritten, timeouts no longer than intervals."""
    shipped = yaml_file.read(ROOT / "systems/reference/stack/prometheus.yml").data
    factor = pace.factor(shipped)
    new, _ = pace.compress_document("prometheus", shipped, factor, "prometheus.yml")
    path = tmp_path / "prometheus.yml"
    path.write_text(yaml_file.dump(new), encoding="utf-8")
    assert "is valid prometheus config" in checked(
        "promtool", "check", "config", "--syntax-only", str(path)
    )


def test_shipped_alertmanager(tmp_path: Path) -> None:
    """Alertmanager's own checker accepts the rewritten routes."""
    shipped = yaml_file.read(ROOT / "compose/alertmanager/alertmanager.yml").data
    new, _ = pace.compress_document("alertmanager", shipped, 120, "alertmanager.yml")
    path = tmp_path / "alertmanager.yml"
    path.write_text(yaml_file.dump(new), encoding="utf-8")
    assert "SUCCESS" in checked("amtool", "check-config", str(path))


@pytest.mark.parametrize("factor", [1, 120])
def test_shipped_collector(factor: float, tmp_path: Path) -> None:
    """The collector accepts its configuration as read and written here, and rewritten."""
    shipped = yaml_file.read(ROOT / "compose/otel-collector/config.yml").data
    shipped["extensions"]["file_storage"]["directory"] = str(tmp_path)
    new, _ = pace.compress_document("otel-collector", shipped, factor, "config.yml")
    path = tmp_path / "config.yml"
    path.write_text(yaml_file.dump(new), encoding="utf-8")
    checked("otelcol", "validate", f"--config={path}")


def test_shipped_loki(tmp_path: Path) -> None:
    """Loki accepts its configuration as read and written here."""
    path = tmp_path / "loki.yml"
    shipped = yaml_file.read(ROOT / "compose/loki/loki.yml").data
    path.write_text(yaml_file.dump(shipped), encoding="utf-8")
    checked("loki", "-verify-config", f"-config.file={path}")
