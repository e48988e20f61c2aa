"""The command that starts the emulator."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.odata.catalogue import DEFAULT_RELEASE, RELEASES
from dynamics_bc_emulator.odata.described import described
from dynamics_bc_emulator.odata.documents import BadDocument
from dynamics_bc_emulator.recording.commands import compare, readable, record
from dynamics_bc_emulator.recording.documents import documents_of
from dynamics_bc_emulator.seed.countries import COUNTRIES
from dynamics_bc_emulator.stamps import from_milliseconds, from_stamp
from dynamics_bc_emulator.unusable import Unusable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from dynamics_bc_emulator.http.sign_in import Identities

_OF_THE_EXTRA = ("starlette", "uvicorn")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    try:
        return from_milliseconds(from_stamp(value)) if value else None
    except ValueError as error:
        sentence = f"{value!r} is not a moment such as 2026-03-01T08:00:00Z"
        raise click.BadParameter(sentence) from error


@click.group(invoke_without_command=True, commands=[record, compare])
@click.option(
    "--host",
    type=click.Choice(_LOOPBACK),
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on, loopback only.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Port to listen on; 0 takes any free one.",
)
@click.option(
    "--release",
    type=click.Choice([str(release) for release in RELEASES]),
    default=str(DEFAULT_RELEASE),
    show_default=True,
    help="What the standard API offers: 28 is what tenants publish today, 29 the newest picture.",
)
@click.option(
    "--metadata",
    "documents",
    multiple=True,
    metavar="[ROUTE=]FILE",
    help="A tenant's $metadata to serve instead of a release's, or a custom API's: api/contoso/x/v1.0=FILE.",
)
@click.option(
    "--data", type=click.Path(dir_okay=False, path_type=Path), help="SQLite file that keeps the rows between runs."
)
@click.option(
    "--recording",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What a tenant answered, made with the command record: its companies and rows instead of demo data.",
)
@click.option(
    "--recorded-answers/--no-recorded-answers",
    default=True,
    show_default=True,
    help="Whether recorded questions get their recorded answers, until something is written.",
)
@click.option("--companies", type=click.IntRange(1, 300), default=2, show_default=True, help="Companies to make.")
@click.option("--seed", type=int, default=1, show_default=True, help="Number that all ids are made from.")
@click.option(
    "--country",
    type=click.Choice(list(COUNTRIES)),
    default="GB",
    show_default=True,
    help="Demo data: GB with VAT, US with sales tax.",
)
@click.option(
    "--scale",
    type=click.IntRange(1, 10_000),
    default=1,
    show_default=True,
    help="How many times the usual ledger entries.",
)
@click.option(
    "--latency-ms",
    type=click.FloatRange(0),
    default=0,
    show_default=True,
    help="What every data request takes at least.",
)
@click.option(
    "--config-out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write tap.json and target.json into.",
)
@click.option(
    "--requests-per-window",
    type=click.IntRange(1),
    default=6000,
    show_default=True,
    help="Requests in five minutes before 429.",
)
@click.option(
    "--concurrent",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="Requests that run at once; the rest wait.",
)
@click.option("--page-limit", type=click.IntRange(1), default=20_000, show_default=True, help="Most rows of one page.")
@click.option("--start", callback=_moment, help="When the emulator's clock begins; now unless given.")
@click.option(
    "--until-input-ends",
    is_flag=True,
    help="End when standard input does, as with the program that started it.",
)
@click.option("--verbose", is_flag=True, help="Log requests to standard error.")
@click.pass_context
def emulator(context: click.Context, /, **options: Any) -> None:
    """Run a Business Central on this machine.

    Prints one line of JSON when it is ready, with its address and the credentials to sign in with, and runs until it is
    told to end. Open the address in a browser to look at it.
    """
    if context.invoked_subcommand is None:
        _run(options)


def _run(options: dict[str, Any]) -> None:
    try:
        from dynamics_bc_emulator.http.emulator import CLIENT_ID, CLIENT_SECRET, TENANT_DOMAIN, TENANT_ID  # noqa: PLC0415
        from dynamics_bc_emulator.http.server import listen, serve, url_of  # noqa: PLC0415
        from dynamics_bc_emulator.http.sign_in import Identities  # noqa: PLC0415
        from dynamics_bc_emulator.http.starting import start  # noqa: PLC0415
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _OF_THE_EXTRA:
            raise
        sentence = f"The emulator needs {missing}, which is not installed; install dynamics-bc-singer[emulator]."
        raise Unusable(sentence) from error
    exchanges = readable(options["recording"]) if options["recording"] else ()
    documents = {**documents_of(exchanges), **_documents(options["documents"])}
    identities = Identities(TENANT_ID, TENANT_DOMAIN, CLIENT_ID, CLIENT_SECRET)
    clock = Clock(options["start"])
    # A server that is told to end has done its work.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        listener = listen(options["host"], options["port"])
    except OSError as error:
        place = f"{options['host']}:{options['port']}"
        # Python adds to the sentence where it stood.
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Unusable(f"Cannot listen on {place}: {reason}. Choose another --port.") from error
    line = ready_line(url_of(listener), identities)
    try:
        if options["config_out"]:
            write_configs(options["config_out"], line, COUNTRIES[options["country"]].demo_company)
        with suppress(KeyboardInterrupt), listener:
            running = start(options, identities, clock, exchanges, documents)
            told_to_end = _input_ends if options["until_input_ends"] else None
            serve(running, listener, verbose=options["verbose"], ready=lambda: announce(line), wait=told_to_end)
    except sqlite3.DatabaseError as error:
        raise Unusable(f"Cannot keep rows in {options['data']}: {error}. Choose another --data.") from error


def _documents(given: Sequence[str]) -> dict[str, bytes]:
    """Metadata documents by the path of their API, checked before anything is started.

    Raises:
        Unusable: One cannot be read or served.
    """
    documents: dict[str, bytes] = {}
    for each in given:
        route, _, name = each.rpartition("=")
        path = route.strip("/") or "api/v2.0"
        if not path.startswith("api/") and path != "ODataV4":
            raise Unusable(f"There can be no API at {path}; a route is api/PUBLISHER/GROUP/VERSION or ODataV4.")
        try:
            documents[path] = Path(name).read_bytes()
            described(documents[path])
        except OSError as error:
            raise Unusable(f"Cannot read the metadata {name}: {os.strerror(error.errno or 0)}.") from error
        except BadDocument as error:
            raise Unusable(f"Cannot serve the metadata {name}. {error}") from error
    return documents


def _input_ends() -> None:
    # Not by a buffered reader, whose lock would be held when the interpreter ends.
    while os.read(0, 4096):
        pass


def ready_line(url: str, identities: Identities) -> dict[str, str]:
    """What a program that started the emulator needs to use it."""
    return {
        "url": url,
        "tenant_id": identities.tenant_id,
        "environment_name": "Production",
        "client_id": identities.client_id,
        "client_secret": identities.client_secret,
    }


def announce(line: Mapping[str, str]) -> None:
    """Print the ready line.

    Raises:
        click.ClickException: Nobody can read it.
    """
    try:
        click.echo(json.dumps(line))
        if sys.stdout.isatty():
            click.echo(f"Open {line['url']} in a browser to look at it; Ctrl-C ends it.", err=True)
    except OSError as error:
        # What is left in the buffer would fail once more when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.ClickException(f"The ready line cannot be written: {error.strerror}.") from error


def write_configs(folder: Path, line: Mapping[str, str], company: str) -> None:
    """Write `tap.json` and `target.json` for the emulator of a ready line; the target writes to a company.

    Raises:
        click.ClickException: The folder cannot be written.
    """
    connection = {"api_url": line["url"], "auth_url": line["url"], **{k: v for k, v in line.items() if k != "url"}}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, more in (("tap.json", {}), ("target.json", {"company": company})):
            (folder / name).write_text(json.dumps({**connection, **more}, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise Unusable(f"Cannot write into {folder}: {error.strerror}. Choose another --config-out.") from error
