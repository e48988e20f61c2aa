"""What an operation of a batch is, and what came of it: the same for JSON and for multipart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dynamics_bc_emulator.odata.requests import DataResponse

MOST_OPERATIONS = 100
_ACTION = "/microsoft.nav."


@dataclass(frozen=True, slots=True)
class Operation:
    """One request of a batch.

    Attributes:
        id: What its reply is found by, None if it has none.
        url: As it was sent.
        headers: By lower-case name.
        group: Operations of one group, which follow each other, are done all or none.
        depends_on: Ids of operations that must have been done.
    """

    id: str | None
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    group: str | None = None
    depends_on: tuple[str, ...] = ()

    @property
    def commits(self) -> bool:
        """Whether what was done up to here stays, whatever follows: bound actions commit."""
        return _ACTION in self.url.partition("?")[0].lower()


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered to an operation."""

    operation: Operation
    response: DataResponse

    @property
    def has_failed(self) -> bool:
        """Whether it is a refusal."""
        return self.response.status >= 400


def check_number(operations: Sequence[Operation]) -> None:
    """Refuse batches that are too large, as the service was measured to do.

    Raises:
        Refusal: There are more than a hundred operations.
    """
    if len(operations) > MOST_OPERATIONS:
        message = f"The batch has {len(operations)} operations; the maximum is {MOST_OPERATIONS} operations."
        raise Refusal(500, "Unknown", message)
