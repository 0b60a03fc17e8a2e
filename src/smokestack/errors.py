"""Every exception that smokestack raises, and nothing else.

    SmokestackError            message, and a hint: what to do next
    ├── UsageError             the command, its files or this machine must change first
    │   ├── ConfigError        a YAML file says something that cannot be; names file and line
    │   └── MissingBinary      a server that the native backend needs is not installed
    ├── StackError             the stack under test did not come up or went away
    │   ├── ServerExited       a server ended on its own
    │   │   └── PortTaken      … since its port was taken between choosing and listening
    │   └── NotReady           a server runs but did not become ready in time
    ├── LoadError              a scenario could not be run or its ledger is not whole
    ├── NotPermitted           a question to somebody else's stack that was not sent
    └── ObservationError       a server could not tell us; a check becomes `unmeasured`
        ├── Unreachable        no connection, or none in time
        │   └── NotTrusted     one side does not take the other's certificate
        └── BadResponse        an answer, but not one that can be read as what was asked
            ├── NoAccess       the server, or what stands before it, does not let us ask
            ├── NotOffered     a server of its make has no such API; a check becomes `skipped`
            └── Refused        the server says that the question itself is wrong

Foreign exceptions are mapped at one edge each: HTTP in observe/edge.py, YAML in
yaml_file.py, processes in stack/supervised.py.
"""

from __future__ import annotations

from pathlib import Path


class SmokestackError(Exception):
    """The root. `message` says what was expected and seen, `hint` what to do next, `server` which
    server of the stack it is about, if it is about one.
    """

    def __init__(self, message: str, *, hint: str | None = None, server: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.server = server

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.hint}" if self.hint else self.message


class UsageError(SmokestackError):
    """The command line, a file or the machine must change before anything can run."""


class ConfigError(UsageError):
    """A configuration file is wrong. `file` and `line` (1-based) say where."""

    def __init__(
        self, message: str, *, file: Path, line: int | None = None, hint: str | None = None
    ) -> None:
        where = f"{file}:{line}" if line else str(file)
        super().__init__(f"{where}: {message}", hint=hint)
        self.file = file
        self.line = line


class MissingBinary(UsageError):
    """A server binary is not on this machine."""


class StackError(SmokestackError):
    """The stack under test did not come up, or went away."""


class ServerExited(StackError):
    """A server of the stack ended on its own."""


class PortTaken(ServerExited):
    """A server ended because somebody else listens on a port that was chosen for it."""


class NotReady(StackError):
    """A server of the stack runs, but did not become ready in time."""


class LoadError(SmokestackError):
    """A scenario could not be run, or its ledger is not whole."""


class NotPermitted(SmokestackError):
    """A question to a stack that somebody else runs would not only read, or asks for too much, or
    a load is more than was allowed: it was not sent.
    """


class ObservationError(SmokestackError):
    """A server could not be asked, or not understood: the verdict is `unmeasured`."""


class Unreachable(ObservationError):
    """No connection to the server, or no answer in time."""


class NotTrusted(Unreachable):
    """One side does not take the other's certificate. Waiting does not change it."""


class BadResponse(ObservationError):
    """The server answered, but not with what was asked for; `status` is the answer's, where that
    is why.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        server: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint, server=server)
        self.status = status


class NoAccess(BadResponse):
    """The server, or a gateway before it, does not let us ask: 401, 403 or 407. Waiting does not
    change it.
    """


class NotOffered(BadResponse):
    """What was asked for is no part of the API of such a server. Waiting does not change it."""


class Refused(BadResponse):
    """The server says that it does not understand the question, in its own words: `said`."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message)
        self.said = said
