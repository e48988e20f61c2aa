"""`dynamics-bc companies`: which companies does the environment have?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dynamics_bc_cli.connection import connected
from dynamics_bc_cli.options import shared_options
from dynamics_bc_cli.output import Output

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {"name": "Name", "displayName": "Display name", "id": "Id"}


@click.command()
@shared_options
def companies(config_path: Path, as_json: bool | None) -> None:
    """List the companies of the environment.

    Each of the three columns is what `company_ids` of the tap and `company` of the target take.
    """
    with connected(config_path) as client:
        rows = [company.record for company in client.companies()]
    Output.chosen(as_json=as_json).show(rows, COLUMNS, empty="This sign-in sees no company in the environment.")
