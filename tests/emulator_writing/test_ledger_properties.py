"""The general ledger balances, and subledgers agree with it, whatever is posted, corrected and paid, in any order."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import START, Desk, json_of
from emulator_writing.books import Books
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.routes import standard_route
from dynamics_bc_emulator.rows.company import Company
from dynamics_bc_emulator.rows.service import Service
from dynamics_bc_emulator.rows.store import Store
from dynamics_bc_emulator.rules.document_kinds import KIND_OF
from dynamics_bc_emulator.rules.posting.actions import ACTIONS
from dynamics_bc_emulator.rules.posting.corrections import cancel
from dynamics_bc_emulator.rules.posting.kinds import POSTING_KINDS
from dynamics_bc_emulator.seed.countries import COUNTRIES
from dynamics_bc_emulator.seed.planting import Plan, plant

if TYPE_CHECKING:
    from dynamics_bc_emulator.rules.document_kinds import DocumentKind

COMPANIES = pytest.mark.parametrize(("country", "place"), [("GB", 0), ("GB", 1), ("US", 0)])
SETS = tuple(sorted(ACTIONS))
CURRENCIES = ("", "", "", "EUR", "USD")
RATES = {
    "EUR": (("2024-01-01", "0.6432"), ("2026-02-01", "0.71239")),
    "USD": (("2024-01-01", "0.80133"), ("2026-02-01", "0.7871")),
}
DAYS = ("2026-01-10", "2026-02-20")
REFERENCES = {"purchaseInvoices": "vendorInvoiceNumber", "purchaseCreditMemos": "vendorCreditMemoNumber"}


@cache
def planted(country: str) -> Store:
    """The rows of two companies, made once; with rates that move, and one customer and vendor who pay at once."""
    store = Store(standard_route().catalogue.sets, Clock(START))
    plant(store, Plan(companies=2, seed=1, scale=1, start=START, country=COUNTRIES[country]))
    for row in store.companies():
        prepare(Company(row["id"], store, Clock(START)))
    return store


def prepare(company: Company) -> None:
    for code, rates in RATES.items():
        if not company.find("currencies", code=code):
            company.insert("currencies", {"code": code, "displayName": code})
        for row in company.find("currencyExchangeRates", currencyCode=code):
            company.delete("currencyExchangeRates", row["id"])
        for day, amount in rates:
            rate = {"startingDate": day, "exchangeRateAmount": 1, "relationalExchangeRateAmount": Decimal(amount)}
            company.insert("currencyExchangeRates", {"currencyCode": code, **rate})
    numbers = [row["number"] for row in company.find("accounts", accountType="Posting", blocked=False)]
    accounts = ("2110", "7190", "7170") if {"2110", "7190", "7170"} <= set(numbers) else numbers[-3:]
    names = ("inventoryAccount", "soldAccount", "boughtAccount")
    company.insert("_costPosting", {"inventoryPostingGroupCode": "", **dict(zip(names, accounts, strict=True))})
    company.insert("_deliveryOnInvoice", {"party": "Customer"})
    cash = company.find("paymentMethods", code="CASH")[0]["id"]
    for party_set in ("customers", "vendors"):
        last = max(company.find(party_set), key=lambda row: str(row["number"]))
        company.update(party_set, last["id"], {"paymentMethodId": cash})


def open_books(country: str, place: int) -> tuple[Desk, Store]:
    clock = Clock(START)
    clock.freeze(frozen=True)
    clock.set(START)
    store = Store(standard_route().catalogue.sets, clock)
    store.copy_from(planted(country))
    company = Company(store.companies()[place]["id"], store, clock)
    return Desk(Service(store, (standard_route(),), clock), company), store


class Clerk:
    """Somebody who makes documents, acts on any of them and pays, as hypothesis draws it."""

    def __init__(self, desk: Desk, data: Any) -> None:
        self.desk = desk
        self.draw = data.draw
        self.items = [row["id"] for row in desk.company.find("items")][:6]
        self.number = 0
        self.cash = desk.company.find("_paymentMethodAccounts")[0]["account"]
        accounts = desk.company.find("accounts", accountType="Posting", directPosting=True)
        self.account = next(row["id"] for row in accounts if row["number"] > "8" and not row["blocked"])
        self.bank_account = desk.company.find("_bankPostingGroups")[0]
        self.banked = Decimal(0)
        self.known = {row["id"] for name in SETS for row in desk.company.find(name)}

    def step(self) -> None:
        """One thing after the other; what is refused must leave nothing, and is fine."""
        do = self.draw(
            st.sampled_from(
                (
                    self.write,
                    self.post_anything,
                    self.act,
                    self.act,
                    self.take_back,
                    self.take_back,
                    self.pay,
                    self.bank,
                    self.post_anything,
                )
            )
        )
        do()

    def write(self) -> tuple[str, str] | None:
        entity_set = self.draw(st.sampled_from(SETS))
        kind = KIND_OF[entity_set]
        parties = sorted(row["number"] for row in self.desk.company.find(kind.party.party_set))
        self.number += 1
        body = {
            kind.party.number_name: self.draw(st.sampled_from(parties)),
            "postingDate": self.draw(st.sampled_from(DAYS)),
            "currencyCode": self.draw(st.sampled_from(CURRENCIES)),
            kind.lines: [self.line(kind) for _ in range(self.draw(st.integers(1, 3)))],
        }
        if entity_set in REFERENCES:
            body[REFERENCES[entity_set]] = f"R-{self.number}"
        if entity_set.endswith("Orders"):
            body["pricesIncludeTax"] = self.draw(st.booleans())
        if "CreditMemos" in entity_set:
            named = self.some(kind.party.invoices)
            if named is not None and named.get("_posted") and self.draw(st.booleans()):
                body |= {"invoiceId": named["id"], "currencyCode": named["currencyCode"]}
        body = {name: value for name, value in body.items() if value != ""}
        response = self.ask("POST", entity_set, body)
        if response.status != 201:
            return None
        row_id = created(response)
        if self.draw(st.booleans()):
            self.ask("PATCH", f"{entity_set}({row_id})", {"discountAmount": 7.77})
        if entity_set == "purchaseOrders":
            self.desk.edit(entity_set, row_id, _vendorInvoiceNumber=f"R-{self.number}")
        return entity_set, row_id

    def line(self, kind: DocumentKind) -> dict[str, Any]:
        cents = self.draw(st.integers(1, 99_999))
        line: dict[str, Any] = {
            "quantity": self.draw(st.sampled_from((1, 2, 3, 7, 0.5, 1.37))),
            kind.price: cents / 100,
            "discountPercent": self.draw(st.sampled_from((0, 0, 10, 33.33))),
        }
        if self.draw(st.booleans()):
            line["itemId"] = self.draw(st.sampled_from(self.items))
        else:
            line["accountId"] = self.account
        return line

    def act(self) -> None:
        entity_set = self.draw(st.sampled_from(SETS))
        row = self.some(entity_set)
        if row is None:
            return
        if entity_set.endswith("Orders") and self.draw(st.booleans()):
            self.split(entity_set, row)
        self.ask(
            "POST", f"{entity_set}({row['id']})/Microsoft.NAV.{self.draw(st.sampled_from(sorted(ACTIONS[entity_set])))}"
        )

    def post_anything(self) -> None:
        """Write a document, post or convert it, and perhaps take back at once what that has left."""
        written = self.write()
        if written is None:
            return
        entity_set, row_id = written
        self.ask("POST", f"{entity_set}({row_id})/Microsoft.NAV.{next(iter(ACTIONS[entity_set]))}")
        if self.draw(st.booleans()):
            self.take_back()

    def take_back(self) -> None:
        """Cancel what may be canceled; a purchase invoice as a person does, because the API does not."""
        entity_set = self.draw(st.sampled_from(sorted(POSTING_KINDS)))
        row = self.some(entity_set)
        if row is None:
            return
        if "cancel" in ACTIONS[entity_set]:
            self.ask("POST", f"{entity_set}({row['id']})/Microsoft.NAV.cancel")
            return
        with suppress(Refusal), self.desk.company.store.transaction():
            cancel(self.desk.company, POSTING_KINDS[entity_set], row)

    def split(self, entity_set: str, row: dict[str, Any]) -> None:
        """Let a part of an order be posted next."""
        name = "shipQuantity" if entity_set == "salesOrders" else "receiveQuantity"
        for line in self.desk.company.find(KIND_OF[entity_set].lines, documentId=row["id"]):
            body = {self.draw(st.sampled_from((name, "invoiceQuantity"))): self.draw(st.sampled_from((0, 0.5, 1)))}
            self.ask("PATCH", f"{KIND_OF[entity_set].lines}({line['id']})", body)

    def pay(self) -> None:
        """A payment of a posted invoice, of all of it, of a part, or of too much."""
        side, invoices = self.draw(st.sampled_from((("vendor", "purchaseInvoices"), ("customer", "salesInvoices"))))
        row = self.some(invoices)
        if row is None or not row.get("_posted"):
            return
        self.number += 1
        cash = self.desk.company.find("accounts", number=self.cash)[0]["id"]
        response = self.ask("POST", f"{side}PaymentJournals", {"code": f"J{self.number}", "balancingAccountId": cash})
        if response.status != 201:
            return
        journal = created(response)
        sign = 1 if side == "vendor" else -1
        amount = self.draw(st.sampled_from((None, 0.01, 33.33, 1e6)))
        body = {
            "appliesToInvoiceId": row["id"],
            "documentNumber": f"P-{self.number}",
            "postingDate": self.draw(st.sampled_from(DAYS)),
        }
        (owed,) = self.desk.company.find(f"_{side}LedgerEntries", documentId=row["id"])
        body["amount"] = -owed["currencyRemaining"] if amount is None else sign * amount
        self.ask("POST", f"{side}PaymentJournals({journal})/{side}Payments", body)
        self.ask("POST", f"journals({journal})/Microsoft.NAV.post")

    def bank(self) -> None:
        """Money goes to the bank, or comes from there."""
        self.number += 1
        journal = created(self.ask("POST", "journals", {"code": f"B{self.number}"}))
        amount = self.draw(st.integers(-10_000, 10_000)) / 100
        body = {
            "accountType": "Bank_x0020_Account",
            "accountNumber": self.bank_account["bankAccountNumber"],
            "balancingAccountNumber": self.cash,
            "amount": amount,
            "documentNumber": f"B-{self.number}",
            "postingDate": self.draw(st.sampled_from(DAYS)),
        }
        self.ask("POST", f"journals({journal})/journalLines", body)
        if self.ask("POST", f"journals({journal})/Microsoft.NAV.post").status == 204:
            self.banked += Decimal(str(amount))

    def some(self, entity_set: str) -> dict[str, Any] | None:
        """A document that this clerk has made, or that an action of theirs has left."""
        rows = [row for row in self.desk.company.find(entity_set) if row["id"] not in self.known]
        return self.draw(st.sampled_from(sorted(rows, key=lambda row: str(row["number"])))) if rows else None

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        store, company = self.desk.company.store, self.desk.company.id
        before = store.count(company, "generalLedgerEntries")
        response = self.desk.ask(method, path, body)
        assert response.status < 500, (path, body, response)
        if response.status >= 400 and not path.endswith("AndSend"):
            assert store.count(company, "generalLedgerEntries") == before
        return response


def created(response: Any) -> str:
    return str(json_of(response)["id"])


def work(country: str, place: int, data: Any, steps: int) -> None:
    desk, store = open_books(country, place)
    try:
        books, clerk = Books(desk.company, START), Clerk(desk, data)
        for _ in range(steps):
            clerk.step()
            books.check()
            assert books.moved(clerk.bank_account["account"]) == clerk.banked
    finally:
        store.close()


@COMPANIES
@settings(max_examples=6)
@given(data=st.data())
def test_the_books_agree_after_every_step(country, place, data):
    work(country, place, data, data.draw(st.integers(1, 10)))


@pytest.mark.slow
@COMPANIES
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_the_books_agree_through_thousands_of_documents(country, place, data):
    work(country, place, data, data.draw(st.integers(10, 25)))
