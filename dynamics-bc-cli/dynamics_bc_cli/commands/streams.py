"""`dynamics-bc streams`: what can be read here?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dynamics_bc_cli.connection import connected, read_config
from dynamics_bc_cli.naming import named
from dynamics_bc_cli.options import catalog_option, shared_options
from dynamics_bc_cli.output import Output

if TYPE_CHECKING:
    from pathlib import Path

    from tap_dynamics_bc.streams.description import Stream

COLUMNS = {
    "stream": "Stream",
    "keys": "Keys",
    "replication_key": "Replication key",
    "read_through": "Read through",
    "selected": "Selected",
}
PROPERTY_COLUMNS = {"property": "Property", "type": "Type", "key": "Key", "max_length": "Length", "values": "Values"}
WRITABLE_COLUMNS = {
    "stream": "Stream",
    "other_names": "Also called",
    "what": "What it holds",
    "rights": "Rights",
    "actions": "Actions",
}
PARENTS_SHOWN = 3


@click.command(short_help="List the streams, or the properties of one.")
@click.argument("name", required=False)
@shared_options
@catalog_option
@click.option("--write", is_flag=True, help="The streams that the target can write here, instead of those of the tap.")
def streams(name: str | None, config_path: Path, as_json: bool | None, catalog_path: Path | None, write: bool) -> None:
    """List the streams of the routes in the config, or the properties of the stream NAME.

    Selected are those that a catalog selects, or the tap's own choice without one. With --write: all streams that can
    be written here, of whatever API, and what else they may be called.
    """
    if write:
        _list_writable(name, config_path, as_json=as_json)
        return
    # The tap, and the SDK with it, takes a second to import: only the commands that ask it wait for that.
    from dynamics_bc_cli.stream_list import all_streams, selected_names  # noqa: PLC0415

    with connected(config_path) as client:
        found = all_streams(client, read_config(config_path))
    if name is None:
        selected = selected_names(found, catalog_path)
        rows, columns = [stream_row(each, selected) for each in found], COLUMNS
    else:
        rows, columns = property_rows(stream_named(found, name)), PROPERTY_COLUMNS
    Output.chosen(as_json=as_json).show(rows, columns, empty="The environment publishes no entity sets.")


def _list_writable(name: str | None, config_path: Path, *, as_json: bool | None) -> None:
    if name is not None:
        raise click.UsageError(f"`dynamics-bc describe {name} --write` says what may be written to one stream.")
    from dynamics_bc_cli.writable import writable_streams  # noqa: PLC0415

    with connected(config_path) as client:
        rows = writable_streams(client)
    Output.chosen(as_json=as_json).show(rows, WRITABLE_COLUMNS, empty="Nothing can be written here.")


def stream_named(streams: list[Stream], name: str) -> Stream:
    """The stream of that name, in any case.

    Raises:
        ConfigurationError: There is none.
    """
    by_name = {stream.name: stream for stream in streams}
    return by_name[named(name, by_name)]


def stream_row(stream: Stream, selected: set[str]) -> dict[str, Any]:
    """A stream as one row."""
    return {
        "stream": stream.name,
        "route": stream.route.name or "standard",
        "keys": list(stream.keys),
        "replication_key": stream.replication.key,
        "read_through": parents(stream),
        "selected": stream.name in selected,
        "why_not_selected": stream.reason or None,
        "actions": list(stream.entity_set.actions),
    }


def parents(stream: Stream) -> str | None:
    """The sets whose pages bring the rows, the first few by name."""
    listed_for_it = [stream.listed.parent.entity_set.name] if stream.listed else []
    names = list(dict.fromkeys([*listed_for_it, *(way.parent_set for way in stream.ways)]))
    more = len(names) - PARENTS_SHOWN
    listed = ", ".join(names[:PARENTS_SHOWN])
    return f"{listed} and {more} more" if more > 0 else listed or None


def property_rows(stream: Stream) -> list[dict[str, Any]]:
    """The properties of a stream, as its metadata has them, and what its records hold of others, one row each."""
    own = [
        {
            "property": name,
            "type": each.type.removeprefix("Edm.").removeprefix("Microsoft.NAV."),
            "key": name in stream.own_keys,
            "max_length": each.max_length,
            "values": list(each.enum or ()),
        }
        for name, each in stream.properties.items()
    ]
    nested: list[dict[str, Any]] = [
        {
            "property": each.navigation,
            "type": f"{'list' if each.many else 'one'} of {each.stream.entity_set.name}",
            "key": False,
            "max_length": None,
            "values": [],
        }
        for each in stream.nested
    ]
    return own + nested
