"""Which files Grafana is given, by compose.yaml."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from smokestack.errors import ConfigError
from smokestack.stack.provisioned import provisioned_files

ROOT = Path(__file__).parents[2]
PROVIDER = "compose/grafana/provisioning/dashboards/dashboards.yml"


def project(to: Path) -> Path:
    """A copy of what is read."""
    shutil.copytree(ROOT / "compose", to / "compose", ignore=shutil.ignore_patterns("native"))
    shutil.copytree(ROOT / "systems", to / "systems")
    return to


def edit(file: Path, old: str, new: str) -> None:
    """Change a file of the copy."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_files_of_the_reference() -> None:
    """Its own dashboards, and the data sources that all systems share."""
    files = provisioned_files(ROOT, "reference")
    assert [file.name for file in files.dashboards] == ["smokestack-application.json"]
    assert [file.name for file in files.sources] == ["loki.yml", "prometheus.yml", "tempo.yml"]


def test_a_stand_in_has_its_own_data_source() -> None:
    """In place of the one whose server does not run."""
    files = provisioned_files(ROOT, "reference", ["jaeger"])
    assert [file.name for file in files.sources] == ["loki.yml", "prometheus.yml", "jaeger.yml"]


def test_a_system_may_bring_its_own_provisioning() -> None:
    """As its environment file says."""
    files = provisioned_files(ROOT, "clientforge")
    assert [file.relative_to(ROOT).as_posix() for file in (*files.dashboards, *files.sources)] == [
        "systems/clientforge/stack/dashboards/clientforge-backend.json",
        "systems/clientforge/stack/grafana/datasources/datasource.yml",
    ]


def test_only_what_a_provider_names_is_there(tmp_path: Path) -> None:
    """A folder in its folder is looked into; a path that nothing is mounted at has nothing."""
    copy = project(tmp_path)
    folder = copy / "systems/reference/stack/dashboards"
    (folder / "more").mkdir()
    shutil.copy(folder / "smokestack-application.json", folder / "more" / "b.json")
    assert len(provisioned_files(copy, "reference").dashboards) == 2
    edit(copy / PROVIDER, "path: /etc/grafana/dashboards", "path: /etc/grafana/dashboards/more")
    found = provisioned_files(copy, "reference").dashboards
    assert [file.name for file in found] == ["b.json"]
    edit(copy / PROVIDER, "path: /etc/grafana/dashboards/more", "path: /var/lib/grafana/x")
    assert provisioned_files(copy, "reference").dashboards == ()


def test_a_provider_without_a_path(tmp_path: Path) -> None:
    """It is said before anything is started."""
    copy = project(tmp_path)
    edit(copy / PROVIDER, "path: /etc", "folder: /etc")
    with pytest.raises(ConfigError, match=r"dashboards\.yml: a provider .* no options\.path"):
        provisioned_files(copy, "reference")
