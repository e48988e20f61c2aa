"""The bound actions of documents: what each checks, what it does, where it leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import Kept, Refusal, refused
from dynamics_bc_emulator.rules.document_kinds import KIND_OF
from dynamics_bc_emulator.rules.posting.conversions import convert_quote
from dynamics_bc_emulator.rules.posting.corrections import cancel, corrective_draft
from dynamics_bc_emulator.rules.posting.kinds import ORDER_KINDS, POSTING_KINDS
from dynamics_bc_emulator.rules.posting.orders import deliver_and_invoice
from dynamics_bc_emulator.rules.posting.posting import post_draft, require_draft, require_posted
from dynamics_bc_emulator.rules.posting.sending import send

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import ActionRule, Draft
    from dynamics_bc_emulator.rules.posting.kinds import PostingKind


@dataclass(frozen=True, slots=True)
class Action:
    """A bound action, in words for the docs and as a rule.

    Attributes:
        rule: Does it.
        checks: What it refuses.
        leaves: What is there afterwards.
        leads_to: The set of the row that its `Location` names; blank for the row that it was bound to.
    """

    rule: ActionRule
    checks: str
    leaves: str
    leads_to: str = ""


def _post(draft: Draft, _body: Mapping[str, Any]) -> Row:
    kind = _kind(draft)
    require_draft(kind, draft.row)
    return post_draft(draft.company, kind, draft.row["id"])


def _post_and_send(draft: Draft, body: Mapping[str, Any]) -> Row:
    """Post, then send; what is posted stays posted when it cannot be sent."""
    return _and_send(_kind(draft), draft.company, _post(draft, body))


def _cancel(draft: Draft, _body: Mapping[str, Any]) -> Row:
    return cancel(draft.company, _kind(draft), draft.row)


def _cancel_and_send(draft: Draft, body: Mapping[str, Any]) -> Row:
    return _and_send(_kind(draft), draft.company, _cancel(draft, body))


def _and_send(kind: PostingKind, company: Company, header: Row) -> Row:
    try:
        send(company, kind.document, header, kind.noun)
    except Refusal as refusal:
        raise Kept(refusal) from None
    return header


def _send_invoice(draft: Draft, _body: Mapping[str, Any]) -> Row:
    kind = _kind(draft)
    if not draft.row.get("_posted"):
        _require_lines(draft, kind.document.lines, kind.says_without_lines)
    send(draft.company, kind.document, draft.row, kind.noun)
    return draft.row


def _send_credit_memo(draft: Draft, _body: Mapping[str, Any]) -> Row:
    kind = _kind(draft)
    require_posted(kind, draft.row)
    send(draft.company, kind.document, draft.row, kind.noun)
    return draft.row


def _send_quote(draft: Draft, _body: Mapping[str, Any]) -> Row:
    kind = KIND_OF[draft.entity_set]
    _require_lines(draft, kind.lines, "Please add at least one line item to the document.")
    send(draft.company, kind, draft.row, "quote")
    moment = f"{draft.company.now():%Y-%m-%dT%H:%M:%SZ}"
    return draft.company.update(draft.entity_set, draft.row["id"], {"status": "Sent", "sentDate": moment})


def _require_lines(draft: Draft, line_set: str, message: str) -> None:
    if not draft.company.find(line_set, documentId=draft.row["id"]):
        raise refused(message)


def _correct(draft: Draft, _body: Mapping[str, Any]) -> Row:
    return corrective_draft(draft.company, _kind(draft), draft.row)


def _deliver_and_invoice(draft: Draft, _body: Mapping[str, Any]) -> Row:
    kind = ORDER_KINDS[draft.entity_set]
    if not kind.document.is_purchase:
        _require_lines(draft, kind.document.lines, "Please add at least one line item to the estimate.")
    return deliver_and_invoice(draft.company, kind, draft.row["id"])


def _make(entity_set: str) -> ActionRule:
    def make(draft: Draft, _body: Mapping[str, Any]) -> Row:
        return convert_quote(draft.company, draft.row, entity_set)

    return make


def _kind(draft: Draft) -> PostingKind:
    return POSTING_KINDS[draft.entity_set]


_TO_SEND = "the customer has an email address"
_POSTABLE = (
    "it is a draft with a quantity on a line; posting date in range; party, items and accounts not blocked; "
    "dimensions that are demanded; accounts in the set-up"
)
_POSTED = (
    "the same `id` and line ids, another `number`, status `Open` (`Paid` if settled at once); entries in the general "
    "ledger with VAT, in the party's and, for stock, in the item ledger; what `invoiceId` names is settled"
)
_CANCELLABLE = "posted, `Open`, nothing paid, no correction itself; period open; party, items and accounts not blocked"
_CANCELED = (
    "status `Canceled`; a posted `Corrective` credit memo of the same posting date takes back every entry and settles "
    "it; an order that is still there may be posted again"
)
_UNDONE = (
    "status `Canceled`; a posted `Corrective` invoice takes back every entry and settles it; the invoice that it had "
    "canceled is `Open` again"
)
_MAIL = "a mail in the control `mails`"
_MAIL_OF_STATUS = f"{_MAIL}; of a canceled one, that it is"
_VENDOR_NUMBER = "the vendor's number is there (unless `externalDocumentNumbers` says otherwise) and new"

ACTIONS: dict[str, dict[str, Action]] = {
    "salesInvoices": {
        "post": Action(_post, _POSTABLE, _POSTED),
        "postAndSend": Action(_post_and_send, f"as `post`; {_TO_SEND}, else it is posted all the same", _MAIL),
        "send": Action(_send_invoice, f"a draft has lines; {_TO_SEND}", _MAIL_OF_STATUS),
        "cancel": Action(_cancel, _CANCELLABLE, _CANCELED),
        "cancelAndSend": Action(_cancel_and_send, f"as `cancel`; {_TO_SEND}, else it is canceled all the same", _MAIL),
        "makeCorrectiveCreditMemo": Action(
            _correct,
            "posted, nothing paid or credited",
            "a draft credit memo with the invoice's lines and dates, `invoiceId` and `invoiceNumber`",
            "salesCreditMemos",
        ),
    },
    "salesCreditMemos": {
        "post": Action(_post, _POSTABLE, _POSTED),
        "postAndSend": Action(_post_and_send, f"as `post`; {_TO_SEND}, else it is posted all the same", _MAIL),
        "send": Action(_send_credit_memo, f"posted; {_TO_SEND}", _MAIL_OF_STATUS),
        "cancel": Action(_cancel, "posted and `Corrective`; as for invoices", _UNDONE),
        "cancelAndSend": Action(_cancel_and_send, f"as `cancel`; {_TO_SEND}, else it is canceled all the same", _MAIL),
    },
    "salesQuotes": {
        "makeInvoice": Action(
            _make("salesInvoices"),
            "customer not blocked",
            "a draft invoice with an id of its own; the quote is gone, what is attached to it follows",
            "salesInvoices",
        ),
        "makeOrder": Action(
            _make("salesOrders"),
            "customer not blocked",
            "an order with an id of its own; the quote is gone, what is attached to it follows",
            "salesOrders",
        ),
        "send": Action(_send_quote, f"it has lines; {_TO_SEND}", f"{_MAIL}; status `Sent` and `sentDate`"),
    },
    "salesOrders": {
        "shipAndInvoice": Action(
            _deliver_and_invoice,
            "something to ship or to invoice, not more than is left; all of it unless `partialShipping`; as `post`",
            "a shipment of `shipQuantity`, a posted invoice of `invoiceQuantity` with an id of its own, `orderId` and "
            "`orderNumber`; the order is gone once all is invoiced",
            "salesInvoices",
        ),
    },
    "purchaseInvoices": {"post": Action(_post, f"{_POSTABLE}; {_VENDOR_NUMBER}", _POSTED)},
    "purchaseCreditMemos": {
        "post": Action(_post, f"{_POSTABLE}; {_VENDOR_NUMBER}", _POSTED),
        "cancel": Action(_cancel, "posted and `Corrective`; as for invoices", _UNDONE),
    },
    "purchaseOrders": {
        "receiveAndInvoice": Action(
            _deliver_and_invoice,
            "something to receive or to invoice, not more than is left; as `post`, the vendor's number too, which the "
            "page does not have (unless `externalDocumentNumbers` says otherwise): the control `edit` sets it as "
            "`_vendorInvoiceNumber`",
            "a receipt of `receiveQuantity`, a posted invoice of `invoiceQuantity` with an id of its own, `orderId` "
            "and `orderNumber`; the order is gone once all is invoiced",
            "purchaseInvoices",
        ),
    },
}
