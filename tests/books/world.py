"""Which company is a random file for, and what is it set up to do?"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from books.asked import Party

if TYPE_CHECKING:
    import random

EXPENSES = ("8210", "8310", "8410", "8450")
ITEMS = ("1896-S", "1906-S", "1968-S")
TRADED = "traded"
TRADED_ACCOUNTS = frozenset({"7110", "7120", "7130", "7140", "6110", "6120", "6130", "6910"})
"""Accounts of what is bought and sold, and of discounts, wherever the other party is."""
CASH = "2910"
ASSET, ASSETS = "FA000010", "1210"
"""A fixed asset, and the account that it is bought onto."""
CHARGE, RESOURCE = "FREIGHT", "MARTY"
CLASSES = {"RETAIL": "Retail", "ONLINE": "Online", "WHOLESALE": "Wholesale"}
DEPARTMENTS = {"SALES": "Sales", "ADM": "Administration", "PROD": "Production"}
VENDORS = ("10000", "20000", "30000")
EMPLOYEES = ("JO", "TD", "OF", "MH", "EH")
CUSTOMERS = ("10000", "20000", "30000", "40000")
OF_VENDORS = "PURCHASING"
"""The department that all vendors of the demo company hand down."""
ODD_VENDOR, ODD_ITEM = "40000", "1968-S"
"""A vendor whose new bills have a line of their own, and a discount on the item, where the world is an odd one."""
ODD_CUSTOMER, ROUNDED_ITEM = "40000", "1906-S"
"""A customer whose documents have an invoice discount of their own there, and an item that is sold by the piece."""
RATES = {"": Decimal(1), "EUR": Decimal("0.6458"), "USD": Decimal("0.648824"), "SEK": Decimal("0.098965")}
LOCAL = "GBP"
CENT = Decimal("0.01")
ACCOUNTS = frozenset({*EXPENSES, TRADED, CASH, ASSETS})
"""The accounts that records of files add to."""
LINES_FOR = {"Item": TRADED, "Resource": TRADED, "Charge": TRADED, "Fixed_x0020_Asset": ASSETS}
"""Where a line is posted to by its type; one for an account names it."""
KEPT_BACK = frozenset({"foreign_lines", "amount_differs", "discount_differs", "not_applied", "total_differs"})
DAY = "2026-01-20"
WITHOUT_TAX = ("10000", "30000")
"""Vendors abroad, on whose bills no tax is added."""
Own = tuple[str, str]
"""A class and a department."""


@dataclass(slots=True)
class World:
    """What is particular about the company and the run that a file is for.

    Attributes:
        has_store: The target keeps what it did.
        is_odd: One vendor has recurring lines and discounts.
        newcomers: Vendors that come with the file, in either dialect.
        fixed: The party of the next record, which is another version of one.
        is_explicit: The next record says everything, because what it did not say would stay as it was.
        orders_need_numbers: Purchase orders are not posted, as their page has no number of the vendor's.
        contact: The id of a contact of a customer.
        is_early: Files are drawn as before they had lines for resources, assets and charges, and files of entries: a
            seed that told of a fault then tells of it still.
        only: Kinds of which a file holds one record at most, as there is one row of them.
    """

    has_store: bool = True
    is_odd: bool = False
    newcomers: list[Party] = field(default_factory=list)
    fixed: Party | None = None
    is_explicit: bool = False
    orders_need_numbers: bool = False
    contact: str = ""
    is_early: bool = False
    only: list[str] = field(default_factory=lambda: ["companyInformation", "customerContacts"])

    def currency(self, chance: random.Random) -> str:
        """What a document says of its currency; empty for nothing."""
        found = chance.choice(("", "", *RATES))
        return LOCAL if self.is_explicit and not found else found

    def rounds(self, lines: list[dict[str, Any]]) -> bool:
        """Whether the service rounds a quantity of these lines to whole pieces."""
        items = (line for line in lines if (line.get("itemNumber") or line.get("lineObjectNumber")) == ROUNDED_ITEM)
        return self.is_odd and any(line["quantity"] % 1 for line in items)

    def items_of(self, stream: str) -> tuple[str, ...]:
        """What a document is for. Without a number, one in doubt is known by all that it says, if that is kept."""
        kept = self.is_odd and stream == "purchaseOrders"
        return tuple(item for item in ITEMS if not (kept and item == ROUNDED_ITEM))

    def handed_down(self, party: Party) -> Own | None:
        """What a document need not say of its dimensions."""
        return None if self.is_explicit else party.handed_down

    def vendor(self, chance: random.Random, *, by_number: bool = False) -> Party:
        """A vendor of a document."""
        if self.fixed is not None:
            return self.fixed
        known = [each for each in self.newcomers if not by_number or "vendorNumber" in each.fields]
        if known and chance.random() < 0.4:
            return chance.choice(known)
        if self.is_odd and chance.random() < 0.3:
            return Party({"vendorNumber": ODD_VENDOR}, ("", OF_VENDORS), KEPT_BACK)
        return Party({"vendorNumber": chance.choice(VENDORS)}, ("", OF_VENDORS))

    def customer(self, chance: random.Random) -> Party:
        """A customer of a document."""
        if self.fixed is not None:
            return self.fixed
        number = chance.choice(CUSTOMERS)
        is_odd = self.is_odd and number == ODD_CUSTOMER
        return Party({"customerNumber": number}, held_back=KEPT_BACK if is_odd else frozenset())


def amount(chance: random.Random) -> Decimal:
    return Decimal(chance.randrange(1, 90_000)) / 100


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def dimensions(chance: random.Random, inherited: Own | None) -> tuple[Own, dict[str, Any]]:
    """A class and a department, and the fields that say so; each may be the one that is inherited, unsaid."""
    fields: dict[str, Any] = {}
    found = []
    for name, values, above in (("class", CLASSES, 0), ("department", DEPARTMENTS, 1)):
        if inherited is not None and chance.random() < 0.5:
            found.append(inherited[above])
            continue
        code = chance.choice(sorted(values))
        found.append(code)
        way = chance.random()
        if way < 0.4:
            fields[f"{name}Number"] = code
        elif way < 0.7:
            fields[f"{name}Name"] = values[code]
        else:
            fields.setdefault("dimensions", []).append({"number": name.upper(), "valueNumber": code})
    return (found[0], found[1]), fields


def own_dimensions(chance: random.Random, inherited: Own | None) -> tuple[Own, dict[str, Any]]:
    """The same in Business Central's own names."""
    lines, found = [], []
    for code, values, above in (("CLASS", CLASSES, 0), ("DEPARTMENT", DEPARTMENTS, 1)):
        if inherited is not None and chance.random() < 0.5:
            found.append(inherited[above])
            continue
        found.append(chance.choice(sorted(values)))
        lines.append({"code": code, "valueCode": found[-1]})
    return (found[0], found[1]), ({"dimensionSetLines": lines} if lines else {})
