"""A list of operations in, one result per operation out, whatever came back."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from client.scripted_service import ROOT, answer, fault, page, tokens
from hypothesis import given
from hypothesis import strategies as st

from dynamics_bc_client.errors import (
    BadRequest,
    ConnectionLost,
    Forbidden,
    RequestTimedOut,
    SignInError,
    TooManyRequests,
    Transient,
)
from dynamics_bc_client.odata.batch import Operation, decode_batch, encode_batch, to_results
from dynamics_bc_client.odata.query import Query

DUPLICATE = {"error": {"code": "Internal_EntityWithSameKeyExists", "message": "exists"}}
DEADLOCK = {"error": {"code": "Internal_ServerError", "message": "The activity was deadlocked with another user."}}
THROTTLED = {"error": {"code": "Application_TooManyRequests", "message": "Too many requests reached."}}


def creates(*ids):
    return [Operation(each, "POST", "companies(1)/customers", {"number": each}) for each in ids]


def reads(*ids):
    return [Operation(each, "GET", f"companies(1)/customers({each})") for each in ids]


def reply(name, status=201, body=None):
    headers = {"content-type": "application/json"}
    return {"id": name, "status": status, "headers": headers, "body": body or {"id": name}}


def replies(*given):
    return answer(200, {"responses": list(given)})


def endings(results):
    return [(result.operation.id, result.ended) for result in results]


def sent(request):
    return [each["id"] for each in json.loads(request.body)["requests"]]


def test_operations_travel_as_the_service_wants_them(world):
    operations = [
        Operation("a", "POST", "companies(1)/customers", {"creditLimit": Decimal("0.10")}),
        Operation("b", "PATCH", "companies(1)/customers(2)", {"displayName": "é"}, etag='W/"1"'),
        Operation("c", "DELETE", "companies(1)/customers(3)"),
        Operation("d", "GET", "companies(1)/customers?$top=1", headers={"Prefer": "odata.maxpagesize=1"}),
    ]
    world.will_answer(replies(reply("a"), reply("b", 200), reply("c", 204), reply("d", 200)))
    world.client().batch(operations)
    (request,) = world.requests
    assert (request.method, request.url) == ("POST", f"{ROOT}/$batch")
    assert request.headers["Prefer"] == "odata.continue-on-error"
    assert "Isolation" not in request.headers
    assert b'"creditLimit":0.10}' in request.body
    assert [each["headers"] for each in json.loads(request.body)["requests"]] == [
        {"Content-Type": "application/json"},
        {"Content-Type": "application/json", "If-Match": 'W/"1"'},
        {"If-Match": "*"},
        {"Prefer": "odata.maxpagesize=1"},
    ]


def test_a_snapshot_is_asked_for_by_its_header_alone(world):
    world.will_answer(replies(reply("a")))
    world.client().batch(creates("a"), snapshot=True)
    assert world.requests[0].headers["Isolation"] == "snapshot"
    assert "Prefer" not in world.requests[0].headers


def test_results_come_in_the_order_of_the_operations(world):
    world.will_answer(replies(reply("c"), reply("a"), reply("b")))
    results = world.client().batch(creates("a", "b", "c"))
    assert endings(results) == [("a", "done"), ("b", "done"), ("c", "done")]
    assert [result.body for result in results] == [{"id": "a"}, {"id": "b"}, {"id": "c"}]


def test_a_lost_reply_is_unknown_and_shifts_nobody_elses(world):
    world.will_answer(replies(reply("a"), reply("c")))
    results = world.client().batch(creates("a", "b", "c"))
    assert endings(results) == [("a", "done"), ("b", "unknown"), ("c", "done")]
    assert results[2].body == {"id": "c"}
    assert results[1].error is not None
    assert results[1].error.may_have_happened is True


@given(st.data())
def test_replies_find_their_operation_under_any_order_and_loss(data):
    ids = data.draw(st.lists(st.text(min_size=1, max_size=3), unique=True, min_size=1, max_size=20))
    kept = data.draw(st.lists(st.sampled_from(ids), unique=True))
    strangers = [{"id": "stranger-1", "status": 201}, {"id": None, "status": 201}] if kept else []
    shuffled = data.draw(st.permutations([*map(reply, kept), *strangers]))
    body = json.dumps({"responses": shuffled}).encode()
    operations = creates(*ids)
    found = decode_batch(body, operations)
    assert [each and json.loads(each.body)["id"] for each in found] == [each if each in kept else None for each in ids]
    results = to_results(operations, found, [None] * len(found), snapshot=False)
    assert len(results) == len(operations)
    assert {result.operation.id for result in results if result.ended == "done"} == set(kept)


def test_position_counts_only_when_no_reply_has_an_id():
    operations = creates("a", "b", "c")
    without = json.dumps({"responses": [{"id": None, "status": 201}, {"status": 400}]}).encode()
    assert [each and each.status for each in decode_batch(without, operations)] == [201, 400, None]
    mixed = json.dumps({"responses": [{"status": 201}, {"id": "c", "status": 400}]}).encode()
    assert [each and each.status for each in decode_batch(mixed, operations)] == [None, None, 400]


def test_of_two_replies_to_one_operation_the_first_counts():
    body = json.dumps({"responses": [{"id": "a", "status": 400}, {"id": "a", "status": 201}]}).encode()
    (found,) = decode_batch(body, creates("a"))
    assert found is not None
    assert found.status == 400


def test_ids_that_come_back_as_numbers_are_the_same_ids():
    body = json.dumps({"responses": [{"id": 1, "status": 204}]}).encode()
    (found,) = decode_batch(body, creates("1"))
    assert found is not None
    assert found.body == b""


def test_one_failure_is_one_failure(world):
    world.will_answer(replies(reply("a"), reply("b", 400, DUPLICATE), reply("c")))
    results = world.client().batch(creates("a", "b", "c"))
    assert endings(results) == [("a", "done"), ("b", "failed"), ("c", "done")]
    assert results[1].error is not None
    assert results[1].error.message.startswith("POST companies(1)/customers returned 400 Internal_Entity")


def test_under_snapshot_one_failure_is_everybodys_whatever_they_say(world):
    world.will_answer(replies(reply("a"), reply("b", 400, DUPLICATE), reply("c")))
    results = world.client().batch(creates("a", "b", "c"), snapshot=True)
    assert endings(results) == [("a", "failed"), ("b", "failed"), ("c", "failed")]
    assert results[0].body is None
    assert results[0].error is not None
    assert '"a" was undone with its whole batch, because "b" failed' in results[0].error.message


def test_under_snapshot_a_failure_settles_the_missing_ones_too(world):
    world.will_answer(replies(reply("a", 400, DUPLICATE)))
    results = world.client().batch(creates("a", "b"), snapshot=True)
    assert endings(results) == [("a", "failed"), ("b", "failed")]


def test_under_snapshot_a_gap_without_a_failure_leaves_all_in_doubt(world):
    world.will_answer(replies(reply("a"), reply("c")))
    results = world.client().batch(creates("a", "b", "c"), snapshot=True)
    assert endings(results) == [("a", "unknown"), ("b", "unknown"), ("c", "unknown")]


def test_operations_that_were_throttled_or_deadlocked_are_sent_again_and_no_others(world):
    world.will_answer(
        replies(reply("a"), reply("b", 409, DEADLOCK), reply("c", 429, THROTTLED), reply("d", 400, DUPLICATE)),
        replies(reply("c"), reply("b", 429, THROTTLED)),
        replies(reply("b")),
    )
    results = world.client().batch(creates("a", "b", "c", "d"))
    assert endings(results) == [("a", "done"), ("b", "done"), ("c", "done"), ("d", "failed")]
    assert [sent(request) for request in world.requests] == [["a", "b", "c", "d"], ["b", "c"], ["b"]]
    assert world.waits == [1, 2]


def test_a_throttled_operation_waits_as_long_as_it_was_told(world):
    throttled = {**reply("b", 429, THROTTLED), "headers": {"retry-after": "25"}}
    world.will_answer(replies(reply("a", 409, DEADLOCK), throttled), replies(reply("a"), reply("b")))
    results = world.client(random=0.0).batch(creates("a", "b"))
    assert endings(results) == [("a", "done"), ("b", "done")]
    assert world.waits == [25]


def test_a_deadlocked_snapshot_is_sent_again_as_a_whole(world):
    world.will_answer(replies(reply("a"), reply("b", 409, DEADLOCK)), replies(reply("a"), reply("b")))
    results = world.client().batch(creates("a", "b"), snapshot=True)
    assert endings(results) == [("a", "done"), ("b", "done")]
    assert [sent(request) for request in world.requests] == [["a", "b"]] * 2


def test_a_snapshot_is_never_sent_again_in_part(world):
    busy = {"error": {"code": "Unknown", "message": "busy"}}
    world.will_answer(replies(reply("a"), reply("b", 503, busy), reply("c")))
    results = world.client().batch(creates("a", "b", "c"), snapshot=True)
    assert endings(results) == [("a", "failed"), ("b", "failed"), ("c", "failed")]
    assert len(world.requests) == 1


def test_operations_that_stay_put_off_fail_in_the_end(world):
    world.will_go_on_answering(replies(reply("a", 409, DEADLOCK)))
    (result,) = world.client().batch(creates("a"))
    assert (result.ended, type(result.error), result.status) == ("failed", Transient, 409)


@pytest.mark.parametrize("status", [408, 500, 503, 504])
def test_a_create_in_a_batch_that_may_have_happened_is_unknown(world, status):
    world.will_answer(replies(reply("a", status, {"error": {"code": "", "message": "x"}})))
    (result,) = world.client().batch(creates("a"))
    assert (result.ended, len(world.requests)) == ("unknown", 1)


def test_reads_without_a_reply_are_asked_again(world):
    world.will_answer(replies(reply("1", 200)), replies(reply("2", 200)))
    results = world.client().batch(reads("1", "2"))
    assert endings(results) == [("1", "done"), ("2", "done")]
    assert sent(world.requests[1]) == ["2"]


def test_a_throttled_envelope_is_sent_again(world):
    world.will_answer(fault(429), replies(reply("a")))
    assert endings(world.client().batch(creates("a"))) == [("a", "done")]


@pytest.mark.parametrize("status", [401, 429])
def test_an_envelope_that_was_refused_is_not_sent_again_once_it_is_not_due_any_more(world, status):
    world.will_answer(page(), fault(status))
    client = world.client()
    client.rows(Query("companies"))
    results = client.batch(creates("a", "b"), may_be_done=lambda refused, _: [refused[0].id])
    assert endings(results) == [("a", "unknown"), ("b", "unknown")]
    assert len(world.requests) == 2


UNAUTHORIZED = {"error": {"code": "Authentication_InvalidCredentials", "message": "x"}}


@pytest.mark.parametrize(("status", "body"), [(401, UNAUTHORIZED), (429, THROTTLED)])
def test_a_write_that_was_refused_within_a_batch_is_not_sent_again_where_it_may_be_done(world, status, body):
    refused = [reply(name, status, body) for name in ("b", "c")]
    world.will_answer(page(), replies(reply("a"), *refused), replies(reply("c")))
    client, asked = world.client(), []
    client.rows(Query("companies"))

    def may_be_done(refused, done):
        asked.append([each.id for each in refused])
        assert [each.body for each in done] == [{"id": "a"}]
        return ["b"]

    results = client.batch(creates("a", "b", "c"), may_be_done=may_be_done)
    assert endings(results) == [("a", "done"), ("b", "unknown"), ("c", "done")]
    assert (asked, sent(world.requests[-1])) == ([["b", "c"]], ["c"])


@pytest.mark.parametrize("behind", [["a"], []])
def test_a_transaction_that_was_refused_for_one_write_is_sent_again_as_a_whole_or_not_at_all(world, behind):
    refused = replies(reply("a", 429, THROTTLED))
    world.will_answer(refused, replies(reply("a"), reply("b")))
    results = world.client().batch(creates("a", "b"), snapshot=True, may_be_done=lambda *_: behind)
    ended = "unknown" if behind else "done"
    assert endings(results) == [("a", ended), ("b", ended)]
    assert len(world.requests) == (1 if behind else 2)


def test_what_the_service_itself_put_off_is_not_looked_for(world):
    world.will_answer(replies(reply("a", 409, DEADLOCK)), replies(reply("a")))
    results = world.client().batch(creates("a"), may_be_done=lambda *_: ["a"])
    assert endings(results) == [("a", "done")]


def test_a_refused_token_is_renewed_for_an_envelope_too(world):
    world.will_answer(fault(401), replies(reply("a")))
    assert endings(world.client().batch(creates("a"))) == [("a", "done")]


@pytest.mark.parametrize(
    "failure",
    [fault(503), fault(504), ConnectionLost("x", sent=True), RequestTimedOut("x", sent=True), answer(200, b"<html>")],
)
def test_an_envelope_that_may_have_arrived_leaves_every_write_unknown(world, failure):
    world.will_answer(failure)
    results = world.client().batch([*creates("a"), *reads("1")])
    assert endings(results) == [("a", "unknown"), ("1", "failed")]
    assert all(result.error is not None for result in results)
    assert len(world.requests) == 1


def test_an_envelope_of_reads_is_repeated(world):
    world.will_answer(fault(504), replies(reply("1", 200)))
    assert endings(world.client().batch(reads("1"))) == [("1", "done")]


def unless(poison, refusal):
    """A service that refuses every envelope that has the poison in it."""

    def respond(request):
        ids = sent(request)
        return refusal if poison in ids else replies(*(reply(each, 200) for each in ids))

    return respond


@pytest.mark.parametrize(
    "refusal", [fault(504), fault(500), fault(400, "BadRequest", "x"), fault(413), RequestTimedOut("x", sent=True)]
)
def test_of_reads_that_fail_as_a_whole_the_one_that_fails_alone_gets_the_error(world, refusal):
    world.will_go_on_answering(unless("5", refusal))
    results = world.client().batch(reads(*map(str, range(8))))
    assert [result.operation.id for result in results if result.ended == "failed"] == ["5"]
    assert [result.operation.id for result in results if result.ended == "done"] == list("0123467")


def test_halves_of_what_took_too_long_go_out_after_a_wait(world):
    world.will_answer(fault(504), replies(reply("a", 200)), replies(reply("b", 200)))
    assert endings(world.client().batch(reads("a", "b"))) == [("a", "done"), ("b", "done")]
    assert [sent(request) for request in world.requests] == [["a", "b"], ["a"], ["b"]]
    assert world.waits == [1.0]


@pytest.mark.fault("W7")
@pytest.mark.parametrize("refusal", [fault(400, "BadRequest", "x"), fault(413)])
def test_writes_that_are_refused_as_a_whole_are_sent_in_halves(world, refusal):
    world.will_go_on_answering(unless("c", refusal))
    results = world.client().batch(creates("a", "b", "c", "d"))
    assert endings(results) == [("a", "done"), ("b", "done"), ("c", "failed"), ("d", "done")]


@pytest.mark.fault("W7")
@pytest.mark.parametrize(
    "refusal", [fault(423, "Application_DialogException", "x"), fault(400), fault(400, "Application_x"), fault(406)]
)
def test_writes_that_somebody_refuses_as_a_whole_are_not_sent_again(world, refusal):
    world.will_go_on_answering(refusal)
    results = world.client().batch(creates("a", "b"))
    assert endings(results) == [("a", "failed"), ("b", "failed")]
    assert len(world.requests) == 1


def test_a_service_that_fails_whatever_it_is_asked_is_not_asked_for_each_operation(world):
    world.will_go_on_answering(fault(500))
    results = world.client().batch(reads(*map(str, range(100))))
    assert {result.ended for result in results} == {"failed"}
    assert len(world.requests) < 40


def test_two_poisonous_operations_with_others_between_cost_none_of_the_others(world):
    def respond(request):
        ids = sent(request)
        return fault(504) if {"1", "6"} & set(ids) else replies(*(reply(each, 200) for each in ids))

    world.will_go_on_answering(respond)
    results = world.client().batch(reads(*map(str, range(8))))
    assert [result.operation.id for result in results if result.ended == "failed"] == ["1", "6"]


def test_operations_that_are_refused_one_behind_the_other_are_no_sign_of_an_outage(world):
    world.will_go_on_answering(fault(413))
    results = world.client().batch(creates(*map(str, range(8))))
    assert {result.ended for result in results} == {"failed"}
    alone = [sent(request) for request in world.requests if len(sent(request)) == 1]
    assert alone == [[str(number)] for number in range(8)]


def test_a_transaction_is_never_halved(world):
    world.will_answer(fault(413))
    assert endings(world.client().batch(creates("a", "b"), snapshot=True)) == [("a", "failed"), ("b", "failed")]
    assert len(world.requests) == 1


def test_an_envelope_that_is_refused_fails_every_operation(world):
    world.will_go_on_answering(fault(400, "BadRequest", "no batch"))
    results = world.client().batch(creates("a", "b"))
    assert endings(results) == [("a", "failed"), ("b", "failed")]
    assert all(isinstance(result.error, BadRequest) for result in results)


def test_an_envelope_throttled_for_good_fails_every_operation_and_ends(world):
    world.will_answer(fault(429, Retry_After="5000"))
    results = world.client().batch(creates("a", "b"))
    assert endings(results) == [("a", "failed"), ("b", "failed")]
    assert isinstance(results[0].error, TooManyRequests)


def test_without_a_sign_in_nothing_is_done(world):
    world.will_answer(fault(401), fault(401))
    with pytest.raises(SignInError):
        world.client().batch(creates("a"))


def test_over_a_hundred_operations_are_refused_before_anything_is_sent(world):
    with pytest.raises(ValueError, match="takes 100 operations, not 101"):
        world.client().batch(creates(*map(str, range(101))))
    assert world.requests == []


def test_a_batch_of_nothing_asks_nothing(world):
    assert world.client().batch([]) == []
    assert world.requests == []


def test_an_id_given_twice_is_refused():
    with pytest.raises(ValueError, match="same id"):
        encode_batch(creates("a", "a"))


@pytest.mark.parametrize("path", ["/companies", "https://bc.example/v2.0/x"])
def test_a_path_that_is_not_relative_is_refused(path):
    with pytest.raises(ValueError, match="relative"):
        encode_batch([Operation("a", "GET", path)])


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5))
def test_decimals_travel_with_exactly_their_digits(number):
    body = encode_batch([Operation("a", "POST", "x", {"amount": number})])
    assert json.loads(body, parse_float=Decimal)["requests"][0]["body"]["amount"] == number


def test_numbers_of_a_reply_are_exact(world):
    world.will_answer(answer(200, b'{"responses":[{"id":"a","status":201,"body":{"amount":0.10}}]}'))
    (result,) = world.client().batch(creates("a"))
    assert result.body == {"amount": Decimal("0.10")}
    assert str(result.body["amount"]) == "0.10"


REFUSED = {"error": {"code": "Authentication_InvalidCredentials", "message": "rejected"}}


def test_operations_that_were_refused_with_401_are_sent_again_with_a_new_token_and_no_others(world):
    world.will_answer(replies(reply("a"), reply("b", 401, REFUSED), reply("c", 400, DUPLICATE)), replies(reply("b")))
    results = world.client().batch(creates("a", "b", "c"))
    assert endings(results) == [("a", "done"), ("b", "done"), ("c", "failed")]
    assert [sent(request) for request in world.requests] == [["a", "b", "c"], ["b"]]
    assert [request.headers["Authorization"] for request in world.requests] == ["Bearer token-1", "Bearer token-2"]


def test_a_snapshot_with_a_refused_operation_is_sent_again_as_a_whole(world):
    world.will_answer(replies(reply("a"), reply("b", 401, REFUSED)), replies(reply("a"), reply("b")))
    results = world.client().batch(creates("a", "b"), snapshot=True)
    assert endings(results) == [("a", "done"), ("b", "done")]
    assert [sent(request) for request in world.requests] == [["a", "b"]] * 2


def test_a_reply_that_cannot_be_read_leaves_its_write_unknown_and_asks_its_read_again(world):
    unreadable = (
        b'{"responses":[{"id":"a","status":201,"body":{"x":"\xff"}},{"id":"1","status":200,"body":{"x":"\xff"}}]}'
    )
    world.will_answer(answer(200, unreadable), replies(reply("1", 200)))
    results = world.client().batch([*creates("a"), *reads("1")])
    assert endings(results) == [("a", "unknown"), ("1", "done")]
    assert sent(world.requests[1]) == ["1"]
    assert results[0].error is not None
    assert (results[0].error.scope, results[0].error.may_have_happened) == ("record", True)


def test_a_change_of_values_that_may_have_happened_is_not_sent_again_inside_a_batch(world):
    busy = {"error": {"code": "Unknown", "message": "busy"}}
    world.will_answer(replies(reply("a", 503, busy)))
    (result,) = world.client().batch([Operation("a", "PATCH", "companies(1)/customers(2)", {"name": "x"})])
    assert (result.ended, len(world.requests)) == ("unknown", 1)


def test_of_a_hundred_refused_operations_one_company_is_probed_once(world):
    names = [str(number) for number in range(100)]
    world.will_answer(*[replies(*(reply(name, 401, REFUSED) for name in names))] * 3, page(), page({"id": 1}))
    results = world.client().batch(creates(*names))
    assert {type(result.error) for result in results} == {Forbidden}
    assert len(world.requests) == 5


@pytest.mark.parametrize("snapshot", [False, True])
@pytest.mark.parametrize(("probe", "scope"), [(page({"id": 1}), "stream"), (fault(401), "company")])
def test_an_operation_that_neither_a_new_token_nor_waiting_helps_is_forbidden(world, snapshot, probe, scope):
    rounds = [replies(reply("a"), reply("b", 401, REFUSED))]
    later = rounds if snapshot else [replies(reply("b", 401, REFUSED))]
    world.will_answer(*rounds, *later * 2, page(), probe)
    results = world.client().batch(creates("a", "b"), snapshot=snapshot)
    assert results[1].ended == "failed"
    assert isinstance(results[1].error, Forbidden)
    assert (results[1].error.scope, results[1].error.repeatable) == (scope, False)
    assert len(world.token_requests) == 2
    assert world.waits == [1, 2]


def test_operations_that_are_refused_with_a_token_that_is_let_in_no_more_are_a_matter_of_the_sign_in(world):
    names = ["a", "b"]
    world.will_answer(*[replies(*(reply(name, 401, REFUSED) for name in names))] * 3, fault(401))
    results = world.client().batch(creates(*names))
    assert [type(result.error) for result in results] == [SignInError] * 2
    assert len(world.requests) == 4


def test_a_read_in_a_batch_that_is_refused_is_a_matter_of_its_set(world):
    world.will_answer(*[replies(reply("1", 401, REFUSED))] * 3, page(), page({"id": 1}))
    (result,) = world.client().batch(reads("1"))
    assert isinstance(result.error, Forbidden)
    assert result.error.scope == "stream"


def test_a_renewal_that_fails_fails_what_was_refused_and_nothing_else(world):
    world.will_give_tokens(tokens("one"), fault(400, "invalid_client"))
    world.will_answer(replies(reply("a"), reply("b", 401, REFUSED)))
    results = world.client().batch(creates("a", "b"))
    assert endings(results) == [("a", "done"), ("b", "failed")]
    assert isinstance(results[1].error, SignInError)


def test_a_sign_in_that_ends_while_operations_wait_leaves_what_was_done_done(world):
    world.will_give_tokens(tokens("one"), fault(400, "invalid_client"))
    world.will_answer(replies(reply("a"), reply("b", 409, DEADLOCK)), fault(401))
    results = world.client().batch(creates("a", "b"))
    assert endings(results) == [("a", "done"), ("b", "failed")]
    assert isinstance(results[1].error, SignInError)


def test_a_batch_goes_to_the_root_that_its_operations_are_below(world):
    root = ROOT.replace("/api/v2.0", "/api/contoso/demo/v1.0")
    world.will_answer(answer(200, {"responses": [reply("0")]}))
    (result,) = world.client().batch([Operation("0", "POST", f"{root}/companies(1)/loyalCustomers", {"number": "1"})])
    assert world.requests[0].url == f"{root}/$batch"
    assert json.loads(world.requests[0].body)["requests"][0]["url"] == "companies(1)/loyalCustomers"
    assert result.operation.path == f"{root}/companies(1)/loyalCustomers"


@pytest.mark.parametrize("status", [-1, 0, 100, 199, 600, 1_000, 2**70])
@pytest.mark.parametrize("snapshot", [False, True])
def test_a_reply_whose_status_is_none_is_no_reply(world, status, snapshot):
    """It is no success, and nobody knows what became of the operation."""
    world.will_answer(answer(200, {"responses": [{"id": "1", "status": status, "body": {}}]}))
    (result,) = world.client().batch([Operation("1", "POST", "companies(1)/customers", {})], snapshot=snapshot)
    assert (result.ended, result.body) == ("unknown", None)
