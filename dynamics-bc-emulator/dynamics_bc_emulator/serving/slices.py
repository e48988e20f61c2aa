"""Which rows of a place a request is shown, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.addresses import is_guid
from dynamics_bc_emulator.odata.filters import Comparison, Every, Node, holds, names_in
from dynamics_bc_emulator.rows.parents import refuse_flat_read, refuse_several_ids
from dynamics_bc_emulator.rows.rows import ALL, Rows, Slice, Window, passing, rows_of, window_of
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_emulator.odata.addresses import Step
    from dynamics_bc_emulator.odata.catalogue import EntitySet, Navigation
    from dynamics_bc_emulator.odata.options import Options
    from dynamics_bc_emulator.rows.store import ServedRow
    from dynamics_bc_emulator.rows.view import View

# What a read shows where nothing else is asked for.
_SHOWN_BY_DEFAULT = {"journals": ("templateDisplayName", "GENERAL"), "attachments": ("parentId", ZERO_GUID)}


@dataclass(frozen=True, slots=True)
class Led:
    """How a path came from a row to the rows of another set."""

    entity_set: EntitySet
    row: ServedRow
    navigation: Navigation


@dataclass(frozen=True, slots=True)
class Place:
    """Rows of a set that a path leads to.

    Attributes:
        path: The path below the company, for contexts.
        led: The row that led here, None if the set was named itself.
    """

    entity_set: EntitySet
    path: str
    led: Led | None = None

    def at(self, key: str) -> Place:
        """The same with a row's key in the path."""
        return replace(self, path=f"{self.path}({key})")

    def rows(self, view: View) -> Rows:
        """Where its rows are."""
        return rows_of(view, self.entity_set.name)

    def related(self, view: View, wanted: Node | None = None) -> Sequence[ServedRow]:
        """The rows that the navigation of its path leads to."""
        assert self.led
        led = self.led
        return self.rows(view).related(view, led.entity_set, [led.row], led.navigation, wanted)[0]


def slice_of(view: View, place: Place, options: Options, limit: int) -> Slice:
    """The rows that a page of a place holds.

    Raises:
        Refusal: The set cannot be read without a parent.
    """
    _check_parent(view, place, options)
    if not limit:
        return Slice([])
    shown = _shown(place, options.filter)
    window = Window(shown, options.order, options.skiptoken, options.skip, limit)
    if place.led:
        rows = place.rows(view)
        return window_of(place.entity_set, place.related(view, shown), rows.values(view), window)
    return place.rows(view).scan(view, window)


def whole(view: View, entity_set: EntitySet, options: Options) -> list[ServedRow]:
    """All rows of a set that options let through; they come inside another response and are not paged.

    Raises:
        Refusal: The set cannot be read without a parent.
    """
    place = Place(entity_set, entity_set.name)
    return slice_of(view, place, options, ALL if options.top is None else options.top).rows


def count(view: View, place: Place, options: Options) -> int:
    """How many rows the filter lets through, whatever `$top` and `$skip` say.

    Raises:
        Refusal: The set cannot be read without a parent.
    """
    _check_parent(view, place, options)
    shown = _shown(place, options.filter)
    rows = place.rows(view)
    if place.led:
        return len(passing(place.entity_set, place.related(view, shown), rows.values(view), shown))
    return rows.count(view, shown)


def narrowed(view: View, entity_set: EntitySet, rows: Sequence[ServedRow], options: Options) -> Sequence[ServedRow]:
    """One parent's rows under the options of an expansion, in their own order where none is asked for."""
    if not (options.filter or options.order or options.skip or options.top is not None):
        return rows
    values = rows_of(view, entity_set.name).values(view)
    wanted = options.filter
    passed = [row for row in rows if wanted is None or holds(wanted, values(row), entity_set)]
    if options.order:
        passed = window_of(entity_set, passed, values, Window(order=options.order)).rows
    end = None if options.top is None else options.skip + options.top
    return passed[options.skip : end]


def row_at(view: View, place: Place, step: Step) -> ServedRow | None:
    """One row of a place, None if it is not there.

    Raises:
        Refusal: The key is malformed, or the set cannot be read without a parent.
    """
    entity_set = place.entity_set
    if any(set(step.named) == set(names) for names in entity_set.alternate_keys):
        return _by_alternate_key(view, place, step)
    key = step.key_of(entity_set)
    if place.led:
        return next((row for row in place.related(view) if row.id == key), None)
    return place.rows(view).get(view, key)


def _by_alternate_key(view: View, place: Place, step: Step) -> ServedRow | None:
    """The one row with these values; a blank names no row."""
    wanted = [(name, text.lower() if is_guid(text) else text) for name, text in step.keys or ()]
    rows = place.rows(view)
    read = rows.values(view)
    found = [row for row in rows.all(view) if all(text and str(read(row).get(name)) == text for name, text in wanted)]
    return found[0] if len(found) == 1 else None


def shown_by_default(entity_set: str) -> Node | None:
    """What a read of a whole set shows only, None if it shows everything."""
    shown = _SHOWN_BY_DEFAULT.get(entity_set)
    return Comparison(shown[0], "eq", shown[1]) if shown else None


def _check_parent(view: View, place: Place, options: Options) -> None:
    if place.led is None:
        named = list(names_in(options.filter)) if options.filter else []
        refuse_flat_read(view, place.entity_set, named)
        refuse_several_ids(place.entity_set, named)


def _shown(place: Place, wanted: Node | None) -> Node | None:
    """The filter of a request, and what is shown only unless it, or the path, says more."""
    shown = shown_by_default(place.entity_set.name)
    if shown is None or place.led or (wanted and {"id", *names_in(shown)}.intersection(names_in(wanted))):
        return wanted
    return Every((wanted, shown)) if wanted else shown
