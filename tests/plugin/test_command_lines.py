"""How does a command line become an exit code?"""

from __future__ import annotations

import os
from types import SimpleNamespace

import click
import pytest

from dynamics_bc_client.errors import ConfigurationError, SignInError
from dynamics_bc_client.settings import ConnectionSettings
from dynamics_bc_plugin.command import exit_code_of
from dynamics_bc_plugin.singer_command import renew_access_token


def command(body=lambda: None):
    @click.command()
    @click.option("--number", type=int)
    def asked(number):
        return body()

    return asked


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (1, 1), ("text", 0)])
def test_what_a_command_returns_is_its_code(returned, code):
    assert exit_code_of(command(lambda: returned), "asked", []) == code


def test_a_command_that_leaves_early_keeps_its_code():
    assert exit_code_of(command(lambda: click.get_current_context().exit(7)), "asked", []) == 7


@pytest.mark.parametrize("arguments", [["--nope"], ["--number", "x"]])
def test_a_wrong_command_line_is_clicks_own_complaint_and_2(capsys, arguments):
    assert exit_code_of(command(), "asked", arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("Usage: asked")
    assert arguments[0] in said


@pytest.mark.parametrize("stop", [KeyboardInterrupt, EOFError, click.Abort])
def test_an_interrupt_is_130(stop):
    def body():
        raise stop

    assert exit_code_of(command(body), "asked", []) == 130


def test_an_error_of_ours_is_a_sentence_and_its_code(capsys):
    def body():
        raise SignInError("Nobody is signed in.")

    assert exit_code_of(command(body), "asked", []) == 3
    assert capsys.readouterr().err == "Error: Nobody is signed in.\n"


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_both_options_show_the_help_of_a_command_and_of_its_subcommands(capsys, option):
    group = click.Group("all", commands=[command()])
    for arguments in ([option], ["asked", option]):
        assert exit_code_of(group, "all", arguments) == 0
        assert "-h, --help" in capsys.readouterr().out


def test_no_token_is_asked_for_that_could_not_be_written_into_the_config_file(monkeypatch, tmp_path):
    asked = []
    client = SimpleNamespace(
        settings=ConnectionSettings(), sign_in=SimpleNamespace(renew=lambda: asked.append("a token"))
    )
    path = tmp_path / "config.json"
    renew_access_token(client, path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ConfigurationError, match=f'The access token cannot be written into "{path}"'):
        renew_access_token(client, path)
    assert asked == ["a token"]
