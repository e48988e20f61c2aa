"""What a path below the API root addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator.errors import query_syntax

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEGMENT = re.compile(r"(?P<name>[^()]+)(?:\((?P<key>.*)\))?", re.DOTALL)
_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A name between slashes, with the key in its parentheses.

    Attributes:
        key: The key's text without quotes, None if there are no parentheses.
    """

    name: str
    key: str | None = None

    @property
    def id(self) -> str:
        """The key as a GUID, in lower case.

        Raises:
            ServiceFault: The key is no GUID.
        """
        if self.key is None or not _GUID.fullmatch(self.key):
            raise query_syntax()
        return self.key.lower()


def parse_path(path: str) -> list[Segment]:
    """Split a decoded path into its segments.

    Raises:
        ServiceFault: A segment cannot be read.
    """
    return [_segment(part) for part in _parts(path.strip("/"))]


def is_guid(text: str) -> bool:
    """Whether a text is spelled as a GUID."""
    return bool(_GUID.fullmatch(text))


def _parts(path: str) -> Iterator[str]:
    """Between slashes, but not inside a quoted key."""
    part, quoted = "", False
    for letter in path:
        if letter == "'":
            quoted = not quoted
        if letter == "/" and not quoted:
            yield part
            part = ""
        else:
            part += letter
    if part:
        yield part


def _segment(part: str) -> Segment:
    found = _SEGMENT.fullmatch(part)
    if not found:
        raise query_syntax()
    key = found["key"]
    if key is None:
        return Segment(found["name"])
    key = key.strip()
    name, equals, value = key.partition("=")
    if equals and re.fullmatch(r"\w+", name):
        key = value
    if key.startswith("'") and key.endswith("'") and len(key) > 1:
        key = key[1:-1].replace("''", "'")
    return Segment(found["name"], key)
