"""docs/schema/: what the code makes, and it takes and refuses what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from smokestack import editor_schemas, yaml_file
from smokestack.errors import ConfigError
from smokestack.stack_file import StackFile
from tests.docs.pages import ROOT

SCHEMAS = ROOT / "docs" / "schema"
STAGING = (ROOT / "docs" / "staging.md").read_text(encoding="utf-8")
SYSTEMS = sorted(ROOT.glob("systems/*/system.yaml"))


def faults(name: str, file: Path) -> list[str]:
    """What an editor would mark in a file."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    plain: Any = json.loads(json.dumps(yaml_file.read(file).data))
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(plain)]


def example() -> str:
    """The whole file that docs/staging.md shows."""
    found = re.search(r"^```yaml\n(system: .*?)^```$", STAGING, re.MULTILINE | re.DOTALL)
    assert found, "docs/staging.md shows no whole file"
    return found[1]


@pytest.mark.parametrize("name", editor_schemas.MODELS)
def test_they_are_what_the_code_makes(name: str) -> None:
    """And each is a JSON schema."""
    file = SCHEMAS / f"{name}.schema.json"
    made = editor_schemas.text_of(name)
    jsonschema.Draft202012Validator.check_schema(json.loads(made))
    assert file.read_text(encoding="utf-8") == made, (
        f"smokestack schema {name} > {file.relative_to(ROOT)}"
    )


@pytest.mark.parametrize("file", SYSTEMS, ids=lambda file: file.parent.name)
def test_our_systems_have_nothing_to_mark(file: Path) -> None:
    """Each system.yaml is as its schema says."""
    assert faults("system", file) == []


def test_a_system_that_is_refused_is_marked(tmp_path: Path) -> None:
    """An unknown key, and a duration without its unit."""
    text = (ROOT / "systems/reference/system.yaml").read_text(encoding="utf-8")
    (tmp_path / "system.yaml").write_text(
        re.sub(r"^clock_skew: .*$", "clock_skew: 2\nclock_skow: 2s", text, flags=re.MULTILINE)
    )
    marked = "\n".join(faults("system", tmp_path / "system.yaml"))
    assert "$.clock_skew: 2 is not of type 'string'" in marked
    assert "'clock_skow' was unexpected" in marked


def test_the_example_has_nothing_to_mark(tmp_path: Path) -> None:
    """And it is taken as it stands."""
    file = tmp_path / "staging.yaml"
    file.write_text(example(), encoding="utf-8")
    assert faults("stack", file) == []
    yaml_file.validate(yaml_file.read(file), StackFile)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("look_back: 1h", "look_back: 1"),
        ("look_back: 1h", "lookback: 1h"),
        ("rate: 10", "rate: 0"),
        ("rows: 5000", "rows: 1.5"),
        ("body: 32MiB", "body: 32MB"),
        ("https://tempo", "tempo"),
        ("https://tempo", "https://user:password@tempo"),
        ("{env: PROM_TOKEN}", "{env: A, file: b}"),
        ("{env: PROM_TOKEN}", "{variable: A}"),
        ("tenant: team-a", "bearer: {env: A}"),
        ("user: reader, ", ""),
        ("system: reference", "title: reference"),
    ],
)
def test_what_is_refused_is_marked(tmp_path: Path, old: str, new: str) -> None:
    """By both: an editor must not call sound what a run will not take."""
    assert old in example()
    file = tmp_path / "staging.yaml"
    file.write_text(example().replace(old, new, 1), encoding="utf-8")
    assert faults("stack", file)
    with pytest.raises(ConfigError):
        yaml_file.validate(yaml_file.read(file), StackFile)


@pytest.mark.parametrize("change", [("  prometheus:", "  gateway:"), ("  loki:", "  jaeger:")])
def test_servers_that_cannot_be_so_are_marked(tmp_path: Path, change: tuple[str, str]) -> None:
    """Without Prometheus, or with two stores of traces."""
    file = tmp_path / "staging.yaml"
    file.write_text(example().replace(*change), encoding="utf-8")
    assert faults("stack", file)
