"""Which stand-in is made for which repository of compose.yaml, and which images cannot be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.docker import debian_images, native_images
from tests.docker.asked import Asked
from tests.docker.python_image import python
from tests.docker.recipes import CannotBeHad, Recipe

_NATIVE: Mapping[str, Callable[[], Recipe]] = {
    "prom/prometheus": native_images.prometheus,
    "prom/alertmanager": native_images.alertmanager,
    "prom/node-exporter": native_images.node_exporter,
    "grafana/loki": native_images.loki,
    "otel/opentelemetry-collector-contrib": native_images.collector,
    "jaegertracing/all-in-one": native_images.jaeger,
}
_TAGGED: Mapping[str, Callable[[str], Recipe]] = {
    "python": python,
    "postgres": debian_images.postgres,
    "redis": debian_images.redis,
    "rabbitmq": debian_images.rabbitmq,
    "prometheuscommunity/postgres-exporter": debian_images.postgres_exporter,
    "oliver006/redis_exporter": debian_images.redis_exporter,
}


def can_be_had(asked: Asked) -> bool:
    """Whether there is a stand-in for an image, or a Dockerfile of our own."""
    return bool(asked.context) or asked.repository in {*_NATIVE, *_TAGGED}


def recipe_for(asked: Asked) -> Recipe:
    """What the stand-in for an image is made of.

    Raises:
        CannotBeHad: when there is nothing that it could be made of.
        MissingBinary: when the native servers are not installed yet.
    """
    if native := _NATIVE.get(asked.repository):
        return native()
    if tagged := _TAGGED.get(asked.repository):
        return tagged(asked.tag)
    raise CannotBeHad(
        f"{asked.repository} is neither among the native servers nor a Debian package"
    )
