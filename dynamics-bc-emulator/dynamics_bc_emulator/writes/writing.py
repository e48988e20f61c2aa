"""What POST, PATCH, DELETE and bound actions do.

Where rows of journals lie:

- `journals` holds the batches of all templates (`templateDisplayName`). Reading the set without a filter on the
  template shows the batches of GENERAL; a batch is found by its id whatever its template is.
- `vendorPaymentJournals` (template PAYMENT) and `customerPaymentJournals` (template CASHRCPT) hold twins of such
  batches: the same id and code. A write to one twin writes the other.
- `journalLines`, `vendorPayments` and `customerPayments` share a batch's line numbers, but a line lies in exactly one
  of them.
- A posted invoice's `status` is stored, and set to `Paid` when its ledger entry closes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.addresses import Step
from dynamics_bc_emulator.odata.requests import DataResponse
from dynamics_bc_emulator.refusals import Kept, Refusal, method_not_allowed, not_implemented, unknown_segment
from dynamics_bc_emulator.rows.projected import Projected
from dynamics_bc_emulator.rules import automation
from dynamics_bc_emulator.rules.draft import Draft, DuplicateKey
from dynamics_bc_emulator.rules.registry import leads_to, rules_of
from dynamics_bc_emulator.serving import reading
from dynamics_bc_emulator.values import decode
from dynamics_bc_emulator.writes import contents, preconditions
from dynamics_bc_emulator.writes.bodies import json_object
from dynamics_bc_emulator.writes.projected import ProjectedWriter
from dynamics_bc_emulator.writes.records import Writer
from dynamics_bc_emulator.writes.targets import Target, find_target

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.addresses import Address
    from dynamics_bc_emulator.odata.requests import DataRequest
    from dynamics_bc_emulator.rows.service import Service
    from dynamics_bc_emulator.rows.store import Row

_NO_CONTENT = ("return-no-content", "return=minimal")


def write(service: Service, request: DataRequest, address: Address) -> DataResponse:
    """Answer a write; a refused one leaves nothing behind.

    Raises:
        Refusal: The write is refused.
    """
    try:
        with service.store.transaction():
            response = _write(service, request, find_target(service, request, address))
    except DuplicateKey as duplicate:
        status = service.switches.duplicate_key_status
        raise Refusal(status, "Internal_EntityWithSameKeyExists", str(duplicate)) from None
    if isinstance(response, Refusal):
        raise response
    return response


def _write(service: Service, request: DataRequest, target: Target) -> DataResponse | Refusal:
    """Do it; a refusal that comes back has left something behind, one that is raised has not."""
    _check_permission(service, request, target)
    service.transactions.check(target.company.id, target.entity_set.name, target.id, target.entity_set.table)
    if target.stream is not None:
        return contents.write(target, request)
    if target.action is not None:
        return _act(service, request, target)
    if request.method == "POST" and not target.is_row:
        return _create(service, request, target)
    if request.method == "PATCH" and target.is_row:
        return _update(service, request, target)
    if request.method == "DELETE" and target.is_row:
        return _delete(service, request, target)
    raise method_not_allowed(target.entity_set.name)


def _check_permission(service: Service, request: DataRequest, target: Target) -> None:
    principal = service.gate.principal(request.principal)
    if target.action is not None:
        principal.check_action(target.action, target.company.id, target.entity_set)
    else:
        is_new = request.method == "POST" and target.stream is None
        right = "delete" if request.method == "DELETE" else "insert" if is_new else "modify"
        principal.check(right, target.company.id, target.entity_set)


def _check_children(service: Service, request: DataRequest, target: Target, body: dict[str, Any]) -> None:
    """What is created inside a record needs its own permission."""
    principal, sets = service.gate.principal(request.principal), target.address.route.catalogue.sets
    for name, navigation in target.entity_set.navigation.items():
        if name in body:
            principal.check("insert", target.company.id, sets[navigation.target])


def _check_named(service: Service, target: Target, body: dict[str, Any]) -> None:
    """What a row names, or is created below, is certain to be there."""
    parent = [str(target.parent.row.get("id"))] if target.parent is not None else []
    ids = {*parent, *(value for value in body.values() if isinstance(value, str))}
    service.transactions.check_named(target.company.id, ids, target.entity_set.table)


def _create(service: Service, request: DataRequest, target: Target) -> DataResponse:
    if not target.entity_set.insertable:
        raise method_not_allowed(target.entity_set.name)
    body = json_object(request)
    _check_children(service, request, target, body)
    _check_named(service, target, body)
    row = _writer(target).create(target.entity_set, body, target.parent)
    address = target.rows.address(target.address, row["id"])
    return _echo(service, request, address, 201, {"Location": f"{request.base_url}/{address}"})


def _update(service: Service, request: DataRequest, target: Target) -> DataResponse:
    if not target.entity_set.modifiable:
        raise method_not_allowed(target.entity_set.name)
    preconditions.require_token(request.headers)
    row = target.existing_row()
    _check_token(service, request, target)
    body = json_object(request)
    _check_named(service, target, body)
    _writer(target).update(target.entity_set, row, body, target.parent)
    return _echo(service, request, target.address, 200, {})


def _delete(service: Service, request: DataRequest, target: Target) -> DataResponse:
    if not target.entity_set.deletable:
        raise method_not_allowed(target.entity_set.name)
    row = target.existing_row()
    _check_token(service, request, target)
    _writer(target).delete(target.entity_set, row, target.parent)
    return DataResponse(204)


def _act(service: Service, request: DataRequest, target: Target) -> DataResponse | Refusal:
    if request.method != "POST":
        raise method_not_allowed(target.entity_set.name)
    known = {name.lower(): name for name in target.entity_set.actions}
    name = known.get((target.action or "").lower())
    if name is None or not target.is_row:
        raise unknown_segment(f"Microsoft.NAV.{target.action}")
    if isinstance(target.rows, Projected):
        return _act_on_shown(request, target, target.rows, name)
    action = rules_of(target.entity_set.name).actions.get(name)
    if action is None:
        raise not_implemented(f"The emulator does not do the action '{name}' of {target.entity_set.name}.")
    row = target.existing_row()
    if service.switches.if_match_on_actions == "check":
        _check_token(service, request, target)
    try:
        reached = action(Draft(target.company, target.entity_set.name, dict(row), row), json_object(request))
    except Kept as kept:
        return kept.refusal
    return DataResponse(204, headers={"Location": f"{request.base_url}/{_reached(target, name, reached)}"})


def _reached(target: Target, action: str, row: Row | None) -> Address:
    """Where the row is that an action leads to; a row of another set has an address below the company."""
    other = leads_to(target.entity_set.name, action)
    if row is None or row["id"] == target.id or other == target.entity_set.name:
        return target.address
    return target.address.to(Step(other, (("", row["id"]),)))


def _act_on_shown(request: DataRequest, target: Target, shown: Projected, name: str) -> DataResponse:
    """An action of the set that is shown, or one of the automation API's own."""
    source, row = shown.source.name, target.existing_row()
    draft = Draft(shown.company_of(target.company), source, dict(row), row)
    own = automation.ACTIONS.get(source, {}).get(name)
    if own is not None:
        own(draft, json_object(request))
        return DataResponse(200, b"")
    action = rules_of(source).actions.get(name)
    if action is None:
        raise not_implemented(f"The emulator does not do the action '{name}' of {target.entity_set.name}.")
    action(draft, json_object(request))
    return DataResponse(204, headers={"Location": f"{request.base_url}/{target.address}"})


def _writer(target: Target) -> Writer | ProjectedWriter:
    if isinstance(target.rows, Projected):
        return ProjectedWriter(target.rows, target.company)
    return Writer(target.address.route, target.company)


def _check_token(service: Service, request: DataRequest, target: Target) -> None:
    def current() -> str:
        body = reading.read_primary(service, replace(request, query={}), target.address).body
        row = decode(body) if isinstance(body, bytes) else body
        return str((row or {}).get("@odata.etag", ""))

    preconditions.check_token(request.headers, current, service.switches.entity_changed_status)


def _echo(
    service: Service, request: DataRequest, address: Address, status: int, headers: dict[str, str]
) -> DataResponse:
    """The entity as a read would show it, or nothing if the client wants nothing."""
    wanted = request.headers.get("prefer", "").lower()
    if any(preference in wanted for preference in _NO_CONTENT):
        return DataResponse(204, headers={**headers, "Preference-Applied": "return-no-content"})
    return DataResponse(status, reading.read_primary(service, request, address).body, headers)
