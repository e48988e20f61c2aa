"""The limits of one user, on a machine whose time a test moves."""

from __future__ import annotations

import asyncio

import pytest

from dynamics_bc_emulator.http.throttling import QUEUE_LENGTH, Throttle
from dynamics_bc_emulator.refusals import Refusal


@pytest.fixture
def now():
    return [1_000.0]


@pytest.fixture
def throttle(now):
    return Throttle(requests_per_window=3, concurrent=2, machine=lambda: now[0])


def refusal_of(throttle, requests=1):
    with pytest.raises(Refusal) as caught:
        throttle.count(requests)
    return caught.value


def test_a_window_takes_its_requests_and_refuses_the_next(throttle):
    for _ in range(3):
        throttle.count()
    refusal = refusal_of(throttle)
    assert (refusal.status, refusal.code) == (429, "Application_TooManyRequests")
    assert refusal.message == "Too many requests reached. Actual (4). Maximum (3)."


def test_a_request_is_forgotten_five_minutes_after_it_came(throttle, now):
    throttle.count()
    now[0] += 299.9
    throttle.count(2)
    refusal_of(throttle)
    now[0] += 0.1
    throttle.count()
    refusal_of(throttle)
    now[0] += 299.9
    throttle.count(2)
    refusal_of(throttle)


def test_a_refused_request_does_not_count(throttle, now):
    throttle.count(3)
    for _ in range(5):
        assert "Actual (4)" in refusal_of(throttle).message
    now[0] += 300
    throttle.count(3)


def test_several_are_counted_together_or_not_at_all(throttle):
    throttle.count(2)
    assert "Actual (4). Maximum (3)." in refusal_of(throttle, 2).message
    throttle.count(1)


def test_a_reset_forgets_what_was_asked(throttle):
    throttle.count(3)
    throttle.reset()
    throttle.count(3)


def test_two_run_at_once_the_queue_holds_the_rest_and_one_more_is_refused(throttle):
    running, most = 0, 0

    async def work(leave):
        nonlocal running, most
        async with throttle.slot():
            running += 1
            most = max(most, running)
            await leave.wait()
            running -= 1

    async def crowd():
        leave = asyncio.Event()
        tasks = [asyncio.create_task(work(leave)) for _ in range(2 + QUEUE_LENGTH)]
        await asyncio.sleep(0)
        with pytest.raises(Refusal, match=rf"Actual \({3 + QUEUE_LENGTH}\). Maximum \({2 + QUEUE_LENGTH}\)"):
            async with throttle.slot():
                pytest.fail("there was no room")
        leave.set()
        await asyncio.gather(*tasks)
        async with throttle.slot():
            return running

    assert asyncio.run(crowd()) == 0
    assert most == 2


def test_one_that_fails_leaves_its_place_to_another():
    throttle = Throttle(requests_per_window=1, concurrent=1)

    async def fail():
        async with throttle.slot():
            raise RuntimeError

    async def many():
        for _ in range(QUEUE_LENGTH + 5):
            with pytest.raises(RuntimeError):
                await fail()

    asyncio.run(many())
