"""What does a live view of a run look like?

Pure: a picture and the room there is go in, something that rich can print comes out. Every row is one line of the
terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from dynamics_bc_client.redaction import clean
from dynamics_bc_plugin.progress.wording import ahead_line, counted, duration, finished_line, rate, records, traffic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from dynamics_bc_plugin.progress.account import PartPicture, Picture

GAP = 2
SHORTEST_NAME = 8
ROWS_AROUND = 5
"""Totals, the table's head, what does not fit, what was fetched ahead, what is finished."""


def view(picture: Picture, *, height: int, width: int) -> RenderableType:
    """The run as rows for a terminal: totals, the parts that run, and a count of those that are through.

    Args:
        picture: The run.
        height: Rows there is room for.
        width: Columns there are; names give way to numbers.
    """
    rows: list[RenderableType] = [_one_line(_totals(picture), "bold")]
    running = picture.running
    shown = running[: max(1, height - ROWS_AROUND)]
    if shown:
        rows.append(_table(shown, width))
    if len(running) > len(shown):
        rows.append(_one_line(f"  and {len(running) - len(shown)} more", "dim"))
    if picture.ahead:
        rows.append(_one_line(f"  {ahead_line(picture.ahead)}", "dim"))
    if picture.finished:
        rows.append(_one_line(f"  {finished_line(picture.finished, of=picture.expected_streams)}", "dim"))
    return Group(*rows)


def _totals(picture: Picture) -> str:
    speed = rate(picture.records, picture.seconds)
    return f"{duration(picture.seconds)}  {records(picture)}, {speed}  {traffic(picture)}"


def _table(parts: Sequence[PartPicture], width: int) -> Table:
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="dim")
    writes = any(part.outcomes for part in parts)
    titles = ("  Stream", "Company", "Records" if writes else "Rows", "Rate", "Requests", "Waited")
    cells = [_cells(part) for part in parts]
    stream, company = _name_widths(
        [max(len(text) for text in column) for column in zip(titles, *cells, strict=True)], width
    )
    table.add_column(titles[0], style="cyan", no_wrap=True, overflow="ellipsis", max_width=stream)
    table.add_column(titles[1], no_wrap=True, overflow="ellipsis", max_width=company)
    table.add_column(titles[2], no_wrap=True, justify="left" if writes else "right")
    for title in titles[3:]:
        table.add_column(title, no_wrap=True, justify="right")
    for part, texts in zip(parts, cells, strict=True):
        table.add_row(*(Text(text) for text in texts), style="yellow" if part.waiting else None)
    return table


def _name_widths(widths: Sequence[int], room: int) -> tuple[int, int]:
    """Columns for a stream's and a company's name: what the numbers leave; the company gives way first."""
    stream, company, *numbers = widths
    left = max(2 * SHORTEST_NAME, room - sum(numbers) - GAP * (len(widths) - 1))
    company = max(SHORTEST_NAME, min(company, left - stream))
    return max(SHORTEST_NAME, min(stream, left - company)), company


def _cells(part: PartPicture) -> tuple[str, ...]:
    done = counted(part.outcomes) or ("" if part.rows is None else f"{part.rows:,}")
    return (
        clean(f"  {part.stream}"),
        clean(part.company or ""),
        done,
        rate(part.records, part.seconds) if part.records else "",
        f"{part.requests:,}" if part.requests else "",
        _waited(part),
    )


def _waited(part: PartPicture) -> str:
    if part.waiting:
        return f"waiting, {duration(part.waited_seconds)}"
    return duration(part.waited_seconds) if part.waited_seconds >= 0.05 else ""


def _one_line(text: str, style: str) -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")
