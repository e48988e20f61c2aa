"""Units of work from literals, for the tests of planners."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from target_dynamics_bc.finding.books import Books
from target_dynamics_bc.kinds.kind import Action, Child, Journal, Kind, LineType, MatchKey, Noun, Removal
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.records import Resolved, ResolvedLine, WantedRecord
from target_dynamics_bc.writing import documents, journals, masters
from target_dynamics_bc.writing.steps import Send
from target_dynamics_bc.writing.unit import Rules, Unit

COMPANY = "11111111-1111-1111-1111-111111111111"
FACTS = standard_kinds().facts
DRAFTS = Removal(only_while={"status": "Draft"})

BILLS = standard_kinds()["purchaseInvoices"]
ENTRIES = standard_kinds()["generalJournalLines"]
PAYMENTS = standard_kinds()["vendorPayments"]
CUSTOMERS = standard_kinds()["customers"]

ORDER_LINES = Child(
    "salesOrderLines",
    FACTS["salesOrderLines"],
    "lines",
    types=(LineType("Item", "itemId", "lineObjectNumber", needs="quantity"), LineType("Comment")),
    recalculating=frozenset({"quantity", "locationId", "unitOfMeasureId"}),
    recalculated=("unitPrice", "discountAmount"),
)
ORDERS = Kind(
    "orders",
    FACTS["salesOrders"],
    Noun("order", "orders"),
    documents,
    keys=(MatchKey("id"), MatchKey("number"), MatchKey("externalDocumentNumber", within="customerId")),
    children=(ORDER_LINES,),
    actions=(Action("shipAndInvoice", leads_to="salesInvoices"),),
    removal=DRAFTS,
)
QUOTES = Kind(
    "quotes",
    FACTS["salesQuotes"],
    Noun("quote", "quotes"),
    documents,
    keys=(MatchKey("id"), MatchKey("number")),
    removal=DRAFTS,
)
RECEIPTS = Kind(
    "receipts",
    FACTS["customerPayments"],
    Noun("receipt", "receipts"),
    journals,
    keys=(MatchKey("external_id"), MatchKey("documentNumber")),
    number_property="documentNumber",
    actions=(Action("post"),),
    journal=Journal("customerPaymentJournals", "payment_journal", "customerId", "appliesToInvoiceId", "Payment"),
)
TERMS = Kind(
    "terms",
    FACTS["paymentTerms"],
    Noun("payment term", "payment terms"),
    masters,
    keys=(MatchKey("id"), MatchKey("number")),
    number_property="code",
)


def unit_of(
    kind: Kind,
    *,
    fields: dict[str, Any] | None = None,
    lines: list[dict[str, Any]] | None = None,
    found: dict[str, Any] | None = None,
    rules: Rules | None = None,
    dimensions: tuple[Any, ...] = (),
    line_type: str = "Item",
    **wanted: Any,
) -> Unit:
    """A record with everything found."""
    resolved_lines = None
    if lines is not None:
        resolved_lines = tuple(
            ResolvedLine(f"lines[{place}]", line_type, str(place), line) for place, line in enumerate(lines)
        )
    record = WantedRecord(
        stream=kind.name,
        kind=kind,
        position=1,
        record={},
        hash="h",
        lines=() if lines is not None else None,
        line_kinds=frozenset({line_type} if lines is not None else ()),
        **{"identity": "external:1", "copied": True, "id_is_hint": True, **wanted},
    )
    books = Books(COMPANY, "Company", dimensions=None)  # type: ignore[arg-type]
    resolved = Resolved(fields or {}, dimensions, resolved_lines, found or {})
    return Unit(record, books, rules or Rules(match_keys=kind.key_names), resolved=resolved)


def sent(unit: Unit, step: Any, *rows: dict[str, Any]) -> Send:
    """Note that a step was carried out, with what came back for each write."""
    assert isinstance(step, Send)
    answers = rows or ({},) * len(step.writes)
    unit.history.add(step, [(write, "done", row) for write, row in zip(step.writes, answers, strict=True)])
    return step


def refuse_step(unit: Unit, step: Any, error: Exception) -> Any:
    """Note that a step was refused, and say what follows."""
    unit.history.refuse(step, error)  # type: ignore[arg-type]
    return unit.work.refused(unit, step, error)  # type: ignore[arg-type]


def written(step: Any) -> list[tuple[str, str, Any]]:
    """The writes of a step: method, address and body, or the action."""
    assert isinstance(step, Send), step
    return [(write.method, str(write.address), write.action or write.body) for write in step.writes]


def amount(text: str) -> Decimal:
    """A number as records have it."""
    return Decimal(text)
