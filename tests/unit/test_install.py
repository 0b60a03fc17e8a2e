"""Building and finding server binaries, with a module of one file and the real Go toolchain."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import yaml
from rich.console import Console

from smokestack.errors import ConfigError, MissingBinary, UsageError
from smokestack.stack.binaries import cache_root, find_binary, missing, server_folder
from smokestack.stack.build_state import Board, Phase
from smokestack.stack.catalogue import SERVERS_YAML, load_catalogue
from smokestack.stack.install import install
from smokestack.stack.install_display import display_for, span
from smokestack.wait import until

MAIN_GO = 'package main\n\nfunc main() { println("hello") }\n'
INSTALL = "from smokestack.stack.install import install; install()"
DEADLINE_S = 60.0


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue with one server, `hello`, and an empty cache."""
    (tmp_path / "hello").mkdir()
    (tmp_path / "hello" / "go.mod").write_text("module example.test/hello\n\ngo 1.21\n")
    (tmp_path / "hello" / "main.go").write_text(MAIN_GO)
    entry = {
        "folder": "hello",
        "version": "1.0.0",
        "binaries": {"greeter": "example.test/hello"},
        "cold_s": 1,
    }
    (tmp_path / "servers.yaml").write_text(yaml.safe_dump({"servers": {"hello": entry}}))
    monkeypatch.setenv("SMOKESTACK_SERVERS", str(tmp_path / "servers.yaml"))
    monkeypatch.setenv("SMOKESTACK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GOTOOLCHAIN", "local")
    monkeypatch.delenv("SMOKESTACK_GREETER_BINARY", raising=False)
    return tmp_path


@pytest.fixture
def held_linker(servers: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Go's linker notes its process id in `links` and goes on once the file `hold` is gone."""
    hold, links, script = servers / "hold", servers / "links", servers / "held.sh"
    script.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *-V=full*) ;; */link*) echo $$ >> "{links}"\n'
        f'while [ -e "{hold}" ]; do sleep 0.05; done;; esac\n'
        'exec "$@"\n'
    )
    script.chmod(0o755)
    hold.touch()
    monkeypatch.setenv("GOFLAGS", f"-toolexec={script}")
    yield servers
    hold.unlink(missing_ok=True)


@pytest.fixture
def other_install(servers: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts an installation in a process of its own, with its messages in a file."""
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str) -> subprocess.Popen[bytes]:
        with (servers / name).open("wb") as said:
            process = subprocess.Popen([sys.executable, "-c", INSTALL], stderr=said)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for_text(file: Path, text: str) -> None:
    """Let the file contain the text, or fail."""
    waited = until(lambda: file.is_file() and text in file.read_text(), within_s=DEADLINE_S)
    assert waited.met, file.read_text() if file.is_file() else f"no {file}"


def install_quietly() -> str:
    """Install everything in this process; what was said."""
    console = Console(file=io.StringIO(), width=200)
    install(None, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def traces_in_cache(servers: Path) -> list[str]:
    """What is in the cache of a server, finished or not, beside the lock."""
    found = (file.name for file in (servers / "cache" / "native").iterdir())
    return [name for name in found if "hello" in name and not name.endswith(".lock")]


def test_build_runs(servers: Path) -> None:
    """What is built is found by its name from the catalogue, and runs."""
    said = install_quietly()
    ran = subprocess.run([find_binary("greeter")], capture_output=True, text=True, check=True)
    assert ran.stderr == "hello\n"
    assert "hello: installed after" in said
    assert missing() == []


def test_second_call_does_not_build(servers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once everything is in the cache, not even Go is needed."""
    install_quietly()
    monkeypatch.setenv("PATH", str(servers))
    assert install_quietly() == ""


def test_changed_module_is_built_again(servers: Path) -> None:
    """A change of any input makes another key, so an old binary is never taken for a new one."""
    install_quietly()
    (servers / "hello" / "main.go").write_text(MAIN_GO.replace("hello", "hello again"))
    assert missing() == ["hello"]
    with pytest.raises(MissingBinary, match="smokestack install"):
        find_binary("greeter")


def test_missing_binary_names_the_command(servers: Path) -> None:
    """Who lacks a binary is told which command builds it and which variable replaces it."""
    with pytest.raises(MissingBinary) as caught:
        find_binary("greeter")
    assert "`smokestack install`" in str(caught.value)
    assert "SMOKESTACK_GREETER_BINARY" in str(caught.value)


def test_environment_comes_first(servers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A binary named in the environment is used, and counts as not missing."""
    monkeypatch.setenv("SMOKESTACK_GREETER_BINARY", sys.executable)
    assert find_binary("greeter") == Path(sys.executable)
    assert missing() == []


def test_environment_names_no_program(servers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that names something else than a program is an error, not passed over."""
    monkeypatch.setenv("SMOKESTACK_GREETER_BINARY", str(servers / "none"))
    with pytest.raises(MissingBinary, match="SMOKESTACK_GREETER_BINARY names"):
        find_binary("greeter")


def test_tempo_is_taken_from_path(servers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tempo cannot be built: it is looked for on PATH, and nothing promises to install it."""
    monkeypatch.setenv("PATH", str(servers))
    monkeypatch.delenv("SMOKESTACK_TEMPO_BINARY", raising=False)
    with pytest.raises(MissingBinary, match="tempo is not on PATH") as caught:
        find_binary("tempo")
    assert "smokestack install" not in str(caught.value)
    (servers / "tempo").write_text("#!/bin/sh\n")
    (servers / "tempo").chmod(0o755)
    assert find_binary("tempo") == servers / "tempo"


def test_two_installs_build_once(
    held_linker: Path, other_install: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    """The second of two installs says that it waits, and then finds the work done."""
    first = other_install("first.txt")
    wait_for_text(held_linker / "links", "\n")
    second = other_install("second.txt")
    wait_for_text(held_linker / "second.txt", "waiting for another install")
    (held_linker / "hold").unlink()
    assert (first.wait(DEADLINE_S), second.wait(DEADLINE_S)) == (0, 0)
    assert len((held_linker / "links").read_text().split()) == 1
    assert "already installed" in (held_linker / "second.txt").read_text()


def test_interrupted_build_leaves_nothing(
    held_linker: Path,
    other_install: Callable[[str], subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SIGTERM ends the Go processes, leaves no half binary, and the next install succeeds."""
    process = other_install("said.txt")
    wait_for_text(held_linker / "links", "\n")
    linker = int((held_linker / "links").read_text())
    process.terminate()
    assert process.wait(DEADLINE_S) == 128 + signal.SIGTERM
    assert until(lambda: not psutil.pid_exists(linker), within_s=2).met
    assert traces_in_cache(held_linker) == []
    monkeypatch.delenv("GOFLAGS")
    install_quietly()
    assert find_binary("greeter").is_file()


def test_leftovers_of_a_killed_build_are_removed(servers: Path) -> None:
    """What a killed install left beside the cache goes with the next build."""
    left = servers / "cache" / "native" / ".hello-work-killed" / "binaries"
    left.mkdir(parents=True)
    install_quietly()
    build = load_catalogue().by_name["hello"]
    assert traces_in_cache(servers) == [server_folder(build).name]


def test_broken_module_shows_its_log(servers: Path) -> None:
    """A build that fails shows the compiler's last lines and where the whole log is."""
    (servers / "hello" / "main.go").write_text("package main\n\nfunc main() { nonsense() }\n")
    with pytest.raises(UsageError) as caught:
        install_quietly()
    assert "undefined: nonsense" in caught.value.message
    assert str(servers / "cache" / "logs" / "hello.log") in caught.value.message
    assert traces_in_cache(servers) == []


def test_go_missing(servers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Go on PATH the version that is needed and the way to get it are told."""
    monkeypatch.setenv("PATH", str(servers))
    with pytest.raises(UsageError, match=r"Go 1\.21 or later, and there is no `go`") as caught:
        install_quietly()
    assert caught.value.hint is not None
    assert "https://go.dev/doc/install" in caught.value.hint


def test_go_too_old(servers: Path) -> None:
    """A Go older than the go.mod asks for is told before anything is built."""
    (servers / "hello" / "go.mod").write_text("module example.test/hello\n\ngo 1.999.0\n")
    with pytest.raises(UsageError, match=r"need Go 1\.999\.0 or later, but .* is go1\."):
        install_quietly()


def test_cache_cannot_be_written(servers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that cannot be written names the variable that moves it."""
    monkeypatch.setenv("SMOKESTACK_CACHE", str(servers / "servers.yaml" / "cache"))
    with pytest.raises(UsageError, match="cannot be written") as caught:
        install_quietly()
    assert "SMOKESTACK_CACHE" in str(caught.value)


def test_full_disk_is_named(servers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When Go finds no room, the error says so instead of leaving it to the log."""
    script = servers / "full.sh"
    script.write_text(
        '#!/bin/sh\ncase "$*" in *-V=full*) exec "$@";; '
        "*) echo 'write x: no space left on device' >&2; exit 1;; esac\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("GOFLAGS", f"-toolexec={script}")
    (servers / "hello" / "main.go").write_text(MAIN_GO + f"\n// {os.getpid()} {servers}\n")
    with pytest.raises(UsageError, match="the disk is full"):
        install_quietly()


def test_unknown_server_is_guessed(servers: Path) -> None:
    """A server that does not exist is answered with the nearest that does."""
    with pytest.raises(UsageError) as caught:
        missing(["helo"])
    assert "did you mean hello?" in str(caught.value)


def test_broken_catalogue_names_the_key(servers: Path) -> None:
    """An unknown key in servers.yaml is named with the file."""
    (servers / "servers.yaml").write_text("servers: {hello: {fodler: hello}}\n")
    with pytest.raises(ConfigError, match=r"servers\.yaml.*hello"):
        load_catalogue()


def test_cache_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a cache of our own named, the user's XDG cache folder is used."""
    monkeypatch.delenv("SMOKESTACK_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_root() == tmp_path / "smokestack"


def test_shipped_modules_are_pinned() -> None:
    """Each server that we ship has its go.mod and go.sum, and they name no registry."""
    for build in load_catalogue(SERVERS_YAML).by_name.values():
        go_mod = (build.module / "go.mod").read_text()
        assert (build.module / "go.sum").stat().st_size > 0
        assert "://" not in go_mod
        for package in build.packages:
            assert package in go_mod or (build.module / "main.go").is_file()


def test_plain_lines_tell_how_far(servers: Path) -> None:
    """Off a terminal, each change of a server's state is one line."""
    console = Console(file=io.StringIO(), width=200)
    board = Board(load_catalogue().select(None))
    with display_for(board, console) as display:
        board.fetched("hello", packages=4, stale=2)
        board.phase("hello", Phase.COMPILING)
        display.look()
        board.compiled("hello")
        assert board.states()[0].share == pytest.approx(0.45)
        board.phase("hello", Phase.DONE)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert lines == ["hello: compiling (2 packages)", "hello: installed after 0 s"]


def test_bars_on_a_terminal(servers: Path) -> None:
    """On a terminal the bars name the server, its packages and what is left."""
    console = Console(file=io.StringIO(), width=200, force_terminal=True)
    board = Board(load_catalogue().select(None))
    with display_for(board, console) as display:
        board.fetched("hello", packages=4, stale=4)
        board.phase("hello", Phase.COMPILING)
        board.compiled("hello")
        display.look()
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "1/4 packages" in shown
    assert "left" in shown


@pytest.mark.parametrize(
    ("seconds", "said"), [(4.2, "4 s"), (59.9, "1 min"), (60.4, "1 min"), (200, "3 min 20 s")]
)
def test_span(seconds: float, said: str) -> None:
    """Durations are told as people say them."""
    assert span(seconds) == said
