"""The command as a whole: what it offers, how it ends, what other packages add to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
import pytest

from dynamics_bc_cli.extensions import extra_with, load_command, refuse
from dynamics_bc_cli.main import dynamics_bc
from dynamics_bc_client.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Ended

OWN = {
    "catalog",
    "companies",
    "describe",
    "doctor",
    "environments",
    "login",
    "outcomes",
    "replay",
    "request",
    "resolve",
    "state",
    "streams",
    "verify",
}


def test_no_command_is_described_by_half_a_sentence_in_the_list():
    groups = [(dynamics_bc, click.Context(dynamics_bc))]
    for group, context in groups:
        listed = [(name, group.get_command(context, name)) for name in group.list_commands(context)]
        groups += [(command, click.Context(command)) for _, command in listed if isinstance(command, click.Group)]
        # As wide as a terminal is, less the names.
        cut = {name: command.get_short_help_str(60) for name, command in listed}
        assert {name: text for name, text in cut.items() if text.endswith("...")} == {}


class Offered:
    """An entry point of a distribution with the extra `emulator`; loading it fails or gives a command."""

    name = "emulator"

    class dist:  # noqa: N801 - as importlib.metadata names it
        name = "dynamics-bc-singer"
        requires = (
            "requests>=2",
            'starlette>=0.46; extra == "emulator"',
            "uvicorn[standard]>=0.34 ; extra=='emulator'",
        )

    def __init__(self, loads: click.Command | ModuleNotFoundError) -> None:
        self.loads = loads

    def load(self) -> click.Command:
        if isinstance(self.loads, ModuleNotFoundError):
            raise self.loads
        return self.loads


def test_the_emulator_is_among_the_commands() -> None:
    assert set(dynamics_bc.list_commands(click.Context(dynamics_bc))) == OWN | {"emulator"}


def test_every_command_says_what_it_does(command: Callable[..., Ended]) -> None:
    told = command("--help")
    assert told.code == 0
    for name in OWN:
        assert f"  {name} " in told.out
        assert command(name, "--help").code == 0


@pytest.mark.parametrize(
    ("module", "extra"), [("starlette", "emulator"), ("uvicorn", "emulator"), ("requests", None), ("other", None)]
)
def test_the_extra_that_brings_a_module_is_found(module: str, extra: str | None) -> None:
    assert extra_with(module, Offered.dist.requires) == extra


@pytest.mark.parametrize("module", ["starlette", "uvicorn.config"])
def test_a_command_whose_extra_is_not_installed_names_it_when_it_is_called(module: str) -> None:
    unavailable = load_command(Offered(ModuleNotFoundError(name=module)))
    with pytest.raises(ConfigurationError, match=r"install dynamics-bc-singer\[emulator\]\."):
        unavailable.main(["--port", "0"], standalone_mode=False)


def test_an_extra_that_is_missed_only_while_the_command_runs_is_named_too() -> None:
    def late() -> None:
        raise ModuleNotFoundError(name="starlette")

    guarded = load_command(Offered(click.Command("emulator", callback=late)))
    with pytest.raises(ConfigurationError, match="emulator"):
        guarded.main([], standalone_mode=False)


def test_a_command_that_found_its_extra_missing_ends_the_same_way() -> None:
    def late() -> None:
        raise click.ClickException("something is missing") from ModuleNotFoundError(name="uvicorn")

    guarded = load_command(Offered(click.Command("emulator", callback=late)))
    with pytest.raises(ConfigurationError, match="emulator"):
        guarded.main([], standalone_mode=False)


def test_a_module_that_no_extra_brings_is_a_fault_of_the_program() -> None:
    with pytest.raises(ModuleNotFoundError):
        refuse(Offered(click.Command("emulator")), ModuleNotFoundError(name="nothing_known"))


@pytest.mark.parametrize(
    "name", sorted(OWN - {"describe", "login", "outcomes", "replay", "request", "resolve", "state"})
)
@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "cannot be read"), ("{", "is not JSON"), ("[]", "must hold a JSON object")],
)
def test_a_bad_config_is_one_sentence_and_exit_code_2(
    name: str, content: str | None, sentence: str, command: Callable[..., Ended], tmp_path: Path
) -> None:
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content)
    refused = command(name, "--config", path)
    assert (refused.code, refused.out) == (2, "")
    assert sentence in refused.err
    assert len(refused.err.splitlines()) == 1


@pytest.mark.parametrize("name", ["companies", "environments", "streams"])
def test_nothing_to_sign_in_with_is_one_sentence(name: str, command: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    refused = command(name, "--config", tmp_path / "config.json")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("Error: Nothing to sign in with")


def test_the_config_file_may_come_from_the_environment(
    command: Callable[..., Ended], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNAMICS_BC_CONFIG", str(config))
    assert command("companies").code == 0


def test_a_wrong_secret_ends_with_3(command: Callable[..., Ended], config: Path) -> None:
    config.write_text(json.dumps({**json.loads(config.read_text()), "client_secret": "wrong"}))
    refused = command("companies", "--config", config)
    assert (refused.code, refused.out) == (3, "")
    assert "Traceback" not in refused.err


def test_a_missing_option_is_clicks_own_complaint(
    command: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DYNAMICS_BC_CONFIG", raising=False)
    refused = command("companies")
    assert refused.code == 2
    assert "--config" in refused.err


def test_a_second_config_file_is_refused_and_not_read_in_place_of_the_first(
    command: Callable[..., Ended], config: Path
) -> None:
    ended = command("companies", "--config", config, "--config", config)
    assert ended.code == 2
    assert "takes one file" in ended.err


def test_settings_in_environment_variables_are_said_to_be_for_tap_and_target(
    command: Callable[..., Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = command("companies", "--config", "ENV")
    assert ended.code == 2
    assert ended.err == (
        "Error: `dynamics-bc` takes no settings from environment variables: write them into a file and name that with "
        "--config.\n"
    )
