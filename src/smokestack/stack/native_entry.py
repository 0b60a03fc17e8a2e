"""What a server is given natively in place of what only containers have: files with its secrets,
and, where a script starts it as the entrypoint of its image does, what that script needs to know.

LISTEN_<NAME> is the address of each listener, SECRETS the folder with the server's secrets, DATA
that of its volume.
"""

from __future__ import annotations

from pathlib import Path

from smokestack.stack.compose_file import Service
from smokestack.stack.native_layout import SECRETS, NativeLayout

_FOLDER, _FILE = 0o700, 0o600
"""Nobody else may read them."""


def write_secrets(service: Service, layout: NativeLayout) -> None:
    """Make the files with its secrets."""
    for name, content in service.secrets.items():
        file = Path(layout.paths(service)[SECRETS]) / name
        file.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER)
        file.touch(mode=_FILE)
        file.write_text(content, encoding="utf-8")


def variables(service: Service, layout: NativeLayout) -> dict[str, str]:
    """What the script that starts a service is told; nothing where there is none."""
    if service.entrypoint is None:
        return {}
    told = {
        f"LISTEN_{name.upper().replace('-', '_')}": layout.address(service.name, port)
        for name, port in service.extension.listen.items()
    }
    if service.secrets:
        told["SECRETS"] = layout.paths(service)[SECRETS]
    volumes = [mount.target for mount in service.mounts if mount.is_volume]
    if volumes:
        told["DATA"] = str(layout.place(service, volumes[0]))
    return told
