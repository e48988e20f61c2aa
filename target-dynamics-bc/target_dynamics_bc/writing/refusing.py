"""What does a refusal mean: is there another way, was it done all the same, what is said of it? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.errors import (
    DuplicateKey,
    RecordChanged,
    RecordNotFound,
    ServiceError,
    TooManyRequests,
    Unauthorized,
)
from target_dynamics_bc.kept.faults import from_error
from target_dynamics_bc.writing.steps import LookAgain

if TYPE_CHECKING:
    from dynamics_bc_client.errors import DynamicsError
    from target_dynamics_bc.kept.faults import Fault
    from target_dynamics_bc.writing.steps import Send
    from target_dynamics_bc.writing.unit import Unit

CONFLICTS = 3
"""How often a change is planned anew because somebody else changed the row between the look and the write."""


_LOOKED_BEHIND = frozenset({"create", "update"})
_OWN_STATUSES = frozenset({400, 401, 403, 404, 409, 412})
"""Those that refuse a write (webservices/dynamics-error-codes.md)."""


def another_way(unit: Unit, step: Send, error: DynamicsError) -> LookAgain | None:
    """Another look, where that may lead to another way; None when the refusal is the end of it.

    Somebody else was there first, or it is there by an earlier attempt of ours, or a journal's code is taken; but the
    very same step is not refused twice for that. A create that nests dimensions is tried without them.
    """
    if isinstance(error, RecordChanged):
        changed = sum(isinstance(each.error, RecordChanged) for each in unit.history.refusals)
        return LookAgain() if changed <= CONFLICTS else None
    if isinstance(error, DuplicateKey | RecordNotFound):
        return LookAgain() if unit.history.refused(step) <= 1 else None
    is_first = sum(refusal.step.nests_dimensions for refusal in unit.history.refusals) <= 1
    return LookAgain() if step.nests_dimensions and is_first and not error.repeatable else None


def is_hearsay(error: DynamicsError) -> bool:
    """Whether somebody on the way may have said it when the service had done its work.

    The service's own refusals of a write have a code, and one of a few statuses.
    """
    is_own = isinstance(error, ServiceError) and error.code and error.status in _OWN_STATUSES
    return isinstance(error, ServiceError) and not is_own and not error.repeatable


def is_from_the_way(error: DynamicsError) -> bool:
    """Whether somebody on the way may have refused the token, or too many requests: the service names a code."""
    return isinstance(error, TooManyRequests | Unauthorized) and not error.code


def is_looked_behind(step: Send, error: DynamicsError) -> bool:
    """Whether a look has to show that what was refused was not done all the same.

    An extension of a tenant may commit and fail then, and somebody on the way may refuse what the service has done.
    What may pass later is not believed to be refused anyway; and behind a posting there is a look in any case.
    """
    return (step.purpose in _LOOKED_BEHIND or step.then is not None) and not error.repeatable


def heard(unit: Unit, step: Send) -> DynamicsError | None:
    """How the very same step was refused: a look has shown since that it was not done."""
    refusals = (each for each in reversed(unit.history.refusals) if each.step.fingerprint == step.fingerprint)
    return next((each.error for each in refusals if is_looked_behind(step, each.error)), None)


def refusal_to_post(unit: Unit) -> DynamicsError | None:
    """Why it was refused to be posted in this run; None when it was not, or when that may have another cause."""
    for refusal in reversed(unit.history.refusals):
        if refusal.step.purpose == "post" and another_way(unit, refusal.step, refusal.error) is None:
            return refusal.error
    return None


def fault_of_posting(error: DynamicsError) -> Fault:
    """What a refused posting is called in the outcome."""
    return from_error(error, "post", doing="Business Central refused to post it")
