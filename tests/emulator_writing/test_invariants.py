"""What holds whatever is written: the ledger balances, and what is refused leaves nothing."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

SETS = (
    "generalLedgerEntries",
    "itemLedgerEntries",
    "vendors",
    "purchaseInvoices",
    "purchaseInvoiceLines",
    "journals",
    "vendorPaymentJournals",
    "journalLines",
    "vendorPayments",
    "defaultDimensions",
)

quick = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
amounts = st.integers(1, 10**6).map(lambda cents: cents / 100)
lines = st.lists(
    st.tuples(st.sampled_from(["item", "account"]), st.integers(1, 20), amounts, st.integers(0, 50)),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def ids(business_central_process, connect):
    """Ids of what the examples use; the seed's are the same after every reset."""
    business_central_process.control.reset()
    api = connect(business_central_process)
    return {
        "item": api.id("items", number="1896-S"),
        "account": api.id("accounts", number="8210"),
        "cash": api.id("accounts", number="2910"),
    }


def rows(api):
    return {name: api.stored(name) for name in SETS}


def bill_of(ids, vendor, number, drawn):
    bodies = [
        {f"{kind}Id": ids[kind], "quantity": quantity, "unitCost": cost, "discountPercent": percent}
        for kind, quantity, cost, percent in drawn
    ]
    return {"vendorNumber": vendor, "vendorInvoiceNumber": number, "purchaseInvoiceLines": bodies}


def cents(value):
    return Decimal(str(value))


def assert_balanced(api):
    entries = api.stored("generalLedgerEntries")
    sums = defaultdict(Decimal)
    for entry in entries:
        sums[entry["documentNumber"], entry["postingDate"]] += cents(entry["debitAmount"]) - cents(
            entry["creditAmount"]
        )
    assert set(sums.values()) <= {Decimal(0)}
    numbers = [entry["entryNumber"] for entry in entries]
    assert len(set(numbers)) == len(numbers)


def owed(api, vendor):
    return cents(api.read(f"vendors({vendor})")["balance"])


@quick
@given(
    vendor=st.sampled_from(["10000", "20000", "30000"]),
    drawn=lines,
    discount=st.integers(0, 500),
    part=st.integers(1, 100),
)
def test_the_ledger_balances_after_any_invoice_and_any_payment(*, api, ids, vendor, drawn, discount, part):
    api.emulator.control.reset()
    bill = api.create("purchaseInvoices", bill_of(ids, vendor, "H-1", drawn))
    off = min(discount / 100, bill["totalAmountExcludingTax"])
    bill = api.change(f"purchaseInvoices({bill['id']})", {"discountAmount": off})
    total = cents(bill["totalAmountIncludingTax"])
    # No source says whether an invoice of nothing counts as paid.
    assume(total)
    before = owed(api, bill["vendorId"])
    api.act(f"purchaseInvoices({bill['id']})")
    assert_balanced(api)
    assert owed(api, bill["vendorId"]) - before == total
    paid = (total * part / 100).quantize(Decimal("0.01"))
    if paid:
        journal = api.create("vendorPaymentJournals", {"code": "H", "balancingAccountId": ids["cash"]})["id"]
        api.create(
            f"vendorPaymentJournals({journal})/vendorPayments",
            {"appliesToInvoiceId": bill["id"], "amount": float(paid), "documentNumber": "H-2"},
        )
        api.act(f"journals({journal})")
    assert_balanced(api)
    status = api.read(f"purchaseInvoices({bill['id']})")["status"]
    assert status == ("Paid" if paid == total else "Open")
    assert owed(api, bill["vendorId"]) - before == total - paid


@quick
@given(drawn=st.lists(amounts, min_size=1, max_size=6), off=st.sampled_from([0, 0, 0.01, -5]))
def test_a_journal_is_posted_when_it_balances_and_left_alone_when_not(api, ids, drawn, off):
    api.emulator.control.reset()
    journal = api.create("journals", {"code": "H"})["id"]
    path = f"journals({journal})/journalLines"
    whole = float(sum(map(cents, drawn)) - cents(off))
    bodies = [{"accountId": ids["account"], "amount": amount} for amount in drawn]
    if whole:
        bodies.append({"accountId": ids["cash"], "amount": -whole})
    for body in bodies:
        api.create(path, {"documentNumber": "H-1", "postingDate": "2026-01-20", **body})
    before = rows(api)
    if off:
        api.refused("POST", f"journals({journal})/Microsoft.NAV.post")
        assert rows(api) == before
    else:
        api.act(f"journals({journal})")
        assert_balanced(api)
        assert sum(amount for _, amount in api.ledger("H-1") if amount > 0) == pytest.approx(whole)


BROKEN_LINES = [
    {"lineType": "Item", "lineObjectNumber": "NOPE"},
    {"accountId": "8210"},
    {"description": "x" * 101},
    {"nope": 1},
    {"description": "x", "dimensionSetLines": [{"code": "NOPE", "valueCode": "ADM"}]},
    {"sequence": 10000},
]


@quick
@given(drawn=lines, broken=st.sampled_from(BROKEN_LINES), last=st.booleans())
def test_a_failed_deep_insert_leaves_nothing(api, ids, drawn, broken, last):
    before = rows(api)
    body = bill_of(ids, "20000", "H-1", drawn)
    children = [*body["purchaseInvoiceLines"], broken]
    if not last and broken != {"sequence": 10000}:
        children.reverse()
    answer = api.call("POST", "purchaseInvoices", {**body, "purchaseInvoiceLines": children})
    assert answer.status_code == 400, answer.text
    assert rows(api) == before


GOOD = [
    {"method": "POST", "url": "vendors", "body": {"displayName": "H"}},
    {"method": "POST", "url": "journals", "body": {"code": "H"}},
    {"method": "POST", "url": "purchaseInvoices", "body": {"vendorNumber": "20000"}},
]


@quick
@given(good=st.lists(st.sampled_from(GOOD), min_size=1, max_size=5), place=st.integers(0, 5), goes_on=st.booleans())
def test_a_snapshot_with_a_failure_leaves_every_row_as_it_was(api, good, place, goes_on):
    before = rows(api)
    operations = [*good]
    operations.insert(place, {"method": "POST", "url": "vendors", "body": {"nope": 1}})
    headers = {"Isolation": "snapshot", **({"Prefer": "odata.continue-on-error"} if goes_on else {})}
    responses = api.batch(operations, headers)
    assert 400 in [one["status"] for one in responses]
    assert len(responses) == (1 if operations[0]["body"] == {"nope": 1} and not goes_on else len(operations))
    assert rows(api) == before


JSON = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.decimals(-(10**6), 10**6, places=3, allow_nan=False).map(float),
    st.sampled_from([1e30, 1e14, 1e-30, -1e14]),
    st.sampled_from(
        [
            "",
            "x",
            "8210",
            "20000",
            "1896-S",
            "2026-01-05",
            "9999-12-31",
            "0001-01-01",
            "Account",
            "Vendor",
            "AREA",
            "00000000-0000-0000-0000-000000000000",
        ]
    ),
    st.sampled_from(["id:item", "id:account", "id:cash"]),
    st.just([]),
    st.just([{}]),
    st.just({}),
)
NAMES = {
    "vendors": [
        "number",
        "displayName",
        "currencyCode",
        "currencyId",
        "paymentTermsId",
        "blocked",
        "country",
        "defaultDimensions",
    ],
    "items": ["number", "type", "unitCost", "inventory", "itemCategoryCode", "baseUnitOfMeasureCode", "taxGroupId"],
    "purchaseInvoices": [
        "vendorNumber",
        "payToVendorNumber",
        "invoiceDate",
        "dueDate",
        "discountAmount",
        "currencyCode",
        "pricesIncludeTax",
    ],
    "lines": [
        "lineType",
        "itemId",
        "accountId",
        "lineObjectNumber",
        "quantity",
        "unitCost",
        "discountPercent",
        "discountAmount",
        "sequence",
    ],
    "entries": [
        "accountType",
        "accountId",
        "accountNumber",
        "balanceAccountType",
        "balancingAccountNumber",
        "amount",
        "lineNumber",
    ],
    "payments": [
        "vendorId",
        "vendorNumber",
        "appliesToInvoiceId",
        "appliesToInvoiceNumber",
        "amount",
        "documentNumber",
    ],
    "dimensions": ["id", "code", "valueId", "valueCode"],
}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_body_makes_the_service_fail(api, ids, bill, data):
    place = data.draw(st.sampled_from(sorted(NAMES)))
    body = data.draw(st.dictionaries(st.sampled_from(NAMES[place]), JSON, max_size=5))
    body = {name: ids[value[3:]] if str(value).startswith("id:") else value for name, value in body.items()}
    journal = "journals" if place == "entries" else "vendorPaymentJournals"
    paths = {
        "lines": f"purchaseInvoices({bill['id']})/purchaseInvoiceLines",
        "entries": f"journals({api.rows(journal)[0]['id']})/journalLines",
        "payments": f"vendorPaymentJournals({api.rows('vendorPaymentJournals')[0]['id']})/vendorPayments",
        "dimensions": f"purchaseInvoices({bill['id']})/dimensionSetLines",
    }
    path = paths.get(place, place)
    answer = api.call("POST", path, body)
    assert answer.status_code in (201, 400, 404, 405), (path, body, answer.text)
    if answer.status_code == 201:
        changed = api.call("PATCH", f"{path}({answer.json()['id']})", body)
        assert changed.status_code in (200, 400, 404, 405), (path, body, changed.text)
    else:
        assert answer.json()["error"]["message"]
