"""The example queries of a system's documents, and what each must return."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

import promql_parser
import pydantic

from smokestack.matchers import parse
from smokestack.system.units import Section


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no pattern: {error}") from error
    return text


class Requests(Section):
    """Which requests of the ledger a query must count; without any key all of them. `load` is one
    scenario of the ordinary traffic; `status` a pattern such as `5..`. `event` is the kind of line
    that tells of them, where that is not the access event.
    """

    load: str | None = None
    service: str | None = None
    method: str | None = None
    route: str | None = None
    status: Annotated[
        str,
        pydantic.BeforeValidator(str),
        pydantic.AfterValidator(_pattern),
        pydantic.WithJsonSchema({"type": ["string", "integer"]}),
    ] = "..."
    event: str | None = None

    def has(self, service: str, method: str, route: str, status: str) -> bool:
        """Whether an answered request is one of them."""
        asked = ((self.service, service), (self.method, method), (self.route, route))
        told = all(wanted in (None, seen) for wanted, seen in asked)
        return told and re.fullmatch(self.status, status) is not None


class Query(Section):
    """A query that readers of a document will copy. It must return some data after the traffic, or
    what one of the other keys says.

    `requests`: what it counts, exactly. Of Prometheus, how much its value has grown with the
    traffic; of Loki, the access events among the lines that it returns. `at_least` and `at_most`
    bound every value that it has at the end. `empty` is why it may return nothing.

    `only_with` is the optional server that it asks about: without that, it is not asked.
    """

    name: Annotated[str, pydantic.Field(min_length=1)]
    server: Literal["prometheus", "loki"]
    query: str
    only_with: str | None = None
    requests: Requests | None = None
    at_least: float | None = None
    at_most: float | None = None
    empty: Annotated[str, pydantic.Field(min_length=1)] | None = None

    @pydantic.field_validator("query")
    @classmethod
    def _is_sound(cls, text: str, info: pydantic.ValidationInfo) -> str:
        """PromQL is parsed here, before anything is started. LogQL only Loki can read."""
        if not text.strip():
            raise ValueError("a query is asked for")
        if info.data.get("server") == "prometheus":
            parse(text)
        return text

    @pydantic.model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if sum((self.requests is not None, self.bounded, self.empty is not None)) > 1:
            raise ValueError("`requests`, bounds and `empty` exclude each other: keep one of them")
        if self.requests and self.server == "prometheus":
            if self.requests.load or self.requests.event:
                raise ValueError("`load` and `event` are for Loki: a counter has all in one")
            if _has_a_range(self.query):
                raise ValueError("`requests` counts, and a range vector makes an estimate of that")
        return self

    @property
    def bounded(self) -> bool:
        """Whether its values must lie within bounds."""
        return self.at_least is not None or self.at_most is not None


def _has_a_range(text: str) -> bool:
    found: list[bool] = []

    def visit(node: object) -> None:
        found.append(isinstance(node, promql_parser.MatrixSelector | promql_parser.SubqueryExpr))

    promql_parser.walk(parse(text), pre_visit=visit)
    return any(found)
