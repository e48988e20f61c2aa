"""What Microsoft's tests of the actions of documents show, for any kind of document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.documents import SALES_CREDIT_MEMO, SALES_INVOICE, path_of, with_lines

if TYPE_CHECKING:
    from conformance.documents import Kind
    from conformance.plain_http import Answer, Api

DIALOG = (400, "Application_DialogException")


def run(api: Api, kind: Kind, header: dict[str, Any], action: str) -> Answer:
    """Run an action, which answers without a body."""
    answer = api.act(path_of(kind, header), action)
    assert (answer.status, answer.content) == (204, b"")
    return answer


def status_of(api: Api, kind: Kind, header: dict[str, Any]) -> str:
    return str(api.get(path_of(kind, header))["status"])


def with_mail(api: Api, kind: Kind) -> dict[str, Any]:
    """A draft of a customer that can be written to."""
    customer = api.post("customers", {"displayName": "Reader", "email": "reader@contoso.example"})
    return with_lines(api, kind, party=customer)


def posted_with_mail(api: Api, kind: Kind) -> dict[str, Any]:
    header = with_mail(api, kind)
    run(api, kind, header, "post")
    return header


def assert_mailed(api: Api, kind: Kind, header: dict[str, Any], what: str = "document") -> None:
    """One mail was written, which brings the document or says that it is canceled."""
    (mail,) = api.desk.company.find("_mails")
    assert (mail["documentId"], mail["kind"]) == (header["id"], what)
    assert mail["documentNumber"] == api.get(path_of(kind, header))["number"]
    assert mail["to"] == "reader@contoso.example"


def led_to(api: Api, answer: Answer) -> str:
    """Where an answer's `Location` leads, below the company."""
    return answer.headers["location"].partition(f"companies({api.desk.company.id})/")[2]


def a_draft_is_posted(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    assert header["status"] == "Draft"
    run(api, kind, header, "post")
    posted = api.get(path_of(kind, header))
    assert (posted["id"], posted["status"]) == (header["id"], "Open")
    assert posted["number"] != header["number"]
    # What a mail would be addressed with comes along.
    kept = ("totalAmountIncludingTax", kind.party_number, kind.date, *(("email",) if kind.is_sale else ()))
    assert {name: posted[name] for name in kept} == {name: header[name] for name in kept}


def a_draft_is_posted_and_sent(api: Api, kind: Kind) -> None:
    header = with_mail(api, kind)
    assert header["status"] == "Draft"
    run(api, kind, header, "postAndSend")
    assert status_of(api, kind, header) == "Open"
    assert_mailed(api, kind, header)


def a_posted_one_is_sent(api: Api, kind: Kind) -> None:
    header = posted_with_mail(api, kind)
    run(api, kind, header, "send")
    assert status_of(api, kind, header) == "Open"
    assert_mailed(api, kind, header)


def a_draft_is_sent(api: Api, kind: Kind) -> None:
    header = with_mail(api, kind)
    run(api, kind, header, "send")
    assert_mailed(api, kind, header)


def a_draft_is_not_sent(api: Api, kind: Kind) -> None:
    header = with_mail(api, kind)
    refusal = api.refused("POST", f"{path_of(kind, header)}/Microsoft.NAV.send")
    assert refusal == (*DIALOG, "The action can be applied to a posted credit memo only.")
    assert status_of(api, kind, header) == "Draft"


def a_posted_invoice_is_canceled(api: Api, kind: Kind) -> None:
    header = posted_with_mail(api, kind)
    run(api, kind, header, "cancel")
    assert status_of(api, kind, header) == "Canceled"


def a_posted_invoice_is_canceled_and_sent(api: Api, kind: Kind) -> None:
    header = posted_with_mail(api, kind)
    run(api, kind, header, "cancelAndSend")
    assert status_of(api, kind, header) == "Canceled"
    assert_mailed(api, kind, header, "cancellation")


def a_canceled_invoice_is_sent(api: Api, kind: Kind) -> None:
    header = posted_with_mail(api, kind)
    run(api, kind, header, "cancel")
    run(api, kind, header, "send")
    assert_mailed(api, kind, header, "cancellation")


def a_posted_invoice_gets_a_corrective_credit_memo(api: Api, kind: Kind) -> None:
    header = posted_with_mail(api, kind)
    run(api, kind, header, "makeCorrectiveCreditMemo")
    number = api.get(path_of(kind, header))["number"]
    memo = api.row(SALES_CREDIT_MEMO.headers, invoiceNumber=number)
    assert (memo["status"], memo["invoiceId"]) == ("Draft", header["id"])
    assert memo["id"] != header["id"]
    # Nothing of it is mailed yet.
    assert api.desk.company.find("_mails") == []


def _corrective(api: Api) -> dict[str, Any]:
    """The credit memo that canceled a sales invoice."""
    invoice = posted_with_mail(api, SALES_INVOICE)
    run(api, SALES_INVOICE, invoice, "cancel")
    number = api.get(path_of(SALES_INVOICE, invoice))["number"]
    memo = api.row(SALES_CREDIT_MEMO.headers, invoiceNumber=number)
    assert memo["status"] == "Corrective"
    return memo


def another_credit_memo_is_not_canceled(api: Api, kind: Kind) -> None:
    header = with_lines(api, kind)
    run(api, kind, header, "post")
    assert api.refused("POST", f"{path_of(kind, header)}/Microsoft.NAV.cancel")[:2] == DIALOG
    assert status_of(api, kind, header) == "Open"


def a_corrective_credit_memo_is_canceled(api: Api, kind: Kind) -> None:
    memo = _corrective(api)
    run(api, kind, memo, "cancel")
    assert status_of(api, kind, memo) == "Canceled"


def a_corrective_credit_memo_is_canceled_and_sent(api: Api, kind: Kind) -> None:
    memo = _corrective(api)
    run(api, kind, memo, "cancelAndSend")
    assert status_of(api, kind, memo) == "Canceled"
    assert_mailed(api, kind, memo, "cancellation")


def a_canceled_credit_memo_is_sent(api: Api, kind: Kind) -> None:
    memo = _corrective(api)
    run(api, kind, memo, "cancel")
    run(api, kind, memo, "send")
    assert_mailed(api, kind, memo, "cancellation")


def a_quote_is_sent(api: Api, kind: Kind) -> None:
    header = with_mail(api, kind)
    assert header["status"] == "Draft"
    run(api, kind, header, "send")
    assert status_of(api, kind, header) == "Sent"
    assert_mailed(api, kind, header)


def a_quote_becomes_an_invoice(api: Api, kind: Kind) -> None:
    _convert(api, kind, "makeInvoice", "salesInvoices")


def a_quote_becomes_an_order(api: Api, kind: Kind) -> None:
    _convert(api, kind, "makeOrder", "salesOrders")


def _convert(api: Api, kind: Kind, action: str, headers: str) -> None:
    header = with_mail(api, kind)
    assert header["status"] == "Draft"
    path = led_to(api, run(api, kind, header, action))
    assert path.startswith(f"{headers}(")
    assert not api.is_there(path_of(kind, header))
    made = api.get(path)
    assert (made["status"], made["customerNumber"]) == ("Draft", header["customerNumber"])
    assert made["totalAmountIncludingTax"] == header["totalAmountIncludingTax"] > 0
    assert made["id"] != header["id"]
    assert api.desk.company.find("_mails") == []
