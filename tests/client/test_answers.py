"""Every shape of an answer that is no success, and the sentence it becomes."""

from __future__ import annotations

import pytest
from client.scripted_service import ROOT, World

from dynamics_bc_client.answers import read_complaint, retry_after_seconds, to_error
from dynamics_bc_client.errors import (
    BadRequest,
    CompanyNotFound,
    DuplicateKey,
    EnvironmentNotFound,
    Forbidden,
    MethodNotAllowed,
    RecordChanged,
    RecordNotFound,
    RequestTooLarge,
    ResourceNotFound,
    ServiceError,
    TooManyRequests,
    Transient,
    Unauthorized,
)
from dynamics_bc_client.transport import Headers, Response

ID = "3b9e2f4a-1111-4222-8333-444455556666"
SET = f"{ROOT}/companies(1)/customers"
RECORD = f"{SET}(2)"


def explained(status, body, *, method="GET", url=SET, **headers):
    content = body if isinstance(body, bytes) else body.encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return to_error(method, url, Response(status, named, content), World().settings())


def odata(code, message):
    return f'{{"error":{{"code":"{code}","message":"{message}  CorrelationId:  {ID}."}}}}'


def test_odatas_json_gives_code_text_and_correlation_id():
    error = explained(400, odata("BadRequest", "Unable to convert value to Date"), method="POST")
    assert isinstance(error, BadRequest)
    assert (error.status, error.code, error.text) == (400, "BadRequest", "Unable to convert value to Date")
    assert error.correlation_id == ID
    assert error.message == (
        "POST companies(1)/customers was answered with 400 BadRequest: Unable to convert value to Date"
    )
    assert (error.method, error.url) == ("POST", SET)


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
    complaint = read_complaint(body.encode())
    assert complaint.code == code
    assert complaint.text.startswith(text)


def test_bytes_that_are_no_text_do_no_harm():
    assert read_complaint(b"\xff\xfe\x00").code == ""


def test_a_byte_order_mark_is_no_content():
    assert read_complaint(b'\xef\xbb\xbf{"message":"x"}').text == "x"


def test_an_xml_bomb_is_not_unfolded():
    bomb = b'<!DOCTYPE a [<!ENTITY a "1"><!ENTITY b "&a;&a;">]><error><message>&b;</message></error>'
    assert "11" not in read_complaint(bomb).text


def test_an_unknown_environment_is_named_with_what_to_do():
    body = (
        '<error xmlns="http://docs.oasis-open.org/odata/ns/metadata"><code>NoEnvironment</code>'
        "<message>Environment does not exist.</message></error>"
    )
    error = explained(404, body, Content_Type="application/json")
    assert isinstance(error, EnvironmentNotFound)
    assert error.exit_code == 2
    assert error.message == (
        'There is no environment "Production" in tenant acme.example: check environment_name and tenant_id; '
        "the admin centre of Business Central lists them."
    )


@pytest.mark.parametrize(
    ("status", "code", "url", "kind"),
    [
        (400, "BadRequest", SET, BadRequest),
        (415, "", SET, BadRequest),
        (401, "Authentication_InvalidCredentials", SET, Unauthorized),
        (403, "Authorization_RequestDenied", SET, Forbidden),
        (403, "", SET, Forbidden),
        (404, "BadRequest_ResourceNotFound", SET, ResourceNotFound),
        (404, "Internal_RecordNotFound", RECORD, RecordNotFound),
        (404, "", RECORD, RecordNotFound),
        (404, "", SET, ResourceNotFound),
        (404, "Internal_CompanyNotFound", SET, CompanyNotFound),
        (400, "Internal_CompanyNotFound", SET, CompanyNotFound),
        (400, "Internal_DataNotFoundFilter", SET, RecordNotFound),
        (405, "BadRequest_MethodNotAllowed", SET, MethodNotAllowed),
        (400, "BadRequest_MethodNotAllowed", SET, MethodNotAllowed),
        (501, "BadRequest_MethodNotImplemented", SET, BadRequest),
        (400, "Internal_EntityWithSameKeyExists", SET, DuplicateKey),
        (409, "Internal_EntityWithSameKeyExists", SET, DuplicateKey),
        (409, "Request_EntityChanged", RECORD, RecordChanged),
        (412, "", RECORD, RecordChanged),
        (409, "Application_DialogException", RECORD, BadRequest),
        (409, "Internal_ServerError", SET, Transient),
        (413, "", SET, RequestTooLarge),
        (414, "", SET, RequestTooLarge),
        (429, "Application_TooManyRequests", SET, TooManyRequests),
        (429, "", SET, TooManyRequests),
        (408, "", SET, Transient),
        (500, "Internal_ServerError", SET, Transient),
        (502, "", SET, Transient),
        (503, "", SET, Transient),
        (504, "", SET, Transient),
        (404, "Internal_TenantUnavailable", SET, Transient),
    ],
)
def test_status_and_code_together_make_the_kind(status, code, url, kind):
    error = explained(status, odata(code, "text"), url=url)
    assert type(error) is kind
    assert error.repeatable == (kind in {Transient, TooManyRequests})


@pytest.mark.parametrize("status", [400, 409, 500])
def test_a_locked_table_is_known_by_its_text(status):
    message = "We could not update the data right now. The record was locked. Please try again later."
    assert type(explained(status, odata("Application_DialogException", message))) is Transient


def test_a_deadlock_is_known_by_its_text():
    error = explained(409, odata("Unknown", "The activity was deadlocked with another user."))
    assert type(error) is Transient


@pytest.mark.parametrize(
    ("method", "status", "code", "scope"),
    [
        ("GET", 400, "BadRequest", "stream"),
        ("POST", 400, "BadRequest", "record"),
        ("GET", 404, "Internal_RecordNotFound", "record"),
        ("GET", 404, "Internal_CompanyNotFound", "company"),
        ("POST", 404, "BadRequest_ResourceNotFound", "stream"),
        ("GET", 401, "", "run"),
        ("GET", 429, "", "run"),
    ],
)
def test_how_far_an_error_spreads(method, status, code, scope):
    assert explained(status, odata(code, "text"), method=method).scope == scope


def test_a_redirect_to_somewhere_else_is_no_success():
    assert explained(302, "", Location="https://elsewhere.example").message.endswith("302 and no explanation.")


@pytest.mark.parametrize("value", ["", "soon", "-5", "nan", "1e9", "Sat, 99 Foo 2026"])
def test_a_wish_that_is_no_wait_is_no_wait(value):
    assert retry_after_seconds(Headers({"retry-after": value})) is None


def test_a_date_in_the_past_is_no_wait():
    headers = {"Retry-After": "Sat, 21 Nov 2026 09:00:00 GMT", "Date": "Sat, 21 Nov 2026 10:00:00 GMT"}
    assert retry_after_seconds(Headers(headers)) == 0
