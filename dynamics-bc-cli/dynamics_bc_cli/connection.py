"""How does a command reach the service? From a config file to a client."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.client import Client
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.retry import Patience
from dynamics_bc_plugin.config_file import read_object
from dynamics_bc_plugin.connection import read_connection
from dynamics_bc_plugin.outgoing import hide_secrets_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


PATIENCE = Patience(long_seconds=30.0, brief_seconds=10.0, connect_seconds=5.0)
"""A person waits for the answer: a host that cannot be reached is said within some ten seconds, and an outage in half a
minute; neither is sat out as in a run."""


def client_for(config: Mapping[str, Any], config_path: Path) -> Client:
    """A client that is as patient as a person.

    Raises:
        ConfigurationError: With one sentence for each fault of the settings that connect.
    """
    return Client(read_connection(config, config_path=config_path), patience=PATIENCE)


@contextmanager
def connected(config_path: Path) -> Iterator[Client]:
    """A client for a config file, closed at the end.

    Raises:
        ConfigurationError: The file cannot be read or a setting in it is wrong.
    """
    client = client_for(read_config(config_path), config_path)
    try:
        yield client
    finally:
        client.close()


def read_config(path: Path) -> dict[str, Any]:
    """The settings in a config file, whose secrets are hidden from now on.

    Raises:
        ConfigurationError: The file cannot be read, or holds no JSON object.
    """
    if str(path) == "ENV" and not path.exists():
        raise ConfigurationError(
            "`dynamics-bc` takes no settings from environment variables: write them into a file and name that with "
            "--config."
        )
    config = read_object(path, "config")
    hide_secrets_of(config)
    return config
