"""Who is told what became of a record?

An outcome is a line in the outcomes file and a line of the log. A record that is done is a result, too, where results
are asked for; a rejected one goes into the dead letter file, which is a Singer file that can be piped in again. All of
that is on the disk before any STATE passes the record.
"""

from __future__ import annotations

import contextlib
import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError
from target_dynamics_bc.kept.dead_letters import Attempt, DeadLetters
from target_dynamics_bc.kept.line_file import LineFile
from target_dynamics_bc.kept.outcomes import NOT_DONE, Tally
from target_dynamics_bc.kept.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

    from target_dynamics_bc.kept.outcomes import Outcome

log = logging.getLogger(__name__)


class Recorder:
    """Writes outcomes and dead letters to the disk.

    Args:
        outcomes_path: The outcomes file; None for none.
        dead_letter_path: The dead letter file; None for none.
        results_path: The file of results; None for none.
        listener: Is told of every outcome besides.
        run_id: Which run this is; outcomes and dead letters carry it.
        company_name: The name of a company by its id, if that is known.
        came: When the record of a position came, as a number that grows from record to record and from run to run.
        now: The moment, in UTC.

    Raises:
        ConfigurationError: A file cannot be written.
    """

    def __init__(
        self,
        outcomes_path: Path | None,
        dead_letter_path: Path | None,
        *,
        results_path: Path | None = None,
        listener: Callable[[Outcome], None] | None = None,
        run_id: str = "",
        company_name: Callable[[str], str | None] = lambda _: None,
        came: Callable[[int], int] = lambda _: 0,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self.tally = Tally()
        self._run_id = run_id
        self._company_name = company_name
        self._came = came
        self._now = now
        self._listener = listener
        self._outcomes = None if outcomes_path is None else LineFile(outcomes_path)
        self._results = None if results_path is None else Results(results_path)
        self.dead_letters = None if dead_letter_path is None else DeadLetters(dead_letter_path)

    def describe(self, stream: str, schema_message: Mapping[str, Any]) -> None:
        """Keep a stream's SCHEMA: the dead letter file needs it to be a Singer file."""
        if self.dead_letters is not None:
            self.dead_letters.describe(stream, schema_message)

    def record(self, outcome: Outcome, record: Mapping[str, Any]) -> None:
        """Put an outcome where it belongs. It is safe on the disk after the next `flush`."""
        self.tally.add(outcome)
        log.log(logging.WARNING if outcome.kind in NOT_DONE else logging.INFO, "%s", outcome)
        of_the_run = {"run_id": self._run_id, "at": self._now().isoformat(timespec="seconds").replace("+00:00", "Z")}
        tries = 0 if self.dead_letters is None else self.dead_letters.attempts((outcome.stream, outcome.hash))
        name = self._company_name(outcome.company_id) if outcome.company_id is not None else None
        if self._outcomes is not None:
            more = {**({"company_name": name} if name else {}), **({"attempt": tries + 1} if tries else {})}
            self._outcomes.write({**of_the_run, **outcome.to_json(), **more})
        if self._results is not None and outcome.kind not in NOT_DONE:
            self._results.add(outcome, run_id=self._run_id, at=of_the_run["at"], company_name=name)
        if self.dead_letters is not None:
            _keep(self.dead_letters, outcome, record, {**of_the_run, "came": self._came(outcome.position)})
        if self._listener is not None:
            self._listener(outcome)

    def flush(self) -> None:
        """Bring everything to the disk.

        Raises:
            DynamicsError: A file cannot be written.
        """
        for file in (self._outcomes, self._results, self.dead_letters):
            if file is not None:
                file.flush()

    def close(self, *, tidy: bool = True) -> None:
        """Bring everything to the disk and close the files.

        Args:
            tidy: Take what is done by now out of the dead letters.

        Raises:
            DynamicsError: A file cannot be written.
        """
        try:
            self.flush()
        except DynamicsError:
            tidy = False  # an outcome that is nowhere must not cost the dead letter, too
            raise
        finally:
            with contextlib.ExitStack() as closing:
                if self.dead_letters is not None:
                    self.tally.broken_letters = self.dead_letters.unreadable
                    closing.callback(self.dead_letters.close, tidy=tidy)
                for file in (self._results, self._outcomes):
                    if file is not None:
                        closing.callback(file.close)


def _keep(letters: DeadLetters, outcome: Outcome, record: Mapping[str, Any], of_the_run: Mapping[str, Any]) -> None:
    """Have the dead letters know what became of a record."""
    if outcome.kind not in NOT_DONE:
        letters.settle((outcome.stream, outcome.hash))
        return
    reason = {"errors": [fault.to_json() for fault in outcome.faults], **of_the_run}
    if outcome.is_of_the_input:
        letters.bury(outcome.stream, record, reason)
    else:
        letters.note_attempt(outcome.stream, record, Attempt(reason, counts=not outcome.undecided))
