"""What has to be asked to know whether an entry or a payment is there, and what of it? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import Expansion, Query
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.writing import files
from target_dynamics_bc.writing.dimension_writes import SET_LINES
from target_dynamics_bc.writing.journals.applications import application_looks
from target_dynamics_bc.writing.journals.discounts import discount_looks
from target_dynamics_bc.writing.journals.places import (
    is_payment,
    journal_of,
    line_id,
    lines_of,
    rules_of,
)
from target_dynamics_bc.writing.journals.posted import PAID, paid_documents
from target_dynamics_bc.writing.journals.posting import (
    own_batch_look,
    version_look,
)

if TYPE_CHECKING:
    from target_dynamics_bc.writing.steps import Answers
    from target_dynamics_bc.writing.unit import Unit


_LEDGER_FIELDS = (
    "id", "postingDate", "documentNumber", "documentType", "accountId", "description", "debitAmount", "creditAmount"
)  # fmt: skip


def looks(unit: Unit) -> dict[str, Query]:
    """What has to be asked before the next step."""
    kind, fields = unit.kind, unit.resolved.fields
    name, number = "documentNumber", str(fields["documentNumber"])
    below = (Expansion(SET_LINES), *files.expansions(unit))
    in_batch = (Expansion(kind.entity_set, expand=below),)
    drafts = lines_of(unit, journal_of(unit)["id"]).path(unit.books.id)
    queries: dict[str, Query] = {
        "own": own_batch_look(unit, in_batch),
        "drafts": by_key(drafts, name, number, expand=below),
    }
    if is_payment(unit):
        applies_to = kind.facts.relation(rules_of(unit).applies_to)
        for place, (paid, _) in enumerate(paid_documents(unit)):
            assert applies_to is not None, "what it is applied to is a reference"
            # Whether it is paid may have changed since it was looked up, by this very payment.
            documents = unit.path(applies_to.entity_set)
            query = by_key(documents, "id", paid, select=("id", "status", "totalAmountIncludingTax"))
            queries[f"{PAID}{place}"] = query
        queries["mine"] = by_key(drafts, "id", line_id(unit, "draft", 0), expand=below)
        queries |= application_looks(unit)
        queries |= {**version_look(unit), **discount_looks(unit)}
    day = fields.get("postingDate")
    if day:
        ledger = unit.path("generalLedgerEntries")
        queries["posted"] = by_key(ledger, name, number, select=_LEDGER_FIELDS, also=f"postingDate eq {day}")
    return queries


def further_looks(_: Unit, __: Answers) -> dict[str, Query]:
    """Nothing: the looks ask for all."""
    return {}
