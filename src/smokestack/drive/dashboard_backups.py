"""Takes a backup of dashboards as Grafana exports them, and reads it back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from smokestack.errors import ConfigError
from smokestack.observe.dashboard_files import read_dashboards
from smokestack.observe.grafana import Grafana
from smokestack.panels import DashboardFile


def back_up(
    grafana: Grafana, uids: Iterable[str], folder: Path
) -> Mapping[str, DashboardFile | str]:
    """Uid -> its export, written into a folder and read back from there as Grafana reads its files;
    why not where that cannot be. One that is not there is left out.

    Raises ObservationError where Grafana does not answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, DashboardFile | str] = {}
    for uid in uids:
        model = grafana.exported(uid)
        if model is None:
            continue
        file = folder / f"{uid}.json"
        file.write_text(json.dumps(model, indent=2), encoding="utf-8")
        try:
            [found[uid]] = read_dashboards([file])
        except ConfigError as error:
            found[uid] = error.message
    return found
