"""The metadata documents of a recording, by the path of the API that each describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.described import described
from dynamics_bc_emulator.odata.documents import BadDocument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dynamics_bc_emulator.recording.exchanges import Exchange

_DOCUMENT = "/$metadata"


def documents_of(exchanges: Iterable[Exchange]) -> dict[str, bytes]:
    """Those that can be served; the last one of an API, if it was asked for more than once."""
    told = {
        each.path.removesuffix(_DOCUMENT): each.body.encode()
        for each in exchanges
        if each.path.startswith("api/") and each.path.endswith(_DOCUMENT) and isinstance(each.body, str)
    }
    return {path: data for path, data in told.items() if _can_be_served(data)}


def _can_be_served(data: bytes) -> bool:
    try:
        described(data)
    except BadDocument:
        return False
    return True
