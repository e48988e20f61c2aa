"""A service that answers from a script, and a clock that only moves when somebody waits."""

from __future__ import annotations

import json
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.client import Client
from dynamics_bc_client.transport import Request, Response
from dynamics_bc_plugin.connection import read_connection

if TYPE_CHECKING:
    from dynamics_bc_client.settings import ConnectionSettings

ROOT = "https://bc.example/v2.0/acme.example/Production/api/v2.0"
TOKEN_URL = "https://login.example/acme.example/oauth2/v2.0/token"


class World:
    """Transport, clock and settings of a test. `waits` are the seconds somebody waited, in their order."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.waits: list[float] = []
        self.requests: list[Request] = []
        self.token_requests: list[Request] = []
        self.answers: deque[Any] = deque()
        self.token_answers: deque[Any] = deque()
        self.last_answer: Any = None
        self.last_token_answer: Any = None
        self.lock = threading.Lock()

    def config(self, **overrides: Any) -> dict[str, Any]:
        return {
            "api_url": "https://bc.example",
            "auth_url": "https://login.example",
            "tenant_id": "acme.example",
            "client_id": "app-1",
            "client_secret": "not-a-real-secret",
            **overrides,
        }

    def settings(self, *, config_path: Any = None, **overrides: Any) -> ConnectionSettings:
        return read_connection(self.config(**overrides), config_path=config_path, environ={})

    def client(self, settings: ConnectionSettings | None = None, *, random: float = 1.0, **options: Any) -> Client:
        """With `random` 1.0 a wait is exactly what the sequence says: 1, 2, 4, ..."""
        return Client(
            settings or self.settings(),
            transport=self,
            clock=lambda: self.time,
            now=lambda: self.time,
            sleep=self.sleep,
            random=lambda: random,
            **options,
        )

    def sleep(self, seconds: float) -> None:
        self.waits.append(round(seconds, 3))
        self.time += seconds

    def will_answer(self, *answers: Any) -> None:
        self.answers.extend(answers)

    def will_give_tokens(self, *answers: Any) -> None:
        self.token_answers.extend(answers)

    def will_go_on_answering(self, answer: Any) -> None:
        """What every request gets when the script has ended."""
        self.last_answer = answer

    def will_go_on_giving(self, answer: Any) -> None:
        """What every token request gets when the script has ended."""
        self.last_token_answer = answer

    def __call__(self, request: Request) -> Response:
        with self.lock:
            if request.url.startswith("https://login.example"):
                self.token_requests.append(request)
                default = self.last_token_answer or tokens(f"token-{len(self.token_requests)}")
                answer = self.token_answers.popleft() if self.token_answers else default
            else:
                self.requests.append(request)
                assert self.answers or self.last_answer, f"nobody expected {request.method} {request.url}"
                answer = self.answers.popleft() if self.answers else self.last_answer
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def answer(status: int, body: Any = None, **headers: str) -> Response:
    """An answer with a JSON body (or bytes as they are); `Retry_After="3"` is a header field."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def fault(status: int, code: str = "", message: str = "", **headers: str) -> Response:
    return answer(status, {"error": {"code": code, "message": message}}, **headers)


def tokens(access_token: str, refresh_token: str | None = None, expires_in: Any = 3600) -> Response:
    body = {"access_token": access_token, "expires_in": expires_in, "token_type": "Bearer"}
    return answer(200, body | ({"refresh_token": refresh_token} if refresh_token else {}))


def page(*rows: Any, next_link: str | None = None, **headers: str) -> Response:
    body: dict[str, Any] = {"@odata.context": f"{ROOT}/$metadata#customers", "value": list(rows)}
    return answer(200, body | ({"@odata.nextLink": next_link} if next_link else {}), **headers)
