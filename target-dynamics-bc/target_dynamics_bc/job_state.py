"""What does a HotGlue job read from standard output?

Not a Singer STATE but the outcomes themselves: the last line is `{"bookmarks": {stream: [...]}, "summary": {stream: {...}}}`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from target_dynamics_bc.outcomes import Outcome

_SUMMARY = ("success", "fail", "existing", "updated")


class JobState:
    """Collects outcomes as HotGlue wants them."""

    def __init__(self) -> None:
        self._bookmarks: dict[str, list[dict[str, Any]]] = {}
        self._summary: dict[str, Counter[str]] = {}

    def add(self, outcome: Outcome) -> None:
        """Take an outcome."""
        self._bookmarks.setdefault(outcome.stream, []).append(_entry(outcome))
        counts = self._summary.setdefault(outcome.stream, Counter())
        if outcome.kind == "rejected":
            counts["fail"] += 1
        elif outcome.kind in {"existing", "updated"}:
            counts[outcome.kind] += 1
        else:
            counts["success"] += 1

    def to_json(self) -> dict[str, Any]:
        """The whole line."""
        summary = {stream: {name: counts[name] for name in _SUMMARY} for stream, counts in self._summary.items()}
        return {"bookmarks": self._bookmarks, "summary": summary}


def _entry(outcome: Outcome) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "success": outcome.kind != "rejected",
        "externalId": outcome.external_id,
        "hash": outcome.hash,
    }
    if outcome.id is not None:
        entry["id"] = outcome.id
    if outcome.kind == "updated":
        entry["is_updated"] = True
    if outcome.kind == "existing":
        entry["existing"] = True
    if outcome.kind == "rejected":
        entry["error"] = " ".join(fault.message for fault in outcome.faults)
        entry["hg_error_class"] = "InvalidPayloadError"
    return entry
