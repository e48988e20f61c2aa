"""How does what one request expanded of a row get into the row that another one returned?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_dynamics_bc.pages.rows import members_of

if TYPE_CHECKING:
    from collections.abc import Container


def expanded_members(row: bytes, navigations: Container[str]) -> bytes:
    """The expansions of a row with their annotations, as the end of a JSON object without its closing brace.

    The annotations are part of them: a next link of an expansion must not get lost.
    """
    members = members_of(row).items()
    wanted = [(name, value) for name, value in members if name.partition("@")[0] in navigations]
    return b"".join(b',"%s":%s' % (name.encode(), value) for name, value in wanted)


def joined(row: bytes, members: bytes) -> bytes:
    """A row with more members behind its own."""
    return b"%s%s}" % (row.rstrip()[:-1], members)
