"""Five at once, six thousand in five minutes, and one pause for all."""

from __future__ import annotations

import contextlib
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from client.scripted_service import fault, page

from dynamics_bc_client.client import Client
from dynamics_bc_client.errors import ConfigurationError, ConnectionLost
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
        throttle.enter(weight)
        throttle.leave()


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


def test_a_full_window_is_said_once_with_its_limit_and_the_wait(caplog):
    caplog.set_level(logging.INFO)
    clock = Clock()
    throttle = clock.throttle(per_window=3)
    pass_through(throttle, times=6)
    assert caplog.messages == [
        "3 requests in five minutes are the limit (max_requests_per_window): the next one waits 300 seconds."
    ]
    pass_through(throttle, times=3)
    assert len(caplog.messages) == 2


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
    assert throttle.enter() == 7


def test_no_more_than_the_allowed_number_are_in_flight():
    throttle = Clock().throttle(at_once=3)
    entered = threading.Event()

    def fourth():
        throttle.enter()
        entered.set()

    for _ in range(3):
        throttle.enter()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(fourth)
        is_let_in = entered.wait(timeout=0.3)
        throttle.leave()
        assert entered.wait(timeout=10)
    assert not is_let_in


def test_who_is_interrupted_while_waiting_leaves_nobody_outside():
    clock = Clock()

    def interrupted(_):
        raise KeyboardInterrupt

    throttle = Throttle(1, 6000, clock=lambda: clock.time, sleep=interrupted)
    throttle.pause(5)
    with pytest.raises(KeyboardInterrupt):
        throttle.enter()
    clock.time = 10
    pass_through(throttle)


@pytest.mark.parametrize("failure", [ConnectionLost("broke", sent=True), ConfigurationError("not trusted")])
def test_a_failure_frees_its_place(world, failure):
    client = world.client(world.settings(max_concurrent_requests=1))
    world.will_answer(failure, page(), page())
    with contextlib.suppress(ConfigurationError):
        client.companies()
    client.companies()
    assert len(world.requests) == 3 - isinstance(failure, ConfigurationError)


class Sleepers:
    """Waits that last until the test ends them, and a clock that stands still meanwhile."""

    def __init__(self):
        self.time = 0.0
        self.asleep = threading.Semaphore(0)
        self.morning = threading.Event()

    def sleep(self, _):
        self.asleep.release()
        assert self.morning.wait(10)

    def wake(self, after):
        self.time += after
        self.morning.set()


def test_one_threads_429_holds_all_the_others_back(world):
    sleepers = Sleepers()
    client = Client(
        world.settings(), transport=world, clock=lambda: sleepers.time, sleep=sleepers.sleep, random=lambda: 0.0
    )

    def served(_):
        sleepers.asleep.release()  # whoever is served has not slept
        return page({"id": 1})

    world.will_answer(fault(429, Retry_After="40"))
    world.will_go_on_answering(served)
    with ThreadPoolExecutor(5) as pool:
        reads = [pool.submit(client.rows, Query("companies"))]
        assert sleepers.asleep.acquire(timeout=10)
        reads += [pool.submit(client.rows, Query("companies(1)/customers")) for _ in range(4)]
        acted = [sleepers.asleep.acquire(timeout=10) for _ in range(4)]
        sent = len(world.requests)
        sleepers.wake(after=41)
        assert [each.result() for each in reads] == [[{"id": 1}]] * 5
    assert acted == [True] * 4
    assert sent == 1


def test_one_threads_outage_holds_nobody_back(world):
    sleepers = Sleepers()
    client = Client(world.settings(), transport=world, clock=lambda: sleepers.time, sleep=sleepers.sleep)
    world.will_answer(fault(503, Retry_After="40"))
    world.will_go_on_answering(page({"id": 1}))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.rows, Query("companies"))
        assert sleepers.asleep.acquire(timeout=10)
        assert client.rows(Query("companies(1)/customers")) == [{"id": 1}]
        sleepers.wake(after=41)
        assert first.result() == [{"id": 1}]
