"""Five at once, six thousand in five minutes, and one pause for all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from client.scripted_service import fault, page

from dynamics_bc_client.odata.query import Query
from dynamics_bc_client.throttle import Throttle


class Clock:
    def __init__(self):
        self.time = 0.0
        self.waits = []

    def throttle(self, at_once=5, per_window=6000):
        return Throttle(at_once, per_window, clock=lambda: self.time, sleep=self.sleep)

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.time += seconds


def pass_through(throttle, times=1, weight=1):
    for _ in range(times):
        with throttle.slot(weight):
            pass


def test_the_window_slides():
    clock = Clock()
    throttle = clock.throttle(per_window=3)
    for moment in (0.0, 100.0, 200.0):
        clock.time = moment
        pass_through(throttle)
    clock.time = 250.0
    pass_through(throttle)
    assert clock.waits == [50.0]
    pass_through(throttle)
    assert clock.waits == [50.0, 100.0]


def test_below_the_limit_nobody_waits():
    clock = Clock()
    pass_through(clock.throttle(per_window=6000), times=6000)
    assert clock.waits == []


def test_a_batch_counts_as_many():
    clock = Clock()
    throttle = clock.throttle(per_window=100)
    pass_through(throttle, weight=99)
    pass_through(throttle, weight=1)
    assert clock.waits == []
    pass_through(throttle, weight=50)
    assert clock.waits == [300.0]


def test_what_is_heavier_than_the_window_goes_out_when_the_window_is_empty():
    clock = Clock()
    throttle = clock.throttle(per_window=10)
    pass_through(throttle, weight=100)
    assert clock.waits == []
    pass_through(throttle)
    assert clock.waits == [300.0]


def test_a_shorter_pause_does_not_end_a_longer_one():
    clock = Clock()
    throttle = clock.throttle()
    throttle.pause(30)
    throttle.pause(10)
    pass_through(throttle)
    assert clock.waits == [30.0]


def test_the_wait_is_told():
    clock = Clock()
    throttle = clock.throttle()
    throttle.pause(7)
    with throttle.slot() as waited:
        assert waited == 7


def test_no_more_than_the_allowed_number_are_in_flight():
    throttle = Clock().throttle(at_once=3)
    together = threading.Barrier(3)
    lock = threading.Lock()
    inside = most = 0

    def work(_):
        nonlocal inside, most
        with throttle.slot():
            with lock:
                inside += 1
                most = max(most, inside)
            together.wait(timeout=10)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(work, range(9)))
    assert most == 3


def test_a_failure_frees_its_slot():
    throttle = Clock().throttle(at_once=1)
    with pytest.raises(KeyError), throttle.slot():
        raise KeyError
    pass_through(throttle)


def test_one_threads_429_holds_the_others_back(world):
    client = world.client(random=0.0)
    world.will_answer(fault(429, Retry_After="40"), page())
    client.rows(Query("companies"))
    assert world.waits == [40]
    began = world.time
    world.will_answer(page())
    client.rows(Query("companies"))
    assert world.time == began
