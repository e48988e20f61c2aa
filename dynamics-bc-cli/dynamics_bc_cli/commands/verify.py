"""`dynamics-bc verify`: does a destination hold what Business Central holds?"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynamics_bc_cli.connection import read_config
from dynamics_bc_cli.options import catalog_option, shared_options
from dynamics_bc_cli.output import Output, to_json_line
from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from dynamics_bc_client.store_folder import for_owner
from dynamics_bc_plugin.config_file import read_object
from dynamics_bc_plugin.outgoing import say
from dynamics_bc_plugin.state_file import read_state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dynamics_bc_cli.verify.comparing import Verdict
    from dynamics_bc_cli.verify.destinations import Destination

COLUMNS = {
    "stream": "Stream",
    "company": "Company",
    "rows_in_source": "Source",
    "rows_in_destination": "Destination",
    "agrees": "Agrees",
    "missing": "Missing",
    "extra": "Extra",
    "doubled": "Doubled",
    "unknown": "Why not known",
}
NAMED = 3


class Differs(DynamicsError):  # noqa: N818 - the tree's names say what happened
    """A destination does not hold what the source holds, or that could not be told."""


_FILE = click.Path(path_type=Path)


@click.command()
@shared_options
@catalog_option
@click.option("--stream", "streams", multiple=True, metavar="NAME", help="A stream to compare; default: the selected.")
@click.option("--company", "companies", multiple=True, metavar="NAME", help="A company to compare; default: all.")
@click.option("--duckdb", type=_FILE, metavar="FILE", help="A DuckDB file that a loader filled.")
@click.option(
    "--postgres", metavar="URL", envvar="DYNAMICS_BC_POSTGRES", help="A PostgreSQL database: postgresql://host/name."
)
@click.option("--schema", metavar="NAME", help="The schema of the tables.")
@click.option("--singer", type=_FILE, metavar="FILE", help="A file of Singer messages: output of the tap.")
@click.option("--index", "own_index", is_flag=True, help="The tap's index of known keys, in the store of the config.")
@click.option(
    "--state", "state_path", type=_FILE, metavar="FILE", help="State of the last run: what is newer is not missing."
)
@click.option(
    "--first",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    metavar="N",
    help="Differing ids to show for each comparison.",
)
@click.option("--differences", type=_FILE, metavar="FILE", help="Write all differing ids here, one JSON line each.")
def verify(
    *,
    config_path: Path,
    as_json: bool | None,
    catalog_path: Path | None,
    streams: tuple[str, ...],
    companies: tuple[str, ...],
    duckdb: Path | None,
    postgres: str | None,
    schema: str | None,
    singer: Path | None,
    own_index: bool,
    state_path: Path | None,
    first: int,
    differences: Path | None,
) -> None:
    """Compare a destination with Business Central, row by row.

    Reads the ids of both sides, for each stream and company, and says whether they agree as of now: rows that come,
    change or go meanwhile are looked at once more. Exit code 1 when something differs.
    """
    # The tap, and the SDK with it, takes a second to import: only the commands that ask it wait for that.
    from dynamics_bc_cli.verify.comparison import Comparison  # noqa: PLC0415
    from dynamics_bc_cli.verify.destinations import chosen  # noqa: PLC0415

    config = read_config(config_path)
    store = _store(config) if own_index else None
    destination = chosen(duckdb=duckdb, postgres=postgres, singer=singer, store=store, schema=schema)
    destination.check()
    if differences is not None:
        _write(differences, ())  # now, and not when all ids have been read
    comparison = Comparison(
        config,
        config_path=config_path,
        catalog=None if catalog_path is None else read_object(catalog_path, "catalog"),
        state=None if state_path is None else read_state(state_path),
        streams=streams,
        companies=companies,
        with_index=own_index,
    )
    with contextlib.closing(comparison):
        _tell(comparison, destination, Output.chosen(as_json=as_json), first=first, differences=differences)


def _store(config: Mapping[str, Any]) -> Path:
    if not config.get("store_path"):
        raise ConfigurationError("--index needs store_path in the config: the index of known keys is there.")
    return Path(str(config["store_path"])).expanduser()


def _tell(comparison: Any, destination: Destination, output: Output, *, first: int, differences: Path | None) -> None:
    for name, reason in comparison.left_out.items():
        say(f"Not compared: {name}, because {reason}.")
    verdicts = comparison.verdicts(destination)
    names: Mapping[str, str] = comparison.company_names
    if differences is not None:
        _write(differences, verdicts)
    rows = [_row(each, names, comparison.as_of, first) for each in verdicts]
    output.show(rows, COLUMNS, empty="There is nothing to compare.")
    differing = [each for each in verdicts if not each.agrees]
    if differing:
        raise Differs(_sentence(differing, len(verdicts), names, comparison.as_of, listed=differences is not None))
    say(f"All {len(verdicts)} agree, as of {comparison.as_of}.")


def _row(verdict: Verdict, names: Mapping[str, str], as_of: str, first: int) -> dict[str, Any]:
    return {
        "stream": verdict.part.stream,
        "company": names.get(verdict.part.company_id, verdict.part.company_id),
        "company_id": verdict.part.company_id or None,
        "rows_in_source": verdict.source.rows,
        "rows_in_destination": verdict.destination.rows,
        "hash_of_source": verdict.source.hash,
        "hash_of_destination": verdict.destination.hash,
        "agrees": verdict.agrees,
        "missing": len(verdict.missing),
        "extra": len(verdict.extra),
        "doubled": verdict.destination.doubled,
        "first_missing": list(verdict.missing[:first]),
        "first_extra": list(verdict.extra[:first]),
        "unknown": verdict.unknown or None,
        "as_of": as_of,
    }


def _write(path: Path, verdicts: Sequence[Verdict]) -> None:
    try:
        with open(path, "w", encoding="utf-8", opener=for_owner) as file:
            for verdict in verdicts:
                place = {"stream": verdict.part.stream, "company_id": verdict.part.company_id or None}
                for kind, ids in (("missing", verdict.missing), ("extra", verdict.extra)):
                    file.writelines(to_json_line({**place, "id": each, "difference": kind}) + "\n" for each in ids)
    except OSError as error:
        raise ConfigurationError(f'The differences cannot be written to "{path}" ({error.strerror}).') from error


def _sentence(differing: Sequence[Verdict], total: int, names: Mapping[str, str], as_of: str, *, listed: bool) -> str:
    told = "; ".join(_told(each, names) for each in differing[:NAMED])
    more = f"; and {len(differing) - NAMED} more" if len(differing) > NAMED else ""
    hint = "" if listed else " --differences FILE lists all ids."
    return f"{len(differing)} of {total} do not agree, as of {as_of}: {told}{more}.{hint}"


def _told(verdict: Verdict, names: Mapping[str, str]) -> str:
    company = names.get(verdict.part.company_id, verdict.part.company_id)
    place = f'{verdict.part.stream} of "{company}"' if company else verdict.part.stream
    if verdict.unknown:
        return f"{place} (not known: {verdict.unknown.rstrip('.')})"
    doubled = verdict.destination.doubled
    counts = {"missing": len(verdict.missing), "too many": len(verdict.extra), "twice": doubled}
    return f"{place} ({', '.join(f'{count} {word}' for word, count in counts.items() if count)})"
