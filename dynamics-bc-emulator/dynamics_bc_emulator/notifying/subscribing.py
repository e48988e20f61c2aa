"""What POST, PATCH and DELETE of subscriptions do: to webhooks, and to external business events."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from dynamics_bc_emulator.notifying import events, webhooks
from dynamics_bc_emulator.notifying.calling import is_on_this_machine
from dynamics_bc_emulator.notifying.resources import read_resource
from dynamics_bc_emulator.odata.requests import DataResponse
from dynamics_bc_emulator.refusals import Refusal, bad_request, method_not_allowed, record_not_found, refused
from dynamics_bc_emulator.rows.business_events import load_events
from dynamics_bc_emulator.rows.company import resolve_company
from dynamics_bc_emulator.serving import reading
from dynamics_bc_emulator.stamps import rounded, to_milliseconds, to_stamp
from dynamics_bc_emulator.values import decode
from dynamics_bc_emulator.writes.bodies import json_object
from dynamics_bc_emulator.writes.preconditions import check_token, require_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamics_bc_emulator.odata.addresses import Address
    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.odata.requests import DataRequest
    from dynamics_bc_emulator.odata.routes import Route
    from dynamics_bc_emulator.rows.service import Service
    from dynamics_bc_emulator.rows.store import Row

SETS = (webhooks.SUBSCRIPTIONS, events.SUBSCRIPTIONS)
# Of the operational limits: in one environment.
MOST_SUBSCRIPTIONS = 200
_LONGEST_STATE = 2048


def is_about_subscriptions(address: Address) -> bool:
    """Whether a request goes to one of these sets, at the root of any API."""
    is_at_root = address.company is None and bool(address.steps) and address.steps[0].name in SETS
    return is_at_root and address.route.prefix.startswith("api/")


def read(service: Service, request: DataRequest, address: Address) -> DataResponse:
    """Answer a read; an API of somebody else shows the subscriptions, though its own metadata is silent about them.

    Raises:
        Refusal: It is refused.
    """
    return reading.read(service, request, replace(address, route=_showing(service, address)))


def _showing(service: Service, address: Address) -> Route[Any]:
    """The API whose catalogue has the set."""
    has_it = address.steps[0].name in address.route.catalogue.sets
    return address.route if has_it else service.standard


def write(service: Service, request: DataRequest, address: Address) -> DataResponse:
    """Answer a write.

    Raises:
        Refusal: It is refused.
    """
    step, *rest = address.steps
    known = _showing(service, address).catalogue.sets[step.name]
    if rest or (request.method == "POST") == step.has_key:
        raise method_not_allowed(step.name)
    right = {"POST": "insert", "PATCH": "modify", "DELETE": "delete"}.get(request.method)
    if right is None:
        raise method_not_allowed(step.name)
    service.gate.principal(request.principal).check(right, "", known)
    with service.store.transaction():
        if right == "insert":
            return _create(service, request, address, known)
        row = service.store.get("", known.name, step.key)
        if row is None:
            raise record_not_found(known.name, f"Id='{step.key}'")
        require_token(request.headers)
        check_token(request.headers, lambda: str(row["_etag"]), service.switches.entity_changed_status)
        if right == "delete":
            service.store.delete("", known.name, step.key)
            return DataResponse(204)
        changed = {**row, **_own(known, request)}
        values = _VALUES[known.name](service, request, address, changed)
        service.store.update("", known.name, step.key, {**values, **_touched(service)})
        return _echo(service, request, address.at(step.key), 200, {})


def _create(service: Service, request: DataRequest, address: Address, known: EntitySet) -> DataResponse:
    if known.name == webhooks.SUBSCRIPTIONS:
        _check_number(service)
    key = known.key[0]
    given = _own(known, request)
    row = {**known.initial, **given, **_VALUES[known.name](service, request, address, given)}
    now = to_stamp(rounded(to_milliseconds(service.clock())))
    own = {"systemCreatedAt": now, "systemCreatedBy": service.acting_user, "userId": service.acting_user}
    row |= {**own, **_touched(service), "_route": address.route.prefix, "_root": request.base_url}
    row[key] = given.get(key) or (uuid.uuid4().hex if known.name == webhooks.SUBSCRIPTIONS else str(uuid.uuid4()))
    if service.store.get("", known.name, str(row[key])) is not None:
        message = f"The {known.name} already exists. Identification fields and values: {key}='{row[key]}'"
        raise Refusal(service.switches.duplicate_key_status, "Internal_EntityWithSameKeyExists", message)
    kept = service.store.insert("", known.name, row)
    quoted = f"'{kept[key]}'" if known.name == webhooks.SUBSCRIPTIONS else str(kept[key])
    made = address.at(str(kept[key]))
    return _echo(service, request, made, 201, {"Location": f"{request.base_url}/{known.name}({quoted})"})


def _touched(service: Service) -> Row:
    moment = rounded(to_milliseconds(service.clock()))
    return {"timestamp": moment, "systemModifiedAt": to_stamp(moment), "systemModifiedBy": service.acting_user}


def _own(known: EntitySet, request: DataRequest) -> Row:
    """The properties that a body names.

    Raises:
        Refusal: One of them is unknown, or no text.
    """
    given = {name: value for name, value in json_object(request).items() if "@" not in name}
    for name, value in given.items():
        if name not in known.properties:
            raise bad_request(f"Could not find a property named '{name}' on type 'Microsoft.NAV.{known.entity}'.")
        if value is not None and not isinstance(value, str):
            raise bad_request(f"Unable to convert the value of '{name}'.")
    settable = (*_SETTABLE[known.name], known.key[0])
    return {name: value or "" for name, value in given.items() if name in settable}


def _check_number(service: Service) -> None:
    now = to_stamp(to_milliseconds(service.clock()))
    for row in service.store.find("", webhooks.SUBSCRIPTIONS):
        if row["expirationDateTime"] <= now:
            service.store.delete("", webhooks.SUBSCRIPTIONS, row["subscriptionId"])
    if service.store.count("", webhooks.SUBSCRIPTIONS) >= MOST_SUBSCRIPTIONS:
        raise refused(f"The maximum number of subscriptions, {MOST_SUBSCRIPTIONS}, has been reached.")


def _webhook(service: Service, request: DataRequest, address: Address, row: Row) -> Row:
    """What a new or renewed webhook subscription holds; the receiver must confirm it."""
    _check_url(row)
    _required(row, "resource")
    read_resource(service, address.route, row["resource"])
    url = row["notificationUrl"]
    if request.handshake is None or not request.handshake(url):
        raise bad_request(
            f"The notification URL '{url}' did not return the validation token in its body with status 200."
        )
    until = to_stamp(rounded(to_milliseconds(webhooks.fresh_expiration(service.clock()))))
    return {name: row[name] for name in ("notificationUrl", "resource")} | {
        "clientState": row.get("clientState", ""),
        "expirationDateTime": until,
    }


def _event(service: Service, _: DataRequest, __: Address, row: Row) -> Row:
    """What a subscription to an event holds."""
    _check_url(row)
    _required(row, "eventName")
    known = load_events()
    event = known.named(row["eventName"])
    if event is None or row.get("appId", known.app.id).lower() not in {"", known.app.id}:
        raise bad_request(f"The external business event '{row['eventName']}' does not exist.")
    if row.get("eventVersion") not in {None, "", known.version}:
        raise bad_request(f"The external business event '{event.name}' has no version {row['eventVersion']}.")
    company = resolve_company(service.store, row.get("companyId") or row.get("companyName") or "")
    name = (service.store.get("", "companies", company) or {})["name"]
    return {
        "companyId": company,
        "companyName": name,
        "eventName": event.name,
        "eventVersion": known.version,
        "appId": known.app.id,
        "notificationUrl": row["notificationUrl"],
        "clientState": row.get("clientState", ""),
        "subscriptionType": "Regular",
        "subscriptionState": "Active",
    }


_VALUES: dict[str, Callable[[Service, DataRequest, Address, Row], Row]] = {
    webhooks.SUBSCRIPTIONS: _webhook,
    events.SUBSCRIPTIONS: _event,
}
_SETTABLE: dict[str, tuple[str, ...]] = {
    webhooks.SUBSCRIPTIONS: ("notificationUrl", "resource", "clientState"),
    events.SUBSCRIPTIONS: (
        "companyId",
        "companyName",
        "appId",
        "eventName",
        "eventVersion",
        "notificationUrl",
        "clientState",
    ),
}


def _check_url(row: Row) -> None:
    _required(row, "notificationUrl")
    if not is_on_this_machine(row["notificationUrl"]):
        raise bad_request(
            f"The emulator calls receivers on this machine alone, by plain HTTP, not '{row['notificationUrl']}'."
        )
    if len(row.get("clientState", "")) > _LONGEST_STATE:
        length = len(row["clientState"])
        message = f"The length of the string is {length}, but it must be less than or equal to 2048 characters."
        raise Refusal(400, "Application_StringExceededLength", message)


def _required(row: Row, name: str) -> None:
    if not row.get(name):
        raise Refusal(400, "BadRequest_RequiredParamNotProvided", f"Field '{name}' must not be blank or empty.")


def _echo(
    service: Service, request: DataRequest, address: Address, status: int, headers: dict[str, str]
) -> DataResponse:
    shown = replace(address, route=_showing(service, address))
    return DataResponse(status, reading.read_primary(service, request, shown).body, headers)


def receiver_of(service: Service, method: str, path: str, body: bytes) -> str | None:
    """The receiver that must confirm a request before it is answered; None if that cannot be told, or none must.

    Args:
        service: Where the subscriptions are.
        method: The verb.
        path: The request's, decoded.
        body: As it came.
    """
    name, opened, key = path.rpartition("/")[2].partition("(")
    if name != webhooks.SUBSCRIPTIONS:
        return None
    try:
        told = decode(body)
    except msgspec.DecodeError:
        return None
    given = told.get("notificationUrl") if isinstance(told, dict) else None
    if given is None and opened and method == "PATCH":
        row = service.store.get("", webhooks.SUBSCRIPTIONS, key.rstrip(")").strip("'"))
        given = row["notificationUrl"] if row else None
    return given if isinstance(given, str) and is_on_this_machine(given) else None
