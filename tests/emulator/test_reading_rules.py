"""What a GET answers, told by the service without its server: options, places, parents, pages, reports."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from emulator.in_process import ROOT, json_of, open_desk
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_emulator.odata.requests import DataRequest
from dynamics_bc_emulator.rows.permissions import Permission, Principal
from dynamics_bc_emulator.serving.pages import next_link, page_size

SYNTAX = (400, "BadRequest_NotFound")
DIALOG = (400, "Application_DialogException")
NOT_FOUND = (404, "BadRequest_ResourceNotFound")
NOBODY = "ffffffff-ffff-4fff-8fff-ffffffffffff"


@pytest.fixture(scope="module")
def reader():
    """A desk that no test of this module writes at."""
    opened = open_desk()
    yield opened
    opened.service.store.close()


@pytest.mark.parametrize(
    ("prefer", "size"),
    [
        ("", (50, False)),
        ("odata.maxpagesize=7", (7, True)),
        ("maxpagesize = 7", (7, True)),
        ("respond-async, ODATA.MaxPageSize=7", (7, True)),
        ("odata.maxpagesize=50", (50, True)),
        ("odata.maxpagesize=51", (50, True)),
        ("odata.maxpagesize=0", (50, False)),
        ("odata.maxpagesize=-1", (50, False)),
        ("odata.maxpagesize=x", (50, False)),
    ],
)
def test_a_page_is_as_large_as_asked_for_and_no_larger_than_the_services(prefer, size):
    assert page_size({"prefer": prefer}, 50) == size


@pytest.mark.parametrize(
    ("query", "left", "options"),
    [
        ({}, None, []),
        ({"$select": "id,number"}, None, [("$select", "id,number")]),
        ({"$filter": "number eq 'A&B #1+50%'"}, None, [("$filter", "number eq 'A&B #1+50%'")]),
        ({"$top": "9", "$count": "true"}, 4, [("$top", "4"), ("$count", "true")]),
        ({"$TOP": "9"}, 4, [("$TOP", "4")]),
        ({"$skip": "5", "$SkipToken": "old", "aid": "FIN", "company": "x"}, None, [("company", "x")]),
    ],
)
def test_a_next_link_has_the_requests_options_and_the_place_where_the_page_ended(query, left, options):
    request = DataRequest("GET", "companies(1)/items/", query, {}, b"", lambda: None, ROOT)
    link = urlsplit(next_link(request, "$skiptoken=tok", left))
    assert f"{link.scheme}://{link.netloc}{link.path}" == f"{ROOT}/companies(1)/items"
    assert parse_qsl(link.query) == [*options, ("aid", "FIN"), ("$skiptoken", "tok")]
    assert "," not in link.query
    assert " " not in link.query


def test_a_next_link_spells_its_path_so_that_it_can_be_asked_for():
    request = DataRequest("GET", "companies(name='A/B & Søn')/items", {}, {}, b"", lambda: None, ROOT)
    assert next_link(request, "$skiptoken=t", None).startswith(
        f"{ROOT}/companies(name='A/B%20%26%20S%C3%B8n')/items?aid=FIN&"
    )


@given(top=st.integers(0, 80), skip=st.integers(0, 80), size=st.integers(1, 70), by_name=st.booleans())
def test_pages_hold_what_top_and_skip_leave_in_any_order(reader, top, skip, size, by_name):
    order = {"orderby": "displayName desc,number"} if by_name else {}
    whole = [row["id"] for row in reader.rows("items", select="id", **order)]
    ids, query = [], {"select": "id", "top": top, "skip": skip, **order}
    while True:
        page = json_of(reader.ask("GET", "items", headers={"prefer": f"odata.maxpagesize={size}"}, **query))
        assert len(page["value"]) <= size
        ids += [row["id"] for row in page["value"]]
        if "@odata.nextLink" not in page:
            break
        query = {name[1:]: value for name, value in parse_qsl(urlsplit(page["@odata.nextLink"]).query) if name != "aid"}
    assert ids == whole[skip : skip + top]


@pytest.mark.parametrize(
    ("query", "count", "rows"),
    [
        ({"count": "true", "top": 0}, 64, 0),
        ({"count": "true", "top": 2}, 64, 2),
        ({"count": "true", "skip": 60}, 64, 4),
        ({"count": "true", "filter": "number eq '1896-S'"}, 1, 1),
        ({"count": "true", "filter": "number eq 'NOBODY'"}, 0, 0),
        ({"count": "true", "filter": "inventory ge 0 and startswith(number,'18')"}, 1, 1),
        ({"count": "false"}, None, 64),
    ],
)
def test_a_count_is_of_all_that_the_filter_lets_through(reader, query, count, rows):
    page = reader.read("items", **query)
    assert (page.get("@odata.count"), len(page["value"])) == (count, rows)
    if count is not None:
        assert reader.read("items/$count", **{name: query[name] for name in query if name == "filter"}) == count


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("items('1896-S')", SYNTAX),
        ("items(1896)", SYNTAX),
        (f"items({NOBODY})", (404, "Internal_RecordNotFound")),
        ("nothing", NOT_FOUND),
        ("companies", NOT_FOUND),
        ("items/number", NOT_FOUND),
        ("items/$count/more", NOT_FOUND),
        ("items/$value", NOT_FOUND),
        ("customerSales(1)", SYNTAX),
        ("salesInvoiceLines", DIALOG),
        ("salesInvoiceLines/$count", DIALOG),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(reader, path, refused):
    assert reader.refused("GET", path)[:2] == refused


@pytest.mark.parametrize(
    ("step", "refused"),
    [
        ("nothing", NOT_FOUND),
        ("currency", NOT_FOUND),
        ("picture/nothing", NOT_FOUND),
        (f"defaultDimensions({NOBODY})", (404, "Internal_RecordNotFound")),
    ],
)
def test_a_step_from_a_row_that_leads_nowhere_is_refused(reader, step, refused):
    customer = reader.id("customers", number="10000")
    assert reader.refused("GET", f"customers({customer})/{step}")[:2] == refused


def test_a_row_of_another_parent_is_not_found_below_this_one(reader):
    first, second = reader.company.find("salesInvoices")[:2]
    line = reader.company.find("salesInvoiceLines", documentId=second["id"])[0]["id"]
    assert reader.read(f"salesInvoices({second['id']})/salesInvoiceLines({line})")["id"] == line
    path = f"salesInvoices({first['id']})/salesInvoiceLines({line})"
    assert reader.refused("GET", path)[:2] == (404, "Internal_RecordNotFound")


@pytest.mark.parametrize(
    ("entity_set", "filter_", "is_enough"),
    [
        ("salesInvoiceLines", "documentId eq {id}", True),
        ("salesInvoiceLines", "id eq {id}", True),
        ("salesInvoiceLines", "sequence eq 10000", False),
        ("salesInvoiceLines", "documentId eq {id} and sequence eq 10000", True),
        ("journalLines", "journalId eq {id}", True),
        ("journalLines", "amount gt 0", False),
        ("dimensionSetLines", "parentId eq {id}", False),
        ("dimensionSetLines", "parentType eq 'Sales_x0020_Invoice'", False),
        ("dimensionSetLines", "parentId eq {id} and parentType eq 'Sales_x0020_Invoice'", True),
        ("pictures", "parentType eq 'Item'", False),
        ("pictures", "id eq {id} and parentType eq 'Item'", True),
        ("pdfDocument", "parentType eq 'Sales_x0020_Invoice' and parentId eq {id}", True),
        ("pdfDocument", "parentType eq 'Sales_x0020_Invoice' and id eq {id}", True),
        ("pdfDocument", "parentType eq 'Sales_x0020_Invoice'", False),
        ("pdfDocument", "parentId eq {id}", False),
        ("contactsInformation", "relatedId eq {id}", False),
        ("contactsInformation", "relatedId eq {id} and relatedType eq 'Customer'", True),
        ("defaultDimensions", "parentId eq {id}", True),
        ("defaultDimensions", "dimensionCode eq 'AREA'", False),
        ("timeRegistrationEntries", "employeeNumber eq 'EH'", True),
        ("timeRegistrationEntries", "quantity gt 0", False),
        ("purchaseReceiptLines", "sequence eq 10000", True),
    ],
)
def test_a_set_that_needs_its_parent_is_read_when_a_filter_names_it(reader, entity_set, filter_, is_enough):
    response = reader.ask("GET", entity_set, filter=filter_.format(id=NOBODY))
    assert response.status == (200 if is_enough else 400), response


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({}, ["DAILY", "DEFAULT", "MONTHLY"]),
        ({"filter": "templateDisplayName eq 'PAYMENT'"}, ["CASH", "GENERAL", "PMT REG"]),
        (
            {"filter": "templateDisplayName ne ''"},
            ["CASH", *["DEFAULT"] * 3, *["GENERAL"] * 2, "DAILY", "MONTHLY", "PMT REG"],
        ),
        ({"filter": "code eq 'DEFAULT'"}, ["DEFAULT"]),
        ({"filter": "code eq 'CASH'"}, []),
    ],
)
def test_journals_of_the_general_template_are_shown_unless_the_template_is_asked_for(reader, query, codes):
    assert sorted(row["code"] for row in reader.rows("journals", **query)) == sorted(codes)
    count = {} if "filter" not in query else {"filter": query["filter"]}
    assert reader.read("journals/$count", **count) == len(codes)


@pytest.mark.parametrize(
    ("options", "sequences"),
    [
        ("", [10_000, 20_000, 30_000, 40_000]),
        ("$top=2", [10_000, 20_000]),
        ("$top=0", []),
        ("$skip=3", [40_000]),
        ("$skip=1;$top=2", [20_000, 30_000]),
        ("$orderby=sequence desc", [40_000, 30_000, 20_000, 10_000]),
        ("$orderby=sequence desc;$skip=1;$top=1", [30_000]),
        ("$filter=sequence gt 20000", [30_000, 40_000]),
        ("$filter=sequence ne 20000;$orderby=sequence desc;$top=1", [40_000]),
    ],
)
def test_an_expansion_is_narrowed_sorted_and_cut_by_its_own_options(desk, options, sequences):
    lines = [{"description": f"line {number}"} for number in range(4)]
    created = desk.create("salesInvoices", {"customerNumber": "10000", "salesInvoiceLines": lines})
    expand = f"salesInvoiceLines({options})" if options else "salesInvoiceLines"
    row = desk.read(f"salesInvoices({created['id']})", expand=expand)
    assert [line["sequence"] for line in row["salesInvoiceLines"]] == sequences
    if options:
        query = dict(part.lstrip("$").split("=", 1) for part in options.split(";"))
        below = desk.rows(f"salesInvoices({created['id']})/salesInvoiceLines", **query)
        assert [line["sequence"] for line in below] == sequences


def test_a_row_shows_what_is_selected_what_is_calculated_and_what_is_expanded(reader):
    path = f"items({reader.id('items', number='1896-S')})"
    whole = reader.read(path)
    assert list(whole)[:3] == ["@odata.context", "@odata.etag", "id"]
    some = reader.read(path, select="inventory,number", expand="itemCategory($select=code)")
    assert list(some) == ["@odata.context", "@odata.etag", "number", "inventory", "itemCategory"]
    assert some["@odata.context"].endswith("/items(" + whole["id"] + ")(number,inventory)/$entity")
    assert (some["inventory"], some["@odata.etag"]) == (whole["inventory"], whole["@odata.etag"])
    assert set(some["itemCategory"]) == {"@odata.etag", "code"}


def test_a_property_is_read_by_itself(reader):
    item = reader.id("items", number="1896-S")
    body = reader.read(f"items({item})/NUMBER")
    assert body == {"@odata.context": f"{ROOT}/$metadata#items({item})/number", "value": "1896-S"}
    assert reader.read(f"items({item})/inventory")["value"] == reader.read(f"items({item})")["inventory"]
    assert reader.refused("GET", f"items({item})/number", expand="itemCategory")[:2] == (400, "BadRequest")


def test_the_root_has_its_documents_and_the_companies(reader):
    assert len(reader.read("/")["value"]) == 87
    assert reader.ask("GET", "/$metadata").headers == {"Content-Type": "application/xml"}
    assert reader.read("/entityDefinitions", filter="entityName eq 'item'")["value"][0]["entitySetName"] == "items"
    assert [row["id"] for row in reader.rows("/companies")] == [reader.company.id]
    assert reader.read("/companies/$count") == 1
    assert reader.refused("GET", "/nothing")[:2] == NOT_FOUND
    assert reader.refused("GET", "/items")[:2] == (404, "Internal_CompanyNotFound")


@pytest.mark.parametrize(
    "spelling", ["{id}", "{upper}", "{braces}", "CRONUS International Ltd.", " CRONUS International Ltd. "]
)
def test_a_company_goes_by_its_id_or_its_exact_name(reader, spelling):
    names = {"id": reader.company.id, "upper": reader.company.id.upper(), "braces": f"{{{reader.company.id}}}"}
    response = reader.ask("GET", "/items/$count", headers={"company": spelling.format(**names)})
    assert json_of(response) == 64


@pytest.mark.parametrize("name", ["", "cronus international ltd.", "CRONUS", NOBODY])
def test_a_company_of_another_spelling_is_not_found(reader, name):
    assert reader.refused("GET", "/items", headers={"company": name})[:2] == (404, "Internal_CompanyNotFound")


PERMISSIONS = (
    Permission(None, "items", frozenset(("read",))),
    Permission(NOBODY, None, frozenset()),
    Permission(None, None, frozenset(("read", "modify"))),
)


@pytest.mark.parametrize(
    ("right", "company", "entity_set", "allowed"),
    [
        ("read", "c", "items", True),
        ("modify", "c", "items", False),
        ("modify", NOBODY, "items", False),
        ("read", NOBODY, "items", True),
        ("read", NOBODY, "vendors", False),
        ("modify", "c", "vendors", True),
        ("post", "c", "vendors", False),
    ],
)
def test_the_first_permission_that_speaks_of_a_place_decides(reader, right, company, entity_set, allowed):
    known = reader.service.standard.catalogue.sets[entity_set]
    principal = Principal(PERMISSIONS)
    if allowed:
        principal.check(right, company, known)
    else:
        with pytest.raises(Exception, match=rf"{known.table} {'Read' if right == 'read' else 'Modify'}: Base"):
            principal.check(right, company, known)
    Principal(PERMISSIONS[:1]).check("post", company, reader.service.standard.catalogue.sets["customers"])


def at_second(desk, seconds):
    desk.clock.set(desk.clock().replace(second=seconds))


def test_each_write_reaches_readers_as_much_later_as_the_replica_lags(desk):
    desk.service.switches = desk.service.switches.changed({"replica_lag_seconds": 30})
    vendor = f"vendors({desk.id('vendors', number='20000')})"
    before = desk.read(vendor)["city"]

    def cities():
        primary = json_of(desk.ask("GET", vendor, headers={"data-access-intent": "readWRITE"}))
        return desk.read(vendor)["city"], primary["city"]

    assert desk.change(vendor, {"city": "Leeds"})["city"] == "Leeds"
    assert cities() == (before, "Leeds")
    at_second(desk, 20)
    desk.change(vendor, {"city": "York"})
    at_second(desk, 29)
    assert cities() == (before, "York")
    at_second(desk, 30)
    assert cities() == ("Leeds", "York")
    at_second(desk, 50)
    assert cities() == ("York", "York")
    made = desk.create("vendors", {"number": "R-1", "displayName": "Late"})["id"]
    assert desk.ask("GET", f"vendors({made})").status == 404
    desk.remove(vendor.replace(desk.id("vendors", number="20000"), made))
    desk.service.replica.forget()
    assert cities() == ("York", "York")


def test_a_replica_that_lags_shows_whole_transactions(desk):
    desk.service.switches = desk.service.switches.changed({"replica_lag_seconds": 10})
    lines = [{"description": "a"}, {"description": "b"}]
    made = desk.create("purchaseInvoices", {"vendorNumber": "10000", "purchaseInvoiceLines": lines})["id"]
    at_second(desk, 9)
    assert desk.ask("GET", f"purchaseInvoices({made})").status == 404
    at_second(desk, 10)
    assert len(desk.read(f"purchaseInvoices({made})", expand="purchaseInvoiceLines")["purchaseInvoiceLines"]) == 2


def test_calculated_values_of_the_replica_are_those_of_its_rows(desk):
    desk.service.switches = desk.service.switches.changed({"replica_lag_seconds": 10})
    customer = desk.id("customers", number="10000")
    before = desk.read(f"customers({customer})")["balanceDue"]
    entry = {"customerId": customer, "postingDate": "2025-01-01", "dueDate": "2025-01-01", "open": True}
    desk.company.insert("_customerLedgerEntries", {**entry, "amount": Decimal(7), "remainingAmount": Decimal(7)})
    assert desk.read(f"customers({customer})")["balanceDue"] == before
    at_second(desk, 10)
    assert desk.read(f"customers({customer})")["balanceDue"] == before + 7


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_write_does_not_want_to_read_only(desk, method):
    assert desk.refused(method, "vendors", {}, {"data-access-intent": "ReadOnly"})[:2] == (400, "BadRequest")
    assert desk.ask("GET", "vendors", headers={"data-access-intent": "ReadOnly"}).status == 200


def owed_by(desk, due_in_days, amount):
    """An open entry of a customer of its own."""
    customer = desk.create("customers", {"displayName": "Debtor"})
    due = (desk.clock().date() + timedelta(due_in_days)).isoformat()
    entry = {"customerId": customer["id"], "postingDate": "2025-01-01", "dueDate": due, "open": True}
    desk.company.insert(
        "_customerLedgerEntries", {**entry, "amount": Decimal(amount), "remainingAmount": Decimal(amount)}
    )
    return customer["id"]


@pytest.mark.parametrize(
    ("due_in_days", "column"),
    [
        (1, "currentAmount"),
        (0, "currentAmount"),
        (-1, "period1Amount"),
        (-30, "period1Amount"),
        (-31, "period2Amount"),
        (-60, "period2Amount"),
        (-61, "period3Amount"),
        (-900, "period3Amount"),
    ],
)
def test_what_is_owed_is_aged_by_thirty_days_from_its_due_date(desk, due_in_days, column):
    customer = owed_by(desk, due_in_days, "12.34")
    aged = desk.read(f"agedAccountsReceivables({customer})")
    amounts = {name: aged[name] for name in aged if name.endswith("Amount")}
    assert {name for name, amount in amounts.items() if amount} == {column}
    assert (amounts[column], aged["balanceDue"]) == (Decimal("12.34"), Decimal("12.34"))
    assert (aged["agedAsOfDate"], aged["periodLengthFilter"]) == ("2026-03-01", "30D")


@pytest.mark.parametrize(
    ("filter_", "column"),
    [
        ("periodLengthFilter eq '7D'", "period3Amount"),
        ("periodLengthFilter eq '2W'", "period2Amount"),
        ("periodLengthFilter eq '1M'", "period1Amount"),
        ("periodLengthFilter eq ''", "period1Amount"),
        ("agedAsOfDate eq 2026-02-01", "currentAmount"),
        ("agedAsOfDate eq 2026-12-31", "period3Amount"),
    ],
)
def test_the_length_of_a_period_and_the_day_can_be_asked_for(desk, filter_, column):
    customer = owed_by(desk, -20, "1")
    (row,) = desk.rows("agedAccountsReceivables", filter=f"customerId eq {customer} and {filter_}")
    assert {name for name in row if name.endswith("Amount") and row[name]} == {column}


@pytest.mark.parametrize("length", ["0D", "-30D", "soon", "9999Y"])
def test_a_period_that_leads_nowhere_is_refused(reader, length):
    status, code, message = reader.refused("GET", "agedAccountsPayables", filter=f"periodLengthFilter eq '{length}'")
    assert (status, code) == DIALOG
    assert f"not '{length}'" in message


def test_the_last_row_of_an_aging_is_the_total_of_the_others(reader):
    for entity_set in ("agedAccountsReceivables", "agedAccountsPayables"):
        *rows, total = sorted(
            reader.rows(entity_set, filter="agedAsOfDate eq 2026-12-31"), key=lambda row: row["name"] == "Total"
        )
        assert total["name"] == "Total"
        for name in ("balanceDue", "currentAmount", "period1Amount", "period2Amount", "period3Amount"):
            assert total[name] == sum(row[name] for row in rows)
        assert total["balanceDue"] > 0


@pytest.mark.parametrize(
    ("filter_", "days"),
    [
        ("dateFilter ge 2026-01-01 and dateFilter le 2026-01-31", ("2026-01-01", "2026-01-31")),
        ("dateFilter eq 2026-01-15", ("2026-01-15", "2026-01-15")),
        ("dateFilter le 2026-01-31", ("", "2026-01-31")),
        ("", ("2026-03-01", "2026-03-01")),
    ],
)
def test_a_trial_balance_is_of_its_period(reader, filter_, days):
    rows = reader.rows("trialBalances", **({"filter": filter_} if filter_ else {}))
    entries = reader.company.find("generalLedgerEntries", accountNumber="2910")
    inside = [row for row in entries if days[0] <= row["postingDate"] <= days[1]]
    standing = sum(row["debitAmount"] - row["creditAmount"] for row in entries if row["postingDate"] <= days[1])
    cash = next(row for row in rows if row["number"] == "2910")
    amounts = {
        "totalDebit": sum(row["debitAmount"] for row in inside),
        "totalCredit": sum(row["creditAmount"] for row in inside),
        "balanceAtDateDebit": max(standing, 0),
        "balanceAtDateCredit": max(-standing, 0),
    }
    assert {name: cash[name] for name in amounts} == {name: f"{amount:,.2f}" for name, amount in amounts.items()}
    assert {row["dateFilter"] for row in rows} == {days[1]}
