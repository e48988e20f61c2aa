"""`dynamics-bc resolve`: what became of the records whose outcome is uncertain?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dynamics_bc_cli.options import config_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Settle the records whose outcome is uncertain.")
@config_option
def resolve(config_path: Path) -> int:
    """Look for the records whose outcome is uncertain, and write those that are not there.

    A request that was not answered may be carried out for twenty minutes; before that nothing is written anew.
    """
    # The target, and the SDK with it, takes a second to import: only the commands that run it wait for that.
    from dynamics_bc_cli.target_runs import resolved  # noqa: PLC0415

    return resolved(config_path)
