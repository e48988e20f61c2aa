"""Vendor payments that are applied to nothing: listed, or as before August 2026 only if the API has made them."""

from __future__ import annotations

import pytest

PAYMENT = {"postingDate": "2026-02-01", "vendorNumber": "20000", "amount": 5}


@pytest.fixture
def journal(desk):
    return desk.id("vendorPaymentJournals", code="GENERAL")


def by_hand(desk, journal, **more):
    """A line that somebody has entered in the client."""
    blank = dict(desk.company.find("vendorPayments")[0])
    values = {"journalId": journal, "documentNumber": "HAND", "appliesToInvoiceNumber": "", **more}
    row = {name: value for name, value in {**blank, **values}.items() if name not in {"id", "_etag"} and name[0] != "_"}
    return desk.company.insert("vendorPayments", row)["id"]


def listed(desk, journal):
    path = f"vendorPaymentJournals({journal})"
    below = {row["documentNumber"] for row in desk.rows(f"{path}/vendorPayments")}
    expanded = {row["documentNumber"] for row in desk.read(path, expand="vendorPayments")["vendorPayments"]}
    assert below == expanded
    assert desk.read(f"{path}/vendorPayments/$count") == len(below)
    return below & {"HAND", "APPLIED", "API"}


def test_what_is_applied_to_nothing_is_listed_unless_the_switch_hides_it(desk, journal):
    hidden = by_hand(desk, journal, lineNumber=700_000)
    by_hand(desk, journal, lineNumber=700_001, documentNumber="APPLIED", appliesToInvoiceNumber="108196")
    desk.create(f"vendorPaymentJournals({journal})/vendorPayments", {**PAYMENT, "documentNumber": "API"})
    assert listed(desk, journal) == {"HAND", "APPLIED", "API"}
    desk.service.switches = desk.service.switches.changed({"unapplied_payments": "hide"})
    assert listed(desk, journal) == {"APPLIED", "API"}
    assert desk.refused("GET", f"vendorPayments({hidden})")[0] == 404
