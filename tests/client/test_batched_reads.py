"""Many small reads in, one response for each out, in as few requests as the service can carry."""

from __future__ import annotations

import json

import pytest
from client.scripted_service import ROOT, answer, fault, page

from dynamics_bc_client.batched_reads import BatchedRead
from dynamics_bc_client.errors import (
    ConfigurationError,
    ConnectionLost,
    Forbidden,
    RecordNotFound,
    RequestTimedOut,
    ResourceNotFound,
    Transient,
    UnexpectedAnswer,
)
from dynamics_bc_client.odata.urls import split_at_root
from dynamics_bc_plugin.connection import read_connection

THROTTLED = {"error": {"code": "Application_TooManyRequests", "message": "Too many requests reached."}}
GONE = {"error": {"code": "Internal_RecordNotFound", "message": "The Customer does not exist."}}
NO = {"error": {"code": "Authorization_RequestDenied", "message": "No."}}
REFUSED = {"error": {"code": "Authentication_InvalidCredentials", "message": "No."}}


def reads(count, **options):
    return [BatchedRead(f"companies(1)/customers({number})", **options) for number in range(count)]


def asked(request):
    return [each["url"] for each in json.loads(request.body)["requests"]]


class Service:
    """Answers batches: each read with its own url, but for what is said of it."""

    def __init__(self, **said):
        self.said = said
        self.most = 1000
        self.sizes = []
        self.too_many = fault(504)

    def __call__(self, request):
        operations = json.loads(request.body)["requests"]
        self.sizes.append(len(operations))
        if len(operations) > self.most:
            return self.too_many
        return answer(200, {"responses": [self.reply(each) for each in operations]})

    def reply(self, operation):
        number = operation["url"].partition("customers(")[2].rstrip(")")
        status, body = self.said.get(f"_{number}", (200, {"id": number}))
        return {"id": operation["id"], "status": status, "headers": {}, "body": body}


def bodies(responses):
    return [json.loads(each.body)["id"] if each.error is None else type(each.error) for each in responses]


def test_a_hundred_reads_are_one_request_and_the_next_one_is_another(world):
    service = Service()
    world.will_go_on_answering(service)
    found = world.client().read_many(reads(250))
    assert bodies(found) == [str(number) for number in range(250)]
    assert service.sizes == [100, 100, 50]
    assert {request.url for request in world.requests} == {f"{ROOT}/$batch"}
    assert world.requests[0].headers["Prefer"] == "odata.continue-on-error"


def test_a_read_says_for_itself_which_pages_and_whose_rows_it_wants(world):
    world.will_go_on_answering(Service())
    world.client().read_many([BatchedRead("customers(1)"), BatchedRead("customers(2)", 5, from_database=True)])
    headers = [each.get("headers", {}) for each in json.loads(world.requests[-1].body)["requests"]]
    assert headers[0].keys().isdisjoint({"Prefer", "Data-Access-Intent"})
    assert headers[1].items() >= {"Prefer": "odata.maxpagesize=5", "Data-Access-Intent": "ReadWrite"}.items()


def test_what_is_refused_is_the_error_of_its_read_alone(world):
    world.will_go_on_answering(Service(_1=(404, GONE), _3=(403, NO)))
    assert bodies(world.client().read_many(reads(5))) == ["0", RecordNotFound, "2", Forbidden, "4"]


def test_reads_that_are_put_off_are_asked_for_again_and_they_alone(world):
    def first(request):
        return Service(_1=(429, THROTTLED), _2=(503, None))(request)

    world.will_answer(first)
    world.will_go_on_answering(Service())
    assert bodies(world.client().read_many(reads(4))) == ["0", "1", "2", "3"]
    again = [asked(request) for request in world.requests[1:]]
    assert again == [["companies(1)/customers(1)", "companies(1)/customers(2)"]]
    assert world.waits == [1.0]


def test_a_read_that_is_put_off_for_ever_ends_and_costs_the_others_nothing(world):
    world.will_go_on_answering(Service(_1=(503, None)))
    assert bodies(world.client().read_many(reads(4))) == ["0", Transient, "2", "3"]


@pytest.mark.parametrize(
    "too_many",
    [
        pytest.param(fault(504), id="gateway time-out"),
        pytest.param(fault(408), id="eight minutes are over"),
        pytest.param(fault(413), id="too large"),
        pytest.param(RequestTimedOut("No answer.", sent=True), id="no answer in time"),
        pytest.param(ConnectionLost("It broke.", sent=True), id="broken off"),
        pytest.param(answer(200, b'{"responses":[{"id'), id="truncated"),
        pytest.param(fault(500, "Internal_ServerError", "SQL"), id="server error"),
    ],
)
def test_a_batch_that_is_too_much_is_cut_until_it_passes_and_no_read_is_lost(world, too_many):
    service = Service()
    service.most, service.too_many = 30, too_many
    world.will_go_on_answering(service)
    assert bodies(world.client().read_many(reads(100))) == [str(number) for number in range(100)]
    assert [size for size in service.sizes if size <= 30] == [25, 25, 25, 25]
    assert sum(world.waits) < 10


def test_a_size_that_worked_is_kept_and_grows_again_slowly(world):
    service = Service()
    service.most = 25
    world.will_answer(*[service] * 3)
    service_again = Service()
    world.will_go_on_answering(service_again)
    world.client().read_many(reads(500))
    assert service.sizes == [100, 50, 25]
    assert service_again.sizes == [25, 25, 25, 50, 50, 50, 50, 100, 100]


def test_one_read_that_fails_every_batch_it_is_in_has_that_failure_alone(world):
    class Poisoned(Service):
        def __call__(self, request):
            if any(url.endswith("(13)") for url in asked(request)):
                return fault(504)
            return super().__call__(request)

    service = Poisoned()
    world.will_go_on_answering(service)
    found = bodies(world.client().read_many(reads(100)))
    assert found == [Transient if number == 13 else str(number) for number in range(100)]


def test_when_reads_fail_one_behind_the_other_the_rest_is_not_tried_one_by_one(world):
    service = Service()
    service.most = 0
    world.will_go_on_answering(service)
    found = world.client().read_many(reads(100))
    assert {type(each.error) for each in found} == {Transient}
    assert {each.error.scope for each in found} == {"stream"}
    assert len([size for size in service.sizes if size > 1]) < 10


def test_a_service_that_stops_at_the_first_failure_is_asked_for_the_rest(world):
    class Stops(Service):
        def __call__(self, request):
            replies = []
            for operation in json.loads(request.body)["requests"]:
                replies.append(self.reply(operation))
                if replies[-1]["status"] >= 400:
                    break
            return answer(200, {"responses": replies})

    world.will_go_on_answering(Stops(_1=(404, GONE), _3=(404, GONE)))
    assert bodies(world.client().read_many(reads(5))) == ["0", RecordNotFound, "2", RecordNotFound, "4"]
    assert world.waits == []


def test_replies_that_never_come_end(world):
    world.will_go_on_answering(answer(200, {"responses": [{"id": "0", "status": 200, "body": {"id": "0"}}]}))
    found = world.client().read_many(reads(3))
    assert bodies(found) == ["0", UnexpectedAnswer, UnexpectedAnswer]


def test_no_connection_is_nobodys_error_but_the_runs(world):
    world.will_go_on_answering(ConnectionLost("Nobody there.", sent=False))
    with pytest.raises(ConnectionLost):
        world.client().read_many(reads(3))


def test_a_read_that_answers_401_is_believed_after_a_new_token_and_a_look_at_the_company(world):
    def respond(request):
        if "$batch" not in request.url:
            return page()
        return Service(_1=(401, REFUSED))(request)

    world.will_go_on_answering(respond)
    found = world.client().read_many(reads(3))
    assert bodies(found) == ["0", Forbidden, "2"]
    assert len(world.token_requests) == 2


def test_a_read_that_answers_401_is_believed_where_no_token_can_be_renewed_and_the_next_batch_is_read(world):
    client = world.client(read_connection({"access_token": "given", "api_url": "https://bc.example"}, environ={}))
    refused = Service(_1=(401, REFUSED))
    world.will_go_on_answering(lambda request: refused(request) if "$batch" in request.url else page())
    for _ in range(2):
        assert bodies(client.read_many(reads(3))) == ["0", Forbidden, "2"]


def test_a_body_that_is_not_what_was_asked_for_is_asked_for_again(world):
    def check(body):
        if b"error" in body:
            raise UnexpectedAnswer("An error is in it.", repeatable=True)

    world.will_answer(Service(_1=(200, {"error": {"code": "X"}})))
    world.will_go_on_answering(Service())
    assert bodies(world.client().read_many(reads(3, check=check))) == ["0", "1", "2"]
    assert asked(world.requests[1]) == ["companies(1)/customers(1)"]


def test_the_operations_of_a_batch_count_one_by_one_against_the_window(world):
    world.will_go_on_answering(Service())
    client = world.client(world.settings(max_requests_per_window=150))
    client.read_many(reads(200))
    assert sum(world.waits) == pytest.approx(300, abs=1)


P = "https://bc.example/v2.0/P"


@pytest.mark.parametrize(
    ("path", "root", "below"),
    [
        ("companies(1)/customers", ROOT, "companies(1)/customers"),
        ("/companies(1)/customers", ROOT, "companies(1)/customers"),
        (f"{ROOT}/companies(1)/a?x=/api/v2.0/", ROOT, "companies(1)/a?x=/api/v2.0/"),
        (
            "https://bc.example/v2.0/t/P/api/v2.0/companies(1)/a",
            "https://bc.example/v2.0/t/P/api/v2.0",
            "companies(1)/a",
        ),
        (f"{P}/api/beta/companies(1)/a", f"{P}/api/beta", "companies(1)/a"),
        (
            f"{P}/api/p/g/v1.0/companies(1)/a",
            f"{P}/api/p/g/v1.0",
            "companies(1)/a",
        ),
        (f"{P}/ODataV4/Company('A')/a", f"{P}/ODataV4", "Company('A')/a"),
    ],
)
def test_a_read_travels_below_its_own_root(path, root, below):
    assert split_at_root(path, ROOT) == (root, below)


def test_reads_of_two_roots_travel_apart_and_come_back_in_their_order(world):
    world.will_go_on_answering(Service())
    other = "https://bc.example/v2.0/acme.example/Production/api/p/g/v1.0"
    mixed = [BatchedRead("companies(1)/customers(1)"), BatchedRead(f"{other}/companies(1)/customers(2)")]
    assert bodies(world.client().read_many([*mixed, BatchedRead("companies(1)/customers(3)")])) == ["1", "2", "3"]
    assert [request.url for request in world.requests] == [f"{ROOT}/$batch", f"{other}/$batch"]


def test_a_read_of_another_host_is_not_sent(world):
    with pytest.raises(ConfigurationError):
        world.client().read_many([BatchedRead("https://evil.example/api/v2.0/companies(1)/customers")])
    assert world.requests == []


def test_a_set_that_is_not_found_is_no_record_that_is_not_found(world):
    missing = {"error": {"code": "BadRequest_ResourceNotFound", "message": "No segment."}}
    world.will_go_on_answering(Service(_1=(404, missing)))
    assert bodies(world.client().read_many(reads(2))) == ["0", ResourceNotFound]


@pytest.mark.parametrize("sent", [rb"half \ud83d", b"half \xed\xa0\xbd", b"M\xfcller"])
def test_a_row_with_what_is_no_text_costs_no_other_row_of_its_batch(world, sent):
    row = b'{"id":"1","name":"%s"}' % sent
    replies = b'{"id":"0","status":200,"body":{"id":"0"}},{"id":"1","status":200,"body":%s}' % row
    world.will_answer(answer(200, b'{"responses":[%s]}' % replies))
    assert bodies(world.client().read_many(reads(2))) == ["0", "1"]
    assert len(world.requests) == 1
