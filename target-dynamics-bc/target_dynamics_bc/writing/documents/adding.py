"""Which lines that were to be added to a draft are not there yet? Pure.

A new line has no id of the sender's, so the service takes it once more. Behind a refusal its document is looked at
again, and its rows are paired with the record's lines as they are when a change is planned: a line for which there is a
row now may be there. Whose row that is makes no difference, because the plan takes it for the line as well. Of several
lines that say the same, as many have to be missing as were refused.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.batch import encode_json
from dynamics_bc_client.odata.query import Expansion
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.writing.documents.document import Document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_client.odata.query import Query
    from target_dynamics_bc.wanted.records import ResolvedLine, Row
    from target_dynamics_bc.writing.unit import Unit
    from target_dynamics_bc.writing.writes import Write


def adds_line(write: Write) -> bool:
    """Whether a write adds a line of the record to a document, which another request would add a second time.

    What says that a draft is half changed is none of the record: several of it go together.
    """
    is_of_record = write.creates and write.about == "line" and bool(write.field)
    return is_of_record and write.address.parent is not None and "id" not in (write.body or {})


def look(unit: Unit, write: Write) -> Query:
    """What asks for the document that a line is added to, with its lines."""
    document = write.address.parent
    assert document is not None
    expand = (Expansion(write.address.entity_set),)
    return by_key(unit.path(document.entity_set), "id", document.id, select=("id",), expand=expand)


def are_missing(unit: Unit, writes: Sequence[Write], rows: Sequence[Row]) -> bool:
    """Whether none of the lines is there that writes were to add.

    Args:
        unit: The record.
        writes: They add lines to one document of it.
        rows: That document, as `look` asks for it; none where it is gone.
    """
    lines = {line.field: line for line in unit.resolved.lines or ()}
    pairs = [pair for row in rows for pair in Document.of(unit, row).pairs]
    missing = Counter(_content(line) for line, found in pairs if found is None)
    return not rows or Counter(_content(lines[write.field]) for write in writes) <= missing


def _content(line: ResolvedLine) -> bytes:
    return encode_json([line.kind, line.fields])
