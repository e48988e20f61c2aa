"""May a draft be posted, and what posts it? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_dynamics_bc.writing.before_posting import reasons_against_posting
from target_dynamics_bc.writing.documents.marking import marks
from target_dynamics_bc.writing.refusing import fault_of_posting, refusal_to_post
from target_dynamics_bc.writing.steps import Finish, Refuse, Send, Step, refuse
from target_dynamics_bc.writing.writes import act

if TYPE_CHECKING:
    from target_dynamics_bc.writing.documents.document import Document


def posting(document: Document, draft: Finish) -> Step:
    """What posts a draft that is as it is wanted, or why it stays one.

    Args:
        document: The draft.
        draft: How it would end if it stayed one.
    """
    unit, action, noun = document.unit, document.unit.action, document.unit.kind.noun
    if action is not None and action.is_for_posted:
        message = f"The {noun.one} {document.number} is a draft; {action.name} is for posted ones."
        return refuse("action", "not_posted", message, row=document.row)
    if draft.faults:
        return Refuse(draft.faults, draft.id, draft.number)
    if (error := refusal_to_post(unit)) is not None:
        return Refuse((fault_of_posting(error),), draft.id, document.number)
    if marks(document.lines):
        message = (
            f"The draft {document.number} is half changed, as its comment says, and the record has no lines that would "
            "complete it, so it is not posted; send it with its lines."
        )
        return refuse("", "unfinished", message, row=document.row)
    if faults := reasons_against_posting(unit, document.row, document.alignment.rows, document.known_lines()):
        return Refuse(faults, draft.id, document.number)
    name = action.name if action is not None else ""
    # With the version that was compared: a draft that somebody has changed since then is looked at again.
    return Send((act(document.address, name, document.row, lines=unit.kind.lines_name),), "post")
