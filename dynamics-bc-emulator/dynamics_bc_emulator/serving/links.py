"""How a next link is written."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping


def continued(query: Mapping[str, str], token: str, left: int | None) -> str:
    """The query of the next page: the options that there were, the service's `aid`, and where the last page ended.

    Args:
        query: The options of the last page.
        token: Where that page ended.
        left: How many rows `$top` still asks for; None without one.
    """
    kept = {name: value for name, value in query.items() if name.lower() not in {"$skiptoken", "$skip", "aid"}}
    if left is not None:
        kept = {name: str(left) if name.lower() == "$top" else value for name, value in kept.items()}
    options = [f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in kept.items()]
    return "&".join([*options, "aid=FIN", f"$skiptoken={token}"])
