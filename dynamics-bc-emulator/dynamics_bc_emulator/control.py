"""The control interface below `/_emulator/`: what a test or a demonstration does to the emulator from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from dynamics_bc_emulator import virtual
from dynamics_bc_emulator.clock import to_duration
from dynamics_bc_emulator.companies import resolve_company
from dynamics_bc_emulator.errors import ServiceFault
from dynamics_bc_emulator.faults import parse_faults
from dynamics_bc_emulator.filters import holds
from dynamics_bc_emulator.options import Options
from dynamics_bc_emulator.pages import default_filter
from dynamics_bc_emulator.rendering import present, render
from dynamics_bc_emulator.stamps import from_milliseconds, from_stamp, rounded, to_milliseconds
from dynamics_bc_emulator.values import decode, encode
from dynamics_bc_emulator.view import View

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from dynamics_bc_emulator.emulator import Emulator


def routes(emulator: Emulator) -> list[Route]:
    """The routes of the control interface."""
    controls: dict[tuple[str, str], Callable[[Request, Any], Any]] = {
        ("POST", "reset"): lambda *_: emulator.reset(),
        ("GET", "requests"): lambda request, _: emulator.log.since(int(request.query_params.get("since", "0"))),
        ("POST", "faults"): lambda _, body: emulator.faults.extend(parse_faults(body)),
        ("DELETE", "faults"): lambda *_: emulator.faults.clear(),
        ("POST", "edit"): lambda _, body: edit(emulator, body),
        ("POST", "clock"): lambda _, body: set_clock(emulator, body),
        ("GET", "clock"): lambda *_: clock_state(emulator),
        ("POST", "switches"): lambda _, body: set_switches(emulator, body),
        ("GET", "switches"): lambda *_: switch_state(emulator),
        ("POST", "refresh_token"): lambda *_: {"refresh_token": emulator.sign_in.new_refresh_token()},
        ("POST", "device"): lambda _, body: {
            "known": emulator.sign_in.decide_device(body["user_code"], approve=body.get("approve", True))
        },
        ("GET", "rows"): lambda request, _: rows(
            emulator, request.query_params.get("company", ""), request.query_params["entity_set"]
        ),
    }
    return [Route(f"/_emulator/{name}", _endpoint(do), methods=[method]) for (method, name), do in controls.items()]


def _endpoint(do: Callable[[Request, Any], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        text = await request.body()
        try:
            result = do(request, decode(text) if text else {})
        except ServiceFault as fault:
            return _json({"error": fault.message}, fault.status)
        except KeyError as missing:
            return _json({"error": f"{missing.args[0]} is missing or not there"}, 400)
        except (TypeError, ValueError) as error:
            return _json({"error": str(error)}, 400)
        return Response(status_code=204) if result is None else _json(result, 200)

    return endpoint


def _json(value: Any, status: int) -> Response:
    return Response(encode(value), status, media_type="application/json")


def rows(emulator: Emulator, company: str, entity_set: str) -> list[dict[str, Any]]:
    """All rows of a set as they are served, of all parents, without annotations; decimals exact.

    The rows of an internal set, whose name begins with `_`, come as they are stored.

    Raises:
        KeyError: There is no such set.
        ServiceFault: There is no such company.
    """
    service = emulator.service
    view = View(service, service.store, resolve_company(service.store, company) if company else "", "")
    if entity_set.startswith("_"):
        return service.store.find(view.company, entity_set)
    found = service.catalogue.sets[entity_set]
    if virtual.is_virtual(entity_set):
        lines = virtual.everything(view, found)
    else:
        lines = service.store.scan(view.company, entity_set)
    shown = None if entity_set == "attachments" else default_filter(entity_set)
    if shown:
        lines = [line for line in lines if holds(shown, virtual.full_row(view, found, line), found)]
    return [_without_annotations(decode(line)) for line in render(view, found, lines, Options())]


def _without_annotations(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if "@odata." not in name}


def edit(emulator: Emulator, change: dict[str, Any]) -> dict[str, Any] | None:
    """Change, add or delete a row behind the service's back; no rule is applied.

    Args:
        emulator: What is edited.
        change: `company`, `entity_set`, `id`, `set` (properties, internal ones too), `stamp` (ISO moment, `keep`, or
            absent for now), `delete` (true to remove the row). A row that is not there is added.

    Raises:
        KeyError: Company, entity set or id is missing in the change.
        ValueError: A property is unknown.
    """
    store = emulator.service.store
    name, values = change["entity_set"], change.get("set") or {}
    known = emulator.service.catalogue.sets.get(name)
    if known is None and not name.startswith("_"):
        raise KeyError(name)
    for given in values:
        if known and given not in known.properties and not given.startswith("_"):
            raise ValueError(f"{name} has no property {given}")
    company = resolve_company(store, change["company"]) if change.get("company") else ""
    if change.get("delete"):
        store.delete(company, name, change["id"])
        return None
    row = store.get(company, name, change["id"]) if change.get("id") else None
    row = row or store.insert(company, name, {**values, **({"id": change["id"]} if change.get("id") else {})})
    stamp = change.get("stamp")
    moment = store.stamp(company, name, row["id"]) if stamp == "keep" else _moment(emulator, stamp)
    edited = store.update_at(company, name, row["id"], values, moment)
    return present(emulator.service, company, name, edited) if known else edited


def _moment(emulator: Emulator, stamp: str | None) -> int:
    return from_stamp(stamp) if stamp else rounded(to_milliseconds(emulator.service.clock()))


def set_clock(emulator: Emulator, body: dict[str, Any]) -> dict[str, Any]:
    """Move the clock: `set` to a moment, `advance` by a duration, `frozen` true or false.

    Raises:
        ValueError: The moment or the duration cannot be read, or nothing is said.
    """
    clock = emulator.service.clock
    unknown = set(body) - {"set", "advance", "frozen"}
    if unknown or not body:
        raise ValueError(f"a clock takes set, advance or frozen, not {', '.join(sorted(unknown)) or 'nothing'}")
    if "frozen" in body:
        clock.freeze(bool(body["frozen"]))
    if "set" in body:
        clock.set(from_milliseconds(from_stamp(body["set"])))
    if "advance" in body:
        clock.advance(to_duration(body["advance"]))
    return clock_state(emulator)


def clock_state(emulator: Emulator) -> dict[str, Any]:
    """What time it is for the emulator."""
    return {"now": f"{emulator.service.clock():%Y-%m-%dT%H:%M:%S.%fZ}"}


def set_switches(emulator: Emulator, body: dict[str, Any]) -> dict[str, Any]:
    """Set some switches.

    Raises:
        ValueError: A name or a value is wrong.
    """
    emulator.service.switches = emulator.service.switches.changed(body)
    return switch_state(emulator)


def switch_state(emulator: Emulator) -> dict[str, Any]:
    """All switches."""
    switches = emulator.service.switches
    return {name: getattr(switches, name) for name in switches.__slots__}
