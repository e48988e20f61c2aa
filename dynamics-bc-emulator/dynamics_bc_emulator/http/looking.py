"""What a person or a test looks at, past all permissions: companies, sets with counts, rows, ordered faults."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.http.emulator import ENVIRONMENT
from dynamics_bc_emulator.http.request_log import without_secrets
from dynamics_bc_emulator.odata.options import Options
from dynamics_bc_emulator.rows.company import resolve_company
from dynamics_bc_emulator.rows.made import Made
from dynamics_bc_emulator.rows.rows import ALL, Window, passing, rows_of
from dynamics_bc_emulator.rows.view import View
from dynamics_bc_emulator.rules.posting.sending import MAILS
from dynamics_bc_emulator.serving.rendering import render
from dynamics_bc_emulator.serving.slices import shown_by_default
from dynamics_bc_emulator.values import decode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from dynamics_bc_emulator.http.emulator import Emulator
    from dynamics_bc_emulator.odata.routes import Route
    from dynamics_bc_emulator.rows.rows import Rows

_DISTRIBUTION = "dynamics-bc-singer"


def about(emulator: Emulator, url: str) -> dict[str, Any]:
    """How to sign in, as the ready line has it; where the data is; which version answers."""
    identities = emulator.identities
    try:
        known = version(_DISTRIBUTION)
    except PackageNotFoundError:
        known = ""
    return {
        "url": url,
        "tenant_id": identities.tenant_id,
        "environment_name": ENVIRONMENT,
        "client_id": identities.client_id,
        "client_secret": identities.client_secret,
        "token_url": f"{url}/{identities.tenant_id}/oauth2/v2.0/token",
        "routes": [f"{url}/v2.0/{ENVIRONMENT}/{route.prefix}" for route in emulator.service.routes],
        "version": known,
    }


def sets(emulator: Emulator, company: str, prefix: str = "") -> list[dict[str, Any]]:
    """The sets of a company, or of the environment where none is named, with the number of their rows.

    Of rows that are made when they are read the number is null: making them takes its time in a large ledger.

    Raises:
        KeyError: There is no such route.
        Refusal: There is no such company.
    """
    view = _view(emulator, company, prefix)
    return [
        {"name": name, "rows": None if _is_made(view, name) else rows_of(view, name).count(view, _shown(name))}
        for name in sorted(view.catalogue.sets, key=str.lower)
        if view.catalogue.sets[name].tenant_wide != bool(company) and name in view.route.rows
    ]


def mails(emulator: Emulator) -> list[dict[str, Any]]:
    """The mails that the service would have sent, of all companies, the first one first."""
    store = emulator.service.store
    names = ("to", "subject", "kind", "entitySet", "documentId", "documentNumber", "sentAt")
    return [
        {"company": company["id"], **{name: mail[name] for name in names}}
        for company in store.companies()
        for mail in sorted(store.find(company["id"], MAILS), key=lambda mail: int(mail["entryNumber"]))
    ]


def rows(emulator: Emulator, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of a set as they are served, of all parents, without annotations; decimals exact.

    The rows of an internal set, whose name begins with `_`, come as they are stored.

    Args:
        emulator: What is looked at.
        query: `company`, `entity_set`; `skip` and `top` for some of them; `route` for another API than the standard.

    Raises:
        KeyError: There is no such set, or no such route.
        ValueError: `skip` or `top` is no number.
        Refusal: There is no such company.
    """
    company, name = query.get("company", ""), query["entity_set"]
    skip, top = whole_number(query, "skip", 0), whole_number(query, "top", ALL)
    if name.startswith("_"):
        store = emulator.service.store
        found = store.find(resolve_company(store, company) if company else "", name)
        return found[skip : skip + top]
    view = _view(emulator, company, query.get("route", ""))
    chosen = view.catalogue.sets[name]
    rows_of_set: Rows = rows_of(view, name)
    if "top" in query and not _hangs_on_parents(view, name):
        lines = rows_of_set.scan(view, Window(_shown(name), skip=skip, limit=top)).rows
    else:
        every = passing(chosen, rows_of_set.all(view), rows_of_set.values(view), _shown(name))
        lines = [row for _, row in every][skip : skip + top]
    return [_without_annotations(decode(line)) for line in render(view, chosen, lines, Options())]


def faults(emulator: Emulator) -> list[dict[str, Any]]:
    """The faults that were ordered, each with the number of requests that it has befallen."""
    return [{"path": "", **one.told, "times": one.times, "befallen": one.befallen} for one in emulator.misfortunes]


def notifications(emulator: Emulator) -> dict[str, Any]:
    """What was sent to receivers and what they answered, and when the next letter is due."""
    due = emulator.notifier.due()
    sent = [
        {
            "url": without_secrets(one.url),
            "status": one.status,
            "answered": _moment(one.answered),
            "body": decode(one.body),
        }
        for one in emulator.notifier.sent
    ]
    return {"sent": sent, "due": _moment(due) if due else None}


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def whole_number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    """A number of a query.

    Raises:
        ValueError: It is none.
    """
    text = query.get(name, str(otherwise))
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{name} is a whole number, not {text!r}")
    return min(int(text), ALL)


def _view(emulator: Emulator, company: str, prefix: str) -> View:
    service = emulator.service
    return View(
        service, _route(emulator, prefix), service.store, resolve_company(service.store, company) if company else "", ""
    )


def _route(emulator: Emulator, prefix: str) -> Route[Any]:
    known: dict[str, Route[Any]] = {route.prefix: route for route in emulator.service.routes}
    return known[prefix] if prefix else emulator.service.standard


def _shown(name: str) -> Any:
    return None if name == "attachments" else shown_by_default(name)


def _is_made(view: View, name: str) -> bool:
    return isinstance(view.route.rows[name], Made)


def _hangs_on_parents(view: View, name: str) -> bool:
    return bool(getattr(view.route.rows[name], "hangs_on_parents", False))


def _without_annotations(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if "@odata." not in name}
