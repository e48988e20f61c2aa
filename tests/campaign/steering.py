"""Which seeds does a campaign try, so that what was seldom so far happens more often?

A plan is its seed's alone, and says what is to befall its runs. Of several seeds the one is tried whose plan has most
of what the plans before it had least. What is chosen depends on plans and not on what became of them, so that a
campaign tries the same seeds wherever it runs. Every third run is as it was drawn: nobody knows all that is seldom.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from books.life import drawn
from campaign.answers import names_of, possible
from campaign.attacks import clock_name, moment_of
from campaign.befallen import record_name
from campaign.processes import AT_ANY_TIME, SIGNALS
from campaign.proxy import RAW
from campaign.tokens import MISFORTUNES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from campaign.kinds import Kind

CANDIDATES = 20
APART = 5_000
"""From one candidate for a run to its next; a campaign of more runs is not steered."""
DRAWN = 3
"""Every so many runs are as they were drawn."""
SOON = 8.0
"""A request of this number is made by a half of the runs."""
_WITHOUT_A_STORE = ("ProcessDestinations", "JobProcessDestinations")
Foreseen = tuple[str, float]
"""The name of what is to befall a run, and how likely it does."""
_ENDED: Foreseen = (f"signal: SIGTERM {AT_ANY_TIME}", 0.7)
"""Of whoever waits for what does not come."""


class Steering:
    """Chooses seeds, and remembers what their plans have."""

    def __init__(self) -> None:
        self._planned: Counter[str] = Counter()
        self._runs = 0

    def seed(self, kind: Kind, own: int) -> int:
        """The seed of the next run of a kind.

        Args:
            kind: The kind.
            own: The seed that it would have by itself.
        """
        self._runs += 1
        count = 1 if self._runs % DRAWN == 0 or own % 100_000 >= APART else CANDIDATES
        plans = {seed: foreseen(kind.plan(seed)) for seed in (own + APART * each for each in range(count))}
        seed = max(plans, key=lambda each: self._worth(plans[each]))
        for name, likely in plans[seed].items():
            self._planned[name] += likely  # type: ignore[assignment]
        return seed

    def _worth(self, names: Mapping[str, float]) -> float:
        return sum(likely / (1.0 + self._planned[name]) ** 3 for name, likely in names.items())


def foreseen(plan: Any) -> dict[str, float]:
    """What a plan has for its runs, by name, with how likely it happens."""
    found: dict[str, float] = {}
    for name, likely in _names(plan, keeps=_keeps(plan)):
        found[name] = 1.0 - (1.0 - found.get(name, 0.0)) * (1.0 - likely)
    return found


def _keeps(plan: Any) -> bool:
    """Whether the programs of a plan keep something, if that matters."""
    return bool(plan.get("has_store", True)) and plan.get("machine") not in _WITHOUT_A_STORE


def _names(plan: Any, *, keeps: bool) -> Iterator[Foreseen]:
    if isinstance(plan, dict):
        if "size" in plan and "seed" in plan:
            yield from _records(plan)
        for key, value in plan.items():
            if key in _OF_KEYS and (keeps or key not in _OF_STORES):
                yield from _OF_KEYS[key](value)
            yield from _names(value, keeps=keeps)
    elif isinstance(plan, list | tuple):
        for each in plan:
            yield from _names(each, keeps=keeps)


def _records(plan: Mapping[str, Any]) -> Iterator[Foreseen]:
    _, world, file = drawn(plan["seed"], size=plan["size"], store=plan["has_store"])
    for asked in file:
        yield record_name(asked.stream, has_store=world.has_store), 1.0


def _likely(number: str | int) -> float:
    # Of the token endpoint most runs make one request.
    return SOON / (SOON + int(number)) if int(number) >= 0 else 1.0 / int(number) ** 2


def _of_orders(orders: Mapping[str, str]) -> Iterator[Foreseen]:
    for number, order in orders.items():
        if order not in RAW:
            names: Iterable[str] = (*names_of(possible(order)), *(["token endpoint: any answer"] * (int(number) < 0)))
        else:
            names = (f"wire: {order}",) if int(number) > 0 else ("token endpoint: a broken wire",)
        for name in names:
            yield name, _likely(number)


def _of_answers(answers: Mapping[str, str] | list[str]) -> Iterator[Foreseen]:
    for number, answer in answers.items() if isinstance(answers, dict) else enumerate(answers):
        for name in names_of(possible(answer)):
            yield name, _likely(number)


def _of_tokens(tokens: Mapping[str, str]) -> Iterator[Foreseen]:
    for number, name in tokens.items():
        yield f"token endpoint: {name if name in MISFORTUNES else 'any answer'}", _likely(number)


def _of_signal(told: Mapping[str, Any]) -> Iterator[Foreseen]:
    yield f"signal: {SIGNALS[told['what']].name} {moment_of(told)}", _likely(told["at"])


def _of_moment(told: Mapping[str, Any]) -> Iterator[Foreseen]:
    yield f"signal: {SIGNALS[told['what']].name} {AT_ANY_TIME}", 1.0 / (1.0 + told["seconds"])


def _of_killed(told: Mapping[str, Any]) -> Iterator[Foreseen]:
    yield f"killed {'behind' if told['is_done'] else 'before'} the work of a request", _likely(told["at"])


def _of_clock(told: Mapping[str, Any]) -> Iterator[Foreseen]:
    yield clock_name(told["ahead"]), 1.0
    for number, hours in told["jumps"].items():
        yield f"{clock_name(hours)} in the middle of a run", _likely(number)


def _named(*names: str) -> Callable[[Any], Iterator[Foreseen]]:
    """What is counted by these names, into which its value goes."""
    return lambda value: ((name.format(value), 1.0) for name in names)


_OF_KEYS: dict[str, Callable[[Any], Iterator[Foreseen]]] = {
    "orders": _of_orders,
    "answers": _of_answers,
    "tokens": _of_tokens,
    "revoked": lambda told: ((f"token refused {when}", _likely(number)) for number, when in told.items()),
    "signal": _of_signal,
    "moment": _of_moment,
    "killed": _of_killed,
    "loader": lambda told: iter([(f"loader: {told[1]}", 0.7), *([_ENDED] if told[1] == "stops" else [])]),
    "kilobytes": _named("disk: {} kB left"),
    "file_bytes": _named("files that may not grow"),
    "stdout": _named("output: {}"),
    "clock": _of_clock,
    "twin": _named("two processes on one store"),
    "input": lambda told: iter([(f"input: {told}", 1.0), *([_ENDED] if told == "held" else [])]),
    "machine": lambda name: iter([("job: of the tap", 1.0)] if name.startswith("Job") else []),
    "moves": lambda moves: ((f"move: {name}", 1.0) for name, *how in moves if len(how) == 1),
    "refreshes": _named("a refresh token is replaced"),
    "full": _named("full disk below the {}"),
    "keeps": lambda told: iter([("job: nothing is kept" if told == "nothing" else f"job: its {told} is kept", 1.0)]),
    "is_store_apart": lambda told: iter([(f"job: {'a' if told else 'no'} store beside the snapshots", 1.0)]),
    "is_store_shared": lambda told: iter([(f"a store for {'two environments' if told else 'each environment'}", 1.0)]),
    "commands": lambda told: ((f"command: {each}", 1.0) for each in told),
}
_OF_STORES = frozenset({"kilobytes", "twin"})
