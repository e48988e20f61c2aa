"""A property of somebody's API that is called like what the tap adds spoils no record, and no key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from emulator.in_process import START, Desk, seed
from emulator.test_described import DOCUMENT
from tap.desk_runs import DeskTransport, run_at

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.described_routes import described_route, kept_sets
from dynamics_bc_emulator.routes import standard_route
from dynamics_bc_emulator.rows.company import Company
from dynamics_bc_emulator.rows.service import Service
from dynamics_bc_emulator.rows.store import Store
from dynamics_bc_emulator.seed import further

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap.desk_runs import DeskRun

BOATS = "acme_harbour_boats"
BEGINS, ENDS = b'<EntityType Name="boat">', b"</EntityType>"


@pytest.fixture
def reading(caplog) -> Iterator[Callable[[str], DeskRun]]:
    """Reads boats of other properties than the document has."""
    stores: list[Store] = []

    def read(properties: str) -> DeskRun:
        begin = DOCUMENT.index(BEGINS)
        key = '<Key><PropertyRef Name="id" /></Key><Property Name="id" Type="Edm.Guid" Nullable="false" />'
        boats = BEGINS + (key + properties).encode()
        api = described_route(
            DOCUMENT[:begin] + boats + DOCUMENT[DOCUMENT.index(ENDS, begin) :], "api/acme/harbour/v1.0"
        )
        clock = Clock(START)
        clock.freeze(frozen=True)
        store = Store(kept_sets((api,)), clock)
        stores.append(store)
        store.copy_from(seed())
        further.put(store, api.kept, 1, START)
        company = Company(store.companies()[0]["id"], store, clock)
        desk = Desk(Service(store, (standard_route(), api.route), clock), company)
        return run_at(DeskTransport(desk), {"apis": "acme"}, select=(BOATS,))

    yield read
    for store in stores:
        store.close()


def schema_of(run: DeskRun) -> dict[str, object]:
    (schema,) = (each["schema"] for each in run.messages if each["type"] == "SCHEMA" and each["stream"] == BOATS)
    properties: dict[str, object] = schema["properties"]
    return properties


def test_the_taps_own_columns_stand_and_the_property_of_the_name_is_left_out_and_said(reading, caplog):
    run = reading(
        '<Property Name="company_id" Type="Edm.String"/><Property Name="company_name" Type="Edm.Int32"/>'
        '<Property Name="_sdc_deleted_at" Type="Edm.String"/><Property Name="name" Type="Edm.String"/>'
    )
    assert run.error is None
    assert len({line.count(b'"company_id"') for line in run.output.splitlines() if b'"RECORD"' in line}) == 1
    for record in run.records[BOATS]:
        assert list(record) == ["company_id", "company_name", "id", "name"]
        assert record["company_name"] == "CRONUS International Ltd."
    assert schema_of(run)["company_name"] == {"type": ["string", "null"]}
    assert f"company_id, company_name, _sdc_deleted_at of {BOATS} cannot be read" in caplog.text


def test_a_property_that_differs_in_case_alone_is_read_and_said(reading, caplog):
    run = reading('<Property Name="Company_Name" Type="Edm.String"/>')
    assert {*run.records[BOATS][0]} == {"company_id", "company_name", "id", "Company_Name"}
    assert f"Company_Name of {BOATS}: columns that the tap adds have the same names in lower case" in caplog.text


def test_of_names_that_do_not_clash_nothing_is_said(reading, caplog):
    reading('<Property Name="companyName" Type="Edm.String"/>')
    assert "in lower case" not in caplog.text
    assert "cannot be read" not in caplog.text
