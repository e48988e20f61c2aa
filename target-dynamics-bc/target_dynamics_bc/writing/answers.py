"""Which rows does the service's answer to a question hold, and is that all of them? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import DynamicsError, UnexpectedAnswer
from target_dynamics_bc.finding.asking import put_together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_dynamics_bc.wanted.records import Row

# A look gives a handful of rows; an answer that goes on elsewhere is only half of one.
_CONTINUED = "@odata.nextLink"


def together(answers: Sequence[list[Row] | DynamicsError]) -> list[Row] | DynamicsError:
    """The answer to a question from those to its parts; of several errors the first."""
    found = [answer for answer in answers if not isinstance(answer, DynamicsError)]
    if len(found) < len(answers):
        return next(answer for answer in answers if isinstance(answer, DynamicsError))
    rows = put_together(found[0], found[1:])
    if rows is None:
        return UnexpectedAnswer("A record was changed while it was looked at.", scope="record", repeatable=True)
    return rows


def rows_of(body: dict[str, Any], select: Sequence[str] = ()) -> list[Row] | DynamicsError:
    """The rows of an answer, or why it is none that anybody could go by.

    Args:
        body: What came.
        select: What was asked for of each row; nothing for all that it has.
    """
    rows = body.get("value")
    if not isinstance(rows, list):
        return UnexpectedAnswer(
            "The service answered a question with something that is not a list of rows.", scope="record"
        )
    if _goes_on(body):
        # Half an answer, of rows or of a row's lines, must not pass for "there is no more".
        return UnexpectedAnswer(
            "The service answered a question with more rows than fit into one page.", scope="record"
        )
    if any(not isinstance(row, dict) or any(name not in row for name in select) for row in rows):
        return UnexpectedAnswer("The service answered a question with a row that lacks what was asked.", scope="record")
    return rows


def _goes_on(body: dict[str, Any]) -> bool:
    """Whether an answer, or anything nested in it, continues on another page."""
    left: list[Any] = [body]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            for name, held in value.items():
                if isinstance(held, dict | list):
                    left.append(held)
                elif name.endswith(_CONTINUED):
                    return True
        elif isinstance(value, list):
            left += value
    return False
