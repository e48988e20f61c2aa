"""`dynamics-bc catalog`: a catalog in which streams are selected by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dynamics_bc_cli.connection import read_config
from dynamics_bc_cli.options import config_option
from dynamics_bc_cli.output import to_json

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@config_option
@click.option(
    "--select",
    "selected",
    multiple=True,
    metavar="PATTERN",
    help="Streams to select, in place of the tap's own choice.",
)
@click.option("--deselect", "deselected", multiple=True, metavar="PATTERN", help="Streams to leave out.")
def catalog(config_path: Path, selected: tuple[str, ...], deselected: tuple[str, ...]) -> None:
    """Print a catalog of the environment for the tap.

    A PATTERN is the name of a stream in any case; * stands for any characters: --select 'sales*' --deselect '*Lines'.
    """
    # The tap, and the SDK with it, takes a second to import: only the commands that ask it wait for that.
    from dynamics_bc_cli.selecting import selected_catalog  # noqa: PLC0415

    made = selected_catalog(read_config(config_path), config_path, selected, deselected)
    click.echo(to_json(made), nl=False)
