"""How is a run told in words: as one line while it goes on, and as one line for each stream at its end?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_plugin.progress.account import summed_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dynamics_bc_plugin.progress.account import PartPicture, Picture

PARTS_NAMED = 3
"""Running parts that a line names; as many as may run at once would fill a screen."""

_BYTE_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def line_of(picture: Picture) -> str:
    """The run so far, for a log: totals, what is being worked on, and how much is through."""
    parts = [f"{records(picture)} in {duration(picture.seconds)} ({rate(picture.records, picture.seconds)})"]
    parts.append(traffic(picture))
    running = picture.running
    if running:
        named = ", ".join(
            f"{title(part)} ({_records_of([part])}{', waiting' if part.waiting else ''})"
            for part in running[:PARTS_NAMED]
        )
        more = f" and {len(running) - PARTS_NAMED} more" if len(running) > PARTS_NAMED else ""
        parts.append(f"now {named}{more}")
    if picture.ahead:
        parts.append(ahead_line(picture.ahead))
    if picture.finished:
        parts.append(finished_line(picture.finished, of=picture.expected_streams))
    return "So far: " + "; ".join(parts)


def summary_lines(picture: Picture) -> list[str]:
    """The run at its end: one line for each stream, in the order in which they were begun, and one for all."""
    lines = [
        _stream_line(stream, parts, picture.stream_seconds.get(stream, 0.0))
        for stream, parts in picture.by_stream().items()
    ]
    if picture.requests or lines:
        lines.append(f"In all: {records(picture)}, {traffic(picture)}, in {duration(picture.seconds)}")
    return lines


def records(picture: Picture) -> str:
    """What was read or written."""
    return _records_of(picture.parts)


def traffic(picture: Picture) -> str:
    """What went over the network; the waiting of several threads at once is added up."""
    requests = _count(picture.requests, "request")
    return f"{requests}, {size(picture.response_bytes)}, waited {duration(picture.waited_seconds)}"


def finished_line(parts: Sequence[PartPicture], *, of: int | None = None) -> str:
    """How much of the run is through.

    Args:
        parts: What is through.
        of: How many streams there are in all, if that is known.
    """
    streams = len({part.stream for part in parts})
    through = _count(streams, "stream") if of is None else f"{streams:,} of {_count(of, 'stream')}"
    return f"finished: {through}{_where(parts)}, {_records_of(parts)}"


def ahead_line(parts: Sequence[PartPicture]) -> str:
    """How much of the run was fetched, and is written when what comes before it is."""
    return f"fetched ahead: {_places(parts)}, {size(sum(part.response_bytes for part in parts))}"


def title(part: PartPicture) -> str:
    """What a part is called in a sentence."""
    return part.stream if part.company is None else f'{part.stream} of "{part.company}"'


def rate(count: int, seconds: float) -> str:
    """Records a second; nothing can be said before any time has gone by."""
    if seconds <= 0:
        return "-"
    each_second = count / seconds
    return f"{each_second:,.0f}/s" if each_second >= 10 or not count else f"{each_second:.1f}/s"


def duration(seconds: float) -> str:
    """A time in the unit that fits it."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def size(count: int) -> str:
    """Bytes in the unit that fits them."""
    amount, unit = float(count), 0
    while round(amount) >= 1000 and unit < len(_BYTE_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    if unit == 0:
        return _count(count, "byte")
    return f"{amount:.1f} {_BYTE_UNITS[unit]}" if amount < 100 else f"{amount:.0f} {_BYTE_UNITS[unit]}"


def counted(outcomes: Mapping[str, int]) -> str:
    """Outcomes in words, such as `40 created, 2 rejected`."""
    return ", ".join(f"{count:,} {kind}" for kind, count in sorted(outcomes.items()))


def _stream_line(stream: str, parts: Sequence[PartPicture], seconds: float) -> str:
    requests = sum(part.requests for part in parts)
    # Lines and dimensions arrive in the pages of the documents they belong to.
    how = _count(requests, "request") if requests or not _rows_of(parts) else "read along with other streams"
    waited = duration(sum(part.waited_seconds for part in parts))
    return f"{stream}: {_records_of(parts)}{_where(parts)}, {how}, {duration(seconds)}, waited {waited}"


def _places(parts: Sequence[PartPicture]) -> str:
    return _count(len({part.stream for part in parts}), "stream") + _where(parts)


def _where(parts: Sequence[PartPicture]) -> str:
    companies = {part.company for part in parts if part.company is not None}
    return f" in {_count(len(companies), 'company', 'companies')}" if companies else ""


def _records_of(parts: Iterable[PartPicture]) -> str:
    """What was read or written of some parts."""
    parts = tuple(parts)
    outcomes, rows = counted(summed_outcomes(parts)), _rows_of(parts)
    if outcomes:
        return outcomes
    # None of its own: it was read for what hangs on it, or nothing is through yet.
    return "no records" if rows is None else _count(rows, "row")


def _rows_of(parts: Iterable[PartPicture]) -> int | None:
    known = [part.rows for part in parts if part.rows is not None]
    return sum(known) if known else None


def _count(count: int, singular: str, plural: str = "") -> str:
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
