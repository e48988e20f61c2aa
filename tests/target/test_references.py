"""References lead to one row, or say why not."""

from __future__ import annotations

import pytest

from dynamics_bc_client.errors import Transient
from target_dynamics_bc.finding.references import Lookup, Referents, choose, ways_of
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.records import Reference

REFERENTS = Referents(standard_kinds())
ID = "11111111-1111-1111-1111-111111111111"


def chosen(reference, answers, **more):
    ways = ways_of(reference, REFERENTS[reference.kind], **more)
    filled = {way.lookup: [] for way in ways if way.lookup} | answers
    return choose(reference, REFERENTS[reference.kind], ways, filled)


def test_the_first_of_id_number_and_name_that_leads_anywhere_counts():
    reference = Reference("vendors", "vendorId", ID, "10000", "Fabrikam")
    by_name = {Lookup("vendors", "displayName eq 'Fabrikam'"): [{"id": "n"}]}
    assert chosen(reference, by_name) == {"id": "n"}
    assert chosen(reference, by_name | {Lookup("vendors", "", "number", "10000"): [{"id": "v"}]}) == {"id": "v"}


def test_a_malformed_id_is_not_asked_for():
    ways = ways_of(Reference("vendors", "vendorId", "abc'", "10000"), REFERENTS["vendors"])
    assert [way.lookup for way in ways] == [None, Lookup("vendors", "", "number", "10000")]


def test_two_rows_for_one_name_are_none():
    fault = chosen(
        Reference("accounts", "accountName", name="Cash"),
        {Lookup("accounts", "displayName eq 'Cash'"): [{"id": "1"}, {"id": "2"}]},
    )
    assert isinstance(fault, Fault)
    assert (fault.field, fault.code) == ("accountName", "ambiguous")


@pytest.mark.parametrize(
    ("kind", "waits"), [("vendors", True), ("purchaseInvoices", True), ("items", True), ("locations", False)]
)
def test_only_what_a_record_may_still_create_is_waited_for(kind, waits):
    fault = chosen(Reference(kind, "x", number="1"), {})
    assert isinstance(fault, Fault)
    assert (fault.code, fault.waits) == ("not_found", waits)


def test_a_lookup_that_failed_decides_nothing():
    failed = Transient("The service could not do it now.", status=503)
    fault = chosen(Reference("vendors", "vendorNumber", number="1"), {Lookup("vendors", "", "number", "1"): failed})
    assert isinstance(fault, Fault)
    assert (fault.code, fault.repeatable) == ("undecided", True)


def test_texts_are_quoted_and_codes_are_upper_case():
    locations = REFERENTS["locations"]
    ways = ways_of(Reference("locations", "locationNumber", number="o'east", name="R&D #1 +50%"), locations)
    assert [way.lookup.query(ID, locations).filter for way in ways] == [
        "code eq 'O''EAST'",
        "displayName eq 'R&D #1 +50%'",
    ]
    url = ways[1].lookup.query("c", locations).url
    assert "%23" in url
    assert "%26" in url
    assert "%2B" in url
    assert "%25" in url


def test_a_bill_is_looked_for_among_those_of_its_vendor():
    reference = Reference("purchaseInvoices", "billNumber", number="F1", within="vendorId")
    bills = REFERENTS["purchaseInvoices"]
    ways = ways_of(reference, bills, narrowed_by=("vendorId", ID))
    filters = [way.lookup.query(ID, bills).filter for way in ways]
    assert filters == [f"vendorId eq {ID} and vendorInvoiceNumber eq 'F1'", f"vendorId eq {ID} and number eq 'F1'"]


def test_a_cancelled_bill_gives_way_to_the_one_that_replaced_it():
    reference = Reference("purchaseInvoices", "billNumber", number="F1")
    rows = [{"id": "1", "status": "Canceled"}, {"id": "2", "status": "Open"}, {"id": "3", "status": "Draft"}]
    assert chosen(reference, {Lookup("purchaseInvoices", "", "vendorInvoiceNumber", "F1"): rows}) == rows[1]


def test_what_the_ledger_knows_by_the_senders_id_goes_before_a_number():
    reference = Reference("vendors", "vendorExternalId", external="v-1")
    known = {Lookup("vendors", "", "id", ID): [{"id": ID}], Lookup("vendors", "", "number", "V-1"): [{"id": "other"}]}
    assert chosen(reference, known, known=[ID]) == {"id": ID}
