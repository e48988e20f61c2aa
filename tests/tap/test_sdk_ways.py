"""Do stream maps, flattening and batches get the same values?"""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from tap.running import in_order, run_tap

STREAMS = ("customers", "items", "salesInvoices", "salesInvoiceLines")


def test_stream_maps_get_the_values_of_plain_records(frozen):
    plain = run_tap(frozen.config(), select=STREAMS)
    mapped = run_tap(
        frozen.config(
            stream_maps={"customers": {"shout": "displayName.upper()"}, "salesInvoiceLines": {"__alias__": "lines"}}
        ),
        select=STREAMS,
    )
    assert mapped.error is None
    assert [record["shout"] for record in mapped.records["customers"]] == [
        record["displayName"].upper() for record in plain.records["customers"]
    ]
    assert [
        {name: value for name, value in record.items() if name != "shout"} for record in mapped.records["customers"]
    ] == plain.records["customers"]
    assert mapped.records["lines"] == plain.records["salesInvoiceLines"]
    assert mapped.records["items"] == plain.records["items"]
    assert mapped.state == plain.state


def test_flattening_of_flat_records_changes_nothing(frozen):
    plain = run_tap(frozen.config(), select=STREAMS)
    flat = run_tap(frozen.config(flattening_enabled=True, flattening_max_depth=1), select=STREAMS)
    assert flat.records == plain.records


def test_a_stream_that_a_map_removes_is_not_written_and_those_it_feeds_are(frozen):
    outcome = run_tap(frozen.config(stream_maps={"salesInvoices": None}), select=["salesInvoices", "salesInvoiceLines"])
    assert set(outcome.records) == {"salesInvoiceLines"}


def test_batches_hold_the_values_of_plain_records(frozen, tmp_path):
    plain = run_tap(frozen.config(), select=STREAMS)
    batch_config = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": f"file://{tmp_path}"},
        "batch_size": 100,
    }
    outcome = run_tap(frozen.config(batch_config=batch_config), select=STREAMS)
    assert outcome.error is None
    assert not outcome.records
    found = {name: [] for name in STREAMS}
    for message in outcome.messages:
        if message["type"] == "BATCH":
            for url in message["manifest"]:
                content = gzip.decompress(Path(urlsplit(url).path).read_bytes()).decode()
                found[message["stream"]] += [json.loads(line, parse_float=Decimal) for line in content.splitlines()]
    for name in STREAMS:
        assert in_order(found[name]) == in_order(plain.records[name])
    assert outcome.state == plain.state
