"""Is the part of an order that a record wants to be posted, posted already? Pure.

An order of which a part is posted stays, and offers what is left to be posted next. So what a record says of an order
that is begun is not simply written and posted: that part may be its own. What was invoiced before its own part, the
record says in the property that the service calculates; without that, the first part is meant.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from target_dynamics_bc.writing.comparing import number_in
from target_dynamics_bc.writing.documents.posted import differing_names
from target_dynamics_bc.writing.refusing import fault_of_posting, refusal_to_post
from target_dynamics_bc.writing.steps import refuse
from target_dynamics_bc.writing.unit import TO_BE_POSTED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from target_dynamics_bc.writing.documents.document import Document
    from target_dynamics_bc.writing.steps import Finish, Refuse


def begun(document: Document) -> Finish | Refuse | None:
    """What follows where a part of an order is posted already; None where the record's own part is still to come."""
    unit = document.unit
    if not (unit.is_to_be_posted and unit.posts_a_part):
        return None
    parts = tuple(_parts(document))
    if all(there == before for there, before, _ in parts):
        return None
    if any(there != before + own for there, before, own in parts):
        return _of_others(document)
    names = [name for name in differing_names(document) if name.rpartition(".")[2] not in TO_BE_POSTED]
    return _changed(document, names) if names else _done(document)


def _parts(document: Document) -> Iterator[tuple[Decimal, Decimal, Decimal]]:
    """Of each quantity that the record states: what is posted, what was before the record's part, and that part."""
    wanted = document.unit.wanted.lines or ()
    for (line, row), stated in zip(document.pairs, wanted, strict=False):
        for name, of_posted in TO_BE_POSTED.items():
            if row is not None and line.fields.get(name) is not None:
                own = number_in(line.fields, name)
                yield number_in(row, of_posted), number_in(stated.calculated, of_posted), own


def _done(document: Document) -> Finish:
    finish = document.finish(posted=True)
    if (error := refusal_to_post(document.unit)) is not None:
        # It was refused and done all the same.
        return replace(finish, kind="posted", faults=(fault_of_posting(error),))
    return finish


def _changed(document: Document, names: list[str]) -> Refuse:
    noun = document.unit.kind.noun.one
    message = (
        f"The part of the {noun} {document.number} that the record asks for is posted, and it differs in "
        f"{', '.join(names)}; correct it in Business Central."
    )
    return refuse("", "posted_differs", message, row=document.row)


def _of_others(document: Document) -> Refuse:
    noun = document.unit.kind.noun.one
    message = (
        f"Of the {noun} {document.number} another part than the record's is posted already, so no more of it is "
        "posted. If the record's part follows it, send in each line what was posted before as invoicedQuantity (and "
        "shippedQuantity or receivedQuantity); else correct it in Business Central."
    )
    return refuse("", "posted_differs", message, row=document.row)
