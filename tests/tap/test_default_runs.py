"""What does a run without a catalog make of a whole tenant, and of one of which parts have vanished?"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport, run_at
from tap.destination import Destination
from tap.living_source import Source, copy_company

from dynamics_bc_emulator.odata.vanished import Vanished

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from tap.desk_runs import DeskRun


LARGE = (
    "accounts",
    "countriesRegions",
    "currencies",
    "currencyExchangeRates",
    "generalLedgerEntries",
    "itemLedgerEntries",
    "purchaseInvoices",
    "salesInvoices",
)


@dataclass
class Tenant:
    """Two companies with everything that release 28 shows, and what a destination has of them."""

    source: Source
    transport: DeskTransport
    settings: dict[str, Any]
    destination: Destination = field(default_factory=Destination)
    state: dict[str, Any] | None = None

    def run(self) -> DeskRun:
        """A default run: nobody selects anything."""
        outcome = run_at(self.transport, self.settings, state=self.state)
        self.destination.load(outcome.whole_lines)
        self.state = self.destination.states[-1]
        return outcome

    def sizes(self) -> Counter[str]:
        return Counter({stream: len(table) for stream, table in self.destination.tables.items()})


def thin_out(connection: sqlite3.Connection) -> None:
    """Leave an eighth of the largest sets: what is shown here does not depend on how many rows there are."""
    large = "SELECT bucket FROM buckets WHERE entity_set IN (SELECT value FROM json_each(?))"
    connection.execute(f"DELETE FROM entities WHERE id > '2' AND bucket IN ({large})", [json.dumps(LARGE)])
    lines = json.dumps([f"{name[:-1]}Lines" for name in LARGE if name.endswith("Invoices")])
    orphaned = f"bucket IN ({large}) AND parent NOT IN (SELECT id FROM entities)"
    connection.execute(f"DELETE FROM entities WHERE {orphaned}", [lines])


@pytest.fixture(params=["none", "sweep"])
def tenant(request: pytest.FixtureRequest, tmp_path: Path) -> Tenant:
    desk = open_desk()
    first = desk.company.id
    thin_out(desk.service.store.connection)
    second = f"fff{first[3:]}"
    copy_company(desk.service.store, first, second)
    settings = {"deletes": request.param, "sweep_every": "PT0S", "store_path": str(tmp_path)}
    return Tenant(Source(desk, (first, second)), DeskTransport(desk), settings)


@pytest.mark.fault("R7", "R8")
def test_a_default_run_ends_well_and_what_vanishes_is_a_failure_never_a_deletion_until_it_comes_back(tenant, caplog):
    outcome = tenant.run()
    assert outcome.error is None, outcome.error
    whole = tenant.sizes()
    assert sum(map(bool, whole.values())) > 50
    tenant.source.advance(timedelta(days=2))
    tenant.source.insert(0, "taxGroups")
    sets, navigations = frozenset({"vendors"}), frozenset({("salesInvoices", "salesInvoiceLines")})
    tenant.source.desk.service.vanished = Vanished(sets, navigations)
    tenant.source.vanish_company(1)

    outcome = tenant.run()
    assert outcome.error is not None
    assert outcome.error.exit_code == 1
    for named in ("vendors", "salesInvoiceLines", tenant.source.company_ids[1]):
        assert named in caplog.text
    assert tenant.destination.deleted == []
    assert tenant.sizes() == whole + Counter(taxGroups=1)
    tenant.source.come_back()
    again = tenant.run()
    assert again.error is None, again.error
    assert tenant.destination.deleted == []
    assert tenant.sizes() == whole + Counter(taxGroups=1)
