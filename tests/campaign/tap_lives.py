"""Lives of a source, a tap and a destination at the desk, from a seed: what people, service, network and clock do.

The moves and what must hold of them are those of `tap.test_destinations`; here a life is a list of moves that can be
printed and told again, and anything of `answers` may befall a request.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from campaign.answers import Answer, any_answer
from campaign.attacked import Attacked
from campaign.attacks import HOURS, clock_name
from campaign.befallen import note
from campaign.places import NAMES, Elsewhere
from judged import expect
from tap.desk_runs import DeskTransport, run_at
from tap.living_source import MASTERS, STREAMS, TAP, small_route, small_source
from tap.running import LATER
from tap.test_destinations import MACHINES, WRITTEN, Destinations, HotglueDestinations, Lying, Primary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


Move = tuple[str, dict[str, Any]]


class AttackedPrimary(Attacked, Primary):
    """The same without a replica."""


class AttackedLying(Attacked, Lying):
    """The same with counts that are wrong."""


SERVICES: dict[type[DeskTransport], type[DeskTransport]] = {
    DeskTransport: Attacked,
    Primary: AttackedPrimary,
    Lying: AttackedLying,
}


class Attack:
    """Moves beside those of `Destinations`."""

    transport: Any
    config: dict[str, Any]
    catalog: dict[str, Any]
    state: dict[str, Any] | None
    may_fail: bool
    source: Any
    leave_behind: Callable[[], None]
    ahead: timedelta | None = None

    def set_clock(self, hours: float | None) -> None:
        """The clock of the machine that the tap runs on is so far ahead of the service's from now on."""
        self.ahead = None if hours is None else timedelta(hours=hours)
        note("clock: right" if hours is None else clock_name(hours))

    def clock(self) -> datetime:
        """What time the machine believes it is that the tap runs on."""
        return LATER if self.ahead is None else self.source.now + self.ahead

    def answered(self, skip: int, answers: list[str]) -> None:
        """Anything may come back for some requests, one behind the other; the run may end with an error."""
        self.transport.misfortunes = deque([None] * skip + [Answer(each) for each in answers])
        self.may_fail = True

    def quiet(self) -> None:
        """Nothing is wrong any more."""
        self.transport.misfortunes.clear()
        self.may_fail = False

    def go_elsewhere(self) -> None:
        """Somebody runs it on a copy of the environment, with this state and this store: nothing comes of that."""
        if not self.state:
            return
        other = Elsewhere(replace(small_source().desk, principal=TAP), route=small_route(), name=NAMES[1])
        how = {**self.config, "environment_name": NAMES[1], "access_token": "a-token", "expires_in": 9_999_999_999}
        outcome = run_at(other, how, catalog=self.catalog, state=self.state)
        expect(outcome.error is not None, "untrue", "a state of another environment was taken")
        records = [each for each in outcome.messages if each["type"] in {"RECORD", "STATE", "ACTIVATE_VERSION"}]
        expect(not records, "doubled", f"written from another environment: {records[:2]}")


def attacked(machine: type[Destinations]) -> type[Destinations]:
    """A machine under attack."""
    return type(f"Attacked{machine.__name__}", (Attack, machine), {"service": SERVICES[machine.service]})


KINDS = {machine.__name__: attacked(machine) for machine in MACHINES}


def life(seed: int) -> dict[str, Any]:
    """The life of a seed: which machine, how it begins, its moves."""
    chance = random.Random(seed)
    machine = chance.choice(sorted(KINDS))
    count = chance.randrange(8, 22)
    return {
        "machine": machine,
        "page_size": chance.choice([1, 7, None]),
        "moves": [move for _ in range(count) for move in moves(chance, swept=machine in SWEPT)],
    }


SWEPT = frozenset(KINDS) - {Destinations.__name__, HotglueDestinations.__name__}


def moves(chance: random.Random, *, swept: bool) -> list[Move]:
    """The next move, or two that belong together."""
    names = sorted(MOVES) if swept else sorted(MOVES.keys() - {"sweep_every", "lose_the_store"})
    name = chance.choices(names, [WEIGHTS.get(each, 2) for each in names])[0]
    if name == "answered":
        return [
            (name, MOVES[name](chance)),
            ("run", {"lives_for": None, "workers": chance.choice([1, 3])}),
            ("quiet", {}),
        ]
    return [(name, MOVES[name](chance))]


def place(chance: random.Random) -> int:
    return chance.randrange(2)


def few(chance: random.Random) -> int:
    return chance.randrange(6)


def _forbidden(chance: random.Random) -> dict[str, Any]:
    return {
        "place": chance.choice([None, 0, 1]),
        "name": chance.choice([None, *STREAMS]),
        "status": chance.choice([401, 403]),
    }


def _changes(chance: random.Random) -> dict[str, Any]:
    what = ["insert", "change", "delete", "draft", "line", "post", "commit", "pass"]
    at = sorted(chance.sample(range(40), 3))
    return {"at": at, "moves": [(chance.choice(what), place(chance), few(chance)) for _ in at]}


WEIGHTS = {
    "run": 10,
    "answered": 8,
    "run_while_things_change": 4,
    "advance": 4,
    "vanish": 1,
    "vanish_company": 1,
    "come_back": 3,
    "start_over": 1,
    "go_elsewhere": 1,
}
MOVES: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "insert": lambda c: {"place": place(c), "name": c.choice(WRITTEN)},
    "change": lambda c: {"place": place(c), "name": c.choice(WRITTEN), "which": few(c)},
    "delete": lambda c: {
        "place": place(c),
        "name": c.choice((*WRITTEN, "defaultDimensions", "salesInvoices", "salesInvoiceLines")),
        "which": few(c),
    },
    "give_dimension": lambda c: {"place": place(c), "name": c.choice(MASTERS), "which": few(c), "value": few(c)},
    "draft": lambda c: {"place": place(c), "lines": c.randrange(4)},
    "change_line": lambda c: {"place": place(c), "which": few(c), "quantity": c.randrange(1, 10)},
    "add_line": lambda c: {"place": place(c), "which": few(c)},
    "post": lambda c: {"place": place(c), "which": few(c)},
    "add_journal_line": lambda c: {"place": place(c), "which": c.randrange(4)},
    "begin_transaction": lambda c: {
        "place": place(c),
        "name": c.choice(("generalLedgerEntries", "customers", "vendors")),
        "which": few(c),
        "is_seen": c.random() < 0.5,
        "is_new": c.random() < 0.5,
    },
    "end_transaction": lambda c: {"which": few(c), "commit": c.random() < 0.5},
    "advance": lambda c: {"minutes": c.choice([0.001, 1, 9, 29, 31, 1500])},
    "lag_behind": lambda c: {"seconds": c.choice([0.0, 5.0, 120.0])},
    "vanish": lambda c: {"name": c.choice(("customers", "salesInvoiceLines", "generalLedgerEntries", "dimensions"))},
    "vanish_company": lambda c: {"place": place(c)},
    "forbid": _forbidden,
    "come_back": lambda _: {},
    "page_size": lambda c: {"page_size": c.choice([1, 7, None])},
    "run": lambda c: {"lives_for": c.choice([None, None, c.randrange(1, 60_000)]), "workers": c.choice([1, 3])},
    "run_while_things_change": _changes,
    "answered": lambda c: {
        "skip": c.randrange(30),
        "answers": [any_answer(c) for _ in range(c.choice([1, 1, 1, 2, 5]))],
    },
    "go_elsewhere": lambda _: {},
    "go_back": lambda c: {"which": few(c), "also_destination": c.random() < 0.5},
    "start_over": lambda _: {},
    "sweep_every": lambda c: {"every": c.choice(["PT0S", "PT0S", "P1D"])},
    "lose_the_store": lambda _: {},
    "set_clock": lambda c: {"hours": c.choice([None, *HOURS])},
}


def live(plan: dict[str, Any], _folder: Path) -> int:
    """Tell a life; gives how often the tap ran.

    Raises:
        BrokenPromiseError: A promise was broken.
    """
    return told(KINDS[plan["machine"]](), plan)


def told(machine: Any, plan: dict[str, Any]) -> int:
    """Tell the life of a machine; gives how often the tap ran."""
    note(f"machine: {plan['machine']}")
    machine.begin(page_size=plan["page_size"])
    runs = 0
    for name, how in plan["moves"]:
        if name == "come_back" and machine.source.is_whole:
            continue
        runs += name.startswith("run")
        note(f"move: {name}")
        getattr(machine, name)(**how)
    machine.quiet()
    machine.teardown()
    return runs + 1
