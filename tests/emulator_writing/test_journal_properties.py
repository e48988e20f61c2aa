"""What holds after any sequence of entries, bills, payments and applications: the ledgers agree with each other."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from emulator.in_process import open_desk
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.in_process import Desk

GL, BANK = "G_x002F_L_x0020_Account", "Bank_x0020_Account"
VENDORS, CUSTOMERS = ("10000", "20000", "EURO"), ("10000", "20000", "30000")
# What a control account sums: the ledger, its accounts.
CONTROLS = {
    "_vendorLedgerEntries": ("5410", "5420"),
    "_customerLedgerEntries": ("2310", "2320"),
    "_bankLedgerEntries": ("2920", "2940"),
}
CASH = {"accountType": GL, "accountNumber": "2910"}

cents = st.integers(1, 50_000).map(lambda drawn: Decimal(drawn) / 100)
dates = st.sampled_from(["2026-01-12", "2026-01-16", "2026-02-20"])
accounts = st.one_of(
    st.tuples(st.just(GL), st.sampled_from(["8210", "8240", "8320", "8710", "6810", "7120"])),
    st.tuples(st.just("Vendor"), st.sampled_from(VENDORS)),
    st.tuples(st.just("Customer"), st.sampled_from(CUSTOMERS)),
    st.tuples(st.just(BANK), st.sampled_from(["CHECKING", "SAVINGS"])),
)
entries = st.tuples(st.just("entry"), accounts, cents, st.booleans(), dates)
bills = st.tuples(st.just("bill"), st.sampled_from(VENDORS), cents, st.booleans(), dates)
payments = st.tuples(st.just("pay"), st.sampled_from(VENDORS), cents, st.booleans(), dates)
choices = st.tuples(st.just("choose"), st.sampled_from(VENDORS), cents, st.booleans(), dates)
receipts = st.tuples(st.just("receive"), st.sampled_from(CUSTOMERS), cents, st.booleans(), dates)
steps = st.lists(st.one_of(entries, bills, payments, choices, receipts), min_size=1, max_size=8)


class Books:
    """A company that is written to at random; what the service refuses is refused."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.count = 0
        # The general ledger of the seed is long and says nothing here: only what changes counts.
        ledger = "SELECT bucket FROM buckets WHERE entity_set = 'generalLedgerEntries'"
        desk.service.store.connection.execute(f"DELETE FROM entities WHERE bucket IN ({ledger})")
        rate = {"currencyCode": "EUR", "startingDate": "2026-01-14", "exchangeRateAmount": 1}
        desk.company.insert("currencyExchangeRates", {**rate, "relationalExchangeRateAmount": Decimal("0.7131")})
        desk.create("vendors", {"number": "EURO", "displayName": "Euro", "currencyCode": "EUR"})
        terms = desk.id("paymentTerms", code="1M(8D)")
        for vendor in desk.company.find("vendors"):
            desk.edit("vendors", vendor["id"], paymentTermsId=terms)
        for rule in desk.company.find("defaultDimensions"):
            desk.company.delete("defaultDimensions", rule["id"])
        cash = {"balancingAccountId": desk.id("accounts", number="2910")}
        self.entries = desk.create("journals", {"code": "ENTRIES"})["id"]
        self.vendors = desk.create("vendorPaymentJournals", {"code": "OUT", **cash})["id"]
        self.customers = desk.create("customerPaymentJournals", {"code": "IN", **cash})["id"]
        self.before = self.differences()

    def differences(self) -> dict[str, Decimal]:
        """How far each ledger is from its control accounts."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.desk.company.find("generalLedgerEntries"):
            sums[row["accountNumber"]] += row["debitAmount"] - row["creditAmount"]
        return {
            ledger: _open(self.desk.company.find(ledger), ledger) - sum((sums[number] for number in numbers), Decimal())
            for ledger, numbers in CONTROLS.items()
        }

    def do(self, step: tuple[Any, ...]) -> None:
        kind, whom, amount, flag, date = step
        self.count += 1
        getattr(self, f"_{kind}")(whom, amount, flag, {"documentNumber": f"H-{self.count}", "postingDate": date})

    def _entry(self, account: tuple[str, str], amount: Decimal, debit: bool, shared: dict[str, Any]) -> None:
        signed = amount if debit else -amount
        own = {"accountType": account[0], "accountNumber": account[1], "amount": signed, **shared}
        path = f"journals({self.entries})/journalLines"
        lines = [own, {**CASH, "amount": -signed, **shared}] if account[1] != "EURO" else [{**own, **_balanced()}]
        self._write(path, lines, self.entries)

    def _bill(self, vendor: str, amount: Decimal, taxed: bool, shared: dict[str, Any]) -> None:
        account = self.desk.id("accounts", number="8210" if taxed else "8710")
        line = {"accountId": account, "quantity": 1, "unitCost": amount, "taxCode": "STANDARD" if taxed else ""}
        body = {
            "vendorNumber": vendor,
            "vendorInvoiceNumber": shared["documentNumber"],
            "invoiceDate": shared["postingDate"],
            "purchaseInvoiceLines": [line],
        }
        response = self.desk.create("purchaseInvoices", body)
        self.desk.act(f"purchaseInvoices({response['id']})")

    def _pay(self, vendor: str, amount: Decimal, named: bool, shared: dict[str, Any]) -> None:
        invoice = self._owed("_vendorLedgerEntries", vendorId=self.desk.id("vendors", number=vendor)) if named else None
        body = {"vendorNumber": vendor, "amount": amount, **shared}
        self._write(f"vendorPaymentJournals({self.vendors})/vendorPayments", [body | _of(invoice)], self.vendors)

    def _choose(self, vendor: str, amount: Decimal, all_of_it: bool, shared: dict[str, Any]) -> None:
        body = {"vendorNumber": vendor, "amount": 0 if all_of_it else amount, **shared}
        payment = self.desk.create(f"vendorPaymentJournals({self.vendors})/vendorPayments", body)
        path = f"vendorPayments({payment['id']})/applyVendorEntries"
        for entry in self.desk.rows(path)[:3]:
            if entry["remainingAmount"] < 0:
                self.desk.ask("PATCH", f"{path}({entry['id']})", {"applied": True})
        self._post(self.vendors)

    def _receive(self, customer: str, amount: Decimal, named: bool, shared: dict[str, Any]) -> None:
        owner = self.desk.id("customers", number=customer)
        invoice = self._owed("_customerLedgerEntries", customerId=owner) if named else None
        body = {"customerNumber": customer, "amount": -amount, **shared}
        path = f"customerPaymentJournals({self.customers})/customerPayments"
        self._write(path, [body | _of(invoice)], self.customers)

    def _owed(self, ledger: str, **owner: str) -> str | None:
        rows = self.desk.company.find(ledger, documentType="Invoice", **owner)
        return next((row["documentNumber"] for row in rows if row["open"]), None)

    def _write(self, path: str, bodies: list[dict[str, Any]], journal: str) -> None:
        for body in bodies:
            self.desk.create(path, body)
        self._post(journal)

    def _post(self, journal: str) -> None:
        response = self.desk.ask("POST", f"journals({journal})/Microsoft.NAV.post")
        assert response.status in {204, 400}, response
        for entity_set in ("journalLines", "vendorPayments", "customerPayments"):
            for row in self.desk.company.find(entity_set, journalId=journal):
                self.desk.remove(f"{entity_set}({row['id']})")


def _balanced() -> dict[str, str]:
    return {"balancingAccountNumber": "2910"}


def _of(invoice: str | None) -> dict[str, str]:
    return {"appliesToInvoiceNumber": invoice} if invoice else {}


def _open(rows: Iterable[dict[str, Any]], ledger: str) -> Decimal:
    name = "amount" if ledger == "_bankLedgerEntries" else "remainingAmount"
    return sum((row[name] for row in rows), Decimal())


def assert_true(books: Books) -> None:
    company = books.desk.company
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in company.find("generalLedgerEntries"):
        sums[row["documentNumber"], row["postingDate"]] += row["debitAmount"] - row["creditAmount"]
    assert not any(sums.values())
    assert books.differences() == books.before
    for ledger in ("_vendorLedgerEntries", "_customerLedgerEntries"):
        for row in company.find(ledger):
            left = row.get("currencyRemaining", row["remainingAmount"])
            assert bool(left) == row["open"]
            assert bool(row["remainingAmount"]) <= row["open"]
            assert abs(left) <= abs(row.get("currencyAmount", row["amount"]))
            assert left * row["amount"] >= 0


@settings(max_examples=40)
@given(drawn=steps)
def test_the_ledgers_agree_after_anything(drawn: list[tuple[Any, ...]]) -> None:
    desk = open_desk()
    books = Books(desk)
    for step in drawn:
        books.do(step)
        assert_true(books)
    desk.service.store.close()
