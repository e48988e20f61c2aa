"""How long does a person wait for a service that is not there? Ten seconds where nothing answers at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dynamics_bc_cli.connection import PATIENCE
from dynamics_bc_client.client import Client
from dynamics_bc_client.errors import ConnectionLost, DynamicsError
from dynamics_bc_client.retry import Patience
from dynamics_bc_plugin.connection import read_connection

if TYPE_CHECKING:
    from emulator_control import RunningEmulator

    from dynamics_bc_client.transport import Request, Response

Command = "Callable[..., Ended]"
WriteConfig = "Callable[..., Path]"
NOBODY = "http://127.0.0.1:9"
COMMANDS = (
    ("doctor",),
    ("companies",),
    ("environments",),
    ("streams",),
    ("request", "GET", "companies"),
    ("request", "POST", "companies", "--data", "{}", "--yes"),
)


def _unreachable(request: Request) -> Response:
    raise ConnectionLost(f"{request} was not sent: there is no connection.", sent=False)


@pytest.mark.parametrize("spread", [0.0, 0.999])
@pytest.mark.parametrize(
    "signing", [{"client_id": "c", "client_secret": "s"}, {"access_token": "t"}], ids=["an app", "a token"]
)
def test_a_host_that_is_not_reached_is_said_within_ten_seconds(spread: float, signing: dict[str, str]) -> None:
    waits: list[float] = []
    settings = read_connection({"tenant_id": "t", "environment_name": "e", **signing})
    client = Client(
        settings,
        transport=_unreachable,
        clock=lambda: sum(waits),
        sleep=waits.append,
        random=lambda: spread,
        patience=PATIENCE,
    )
    with pytest.raises(DynamicsError, match="no connection"):
        client.companies()
    assert 1 < sum(waits) <= 10


def test_a_host_that_swallows_connections_is_given_up_at_the_second_attempt() -> None:
    assert PATIENCE.connect_seconds * 2 <= PATIENCE.brief_seconds


@pytest.mark.parametrize("called", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("setting", ["auth_url", "api_url"])
def test_every_command_that_a_person_waits_for_is_as_impatient(  # noqa: PLR0917 - pytest passes them by name
    command: Command,
    emulator: RunningEmulator,
    write_config: WriteConfig,
    monkeypatch: pytest.MonkeyPatch,
    called: tuple[str, ...],
    setting: str,
) -> None:
    patience = Patience(first_wait_seconds=0.01, long_seconds=0.05, brief_seconds=0.05)
    monkeypatch.setattr("dynamics_bc_cli.connection.PATIENCE", patience)
    ended = command(*called, "--config", write_config(emulator.config(**{setting: NOBODY})))
    assert ended.code == 1
    assert "no connection to 127.0.0.1" in ended.out + ended.err
