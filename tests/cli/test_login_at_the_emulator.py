"""`login` from the code to the tokens, at a sign-in service that answers over the network."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator_control import RunningEmulator

    from .conftest import Ended

COMMAND = [sys.executable, "-c", "from dynamics_bc_cli.main import main; main()"]


@pytest.fixture
def person_config(
    emulator: RunningEmulator, tmp_path: Path, write_config: Callable[[dict[str, Any]], Path]
) -> tuple[Path, Path]:
    """A config with nothing to sign in with, and its store."""
    store = tmp_path / "kept" / "store"
    settings = emulator.config(store_path=str(store))
    del settings["client_secret"]
    return write_config(settings), store


def ended_login(emulator: RunningEmulator, config: Path, *, approve: bool) -> tuple[int, str]:
    """Exit code and messages of a login whose code a person has answered."""
    with subprocess.Popen(
        [*COMMAND, "login", "--config", str(config)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        told = process.stderr.readline()
        code = re.search(r"enter the code (\w+)", told)
        assert code, told
        answered = requests.post(
            f"{emulator.url}/_emulator/device", json={"user_code": code[1], "approve": approve}, timeout=10
        )
        assert answered.json() == {"known": True}
        _, said = process.communicate(timeout=60)
        return process.returncode, told + said


def test_a_person_signs_in_with_a_code_and_the_next_command_uses_the_tokens(
    emulator: RunningEmulator, person_config: tuple[Path, Path], command: Callable[..., Ended]
) -> None:
    config, store = person_config
    refused = command("companies", "--config", config)
    assert refused.code == 2
    began = time.monotonic()
    code, said = ended_login(emulator, config, approve=True)
    assert (code, said.splitlines()[-1]) == (0, f"Signed in; the tokens are in {store}.")
    assert time.monotonic() - began < 30
    kept = json.loads((store / "token.json").read_text())
    assert kept["access_token"]
    assert kept["refresh_token"]
    assert kept["access_token"] not in said
    before = len(emulator.requests())
    listed = command("companies", "--config", config)
    assert listed.code == 0
    assert [row["name"] for row in listed.json] == [row["name"] for row in emulator.companies()]
    assert not [each for each in emulator.requests()[before:] if each["path"].endswith("/token")]


def test_a_person_who_declines_is_not_signed_in(emulator: RunningEmulator, person_config: tuple[Path, Path]) -> None:
    config, store = person_config
    code, said = ended_login(emulator, config, approve=False)
    assert code == 3
    assert said.splitlines()[-1] == "Error: The sign-in was declined in the browser; begin again and accept it."
    assert not (store / "token.json").exists()
