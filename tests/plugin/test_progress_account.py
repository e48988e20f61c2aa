"""What a run reports, by stream and company."""

from __future__ import annotations

import contextlib
import threading

import pytest

from dynamics_bc_client.exchange import RequestSummary
from dynamics_bc_plugin.ending import Terminated
from dynamics_bc_plugin.progress import Account
from dynamics_bc_plugin.progress.account import PartPicture


class Clock:
    """Seconds that a test moves."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def account(clock):
    return Account(clock)


def request(*, length=1000, waited=0.0):
    return RequestSummary("GET", "https://service.test/x", 200, 0.1, waited, length)


def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def test_rows_are_summed_by_stream_and_company(account):
    account.name_companies({"c1": "One"})
    account.add_rows("customers", "c1", 20)
    account.add_rows("customers", "c1", 5)
    account.add_rows("customers", "c2", 7)
    account.add_rows("companies", None, 2)
    parts = account.picture().parts
    assert [(part.stream, part.company, part.rows) for part in parts] == [
        ("customers", "One", 25),
        ("customers", "c2", 7),
        ("companies", None, 2),
    ]
    assert account.picture().records == 34


def test_outcomes_are_summed_by_kind(account):
    account.add_outcomes("vendors", "c1", {"created": 2, "rejected": 1})
    account.add_outcomes("vendors", "c1", {"created": 3})
    account.add_outcomes("customers", "c1", {"created": 1})
    (vendors, _) = account.picture().parts
    assert vendors.outcomes == {"created": 5, "rejected": 1}
    assert vendors.records == 6
    assert account.picture().outcomes == {"created": 6, "rejected": 1}


def test_a_request_belongs_to_what_its_thread_works_on(account):
    account.add_request(request(length=10))

    def other():
        with account.fetching("customers", "c1"):
            account.add_request(request(length=300, waited=1.5))

    with account.working_on(("vendors", "c1"), ("defaultDimensions", "c1")):
        in_thread(other)
        account.add_request(request(length=20, waited=0.5))
    account.add_request(request(length=40))
    picture = account.picture()
    assert [(part.stream, part.requests, part.response_bytes, part.waited_seconds) for part in picture.parts] == [
        ("vendors", 1, 20, 0.5),
        ("defaultDimensions", 0, 0, 0.0),
        ("customers", 1, 300, 1.5),
    ]
    assert (picture.requests, picture.response_bytes, picture.waited_seconds) == (4, 370, 2.0)


def test_work_within_work_gives_the_thread_back(account):
    with account.working_on(("vendors", "c1")):
        with account.working_on(("customers", "c1")):
            account.add_request(request())
        account.add_request(request())
    assert [part.requests for part in account.picture().parts] == [1, 1]


def test_a_part_is_fetched_ahead_then_worked_on_then_finished(account):
    with account.fetching("customers", "c1"):
        assert [part.stream for part in account.picture().running] == ["customers"]
    picture = account.picture()
    assert (len(picture.running), len(picture.ahead), len(picture.finished)) == (0, 1, 0)
    with account.working_on(("customers", "c1")):
        assert [part.stream for part in account.picture().running] == ["customers"]
    picture = account.picture()
    assert (len(picture.running), len(picture.ahead), len(picture.finished)) == (0, 0, 1)


def test_what_was_refused_without_work_is_finished(account):
    account.add_outcomes("nonsense", None, {"rejected": 1})
    assert [part.stream for part in account.picture().finished] == ["nonsense"]


def test_more_of_a_finished_part_begins_it_anew(account):
    for _ in range(2):
        with account.working_on(("dimensionSetLines", "c1")):
            assert account.picture().finished == []
        assert account.picture().running == []


def test_time_counts_only_while_a_part_is_worked_on(account, clock):
    with account.fetching("customers", "c1"):
        clock.now += 3
    clock.now += 10
    with account.working_on(("customers", "c1")):
        clock.now += 4
        (part,) = account.picture().parts
        assert part.seconds == 7
    clock.now += 10
    (part,) = account.picture().parts
    assert part.seconds == 7
    assert account.picture().seconds == 27


def test_waiting_is_seen_while_it_lasts_and_counted_once(account, clock):
    seen = []

    def sleep(seconds):
        clock.now += seconds / 2
        (part,) = account.picture().parts
        seen.append((part.waiting, part.waited_seconds, account.picture().waited_seconds))
        clock.now += seconds / 2

    wait = account.sleeping(sleep)
    with account.working_on(("vendors", "c1")):
        wait(60)
        account.add_request(request(waited=60.5))
        wait(10)
        account.add_request(request(waited=0.0))
        account.add_request(request(waited=0.25))
    (part,) = account.picture().parts
    assert seen == [(True, 30.0, 30.0), (True, 65.5, 65.5)]
    assert (part.waiting, part.waited_seconds) == (False, 70.75)


def test_waiting_that_is_broken_off_is_over(account):
    def sleep(seconds):
        raise Terminated

    with contextlib.suppress(Terminated), account.working_on(("vendors", "c1")):
        account.sleeping(sleep)(5)
    (part,) = account.picture().parts
    assert not part.waiting


def test_companies_that_are_read_at_once_do_not_double_a_streams_time(account, clock):
    with account.working_on(("customers", "c1")):
        clock.now += 1
        with account.working_on(("customers", "c2")):
            clock.now += 1
    picture = account.picture()
    assert [part.seconds for part in picture.parts] == [2, 1]
    assert picture.stream_seconds == {"customers": 2}


@pytest.mark.parametrize("error", [RuntimeError, Terminated])
def test_work_that_fails_does_not_go_on(account, error):
    with contextlib.suppress(error), account.working_on(("customers", "c1")):
        raise error
    account.add_request(request())
    (part,) = account.picture().parts
    assert (part.running, part.requests) == (False, 0)


def test_an_empty_page_says_that_a_stream_is_wanted(account):
    account.add_rows("salesInvoiceLines", "c1", 0)
    (part,) = account.picture().parts
    assert part == PartPicture("salesInvoiceLines", "c1", rows=0)


def test_a_picture_does_not_change_any_more(account):
    account.add_outcomes("vendors", "c1", {"created": 1})
    picture = account.picture()
    account.add_outcomes("vendors", "c1", {"created": 1})
    assert picture.records == 1


def test_nothing_is_lost_when_many_threads_report(account):
    def work(number):
        company = f"c{number % 2}"
        for _ in range(2000):
            with account.working_on(("customers", company)):
                account.add_rows("customers", company, 3)
                account.add_request(request(length=7))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    picture = account.picture()
    assert (picture.records, picture.requests, picture.response_bytes) == (30_000, 10_000, 70_000)
    assert sum(part.requests for part in picture.parts) == 10_000
    assert picture.running == []
