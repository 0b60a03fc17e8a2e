"""Which servers run, with which programs, on a machine that has some of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from smokestack.errors import MissingBinary, UsageError
from smokestack.stack import native_programs
from smokestack.stack.compose_file import Service, read_services
from smokestack.stack.passwords import passwords

ROOT = Path(__file__).parents[2]
BUILT = ("prometheus", "alertmanager", "loki", "otelcol", "node_exporter", "jaeger")


def program(file: Path, text: str = "exit 0") -> Path:
    """A shell script."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


@pytest.fixture
def services() -> dict[str, Service]:
    """What compose.yaml has."""
    return read_services(ROOT / "compose" / "compose.yaml", passwords())


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with every server that is built, and a PATH of the test's own."""
    for name in BUILT:
        monkeypatch.setenv(f"SMOKESTACK_{name.upper()}_BINARY", str(program(tmp_path / name)))
    monkeypatch.delenv("SMOKESTACK_TEMPO_BINARY", raising=False)
    monkeypatch.delenv("SMOKESTACK_GRAFANA_BINARY", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "opt" / "bin"))
    return tmp_path


def grafana(machine: Path, defaults: str = "opt/conf/defaults.ini") -> Path:
    """Put a grafana on PATH, and the file that its distribution has."""
    (machine / defaults).parent.mkdir(parents=True, exist_ok=True)
    (machine / defaults).touch()
    return program(machine / "opt" / "bin" / "grafana")


def test_without_grafana(services: dict[str, Service]) -> None:
    """An optional server that is not at hand is left out: no error, and nothing stands in."""
    chosen, programs = native_programs.choose(services, "reference")
    assert "grafana" not in chosen.services
    assert "grafana" not in programs.argv
    assert programs.homes == {}
    assert [standin.instead_of for standin in chosen.standins] == ["tempo"]
    assert chosen.standins[0].reason == "no tempo binary on PATH or in SMOKESTACK_TEMPO_BINARY"


@pytest.mark.parametrize("where", ["PATH", "SMOKESTACK_GRAFANA_BINARY"])
def test_with_grafana(
    services: dict[str, Service], machine: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """A grafana on PATH, or named in the environment, is run from its distribution."""
    file = grafana(machine)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv(where, str(file.parent if where == "PATH" else file))
    _chosen, programs = native_programs.choose(services, "reference")
    assert programs.argv["grafana"] == (str(file),)
    assert programs.homes == {"grafana": machine / "opt"}


def test_stand_in_says_who_reads_what(services: dict[str, Service], machine: Path) -> None:
    """Where Jaeger stands in for Tempo, Grafana's data source is another one, and that is said."""
    grafana(machine)
    chosen, _programs = native_programs.choose(services, "reference")
    [(old, new)] = chosen.replaces.items()
    assert old == ROOT / "compose/grafana/provisioning/datasources/tempo.yml"
    assert new == ROOT / "compose/grafana/stand-ins/jaeger.yml"
    [jaeger] = chosen.standins
    assert jaeger.reason.endswith("; grafana reads jaeger.yml instead of tempo.yml")


def test_nothing_is_replaced_beside_tempo(services: dict[str, Service], machine: Path) -> None:
    """With a Tempo everything is read as it ships."""
    grafana(machine)
    program(machine / "opt" / "bin" / "tempo", "echo 'tempo, version 3.0.0'")
    chosen, _programs = native_programs.choose(services, "reference")
    assert (chosen.standins, chosen.replaces) == ((), {})


def test_a_wrong_name_is_not_silent(
    services: dict[str, Service], machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that was named and is not there is an error, even for an optional server."""
    monkeypatch.setenv("SMOKESTACK_GRAFANA_BINARY", str(machine / "nowhere"))
    with pytest.raises(MissingBinary, match=r"SMOKESTACK_GRAFANA_BINARY names .*nowhere"):
        native_programs.choose(services, "reference")


@pytest.mark.parametrize(
    "defaults", ["opt/conf/defaults.ini", "opt/share/grafana/conf/defaults.ini"]
)
def test_links_are_followed_home(
    services: dict[str, Service], machine: Path, monkeypatch: pytest.MonkeyPatch, defaults: str
) -> None:
    """The distribution is where the program really lies, whatever link leads to it."""
    file = grafana(machine, defaults)
    link = machine / "links" / "grafana"
    link.parent.mkdir()
    link.symlink_to(file)
    monkeypatch.setenv("PATH", str(link.parent))
    _chosen, programs = native_programs.choose(services, "reference")
    assert programs.argv["grafana"] == (str(link),)
    assert programs.homes["grafana"] == (machine / defaults).parents[1]


def test_a_program_without_its_distribution(services: dict[str, Service], machine: Path) -> None:
    """A grafana that was taken out of its distribution is told as such, with where was looked."""
    program(machine / "opt" / "bin" / "grafana")
    home = services["grafana"].extension.home
    assert home
    lost = home.model_copy(update={"path": str(machine / "usr" / "share" / "grafana")})
    extension = services["grafana"].extension.model_copy(update={"home": lost})
    services["grafana"] = replace(services["grafana"], extension=extension)
    with pytest.raises(UsageError, match=r"no conf/defaults\.ini in ") as told:
        native_programs.choose(services, "reference")
    assert str(machine / "opt") in told.value.message
    assert "SMOKESTACK_GRAFANA_BINARY" in str(told.value)


def test_other_servers_must_be_there(
    services: dict[str, Service], machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only optional servers may be missing."""
    grafana(machine)
    monkeypatch.setenv("SMOKESTACK_LOKI_BINARY", str(machine / "nowhere"))
    with pytest.raises(MissingBinary, match="SMOKESTACK_LOKI_BINARY"):
        native_programs.choose(services, "reference")


def databases(machine: Path, *names: str) -> None:
    """Put programs on PATH."""
    for name in names:
        program(machine / "opt" / "bin" / name)


def test_databases_of_the_machine(services: dict[str, Service], machine: Path) -> None:
    """They run by the script that does what the entrypoint of the image does; an exporter may
    go by its package's name.
    """
    databases(machine, "postgres", "redis-server", "prometheus-postgres-exporter", "redis_exporter")
    _chosen, programs = native_programs.choose(services, "social-selling")
    script = str(ROOT / "compose" / "postgres" / "entrypoint.sh")
    here = machine / "opt" / "bin"
    assert programs.argv["postgres"] == ("/bin/sh", script, str(here / "postgres"))
    assert programs.argv["postgres-exporter"] == (str(here / "prometheus-postgres-exporter"),)
    assert programs.argv["redis-exporter"][-1] == str(here / "redis_exporter")


def test_an_exporter_is_left_out_with_its_server(
    services: dict[str, Service], machine: Path
) -> None:
    """It would have nothing to ask; both times the command that helps is said."""
    databases(machine, "postgres", "postgres_exporter", "redis_exporter")
    chosen, _programs = native_programs.choose(services, "social-selling")
    left = {one.name: one.reason for one in chosen.left_out}
    assert set(left) == {"grafana", "redis", "redis-exporter"}
    assert left["redis"] == left["redis-exporter"]
    assert "`apt-get install redis-server`" in left["redis"]
    assert "postgres-exporter" in chosen.services
