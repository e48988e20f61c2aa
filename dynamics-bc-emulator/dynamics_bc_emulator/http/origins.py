"""Whether a request to the controls comes from this machine's own programs, not from a page of somebody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

FOREIGN = "the controls answer programs of this machine and the emulator's own page, no other page of a browser"
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


def is_ours(headers: Mapping[str, str]) -> bool:
    """Whether the host is this machine by a name of its own, and the origin, if a browser names one, is that host.

    A page of any site can make a browser send requests to loopback, and a name of its own can lead there.
    """
    host = headers.get("host", "")
    origin = headers.get("origin")
    return urlsplit(f"//{host}").hostname in _LOOPBACK and origin in {None, f"http://{host}"}
