"""What does a HotGlue job read from standard output?

Not a Singer STATE but the outcomes themselves: the last line is `{"bookmarks": {stream: [...]}, "summary": {stream:
{...}}}`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_plugin.state_file import read_state
from target_dynamics_bc.kept.masking import masked
from target_dynamics_bc.kept.outcomes import NOT_DONE

if TYPE_CHECKING:
    from pathlib import Path

    from target_dynamics_bc.kept.outcomes import Outcome

AFTER_A_CRASH = "incremental_target_state.json"
"""What a job leaves in its folder when it did not come to its end; it is read like a state that was given."""

_SUMMARY = ("success", "fail", "existing", "updated")

DoneBefore = Mapping[tuple[str, str], str | None]
"""Id in Business Central, if any, of each record that a state calls a success, by stream in lower case and hash."""


class JobState:
    """Collects outcomes as HotGlue wants them."""

    def __init__(self) -> None:
        self._bookmarks: dict[str, list[dict[str, Any]]] = {}
        self._summary: dict[str, Counter[str]] = {}
        self._count = 0
        self._count_when_due = 1

    def add(self, outcome: Outcome) -> None:
        """Take an outcome."""
        self._count += 1
        self._bookmarks.setdefault(outcome.stream, []).append(_entry(outcome))
        counts = self._summary.setdefault(outcome.stream, Counter())
        if outcome.kind in NOT_DONE:
            counts["fail"] += 1
        elif outcome.kind in {"existing", "updated"}:
            counts[outcome.kind] += 1
        else:
            counts["success"] += 1

    def is_due(self) -> bool:
        """Whether it is time for another line: when there are twice as many outcomes as in the one before.

        HotGlue reads the last line, and each line holds all outcomes: one with every STATE would make the output grow
        with the square of the records. A run that is killed leaves half of them at least; the store knows the others.
        """
        if self._count < self._count_when_due:
            return False
        self._count_when_due = 2 * self._count
        return True

    def to_json(self) -> dict[str, Any]:
        """The whole line."""
        summary = {stream: {name: counts[name] for name in _SUMMARY} for stream, counts in self._summary.items()}
        return {"bookmarks": self._bookmarks, "summary": summary}


def _entry(outcome: Outcome) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "success": outcome.kind not in NOT_DONE,
        "externalId": masked(outcome.external_id),
        "hash": outcome.hash,
    }
    if outcome.id is not None:
        entry["id"] = outcome.id
    if outcome.kind == "updated":
        entry["is_updated"] = True
    if outcome.kind == "existing":
        entry["existing"] = True
    if outcome.kind in NOT_DONE:
        entry["error"] = " ".join(fault.message for fault in outcome.faults)
        entry["hg_error_class"] = "InvalidPayloadError"
    return entry


def read_done(path: Path) -> DoneBefore:
    """The records that a state calls successes. Those that failed are not among them, so they are tried again.

    Raises:
        ConfigurationError: The file cannot be read or is no state.
    """
    bookmarks = (read_state(path) or {}).get("bookmarks") or {}
    if not isinstance(bookmarks, dict):
        raise ConfigurationError(
            f'The state file "{path}" is not the state of a job: its "bookmarks" must be a JSON object.'
        )
    # A tap's STATE has bookmarks too, but theirs are no lists of outcomes; a job may pass it on.
    lists = {stream: entries for stream, entries in bookmarks.items() if isinstance(entries, list)}
    return {
        (stream.lower(), str(entry["hash"])): None if entry.get("id") is None else str(entry["id"])
        for stream, entries in lists.items()
        for entry in entries
        if isinstance(entry, dict) and entry.get("success") and entry.get("hash")
    }
