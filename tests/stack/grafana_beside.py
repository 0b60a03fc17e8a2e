"""A small Grafana in this process, beside servers that run already."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.stack import small_grafana

Source = Mapping[str, Any]


class Quiet(small_grafana.Handler):
    """The same, and keeps what it was asked."""

    asked: tuple[list[tuple[str, str]], ...] = ([],)

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Note the request."""
        self.asked[0].append((self.command, self.path.partition("?")[0]))

    def log_message(self, *_: object) -> None:
        """Not to the terminal."""


@contextmanager
def grafana_beside(
    folder: Path,
    sources: Sequence[Source],
    tokens: Mapping[str, Any],
    version: int = 13,
    dashboards: Mapping[str, Path] | None = None,
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Its address, and what it was asked. `sources`: uid, name, type, url of each data source;
    `tokens`: see `small_grafana`; `dashboards`: folder in Grafana -> where their files are.
    """
    (folder / "datasources").mkdir(parents=True, exist_ok=True)
    said = {"datasources": [{"access": "proxy", **one} for one in sources]}
    (folder / "datasources" / "all.yml").write_text(yaml.safe_dump(said))
    (folder / "dashboards").mkdir(exist_ok=True)
    shown = [{"name": name, "folder": name, "options": {"path": str(path)}}
             for name, path in (dashboards or {}).items()]  # fmt: skip
    (folder / "dashboards" / "all.yml").write_text(yaml.safe_dump({"providers": shown}))
    asked: list[tuple[str, str]] = []
    handler = type("Here", (Quiet,), {"asked": (asked,)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(small_grafana, "VERSION", version)
        patch.setenv("GF_PATHS_PROVISIONING", str(folder))
        patch.setenv("GF_SECURITY_ADMIN_USER", "admin")
        patch.setenv("GF_SECURITY_ADMIN_PASSWORD", "n0body-knows-it")
        patch.setenv("SMALL_GRAFANA_TOKENS", json.dumps(dict(tokens)))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
