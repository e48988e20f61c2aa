"""How does a command reach the service? From a config file to a client."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.client import Client
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.settings import ConnectionSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def connected(config_path: Path) -> Iterator[Client]:
    """A client for a config file, closed at the end.

    Raises:
        ConfigurationError: The file cannot be read or a setting in it is wrong.
    """
    client = Client(connection_settings(config_path, read_config(config_path)))
    try:
        yield client
    finally:
        client.close()


def connection_settings(
    config_path: Path, config: dict[str, Any], *, sign_in_required: bool = True
) -> ConnectionSettings:
    """The settings of a config; rotated tokens are written back into the file they came from."""
    return ConnectionSettings.from_config(config, config_path=config_path, sign_in_required=sign_in_required)


def read_config(path: Path, *, what: str = "config file") -> dict[str, Any]:
    """The JSON object in a file.

    Args:
        path: The file.
        what: What it is, for the messages.

    Raises:
        ConfigurationError: There is no such file, or it is not a JSON object.
    """
    try:
        config = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(f"The {what} {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigurationError(f"The {what} {path} is not JSON: {error}.") from error
    if not isinstance(config, dict):
        raise ConfigurationError(f"The {what} {path} must hold a JSON object.")
    return config
