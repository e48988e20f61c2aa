"""The tap over a custom API of which nothing but its metadata document is known."""

from __future__ import annotations

import pytest
from emulator.in_process import START, Desk, json_of, seed
from emulator.test_described import DOCUMENT
from tap.desk_runs import DeskTransport, run_at
from tap.running import in_order

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.described_routes import described_route, kept_sets
from dynamics_bc_emulator.routes import standard_route
from dynamics_bc_emulator.rows.company import Company
from dynamics_bc_emulator.rows.service import Service
from dynamics_bc_emulator.rows.store import Store
from dynamics_bc_emulator.seed import further

PREFIX = "api/acme/harbour/v1.0"
CONFIG = {"apis": "acme", "raw_values": True}


@pytest.fixture
def transport():
    api = described_route(DOCUMENT, PREFIX)
    clock = Clock(START)
    clock.freeze(frozen=True)
    clock.set(START)
    store = Store(kept_sets((api,)), clock)
    store.copy_from(seed())
    further.put(store, api.kept, 1, START)
    desk = Desk(Service(store, (standard_route(), api.route), clock), Company(store.companies()[0]["id"], store, clock))
    yield DeskTransport(desk)
    store.close()


def served(desk, path):
    desk.api = PREFIX
    rows = json_of(desk.ask("GET", path))["value"]
    desk.api = "api/v2.0"
    return [{name: value for name, value in row.items() if "@" not in name} for row in rows]


def test_every_set_arrives_in_the_scope_and_by_the_keys_of_the_document(transport):
    run = run_at(transport, CONFIG)
    assert run.error is None
    told = {
        message["stream"]: (message["key_properties"], message.get("bookmark_properties"))
        for message in run.messages
        if message["type"] == "SCHEMA"
    }
    assert told == {
        "acme_harbour_customers": (["company_id", "id"], None),
        "acme_harbour_vendors": (["company_id", "id"], None),
        "acme_harbour_boats": (["company_id", "id"], ["systemModifiedAt"]),
        "acme_harbour_tides": ([], None),
        "acme_harbour_berths": (["company_id", "pier", "place"], None),
        "acme_harbour_harbours": (["code"], None),
    }
    for stream in told:
        name = stream.removeprefix("acme_harbour_")
        of_environment = name == "harbours"
        records = [
            {each: value for each, value in record.items() if each not in {"company_id", "company_name"}}
            for record in run.records[stream]
        ]
        assert in_order(records) == in_order(served(transport.desk, f"/{name}" if of_environment else name)), name
        assert all(("company_id" in record) is not of_environment for record in run.records[stream])


def test_boats_are_found_again_by_their_stamps_and_harbours_are_read_whole(transport):
    first = run_at(transport, CONFIG)
    second = run_at(transport, CONFIG, state=first.state)
    assert len(second.records["acme_harbour_boats"]) < len(first.records["acme_harbour_boats"])
    assert len(second.records["acme_harbour_harbours"]) == len(first.records["acme_harbour_harbours"])
    assert set(first.state["bookmarks"]) == {"acme_harbour_boats"}


def test_row_versions_are_followed_where_somebody_prefers_them(transport):
    config = {**CONFIG, "replication_keys": {"acme_harbour_boats": "systemRowVersion"}}
    run = run_at(transport, config, select=["acme_harbour_boats"])
    (partition,) = run.state["bookmarks"]["acme_harbour_boats"]["partitions"]
    assert partition["seen"]["value"] == max(each["systemRowVersion"] for each in run.records["acme_harbour_boats"])


def test_what_a_navigation_leads_to_is_read_by_itself(transport):
    run_at(transport, CONFIG)
    assert not [request.url for request in transport.asked if "$expand" in request.url]
