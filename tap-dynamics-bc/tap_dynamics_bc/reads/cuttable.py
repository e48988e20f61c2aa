"""Which reads may be cut into windows of stamps, and what is read of each window?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_dynamics_bc.reads.conditions import EVERYTHING, All, Before, Since
from tap_dynamics_bc.reads.windows import Cuttable
from tap_dynamics_bc.streams.replication import FROM_THE_BEGINNING

if TYPE_CHECKING:
    from tap_dynamics_bc.reads.conditions import Condition
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.reads.plan import Read
    from tap_dynamics_bc.reads.windows import Window
    from tap_dynamics_bc.streams.replication import Start

ENTRY_NUMBER = "entryNumber"
"""The property of ledger entries that grows with each of them."""


def cuttable(read: Read) -> Cuttable | None:
    """How a read may be cut into windows; None where it may not.

    All its rows must be asked for by the stamp of the source, and every bookmark that it moves must follow that.
    """
    before = read.condition.stamp if isinstance(read.condition, Before) else None
    start = _start(read.condition.condition if isinstance(read.condition, Before) else read.condition)
    stamp = read.place.stream.tracking.key
    if start is None or stamp is None or read.use != "records" or not _follows(read.place):
        return None
    number = ENTRY_NUMBER if ENTRY_NUMBER in read.place.stream.entity_set.type.properties else None
    return Cuttable(read.condition.filter, stamp, start, before, number, read.page_rows)


def within(read: Read, window: Window, *, more: bool) -> Read:
    """The part of a read that lies in a window.

    Args:
        read: The read.
        window: The window.
        more: Whether another one follows.
    """
    advances = {path: replace(each, until=window.until, held=window.held) for path, each in read.advances.items()}
    return replace(read, condition=All(window.filter), advances=advances, more=more)


def _start(condition: Condition) -> Start | None:
    if isinstance(condition, Since):
        return condition.start
    return FROM_THE_BEGINNING if condition == EVERYTHING else None


def _follows(source: Place) -> bool:
    """Whether the rows of a source are found by their moment, and all that comes with them by the same one."""
    if source.stream.tracking.kind != "moment" or any(each.stream.stamp for each in source.walk() if each.path):
        return False
    return all(each.selection is None or each.selection.replication.kind == "moment" for each in source.walk())
