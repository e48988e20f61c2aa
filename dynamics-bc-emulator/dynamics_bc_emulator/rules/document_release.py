"""May a draft be changed and posted, by who has approved and released it?

The internal `_documentStatus` of a header is blank while it is open, else `Pending Approval` or `Released`; nothing of
the API sets it. A purchase invoice shows `Draft` all the same, any other document `In_x0020_Review` or `Open`, which
the control `edit` sets beside it. The table `approvals` names the sets whose documents a workflow has to approve.

The rules are those of codeunits 1535 (Approvals Mgmt.) and 1550 (Record Restriction Mgt.) and of TestStatusOpen of
tables 36 to 39.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal, refused

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.document_kinds import DocumentKind
    from dynamics_bc_emulator.rules.draft import Draft, DraftRule

PENDING = "Pending Approval"
_TYPES = {"Invoices": "Invoice", "Orders": "Order", "Memos": "Credit Memo", "Quotes": "Quote"}
_FIXED = frozenset({"currencyId", "currencyCode", "pricesIncludeTax", "shipmentMethodId"})


def document_type(kind: DocumentKind) -> str:
    """What the service's tables call a document's type: `Credit Memo`."""
    return next(caption for ending, caption in _TYPES.items() if kind.headers.endswith(ending))


def header_table(kind: DocumentKind) -> str:
    """The table of its header: `Sales Header`."""
    return f"{'Purchase' if kind.is_purchase else 'Sales'} Header"


def check_may_be_posted(company: Company, kind: DocumentKind, header: Row) -> None:
    """Refuse to post what waits for an approval, or needs one that nobody has asked for.

    Raises:
        Refusal: It does.
    """
    status, number = header.get("_documentStatus") or "", header["number"]
    if status == PENDING:
        raise refused(f"You cannot use {header_table(kind)}: {document_type(kind)},{number} for this action.")
    if not status and company.first("_approvals", entitySet=kind.headers) is not None:
        side = "Purchase" if kind.is_purchase else "Sales"
        what = f"{side} {document_type(kind)} {number}"
        raise refused(f"{what} must be approved and released before you can perform this action.")


def check_prepaid(company: Company, kind: DocumentKind, header: Row) -> None:
    """Refuse to post an order of somebody who pays, or is paid, in advance: no API invoices prepayments.

    Raises:
        Refusal: The table `prepayments` has a percentage for its customer or vendor.
    """
    for row in company.find("_prepayments", party=kind.party.caption):
        if row["percent"] and row["number"] in {"", header[kind.party.number_name]}:
            what = f"the document of type {document_type(kind)} with the number {header['number']}"
            raise refused(f"There are unposted prepayment amounts on {what}.")


def check_open(kind: DocumentKind, header: Row) -> None:
    """Refuse a change of what is released, or waits for an approval.

    Raises:
        Refusal: It is.
    """
    if status := header.get("_documentStatus"):
        where = f"{header_table(kind)}: Document Type={document_type(kind)}, No.={header['number']}"
        message = f"Status must be equal to 'Open'  in {where}. Current value is '{status}'."
        raise Refusal(400, "Application_FieldValidationException", message)


def fixed_by_release(kind: DocumentKind) -> DraftRule:
    """A rule for the properties of a header that only an open document takes."""
    party = kind.party
    fixed = {*_FIXED, party.id_name, party.number_name, party.payer_id_name}

    def check(draft: Draft) -> None:
        if draft.has_changed(*fixed):
            check_open(kind, draft.row)

    return check
