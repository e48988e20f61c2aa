"""How a seed comes to be: ids, numbers, invented companies, ledgers; in memory, for any place and seed."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import datetime, timezone
from itertools import pairwise

import pytest
from emulator.in_process import open_desk, seed
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.rows.store import Store
from dynamics_bc_emulator.seed import invented, series
from dynamics_bc_emulator.seed.books import Books, make_id
from dynamics_bc_emulator.seed.derived import copy_of
from dynamics_bc_emulator.seed.facts import demo_company
from dynamics_bc_emulator.seed.ledgers import year_back
from dynamics_bc_emulator.seed.planting import Plan, complete, plant
from dynamics_bc_emulator.stamps import ZERO_GUID, rounded, to_milliseconds

START = datetime(2026, 3, 1, 8, 0, 0, 123_456, tzinfo=timezone.utc)
END = to_milliseconds(START)
CATALOGUE = load_catalogue()


@pytest.fixture
def books():
    return Books("company", "1/0", CATALOGUE, END)


@pytest.fixture(scope="module")
def company():
    opened = open_desk()
    yield opened.company
    opened.service.store.close()


def test_an_id_is_the_same_for_the_same_parts_and_another_for_others():
    assert make_id(1, "a") == make_id("1", "a")
    assert len({make_id(1, "a"), make_id(2, "a"), make_id(1, "b"), make_id(1), make_id("1a")}) == 5
    assert uuid.UUID(make_id("x")).version == 4


def test_a_row_has_an_id_of_its_key_and_is_found_by_it(books):
    by_number = books.add("vendors", {"number": "V1"})
    by_code = books.add("currencies", {"code": "EUR"})
    by_entry = books.add("generalLedgerEntries", {"entryNumber": 7})
    by_place = books.add("contacts", {"displayName": "x"})
    own = books.add("items", {"number": "I", "id": "mine"}, key="other")
    for entity_set, key, row in (
        ("vendors", "V1", by_number),
        ("currencies", "EUR", by_code),
        ("generalLedgerEntries", 7, by_entry),
        ("contacts", "row 0", by_place),
        ("items", "other", own),
    ):
        assert books.id_of(entity_set, key) == row["id"]
    assert by_number["id"] == make_id("1/0", "vendors", "V1")
    assert own["id"] == "mine"
    assert books.id_of("items", "I") == books.id_of("vendors", "") == ZERO_GUID
    assert (books.all("vendors"), books.all("locations")) == ([by_number], [])


def test_stamps_lie_within_a_year_before_the_end_and_some_are_shared(books):
    stamps = [books.add("vendors", {"number": str(number)})["_stamp"] for number in range(400)]
    year = 365 * 86_400_000
    assert all(END - year - 2 <= stamp <= END for stamp in stamps)
    assert all(stamp == rounded(stamp) for stamp in stamps if stamp != END)
    shared = sum(mine == before for before, mine in pairwise(stamps))
    assert 20 < shared < 100


def test_the_oldest_rows_of_some_sets_have_blank_stamps(books):
    for entity_set, blank in (("accounts", 3), ("customers", 1), ("items", 2), ("vendors", 0)):
        stamps = [books.add(entity_set, {"number": str(number)})["_stamp"] for number in range(6)]
        assert [stamp == 0 for stamp in stamps] == [True] * blank + [False] * (6 - blank)


def test_facts_are_narrowed_to_what_a_set_has_and_what_is_internal(books):
    assert books.narrowed("vendors", {"number": "V", "nonsense": 1, "_hidden": 2}) == {"number": "V", "_hidden": 2}
    assert (books.has("vendors", "number"), books.has("vendors", "nonsense")) == (True, False)


def test_a_copy_takes_what_both_pages_know_under_either_name(books):
    invoice = {
        "id": "i",
        "number": "1",
        "customerNumber": "C1",
        "customerName": "Ann",
        "invoiceDate": "2026-01-10",
        "postingDate": "2026-01-11",
        "sellToAddressLine1": "Road 1",
        "status": "Draft",
        "_facts": {"paymentTermsCode": "CM", "number": "never"},
        "_dimensions": {"AREA": "30"},
    }
    copy = copy_of(books, "salesShipments", invoice, number="2", orderNumber=None, nonsense=1, _kept=True)
    expected = {
        "number": "2",
        "customerNumber": "C1",
        "invoiceDate": "2026-01-10",
        "postingDate": "2026-01-11",
        "_dimensions": {"AREA": "30"},
        "_kept": True,
    }
    assert expected.items() <= copy.items()
    assert not {"id", "nonsense", "_facts"} & set(copy)
    assert copy_of(books, "salesShipments", invoice, id="own")["id"] == "own"


def test_a_status_that_the_other_page_does_not_have_is_left_out(books):
    known = CATALOGUE.sets["salesOrderArchives"].properties["status"]
    assert known.enum
    assert "status" not in copy_of(books, "salesOrderArchives", {"status": "No Such Status"})
    assert copy_of(books, "salesOrderArchives", {"status": known.enum[0]})["status"] == known.enum[0]


@pytest.mark.parametrize(
    ("day", "years", "back"),
    [
        ("2026-03-01", 1, "2025-03-01"),
        ("2024-02-29", 1, "2023-02-28"),
        ("2024-02-29", 4, "2020-02-28"),
        ("2026-12-31", 500, "1900-12-31"),
        ("2026-01-01", 126, "1900-01-01"),
    ],
)
def test_a_day_some_years_back_is_a_day_and_not_before_1900(day, years, back):
    assert year_back(day, years) == back


@pytest.mark.parametrize(
    ("numbers", "last"),
    [
        ([], 0),
        (["V00007", "V00003"], 7),
        (["20000", "X00009", "V123456", "v00008"], 0),
        (["V9"], 9),
    ],
)
def test_a_series_goes_on_after_the_last_number_of_its_own_form(books, numbers, last):
    for number in numbers:
        books.add("vendors", {"number": number})
    lasts = {name: (prefix, width, taken) for name, prefix, width, taken in series.lasts(books)}
    assert lasts["VEND"] == ("V", 5, last)
    assert lasts["GJNL-PMT"] == ("G0", 4, 4000)


def test_drafts_and_posted_invoices_have_series_of_their_own(books):
    for place, (number, posted) in enumerate([("102010", False), ("103020", True), ("102099", True)]):
        books.add("salesInvoices", {"number": number, "_posted": posted}, key=place)
    lasts = {name: taken for name, _, _, taken in series.lasts(books)}
    assert (lasts["S-INV"], lasts["S-INV+"]) == (102_010, 103_020)


ORDERED = {"S-ORD": "salesInvoices", "P-ORD": "purchaseInvoices"}


def test_no_number_of_the_seed_is_drawn_again(company):
    for name, (entity_set, _, _, _, _) in series._SERIES.items():
        if entity_set:
            taken = {row["number"] for row in company.find(entity_set)}
            taken |= {row["orderNumber"] for row in company.find(ORDERED[name])} if name in ORDERED else set()
            assert company.next_number(name) not in taken, name


@settings(max_examples=12)
@given(place=st.integers(1, 40), number=st.integers(0, 5))
def test_an_invented_companys_documents_name_what_is_there(place, number):
    known = invented.company(place, number)
    assert known == invented.company(place, number)
    parties = {fact["number"] for name in ("customers", "vendors") for fact in known.sets[name]}
    items = {fact["number"] for fact in known.sets["items"]}
    for document in known.documents:
        assert {document.get("customerNumber"), document.get("vendorNumber")} & parties
        assert document["lines"]
        for line in document["lines"]:
            assert line["lineObjectNumber"] in items
            assert line["amountIncludingTax"] == line["amountExcludingTax"] + line["totalTaxAmount"]
    numbers = Counter((one["entitySet"], one["number"]) for one in known.documents)
    assert set(numbers.values()) == {1}


def test_invented_companies_are_called_differently():
    names = {invented.company(place, 1).name for place in range(1, 20)}
    assert len(names) == 19
    assert "Contoso Services Ltd." in names
    assert demo_company().name not in names


def planted(**changes):
    store = Store(CATALOGUE.sets, Clock(START))
    plan = {"companies": 2, "seed": 1, "scale": 1, "start": START, **changes}
    plant(store, Plan(**plan))
    return store


def test_a_plan_is_kept_as_a_fact_and_its_companies_in_their_order():
    store = planted(companies=3, seed=9)
    assert store.fact("plan") == "3 companies, seed 9, scale 1"
    rows = store.companies()
    assert [row["name"] for row in rows] == ["CRONUS International Ltd.", "Contoso Services Ltd.", "Contoso Branch 002"]
    assert [row["id"][:3] for row in rows] == ["100", "101", "102"]
    assert [row["timestamp"] for row in rows] == [20_001, 20_002, 20_003]
    store.close()


def test_a_larger_scale_adds_earlier_years_and_numbers_on():
    store = planted(companies=1, scale=3)
    company = store.companies()[0]["id"]
    entries = store.find(company, "generalLedgerEntries")
    # What the rules post, of this year alone, comes last.
    number = (len(entries) - 24) // 3
    assert [entry["entryNumber"] for entry in entries] == list(range(1, 3 * number + 25))
    del entries[3 * number :]
    assert [entry["entryNumber"] for entry in entries] == list(range(1, 3 * number + 1))
    years = [entry["documentNumber"][:3] for entry in entries]
    assert years[:number] == ["Y2-"] * number
    assert years[number : 2 * number] == ["Y1-"] * number
    for earlier, later in zip(entries[number : 2 * number], entries[2 * number :], strict=True):
        assert earlier["postingDate"] == year_back(later["postingDate"], 1)
        assert (earlier["accountId"], earlier["debitAmount"]) == (later["accountId"], later["debitAmount"])
    store.close()


def test_a_file_without_posting_set_up_gets_it_and_one_with_its_own_keeps_it():
    store = Store(CATALOGUE.sets, Clock(START))
    store.copy_from(seed())
    company = store.companies()[0]["id"]
    names = ("_generalPostingSetup", "_partyPostingGroups", "_bankPostingGroups", "_paymentMethodAccounts")
    before = {name: [{**row, "id": ""} for row in store.find(company, name)] for name in names}
    kept = store.find(company, "_bankPostingGroups")[0]
    store.update(company, "_bankPostingGroups", kept["id"], {"account": "2999"})
    for name in names:
        for row in store.find(company, name) if name != "_bankPostingGroups" else ():
            store.delete(company, name, row["id"])
    complete(store)
    for name in names:
        now = [{**row, "id": ""} for row in store.find(company, name)]
        assert len(now) == len(before[name])
    assert "2999" in {row["account"] for row in store.find(company, "_bankPostingGroups")}
    store.close()


def test_every_posted_invoice_has_its_entry_and_every_paid_one_its_payment(company):
    for invoices, ledger, owner, sign in (
        ("salesInvoices", "_customerLedgerEntries", "customerId", 1),
        ("purchaseInvoices", "_vendorLedgerEntries", "vendorId", -1),
    ):
        entries = company.find(ledger)
        by_document = {entry["documentId"]: entry for entry in entries if entry["documentType"] == "Invoice"}
        posted = [row for row in company.find(invoices) if row.get("_posted")]
        assert set(by_document) == {row["id"] for row in posted}
        payments = Counter(entry["documentNumber"] for entry in entries if entry["documentType"] == "Payment")
        for row in posted:
            entry = by_document[row["id"]]
            assert entry["amount"] == sign * row["totalAmountIncludingTax"]
            assert (entry["documentNumber"], entry[owner]) == (row["number"], row[owner])
            is_open = row["status"] == "Open"
            assert (entry["open"], entry["remainingAmount"] == 0) == (is_open, not is_open)
            is_credited = bool(
                company.find(invoices.replace("Invoices", "CreditMemos"), invoiceId=row["id"], _posted=True)
            )
            assert payments[f"PAY-{row['number']}"] == int(row["status"] == "Paid" and not is_credited)
        assert [entry["entryNumber"] for entry in entries] == list(range(1, len(entries) + 1))


def test_lines_stand_in_their_documents_and_both_name_each_other(company):
    for headers, lines in (("salesInvoices", "salesInvoiceLines"), ("purchaseOrders", "purchaseOrderLines")):
        ids = {row["id"] for row in company.find(headers)}
        places = Counter((row["documentId"], row["sequence"]) for row in company.find(lines))
        assert {document for document, _ in places} <= ids
        assert set(places.values()) == {1}


def test_shortcut_codes_and_dimensions_of_the_seed_agree(company):
    setup = company.ledger_setup
    for entity_set in ("purchaseInvoices", "salesInvoices", "purchaseOrders", "salesOrders"):
        for row in company.find(entity_set):
            for name in ("shortcutDimension1Code", "shortcutDimension2Code"):
                assert row[name] == row["_dimensions"].get(setup[name], ""), (entity_set, row["number"])


def test_twins_of_journals_are_the_same_batches(company):
    for entity_set, template in (("vendorPaymentJournals", "PAYMENT"), ("customerPaymentJournals", "CASHRCPT")):
        twins = {(row["id"], row["code"]) for row in company.find(entity_set)}
        assert twins == {(row["id"], row["code"]) for row in company.find("journals", templateDisplayName=template)}
        assert twins
