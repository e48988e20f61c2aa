"""Which journal batches did the target make for what has been posted since, and left behind?

A create that was not answered may be carried out when what it was for has been posted by another one, and its batch
deleted: then a copy stands there, ready to be posted once more. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import Expansion, Query
from dynamics_bc_client.odata.urls import company_path
from target_dynamics_bc.identity import batch_id, line_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.wanted.records import Row

NAMED = "To be posted: "
"""What the name of a batch of ours begins with; the number of the entry or payment follows."""

PREVIEW = "PREVIEW, do not post: "
"""What the name of a batch begins with that is there to be looked at alone."""

ATTEMPTS = 12
"""Ids that a batch may have, one for each code that was tried."""


def look(company_id: str, kind: Kind) -> Query:
    """What asks for all batches of ours of one kind, with their lines."""
    path = company_path(company_id, kind.batches)
    lines = Expansion(kind.entity_set, ("id", "amount", "description"))
    return Query(path, ("id", "code", "displayName"), (lines,), f"startswith(displayName,'{NAMED}')")


def number_of(batch: Row) -> str:
    """The number of what a batch was made for."""
    return str(batch.get("displayName", "")).removeprefix(NAMED).strip()


def owner(company_id: str, kind: Kind, batch: Row, identities: Iterable[str]) -> str | None:
    """Whose batch it is, of these identities; None when it is nobody's of them."""
    theirs = str(batch["id"]).lower()
    for identity in identities:
        ids = (batch_id(company_id, kind.batches, identity, attempt) for attempt in range(ATTEMPTS))
        if theirs in ids:
            return identity
    return None


def is_ours_alone(company_id: str, kind: Kind, batch: Row, identity: str) -> bool:
    """Whether nobody has put a line of his own into the batch.

    One that was posted, and could not be removed then, holds the empty line that the service puts into it.
    """
    rows = [str(row["id"]).lower() for row in batch.get(kind.entity_set) or () if not _is_empty(row)]
    # Places of lines are counted from 0 on, and all lines were created at once.
    ours = {line_id(company_id, kind.entity_set, identity, "post", place) for place in range(len(rows))}
    return set(rows) == ours


def _is_empty(row: Row) -> bool:
    """Whether a line says nothing: whatever is booked to has a name, which becomes the line's description."""
    return not row.get("amount", 1) and not str(row.get("description", "?")).strip()
