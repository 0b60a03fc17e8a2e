"""Debian's nginx and HAProxy as gateways of somebody else's stack: TLS, certificates of both
sides, tokens, passwords, a prefix for each server, and whatever such a gateway answers instead.

nginx answers 400 to who has no good certificate, HAProxy ends the handshake. Only HAProxy can make
a date: one from now, and one that is off.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from smokestack.stack.ports import Ports
from smokestack.wait import until

PROGRAMS = ("nginx", "haproxy", "openssl")
TOKEN = "a-t0ken-of-the-test"  # noqa: S105 - known to these tests alone
USER, PASSWORD = "reader", "a-passw0rd-of-the-test"
ROLES = {
    "prometheus": "prometheus", "loki": "loki", "alertmanager": "alertmanager", "traces": "jaeger",
    "traces-metrics": "jaeger-admin", "otel-collector": "collector", "gateway": "gateway",
}  # fmt: skip
"""A role of a stack -> its prefix at the gateway."""

HUGE = 3 * 1024**2
"""Bytes of the answer that is too long."""

NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.err;
events {{ worker_connections 256; }}
http {{
  map $request_uri $asked {{ ~^(?<path>[^?]*) $path; }}
  log_format calls '$request_method $asked $status';
  access_log {folder}/nginx.calls calls;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  default_type application/json;
  client_max_body_size 4m; proxy_read_timeout 30s;
  ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;
  map $http_authorization $stranger {{ default 1; "Bearer {token}" 0; }}
  server {{
    listen 127.0.0.1:{tls} ssl;
    location /prometheus/ {{ if ($stranger) {{ return 401; }} proxy_pass {prometheus}/; }}
    location /loki/ {{
      auth_basic staging; auth_basic_user_file {folder}/users; proxy_pass {loki}/;
    }}
    location /collector/ {{ proxy_pass {collector}/; }}
    location /gateway/ {{ proxy_pass {gateway}/; }}
    # Tempo cannot be had here: two of its answers, as its API's documentation shows them.
    location = /tempo/api/status/buildinfo {{ return 200 '{{"version": "2.9.0"}}'; }}
    location = /tempo/api/search {{
      return 200 '{{"traces": [{{"traceID": "2f3e0cee77ae5dc9c17ade3689eb2e54"}}]}}';
    }}
    # What may go wrong: each prefix is one thing.
    location /no-right/ {{ return 403; }}
    location /down/ {{ proxy_pass http://127.0.0.1:{nobody}/; }}
    location /cut/ {{ proxy_pass http://127.0.0.1:{cutting}/; }}
    location /page/ {{ default_type text/html; return 200 "<html>Please log in</html>"; }}
    location /huge/ {{ root {folder}; rewrite ^ /huge.json break; }}
    location /busy/ {{ add_header Retry-After 0 always; return 429; }}
    location /elsewhere/ {{ return 302 https://login.example.com/?from=staging; }}
    location ~ ^/old/.*/status/ {{ default_type text/plain; return 404 "404 page not found\\n"; }}
    location /old/ {{ proxy_pass {prometheus}/; }}
  }}
  server {{
    listen 127.0.0.1:{mutual} ssl;
    ssl_client_certificate {folder}/ca.pem; ssl_verify_client on;
    location /alertmanager/ {{ proxy_pass {alertmanager}/; }}
    location /jaeger/ {{ if ($stranger) {{ return 401; }} proxy_pass {jaeger}/; }}
    location /jaeger-admin/ {{ proxy_pass {jaeger-admin}/; }}
  }}
}}
"""

HAPROXY = """\
global
  log stdout format raw local0
defaults
  mode http
  log global
  log-format "%HM %HP %ST"
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend strict
  bind 127.0.0.1:{strict} ssl crt {folder}/both.pem ca-file {folder}/ca.pem verify required
  default_backend loki
frontend shifted
  bind 127.0.0.1:{shifted}
  http-after-response set-header Date "%[date(600),http_date]"
  http-request return status 429 hdr Retry-After "%[date(601),http_date]" if {{ path_beg /busy/ }}
  use_backend alertmanager if {{ path_beg /alertmanager/ }}
  default_backend loki
backend loki
  http-request replace-path /loki(/.*) \\1
  server loki {loki_at}
backend alertmanager
  http-request replace-path /alertmanager(/.*) \\1
  server alertmanager {alertmanager_at}
"""


@dataclass(frozen=True)
class Proxies:
    """Where they answer, and the folder with certificates and what they were asked."""

    folder: Path
    tls: str
    mutual: str
    strict: str
    shifted: str
    nobody: str

    def file(self, name: str) -> Path:
        """A certificate or key."""
        return self.folder / name

    def asked(self, proxy: str = "nginx") -> list[tuple[str, str, int]]:
        """Method, path with its prefix, and status of each call so far."""
        lines = self.file(f"{proxy}.calls").read_text(encoding="utf-8").splitlines()
        calls = [line.split() for line in lines if line.split()[-1].isdigit()]
        return [(method, path, int(status)) for method, path, status in calls]

    def calls_since(self, seen: int, expected: int) -> Counter[tuple[str, str, int]]:
        """What nginx was asked after the first `seen` calls. It writes a call down a moment after
        its answer, so `expected` of them are waited for.
        """
        until(lambda: len(self.asked()) >= seen + expected, within_s=2.0)
        return Counter(self.asked()[seen:])


def require() -> None:
    """Skip where one is missing; never in CI."""
    if (why := lacking()) and os.environ.get("CI") != "true":
        pytest.skip(f"not on PATH: {', '.join(why)}; Debian's nginx-light and haproxy have them")


def lacking() -> list[str]:
    """The programs that are not there. Debian keeps them where only root looks."""
    return [name for name in PROGRAMS if not _program(name)]


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def before(servers: Mapping[str, str], folder: Path) -> Iterator[Proxies]:
    """Both proxies before the servers of a stack, role -> address; who is not there is not
    answered for.
    """
    require()
    certificates(folder)
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    (folder / "huge.json").write_text("[" + "0," * (HUGE // 2) + "0]")
    ports = Ports()
    names = ("tls", "mutual", "strict", "shifted", "nobody", "cutting")
    at = {name: ports.take() for name in names}
    behind = {prefix: servers.get(role, f"http://127.0.0.1:{at['nobody']}")
              for role, prefix in ROLES.items()}  # fmt: skip
    known = {**at, **behind, "folder": folder, "token": TOKEN}
    hosts = {f"{name}_at": urlsplit(url).netloc for name, url in behind.items()}
    (folder / "nginx.conf").write_text(NGINX.format(**known))
    (folder / "haproxy.cfg").write_text(HAPROXY.format(**known, **hosts))
    try:
        with _cutting(at["cutting"]), _running(folder, at):
            secure = {name: f"https://127.0.0.1:{at[name]}" for name in names}
            yield Proxies(
                folder, secure["tls"], secure["mutual"], secure["strict"],
                *(f"http://127.0.0.1:{at[name]}" for name in ("shifted", "nobody")),
            )  # fmt: skip
    finally:
        ports.release()


@contextmanager
def _running(folder: Path, at: Mapping[str, int]) -> Iterator[None]:
    commands: dict[str, list[str | Path]] = {
        "nginx": ["-p", folder, "-e", folder / "nginx.err", "-c", folder / "nginx.conf"],
        "haproxy": ["-db", "-f", folder / "haproxy.cfg"],
    }
    running = []
    try:
        for name, arguments in commands.items():
            said = (folder / f"{name}.calls").open("ab")
            command = [_program(name) or name, *arguments]
            running.append(subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT))
            said.close()
        ports = [at[name] for name in ("tls", "mutual", "strict", "shifted")]
        assert until(lambda: all(map(_listens, ports)), within_s=10).met, said_by(folder)
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def said_by(folder: Path) -> str:
    """What went wrong, in their words."""
    files = [folder / name for name in ("nginx.err", "nginx.calls", "haproxy.calls")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files if file.exists())


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _cutting(port: int) -> Iterator[None]:
    """A server that dies in the middle of each answer."""
    listening = socket.create_server(("127.0.0.1", port))

    def answer() -> None:
        while True:
            try:
                one, _ = listening.accept()
            except OSError:  # closed: the test is over
                return
            with one:
                one.recv(65536)
                one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b'{"status": ')

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def certificates(folder: Path) -> None:
    """An authority, a server's certificate of it, a client's and one that has expired; and another
    authority that nobody knows.
    """
    for name in ("ca", "stranger"):
        _openssl(folder, "req", "-x509", *_new(name), "-days", "1", "-out", f"{name}.pem")
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
    for name, days in (("server", "1"), ("client", "1"), ("expired", "-1")):
        _openssl(folder, "req", *_new(name), "-out", f"{name}.csr")
        _openssl(
            folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-days", days, "-extfile", "san", "-out", f"{name}.pem",
        )  # fmt: skip
    both = [(folder / name).read_text() for name in ("server.pem", "server.key")]
    (folder / "both.pem").write_text("".join(both))


def _new(name: str) -> tuple[str, ...]:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    return (*curve, "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(" ".join(lacking()) or 0)
