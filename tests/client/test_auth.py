"""Which token is used, when it is renewed, and what becomes of the refresh token."""

from __future__ import annotations

import json
import logging
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import parse_qs

import pytest
from client.scripted_service import answer, fault, page, tokens

from dynamics_bc_client.errors import (
    ENTRA_ADMINISTRATOR,
    ConnectionLost,
    DynamicsError,
    Forbidden,
    RequestTimedOut,
    SignInError,
    UnexpectedAnswer,
)
from dynamics_bc_client.odata.query import Query
from dynamics_bc_plugin.connection import read_connection

REFRESH = {"client_secret": "not-a-real-secret", "refresh_token": "first"}


def form(request):
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def used(world):
    return [request.headers["Authorization"] for request in world.requests]


def read(world, client, times=1):
    world.will_answer(*[page()] * times)
    for _ in range(times):
        client.rows(Query("companies"))


def test_a_valid_access_token_is_used_and_nothing_else_is_asked(world):
    read(world, world.client(world.settings(access_token="given", expires_in=world.time + 3600)))
    assert used(world) == ["Bearer given"]
    assert world.token_requests == []


def test_an_access_token_that_has_ended_is_not_tried(world):
    read(world, world.client(world.settings(access_token="given", expires_in=world.time - 1)))
    assert used(world) == ["Bearer token-1"]


def test_the_refresh_token_goes_before_client_credentials(world):
    read(world, world.client(world.settings(refresh_token="first", redirect_uri="https://app.example/cb")))
    assert form(world.token_requests[0]) == {
        "grant_type": "refresh_token",
        "refresh_token": "first",
        "client_id": "app-1",
        "client_secret": "not-a-real-secret",
        "redirect_uri": "https://app.example/cb",
        "scope": "https://api.businesscentral.dynamics.com/.default offline_access",
    }


def test_client_credentials_are_the_last_way(world):
    read(world, world.client())
    assert form(world.token_requests[0]) == {
        "grant_type": "client_credentials",
        "client_id": "app-1",
        "client_secret": "not-a-real-secret",
        "scope": "https://api.businesscentral.dynamics.com/.default",
    }
    assert world.token_requests[0].url == "https://login.example/acme.example/oauth2/v2.0/token"


def test_a_token_serves_until_shortly_before_its_end(world):
    client = world.client()
    read(world, client, times=3)
    world.time += 3200
    read(world, client)
    world.time += 200
    read(world, client)
    assert used(world) == ["Bearer token-1"] * 4 + ["Bearer token-2"]


@pytest.mark.parametrize("expires_in", ["3600", 3600, 3600.0])
def test_the_life_of_a_token_may_be_a_text(world, expires_in):
    world.will_give_tokens(tokens("a", expires_in=expires_in))
    client = world.client()
    read(world, client, times=2)
    world.time += 3601
    read(world, client)
    assert used(world) == ["Bearer a", "Bearer a", "Bearer token-2"]


def test_a_refused_token_is_renewed_once_and_the_request_repeated(world):
    world.will_answer(fault(401, "Authentication_InvalidCredentials"), page({"id": 1}))
    assert world.client().rows(Query("companies")) == [{"id": 1}]
    assert used(world) == ["Bearer token-1", "Bearer token-2"]
    assert world.waits == []


def test_a_refused_create_is_repeated_too_because_it_was_refused(world):
    world.will_answer(fault(401), answer(201, {"id": "1"}))
    assert world.client().create("companies(1)/customers", {}) == {"id": "1"}


def test_a_token_refused_twice_is_a_sign_in_error_that_says_what_to_do(world):
    world.will_answer(
        fault(401, "Authentication_InvalidCredentials", "The server has rejected the client."), fault(401)
    )
    with pytest.raises(SignInError) as caught:
        world.client().companies()
    assert caught.value.exit_code == 3
    assert 'the page "Microsoft Entra Applications" in "Production", add app-1' in caught.value.remedy
    assert len(world.token_requests) == 2


SERVICE_ROOT = "https://bc.example/v2.0/acme.example/Production/{}"
REFUSED = fault(401, "Authentication_InvalidCredentials", "rejected")
BELIEVED = [REFUSED] * 4
"""The first time, with a new token, and twice more after waiting: then a refusal is one."""
LET_IN = page({"id": "1"})
"""What the environment lists to a token that it takes."""


@pytest.mark.parametrize(
    ("probe", "scope"),
    [
        (page({"id": 1}), "stream"),
        (page(), "stream"),
        (fault(503), "stream"),
        (fault(404, "BadRequest_ResourceNotFound"), "stream"),
        (RequestTimedOut("late", sent=True), "stream"),
        (REFUSED, "company"),
        (fault(403, "Authorization_RequestDenied"), "company"),
        (fault(404, "Internal_CompanyNotFound"), "company"),
    ],
)
def test_a_set_that_refuses_every_token_is_a_matter_of_its_company_only_if_that_refuses_too(world, probe, scope):
    client = world.client()
    read(world, client)
    world.will_answer(*BELIEVED, LET_IN, probe)
    with pytest.raises(Forbidden) as caught:
        client.rows(Query("companies(2)/customers", filter="number eq '1'"))
    assert (caught.value.scope, caught.value.status, caught.value.repeatable) == (scope, 401, False)
    assert world.requests[-1].url.partition("?")[0].endswith("/companies(2)/companyInformation")
    assert world.waits == [1, 2]
    assert len(world.token_requests) == 2


@pytest.mark.parametrize("path", ["companies(2)/customers", SERVICE_ROOT.format("ODataV4/Company('A')/Chart")])
def test_a_token_that_the_environment_does_not_let_in_any_more_is_about_no_company_and_no_set(world, path):
    client = world.client()
    read(world, client)
    world.will_answer(*BELIEVED, REFUSED)
    with pytest.raises(DynamicsError) as caught:
        client.request("GET", path)
    assert (caught.value.scope, caught.value.exit_code) == ("run", 3)
    assert "does not accept this sign-in, even with a new token" in caught.value.message
    listed = world.requests[-1]
    assert listed.url.endswith("/companies?$select=id")
    assert listed.headers["Authorization"] == world.requests[-2].headers["Authorization"]


@pytest.mark.parametrize("listing", [fault(503), fault(403), ConnectionLost("It broke.", sent=True)])
def test_a_company_is_not_given_up_while_nobody_knows_whether_the_token_is_good(world, listing):
    client = world.client()
    read(world, client)
    world.will_answer(*BELIEVED, listing)
    with pytest.raises(Forbidden) as caught:
        client.rows(Query("companies(2)/customers"))
    assert caught.value.scope == "stream"


def test_a_company_is_asked_with_the_token_that_the_environment_has_let_in(world):
    client = world.client(world.settings(access_token="given", expires_in=world.time + 3600))
    read(world, client)
    world.will_give_tokens(*[tokens(f"short-{number}", expires_in=1) for number in range(9)])
    world.will_answer(*BELIEVED, LET_IN, REFUSED)
    with pytest.raises(Forbidden) as caught:
        client.rows(Query("companies(2)/customers"))
    assert caught.value.scope == "company"
    assert used(world)[-1] == used(world)[-2]


@pytest.mark.parametrize("refusals", [2, 3])
def test_a_refusal_that_passes_while_we_wait_is_none(world, refusals):
    client = world.client()
    read(world, client)
    world.will_answer(*[REFUSED] * refusals, page({"id": 1}))
    assert client.rows(Query("companies(2)/customers")) == [{"id": 1}]
    assert world.waits == [1, 2][: refusals - 1]
    assert len(world.token_requests) == 2


@pytest.mark.parametrize("call", ["create", "act"])
def test_a_refused_write_is_sent_again_because_nothing_was_done_and_is_a_matter_of_its_set(world, call):
    client = world.client()
    read(world, client)
    world.will_answer(*BELIEVED, LET_IN, page({"id": 1}))
    with pytest.raises(Forbidden) as caught:
        getattr(client, call)("companies(2)/customers", {} if call == "create" else "post")
    assert (caught.value.scope, caught.value.may_have_happened) == ("stream", False)
    assert len(world.requests) == 7


def test_what_lies_below_no_company_and_is_refused_ends_the_run(world):
    client = world.client()
    read(world, client)
    world.will_answer(*BELIEVED)
    with pytest.raises(Forbidden) as caught:
        client.rows(Query("companies"))
    assert caught.value.scope == "run"


def test_listing_environments_proves_nothing_about_one_of_them(world):
    client = world.client()
    world.will_answer(answer(200, {"value": []}), fault(401), fault(401))
    client.environments()
    with pytest.raises(SignInError):
        client.rows(Query("companies(2)/customers"))


@pytest.mark.parametrize("root", ["https://bc.example/api/v2.0", "https://bc.example/proxied"])
def test_listing_environments_proves_nothing_whatever_the_root_is(world, root):
    client = world.client(world.settings(full_url=root))
    world.will_answer(answer(200, {"value": []}), fault(401), fault(401))
    client.environments()
    with pytest.raises(SignInError):
        client.rows(Query("companies(2)/customers"))


@pytest.mark.parametrize("root", ["https://bc.example/api/v2.0", "https://bc.example/proxied"])
def test_an_answer_of_the_environment_admits_whatever_the_root_is(world, root):
    client = world.client(world.settings(full_url=root))
    read(world, client)
    world.will_answer(*BELIEVED, LET_IN, page())
    with pytest.raises(Forbidden):
        client.rows(Query("companies(2)/customers"))


def test_without_anything_to_renew_with_the_end_of_the_token_is_the_end(world):
    settings = read_connection({"access_token": "given", "api_url": "https://bc.example"}, environ={})
    world.will_answer(fault(401))
    with pytest.raises(SignInError, match="nothing to get another one with"):
        world.client(settings).companies()


GIVEN = read_connection({"access_token": "given", "api_url": "https://bc.example"}, environ={})
"""A token, and nothing to get another one with."""


def test_a_refused_set_is_a_matter_of_that_set_where_no_token_can_be_renewed_and_the_environment_takes_this_one(world):
    client = world.client(GIVEN)
    read(world, client)
    world.will_answer(REFUSED, LET_IN, *[REFUSED] * 3, LET_IN, page({"id": 1}))
    with pytest.raises(Forbidden) as caught:
        client.rows(Query("companies(2)/customers"))
    assert caught.value.scope == "stream"
    read(world, client)
    assert set(used(world)) == {"Bearer given"}


def test_a_token_that_ends_in_the_middle_is_the_end_where_it_cannot_be_renewed(world):
    client = world.client(GIVEN)
    read(world, client)
    world.will_answer(REFUSED, REFUSED)
    with pytest.raises(SignInError, match="nothing to get another one with"):
        client.rows(Query("companies(2)/customers"))


def entra(status, error, description="", numbers=()):
    body = {
        "error": error,
        "error_description": f"{description}\r\nTrace ID: 1\r\nCorrelation ID: 2\r\nTimestamp: 2026-11-21Z",
        "error_codes": list(numbers),
    }
    return answer(status, body)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (entra(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.", [7000215]), "not its ID"),
        (entra(401, "invalid_client", "AADSTS7000222: expired.", [7000222]), "client_secret has expired"),
        (entra(401, "invalid_client", "AADSTS999: new.", [999]), "Compare client_id and client_secret"),
        (entra(400, "invalid_grant", "AADSTS700082: inactivity.", [700082]), "not used for 90 days"),
        (entra(400, "invalid_grant", "AADSTS700084: spa.", [700084]), "single-page app"),
        (entra(400, "invalid_grant", "AADSTS50173: revoked.", [50173]), "changed password"),
        (entra(400, "invalid_grant", "AADSTS50076: mfa.", [50076]), "second factor"),
        (
            entra(400, "invalid_grant", "AADSTS65001: consent.", [65001]),
            "Consent to the app app-1 in tenant acme.example",
        ),
        (entra(400, "unauthorized_client", "AADSTS700016: app.", [700016]), "does not exist in tenant acme.example"),
        (entra(400, "invalid_request", "AADSTS90002: tenant.", [90002]), "There is no tenant acme.example"),
        (entra(400, "invalid_scope", "AADSTS70011: scope.", [70011]), "Leave the setting scope out"),
        (entra(400, "access_denied", "AADSTS53003: blocked.", [53003]), "exclude the app app-1"),
        (entra(400, "invalid_grant", "AADSTS53003: blocked.", [53003]), "exclude the app app-1"),
        (entra(400, "invalid_resource", "AADSTS500011: resource.", [500011]), "does not know Business Central"),
        (entra(400, "invalid_request", "AADSTS900023: tenant.", [900023]), "is neither a GUID nor a verified domain"),
        (entra(400, "invalid_grant", "AADSTS9002313: malformed.", [9002313]), "Copy the whole refresh token"),
        (entra(400, "something_new", "AADSTS1: ?", [1]), "Check the app registration app-1"),
        (answer(400, b"<html><title>Blocked</title></html>"), "was refused with 400: Blocked"),
        (answer(404, b""), "was refused with 404: no explanation"),
    ],
)
def test_what_entra_refuses_becomes_one_sentence(world, given, said):
    world.will_give_tokens(given)
    with pytest.raises(SignInError) as caught:
        world.client().companies()
    assert said in caught.value.explained
    assert caught.value.who or "was refused with" in said
    assert "Trace ID" not in caught.value.explained
    assert "not-a-real-secret" not in caught.value.explained
    assert "\n" not in caught.value.explained
    assert world.waits == []


def test_entras_own_words_are_shown(world):
    world.will_give_tokens(entra(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.", [7000215]))
    with pytest.raises(SignInError) as caught:
        world.client().companies()
    assert caught.value.explained == (
        "Signing in as the app app-1 was refused (invalid_client). Microsoft Entra says: AADSTS7000215: Invalid client "
        "secret provided. client_secret is wrong: copy the secret's value, not its ID, from the app registration app-1."
    )
    assert caught.value.code == "invalid_client"


@pytest.mark.parametrize("number", [53003, 50158])
def test_a_policy_that_blocks_an_app_is_no_matter_of_connecting_an_account(world, number):
    world.will_give_tokens(entra(400, "invalid_grant", f"AADSTS{number}: blocked.", [number]))
    with pytest.raises(SignInError) as caught:
        world.client().companies()
    assert caught.value.who == ENTRA_ADMINISTRATOR
    assert "exclude the app app-1" in caught.value.remedy
    assert "again" not in caught.value.remedy


def test_a_policy_that_blocks_a_person_says_so(world):
    world.will_give_tokens(entra(400, "invalid_grant", "AADSTS50158: challenge.", [50158]))
    with pytest.raises(SignInError) as caught:
        world.client(world.settings(**REFRESH)).companies()
    assert "connect the account again" in caught.value.remedy


def test_a_refused_sign_in_is_not_asked_again(world):
    world.will_give_tokens(entra(401, "invalid_client"))
    client = world.client()
    for _ in range(3):
        with pytest.raises(SignInError):
            client.companies()
    assert len(world.token_requests) == 1


def test_a_busy_token_endpoint_is_asked_again(world):
    passing = [
        answer(503),
        answer(429, Retry_After="7"),
        entra(400, "temporarily_unavailable"),
        ConnectionLost("x", sent=True),
    ]
    world.will_give_tokens(*passing)
    read(world, world.client())
    assert world.waits == [1, 8, 4, 8]


@pytest.mark.parametrize(
    "failure", [answer(503), answer(429), answer(520), ConnectionLost("x", sent=False), RequestTimedOut("x", sent=True)]
)
def test_a_token_endpoint_that_is_away_for_a_minute_ends_no_run(world, failure):
    began = world.time

    def away(_):
        if world.time - began >= 60:
            return tokens("at last")
        if isinstance(failure, BaseException):
            raise failure
        return failure

    world.will_go_on_giving(away)
    read(world, world.client(random=0.0))
    assert used(world) == ["Bearer at last"]


def test_a_token_endpoint_that_stays_away_leaves_no_write_in_doubt(world):
    world.will_go_on_giving(answer(503))
    client = world.client()
    with pytest.raises(SignInError, match="returned 503") as caught:
        client.create("companies(1)/customers", {})
    assert world.waits == [1, 2, 4, 8, 16, 32]
    assert caught.value.may_have_happened is False
    assert world.requests == []
    world.will_go_on_giving(tokens("at last"))
    read(world, client)
    assert used(world) == ["Bearer at last"]


@pytest.mark.parametrize("lost", [ConnectionLost("x", sent=False), RequestTimedOut("x", sent=True)])
def test_a_token_endpoint_that_cannot_be_reached_is_no_refusal(world, lost):
    world.will_go_on_giving(lost)
    with pytest.raises(DynamicsError, match=r"sign-in host login\.example cannot be reached") as caught:
        world.client().create("companies(1)/customers", {})
    assert caught.value.exit_code == 1
    assert caught.value.scope == "run"
    assert not caught.value.may_have_happened
    assert sum(world.waits) > 60


@pytest.mark.fault("P11")
@pytest.mark.parametrize(
    "spoiled",
    [
        b"<html>welcome</html>",
        b"",
        b"[" * 100_000,
        b'{"access_token": "\xff"}',
        '{"access_token": "to\u043aen"}'.encode(),
        json.dumps({"access_token": "x" * 16_385}).encode(),
        json.dumps({"access_token": "x", "refresh_token": "x" * 16_385}).encode(),
    ],
)
def test_a_proxys_page_in_place_of_a_token_is_asked_again_and_then_a_sign_in_error(world, spoiled):
    world.will_give_tokens(answer(200, spoiled))
    read(world, world.client())
    assert world.waits == [1]
    world.will_go_on_giving(answer(200, spoiled))
    with pytest.raises(SignInError, match="without an access token that can be used"):
        world.client().companies()


@pytest.mark.parametrize(
    "body",
    [
        {"error": "invalid_grant", "error_codes": [[7000215], {}, None, "x"]},
        {"error": "x" * 100_000, "error_codes": [1]},
        {"error": "invalid_grant", "error_description": "x" * 100_000, "error_codes": [1]},
        {"error": "x", "trace_id": "x" * 100_000, "correlation_id": "x" * 100_000},
    ],
)
def test_whatever_a_token_endpoint_says_is_a_sign_in_error_of_bounded_length(world, body):
    world.will_give_tokens(answer(401, body))
    with pytest.raises(SignInError) as caught:
        world.client().companies()
    assert len(caught.value.explained) < 2_000


def test_the_ids_that_support_asks_for_come_with_a_refused_sign_in(world):
    body = {"error": "invalid_client", "error_codes": [7000215], "trace_id": "t-1", "correlation_id": "c-1"}
    world.will_give_tokens(answer(401, body))
    client = world.client()
    for _ in range(2):
        with pytest.raises(SignInError) as caught:
            client.companies()
        assert caught.value.support_ids == "correlation id c-1, request id t-1"


def test_the_ids_that_support_asks_for_come_with_a_refused_token(world):
    world.will_answer(fault(401), fault(401, ms_correlation_x="c-1", request_id="r-1"))
    with pytest.raises(SignInError) as caught:
        world.client().companies()
    assert caught.value.support_ids == "correlation id c-1, request id r-1"


# --- many threads -----------------------------------------------------------------------------------------------------


def test_five_threads_share_one_renewal(world):
    settings = world.settings(access_token="old", **REFRESH, expires_in=world.time + 3600)
    client = world.client(settings)
    barrier = Barrier(5)

    def refuse_the_old_one(request):
        # All five must have sent the old token before any of them hears that it is refused.
        barrier.wait(timeout=10)
        return fault(401)

    world.will_answer(*[refuse_the_old_one] * 5)
    world.will_answer(*[page({"id": 1})] * 5)
    world.will_give_tokens(tokens("new", "second"))
    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(lambda _: client.rows(Query("companies")), range(5)))
    assert found == [[{"id": 1}]] * 5
    assert len(world.token_requests) == 1
    assert sorted(used(world)) == ["Bearer new"] * 5 + ["Bearer old"] * 5


def test_each_refresh_uses_the_refresh_token_of_the_one_before(world):
    world.will_give_tokens(*[tokens(f"access-{n}", f"refresh-{n}") for n in range(1, 4)])
    client = world.client(world.settings(**REFRESH))
    for _ in range(3):
        read(world, client)
        world.time += 4000
    assert [form(request)["refresh_token"] for request in world.token_requests] == ["first", "refresh-1", "refresh-2"]


def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one(world):
    world.will_give_tokens(tokens("access-1"), tokens("access-2"))
    client = world.client(world.settings(**REFRESH))
    for _ in range(2):
        read(world, client)
        world.time += 4000
    assert [form(request)["refresh_token"] for request in world.token_requests] == ["first", "first"]


# --- between runs -----------------------------------------------------------------------------------------------------


def test_a_rotated_refresh_token_is_found_by_the_next_run(world, tmp_path):
    world.will_give_tokens(tokens("access-1", "second"), tokens("access-2", "third"))
    for _ in range(2):
        read(world, world.client(world.settings(store_path=str(tmp_path / "store"), **REFRESH)))
        world.time += 4000
    assert [form(request)["refresh_token"] for request in world.token_requests] == ["first", "second"]
    path = tmp_path / "store" / "token.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_bytes())["refresh_token"] == "third"


def test_the_next_run_uses_the_access_token_while_it_is_valid(world, tmp_path):
    world.will_give_tokens(tokens("access-1", "second"))
    for _ in range(2):
        read(world, world.client(world.settings(store_path=str(tmp_path), **REFRESH)))
    assert used(world) == ["Bearer access-1"] * 2


def test_a_new_refresh_token_in_the_config_wins_over_what_the_old_one_became(world, tmp_path):
    world.will_give_tokens(tokens("access-1", "second"), tokens("access-2", "x"))
    read(world, world.client(world.settings(store_path=str(tmp_path), **REFRESH)))
    read(world, world.client(world.settings(store_path=str(tmp_path), **{**REFRESH, "refresh_token": "renewed"})))
    assert [form(request)["refresh_token"] for request in world.token_requests] == ["first", "renewed"]


def test_a_newer_access_token_in_the_config_is_used_before_an_old_one_that_was_kept(world, tmp_path):
    world.will_give_tokens(tokens("access-1", "second"), tokens("access-2", "third"))
    read(world, world.client(world.settings(store_path=str(tmp_path), **REFRESH)))
    world.time += 4000
    given = {"access_token": "given", "expires_in": world.time + 3600}
    client = world.client(world.settings(store_path=str(tmp_path), **REFRESH, **given))
    read(world, client)
    world.time += 4000
    read(world, client)
    assert used(world) == ["Bearer access-1", "Bearer given", "Bearer access-2"]
    assert form(world.token_requests[1])["refresh_token"] == "second"


@pytest.mark.parametrize(
    "content", [b"", b"not json", b"[]", b'{"client_id": "app-1"}', b"\xff", b'{"access_token": 5}']
)
def test_a_broken_token_file_is_as_good_as_none_and_one_warning(world, tmp_path, caplog, content):
    (tmp_path / "token.json").write_bytes(content)
    with caplog.at_level(logging.WARNING):
        read(world, world.client(world.settings(store_path=str(tmp_path), **REFRESH)))
    assert form(world.token_requests[0])["refresh_token"] == "first"
    assert [record.getMessage() for record in caplog.records] == [
        f'"{tmp_path / "token.json"}" holds no tokens and is ignored; it is replaced at the next sign-in.'
    ]


def test_the_tokens_of_another_app_are_no_warning(world, tmp_path, caplog):
    (tmp_path / "token.json").write_text('{"client_id": "app-2", "access_token": "not-a-real-token"}')
    with caplog.at_level(logging.WARNING):
        read(world, world.client(world.settings(store_path=str(tmp_path), **REFRESH)))
    assert not caplog.records


def test_two_runs_with_one_store_share_a_renewal(world, tmp_path):
    world.will_give_tokens(tokens("access-1", "second"), tokens("access-2", "third"))
    runs = [world.client(world.settings(store_path=str(tmp_path), **REFRESH)) for _ in range(2)]
    for _ in range(2):
        for client in runs:
            read(world, client)
        world.time += 4000
    assert used(world) == ["Bearer access-1"] * 2 + ["Bearer access-2"] * 2


def config_file(world, path, **more):
    path.write_text(json.dumps(world.config(**REFRESH, start_date="2026-01-01", **more), indent=4))
    path.chmod(0o640)
    return world.settings(config_path=path, **REFRESH)


def test_without_a_store_the_config_file_gets_the_token_keys_and_nothing_else_changes(world, tmp_path):
    path = tmp_path / "config.json"
    before = config_file(world, path, note="déjà vu")
    old = json.loads(path.read_text())
    world.will_give_tokens(tokens("access-1", "second"))
    read(world, world.client(before))
    new = json.loads(path.read_text(encoding="utf-8"))
    changed = {"access_token": "access-1", "refresh_token": "second", "expires_in": int(world.time + 3600)}
    assert new == old | changed
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["config.json"]


def test_the_next_run_reads_what_the_last_one_wrote_into_the_config_file(world, tmp_path):
    path = tmp_path / "config.json"
    world.will_give_tokens(tokens("access-1", "second"), tokens("access-2", "third"))
    read(world, world.client(config_file(world, path)))
    world.time += 4000
    again = read_connection(json.loads(path.read_text()), config_path=path, environ={})
    read(world, world.client(again))
    assert form(world.token_requests[1])["refresh_token"] == "second"


def test_a_run_that_started_before_another_one_rotated_the_token_uses_the_new_one(world, tmp_path):
    path = tmp_path / "config.json"
    first, second = world.client(config_file(world, path)), world.client(config_file(world, path))
    world.will_give_tokens(tokens("access-1", "second"))
    read(world, first)
    read(world, second)
    assert used(world) == ["Bearer access-1"] * 2


@pytest.mark.parametrize("duration", ["60", 60, None])
def test_what_somebody_else_wrote_into_the_config_file_ends_when_it_says(world, tmp_path, duration):
    """As a moment or a duration, as a number or as text; a duration counts from when the file was written."""
    path = tmp_path / "config.json"
    client = world.client(config_file(world, path))
    written = json.loads(path.read_text()) | {"refresh_token": "second", "access_token": "access-1"}
    path.write_text(json.dumps(written | {"expires_in": duration or str(int(world.time) - 10)}))
    os.utime(path, (world.time - 3600, world.time - 3600))
    world.will_give_tokens(tokens("access-2", "third"))
    read(world, client)
    assert form(world.token_requests[0])["refresh_token"] == "second"
    assert used(world) == ["Bearer access-2"]


def test_a_config_file_that_cannot_be_written_is_one_warning_and_no_failure(world, tmp_path, caplog, monkeypatch):
    path = tmp_path / "config.json"
    settings = config_file(world, path)
    path.write_text("[]")
    world.will_give_tokens(tokens("access-1", "second"), tokens("access-2", "third"))
    client = world.client(settings)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            read(world, client)
            world.time += 4000
    assert len(caplog.records) == 1
    assert "could not be kept" in caplog.text
    assert path.read_text() == "[]"


def test_with_nowhere_to_keep_it_one_warning_says_that_the_new_token_will_be_lost(world, caplog):
    world.will_give_tokens(tokens("access-1", "second"), tokens("access-2", "third"))
    client = world.client(world.settings(**REFRESH))
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            read(world, client)
            world.time += 4000
    assert [record.getMessage() for record in caplog.records] == [
        "The refresh token was replaced and the new one is not kept; set store_path."
    ]


def test_client_credentials_leave_the_config_file_alone(world, tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{}")
    read(world, world.client(world.settings(config_path=path)))
    assert path.read_text() == "{}"


def test_renewing_on_demand_writes_the_config_file_whatever_the_way_to_sign_in(world, tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"a": 1}')
    world.client(world.settings(config_path=path, store_path=str(tmp_path))).sign_in.renew()
    assert json.loads((tmp_path / "token.json").read_bytes())["access_token"] == "token-1"
    assert json.loads(path.read_text()) == {"a": 1, "access_token": "token-1", "expires_in": int(world.time + 3600)}


# --- HotGlue ----------------------------------------------------------------------------------------------------------

JOB = {
    "API_URL": "https://login.example",
    "API_KEY": "fake-key",
    "ENV_ID": "e",
    "FLOW": "f",
    "TENANT": "t",
    "TAP": "bc",
}


def job_settings(world, **config):
    return read_connection(world.config(**config), environ=JOB)


def test_in_a_hotglue_job_hotglue_gives_the_token(world):
    world.will_give_tokens(answer(423), answer(429), answer(200, {"access_token": "a", "expires_in": world.time + 60}))
    read(world, world.client(job_settings(world, refresh_token="first")))
    request = world.token_requests[-1]
    assert (request.method, request.headers["x-api-key"]) == ("GET", "fake-key")
    assert used(world) == ["Bearer a"]
    assert world.waits == [1, 2]


def test_when_hotglue_gives_none_the_refresh_token_does(world, caplog):
    world.will_give_tokens(answer(403, {"message": "no"}))
    read(world, world.client(job_settings(world, refresh_token="first")))
    assert form(world.token_requests[1])["grant_type"] == "refresh_token"
    assert "fake-key" not in caplog.text


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_no_secret_is_logged_or_shown(world, caplog, tmp_path):
    secrets = ["secret-client", "secret-access", "secret-refresh", "secret-rotated", "secret-new"]
    settings = world.settings(
        access_token="secret-access",
        refresh_token="secret-refresh",
        client_secret="secret-client",
        store_path=str(tmp_path),
    )
    client = world.client(settings)
    world.will_answer(fault(401), fault(503), fault(401, "Authentication_InvalidCredentials", "no"), fault(401))
    world.will_give_tokens(
        tokens("secret-new", "secret-rotated"), entra(400, "invalid_grant", "AADSTS70008: x", [70008])
    )
    with caplog.at_level(logging.DEBUG), pytest.raises(SignInError) as caught:
        client.companies()
    shown = caplog.text + str(caught.value) + repr(caught.value) + repr(settings) + repr(client.sign_in.__dict__)
    shown += "".join(map(repr, world.requests + world.token_requests))
    assert not [secret for secret in secrets if secret in shown]


def test_a_token_answer_without_an_end_is_a_failed_sign_in(world):
    too_long = UnexpectedAnswer("POST login.example was broken off: the answer has more than 1,048,576 bytes.")
    world.will_go_on_giving(too_long)
    with pytest.raises(SignInError, match=r"There is no access token: POST login\.example was broken off"):
        world.client().read("companies")
    assert {request.most_bytes for request in world.token_requests} == {1024 * 1024}
