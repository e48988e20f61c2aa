"""Misfortunes that a driver of the emulator orders: statuses, delays, lost connections."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_NAMES = ("method", "path", "skip", "times", "status", "headers", "body", "delay_ms", "drop", "after")
_CODES = {
    400: (
        "Internal_ServerError",
        "We could not update the data right now because a record was locked. Please try again later.",
    ),
    401: ("Authentication_InvalidCredentials", "The server has rejected the client credentials."),
    403: ("Authorization_RequestDenied", "Access is denied to company."),
    408: (
        "Internal_ServerError",
        "The operation was canceled because it took longer to generate the result than the specified threshold.",
    ),
    409: ("Internal_ServerError", "The activity was deadlocked with another user. Please retry the activity."),
    429: ("Application_TooManyRequests", "Too many requests reached. Actual (101). Maximum (100)."),
    500: ("Internal_ServerError", "An error occurred on the server."),
    502: ("Internal_ServerError", "Bad gateway."),
    503: ("Internal_TenantUnavailable", "The tenant is not accessible."),
    504: ("Internal_ServerError", "The gateway did not receive a timely response."),
}


@dataclass(slots=True)
class Misfortune:
    """One misfortune.

    Attributes:
        method: Verb it befalls, None for any.
        path: Regular expression that is searched in the path, or in path and decoded query.
        skip: Requests that pass before it begins.
        times: Requests it befalls then; 0 for all.
        status: What is answered; None to answer as usual.
        after: The status is answered after the request was carried out.
        drop: `before` or `after` the request is carried out the connection is closed without an answer.
    """

    path: re.Pattern[str]
    method: str | None = None
    skip: int = 0
    times: int = 1
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    delay_ms: float = 0
    drop: str | None = None
    after: bool = False
    _befallen: int = 0

    def befalls(self, method: str, path: str, query: str) -> bool:
        """Whether the request suffers; counts it."""
        if self.method not in {None, method} or not (self.path.search(path) or self.path.search(f"{path}?{query}")):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times and self._befallen >= self.times:
            return False
        self._befallen += 1
        return True

    def answer_body(self) -> Any:
        """What is said: the body ordered, else what the service says with that status."""
        if self.body is not None or self.status is None or self.status < 400:
            return self.body
        code, message = _CODES.get(self.status, ("Unknown", "The request failed."))
        return {"error": {"code": code, "message": f"{message}  CorrelationId:  00000000-0000-0000-0000-00000000fa17."}}


def parse_misfortunes(raw: Any) -> list[Misfortune]:
    """Misfortunes from the control interface's JSON.

    Raises:
        ValueError: Something in it makes no sense; the message says what.
    """
    return [_parse(one) for one in (raw if isinstance(raw, list) else [raw])]


def _parse(raw: Any) -> Misfortune:
    if not isinstance(raw, dict):
        raise TypeError(f"a fault is an object, not {raw!r}")
    for name in raw:
        if name not in _NAMES:
            raise ValueError(f"a fault has no {name}; it has {', '.join(_NAMES)}")
    if raw.get("drop") not in {None, "before", "after"}:
        raise ValueError(f"drop is before or after, not {raw['drop']!r}")
    try:
        path = re.compile(raw.get("path", ""))
    except re.error as error:
        raise ValueError(f"path {raw['path']!r} is no regular expression: {error}") from error
    return Misfortune(
        path=path,
        method=raw["method"].upper() if raw.get("method") else None,
        skip=raw.get("skip", 0),
        times=raw.get("times", 1) or 0,
        status=raw.get("status"),
        headers={name: str(value) for name, value in (raw.get("headers") or {}).items()},
        body=raw.get("body"),
        delay_ms=raw.get("delay_ms", 0),
        drop=raw.get("drop"),
        after=bool(raw.get("after")),
    )
