"""Pages that are lists of something are equal to it, and what they name exists."""

from __future__ import annotations

import re
import tomllib

import pytest
import typer
import yaml

from smokestack import cli, options, results
from smokestack.results import Verdict
from smokestack.system import System
from tests.docs.pages import PACE, ROOT, files, first_cells, keys_of, links, pace_page, pages, table

README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ALL = {page.relative_to(ROOT).as_posix(): page for page in pages()}


def code_in(text: str) -> str:
    """All code on a page: blocks and what stands in backticks."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])


def commands_in(text: str, program: str) -> set[str]:
    """The first argument of a program, wherever a page's code runs it."""
    return set(
        re.findall(
            rf"(?:^|[;|] *|\$ ){program} ([a-z]+(?:-[a-z]+)*)\b", code_in(text), re.MULTILINE
        )
    )


def test_pace_page_is_the_table() -> None:
    """docs/pace.md is what `python -m tests.docs.pages` makes of the table."""
    assert PACE.read_text(encoding="utf-8") == pace_page()


def test_system_yaml_page_has_every_key_and_no_other() -> None:
    """docs/system-yaml.md and the schema name the same keys."""
    text = (ROOT / "docs" / "system-yaml.md").read_text(encoding="utf-8")
    assert first_cells(text) == set(keys_of(System))


def test_native_servers_page_has_every_server() -> None:
    """docs/native-servers.md says what compose/native/servers.yaml says."""
    text = (ROOT / "docs" / "native-servers.md").read_text(encoding="utf-8")
    servers = yaml.safe_load((ROOT / "compose/native/servers.yaml").read_text(encoding="utf-8"))
    said = {row[0]: row[1:] for row in table(text, "## What is built")}
    for name, server in servers["servers"].items():
        binaries = ", ".join(f"`{binary}`" for binary in server["binaries"])
        assert said.pop(name) == [server["version"], binaries, f"{server['cold_s']} s"]
    assert not said


@pytest.mark.parametrize("name", ALL)
def test_links_resolve(name: str) -> None:
    """Each link between pages leads to a file or folder of the project."""
    for link in links(ALL[name]):
        target = link.partition("#")[0]
        assert link.startswith("http") or (ALL[name].parent / target).exists(), link


@pytest.mark.parametrize("name", ALL)
def test_commands_exist(name: str) -> None:
    """Each `make` target and `smokestack` command that a page shows is there."""
    text = ALL[name].read_text(encoding="utf-8")
    targets = re.findall(
        r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert commands_in(text, "make") <= set(targets)
    command = typer.main.get_command(cli.app)
    assert commands_in(text, "smokestack") <= set(getattr(command, "commands", {}))


def test_readme_shows_every_command() -> None:
    """The table of commands has all there are."""
    known = set(getattr(typer.main.get_command(cli.app), "commands", {}))
    assert commands_in(README, "smokestack") == known


def test_readme_has_every_option_with_its_variable_and_default() -> None:
    """The table of options is that of the plugin."""
    said = {
        row[0].strip("`"): (row[1].strip("`"), row[2].strip("`"))
        for row in table(README, "## Options")
    }
    real = {o.flag: (o.variable, str(o.default or "off")) for o in options.OPTIONS}
    assert said == real


def test_readme_has_every_verdict_and_exit_code() -> None:
    """The tables of verdicts and exit codes are those of the code."""
    below = README.split("## Verdicts and exit codes", 1)[1]
    codes = {int(code) for code in re.findall(r"^\| (\d) \|", below, re.MULTILINE)}
    ours = {value for name, value in vars(results).items() if name.startswith("EXIT_")}
    pytests = {0, 2}
    assert codes == ours | pytests
    assert [row[0] for row in table(README, "## Verdicts and exit codes")] == list(Verdict)


def test_guide_names_every_fixture() -> None:
    """The table of fixtures has all that fixtures/ offers, and no other."""
    fixtures = ROOT / "fixtures"
    real = {
        name
        for file in fixtures.glob("*.py")
        for name in re.findall(
            r"@pytest\.fixture[^\n]*\ndef (\w+)\(", file.read_text(encoding="utf-8")
        )
    } | {"alert", "query", "slo", "under_load"}
    guide = (ROOT / "docs" / "your-own-checks.md").read_text(encoding="utf-8")
    rows = table(guide, "$ pytest docs/examples/")
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row[0])} == real


def test_architecture_names_paths_that_exist() -> None:
    """Every area and every 'start with' of the table is there, and every folder of the package."""
    named = {
        cell.strip("`")
        for row in table(ARCHITECTURE, "## Where things are")
        for cell in (row[0], row[2])
    }
    assert [path for path in named if not (ROOT / path).exists()] == []
    package = ROOT / "src" / "smokestack"
    folders = {f"src/smokestack/{file.parent.name}/" for file in package.glob("*/__init__.py")}
    assert folders <= named


def test_architecture_has_the_import_contract() -> None:
    """The layers are those that lint-imports checks."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = config["tool"]["importlinter"]["contracts"][0]["layers"]
    shown = "\n".join(layer.replace("smokestack.", "") for layer in layers)
    assert f"```text\n{shown}\n```" in ARCHITECTURE


@pytest.mark.parametrize(
    ("library", "allowed"), [("tenacity", {"wait.py"}), ("yaml", {"yaml_file.py", "catalogue.py"})]
)
def test_one_module_imports(library: str, allowed: set[str]) -> None:
    """Waiting and YAML have one place each. (The catalogue reads one small file of its own.)"""
    imports = re.compile(rf"^\s*(import {library}|from {library}\b)", re.MULTILINE)
    found = {
        file.name
        for file in (ROOT / "src").rglob("*.py")
        if imports.search(file.read_text(encoding="utf-8"))
    }
    assert found == allowed


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the machine's choice: no lock, script or page says it."""
    hosts = ["pypi" + ".org", "python" + "hosted", "proxy.go" + "lang", "sum.go" + "lang"]
    hosts += ["npm" + "js", "crates" + ".io", "goproxy" + ".io"]
    named = re.compile("|".join(map(re.escape, hosts)).encode())
    assert [str(file) for file in files() if named.search(file.read_bytes())] == []


def test_licence_is_whole() -> None:
    """The text that pyproject.toml names, from title to appendix."""
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
