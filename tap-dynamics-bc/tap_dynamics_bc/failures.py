"""What could not be read, and how is that said at the end of a run?"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError, ServiceError
from dynamics_bc_plugin.run_lines import counted
from tap_dynamics_bc.reads.conditions import Period

if TYPE_CHECKING:
    from tap_dynamics_bc.pages.source_page import LeftOut
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.reads.plan import Read

log = logging.getLogger(__name__)

FAILURES_SHOWN = 3
ROWS_NAMED = 5
BAD_REQUEST = 400


class PartsFailed(DynamicsError):  # noqa: N818 - the tree's names say what happened
    """The run is through, and some of what it should have read could not be read."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be read, and why."""

    what: str
    message: str

    def __str__(self) -> str:
        return f"{self.what} ({self.message})"


class Failures:
    """Collects what could not be read; everything is logged when it is noted."""

    def __init__(self) -> None:
        self._noted: list[Failure] = []
        self._excused: list[Failure] = []

    def note(self, what: str, message: str) -> None:
        """Something could not be read."""
        failure = Failure(what, message)
        log.error("Could not read %s.", failure)
        self._noted.append(failure)

    def note_left_out(self, read: Read, place: Place, left_out: list[LeftOut]) -> None:
        """Rows came without what was to be expanded at a place."""
        path = place.path if len(place.path) > len(left_out[0].path) else left_out[0].path
        of_all = next((each for each in left_out if each.id is None), None)
        if of_all is not None:
            self.note(f"{'/'.join(path)} of {description(read)}", of_all.message)
            return
        ids = list(dict.fromkeys(str(each.id) for each in left_out))
        named = ", ".join(ids[:ROWS_NAMED]) + (f" and {len(ids) - ROWS_NAMED} more" if len(ids) > ROWS_NAMED else "")
        what = f"{'/'.join(path) or 'the files'} of {counted(len(ids), 'row')} of {description(read)}"
        failure = Failure(what, f"{named}: {left_out[0].message}")
        log.warning("Without %s.", failure)
        self._noted.append(failure)

    def excuse(self, what: str, message: str) -> None:
        """Something could not be read that nobody asked for by name: a warning, unless nothing else is left."""
        failure = Failure(what, message)
        log.warning("Left out %s. It was not named in company_ids, so the run goes on without it.", failure)
        self._excused.append(failure)

    def check(self, *, excusable: bool, anything_read: bool = True) -> None:
        """Say what could not be read.

        Args:
            excusable: Whether what was excused may count as done: something else was read.
            anything_read: Whether anything was read to its end.

        Raises:
            PartsFailed: Something could not.
        """
        failures = self._noted if excusable else [*self._noted, *self._excused]
        if not failures:
            return
        shown = "; ".join(str(failure) for failure in failures[:FAILURES_SHOWN])
        more = len(failures) - FAILURES_SHOWN
        begin = "Everything else was read, but not" if anything_read else "Nothing was read:"
        raise PartsFailed(
            f"{begin} {shown}{f'; and {more} more, named above' if more > 0 else ''}. "
            "Their bookmarks stay where they were, so the next run reads them again."
        )


def refusal(read: Read, error: DynamicsError) -> str:
    """Why a read failed; what is wrong with a filter's syntax, or with its values, is only known to the service."""
    filtered = [each.stream.name for each in read.place.walk() if each.filter]
    if not filtered or not isinstance(error, ServiceError) or error.status != BAD_REQUEST:
        return error.explained
    return f"{error.explained} Check the filter of {' and '.join(filtered)}."


def description(read: Read) -> str:
    """A read in words."""
    name, company = read.place.stream.name, read.target.company
    named = name if company is None else f'{name} of "{company.name}"'
    return f"{named} {read.condition}" if isinstance(read.condition, Period) else named
