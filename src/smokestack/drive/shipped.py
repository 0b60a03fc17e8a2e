"""What the files of a system say of its stack: rules, and what Grafana is given.

They are read before anything is started, so that nothing is started in vain. Where a team's own
project keeps its files is not known.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from smokestack import yaml_file
from smokestack.drive import preflight
from smokestack.errors import ObservationError
from smokestack.observe.dashboard_files import read_dashboards, read_sources
from smokestack.panels import Provisioned
from smokestack.stack.provisioned import provisioned_files
from smokestack.system import System, given


@dataclass(frozen=True)
class Shipped:
    """The files of one system; `name` is its folder."""

    root: Path
    name: str
    system: System

    def rule_files(self) -> list[Path]:
        """The rules of this system as they ship."""
        return sorted((self.root / "systems" / self.name / "stack" / "rules").rglob("*.yml"))

    def rule_place(self, alert: str) -> str:
        """File and line of an alert's rule as it ships; empty where that is not known."""
        if self.system.stack is not None:
            return ""
        found = [str(rule) for rule in preflight.rules_in(self.rule_files()) if rule.alert == alert]
        return next(iter(found), "")

    def require_sound_alerts(self) -> None:
        """Raise ConfigError where rule files and system.yaml do not go together."""
        if self.system.stack is None:
            file = self.root / "systems" / self.name / "system.yaml"
            preflight.require_alerts(self.system, yaml_file.read(file), self.rule_files())

    def provisioned(self, stand_ins: Collection[str]) -> Provisioned:
        """What Grafana is given, those files that `stand_ins` want in place of others. Raises
        ConfigError for one that is not sound.
        """
        if self.system.stack is not None:
            return self._provisioned_elsewhere()
        files = provisioned_files(self.root, self.name, set(stand_ins))
        return Provisioned(read_dashboards(files.dashboards), read_sources(files.sources))

    def _provisioned_elsewhere(self) -> Provisioned:
        if given(self.system.grafana).dashboards:
            raise ObservationError(
                "the dashboards of a project of your own are not read in this version",
                hint="grafana.dashboards asks that Grafana whether they are there",
            )
        return Provisioned((), ())
