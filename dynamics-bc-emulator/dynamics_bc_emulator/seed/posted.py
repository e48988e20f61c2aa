"""What the rules post while an emulator is made: an invented company's documents, a demo company's corrections.

The ids of what is posted are made from the seed, and its stamps lie before the emulator's start, as those of all rows
to begin with.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.rows.company import Company
from dynamics_bc_emulator.rules.item_entries import Movement, post_movement
from dynamics_bc_emulator.rules.posting.booking import book, entry_of, settle_at_once
from dynamics_bc_emulator.rules.posting.copying import Way, copy_header, copy_lines, names_of
from dynamics_bc_emulator.rules.posting.corrections import cancel, corrective_draft
from dynamics_bc_emulator.rules.posting.document import document_of
from dynamics_bc_emulator.rules.posting.kinds import POSTING_KINDS
from dynamics_bc_emulator.rules.posting.posting import post_draft
from dynamics_bc_emulator.rules.posting_setup import account_paid_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.posting.kinds import PostingKind
    from dynamics_bc_emulator.seed.books import Books
    from dynamics_bc_emulator.seed.facts import Fact

LEDGERS = ("generalLedgerEntries", "itemLedgerEntries")
_OPENING_DAY = "2025-01-01"
_OPENING_QUANTITY = Decimal(500)
_INVOICES = ("salesInvoices", "purchaseInvoices")


@dataclass(frozen=True, slots=True)
class CompanyInTheMaking(Company):
    """A company whose rows get ids and stamps of the seed.

    Attributes:
        books: Where they come from.
    """

    books: Books

    def insert(self, entity_set: str, row: Row) -> Row:
        """Keep a new row; one with an entry number or a number has the same id in every emulator of a seed."""
        complete = self.books.complete(entity_set, dict(row), _key(row))
        self.store.insert_many(self.id, entity_set, [complete])
        kept = self.store.get(self.id, entity_set, complete["id"])
        assert kept is not None
        return kept

    def update(self, entity_set: str, id: str, changes: Row, *, touch: bool = True) -> Row:  # noqa: A002, ARG002
        """Change a row; its stamp stays."""
        return self.store.update(self.id, entity_set, id, changes, touch=False)


def post_documents(company: Company, documents: list[Fact]) -> None:
    """Post the opening stock and the posted documents of an invented company; what is paid is paid from cash."""
    for item in sorted(company.find("items", type="Inventory"), key=lambda row: str(row["number"])):
        post_movement(company, item, _opening(item))
    cash = company.find("_paymentMethodAccounts")[0]["account"]
    for fact in documents:
        if fact.get("posted"):
            _book(company, POSTING_KINDS[fact["entitySet"]], fact, cash)


def rehearsed(company: Company, documents: list[Fact]) -> dict[str, list[Fact]]:
    """The ledgers' entries that posting the documents will leave, for what is made from them; nothing is kept."""
    kept: dict[str, list[Fact]] = {}
    try:
        with company.store.transaction():
            post_documents(company, documents)
            kept = {name: list(_facts(company, name)) for name in LEDGERS}
            raise _TakenBack  # noqa: TRY301 - the way to end a transaction without its changes
    except _TakenBack:
        return kept


def correct_some(company: Company) -> None:
    """Post two more invoices of either side: one is canceled, the other credited; every balance stays the same."""
    for entity_set in _INVOICES:
        kind = POSTING_KINDS[entity_set]
        template = next(_unpaid(company, kind), None)
        if template is not None:
            cancel(company, kind, _posted_copy(company, kind, template))
            memo = corrective_draft(company, kind, _posted_copy(company, kind, template))
            post_draft(company, POSTING_KINDS[kind.opposite], memo["id"], as_it_is=True)


class _TakenBack(Exception):  # noqa: N818 - nothing went wrong
    """Everything was done, to be taken back."""


def _key(row: Row) -> str:
    if "entryNumber" in row:
        return str(row["entryNumber"])
    if "documentId" in row:
        return f"{row['documentId']}/{row['sequence']}"
    return f"draft/{row['number']}"


def _opening(item: Row) -> Movement:
    return Movement(
        entry_type="Positive_x0020_Adjmt_x002E_",
        source_type="Item",
        source_number=item["number"],
        document_type="_x0020_",
        document_number="START",
        posting_date=_OPENING_DAY,
        quantity=_OPENING_QUANTITY,
        cost=_OPENING_QUANTITY * Decimal(item["unitCost"]),
    )


def _book(company: Company, kind: PostingKind, fact: Fact, cash: str) -> None:
    header = company.find(kind.headers, number=fact["number"], _posted=True)[0]
    lines = company.find(kind.lines, documentId=header["id"])
    document = document_of(company, kind, header, lines, f"Invoice {header['_draftNumber']}")
    book(document)
    if fact["status"] == "Paid":
        settle_at_once(document, entry_of(company, kind.party, header), cash)


def _facts(company: Company, entity_set: str) -> Iterator[Fact]:
    """The entries of a set in their order, as facts."""
    rows = sorted(company.find(entity_set), key=lambda row: int(row["entryNumber"]))
    for row in rows:
        yield {name: value for name, value in row.items() if name not in {"id", "_etag", "lastModifiedDateTime"}}


def _unpaid(company: Company, kind: PostingKind) -> Iterator[Row]:
    """Posted invoices of whom does not pay at once, the oldest first."""
    for header in sorted(company.find(kind.headers, status="Open", _posted=True), key=lambda row: str(row["number"])):
        payer = company.get(kind.party.party_set, header[kind.party.payer_id_name]) or {}
        method = company.get("paymentMethods", payer.get("paymentMethodId", ""))
        if method is None or account_paid_from(company, method) is None:
            yield header


def _posted_copy(company: Company, kind: PostingKind, header: Row) -> Row:
    way = Way(names_of(kind.document), names_of(kind.document))
    number = company.next_number(kind.document.series)
    reference = {kind.reference: number} if kind.needs_reference else {}
    copy = copy_header(company, way, header, number=number, status="Draft", _posted=False, **reference)
    copy_lines(company, way, company.find(kind.lines, documentId=header["id"]), copy)
    return post_draft(company, kind, copy["id"], as_it_is=True)
