"""Which writes turn what is there into what is wanted?

Pure. A unit of work is never a list of steps to be walked through: after each step the service is looked at again and
the next step is planned from what is there. So a run that was killed at any point is resumed by beginning again, and a
step whose answer was lost is not repeated blindly.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from dynamics_bc_client.odata.urls import record_path
from target_dynamics_bc.faults import Fault
from target_dynamics_bc.references import ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_dynamics_bc.outcomes import Kind
    from target_dynamics_bc.records import Dimension, ResolvedLine, Row

BLANK_DATE = "0001-01-01"
# Properties that the service keeps in upper case, and ids, which have no case.
_CASELESS = frozenset({
    "currencyCode", "country", "postalCode", "taxCode", "documentNumber", "number", "salespersonCode", "irs1099Code",
    "vendorInvoiceNumber", "externalDocumentNumber", "shortcutDimension1Code", "shortcutDimension2Code",
})  # fmt: skip

Purpose = Literal["create", "update", "post", "clean", "withdraw"]


@dataclass(frozen=True, slots=True)
class Write:
    """One request that changes something.

    Attributes:
        method: POST, PATCH or DELETE.
        path: Below the API root.
        body: What to write; None for none.
        action: Name of the bound action, such as `post`; empty for none.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    action: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for two writes that would do the same."""
        return json.dumps([self.method, self.path, self.action, self.body], default=str)


@dataclass(frozen=True, slots=True)
class Send:
    """The next step: these writes, all or none of them.

    Attributes:
        nests_dimensions: A create nests dimensions that the service may have inherited already; refused, it is tried
            without.
    """

    writes: tuple[Write, ...]
    purpose: Purpose
    nests_dimensions: bool = False


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to do.

    Attributes:
        kind: The outcome; None to derive it from what was done.
        lines: Id of each line, by the sender's id of the line.
        draft: It is a draft that somebody has to post.
        posted: It is posted.
        kept: Properties that the service keeps in its own way, other than they were set.
    """

    id: str | None
    number: str | None
    kind: Kind | None = None
    lines: Mapping[str, str] = field(default_factory=dict)
    draft: bool = False
    posted: bool = False
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """It cannot be done."""

    faults: tuple[Fault, ...]
    id: str | None = None
    number: str | None = None


Step: TypeAlias = Send | Finish | Refuse


def refuse(
    field_: str, code: str, message: str, *, row: Row | None = None, number: str = "number", **marks: bool
) -> Refuse:
    """A refusal with one fault of the planning stage; `row` is what it is about, if that is there already."""
    fault = Fault("plan", field_, code, message, **marks)
    if row is None:
        return Refuse((fault,))
    return Refuse((fault,), str(row["id"]), str(row.get(number) or "") or None)


def next_step(writes: Sequence[Write], done: frozenset[str], finish: Finish) -> Step:
    """What follows from what is left to write.

    A value that was set and reads differently is the service's own way to keep it (it rounds, it cuts), and is not set
    again. Anything else that was done and is not there is a fault.
    """
    left = [write for write in writes if write.fingerprint not in done]
    again = [write for write in writes if write.fingerprint in done]
    lost = [write for write in again if write.method != "PATCH" or "imension" in write.path]
    if lost:
        places = ", ".join(write.path.rpartition("/")[2] for write in lost)
        message = f"Business Central accepted a change and does not show it ({places}); look at the record there."
        return Refuse((Fault("send", "", "not_applied", message),), finish.id, finish.number)
    if left:
        return Send(tuple(left), "update")
    return replace(finish, kept=tuple(name for write in again for name in write.body or ()))


# --- values --------------------------------------------------------------------------------------------------


def differences(wanted: Mapping[str, Any], current: Row) -> dict[str, Any]:
    """The wanted properties whose values are not there, in their order."""
    return {name: value for name, value in wanted.items() if not same_value(name, value, current.get(name))}


def same_value(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a property mean the same: numbers by amount, ids and codes in any case, blanks alike."""
    one, other = _plain(one), _plain(other)
    if isinstance(one, Decimal) or isinstance(other, Decimal):
        return _number(one) == _number(other)
    if isinstance(one, str) and isinstance(other, str) and (name in _CASELESS or name.endswith("Id")):
        return one.upper() == other.upper()
    return bool(one == other)


def _plain(value: Any) -> Any:
    if value in {None, "", ZERO_GUID, BLANK_DATE}:
        return ""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return Decimal(str(value))
    return value.strip() if isinstance(value, str) else value


def _number(value: Any) -> Decimal | None:
    """Of two values of which one is a number; a blank counts as zero."""
    try:
        return value if isinstance(value, Decimal) else Decimal(str(value or 0))
    except InvalidOperation:
        return None


# --- dimensions ----------------------------------------------------------------------------------------------


def set_line_writes(parent: str, wanted: Iterable[Dimension], current: Sequence[Row]) -> list[Write]:
    """The writes that give a document, or a line, its dimensions; those it has besides stay.

    A dimension that is there already cannot be created again, only its value changed.
    """
    collection = f"{parent}/dimensionSetLines"
    by_id = {str(row["id"]).lower(): row for row in current}
    writes = []
    for dimension in wanted:
        row = by_id.get(dimension.id.lower())
        if row is None:
            writes.append(Write("POST", collection, to_set_line(dimension)))
        elif str(row.get("valueCode", "")).upper() != dimension.value_code.upper():
            writes.append(Write("PATCH", record_path(collection, str(row["id"])), {"valueCode": dimension.value_code}))
    return writes


def to_set_line(dimension: Dimension) -> dict[str, str]:
    """A dimension as a new dimension set line."""
    return {"code": dimension.code, "valueCode": dimension.value_code}


def default_dimension_writes(parent: str, wanted: Iterable[Dimension], current: Sequence[Row]) -> list[Write]:
    """The writes that give a customer or a vendor its default dimensions; those it has besides stay."""
    collection = f"{parent}/defaultDimensions"
    by_dimension = {str(row.get("dimensionCode", "")).upper(): row for row in current}
    writes = []
    for dimension in wanted:
        row = by_dimension.get(dimension.code.upper())
        if row is None:
            writes.append(Write("POST", collection, to_default_dimension(dimension)))
        elif str(row.get("dimensionValueCode", "")).upper() != dimension.value_code.upper():
            changes = {"dimensionValueId": dimension.value_id}
            writes.append(Write("PATCH", record_path(collection, str(row["id"])), changes))
    return writes


def to_default_dimension(dimension: Dimension) -> dict[str, str]:
    """A dimension as a new default dimension."""
    return {"dimensionId": dimension.id, "dimensionValueId": dimension.value_id}


def inherited_ids(rows: Iterable[Row | None]) -> set[str]:
    """Ids of the dimensions that what is created inherits from these vendors, customers or items."""
    return {
        str(default["dimensionId"]).lower()
        for row in rows
        if row is not None
        for default in row.get("defaultDimensions") or ()
    }


# --- lines ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which line is which: the row of each wanted line, None for a new one, and the rows that nobody wants."""

    rows: tuple[Row | None, ...]
    surplus: tuple[Row, ...]


def align(wanted: Sequence[ResolvedLine], current: Sequence[Row], known_ids: Mapping[str, str]) -> Alignment:
    """Find the row of each wanted line, so that as little as possible has to be written.

    Args:
        wanted: The lines of the record.
        current: The rows of the document.
        known_ids: Id of a line's row, by the sender's id of the line, as the ledger remembers it.

    A row is taken first by the sender's id of the line, then by equal content, then as the next one for the same item
    or account. No row is taken twice.
    """
    free = list(current)
    rows: list[Row | None] = [None] * len(wanted)
    tests: tuple[Callable[[ResolvedLine, Row], bool], ...] = (
        lambda line, row: (
            line.external_id is not None
            and same_value("id", known_ids.get(line.external_id, line.external_id), row.get("id"))
        ),
        lambda line, row: same_object(line, row) and not differences(line.fields, row),
        same_object,
    )
    for test in tests:
        for place, line in enumerate(wanted):
            if rows[place] is None:
                rows[place] = next((row for row in free if test(line, row)), None)
                if rows[place] is not None:
                    free = [row for row in free if row is not rows[place]]
    return Alignment(tuple(rows), tuple(free))


def same_object(line: ResolvedLine, row: Row) -> bool:
    """Whether a row is for the line's item or account. What a line is for cannot be changed later."""
    if line.kind == "Comment":
        return row.get("lineType") == line.kind
    name = {"Item": "itemId", "Account": "accountId", "Entry": "accountId"}[line.kind]
    return same_value(name, line.fields.get(name), row.get(name))
