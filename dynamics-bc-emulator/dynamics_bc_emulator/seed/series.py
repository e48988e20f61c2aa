"""The number series of a company, and the last number of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.seed.books import Books

# Series: its entity set, whether of posted rows (None where that makes no difference), prefix, digits, and where it
# begins.
_SERIES: dict[str, tuple[str, bool | None, str, int, int]] = {
    "CUST": ("customers", None, "C", 5, 0),
    "VEND": ("vendors", None, "V", 5, 0),
    "ITEM": ("items", None, "", 4, 1000),
    "CONT": ("contacts", None, "CT", 6, 0),
    "EMP": ("employees", None, "E", 4, 0),
    "BANK": ("bankAccounts", None, "B", 3, 0),
    "FA": ("fixedAssets", None, "FA", 6, 0),
    "JOB": ("projects", None, "PR", 5, 0),
    "OPP": ("opportunities", None, "OP", 6, 0),
    "S-QUO": ("salesQuotes", False, "", 4, 1000),
    "S-ORD": ("salesOrders", False, "", 6, 101000),
    "S-INV": ("salesInvoices", False, "", 6, 102000),
    "S-INV+": ("salesInvoices", True, "", 6, 103000),
    "S-CR": ("salesCreditMemos", False, "", 4, 1000),
    "S-CR+": ("salesCreditMemos", True, "", 6, 104000),
    "S-SHPT": ("salesShipments", None, "", 6, 102000),
    "P-QUO": ("purchaseQuotes", None, "", 4, 1000),
    "P-ORD": ("purchaseOrders", False, "", 6, 106000),
    "P-INV": ("purchaseInvoices", False, "", 6, 107000),
    "P-INV+": ("purchaseInvoices", True, "", 6, 108000),
    "P-CR": ("purchaseCreditMemos", False, "", 4, 1000),
    "P-CR+": ("purchaseCreditMemos", True, "", 6, 109000),
    "P-RCPT": ("purchaseReceipts", None, "", 6, 107000),
    "GJNL": ("", None, "G", 5, 0),
    "GJNL-GEN": ("", None, "G", 5, 0),
    "GJNL-PMT": ("", None, "G0", 4, 4000),
    "GJNL-RCPT": ("", None, "G0", 4, 2000),
}
# The invoices that name orders which are gone.
_ORDERED = {"S-ORD": "salesInvoices", "P-ORD": "purchaseInvoices"}


def lasts(books: Books) -> Iterator[tuple[str, str, int, int]]:
    """Every series with its prefix, its digits and the last number that is taken."""
    for name, (entity_set, posted, prefix, width, start) in _SERIES.items():
        number = re.compile(re.escape(prefix) + rf"(\d{{1,{width}}})")
        own = (row["number"] for row in books.all(entity_set) if posted is None or bool(row.get("_posted")) == posted)
        named = (row.get("orderNumber", "") for row in (books.all(_ORDERED[name]) if name in _ORDERED else ()))
        taken = [int(digits[1]) for text in (*own, *named) if (digits := number.fullmatch(str(text)))]
        yield name, prefix, width, max([start, *taken])
