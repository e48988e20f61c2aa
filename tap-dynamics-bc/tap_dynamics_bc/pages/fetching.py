"""Who asks for the pages of a read: a set of the service is listed, the list of environments is asked for as it is?"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.batch import encode_json
from tap_dynamics_bc.pages.expanded import read_pages
from tap_dynamics_bc.pages.headings import without_headings
from tap_dynamics_bc.pages.named import named_pages
from tap_dynamics_bc.pages.source_page import SourcePage
from tap_dynamics_bc.reads.rereads import Named
from tap_dynamics_bc.streams.routes import ENVIRONMENT_LIST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.pages.files import Files
    from tap_dynamics_bc.pages.promises import Promises
    from tap_dynamics_bc.pages.refusals import KnownRefusals
    from tap_dynamics_bc.reads.plan import Read


def fetch(
    client: Client,
    read: Read,
    *,
    started_at: datetime,
    first_only: bool = False,
    files: Files | None = None,
    known: KnownRefusals | None = None,
    promises: Promises | None = None,
) -> Iterator[SourcePage]:
    """The pages of a read, each asked for when it is taken.

    Args:
        client: Talks to the service.
        read: The read.
        started_at: When the run began, by the service's clock: what comes without a clock was served then.
        first_only: Whether the first page is enough.
        files: Fetches the files of its rows; None where they are not wanted.
        known: What was refused in the reads before.
        promises: What was found missing in them.

    Raises:
        DynamicsError: The read failed.
    """
    if read.target.route is ENVIRONMENT_LIST:
        records = [environment.record for environment in client.environments()]
        yield SourcePage(encode_json({"value": records}), started_at)
        return
    if isinstance(read.condition, Named):
        again = partial(fetch, client, started_at=started_at, first_only=first_only, files=files, known=known)
        yield from named_pages(client, read, read.condition, again)
        return
    has_headings = read.target.route.is_web_services and read.key is not None
    for page in read_pages(client, replace(read, place=read.place.asked()), known, promises):
        if has_headings:
            page = replace(page, body=without_headings(page.body))  # noqa: PLW2901 - the same page
        yield page if files is None else files.completed(read, page)
        if first_only:
            return
