"""`dynamics-bc environments`: which environments does the signed-in user or app see?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dynamics_bc_cli.connection import connected
from dynamics_bc_cli.options import shared_options
from dynamics_bc_cli.output import Output

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {"name": "Name", "type": "Type", "countryCode": "Country", "aadTenantId": "Tenant"}


@click.command()
@shared_options
def environments(config_path: Path, as_json: bool | None) -> None:
    """List the environments of the tenant.

    The name is what `environment_name` takes.
    """
    with connected(config_path) as client:
        rows = [environment.record for environment in client.environments()]
    Output.chosen(as_json=as_json).show(rows, COLUMNS, empty="The service lists no environment for this sign-in.")
