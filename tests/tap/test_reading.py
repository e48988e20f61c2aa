"""How are pages fetched ahead without changing what is written?"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_dynamics_bc.pages.read_ahead import FIRST_PAGE_BYTES, Part, Parts, ReadAhead


@dataclass
class Page:
    body: bytes


def query(*bodies: bytes, error: Exception | None = None):
    def begin():
        yield from (Page(body) for body in bodies)
        if error is not None:
            raise error

    return begin


def bodies(ahead: ReadAhead, index: int) -> list[bytes]:
    return [page.body for page in ahead.pages(index)]


def wait_until(condition, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.002)
    return condition()


@given(
    st.lists(st.lists(st.binary(min_size=1, max_size=40), max_size=4), max_size=8),
    st.integers(1, 5),
    st.integers(1, 90),
)
def test_pages_come_in_the_order_of_one_thread_whatever_may_be_held(queries, workers, max_bytes):
    ahead = ReadAhead([query(*each) for each in queries], workers=workers, max_bytes=max_bytes)
    assert [bodies(ahead, index) for index in range(len(queries))] == queries
    ahead.close()


def test_as_many_queries_are_fetched_at_once_as_there_are_workers():
    barrier = threading.Barrier(3, timeout=5)

    def begin():
        barrier.wait()
        yield Page(b"x")

    ahead = ReadAhead([begin] * 3, workers=3)
    assert [bodies(ahead, index) for index in range(3)] == [[b"x"]] * 3
    ahead.close()


def test_no_more_is_held_ahead_than_allowed():
    page = b"x" * FIRST_PAGE_BYTES
    limit = 4 * FIRST_PAGE_BYTES
    held = 0
    highest = 0
    lock = threading.Lock()

    def begin():
        nonlocal held, highest
        for _ in range(10):
            with lock:
                held += len(page)
                highest = max(highest, held)
            yield Page(page)

    ahead = ReadAhead([begin] * 6, workers=5, max_bytes=limit)
    for index in range(6):
        for got in ahead.pages(index):
            with lock:
                held -= len(got.body)
    ahead.close()
    # One page may be on its way to the writer while the next is asked for.
    assert highest <= limit + FIRST_PAGE_BYTES


def test_the_query_that_is_written_goes_on_when_others_fill_the_memory():
    release = threading.Event()

    def slow():
        yield Page(b"a" * 10)
        release.wait(5)
        yield Page(b"b" * 10)

    ahead = ReadAhead([slow, query(*[b"c" * FIRST_PAGE_BYTES] * 9)], workers=2, max_bytes=FIRST_PAGE_BYTES)
    release.set()
    assert bodies(ahead, 0) == [b"a" * 10, b"b" * 10]
    assert len(bodies(ahead, 1)) == 9
    ahead.close()


def test_an_error_comes_out_in_its_turn_and_the_next_query_is_not_touched():
    ahead = ReadAhead([query(b"1"), query(b"2", error=ValueError("broken")), query(b"3")], workers=5)
    assert bodies(ahead, 0) == [b"1"]
    pages = ahead.pages(1)
    assert next(pages).body == b"2"
    with pytest.raises(ValueError, match="broken"):
        next(pages)
    assert bodies(ahead, 2) == [b"3"]
    ahead.close()


def test_queries_that_nobody_takes_are_given_up_with_their_memory():
    ahead = ReadAhead(
        [query(*[b"x" * FIRST_PAGE_BYTES] * 5) for _ in range(4)], workers=2, max_bytes=2 * FIRST_PAGE_BYTES
    )
    assert len(bodies(ahead, 3)) == 5
    ahead.close()


def test_what_was_held_of_queries_that_were_given_up_makes_room_for_those_behind():
    page = b"x" * FIRST_PAGE_BYTES
    filled, fetched = threading.Barrier(3, timeout=5), threading.Event()

    def given_up():
        yield Page(page)
        filled.wait()
        yield Page(page)

    def behind():
        fetched.set()
        yield Page(page)

    ahead = ReadAhead([given_up, given_up, query(page), query(page), behind], workers=2, max_bytes=4 * FIRST_PAGE_BYTES)
    filled.wait()
    assert wait_until(lambda: sum(len(each.pages) for (each,) in ahead._queries) == 4)
    pages = ahead.pages(3)
    next(pages)
    assert fetched.wait(5)
    ahead.close()


def test_what_was_reserved_for_a_page_is_free_again_once_its_size_is_known():
    ahead = ReadAhead([query(b"0"), query(*[b"1"] * 50)], workers=2, max_bytes=2 * FIRST_PAGE_BYTES)
    assert wait_until(lambda: ahead._queries[1][0].ended)
    assert len(ahead._queries[1][0].pages) == 50
    assert ahead._bytes == 51
    ahead.close()


def test_closing_ends_all_threads():
    before = threading.active_count()
    ahead = ReadAhead([query(*[b"x" * FIRST_PAGE_BYTES] * 50) for _ in range(9)], workers=5, max_bytes=FIRST_PAGE_BYTES)
    next(ahead.pages(0))
    ahead.close()
    assert wait_until(lambda: threading.active_count() == before)
    assert list(ahead.pages(8)) == []


def divided(*parts: tuple[bytes, ...], page_bytes: int = 1):
    """A query that turns out to consist of several, known by their numbers."""

    def begin():
        yield Parts([Part(number, query(*bodies_)) for number, bodies_ in enumerate(parts)], page_bytes)

    return begin


def parts(ahead: ReadAhead, index: int) -> list[tuple[int | None, list[bytes]]]:
    return [(what, [page.body for page in pages]) for what, pages in ahead.parts(index)]


@given(
    st.lists(
        st.lists(st.lists(st.binary(min_size=1, max_size=40), max_size=3).map(tuple), min_size=1, max_size=5),
        max_size=5,
    ),
    st.integers(1, 5),
    st.integers(1, 90),
)
def test_what_a_query_consists_of_comes_in_its_order_whatever_may_be_held(queries, workers, max_bytes):
    begun = [divided(*each) if len(each) > 1 else query(*each[0]) for each in queries]
    ahead = ReadAhead(begun, workers=workers, max_bytes=max_bytes)
    assert [parts(ahead, index) for index in range(len(queries))] == [
        [(number, list(each)) for number, each in enumerate(found)] if len(found) > 1 else [(None, list(found[0]))]
        for found in queries
    ]
    ahead.close()


def test_the_parts_of_one_query_are_fetched_by_all_workers():
    barrier = threading.Barrier(5, timeout=5)

    def begin():
        barrier.wait()
        yield Page(b"x")

    ahead = ReadAhead([lambda: iter([Parts([Part(number, begin) for number in range(5)], 1)])], workers=5)
    assert parts(ahead, 0) == [(number, [b"x"]) for number in range(5)]
    ahead.close()


def test_workers_that_find_nothing_wait_for_what_a_query_under_way_turns_out_to_be():
    barrier, found = threading.Barrier(5, timeout=2), threading.Event()

    def begin():
        barrier.wait()
        yield Page(b"x")

    def several():
        found.wait(5)
        yield Parts([Part(number, begin) for number in range(5)], 1)

    ahead = ReadAhead([several], workers=5)
    time.sleep(0.05)
    found.set()
    assert parts(ahead, 0) == [(number, [b"x"]) for number in range(5)]
    ahead.close()


def test_an_error_in_a_part_comes_out_in_its_turn_and_what_is_behind_it_can_be_left():
    error = ValueError("broken")
    found = Parts([Part(0, query(b"0")), Part(1, query(error=error)), Part(2, query(b"2"))], 1)
    ahead = ReadAhead([lambda: iter([found]), query(b"3")], workers=2)
    taken = ahead.parts(0)
    assert [page.body for page in next(taken)[1]] == [b"0"]
    with pytest.raises(ValueError, match="broken"):
        list(next(taken)[1])
    assert bodies(ahead, 1) == [b"3"]
    ahead.close()


def test_parts_hold_no_more_ahead_than_allowed():
    size, limit = 10, 40
    begun: list[int] = []

    def begin(number: int):
        def pages():
            begun.append(number)
            yield Page(b"x" * size)

        return pages

    found = Parts([Part(number, begin(number)) for number in range(20)], size)
    ahead = ReadAhead([lambda: iter([found])], workers=5, max_bytes=limit)
    assert wait_until(lambda: len(begun) >= limit // size)
    time.sleep(0.05)
    assert len(begun) <= limit // size + 1
    assert [what for what, _ in parts(ahead, 0)] == list(range(20))
    ahead.close()
