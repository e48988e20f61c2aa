"""What settings name of kinds, keys and actions is found in any case, or answered with what comes near."""

from __future__ import annotations

import pytest

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_plugin.settings import SettingFault
from target_dynamics_bc.kinds.choosing import allowed, chosen_keys, makeable
from target_dynamics_bc.kinds.standard import standard_kinds
from tests.target.at_the_desk import Target

KINDS = standard_kinds()


def test_names_have_no_case_and_are_kept_as_the_service_spells_them():
    assert chosen_keys({"BILLS": ["VendorInvoiceNumber", "ID"]}, KINDS) == {
        "purchaseInvoices": ("vendorInvoiceNumber", "id")
    }
    assert makeable({"vendors"}, KINDS) == {"vendors"}
    assert allowed({"cancelandsend"}, KINDS) == {"cancelandsend"}


@pytest.mark.parametrize(
    ("check", "value", "said"),
    [
        (chosen_keys, {"purchaseInvoices": ["vendorInvoiceNo"]}, "did you mean vendorInvoiceNumber"),
        (chosen_keys, {"vendors": ["numbr"]}, "did you mean number"),
        (chosen_keys, {"vendors": ["numbr"]}, "out of id, number, external_id, name"),
        (makeable, {"vendor"}, "did you mean vendors"),
        (makeable, {"salesOrders"}, "cannot name salesOrders"),
        (allowed, {"cancle"}, "did you mean cancel"),
        (allowed, {"dance"}, "those that need it are cancel, cancelAndSend"),
    ],
)
def test_a_name_that_nothing_has_is_answered_with_the_nearest(check, value, said):
    with pytest.raises(SettingFault, match=said):
        check(value, KINDS)


def test_any_property_of_master_data_may_be_what_it_is_found_by(tmp_path):
    target = Target(tmp_path)
    keys = {"customers": ["taxRegistrationNumber", "email"]}
    (known,) = target.rows("customers", number="10000")
    by_mail = {"email": known["email"], "addressLine2": "Second floor"}
    (outcome,) = target.write("customers", by_mail, match_keys=keys)
    assert (outcome["outcome"], outcome["number"]) == ("updated", "10000")
    new = {"taxRegistrationNumber": "789456278", "displayName": "New", "addressLine1": "1"}
    assert target.write("customers", new, match_keys=keys)[0]["outcome"] == "created"
    assert target.write("customers", new, match_keys=keys)[0]["outcome"] == "unchanged"
    assert len(target.rows("customers", taxRegistrationNumber="789456278")) == 1
    unified = {"externalId": "C-1", "companyName": "New", "email": known["email"]}
    (outcome,) = target.write("Customers", unified, match_keys={"customers": ["email"]})
    assert (outcome["outcome"], outcome["number"]) == ("updated", "10000")


def test_what_is_ambiguous_by_a_chosen_property_is_rejected(tmp_path):
    target = Target(tmp_path)
    for number in ("K-1", "K-2"):
        target.write("vendors", {"number": number, "displayName": number, "email": "both@example.org"})
    record = {"email": "both@example.org", "addressLine1": "1"}
    (outcome,) = target.write("vendors", record, match_keys={"vendors": ["email"]})
    assert [each["code"] for each in outcome["errors"]] == ["ambiguous"]


@pytest.mark.parametrize(
    ("name", "stream"), [("vendrs", "vendors"), ("Vendr", "Vendors"), ("paymnt_methods", "paymentMethods")]
)
def test_what_a_misspelt_reference_stream_was_meant_for_is_not_written_but_refused(tmp_path, name, stream):
    target = Target(tmp_path)
    with pytest.raises(ConfigurationError, match=f'reference_streams names "{name}".*now "{stream}" comes'):
        target.write(stream, {"number": "R-1", "code": "R-1", "displayName": "R"}, reference_streams=[name])
    assert target.rows("vendors", number="R-1") == target.rows("paymentMethods", code="R-1") == []


def test_a_reference_stream_of_the_senders_own_may_be_called_nearly_like_one_that_is_written(tmp_path):
    target = Target(tmp_path)
    piped = target.pipe(
        [("Contracts", {"id": "1"}), ("contacts", {"number": "R-1", "displayName": "R"})],
        reference_streams=["Contracts"],
    )
    assert [(each["stream"], each["outcome"]) for each in piped] == [("contacts", "created")]


@pytest.mark.parametrize("name", ["VENDORS", "accounts", "generalLedgerEntries", "contoso_demo_wombats", "Bills"])
def test_any_stream_that_there_is_may_be_a_reference_stream(tmp_path, caplog, name):
    Target(tmp_path).pipe([], reference_streams=[name])
    assert "reference_streams" not in caplog.text


@pytest.mark.parametrize(("name", "meant"), [("Deals", ""), ("payment_terms", " (did you mean paymentTerms?)")])
def test_a_reference_stream_that_business_central_has_not_is_left_out_and_named(tmp_path, caplog, name, meant):
    assert Target(tmp_path).write(name, {"id": "1"}, reference_streams=name) == []
    assert f'reference_streams names "{name}", which Business Central has no stream for{meant}' in caplog.text
