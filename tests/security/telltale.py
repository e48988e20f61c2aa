"""A service that tells what it was sent: errors of every shape that echo secrets, in any spelling."""

from __future__ import annotations

import base64
import html
import json
import random
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, quote_plus

from tap.desk_service import HOST, LOGIN, DeskService

from dynamics_bc_client.transport import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FRAGMENT = 10
HOTGLUE = "https://hotglue.example"

BY_CHARACTERS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: quote(text, safe=""),
    lambda text: quote_plus(text).lower(),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    html.escape,
    lambda text: "".join(f"\\u{ord(each):04x}" for each in text),
    lambda text: "".join(f"&#{ord(each)};" for each in text),
)
IN_BASE64: tuple[Callable[[str], str], ...] = (
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: base64.b64encode(b":" + text.encode()).decode()[2:],
    lambda text: base64.b64encode(b"ab" + text.encode()).decode()[4:],
    lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
)
SPELLINGS = (*BY_CHARACTERS, *IN_BASE64)
STEERING = "\x1b[31m\x1b]0;owned\x07\x9b2J\x08\r"


def leaks(text: str, secrets: Iterable[str]) -> set[str]:
    """Ten characters of a secret, or of its base64, in any spelling, that are in a text, in any case."""
    folded = text.lower()
    return {piece for secret in secrets for piece in _pieces(secret) if piece.lower() in folded}


@cache
def _pieces(secret: str) -> frozenset[str]:
    windows = [secret[at : at + FRAGMENT] for at in range(len(secret) - FRAGMENT + 1)]
    whole = [spelling(secret) for spelling in IN_BASE64]
    # What base64 shares with its neighbours is no part of the secret.
    encoded = [each[at : at + FRAGMENT] for each in whole for at in range(4, len(each) - FRAGMENT - 3)]
    return frozenset([*(spelling(each) for spelling in BY_CHARACTERS for each in windows), *encoded])


@dataclass
class Telltale:
    """The desk, but for one request in a few, which is answered with what was sent.

    Attributes:
        seed: Of the choices.
        secrets: What else there is to tell, beside what a request carries.
        often: One request in so many is answered so; the sign-in as well.
    """

    seed: int
    secrets: list[str]
    often: int = 6
    service: DeskService = field(default_factory=DeskService)
    told: int = 0
    tokens: int = 0
    asked_of_hotglue: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def __call__(self, request: Request) -> Response:
        if request.url.startswith((LOGIN, HOTGLUE)):
            return self._token(request)
        if self._random.randrange(self.often) == 0:
            self.told += 1
            return self._telling(self._secrets_of(request))
        if "/environments/" in request.url:
            return Response(200, {}, json.dumps({"value": [{"name": "Production", "type": "Sandbox"}]}).encode())
        return self.service(request)

    def close(self) -> None:
        """As of a transport of the network."""

    def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((request.body or b"").decode()))
        sent = [form[name] for name in ("client_secret", "refresh_token") if name in form]
        self.asked_of_hotglue += request.url.startswith(HOTGLUE)
        sent += [request.headers["x-api-key"]] if "x-api-key" in request.headers else []
        if self._random.randrange(2 * self.often) == 0:
            self.told += 1
            return self._refusing_to_sign_in(sent)
        self.tokens += 1
        access = self._made("accessed")
        body = {"access_token": access, "refresh_token": self._made("refreshed"), "expires_in": 3600}
        return Response(200, {"Content-Type": "application/json"}, json.dumps(body).encode())

    def _made(self, kind: str) -> str:
        """A secret of its own; all its letters are random, so that no piece of it is a word of anybody's."""
        letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_.~"
        made = kind[0] + "".join(self._random.choices(letters, k=self._random.choice([24, 40, 300])))
        self.secrets.append(made)
        return made

    def _secrets_of(self, request: Request) -> list[str]:
        return [*self.secrets, request.headers.get("Authorization", "").removeprefix("Bearer ") or self.secrets[0]]

    def _spelt(self, secrets: list[str]) -> str:
        secret = self._random.choice(secrets)
        spelt = self._random.choice(SPELLINGS)(secret)
        cut = self._random.choice([len(spelt), len(spelt) // 2, len(spelt) // 3])
        return f"{STEERING}{self._random.choice(['', 'Bearer ', 'token='])}{spelt[:cut]}"

    def _telling(self, secrets: list[str]) -> Response:
        said, code = self._spelt(secrets), self._spelt(secrets)
        status = self._random.choice([400, 400, 401, 403, 404, 405, 409, 413, 500, 501, 503, 200, 302])
        shapes: list[Any] = [
            {"error": {"code": "BadRequest", "message": f"No. {said}"}},
            {"error": {"code": f"Application_{code}", "message": said}},
            {"error": code, "error_description": said},
            {"Message": said},
            {"value": [{"id": said}], "error": {"code": code, "message": said}},
            {"value": "no list", "@odata.nextLink": f"https://elsewhere.example/{said}"},
            {"value": [], "@odata.nextLink": f"{HOST}/{said}" if self._random.random() < 0.5 else said},
            [said],
            said,
        ]
        texts = [
            f"<html><title>{said}</title><body>{code}</body></html>",
            f"<error><code>{html.escape(code)}</code><message>{html.escape(said)}</message></error>",
            said,
        ]
        shape = self._random.choice([*shapes, *texts])
        body = shape if isinstance(shape, str) and self._random.random() < 0.5 else json.dumps(shape)
        headers = {
            "Content-Type": "application/json",
            "Server": self._field(said),
            "request-id": self._field(code),
            "ms-correlation-x": self._field(said),
            "Location": f"https://elsewhere.example/{self._field(code)}",
            "Retry-After": self._random.choice(["1", self._field(said)]),
        }
        return Response(status, headers, body.encode("utf-8", "replace"))

    def _refusing_to_sign_in(self, secrets: list[str]) -> Response:
        said = self._spelt(secrets or self.secrets)
        status = self._random.choice([400, 401, 500, 200])
        fields = {
            "error": self._random.choice(["invalid_client", "temporarily_unavailable", said]),
            "error_description": f"AADSTS7000215: Invalid client secret {said}.\nTrace ID: {said}",
            "error_codes": self._random.choice([[7000215], [said], said, None]),
            "trace_id": said,
            "correlation_id": said,
            "access_token": self._random.choice([None, 3, f"{said}\u2026"]),
        }
        return Response(status, {}, json.dumps(fields).encode())

    def _field(self, text: str) -> str:
        return text.encode("ascii", "ignore").decode().replace("\r", "").replace("\n", "")
