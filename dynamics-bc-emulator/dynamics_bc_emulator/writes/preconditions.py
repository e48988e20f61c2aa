"""Whether a write still means the row it was made for: If-Match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ANY = "*"


def require_token(headers: Mapping[str, str]) -> None:
    """Refuse a change that does not say which version of the row it is for.

    Raises:
        Refusal: There is no If-Match.
    """
    if not headers.get("if-match", "").strip():
        raise Refusal(400, "BadRequest_InvalidToken", "The If-Match header with the entity tag must be specified.")


def check_token(headers: Mapping[str, str], current: Callable[[], str], changed_status: int) -> None:
    """Refuse a write for a version of the row that is no longer there; without a token there is nothing to check.

    Args:
        headers: The request's, names in lower case.
        current: Gives the row's etag.
        changed_status: What a stale etag is answered with.

    Raises:
        Refusal: The token is malformed, or not the row's.
    """
    token = headers.get("if-match", "").strip()
    if token in ("", _ANY):
        return
    if not (token.removeprefix("W/").startswith('"') and token.endswith('"')):
        raise Refusal(400, "BadRequest_InvalidToken", f"The entity tag '{token}' of the If-Match header is not valid.")
    if token != current():
        raise Refusal(changed_status, "Request_EntityChanged", "Another user has already changed the record.")
