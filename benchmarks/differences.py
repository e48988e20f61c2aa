"""Where do two releases differ, and how does the first difference look?

Pure: what two runs wrote in, differences out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STATES = "STATE messages"
NO_MESSAGES = "lines that are no messages"
ORDER = "order of lines"
_BEFORE, _AFTER = 60, 140


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference within one stream, or whatever else is compared by itself.

    Attributes:
        where: The stream.
        line: The place of the first line that differs, counted from 1 among the lines of the stream.
        old: That line in the old release; None where its lines have ended.
        new: The same in the new release.
        counts: How many lines the old and the new release have.
    """

    where: str
    line: int
    old: str | None
    new: str | None
    counts: tuple[int, int]

    def __str__(self) -> str:
        old, new = _excerpts(self.old, self.new)
        counts = (
            f"{self.counts[0]:,} lines"
            if self.counts[0] == self.counts[1]
            else "{:,} and {:,} lines".format(*self.counts)
        )
        return f"{self.where} ({counts}), line {self.line:,}:\n  old: {old}\n  new: {new}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of one run of both releases.

    Attributes:
        title: What was run.
        note: How much it wrote.
        differences: What is not the same.
        remarks: What is not the same and need not be: wording, numbers of requests.
    """

    title: str
    note: str = ""
    differences: Sequence[Difference] = ()
    remarks: Sequence[Difference] = field(default=())

    def __str__(self) -> str:
        found = f"{len(self.differences)} DIFFERENCES" if self.differences else "the same"
        lines = [f"{self.title}: {found}{f' ({self.note})' if self.note else ''}"]
        lines += [_indented(str(each)) for each in self.differences]
        lines += [_indented(f"may differ: {each}") for each in self.remarks]
        return "\n".join(lines)


def differences_of_outputs(old: bytes, new: bytes) -> list[Difference]:
    """The differences of two Singer outputs, one for each stream that has any."""
    if old == new:
        return []
    found = differences(by_stream(old), by_stream(new))
    # Every stream has the same lines, but they are mixed in another way.
    return found or differences({ORDER: _lines(old)}, {ORDER: _lines(new)})


def differences(old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]) -> list[Difference]:
    """The first difference of each stream, in the old release's order of streams."""
    found = []
    for where in dict.fromkeys([*old, *new]):
        before, after = old.get(where, ()), new.get(where, ())
        for number, (one, other) in enumerate(zip_longest(before, after), 1):
            if one != other:
                found.append(Difference(where, number, one, other, (len(before), len(after))))
                break
    return found


def by_stream(output: bytes) -> dict[str, list[str]]:
    """The lines of a Singer output by stream; STATE messages, which belong to none, by themselves."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in _lines(output):
        found[_stream_of(line)].append(line)
    return dict(found)


def _lines(output: bytes) -> list[str]:
    # A line ends at a line feed alone: other separators may stand inside of texts.
    return output.decode(errors="backslashreplace").removesuffix("\n").split("\n")


def _stream_of(line: str) -> str:
    try:
        message = json.loads(line)
    except ValueError:
        return NO_MESSAGES
    if not isinstance(message, dict) or "type" not in message:
        return NO_MESSAGES
    return STATES if message["type"] == "STATE" else str(message.get("stream", message["type"]))


def _excerpts(old: str | None, new: str | None) -> tuple[str, str]:
    """Both lines around the first character that differs."""
    if old is None or new is None:
        return _excerpt(old, 0), _excerpt(new, 0)
    place = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return _excerpt(old, place), _excerpt(new, place)


def _excerpt(line: str | None, place: int) -> str:
    if line is None:
        return "(no such line)"
    start, end = max(0, place - _BEFORE), place + _AFTER
    return f"{'...' if start else ''}{line[start:end]}{'...' if end < len(line) else ''}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
