"""`dynamics-bc outcomes`: what became of the records of the last run?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dynamics_bc_cli.options import shared_options
from dynamics_bc_cli.output import Output

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {
    "stream": "Stream",
    "outcome": "Outcome",
    "records": "Records",
    "code": "Reason",
    "field": "Field",
    "example": "For example",
    "message": "Message",
}


@click.command()
@shared_options
@click.option("--run", "run_id", metavar="ID", help="Of this run; without it of the last one.")
def outcomes(config_path: Path, as_json: bool | None, run_id: str | None) -> None:
    """Count what became of the records of the target's last run, what was rejected by reason."""
    # The target, and the SDK with it, takes a second to import: only the commands that ask it wait for that.
    from dynamics_bc_cli.target_runs import counted_outcomes  # noqa: PLC0415

    rows = counted_outcomes(config_path, run_id)
    Output.chosen(as_json=as_json).show(rows, COLUMNS, empty="There are no outcomes.")
