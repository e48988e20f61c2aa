"""A company: how a request names it, and what can be asked of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.addresses import is_guid
from dynamics_bc_emulator.refusals import company_not_found, query_syntax, refused
from dynamics_bc_emulator.stamps import BLANK_DATE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from dynamics_bc_emulator.odata.addresses import Address
    from dynamics_bc_emulator.odata.requests import DataRequest
    from dynamics_bc_emulator.rows.store import Row, Store


@dataclass(frozen=True, slots=True)
class Company:
    """One company's rows, and the day it is there.

    Attributes:
        id: The company's id.
        store: Where its rows are.
        now: The emulator's clock.
    """

    id: str
    store: Store
    now: Callable[[], datetime]

    def get(self, entity_set: str, id: str) -> Row | None:  # noqa: A002 - the property's name
        """The row of that id, if there is one."""
        return self.store.get(self.id, entity_set, id)

    def find(self, entity_set: str, **equal: Any) -> list[Row]:
        """The rows whose properties equal the values given."""
        return self.store.find(self.id, entity_set, **equal)

    def first(self, entity_set: str, **equal: Any) -> Row | None:
        """The first row whose properties equal the values given."""
        return next(iter(self.find(entity_set, **equal)), None)

    def insert(self, entity_set: str, row: Row) -> Row:
        """Keep a new row."""
        return self.store.insert(self.id, entity_set, row)

    def update(self, entity_set: str, id: str, changes: Row, *, touch: bool = True) -> Row:  # noqa: A002
        """Change a row; `touch` moves its stamp."""
        return self.store.update(self.id, entity_set, id, changes, touch=touch)

    def delete(self, entity_set: str, id: str) -> None:  # noqa: A002
        """Remove a row."""
        self.store.delete(self.id, entity_set, id)

    def next_number(self, series: str) -> str:
        """Draw the next number of a series.

        Raises:
            Refusal: The company has no such series, or it has run out of numbers.
        """
        setup = self.first("_numberSeries", code=series) or {}
        try:
            number = self.store.next_number(self.id, series)
        except KeyError:
            raise refused(f"The number series {series} does not exist; give a number.") from None
        if (last := setup.get("endingNumber")) and (len(number), number) > (len(last), last):
            raise refused(f"You cannot assign new numbers from the number series {series}.")
        return number

    def check_manual(self, series: str) -> None:
        """Refuse a number of a series that somebody gives by hand.

        Raises:
            Refusal: The set-up forbids it.
        """
        setup = self.first("_numberSeries", code=series)
        if setup is not None and not setup["manual"]:
            raise refused(
                "You may not enter numbers manually. If you want to enter numbers manually, please activate Manual "
                f"Nos. in No. Series {series}."
            )

    def peek_number(self, series: str) -> str:
        """The next number of a series, without drawing it; blank if there is no such series."""
        try:
            return self.store.peek_number(self.id, series)
        except KeyError:
            return ""

    @property
    def today(self) -> str:
        """The date on the emulator's clock, as the API writes dates."""
        return self.now().date().isoformat()

    @property
    def ledger_setup(self) -> Row:
        """The one row of the general ledger set-up."""
        return self.first("generalLedgerSetup") or {}

    @property
    def local_currency(self) -> str:
        """The code that a blank currency is shown as."""
        return str(self.ledger_setup.get("localCurrencyCode", ""))

    def allows_posting_on(self, date: str) -> bool:
        """Whether the set-up's range of posting dates holds a date; a blank end is open."""
        setup = self.ledger_setup
        start, end = str(setup.get("allowPostingFrom", BLANK_DATE)), str(setup.get("allowPostingTo", BLANK_DATE))
        return date >= start and (end == BLANK_DATE or date <= end)


def find_company(store: Store, request: DataRequest) -> str:
    """Id of the company that a request names outside its path: `?company=` or the header `Company`, id or name.

    Raises:
        Refusal: None is named, or it does not exist.
    """
    given = next((value for name, value in request.query.items() if name.lower() == "company"), None)
    text = given or request.headers.get("company") or ""
    # Web services are asked with a literal.
    quoted = len(text) > 1 and text.startswith("'") and text.endswith("'")
    return resolve_company(store, text[1:-1].replace("''", "'") if quoted else text)


def addressed_company(store: Store, address: Address) -> str:
    """Id of the company that a path names, by its id, its name or an alternate key.

    Raises:
        Refusal: There is none.
    """
    text = address.company or ""
    if address.company_key in ("", "id", "Id", "name", "Name"):
        return resolve_company(store, text)
    known = address.route.catalogue.sets.get(address.route.companies)
    if known is None or (address.company_key,) not in known.alternate_keys:
        raise query_syntax()
    rows = store.find("", "companies", **{address.company_key: text}) if text else []
    if len(rows) != 1:
        raise company_not_found(text)
    return str(rows[0]["id"])


def resolve_company(store: Store, text: str) -> str:
    """Id of the company with that id or exact name.

    Raises:
        Refusal: There is none.
    """
    text = text.strip().strip("{}")
    if is_guid(text):
        rows = [row for row in [store.get("", "companies", text)] if row]
    else:
        rows = store.find("", "companies", name=text)
    if not rows:
        raise company_not_found(text)
    return str(rows[0]["id"])
