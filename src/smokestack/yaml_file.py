"""The one place that reads and writes YAML; foreign errors become ConfigError here.

`read` gives the plain data of a file together with the line of every key; `validate` holds it
against a pydantic model and reports all that is wrong at once, each as `file:line: key: …`;
`dump` writes data so that the servers read what was read here.

YAML 1.1 takes `yes`, `off`, `22:22` and `2024-01-01` for booleans, numbers and dates; the servers
(Go) take them for whatever the field is. So such plain words stay text, and are written back
plain, as they stood; quoted ones are written back quoted.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pydantic
import yaml

from smokestack import yaml_errors
from smokestack.errors import ConfigError

Loc = Sequence[str | int]
Model = TypeVar("Model", bound=pydantic.BaseModel)

_BOOLEANS = {"true", "True", "TRUE", "false", "False", "FALSE"}


class Plain(str):
    """An unquoted word that YAML 1.1 would not take for text."""

    __slots__ = ()


class _Loader(yaml.SafeLoader):
    """The safe loader, less the guesses of YAML 1.1."""


class _Dumper(yaml.SafeDumper):
    """The safe dumper, which writes each alias out: the data is a tree."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002, the signature is PyYAML's
        return True


def _construct_guess(loader: _Loader, node: yaml.ScalarNode) -> Any:
    """A boolean, number or date as YAML 1.1 sees it, kept as text if only YAML 1.1 does."""
    kind = node.tag.rpartition(":")[2]
    if (
        (kind == "bool" and node.value not in _BOOLEANS)
        or kind in {"timestamp", "value"}
        or (kind in {"int", "float"} and ":" in node.value)
    ):
        return Plain(node.value)
    return getattr(yaml.SafeLoader, f"construct_yaml_{kind}")(loader, node)


def _represent_plain(dumper: _Dumper, word: Plain) -> yaml.ScalarNode:
    tag = dumper.resolve(yaml.ScalarNode, str(word), (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, str(word))


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """Text of several lines as a block, so that a rendered rule can be read."""
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


for _kind in ("bool", "int", "float", "timestamp", "value"):  # value: a lone `=`
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _construct_guess)
_Dumper.add_representer(Plain, _represent_plain)
_Dumper.add_representer(str, _represent_text)


@dataclass(frozen=True)
class Document:
    """A YAML file: its plain data, and the lines, a tree that knows where each key stands."""

    path: Path
    data: Any
    lines: yaml.Node | None = field(default=None, repr=False, compare=False)

    def line(self, loc: Loc) -> int | None:
        """The 1-based line of the key path `loc`, or of as much of it as there is.

        Parts that are no keys (pydantic names the arms of a union) are passed over.
        """
        node, line = self.lines, None
        if node is not None:
            line = node.start_mark.line + 1
        for part in loc:
            found = _child(node, part)
            if found:
                line, node = found
        return line


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    """The line at which `part` of `node` begins, and its value."""
    if isinstance(node, yaml.SequenceNode):
        if isinstance(part, int) and part < len(node.value):
            return node.value[part].start_mark.line + 1, node.value[part]
        return None
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):  # keys merged in by `<<` come first
            if key.value == str(part):
                return key.start_mark.line + 1, value
    return None


def read(path: Path) -> Document:
    """The document in a file; ConfigError where there is none, or it is not sound YAML."""
    text = _text(path)
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is not None:
            _refuse_duplicates(path, root)
        data = loader.construct_document(root) if root is not None else None
    except (yaml.YAMLError, ValueError) as error:
        raise _syntax_error(path, text, error) from error
    return Document(path, data, root)


def parse(text: str) -> Any:
    """The data of YAML that a server answered with. Raises ValueError where it is none."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        near = difflib.get_close_matches(path.name, _names_beside(path), n=1)
        hint = f"did you mean {path.parent / near[0]}?" if near else "check the path"
        raise ConfigError("no such file", file=path, hint=hint) from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"not UTF-8: {error.reason}", file=path, line=line) from error


def _names_beside(path: Path) -> list[str]:
    return [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []


def _syntax_error(path: Path, text: str, error: yaml.YAMLError | ValueError) -> ConfigError:
    if isinstance(error, yaml.reader.ReaderError):
        line = text[: error.position].count("\n")
        why = f"{error.reason} (#x{error.character:02x})"
    elif isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line = mark.line if mark else 0
        why = ", ".join(part for part in (error.context, error.problem) if part)
    else:
        return ConfigError(f"not YAML: {error}", file=path)
    lines = text.splitlines()
    shown = lines[line].strip() if line < len(lines) else "end of the file"
    return ConfigError(f"not YAML: {why}, at: {shown}", file=path, line=line + 1)


def _refuse_duplicates(path: Path, root: yaml.Node) -> None:
    for mapping in _mappings(root, set()):
        first: dict[str, int] = {}
        for key, _ in mapping.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and key.value in first:
                message = f"key '{key.value}' stands twice, first in line {first[key.value]}"
                raise ConfigError(message, file=path, line=line, hint="remove or merge one")
            if isinstance(key, yaml.ScalarNode):
                first[key.value] = line


def _mappings(node: yaml.Node, seen: set[int]) -> Iterator[yaml.MappingNode]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield node
        for key, value in node.value:
            yield from _mappings(key, seen)
            yield from _mappings(value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _mappings(item, seen)


def validate(document: Document, model: type[Model]) -> Model:
    """The document as a `model`, or one ConfigError with all that is wrong, by line."""
    try:
        return model.model_validate({} if document.data is None else document.data)
    except pydantic.ValidationError as error:
        faults = sorted(
            (document.line(fault["loc"]) or 1, yaml_errors.sentence(fault, model))
            for fault in error.errors(include_url=False)
        )
        line, first = faults[0]
        rest = "".join(f"\n{document.path}:{line}: {text}" for line, text in faults[1:])
        raise ConfigError(first + rest, file=document.path, line=line) from error


@dataclass(frozen=True)
class Tagged:
    """A value written with a tag of the reader's own, such as `!override` in Compose files."""

    tag: str
    value: Any = None


def _tagged(dumper: yaml.SafeDumper, data: Tagged) -> yaml.Node:
    if isinstance(data.value, list):
        return dumper.represent_sequence(data.tag, data.value)
    if isinstance(data.value, dict):
        return dumper.represent_mapping(data.tag, data.value)
    return dumper.represent_scalar(data.tag, "null" if data.value is None else str(data.value))


_Dumper.add_representer(Tagged, _tagged)


def dump(data: Any) -> str:
    """`data` as YAML, keys in their order, nothing folded."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True)
