"""The control interface below `/_emulator/`: what a test or a demonstration does to the emulator from outside."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from dynamics_bc_emulator.clock import to_duration
from dynamics_bc_emulator.http import granting, leaving_open, looking, vanishing
from dynamics_bc_emulator.http.bodies import TooLarge, read_body
from dynamics_bc_emulator.http.checking import checked
from dynamics_bc_emulator.http.edited_rows import row_values
from dynamics_bc_emulator.http.misfortunes import parse_misfortunes
from dynamics_bc_emulator.http.origins import FOREIGN, is_ours
from dynamics_bc_emulator.http.tables import set_table, tables
from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.rows.company import resolve_company
from dynamics_bc_emulator.rows.view import View
from dynamics_bc_emulator.serving.rendering import present
from dynamics_bc_emulator.stamps import from_milliseconds, from_stamp, rounded, to_milliseconds
from dynamics_bc_emulator.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from dynamics_bc_emulator.http.emulator import Emulator

_EDIT: dict[str, type] = {
    "company": str,
    "entity_set": str,
    "id": str,
    "set": dict,
    "stamp": str,
    "delete": bool,
}
# What SQL Server's datetime holds, and some room.
_EARLIEST = datetime(1753, 1, 1, tzinfo=timezone.utc)
_LATEST = datetime(9000, 1, 1, tzinfo=timezone.utc)


def routes(emulator: Emulator) -> list[Route]:
    """The routes of the control interface."""
    controls: dict[tuple[str, str], Callable[[Request, Any], Any]] = {
        ("POST", "reset"): lambda *_: emulator.reset(),
        ("POST", "snapshot"): lambda *_: {"snapshot": emulator.snapshot()},
        ("POST", "restore"): lambda _, body: emulator.restore(_snapshot(body)),
        ("DELETE", "snapshot"): lambda _, body: emulator.forget(_snapshot(body)),
        ("GET", "requests"): lambda request, _: _requests(emulator, request),
        ("POST", "faults"): lambda _, body: emulator.misfortunes.extend(parse_misfortunes(body)),
        ("GET", "faults"): lambda *_: looking.faults(emulator),
        ("DELETE", "faults"): lambda *_: emulator.misfortunes.clear(),
        ("POST", "edit"): lambda _, body: edit(emulator, body),
        ("POST", "tables"): lambda _, body: set_table(emulator, body),
        ("GET", "tables"): lambda request, _: tables(emulator, request.query_params["company"]),
        ("POST", "clock"): lambda _, body: set_clock(emulator, body),
        ("GET", "clock"): lambda *_: clock_state(emulator),
        ("POST", "permissions"): lambda _, body: granting.set_permissions(emulator, body),
        ("DELETE", "permissions"): lambda *_: granting.set_permissions(emulator, []),
        ("POST", "principals"): lambda _, body: granting.set_principals(emulator, body),
        ("GET", "principals"): lambda *_: granting.principals(emulator),
        ("POST", "transaction"): lambda _, body: leaving_open.change_transaction(emulator, body),
        ("GET", "transaction"): lambda *_: leaving_open.transactions(emulator),
        ("GET", "notifications"): lambda *_: looking.notifications(emulator),
        ("POST", "vanish"): lambda _, body: vanishing.vanish(emulator, body),
        ("DELETE", "vanish"): lambda *_: vanishing.come_back(emulator),
        ("POST", "switches"): lambda _, body: set_switches(emulator, body),
        ("GET", "switches"): lambda *_: switch_state(emulator),
        ("POST", "refresh_token"): lambda _, body: granting.new_refresh_token(emulator, body),
        ("POST", "device"): lambda _, body: decide_device(emulator, body),
        ("GET", "mails"): lambda *_: looking.mails(emulator),
        ("GET", "rows"): lambda request, _: looking.rows(emulator, request.query_params),
        ("GET", "sets"): lambda request, _: looking.sets(
            emulator, request.query_params.get("company", ""), request.query_params.get("route", "")
        ),
        ("GET", "about"): lambda request, _: looking.about(emulator, str(request.base_url).rstrip("/")),
    }
    return [
        Route(f"/_emulator/{name}", _endpoint(emulator, do), methods=[method])
        for (method, name), do in controls.items()
    ]


def _endpoint(emulator: Emulator, do: Callable[[Request, Any], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if not is_ours(request.headers):
            return _json({"error": FOREIGN}, 403)
        try:
            text = await read_body(request)
            emulator.do_what_is_due()
            result = do(request, decode(text) if text else {})
        except TooLarge as refusal:
            return refusal.response()
        except msgspec.DecodeError as error:
            return _json({"error": f"the body is not JSON: {error}"}, 400)
        except Refusal as refusal:
            return _json({"error": refusal.message}, refusal.status)
        except KeyError as missing:
            return _json({"error": f"{missing.args[0]} is missing or not there"}, 400)
        except (OverflowError, TypeError, ValueError) as error:
            return _json({"error": str(error)}, 400)
        return Response(status_code=204) if result is None else _json(result, 200)

    return endpoint


def _requests(emulator: Emulator, request: Request) -> list[dict[str, Any]]:
    since = looking.whole_number(request.query_params, "since", 0)
    asked = emulator.log.since(since)
    return asked[-last:] if (last := looking.whole_number(request.query_params, "last", 0)) else asked


def _snapshot(body: Any) -> int:
    return int(checked(body, "a snapshot", {"snapshot": int})["snapshot"])


def _json(value: Any, status: int) -> Response:
    return Response(encode(value), status, media_type="application/json")


def edit(emulator: Emulator, raw: Any) -> dict[str, Any] | None:
    """Change, add or delete a row behind the service's back; no rule is applied.

    Args:
        emulator: What is edited.
        raw: `company`, `entity_set`, `id`, `set` (properties, internal ones too), `stamp` (ISO moment, `keep`, or
            absent for now), `delete` (true to remove the row). A row that is not there is added.

    Raises:
        KeyError: Company, entity set or id is missing in the change.
        ValueError: A property is unknown, or a value is not of its type.
    """
    store = emulator.service.store
    change = checked(raw, "an edit", _EDIT)
    name, values = change["entity_set"], change.get("set", {})
    known = emulator.service.standard.catalogue.sets.get(name)
    if known is None and not name.startswith("_"):
        raise KeyError(name)
    values = row_values(known, values)
    company = resolve_company(store, change["company"]) if change.get("company") else ""
    if change.get("delete"):
        store.delete(company, name, change["id"])
        return None
    stamp, row_id = change.get("stamp"), {"id": change["id"]} if change.get("id") else {}
    with store.transaction():
        row = store.get(company, name, change["id"]) if row_id else None
        row = row or store.insert(company, name, {**values, **row_id})
        moment = store.stamp(company, name, row["id"]) if stamp == "keep" else _moment(emulator, stamp)
        edited = store.update_at(company, name, row["id"], values, moment)
    view = View(emulator.service, emulator.service.standard, store, company, "")
    return present(view, known, edited) if known else edited


def _moment(emulator: Emulator, stamp: str | None) -> int:
    return from_stamp(stamp) if stamp else rounded(to_milliseconds(emulator.service.clock()))


def set_clock(emulator: Emulator, body: Any) -> dict[str, Any]:
    """Move the clock: `set` to a moment, `advance` by a duration, `frozen` true or false.

    Raises:
        ValueError: The moment or the duration cannot be read, or nothing is said.
    """
    clock = emulator.service.clock
    told = checked(body, "a clock", {"set": str, "advance": str, "frozen": bool})
    if not told:
        raise ValueError("a clock takes set, advance or frozen, not nothing")
    moment = from_milliseconds(from_stamp(told["set"])) if "set" in told else None
    duration = to_duration(told.get("advance", "PT0S"))
    if not _EARLIEST - (moment or clock()) <= duration <= _LATEST - (moment or clock()):
        raise ValueError(f"the clock stays between {_EARLIEST:%Y-%m-%d} and {_LATEST:%Y-%m-%d}")
    if "frozen" in told:
        clock.freeze(told["frozen"])
    if moment:
        clock.set(moment)
    if "advance" in told:
        clock.advance(duration)
    return clock_state(emulator)


def clock_state(emulator: Emulator) -> dict[str, Any]:
    """What time it is for the emulator, and whether time stands still."""
    clock = emulator.service.clock
    return {"now": f"{clock():%Y-%m-%dT%H:%M:%S.%fZ}", "frozen": clock.mark().held is not None}


def decide_device(emulator: Emulator, body: Any) -> dict[str, Any]:
    """What the user says to a device code, and who that is."""
    told = checked(body, "a device", {"user_code": str, "approve": bool, "user": str})
    user = told.get("user", emulator.sign_in.default_user)
    return {"known": emulator.sign_in.decide_device(told["user_code"], approve=told.get("approve", True), user=user)}


def set_switches(emulator: Emulator, body: Any) -> dict[str, Any]:
    """Set some switches.

    Raises:
        ValueError: A name or a value is wrong.
    """
    if not isinstance(body, dict):
        raise TypeError(f"switches are an object, not {body!r}")
    emulator.service.switches = emulator.service.switches.changed(body)
    emulator.service.begin_replica()
    return switch_state(emulator)


def switch_state(emulator: Emulator) -> dict[str, Any]:
    """All switches."""
    switches = emulator.service.switches
    return {name: getattr(switches, name) for name in switches.__slots__}
