"""Texts that are too long are cut where a setting says so, and a country may be called by its name."""

from __future__ import annotations

import logging

import pytest

from tests.target.at_the_desk import Target

LONG = "x" * 150
DEADLINE = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1, "unitCost": 5, "description": LONG}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


def codes(outcome):
    return {(error["field"], error["code"]) for error in outcome["errors"]}


@pytest.mark.parametrize(
    ("stream", "record"),
    [
        ("vendors", {"number": "K-1", "displayName": LONG}),
        ("Vendors", {"vendorNumber": "K-1", "vendorName": LONG}),
    ],
)
def test_a_name_is_cut_only_where_the_setting_says_so_and_that_is_said(target, stream, record, caplog):
    assert {code for _, code in codes(target.write(stream, record)[0])} == {"too_long"}
    with caplog.at_level(logging.INFO):
        (outcome,) = target.write(stream, record, cut_texts=True)
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])
    assert target.row("vendors", number="K-1")["displayName"] == LONG[:100]
    assert "was cut in 1 record," in caplog.text
    assert target.write(stream, record, cut_texts=True)[0]["outcome"] == "unchanged"


def test_a_lines_description_is_cut_too(target):
    bill = {"vendorNumber": "20000", "vendorInvoiceNumber": "K-1", "purchaseInvoiceLines": [DEADLINE]}
    (outcome,) = target.write("purchaseInvoices", bill, cut_texts=True)
    (line,) = target.rows("purchaseInvoiceLines", documentId=outcome["id"])
    assert line["description"] == LONG[:100]


@pytest.mark.parametrize(
    ("name", "value"), [("email", f"{LONG}@example.org"), ("number", LONG), ("phoneNumber", "1" * 50)]
)
def test_what_half_of_would_be_something_else_is_never_cut(target, name, value):
    (outcome,) = target.write("vendors", {"number": "K-1", "displayName": "First", name: value}, cut_texts=True)
    assert codes(outcome) == {(name, "too_long")}


@pytest.mark.parametrize("country", ["DE", "de", "Germany", "germany", "GERMANY"])
@pytest.mark.parametrize("stream", ["vendors", "Vendors"])
def test_a_country_may_be_called_by_its_code_or_its_name(target, stream, country):
    own = {"number": "K-1", "displayName": "First", "country": country}
    unified = {"vendorNumber": "K-1", "vendorName": "First", "addresses": [{"country": country}]}
    (outcome,) = target.write(stream, unified if stream == "Vendors" else own)
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])
    assert target.row("vendors", number="K-1")["country"] == "DE"


@pytest.mark.parametrize(
    ("spelled", "code"),
    [("ISLE OF MAN", "IM"), ("turks & caicos islands", "TC"), ("bonaire, sint eustatius and saba", "BQ")],
)
def test_a_name_of_several_words_may_be_in_any_case(target, spelled, code):
    (outcome,) = target.write("vendors", {"number": "K-1", "displayName": "First", "country": spelled})
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])
    assert target.row("vendors", number="K-1")["country"] == code


def test_a_country_that_nobody_knows_is_named(target):
    (outcome,) = target.write("vendors", {"number": "K-1", "displayName": "First", "country": "Atlantis"})
    assert codes(outcome) == {("country", "not_found")}
    unified = {"externalId": "V-1", "vendorName": "First", "addresses": [{"country": "UK"}]}
    assert codes(target.write("Vendors", unified)[0]) == {("addresses[0].country", "not_found")}


@pytest.mark.fault("W9")
def test_a_code_is_in_upper_case_as_the_service_has_it_and_found_by_it(tmp_path):
    target = Target(tmp_path)
    bill = {"externalId": "b", "billNumber": "Straße 1", "vendorNumber": "20000", "expenses": []}
    assert target.write("Bills", bill)[0]["outcome"] == "created"
    assert target.row("purchaseInvoices", vendorInvoiceNumber="STRAßE 1")
    assert target.write("Bills", bill)[0]["outcome"] == "unchanged"
