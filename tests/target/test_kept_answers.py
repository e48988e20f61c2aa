"""What is asked for once, and what again."""

from __future__ import annotations

import pytest

from target_dynamics_bc import order

LINE = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1, "unitCost": 5}


def bill(number):
    return "purchaseInvoices", {
        "vendorNumber": "20000",
        "vendorInvoiceNumber": f"K-{number}",
        "purchaseInvoiceLines": [{**LINE, "lineObjectNumber": "K-1"}],
    }


def questions(piped, entity_set):
    bodies = [(request.body or b"").decode() + request.url for request in piped.requests]
    return sum(body.count(f"/{entity_set}?") for body in bodies)


@pytest.mark.parametrize(("changes", "asked"), [(False, 3), (True, 9)])
def test_master_data_is_looked_up_once_as_long_as_the_run_does_not_write_it(pipe, company, monkeypatch, changes, asked):
    """By its number, and by what a sender's id would have made of it; in three chunks, and for the item itself.

    One more question is the store's, which was given the item last: whether it is still there.
    """
    item = {"number": "K-1", "displayName": "First", "baseUnitOfMeasureCode": "PCS"}
    pipe([("items", item)])
    monkeypatch.setattr(order, "CHUNK", 1)
    one_at_once = {"max_concurrent_requests": 1}
    pairs = [bill(number) for number in range(3)]
    piped = pipe([("items", {**item, "displayName": "Second"}), *pairs] if changes else pairs, **one_at_once)
    assert set(piped.kinds) <= {"created", "updated"}
    assert len(company.rows("purchaseInvoices", vendorNumber="20000")) >= len(pairs)
    assert questions(piped, "items") == asked
