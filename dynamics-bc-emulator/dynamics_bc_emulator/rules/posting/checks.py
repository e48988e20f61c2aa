"""What is checked before a document is posted, in the order in which the service looks."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules.dimension_checks import Owner, check_dimensions
from dynamics_bc_emulator.rules.dimensions import dimensions_of
from dynamics_bc_emulator.rules.document_lines import check_account
from dynamics_bc_emulator.rules.ledger import check_posting_date
from dynamics_bc_emulator.rules.line_objects import LINE_OBJECTS, check_object, product_group_of
from dynamics_bc_emulator.stamps import BLANK_DATE, ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.parties import Party
    from dynamics_bc_emulator.rules.posting.document import Document

NOTHING_TO_POST = "There is nothing to post because the document does not contain a quantity or amount."


def check_document(document: Document) -> None:
    """Refuse a document that cannot be posted.

    Raises:
        Refusal: One of the checks fails.
    """
    for check in _CHECKS:
        check(document)


def check_correction(document: Document) -> None:
    """Refuse to correct a posted document whose like could not be posted on its date.

    Raises:
        Refusal: Its period is closed, or its party, an item or an account is blocked.
    """
    for check in (_check_date, _check_dimensions, _check_parties, _check_lines):
        check(document)


def check_party(party: Party, owner: Row, stopping: tuple[str, ...], act: str = "post") -> None:
    """Refuse a customer or vendor that is blocked for what is to happen.

    Args:
        party: Which side of trade.
        owner: The customer or vendor.
        stopping: The values of `blocked` that stop it.
        act: What is to happen, as a verb.

    Raises:
        Refusal: It is blocked.
    """
    if owner["blocked"] in stopping:
        who = f"{party.caption} {owner['number']}"
        raise refused(f"You cannot {act} this type of document when {who} is blocked with type {owner['blocked']}.")


def _check_quantity(document: Document) -> None:
    if not document.lines and document.kind.says_without_lines:
        raise refused(document.kind.says_without_lines)
    if not any(line["quantity"] for line in document.counted_lines):
        raise refused(NOTHING_TO_POST)


def _check_reference(document: Document) -> None:
    """The other party's number is there where the set-up demands it, and a vendor's is new for that vendor."""
    kind, header = document.kind, document.header
    number = str(header.get(kind.reference) or "").strip()
    if not number:
        _check_without_reference(document)
    if not number or not kind.needs_reference:
        return
    for entry in document.company.find(kind.party.entries, **{kind.party.id_name: document.payer["id"]}):
        if entry["documentType"] == kind.ledger_type and entry["externalDocumentNumber"] == number:
            what = f"Purchase {kind.noun.title()} {number}"
            raise refused(f"{what} already exists for this vendor: it is posted as {entry['documentNumber']}.")


def _check_without_reference(document: Document) -> None:
    """Refuse what lacks the other party's number: purchases, unless the table `externalDocumentNumbers` decides."""
    kind, number = document.kind, document.header["number"]
    setup = document.company.first("_externalDocumentNumbers", party=kind.party.caption)
    if not (kind.needs_reference if setup is None else setup["mandatory"]):
        return
    if not kind.document.is_purchase:
        message = f"External Document No. must have a value in Sales Header: No.={number}. It cannot be zero or empty."
        raise Refusal(400, "Application_FieldValidationException", message)
    field = {"invoice": "Vendor Invoice No.", "credit memo": "Vendor Cr. Memo No."}[kind.noun]
    message = f"You need to enter the document number of the document from the vendor in the {field} field"
    raise refused(f"{message} of {kind.noun} {number}.")


def _check_total(document: Document) -> None:
    if document.kind.is_invoice and sum(line["netAmountIncludingTax"] for line in document.counted_lines) < 0:
        raise refused("The total amount for the invoice must be 0 or greater.")


def _check_stated_totals(document: Document) -> None:
    """Refuse a bill where the set-up compares its total with the one on the vendor's paper, which no API takes."""
    kind, header = document.kind, document.header
    setup = document.company.first("_documentTotals", party=kind.party.caption)
    total = sum((Decimal(line["netAmountIncludingTax"]) for line in document.counted_lines), Decimal(0))
    if setup is not None and setup["checked"] and total != (header.get("_documentAmount") or 0):
        stated = header.get("_documentAmount") or 0
        raise refused(f"Doc. Amount Incl. VAT ({stated}) is not equal to total of lines ({total.normalize():,f})")


def _check_posting_groups(document: Document) -> None:
    """Refuse groups whose combination is blocked (CheckBlockedPostingGroups of codeunits 80 and 90)."""
    for line in document.counted_lines:
        groups = {"General": product_group_of(document.company, line), "VAT": line["taxCode"]}
        for setup, group in groups.items():
            blocked = {"setup": setup, "businessGroup": document.area, "productGroup": group}
            if document.company.first("_blockedPostingSetup", **blocked) is not None:
                short = {"General": "Gen.", "VAT": "VAT"}[setup]
                pair = f"{short} Bus. Posting Group {document.area} and {short} Prod. Posting Group {group}"
                raise refused(f"Setup is blocked in {setup} Posting Setup for {pair}.")


def _check_date(document: Document) -> None:
    header = document.header
    if header["postingDate"] == BLANK_DATE:
        message = f"Posting Date must have a value in {document.kind.noun} {header['number']}."
        raise Refusal(400, "Application_FieldValidationException", message)
    check_posting_date(document.company, header["postingDate"])


def _check_parties(document: Document) -> None:
    kind = document.kind
    for owner in (document.party, document.payer):
        check_party(kind.party, owner, kind.stopping)


def _check_dimensions(document: Document) -> None:
    """Dimensions of the header have to fit who pays, those of a line what it is for and where that is."""
    company, header = document.company, document.header
    seller = company.first("salespeoplePurchasers", code=header.get("salesperson") or header.get("purchaser") or "-")
    owners = [Owner.of(document.kind.party.caption, document.payer)]
    owners += [Owner.of("Salesperson/Purchaser", seller)] if seller else []
    check_dimensions(company, dimensions_of(header), owners)
    for line in document.counted_lines:
        check_dimensions(company, dimensions_of(line), _owners(company, line))


def _owners(company: Company, line: Row) -> Iterator[Owner]:
    caption, entity_set = LINE_OBJECTS[line["lineType"]]
    found = company.first(entity_set, number=line["lineObjectNumber"])
    if found is not None:
        yield Owner.of(caption, found)
    location = company.get("locations", line.get("locationId") or ZERO_GUID)
    if location is not None:
        yield Owner.of("Location", location)


def _check_lines(document: Document) -> None:
    for line in document.counted_lines:
        _check_line(document.company, line)
        check_object(document.company, line, is_purchase=document.kind.document.is_purchase)


def _check_line(company: Company, line: Row) -> None:
    if line["quantity"] and not line["lineObjectNumber"]:
        raise refused(f"No. must have a value in line {line['sequence']}; it cannot be blank.")
    if line["lineType"] == "Account":
        check_account(company, line["lineObjectNumber"])
    elif line["lineType"] == "Item":
        item = company.get("items", line["itemId"])
        if item is None or item["blocked"]:
            raise refused(f"Blocked must be equal to 'No' in Item: No.={line['lineObjectNumber']}.")


_CHECKS: tuple[Callable[[Document], None], ...] = (
    _check_quantity,
    _check_reference,
    _check_total,
    _check_date,
    _check_dimensions,
    _check_parties,
    _check_lines,
    _check_posting_groups,
    _check_stated_totals,
)
