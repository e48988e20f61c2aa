"""What became of each record, and who is told?

Every record has exactly one outcome. It is a line in the outcomes file and a line of the log; a rejected record also
goes into the dead letter file, which is a Singer file that can be piped in again. Both are on the disk before any
STATE passes the record.
"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal

from dynamics_bc_client.errors import DynamicsError
from target_dynamics_bc.kept.dead_letters import Attempt, DeadLetters
from target_dynamics_bc.kept.faults import is_undecided
from target_dynamics_bc.kept.line_file import LineFile
from target_dynamics_bc.kept.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from target_dynamics_bc.kept.faults import Fault

log = logging.getLogger(__name__)

OutcomeKind = Literal[
    "created", "updated", "unchanged", "existing", "posted", "deleted", "previewed", "rejected", "uncertain"
]

NOT_DONE = frozenset({"rejected", "uncertain"})
"""Outcomes of records that are not known to be done."""


@dataclass(frozen=True, slots=True)
class Became:
    """The document that another one became, such as the invoice of an order."""

    entity_set: str
    id: str
    number: str

    def to_json(self) -> dict[str, str]:
        """What the outcomes file says of it."""
        return {"stream": self.entity_set, "id": self.id, "number": self.number}

    def __str__(self) -> str:
        return f"{self.entity_set} {self.number} {self.id}"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of a record that is only previewed.

    Attributes:
        kind: Its outcome without the preview.
        totals: What Business Central calculated, by property.
    """

    kind: OutcomeKind
    totals: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """What the outcomes file says of it."""
        return {"outcome": self.kind, **self.totals}

    def __str__(self) -> str:
        totals = ", ".join(f"{name} {value}" for name, value in self.totals.items())
        return f"would be {self.kind}{': ' if totals else ''}{totals}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record.

    Attributes:
        stream: The stream it came in.
        position: Its place in the input, counted from 1; 0 for what an earlier run left.
        kind: `created`, `updated`, `unchanged` (looked up, nothing differs), `existing` (the memory says that it is
            done; nothing was asked), `posted`, `deleted`, `previewed` (drafted, compared and removed), `rejected` or
            `uncertain` (nobody knows whether it happened: the memory keeps it, and the next run looks).
        kind_name: The name of the record's kind; the stream's where it is of none.
        draft: It was left as a draft that somebody has to post.
        faults: Why it was rejected, would be, or is uncertain.
        changed: The properties of what was there before that were set.
        kept: The properties whose number Business Central rounded.
        became: The document that came of it.
        foreseen: What would become of it without the preview.
        posted_number: The number of what was posted.
        etag: The version of its row in the last look; None where there was none, or the row is gone.
    """

    stream: str
    position: int
    kind: OutcomeKind
    kind_name: str
    external_id: str | None = None
    company_id: str | None = None
    id: str | None = None
    number: str | None = None
    hash: str = ""
    draft: bool = False
    faults: tuple[Fault, ...] = ()
    changed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    became: Became | None = None
    foreseen: Foreseen | None = None
    posted_number: str | None = None
    etag: str | None = None

    @property
    def is_of_the_input(self) -> bool:
        """It came with this run's input; what an earlier run left has no place there."""
        return self.position > 0

    @property
    def undecided(self) -> bool:
        """For now only: the record is to be sent again as it is."""
        return self.kind in NOT_DONE and is_undecided(self.faults)

    def to_json(self) -> dict[str, Any]:
        """What the outcomes file says of it, beside the run and the time."""
        return {
            "stream": self.stream,
            "position": self.position,
            "external_id": self.external_id,
            "company_id": self.company_id,
            "outcome": self.kind,
            "id": self.id,
            "number": self.number,
            "hash": self.hash,
            "errors": [fault.to_json() for fault in self.faults],
            **({"draft": True} if self.draft else {}),
            **({"changed": list(self.changed)} if self.changed else {}),
            **({"kept": list(self.kept)} if self.kept else {}),
            **({"became": self.became.to_json()} if self.became else {}),
            **({"preview": self.foreseen.to_json()} if self.foreseen else {}),
        }

    def __str__(self) -> str:
        if self.kind in NOT_DONE:
            name = self.external_id or self.number or f"record {self.position}"
            return f"{self.kind} {self.kind_name} {name}: {' '.join(fault.message for fault in self.faults)}"
        if self.foreseen is not None:
            name = self.external_id or self.number or f"record {self.position}"
            said = " ".join(("", *(fault.message for fault in self.faults)))
            return f"previewed {self.kind_name} {name}: {self.foreseen}.{said}"
        text = " ".join(text for text in (self.kind, self.kind_name, self.number, self.id) if text)
        return f"{text}, now {self.became}" if self.became else text


@dataclass(slots=True)
class Tally:
    """How many records came to what, by kind."""

    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    drafts: Counter[str] = field(default_factory=Counter)
    undecided: int = 0
    to_be_rejected: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.counts[outcome.kind_name][outcome.kind] += 1
        self.undecided += outcome.undecided
        self.to_be_rejected += outcome.foreseen is not None and bool(outcome.faults)
        if outcome.draft:
            self.drafts[outcome.kind_name] += 1

    def note_reference(self, stream: str) -> None:
        """Count a record that is not written and has no outcome: others refer to it."""
        self.counts[stream]["reference"] += 1

    @property
    def rejected(self) -> int:
        """Records that were rejected, or are uncertain."""
        return sum(counter[kind] for counter in self.counts.values() for kind in NOT_DONE)

    def drafts_left(self) -> str:
        """What is left to be posted; empty when nothing is."""
        if not self.drafts:
            return ""
        parts = ", ".join(f"{count} {name}" for name, count in self.drafts.items())
        return f"Left as drafts, to be posted in Business Central: {parts}"


class Recorder:
    """Writes outcomes and dead letters to the disk.

    Args:
        outcomes_path: The outcomes file; None for none.
        dead_letter_path: The dead letter file; None for none.
        results_path: The file of results; None for none.
        listener: Is told of every outcome besides.
        run_id: Which run this is; outcomes and dead letters carry it.
        company_name: The name of a company by its id, if that is known.
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
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self.tally = Tally()
        self._run_id = run_id
        self._company_name = company_name
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
            _keep(self.dead_letters, outcome, record, of_the_run)
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
                    closing.callback(self.dead_letters.close, tidy=tidy)
                for file in (self._results, self._outcomes):
                    if file is not None:
                        closing.callback(file.close)


def _keep(letters: DeadLetters, outcome: Outcome, record: Mapping[str, Any], of_the_run: Mapping[str, str]) -> None:
    """Have the dead letters know what became of a record."""
    if outcome.kind not in NOT_DONE:
        letters.settle((outcome.stream, outcome.hash))
        return
    reason = {"errors": [fault.to_json() for fault in outcome.faults], **of_the_run}
    if outcome.is_of_the_input:
        letters.bury(outcome.stream, record, reason)
    else:
        letters.note_attempt(outcome.stream, record, Attempt(reason, counts=not outcome.undecided))
