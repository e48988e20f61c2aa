"""What POST, PATCH, DELETE and bound actions do.

`handle` is called by the dispatcher for every data request that is not a GET and not `$batch`; its path starts with
`companies(<id>)/`. It raises ServiceFault for whatever the service refuses, and leaves nothing behind then.

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

import msgspec

from dynamics_bc_emulator import reading
from dynamics_bc_emulator.errors import ServiceFault, bad_request, method_not_allowed, not_implemented, unknown_segment
from dynamics_bc_emulator.requests import DataAnswer
from dynamics_bc_emulator.rules.draft import DuplicateKey
from dynamics_bc_emulator.values import decode
from dynamics_bc_emulator.writes import contents, preconditions
from dynamics_bc_emulator.writes.records import Writer
from dynamics_bc_emulator.writes.targets import Target, resolve_target

if TYPE_CHECKING:
    from dynamics_bc_emulator.handlers import Service
    from dynamics_bc_emulator.requests import DataRequest

_NO_CONTENT = ("return-no-content", "return=minimal")


def handle(service: Service, request: DataRequest) -> DataAnswer:
    """Answer a write.

    Args:
        service: The emulated service.
        request: The write; `url_path` says what it is about.

    Raises:
        ServiceFault: The write is refused.
    """
    try:
        with service.store.transaction():
            return _answer(service, request)
    except DuplicateKey as duplicate:
        raise ServiceFault(
            service.switches.duplicate_key_status, "Internal_EntityWithSameKeyExists", str(duplicate)
        ) from None


def _answer(service: Service, request: DataRequest) -> DataAnswer:
    target = resolve_target(service, request)
    if target.stream is not None:
        return contents.write(target, request)
    if target.action is not None:
        return _act(request, target)
    if request.method == "POST" and not target.is_row:
        return _create(service, request, target)
    if request.method == "PATCH" and target.is_row:
        return _update(service, request, target)
    if request.method == "DELETE" and target.is_row:
        return _delete(service, request, target)
    raise method_not_allowed(target.entity_set.name)


def _create(service: Service, request: DataRequest, target: Target) -> DataAnswer:
    if not target.entity_set.insertable:
        raise method_not_allowed(target.entity_set.name)
    row = Writer(service.catalogue, target.company).create(target.entity_set, _body(request), target.parent)
    return _echo(service, request, target.path_of(row["id"]), 201)


def _update(service: Service, request: DataRequest, target: Target) -> DataAnswer:
    if not target.entity_set.modifiable:
        raise method_not_allowed(target.entity_set.name)
    preconditions.require_token(request.headers)
    row = target.existing_row()
    preconditions.check_token(
        request.headers, lambda: _etag(service, request, target), service.switches.entity_changed_status
    )
    Writer(service.catalogue, target.company).update(target.entity_set, row, _body(request), target.parent)
    return _echo(service, request, target.path, 200)


def _delete(service: Service, request: DataRequest, target: Target) -> DataAnswer:
    if not target.entity_set.deletable:
        raise method_not_allowed(target.entity_set.name)
    row = target.existing_row()
    preconditions.check_token(
        request.headers, lambda: _etag(service, request, target), service.switches.entity_changed_status
    )
    Writer(service.catalogue, target.company).delete(target.entity_set, row, target.parent)
    return DataAnswer(204)


def _act(request: DataRequest, target: Target) -> DataAnswer:
    if request.method != "POST":
        raise method_not_allowed(target.entity_set.name)
    known = {name.lower(): name for name in target.entity_set.actions}
    name = known.get((target.action or "").lower())
    if name is None or not target.is_row:
        raise unknown_segment(f"Microsoft.NAV.{target.action}")
    act = Writer.action(target.entity_set, name)
    if act is None:
        raise not_implemented(f"The emulator does not do the action '{name}' of {target.entity_set.name}.")
    Writer.act(act, target.company, target.entity_set, target.existing_row())
    return DataAnswer(204, headers={"Location": f"{request.base_url}/{target.path}"})


def _body(request: DataRequest) -> dict[str, Any]:
    if not request.body.strip():
        return {}
    try:
        body = decode(request.body)
    except msgspec.DecodeError as error:
        raise bad_request(f"The request body is not valid JSON: {error}.") from None
    if not isinstance(body, dict):
        raise bad_request("The request body must be a JSON object.")
    return body


def _read(service: Service, request: DataRequest, path: str) -> DataAnswer:
    """A read of what was written, from the primary."""
    headers = {**request.headers, "data-access-intent": "ReadWrite"}
    return reading.handle(service, replace(request, method="GET", url_path=path, headers=headers, body=b""))


def _etag(service: Service, request: DataRequest, target: Target) -> str:
    body = _read(service, replace(request, query={}), target.path).body
    found = decode(body) if isinstance(body, bytes) else body
    return str((found or {}).get("@odata.etag", ""))


def _echo(service: Service, request: DataRequest, path: str, status: int) -> DataAnswer:
    """The entity as a read would show it, or nothing if the client wants nothing."""
    headers = {"Location": f"{request.base_url}/{path}"} if status == 201 else {}
    wanted = request.headers.get("prefer", "").lower()
    if any(preference in wanted for preference in _NO_CONTENT):
        return DataAnswer(204, headers={**headers, "Preference-Applied": "return-no-content"})
    return DataAnswer(status, _read(service, request, path).body, headers)
