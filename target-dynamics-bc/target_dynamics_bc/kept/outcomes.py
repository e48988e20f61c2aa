"""What can become of a record, and how many records came to what?

Every record has exactly one outcome.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from target_dynamics_bc.kept.faults import is_undecided
from target_dynamics_bc.kept.masking import masked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.kept.faults import Fault

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

    def to_json(self) -> dict[str, str | None]:
        """What the outcomes file says of it."""
        return {"stream": self.entity_set, "id": self.id, "number": masked(self.number)}

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
            "external_id": masked(self.external_id),
            "company_id": self.company_id,
            "outcome": self.kind,
            "id": self.id,
            "number": masked(self.number),
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
        sent = f"(externalId {self.external_id})" if self.external_id not in {None, self.id, self.number} else ""
        text = " ".join(text for text in (self.kind, self.kind_name, self.number, self.id, sent) if text)
        return f"{text}, now {self.became}" if self.became else text


@dataclass(slots=True)
class Tally:
    """How many records came to what, by kind.

    Attributes:
        counts: Records by kind and by outcome.
        drafts: Those that were left as drafts, by kind.
        undecided: Those that are to be sent again as they are.
        to_be_rejected: Those of a preview that would be rejected.
        broken_letters: Lines of the dead letters that could not be read, if those were to be tried.
    """

    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    drafts: Counter[str] = field(default_factory=Counter)
    undecided: int = 0
    to_be_rejected: int = 0
    broken_letters: int = 0

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
