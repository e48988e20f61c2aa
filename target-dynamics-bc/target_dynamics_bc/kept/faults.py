"""What is wrong with one record, and where?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dynamics_bc_client.errors import DynamicsError, ServiceError
from dynamics_bc_client.odata.values import decode_enum
from dynamics_bc_client.redaction import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

Stage = Literal["map", "resolve", "plan", "send", "post"]

UNDECIDED = "undecided"
"""Code of a fault that may be gone next time: nobody can say yet whether the record is done, so it is tried again."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that a record refers to and that is not there.

    Attributes:
        kind: Its entity set.
        number: The number or code that it was called by; empty for none.
        name: The name that it was called by; empty for none.
    """

    kind: str
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a record is rejected.

    Attributes:
        stage: Where it was found: reading the record, looking up what it refers to, planning, writing or posting.
        field: The record's field, such as `lineItems[0].itemNumber`; empty when it is the record as a whole.
        code: A word of ours (`not_found`, `ambiguous`, `required`, ...) or the service's own code.
        message: One sentence: what is wrong and what to do. Like the code and the field it holds no secret.
        repeatable: The same record may go through next time without anybody changing it.
        waits: A record that is still to come may cure it.
        missing: What is not there, where that may be made.
    """

    stage: Stage
    field: str
    code: str
    message: str
    repeatable: bool = False
    waits: bool = False
    missing: Missing | None = None

    def __post_init__(self) -> None:
        for name in ("field", "code", "message"):
            object.__setattr__(self, name, clean(getattr(self, name)))

    def to_json(self) -> dict[str, str]:
        """What an outcome shows of it."""
        return {"stage": self.stage, "field": self.field, "code": self.code, "message": self.message}


def from_error(error: DynamicsError, stage: Stage, *, field: str = "", doing: str = "") -> Fault:
    """The fault that an error of the service is for the record it happened to.

    Args:
        error: What the client raised.
        stage: What was being done.
        field: The record's field that was being looked up, if it was one.
        doing: What was being done, in words that fit before a colon.
    """
    undecided = error.repeatable or error.may_have_happened
    code = UNDECIDED if undecided else (getattr(error, "code", "") or type(error).__name__)
    # The service quotes names of enums as it was sent them: `_x0032_` is the 2 of the record.
    said = decode_enum(error.text) if isinstance(error, ServiceError) and error.text else error.message
    text = error.replacing(message=said).explained
    return Fault(stage, field, code, f"{doing}: {text}" if doing else text, repeatable=undecided)


def is_undecided(faults: Iterable[Fault]) -> bool:
    """Whether the record is to be tried again as it is."""
    return any(fault.repeatable for fault in faults)
