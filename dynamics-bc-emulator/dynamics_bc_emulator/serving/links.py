"""How a next link is written."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping


# What the service adds itself, or has used up.
_OF_THE_SERVICE = frozenset(("$skiptoken", "$skip", "aid", "tenant"))


def continued(query: Mapping[str, str], ended: str, left: int | None, tenant: str = "") -> str:
    """The query of the next page: the options that there were, the service's `aid`, and where the last page ended.

    Args:
        query: The options of the last page.
        ended: The option that says where that page ended.
        left: How many rows `$top` still asks for; None without one.
        tenant: The service's own name of the tenant, which some links carry.
    """
    kept = {name: value for name, value in query.items() if name.lower() not in _OF_THE_SERVICE}
    if left is not None:
        kept = {name: str(left) if name.lower() == "$top" else value for name, value in kept.items()}
    options = [f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in kept.items()]
    internal = [f"tenant={quote(tenant, safe='')}"] if tenant else []
    return "&".join([*options, *internal, "aid=FIN", ended])
