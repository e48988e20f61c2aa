"""Why did an operation of a batch fail, and when is one believed that answers 401?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError, SignInError, Unauthorized
from dynamics_bc_client.judging import believed, judge
from dynamics_bc_client.odata.batch import BAD_REPLY
from dynamics_bc_client.odata.targets import RequestTarget
from dynamics_bc_client.responses import error_details
from dynamics_bc_client.transport import Headers

if TYPE_CHECKING:
    from dynamics_bc_client.errors import Scope
    from dynamics_bc_client.exchange import Exchange
    from dynamics_bc_client.odata.batch import Reply

ROUNDS_DOUBTED = 2
"""How often an operation that answers 401 is sent again, the first time with another token, before it is believed."""


class BatchRefusals:
    """Judges the replies to operations that are sent until each has an end, in as many rounds as it takes.

    Args:
        exchange: Gets other tokens, and looks how far a refusal spreads.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._rounds = 0
        self._seen: dict[str | None, Scope | SignInError] = {}

    def refusal(self, method: str, path: str, reply: Reply) -> DynamicsError | None:
        """Why an operation failed; None when it did not."""
        if reply.status < BAD_REPLY:
            return None
        target = RequestTarget.of(path)
        error = judge(method, target, reply.status, error_details(reply.body, Headers(reply.headers)))
        if isinstance(error, Unauthorized) and self._rounds >= ROUNDS_DOUBTED:
            # One look at a company does for all of its operations.
            if target.company not in self._seen:
                self._seen[target.company] = self._exchange.seen_of(target, error)
            seen = self._seen[target.company]
            return seen if isinstance(seen, SignInError) else believed(method, target, error, seen)
        return error

    def end_round(self, token: str, *, refused: bool) -> DynamicsError | None:
        """A round is over: after the first one that had a refusal for want of a good token, another token is got.

        Args:
            token: What the round was sent with.
            refused: Whether it had such a refusal.

        Returns:
            Why there is no other token; None where there is one, or needs to be none.
        """
        self._rounds += refused
        if not refused or self._rounds > 1:
            return None
        try:
            self._exchange.another_token(token)
        except DynamicsError as error:
            return error
        return None
