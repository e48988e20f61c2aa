"""An expanded collection that comes in pages: its first rows, and the link to the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dynamics_bc_emulator.rows.rows import Window, rows_of, window_of
from dynamics_bc_emulator.serving.links import continued

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.odata.options import Expansion
    from dynamics_bc_emulator.rows.store import ServedRow
    from dynamics_bc_emulator.rows.view import View


class ExpandedPage(NamedTuple):
    """Rows of an expanded collection, and where the rest of them is."""

    rows: Sequence[ServedRow]
    next_link: str | None = None


def first_page(
    view: View, target: EntitySet, rows: Sequence[ServedRow], expansion: Expansion, at: tuple[str, int]
) -> ExpandedPage:
    """The first rows of a collection.

    Args:
        view: What is read.
        target: The set of the rows.
        rows: What the navigation leads to, in its own order.
        expansion: The navigation with its options.
        at: The address of the row that it starts from, and how many rows a page has.
    """
    address, limit = at
    options = expansion.options
    wanted = min(limit, options.top) if options.top is not None else limit
    values = rows_of(view, target.name).values(view)
    window = Window(options.filter, options.order, skip=options.skip, limit=wanted)
    shown = window_of(target, rows, values, window)
    left = None if options.top is None else options.top - len(shown.rows)
    beyond = window_of(target, rows, values, Window(options.filter, options.order, shown.token, limit=1))
    if left == 0 or not shown.token or not beyond.rows:
        return ExpandedPage(shown.rows)
    query = continued(expansion.query, f"$skiptoken={shown.token}", left, view.service.switches.next_link_tenant)
    return ExpandedPage(shown.rows, f"{address}/{expansion.navigation.name}?{query}")
