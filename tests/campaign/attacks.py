"""What may befall a run of a process, as a plan tells it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campaign.answers import BROKEN, any_answer
from campaign.processes import SIGNALS
from campaign.proxy import RAW

if TYPE_CHECKING:
    import random

    from campaign.processes import Run

WHAT = (*["network"] * 3, *["signal"] * 2, *["loader"] * 2, *["disk"] * 2, "file", "output", "twin")


def any_order(chance: random.Random) -> str:
    """What becomes of an answer on its way."""
    # Whole answers of any kind are given at the desk, too; wires break here alone.
    if chance.random() < 0.85:
        return chance.choice(sorted(RAW))
    return chance.choice(BROKEN[:2]) if chance.random() < 0.1 else any_answer(chance)


def _number(chance: random.Random, requests: int) -> int:
    """Of a request that something befalls; now and then one of the token endpoint."""
    return -chance.choice((1, 1, 2)) if chance.random() < 0.12 else chance.randrange(1, chance.choice((8, requests)))


def signal_due(told: dict[str, Any], run: Run, number: int, *, is_done: bool) -> bool:
    """Send a run the signal of its plan, if this is the moment for it.

    Args:
        told: The plan of the run.
        run: Who is told to end.
        number: Of the request; below 0 of one of the token endpoint.
        is_done: Whether its work is done.
    """
    sent = told.get("signal")
    if not sent or (number, is_done) != (sent["at"], sent["is_done"]):
        return False
    run.signal_in(sent["seconds"], SIGNALS[sent["what"]], moment_of(sent))
    return True


def moment_of(sent: dict[str, Any]) -> str:
    """When a signal of a plan comes, in words."""
    if sent["seconds"]:
        return "between two requests"
    what = "a request" if sent["at"] > 0 else "a token request"
    return f"{'behind' if sent['is_done'] else 'before'} the work of {what}"


def attack(chance: random.Random, *, requests: int, output_bytes: int, what: tuple[str, ...] = WHAT) -> dict[str, Any]:
    """What befalls one run.

    Args:
        chance: Decides.
        requests: About how many requests a run makes.
        output_bytes: About how much it writes.
        what: Among what is chosen.
    """
    told: dict[str, Any] = {"orders": {}}
    chosen = chance.choice(what)
    if chosen == "network" or chance.random() < 0.2:
        told["orders"] = {str(_number(chance, requests)): any_order(chance) for _ in range(chance.choice((1, 3, 5)))}
    if chosen == "signal" or chance.random() < 0.1:
        told["signal"] = {
            "what": chance.choice(sorted(SIGNALS)),
            "at": _number(chance, requests),
            "is_done": chance.random() < 0.5,
            "seconds": chance.choice((0.0, 0.0, 0.001, 0.005, 0.02, 0.05)),
        }
    if chosen == "loader":
        told["loader"] = [chance.randrange(1, output_bytes), chance.choice(("closes", "blocks", "stops"))]
    if chosen == "disk":
        told["kilobytes"] = chance.choice((0, 4, 8, 16, 32, 64, 128))
    if chosen == "file":
        told["file_bytes"] = chance.randrange(1, 300_000)
    if chosen == "output":
        told["stdout"] = "/dev/full"
    if chosen == "twin":
        told["twin"] = True
    return told
