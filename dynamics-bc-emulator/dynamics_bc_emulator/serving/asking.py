"""What a read asks for: its query options, and which of its expansions the service leaves empty."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.options import parse_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.odata.options import Expansion, Options
    from dynamics_bc_emulator.odata.requests import DataRequest
    from dynamics_bc_emulator.rows.view import View


def options_of(view: View, request: DataRequest, entity_set: EntitySet) -> Options:
    """The options of a request.

    Raises:
        Refusal: One is unknown, malformed or not supported.
    """
    options = parse_options(request.query, entity_set, view.catalogue, view.service.switches)
    if options.expand and view.service.switches.same_set_expanded_twice == "empty":
        return replace(options, expand=_without_repetitions(options.expand, set()))
    return options


def _without_repetitions(expansions: Sequence[Expansion], seen: set[str]) -> tuple[Expansion, ...]:
    """Expansions of which each set is served once, where the request names it first.

    So release 27 was seen to do; which of two comes empty changed with their order (microsoft/AL #8179).
    """
    kept = []
    for each in expansions:
        is_repeated = each.navigation.target in seen
        seen.add(each.navigation.target)
        inner = replace(each.options, expand=_without_repetitions(each.options.expand, seen))
        kept.append(replace(each, options=inner, is_empty=is_repeated))
    return tuple(kept)
