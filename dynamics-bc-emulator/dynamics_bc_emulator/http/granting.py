"""The controls that say who there is and what they may do: applications, users, permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.http.assertions import BadAssertion, read_key
from dynamics_bc_emulator.http.checking import checked
from dynamics_bc_emulator.http.registrations import Application
from dynamics_bc_emulator.rows.company import resolve_company
from dynamics_bc_emulator.rows.permissions import RIGHTS, Permission
from dynamics_bc_emulator.rows.tables import known_tables

if TYPE_CHECKING:
    from dynamics_bc_emulator.http.assertions import PublicKey
    from dynamics_bc_emulator.http.emulator import Emulator

_WRITING = ("insert", "modify", "delete")
_PERMISSION: dict[str, type] = {
    "principal": str,
    "company": str,
    "entity_set": str,
    "table": str,
    "action": str,
    "status": int,
    "write": bool,
    **dict.fromkeys(RIGHTS, bool),
}
_PRINCIPAL: dict[str, type] = {
    "client_id": str,
    "client_secret": str,
    "certificate": str,
    "user": str,
    "in_environment": bool,
}


def set_permissions(emulator: Emulator, body: Any) -> None:
    """Say who may do what; what was said before is forgotten.

    Args:
        emulator: Where.
        body: Permissions in the order in which they decide: `principal`, `company`, `entity_set`, `table`, `action`
            say what one speaks of, and without them it speaks of everybody and everything; `read`, `insert`, `modify`,
            `delete` and `post` are true where that is allowed, `write` stands for the three in the middle; `status` is
            what the rest is answered with.

    Raises:
        KeyError: There is no such entity set.
        ValueError: A name is unknown, or no truth value is where one belongs.
        Refusal: There is no such company.
    """
    given = body if isinstance(body, list) else [body]
    emulator.service.gate.grant([_permission(emulator, each) for each in given])


def _permission(emulator: Emulator, raw: Any) -> Permission:
    told = checked(raw, "a permission", _PERMISSION)
    entity_set, table, status = told.get("entity_set"), told.get("table"), told.get("status", 403)
    if entity_set is not None and not any(entity_set in route.catalogue.sets for route in emulator.service.routes):
        raise KeyError(entity_set)
    if table is not None and table not in known_tables():
        raise ValueError(f"there is no table {table!r}; a table is named as in Business Central, such as 'G/L Entry'")
    if status not in {401, 403}:
        raise ValueError(f"status of a permission is 401 or 403, not {status}")
    return Permission(
        company=resolve_company(emulator.service.store, told["company"]) if told.get("company") else None,
        entity_set=entity_set,
        rights=_rights(told),
        principal=told.get("principal"),
        table=table,
        action=told["action"].lower() if told.get("action") else None,
        status=status,
    )


def _rights(told: dict[str, Any]) -> frozenset[str]:
    written = dict.fromkeys(_WRITING, told.get("write", False))
    granted = {**written, **{right: told[right] for right in RIGHTS if right in told}}
    return frozenset(right for right, is_granted in granted.items() if is_granted)


def set_principals(emulator: Emulator, body: Any) -> list[dict[str, Any]]:
    """Register applications and users beside those that are there.

    Args:
        emulator: Where.
        body: A list of `client_id` with `client_secret` or `certificate` (PEM), or `user`, each with `in_environment`
            (true unless said): whether the environment knows it, or refuses every request with its tokens.

    Returns:
        All of them, as `principals` lists them.

    Raises:
        ValueError: One is neither an application nor a user.
    """
    given = body if isinstance(body, list) else [body]
    registrations = emulator.sign_in.registrations
    told = [checked(each, "a principal", _PRINCIPAL) for each in given]
    for one in told:
        if ("client_id" in one) == ("user" in one):
            raise ValueError("a principal has a client_id, or it has a user")
        is_known = one.get("client_id") in registrations.applications
        if "client_id" in one and not is_known and not (one.get("client_secret") or "certificate" in one):
            raise ValueError("a new application needs a client_secret or a certificate")
    keys = [_key(one) for one in told]
    for one, key in zip(told, keys, strict=True):
        _register(emulator, one, key)
    return principals(emulator)


def _key(told: dict[str, Any]) -> PublicKey | None:
    """The key of a principal's certificate.

    Raises:
        ValueError: It cannot be read.
    """
    try:
        return read_key(told["certificate"]) if "certificate" in told else None
    except BadAssertion as bad:
        raise ValueError(f"certificate of a principal: {bad}") from bad


def _register(emulator: Emulator, told: dict[str, Any], key: PublicKey | None) -> None:
    registrations = emulator.sign_in.registrations
    if "client_id" in told:
        known = registrations.applications.get(told["client_id"])
        secret = told.get("client_secret") or (known.client_secret if known else "")
        key = key or (known.key if known else None)
        registrations.applications[told["client_id"]] = Application(told["client_id"], secret, key)
    registrations.admit(told.get("client_id") or told["user"], allowed=told.get("in_environment", True))


def principals(emulator: Emulator) -> list[dict[str, Any]]:
    """The applications and users, without their secrets."""
    registrations = emulator.sign_in.registrations
    return [
        *({"client_id": one, "in_environment": registrations.admits(one)} for one in registrations.applications),
        *({"user": one, "in_environment": registrations.admits(one)} for one in registrations.users),
    ]


def new_refresh_token(emulator: Emulator, body: Any) -> dict[str, Any]:
    """A fresh refresh token of a user, for an application.

    Raises:
        KeyError: There is no such application.
    """
    sign_in = emulator.sign_in
    told = checked(body, "a refresh token", {"user": str, "client_id": str})
    client_id = told.get("client_id", sign_in.identities.client_id)
    if client_id not in sign_in.registrations.applications:
        raise KeyError(client_id)
    return {"refresh_token": sign_in.new_refresh_token(client_id, told.get("user", sign_in.default_user))}
