"""Are values seen that change without the stamp of their row?"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport, run_at

from dynamics_bc_client.errors import BadRequest, Forbidden
from dynamics_bc_client.odata.query import stamp_literal
from dynamics_bc_emulator.stamps import from_stamp
from tap_dynamics_bc.streams.silent import OF_THE_STANDARD_API

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.in_process import Desk
    from tap.desk_runs import DeskRun

    from dynamics_bc_client.transport import Request
    from tap_dynamics_bc.streams.description import Stream

HOUR = timedelta(hours=1)


@pytest.fixture
def desk() -> Iterator[Desk]:
    opened = open_desk()
    yield opened
    opened.service.store.close()


def read(desk: Desk, *streams: str, state: dict[str, Any] | None = None, **config: Any) -> DeskRun:
    return run_at(DeskTransport(desk), config, select=streams, state=state)


def silently(desk: Desk, entity_set: str, row_id: str, **values: Any) -> None:
    """Change a row and leave its stamp as it is."""
    row = next(each for each in desk.company.find(entity_set) if each["id"] == row_id)
    desk.service.store.write_silently(
        desk.company.id, entity_set, row_id, values, from_stamp(row["lastModifiedDateTime"])
    )


def held(run: DeskRun, stream: str) -> dict[str, dict[str, Any]]:
    return {record["id"]: record for record in run.records[stream]}


# --- open documents ---------------------------------------------------------------------------------------------------


def test_open_documents_come_again_and_paid_ones_do_not(desk: Desk) -> None:
    first = read(desk, "salesInvoices")
    desk.clock.advance(HOUR)
    second = read(desk, "salesInvoices", state=first.state)
    expected = {row["id"] for row in desk.rows("salesInvoices") if row["status"] in {"Draft", "Open"}}
    assert expected
    assert {key for key, record in held(second, "salesInvoices").items() if record["status"] != "Paid"} >= expected
    assert len(second.records["salesInvoices"]) == len(held(second, "salesInvoices"))
    assert second.bookmark("salesInvoices", desk.company.id) == first.bookmark("salesInvoices", desk.company.id)


def test_a_partial_payment_is_seen(desk: Desk) -> None:
    first = read(desk, "salesInvoices")
    desk.clock.advance(HOUR)
    open_id = next(row["id"] for row in desk.rows("salesInvoices") if row["status"] == "Open")
    before = desk.read(f"salesInvoices({open_id})")
    (entry,) = desk.company.find("_customerLedgerEntries", documentId=open_id)
    desk.company.update("_customerLedgerEntries", entry["id"], {"remainingAmount": before["remainingAmount"] - 1})
    assert stamp_of(desk, "salesInvoices", open_id) == before["lastModifiedDateTime"]
    second = read(desk, "salesInvoices", state=first.state)
    assert held(second, "salesInvoices")[open_id]["remainingAmount"] == before["remainingAmount"] - 1


def test_an_edited_line_of_a_draft_is_seen_although_its_document_was_not_changed(desk: Desk) -> None:
    first = read(desk, "salesOrders", "salesOrderLines")
    desk.clock.advance(HOUR)
    line = next(iter(first.records["salesOrderLines"]))
    desk.edit("salesOrderLines", line["id"], description="Edited")
    assert stamp_of(desk, "salesOrders", line["documentId"]) == line["parent_modified_at"]
    second = read(desk, "salesOrders", "salesOrderLines", state=first.state)
    assert held(second, "salesOrderLines")[line["id"]]["description"] == "Edited"


def stamp_of(desk: Desk, entity_set: str, row_id: str) -> str:
    stamp: str = desk.read(f"{entity_set}({row_id})")["lastModifiedDateTime"]
    return stamp


@pytest.mark.parametrize("entity_set", ["salesInvoices", "salesCreditMemos", "purchaseCreditMemos", "salesOrders"])
def test_an_edited_line_of_what_waits_for_an_approval_is_seen(desk: Desk, entity_set: str) -> None:
    lines = f"{entity_set.removesuffix('s')}Lines"
    (row, *_) = desk.company.find(entity_set, status="Draft")
    silently(desk, entity_set, row["id"], status="In_x0020_Review", _documentStatus="Pending Approval")
    (line, *_) = desk.company.find(lines, documentId=row["id"])
    first = read(desk, entity_set, lines)
    desk.clock.advance(HOUR)
    desk.edit(lines, line["id"], description="Edited")
    second = read(desk, entity_set, lines, state=first.state)
    assert held(second, lines)[line["id"]]["description"] == "Edited"


def test_whoever_does_not_want_it_reads_what_was_stamped_alone(desk: Desk) -> None:
    streams = ("salesInvoices", "salesOrders", "items")
    first = read(desk, *streams, reread_open_documents=False)
    desk.clock.advance(HOUR)
    transport = DeskTransport(desk)
    run_at(transport, {"reread_open_documents": False}, select=streams, state=first.state)
    asked = [each.url for each in transport.asked if "companies(" in each.url]
    assert len(asked) == len(streams)
    assert "entries_until" not in str(first.state)


def test_it_costs_one_filtered_read_a_set(desk: Desk) -> None:
    first = read(desk, "salesInvoices", "salesOrders")
    desk.clock.advance(HOUR)
    transport = DeskTransport(desk)
    run_at(transport, select=["salesInvoices", "salesOrders"], state=first.state)
    assert len([each for each in transport.asked if "companies(" in each.url]) == 4


def test_a_first_read_is_not_followed_by_another(desk: Desk) -> None:
    transport = DeskTransport(desk)
    run_at(transport, {"start_date": "2026-02-01"}, select=["salesInvoices", "items"])
    assert len([each for each in transport.asked if "companies(" in each.url]) == 2


def test_documents_before_the_start_date_are_never_read(desk: Desk) -> None:
    since = "2026-01-15T00:00:00.000Z"
    first = read(desk, "salesInvoices", start_date=since)
    desk.clock.advance(HOUR)
    second = read(desk, "salesInvoices", state=first.state, start_date=since)
    assert all(record["lastModifiedDateTime"] >= since for record in second.records["salesInvoices"])


def test_without_a_value_that_moves_nothing_is_read_again(desk: Desk) -> None:
    """Purchase invoices show nothing that moves; their lines do."""
    first = read(desk, "purchaseInvoices")
    transport = DeskTransport(desk)
    run_at(transport, select=["purchaseInvoices"], state=first.state)
    assert len([each for each in transport.asked if "companies(" in each.url]) == 1


def test_a_service_that_refuses_to_list_them_is_no_failure(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def before(request: Request) -> None:
        if "status" in request.url.partition("$filter")[2]:
            raise BadRequest("Cannot filter by status.", status=400)

    first = read(desk, "salesInvoices")
    run = run_at(DeskTransport(desk, before=before), select=["salesInvoices"], state=first.state)
    assert run.error is None
    assert "could not be read again" in caplog.text


# --- items ------------------------------------------------------------------------------------------------------------


def moved(desk: Desk, number: str, quantity: int) -> None:
    """A movement of stock, as a posting leaves it: the item itself is not written."""
    item = desk.company.find("items", number=number)[0]
    entry = {"entryNumber": 990_000, "itemNumber": number, "entryType": "Purchase", "quantity": quantity}
    desk.service.store.write_silently(
        desk.company.id, "itemLedgerEntries", None, entry, from_stamp(stamp_literal(desk.clock()))
    )
    silently(desk, "items", item["id"], inventory=quantity)


def test_items_that_new_entries_name_come_again_and_no_others(desk: Desk) -> None:
    first = read(desk, "items")
    desk.clock.advance(2 * HOUR)
    number = sorted(row["number"] for row in desk.rows("items"))[3]
    moved(desk, number, 41)
    desk.clock.advance(HOUR)
    second = read(desk, "items", state=first.state)
    # One stands on the bookmark, and is read again in any case.
    found = {record["number"]: record["inventory"] for record in second.records["items"]}
    assert number in found
    assert len(found) == len(second.records["items"]) == 2
    assert found[number] == desk.rows("items", filter=f"number eq '{number}'")[0]["inventory"]
    desk.clock.advance(HOUR)
    assert len(read(desk, "items", state=second.state).records["items"]) == 1


def test_entries_that_were_looked_at_are_not_looked_at_again(desk: Desk) -> None:
    first = read(desk, "items")
    (entry,) = first.state["bookmarks"]["items"]["partitions"]
    assert entry["entries_until"] > entry["replication_key_value"]
    desk.clock.advance(HOUR)
    transport = DeskTransport(desk)
    run_at(transport, select=["items"], state=first.state)
    (asked,) = [each.url for each in transport.asked if "/itemLedgerEntries" in each.url]
    assert entry["entries_until"] in asked
    assert "$select=itemNumber" in asked


def test_who_may_not_read_the_entries_still_has_the_items(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def before(request: Request) -> None:
        if "/itemLedgerEntries" in request.url:
            raise Forbidden("No.", status=403)

    first = read(desk, "items")
    run = run_at(DeskTransport(desk, before=before), select=["items"], state=first.state)
    assert run.error is None
    assert "items" in caplog.text


# --- whole streams ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", ["P1D", {"Customers": "P1D"}, '{"customers": "P1D"}'])
def test_a_stream_is_read_whole_again_when_its_time_has_come(desk: Desk, every: Any) -> None:
    state = read(desk, "customers", full_reread_every=every).state
    (entry,) = state["bookmarks"]["customers"]["partitions"]
    assert entry["read_whole_at"] == stamp_literal(desk.clock())
    counts = []
    for _ in range(5):
        desk.clock.advance(9 * HOUR)
        run = read(desk, "customers", state=state, full_reread_every=every)
        state = run.state
        counts.append(len(run.records["customers"]))
    whole = len(desk.rows("customers"))
    assert counts[2] == whole
    assert [each for place, each in enumerate(counts) if place != 2] == [counts[0]] * 4
    assert counts[0] < whole


def test_a_stream_whose_last_whole_read_nobody_knows_is_read_whole(desk: Desk) -> None:
    state = read(desk, "customers").state
    assert "read_whole_at" not in str(state)
    desk.clock.advance(HOUR)
    run = read(desk, "customers", state=state, full_reread_every="P30D")
    assert len(run.records["customers"]) == len(desk.rows("customers"))
    assert "read_whole_at" in str(run.state)


def test_a_whole_read_that_fails_is_due_again(desk: Desk) -> None:
    state = read(desk, "customers").state
    desk.clock.advance(HOUR)

    def before(request: Request) -> None:
        if "/customers" in request.url:
            raise BadRequest("No.", status=400)

    failed = run_at(
        DeskTransport(desk, before=before), {"full_reread_every": "P30D"}, select=["customers", "vendors"], state=state
    )
    again = read(desk, "customers", state=failed.state, full_reread_every="P30D")
    assert len(again.records["customers"]) == len(desk.rows("customers"))


def test_streams_that_are_not_named_go_on_from_their_bookmarks(desk: Desk) -> None:
    state = read(desk, "customers", "vendors").state
    desk.clock.advance(HOUR)
    run = read(desk, "customers", "vendors", state=state, full_reread_every={"customers": "PT1M"})
    assert len(run.records["customers"]) == len(desk.rows("customers"))
    assert len(run.records["vendors"]) < len(desk.rows("vendors"))


# --- the table --------------------------------------------------------------------------------------------------------


def test_what_is_named_as_moving_is_there(descriptions: dict[str, Stream]) -> None:
    for name, found in OF_THE_STANDARD_API.items():
        properties = descriptions[name].properties
        assert set(found.properties) <= set(properties), name
        assert not found.open or "status" in properties, name
        if found.named is not None:
            assert found.named.name in properties
            assert {found.named.by, found.named.stamp} <= set(descriptions[found.named.entity_set].properties)
