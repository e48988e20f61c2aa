"""`dynamics-bc state`: how far has each stream been read, and what is to be read from the beginning?"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynamics_bc_cli.connection import connected
from dynamics_bc_cli.options import json_option
from dynamics_bc_cli.output import Output, to_json_line
from dynamics_bc_client.companies import match_companies
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.odata.urls import GUID
from dynamics_bc_client.store_folder import replace_file
from dynamics_bc_plugin.state_file import read_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dynamics_bc_cli.states import Entry
    from dynamics_bc_client.companies import Company

COLUMNS = {
    "stream": "Stream",
    "company": "Company",
    "parent_set": "Read through",
    "replication_key": "By",
    "bookmark": "Read up to",
}

_OUTPUT = re.compile(r'\s*\{\s*"type"\s*:\s*"(RECORD|SCHEMA)"')
"""How a message begins that is no state."""

_file = click.argument("file", type=click.Path(path_type=Path))
_config = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    envvar="DYNAMICS_BC_CONFIG",
    metavar="FILE",
    help="Config of the tap: with it companies have names.",
)


@click.group(short_help="Show a state file, or take bookmarks out of it.")
def state() -> None:
    """Show a state file of the tap, or let streams be read from the beginning."""


@state.command(short_help="Show how far each stream has been read.")
@_file
@_config
@json_option
def show(file: Path, config_path: Path | None, as_json: bool | None) -> None:
    """Show how far the state in FILE has read each stream of each company."""
    # The tap, and the SDK with it, takes a second to import: only the commands that ask it wait for that.
    from dynamics_bc_cli.states import checked, entries  # noqa: PLC0415

    found = list(entries(checked(read_state(file), file)))
    rows = _rows(found, _companies(config_path))
    Output.chosen(as_json=as_json).show(rows, COLUMNS, empty="The state has no bookmarks: a run reads everything.")


@state.command(short_help="Let streams be read from the beginning.")
@_file
@_config
@click.option("--stream", "streams", multiple=True, metavar="NAME", help="A stream; * stands for any characters.")
@click.option(
    "--company", "companies", multiple=True, metavar="NAME", help="A company: its ID, or with --config a name."
)
@click.option("--all", "everything", is_flag=True, help="All streams of all companies.")
@json_option
def reset(
    *,
    file: Path,
    config_path: Path | None,
    streams: tuple[str, ...],
    companies: tuple[str, ...],
    everything: bool,
    as_json: bool | None,
) -> None:
    """Take bookmarks out of the state in FILE, so that the next run reads these streams from the beginning.

    Shows what was taken out. The file is replaced as a whole, and holds one state afterwards.
    """
    from dynamics_bc_cli.states import checked, without  # noqa: PLC0415 - as above

    if everything == bool(streams or companies):
        raise ConfigurationError("Name what to reset with --stream and --company, or everything with --all.")
    _refuse_output(file)
    known = _companies(config_path)
    kept, gone = without(checked(read_state(file), file), streams, [_company_id(each, known) for each in companies])
    try:
        replace_file(file, f"{to_json_line(kept)}\n".encode())
    except OSError as error:
        raise ConfigurationError(f'The state file "{file}" cannot be written ({error.strerror}).') from error
    Output.chosen(as_json=as_json).show(_rows(gone, known), COLUMNS, empty="Nothing was taken out of the state.")


def _refuse_output(file: Path) -> None:
    """See that nothing but states stands in a file that is to be replaced.

    Raises:
        ConfigurationError: It is the output of a run.
    """
    with contextlib.suppress(OSError), file.open(encoding="utf-8", errors="replace") as lines:
        if any(_OUTPUT.match(line) for line in lines):
            raise ConfigurationError(
                f'"{file}" is the output of a run, and its records would be lost: put its last line into a file of its '
                "own and reset that."
            )


def _companies(config_path: Path | None) -> Sequence[Company]:
    if config_path is None:
        return ()
    with connected(config_path) as client:
        return client.companies()


def _company_id(name: str, known: Sequence[Company]) -> str:
    """The id of a company.

    Raises:
        ConfigurationError: It goes by a name that nobody knows.
    """
    if GUID.fullmatch(name):
        return name
    if not known:
        raise ConfigurationError(f'"{name}" is not an ID; give --config to name companies.')
    return match_companies(known, [name])[0].id


def _rows(found: Sequence[Entry], known: Sequence[Company]) -> list[dict[str, Any]]:
    names = {company.id.lower(): company.name for company in known}
    name: Callable[[str], str] = lambda company_id: names.get(company_id.lower(), company_id)  # noqa: E731
    return [
        {
            "stream": each.stream,
            "company": name(each.company_id) or None,
            "company_id": each.company_id or None,
            "parent_set": each.parent_set or None,
            "replication_key": each.replication_key or None,
            "bookmark": each.bookmark,
            "remembered": dict(each.remembered),
        }
        for each in found
    ]
