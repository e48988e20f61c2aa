"""How many rows a page holds, and how the next one is found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from dynamics_bc_emulator.serving.asking import options_of
from dynamics_bc_emulator.serving.links import continued
from dynamics_bc_emulator.serving.rendering import render
from dynamics_bc_emulator.serving.slices import count, slice_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.odata.options import Options
    from dynamics_bc_emulator.odata.requests import DataRequest
    from dynamics_bc_emulator.rows.rows import Slice
    from dynamics_bc_emulator.rows.view import View
    from dynamics_bc_emulator.serving.slices import Place

_ASKED_SIZE = re.compile(r"(?:odata\.)?maxpagesize\s*=\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """One response's rows.

    Attributes:
        lines: Entities as JSON.
        count: All rows that the filter lets through, None unless asked for.
    """

    lines: list[bytes]
    count: int | None
    next_link: str | None
    select: tuple[str, ...] | None
    size_was_asked_for: bool


def page(view: View, request: DataRequest, place: Place) -> Page:
    """The page that a request asks for.

    Raises:
        Refusal: An option is refused, or the set cannot be read without a parent.
    """
    options = options_of(view, request, place.entity_set)
    size, was_asked = page_size(request.headers, view.service.page_limit)
    size = size if request.page_rows is None else min(request.page_rows, view.service.page_limit)
    limit = size if options.top is None else min(size, options.top)
    shown = slice_of(view, place, options, limit)
    left = None if options.top is None else options.top - len(shown.rows)
    ended = len(shown.rows) < limit or left == 0
    return Page(
        lines=render(view, place.entity_set, shown.rows, options),
        count=count(view, place, options) if options.count else None,
        next_link=None
        if ended
        else next_link(request, _ended(place, options, shown), left, view.service.switches.next_link_tenant),
        select=options.select,
        size_was_asked_for=was_asked,
    )


def page_size(headers: Mapping[str, str], limit: int) -> tuple[int, bool]:
    """How many rows a page may have, and whether the client said so."""
    asked = _ASKED_SIZE.search(headers.get("prefer", ""))
    if asked and int(asked[1]):
        return min(int(asked[1]), limit), True
    return limit, False


def _ended(place: Place, options: Options, shown: Slice) -> str:
    """The option that says where a page ended: how many rows there were, or the last one."""
    if place.entity_set.pages_by_offset:
        return f"$skip={options.skip + len(shown.rows)}"
    return f"$skiptoken={shown.token or ''}"


def next_link(request: DataRequest, ended: str, left: int | None, tenant: str = "") -> str:
    """Where the next page is: the request's own options, the service's `aid`, and the place where this page ended."""
    path = quote(request.url_path.strip("/"), safe="/(),'=-$")
    return f"{request.base_url}/{path}?{continued(request.query, ended, left, tenant)}"
