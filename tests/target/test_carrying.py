"""How requests are carried: in which thread, and when what they bring back is taken up."""

from __future__ import annotations

import threading

import pytest
from target.planning import CUSTOMERS, unit_of

from target_dynamics_bc.writing.envelopes import Queue, Size, parts_of
from target_dynamics_bc.writing.in_flight import InFlight
from target_dynamics_bc.writing.steps import Send
from target_dynamics_bc.writing.writes import Write

SECONDS = 5.0


def queue_of(count):
    """New customers that travel one by one."""
    units = [unit_of(CUSTOMERS, identity=f"own:{number}") for number in range(count)]
    step = Send((Write("POST", units[0].set_address, {}),), "create")
    parts = [part for unit in units for part in parts_of(unit, step)]
    return Queue(parts, {part.group: Size(1) for part in parts}, at_once=count)


@pytest.mark.parametrize(("at_once", "count"), [(1, 3), (5, 1)])
def test_what_is_never_beside_another_request_is_sent_by_the_thread_that_plans(at_once, count):
    carried = InFlight(at_once).each_of(queue_of(count), lambda _: threading.get_ident)
    assert {bring() for _, bring in carried} == {threading.get_ident()}
    assert InFlight(at_once).all_of([threading.get_ident] * count) == [threading.get_ident()] * count


def test_what_came_back_is_taken_up_while_the_last_request_is_still_in_flight():
    taken_up = threading.Event()
    names = iter(("first", "last"))

    def start(_):
        name = next(names)
        return lambda: (name, name == "first" or taken_up.wait(SECONDS))

    came = []
    for _, bring in InFlight(2).each_of(queue_of(2), start):
        came.append(bring())
        taken_up.set()
    assert came == [("first", True), ("last", True)]


def test_no_thread_is_left_behind_a_run():
    before = set(threading.enumerate())
    in_flight = InFlight(2)
    assert in_flight.all_of([lambda: 1, lambda: 2]) == [1, 2]
    in_flight.close()
    assert set(threading.enumerate()) <= before
