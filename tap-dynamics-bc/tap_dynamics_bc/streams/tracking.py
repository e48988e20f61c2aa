"""By which of its properties are changed rows of a set found again?

Of a set that nothing is known of it is the stamp or the row version that the platform keeps, under whichever spelling.
Others (a date, an entry's number, a field that an extension maintains) are for the user to name: the metadata does not
tell whether they move with every change.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_dynamics_bc.streams.replication import WHOLE, Day, Moment, Number, RowVersion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.odata.metadata import Property
    from tap_dynamics_bc.streams.replication import Replication

_MOMENT, _COUNTS = "Edm.DateTimeOffset", frozenset({"Edm.Int16", "Edm.Int32", "Edm.Int64"})
_STAMPS = ("systemmodifiedat", "lastmodifieddatetime", "lastmodfieddatetime")
"""Without case and underscores; the last one is spelled so by the service itself."""
_VERSIONS = ("systemrowversion", "rowversion", "timestamp")
_PUNCTUATION = re.compile(r"_x[0-9a-f]{4}_|[^a-z0-9]")


def tracking_of(properties: Mapping[str, Property]) -> Replication:
    """The platform's own stamp or else its row version; everything in every run without either."""
    plain = {_plain(name): each for name, each in properties.items()}
    stamp = next((plain[name] for name in _STAMPS if name in plain and plain[name].type == _MOMENT), None)
    if stamp is not None:
        return Moment(stamp.name)
    version = plain.get(_VERSIONS[0])
    return RowVersion(version.name) if version is not None and version.type == "Edm.Int64" else WHOLE


def tracking_by(each: Property) -> Replication:
    """How rows are found again by a property that somebody named.

    Raises:
        ValueError: Its type has no order that grows with time.
    """
    if each.type == _MOMENT:
        return Moment(each.name)
    if each.type == "Edm.Date":
        return Day(each.name)
    if each.type in _COUNTS:
        return RowVersion(each.name) if _plain(each.name) in _VERSIONS else Number(each.name)
    raise ValueError(f"must name a moment, a date or a whole number, and {each.name} is {each.type}.")


def _plain(name: str) -> str:
    return _PUNCTUATION.sub("", name.casefold())
