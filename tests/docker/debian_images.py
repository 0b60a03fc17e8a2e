"""Stand-ins made of Debian's packages, for servers that have no Go module.

Imitated are the Debian variants of docker-library/postgres, docker-library/redis and
docker-library/rabbitmq, prometheus-community/postgres_exporter `Dockerfile` and
oliver006/redis_exporter `docker/Dockerfile`. The servers have Debian's version, whatever the tag
says: a stand-in shows that the stack is wired, not how that release behaves.
"""

from __future__ import annotations

from pathlib import Path

from tests.docker.contents import EVERYONE, Entry, folder, linked, written
from tests.docker.debian import Tree
from tests.docker.recipes import Recipe, run

ENTRYPOINTS = Path(__file__).parent / "entrypoints"
USER = 999
"""The number of the user postgres, redis or rabbitmq in the official images, and of its group …"""
ALPINE_POSTGRES = 70
ALPINE_REDIS_GROUP = 1000
"""… but for these two of the images on Alpine."""

_POSTGRES = "15"
_POSTGRES_TREE = Tree(
    ("gosu", f"postgresql-{_POSTGRES}"),
    # The cluster that Debian makes at once, and the just-in-time compiler: half of the size.
    (f"./etc/postgresql/{_POSTGRES}", f"./var/lib/postgresql/{_POSTGRES}", "./usr/lib/*/libLLVM*",
     f"./usr/lib/postgresql/{_POSTGRES}/lib/llvmjit*", "*/lib/bitcode"),
)  # fmt: skip
_REDIS_TREE = Tree(("gosu", "redis-server"))
_RABBITMQ_TREE = Tree(("gosu", "rabbitmq-server"), ("./var/lib/rabbitmq/.erlang.cookie",))
_EXPORTERS_TREE = Tree(
    ("busybox-static", "ca-certificates",
     "prometheus-postgres-exporter", "prometheus-redis-exporter")
)  # fmt: skip
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def postgres(tag: str) -> Recipe:
    """Since release 18 the official image keeps its data one folder higher, by release."""
    major = tag.partition(".")[0].partition("-")[0]
    after_18 = major.isdigit() and int(major) >= 18
    data = f"/var/lib/postgresql/{major}/docker" if after_18 else "/var/lib/postgresql/data"
    volume = "/var/lib/postgresql" if after_18 else data
    user = ALPINE_POSTGRES if "alpine" in tag else USER
    sample = f"/usr/share/postgresql/{_POSTGRES}/postgresql.conf.sample"
    return Recipe(
        f"Debian's postgresql-{_POSTGRES}",
        (_entrypoint("postgres"), folder("/docker-entrypoint-initdb.d")),
        (
            f"ENV PATH={_PATH}:/usr/lib/postgresql/{_POSTGRES}/bin PGDATA={data} LANG=C.UTF-8",
            run(
                *_with_numbers("postgres", user, user),
                f"mkdir -p /var/run/postgresql {data}",
                "chown -R postgres:postgres /var/lib/postgresql /var/run/postgresql",
                "chmod 3777 /var/run/postgresql",
                f"chmod 1777 /var/lib/postgresql {data}",
                f"""sed -i "s/^#listen_addresses = .*/listen_addresses = '*'/" {sample}""",
            ),
            f'VOLUME ["{volume}"]',
            'ENTRYPOINT ["docker-entrypoint.sh"]',
            # A fast shutdown, which does not wait for clients to go.
            "STOPSIGNAL SIGINT",
            "EXPOSE 5432",
            'CMD ["postgres"]',
        ),
        _POSTGRES_TREE,
    )


def redis(tag: str) -> Recipe:
    """Any arguments of redis-server are taken; the data is in /data."""
    group = ALPINE_REDIS_GROUP if "alpine" in tag else USER
    return Recipe(
        "Debian's redis-server",
        (_entrypoint("redis"), folder("/data")),
        (
            f"ENV PATH={_PATH}",
            run(*_with_numbers("redis", USER, group), "chown redis:redis /data"),
            'VOLUME ["/data"]',
            "WORKDIR /data",
            'ENTRYPOINT ["docker-entrypoint.sh"]',
            "EXPOSE 6379",
            'CMD ["redis-server"]',
        ),
        _REDIS_TREE,
    )


def rabbitmq(tag: str) -> Recipe:
    """Always with the plugin for Prometheus; with the management if the tag says so."""
    management = "management" in tag
    plugins = "rabbitmq_management,rabbitmq_prometheus" if management else "rabbitmq_prometheus"
    console = "loopback_users.guest = false\nlog.console = true\n"
    return Recipe(
        f"Debian's rabbitmq-server with {plugins}",
        (
            _entrypoint("rabbitmq"),
            written("/etc/rabbitmq/enabled_plugins", f"[{plugins}].\n"),
            folder("/etc/rabbitmq/conf.d", mode=EVERYONE),
            written("/etc/rabbitmq/conf.d/10-defaults.conf", console),
            *(() if management else (_no_metrics_collector(),)),
            linked("/root/.erlang.cookie", "/var/lib/rabbitmq/.erlang.cookie"),
        ),
        (
            # Its own scripts before Debian's, which write the log to files.
            f"ENV PATH=/usr/lib/rabbitmq/bin:{_PATH} LANG=C.UTF-8 LC_ALL=C.UTF-8",
            "ENV HOME=/var/lib/rabbitmq RABBITMQ_DATA_DIR=/var/lib/rabbitmq",
            run(
                *_with_numbers("rabbitmq", USER, USER),
                "chown -R rabbitmq:rabbitmq /etc/rabbitmq /var/lib/rabbitmq /var/log/rabbitmq",
                "chmod 1777 /var/lib/rabbitmq /etc/rabbitmq /var/log/rabbitmq",
            ),
            'VOLUME ["/var/lib/rabbitmq"]',
            'ENTRYPOINT ["docker-entrypoint.sh"]',
            f"EXPOSE 4369 5671 5672 15691 15692 25672{' 15671 15672' if management else ''}",
            'CMD ["rabbitmq-server"]',
        ),
        _RABBITMQ_TREE,
    )


def postgres_exporter(_tag: str) -> Recipe:
    """On Prometheus' own Busybox image: wget and a shell, and the program in /bin."""
    return Recipe(
        "Debian's prometheus-postgres-exporter",
        (
            linked("/usr/bin/postgres_exporter", "prometheus-postgres-exporter"),
            linked("/usr/bin/wget", "busybox"),
        ),
        (
            f"ENV PATH={_PATH}",
            "EXPOSE 9187",
            "USER nobody",
            'ENTRYPOINT ["/bin/postgres_exporter"]',
        ),
        _EXPORTERS_TREE,
    )


def redis_exporter(_tag: str) -> Recipe:
    """On Alpine: wget and a shell. The one without `-alpine` in its tag has only the program."""
    return Recipe(
        "Debian's prometheus-redis-exporter",
        (
            linked("/redis_exporter", "/usr/bin/prometheus-redis-exporter"),
            linked("/usr/bin/wget", "busybox"),
        ),
        (
            f"ENV PATH={_PATH}",
            "USER 59000:59000",
            "EXPOSE 9121",
            'ENTRYPOINT ["/redis_exporter"]',
        ),
        _EXPORTERS_TREE,
    )


def _entrypoint(name: str) -> Entry:
    script = (ENTRYPOINTS / f"{name}.sh").read_text(encoding="utf-8")
    return written("/usr/local/bin/docker-entrypoint.sh", script, mode=0o755)


def _no_metrics_collector() -> Entry:
    return written(
        "/etc/rabbitmq/conf.d/20-management_agent.disable_metrics_collector.conf",
        "management_agent.disable_metrics_collector = true\n",
    )


def _with_numbers(user: str, number: int, group: int) -> tuple[str, str]:
    """Debian takes the next free numbers; volumes would then belong to somebody else."""
    return (f"groupmod --gid {group} {user}", f"usermod --uid {number} {user}")
