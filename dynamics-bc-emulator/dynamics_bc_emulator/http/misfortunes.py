"""Misfortunes that a driver of the emulator orders: statuses, delays, lost connections, spoiled answers."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.clock import to_duration
from dynamics_bc_emulator.http.checking import at_least_zero, checked
from dynamics_bc_emulator.http.patterns import Endless, compiled, searched
from dynamics_bc_emulator.http.sayings import SAYINGS, Saying, saying_of

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
    "says": str,
    "cut_after": int,
    "end_after": int,
    "stall_after": int,
    "stall_ms": float,
    "drip_bytes": int,
    "drip_ms": float,
    "gzip": bool,
    "error_in": str,
    "rows": int,
    "next_link": str,
    "page_rows": int,
    "principal": str,
    "larger_than": int,
    "operation": bool,
    "late": str,
}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# Responses that have no body.
_BARE = (204, 304)
_ERROR_PLACES = ("beside", "row", "cut")
_NEXT_LINKS = ("loop", "elsewhere", "endless", "none")
# How a body ends that is not sent as it should be; a response has one end.
_ENDS = ("cut_after", "end_after", "stall_after")
_STALL_MS = 600_000.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the bytes of a body go out.

    Attributes:
        cut_after: After that many bytes the connection is lost.
        end_after: The body ends there, as if it were whole.
        stall_after: After that many bytes nothing comes any more, and the connection stays.
        stall_ms: Until it is closed after all.
        drip_bytes: At most that many bytes at a time; 0 for all at once.
        drip_ms: The wait between them.
        gzip: Compressed, whether the client can read that or not.
    """

    cut_after: int | None = None
    end_after: int | None = None
    stall_after: int | None = None
    stall_ms: float = _STALL_MS
    drip_bytes: int = 0
    drip_ms: float = 0.0
    gzip: bool = False


@dataclass(frozen=True, slots=True)
class Spoiling:
    """What becomes of a page of rows.

    Attributes:
        error_in: Where an error stands in it: `beside` the rows, as one more `row`, or in the middle of a body that is
            `cut` behind it.
        rows: How many rows are left before the error.
        next_link: It leads back to this very page (`loop`), to another host (`elsewhere`), on and on without rows
            (`endless`), or is missing (`none`).
        saying: The error.
    """

    error_in: str | None = None
    rows: int = 0
    next_link: str | None = None
    saying: Saying = SAYINGS["canceled"]


AS_IT_SHOULD_BE, UNSPOILED = Delivery(), Spoiling()


@dataclass(slots=True)
class Misfortune:
    """One misfortune.

    Attributes:
        method: Verb it befalls, None for any.
        path: Regular expression that is searched in the path, or in path and decoded query.
        principal: Whose requests it befalls: an application's or a user's; None for everybody's.
        larger_than: It befalls pages of more rows and batches of more operations only; None for every size.
        is_of_operations: It befalls operations inside batches, and no requests.
        skip: Requests that pass before it begins.
        times: Requests it befalls then; 0 for all.
        status: What is answered; None to answer as usual.
        headers: Headers of what is answered, in place of the usual ones of these names.
        says: The service's words, instead of those that go with the status.
        page_rows: Rows of a page, whatever the client prefers.
        after: The status is answered after the request was carried out.
        late: The request is carried out so much later by the emulator's clock, long after its answer.
        told: As it was ordered.
        befallen: Requests it has befallen so far.
        drop: `before` or `after` the request is carried out the connection is closed without a response.
    """

    path: re.Pattern[str]
    method: str | None = None
    principal: str | None = None
    larger_than: int | None = None
    is_of_operations: bool = False
    skip: int = 0
    times: int = 1
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    delay_ms: float = 0
    drop: str | None = None
    after: bool = False
    late: timedelta | None = None
    says: Saying | None = None
    page_rows: int | None = None
    delivery: Delivery = AS_IT_SHOULD_BE
    spoiling: Spoiling = UNSPOILED
    told: dict[str, Any] = field(default_factory=dict)
    befallen: int = 0
    _given_up: bool = False

    def befalls(self, method: str, path: str, query: str, *, principal: str = "", size: int = 0) -> bool:
        """Whether the request suffers; counts it.

        Args:
            method: The verb.
            path: Decoded.
            query: Decoded.
            principal: Whoever asks.
            size: Rows of a page that is asked for, or operations of a batch.
        """
        if self.method not in {None, method} or self.principal not in {None, principal}:
            return False
        if self.larger_than is not None and size <= self.larger_than:
            return False
        if self._given_up or not self._is_about(path, query):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times and self.befallen >= self.times:
            return False
        self.befallen += 1
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
        return error_body(self.says or saying_of(self.status))


def error_body(saying: Saying) -> dict[str, Any]:
    """A refusal as JSON, with a correlation id that tells an ordered one from others."""
    message = f"{saying.message}  CorrelationId:  00000000-0000-0000-0000-00000000fa17."
    return {"error": {"code": saying.code, "message": message}}


def parse_misfortunes(raw: Any) -> list[Misfortune]:
    """Misfortunes from the control interface's JSON.

    Raises:
        ValueError: Something in it makes no sense; the message says what.
    """
    return [_parse(one) for one in (raw if isinstance(raw, list) else [raw])]


def _parse(raw: Any) -> Misfortune:
    told = checked(raw, "a fault", _TYPES)
    at_least_zero(told, "a fault", *(name for name, kind in _TYPES.items() if kind in {int, float}))
    _among(told, "drop", ("before", "after"))
    _among(told, "error_in", _ERROR_PLACES)
    _among(told, "next_link", _NEXT_LINKS)
    _among(told, "says", tuple(SAYINGS))
    if not 200 <= told.get("status", 200) < 600:
        raise ValueError(f"status of a fault is from 200 to 599, not {told['status']}")
    if len([end for end in _ENDS if end in told]) > 1:
        raise ValueError(f"a fault has one of {', '.join(_ENDS)}, not several")
    says = SAYINGS.get(told.get("says", ""))
    late = to_duration(told["late"]) if "late" in told else None
    if late is not None and late < timedelta(0):
        raise ValueError(f"late of a fault is no time that has passed, as {told['late']} is")
    return Misfortune(
        path=compiled(told.get("path", "")),
        method=told["method"].upper() if told.get("method") else None,
        principal=told.get("principal"),
        larger_than=told.get("larger_than"),
        is_of_operations=told.get("operation", False),
        skip=told.get("skip", 0),
        # A null means all, as 0 does.
        times=0 if raw.get("times", 1) is None else told.get("times", 1),
        status=told.get("status", _usual_status(told, says)),
        headers=dict(_headers(told.get("headers", {}))),
        body=told.get("body"),
        delay_ms=float(told.get("delay_ms", 0)),
        drop=told.get("drop"),
        after=told.get("after", False),
        late=late,
        says=says,
        page_rows=told.get("page_rows"),
        told=told,
        delivery=_delivery(told),
        spoiling=Spoiling(told.get("error_in"), told.get("rows", 0), told.get("next_link"), says or UNSPOILED.saying),
    )


def _usual_status(told: dict[str, Any], says: Saying | None) -> int | None:
    """What is answered where no status is ordered; None for what is usual."""
    if says and "error_in" not in told:
        return says.status
    # Whoever waits for a request that is carried out late gives up, or the gateway does.
    return 504 if "late" in told and "drop" not in told else None


def _among(told: dict[str, Any], name: str, choices: tuple[str, ...]) -> None:
    if told.get(name) not in {None, *choices}:
        raise ValueError(f"{name} is {', '.join(choices[:-1])} or {choices[-1]}, not {told[name]!r}")


def _delivery(told: dict[str, Any]) -> Delivery:
    return Delivery(
        cut_after=told.get("cut_after"),
        end_after=told.get("end_after"),
        stall_after=told.get("stall_after"),
        stall_ms=float(told.get("stall_ms", _STALL_MS)),
        drip_bytes=told.get("drip_bytes", 0),
        drip_ms=float(told.get("drip_ms", 0)),
        gzip=told.get("gzip", False),
    )


def _headers(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in told.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(str(value)):
            raise ValueError(f"header {name!r} of a fault cannot be sent with the value {value!r}")
        yield name, str(value)
