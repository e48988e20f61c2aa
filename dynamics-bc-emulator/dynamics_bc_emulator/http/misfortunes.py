"""Misfortunes that a driver of the emulator orders: statuses, delays, lost connections."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.http.checking import at_least_zero, checked
from dynamics_bc_emulator.http.patterns import Endless, compiled, searched

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES: dict[str, type] = {
    "method": str,
    "path": str,
    "skip": int,
    "times": int,
    "status": int,
    "headers": dict,
    "body": object,
    "delay_ms": float,
    "drop": str,
    "after": bool,
}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# Responses that have no body.
_BARE = (204, 304)
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
        drop: `before` or `after` the request is carried out the connection is closed without a response.
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
    _given_up: bool = False

    def befalls(self, method: str, path: str, query: str) -> bool:
        """Whether the request suffers; counts it."""
        if self.method not in {None, method}:
            return False
        if self._given_up or not self._is_about(path, query):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times and self._befallen >= self.times:
            return False
        self._befallen += 1
        return True

    def _is_about(self, path: str, query: str) -> bool:
        try:
            return searched(self.path, path) or searched(self.path, f"{path}?{query}")
        except Endless:
            self._given_up = True
            sys.stderr.write(f"A fault is given up: its path {self.path.pattern!r} takes too long to search for.\n")
            return False

    def response_body(self) -> Any:
        """What is said: the body ordered, else what the service says with that status."""
        if self.status in _BARE:
            return None
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
    told = checked(raw, "a fault", _TYPES)
    at_least_zero(told, "a fault", "skip", "times", "delay_ms")
    if told.get("drop") not in {None, "before", "after"}:
        raise ValueError(f"drop is before or after, not {told['drop']!r}")
    if not 200 <= told.get("status", 200) < 600:
        raise ValueError(f"status of a fault is from 200 to 599, not {told['status']}")
    return Misfortune(
        path=compiled(told.get("path", "")),
        method=told["method"].upper() if told.get("method") else None,
        skip=told.get("skip", 0),
        # A null means all, as 0 does.
        times=0 if raw.get("times", 1) is None else told.get("times", 1),
        status=told.get("status"),
        headers=dict(_headers(told.get("headers", {}))),
        body=told.get("body"),
        delay_ms=float(told.get("delay_ms", 0)),
        drop=told.get("drop"),
        after=told.get("after", False),
    )


def _headers(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in told.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(str(value)):
            raise ValueError(f"header {name!r} of a fault cannot be sent with the value {value!r}")
        yield name, str(value)
