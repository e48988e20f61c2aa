"""How a quote becomes an order or an invoice: the new document has an id and a number of its own, the quote is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules.document_kinds import KIND_OF
from dynamics_bc_emulator.rules.documents import refresh_document
from dynamics_bc_emulator.rules.order_quantities import expect_remainder
from dynamics_bc_emulator.rules.posting.checks import check_party
from dynamics_bc_emulator.rules.posting.copying import (
    Way,
    copy_header,
    copy_lines,
    hand_over_attachments,
    names_of,
    remove,
)

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row

_QUOTE = KIND_OF["salesQuotes"]
# What attachments call what a quote becomes.
_PARENT_TYPES = {"salesOrders": "Sales_x0020_Order", "salesInvoices": "Sales_x0020_Invoice"}


def convert_quote(company: Company, quote: Row, entity_set: str) -> Row:
    """Make an order or an invoice of a quote.

    Returns:
        The new document, a draft.

    Raises:
        Refusal: The customer is blocked.
    """
    target = KIND_OF[entity_set]
    for name in (target.party.id_name, target.party.payer_id_name):
        customer = company.get(target.party.party_set, quote[name])
        if customer is not None:
            check_party(target.party, customer, ("Ship", "Invoice", "All"), "create")
    way = Way(names_of(_QUOTE), names_of(target))
    own = {"number": company.next_number(target.series), "status": "Draft", "_posted": False}
    given = {"partialShipping": True, "_quoteNumber": quote["number"], "postingDate": quote["postingDate"]}
    document = copy_header(company, way, quote, **own, **given)
    for line in copy_lines(company, way, company.find(_QUOTE.lines, documentId=quote["id"]), document):
        expect_remainder(line)
        company.update(target.lines, line["id"], line)
    hand_over_attachments(company, quote["id"], document["id"], _PARENT_TYPES[entity_set])
    remove(company, way.source, quote["id"])
    refresh_document(company, target, document["id"])
    return company.get(entity_set, document["id"]) or document
