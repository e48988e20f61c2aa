"""`dynamics-bc replay`: are the records that were rejected written now?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dynamics_bc_cli.options import config_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@config_option
def replay(config_path: Path) -> int:
    """Send the dead letters of the target again, each once.

    Correct the records in the file, or what they refer to, before. At the end the file holds what was rejected again.
    """
    # The target, and the SDK with it, takes a second to import: only the commands that run it wait for that.
    from dynamics_bc_cli.target_runs import replayed  # noqa: PLC0415

    return replayed(config_path)
