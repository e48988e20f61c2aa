"""What tells one record from all others, and which ids follow from that?"""

from __future__ import annotations

import hashlib
import json
import uuid
from base64 import b32encode
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_dynamics_bc.kinds.kind import Kind

# A fixed name space of this project: ids derived in it are the same on every machine and in every run.
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/dynamics-bc-singer/derived-ids")

JOURNAL_CODE_LENGTH = 10
"""Characters of a journal batch's code in Business Central."""

_NATURAL_KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    # Each inner tuple is one way to name the record; all of a way's alternatives after "|" count as one.
    "customers": (("id",), ("customerNumber",)),
    "vendors": (("id",), ("vendorNumber",)),
    "purchaseInvoices": (
        ("id",),
        ("billNumber", "vendorId|vendorNumber|vendorExternalId|vendorName"),
        ("transactionNumber",),
    ),
    "vendorPayments": (
        (
            "paymentNumber",
            "journalId|journalExternalId|",
            "paymentDate",
            "vendorId|vendorNumber|vendorExternalId|vendorName|",
            "billId|billNumber|billExternalId|",
        ),
    ),
    "generalJournalLines": (("journalEntryNumber", "transactionDate"),),
}


def identity_of(entity: Kind, record: Mapping[str, Any], external_id: str | None) -> str | None:
    """What the memory knows a record by: the sender's id, else its natural key; None when it has neither.

    A blank alternative ("a|b|") may be missing altogether.
    """
    if external_id is not None:
        return f"external:{external_id}"
    for way in _NATURAL_KEYS[entity.name]:
        values = [_first_value(record, alternatives.split("|")) for alternatives in way]
        if all(value is not None for value in values):
            return "natural:" + json.dumps([way[0], *values])
    return None


def _first_value(record: Mapping[str, Any], names: list[str]) -> str | None:
    for name in names:
        if name == "":
            return ""
        text = str(record.get(name) if record.get(name) is not None else "").strip()
        if text:
            return text.upper()
    return None


def hash_of(record: Mapping[str, Any]) -> str:
    """SHA-256 of the record as JSON with sorted keys, in hex."""
    return hashlib.sha256(json.dumps(record, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()


def derived_id(company_id: str, *names: str) -> str:
    """The id that we give to a record ourselves, so that creating it twice is refused by the service itself.

    Args:
        company_id: The company it is written to.
        names: What it is and what tells it from others: the entity, the sender's id, and so on.
    """
    return str(uuid.uuid5(_SPACE, "\n".join((company_id.lower(), *names))))


def batch_id(company_id: str, journal_set: str, identity: str, attempt: int) -> str:
    """Id of the journal batch that an entry or a payment is posted from, at each attempt to find a code for it."""
    return derived_id(company_id, journal_set, identity, str(attempt))


def line_id(company_id: str, entity_set: str, identity: str, where: Literal["draft", "post"], place: int) -> str:
    """Id of a journal's line: the same in every run, another one in a draft than in the batch it is posted from."""
    return derived_id(company_id, entity_set, identity, where, str(place))


def journal_code(id_: str) -> str:
    """The code of a journal batch of our own: a letter and 45 bits of its id, so that two hardly ever meet."""
    digest = hashlib.sha256(id_.encode()).digest()
    return "S" + b32encode(digest).decode()[: JOURNAL_CODE_LENGTH - 1]
