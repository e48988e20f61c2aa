"""How an emulator comes to be: rows from the seed or from a file, a clock, the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.http.emulator import Emulator
from dynamics_bc_emulator.http.sign_in import SignIn
from dynamics_bc_emulator.http.throttling import Throttles
from dynamics_bc_emulator.notifying.runtime_route import runtime_routes
from dynamics_bc_emulator.recording.answers import Answers
from dynamics_bc_emulator.recording.planting import plant_recording
from dynamics_bc_emulator.routes import standard_route
from dynamics_bc_emulator.rows.service import Service
from dynamics_bc_emulator.rows.store import Store
from dynamics_bc_emulator.seed.countries import COUNTRIES
from dynamics_bc_emulator.seed.planting import Plan, complete, plant
from dynamics_bc_emulator.shown_routes import further_routes, home

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dynamics_bc_emulator.clock import Clock
    from dynamics_bc_emulator.http.sign_in import Identities
    from dynamics_bc_emulator.recording.exchanges import Exchange


def start(
    options: Mapping[str, Any], identities: Identities, clock: Clock, exchanges: Sequence[Exchange] = ()
) -> Emulator:
    """An emulator for the options of the command.

    Args:
        options: By the command's names.
        identities: Who may sign in.
        clock: The emulator's clock.
        exchanges: Those of a recording, whose rows are there instead of demo data.
    """
    route = standard_route(int(options["release"]))
    plan = Plan(options["companies"], options["seed"], options["scale"], clock(), COUNTRIES[options["country"]])
    # Rows do not depend on the release: what it does not show lies there all the same.
    store = Store(home().catalogue.sets, clock, str(options["data"] or ":memory:"))
    template = _template(lambda empty: _fill(empty, plan, exchanges), clock)
    is_old = store.fact("plan") is not None
    if not is_old and plan.scale > 1:
        # A large ledger is not held twice unless somebody asks for a reset.
        _fill(store, plan, exchanges)
    elif not is_old:
        store.copy_from(template())
    else:
        complete(store)
    routes = (route, *further_routes(), *runtime_routes(route))
    service = Service(store, routes, clock, page_limit=options["page_limit"])
    return Emulator(
        service,
        SignIn(identities, clock),
        Throttles(options["requests_per_window"], options["concurrent"]),
        template,
        latency_seconds=options["latency_ms"] / 1000,
        is_clean=not is_old,
        recorded=Answers(exchanges) if exchanges and options["recorded_answers"] else None,
    )


def _fill(store: Store, plan: Plan, exchanges: Sequence[Exchange]) -> None:
    if exchanges:
        plant_recording(store, exchanges, plan.start)
    else:
        plant(store, plan)


def _template(fill: Callable[[Store], None], clock: Clock) -> Callable[[], Store]:
    """The seed in memory, made when it is first needed."""
    made: list[Store] = []

    def template() -> Store:
        if not made:
            store = Store(home().catalogue.sets, clock)
            fill(store)
            made.append(store)
        return made[0]

    return template
