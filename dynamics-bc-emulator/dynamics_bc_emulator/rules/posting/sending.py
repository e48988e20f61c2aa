"""How a document is sent: what mails there are, and what keeps one from being written.

The emulator sends nothing. It keeps the mails that the service would have sent in the internal set `_mails`, which the
control `mails` shows. The mail is set up, as the service asks first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.ledger import next_entry_number

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.document_kinds import DocumentKind

MAILS = "_mails"


def send(company: Company, kind: DocumentKind, header: Row, noun: str) -> None:
    """Write the mail that brings a document, or says that it is canceled, to its customer.

    The address is the customer's: what the document's own `email` says, the service does not look at.

    Raises:
        Refusal: The customer has no address.
    """
    customer = company.get("customers", header["customerId"]) or {}
    if not customer.get("email"):
        raise refused(f"The send-to email is empty. Specify email either for the customer or for the {noun}.")
    is_canceled = header.get("status") == "Canceled"
    mail = {
        "entryNumber": next_entry_number(company, MAILS),
        "to": customer["email"],
        "subject": f"{noun.title()} {header['number']}{' is canceled' if is_canceled else ''}",
        "kind": "cancellation" if is_canceled else "document",
        "entitySet": kind.headers,
        "documentId": header["id"],
        "documentNumber": header["number"],
        "sentAt": f"{company.now():%Y-%m-%dT%H:%M:%SZ}",
    }
    company.insert(MAILS, mail)
