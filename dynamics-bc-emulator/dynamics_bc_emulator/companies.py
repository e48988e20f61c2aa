"""Which company a request is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.errors import company_not_found
from dynamics_bc_emulator.paths import is_guid

if TYPE_CHECKING:
    from dynamics_bc_emulator.requests import DataRequest
    from dynamics_bc_emulator.store import Store


def find_company(store: Store, request: DataRequest) -> str:
    """Id of the company that a request names outside its path: `?company=` or the header `Company`, id or name.

    Raises:
        ServiceFault: None is named, or it does not exist.
    """
    given = next((value for name, value in request.query.items() if name.lower() == "company"), None)
    return resolve_company(store, given or request.headers.get("company") or "")


def resolve_company(store: Store, text: str) -> str:
    """Id of the company with that id or exact name.

    Raises:
        ServiceFault: There is none.
    """
    text = text.strip().strip("{}")
    if is_guid(text):
        found = [row for row in [store.get("", "companies", text)] if row]
    else:
        found = store.find("", "companies", name=text)
    if not found:
        raise company_not_found(text)
    return str(found[0]["id"])
