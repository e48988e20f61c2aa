"""`dynamics-bc outcomes`: what became of the records of the last run?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dynamics_bc_cli.options import shared_options
from dynamics_bc_cli.output import Output
from dynamics_bc_client.store_folder import is_there

if TYPE_CHECKING:
    from pathlib import Path

COUNTED = {
    "stream": "Stream",
    "outcome": "Outcome",
    "records": "Records",
    "code": "Reason",
    "field": "Field",
    "example": "For example",
    "message": "Message",
}
ONE_BY_ONE = {
    "position": "Record",
    "stream": "Stream",
    "external_id": "External id",
    "company": "Company",
    "outcome": "Outcome",
    "number": "Number",
    "reason": "Reason",
}
RUNS = {"run_id": "Run", "began": "First outcome", "records": "Records", "came_to": "Outcomes"}


@click.command(short_help="Count what became of the records of the last run.")
@shared_options
@click.option("--run", "run_id", metavar="ID", help="Of this run, by its ID or how it begins; by default the last one.")
@click.option("--stream", "streams", metavar="PATTERN", multiple=True, help="Of streams like this. May be repeated.")
@click.option("--outcome", "kinds", metavar="OUTCOME", multiple=True, help="Such as rejected. May be repeated.")
@click.option("--code", metavar="CODE", help="With an error of this code, such as not_found.")
@click.option("--records", "by_record", is_flag=True, help="List the records one by one instead of counting them.")
@click.option("--runs", "list_runs", is_flag=True, help="List the runs that the file has outcomes of.")
def outcomes(  # noqa: PLR0917 - options
    config_path: Path,
    as_json: bool | None,
    run_id: str | None,
    streams: tuple[str, ...],
    kinds: tuple[str, ...],
    code: str | None,
    by_record: bool,
    list_runs: bool,
) -> None:
    """Count what became of the records of the target's last run, what was rejected by reason."""
    # The target, and the SDK with it, takes a second to import: only the commands that ask it wait for that.
    from dynamics_bc_cli.outcomes_file import Wanted, counted, one_by_one, outcomes_of, runs  # noqa: PLC0415
    from dynamics_bc_cli.target_runs import outcomes_path  # noqa: PLC0415

    path, output = outcomes_path(config_path), Output.chosen(as_json=as_json)
    if not is_there(path):
        click.echo(f'There is no file "{path.absolute()}": no run has kept outcomes there.', err=True)
    if list_runs:
        output.show(runs(path), RUNS, empty="There are no outcomes.")
        return
    found = outcomes_of(path, Wanted(run_id, streams, kinds, code))
    if found:
        click.echo(f"Run {found[0]['run_id']}, {found[0]['at']}:", err=True)
    if by_record:
        rows = one_by_one(found)
        # The company is worth a column where there are several.
        columns = {key: title for key, title in ONE_BY_ONE.items() if key != "company" or len(_companies(rows)) > 1}
        output.show(rows, columns, empty="There are no such outcomes.")
    else:
        output.show(counted(found), COUNTED, empty="There are no such outcomes.")


def _companies(rows: list[dict[str, Any]]) -> set[str]:
    return {row["company"] for row in rows if row["company"]}
