"""A server that answers anything at once: so that a benchmark of the client is one.

Prints its port and serves until its standard input closes.
"""

from __future__ import annotations

import asyncio
import re
import sys

ANSWER = b"HTTP/1.1 %d X\r\nContent-Length: 2\r\nX-Correlation-ID: %s\r\n\r\n{}"
CORRELATION = re.compile(rb"x-correlation-id: ([^\r]*)", re.IGNORECASE)
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Tiny(asyncio.Protocol):
    """One connection. Reads just enough HTTP/1.1 for one well-known client."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom to answer."""
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101
        self.transport = transport
        self.pending = b""

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self.pending += data
        while (end := self.pending.find(b"\r\n\r\n")) >= 0:
            head = self.pending[:end]
            length = LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self.pending) < whole:
                return
            self.pending = self.pending[whole:]
            self.transport.write(self.answer(head))

    def answer(self, head: bytes) -> bytes:
        """201 for a new order, 500 for the error route, 200 for the rest; the id comes back."""
        method, path, _ = head.split(b" ", 2)
        status = 500 if path.endswith(b"/error") else 201 if method == b"POST" else 200
        correlation = CORRELATION.search(head)
        return ANSWER % (status, correlation[1] if correlation else b"-")


async def serve() -> None:
    """Serve until the parent goes away."""
    server = await asyncio.get_running_loop().create_server(Tiny, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
