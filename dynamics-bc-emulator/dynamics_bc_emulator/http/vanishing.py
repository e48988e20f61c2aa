"""The control that lets sets, navigations and companies vanish, and come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.http.checking import checked
from dynamics_bc_emulator.odata.vanished import Vanished
from dynamics_bc_emulator.rows.company import resolve_company

if TYPE_CHECKING:
    from dynamics_bc_emulator.http.emulator import Emulator
    from dynamics_bc_emulator.odata.catalogue import EntitySet

_VANISHING: dict[str, type] = {"entity_set": str, "navigation": str, "company": str}


def vanish(emulator: Emulator, body: Any) -> None:
    """Let something vanish, beside what is away already.

    Args:
        emulator: Where.
        body: One or a list of `{"entity_set"}`, `{"entity_set", "navigation"}` or `{"company"}`.

    Raises:
        KeyError: There is no such set or navigation.
        ValueError: Nothing is named, or too much.
        Refusal: There is no such company.
    """
    service = emulator.service
    told = [checked(one, "what vanishes", _VANISHING) for one in (body if isinstance(body, list) else [body])]
    companies, sets, navigations = [], set(service.vanished.sets), set(service.vanished.navigations)
    for one in told:
        if ("company" in one) == ("entity_set" in one):
            raise ValueError("what vanishes is a company, or it is an entity_set, perhaps with a navigation")
        if "company" in one:
            companies.append(resolve_company(service.store, one["company"]))
            continue
        known = _sets(emulator, one["entity_set"])
        if "navigation" not in one:
            sets.add(one["entity_set"])
        elif any(one["navigation"] in each.navigation for each in known):
            navigations.add((one["entity_set"], one["navigation"]))
        else:
            raise KeyError(one["navigation"])
    away = {company: service.store.line("", "companies", company) for company in companies}
    service.vanished = Vanished(frozenset(sets), frozenset(navigations), {**service.vanished.companies, **away})
    for company in away:
        service.store.put_line("", "companies", company, None)
        emulator.touch()
    # Nobody is told of rows that are put as they lay, so the copy is made anew.
    service.replica.forget()


def _sets(emulator: Emulator, name: str) -> list[EntitySet]:
    """The sets of that name, of all APIs.

    Raises:
        KeyError: There is none.
    """
    catalogues = (route.catalogue for route in emulator.service.routes)
    known = [catalogue.sets[name] for catalogue in catalogues if name in catalogue.sets]
    if not known:
        raise KeyError(name)
    return known


def come_back(emulator: Emulator) -> None:
    """Offer everything again; the rows of what was away are as they were."""
    for company, line in emulator.service.vanished.companies.items():
        emulator.service.store.put_line("", "companies", company, line)
    emulator.service.vanished = Vanished()
    emulator.service.replica.forget()
