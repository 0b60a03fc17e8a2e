"""Flags, their environment variables, and what is refused with a fix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from smokestack import options
from smokestack.errors import UsageError
from smokestack.settings import Settings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The least that counts as a checkout."""
    (tmp_path / "compose").mkdir()
    (tmp_path / "compose" / "compose.yaml").touch()
    (tmp_path / "systems").mkdir()
    return tmp_path


def chosen(root: Path, environment: Mapping[str, str] | None = None, /, **flags: str) -> Settings:
    """The settings for some flags, by pytest's names without the prefix."""
    given: dict[str, Any] = {f"smokestack_{name}": value for name, value in flags.items()}
    getoption: Callable[[str], Any] = given.get
    return options.settings(getoption, root, environment or {})


def test_defaults(root: Path) -> None:
    """Nothing said means: reference, fast, reports/, 60 s for each server to be ready."""
    found = chosen(root)
    assert (found.system, found.pace, found.keep_stack) == ("reference", "fast", False)
    assert found.start_timeout_s == 60
    assert found.report_dir == Path("reports").absolute()
    assert found.root == root


@pytest.mark.parametrize("option", options.OPTIONS, ids=lambda option: option.flag)
def test_every_option_is_documented(option: options.Option) -> None:
    """Each says its environment variable and its default in its help."""
    assert option.variable == "SMOKESTACK_" + option.flag[2:].upper().replace("-", "_")
    assert option.variable in option.arguments["help"]
    assert f"default: {option.default}" in option.arguments["help"]


def test_flag_over_variable_over_default(root: Path) -> None:
    """The nearer one wins; an empty variable says nothing."""
    environment = {
        "SMOKESTACK_PACE": "real",
        "SMOKESTACK_SYSTEM": "",
        "SMOKESTACK_START_TIMEOUT": "7",
    }
    assert chosen(root, environment).pace == "real"
    assert chosen(root, environment, pace="fast").pace == "fast"
    assert chosen(root, environment).system == "reference"
    assert chosen(root, environment).start_timeout_s == 7


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", True), ("true", True), ("YES", True), ("0", False), ("no", False), ("", False)],
)
def test_keep_stack_from_the_environment(root: Path, text: str, expected: bool) -> None:  # noqa: FBT001
    """A variable can say yes and no."""
    assert chosen(root, {"SMOKESTACK_KEEP_STACK": text}).keep_stack is expected


def test_home_in_report_dir(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is understood where no shell expanded it."""
    monkeypatch.setenv("HOME", "/home/someone")
    assert chosen(root, report_dir="~/r").report_dir == Path("/home/someone/r")


@pytest.mark.parametrize(
    ("flags", "message", "hint"),
    [
        ({"pace": "fsat"}, "--pace 'fsat' is not known", "did you mean fast? known: fast, real"),
        ({"pace": "zzz"}, "--pace 'zzz' is not known", "known: fast, real"),
        ({"stack": "natve"}, "--stack 'natve'", "did you mean native? known: auto, docker, native"),
        ({"stack": "x.yml"}, "x.yml: no such file", "check the path"),
    ],
)
def test_refused(root: Path, flags: dict[str, str], message: str, hint: str) -> None:
    """The message names flag and value, the hint the fix."""
    with pytest.raises(UsageError) as told:
        chosen(root, **flags)
    assert message in told.value.message
    assert hint in str(told.value.hint)


@pytest.mark.parametrize("value", ["abc", "", "0", "-1", "nan", "inf", "1e999"])
def test_start_timeout_is_a_number_of_seconds(root: Path, value: str) -> None:
    """Nothing else can bound a wait."""
    with pytest.raises(UsageError, match=r"--start-timeout .* is not a number of seconds above 0"):
        chosen(root, start_timeout=value)


def test_root_is_found_from_below(root: Path) -> None:
    """Any folder inside a checkout will do, also through a link."""
    below = root / "suites" / "mine"
    below.mkdir(parents=True)
    assert options.require_root(below) == root
    link = root / "link"
    link.symlink_to(below)
    assert options.require_root(link.resolve()) == root


def test_root_through_a_link_is_the_real_one(root: Path, tmp_path_factory: Any) -> None:
    """Paths in compose.yaml are resolved, so the root they are shown against is too."""
    link = tmp_path_factory.mktemp("elsewhere") / "checkout"
    link.symlink_to(root)
    assert options.require_root(link) == root


def test_no_root(tmp_path: Path) -> None:
    """Outside a checkout the message says what was looked for."""
    with pytest.raises(UsageError, match=r"compose/compose\.yaml and systems/"):
        options.require_root(tmp_path)


def test_writable_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    """The probe leaves nothing."""
    options.require_writable(tmp_path / "a" / "b")
    assert not list((tmp_path / "a" / "b").iterdir())


def test_folder_under_a_file(tmp_path: Path) -> None:
    """What cannot be a folder is told with the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="file/reports cannot be written: Not a directory"):
        options.require_writable(tmp_path / "file" / "reports")


@pytest.fixture
def stack_file(tmp_path: Path) -> str:
    """A file of a stack that runs already."""
    file = tmp_path / "staging.yaml"
    file.write_text("system: clientforge\nendpoints: {prometheus: {url: 'http://p:9090'}}\n")
    return str(file)


def test_a_stack_file_says_which_system_and_runs_at_its_own_pace(
    root: Path, stack_file: str
) -> None:
    """Nothing of a stack that runs already is sped up."""
    found = chosen(root, stack=stack_file)
    assert (found.system, found.pace) == ("clientforge", "real")
    assert found.stack_file == Path(stack_file)
    assert chosen(root, stack=stack_file, system="clientforge", pace="real") == found


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"system": "reference"}, "is of the system 'clientforge'"),
        ({"pace": "fast"}, "--pace is for stacks that smokestack starts"),
        ({"keep_stack": "true"}, "--keep-stack is for stacks that smokestack starts"),
    ],
)
def test_what_a_stack_file_rules_out(
    root: Path, stack_file: str, flags: dict[str, str], message: str
) -> None:
    """Another system, another pace, and leaving it running."""
    with pytest.raises(UsageError, match=message):
        chosen(root, stack=stack_file, **flags)


NOW = 1795339800.0
"""2026-11-22T09:30:00Z."""


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("10m", 600),
        ("1h30m", 5400),
        ("1795339500", 300),
        ("1795339799.5", 0.5),
        ("2026-11-22T09:29:00Z", 60),
        ("2026-11-22T10:29:00+01:00", 60),
    ],
)
def test_a_moment_is_said_in_three_ways(text: str, ago: float) -> None:
    """So long ago, since the epoch, or as RFC 3339 has it."""
    assert options.moment(text, NOW) == NOW - ago


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("yesterday", "--since yesterday: not a time"),
        ("2026-11-22T09:29:00", "--since 2026-11-22T09:29:00: not a time"),
        ("nan", "--since nan: not a time"),
        ("2026-11-22T09:31:00Z", "is 60 s from now; a deploy that is compared is over"),
    ],
)
def test_what_is_no_moment_is_refused(text: str, message: str) -> None:
    """Also one without its time zone, and one that is yet to come."""
    with pytest.raises(UsageError, match=message):
        options.moment(text, NOW)


def test_a_deploy_is_of_a_stack_that_runs_already(root: Path, tmp_path: Path) -> None:
    """With the file that says where; without it, that is said."""
    file = tmp_path / "staging.yaml"
    file.write_text("system: reference\nendpoints: {prometheus: {url: 'http://p:9090'}}\n")
    found = chosen(
        root, stack=str(file), since="10m", wait_version="version=1.4.2", wait_timeout="90s",
        window="5m",
    ).deploy  # fmt: skip
    assert found.version == ("version", "1.4.2")
    assert (found.within_s, found.window_s) == (90, 300)
    assert found.since is not None
    assert found.anything
    assert not chosen(root).deploy.anything
    with pytest.raises(UsageError, match="--since is about a deploy to a stack that runs already"):
        chosen(root, since="10m")


@pytest.mark.parametrize("text", ["1.4.2", "=2", "version=", "a-b=2"])
def test_a_version_has_its_label(root: Path, tmp_path: Path, text: str) -> None:
    """A value alone is not enough."""
    file = tmp_path / "staging.yaml"
    file.write_text("system: reference\nendpoints: {prometheus: {url: 'http://p:9090'}}\n")
    with pytest.raises(UsageError, match="not a label and its value"):
        chosen(root, stack=str(file), wait_version=text)
