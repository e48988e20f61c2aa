"""A desk whose answers may be any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.answers import Answer, is_elsewhere, possible
from judged import expect
from tap.desk_runs import DeskTransport

if TYPE_CHECKING:
    from dynamics_bc_client.transport import Request, Response


class Attacked(DeskTransport):
    """A desk whose answers may be any."""

    def __call__(self, request: Request) -> Response:
        expect(not is_elsewhere(request), "untrue", f"another host was called: {request.url}")
        with self._lock:
            answer = self.misfortunes[0] if self.misfortunes else None
            if not isinstance(answer, Answer):
                return super().__call__(request)
            self.misfortunes.popleft()
            self.asked.append(request)
            self.before(request)
            return Answer(possible(answer.name))(lambda: self._answer(request))
