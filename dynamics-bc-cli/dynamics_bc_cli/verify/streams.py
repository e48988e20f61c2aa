"""Which streams are compared, by what are their rows told apart, and why not the others?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_dynamics_bc.deletions.identity import canonical_id, identity_of
from tap_dynamics_bc.deletions.watched import is_watched
from tap_dynamics_bc.streams.columns import COMPANY_ID
from tap_dynamics_bc.streams.reports import REPORTS
from tap_dynamics_bc.streams.routes import ENVIRONMENT_LIST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_dynamics_bc.streams.description import Stream

DELETED_AT = "_sdc_deleted_at"


@dataclass(frozen=True, slots=True)
class Compared:
    """A stream that is compared.

    Attributes:
        stream: The stream.
        identity: What tells its rows of one company apart.
    """

    stream: Stream
    identity: tuple[str, ...]

    @property
    def name(self) -> str:
        """The stream's name."""
        return self.stream.name

    def id(self, record: Mapping[str, Any]) -> str:
        """The id of a record, or of a row of a table with the same names."""
        return self.of_parts(record.get(name) for name in self.identity)

    def of_parts(self, parts: Iterable[Any]) -> str:
        """The id that values make in the order of `identity`; some loaders put null where a key is blank."""
        return canonical_id("" if part is None else part for part in parts)

    def company_id(self, record: Mapping[str, Any]) -> str:
        """The company of a record, as parts have it."""
        return str(record.get(COMPANY_ID.name) or "").lower() if self.stream.in_company else ""


def why_not(stream: Stream, *, with_index: bool = False) -> str:
    """Why a stream is not compared, with the index of known keys or with anything else; empty when it is."""
    if not stream.own_keys:
        return "nothing tells its rows apart"
    if stream.entity_set.name in REPORTS:
        return "a report is computed when it is read"
    if stream.is_rendered or stream.entity_set.name == "pdfDocument":
        return "a PDF is rendered when it is read"
    if stream.route is ENVIRONMENT_LIST:
        return "it is not an entity set"
    return "the index only holds rows of companies" if with_index and not is_watched(stream) else ""


def compared(stream: Stream) -> Compared:
    """A stream as it is compared."""
    return Compared(stream, identity_of(stream.keys, stream.stamp))
