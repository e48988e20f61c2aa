"""How are rows read that entries name?

The names are collected first, each once, from pages that hold nothing else. Then the rows are asked for by them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_client.limits import PAGE_ROWS
from dynamics_bc_client.odata.pages import rows
from dynamics_bc_client.odata.query import Query, all_of, text_literal
from tap_dynamics_bc.reads.conditions import All

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.pages.source_page import SourcePage
    from tap_dynamics_bc.reads.plan import Read
    from tap_dynamics_bc.reads.rereads import Named

NAMES_AT_ONCE = 60
"""Codes have at most twenty characters, so that as many fit into a query string."""


def named_pages(
    client: Client, read: Read, named: Named, pages_of: Callable[[Read], Iterator[SourcePage]]
) -> Iterator[SourcePage]:
    """The pages of the rows that entries name.

    Args:
        client: Talks to the service.
        read: The read.
        named: Its condition.
        pages_of: The pages of a read.

    Raises:
        DynamicsError: The entries or the rows cannot be read.
    """
    query = Query(named.entries.path, select=(named.by,), filter=named.entries_filter)
    found = {
        str(row.get(named.by) or "") for page in client.pages(query, page_size=PAGE_ROWS) for row in rows(page.body)
    }
    names = sorted(found - {""})
    for start in range(0, len(names), NAMES_AT_ONCE):
        chunk = names[start : start + NAMES_AT_ONCE]
        asked = " or ".join(f"{named.name} eq {text_literal(each)}" for each in chunk)
        yield from pages_of(replace(read, condition=All(all_of(asked, named.filter))))
