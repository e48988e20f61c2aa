"""What befalls requests on their way: throttling, losses, wrong replies, deadlocks, late work, kills, somebody else."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tap.desk_runs import DeskTransport, Killed

from dynamics_bc_client.errors import ConnectionLost
from dynamics_bc_client.transport import Response

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from emulator.in_process import Desk

    from dynamics_bc_client.transport import Request

WHAT = (
    "throttled",
    "unavailable",
    "before",
    "after",
    "gateway",
    "deadlock",
    "killed",
    "killed after",
    *["replies"] * 4,
)
CARRIED_OUT = frozenset({"killed after", "after", "gateway", "replies", "late"})
"""What befalls requests that are carried out all the same."""
REPLIES = (
    (503, "Application_UnavailableException", "The service is busy."),
    (500, "Internal_ServerError", "An unexpected error occurred."),
    (409, "Application_DeadlockException", "Your activity was deadlocked with another one. Start again."),
    (400, "Application_DialogException", "Something went wrong behind the work."),
)
"""What a batch's reply may say although the work is done."""
DEADLOCK = REPLIES[2]
WITHOUT_A_KEY = "/purchaseOrders"
"""Of what nothing but its id tells, a deadlock leaves nothing behind: it is sent again at once."""


class Misfortunes:
    """Decides what becomes of each request, and kills some runs.

    Args:
        chance: Decides.
        share: Of the requests that something befalls.
        kills: Of the kills that are due.
        late: Some requests are carried out when they were long given up.
        meddling: What somebody else does between requests, now and then.
        unheard: Is told of each request that is carried out and whose answer is another one, before it is.
    """

    def __init__(
        self,
        chance: random.Random,
        *,
        share: float,
        kills: float,
        late: bool = False,
        meddling: Callable[[], Any] | None = None,
        unheard: Callable[[Request], None] = lambda _: None,
    ) -> None:
        self._chance = chance
        self._share = share
        self._kills = kills
        self._what = (*WHAT, "late", "late") if late else WHAT
        self._meddling = meddling
        self._unheard = unheard
        self._due: list[Request] = []
        self.counts: Counter[str] = Counter()

    def __call__(self, transport: UnluckyTransport, request: Request) -> Response:
        if "oauth2" in request.url:
            return transport.answer(request)
        if self._meddling is not None and self._chance.random() < 0.05:
            self._meddling()
        if self._due and self._chance.random() < 0.1:
            self.catch_up(transport)
        if self._chance.random() > self._share:
            return transport.answer(request)
        what = self._chance.choice(self._what)
        if what.startswith("killed") and self._chance.random() > self._kills:
            return transport.answer(request)
        self.counts[what] += 1
        return self._befallen(what, transport, request)

    def catch_up(self, transport: UnluckyTransport) -> None:
        """Carry out what is late."""
        for request in self._due:
            transport.answer(request)
        self._due.clear()

    def _befallen(self, what: str, transport: UnluckyTransport, request: Request) -> Response:
        if what in CARRIED_OUT:
            self._unheard(request)
        if what.startswith("killed"):
            if what == "killed after":
                transport.answer(request)
            raise Killed
        if what == "throttled":
            return Response(429, {"Retry-After": "1"}, b"")
        if what == "unavailable":
            return Response(503, {}, b"")
        if what == "late":
            self._due.append(request)
            return Response(504, {}, b"")
        if what == "before":
            raise lost()
        if what == "deadlock":
            return _deadlocked(request) if request.url.endswith("$batch") else transport.answer(request)
        response = transport.answer(request)
        if what == "after":
            raise lost()
        if what == "replies" and request.url.endswith("$batch"):
            return self._with_worse_replies(request, response)
        return Response(504, {}, b"") if what == "gateway" else response

    def _with_worse_replies(self, request: Request, response: Response) -> Response:
        """A batch's response in which some replies say that what was done was not."""
        replies = json.loads(response.body, parse_float=Decimal).get("responses", [])
        keyless = {each["id"] for each in json.loads(request.body or b"{}")["requests"] if _creates_without_a_key(each)}
        worse = [self._worse(reply, reply["id"] in keyless) for reply in replies]
        return _of(worse, response)

    def _worse(self, reply: dict[str, Any], is_keyless: bool) -> dict[str, Any]:
        if self._chance.random() >= 0.3:
            return reply
        said = self._chance.choice(REPLIES)
        return reply if is_keyless and said is DEADLOCK else {**reply, **_reply(*said)}


def _reply(status: int, code: str, message: str) -> dict[str, Any]:
    return {"status": status, "body": {"error": {"code": code, "message": message}}}


def _creates_without_a_key(operation: dict[str, Any]) -> bool:
    return bool(operation["method"] == "POST" and operation["url"].endswith(WITHOUT_A_KEY))


def _deadlocked(request: Request) -> Response:
    """Nothing of the batch was carried out, and each of its replies says so."""
    operations = json.loads(request.body or b"{}").get("requests", [])
    return _of([{"id": each["id"], "headers": {}, **_reply(*DEADLOCK)} for each in operations], Response(200, {}, b""))


def _of(replies: list[dict[str, Any]], response: Response) -> Response:
    body = json.dumps({"responses": replies}, default=float).encode()
    return Response(response.status, dict(response.headers), body)


def lost() -> ConnectionLost:
    return ConnectionLost("The connection broke off.", sent=True)


class UnluckyTransport(DeskTransport):
    """A desk on a bad day."""

    def __init__(self, desk: Desk, misfortunes: Misfortunes) -> None:
        super().__init__(desk)
        self._unlucky = misfortunes

    def __call__(self, request: Request) -> Response:
        # One at a time: a desk has no server that would see to it.
        with self._lock:
            self.asked.append(request)
            return self._unlucky(self, request)

    def answer(self, request: Request) -> Response:
        return self._answer(request)
