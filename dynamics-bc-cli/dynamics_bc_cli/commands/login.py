"""`dynamics-bc login`: how does a person give the connectors a way to sign in?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from dynamics_bc_cli.connection import PATIENCE, read_config
from dynamics_bc_cli.options import config_option
from dynamics_bc_client.device_code import begin_sign_in, finish_sign_in
from dynamics_bc_client.errors import CONFIG_KEEPER, ConfigurationError, SignInError
from dynamics_bc_client.token_storage import TokenStorage
from dynamics_bc_client.transport import RequestsTransport
from dynamics_bc_plugin.connection import read_connection
from dynamics_bc_plugin.outgoing import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dynamics_bc_client.settings import ConnectionSettings
    from dynamics_bc_client.transport import Transport

NEEDED = ("client_id", "tenant_id", "store_path")


@click.command()
@config_option
def login(config_path: Path) -> None:
    """Sign in as a person, with a code on any screen.

    The config needs client_id, tenant_id and store_path; the tokens are kept in store_path, for the tap and the
    target too. The app registration must allow public client flows.
    """
    settings = login_settings(config_path)
    transport = RequestsTransport(ca_bundle=settings.ca_bundle, connect_seconds=PATIENCE.connect_seconds)
    try:
        sign_in(settings, transport=transport, sleep=time.sleep)
    finally:
        transport.close()
    say(f"Signed in; the tokens are in {settings.store_path}.")


def login_settings(config_path: Path) -> ConnectionSettings:
    """The settings of a config that need not hold a way to sign in yet.

    Raises:
        ConfigurationError: A setting that this command needs is missing, or one is wrong.
    """
    settings = read_connection(read_config(config_path), config_path=config_path, sign_in_required=False)
    missing = [name for name in NEEDED if not getattr(settings, name)]
    if missing:
        verb, them = ("is", "it") if len(missing) == 1 else ("are", "them")
        raise ConfigurationError(
            f"{' and '.join(missing)} {verb} missing in {config_path}: signing in with a code needs {them}."
        )
    return settings


def sign_in(settings: ConnectionSettings, *, transport: Transport, sleep: Callable[[float], None]) -> None:
    """Carry a person through the sign-in and see that the tokens are kept.

    Raises:
        ConfigurationError: The tokens cannot be kept; mostly found before the person is asked for anything.
        DynamicsError: The sign-in did not succeed.
    """
    TokenStorage(settings).check()
    try:
        code = begin_sign_in(settings, transport)
        say(code.message)
        tokens = finish_sign_in(settings, code, transport, now=time.time, sleep=sleep)
    except SignInError as error:
        raise _with_the_cause(error, settings) from error
    kept = TokenStorage(settings).load(time.time())
    if kept is None or kept.access_token != tokens.access_token:
        raise ConfigurationError(
            f"The tokens could not be kept in {settings.store_path}; name a folder that can be written to."
        )


def _with_the_cause(error: SignInError, settings: ConnectionSettings) -> SignInError:
    """A code is refused to an app that may not sign people in without a secret, and the answer does not say so."""
    if error.code not in {"invalid_client", "unauthorized_client"}:
        return error
    return error.replacing(
        who=CONFIG_KEEPER,
        remedy=f"The app {settings.client_id} may not sign people in with a code: in its registration, under "
        'Authentication, switch on "Allow public client flows", and check tenant_id.',
    )
