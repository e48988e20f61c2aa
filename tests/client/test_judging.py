"""Every shape of a response that is no success, and the error it becomes."""

from __future__ import annotations

import pytest
from client.scripted_service import answer, fault

from dynamics_bc_client.errors import (
    BadRequest,
    CompanyNotFound,
    ConfigurationError,
    DuplicateKey,
    DynamicsError,
    EnvironmentNotFound,
    Forbidden,
    MethodNotAllowed,
    RecordChanged,
    RecordNotFound,
    Repeat,
    RequestTooLarge,
    ResourceNotFound,
    ServiceError,
    TooManyRequests,
    Transient,
    Unauthorized,
)
from dynamics_bc_client.judging import TABLE, judge
from dynamics_bc_client.odata.targets import RequestTarget
from dynamics_bc_client.responses import error_details, retry_after_seconds
from dynamics_bc_client.transport import Headers

ID = "3b9e2f4a-1111-4222-8333-444455556666"
SET = "companies(1)/customers"
RECORD = "companies(1)/customers(2)"


def explained(status, body, *, method="GET", path=SET, **headers):
    content = body if isinstance(body, bytes) else body.encode()
    named = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return judge(method, RequestTarget.of(path), status, error_details(content, named))


def read_body(content):
    return error_details(content, Headers({}))


def odata(code, message):
    return f'{{"error":{{"code":"{code}","message":"{message}  CorrelationId:  {ID}."}}}}'


def test_odatas_json_gives_code_text_and_correlation_id():
    error = explained(400, odata("BadRequest", "Unable to convert value to Date"), method="POST", request_id="r-1")
    assert isinstance(error, BadRequest)
    assert (error.status, error.code, error.text) == (400, "BadRequest", "Unable to convert value to Date")
    assert (error.correlation_id, error.request_id) == (ID, "r-1")
    assert error.support_ids == f"correlation id {ID}, request id r-1"
    assert error.message == "POST companies(1)/customers returned 400 BadRequest: Unable to convert value to Date"


def test_an_error_without_ids_has_none_to_print():
    assert explained(500, "").support_ids == ""


def test_a_localised_message_keeps_its_letters_and_loses_its_id():
    error = explained(400, odata("Application_DialogException", "Der Debitor „Müller“ ist gesperrt."))
    assert isinstance(error, ServiceError)
    assert error.text == "Der Debitor „Müller“ ist gesperrt."


def test_a_correlation_id_behind_a_long_message_is_found():
    error = explained(400, odata("BadRequest", "x" * 3000))
    assert isinstance(error, ServiceError)
    assert error.correlation_id == ID
    assert len(error.text) < 600


def test_without_an_id_in_the_text_the_header_has_it():
    error = explained(500, '{"error":{"code":"Internal_ServerError","message":"x"}}', ms_correlation_x=ID)
    assert isinstance(error, ServiceError)
    assert error.correlation_id == ID


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ('{"message":"Unauthorized"}', "", "Unauthorized"),
        ('{"Message":"No HTTP resource was found"}', "", "No HTTP resource was found"),
        ('{"code":"ResourceNotFound","message":"flat"}', "ResourceNotFound", "flat"),
        ('{"error":"invalid_grant","error_description":"AADSTS70000: no"}', "invalid_grant", "AADSTS70000: no"),
        ('{"error":{"code":"X","message":{"lang":"en","value":"old form"}}}', "X", "old form"),
        ('{"error":{"code":null,"message":null}}', "", ""),
        ('["a list"]', "", "['a list']"),
        ('"just text"', "", "just text"),
        ('{"broken": ', "", '{"broken":'),
        ("<error xmlns=''><message>The credentials provided are incorrect</message></error>", "", "The credentials"),
        ("<html><head><title>502 Bad Gateway</title></head><body>x</body></html>", "", "502 Bad Gateway"),
        ("<!DOCTYPE html><p>Proxy <b>says</b> no<script>alert(1)</script>", "", "Proxy says no"),
        ("<error>&undefined;</error>", "", "&undefined;"),
        ("Service Unavailable", "", "Service Unavailable"),
        ("", "", ""),
    ],
)
def test_a_body_is_looked_at_whatever_it_claims_to_be(body, code, text):
    details = read_body(body.encode())
    assert details.code == code
    assert details.text.startswith(text)


def test_bytes_that_are_no_text_do_no_harm():
    assert read_body(b"\xff\xfe\x00").code == ""


def test_a_byte_order_mark_is_no_content():
    assert read_body(b'\xef\xbb\xbf{"message":"x"}').text == "x"


def test_an_xml_bomb_is_not_unfolded():
    bomb = b'<!DOCTYPE a [<!ENTITY a "1"><!ENTITY b "&a;&a;">]><error><message>&b;</message></error>'
    assert "11" not in read_body(bomb).text


@pytest.mark.fault("P14")
def test_json_that_is_nested_too_deep_is_text():
    assert read_body(b"[" * 100_000).text.startswith("[[")


def test_an_unknown_environment_is_named_with_what_to_do(world):
    body = (
        '<error xmlns="http://docs.oasis-open.org/odata/ns/metadata"><code>NoEnvironment</code>'
        "<message>Environment does not exist.</message></error>"
    )
    world.will_answer(answer(404, body.encode(), Content_Type="application/json"))
    with pytest.raises(EnvironmentNotFound) as caught:
        world.client().companies()
    assert caught.value.exit_code == 2
    assert caught.value.message == (
        'There is no environment "Production" in tenant acme.example: check environment_name and tenant_id; '
        "`dynamics-bc environments` lists them, and so does the admin center."
    )
    assert caught.value.problems == (caught.value.message,)


NEVER, TWICE, BRIEFLY, LONG = Repeat.NEVER, Repeat.TWICE, Repeat.BRIEFLY, Repeat.LONG
COMPANY = "companies(1)"
LOCKED = "We could not update the data right now. The record was locked. Please try again later."
DEADLOCKED = "The activity was deadlocked with another user."
HELD = "A record in the X table was locked by another user. Please retry the activity."
REOPEN = "Sorry, we just updated this page. Reopen it, and try again."
CHANGED = "Another user has modified the record for this Customer after you retrieved it from the database."
PASSES = (BRIEFLY, NEVER)
"""A read is worth a repeat, a write is not: what it says is out of date."""
UNKNOWN_COMPANY = "The supplied company name is not valid."

# status, code, text, path -> class, how far a read and a write spread, repeat, whether a write may have happened
CASES = [
    (400, "Application_DialogException", LOCKED, SET, Transient, "stream", "record", LONG, False),
    (409, "Unknown", LOCKED, SET, Transient, "stream", "record", LONG, False),
    (409, "Unknown", DEADLOCKED, SET, Transient, "stream", "record", LONG, False),
    (400, "Application_DialogException", HELD, SET, Transient, "stream", "record", LONG, False),
    (400, "Internal_ServerError", REOPEN, SET, RecordChanged, "stream", "record", PASSES, False),
    (400, "Application_DialogException", CHANGED, RECORD, RecordChanged, "stream", "record", PASSES, False),
    (400, "BadRequest", UNKNOWN_COMPANY, SET, CompanyNotFound, "company", "company", NEVER, False),
    (404, "NoEnvironment", "", SET, EnvironmentNotFound, "run", "run", NEVER, False),
    (400, "Internal_CompanyNotFound", "", SET, CompanyNotFound, "company", "company", NEVER, False),
    (404, "Internal_CompanyNotFound", "", SET, CompanyNotFound, "company", "company", NEVER, False),
    (404, "Internal_RecordNotFound", "", SET, RecordNotFound, "record", "record", NEVER, False),
    (400, "Internal_DataNotFoundFilter", "", SET, RecordNotFound, "record", "record", NEVER, False),
    (400, "Internal_EntityWithSameKeyExists", "", SET, DuplicateKey, "stream", "record", NEVER, False),
    (409, "Internal_EntityWithSameKeyExists", "", SET, DuplicateKey, "stream", "record", NEVER, False),
    (404, "Internal_TenantUnavailable", "", SET, Transient, "stream", "record", LONG, False),
    (503, "Internal_TenantUnavailable", "", SET, Transient, "stream", "record", LONG, False),
    (400, "Request_EntityChanged", "", RECORD, RecordChanged, "stream", "record", PASSES, False),
    (409, "Request_EntityChanged", "", RECORD, RecordChanged, "stream", "record", PASSES, False),
    (400, "BadRequest_MethodNotAllowed", "", SET, MethodNotAllowed, "stream", "stream", NEVER, False),
    (404, "BadRequest_ResourceNotFound", "", RECORD, ResourceNotFound, "stream", "stream", NEVER, False),
    (400, "Application_TooManyRequests", "", SET, TooManyRequests, "run", "run", LONG, False),
    (400, "Authorization_RequestDenied", "", SET, Forbidden, "stream", "stream", NEVER, False),
    (400, "Authentication_InvalidCredentials", "", SET, Unauthorized, "run", "run", TWICE, False),
    (409, "Internal_ServerError", "Der Vorgang ...", SET, Transient, "stream", "record", LONG, False),
    (409, "Application_DialogException", "", RECORD, BadRequest, "stream", "record", NEVER, False),
    (409, "Internal_InvalidTableRelation", "", RECORD, BadRequest, "stream", "record", NEVER, False),
    (409, "BadRequest_InvalidToken", "", RECORD, BadRequest, "stream", "record", NEVER, False),
    (401, "", "", SET, Unauthorized, "run", "run", TWICE, False),
    (403, "", "", SET, Forbidden, "stream", "stream", NEVER, False),
    (404, "", "", RECORD, RecordNotFound, "record", "record", NEVER, False),
    (404, "", "", COMPANY, CompanyNotFound, "company", "company", NEVER, False),
    (404, "", "", SET, ResourceNotFound, "stream", "stream", NEVER, False),
    (404, "", "", f"{RECORD}/Microsoft.NAV.post", ResourceNotFound, "stream", "stream", NEVER, False),
    (405, "", "", SET, MethodNotAllowed, "stream", "stream", NEVER, False),
    (408, "", "", SET, Transient, "stream", "record", LONG, True),
    (504, "", "", SET, Transient, "stream", "record", LONG, True),
    (409, "", "", RECORD, RecordChanged, "stream", "record", PASSES, False),
    (412, "", "", RECORD, RecordChanged, "stream", "record", PASSES, False),
    (413, "", "", SET, RequestTooLarge, "stream", "record", NEVER, False),
    (414, "", "", SET, RequestTooLarge, "stream", "record", NEVER, False),
    (429, "", "", SET, TooManyRequests, "run", "run", LONG, False),
    (500, "Internal_ServerError", "", SET, Transient, "stream", "record", BRIEFLY, True),
    (500, "Application_DialogException", LOCKED, SET, Transient, "stream", "record", BRIEFLY, True),
    (501, "BadRequest_MethodNotImplemented", "", SET, BadRequest, "stream", "record", NEVER, False),
    (502, "", "", SET, Transient, "stream", "record", LONG, True),
    (503, "Unknown", "", SET, Transient, "stream", "record", LONG, True),
    (524, "", "", SET, Transient, "stream", "record", LONG, True),
    (400, "BadRequest", "", SET, BadRequest, "stream", "record", NEVER, False),
    (415, "", "", SET, BadRequest, "stream", "record", NEVER, False),
    (302, "", "", SET, BadRequest, "stream", "record", NEVER, False),
]


def repeat_of(method, repeat):
    return repeat[method != "GET"] if isinstance(repeat, tuple) else repeat


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("status", "code", "text", "path", "kind", "reading", "writing", "repeat", "may_have_happened"), CASES
)
def test_status_code_and_text_together_say_what_a_response_means(  # noqa: PLR0917 - a row of the table
    method, status, code, text, path, kind, reading, writing, repeat, may_have_happened
):
    error = explained(status, odata(code, text), method=method, path=path)
    assert type(error) is kind
    assert error.scope == (reading if method == "GET" else writing)
    wanted = repeat_of(method, repeat)
    assert (error.repeat, error.repeatable) == (wanted, wanted is not NEVER)
    assert error.may_have_happened is (may_have_happened and method == "POST")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.error.__name__} {row.status} {row.code}{row.text}")
def test_no_row_of_the_table_goes_without_a_case(row, monkeypatch):
    monkeypatch.setattr("dynamics_bc_client.judging.TABLE", (*(each for each in TABLE if each is not row), OTHER))
    told = []
    for status, code, text, path, kind, *rest in CASES:
        for method in ("GET", "POST"):
            error = explained(status, odata(code, text), method=method, path=path)
            scope = rest[0 if method == "GET" else 1]
            told.append((type(error), error.scope, error.repeat) == (kind, scope, repeat_of(method, rest[2])))
    assert not all(told)


OTHER = TABLE[-1].__class__(ConfigurationError, source="without the row, nothing is known")


@pytest.mark.parametrize("status", [408, 413, 504])
def test_a_page_that_was_too_much_may_pass_with_fewer_rows(status):
    assert explained(status, "").may_be_too_large
    assert not explained(status, "", method="POST").may_be_too_large


@pytest.mark.parametrize("status", [400, 414, 429, 500, 503])
def test_no_other_page_is_worth_asking_for_smaller(status):
    assert not explained(status, "").may_be_too_large


def test_a_redirect_to_somewhere_else_is_no_success():
    assert explained(302, "", Location="https://elsewhere.example").message.endswith("302 and no explanation.")


@pytest.mark.parametrize(
    "value",
    ["", "soon", "-5", "nan", "1e9", "Sat, 99 Foo 2026", "\u00b2", "\u0663", "Fri, 01 Jan 9999999 00:00:00 GMT"],
)
def test_a_wish_that_is_no_wait_is_no_wait(value):
    assert retry_after_seconds(Headers({"retry-after": value})) is None


def test_a_date_in_the_past_is_no_wait():
    headers = {"Retry-After": "Sat, 21 Nov 2026 09:00:00 GMT", "Date": "Sat, 21 Nov 2026 10:00:00 GMT"}
    assert retry_after_seconds(Headers(headers)) == 0


@pytest.mark.fault("P14")
def test_an_odd_retry_after_does_not_end_a_run(world):
    world.will_answer(*[fault(503, Retry_After=odd) for odd in ("\u00b2", "-1", "0", "soon")], answer(200, {}))
    world.client().read(COMPANY)
    assert world.waits == [1, 2, 4, 8]


# --- errors are values ------------------------------------------------------------------------------------------------


def test_an_error_cannot_be_changed_and_another_one_can_be_made_of_it():
    error = explained(503, odata("Unknown", "busy"), method="POST")
    with pytest.raises(AttributeError, match="is a value"):
        error.scope = "run"
    wider = error.replacing(scope="run", message="Another sentence.")
    assert (type(wider), wider.scope, wider.status, str(wider)) == (Transient, "run", 503, "Another sentence.")
    assert (error.scope, error.message) == ("record", str(error))


def test_python_keeps_with_an_error_what_it_keeps_with_others():
    error = DynamicsError("x")
    error.__cause__ = cause = KeyError()
    assert error.replacing(scope="stream").__cause__ is cause
    assert error.with_traceback(None).__traceback__ is None
