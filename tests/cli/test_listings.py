"""`environments`, `companies`, `streams`: what they list, for programs and for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator_control import RunningEmulator


Command = "Callable[..., Ended]"


def test_companies_are_those_of_the_service(command: Command, config: Path, emulator: RunningEmulator) -> None:
    listed = command("companies", "--config", config)
    assert listed.code == 0
    assert {(row["id"], row["name"]) for row in listed.json} == {
        (row["id"], row["name"]) for row in emulator.companies()
    }


def test_a_table_shows_names_and_ids(command: Command, config: Path, emulator: RunningEmulator) -> None:
    listed = command("companies", "--table", "--config", config)
    title, *lines = listed.out.splitlines()
    assert title.split() == ["Name", "Display", "name", "Id"]
    assert len(lines) >= len(emulator.companies())
    for company in emulator.companies():
        assert company["id"] in "".join(line.split()[-1] for line in lines if line.split())


def test_environments_are_listed_with_their_type(command: Command, config: Path, emulator: RunningEmulator) -> None:
    listed = command("environments", "--config", config, "--json")
    assert emulator.environment_name in {row["name"] for row in listed.json}
    assert {"name", "type", "aadTenantId"} <= listed.json[0].keys()


def test_streams_are_the_entity_sets_and_the_tap_chooses(command: Command, config: Path) -> None:
    rows = {row["stream"]: row for row in command("streams", "--config", config).json}
    assert rows["customers"] == {
        "stream": "customers",
        "route": "standard",
        "keys": ["company_id", "id"],
        "replication_key": "lastModifiedDateTime",
        "read_through": None,
        "selected": True,
        "why_not_selected": None,
        "actions": [],
    }
    assert rows["salesInvoiceLines"]["read_through"] == "salesInvoices"
    assert rows["salesInvoiceLines"]["replication_key"] == "parent_modified_at"
    assert "post" in rows["salesInvoices"]["actions"]
    assert not rows["trialBalances"]["selected"]
    assert rows["trialBalances"]["why_not_selected"]


def test_streams_of_a_catalog_are_selected_as_it_says(command: Command, config: Path, tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(catalog_of({"customers": True, "vendors": False})))
    rows = command("streams", "--config", config, "--catalog", catalog).json
    assert [row["stream"] for row in rows if row["selected"]] == ["customers"]


def test_a_stream_by_name_in_any_case_lists_its_properties(command: Command, config: Path) -> None:
    rows = {row["property"]: row for row in command("streams", "CUSTOMERS", "--config", config).json}
    assert rows["id"]["type"] == "Guid"
    assert rows["id"]["key"]
    assert rows["blocked"]["values"]
    assert rows["displayName"]["max_length"] == 100


def test_an_unknown_stream_is_a_sentence(command: Command, config: Path) -> None:
    refused = command("streams", "customer", "--config", config)
    assert (refused.code, refused.out) == (2, "")
    assert 'no stream "customer" in this environment (did you mean customers?); ' in refused.err


def test_streams_of_a_hotglue_job_have_its_names_and_keys(
    command: Command, emulator: RunningEmulator, write_config: Callable[..., Path]
) -> None:
    config = write_config(emulator.config(stream_naming="hotglue"))
    rows = {row["stream"]: row for row in command("streams", "--config", config).json}
    assert rows["sales_invoices"]["keys"] == ["id", "lastModifiedDateTime"]
    assert rows["gl_entries_dimensions"]["read_through"] == "generalLedgerEntries"
    assert "salesInvoices" not in rows
    properties = {row["property"]: row["type"] for row in command("streams", "Sales_Invoices", "--config", config).json}
    assert properties["salesInvoiceLines"] == "list of salesInvoiceLines"


def test_streams_of_every_route_in_the_config_are_listed_and_a_route_that_fails_is_said(
    command: Command, emulator: RunningEmulator, write_config: Callable[..., Path]
) -> None:
    config = write_config(emulator.config(apis=["standard", "contoso/*", "acme/hr/v1.0"], web_services="Customer*"))
    listed = command("streams", "--config", config)
    rows = {row["stream"]: row for row in listed.json}
    assert rows["contoso_demo_ledgerMovements"]["route"] == "contoso/demo/v1.0"
    assert rows["contoso_demo_ledgerMovements"]["replication_key"] == "systemRowVersion"
    assert rows["ODataV4_Customer_List"]["keys"] == ["company_id", "No"]
    assert rows["customers"]["route"] == "standard"
    assert listed.code == 0
    assert "Left out: the route acme/hr/v1.0" in listed.err


def test_a_catalog_may_name_streams_in_any_case(command: Command, config: Path, tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(catalog_of({"CUSTOMERS": True})))
    rows = command("streams", "--config", config, "--catalog", catalog).json
    assert [row["stream"] for row in rows if row["selected"]] == ["customers"]


def catalog_of(selected: dict[str, bool]) -> dict[str, Any]:
    return {
        "streams": [
            {
                "tap_stream_id": name,
                "stream": name,
                "schema": {"type": "object", "properties": {"id": {"type": "string"}}},
                "metadata": [{"breadcrumb": [], "metadata": {"selected": chosen}}],
            }
            for name, chosen in selected.items()
        ]
    }
