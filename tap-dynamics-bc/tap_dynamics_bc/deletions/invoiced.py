"""Which orders are gone because they were invoiced?

An order vanishes when it is invoiced in full, and the invoice that it becomes has an id of its own and names the order
(the public source of the API's pages, and its tests `TestGetInvoiceFromPostedOrderCorrectOrderIdAndNo`). A draft of an
invoice keeps its id when it is posted, so it is never gone. Quotes that became orders, and journal lines that were
posted, are named by nobody.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.odata.query import Query, any_of
from tap_dynamics_bc.streams.routes import STANDARD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.reads.plan import Target

log = logging.getLogger(__name__)

INVOICES: Mapping[str, str] = {"salesOrders": "salesInvoices", "purchaseOrders": "purchaseInvoices"}
ORDER_ID = "orderId"
ORDERS_AT_ONCE = 50


def invoiced(client: Client, orders: Target, ids: Sequence[str]) -> set[str]:
    """Those of some orders that are gone which an invoice names.

    Args:
        client: Talks to the service.
        orders: The set; nothing is asked for sets that hold no orders.
        ids: Their ids.

    Raises:
        DynamicsError: Nothing can be read any more.
    """
    invoices = INVOICES.get(orders.entity_set) if orders.route is STANDARD else None
    if invoices is None:
        return set()
    path = replace(orders, entity_set=invoices).path
    found: set[str] = set()
    rest = iter(ids)
    try:
        while some := list(islice(rest, ORDERS_AT_ONCE)):
            rows = client.rows(Query(path, select=("id", ORDER_ID), filter=any_of(ORDER_ID, some)))
            found |= {str(row[ORDER_ID]).lower() for row in rows}
    except DynamicsError as error:
        if error.scope == "run":
            raise
        log.warning("It is not known which of these orders were invoiced: %s", error.explained)
    return found
