"""The image of the sample application runs what the tests run."""

from __future__ import annotations

import ast
import re
import sys

from tests.unit.app_processes import FIXTURES

APP = FIXTURES / "app"
PINNED = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


def _pins(path: str) -> dict[str, str]:
    return dict(PINNED.findall((FIXTURES.parent / path).read_text(encoding="utf-8")))


def test_the_image_has_the_repositorys_versions() -> None:
    """Each pin of the application's lock is one of the repository's lock."""
    pins = _pins("fixtures/app/requirements.lock")
    assert len(pins) > 20
    assert pins.items() <= _pins("requirements.lock").items()


def test_the_webhook_needs_the_standard_library_alone() -> None:
    """What the webhook imports starts in an instant: no package from the lock."""
    seen: set[str] = set()
    for module in ("__main__", "personalities", "settings", "signals", "webhook"):
        for node in ast.walk(ast.parse((APP / f"{module}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                seen |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                seen.add(node.module or "")
    foreign = {name for name in seen if name.split(".")[0] not in sys.stdlib_module_names}
    assert foreign == {"app.personalities", "app.settings", "app.signals"}
