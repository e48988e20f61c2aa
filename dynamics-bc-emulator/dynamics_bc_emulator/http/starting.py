"""How an emulator comes to be: rows from the seed or from a file, a clock, the limits."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.described_routes import described_route, kept_sets
from dynamics_bc_emulator.http.emulator import Emulator
from dynamics_bc_emulator.http.sign_in import SignIn
from dynamics_bc_emulator.http.throttling import Throttles
from dynamics_bc_emulator.notifying.runtime_route import runtime_routes
from dynamics_bc_emulator.recording.answers import Answers
from dynamics_bc_emulator.recording.planting import plant_recording
from dynamics_bc_emulator.routes import standard_route
from dynamics_bc_emulator.rows.service import Service
from dynamics_bc_emulator.rows.store import Store
from dynamics_bc_emulator.seed import further
from dynamics_bc_emulator.seed.countries import COUNTRIES
from dynamics_bc_emulator.seed.planting import Plan, complete, plant
from dynamics_bc_emulator.shown_routes import further_routes, kept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dynamics_bc_emulator.clock import Clock
    from dynamics_bc_emulator.described_routes import Described
    from dynamics_bc_emulator.http.sign_in import Identities
    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.odata.routes import Route
    from dynamics_bc_emulator.recording.exchanges import Exchange


def start(
    options: Mapping[str, Any],
    identities: Identities,
    clock: Clock,
    exchanges: Sequence[Exchange] = (),
    documents: Mapping[str, bytes] = MappingProxyType({}),
) -> Emulator:
    """An emulator for the options of the command.

    Args:
        options: By the command's names.
        identities: Who may sign in.
        clock: The emulator's clock.
        exchanges: Those of a recording, whose rows are there instead of demo data.
        documents: Metadata documents by the path of the API that they describe.

    Raises:
        BadDocument: A document cannot be served.
    """
    standard = standard_route(int(options["release"]))
    apis = tuple(described_route(data, prefix) for prefix, data in documents.items())
    shapes = kept_sets(apis)
    further_sets = (*kept(), *(each for api in apis for each in api.kept))
    plan = Plan(options["companies"], options["seed"], options["scale"], clock(), COUNTRIES[options["country"]])
    # Rows do not depend on the release: what it does not show lies there all the same.
    store = Store(shapes, clock, str(options["data"] or ":memory:"))

    def fill(empty: Store) -> None:
        _fill(empty, plan, exchanges)
        further.put(empty, further_sets, plan.seed, plan.start)

    template = _template(fill, shapes, clock)
    is_old = store.fact("plan") is not None
    if not is_old and plan.scale > 1:
        # A large ledger is not held twice unless somebody asks for a reset.
        fill(store)
    elif not is_old:
        store.copy_from(template())
    else:
        complete(store)
        further.put(store, further_sets, plan.seed, plan.start)
    service = Service(store, _routes(standard, apis), clock, page_limit=options["page_limit"])
    return Emulator(
        service,
        SignIn(identities, clock),
        Throttles(options["requests_per_window"], options["concurrent"]),
        template,
        latency_seconds=options["latency_ms"] / 1000,
        is_clean=not is_old,
        recorded=Answers(exchanges) if exchanges and options["recorded_answers"] else None,
    )


def _routes(standard: Route[Any], apis: Sequence[Described]) -> tuple[Route[Any], ...]:
    """All APIs, the standard one first; what a document describes stands in the place of what there was."""
    given = {api.route.prefix: api.route for api in apis}
    first = given.pop(standard.prefix, standard)
    others = (each for each in (*further_routes(), *runtime_routes(standard)) if each.prefix not in given)
    return (first, *others, *given.values())


def _fill(store: Store, plan: Plan, exchanges: Sequence[Exchange]) -> None:
    if exchanges:
        plant_recording(store, exchanges, plan.start)
    else:
        plant(store, plan)


def _template(fill: Callable[[Store], None], shapes: Mapping[str, EntitySet], clock: Clock) -> Callable[[], Store]:
    """The seed in memory, made when it is first needed."""
    made: list[Store] = []

    def template() -> Store:
        if not made:
            store = Store(shapes, clock)
            fill(store)
            made.append(store)
        return made[0]

    return template
