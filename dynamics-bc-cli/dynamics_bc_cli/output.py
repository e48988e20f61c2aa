"""How does a command show what it found? A table on a terminal, JSON everywhere else."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from rich.console import Console, ConsoleDimensions
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from dynamics_bc_client.redaction import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TextIO

WIDTH_WITHOUT_TERMINAL = 200
UNLIMITED = 10_000

# The service's decimals are shown with the service's digits, not as text and not as floats.
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command writes its result, and in which of the two forms.

    Attributes:
        stream: Takes the result; messages and progress go to standard error.
        as_json: JSON instead of tables.
    """

    stream: TextIO
    as_json: bool

    @classmethod
    def chosen(cls, *, as_json: bool | None) -> Output:
        """Standard output, in the form that was asked for; unasked, a table only where somebody is looking."""
        return cls(sys.stdout, not sys.stdout.isatty() if as_json is None else as_json)

    def show(self, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, empty: str) -> None:
        """Show rows.

        Args:
            rows: One mapping per row. JSON has all of it; a table has the columns alone.
            columns: Key of a row -> title of its column.
            empty: What a table says when there are no rows.
        """
        if self.as_json:
            self.stream.write(to_json(cleaned(rows)))
        elif rows:
            console, drawn = self.console(), table(rows, columns)
            # Nothing is broken in the middle: an id that cannot be copied is no use. A terminal wraps longer lines.
            # Both are set: of a terminal that is `dumb` the width alone would be taken for 80.
            width, height = console.size
            console.size = ConsoleDimensions(max(width, least_width(console, drawn)), height)
            console.print(drawn)
        else:
            self.console().print(Text(empty))

    def console(self) -> Console:
        """A console on the stream: as wide as the terminal, and wide enough for ids where there is none."""
        return Console(
            file=self.stream, highlight=False, width=None if self.stream.isatty() else WIDTH_WITHOUT_TERMINAL
        )


def to_json(value: Any) -> str:
    """A value as indented JSON that ends with a line feed; decimals keep their digits."""
    return msgspec.json.format(_ENCODER.encode(value), indent=2).decode() + "\n"


def to_json_line(value: Any) -> str:
    """A value as one line of JSON, without the line feed."""
    return _ENCODER.encode(value).decode()


def table(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> Table:
    """Rows as a table; nothing in a cell is taken for markup."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    lines = [[cell(row.get(key)) for key in columns] for row in rows]
    for title, texts in zip(columns.values(), zip(*lines, strict=True), strict=True):
        # A column of single words keeps its width; one with spaces in it gives way.
        drawn.add_column(title, overflow="fold", no_wrap=not any(" " in text for text in texts))
    for line in lines:
        drawn.add_row(*(Text(text) for text in line))
    return drawn


def least_width(console: Console, drawn: Table) -> int:
    """The width at which a table breaks its cells only between words."""
    return Measurement.get(console, console.options.update(max_width=UNLIMITED), drawn).minimum


def cleaned(value: Any) -> Any:
    """A value as it may be shown: no text in it, at any depth, holds a secret or steers a terminal."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {cleaned(key): cleaned(each) for key, each in value.items()}
    return [cleaned(each) for each in value] if isinstance(value, list | tuple) else value


def cell(value: Any) -> str:
    """A value as a table shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return clean(", ".join(str(each) for each in value))
    return clean(str(value))
