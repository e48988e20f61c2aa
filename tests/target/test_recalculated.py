"""A price that the record states is the one that is written, whatever the service calculates from what else changes."""

from __future__ import annotations

import pytest


def order(*lines, **more):
    return {
        "id": "a0000000-0000-0000-0000-000000000001",
        "externalDocumentNumber": "X-1",
        "customerNumber": "10000",
        "salesOrderLines": list(lines),
        **more,
    }


def line(number, quantity, **more):
    return {
        "lineType": "Item",
        "lineObjectNumber": number,
        "quantity": quantity,
        "unitPrice": 100,
        "discountAmount": 5,
        **more,
    }


@pytest.fixture
def lines_of_the_order(company):
    def rows():
        (header,) = company.rows("salesOrders", externalDocumentNumber="X-1")
        found = company.rows("salesOrderLines", documentId=header["id"])
        return [(row["quantity"], row["unitPrice"], row["discountAmount"]) for row in found]

    return rows


def test_an_order_keeps_its_prices_when_quantities_of_its_lines_change(pipe, lines_of_the_order):
    assert pipe({"salesOrders": [order(line("1896-S", 2), line("1900-S", 3))]}).kinds == ["created"]
    assert sorted(lines_of_the_order()) == [(2, 100, 5), (3, 100, 5)]
    assert pipe({"salesOrders": [order(line("1896-S", 7), line("1900-S", 3))]}).kinds == ["updated"]
    assert sorted(lines_of_the_order()) == [(3, 100, 5), (7, 100, 5)]


def test_fifty_changed_lines_of_an_order_keep_their_prices(pipe, lines_of_the_order):
    pipe({"salesOrders": [order(*(line("1896-S", n + 1) for n in range(50)))]})
    piped = pipe({"salesOrders": [order(*(line("1896-S", n + 60) for n in range(50)))]})
    assert piped.kinds == ["updated"]
    assert sorted(lines_of_the_order()) == [(n + 60, 100, 5) for n in range(50)]


def test_an_order_that_is_as_it_was_is_not_written(pipe):
    pipe({"salesOrders": [order(line("1896-S", 2))]}, store=None)
    assert pipe({"salesOrders": [order(line("1896-S", 2))]}, store=None).kinds == ["unchanged"]
