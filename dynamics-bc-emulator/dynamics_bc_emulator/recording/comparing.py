"""Two answers to one question, compared by their shape: what differs is said, texts and figures are not looked at."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dynamics_bc_emulator.recording.exchanges import Exchange

# Headers of gateways and of this machine's server, which say nothing of the service.
_NOT_COMPARED = frozenset((
    *("content-length", "transfer-encoding", "connection", "keep-alive", "date", "server", "content-encoding"),
    *("alt-svc", "via", "x-ms-region", "x-azure-ref", "x-cache", "request-context"),
))  # fmt: skip
_TYPES: dict[type, str] = {bool: "true or false", str: "text", int: "number", Decimal: "number", float: "number"}


def differences(recorded: Exchange, status: int, headers: Mapping[str, str], body: Any) -> Iterator[str]:
    """How an answer of the emulator differs from the recorded one.

    Args:
        recorded: The exchange.
        status: Of the emulator's answer.
        headers: Of the emulator's answer.
        body: Of the emulator's answer: JSON, or text.
    """
    if recorded.status != status:
        yield f"status: recorded {recorded.status}, emulator {status}"
    yield from _only("header", _headers(recorded.headers), _headers(headers))
    if recorded.status != status:
        return
    if recorded.status >= 400:
        yield from _error_differences(recorded.body, body)
    elif isinstance(recorded.body, dict) and isinstance(body, dict):
        yield from _page_differences(recorded.body, body)
    elif type(recorded.body) is not type(body) and recorded.body is not None and not _is_count(recorded.body, body):
        yield f"body: recorded {_kind(recorded.body)}, emulator {_kind(body)}"


def _is_count(recorded: Any, ours: Any) -> bool:
    """Whether both are the number of a set's rows, which travels as plain text."""
    return isinstance(recorded, str) and isinstance(ours, int) and recorded.strip("\ufeff \r\n").isdecimal()


def _headers(headers: Mapping[str, str]) -> set[str]:
    return {name.lower() for name in headers} - _NOT_COMPARED


def _only(what: str, recorded: set[str], ours: set[str], where: str = "") -> Iterator[str]:
    for name in sorted(recorded - ours):
        yield f"{what} {where}{name}: recorded, not of the emulator"
    for name in sorted(ours - recorded):
        yield f"{what} {where}{name}: of the emulator, not recorded"


def _error_differences(recorded: Any, ours: Any) -> Iterator[str]:
    codes = [(body.get("error") or {}).get("code") if isinstance(body, dict) else None for body in (recorded, ours)]
    if codes[0] != codes[1]:
        yield f"error code: recorded {codes[0]}, emulator {codes[1]}"


def _page_differences(recorded: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[str]:
    rows, our_rows = recorded.get("value"), ours.get("value")
    if isinstance(rows, list) and isinstance(our_rows, list) and len(rows) != len(our_rows):
        yield f"rows: recorded {len(rows)}, emulator {len(our_rows)}"
    # Of a page that does not show all rows the recording may lack the others.
    counted = recorded.get("@odata.count")
    if isinstance(rows, list) and len(rows) == counted and ours.get("@odata.count", counted) != counted:
        yield f"@odata.count: recorded {counted}, emulator {ours['@odata.count']}"
    yield from _shape_differences(_shape([recorded]), _shape([ours]), "")


def _shape(values: list[Any]) -> dict[str, Any]:
    """Names with what their values are: kinds, or the shape of what is below."""
    names: dict[str, list[Any]] = {}
    for value in values:
        for name, each in value.items():
            names.setdefault(name, []).extend(each if isinstance(each, list) else [each])
    return {
        name: _shape(objects) if (objects := [one for one in each if isinstance(one, dict)]) else _kinds(each)
        for name, each in names.items()
    }


def _kinds(values: list[Any]) -> frozenset[str]:
    return frozenset(_kind(value) for value in values if value is not None)


def _kind(value: Any) -> str:
    return _TYPES.get(type(value), "nothing" if value is None else type(value).__name__)


def _shape_differences(recorded: Mapping[str, Any], ours: Mapping[str, Any], where: str) -> Iterator[str]:
    yield from _only("property", set(recorded), set(ours), where)
    for name in sorted(recorded.keys() & ours.keys()):
        theirs, own = recorded[name], ours[name]
        if isinstance(theirs, dict) and isinstance(own, dict):
            yield from _shape_differences(theirs, own, f"{where}{name}/")
        elif theirs and own and theirs != own:
            yield f"property {where}{name}: recorded {_said(theirs)}, emulator {_said(own)}"


def _said(shape: Any) -> str:
    return "an object" if isinstance(shape, dict) else " or ".join(sorted(shape))
