"""Lines that nobody asked for: those of the recurring code that new documents of a party get by themselves.

They are there before the lines of the request that creates the document. The table `recurringLines` has them, in the
place of standard codes with the option Automatic (codeunit 170, Standard Codes Mgt.).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rows.set_up_tables import place
from dynamics_bc_emulator.rules.draft import Draft, Rules, in_turn

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.document_kinds import DocumentKind

_TABLE = "_recurringLines"


def with_recurring_lines(kind: DocumentKind, headers: Rules, lines: Rules) -> Rules:
    """The rules of a kind's headers, with the lines that a new one gets.

    Args:
        kind: The documents'.
        headers: Their rules.
        lines: The rules of their lines.
    """

    def add_lines(draft: Draft) -> None:
        known = draft.company.find(_TABLE, party=kind.party.caption, number=draft.row[kind.party.number_name])
        for fact in sorted(known, key=place):
            if fact["entitySet"] == kind.headers:
                _add_line(draft, kind, lines, fact)

    return replace(headers, inserted=in_turn(headers.inserted, add_lines))


def _add_line(draft: Draft, kind: DocumentKind, lines: Rules, fact: Row) -> None:
    blanks = draft.company.store.shapes[kind.lines].blanks
    line = Draft(draft.company, kind.lines, {**blanks, "id": ""})
    for name, value in _values(draft.row["id"], kind, fact):
        rule = lines.properties.get(name)
        if rule is None:
            line.row[name] = value
        else:
            rule(line, value)
        line.given.append(name)
    lines.insert(line)
    line.row = draft.company.insert(kind.lines, line.row)
    lines.inserted(line)


def _values(header_id: str, kind: DocumentKind, fact: Row) -> list[tuple[str, object]]:
    """What is set on a line, in its order; a blank description or price is left to the item or account."""
    values = [("documentId", header_id), ("lineType", fact["lineType"]), ("lineObjectNumber", fact["lineObjectNumber"])]
    if fact["lineType"] != "Comment":
        values.append(("quantity", fact["quantity"]))
    optional = (("description", fact["description"]), (kind.price, fact["price"]))
    return [*values, *((name, value) for name, value in optional if value)]
