"""`dynamics-bc describe`: what a stream holds, and what may be written to it."""

from __future__ import annotations

import pytest

COMPANY = "CRONUS International Ltd."


def test_without_a_word_the_properties_are_listed(command, config):
    rows = command("describe", "customers", "--config", config).json
    assert "displayName" in {row["property"] for row in rows}


def test_what_may_be_written_comes_from_the_tenant_with_an_example_in_each_dialect(command, config):
    schema = command("describe", "Bills", "--write", "--config", config, "--company", COMPANY).json
    assert (schema["title"], schema["x-becomes"]) == ("Bills", "purchaseInvoices")
    assert schema["properties"]["vendorInvoiceNumber"]["maxLength"] == 35
    (example,) = schema["examples"]
    assert example["vendorInvoiceNumber"] == "EXAMPLE-1"
    assert schema["description"].endswith("The schema of unified records is in x-unified.")
    (unified,) = schema["x-unified"]["examples"]
    assert unified["billNumber"] == "EXAMPLE-1"
    assert "DEPARTMENT" in schema["x-dimensions"]["codes"]


def test_a_set_of_another_api_is_described_by_its_metadata(command, config):
    name = "contoso_demo_loyalCustomers"
    schema = command("describe", name, "--write", "--config", config, "--company", COMPANY).json
    assert "Gold Card" in schema["properties"]["loyaltyLevel"]["enum"]
    assert schema["x-rights"] == ["insert", "update", "delete"]


@pytest.mark.parametrize(
    ("stream", "said"), [("custommers", "did you mean customers"), ("generalLedgerEntries", "come of posting")]
)
def test_what_nobody_can_write_is_said_with_the_nearest_names(command, config, stream, said):
    ended = command("describe", stream, "--write", "--config", config, "--company", COMPANY)
    assert ended.code == 2
    assert said in ended.err
