"""How does a loader learn where records are in Business Central?

Results are a Singer file: a SCHEMA, and a RECORD for each record that is done, with the ids and numbers that it has in
Business Central. One stream holds those of all streams, by company, stream and the sender's own key, so that a loader
that merges has one row for each record, the newest. What was rejected or is uncertain is not in it: that is the matter
of outcomes and dead letters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_dynamics_bc.kept.line_file import LineFile
from target_dynamics_bc.kept.masking import masked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from target_dynamics_bc.kept.outcomes import Outcome

STREAM = "results"
KEYS = ("company_id", "stream", "record_key")

_TEXT: Mapping[str, Any] = {"type": ["string", "null"]}
_MOMENT: Mapping[str, Any] = {"type": ["string", "null"], "format": "date-time"}
_KEY: Mapping[str, Any] = {"type": "string"}
PROPERTIES: Mapping[str, Mapping[str, Any]] = {
    **dict.fromkeys(KEYS, _KEY),
    "external_id": _TEXT,
    "company_name": _TEXT,
    "entity_set": _TEXT,
    "id": _TEXT,
    "number": _TEXT,
    "posted_number": _TEXT,
    "became_entity_set": _TEXT,
    "became_id": _TEXT,
    "became_number": _TEXT,
    "etag": _TEXT,
    "outcome": _TEXT,
    "hash": _TEXT,
    "run_id": _TEXT,
    "written_at": _MOMENT,
    "_sdc_deleted_at": _MOMENT,
}
"""Properties of a result, and their types."""


class Results:
    """The file of results of a run.

    Args:
        path: The file; results are added to it.

    Raises:
        ConfigurationError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._file = LineFile(path)
        self._is_described = False

    def add(self, outcome: Outcome, *, run_id: str, at: str, company_name: str | None) -> None:
        """Add the result of a record that is done.

        Raises:
            DynamicsError: It cannot be written.
        """
        if not self._is_described:
            self._is_described = True
            schema = {"type": "object", "properties": PROPERTIES}
            self._file.write({"type": "SCHEMA", "stream": STREAM, "schema": schema, "key_properties": KEYS})
        became = outcome.became
        result = {
            "company_id": outcome.company_id or "",
            "stream": outcome.stream,
            "record_key": masked(outcome.external_id or outcome.id or outcome.hash),
            "external_id": masked(outcome.external_id),
            "company_name": company_name,
            "entity_set": outcome.kind_name,
            "id": outcome.id,
            "number": masked(outcome.number),
            "posted_number": masked(outcome.posted_number),
            "became_entity_set": became.entity_set if became is not None else None,
            "became_id": became.id if became is not None else None,
            "became_number": masked(became.number) if became is not None else None,
            "etag": outcome.etag,
            "outcome": outcome.kind,
            "hash": outcome.hash,
            "run_id": run_id,
            "written_at": at,
            "_sdc_deleted_at": at if outcome.kind == "deleted" else None,
        }
        self._file.write({"type": "RECORD", "stream": STREAM, "record": result, "time_extracted": at})

    def flush(self) -> None:
        """Bring everything to the disk.

        Raises:
            DynamicsError: It cannot be written.
        """
        self._file.flush()

    def close(self) -> None:
        """Bring everything to the disk, and close the file.

        Raises:
            DynamicsError: It cannot be written.
        """
        self._file.close()
