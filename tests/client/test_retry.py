"""Which failures are repeated, after which waits, and which never are."""

from __future__ import annotations

import pytest
from client.scripted_service import ROOT, answer, fault, page

from dynamics_bc_client.client import Client
from dynamics_bc_client.errors import (
    BadRequest,
    ConnectionLost,
    DynamicsError,
    Forbidden,
    RecordChanged,
    RecordNotFound,
    RequestTimedOut,
    TooManyRequests,
    Transient,
)
from dynamics_bc_client.odata.query import Query


def _raising(answer_of):
    """An answer that may be an error."""

    def answered(request):
        found = answer_of(request)
        if isinstance(found, BaseException):
            raise found
        return found

    return answered


DEADLOCK = ("Internal_ServerError", "The activity was deadlocked with another user. Please retry the activity.")
LOCK = ("Application_DialogException", "We could not update the data right now. Please try again later.")


@pytest.mark.parametrize(
    ("failure", "minutes"),
    [
        (fault(503, "Unknown", "busy"), 15),
        (fault(502), 15),
        (fault(429, "Application_TooManyRequests", "Too many requests reached."), 15),
        (fault(409, "Internal_ServerError", "deadlocked"), 15),
        (fault(500, "Internal_ServerError", "no connection to the database"), 2),
        (answer(200, b"<html>"), 2),
    ],
)
def test_waits_double_until_a_minute_and_patience_is_time(world, failure, minutes):
    world.will_go_on_answering(failure)
    began = world.time
    with pytest.raises(DynamicsError) as caught:
        world.client().read("companies(1)")
    assert world.waits == [1, 2, 4, 8, 16, 32, *[60] * 13][: len(world.waits)]
    assert 60 * (minutes - 1) < world.time - began <= 60 * minutes
    assert caught.value.may_have_happened is False


OUTAGES = [fault(503), fault(502, Retry_After="3"), fault(500), ConnectionLost("x", sent=False)]


def away(world, failure, last, seconds):
    """A service that fails for some seconds."""
    began = world.time
    return lambda _: failure if world.time - began < seconds else last


@pytest.mark.parametrize("failure", [*OUTAGES, ConnectionLost("x", sent=True), RequestTimedOut("x", sent=False)])
@pytest.mark.parametrize("reached", [True, False])
def test_an_outage_of_a_minute_ends_no_read(world, failure, reached):
    client = world.client(random=0.0)
    if reached:
        world.will_answer(page())
        client.companies()
    world.will_go_on_answering(_raising(away(world, failure, page({"id": 1}), 60)))
    assert client.rows(Query("companies(1)/customers"), page_size=10) == [{"id": 1}]


@pytest.mark.fault("P11")
@pytest.mark.parametrize("failure", [fault(503), ConnectionLost("x", sent=False), RequestTimedOut("x", sent=False)])
def test_an_outage_of_ten_minutes_ends_no_read_of_a_service_that_was_there(world, failure):
    client = world.client()
    world.will_answer(page())
    client.companies()
    world.will_go_on_answering(_raising(away(world, failure, page({"id": 1}), 600)))
    assert client.rows(Query("companies(1)/customers")) == [{"id": 1}]


def test_a_host_that_never_answered_is_given_up_after_two_minutes(world):
    world.will_go_on_answering(ConnectionLost("There is no connection to nowhere.example.", sent=False))
    began = world.time
    with pytest.raises(ConnectionLost):
        world.client().companies()
    assert 60 < world.time - began <= 120


@pytest.mark.parametrize("asked", ["0", "0.2", "Sat, 21 Nov 2026 10:00:00 GMT"])
def test_a_service_that_asks_for_no_wait_is_not_asked_without_one(world, asked):
    world.will_answer(*[fault(503, Retry_After=asked, Date="Sat, 21 Nov 2026 10:00:00 GMT")] * 3, answer(200, {}))
    world.client().read("companies(1)")
    assert world.waits == [1, 2, 4]


def test_the_time_that_attempts_take_counts(world):
    def late(_):
        world.time += 400
        raise RequestTimedOut("late", sent=True)

    world.will_answer(page())
    client = world.client()
    client.companies()
    world.will_go_on_answering(late)
    with pytest.raises(RequestTimedOut):
        client.read("companies(1)")
    assert len(world.requests) == 1 + 3


def test_patience_ends_also_where_the_clock_stands_still(world):
    world.will_go_on_answering(fault(503))
    waits = []
    client = Client(world.settings(), transport=world, clock=lambda: 0.0, sleep=waits.append, random=lambda: 1.0)
    with pytest.raises(Transient):
        client.read("companies(1)")
    assert 840 < sum(waits) <= 900


def test_patience_with_one_failure_is_not_spent_by_another(world):
    world.will_answer(*[fault(503)] * 9, *[fault(500)] * 2, answer(200, {}))
    world.client().read("companies(1)")
    assert sum(world.waits) > 300


def test_one_second_is_not_called_seconds(world, caplog):
    world.will_answer(fault(503, "Unknown", "busy"), answer(200, {}))
    with caplog.at_level("INFO", "dynamics_bc_client.retry"):
        world.client().read("companies(1)")
    assert [record.getMessage() for record in caplog.records] == [
        "GET companies(1) returned 503: busy. Waiting 1 second, then trying again."
    ]


def test_a_wait_that_somebody_notices_is_a_warning(world, caplog):
    world.will_answer(*[fault(503, "Unknown", "busy")] * 5, answer(200, {}))
    with caplog.at_level("WARNING"):
        world.client().read("companies(1)")
    assert [record.getMessage() for record in caplog.records] == [
        f"GET companies(1) returned 503: busy. Waiting {seconds} seconds, then trying again." for seconds in (8, 16)
    ]


def test_waits_are_spread_over_their_upper_half(world):
    world.will_answer(fault(503), fault(503), answer(200, {}))
    world.client(random=0.0).read("companies(1)")
    assert world.waits == [0.5, 1.0]


def test_retry_after_in_seconds_is_what_is_waited(world):
    world.will_answer(fault(503, Retry_After="17"), answer(200, {}))
    world.client(random=0.0).read("companies(1)")
    assert world.waits == [17]


def test_retry_after_as_a_date_counts_from_the_services_own_clock(world):
    headers = {"Retry_After": "Sat, 21 Nov 2026 10:00:30 GMT", "Date": "Sat, 21 Nov 2026 10:00:00 GMT"}
    world.will_answer(fault(503, **headers), answer(200, {}))
    world.client(random=0.0).read("companies(1)")
    assert world.waits == [30]


def test_a_throttled_request_is_repeated_for_longer_than_the_window_of_five_minutes(world):
    world.will_answer(*[fault(429, "Application_TooManyRequests", "Too many requests reached.")] * 12, answer(200, {}))
    world.client().read("companies(1)")
    assert world.waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60]


def test_no_repeat_begins_after_the_deadline(world):
    world.will_answer(fault(429, Retry_After="2000"))
    with pytest.raises(TooManyRequests):
        world.client().read("companies(1)")
    assert world.waits == []


@pytest.mark.parametrize("call", ["create", "act", "update", "delete", "read"])
@pytest.mark.parametrize("failure", [(429, "Application_TooManyRequests", ""), (409, *DEADLOCK), (400, *LOCK)])
def test_what_left_nothing_behind_is_repeated_whatever_it_was(world, call, failure):
    world.will_answer(fault(*failure), answer(200, {"id": "1"}))
    run(world.client(), call)
    assert world.waits == [1]
    assert len(world.requests) == 2


@pytest.mark.parametrize("call", ["create", "act"])
@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_create_that_may_have_happened_is_not_repeated(world, call, status):
    world.will_answer(fault(status, "Unknown", "gone"))
    with pytest.raises(Transient) as caught:
        run(world.client(), call)
    assert caught.value.may_have_happened is True
    assert world.waits == []


@pytest.mark.parametrize("failure", [ConnectionLost("broke", sent=True), RequestTimedOut("late", sent=True)])
def test_a_create_without_an_answer_has_an_unknown_outcome(world, failure):
    world.will_answer(failure)
    with pytest.raises(DynamicsError) as caught:
        world.client().create("companies(1)/customers", {})
    assert caught.value.may_have_happened is True
    assert len(world.requests) == 1


def test_a_create_that_was_never_sent_is_repeated(world):
    world.will_answer(ConnectionLost("refused", sent=False), answer(201, {"id": "1"}))
    assert world.client().create("companies(1)/customers", {}) == {"id": "1"}


def test_a_create_on_a_tenant_that_is_away_never_reached_it(world):
    world.will_answer(fault(503, "Internal_TenantUnavailable", "maintenance"), answer(201, {"id": "1"}))
    assert world.client().create("companies(1)/customers", {}) == {"id": "1"}


@pytest.mark.parametrize("status", [400, 404, 405, 413, 501])
def test_a_refusal_is_final_and_its_outcome_known(world, status):
    world.will_answer(fault(status, "Whatever", "no"))
    with pytest.raises(DynamicsError) as caught:
        world.client().create("companies(1)/customers", {})
    assert (caught.value.repeatable, caught.value.may_have_happened) == (False, False)


def test_setting_values_is_repeated_after_an_ambiguous_failure(world):
    world.will_answer(fault(504), answer(200, {"name": "x"}))
    assert world.client().update("companies(1)/customers(2)", {"name": "x"}) == {"name": "x"}


def test_a_stale_etag_after_an_ambiguous_failure_may_be_our_own_doing(world):
    world.will_answer(fault(504), fault(409, "Request_EntityChanged", "Another user has already changed the record."))
    with pytest.raises(RecordChanged) as caught:
        world.client().update("companies(1)/customers(2)", {"name": "x"}, etag='W/"1"')
    assert caught.value.may_have_happened is True


def test_a_stale_etag_at_the_first_attempt_is_somebody_elses(world):
    world.will_answer(fault(409, "Request_EntityChanged", "Another user has already changed the record."))
    with pytest.raises(RecordChanged) as caught:
        world.client().update("companies(1)/customers(2)", {"name": "x"}, etag='W/"1"')
    assert caught.value.may_have_happened is False


def test_a_delete_that_finds_nothing_after_a_lost_answer_has_worked(world):
    world.will_answer(ConnectionLost("broke", sent=True), fault(404, "Internal_RecordNotFound", "does not exist"))
    world.client().delete("companies(1)/customers(2)")
    assert [request.method for request in world.requests] == ["DELETE", "DELETE"]


def test_a_delete_that_finds_nothing_at_once_says_so(world):
    world.will_answer(fault(404, "Internal_RecordNotFound", "does not exist"))
    with pytest.raises(RecordNotFound):
        world.client().delete("companies(1)/customers(2)")


def test_a_throttled_delete_that_then_finds_nothing_says_so(world):
    world.will_answer(fault(429), fault(404, "Internal_RecordNotFound", "does not exist"))
    with pytest.raises(RecordNotFound):
        world.client().delete("companies(1)/customers(2)")


def test_409_without_a_deadlock_is_not_repeated(world):
    world.will_answer(fault(409, "Application_DialogException", "This is not allowed."))
    with pytest.raises(BadRequest):
        world.client().read("companies(1)/customers(2)")
    assert world.waits == []


def test_a_stream_can_be_forbidden_while_others_are_read(world):
    world.will_answer(fault(403, "Authorization_RequestDenied", "You do not have permission."))
    with pytest.raises(Forbidden) as caught:
        world.client().rows(Query("companies(1)/employees"))
    assert caught.value.scope == "stream"


def test_each_request_is_reported_with_what_it_waited(world):
    seen = []
    world.will_answer(fault(429, Retry_After="5"), page({"id": 1}))
    world.client(random=0.0, on_request=seen.append).rows(Query("companies"))
    assert [(each.status, each.waited_seconds) for each in seen] == [(429, 0), (200, 5)]
    assert seen[1].url == f"{ROOT}/companies"
    assert seen[1].response_bytes > 20


@pytest.mark.parametrize(("etag", "sent"), [(None, None), ('W/"1"', 'W/"1"')])
def test_an_action_says_which_version_it_is_meant_for_if_somebody_does(world, etag, sent):
    world.will_answer(answer(204))
    world.client().act("companies(1)/purchaseInvoices(2)", "post", etag=etag)
    assert world.requests[0].headers.get("If-Match") == sent


ORDER = "companies(1)/salesOrders(2)"


@pytest.mark.parametrize("status", [401, 429])
def test_an_action_that_was_refused_is_not_called_again_once_it_is_not_due_any_more(world, status):
    world.will_answer(page(), fault(status))
    client = world.client()
    client.rows(Query("companies"))
    with pytest.raises(RecordChanged, match=f"returned {status}.*not sent again") as caught:
        client.act(ORDER, "shipAndInvoice", is_due=lambda _: False)
    assert caught.value.may_have_happened
    assert len(world.requests) == 2


@pytest.mark.parametrize("status", [401, 429])
def test_a_create_that_was_refused_is_not_sent_again_once_it_is_not_due_any_more(world, status):
    world.will_answer(page(), fault(status))
    client = world.client()
    client.rows(Query("companies"))
    with pytest.raises(RecordChanged, match="not sent again") as caught:
        client.create("companies(1)/salesOrders", {}, is_due=lambda _: False)
    assert caught.value.may_have_happened
    assert len(world.requests) == 2


@pytest.mark.parametrize("status", [401, 429])
def test_an_action_that_was_refused_and_is_due_still_is_called_again(world, status):
    world.will_answer(page(), fault(status), answer(204))
    client, asked = world.client(), []
    client.rows(Query("companies"))
    client.act(ORDER, "shipAndInvoice", is_due=lambda refusal: not asked.append(refusal.status))
    assert (len(world.requests), asked) == (3, [status])


def run(client, call):
    path = "companies(1)/customers(2)"
    calls = {
        "create": lambda: client.create("companies(1)/customers", {"number": "1"}),
        "act": lambda: client.act(path, "post"),
        "update": lambda: client.update(path, {"number": "1"}),
        "delete": lambda: client.delete(path),
        "read": lambda: client.read(path),
    }
    return calls[call]()


@pytest.mark.parametrize("seconds", ["86400", "9" * 400, "Fri, 31 Dec 2999 23:59:59 GMT"])
def test_a_wait_beyond_reason_is_not_waited_for_and_is_said(world, seconds):
    world.will_go_on_answering(
        fault(429, "Application_TooManyRequests", "No.", Retry_After=seconds, Date="Fri, 01 Jan 2027 00:00:00 GMT")
    )
    with pytest.raises(TooManyRequests) as caught:
        world.client().read("companies")
    assert world.waits == []
    assert caught.value.explained.endswith(
        "It asks for a longer wait than the 15 minutes of a run; run this again later."
    )
