"""Which values change without the stamp of their row, and how are the rows found in which they may have?

Sources: the tables and pages behind the standard API in the public source of Business Central, by which these values
are calculated when a row is read (FlowFields, or variables of the page), while a row's stamp moves when the row itself
is written. Documents are shown from tables of their own (such as Sales Invoice Entity Aggregate and Sales Order Entity
Buffer), which are not written when the description of a line or its dimensions are edited.

- `remainingAmount` of sales invoices: a partial payment; a full one changes `status`, which is stored.
- `fullyShipped` and `fullyReceived` of orders and the quantities of their lines: shipments and receipts.
- Lines of drafts, orders and quotes: an edited description or dimension, a line that is deleted.
- `inventory` of items: every item ledger entry.
- `balanceDue` of customers, `balance` of vendors and of bank accounts, `netChange` and `balance` of accounts: postings,
  and nothing that the API shows tells whose. These are left to the setting `full_reread_every`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_dynamics_bc.streams.routes import STANDARD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_dynamics_bc.streams.description import Stream


@dataclass(frozen=True, slots=True)
class Naming:
    """Entries that name the rows whose values they move.

    Attributes:
        entity_set: The set of the entries.
        by: Their property that names a row.
        name: The property of the row that it is named by.
        stamp: The stamp of the entries.
    """

    entity_set: str
    by: str
    name: str
    stamp: str = "lastModifiedDateTime"


@dataclass(frozen=True, slots=True)
class Silent:
    """What changes in an entity set without its stamp.

    Attributes:
        properties: Its own properties that do.
        open: The filter of the rows in which they may, and in which what comes with them may change likewise.
        named: The entries that name these rows instead.
    """

    properties: tuple[str, ...] = ()
    open: str = ""
    named: Naming | None = None


_DRAFT = "status eq 'Draft'"
# What waits for an approval may be edited in its texts and dimensions; a purchase invoice shows it as a draft.
_DRAFT_OR_WAITING = "status eq 'Draft' or status eq 'In_x0020_Review'"
_NOT_PAID = f"{_DRAFT_OR_WAITING} or status eq 'Open'"

OF_THE_STANDARD_API: Mapping[str, Silent] = {
    "salesInvoices": Silent(("remainingAmount",), _NOT_PAID),
    "purchaseInvoices": Silent((), _DRAFT),
    "salesCreditMemos": Silent((), _DRAFT_OR_WAITING),
    "purchaseCreditMemos": Silent((), _DRAFT_OR_WAITING),
    "salesOrders": Silent(("fullyShipped",), _NOT_PAID),
    "purchaseOrders": Silent(("fullyReceived",), _NOT_PAID),
    "salesQuotes": Silent((), "status eq 'Draft' or status eq 'Sent'"),
    "items": Silent(("inventory",), named=Naming("itemLedgerEntries", by="itemNumber", name="number")),
}

_NOTHING = Silent()


def silent(stream: Stream) -> Silent:
    """What changes in a stream's set without its stamp."""
    return OF_THE_STANDARD_API.get(stream.entity_set.name, _NOTHING) if stream.route == STANDARD else _NOTHING
