"""Is a document posted, or is it only released, or does it wait for an approval? Pure.

A purchase invoice shows `Draft` until it is posted. Other documents that are posted show `Open` as long as they are not
paid, and so do those that somebody has released and nobody has posted; those that wait for an approval show
`In_x0020_Review` (codeunits 5477, 5508 and 5527). What has come to the general ledger under the document's number and
date tells them apart. Where the ledger cannot be read, one that still has the number of the draft is not posted.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.writing.comparing import same_id
from target_dynamics_bc.writing.documents.looking import LEDGER, is_about_others

if TYPE_CHECKING:
    from dynamics_bc_client.odata.query import Query
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.steps import Answers
    from target_dynamics_bc.writing.unit import Unit

_POSTED_AS = ("documentNumber", "documentType", "postingDate")
_TOTAL = "totalAmountIncludingTax"


def further_looks(unit: Unit, answers: Answers) -> dict[str, Query]:
    """What asks the ledger about documents that are posted or released, by what a look has shown of them."""
    rows = [row for name, found in answers.items() if not is_about_others(name) for row in found]
    path = unit.path("generalLedgerEntries")
    return {
        _name(row): by_key(path, "documentNumber", unit.kind.number_of(row), select=("id", *_POSTED_AS))
        for row in rows
        if _is_in_question(unit, row)
    }


def is_unposted(unit: Unit, row: Row, answers: Answers) -> bool:
    """Whether a document that is no open draft is not posted either."""
    if _status(unit, row, "waiting"):
        return True
    if not _is_in_question(unit, row):
        return False
    entries = answers.get(_name(row))
    if entries is None:
        known = unit.known.number if unit.known is not None and not unit.known.posted else None
        return known is not None and known == unit.kind.number_of(row)
    # What comes to nothing may leave no entries.
    return bool(Decimal(str(row.get(_TOTAL) or 0))) and not any(_is_of(unit, row, entry) for entry in entries)


def _is_in_question(unit: Unit, row: Row) -> bool:
    known = unit.known
    is_known = known is not None and known.posted and same_id(known.id, row.get("id"))
    return _status(unit, row, "released") and not (unit.posted or is_known)


def _status(unit: Unit, row: Row, name: str) -> bool:
    shown = unit.kind.unposted
    return shown is not None and row.get("status") == getattr(shown, name)


def _is_of(unit: Unit, row: Row, entry: Row) -> bool:
    shown = unit.kind.unposted
    wanted = (unit.kind.number_of(row), shown and shown.ledger_type, row.get("postingDate"))
    return tuple(entry.get(name) for name in _POSTED_AS) == wanted


def _name(row: Row) -> str:
    return f"{LEDGER}{row.get('id')}"
