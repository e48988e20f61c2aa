"""`dynamics-bc describe STREAM`: what does a stream hold, and what may be written to it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dynamics_bc_cli.commands.streams import PROPERTY_COLUMNS, property_rows, stream_named
from dynamics_bc_cli.connection import client_for, connected, read_config
from dynamics_bc_cli.options import shared_options
from dynamics_bc_cli.output import Output, to_json

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="List the properties of a stream, or what may be written.")
@click.argument("stream")
@shared_options
@click.option("--write", is_flag=True, help="A JSON Schema of the records that the target takes, with an example.")
@click.option(
    "--company", metavar="NAME", help="ID, name or display name of the company whose records the example uses."
)
def describe(stream: str, config_path: Path, as_json: bool | None, write: bool, company: str | None) -> None:
    """List the properties of STREAM, or say with --write what a record of it may hold.

    With --write the answer is a JSON Schema: what is required, how long texts may be, which values an enum has, how
    each reference is found, which actions a record may ask for, and an example in each dialect that the company
    accepts.
    """
    config = read_config(config_path)
    if not write:
        # Who asks what may be written does not wait for the tap, and the other way round.
        from dynamics_bc_cli.stream_list import all_streams  # noqa: PLC0415

        with connected(config_path) as client:
            rows = property_rows(stream_named(all_streams(client, config), stream))
        Output.chosen(as_json=as_json).show(rows, PROPERTY_COLUMNS, empty="The stream has no properties.")
        return
    from dynamics_bc_cli.writable import described  # noqa: PLC0415

    client = client_for(config, config_path)
    try:
        answer = described(client, config, stream, company=company)
    finally:
        client.close()
    click.echo(to_json(answer), nl=False)
