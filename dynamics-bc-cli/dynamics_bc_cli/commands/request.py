"""`dynamics-bc request METHOD PATH`: what does the service answer to this one call?"""

from __future__ import annotations

import contextlib
import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dynamics_bc_cli.connection import connected, read_config
from dynamics_bc_cli.options import config_option
from dynamics_bc_cli.output import cleaned, to_json, to_json_line
from dynamics_bc_cli.placing import place_of
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.odata.pages import row, rows
from dynamics_bc_client.redaction import clean
from dynamics_bc_plugin.config_file import object_text, parsed_object
from dynamics_bc_plugin.ending import FAILED, Terminated
from dynamics_bc_plugin.outgoing import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_client.client import Client
    from dynamics_bc_client.companies import Company
    from dynamics_bc_client.transport import Response

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
NEEDS_ETAG = ("PATCH", "PUT", "DELETE")


@click.command()
@click.argument("method", type=click.Choice(METHODS, case_sensitive=False))
@click.argument("path")
@config_option
@click.option("--company", metavar="NAME", help="ID, name or display name of the company that PATH lies in.")
@click.option("--data", metavar="JSON", help="Body; @FILE reads a file, - reads standard input.")
@click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="A further header; may be repeated.")
@click.option("--etag", default="*", show_default=True, help="If-Match of a PATCH, PUT or DELETE.")
@click.option("--first-page", is_flag=True, help="Do not follow next links.")
@click.option("--yes", is_flag=True, help="Send a write without asking.")
def request(  # noqa: PLR0917 - click passes options by name
    method: str,
    path: str,
    config_path: Path,
    company: str | None,
    data: str | None,
    headers: tuple[str, ...],
    etag: str,
    first_page: bool,
    yes: bool,
) -> None:
    """Make any call, with sign-in, throttling, retries and paging.

    PATH is relative to the root of the API ("companies") or to a company ("customers?$top=3"): that of --company, else
    the one that the config names. A whole URL of the same host does too. The answer goes to standard output as it came,
    the rows of all pages as one JSON array.
    """
    sent = _headers(headers)
    body = _body(data)
    if body is not None:
        sent = {"Content-Type": "application/json", **sent}
    if method in NEEDS_ETAG:
        sent = {"If-Match": etag, **sent}
    with connected(config_path) as client:
        place = place_of(client, path, read_config(config_path), option=company)
        if place.company is not None and company is None:
            say(f'In the company "{place.company.name}".')
        if method != "GET":
            if not yes:
                _ask(method, path, client, place.company)
            # Signing in is no part of the write: an interrupt before it leaves nothing in doubt.
            client.sign_in.token()
        with contextlib.nullcontext() if method == "GET" else _doubt_told(method, path):
            answer = client.request(method, place.path, headers=sent, body=body)
        if method == "GET" and _is_collection(answer):
            behind = () if first_page else client.pages_behind(answer, place.path, headers=sent)
            _write_rows(itertools.chain((answer.body,), (page.body for page in behind)))
        else:
            _write_answer(answer)


def _headers(given: tuple[str, ...]) -> dict[str, str]:
    headers = {}
    for each in given:
        name, colon, value = each.partition(":")
        if not colon or not name.strip():
            raise click.BadParameter(
                f'"{each}" is not NAME:VALUE, such as Prefer:odata.maxpagesize=10.', param_hint="--header"
            )
        headers[name.strip()] = value.strip()
    return headers


def _body(data: str | None) -> bytes | None:
    """The body to send, checked to be a JSON object before anything is asked of the service."""
    if data is None:
        return None
    if data == "-" or data.startswith("@"):
        return object_text(Path(data.removeprefix("@")), "data").encode()
    parsed_object(data, "The text of --data")
    return data.encode(errors="surrogateescape")


def _ask(method: str, path: str, client: Client, company: Company | None) -> None:
    """Ask whether to send a write.

    Raises:
        ConfigurationError: Nobody is there to answer.
        click.Abort: The question was interrupted.
        click.exceptions.Exit: The answer was no.
    """
    settings = client.settings
    environment = (
        settings.full_url or f"{settings.environment_name} of tenant {settings.tenant_id or '(that of the sign-in)'}"
    )
    where = f'"{company.name}" in {environment}' if company else environment
    if sys.stdin is None or not sys.stdin.isatty():
        raise ConfigurationError(f"{method} changes data in {where}; add --yes to send it without being asked.")
    agreed = False
    try:
        agreed = click.confirm(clean(f"{method} {path}\nThis changes data in {where}. Send it?"), err=True)
    finally:
        if not agreed:
            say("Nothing was sent.")
    if not agreed:
        raise click.exceptions.Exit(FAILED)


@contextlib.contextmanager
def _doubt_told(method: str, path: str) -> Iterator[None]:
    """Say what an interrupt leaves open while a write is under way: the service may do it all the same."""
    try:
        yield
    except (KeyboardInterrupt, Terminated):
        say(f"Interrupted: nobody knows whether {method} {path} was done. Look before you send it again.")
        raise


def _is_collection(answer: Response) -> bool:
    """Whether the answer is a page of rows: an OData envelope with a list under `value`."""
    if "json" not in answer.headers.get("Content-Type", ""):
        return False
    return isinstance(row(answer.body).get("value"), list)


def _write_rows(pages: Iterator[bytes]) -> None:
    """Write rows as one JSON array, a row to a line, each page when it arrives."""
    separator = "[\n"
    for page in pages:
        for each in rows(page):
            sys.stdout.write(separator + clean(to_json_line(each)))
            separator = ",\n"
        sys.stdout.flush()
    sys.stdout.write("[]\n" if separator == "[\n" else "\n]\n")


def _write_answer(answer: Response) -> None:
    """Write a single answer; its status goes to standard error.

    JSON is indented. Anything else goes byte for byte into a file or a pipe, where it may be a picture; a terminal gets
    what is text of it.
    """
    say(f"{answer.status} in {answer.seconds:.2f} s")
    if "json" in answer.headers.get("Content-Type", ""):
        sys.stdout.write(to_json(cleaned(row(answer.body))))
    elif sys.stdout.isatty():
        sys.stdout.write(clean(answer.body.decode("utf-8", errors="replace")))
    else:
        sys.stdout.buffer.write(answer.body)
        sys.stdout.flush()
