"""The tap and the real loader target-duckdb: is what arrives in the database what the tenant holds?"""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from datetime import datetime, timezone
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator_control import RunningEmulator

ROOT = Path(__file__).parents[2]
LOADER_PYTHON = ROOT / ".cache" / "target-duckdb" / "bin" / "python"
TAP = Path(sys.executable).with_name("tap-dynamics-bc")
DYNAMICS_BC = Path(sys.executable).with_name("dynamics-bc")
SCHEMA = "business_central"
BLANKS = {
    "0001-01-01",
    "0001-01-01T00:00:00Z",
    "0001-01-01 00:00:00",
    "00000000-0000-0000-0000-000000000000",
    "_x0020_",
}
# Runs in the loader's environment, which alone has the DuckDB library.
DUMP = f"""
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
tables = connection.execute(
    "select table_name from information_schema.tables where table_schema = '{SCHEMA}'").fetchall()
for table, in tables:
    cursor = connection.execute(f'select * from {SCHEMA}."{{table}}"')
    names = [column[0] for column in cursor.description]
    for row in cursor.fetchall():
        print(json.dumps([table, dict(zip(names, row))], default=str))
"""

pytestmark = pytest.mark.skipif(
    not LOADER_PYTHON.exists(), reason="target-duckdb is not installed; `make test` installs it"
)


def whole_catalog(folder: Path, config: Path) -> Path:
    """The catalog with every stream selected."""
    catalog = json.loads(subprocess.check_output([TAP, "--config", config, "--discover"], stderr=subprocess.DEVNULL))
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = True
    path = folder / "catalog.json"
    path.write_text(json.dumps(catalog))
    return path


def load(folder: Path, config: Path, catalog: Path) -> dict[str, list[dict[str, Any]]]:
    """Run the tap into the loader; gives the rows of every table of the database."""
    database = folder / "warehouse.duckdb"
    loader_config = folder / "loader.json"
    loader_config.write_text(json.dumps({"path": str(database), "default_target_schema": SCHEMA}))
    with (folder / "tap.log").open("wb") as log:
        tap = subprocess.Popen([TAP, "--config", config, "--catalog", catalog], stdout=subprocess.PIPE, stderr=log)
        loader = subprocess.run(
            [LOADER_PYTHON, ROOT / "demo" / "load_duckdb.py", "--config", loader_config],
            stdin=tap.stdout,
            capture_output=True,
            check=False,
        )
        assert tap.stdout is not None
        tap.stdout.close()
        assert tap.wait() == 0, (folder / "tap.log").read_text()[-3000:]
    assert loader.returncode == 0, loader.stderr.decode()[-3000:]
    tables: dict[str, list[dict[str, Any]]] = {}
    for line in subprocess.check_output([LOADER_PYTHON, "-c", DUMP, database]).splitlines():
        table, row = json.loads(line)
        tables.setdefault(table, []).append(row)
    return tables


def as_loaded(value: Any) -> Any:
    """A value of the tenant as one that the loader's columns can be compared with."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and value in BLANKS:
        return None
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", value):
        moment = datetime.fromisoformat(value.rstrip("Z").replace(" ", "T").ljust(19))
        return moment.replace(tzinfo=timezone.utc).timestamp()
    # The loader reads an empty text from its CSV file as null.
    return value or None if isinstance(value, str) else value


def decoded(name: str) -> str:
    """An enum member's text. Written from the service's rule, not from the tap's code."""
    return re.sub(r"_x([0-9A-F]{4})_", lambda match: chr(int(match[1], 16)), name)


def same(loaded: Any, truth: Any) -> bool:
    """Whether a loaded value is the tenant's."""
    left, right = as_loaded(loaded), as_loaded(truth)
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-12, abs_tol=1e-9)
    return left == right or (isinstance(truth, str) and left == (decoded(truth).strip() or None))


def differences(rows: list[dict[str, Any]], truth: list[dict[str, Any]], keys: list[str]) -> list[str]:
    """What the loaded rows of one company and stream have wrong."""

    def key_of(row: dict[str, Any], names: list[str]) -> tuple[str, ...]:
        return tuple(decoded(str(row[name])).lower() for name in names)

    lower = [key.lower() for key in keys]
    loaded = {key_of(row, lower): row for row in rows}
    expected = {key_of(row, keys): row for row in truth}
    found = [f"missing {key}" for key in expected.keys() - loaded.keys()]
    found += [f"too many {key}" for key in loaded.keys() - expected.keys()]
    if len(rows) != len(expected):
        found.append(f"{len(rows)} rows, not {len(expected)}")
    for key in expected.keys() & loaded.keys():
        found += [
            f"{key} {name}: {loaded[key].get(name.lower())!r}, not {value!r}"
            for name, value in expected[key].items()
            if not isinstance(value, dict | list) and not same(loaded[key].get(name.lower()), value)
        ]
    return found


def assert_offered(rows: list[dict[str, Any]], truth: list[dict[str, Any]], company_id: str) -> None:
    """Every payment of a vendor is offered all open entries of that vendor."""
    by_payment: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["company_id"] == company_id:
            by_payment.setdefault(row["parent_id"], []).append(row)
    for payment, offered in by_payment.items():
        vendors = {row["vendornumber"] for row in offered}
        expected = [row for row in truth if row["vendorNumber"] in vendors]
        assert not differences(offered, expected, ["id"]), f"what is offered to the payment {payment}"
    assert {row["id"] for offered in by_payment.values() for row in offered} == {row["id"] for row in truth}


def is_reachable(row: dict[str, Any]) -> bool:
    """Whether the service lets anybody read a row: contacts of bank accounts have no parent to be read through."""
    return row.get("relatedType") not in {"Bank Account", "Bank_x0020_Account"}


@pytest.mark.parametrize(
    "page_size",
    [None, 7, pytest.param(1, marks=pytest.mark.slow)],
    ids=["default pages", "pages of 7", "pages of 1"],
)
def test_the_database_holds_every_row_and_value_of_both_companies(
    emulator: RunningEmulator, tmp_path: Path, page_size: int | None
) -> None:
    config = tmp_path / "tap.json"
    config.write_text(json.dumps(emulator.config(**({"page_size": page_size} if page_size else {}))))
    catalog_path = whole_catalog(tmp_path, config)
    tables = load(tmp_path, config, catalog_path)
    compared = 0
    for stream in json.loads(catalog_path.read_text())["streams"]:
        keys = [key for key in stream["key_properties"] if key != "company_id"]
        rows = tables.get(stream["stream"].lower(), [])
        if "company_id" not in stream["key_properties"]:
            continue
        if stream["stream"] == "applyVendorEntries":
            for company in emulator.companies():
                assert_offered(rows, emulator.rows(company["id"], "applyVendorEntries"), company["id"])
            continue
        for company in emulator.companies():
            of_company = [row for row in rows if row["company_id"] == company["id"]]
            truth = [row for row in emulator.rows(company["id"], stream["stream"]) if is_reachable(row)]
            assert not differences(of_company, truth, keys), f"{stream['stream']} of {company['name']}"
            assert len(of_company) == len(truth)
            compared += len(truth)
    assert compared > 5_000


@pytest.mark.skipif(
    sys.version_info < (3, 11),
    reason="the last DuckDB for Python 3.10 reads no file of a newer one",
)
@pytest.mark.skipif(find_spec("duckdb") is None, reason="duckdb is not installed; `make setup` installs it")
def test_what_was_loaded_is_verified_and_what_is_missing_is_named(emulator: RunningEmulator, tmp_path: Path) -> None:
    config = tmp_path / "tap.json"
    config.write_text(json.dumps(emulator.config()))
    streams = ("customers", "salesInvoices", "salesInvoiceLines", "dimensionSetLines", "generalLedgerEntries")
    catalog = tmp_path / "catalog.json"
    chosen = [option for stream in streams for option in ("--select", stream)]
    catalog.write_bytes(subprocess.check_output([DYNAMICS_BC, "catalog", "--config", config, *chosen]))
    load(tmp_path, config, catalog)
    database = ("--duckdb", tmp_path / "warehouse.duckdb", "--schema", SCHEMA)
    command = [DYNAMICS_BC, "verify", "--config", config, "--catalog", catalog, *database]
    agreed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert agreed.returncode == 0, agreed.stdout + agreed.stderr
    rows = json.loads(agreed.stdout)
    assert len(rows) == len(streams) * len(emulator.companies())
    assert sum(row["rows_in_destination"] for row in rows) > 2_000
    delete = (
        f"import duckdb, sys; duckdb.connect(sys.argv[1]).execute('delete from {SCHEMA}.customers where rowid = 0')"
    )
    subprocess.run([LOADER_PYTHON, "-c", delete, tmp_path / "warehouse.duckdb"], check=True)
    differs = subprocess.run(command, capture_output=True, text=True, check=False)
    assert differs.returncode == 1
    assert "customers of " in differs.stderr
    assert "(1 missing)" in differs.stderr
