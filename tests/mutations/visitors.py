"""Everyday visitors of a service, as a process of their own: `visitors.py <url>`, until its end.

Nothing of it is ours to the stack: no marks, no ledger. Who is refused comes again.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time

import httpx

VISITORS = 12
EACH_S = 0.1
"""Seconds between two requests of one of them: 120 a second in all."""

WHERE = ("ping", "check", "ready", "orders?limit=5", "ping", "dbStats", "orders/1")
FAILS_EACH = 80
"""Each of these times that the first visitor comes, it asks for what always fails."""


def visit(url: str, which: int) -> None:
    """Come again and again."""
    with httpx.Client(base_url=f"{url}/api/v1/", trust_env=False, timeout=5) as client:
        due = time.monotonic() + which * EACH_S / VISITORS
        for number in itertools.count(which):
            threading.Event().wait(max(0.0, due - time.monotonic()))
            due = max(due + EACH_S, time.monotonic() - EACH_S)
            try:
                if which == 0 and number % FAILS_EACH == 0:
                    client.post("test/error")
                elif number % len(WHERE) == 0:
                    client.post("orders", json={"customer": "c", "item": "i", "quantity": 1})
                client.get(WHERE[number % len(WHERE)])
            except httpx.HTTPError:
                continue


if __name__ == "__main__":
    for which in range(VISITORS):
        threading.Thread(target=visit, args=(sys.argv[1], which), daemon=True).start()
    threading.Event().wait()
