"""Lives of a source and its destination whose tap has to sign in, at a token endpoint that has bad days, too."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaign import tap_lives
from campaign.tap_lives import KINDS, Move
from campaign.tokens import CLIENT, FIRST, Endpoint, Guarded, outage

if TYPE_CHECKING:
    from tap.test_destinations import Destinations


class Signing:
    """Moves beside those of lives under attack."""

    transport: Any
    config: dict[str, Any]
    may_fail: bool

    def begin_more(self) -> None:
        super().begin_more()  # type: ignore[misc]
        self.transport = Guarded(self.transport, Endpoint())
        self.config |= CLIENT

    def refresh(self) -> None:
        """Sign in with a refresh token, which is replaced at every use and kept in the store."""
        self.config["refresh_token"] = FIRST

    def outage(self, **told: Any) -> None:
        """Token requests and tokens of the next run have a bad day."""
        self.transport.endpoint.begin(told)
        self.may_fail = True

    def quiet(self) -> None:
        """Nothing is wrong any more."""
        self.transport.endpoint.begin({})
        super().quiet()  # type: ignore[misc]

    def teardown(self) -> None:
        """Whatever happened, in the end all is well."""
        self.transport.endpoint.begin({})
        super().teardown()  # type: ignore[misc]

    def check_more(self, before: Any, after: Any, touched: Any) -> None:
        """What was given last is kept, after each run that ended with 0."""
        super().check_more(before, after, touched)  # type: ignore[misc]
        if "store_path" in self.config:
            self.transport.endpoint.check(Path(self.config["store_path"]))


def signing(machine: type[Destinations]) -> type[Destinations]:
    """A machine that signs in."""
    return type(f"Signing{machine.__name__}", (Signing, machine), {})


MACHINES = {name: signing(machine) for name, machine in KINDS.items()}
LOSES = frozenset({"lose_the_store"})
"""Who loses the store has lost the refresh token."""


def life(seed: int) -> dict[str, Any]:
    """The life of a seed: some of its runs have no good tokens."""
    chance = random.Random(f"tokens {seed}")
    told = tap_lives.life(seed)
    refreshes = told["machine"] in tap_lives.SWEPT and chance.random() < 0.6
    moves: list[Move] = [("refresh", {})] if refreshes else []
    for name, how in told["moves"]:
        if refreshes and name in LOSES:
            continue
        # What a dead process would not have asked for any more would replace the refresh token that it has left.
        how = {**how, "lives_for": None} if refreshes and name == "run" else how  # noqa: PLW2901 - the move as it is told
        if name == "run" and chance.random() < 0.6:
            moves += [("outage", outage(chance)), ("run", how), ("quiet", {})]
        moves.append((name, how))
    return {**told, "moves": [*moves, ("outage", outage(chance)), ("run", {"lives_for": None, "workers": 1})]}


def live(told: dict[str, Any], _folder: Path) -> int:
    """Tell a life; gives how often the tap ran."""
    return tap_lives.told(MACHINES[told["machine"]](), told)
