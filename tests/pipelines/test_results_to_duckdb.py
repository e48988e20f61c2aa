"""The target's results and the real loader target-duckdb: one row for each record, as the service has it last."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from target_dynamics_bc.kept.results import PROPERTIES
from tests.target.at_the_desk import Target

ROOT = Path(__file__).parents[2]
LOADER_PYTHON = ROOT / ".cache" / "target-duckdb" / "bin" / "python"
DUMP = """
import duckdb, json, sys
cursor = duckdb.connect(sys.argv[1], read_only=True).execute("select * from written.results")
names = [column[0] for column in cursor.description]
print(json.dumps([dict(zip(names, row)) for row in cursor.fetchall()], default=str))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not LOADER_PYTHON.exists(), reason="target-duckdb is not installed; `make test` installs it"),
]


def test_two_runs_loaded_one_after_the_other_are_one_row_for_each_record(tmp_path: Path) -> None:
    target, results = Target(tmp_path), tmp_path / "results.singer"
    bill = {"externalId": "b-1", "billNumber": "R-1", "vendorNumber": "10000"}
    bill["expenses"] = [{"accountNumber": "8210", "amount": 5}]  # type: ignore[assignment]
    vendor = {"externalId": "v-1", "vendorName": "Vendor"}
    settings: dict[str, Any] = {"remember": True, "results_stream": str(results)}
    target.pipe([("Vendors", vendor), ("Bills", bill)], **settings)
    loaded(tmp_path, results)
    results.unlink()
    target.pipe([("Vendors", {**vendor, "website": "example.com"}), ("Bills", {**bill, "isDraft": False})], **settings)
    rows = {row["record_key"]: row for row in loaded(tmp_path, results)}
    assert rows.keys() == {"v-1", "b-1"}
    assert all(row.keys() >= PROPERTIES.keys() for row in rows.values())
    assert [rows[key]["outcome"] for key in ("v-1", "b-1")] == ["updated", "posted"]
    for key, entity_set in (("v-1", "vendors"), ("b-1", "purchaseInvoices")):
        (shown,) = target.desk.rows(entity_set, filter=f"id eq {rows[key]['id']}")
        assert (rows[key]["number"], rows[key]["etag"]) == (shown["number"], shown["@odata.etag"])
    assert rows["b-1"]["posted_number"] == rows["b-1"]["number"]


def loaded(folder: Path, results: Path) -> list[dict[str, Any]]:
    """Load a file of results; gives the rows of the table."""
    database, config = folder / "warehouse.duckdb", folder / "loader.json"
    config.write_text(json.dumps({"path": str(database), "default_target_schema": "written"}))
    with results.open("rb") as source:
        loader = subprocess.run(
            [LOADER_PYTHON, ROOT / "demo" / "load_duckdb.py", "--config", config],
            stdin=source,
            capture_output=True,
            check=False,
        )
    assert loader.returncode == 0, loader.stderr.decode()[-3000:]
    rows: list[dict[str, Any]] = json.loads(subprocess.check_output([LOADER_PYTHON, "-c", DUMP, database]))
    return rows
