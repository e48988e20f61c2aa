"""Which streams would the tap have here, and which of them are selected?

The tap itself is asked: its table and its reading of the environment's metadata. A catalog says what is selected;
without one it is what the tap selects when nobody says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.singerlib import Catalog

from dynamics_bc_cli.connection import read_config
from dynamics_bc_client.errors import ConfigurationError
from tap_dynamics_bc.discovery import StreamDescription, describe_streams

if TYPE_CHECKING:
    from pathlib import Path

    from dynamics_bc_client.client import Client


def all_streams(client: Client) -> list[StreamDescription]:
    """Every stream of the environment, by name."""
    return sorted(describe_streams(client.metadata()).values(), key=lambda stream: stream.name.casefold())


def selected_names(streams: list[StreamDescription], catalog_path: Path | None) -> set[str]:
    """The names of the selected streams.

    Args:
        streams: All of them.
        catalog_path: A catalog file; None for the tap's own choice.

    Raises:
        ConfigurationError: The file cannot be read or is no catalog.
    """
    if catalog_path is None:
        return {stream.name for stream in streams if stream.row.selected}
    content = read_config(catalog_path, what="catalog")
    if not isinstance(content.get("streams"), list):
        raise ConfigurationError(f'The catalog {catalog_path} has no list "streams".')
    catalog = Catalog.from_dict(content)
    return {name for name, entry in catalog.items() if entry.metadata.resolve_selection()[()]}
