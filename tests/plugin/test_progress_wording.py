"""How a run is told in words."""

from __future__ import annotations

import pytest

from dynamics_bc_plugin.progress.account import PartPicture, Picture
from dynamics_bc_plugin.progress.wording import duration, line_of, rate, size, summary_lines


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (3.14, "3.1 s"), (59.9, "59.9 s"), (60, "1 min 00 s"), (125.4, "2 min 05 s"), (7500, "2 h 05 min")],
)
def test_a_duration_has_the_unit_that_fits(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_999, "1.0 MB"),
        (250_000, "250 kB"),
        (31_400_000, "31.4 MB"),
    ],
)
def test_a_size_has_the_unit_that_fits(count, text):
    assert size(count) == text


@pytest.mark.parametrize(
    ("count", "seconds", "text"), [(0, 0, "-"), (5, 0, "-"), (0, 3, "0/s"), (5, 2, "2.5/s"), (30_000, 10, "3,000/s")]
)
def test_a_rate_is_said_once_time_has_gone_by(count, seconds, text):
    assert rate(count, seconds) == text


READ = Picture(
    seconds=42.0,
    parts=(
        PartPicture("companies", None, rows=2, requests=1, seconds=0.2, finished=True),
        PartPicture("salesInvoices", "One", requests=3, waited_seconds=0.5, seconds=4.0, finished=True),
        PartPicture("salesInvoices", "Two", requests=1, seconds=4.0, running=True),
        PartPicture("salesInvoiceLines", "One", rows=41_000, seconds=3.0, finished=True),
        PartPicture("salesInvoiceLines", "Two", rows=1, seconds=3.0, running=True),
    ),
    stream_seconds={"companies": 0.2, "salesInvoices": 7.0, "salesInvoiceLines": 6.0},
    requests=9,
    response_bytes=31_400_000,
    waited_seconds=0.5,
)


def test_a_read_run_is_summed_up_stream_by_stream():
    assert summary_lines(READ) == [
        "companies: 2 rows, 1 request, 0.2 s, waited 0.0 s",
        "salesInvoices: no records in 2 companies, 4 requests, 7.0 s, waited 0.5 s",
        "salesInvoiceLines: 41,001 rows in 2 companies, read along with other streams, 6.0 s, waited 0.0 s",
        "In all: 41,003 rows, 9 requests, 31.4 MB, waited 0.5 s, in 42.0 s",
    ]


def test_a_run_that_goes_on_is_one_line():
    assert line_of(READ) == (
        "So far: 41,003 rows in 42.0 s (976/s); 9 requests, 31.4 MB, waited 0.5 s; "
        'now salesInvoices of "Two" (no records), salesInvoiceLines of "Two" (1 row); '
        "finished: 3 streams in 1 company, 41,002 rows"
    )


def test_what_was_fetched_ahead_is_told_by_its_size():
    parts = (PartPicture("vendors", "One", requests=1, response_bytes=2_000), PartPicture("vendors", "Two"))
    assert line_of(Picture(1.0, parts)).endswith("; fetched ahead: 1 stream in 2 companies, 2.0 kB")


def test_a_written_run_is_summed_up_by_outcome():
    vendors = PartPicture("vendors", "One", outcomes={"updated": 2, "created": 1_200}, requests=14, seconds=3.0)
    bills = PartPicture("bills", None, outcomes={"rejected": 1})
    assert summary_lines(Picture(5.0, (vendors, bills), {"vendors": 3.0}, requests=15, response_bytes=2_000)) == [
        "vendors: 1,200 created, 2 updated in 1 company, 14 requests, 3.0 s, waited 0.0 s",
        "bills: 1 rejected, 0 requests, 0.0 s, waited 0.0 s",
        "In all: 1,200 created, 1 rejected, 2 updated, 15 requests, 2.0 kB, waited 0.0 s, in 5.0 s",
    ]


def test_a_line_names_a_few_of_the_parts_that_run():
    parts = tuple(PartPicture("customers", f"C{number}", rows=1, running=True) for number in range(5))
    assert '"C2" (1 row) and 2 more' in line_of(Picture(1.0, parts))


def test_a_run_that_did_nothing_has_nothing_to_sum_up():
    assert summary_lines(Picture(1.0)) == []
