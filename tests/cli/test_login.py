"""`login`: a person signs in with a code, and the next run finds the tokens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from dynamics_bc_cli.commands.login import login_settings, sign_in
from dynamics_bc_client.errors import ConfigurationError, SignInError
from dynamics_bc_client.transport import Response

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dynamics_bc_client.transport import Request

    from .conftest import Ended

TENANT = "00000000-0000-0000-0000-000000000001"
CLIENT = "00000000-0000-0000-0000-000000000002"
CODE = {
    "device_code": "not-a-real-code",
    "user_code": "ABCD-EFGH",
    "verification_uri": "https://example.com/device",
    "message": "Open https://example.com/device and enter ABCD-EFGH.",
    "interval": 5,
    "expires_in": 900,
}
TOKENS = {"access_token": "not-a-real-access-token", "refresh_token": "not-a-real-refresh-token", "expires_in": 3600}


class Entra:
    """Answers in turn, and remembers what it was asked."""

    def __init__(self, *answers: tuple[int, dict[str, Any]]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, list[str]]] = []

    def __call__(self, request: Request) -> Response:
        self.asked.append(parse_qs((request.body or b"").decode()))
        status, body = self.answers.pop(0)
        return Response(status, {"Content-Type": "application/json"}, json.dumps(body).encode())


@pytest.fixture
def config(tmp_path: Path, write_config: Callable[[dict[str, Any]], Path]) -> Path:
    return write_config({"client_id": CLIENT, "tenant_id": TENANT, "store_path": str(tmp_path / "store")})


def pending(error: str = "authorization_pending") -> tuple[int, dict[str, Any]]:
    return 400, {"error": error, "error_description": f"AADSTS70016: {error}"}


def test_the_person_is_told_where_to_go_and_the_tokens_are_kept(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entra, waits = Entra((200, CODE), pending(), pending(), (200, TOKENS)), []
    sign_in(login_settings(config), transport=entra, sleep=waits.append)
    assert CODE["message"] in capsys.readouterr().err
    assert waits == [5, 5, 5]
    kept = (tmp_path / "store" / "token.json").read_text()
    assert TOKENS["refresh_token"] in kept
    assert entra.asked[0]["client_id"] == [CLIENT]
    assert "offline_access" in entra.asked[0]["scope"][0]


def test_the_token_file_is_for_its_owner_alone(config: Path, tmp_path: Path) -> None:
    sign_in(login_settings(config), transport=Entra((200, CODE), (200, TOKENS)), sleep=lambda _: None)
    assert (tmp_path / "store" / "token.json").stat().st_mode & 0o777 == 0o600


def test_asking_too_fast_makes_it_slower(config: Path) -> None:
    waits: list[float] = []
    entra = Entra((200, CODE), pending("slow_down"), pending(), (200, TOKENS))
    sign_in(login_settings(config), transport=entra, sleep=waits.append)
    assert waits == [5, 10, 10]


@pytest.mark.parametrize("error", ["authorization_declined", "expired_token", "bad_verification_code"])
def test_a_sign_in_that_fails_is_a_sentence(config: Path, error: str) -> None:
    with pytest.raises(SignInError, match="begin again"):
        sign_in(login_settings(config), transport=Entra((200, CODE), pending(error)), sleep=lambda _: None)


def test_a_code_that_nobody_enters_ends(config: Path) -> None:
    entra = Entra((200, {**CODE, "expires_in": 12}), *[pending()] * 3)
    with pytest.raises(SignInError, match="begin again"):
        sign_in(login_settings(config), transport=entra, sleep=lambda _: None)


def test_an_app_without_public_client_flows_is_told_to_allow_them(config: Path) -> None:
    refused = (
        401,
        {
            "error": "invalid_client",
            "error_description": "AADSTS7000218: a secret is needed.",
            "error_codes": [7000218],
        },
    )
    with pytest.raises(SignInError) as caught:
        sign_in(login_settings(config), transport=Entra((200, CODE), refused), sleep=lambda _: None)
    assert "Allow public client flows" in caught.value.remedy


def test_a_store_that_cannot_keep_tokens_is_a_fault_before_anybody_signs_in(config: Path, tmp_path: Path) -> None:
    settings = login_settings(config)
    (tmp_path / "store").write_text("a file where the folder should be")
    entra = Entra((200, CODE), (200, TOKENS))
    with pytest.raises(ConfigurationError, match="store_path"):
        sign_in(settings, transport=entra, sleep=lambda _: None)
    assert entra.asked == []


@pytest.mark.parametrize("missing", ["client_id", "tenant_id", "store_path"])
def test_a_setting_that_is_missing_is_named(
    missing: str, config: Path, command: Callable[..., Ended], write_config: Callable[[dict[str, Any]], Path]
) -> None:
    settings = json.loads(config.read_text())
    del settings[missing]
    refused = command("login", "--config", write_config(settings))
    assert refused.code == 2
    assert f"{missing} is missing" in refused.err
