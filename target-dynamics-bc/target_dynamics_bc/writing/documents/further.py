"""What do the answers about a document leave open, which has to be asked by what they have shown? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_dynamics_bc.writing.documents import released
from target_dynamics_bc.writing.documents.looking import BECAME, is_about_others, of_what_it_made

if TYPE_CHECKING:
    from dynamics_bc_client.odata.query import Query
    from target_dynamics_bc.writing.steps import Answers
    from target_dynamics_bc.writing.unit import Unit


def further_looks(unit: Unit, answers: Answers) -> dict[str, Query]:
    """What asks the ledger whether a document is posted, and for what an unanswered action has made of it."""
    return {**released.further_looks(unit, answers), **_for_what_it_made(unit, answers)}


def _for_what_it_made(unit: Unit, answers: Answers) -> dict[str, Query]:
    action, since = unit.action, unit.history.called_since
    row = next((row for name, rows in answers.items() if not is_about_others(name) for row in rows), None)
    if action is None or since is None or row is None or unit.posted:
        return {}
    return {BECAME: of_what_it_made(unit.path(action.leads_to), action.origin, str(row["id"]), since)}
