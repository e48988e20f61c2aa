"""What do the parts take that settle a read: who asks, who remembers, who writes, who is told?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.query import stamp_literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.deletions.certificate import Certificate, Comparison
    from tap_dynamics_bc.deletions.families import Family
    from tap_dynamics_bc.deletions.index import Index
    from tap_dynamics_bc.deletions.limits import Limits
    from tap_dynamics_bc.deletions.watched import Watched
    from tap_dynamics_bc.deletions.watching import Watch
    from tap_dynamics_bc.failures import Failures
    from tap_dynamics_bc.pages.source_page import SourcePage
    from tap_dynamics_bc.reads.bookmarks import Bookmarks
    from tap_dynamics_bc.reads.plan import Read
    from tap_dynamics_bc.records.emitting import Emitter
    from tap_dynamics_bc.records.output import MessageWriter


@dataclass(frozen=True)
class Means:
    """What settling takes.

    Attributes:
        emitter: Makes an emitter for a read, with a watch.
        complete: Adds to a page what is known of the files of its rows.
        forget_sweep: Has the ids of a family compared by the next run, whatever is due.
    """

    client: Client
    index: Index
    bookmarks: Bookmarks
    output: MessageWriter
    failures: Failures
    limits: Limits
    certificate: Certificate
    ceiling: str
    run_id: str
    started_at: datetime
    emitter: Callable[[Read, Watch], Emitter]
    complete: Callable[[Read, SourcePage], SourcePage]
    forget_sweep: Callable[[Family], None]

    def comparison(self, watched: Watched, family: Family) -> Comparison:
        """What is known of a place's stream in its company."""
        return self.certificate.of(watched.place.stream.name, family.company)

    def saw_ids(self, watched: Watched, family: Family, at: datetime) -> Comparison:
        """Note that all ids of a place have been seen."""
        comparison = self.comparison(watched, family)
        comparison.compared.add(watched.number)
        comparison.as_of = stamp_literal(at)
        return comparison
