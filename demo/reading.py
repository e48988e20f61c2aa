"""Steps 1 to 3 and 7: what does the tap find, read, read again, and read back?"""

from __future__ import annotations

import collections
import json
import subprocess
import time
from typing import TYPE_CHECKING, Any

from rich.table import Table

from commands import OUTPUT, console, heading, pipe, run
from messages import replication_keys, rows_by_stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenant import Tenant

SCHEMA = "business_central"
FIRST_RUN, SECOND_RUN, READ_BACK = (OUTPUT / f"{name}.singer" for name in ("first-run", "second-run", "read-back"))
STATE, CATALOG, WAREHOUSE = OUTPUT / "state.json", OUTPUT / "catalog.json", OUTPUT / "warehouse.duckdb"

# Runs in the loader's environment, which alone has the DuckDB library.
COUNT_ROWS = f"""
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
columns = {{}}
for table, column in connection.execute(
    "select table_name, column_name from information_schema.columns where table_schema = '{SCHEMA}'"
).fetchall():
    columns.setdefault(table, set()).add(column)
counts = {{}}
for table in sorted(columns):
    company = "company_name" if "company_name" in columns[table] else "''"
    rows = connection.execute(f'select {{company}}, count(*) from {SCHEMA}."{{table}}" group by 1').fetchall()
    counts[table] = dict(rows)
print(json.dumps(counts))
"""


def discover(tap: Sequence[str], tenant: Tenant) -> None:
    """Step 1: what is there to read?"""
    heading(1, "Discover what the tenant has")
    run([*tap, "--discover"], into=CATALOG)
    streams = json.loads(CATALOG.read_text())["streams"]
    selected = sum(map(is_selected, streams))
    fields = sum(len(stream["schema"]["properties"]) for stream in streams)
    companies = ", ".join(company["name"] for company in tenant.rows("companies"))
    console.print(f"  {len(streams)} streams, {selected} of them selected by default, {fields:,} fields")
    console.print(f"  companies: {companies}")


def is_selected(stream: Mapping[str, Any]) -> bool:
    """Whether a catalog entry is read when nobody says otherwise."""
    root = next(entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"])
    return bool(root.get("selected", root.get("selected-by-default", False)))


def read_everything(tap: Sequence[str], loader: Sequence[str]) -> None:
    """Step 2: the whole tenant, into DuckDB."""
    heading(2, "Read everything into DuckDB")
    started = time.monotonic()
    state = pipe([*tap, "--catalog", str(CATALOG)], loader, records=FIRST_RUN)
    STATE.write_text(json.dumps(state, indent=1))
    print_rows_per_stream(loader[0], time.monotonic() - started)


def print_rows_per_stream(loader_python: str, seconds: float) -> None:
    """Print what the DuckDB file holds, by stream and company."""
    counting = [loader_python, "-c", COUNT_ROWS, str(WAREHOUSE)]
    counts = json.loads(subprocess.run(counting, stdout=subprocess.PIPE, check=True).stdout)
    spelled = {stream.lower(): stream for stream in replication_keys(FIRST_RUN)}
    companies = sorted({company for by_company in counts.values() for company in by_company if company})
    table = Table("stream", "tenant", *companies, title=f"Rows in {WAREHOUSE}", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for stream, by_company in counts.items():
        cells = (f"{by_company[name]:,}" if name in by_company else "" for name in ("", *companies))
        table.add_row(spelled.get(stream, stream), *cells)
    console.print(table)
    total = sum(sum(by_company.values()) for by_company in counts.values())
    console.print(f"  {total:,} rows of {len(counts)} streams in {seconds:.1f} seconds, loading included")


def read_changes(tap: Sequence[str], loader: Sequence[str], tenant: Tenant) -> None:
    """Step 3: two changes, and a run that reads them and little else."""
    heading(3, "Change two things, and read again with the state of the first run")
    edited = change_something(tenant)
    pipe([*tap, "--catalog", str(CATALOG), "--state", str(STATE)], loader, records=SECOND_RUN)
    print_what_was_read(edited)


def change_something(tenant: Tenant) -> set[str]:
    """Somebody edits a customer, somebody else adds a line to an open purchase invoice. Returns the two ids."""
    company = tenant.rows("companies")[0]
    customer = tenant.rows(f"companies({company['id']})/customers")[0]
    tenant.edit(company["id"], "customers", customer["id"], {"phoneNumber": "+44 20 5550 0142"})
    console.print(f"  customer {customer['number']} {customer['displayName']} gets a new phone number")
    invoices = f"companies({company['id']})/purchaseInvoices"
    invoice = tenant.rows(f"{invoices}?$filter=status eq 'Draft'")[0]
    line = {"lineType": "Comment", "description": "Delivered to the back door"}
    tenant.create(f"{invoices}({invoice['id']})/purchaseInvoiceLines", line)
    console.print(f"  purchase invoice {invoice['number']} of {invoice['vendorName']} gets a new line")
    return {customer["id"], invoice["id"]}


def print_what_was_read(edited: set[str]) -> None:
    """Print which streams the second run read, how much of each, and why."""
    keys = replication_keys(SECOND_RUN)
    first, second = rows_by_stream(FIRST_RUN), rows_by_stream(SECOND_RUN)
    changed = {stream: sum(bool(edited & ids_of(row)) for row in rows) for stream, rows in second.items()}
    table = Table("stream", "rows", "of what was edited", "why", title="What the second run read", title_justify="left")
    incremental = [stream for stream in second if keys[stream]]
    for stream in sorted(incremental, key=lambda name: (-changed[name], name))[:10]:
        table.add_row(stream, str(len(second[stream])), str(changed[stream] or ""), f"{keys[stream]} >= bookmark")
    console.print(table)
    before = sum(len(rows) for stream, rows in first.items() if keys.get(stream))
    now = sum(len(second[stream]) for stream in incremental)
    console.print(f"  {now:,} rows instead of {before:,} from streams that carry a stamp")
    whole = sorted(stream for stream in second if not keys[stream])
    rows = sum(len(second[stream]) for stream in whole)
    console.print(f"  {rows:,} rows from streams without one, which are read whole: {', '.join(whole)}")


def ids_of(row: Mapping[str, Any]) -> set[Any]:
    """The ids that tie a row to a record: its own, its document's, its journal's, its parent's."""
    return {row.get(name) for name in ("id", "documentId", "journalId", "parentId")} - {None}


def read_back(tap: Sequence[str], written: set[str]) -> None:
    """Step 7: what was written, as the tap sees it. `written` holds the ids and the numbers of the outcomes."""
    heading(7, "Read the documents back through the tap, with lines and dimensions")
    run([*tap, "--catalog", str(CATALOG), "--state", str(STATE)], into=READ_BACK)
    rows = rows_by_stream(READ_BACK)
    dimensions: dict[str, list[str]] = collections.defaultdict(list)
    for line in rows["dimensionSetLines"]:
        dimensions[line["parentId"]].append(f"{line['code']}={line['valueCode']}")
    table = Table("document", "what", "amount", "dimensions")
    for cells, row in documents_with_lines(rows, written):
        table.add_row(*cells, ", ".join(sorted(dimensions[row["id"]])))
    console.print(table)


def documents_with_lines(
    rows: Mapping[str, list[dict[str, Any]]], written: set[str]
) -> list[tuple[tuple[str, str, str], dict[str, Any]]]:
    """The written documents, each followed by its lines, as cells of the table and the row they come from."""
    found = []
    for invoice in rows["purchaseInvoices"]:
        if invoice["id"] in written:
            title = f"{invoice['vendorName']} {invoice['vendorInvoiceNumber']} ({invoice['status']})"
            found.append((("bill " + invoice["number"], title, str(invoice["totalAmountIncludingTax"])), invoice))
            lines = [line for line in rows["purchaseInvoiceLines"] if line["documentId"] == invoice["id"]]
            found += [(("", line["description"], str(line["amountExcludingTax"])), line) for line in lines]
    for name, stream in (("journal line", "journalLines"), ("payment", "vendorPayments")):
        lines = [line for line in rows[stream] if {line["id"], line["documentNumber"]} & written]
        found += [((f"{name} {row['documentNumber']}", row["description"], str(row["amount"])), row) for row in lines]
    return found
