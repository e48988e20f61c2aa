"""How do several requests for the same rows become one page?"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

import pytest
from tap.test_plans import reads

from dynamics_bc_client.batched_reads import BatchedResponse
from dynamics_bc_client.errors import RecordNotFound
from dynamics_bc_client.odata.pages import Page
from tap_dynamics_bc.pages.expanded import read_pages
from tap_dynamics_bc.pages.joining import expanded_members, joined

SERVED_AT = datetime(2026, 1, 28, 10, tzinfo=timezone.utc)
(READ,) = reads("salesInvoices", "salesInvoices", "salesInvoiceLines", "dimensionSetLines", page_rows=2)


def of_lines(*ids: str) -> list[dict[str, Any]]:
    """Rows with their lines, as the first request has them."""
    return [{"id": each, "number": f"n{each}", "salesInvoiceLines": []} for each in ids]


def of_dimensions(*ids: str) -> list[dict[str, Any]]:
    """The same rows with their own dimensions, as the second has them."""
    rest = "dimensionSetLines@odata.nextLink"
    return [{"@odata.etag": "e", "id": each, "dimensionSetLines": [{"of": each}], rest: None} for each in ids]


class Service:
    """Answers the two requests with pages that were laid down, and a batch of ids with the rows that exist."""

    def __init__(self, lines: list[list[dict]], dimensions: list[list[dict]], *, gone: tuple[str, ...] = ()) -> None:
        self.one_by_one: list[str] = []
        self._pages = {"salesInvoiceLines": lines, "dimensionSetLines": dimensions}
        self._gone = gone

    def read_many(self, reads):
        return [self._one(each) for each in reads]

    def _one(self, read):
        self.one_by_one.append(read.path.rpartition("?")[0].rpartition("/")[2])
        row_id = re.search(r"salesInvoices\('?(\w+)'?\)", read.path)[1]
        if row_id in self._gone:
            return BatchedResponse(b"", RecordNotFound("No.", status=404, code="Internal_RecordNotFound"), SERVED_AT)
        (row,) = of_dimensions(row_id)
        return BatchedResponse(json.dumps(row).encode(), None, SERVED_AT)

    def pages(self, query, *, page_size, keys):
        (expansion,) = query.expand
        assert keys.expanded[0][0] == expansion.navigation
        for rows in self._pages[expansion.navigation]:
            body = json.dumps({"value": rows}).encode()
            yield Page(body, None, query.url, SERVED_AT, page_size, row_count=len(rows))


def arrived(service: Service) -> list[list[tuple[str, Any]]]:
    """Of each page the ids, each with the id that its dimensions say they are of."""
    pages = [json.loads(page.body)["value"] for page in read_pages(service, READ)]
    assert all(row.keys() >= {"number", "salesInvoiceLines"} for rows in pages for row in rows)
    return [[(row["id"], row["dimensionSetLines"][0]["of"]) for row in rows] for rows in pages]


def both(*ids: str) -> list[tuple[str, str]]:
    return [(each, each) for each in ids]


@pytest.mark.parametrize(
    "dimensions",
    [
        pytest.param([["1", "2"], ["3"]], id="in step"),
        pytest.param([["1"], ["2"], ["3"]], id="in smaller pages"),
        pytest.param([["1", "2", "3"]], id="in larger pages"),
        pytest.param([["0", "1"], ["2", "3"]], id="a row more"),
    ],
)
def test_the_pages_of_two_requests_are_put_together(dimensions):
    service = Service([of_lines("1", "2"), of_lines("3")], [of_dimensions(*ids) for ids in dimensions])
    assert arrived(service) == [both("1", "2"), both("3")]
    assert service.one_by_one == []


def test_rows_that_have_moved_between_two_requests_are_asked_for_by_their_ids():
    service = Service([of_lines("1", "2"), of_lines("3")], [of_dimensions("1"), of_dimensions("7", "8")])
    assert arrived(service) == [both("1", "2"), both("3")]
    assert service.one_by_one == ["salesInvoices(2)", "salesInvoices(3)"]


def test_a_row_that_is_gone_when_the_second_request_is_made_is_left_out():
    service = Service([of_lines("1", "2")], [of_dimensions("1")], gone=("2",))
    assert arrived(service) == [both("1")]


def test_annotations_of_an_expansion_stay_with_it():
    """One of them is the link to the rest of its rows, which must not get lost."""
    row = json.dumps(of_dimensions("1")[0]).encode()
    together = json.loads(joined(b'{"id":"1"}', expanded_members(row, {"dimensionSetLines"})))
    assert set(together) == {"id", "dimensionSetLines", "dimensionSetLines@odata.nextLink"}
