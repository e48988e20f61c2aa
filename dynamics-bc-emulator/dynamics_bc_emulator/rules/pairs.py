"""How two properties that name one record keep step, such as `customerId` and `customerNumber`.

Whichever of the two is set fills the other; a number that names another record than the id that was set before it is
refused; the zero GUID and the blank number clear both, unless the record must be named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.codes import to_code
from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.draft import Draft
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.refusals import Refusal
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import PropertyRule

CURRENCIES = "currencies"
# Which sets a record is looked for in, where that depends on the draft.
Sets = Callable[[Draft], "tuple[str, ...]"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two properties that name one record, or an id alone.

    Attributes:
        id_name: The property with its id.
        code_name: The property with its code or number, if there is one.
        target: The entity set it is in.
        caption: What people call it.
        target_code: The target's property that `code_name` repeats.
        article: What goes before the caption in a sentence, where its first letter misleads.
        disagree: What is said when the two name different records; the API app's usual sentence, if nothing is given.
        unknown: What is said of a value that names no record; the API app's usual sentence, if nothing is given.
        required: A blank names no record and is refused.
        id_wins: A number that comes after the id says nothing.
        keeps_unknown: A number that names no record is kept, without an id.
        accepts: Whether a record may be named.
        check: Refuses a record before anything is filled in.
        follow: What else changes with the record, or with None once the pair is cleared.
    """

    id_name: str
    code_name: str | None
    target: str | Sets
    caption: str
    target_code: str = "code"
    article: str = ""
    disagree: str = ""
    unknown: str = ""
    required: bool = False
    id_wins: bool = False
    keeps_unknown: bool = False
    accepts: Callable[[Draft, Row], bool] | None = None
    check: Callable[[Draft, Row], None] | None = None
    follow: Callable[[Draft, Row | None], None] | None = None


def pair_rules(pair: Pair) -> dict[str, PropertyRule]:
    """The rules of both properties of a pair."""

    def set_id(draft: Draft, value: Any) -> None:
        record = None if value == ZERO_GUID and not pair.required else _by_id(pair, draft, value)
        _take(pair, draft, record)

    def set_code(draft: Draft, value: Any) -> None:
        id_was_set = pair.id_name in draft.given
        if id_was_set and pair.id_wins:
            return
        record = None if _is_blank(pair, draft, value) else _by_code(pair, draft, value)
        if id_was_set and (record or {"id": ZERO_GUID})["id"] != draft.row[pair.id_name]:
            raise values_disagree(pair)
        _take(pair, draft, record)
        if record is None and pair.code_name and pair.keeps_unknown:
            draft.row[pair.code_name] = value

    rules: dict[str, PropertyRule] = {pair.id_name: set_id}
    if pair.code_name:
        rules[pair.code_name] = set_code
    return rules


def fill(pair: Pair, draft: Draft, record: Row | None) -> None:
    """Make both properties name a record, or none."""
    draft.row[pair.id_name] = record["id"] if record else ZERO_GUID
    if pair.code_name:
        # The local currency is no row of the table: a blank currency is served as its code.
        blank = draft.company.local_currency if pair.target == CURRENCIES else ""
        draft.row[pair.code_name] = record[pair.target_code] if record else blank


def values_disagree(pair: Pair) -> Refusal:
    """What is said when the two properties name different records."""
    return refused(pair.disagree or f"The {pair.caption.lower()} values do not match to a specific {pair.caption}.")


def _no_match(pair: Pair, name: str) -> Refusal:
    article = pair.article or ("an" if pair.caption[0].lower() in "aeio" else "a")
    return refused(pair.unknown or f'The "{name}" does not match to {article} {pair.caption}.')


def _take(pair: Pair, draft: Draft, record: Row | None) -> None:
    if record and pair.check:
        pair.check(draft, record)
    fill(pair, draft, record)
    if pair.follow:
        pair.follow(draft, record)


def _by_id(pair: Pair, draft: Draft, value: Any) -> Row:
    records = (draft.company.get(entity_set, value) for entity_set in _sets(pair, draft))
    record = next(_accepted(pair, draft, records), None)
    if record is None:
        raise _no_match(pair, pair.id_name)
    return record


def _by_code(pair: Pair, draft: Draft, value: str) -> Row | None:
    wanted = {pair.target_code: to_code(value)}
    records = (record for entity_set in _sets(pair, draft) for record in draft.company.find(entity_set, **wanted))
    record = next(_accepted(pair, draft, records), None)
    if record is None and not pair.keeps_unknown:
        raise _no_match(pair, str(pair.code_name))
    return record


def _accepted(pair: Pair, draft: Draft, records: Iterator[Row | None] | Iterator[Row]) -> Iterator[Row]:
    return (record for record in records if record and (pair.accepts is None or pair.accepts(draft, record)))


def _sets(pair: Pair, draft: Draft) -> tuple[str, ...]:
    return (pair.target,) if isinstance(pair.target, str) else pair.target(draft)


def _is_blank(pair: Pair, draft: Draft, value: str) -> bool:
    if not value:
        return not pair.required
    return pair.target == CURRENCIES and value.upper() == draft.company.local_currency
