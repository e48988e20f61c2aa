"""The sign-in endpoints: grants, rotation, expiry, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from emulator.plain_api import SCOPE, Api, token

if TYPE_CHECKING:
    from dynamics_bc_emulator.driver import BusinessCentral

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def test_client_credentials_give_a_token_and_no_refresh_token(business_central: BusinessCentral) -> None:
    answer = token(business_central)
    assert answer.status_code == 200
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3599
    assert body["access_token"].startswith("eyJ")
    assert "refresh_token" not in body
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("changes", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": None}, 401, "invalid_client", 7000218),
        ({"client_id": "11111111-2222-3333-4444-555555555555"}, 400, "unauthorized_client", 700016),
        ({"tenant": "99999999-2222-3333-4444-555555555555"}, 400, "invalid_request", 90002),
        ({"tenant": "common"}, 400, "invalid_request", 90076),
        ({"scope": None}, 400, "invalid_request", 900144),
        ({"scope": "https://elsewhere.example/.default"}, 400, "invalid_scope", 70011),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": "refresh_token", "refresh_token": "1.Amade-up"}, 400, "invalid_grant", 9002313),
    ],
)
def test_a_refusal_has_the_shape_of_microsoft_entra(
    business_central: BusinessCentral, changes: dict[str, str | None], status: int, error: str, number: int
) -> None:
    answer = token(business_central, **changes)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [number])
    first, *rest = body["error_description"].split("\r\n")
    assert first.startswith(f"AADSTS{number}: ")
    assert [line.partition(":")[0] for line in rest] == ["Trace ID", "Correlation ID", "Timestamp"]
    assert body["error_uri"].endswith(f"code={number}")


def test_the_old_endpoint_spells_its_numbers_as_text(api: Api) -> None:
    first = api.control("refresh_token")["refresh_token"]
    old = token(api.emulator, "common", "", grant_type="refresh_token", refresh_token=first, scope=None).json()
    assert isinstance(old["expires_in"], str)
    assert int(old["expires_on"]) - int(old["not_before"]) == int(old["expires_in"])
    assert old["resource"] == "https://api.businesscentral.dynamics.com"
    again = token(api.emulator, "common", "", grant_type="refresh_token", refresh_token=first, scope=None).json()
    assert again["expires_in"] != old["expires_in"]


def test_every_use_of_a_refresh_token_gives_a_new_one_and_the_old_one_stays_good(api: Api) -> None:
    tokens = [api.control("refresh_token")["refresh_token"]]
    for _ in range(3):
        answer = token(
            api.emulator, grant_type="refresh_token", refresh_token=tokens[-1], scope=f"{SCOPE} offline_access"
        )
        tokens.append(answer.json()["refresh_token"])
    assert len(set(tokens)) == 4
    assert token(api.emulator, grant_type="refresh_token", refresh_token=tokens[0]).status_code == 200


def test_a_refresh_token_dies_after_90_days_of_the_clock_whether_it_was_used_or_not(api: Api) -> None:
    first = api.control("refresh_token")["refresh_token"]
    api.emulator.control.advance("P60D")
    second = token(api.emulator, grant_type="refresh_token", refresh_token=first).json()["refresh_token"]
    api.emulator.control.advance("P30DT1S")
    refusal = token(api.emulator, grant_type="refresh_token", refresh_token=first)
    assert (refusal.status_code, refusal.json()["error"], refusal.json()["error_codes"]) == (
        400,
        "invalid_grant",
        [700082],
    )
    assert "inactive for 90.00:00:00" in refusal.json()["error_description"]
    assert token(api.emulator, grant_type="refresh_token", refresh_token=second).status_code == 200


def test_an_access_token_expires_by_the_emulators_clock(api: Api) -> None:
    assert api.get("companies").status_code == 200
    api.emulator.control.advance("PT3599S")
    assert api.refused("companies")[:2] == (401, "Authentication_InvalidCredentials")


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Bearer a.b.c", "Basic eDp5"])
def test_a_request_without_a_good_token_is_not_answered(api: Api, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = requests.get(f"{api.root}/companies", headers=headers, timeout=60)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "Authentication_InvalidCredentials"


def test_a_device_code_is_good_once_somebody_has_entered_its_user_code(api: Api) -> None:
    url = f"{api.emulator.url}/organizations/oauth2/v2.0"
    started = requests.post(
        f"{url}/devicecode", data={"client_id": api.emulator.client_id, "scope": SCOPE}, timeout=60
    ).json()
    poll = {"grant_type": DEVICE_GRANT, "device_code": started["device_code"], "client_id": api.emulator.client_id}
    assert requests.post(f"{url}/token", data=poll, timeout=60).json()["error"] == "authorization_pending"
    requests.post(started["verification_uri"], data={"code": started["user_code"]}, timeout=60)
    signed_in = requests.post(f"{url}/token", data=poll, timeout=60).json()
    assert signed_in["refresh_token"]
    assert requests.post(f"{url}/token", data=poll, timeout=60).json()["error"] == "bad_verification_code"


@pytest.mark.parametrize("declined", [True, False])
def test_a_device_code_that_is_declined_or_too_old_is_refused(api: Api, declined: bool) -> None:
    url = f"{api.emulator.url}/organizations/oauth2/v2.0"
    started = requests.post(
        f"{url}/devicecode", data={"client_id": api.emulator.client_id, "scope": SCOPE}, timeout=60
    ).json()
    if declined:
        api.control("device", {"user_code": started["user_code"], "approve": False})
    else:
        api.emulator.control.advance("PT15M")
    poll = {"grant_type": DEVICE_GRANT, "device_code": started["device_code"], "client_id": api.emulator.client_id}
    expected = "authorization_declined" if declined else "expired_token"
    assert requests.post(f"{url}/token", data=poll, timeout=60).json()["error"] == expected


def test_a_browser_is_sent_back_with_a_code_that_works_once(api: Api) -> None:
    back = "http://localhost:9/back"
    query = {"client_id": api.emulator.client_id, "redirect_uri": back, "state": "s1", "response_type": "code"}
    sent = requests.get(
        f"{api.emulator.url}/common/oauth2/v2.0/authorize", params=query, allow_redirects=False, timeout=60
    )
    assert sent.status_code == 302
    location, _, answer = sent.headers["Location"].partition("?")
    assert location == back
    code, state = (part.partition("=")[2] for part in answer.split("&"))
    assert state == "s1"
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
    assert "refresh_token" in token(api.emulator, **form).json()
    assert token(api.emulator, **form).json()["error"] == "invalid_grant"
