"""A recording as a file: JSON lines, one for each question with its answer, in the order in which they were asked."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = {"recording": "Business Central", "version": 1}
# What stands for the address of the environment: `https://host/v2.0/tenant/environment`.
ROOT = "{root}"
DATA_PATH = re.compile(r"(?P<environment>/v2\.0/(?:[^/]+/)?[^/]+)/(?P<below>api/.*|ODataV4.*)")


class Unreadable(ValueError):  # noqa: N818 - what is said of the file
    """A file is no recording; the message says where."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, scrubbed.

    Attributes:
        path: Below the environment, decoded: `api/v2.0/companies(...)/customers`.
        query: Options by name, decoded.
        asked: The headers of the question that say how it is to be answered, by lower-case name.
        sent: Its body: JSON, text, or None.
        headers: The headers of the answer, by lower-case name; `***` where a value says nothing.
        body: JSON, text, or None; content that is neither is not recorded.
    """

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    sent: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    def line(self) -> bytes:
        """The exchange as a line of the file."""
        return encode(asdict(self)) + b"\n"


def head() -> bytes:
    """The first line of a recording."""
    return encode(_HEAD) + b"\n"


def read(path: Path) -> list[Exchange]:
    """The exchanges of a recording.

    Raises:
        OSError: The file cannot be read.
        Unreadable: It is no recording, or a line of it is damaged.
    """
    first, *lines = path.read_bytes().splitlines() or [b""]
    if _decoded(first) != _HEAD:
        raise Unreadable(f"{path} is not a recording of this version: its first line is not {head().decode().strip()}")
    return [_exchange(path, number, line) for number, line in enumerate(lines, start=2) if line.strip()]


def _exchange(path: Path, number: int, line: bytes) -> Exchange:
    told = _decoded(line)
    try:
        return msgspec.convert(told, Exchange)
    except msgspec.ValidationError as error:
        raise Unreadable(f"line {number} of {path} is not an exchange: {error}") from error


def _decoded(line: bytes) -> Any:
    try:
        return decode(line)
    except msgspec.DecodeError:
        return None
