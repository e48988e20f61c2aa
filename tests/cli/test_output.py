"""Tables for people, JSON for programs."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from uuid import UUID

import pytest

from dynamics_bc_cli.output import Output, to_json, to_json_line

ROWS = [{"name": "[bold]CRONUS[/bold]", "open": True, "keys": ["a", "b"], "none": None, "extra": Decimal("1.50")}]
COLUMNS = {"name": "Name", "open": "Open", "keys": "Keys", "none": "None"}


def shown(*, as_json: bool, rows: list[dict[str, object]] = ROWS) -> str:
    stream = io.StringIO()
    Output(stream, as_json).show(rows, COLUMNS, empty="There is nothing.")
    return stream.getvalue()


def test_json_has_every_key_and_the_digits_of_decimals() -> None:
    assert json.loads(shown(as_json=True), parse_float=Decimal) == ROWS
    assert '"extra": 1.50' in shown(as_json=True)


def test_a_table_has_the_columns_and_takes_nothing_for_markup() -> None:
    title, line = shown(as_json=False).splitlines()
    assert title.split() == ["Name", "Open", "Keys", "None"]
    assert line.split() == ["[bold]CRONUS[/bold]", "yes", "a,", "b"]


def test_nothing_is_a_sentence_in_a_table_and_an_empty_array_in_json() -> None:
    assert shown(as_json=False, rows=[]) == "There is nothing.\n"
    assert json.loads(shown(as_json=True, rows=[])) == []


def test_a_line_of_json_has_no_line_feed_in_it() -> None:
    assert to_json_line({"a": "x\ny"}) == '{"a":"x\\ny"}'
    assert to_json([1]).endswith("]\n")


class NarrowTerminal(io.StringIO):
    """A terminal of 40 columns."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("terminal", ["xterm", "dumb", "unknown"])
def test_an_id_is_never_broken_however_narrow_the_terminal(monkeypatch: pytest.MonkeyPatch, terminal: str) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", terminal)
    stream = NarrowTerminal()
    rows = [{"name": f"CRONUS International Ltd. {number}", "id": str(UUID(int=number))} for number in range(3)]
    Output(stream, as_json=False).show(rows, {"name": "Name", "id": "Id"}, empty="")
    for row in rows:
        assert row["id"] in stream.getvalue()
    # Texts of several words give way first.
    assert "CRONUS International Ltd." not in stream.getvalue()
