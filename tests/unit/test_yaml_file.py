"""What is wrong in a YAML file is told with file, line, key and what is allowed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import pytest
import yaml

from smokestack import yaml_file
from smokestack.errors import ConfigError


class Colour(StrEnum):
    """A choice."""

    RED = "red"
    GREEN = "green"


class Strict(pydantic.BaseModel):
    """A mapping without unknown keys."""

    model_config = pydantic.ConfigDict(extra="forbid")


class Job(Strict):
    """A value of a mapping whose keys may be called like fields."""

    name: str
    interval: float | None = None
    colour: Colour = Colour.RED


class System(Strict):
    """Every shape in which a key can be unknown."""

    name: str
    pace: Literal["fast", "real"] = "fast"
    jobs: dict[str, Job] = {}
    listed: list[Job] = []
    maybe: Annotated[Job | None, pydantic.Field(alias="perhaps")] = None
    either: int | Job = 0


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Writes text to a file and reads it as YAML."""

    def read(text: str) -> yaml_file.Document:
        path = tmp_path / "system.yaml"
        path.write_text(text, encoding="utf-8")
        return yaml_file.read(path)

    return read


def test_lines(write: Any) -> None:
    """Each key path has its line; what is not there has its parent's."""
    document = write("a: 1\nb:\n  - c: 2\n    d: 3\n  - e\n")
    assert document.data == {"a": 1, "b": [{"c": 2, "d": 3}, "e"]}
    paths: list[tuple[list[str | int], int]] = [
        ([], 1),
        (["a"], 1),
        (["b", 0, "d"], 4),
        (["b", 1], 5),
        (["b", 0, "missing"], 3),
        (["b", "Union arm", 0, "d"], 4),
    ]
    assert [document.line(path) for path, _ in paths] == [line for _, line in paths]


def test_lines_of_merged_keys(write: Any) -> None:
    """A key that `<<` brings in has the line where it is written; its own value wins."""
    document = write("x: &x\n  a: 1\n  b: 1\ny:\n  <<: *x\n  b: 2\n")
    assert document.data["y"] == {"a": 1, "b": 2}
    assert (document.line(["y", "a"]), document.line(["y", "b"])) == (2, 6)


def test_empty_file(write: Any) -> None:
    """An empty file is no data, and lacks whatever must be there."""
    document = write("# nothing\n")
    assert (document.data, document.line(["a"])) == (None, None)
    with pytest.raises(ConfigError, match=r"system.yaml:1: name: this key must be there"):
        yaml_file.validate(document, System)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", r"yaml:3: key 'a' stands twice, first in line 1"),
        ("x:\n  - {a: 1, a: 2}\n", r"yaml:2: key 'a' stands twice, first in line 2"),
        ("a: 1\nb: [1, 2\nc: 3\n", r"yaml:3: not YAML: .*, at: c: 3"),
        ("a: b: c\n", r"yaml:1: not YAML: mapping values are not allowed here, at: a: b: c"),
        ("a:\n\t- 1\n", r"yaml:2: not YAML: .* at: - 1"),
        ("a: 'b\n", r"yaml:\d: not YAML: .* at: end of the file"),
        ("a: *b\n", r"yaml:1: not YAML: .*undefined alias.* at: a: \*b"),
        (
            "a: !!python/object:os.system 1\n",
            r"yaml:1: not YAML: could not determine a constructor",
        ),
        ("a: !!int b\n", r"yaml: not YAML: invalid literal"),
        ("a: 1\n---\nb: 2\n", r"yaml:2: not YAML: expected a single document"),
        ("a: \x07\n", r"yaml:1: not YAML: special characters are not allowed \(#x07\), at: a: "),
    ],
)
def test_syntax_errors(write: Any, text: str, message: str) -> None:
    """A broken file is told with line and the offending text."""
    with pytest.raises(ConfigError, match=message):
        write(text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """No such file, a folder, and another encoding are told as such."""
    (tmp_path / "system.yaml").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(ConfigError, match=r"sytem.yaml: no such file\n.*did you mean .*/system"):
        yaml_file.read(tmp_path / "sytem.yaml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        yaml_file.read(tmp_path)
    with pytest.raises(ConfigError, match=r"system.yaml:2: not UTF-8"):
        yaml_file.read(tmp_path / "system.yaml")
    with pytest.raises(ConfigError, match="no such file"):
        yaml_file.read(tmp_path / "none" / "x.yaml")


def test_valid(write: Any) -> None:
    """A sound file becomes the model."""
    system = yaml_file.validate(write("name: a\njobs: {name: {name: b, interval: 2}}\n"), System)
    assert system.jobs["name"].interval == 2.0


def test_all_errors_at_once(write: Any) -> None:
    """Every error is listed by line with key path, what was found and what is allowed."""
    text = "pace: fasst\njobs:\n  a: {name: 1, interval: soon}\n  b: {colour: gren}\n"
    with pytest.raises(ConfigError) as caught:
        yaml_file.validate(write(text), System)
    error = caught.value
    assert error.line == 1
    assert [line.removeprefix(str(error.file)) for line in error.message.splitlines()] == [
        ":1: name: this key must be there",
        ":1: pace: found 'fasst', did you mean 'fast'?; allowed: fast, real",
        (
            ":3: jobs.a.interval: found 'soon'; allowed: a valid number, "
            "unable to parse string as a number"
        ),
        ":3: jobs.a.name: found 1; allowed: a valid string",
        ":4: jobs.b.colour: found 'gren', did you mean 'green'?; allowed: red, green",
        ":4: jobs.b.name: this key must be there",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "jbos: {}",
            r"yaml:2: jbos: unknown key, did you mean 'jobs'\?; allowed here: either, jobs,",
        ),
        ("jobs: {name: {name: a, nmae: b}}", "jobs.name.nmae: unknown key, did you mean 'name'"),
        ("listed: [{name: a, kolour: red}]", r"listed\[0\].kolour: .*'colour'.*: colour, interval"),
        (
            "perhaps: {name: a, x: 1}",
            "perhaps.x: unknown key; allowed here: colour, interval, name",
        ),
        (
            "either: {name: a, zzz: 1}",
            "either.Job.zzz: unknown key; allowed here: colour, interval",
        ),
        ("maybe: {name: a}", "maybe: unknown key; allowed here: .*perhaps"),
    ],
)
def test_unknown_keys(write: Any, text: str, message: str) -> None:
    """An unknown key is told with its nearest neighbour and all that is allowed there."""
    with pytest.raises(ConfigError, match=message):
        yaml_file.validate(write(f"name: a\n{text}\n"), System)


@pytest.mark.parametrize(
    "text",
    [
        "on: [yes, no, off, 'yes', 'off']\n",
        "ports: [22:22, '22:22', 127.0.0.1:80:80]\n",
        "from: 2024-01-01\nuntil: '2024-01-01'\n",
        "a: true\nb: 'true'\nc: 1\nd: '1'\ne: 1.5\nf: '1.5'\ng: null\nh: 'null'\ni: ''\n",
        "expr: |\n  sum(rate(x[5m]))\n  > 1\n",
        'expr: "a: \\"b\\" # c"\n',
    ],
)
def test_round_trip(write: Any, text: str) -> None:
    """What was read is written so that YAML 1.1 and Go read the same again."""
    document = write(text)
    written = yaml_file.dump(document.data)
    assert write(written).data == document.data
    assert yaml.safe_load(written) == yaml.safe_load(text)


def test_plain_words_stay_text(write: Any) -> None:
    """`yes`, `22:22` and dates are text to us; true, numbers and null are what they are."""
    data = write("[yes, 22:22, 2024-01-01, 1:30.5, =, true, 12, 1.5, ~]").data
    assert data == ["yes", "22:22", "2024-01-01", "1:30.5", "=", True, 12, 1.5, None]


def test_dump_is_readable() -> None:
    """Keys keep their order, lines are not folded, text of several lines is a block."""
    data = {"b": "x " * 200 + "y", "a": "1\n2\n", "c": (shared := [1]), "d": shared}
    written = yaml_file.dump(data)
    assert written.splitlines()[1:4] == ["a: |", "  1", "  2"]
    assert "&" not in written
