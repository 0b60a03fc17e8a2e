"""The options of a run: flags of pytest, mirrored by environment variables."""

from __future__ import annotations

import contextlib
import difflib
import math
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from smokestack import stack_file
from smokestack.deploys import Asked
from smokestack.errors import UsageError
from smokestack.load.asked import Wish
from smokestack.settings import Settings
from smokestack.stack.choice import BACKENDS
from smokestack.system.units import duration

PACES = ("fast", "real")

DECLARED = "declared"
"""What an option says that leaves a load as system.yaml has it."""

UNSAID = "none"
"""What an option says that asks for nothing."""

DEPLOYS = ("--since", "--wait-version", "--window")
"""What is about a deploy: of a stack that runs already."""

NO_LOAD = "a load that takes no time sends nothing"
WAIT = "who waits no time need not wait"
WINDOW = "in no time there is nothing to be seen"
LABEL = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")

WISHES = ("--load", "--rate", "--requests", "--duration")


@dataclass(frozen=True)
class Option:
    """One option: its flag, its environment variable, its default, pytest's arguments for it."""

    flag: str
    variable: str
    default: Any
    arguments: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name under which pytest keeps it."""
        return str(self.arguments["dest"])


def _option(flag: str, default: Any, metavar: str | None, text: str) -> Option:
    variable = "SMOKESTACK_" + flag.strip("-").upper().replace("-", "_")
    arguments: dict[str, Any] = {
        "dest": "smokestack_" + flag.strip("-").replace("-", "_"),
        "default": None,
        "help": f"{text} [{variable}; default: {default}]",
    }
    arguments |= {"metavar": metavar} if metavar else {"action": "store_true"}
    return Option(flag, variable, default, arguments)


OPTIONS = (
    _option("--stack", "auto", "auto|docker|native|PATH.yaml", "how the stack comes to run"),
    _option("--system", "reference", "NAME", "which of systems/ must be true"),
    _option("--pace", "fast", "fast|real", "durations divided, or as they are"),
    _option("--report-dir", "reports", "DIR", "where reports/<run-id> is written"),
    _option("--keep-stack", False, None, "leave the stack running and say where it answers"),
    _option("--no-html", False, None, "write no report.html, whose charts take about a second"),
    _option("--events", None, "FILE", "write what happens as it happens, a JSON object a line"),
    _option("--baseline", None, "FILE", "the run.json of an earlier run, to compare this one with"),
    _option("--metrics-push", None, "URL", "send the run's metrics there, as OTLP over HTTP"),
    _option("--load", DECLARED, "NAMES", "which loads to bear, by name, or all"),
    _option("--rate", DECLARED, "PER_SECOND", "their highest rate, in requests a second"),
    _option("--requests", DECLARED, "NUMBER", "how many requests each is, or"),
    _option("--duration", DECLARED, "DURATION", "how long each is, such as 30s"),
    _option("--since", UNSAID, "TIME", "when a deploy was: before and after it are compared"),
    _option("--wait-version", UNSAID, "LABEL=VALUE", "wait until all targets report a version"),
    _option("--wait-timeout", "10m", "DURATION", "how long to wait for it"),
    _option("--window", UNSAID, "DURATION", "how long after a deploy is looked at, at least"),
    _option("--start-timeout", 60, "SECONDS", "how long each server may take to become ready"),
)


def settings(
    getoption: Callable[[str], Any], root: Path, environment: Mapping[str, str]
) -> Settings:
    """The settings of a run. Raises UsageError that names the flag and the fix."""
    given = {option.flag: _given(option, getoption, environment) for option in OPTIONS}
    chosen = {o.flag: o.default if given[o.flag] is None else given[o.flag] for o in OPTIONS}
    require_pace(str(chosen["--pace"]))
    require_backend(str(chosen["--stack"]))
    stack_file = stack_file_of(str(chosen["--stack"]))
    if stack_file is not None:
        chosen |= _of_a_running_stack(stack_file, given)
    elif said := [flag for flag in DEPLOYS if _own(chosen[flag])]:
        raise UsageError(
            f"{said[0]} is about a deploy to a stack that runs already",
            hint="say where that answers: --stack staging.yaml (docs/staging.md)",
        )
    return Settings(
        root=require_root(root),
        system=str(chosen["--system"]),
        pace=str(chosen["--pace"]),
        stack=str(chosen["--stack"]),
        stack_file=stack_file,
        report_dir=Path(str(chosen["--report-dir"])).expanduser().absolute(),
        keep_stack=_is_set(chosen["--keep-stack"]),
        html=not _is_set(chosen["--no-html"]),
        events=_file(chosen["--events"]),
        baseline=_file(chosen["--baseline"]),
        metrics_push=_url("--metrics-push", chosen["--metrics-push"]),
        start_timeout_s=_seconds(chosen["--start-timeout"]),
        deploy=_deploy(chosen, time.time()),
        wish=_wish({flag: _own(chosen[flag]) for flag in WISHES}),
    )


def _given(option: Option, getoption: Callable[[str], Any], environment: Mapping[str, str]) -> Any:
    given = getoption(option.name)
    if given not in (None, False):
        return given
    return environment.get(option.variable) or None


def stack_file_of(stack: str) -> Path | None:
    """The file that says where a running stack answers, where `--stack` names one."""
    return Path(stack).expanduser().absolute() if stack.endswith((".yaml", ".yml")) else None


def _of_a_running_stack(file: Path, given: Mapping[str, Any]) -> dict[str, str]:
    """The system that a stack file is of, and the pace of a stack that runs already."""
    system = stack_file.system_of(file)
    if given["--system"] not in (None, system):
        raise UsageError(
            f"--system {given['--system']!r}, but {file} is of the system {system!r}",
            hint="leave --system out, or change the file",
        )
    for flag, wrong in (("--pace", "fast"), ("--keep-stack", "true")):
        if str(given[flag]).lower() == wrong:
            raise UsageError(
                f"{flag} is for stacks that smokestack starts, and {file} runs already"
            )
    return {"--system": system, "--pace": "real"}


def _is_set(value: object) -> bool:
    return str(value).lower() in ("1", "true", "yes")


def _file(value: object) -> Path | None:
    return Path(str(value)).expanduser().absolute() if value else None


def _url(flag: str, value: object) -> str | None:
    if not value:
        return None
    parts = urlsplit(str(value))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{flag} {value}: no URL", hint="say for example http://localhost:4318")
    return str(value)


def _require(value: str, known: tuple[str, ...], flag: str) -> None:
    if value in known:
        return
    close = difflib.get_close_matches(value, known, n=1)
    guess = f"did you mean {close[0]}? " if close else ""
    raise UsageError(f"{flag} {value!r} is not known", hint=f"{guess}known: {', '.join(known)}")


def require_pace(value: str) -> None:
    """Refuse a pace that there is not."""
    _require(value, PACES, "--pace")


def require_backend(value: str) -> None:
    """Refuse a backend that there is not."""
    if stack_file_of(value) is not None:
        return
    _require(value, BACKENDS, "--stack")


def _seconds(value: object) -> float:
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = 0.0
    if not math.isfinite(seconds) or seconds <= 0:
        raise UsageError(f"--start-timeout {value!r} is not a number of seconds above 0")
    return seconds


def _own(value: object) -> str | None:
    """What the user said, None where that is what is declared, or nothing."""
    return None if value in (None, "", DECLARED, UNSAID) else str(value)


def _deploy(chosen: Mapping[str, Any], now: float) -> Asked:
    """What was said of a deploy."""
    since, version, window = (_own(chosen[flag]) for flag in DEPLOYS)
    return Asked(
        since=moment(since, now) if since else None,
        version=_label(version) if version else None,
        within_s=seconds_of("--wait-timeout", str(chosen["--wait-timeout"]), WAIT),
        window_s=seconds_of("--window", window, WINDOW) if window else 0.0,
    )


def moment(text: str, now: float) -> float:
    """Seconds since the epoch of a time: RFC 3339, seconds since the epoch, or so long ago as 10m.
    Raises UsageError for anything else, and for what is yet to come.
    """
    at = _moment(text, now)
    if at is None or not math.isfinite(at):
        raise UsageError(
            f"--since {text}: not a time",
            hint="say 2026-11-22T09:30:00Z, 1795339800 (seconds since 1970), or 10m (so long ago)",
        )
    if at >= now:
        raise UsageError(
            f"--since {text} is {at - now:.0f} s from now; a deploy that is compared is over",
            hint="does it have its time zone, such as Z?",
        )
    return at


def _moment(text: str, now: float) -> float | None:
    with contextlib.suppress(ValueError):
        return now - duration(text)
    with contextlib.suppress(ValueError):
        return float(text)
    with contextlib.suppress(ValueError):
        found = datetime.fromisoformat(text)
        return found.timestamp() if found.tzinfo else None
    return None


def _label(text: str) -> tuple[str, str]:
    label, equals, value = text.partition("=")
    if not LABEL.fullmatch(label) or not equals or not value:
        raise UsageError(
            f"--wait-version {text}: not a label and its value", hint="say version=1.4.2"
        )
    return label, value


def _wish(said: Mapping[str, str | None]) -> Wish:
    names, rate, requests, length = (said[flag] for flag in WISHES)
    if requests and length:
        raise UsageError(
            "--requests and --duration both say when a load ends", hint="say one of the two"
        )
    wanted = tuple(name.strip() for name in (names or "").split(",") if name.strip())
    return Wish(
        names=wanted,
        rate=above_zero("--rate", rate) if rate else None,
        requests=_requests(requests) if requests else None,
        duration_s=seconds_of("--duration", length) if length else None,
    )


def above_zero(flag: str, value: object) -> float:
    """A number above 0. Raises UsageError for anything else: at a rate of 0 nothing is sent, so
    nothing would be found out.
    """
    try:
        number = float(str(value))
    except ValueError:
        number = 0.0
    if not math.isfinite(number) or number <= 0:
        raise UsageError(
            f"{flag} {value}: not a number above 0",
            hint=f"with nothing sent nothing is found out; say for example {flag} 100",
        )
    return number


def _requests(value: str) -> int:
    number = above_zero("--requests", value)
    if number != int(number):
        raise UsageError(f"--requests {value}: not a whole number", hint="say for example 1000")
    return int(number)


def seconds_of(flag: str, value: str, none: str = NO_LOAD) -> float:
    """Seconds of a duration with its unit. Raises UsageError where it is none, or 0: then with
    `none`, why that cannot be.
    """
    try:
        seconds = duration(value)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from error
    if seconds <= 0:
        raise UsageError(f"{flag} {value}: {none}")
    return seconds


def require_root(root: Path) -> Path:
    """The checkout that has compose/ and systems/. Raises UsageError where there is none."""
    for folder in (root, *root.parents):
        if (folder / "compose" / "compose.yaml").is_file() and (folder / "systems").is_dir():
            return folder.resolve()
    raise UsageError(
        f"neither {root} nor a folder above it has compose/compose.yaml and systems/",
        hint="run it inside a checkout of smokestack",
    )


def require_writable(folder: Path) -> None:
    """Refuse a report folder that cannot be written before anything is started."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"--report-dir {folder} cannot be written: {error.strerror or error}",
            hint="name another folder, or make room on its disk",
        ) from error


def root_from_here() -> Path:
    """The checkout around the current folder, else the one this package was installed from."""
    try:
        return require_root(Path.cwd())
    except UsageError:
        return require_root(Path(__file__).parents[2])
