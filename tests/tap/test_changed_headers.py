"""Does a changed row bring all that is read through it, whatever kind it is of?"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport, TapAtTheDesk, desk_config, run_at

from dynamics_bc_client.odata.query import stamp_literal
from dynamics_bc_emulator.stamps import from_stamp

if TYPE_CHECKING:
    from tap_dynamics_bc.streams.description import Stream


def through_parents(transport: DeskTransport) -> dict[str, Stream]:
    """The streams whose rows are found again by the row that they are read through."""
    tap = TapAtTheDesk(config=desk_config(), transport=transport, setup_mapper=False)
    return {
        name: stream
        for name, stream in tap.descriptions.items()
        if stream.ways and stream.stamp is None and stream.selected
    }


@pytest.mark.parametrize("release", [28, 29])
def test_a_row_that_was_changed_brings_all_that_is_read_through_it(release: int) -> None:
    """Drafts, orders and quotes, posted, shipped and received ones, entries and master data alike."""
    desk = open_desk(release)
    streams = through_parents(DeskTransport(desk))
    assert {"salesInvoiceLines", "purchaseReceiptLines", "salesShipmentLines", "dimensionSetLines"} <= set(streams)
    config = {"reread_open_documents": False}
    first = run_at(DeskTransport(desk), config, select=list(streams))
    assert first.error is None
    desk.clock.advance(timedelta(hours=2))
    calm = run_at(DeskTransport(desk), config, select=list(streams), state=first.state)
    ways = [way for stream in streams.values() for way in stream.ways]
    # What lies between may have a stamp of its own: the lines of a journal do, and their dimensions follow it.
    sources = {way.source for way in ways} | {leg.entity_set for way in ways for leg in way.legs[:-1]}
    now = from_stamp(stamp_literal(desk.clock() - timedelta(minutes=2)))
    for source in sources:
        for row in desk.company.find(source):
            desk.service.store.write_silently(desk.company.id, source, row["id"], {}, now)
    changed = run_at(DeskTransport(desk), config, select=list(streams), state=first.state)
    assert changed.error is None
    assert numbers(changed.records) == numbers(first.records)
    assert sum(numbers(calm.records).values()) < sum(numbers(first.records).values()) / 4
    desk.service.store.close()


def numbers(records: dict[str, list[dict[str, object]]]) -> Counter[str]:
    return Counter({name: len(each) for name, each in records.items()})
