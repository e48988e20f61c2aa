"""Do reads ask for a copy of the database that shows committed rows alone, and what if that is not understood?

`Data-Access-Intent: ReadOnly` sends a GET to a replica, where the environment has one; sandboxes have none. Servers
before release 19 do not know the field and leave it alone. But somebody in between may refuse what he does not know,
and a page that writes while it is read fails on a replica (the service's documentation of the property
DataAccessIntent). So a set whose first answer is a refusal is asked once more without the field. If that helps, it may
have been the field or the moment: unless the refusal speaks of it, the same is asked with the field again, and only a
second refusal proves it. Then the set's reads go without it from then on; if nothing was answered before, all do.
"""

from __future__ import annotations

import logging
import re
import threading
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import BadRequest, ServiceError, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.errors import DynamicsError
    from dynamics_bc_client.transport import Request

log = logging.getLogger(__name__)

FIELD = {"Data-Access-Intent": "ReadOnly"}
READ_WRITE = {"Data-Access-Intent": "ReadWrite"}

_SPEAKS_OF_IT = re.compile(r"read[- ]?only|replica|access[- ]?intent", re.IGNORECASE)

_Set = tuple[str, str]
"""Route and entity set."""


class ReadIntent:
    """What the reads of one client ask for; shared by its threads.

    Args:
        from_replica: Whether they ask for a replica at all.
    """

    def __init__(self, *, from_replica: bool) -> None:
        self._asks = from_replica
        self._lock = threading.Lock()
        self._any_answered = False
        self._settled: set[_Set] = set()
        self._without: set[_Set] = set()
        self._tried: set[_Set] = set()
        self._proven: set[_Set] = set()
        self._in_proof: set[_Set] = set()

    def fields(self, request: Request) -> Mapping[str, str]:
        """Header fields of a request."""
        place = _set_of(request)
        return FIELD if self._asks and place is not None and place not in self._without else {}

    def gives_up(self, request: Request, error: DynamicsError) -> bool:
        """Whether a request that was refused should be sent once more, now without the field."""
        place = _set_of(request)
        if not self._asks or place is None:
            return False
        with self._lock:
            if place in self._tried:
                # Refused without it as well: it was not the field.
                self._tried.remove(place)
                self._without.discard(place)
                self._settled.add(place)
                return False
            if place in self._settled or place in self._without or not self._may_be_why(error):
                return False
            if place in self._in_proof or _SPEAKS_OF_IT.search(getattr(error, "text", "")):
                self._in_proof.discard(place)
                self._proven.add(place)
            self._tried.add(place)
            self._without.add(place)
            return True

    def answered(self, request: Request) -> bool:
        """A request was answered.

        Returns:
            Whether it should be sent once more, now with the field again: it was answered without it, and what was
            refused before may have been a matter of the moment.
        """
        place = _set_of(request)
        if not self._asks or place is None or (place in self._settled and self._any_answered):
            return False
        with self._lock:
            if place in self._tried:
                self._tried.remove(place)
                if place not in self._proven:
                    self._without.remove(place)
                    self._in_proof.add(place)
                    return True
                self._asks = self._any_answered
                log.warning(
                    "%s is answered without the header Data-Access-Intent: ReadOnly only, so %s read without it. "
                    "Reads may then show rows of postings that are still under way.",
                    request.target,
                    "it is" if self._asks else "everything is",
                )
            elif place not in self._without:
                self._in_proof.discard(place)
                self._settled.add(place)
            self._any_answered = True
            return False

    def _may_be_why(self, error: DynamicsError) -> bool:
        if not isinstance(error, ServiceError) or isinstance(error, Unauthorized):
            return False
        if _SPEAKS_OF_IT.search(error.text):
            return True
        return not error.repeatable and (isinstance(error, BadRequest) or not self._any_answered)


def _set_of(request: Request) -> _Set | None:
    """The set that a request reads; None for a write, and for what is no data."""
    target = request.target
    if request.method != "GET" or target is None or target.route is None or target.set in {"", "$metadata"}:
        return None
    return target.route, target.set
