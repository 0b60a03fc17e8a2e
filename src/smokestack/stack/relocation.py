"""Moves addresses and paths of shipped configuration to this machine.

Only what is declared moves: `service:port` of a declared listener, the rendered server's own
listen addresses, and paths under a declared mount. A scalar moves as a whole, after it was parsed
as an address; text that merely mentions one stays as it is. Pure: nothing given is changed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from smokestack.stack.addresses import Address, parse_address

_NOT_ADDRESSES = frozenset(
    {
        "alert_relabel_configs",
        "annotations",
        "external_labels",
        "http_api_prefix",
        "http_prefix",
        "labels",
        "match",
        "match_re",
        "matchers",
        "metric_relabel_configs",
        "metrics_path",
        "params",
        "relabel_configs",
        "write_relabel_configs",
    }
)
"""Keys whose values are labels, patterns or paths of URLs, however much they look like ours."""
_ARGUMENT = re.compile(r"(--?[A-Za-z][\w.-]*=)(.*)", re.DOTALL)
_URL_PATH_FLAG = re.compile(r".*(route-prefix|http-prefix|(telemetry|metrics|base)-path)=")
_FILE_URL = re.compile(r"(file://|sqlite:///)(/.*)")
_LISTEN_PORT = "listen_port"
_PORT_VARIABLE = "_PORT"
_HOST_VARIABLES = ("_ADDR", "_HOST")


@dataclass(frozen=True)
class Relocation:
    """Where everything moves, from the point of view of the one server being rendered.

    `addresses`: (service, container port) -> "127.0.0.1:port". `paths`: container path ->
    path here. `listen`: the server's own container ports -> "127.0.0.1:port".
    """

    addresses: Mapping[tuple[str, int], str]
    paths: Mapping[str, str]
    listen: Mapping[int, str]

    def text(self, scalar: str) -> str:
        """An address, URL, path, `--flag=` of one, or comma list of them, moved.

        Anything else, and whatever is not declared, comes back as it is.
        """
        if argument := _ARGUMENT.fullmatch(scalar):
            flag, value = argument.groups()
            return scalar if _URL_PATH_FLAG.fullmatch(flag) else flag + self.text(value)
        parts = scalar.split(",")
        if len(parts) > 1 and all(re.fullmatch(r"\s*\S+\s*", part) for part in parts):
            return ",".join(part.replace(part.strip(), self._one(part.strip())) for part in parts)
        return self._one(scalar)

    def _one(self, scalar: str) -> str:
        if url := _FILE_URL.fullmatch(scalar):
            return url[1] + self._path(url[2])
        if scalar.startswith("/"):
            return self._path(scalar)
        address = parse_address(scalar)
        moved = self._moved(address) if address else None
        return address.at(moved) if address and moved else scalar

    def _path(self, path: str) -> str:
        """A path, or a pattern of paths, moved by the longest mount it lies under."""
        for mount in sorted(self.paths, key=len, reverse=True):
            inside = path.removeprefix(mount.rstrip("/"))
            if path.startswith(mount.rstrip("/")) and inside[:1] in ("", "/"):
                return (self.paths[mount].rstrip("/") + inside) or "/"
        return path

    def _moved(self, address: Address) -> str | None:
        """Where a declared listener is now."""
        if address.port is None:
            return None
        if address.is_own:
            return self.listen.get(address.port)
        return self.addresses.get((address.host, address.port))

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """A service's environment moved: each value, and an address that stands in two variables
        (`…_ADDR` or `…_HOST` beside `…_PORT`). A port alone is a number, and stays.
        """
        moved = {name: self.text(value) for name, value in variables.items()}
        for host, port in _split_variables(variables):
            address = parse_address(f"{variables[host]}:{variables[port]}")
            if place := address and self._moved(address):
                moved[host], _, moved[port] = place.rpartition(":")
        return moved

    def document(self, data: Any) -> Any:
        """A copy of `data` with every value moved that is an address or a path; keys stay."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, list):
            return [self.document(entry) for entry in data]
        if not isinstance(data, Mapping):
            return data
        moved = {
            key: value if key in _NOT_ADDRESSES else self.document(value)
            for key, value in data.items()
        }
        return moved | self._split_listeners(data) | self._host_and_port(data)

    def _split_listeners(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """`http_listen_port: 3100` and the like, with the address beside it."""
        moved: dict[str, Any] = {}
        for key in _listen_ports(data):
            address = self.listen.get(_number(data[key]) or 0)
            if address:
                host, _, port = address.rpartition(":")
                moved[key.removesuffix("port") + "address"] = host
                moved[key] = type(data[key])(port)
        return moved

    def _host_and_port(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """`host: 0.0.0.0` beside `port: 8888`."""
        address = _sibling_address(data)
        moved = self._moved(address) if address else None
        if not moved:
            return {}
        host, _, port = moved.rpartition(":")
        return {"host": host, "port": type(data["port"])(port)}

    def prometheus(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """A Prometheus configuration moved; `instance` labels stay as they ship.

        A moved scrape target gets a static configuration of its own, with its shipped address as
        the `instance` label.
        """
        moved: dict[str, Any] = self.document(data)
        shipped = data.get("scrape_configs") or []
        for job, new in zip(shipped, moved.get("scrape_configs") or [], strict=True):
            if job.get("static_configs"):
                new["static_configs"] = [
                    one for group in job["static_configs"] for one in self._targets(group)
                ]
        for manager, new in zip(_alertmanagers(data), _alertmanagers(moved), strict=True):
            if "path_prefix" in manager:  # of a URL here; a folder in Loki's configuration
                new["path_prefix"] = manager["path_prefix"]
        return moved

    def _targets(self, group: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for target in group.get("targets") or []:
            moved, labels = self.text(target), dict(group.get("labels") or {})
            if moved != target:
                labels.setdefault("instance", target)
            yield {**group, "targets": [moved], **({"labels": labels} if labels else {})}

    def unrelocated(self, data: Any, services: Collection[str]) -> list[str]:
        """What still names a listener after moving: nobody declared it, so nothing is there.

        That is an address at one of `services`, or one of the server's own that is not among
        the ports it was given.
        """
        taken = set(self.addresses.values()) | set(self.listen.values())
        found = (
            address.text
            for address in _addresses(data)
            if address.host in services or (address.is_own and address.endpoint not in taken)
        )
        return list(dict.fromkeys(found))


def _alertmanagers(config: Mapping[str, Any]) -> list[Any]:
    return (config.get("alerting") or {}).get("alertmanagers") or []


def _addresses(data: Any) -> Iterator[Address]:
    """Every address in a document, split ones included."""
    if isinstance(data, str):
        value = _ARGUMENT.sub(r"\2", data)
        yield from filter(None, (parse_address(part.strip()) for part in value.split(",")))
    elif isinstance(data, list):
        for entry in data:
            yield from _addresses(entry)
    elif isinstance(data, Mapping):
        for key in _listen_ports(data):
            host = data.get(key.removesuffix("port") + "address") or "0.0.0.0"  # noqa: S104, read
            yield from filter(None, [parse_address(f"{host}:{data[key]}")])
        yield from filter(None, [_sibling_address(data)])
        for key, value in data.items():
            yield from () if key in _NOT_ADDRESSES else _addresses(value)


def _split_variables(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The names of each address in two variables: of its host, and of its port."""
    for port in (name for name in variables if name.endswith(_PORT_VARIABLE)):
        stem = port.removesuffix(_PORT_VARIABLE)
        yield from ((stem + end, port) for end in _HOST_VARIABLES if stem + end in variables)


def _listen_ports(data: Mapping[str, Any]) -> list[str]:
    return [key for key in data if str(key).endswith(_LISTEN_PORT) and _number(data[key])]


def _sibling_address(data: Mapping[str, Any]) -> Address | None:
    port = _number(data.get("port"))
    return parse_address(f"{data['host']}:{port}") if port and "host" in data else None


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdigit() else None
