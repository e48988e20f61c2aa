"""Which changes become which notifications: merged by row, or one for a whole collection.

Rules of Microsoft's own sender (codeunit 6154): updates of one row become one; a subscription with more than a thousand
notifications gets a single one for the collection, with a filter that reaches 50 milliseconds further back than the
first change, and without a filter where a row was deleted or the set has no stamp.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.stamps import to_stamp

if TYPE_CHECKING:
    from dynamics_bc_emulator.notifying.resources import Resource

MOST_NOTIFICATIONS = 1000
_ROUNDING_MS = 50
TYPES = {"added": "created", "changed": "updated", "removed": "deleted"}


@dataclass(slots=True)
class Change:
    """One change of one row.

    Attributes:
        type: `created`, `updated` or `deleted`.
        moment: Milliseconds since the year 1.
    """

    id: str
    type: str
    moment: int


@dataclass
class Pending:
    """What one subscription has to be told.

    Attributes:
        changes: In their order; empty once there were too many.
        first: The first change's moment, of a collection.
        last: The last change's moment.
    """

    changes: list[Change] = field(default_factory=list)
    is_collection: bool = False
    has_deletion: bool = False
    first: int = 0
    last: int = 0
    _updated: dict[str, Change] = field(default_factory=dict, repr=False)

    def add(self, change: Change) -> None:
        """Take note of a change."""
        self.first = self.first or change.moment
        self.last = change.moment
        self.has_deletion = self.has_deletion or change.type == "deleted"
        if self.is_collection:
            return
        known = self._updated.get(change.id)
        if change.type == "updated" and known is not None:
            known.moment = change.moment
            return
        if change.type == "updated":
            self._updated[change.id] = change
        else:
            self._updated.pop(change.id, None)
        self.changes.append(change)
        if len(self.changes) > MOST_NOTIFICATIONS:
            self.is_collection = True
            self.changes.clear()
            self._updated.clear()

    def take(self, later: Pending) -> None:
        """Take over what came later."""
        for change in later.changes:
            self.add(change)
        if later.is_collection:
            self.is_collection = True
            self.last = later.last
            self.has_deletion = self.has_deletion or later.has_deletion
            self.changes.clear()

    def notifications(self, subscription: dict[str, Any], resource: Resource) -> list[dict[str, Any]]:
        """The entries of a notification's `value`."""
        if self.is_collection:
            return [_entry(subscription, self._collection(resource), "collection", self.last)]
        return [
            _entry(subscription, f"{resource.path}({change.id})", change.type, change.moment)
            for change in sorted(self.changes, key=lambda one: one.moment)
        ]

    def _collection(self, resource: Resource) -> str:
        if self.has_deletion or resource.entity_set.stamp != "lastModifiedDateTime":
            return resource.path
        return f"{resource.path}?$filter=lastModifiedDateTime%20gt%20{to_stamp(self.first - _ROUNDING_MS)}"


def _entry(subscription: dict[str, Any], resource: str, change_type: str, moment: int) -> dict[str, Any]:
    return {
        "subscriptionId": subscription["subscriptionId"],
        "clientState": subscription["clientState"],
        "expirationDateTime": subscription["expirationDateTime"],
        "resource": resource,
        "changeType": change_type,
        "lastModifiedDateTime": to_stamp(moment),
    }
