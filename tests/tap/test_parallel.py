"""Does it matter to the output how many requests are in flight?"""

from __future__ import annotations

from tap.running import run_tap

STREAMS = (
    "customers",
    "items",
    "salesInvoices",
    "salesInvoiceLines",
    "generalLedgerEntries",
    "journals",
    "journalLines",
)


def test_five_requests_in_flight_write_the_bytes_of_one(frozen):
    one, five = (
        run_tap(frozen.config(max_concurrent_requests=count, page_size=20), select=STREAMS) for count in (1, 5)
    )
    assert one.output == five.output
    assert sum(len(records) for records in one.records.values()) > 500


def test_five_requests_are_in_flight_at_once(frozen):
    frozen.faults([{"path": "/companies\\(.*", "times": 30, "delay_ms": 100}])
    before = len(frozen.requests())
    run_tap(frozen.config(), select=STREAMS)
    spans = [
        (request["started"], request["ended"])
        for request in frozen.requests()[before:]
        if "companies(" in request["path"]
    ]
    at_once = max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)
    assert at_once == 5
