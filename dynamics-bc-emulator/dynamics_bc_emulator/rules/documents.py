"""What happens to the header of a document: whom it is for, its dates, dimensions, discount and totals."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.date_formulas import date_after
from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules import document_refusals as said
from dynamics_bc_emulator.rules.amounts import (
    ZERO,
    calculate_line,
    discount_base,
    document_totals,
    spread_invoice_discount,
)
from dynamics_bc_emulator.rules.dimensions import (
    SHORTCUTS,
    default_dimensions,
    dimensions_of,
    set_dimensions,
    shortcut_rules,
)
from dynamics_bc_emulator.rules.document_release import fixed_by_release
from dynamics_bc_emulator.rules.draft import Rules, in_turn
from dynamics_bc_emulator.rules.invoice_discounts import invoice_discount
from dynamics_bc_emulator.rules.pairs import Pair, fill, pair_rules
from dynamics_bc_emulator.rules.posted_documents import (
    check_body,
    check_is_draft,
    deletion_rule,
    follow_change,
    properties_of_posted,
    unless_posted,
)
from dynamics_bc_emulator.rules.posting_setup import tax_rate
from dynamics_bc_emulator.rules.prices_including_tax import take_prices_include_tax
from dynamics_bc_emulator.rules.relations import relation_rules
from dynamics_bc_emulator.stamps import BLANK_DATE, ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.document_kinds import DocumentKind
    from dynamics_bc_emulator.rules.draft import ActionRule, Draft, DraftRule, PropertyRule

_ADDRESS = {
    "AddressLine1": "addressLine1",
    "AddressLine2": "addressLine2",
    "City": "city",
    "Country": "country",
    "State": "state",
    "PostCode": "postalCode",
}
_SHIP_TO = {"Name": "displayName", **_ADDRESS}
# Kinds whose page copies the party's address to the payer's whenever a document is written, if they are the same.
_PAYER_FOLLOWS = {"salesInvoices", "salesOrders", "salesQuotes", "purchaseOrders"}
# Documents that a block of a customer forbids, besides the one that forbids all (Customer, CheckBlockedCustOnDocs).
_BLOCKED = {"Ship": ("salesQuotes", "salesOrders"), "Invoice": ("salesQuotes", "salesOrders", "salesInvoices")}
_SHARED_WITH_PARTY = ("shipmentMethodId", "phoneNumber", "email")
_SHARED_WITH_PAYER = ("paymentTermsId", "currencyId", "currencyCode")


def header_rules(kind: DocumentKind, actions: Mapping[str, ActionRule] | None = None) -> Rules:
    """The rules of a kind's headers."""
    return Rules(
        start=_start,
        properties={
            **pair_rules(party_pair(kind)),
            **pair_rules(payer_pair(kind)),
            **(pair_rules(_invoice_pair(kind)) if kind.headers == kind.party.credit_memos else {}),
            **_date_rules(kind),
            **_address_rules(kind),
            **shortcut_rules(),
            "discountAmount": _discount_rule(kind),
            **properties_of_posted(kind),
        },
        insert=in_turn(_follow_as_payer(kind), _complete(kind)),
        modify=unless_posted(in_turn(fixed_by_release(kind), _follow_as_payer(kind), _set_due_date(kind))),
        checks_modify=check_body,
        checks_parts=check_is_draft,
        delete=deletion_rule(kind),
        modified=follow_change(kind, lambda draft: refresh_document(draft.company, kind, draft.row["id"])),
        deleted=_delete_lines(kind),
        actions=actions or {},
        missing={(kind.party.number_name, kind.party.id_name): said.no_party(kind)},
    )


def tax_area(company: Company, kind: DocumentKind, header: Row) -> str:
    """The tax area that a document's lines are taxed in: the one of its vendor or customer.

    Sales tax is owed by who is liable alone; the area of the others is blank, which takes none. VAT asks nobody that.
    """
    party = company.get(kind.party.party_set, header[kind.party.id_name]) or {}
    area = str(party.get("_taxAreaCode") or "")
    known = None if party.get("taxLiable") else company.first("taxAreas", code=area)
    return "" if known and known["taxType"] == "Sales_x0020_Tax" else area


def refresh_document(company: Company, kind: DocumentKind, header_id: str, *, touch: bool = False) -> None:
    """Recalculate a draft's lines and totals and spread its invoice discount.

    `touch` moves the header's stamp in any case; else only changed totals do.

    Raises:
        Refusal: The discount is more than the lines come to.
    """
    header = company.get(kind.headers, header_id)
    assert header is not None
    area = tax_area(company, kind, header)
    lines = company.find(kind.lines, documentId=header_id)
    before = [dict(line) for line in lines]
    for line in lines:
        line["taxPercent"] = tax_rate(company, area, line["taxCode"]).percent
        calculate_line(line, kind.price, includes_tax=bool(header.get("pricesIncludeTax")))
    # A discount outlives the lines that it was taken of, and waits for others.
    discount = invoice_discount(company, kind, header, lines)
    base = discount_base(lines)
    if base and discount > base:
        raise refused(said.discount_too_large(base))
    spread = spread_invoice_discount(lines, discount)
    for line, stored in zip(lines, before, strict=True):
        if line != stored:
            company.update(kind.lines, line["id"], line)
    totals: Row = {**document_totals(lines), "discountAmount": spread}
    if "remainingAmount" in header:
        totals["remainingAmount"] = totals["totalAmountIncludingTax"]
    if touch or any(header.get(name) != value for name, value in totals.items()):
        company.update(kind.headers, header_id, totals, touch=touch)


def _start(draft: Draft) -> None:
    draft.row.update({"status": "Draft", "_posted": False, "currencyCode": draft.company.local_currency})
    if "partialShipping" in draft.row:
        draft.row["partialShipping"] = True


def party_pair(kind: DocumentKind) -> Pair:
    """Whom a document is for."""
    return Pair(
        kind.party.id_name,
        kind.party.number_name,
        kind.party.party_set,
        kind.party.caption,
        "number",
        required=True,
        id_wins=kind.id_wins,
        check=_check_party(kind),
        follow=lambda draft, party: _follow_party(kind, draft, party),
        unknown=said.unknown_party(kind),
        disagree=said.other_party(kind),
    )


def payer_pair(kind: DocumentKind) -> Pair:
    """Who pays a document, or is paid for it."""
    stem = f"{kind.party.payer}{kind.party.caption}"
    return Pair(
        f"{stem}Id",
        f"{stem}Number",
        kind.party.party_set,
        kind.party.caption,
        "number",
        required=True,
        id_wins=kind.id_wins,
        check=_check_party(kind),
        follow=lambda draft, party: _follow_payer(kind, draft, party),
        unknown=said.unknown_payer(kind),
        disagree=said.other_payer(kind),
    )


def _invoice_pair(kind: DocumentKind) -> Pair:
    """The posted invoice that a credit memo is to settle."""
    return Pair(
        "invoiceId",
        "invoiceNumber",
        kind.party.invoices,
        "Invoice",
        "number",
        disagree='The "invoiceId" and "invoiceNumber" do not match to a specific Invoice.',
        accepts=lambda _, invoice: bool(invoice.get("_posted")),
    )


def _check_party(kind: DocumentKind) -> Callable[[Draft, Row], None]:
    def check(_draft: Draft, party: Row) -> None:
        blocked = party["blocked"]
        if blocked == "All" or kind.headers in _BLOCKED.get(blocked, ()):
            who = f"{kind.party.caption} {party['number']}"
            raise refused(f"You cannot create this type of document when {who} is blocked with type {blocked}")

    return check


def _follow_party(kind: DocumentKind, draft: Draft, party: Row | None) -> None:
    """Copy what a document takes from its vendor or customer; what the request has set itself stays."""
    assert party
    row = draft.row
    row[f"{kind.party.name}Name"] = party["displayName"]
    taken = {f"{kind.party.address}{name}": party[source] for name, source in _ADDRESS.items()}
    payer = _payer_of(kind, draft, party)
    for names, source in ((_SHARED_WITH_PARTY, party), (_SHARED_WITH_PAYER, payer)):
        taken.update({name: source[name] for name in names if name in source and name in row})
    # The API shows no location of a party: it is the internal `_locationId`.
    location = draft.company.get("locations", party.get("_locationId") or ZERO_GUID)
    row["_locationId"] = location["id"] if location else ZERO_GUID
    if kind.is_purchase:
        receiver = location or draft.company.first("companyInformation") or {}
    else:
        receiver = party
        taken["salesperson"] = party["salespersonCode"]
    shipped = {f"shipTo{name}": receiver.get(source, "") for name, source in _SHIP_TO.items()}
    taken.update({name: value for name, value in shipped.items() if name in row})
    row.update({name: value for name, value in taken.items() if name not in draft.given})
    if not _names_payer(kind, draft):
        fill(payer_pair(kind), draft, payer)
        _follow_payer(kind, draft, payer)
    dimensions = default_dimensions(draft.company, party["id"])
    setup = draft.company.ledger_setup
    for name in set(SHORTCUTS) & set(draft.given):
        dimensions.pop(setup[name], None)
        if row[name]:
            dimensions[setup[name]] = row[name]
    set_dimensions(draft.company, row, dimensions)


def _names_payer(kind: DocumentKind, draft: Draft) -> bool:
    pair = payer_pair(kind)
    return bool({pair.id_name, pair.code_name} & set(draft.given))


def _payer_of(kind: DocumentKind, draft: Draft, party: Row) -> Row:
    """Who pays, or is paid, by the party's card, unless the request says it; the API shows no property for it.

    So it is when the buy-from vendor or the sell-to customer of a header is validated (tables 38 and 36).

    Raises:
        Refusal: That one is blocked.
    """
    named = party.get(f"_{kind.party.payer_id_name}") or ZERO_GUID
    payer = None if _names_payer(kind, draft) else draft.company.get(kind.party.party_set, named)
    if payer is None:
        return party
    _check_party(kind)(draft, payer)
    return payer


def _follow_payer(kind: DocumentKind, draft: Draft, party: Row | None) -> None:
    assert party
    taken = {
        f"{kind.party.payer}Name": party["displayName"],
        **{f"{kind.party.payer}{name}": party[source] for name, source in _ADDRESS.items()},
        **({name: party[name] for name in _SHARED_WITH_PAYER if name in party} if draft.stored is None else {}),
    }
    draft.row.update({name: value for name, value in taken.items() if name in draft.row and name not in draft.given})
    take_prices_include_tax(draft, party)
    draft.row["_paymentTermsId"] = party["paymentTermsId"]


def _address_rules(kind: DocumentKind) -> dict[str, PropertyRule]:
    """The rules of the party's address: the one that was like it until now follows it, line by line.

    That is where a sale is shipped to (Sales Header, UpdateShipToAddressFromSellToAddress), and who is paid for a
    purchase (Purchase Header, UpdatePayToAddressFromBuyFromAddress).
    """
    own, following = kind.party.address, kind.party.payer if kind.is_purchase else "shipTo"

    def rule(name: str) -> PropertyRule:
        def set_line(draft: Draft, value: Any) -> None:
            row = draft.row
            follows = all(row.get(f"{following}{line}") == row[f"{own}{line}"] for line in _ADDRESS)
            if (check := relation_rules(draft.entity_set).get(f"{own}{name}")) is not None:
                check(draft, value)
            row[f"{own}{name}"] = value
            if follows:
                row[f"{following}{name}"] = value

        return set_line

    return {f"{own}{name}": rule(name) for name in _ADDRESS}


def _follow_as_payer(kind: DocumentKind) -> DraftRule:
    def follow(draft: Draft) -> None:
        row, payer = draft.row, payer_pair(kind)
        if kind.headers in _PAYER_FOLLOWS and row[payer.id_name] == row[kind.party.id_name]:
            row.update({f"{kind.party.payer}{name}": row[f"{kind.party.address}{name}"] for name in _ADDRESS})

    return follow


def _date_rules(kind: DocumentKind) -> dict[str, PropertyRule]:
    def set_document_date(draft: Draft, value: Any) -> None:
        draft.row[kind.date] = value
        if draft.stored is None and "postingDate" not in draft.given:
            draft.row["postingDate"] = value

    def set_posting_date(draft: Draft, value: Any) -> None:
        draft.row["postingDate"] = value
        if draft.stored is None and kind.date not in draft.given:
            draft.row[kind.date] = value

    return {kind.date: set_document_date, "postingDate": set_posting_date}


def _discount_rule(kind: DocumentKind) -> PropertyRule:
    """A rule for a discount by amount, which lines must be there for: a new document has none yet."""

    def set_discount(draft: Draft, value: Any) -> None:
        if value < ZERO:
            raise refused("The invoice discount must not be negative.")
        lines = [] if draft.stored is None else draft.company.find(kind.lines, documentId=draft.row["id"])
        if value and not discount_base(lines):
            raise refused(said.NOTHING_TO_DISCOUNT)
        draft.row["discountAmount"] = value
        draft.row["_invoiceDiscount"] = value

    return set_discount


def _complete(kind: DocumentKind) -> DraftRule:
    set_due_date = _set_due_date(kind)

    def complete(draft: Draft) -> None:
        for name in (kind.date, "postingDate"):
            if draft.row[name] == BLANK_DATE:
                draft.row[name] = draft.company.today
        set_due_date(draft)
        # The number is drawn last, so that a refused create uses none up.
        draft.row["number"] = draft.company.next_number(kind.series)

    return complete


def _set_due_date(kind: DocumentKind) -> DraftRule:
    """A rule that counts the due date from the document date, unless the request says what it is."""

    def set_due_date(draft: Draft) -> None:
        row = draft.row
        if "dueDate" not in row or "dueDate" in draft.given or row[kind.date] == BLANK_DATE:
            return
        if draft.has_changed(kind.date, kind.party.id_name, "_paymentTermsId", "paymentTermsId"):
            terms_id = row.get("paymentTermsId") or row.get("_paymentTermsId")
            row["dueDate"] = due_date(draft.company, terms_id, row[kind.date])

    return set_due_date


def due_date(company: Company, terms_id: str | None, document_date: str) -> str:
    """When a document of a date is to be paid, by its payment terms.

    Raises:
        Refusal: The date lies beyond all dates.
    """
    terms = company.get("paymentTerms", terms_id or ZERO_GUID)
    formula = terms["dueDateCalculation"] if terms else ""
    try:
        return date_after(formula, date.fromisoformat(document_date)).isoformat()
    except (ValueError, OverflowError):
        raise refused(f"The due date cannot be calculated from {document_date} and {formula}.") from None


def _delete_lines(kind: DocumentKind) -> DraftRule:
    def delete(draft: Draft) -> None:
        for line in draft.company.find(kind.lines, documentId=draft.row["id"]):
            draft.company.delete(kind.lines, line["id"])

    return delete


def inherited_dimensions(company: Company, header: Row, *source_ids: str) -> dict[str, str]:
    """What a line starts with: its header's dimensions, and over them the defaults of what it is for."""
    return {**dimensions_of(header), **default_dimensions(company, *source_ids)}
