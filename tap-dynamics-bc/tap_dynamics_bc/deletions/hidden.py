"""Does the service hide a whole kind of documents from this user, so that they look as if they were gone?

Sales invoices are drafts and posted ones in one set. Who may not read the table of one kind gets the rows of the other,
without an error, and is told by id that the rest does not exist (the public source of the API's page, its permission
filters). No other set does so: they refuse the read. One document that was the last of its kind may well be gone; where
several are gone and none of a kind is left, a person has to say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import Query
from tap_dynamics_bc.streams.routes import STANDARD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.reads.plan import Target

KINDS: Mapping[str, Mapping[str, str]] = {
    "salesInvoices": {
        "drafts": "status eq 'Draft' or status eq 'In_x0020_Review'",
        "posted ones": ("status eq 'Open' or status eq 'Paid' or status eq 'Canceled' or status eq 'Corrective'"),
    }
}


def hidden_kind(client: Client, target: Target) -> str | None:
    """The kind of documents of which the service shows none at all, in words; None where it shows all kinds.

    Args:
        client: Talks to the service.
        target: The set; nothing is asked for sets that hold one kind.

    Raises:
        DynamicsError: They could not be counted.
    """
    kinds = KINDS.get(target.entity_set, {}) if target.route is STANDARD else {}
    return next((kind for kind, filter_ in kinds.items() if not client.count(Query(target.path, filter=filter_))), None)
