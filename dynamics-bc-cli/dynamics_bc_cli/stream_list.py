"""Which streams would the tap have here, and which of them are selected?

The tap itself is asked: its table and its reading of the environment's metadata. A catalog says what is selected;
without one it is what the tap selects when nobody says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib import Catalog

from dynamics_bc_plugin.config_file import read_object
from dynamics_bc_plugin.outgoing import say
from tap_dynamics_bc.published import read_published
from tap_dynamics_bc.settings import TapSettings
from tap_dynamics_bc.streams.catalogs import respelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.published import Published
    from tap_dynamics_bc.streams.description import Stream


def all_streams(client: Client, config: Mapping[str, Any]) -> list[Stream]:
    """Every stream of the environment, by name.

    Args:
        client: Talks to the environment.
        config: The tap's config, which says of which routes, and what they are called.

    Raises:
        ConfigurationError: With one sentence for each setting of the tap that is wrong.
    """
    return sorted(published_streams(client, config).streams.values(), key=lambda stream: stream.name.casefold())


def published_streams(client: Client, config: Mapping[str, Any]) -> Published:
    """The streams of the environment, and why others are not there; what could not be asked is said.

    Args:
        client: As of `all_streams`.
        config: As there.

    Raises:
        ConfigurationError: With one sentence for each setting of the tap that is wrong.
    """
    published = read_published(client, TapSettings.from_config(config))
    for failure in published.failures:
        say(f"Left out: {failure.what} ({failure.reason}).")
    return published


def selected_names(streams: Iterable[Stream], catalog_path: Path | None) -> set[str]:
    """The names of the selected streams; a catalog may select some that are not there.

    Args:
        streams: All of them.
        catalog_path: A catalog file; None for the tap's own choice.

    Raises:
        ConfigurationError: The file cannot be read or is no catalog.
    """
    streams = list(streams)
    if catalog_path is None:
        return {stream.name for stream in streams if stream.selected}
    columns = {stream.name: stream.column_names for stream in streams}
    catalog = Catalog.from_dict(respelled(read_object(catalog_path, "catalog"), columns))
    return {name for name, entry in catalog.items() if entry.metadata.resolve_selection()[()]}
