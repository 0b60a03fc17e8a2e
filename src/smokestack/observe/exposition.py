"""A server's own /metrics, read without Prometheus in between: what the hop counters say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from smokestack.observe.edge import Edge

TEXT = {"Accept": "text/plain;version=0.0.4"}


@dataclass(frozen=True)
class Exposition:
    """The samples of one answer, by name."""

    samples: dict[str, tuple[Sample, ...]]

    def value(self, name: str, **labels: str) -> float | None:
        """The sum over the series of this name that carry `labels`; None where there is none.

        A counter with labels has no series before it first counts: whether None is 0 then, only
        the caller can say.
        """
        found = list(self._matching(name, labels))
        return sum(sample.value for sample in found) if found else None

    def by(self, name: str, label: str) -> dict[str, float]:
        """The sums of a metric by the values of one label."""
        sums: dict[str, float] = {}
        for sample in self.samples.get(name, ()):
            key = sample.labels.get(label, "")
            sums[key] = sums.get(key, 0.0) + sample.value
        return sums

    def label(self, name: str, label: str) -> str | None:
        """The label of the first series of this name, such as the version of a build_info."""
        found = self.samples.get(name)
        return found[0].labels.get(label) if found else None

    def names(self) -> frozenset[str]:
        """The names of all samples, `_total`, `_bucket`, `_sum` and `_count` included."""
        return frozenset(self.samples)

    def _matching(self, name: str, labels: dict[str, str]) -> Iterator[Sample]:
        for sample in self.samples.get(name, ()):
            if labels.items() <= sample.labels.items():
                yield sample


def read_metrics(edge: Edge, path: str = "/metrics", only: tuple[str, ...] = ()) -> Exposition:
    """Read and parse one text exposition, or of a long one `only` the metrics whose names begin
    like these: parsing is what costs. Raises Unreachable or BadResponse.
    """
    text = edge.get_text(path, headers=TEXT)
    if only:
        text = "\n".join(line for line in text.splitlines() if line.startswith(only))
    return edge.decoded(path, text, parsed)


def parsed(text: str) -> Exposition:
    """Parse the text format. Raises ValueError where it is none.

    Comments are left out first: told that `x` is a counter, the parser would rename it `x_total`,
    while Prometheus stores it under the name that the server shows.
    """
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    samples: dict[str, list[Sample]] = {}
    for family in text_string_to_metric_families(f"{bare}\n"):
        for sample in family.samples:
            samples.setdefault(sample.name, []).append(sample)
    return Exposition({name: tuple(found) for name, found in samples.items()})
