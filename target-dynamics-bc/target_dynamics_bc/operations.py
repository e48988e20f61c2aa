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
from target_dynamics_bc.finding.references import ZERO_GUID
from target_dynamics_bc.kept.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_dynamics_bc.kept.outcomes import OutcomeKind
    from target_dynamics_bc.wanted.records import Dimension, ResolvedLine, Row

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
        before: What a PATCH finds in place of its values.
        field: The part of the record that it is for, such as `lineItems[0]`; empty for the record itself.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    action: str = ""
    before: Mapping[str, Any] | None = None
    field: str = ""

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
        kept: Properties whose number the service rounded.
        faults: Values that the service took and did not keep. What has any is not posted.
    """

    id: str | None
    number: str | None
    kind: OutcomeKind | None = None
    lines: Mapping[str, str] = field(default_factory=dict)
    draft: bool = False
    posted: bool = False
    kept: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """It cannot be done.

    Attributes:
        takes_back: What this run wrote of it is to be undone.
    """

    faults: tuple[Fault, ...]
    id: str | None = None
    number: str | None = None
    takes_back: bool = False


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

    A number that was set and reads differently by less than its rounding is the service's own way to keep it. Any other
    value that was set and is not there is not set again: the record is done without it, and says so. Anything else that
    was done and is not there is a refusal.
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
    faults = tuple(fault for write in again for fault in _not_applied(write))
    if faults:
        return replace(finish, faults=(*finish.faults, *faults))
    return replace(finish, kept=(*finish.kept, *(name for write in again for name in write.body or ())))


def _not_applied(write: Write) -> Iterable[Fault]:
    """A fault for each value that was set and is not there."""
    found = write.before or {}
    for name, sent in (write.body or {}).items():
        if same_value(name, sent, found.get(name)) or _is_rounded(name, sent, found.get(name)):
            continue
        field_ = f"{write.field}.{name}" if write.field else name
        message = (
            f"{field_} was sent as {_quoted(sent)}, and Business Central has {_quoted(found.get(name))} in its place; "
            "a rule there replaces it. Correct it there, or send what it is to be."
        )
        yield Fault("send", field_, "not_applied", message)


_FIVE_DECIMALS = frozenset({"quantity", "unitCost"})


def _is_rounded(name: str, sent: Any, found: Any) -> bool:
    """Whether two numbers differ by less than the property's last decimal."""
    numbers = [_number(_plain(value)) for value in (sent, found)]
    if isinstance(sent, bool) or not isinstance(_plain(sent), Decimal) or None in numbers:
        return False
    one, other = (Decimal(number or 0) for number in numbers)
    return abs(one - other) < (Decimal("0.00001") if name in _FIVE_DECIMALS else Decimal("0.01"))


def _quoted(value: Any) -> str:
    return str(value) if isinstance(value, int | float | Decimal) else f'"{"" if value is None else value}"'


def patch(path: str, wanted: Mapping[str, Any], current: Row, field_: str = "") -> Write:
    """The write that changes properties of a row."""
    return Write("PATCH", path, wanted, before={name: current.get(name) for name in wanted}, field=field_)


def undoing(write: Write, answer: Row) -> Write | None:
    """The write that takes a change of something that was there before back; None when that is not possible."""
    if write.method == "PATCH" and write.before is not None:
        return Write("PATCH", write.path, write.before)
    if write.method == "POST" and write.path.endswith("/dimensionSetLines") and answer.get("id"):
        return Write("DELETE", record_path(write.path, str(answer["id"])))
    return None


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
            changes = {"valueCode": dimension.value_code}
            writes.append(patch(record_path(collection, str(row["id"])), changes, row))
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
            writes.append(patch(record_path(collection, str(row["id"])), changes, row))
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
    """Which line is which.

    Attributes:
        rows: The row of each wanted line, None for a new one.
        surplus: The rows that nobody wants.
        replaced: Those of them that stood for a wanted line while it was for something else.
    """

    rows: tuple[Row | None, ...]
    surplus: tuple[Row, ...]
    replaced: tuple[Row, ...] = ()


def align(wanted: Sequence[ResolvedLine], current: Sequence[Row], known_ids: Mapping[str, str]) -> Alignment:
    """Find the row of each wanted line, so that as little as possible has to be written.

    Args:
        wanted: The lines of the record.
        current: The rows of the document.
        known_ids: Id of a line's row, by the sender's id of the line, as the memory remembers it.

    A row is taken first by the sender's id of the line, then by equal content, then as the next one for the same item
    or account. No row is taken twice, and none that is for something else: what a line is for cannot be changed.
    """
    free = list(current)
    rows: list[Row | None] = [None] * len(wanted)

    def is_known(line: ResolvedLine, row: Row) -> bool:
        known_id = known_ids.get(line.external_id, line.external_id) if line.external_id is not None else None
        return known_id is not None and same_value("id", known_id, row.get("id"))

    tests: tuple[Callable[[ResolvedLine, Row], bool], ...] = (
        lambda line, row: is_known(line, row) and same_object(line, row),
        lambda line, row: same_object(line, row) and not differences(line.fields, row),
        same_object,
    )
    for test in tests:
        for place, line in enumerate(wanted):
            if rows[place] is None:
                rows[place] = next((row for row in free if test(line, row)), None)
                if rows[place] is not None:
                    free = [row for row in free if row is not rows[place]]
    replaced = tuple(row for row in free if any(is_known(line, row) for line in wanted))
    return Alignment(tuple(rows), tuple(free), replaced)


def same_object(line: ResolvedLine, row: Row) -> bool:
    """Whether a row is for the line's item or account. What a line is for cannot be changed later."""
    if line.kind == "Comment":
        return row.get("lineType") == line.kind
    name = {"Item": "itemId", "Account": "accountId", "Entry": "accountId"}[line.kind]
    return same_value(name, line.fields.get(name), row.get(name))
