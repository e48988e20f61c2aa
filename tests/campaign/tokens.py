"""A token endpoint on a bad day, and a service that takes its tokens alone.

What may come back for a token request has a name, and a plan says which requests it befalls. Tokens may last for
seconds, be of another tenant, or be taken back while a run goes on; a refusal of a token may come when the work was
done. Refresh tokens are replaced at every use: the one before stays good until its successor was used, as long as
somebody who was killed in between may need it, and none longer.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from campaign.answers import BROKEN, Answer, any_answer, json_of
from campaign.befallen import note
from judged import expect
from tap.desk_runs import Killed

from dynamics_bc_client.transport import Response

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping
    from pathlib import Path

    from dynamics_bc_client.transport import Request

CLIENT = {"client_id": "app", "client_secret": "a-secret-of-the-campaign", "access_token": None, "expires_in": None}
FIRST = "refresh-0"
"""The refresh token that a config has."""


def _refusal(status: int, error: str, number: int, sentence: str) -> Response:
    told = {"error": error, "error_description": f"AADSTS{number}: {sentence}", "error_codes": [number]}
    return Response(status, {}, json.dumps(told).encode())


REFUSALS: dict[str, Response] = {
    "an expired secret": _refusal(401, "invalid_client", 7_000_222, "The provided client secret keys are expired."),
    "it passes": _refusal(400, "temporarily_unavailable", 90_033, "A transient error has occurred."),
    "too many": Response(429, {"Retry-After": "7"}, b""),
    "503 with a page": Response(503, {"Retry-After": "1"}, b"<html>Service Unavailable</html>"),
    "500": Response(500, {}, b""),
    "a page": Response(200, {}, b"<html>Sign in to the Wi-Fi</html>"),
    "nothing": Response(200, {}, b""),
    "half of it": Response(200, {}, b'{"token_type":"Bearer","access_tok'),
    "no token": Response(200, {}, b'{"token_type":"Bearer","expires_in":3599}'),
    "a token that cannot be sent": Response(200, {}, b'{"access_token":"a\\nb","expires_in":3599}'),
}
"""What comes back in place of a token."""
LIVES: dict[str, Any] = {
    "a second": 1,
    "ten seconds, as text": "10",
    "none": 0,
    "less than none": -300,
    "until some past day": 1_577_836_800,
    "nobody knows how long": None,
    "no number": "soon",
}
"""How long a token is said to last; a clock that is ahead makes any look like one that is over."""
MISFORTUNES = (*REFUSALS, *LIVES, *BROKEN, "of another tenant", "killed behind it", "any answer")
REVOKED = ("before", "behind", "in a batch")
"""When a token is refused that was good a moment ago: before the work, behind it, or by replies inside a batch."""


def outage(chance: random.Random) -> dict[str, Any]:
    """What befalls the tokens of one run."""
    tokens: dict[str, str] = {}
    for _ in range(chance.choice((1, 1, 2, 3))):
        name = chance.choice(MISFORTUNES)
        name = any_answer(chance) if name == "any answer" else name
        first, count = chance.choice((1, 1, 2, 3)), chance.choice((1, 1, 2, 5))
        tokens.update({str(first + each): name for each in range(1 if name.startswith("429") else count)})
    revoked = {}
    for _ in range(chance.choice((0, 1, 1, 2))):
        revoked[str(chance.randrange(1, 40))] = chance.choice(REVOKED)
    return {"tokens": tokens, "revoked": revoked}


class Endpoint:
    """Gives tokens, and knows which are good.

    Attributes:
        requests: How many there were for tokens, in this run.
        number: How many there were of the data API, in this run.
        delivered: The refresh token that was given last; empty when nobody knows whether it arrived.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._good: set[str] = set()
        self._refresh: list[str] = [FIRST]
        self.delivered = ""
        self.begin({})

    def check(self, kept: Path) -> None:
        """It was not asked without end, and what it gave last is what the next run has.

        Args:
            kept: The folder in which tokens are kept.

        Raises:
            BrokenPromiseError: It is not so.
        """
        expect(self.requests <= 3 * self.number + 20, "hangs", f"{self.requests} token requests for {self.number}")
        path = kept / "token.json"
        if self.delivered and path.exists():
            told = json.loads(path.read_text())
            expect(told["refresh_token"] == self.delivered, "lost", "the newest refresh token is not kept")

    def begin(self, told: Mapping[str, Any]) -> None:
        """Another run begins, and what befalls it is told."""
        self._told = {"tokens": {}, "revoked": {}, **told}
        self.requests = self.number = 0

    def answer(self, request: Request) -> Response:
        """Answer a token request.

        Raises:
            ConnectionLost: No answer.
            Killed: The process ends when the endpoint has done its work.
        """
        self.requests += 1
        name = self._told["tokens"].get(str(self.requests), "")
        if name:
            note(f"token endpoint: {name if name in MISFORTUNES else 'any answer'}")
        if name in REFUSALS:
            return REFUSALS[name]
        is_whole = name in {"", "of another tenant", *LIVES}
        if not is_whole:
            self.delivered = ""
        if name != "killed behind it" and not is_whole:
            return Answer(name)(lambda: self._given(request, ""))
        response = self._given(request, name)
        if not is_whole:
            raise Killed
        if response.status == 200 and "refresh_token" in json.loads(response.body):
            self.delivered = self._refresh[-1]
        return response

    def _given(self, request: Request, name: str) -> Response:
        form = {key: values[0] for key, values in parse_qs((request.body or b"").decode()).items()}
        number = next(self._numbers)
        token = f"token-{number}-of-the-campaign"
        told: dict[str, Any] = {"token_type": "Bearer", "expires_in": LIVES.get(name, 3599), "access_token": token}
        if form.get("grant_type") == "refresh_token":
            if form["refresh_token"] not in self._refresh[-2:]:
                return _refusal(400, "invalid_grant", 70_000, "The refresh token was replaced by another one.")
            # The one before it is of no use any more once this one was used.
            self._refresh = [form["refresh_token"], f"refresh-{number}"]
            told["refresh_token"] = self._refresh[-1]
        if name != "of another tenant":
            self._good.add(token)
        return Response(200, {}, json.dumps({k: v for k, v in told.items() if v is not None}).encode())

    def guard(self, request: Request, send: Any) -> Response:
        """Answer a request of the data API; one whose token is not good is not carried out."""
        self.number += 1
        when = self._told["revoked"].get(str(self.number))
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if when is not None:
            note(f"token refused {when}")
            self._good.discard(token) if when != "in a batch" else None
        if when == "behind":
            send()
        if token not in self._good:
            return Response(401, {"WWW-Authenticate": 'Bearer error="invalid_token"'}, b"")
        response: Response = send()
        return _refused_inside(response) if when == "in a batch" else response


def _refused_inside(response: Response) -> Response:
    """A batch's response whose later replies say that the token was not good, although the work is done."""
    told = json_of(response)
    if not isinstance(told, dict) or not isinstance(told.get("responses"), list):
        return response
    error = {"error": {"code": "Authentication_InvalidCredentials", "message": "The token has ended."}}
    replies = [
        {"id": each["id"], "status": 401, "headers": {}, "body": error} if place else each
        for place, each in enumerate(told["responses"])
    ]
    return Response(response.status, response.headers, json.dumps({"responses": replies}).encode())


@dataclass
class Guarded:
    """A transport behind an endpoint.

    Attributes:
        inner: What carries out the requests of the data API.
        endpoint: Gives the tokens.
    """

    inner: Any
    endpoint: Endpoint

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        if "/oauth2/" in request.url:
            return self.endpoint.answer(request)
        return self.endpoint.guard(request, lambda: self.inner(request))

    def __getattr__(self, name: str) -> Any:
        """All else is the transport's."""
        return getattr(self.inner, name)
