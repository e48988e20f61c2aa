"""A person signs in on another device."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest
from client.scripted_service import answer, fault, page, tokens

from dynamics_bc_client.device_code import begin_sign_in, finish_sign_in
from dynamics_bc_client.errors import ConfigurationError, SignInError
from dynamics_bc_client.odata.query import Query
from dynamics_bc_plugin.connection import read_connection

CODE = {
    "device_code": "hidden-device-code",
    "user_code": "ABCD-EFGH",
    "verification_uri": "https://login.example/device",
    "expires_in": 900,
    "interval": 5,
    "message": "To sign in, open the page and enter the code.",
}


def refused(error):
    return answer(400, {"error": error, "error_description": f"AADSTS1: {error}\r\nTrace ID: x"})


def finish(world, settings):
    code = begin_sign_in(settings, world)
    return finish_sign_in(settings, code, world, now=lambda: world.time, sleep=world.sleep)


def test_the_person_is_told_where_to_go_and_what_to_type(world):
    world.will_give_tokens(answer(200, CODE))
    code = begin_sign_in(world.settings(), world)
    assert (code.user_code, code.verification_uri) == ("ABCD-EFGH", "https://login.example/device")
    assert "hidden" not in repr(code)
    assert world.token_requests[0].url == "https://login.example/acme.example/oauth2/v2.0/devicecode"


def test_tokens_are_kept_when_the_person_is_done(world, tmp_path):
    world.will_give_tokens(
        answer(200, CODE),
        refused("authorization_pending"),
        refused("slow_down"),
        answer(503),
        tokens("access", "refresh"),
    )
    finish(world, world.settings(store_path=str(tmp_path)))
    assert world.waits == [5, 5, 10, 10]
    assert json.loads((tmp_path / "token.json").read_bytes())["refresh_token"] == "refresh"
    asked = parse_qs(world.token_requests[1].body.decode())
    assert asked["grant_type"] == ["urn:ietf:params:oauth:grant-type:device_code"]
    assert asked["device_code"] == ["hidden-device-code"]


def test_the_next_run_signs_in_with_what_was_kept(world, tmp_path):
    world.will_give_tokens(answer(200, CODE), tokens("access", "refresh"))
    config = {"client_id": "app-1", "store_path": str(tmp_path), "auth_url": "https://login.example"}
    finish(world, read_connection({**config, "access_token": "x"}, environ={}))
    later = world.client(read_connection(config, environ={}))
    assert later.sign_in.token() == "access"


def test_a_token_that_is_refused_later_is_renewed_although_the_config_has_no_refresh_token(world, tmp_path):
    world.will_give_tokens(answer(200, CODE), tokens("access", "refresh"), tokens("renewed", "refresh-2"))
    config = {**world.config(store_path=str(tmp_path)), "client_secret": None}
    finish(world, read_connection({**config, "access_token": "x"}, environ={}))
    later = world.client(read_connection(config, environ={}))
    world.will_answer(page({"id": 1}), fault(401), page({"id": 2}))
    assert [later.rows(Query("companies")), later.rows(Query("companies"))] == [[{"id": 1}], [{"id": 2}]]
    assert world.requests[-1].headers["Authorization"] == "Bearer renewed"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("authorization_declined", "was declined in the browser"),
        ("expired_token", "has expired before anybody"),
        ("bad_verification_code", "not known any more"),
        ("invalid_client", "was refused (invalid_client)"),
    ],
)
def test_what_ends_the_waiting_says_why(world, error, said):
    world.will_give_tokens(answer(200, CODE), refused(error))
    with pytest.raises(SignInError) as caught:
        finish(world, world.settings())
    assert said in caught.value.message


def test_a_code_nobody_enters_is_given_up(world):
    world.will_give_tokens(answer(200, {**CODE, "expires_in": "12"}), *[refused("authorization_pending")] * 3)
    with pytest.raises(SignInError, match="within 1 minutes; begin again"):
        finish(world, world.settings())
    assert world.waits == [5, 5, 5]


def test_without_an_app_there_is_nothing_to_sign_in_to(world):
    settings = read_connection({"access_token": "x"}, environ={})
    with pytest.raises(ConfigurationError, match="client_id is missing"):
        begin_sign_in(settings, world)


def test_an_answer_that_is_no_code_is_an_error(world):
    world.will_give_tokens(answer(200, b"<html>"))
    with pytest.raises(SignInError, match="check auth_url"):
        begin_sign_in(world.settings(), world)
